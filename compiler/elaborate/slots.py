"""The parameters of whatever is called, as a call sees them."""

from __future__ import annotations

from ...base.diagnostics import Label
from ...base.records import dataclass
from ...base.source import Span
from ...dsl import ast
from ..ops.parameters import Kind, Optional


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter of whatever is called."""

    name: str
    required: bool
    default: str  # its text, "" for none
    value: ast.Expression | None = None  # the same, of a block or network
    kind: Kind | None = None  # what an operation takes there


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a block, a network or an operation. `place` is where it was written (None: built in)."""

    name: str
    slots: tuple[Slot, ...]
    place: Span | None
    tensors: tuple[str, ...] = ()  # what a block takes at the head of a merge
    takes_list: bool = False  # the last of them is a list of any length
    open: bool = False  # whether it takes sizes by names that the call chooses
    by_name: bool = False  # a preset: the order of its parameters is told in another place

    @property
    def usage(self) -> str:
        """`conv(channels, kernel = 3, …)`, as the reference prints it."""
        inner = ", ".join(
            [*(slot.name if slot.required else f"{slot.name} = {slot.default}" for slot in self.slots), *["name = size, …"] * self.open]
        )
        return f"{self.name}({inner})" if inner else self.name


def is_list(slot: Slot) -> bool:
    """Whether the argument is a list: of sizes, of numbers, of axes."""
    kind = slot.kind.kind if isinstance(slot.kind, Optional) else slot.kind
    return kind is not None and kind.is_list


def defined_here(called: Signature) -> tuple[Label, ...]:
    """The place of the definition, for a message about a call."""
    return (Label(called.place, f"`{called.name}` is defined here"),) if called.place is not None else ()


_KINDS = ((ast.Number, "a number"), (ast.List, "a list"), (ast.Text, "a text"))


def written_kind(value: ast.Expression | None) -> str | None:
    """What a value is as far as its text tells; None where a name stands for it."""
    if isinstance(value, ast.Constant):
        return None if value.value is None else "true or false"
    return next((name for kind, name in _KINDS if isinstance(value, kind)), None)
