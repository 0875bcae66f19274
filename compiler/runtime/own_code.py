"""The classes behind a network's own operations: run only where the user trusts them, and held against what the text says of them."""

from __future__ import annotations

import hashlib
import importlib
import linecache
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ...base.diagnostics import Diagnostic, Label
from ...base.records import dataclass
from ...reporting.error import ArchError
from ..codegen.borrowed import borrowing
from ..codegen.pytorch import Mode
from ..codegen.units import needed_nodes
from ..elaborate.own_record import OwnOperation
from ..files.system_errors import reason_of
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import Weight, show
from ..ops.borrowed import Borrowed
from ..ops.suggest import closest, did_you_mean

if TYPE_CHECKING:
    import torch

PACKAGE = "archc_generated"
"""Where generated modules, and those of the user's own operations, live in `sys.modules`."""

BATCH = 2
"""How many at a time a class is tried with: what holds for one alone is found out."""

MOST_ROWS = 8


@dataclass(frozen=True, slots=True)
class OwnFile:
    """The text of a file with classes, as it was read once, and the module that it is here."""

    origin: str
    module: str
    text: str


def own_files(graph: Graph, mode: Mode) -> tuple[OwnFile, ...]:
    """The files behind a network, loaded and held against the text. Raises `ArchError` (F661 to F666)."""
    return _held(graph, mode) if borrowing(graph.nodes) else ()


@lru_cache(maxsize=4)
def _held(graph: Graph, mode: Mode) -> tuple[OwnFile, ...]:
    rows = borrowing(needed_nodes(graph, mode))
    if rows and not graph.trusted:
        raise ArchError((_untrusted(*rows[0]),))
    files: dict[str, OwnFile] = {}
    found: list[Diagnostic] = []
    tried: set[tuple[object, ...]] = set()
    for node, row in rows:
        key = (node.operation, node.input_shapes)
        if key in tried:
            continue
        tried.add(key)
        try:
            if row.is_file and row.origin not in files:
                files[row.origin] = read_file(node, row)
            _hold(node, _made(node, row, files.get(row.origin)))
        except ArchError as error:
            found += error.diagnostics
    if found:
        raise ArchError(tuple(dict.fromkeys(found)))
    return tuple(files.values())


def _untrusted(node: Node, row: Borrowed) -> Diagnostic:
    return Diagnostic(
        "F661",
        f"this runs code of `{row.origin}`, which is not archc's",
        Label(_target(node), "its class does the work"),
        (Label(node.span, "used here"),),
        help="read that file; then say `--trust` (in Python `trust=True`). Checking, costs and pictures need none of it",
    )


def _target(node: Node) -> Any:
    assert isinstance(node.operation, OwnOperation)
    return node.operation.declaration.target


# --------------------------------------------------------------------------------------------- loading


def read_file(node: Node, row: Borrowed) -> OwnFile:
    """The file as it is now; nothing of it is run."""
    try:
        with open(row.origin, encoding="utf-8") as stream:
            text = stream.read()
    except FileNotFoundError:
        raise ArchError(
            (_no_class(node, f"there is no file `{row.origin}`", "it stands beside the `.arch` file, or in a folder from there"),)
        ) from None
    except UnicodeDecodeError:
        raise ArchError((_no_class(node, f"`{row.origin}` is no text in UTF-8"),)) from None
    except OSError as error:
        raise ArchError((_no_class(node, f"`{row.origin}` cannot be read: {reason_of(error)}"),)) from None
    stem = "".join(letter if letter.isalnum() else "_" for letter in os.path.basename(row.origin).removesuffix(".py"))
    return OwnFile(row.origin, f"{PACKAGE}.{stem}_{hashlib.sha256(text.encode()).hexdigest()[:12]}", text)


def module_of(file: OwnFile) -> ModuleType:
    """The file as a module, run once. `torch.jit.script` and tracebacks find its lines."""
    known = sys.modules.get(file.module)
    if known is not None:
        return known
    path = os.path.abspath(file.origin)
    if not os.path.isfile(path):
        linecache.cache[path] = (len(file.text), None, file.text.splitlines(keepends=True), path)
    module = ModuleType(file.module)
    module.__file__ = path
    sys.modules.setdefault(PACKAGE, ModuleType(PACKAGE))
    sys.modules[file.module] = module
    try:
        exec(compile(file.text, path, "exec", dont_inherit=True), module.__dict__)
    except BaseException:
        del sys.modules[file.module]
        raise
    return module


