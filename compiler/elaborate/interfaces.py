"""What the parts of the elaborator ask of each other: bodies hold steps, steps hold bodies, and each knows the other by this alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from ...base.source import Span
from ...dsl import ast
from ..graph.program import ScopeKind
from ..ops.base import Shape
from .builder import Builder
from .closures import Binding, Frame, Labelled, Rounds, Tensors
from .evaluator import Evaluator


class Expander(Protocol):
    """Unrolls bodies into a builder; `bodies.Expansion` does it."""

    @property
    def build(self) -> Builder: ...

    @property
    def input_sizes(self) -> Mapping[str, Shape]:
        """What replaces the sizes of the root network's inputs, by name, or under "" for the first."""
        ...

    def evaluator(self, frame: Frame) -> Evaluator:
        """What works out expressions at a place."""
        ...

    def inner(self, frame: Frame, body: Sequence[ast.Statement], **changes: object) -> Frame:
        """A frame for a body inside `frame`: the current tensor enters it."""
        ...

    def body(self, frame: Frame, body: Sequence[ast.Statement]) -> None:
        """Run every statement."""
        ...

    def rounds(self, frame: Frame, loop: ast.Repeat | ast.For, body: Sequence[ast.Statement]) -> Iterator[dict[str, Binding]]:
        """What each round of a loop over `body` binds."""
        ...

    def round(
        self,
        frame: Frame,
        body: Sequence[ast.Statement],
        bindings: dict[str, Binding],
        span: Span,
        start: Tensors,
        numbers: Rounds,
    ) -> Tensors:
        """One round of a loop; the tensor that it ends in."""
        ...

    def label_text(self, frame: Frame, label: ast.Text) -> str:
        """The text of a label, checked."""
        ...

    def claim(self, frame: Frame, names: tuple[str, ...], span: Span, labelled: bool = True) -> None:
        """Give names out once in the naming scope; a label takes the name of a step without one."""
        ...

    def register(self, frame: Frame, labelled: Labelled) -> None:
        """Make a label known."""
        ...

    def run_scope(self, frame: Frame, kind: ScopeKind, part: ast.Stage | ast.Aux, title: str, names: tuple[str, ...]) -> None:
        """Run a stage or a side head in a scope of its own."""
        ...
