"""Axes of inputs that an exported file leaves free: which sizes they may have, and how torch.export is told so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from ...base.diagnostics import Diagnostic, Label
from ...base.records import dataclass
from ...reporting.error import ArchError
from ..analysis.carry import carried
from ..analysis.sizes import Axis, Sizes, sizes, strides
from ..files.system_errors import LONGEST_QUOTATION
from ..graph.graph import Graph
from ..graph.program import Node
from ..graph.provenance import short
from ..ops.base import Shape, show
from ..ops.suggest import closest, did_you_mean

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class FreeAxis:
    """An axis that several inputs may share: its sizes are `period * k + rest`, for every `k` from `least` on."""

    axis: Axis
    number: int
    period: int
    rest: int
    least: int

    @property
    def name(self) -> str:
        """As the file calls it."""
        return "_".join((*self.axis.inputs, self.axis.axis))

    @property
    def example(self) -> int:
        """A size to trace with: torch.export takes 0 and 1 for constants, be it the size or the `k` within it."""
        k = max(2, self.least)
        native = (self.axis.native - self.rest) // self.period
        return self.period * max(k, native) + self.rest

    def dim(self) -> torch.export.Dim:
        from torch.export import Dim

        most = self.axis.built.most
        if self.period == 1:
            return Dim(self.name, min=self.least, max=most)
        k = Dim(f"{self.name}_in_{self.period}s", min=self.least, max=None if most is None else (most - self.rest) // self.period)
        return self.period * k + self.rest if self.rest else self.period * k

    def __str__(self) -> str:
        taken = Sizes((), self.period * self.least + self.rest, self.period, (self.rest,), self.example, self.axis.built.most)
        return f"{' and '.join(self.axis.inputs)} {self.axis.axis}: {taken}"


@dataclass(frozen=True, slots=True)
class FreeAxes:
    """The free axes of a network's inputs, and what a tracer needs of them."""

    graph: Graph
    axes: tuple[FreeAxis, ...]

    def __str__(self) -> str:
        return "; ".join(["any batch", *map(str, self.axes)])

    def of(self, node: Node) -> Iterator[FreeAxis]:
        return (free for free in self.axes if node.names[-1] in free.axis.inputs)

    def examples(self) -> tuple[Shape, ...]:
        """A shape for each input to trace with."""
        return self._of_sizes(lambda free: free.example)

    def others(self) -> tuple[tuple[Shape, ...], ...]:
        """The smallest shapes that each input may have, and the next ones that are larger than the traced."""
        return self._of_sizes(lambda free: free.period * free.least + free.rest), self._of_sizes(lambda free: free.example + free.period)

    def _of_sizes(self, size: Callable[[FreeAxis], int]) -> tuple[Shape, ...]:
        shapes = []
        for node in self.graph.inputs:
            shape = list(node.shape)
            for free in self.of(node):
                shape[free.number] = size(free)
            shapes.append(tuple(shape))
        return tuple(shapes)

    def varying_outputs(self) -> tuple[tuple[int, ...], ...]:
        """Of each output, the axes whose size follows one that is free."""
        outputs = [node.index for node in self.graph.outputs]
        found: list[set[int]] = [set() for _ in outputs]
        for free in self.axes:
            here, far = (_run(self.graph, free, size) for size in (free.example, free.example + free.period))
            if here is None or far is None:
                continue
            for places, index in zip(found, outputs, strict=True):
                places.update(place for place, size in enumerate(here[index]) if size != far[index][place])
        return tuple(tuple(sorted(places)) for places in found)

    def dims(self) -> tuple[dict[int, torch.export.Dim], ...]:
        """What is free of each input; the batch is, and it is the same for all."""
        import torch

        batch = torch.export.Dim("batch")
        dims = {free: free.dim() for free in self.axes}
        return tuple({0: batch, **{free.number + 1: dims[free] for free in self.of(node)}} for node in self.graph.inputs)


Made = TypeVar("Made")


