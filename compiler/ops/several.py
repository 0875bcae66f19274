"""What an operation's record says of several results, each of which is a node of its own, and of a list of inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .shapes import Shapes

if TYPE_CHECKING:
    from .base import Operation


class SeveralResults:
    """A part of every record."""

    __slots__ = ()

    def whole(self, names: Sequence[str], inputs: Shapes) -> tuple[str, int, int] | None:
        """Of one of several results: the text that makes them all, its number among them, and how many they are."""
        return None

    def beside(self) -> tuple[str, Operation] | None:
        """A second result, of a record of its own on the same inputs, and its label within that of the step."""
        return None

    def results(self, inputs: Shapes) -> tuple[tuple[str, Operation], ...]:
        """Where its module answers with several: each with its label within that of the step, and its record."""
        return ()

    def result_number(self) -> int:
        """Which result it is of the module that made its first input, and makes it of what stands behind that one; 0: it works by itself."""
        return 0

    def handed(self, names: Sequence[str]) -> tuple[str, ...]:
        """The texts with which its module is called, where they are not the inputs one by one; () where they are."""
        return ()
