"""From a file to a state_dict: which part of the file is meant, and how it is read without running anything in it."""

from __future__ import annotations

import os
import pickletools
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from ....base.diagnostics import Diagnostic
from ....base.records import dataclass
from ...files.system_errors import of_system, quoted
from ...ops.suggest import closest
from .recognise import AGAIN, Kind, recognise
from .shards import shard
from .told import MOST_TOLD, listed, trouble

if TYPE_CHECKING:
    from torch import Tensor

USUAL_PARTS = ("state_dict", "model_state_dict", "model", "net", "weights", "params")
"""Where programs that train keep the state_dict, the most usual first. Averaged weights, which some keep too, are taken when asked for."""


@dataclass(frozen=True, slots=True)
class State:
    """A state_dict from a file: what messages call it, which part of the file it is, and what else is there."""

    name: str
    tensors: Mapping[str, Tensor]
    part: str = ""
    other_parts: tuple[str, ...] = ()
    no_tensors: tuple[str, ...] = field(default=())
    asked: bool = False
    """Whether the part was named by who asked."""
    piece: str = ""
    """Why the file has but some of the weights of its model, in words, where that is so."""


def split(name: str) -> tuple[str, str]:
    """The file and the part of `FILE:PART`. A file that is there under the whole name wins, and the colon of a drive is none of ours."""
    if os.path.exists(name):
        return name, ""
    places = [match.start() for match in re.finditer(":", name)]
    for place in reversed(places):
        if os.path.exists(name[:place]):
            return name[:place], name[place + 1 :]
    file, colon, part = name.rpartition(":")
    if not colon or len(file) == 1 or "/" in part or "\\" in part:
        return name, ""
    return file, part


def read(name: str) -> State | Diagnostic:
    """The state_dict in a file, or in the part of it that the name tells."""
    path, part = split(name)
    kind = recognise(path, name)
    if isinstance(kind, Diagnostic):
        return kind
    if kind is not Kind.TORCH:
        found = _safetensors(path) if kind is Kind.SAFETENSORS else _torchscript(path)
        if isinstance(found, State) and part:
            what = "safetensors" if kind is Kind.SAFETENSORS else "TorchScript"
            return trouble(
                path, "F625", f"`{path}` has no part `{part}`: a file of {what} holds one state_dict alone", f"`{path}`, without `:{part}`"
            )
        return found
    import torch

    try:
        # From the open file: by the end of a name PyTorch would choose another reader.
        with torch.serialization.safe_globals(_plain()), open(path, "rb") as file:
            content: object = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        # Whatever the file holds, PyTorch says so by many kinds of exception.
        return _refused(path, error)
    found = choose(content, path, part)
    return replace(found, piece=shard(path)) if isinstance(found, State) else found


def _plain() -> list[Callable[..., object] | tuple[Callable[..., object], str]]:
    """What checkpoints hold beside tensors that is plain data, and runs nothing when it is read: options, numbers and arrays of NumPy."""
    from argparse import Namespace

    import numpy

    dtypes = {type(numpy.dtype(code)) for code in numpy.typecodes["All"]}
    makers: list[Any] = [numpy.float64(0).__reduce__()[0], numpy.zeros(1).__reduce__()[0]]
    # They lie in `numpy.core` or `numpy._core`, as the NumPy was that wrote the file.
    named = [(maker, f"numpy.{core}.multiarray.{maker.__name__}") for maker in makers for core in ("core", "_core")]
    return [Namespace, numpy.dtype, numpy.ndarray, *dtypes, *named]


def _safetensors(path: str) -> State | Diagnostic:
    try:
        from safetensors import safe_open
    except ImportError:
        return trouble(path, "F616", "reading `.safetensors` needs the package `safetensors`", "`pip install 'archc[weights]'`")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            same = file.metadata() or {}
    except Exception as error:
        return _refused(path, error)
    # One tensor under two keys is written once; the other key stands in the metadata, with the one that was kept.
    tensors |= {key: tensors[kept] for key, kept in same.items() if key not in tensors and kept in tensors}
    return State(path, tensors, piece=shard(path))


def _torchscript(path: str) -> State | Diagnostic:
    import torch

    try:
        module = torch.jit.load(path, map_location="cpu")  # type: ignore[no-untyped-call]
        tensors = dict(module.state_dict())
    except Exception as error:
        return _refused(path, error)
    said = "the file is a frozen program, whose weights are constants without names: save the model before `torch.jit.freeze`"
    return State(path, tensors, piece=said if _constants(module) > sum(value.numel() for value in tensors.values()) else "")