def _no_class(node: Node, message: str, help: str | None = None, notes: tuple[str, ...] = ()) -> Diagnostic:
    return Diagnostic("F662", message, Label(_target(node), ""), (Label(node.span, "used here"),), notes, help)


def _made(node: Node, row: Borrowed, file: OwnFile | None) -> torch.nn.Module:
    """The module of a step, made as generated code makes it."""
    from torch import nn

    try:
        module = module_of(file) if file is not None else importlib.import_module(row.origin)
    except Exception as error:
        needs = (
            "what it needs stands in the file itself, or is installed"
            if file is not None
            else f"install it: Python finds no `{row.origin}`"
        )
        raise ArchError((_no_class(node, f"`{row.origin}` cannot be loaded: {told(error)}", needs, where(error, row.origin)),)) from None
    maker = getattr(module, row.name, None)
    if not callable(maker):
        near = closest(row.name, [name for name, value in vars(module).items() if callable(value)])
        raise ArchError((_no_class(node, f"`{row.origin}` has no class `{row.name}`", did_you_mean(near)),))
    construct = node.operation.module(node.input_shapes)
    assert construct is not None
    values = [value for keyword, value in construct.arguments if keyword is None]
    named = {keyword: value for keyword, value in construct.arguments if keyword is not None}
    try:
        made = maker(*values, **named)
    except Exception as error:
        given = ", ".join([*map(repr, values), *(f"{name}={value!r}" for name, value in named.items())])
        raise ArchError(
            (
                Diagnostic(
                    "F663",
                    f"`{row.name}({given})` cannot be made: {told(error)}",
                    Label(node.span, "for this step"),
                    (Label(_place(node, "arguments"), "says the arguments"),),
                    where(error, row.origin),
                    "`arguments [ … ]` says what the constructor is given; where it is left out, each parameter by its name",
                ),
            )
        ) from None
    if not isinstance(made, nn.Module):
        raise ArchError((_no_class(node, f"`{row.name}` of `{row.origin}` makes no `torch.nn.Module`, but {type(made).__name__}"),))
    return made


def _place(node: Node, word: str) -> Any:
    assert isinstance(node.operation, OwnOperation)
    return node.operation.place(word, node.input_shapes)


def told(error: BaseException) -> str:
    """The kind of an error, and its first line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__


def where(error: BaseException, origin: str) -> tuple[str, ...]:
    """The last line of the user's own file on the way of an error."""
    path = os.path.abspath(origin)
    rows = [row for row in traceback.extract_tb(error.__traceback__) if row.filename == path]
    if isinstance(error, SyntaxError) and error.filename == path:
        return (f"at {origin}:{error.lineno}",)
    return (f"raised at {origin}:{rows[-1].lineno}: `{rows[-1].line}`",) if rows else ()


# -------------------------------------------------------------------------------------------- comparing


def _hold(node: Node, module: torch.nn.Module) -> None:
    """Hold the module against what the text says of it: its tensors, and the shape of what comes out."""
    differences = tuple(_tensors(node, module))
    if differences:
        key, message = differences[0]
        notes = tuple(row for _, row in differences[1:MOST_ROWS])
        more = (f"and {len(differences) - MOST_ROWS} more",) if len(differences) > MOST_ROWS else ()
        raise ArchError(
            (
                Diagnostic(
                    "F664",
                    f"the class keeps other tensors than the text says: {message}",
                    Label(_place(node, key), "said here"),
                    (Label(node.span, "for this step"),),
                    (*notes, *more),
                    "write them as the class has them: a parameter is a `weight`, what else is in its state_dict a `buffer`",
                ),
            )
        )
    _shape(node, module)


def _tensors(node: Node, module: torch.nn.Module) -> Iterator[tuple[str, str]]:
    learned = {name for name, _ in module.named_parameters(remove_duplicate=False)}
    real = {key: Weight(key, tuple(value.shape), key in learned, _dtype(value)) for key, value in module.state_dict().items()}
    said = {row.name: row for row in node.operation.weights(node.input_shapes)}
    for key, row in real.items():
        if key not in said:
            yield key, f"it has `{_text(row)}` too"
        elif said[key] != row:
            yield key, f"its `{_text(row)}` is `{_text(said[key])}` in the text"
    for key in said:
        if key not in real:
            yield key, f"it has no `{key}`"


