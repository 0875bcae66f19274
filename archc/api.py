"""The compiler from Python: `archc.compile` and `archc.load`."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from . import given as kind
from .base.diagnostics import Diagnostic
from .base.source import Source
from .compiler import driver
from .compiler.files.locate import find, is_text
from .compiler.importer.in_place import file_of, left_to_give
from .given import Input, settings_of, shapes_of, takes
from .reporting.error import ArchError

if TYPE_CHECKING:
    import networkx
    import torch
    from torch import nn
    from torch.export import ExportedProgram

    from .compiler.analysis.cost_table import Cost
    from .compiler.driver import Checked
    from .compiler.graph.graph import Graph
    from .compiler.graph.program import Program
    from .compiler.quantize.samples import Given
    from .compiler.quantize.wanted import Wanted as Eight
    from .compiler.runtime.weights import AnyWeights


LOOK: Mapping[str, kind.Kind] = {
    "level": kind.text,
    "open": kind.words,
    "fold": kind.words,
    "direction": kind.maybe(kind.text),
    "color_by": kind.maybe(kind.text),
    "theme": kind.maybe(kind.text),
    "width": kind.maybe(kind.positive),
    "values": kind.maybe(kind.mapping),
    "unit": kind.text,
    "legend": kind.flag,
    "measured": kind.instance(".compiler.draw.values", "Values"),
    "style": kind.text,
    "insets": kind.maybe(kind.flag),
    "seconds": kind.positive,
}
"""What the fields of `compiler.draw.Options` take; their words are that module's concern."""

_DTYPE = kind.word(".compiler.runtime.prepare", "DTYPES")


