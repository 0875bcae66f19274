"""The costs of a network at other values of its parameters: what `archc fit` and `archc sweep` ask for, again and again."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from ...base.records import dataclass
from ...base.source import Source
from ...dsl.ast import Constant, List, Text
from ...reporting.error import ArchError
from ..analysis.cost import total, work_of
from ..analysis.dtypes import weight_bytes
from ..analysis.memory import inference_profile, training_profile
from ..driver import check, check_source, compile, compile_source, parameters_of, parse_setting, slots_of
from ..graph.graph import Graph
from ..graph.program import TIME
from ..ops.base import Shape

QUANTITIES = ("parameters", "macs", "flops", "activations")
"""What `--match` and the bounds of `archc fit` may name, beside `memory` and `TIME`."""


def figures_of(graph: Graph, batch: int = 1, dtype: str = "float32", timed: bool = False) -> dict[str, int]:
    """Work for one image, `memory`: weights and the peak of an inference, for the batch, in bytes, and if asked for `time`, for the batch."""
    trunk = [node for node in graph.nodes if not node.training_only]
    work = total(work_of(node) for node in trunk)
    weights = sum(weight_bytes(weight, dtype) for node in trunk for weight in graph.weights(node))
    peak = inference_profile(graph, batch=batch, dtype=dtype).peak_bytes
    figures = {
        "parameters": work.parameters,
        "macs": work.macs,
        "flops": work.flops,
        "activations": work.activations,
        "memory": weights + peak,
    }
    if timed:
        from ..analysis.foreseen import microseconds

        figures[TIME] = microseconds(graph, batch)
    return figures


@dataclass(frozen=True, slots=True)
class Family:
    """One file whose parameters vary. Everything in it is plain data, so that it can be sent to another process."""

    file: str
    settings: tuple[tuple[str, str], ...] = ()
    inputs: tuple[tuple[str, Shape], ...] = ()
    batch: int = 1
    dtype: str = "float32"
    optimizer: str = "sgd"
    text: str | None = None
    """The text itself, where it is in no file; `file` is then what messages call it."""
    timed: bool = False
    """Whether the time on this machine is worked out, too."""

    def graph(self, settings: Mapping[str, object]) -> Graph:
        """The network at `settings` (values, or `.arch` text for those that are strings). Raises `ArchError`."""
        given: dict[str, object] = {}
        for name, value in {**dict(self.settings), **settings}.items():
            if isinstance(value, str):
                expression, problems = parse_setting(name, value, "--vary" if name in settings else "--set")
                if expression is None:
                    raise ArchError(problems)
                given[name] = expression
            else:
                given[name] = value
        if self.text is not None:
            return compile_source(Source.of(self.file, self.text), settings=given, inputs=dict(self.inputs)).graph
        return compile(self.file, settings=given, inputs=dict(self.inputs)).graph

    def figures(self, settings: Mapping[str, object]) -> dict[str, int]:
        """Work for one image and `memory`: weights and the peak of an inference, for the batch, in bytes."""
        return figures_of(self.graph(settings), self.batch, self.dtype, self.timed)

    def costs(self, settings: Mapping[str, object]) -> dict[str, int]:
        """`figures`, and the peak of a training step in bytes."""
        graph = self.graph(settings)
        training = training_profile(graph, batch=self.batch, dtype=self.dtype, optimizer=self.optimizer)
        return {**figures_of(graph, self.batch, self.dtype, self.timed), "training_memory": training.peak_bytes}

    def parameters(self) -> tuple[str, ...]:
        """The names of the network's parameters."""
        return parameters_of(self._source()) or tuple(name for name, _ in self.graph({}).program.parameters)

    def need(self, settings: Mapping[str, object]) -> None:
        """Raise `ArchError` where there is no such network, or no such parameter: one error, before anything is worked out."""
        known = parameters_of(self._source())
        if known is None or not {*settings, *dict(self.settings)} <= set(known):
            self.graph(settings)

    def no_number(self, name: str) -> str | None:
        """The default of a parameter, as it is written, where it is a truth value, a text or a list."""
        slot = next((slot for slot in slots_of(self._source()) or () if slot.name == name), None)
        if slot is None:
            return None
        is_truth = isinstance(slot.value, Constant) and slot.value.value is not None
        return slot.default if is_truth or isinstance(slot.value, Text | List) else None

    def _source(self) -> str | Source:
        return self.file if self.text is None else Source.of(self.file, self.text)

    def stamp(self) -> str:
        """Tells one state of the file, its imports and the options from another."""
        source = self._source()
        checked = check_source(source, inputs=dict(self.inputs)) if isinstance(source, Source) else check(source, inputs=dict(self.inputs))
        texts = {checked.source.name: checked.source.text} if checked.source is not None else {}
        for node in checked.program.nodes if checked.program is not None else ():
            for span in (node.span, *(site.span for site in node.via)):
                texts[span.source.name] = span.source.text
        told: tuple[object, ...] = (sorted(texts.items()), self.settings, self.inputs, self.batch, self.dtype, self.optimizer)
        if self.timed:
            from ..analysis.calibration import of_this_machine

            told = (*told, of_this_machine().to_json())
        return sha256(repr(told).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`Family.costs` as a sweep calls it: an error is a text, not an exception."""

    family: Family

    def __call__(self, settings: tuple[tuple[str, str], ...]) -> tuple[dict[str, int], str]:
        try:
            return self.family.costs(dict(settings)), ""
        except ArchError as error:
            return {}, next(row.message for row in error.diagnostics if row.is_error)