def _constants(module: Any) -> int:
    """How many numbers stand in the program itself."""
    if not hasattr(module, "forward"):
        return 0
    graph = module.inlined_graph  # kept by its name: its nodes live as long as it does
    nodes = graph.findAllNodes("prim::Constant")
    return sum(node.t("value").numel() for node in nodes if node.hasAttribute("value") and node.kindOf("value") == "t")


# --------------------------------------------------------------------------------------------------- parts


def choose(content: object, path: str, part: str = "") -> State | Diagnostic:
    """The part of a checkpoint that is meant: the one that is named, the usual one, or the only one."""
    parts = dict(_parts(content)) or ({} if _is_an_optimizer("", content) else dict(_parts(content, deep=True)))
    top = parts.get("")
    if part:
        return _named(content, path, part, dict(_parts(content, deep=True)))
    if top is not None and (len(parts) == 1 or not _is_beside(content)):
        return State(path, top, no_tensors=_no_tensors(content))
    inside = {key: value for key, value in parts.items() if key}
    usual = [key for word in USUAL_PARTS for key in (word, *(row for row in inside if row.startswith(f"{word}."))) if key in inside]
    if usual or len(inside) == 1:
        chosen = usual[0] if usual else next(iter(inside))
        return State(path, inside[chosen], chosen, tuple(key for key in inside if key != chosen))
    if inside:
        ask = f"`{path}:{next(iter(inside))}`"
        return trouble(
            path, "F625", f"`{path}` holds {len(inside)} sets of weights: {listed(tuple(inside))}", f"say which, for example {ask}"
        )
    arrays = _arrays(content)
    if arrays:
        return trouble(
            path,
            "F621",
            f"`{path}` holds arrays of NumPy, not tensors: {listed(arrays)}",
            'save tensors: `torch.save({key: torch.from_numpy(array) for key, array in state.items()}, "state.pth")`',
        )
    keys = ", ".join(f"`{key}`" for key in list(content)[:MOST_TOLD]) if isinstance(content, Mapping) else type(content).__name__
    return trouble(
        path, "F621", f"`{path}` holds no weights: {keys or 'nothing'}", "save `model.state_dict()`, alone or under the key `state_dict`"
    )


def _arrays(content: object) -> tuple[str, ...]:
    """The keys of a mapping, or of a usual part of it, that hold arrays of NumPy."""
    import numpy

    if not isinstance(content, Mapping):
        return ()
    own = tuple(str(key) for key, value in content.items() if isinstance(value, numpy.ndarray))
    return own or next((row for word in USUAL_PARTS if (row := _arrays(content.get(word)))), ())


def _named(content: object, path: str, part: str, parts: Mapping[str, dict[str, Tensor]]) -> State | Diagnostic:
    if part in parts:
        return State(f"{path}:{part}", parts[part], part, tuple(key for key in parts if key not in ("", part)), asked=True)
    deeper = [key for key in parts if key.startswith(f"{part}.")]
    if len(deeper) == 1:
        return State(f"{path}:{part}", parts[deeper[0]], deeper[0], asked=True)
    if deeper:
        said = f"the part `{part}` of `{path}` holds {len(deeper)} sets of weights: {listed(deeper)}"
        return trouble(path, "F625", said, f"say which, for example `{path}:{deeper[0]}`")
    if _is_there(content, part):
        return trouble(path, "F625", f"the part `{part}` of `{path}` holds no weights", _those(path, part, parts))
    return trouble(path, "F625", f"`{path}` has no part `{part}`", _those(path, part, parts))


def _is_there(content: object, part: str) -> bool:
    """Whether a checkpoint has a part of this name, whatever is in it."""
    rows = dict(_rows(content))
    ends = [place for place, letter in enumerate(part) if letter == "."]
    return part in rows or any(_is_there(rows[part[:end]], part[end + 1 :]) for end in ends if part[:end] in rows)


def _those(path: str, part: str, parts: Mapping[str, object]) -> str:
    inside = tuple(key for key in parts if key)
    near = closest(part, inside)
    if near:
        return f"did you mean `{path}:{near[0]}`?"
    return f"its parts: {listed(inside)}" if inside else f"it has no parts: `{path}`, without `:{part}`"


