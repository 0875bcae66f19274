"""The compiler from Python: `archc.compile` and `archc.load`."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from .base.diagnostics import Diagnostic
from .base.source import Source
from .compiler import driver
from .compiler.importer.in_place import file_of
from .given import Input, one_of, settings_of, shapes_of
from .reporting.error import ArchError

if TYPE_CHECKING:
    from typing import TypeGuard

    import networkx
    import torch
    from torch import nn
    from torch.export import ExportedProgram

    from .compiler.analysis.cost_table import Cost
    from .compiler.driver import Checked
    from .compiler.graph.graph import Graph
    from .compiler.graph.program import Program
    from .compiler.runtime.weights import AnyWeights


class Network:
    """A checked network. Nothing of it needs torch until a module is asked for.

    It is a value: it pickles and copies, and two are equal where their programs are.
    """

    def __init__(self, checked: Checked) -> None:
        assert checked.program is not None
        self._checked = checked
        self._program = checked.program

    @classmethod
    def from_text(
        cls,
        text: str,
        /,
        name: str = "text",
        *,
        input: Input | None = None,
        settings: Mapping[str, object] | None = None,
        trust: bool = False,
        **parameters: object,
    ) -> Network:
        """The network of a text that need not be saved; messages call it `name`, and of several networks the one of that name is meant.

        `settings` are parameters as the compiler takes them, `parameters` as Python has them. Imports are looked for in the library and
        in the current folder. Raises `ArchError`; doubts are Python warnings.
        """
        given, inputs = {**settings_of(parameters), **(settings or {})}, shapes_of(input)
        return _network(lambda: driver.compile_source(Source.of(name, text), settings=given, inputs=inputs, trust=trust))

    def __repr__(self) -> str:
        return f"<archc.Network {self.name}: {len(self._program.nodes)} operations>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the picture and the totals."""
        from .compiler.draw.inline import html

        return html(self.typed_graph)

    def _repr_svg_(self) -> str:
        from .compiler.draw import Options
        from .compiler.draw.inline import svg

        return svg(self.typed_graph, Options())

    def __eq__(self, other: object) -> bool:
        return self._program == other._program if isinstance(other, Network) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._program)

    @property
    def name(self) -> str:
        return self._program.name

    @property
    def program(self) -> Program:
        """The network as an ordered tuple of nodes."""
        return self._program

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return self._checked.diagnostics

    @property
    def typed_graph(self) -> Graph:
        """The graph by typed accessors, as the compiler itself reads it."""
        return self._checked.graph

    @property
    def graph(self) -> networkx.MultiDiGraph[str]:
        """The graph in networkx: shapes, weights and costs are attributes of its nodes."""
        return self.typed_graph.networkx

    def cost(self, *, by: str = "stage", batch: int = 1, dtype: str = "float32", optimizer: str = "sgd") -> Cost:
        """The table of costs as data; `.to_json()` is what `archc cost --format json` prints."""
        from .compiler.analysis.cost import BY, cost
        from .compiler.analysis.dtypes import BYTES
        from .compiler.analysis.memory import OPTIMIZERS

        one_of("by", by, BY)
        one_of("dtype", dtype, BYTES)
        one_of("optimizer", optimizer, OPTIMIZERS)
        if batch < 1:
            raise ValueError(f"`batch` is at least 1, and it is {batch}")
        return cost(self.typed_graph, by=by, batch=batch, dtype=dtype, optimizer=optimizer)

    def to_python(self) -> str:
        """The source of a PyTorch module, which needs nothing of archc."""
        from .compiler.codegen.pytorch import to_python

        return to_python(self.typed_graph)

    def to_module(self, weights: AnyWeights | None = None, *, device: str = "cpu", dtype: str = "float32") -> nn.Module:
        """A module to train or to evaluate; its side heads answer in training mode only."""
        from .compiler.codegen.pytorch import Mode
        from .compiler.runtime.prepare import DTYPES, Wanted, ready

        one_of("dtype", dtype, DTYPES)
        return ready(self.typed_graph, Wanted(Mode.TRAIN, weights, device, dtype), seed=None)

    def to_torchscript(
        self, weights: AnyWeights | None = None, *, train: bool = False, optimize: bool = False, device: str = "cpu", dtype: str = "float32"
    ) -> torch.jit.ScriptModule:
        """The module as TorchScript, for inference or, with `train`, with side heads and dropout. `.save(path)` writes it.

        With `optimize` it is the fast one, for inference on this kind of device alone.
        """
        if train and optimize:
            raise ValueError("an optimised module is for inference: ask for `train` or for `optimize`")
        from .compiler.codegen.pytorch import Mode
        from .compiler.emit.torchscript import script
        from .compiler.runtime.prepare import DTYPES, Wanted, ready

        one_of("dtype", dtype, DTYPES)
        wanted = Wanted(Mode.SIDE_HEADS if train else Mode.INFERENCE, weights, device, dtype)
        module = ready(self.typed_graph, wanted)
        if optimize:
            from .compiler.emit.fast.optimized import optimized

            return optimized(self.typed_graph, module, device=device, dtype=dtype).scripted
        return script(module, train, self.typed_graph)

    def to_onnx(self, path: str | os.PathLike[str], weights: AnyWeights | None = None, *, dynamic: Sequence[str] = ()) -> None:
        """Write an ONNX file for inference; the batch is free, and so are axes by their names (`("height", "width")`).

        It needs `archc[onnx]`. Raises `ArchError` (F626) where the network holds an axis to its size.
        """
        from .compiler.emit.onnx import save
        from .compiler.runtime.prepare import Wanted, ready

        save(ready(self.typed_graph, Wanted(weights=weights)), self.typed_graph, os.fspath(path), dynamic)

    def to_export(self, weights: AnyWeights | None = None, *, dynamic: Sequence[str] = ()) -> ExportedProgram:
        """The module for inference as a program of torch.export; the batch is free."""
        from .compiler.emit.torch_export import export
        from .compiler.runtime.prepare import Wanted, ready

        return export(ready(self.typed_graph, Wanted(weights=weights)), self.typed_graph, dynamic)

    def to_aotinductor(
        self,
        path: str | os.PathLike[str],
        weights: AnyWeights | None = None,
        *,
        optimize: bool = False,
        batch: int = 1,
        device: str = "cpu",
        dtype: str = "float32",
    ) -> None:
        """Write a package of compiled code for inference, for a batch of that size; `path` ends in `.pt2`. It needs a C++ compiler.

        `torch._inductor.aoti_load_package(path)` runs it. With `optimize` it is made of the rewritten graph.
        """
        from .compiler.emit.aotinductor import save
        from .compiler.runtime.prepare import DTYPES, Wanted, ready

        one_of("dtype", dtype, DTYPES)
        if batch < 1:
            raise ValueError(f"`batch` is at least 1, and it is {batch}")
        path = os.fspath(path)
        if not path.endswith(".pt2"):
            raise ValueError(f"the name of a package ends in `.pt2`, and {path!r} does not")
        module = ready(self.typed_graph, Wanted(weights=weights, device=device, dtype=dtype))
        if optimize:
            from .compiler.emit.fast.build import rewritten

            module = rewritten(self.typed_graph, module.state_dict(), dtype).to(device)
        save(module, self.typed_graph, path, batch)

    def draw(self, path: str | os.PathLike[str], **look: object) -> None:
        """The picture as a file; its ending says the format. `look` are the fields of `compiler.draw.Options`."""
        from .compiler.draw import Options, draw

        problems = draw(self.typed_graph, path, Options(**look))  # type: ignore[arg-type]
        if any(row.is_error for row in problems):
            raise ArchError(problems)