class Network:
    """A checked network. Nothing of it needs torch until a module is asked for.

    It is a value: it pickles and copies, and two are equal where their programs are.
    """

    def __init__(self, checked: Checked) -> None:
        if not isinstance(checked, driver.Checked) or checked.program is None:
            raise TypeError(f"a network is made by `archc.compile`, not from {type(checked).__name__!r}")
        self._checked = checked
        self._program = checked.program

    @classmethod
    @takes(
        text=kind.text,
        name=kind.text,
        network=kind.maybe(kind.identifier),
        input=kind.maybe(kind.shapes),
        settings=kind.maybe(kind.mapping),
        trust=kind.flag,
    )
    def from_text(
        cls,
        text: str,
        /,
        name: str = "text",
        *,
        network: str | None = None,
        input: Input | None = None,
        settings: Mapping[str, object] | None = None,
        trust: bool = False,
        **parameters: object,
    ) -> Network:
        """The network of a text that need not be saved; messages call it `name`, and of several networks that one is meant, or `network`.

        `settings` are parameters as the compiler takes them, `parameters` as Python has them. Imports are looked for in the library and
        in the current folder. Raises `ArchError`; doubts are Python warnings.
        """
        given, inputs = {**settings_of(parameters), **(settings or {})}, shapes_of(input)
        return _network(
            lambda: driver.compile_source(Source.of(name, text), settings=given, inputs=inputs, trust=trust, network=network), 4
        )

    def __repr__(self) -> str:
        return f"<archc.Network {self.name}: {len(self._program.nodes)} operations>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the picture and the totals."""
        from .compiler.draw.inline import html

        return html(self.typed_graph)

    def _repr_svg_(self) -> str | None:
        """None where it cannot be drawn: `_repr_html_` says why."""
        from .compiler.draw import Options
        from .compiler.draw.inline import svg

        try:
            return svg(self.typed_graph, Options())
        except ArchError:
            return None

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

    @takes(
        by=kind.word(".compiler.analysis.cost", "BY"),
        batch=kind.whole(1),
        dtype=kind.word(".compiler.analysis.dtypes", "BYTES"),
        optimizer=kind.word(".compiler.analysis.memory", "OPTIMIZERS"),
    )
    def cost(self, *, by: str = "stage", batch: int = 1, dtype: str = "float32", optimizer: str = "sgd") -> Cost:
        """The table of costs as data; `.to_json()` is what `archc cost --format json` prints."""
        from .compiler.analysis.cost import cost

        return cost(self.typed_graph, by=by, batch=batch, dtype=dtype, optimizer=optimizer)

    def to_python(self) -> str:
        """The source of a PyTorch module, which needs nothing of archc."""
        from .compiler.codegen.pytorch import to_python

        return to_python(self.typed_graph)

    @takes(weights=kind.maybe(kind.weights), device=kind.device, dtype=_DTYPE)
    def to_module(self, weights: AnyWeights | None = None, *, device: str = "cpu", dtype: str = "float32") -> nn.Module:
        """A module to train or to evaluate; its side heads answer in training mode only."""
        from .compiler.codegen.pytorch import Mode
        from .compiler.runtime.prepare import Wanted, ready

        return ready(self.typed_graph, Wanted(Mode.TRAIN, weights, device, dtype), seed=None)

    @takes(
        weights=kind.maybe(kind.weights), train=kind.flag, optimize=kind.flag, device=kind.device, dtype=_DTYPE,
        quantize=kind.maybe(kind.text), loss=kind.maybe(kind.positive),
    )  # fmt: skip
    def to_torchscript(
        self, weights: AnyWeights | None = None, *, train: bool = False, optimize: bool = False, device: str = "cpu", dtype: str = "float32",
        quantize: str | None = None, calibrate: Given | None = None, loss: float | None = None,
    ) -> torch.jit.ScriptModule:  # fmt: skip
        """The module as TorchScript, for inference or, with `train`, with side heads and dropout. `.save(path)` writes it.

        With `optimize` it is the fast one, for inference on this kind of device alone. With `quantize="int8"` it works in numbers of eight bits,
        whose scales come from the samples of `calibrate`: a folder of images, an `.npz` file, "random", or the samples themselves; layers stay in
        float32 until the outputs have a signal to noise of `loss` decibels (25). Raises `ArchError` (F681 to F685).
        """
        if train and optimize:
            raise kind.wrong_value("optimize", True, "an optimised module is for inference", "ask for `train` or for `optimize`")
        from .compiler.codegen.pytorch import Mode
        from .compiler.emit.torchscript import script
        from .compiler.runtime.prepare import Wanted, ready

        others = {"train": train, f'device="{device}"': device != "cpu", f'dtype="{dtype}"': dtype != "float32"}
        eight = _eight_bits(quantize, calibrate, loss, [word for word, given in others.items() if given])
        wanted = Wanted(Mode.SIDE_HEADS if train else Mode.INFERENCE, weights, device, dtype)
        module = ready(self.typed_graph, wanted)
        if eight is not None:
            from .compiler.emit.fast.int8 import Int8OneDnn
            from .compiler.quantize.modules import quantize as quantized

            return script(quantized(self.typed_graph, module.state_dict(), eight, Int8OneDnn()).module)
        if optimize:
            from .compiler.emit.fast.optimized import optimized

            return optimized(self.typed_graph, module, device=device, dtype=dtype).scripted
        return script(module, train, self.typed_graph)

    @takes(
        path=kind.path, weights=kind.maybe(kind.weights), dynamic=kind.words, quantize=kind.maybe(kind.text), loss=kind.maybe(kind.positive)
    )  # fmt: skip
    def to_onnx(
        self, path: str | os.PathLike[str], weights: AnyWeights | None = None, *, dynamic: Sequence[str] = (),
        quantize: str | None = None, calibrate: Given | None = None, loss: float | None = None,
    ) -> None:  # fmt: skip
        """Write an ONNX file for inference; the batch is free, and so are axes by their names (`("height", "width")`).

        `quantize`, `calibrate` and `loss` are as in `to_torchscript`: the file then has QuantizeLinear and DequantizeLinear. It needs `archc[onnx]`. Raises `ArchError` (F626) where the network holds an axis to its size.
        """
        from .compiler.emit.onnx import save
        from .compiler.runtime.prepare import Wanted, ready

        eight = _eight_bits(quantize, calibrate, loss)
        module = ready(self.typed_graph, Wanted(weights=weights))
        if eight is not None:
            from .compiler.emit.fast.int8 import Simulated
            from .compiler.quantize.modules import quantize as quantized

            module = quantized(self.typed_graph, module.state_dict(), eight, Simulated()).simulated
        save(module, self.typed_graph, os.fspath(path), dynamic)

    @takes(weights=kind.maybe(kind.weights), dynamic=kind.words)
    def to_export(self, weights: AnyWeights | None = None, *, dynamic: Sequence[str] = ()) -> ExportedProgram:
        """The module for inference as a program of torch.export; the batch is free."""
        from .compiler.emit.torch_export import export
        from .compiler.runtime.prepare import Wanted, ready

        return export(ready(self.typed_graph, Wanted(weights=weights)), self.typed_graph, dynamic)

    @takes(
        path=kind.path, weights=kind.maybe(kind.weights), optimize=kind.flag, batch=kind.whole(1), device=kind.device, dtype=_DTYPE
    )  # fmt: skip
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
        from .compiler.runtime.prepare import Wanted, ready

        if batch < 1:
            raise ValueError(f"`batch` is at least 1, and it is {batch}")
        path = os.fspath(path)
        if not path.endswith(".pt2"):
            raise kind.wrong_value("path", path, f"the name of a package ends in `.pt2`, and {path!r} does not", "write `net.pt2`")
        module = ready(self.typed_graph, Wanted(weights=weights, device=device, dtype=dtype))
        if optimize:
            from .compiler.emit.fast.build import rewritten

            module = rewritten(self.typed_graph, module.state_dict(), dtype).to(device)
        save(module, self.typed_graph, path, batch)

    @takes(path=kind.path)
    def draw(self, path: str | os.PathLike[str], **look: object) -> None:
        """The picture as a file; its ending says the format. `look` are the fields of `compiler.draw.Options`."""
        from .compiler.draw import Options, draw

        problems = draw(self.typed_graph, path, Options(**kind.each("picture", look, LOOK)))  # type: ignore[arg-type]
        if any(row.is_error for row in problems):
            raise ArchError(problems)


