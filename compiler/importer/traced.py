"""What a run of a model comes to: calls, the tensors between them, and which of these go in and out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Any

import torch

from ...base.records import dataclass
from ..ops.base import Shape


@dataclass(frozen=True, slots=True)
class Ref:
    """A tensor of the run, by its number."""

    number: int

    def __repr__(self) -> str:
        return f"%{self.number}"


@dataclass(slots=True, eq=False)
class Value:
    """A tensor of the run: where it comes from, and its shape."""

    number: int
    shape: tuple[int, ...]
    dtype: torch.dtype
    source: str
    """`call`, `input`, `parameter`, `buffer` or `constant`."""
    name: str = ""
    """The input's name, or the key in the state_dict."""
    call: Call | None = None
    tensor: torch.Tensor | None = None
    """Of a constant, the tensor itself."""

    def __repr__(self) -> str:
        return f"<Value %{self.number} {self.source} {self.name} {list(self.shape)}>"


@dataclass(slots=True, eq=False)
class Call:
    """One call. `path` is the module in whose `forward` it stands; `line` the place in that module's source."""

    function: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    results: list[Ref]
    path: str
    line: tuple[str, int] | None = None
    stack: tuple[tuple[str, int], ...] = ()
    """The modules that run, the outermost first, each with how often it was entered."""
    target: Callable[..., Any] | None = None
    """The function itself."""

    def __repr__(self) -> str:
        return f"<Call {self.function} in {self.path or 'the root'}>"

    def refs(self) -> Iterator[Ref]:
        """The tensors that go in, in order."""
        yield from _refs(self.arguments)
        yield from _refs(self.keywords)


def _refs(value: object) -> Iterator[Ref]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _refs(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _refs(item)


@dataclass(frozen=True, slots=True)
class Ran:
    """The shapes that a module or function took and made when it ran first, with the batch."""

    takes: tuple[Shape, ...]
    gives: tuple[Shape, ...]
    is_plain: bool = True
    """Whether it was called with tensors of real numbers and nothing else, as a step calls it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A tensor whose sizes the model asked for: before which call, and in which module."""

    number: int
    before: int
    path: str


@dataclass(slots=True, eq=False)
class Trace:
    """A whole run."""

    values: list[Value] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    inputs: list[Ref] = field(default_factory=list)
    outputs: list[tuple[str, Ref]] = field(default_factory=list)
    """Name (a field, a key, or a number) and tensor."""
    returned: str = ""
    """What the model answers with, in words."""
    left_out: list[str] = field(default_factory=list)
    """What it answers with beside tensors, in words."""
    given: dict[str, list[tuple[str, int | None, Ref]]] = field(default_factory=dict)
    """Of modules that take several tensors: each with the argument of `forward` that it is, and its place where that is a list."""

    ran: dict[str, Ran] = field(default_factory=dict)
    """Of each module, by its path."""
    with_gradients: dict[str, None] = field(default_factory=dict)
    """Classes of functions that say themselves how gradients go back."""
    measured: list[Measured] = field(default_factory=list)
    casts: dict[str, None] = field(default_factory=dict)
    """Kinds of numbers of fewer digits that the model works in in part. The run is in float32."""
    rewritten: dict[str, None] = field(default_factory=dict)
    """Parameters that the model writes into as it runs. To the run they are what they were: what comes out is a weight as well."""

    def __repr__(self) -> str:
        return f"<Trace of {len(self.calls)} calls>"