DEEPEST = 8
"""A checkpoint may hold itself; none is as deep as this."""


def _parts(content: object, path: tuple[str, ...] = (), deep: bool = False) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Every mapping in a checkpoint that has tensors, by its keys with dots between them; "" is the whole. Where they are not asked
    for, parts three deep, and those that have a number for a name, are passed over: what training keeps beside its weights."""
    from torch import Tensor
    from torch.nn.parameter import is_lazy

    rows = dict(_rows(content))
    if not deep and not (isinstance(content, Mapping) and all(isinstance(key, str) for key in content)):
        return
    tensors = {key: value for key, value in rows.items() if isinstance(value, Tensor)}
    # A score or a step is no set of weights, and the tensors of a list have no names.
    if isinstance(content, Mapping) and any(is_lazy(value) or value.dim() for value in tensors.values()):
        yield ".".join(path), tensors
    if len(path) < (DEEPEST if deep else 2):
        for key, value in rows.items():
            if not deep or not _is_an_optimizer(key, value):
                yield from _parts(value, (*path, key), deep)


def _rows(content: object) -> Iterator[tuple[str, object]]:
    """What a part may be in: a mapping by its keys, texts or numbers, a list by its places."""
    pairs = content.items() if isinstance(content, Mapping) else enumerate(content) if isinstance(content, list | tuple) else ()
    return ((str(key), value) for key, value in pairs if isinstance(key, str | int))


def _is_an_optimizer(key: str, value: object) -> bool:
    """Whether a part is the state of an optimizer, which has tensors under numbers too."""
    return "optim" in key.lower() or (isinstance(value, Mapping) and "param_groups" in value)


def _is_beside(content: object) -> bool:
    """Whether one of the usual parts stands beside tensors, which are then none of the weights (a loss, a step)."""
    return isinstance(content, Mapping) and any(isinstance(content.get(word), Mapping) for word in USUAL_PARTS)


def _no_tensors(content: object) -> tuple[str, ...]:
    from torch import Tensor

    return tuple(key for key, value in content.items() if not isinstance(value, Tensor)) if isinstance(content, Mapping) else ()


# ------------------------------------------------------------------------------------------------- refusals

STATE = 'in the program that made it: `torch.save(model.state_dict(), "state.pth")`; archc reads no pickled object, for reading it would run code'


def _refused(path: str, error: Exception) -> Diagnostic:
    """Why PyTorch or safetensors did not read a file, in words of our own: PyTorch's advise to run what is in it."""
    of_the_machine = of_system(error, f"reading `{path}`")
    if of_the_machine is not None:
        return of_the_machine
    found = re.search(r"GLOBAL ([\w.]*\w) was not", str(error))
    if found and not _ends_with(path, found[1].rpartition(".")[2]):
        whole = _is_an_object(path)
        what = f"is a whole pickled object, of the class `{found[1]}`" if whole else f"holds a pickled `{found[1]}`, not tensors alone"
        return trouble(path, "F621", f"`{path}` {what}", STATE)
    if "weights_only" in str(error) or "Weights only" in str(error):
        return trouble(path, "F621", f"`{path}` is damaged, or holds more than tensors", STATE)
    return replace(trouble(path, "F621", f"`{path}` cannot be read as weights", AGAIN), notes=(quoted(error),))


def _ends_with(path: str, word: str) -> bool:
    """Whether a file breaks off in a name: half of it was then taken for the whole, and a letter of that for the end of the line."""
    try:
        with open(path, "rb") as file:
            file.seek(-len(word) - 1, os.SEEK_END)
            return file.read().startswith(word.encode())
    except OSError:
        return False


def _is_an_object(path: str) -> bool:
    """Whether what was saved is an object of a class, not a dictionary that holds one. The pickle is read as text, not run."""
    try:
        with zipfile.ZipFile(path) as archive:
            name = next(name for name in archive.namelist() if name.endswith("data.pkl"))
            for opcode, argument, _ in pickletools.genops(archive.read(name)):
                if opcode.name in ("EMPTY_DICT", "EMPTY_LIST"):
                    return False
                if opcode.name == "GLOBAL":
                    return not str(argument).startswith("collections ")
    except (OSError, ValueError, StopIteration, zipfile.BadZipFile):
        pass
    return False