def compile(file: str | os.PathLike[str], /, *, input: Input | None = None, trust: bool = False, **parameters: object) -> Network:
    """The network of a file, of the library by name, or of a text itself, with values of its parameters.

    With `trust` its modules may run the classes of its own operations (`operation … from "my_layers.py:Focus"`), code that is not archc's.

    Doubts of the check (W5xx) are Python warnings, of the category `ArchWarning`. Raises `ArchError`.
    """
    return _compiled(file, input, parameters, trust)


def load(
    file: str | os.PathLike[str],
    /,
    *,
    weights: AnyWeights | None = None,
    input: Input | None = None,
    trust: bool = False,
    **parameters: object,
) -> nn.Module:
    """The network as a module, ready to train; `weights` are a file, a state_dict, or an `archc.Weights`. `trust` is as in `compile`."""
    return _compiled(file, input, parameters, trust).to_module(weights)


class ArchWarning(UserWarning):
    """What `archc check` warns of: legal, and probably not meant."""


def _compiled(file: str | os.PathLike[str], input: Input | None, parameters: Mapping[str, object], trust: bool) -> Network:
    settings, inputs = settings_of(parameters), shapes_of(input)
    if _is_text(file):
        return _network(lambda: driver.compile_source(Source.of("text", file), settings=settings, inputs=inputs, trust=trust))
    return _network(lambda: driver.compile(file_of(file, inputs=inputs), settings=settings, inputs=inputs, trust=trust))


def _is_text(file: str | os.PathLike[str]) -> TypeGuard[str]:
    """Whether it is the text of a network itself: names of files end in `.arch`, or have neither braces nor line ends."""
    return isinstance(file, str) and not re.search(r"\.arch(:\w+)?\Z", file) and ("{" in file or "\n" in file)


def _network(compiled: Callable[[], Checked]) -> Network:
    """The network; errors and warnings stand at the caller's line, without the frames of the compiler, which is not at fault."""
    try:
        checked = compiled()
    except ArchError as error:
        raise error.with_traceback(None) from None
    for row in checked.diagnostics:
        warnings.warn(f"{row.code}: {row.message}" + (f"; {row.help}" if row.help else ""), ArchWarning, stacklevel=4)
    return Network(checked)


def from_module(
    module: nn.Module, example_inputs: torch.Tensor | Sequence[torch.Tensor], *, name: str | None = None, flat: bool = False
) -> str:
    """The text of a module of PyTorch, proved equal to it.

    `example_inputs` have the shapes that the module takes, with the batch; their numbers do not matter. The module itself gets random weights
    while it is compared, and its own again. Raises `ArchError` (F652 to F654).
    """
    from .compiler.importer.importing import import_model
    from .compiler.importer.sources import model_of_module

    return import_model(model_of_module(module, example_inputs, name), flat=flat).text


def from_exported(program: ExportedProgram, /, *, name: str = "net", flat: bool = False) -> str:
    """The text of a program of `torch.export`, proved equal to it. Raises `ArchError` (F652 to F654)."""
    from .compiler.importer.files import checked_exported
    from .compiler.importer.importing import import_model

    return import_model(checked_exported(program, name, "a program", "the program"), name=name, flat=flat, source="the program").text