def _eight_bits(quantize: str | None, calibrate: Given | None, loss: float | None, others: Sequence[str] = ()) -> Eight | None:
    if quantize is None and calibrate is None and loss is None:
        return None
    from .compiler.quantize.wanted import wanted

    return wanted(quantize, calibrate, loss, others, python=True)


_NETWORK = takes(
    file=kind.network, network=kind.maybe(kind.identifier), input=kind.maybe(kind.shapes), trust=kind.flag, weights=kind.maybe(kind.weights)
)


@_NETWORK
def compile(
    file: str | os.PathLike[str], /, *, network: str | None = None, input: Input | None = None, trust: bool = False, **parameters: object
) -> Network:
    """The network of a file, of the library by name, or of a text itself, with values of its parameters. `network` is one of several in it.

    With `trust` its modules may run the classes of its own operations (`operation … from "my_layers.py:Focus"`), code that is not archc's.

    Doubts of the check (W5xx) are Python warnings, of the category `ArchWarning`. Raises `ArchError`.
    """
    return _compiled(file, network, input, parameters, trust)


@_NETWORK
def load(
    file: str | os.PathLike[str],
    /,
    *,
    network: str | None = None,
    weights: AnyWeights | None = None,
    input: Input | None = None,
    trust: bool = False,
    **parameters: object,
) -> nn.Module:
    """The network as a module, ready to train; `weights` are a file, a state_dict, or an `archc.Weights`. `network` and `trust` are as in `compile`."""
    return _compiled(file, network, input, parameters, trust).to_module(weights)


class ArchWarning(UserWarning):
    """What `archc check` warns of: legal, and probably not meant."""


def _compiled(
    file: str | os.PathLike[str], network: str | None, input: Input | None, parameters: Mapping[str, object], trust: bool
) -> Network:
    settings, inputs = settings_of(parameters), shapes_of(input)
    if isinstance(file, str) and is_text(file):
        source = Source.of("text", file)
        return _network(lambda: driver.compile_source(source, settings=settings, inputs=inputs, trust=trust, network=network), 5)
    named = find(os.fspath(file)).network
    if network is not None and named not in (None, network):
        raise kind.wrong_value(
            "network", network, f"`{os.fspath(file)}` names the network `{named}`, and `network` another", "leave one out"
        )
    rest = left_to_give(file, inputs)
    return _network(lambda: driver.compile(file_of(file, inputs=inputs), settings=settings, inputs=rest, trust=trust, network=network), 5)


def _network(compiled: Callable[[], Checked], above: int) -> Network:
    """The network; warnings stand at the line of the caller, who is `above` frames above."""
    checked = compiled()
    for row in checked.diagnostics:
        warnings.warn(f"{row.code}: {row.message}" + (f"; {row.help}" if row.help else ""), ArchWarning, stacklevel=above)
    return Network(checked)


@takes(module=kind.module, example_inputs=kind.tensors, name=kind.maybe(kind.identifier), flat=kind.flag)
def from_module(
    module: nn.Module,
    example_inputs: torch.Tensor | Sequence[torch.Tensor] | Mapping[str, torch.Tensor],
    *,
    name: str | None = None,
    flat: bool = False,
) -> str:
    """The text of a module of PyTorch, proved equal to it.

    `example_inputs` have the shapes that the module takes, with the batch, in the order of its `forward` or by its names; their numbers do not matter. The module itself gets random weights
    while it is compared, and its own again. Raises `ArchError` (F652 to F655).
    """
    from .compiler.importer.importing import import_model
    from .compiler.importer.sources import model_of_module

    _see_name(name)
    return import_model(model_of_module(module, example_inputs, name), flat=flat).text


@takes(program=kind.exported, name=kind.identifier, flat=kind.flag)
def from_exported(program: ExportedProgram, /, *, name: str = "net", flat: bool = False) -> str:
    """The text of a program of `torch.export`, proved equal to it. Raises `ArchError` (F652 to F655)."""
    from .compiler.importer.files import checked_exported
    from .compiler.importer.importing import import_model

    _see_name(name)
    return import_model(checked_exported(program, name, "a program", "the program"), name=name, flat=flat, source="the program").text


def _see_name(name: str | None) -> None:
    from .compiler.importer.words import why_no_network

    if name is not None and (why := why_no_network(name)) is not None:
        raise kind.wrong_value("name", name, why, "give it another name")
