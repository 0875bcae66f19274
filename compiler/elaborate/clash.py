"""A merge whose paths do not meet, as its message and all of its remedies look at it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ...base.diagnostics import Label
from ...base.records import dataclass
from ...base.source import Span
from ..graph.program import Node
from ..graph.provenance import decided_by, main_path, parting, total_stride
from ..ops.base import Operation, Refusal, Shape
from .closures import Frame
from .explain_numbers import size_argument
from .trial import Trial, accepts

SKIP = re.compile(r'skip\(\s*([A-Za-z_][\w.]*|"[^"\n]*")\s*\)')
_FILLED_IN = re.compile(r"\{\s*([A-Za-z_]\w*)")


@dataclass(frozen=True, slots=True, eq=False)
class Clash:
    """A merge whose paths do not meet.

    `code` is that of the refusal, `operation` what joins the paths, `head` its place in the text: the `add` of `add { … }`.
    `nodes` are all steps so far, `frame` is the body in which the merge stands; `frame.current` is what comes in, where each path begins.
    `ends` are the steps in which the paths end, in the order of the text (one may stand twice); `parts` the places of what ends them.
    `start` is the last step from which all ends come, None where they share none; `axes` are those on which the ends wrongly differ, none
    where the ends have not as many axes as each other.
    """

    code: str
    operation: Operation
    head: Span
    nodes: Sequence[Node]
    frame: Frame
    ends: tuple[int, ...]
    parts: tuple[Span, ...]
    start: int | None
    axes: tuple[int, ...]

    # ---------------------------------------------------------------------------------------- shapes

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """In which the paths end."""
        return tuple(self.nodes[end].shape for end in self.ends)

    @property
    def sizes(self) -> tuple[Shape, ...]:
        """The shapes without the first axis: of maps, what is beside the channels."""
        return tuple(shape[1:] for shape in self.shapes)

    @property
    def largest(self) -> Shape:
        """On each axis the largest of the sizes."""
        return tuple(max(axis) for axis in zip(*self.sizes, strict=True))

    @property
    def have_one_rank(self) -> bool:
        return _have_one_rank(self.shapes)

    @property
    def differ_in_size(self) -> bool:
        """Whether the paths differ on an axis behind the first."""
        return bool(self.axes) and max(self.axes) > 0

    @property
    def differ_in_size_alone(self) -> bool:
        """Whether the paths differ on axes behind the first, and on these alone."""
        return bool(self.axes) and min(self.axes) > 0

    @property
    def the_other(self) -> str:
        """How a message calls the paths beside one."""
        return "the other" if len(self.ends) == 2 else "the others"

    @property
    def both_ways(self) -> tuple[tuple[int, int], ...]:
        """Of two paths each end with the other one's; of more, none."""
        return ((self.ends[0], self.ends[1]), (self.ends[1], self.ends[0])) if len(self.ends) == 2 else ()

    def accepts(self, shapes: Sequence[Shape]) -> bool:
        """Whether the merge would take paths of these shapes."""
        return accepts(self.operation, shapes)

    def meets(self, changed: Mapping[int, Shape]) -> bool:
        """Whether the merge would take its paths where some end, by the index of the step, in another shape."""
        return self.accepts([changed.get(end, self.nodes[end].shape) for end in self.ends])

    @property
    def trial(self) -> Trial:
        """Changes of steps are tried: the merge must take its paths as they then end."""
        return Trial(self.nodes, lambda shapes: self.accepts([shapes[end] for end in self.ends]))

    # ----------------------------------------------------------------------------------------- steps

    def path(self, end: int) -> list[Node]:
        """The steps to an end from where the paths part."""
        return main_path(self.nodes, end, self.start)

    @property
    def steps(self) -> list[Node]:
        """Those of all paths, of each the last first."""
        return [node for end in dict.fromkeys(self.ends) for node in reversed(self.path(end))]

    def decider(self, end: int, axis: int) -> Node:
        """The step of a path that decided the size of an axis; where none did, that where the paths part."""
        return decided_by(self.nodes, end, axis, self.start)

    def stride(self, end: int) -> str:
        """How much a path shrinks the map, and by which factors."""
        return total_stride(self.nodes, end, self.start)

    @property
    def have_one_stride(self) -> bool:
        """Whether all paths shrink the map as much. Those of different strides meet at no size that anybody wants."""
        return len({self.stride(end).partition(" = ")[0] for end in self.ends}) == 1

    def is_in_a_path(self, node: Node) -> bool:
        """Whether a step was made in a path of the merge, and not by what comes before it, which others read as well."""
        return not isinstance(self.frame.current, int) or node.index > self.frame.current

    @property
    def entering(self) -> Node | None:
        """What comes into the merge, where it is one tensor."""
        return self.nodes[self.frame.current] if isinstance(self.frame.current, int) else None

    # ------------------------------------------------------------------------------------------ text

    @property
    def is_again(self) -> bool:
        """Whether the text is read more than once: in a block or a loop."""
        return any(scope.kind in ("block", "round") for scope in self.frame.scope.ancestors())

    def label(self, part: Span) -> str | None:
        """The label that a path is, as it may be written elsewhere in the merge: the value of a comprehension is not known there."""
        found = SKIP.fullmatch(part.text.strip())
        if found is None or any(self.frame.environment.binding(name) is None for name in _FILLED_IN.findall(found[1])):
            return None
        return found[1]

    def label_of(self, size: Shape) -> str | None:
        """The first label that is a path and has this size."""
        rows = zip(self.parts, self.sizes, strict=True)
        return next((label for part, own in rows if own == size and (label := self.label(part)) is not None), None)

    def is_filled_in(self, part: Span) -> bool:
        """Whether a path tells a label with a value in it that is known outside the merge: one of each round of a loop."""
        return any(self.frame.environment.binding(name) is not None for name in _FILLED_IN.findall(part.text))

    def axis_words(self, axes: Mapping[str, int]) -> tuple[str, ...]:
        """Axes by their names, or all by their numbers where one of the names is that of a value."""
        taken = any(self.frame.environment.binding(name) is not None for name in axes)
        return tuple(str(number) if taken else name for name, number in axes.items())

    def words_of(self, size: Shape) -> list[str] | None:
        """A size by what comes in, in a text that is read more than once; None where it is read once, or another size comes in."""
        entering = self.entering
        if not self.is_again or entering is None or entering.shape[1:] != size or not all(entering.axes[1:]):
            return None
        return [f"in.{axis}" for axis in entering.axes[1:]]

    def size_text(self, size: Shape) -> tuple[str, bool]:
        """The argument that says a size: by a label that has it, by what comes in, or by its numbers; and whether it says so in every use
        of the text."""
        label, words = self.label_of(size), self.words_of(size)
        if label is not None:
            return f"like = {label}", True
        if words is not None:
            return f"size = {words[0]}" if len(words) == 1 else f"size = [{', '.join(words)}]", True
        return size_argument(size), not self.is_again


def clash_of(
    nodes: Sequence[Node], frame: Frame, operation: Operation, refusal: Refusal, inputs: Sequence[int], head: Span, parts: Sequence[Label]
) -> Clash:
    """`inputs` are the ends of the paths, `parts` their places. What `like` reads stands behind the paths, and is none."""
    ends = tuple(inputs[: len(parts)])
    shapes = [nodes[end].shape for end in ends]
    axes = tuple(axis for axis in refusal.axes if len({shape[axis] for shape in shapes}) > 1) if _have_one_rank(shapes) else ()
    return Clash(refusal.code, operation, head, nodes, frame, ends, tuple(part.span for part in parts), parting(nodes, ends), axes)


def _have_one_rank(shapes: Sequence[Shape]) -> bool:
    return len({len(shape) for shape in shapes}) == 1