def _text(row: Weight) -> str:
    """A tensor as a declaration says it."""
    sizes = show(row.shape)
    if row.dtype != "float":
        sizes = f'{sizes[:-1]}{", " if row.shape else ""}dtype = "{row.dtype}"]'
    return f"{'weight' if row.trainable else 'buffer'} {row.name}{sizes}"


def _dtype(value: torch.Tensor) -> str:
    return "float" if value.is_floating_point() else str(value.dtype).removeprefix("torch.")


def _handed(node: Node, inputs: Sequence[torch.Tensor]) -> list[object]:
    """The inputs as the class is called with them: those of a list as a list."""
    operation = node.operation
    assert isinstance(operation, OwnOperation)
    if not operation.declaration.takes_list:
        return list(inputs)
    first = len(operation.declaration.inputs) - 1
    return [*inputs[:first], list(inputs[first:])]


def _shape(node: Node, module: torch.nn.Module) -> None:

    row = node.operation.borrowed()
    assert row is not None
    for batch in (BATCH, BATCH + 1):  # one that is written for a batch of its own is found by the other
        _tried(node, row, module, batch)


def _tried(node: Node, row: Borrowed, module: torch.nn.Module, batch: int) -> None:
    import torch

    came = " and ".join(show((batch, *shape)) for shape in node.input_shapes)
    with torch.random.fork_rng(devices=()), torch.no_grad():
        torch.manual_seed(0)
        inputs = [torch.randn(batch, *shape) for shape in node.input_shapes]
        before = [value.clone() for value in inputs]
        try:
            answer = module.eval()(*_handed(node, inputs))
        except Exception as error:
            raise ArchError(
                (
                    Diagnostic(
                        "F666",
                        f"`{row.name}` refuses {came}: {told(error)}",
                        Label(node.span, "runs it here"),
                        (Label(_target(node), "the class"),),
                        where(error, row.origin),
                        "the first axis is the batch; a `require` in the operation says beforehand which inputs the class takes",
                    ),
                )
            ) from None
    says, here = Label(_place(node, "shape"), "says the shape"), Label(node.span, "for this step")
    remedy = "the first axis is the batch; `shape` tells those behind it"
    results = node.operation.results(node.input_shapes)
    wanted = [operation.output((node.shape, *node.input_shapes)) for _, operation in results[1:]]
    wanted = [(batch, *shape) for shape in (node.shape, *wanted)]
    answers = answer if results and isinstance(answer, tuple | list) else [answer]
    strange = next((row for row in answers if not isinstance(row, torch.Tensor)), None)
    found = [row for row in answers if isinstance(row, torch.Tensor)]
    other = next((row.dtype for row in found if row.is_floating_point() and row.dtype != torch.float32), None)
    if strange is not None or (results and answers is not answer):
        gives = f"a tuple of {len(results)} tensors" if results else "one tensor; `gives a, b` names several"
        differs = f"gives {type(answer if strange is None else strange).__name__}, and the operation gives {gives}"
        remedy = "" if not results else f"`return {', '.join(word.replace('.', '_') for word, _ in results)}`"
    elif [tuple(row.shape) for row in found] != wanted:
        made, says_so = (" and ".join(map(show, shapes)) for shapes in ([tuple(row.shape) for row in found], wanted))
        differs = f"makes {made} of {came}, and the text says {says_so}"
    elif other is not None:
        differs = f"makes {str(other).removeprefix('torch.')} of float32"
        remedy = "let it answer in the dtype of what it is given: `return y.to(x.dtype)`"
        says, here = Label(node.span, "runs it here"), Label(_target(node), "the class")
    elif not all(torch.equal(value, was) for value, was in zip(inputs, before, strict=True)):
        differs = "writes into what it is given, which other steps may read"
        remedy = "let it work on a copy: `x * 2` for `x.mul_(2)`, or `x = x.clone()` first"
        says, here = Label(node.span, "runs it here"), Label(_target(node), "the class")
    else:
        return
    raise ArchError((Diagnostic("F665", f"`{row.name}` {differs}", says, (here,), help=remedy),))