def as_free_as_can_be(graph: Graph, words: Sequence[str], make: Callable[[FreeAxes], Made]) -> tuple[Made, FreeAxes]:
    """What `make` makes with the axes of those names free, and the sizes that it takes.

    PyTorch proves less of a size than the shapes say: where it gives up, whole strides of the network are tried, with which nothing is
    rounded on the way. Raises `ArchError` (F626).
    """
    free = free_axes(graph, tuple(words))
    if not words:
        return make(free), free
    reason: Exception | None = None
    for axes in _choices(free):
        try:
            return make(axes), axes
        except ArchError:
            raise
        except Exception as error:  # of many classes: the exporter has no one for "this size I cannot leave free"
            reason = reason or error
    assert reason is not None
    raise ArchError((_refused(free, reason),)) from reason


def _choices(free: FreeAxes) -> Iterator[FreeAxes]:
    """The freest first; the other is worked out where that was not enough."""
    yield free
    coarse = _in_strides(free)
    if coarse is not None:
        yield coarse


def _in_strides(free: FreeAxes) -> FreeAxes | None:
    """The same axes, in steps of the network's stride."""
    step = strides(free.graph)
    rows = []
    for row in free.axes:
        rest = row.axis.native % step
        if step % row.period or rest % row.period != row.rest:
            return None
        coarse = replace(row, period=step, rest=rest, least=max(-(-(row.period * row.least + row.rest - rest) // step), 1))
        found = _traceable(free.graph, coarse)
        if found is None:
            return None
        rows.append(found)
    return FreeAxes(free.graph, tuple(rows))


@lru_cache(maxsize=4)
def free_axes(graph: Graph, words: tuple[str, ...]) -> FreeAxes:
    """The axes of those names, of all inputs that have them. Raises `ArchError` (F626) where one is fixed, or there is none."""
    if not words:
        return FreeAxes(graph, ())
    rows = sizes(graph)
    troubles, found = [], []
    for word in dict.fromkeys(words):
        meant = [row for row in rows if row.axis == word]
        if not meant:
            there = tuple(dict.fromkeys(row.axis for row in rows))
            troubles.append(_none(graph, word, there))
        for row in dict.fromkeys(meant):
            free = _free(graph, row)
            if isinstance(free, Diagnostic):
                troubles.append(free)
            else:
                found.append(free)
    axes = FreeAxes(graph, tuple(found))
    if not troubles and not _fit_together(axes):
        troubles.append(_apart(axes))
    if troubles:
        raise ArchError(troubles)
    return axes


def _free(graph: Graph, row: Axis) -> FreeAxis | Diagnostic:
    node = _input(graph, row)
    number = node.axes.index(row.axis) if row.axis in node.axes else 0
    built = row.built
    # One condition is all that can be written into a file: of several remainders it is that of the size that was compiled.
    whole = len(built.residues) == built.period
    if not built.residues or (not whole and row.native % built.period not in built.residues):
        return _fixed(graph, row)
    period, rest = (1, 0) if whole else (built.period, row.native % built.period)
    least = max(-(-(built.least - rest) // period), 0 if rest else 1)
    return _traceable(graph, FreeAxis(row, number, period, rest, least)) or _fixed(graph, row)


def _traceable(graph: Graph, free: FreeAxis) -> FreeAxis | None:
    """The axis, from the size on at which no tensor on the way has a single position along it: torch.export would take that 1 for a constant."""
    other, most = 2 * free.example + free.period, free.axis.built.most
    if most is not None and other > most:  # a table ends before
        other = free.example + free.period if free.example + free.period <= most else free.example - free.period
    here, far = _run(graph, free, free.example), _run(graph, free, other)
    if here is None or far is None:
        return None
    vary = [(node, axis) for node, shape in enumerate(far) for axis, size in enumerate(shape) if size != here[node][axis]]
    for least in range(free.least, free.example + 1):
        shapes = _run(graph, free, free.period * least + free.rest)
        if shapes is not None and all(shapes[node][axis] > 1 for node, axis in vary):
            return replace(free, least=least)
    return None


def _run(graph: Graph, free: FreeAxis, size: int) -> list[Shape] | None:
    """The shape of every node where the axis has this size."""
    nodes = (node for node in graph.inputs if node.names[-1] in free.axis.inputs)
    return carried(graph, {node.index: (*node.shape[: free.number], size, *node.shape[free.number + 1 :]) for node in nodes})


def _fit_together(free: FreeAxes) -> bool:
    """Whether sizes that each axis takes alone are taken together, too: the examples, and the next ones of every axis but one."""
    graph = free.graph
    trials = [free.examples()]
    for odd in free.axes:
        shapes = [list(shape) for shape in free.examples()]
        for node, shape in zip(graph.inputs, shapes, strict=True):
            for one in free.of(node):
                if one != odd:
                    shape[one.number] += one.period
        trials.append(tuple(map(tuple, shapes)))
    inputs = [node.index for node in graph.inputs]
    return all(carried(graph, dict(zip(inputs, shapes, strict=True))) is not None for shapes in trials)


def _input(graph: Graph, row: Axis) -> Node:
    return next(node for node in graph.inputs if node.names[-1] == row.inputs[0])


# --------------------------------------------------------------------------------------------- refusals


def _none(graph: Graph, word: str, there: Sequence[str]) -> Diagnostic:
    known = ", ".join(f"`{name}`" for name in there)
    meant = did_you_mean(closest(word, there))
    help = meant or (f"the axes of positions are {known}" if there else "no input of this network has an axis of positions")
    return Diagnostic("F626", f"no input has an axis `{word}` whose size could be free", Label(graph.inputs[0].span), help=help)


def _fixed(graph: Graph, row: Axis) -> Diagnostic:
    node = _input(graph, row)
    message = f"the {row.axis} of `{' and '.join(row.inputs)}` cannot be free: the built network takes {row.built} alone"
    weighted = next((step for step in graph.nodes if step.unique == row.fixed_by), None)
    if row.hold is not None and not row.fixed_by:
        step = graph.nodes[row.hold.index]
        message += f"; `{row.hold.text}` holds it"
        help = f"{row.hold.remedy}; or leave the {row.axis} out of `--dynamic`"
        return Diagnostic(
            "F626", message, Label(step.span, f"gives {show(step.shape)}"), (Label(node.span, f"{row.native} here"),), help=help
        )
    others = (
        (Label(weighted.span, f"its weights are {show(weighted.weights[0].shape)}"),) if weighted is not None and weighted.weights else ()
    )
    return Diagnostic(
        "F626",
        message + (f"; the weights of `{row.fixed_by}` depend on it" if row.fixed_by else ""),
        Label(node.span, f"{row.native} here"),
        others,
        help=f"leave it out of `--dynamic`, or {_without_weights(weighted)}; `archc sizes` tells of every axis",
    )


def _without_weights(node: Node | None) -> str:
    """What to do about a step whose weights follow the size."""
    if node is not None and any(weight.shape[-2:] == node.input_shapes[0] for weight in node.weights):
        return "give places that are worked out (`attention(…, rotary = 10000)`) where a row is learned for each"
    return "pool the axis away before what depends on it"


def _refused(free: FreeAxes, error: Exception) -> Diagnostic:
    """torch.export itself finds a size fixed that the shapes leave free."""
    reasons = [line.strip(" -") for line in str(error).splitlines() if line.startswith("  - ")] or str(error).splitlines()[:1]
    return Diagnostic(
        "F626",
        f"PyTorch's exporter cannot leave these sizes free ({free})",
        Label(free.graph.inputs[0].span),
        notes=(f"it says: “{short(reasons[0], LONGEST_QUOTATION)}”",) if reasons else (),
        help="leave an axis out of `--dynamic`, or use `--target torchscript`, which takes these sizes as it is",
    )


def _apart(free: FreeAxes) -> Diagnostic:
    names = " and ".join(row.axis.axis for row in free.axes)
    return Diagnostic(
        "F626",
        f"{names} cannot be free at once: each may vary alone, and together they do not fit",
        Label(free.graph.inputs[0].span),
        help="leave one of them out of `--dynamic`",
    )
