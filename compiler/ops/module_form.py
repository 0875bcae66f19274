"""What an operation's record says of its module: where it is from, how it is called, and which of its answers this is."""

from __future__ import annotations

from collections.abc import Sequence

from .borrowed import Borrowed
from .shapes import Shapes


class ModuleForm:
    """A part of every record."""

    __slots__ = ()

    def whole(self, names: Sequence[str], inputs: Shapes) -> tuple[str, int, int] | None:
        """Of one of several results: the text that makes them all, its number among them, and how many they are."""
        return None

    def result_number(self) -> int:
        """Which result it is of the module that made its first input, and makes it of what stands behind that one; 0: it works by itself."""
        return 0

    def handed(self, names: Sequence[str]) -> tuple[str, ...]:
        """The texts with which its module is called, where they are not the inputs one by one; () where they are."""
        return ()

    def borrowed(self) -> Borrowed | None:
        """The class that does the work, where it is none of PyTorch's: `module` calls it by its name."""
        return None
