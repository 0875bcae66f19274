"""The numbers of tensors that do not depend on the input: what made them is run again, on the CPU, with the numbers that the model has.

A learned tensor has other numbers tomorrow. In its place stands a probe, and what is made of the probe tells what was done to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch
from torch import nn

from .arguments import tensors_of
from .known import LIKE_THE_FIRST, fills, matters, plain_name
from .traced import Call, Ref, Trace
from .unsaid import Unsaid

Meaning = TypeVar("Meaning")

MOST_WORK = 16_000_000
"""Elements beyond which nothing is worked out."""


class Values:
    """What a trace makes without its input."""

    def __init__(self, trace: Trace, modules: Mapping[str, nn.Module], later: frozenset[str] = frozenset()) -> None:
        self.trace, self.modules, self.later = trace, modules, later
        self._meanings: list[tuple[torch.Tensor, bool, Any]] = []
        """Tables by their numbers, and what they were found to be."""

    def meant(self, table: torch.Tensor, in_parts: bool, find: Callable[[torch.Tensor, bool], Meaning]) -> Meaning:
        """What `find` says of a table. It is asked once: each block of a transformer makes the table of its positions anew."""
        for other, before, meaning in self._meanings:
            if other.shape == table.shape and before is in_parts and torch.equal(other, table):
                return meaning  # type: ignore[no-any-return]
        meaning = find(table, in_parts)
        self._meanings.append((table, in_parts, meaning))
        return meaning

    def leaves(self, number: int) -> dict[str, int]:
        """The parameters that a tensor is made of, and buffers that are filled later, by key, with their numbers."""
        found: dict[str, int] = {}
        waiting, seen = [number], {number}
        while waiting:
            value = self.trace.values[waiting.pop()]
            if value.source == "parameter" or (value.source == "buffer" and value.name in self.later):
                found[value.name] = value.number
            for ref in matters(value.call) if value.call is not None else ():
                if ref.number not in seen:
                    seen.add(ref.number)
                    waiting.append(ref.number)
        return found

    def of(self, number: int, probes: Mapping[int, torch.Tensor] | None = None) -> torch.Tensor:
        """The tensor itself, made of `probes` (by number) in place of what is learned. Raises `Unsaid` where it cannot be had."""
        try:
            with torch.no_grad():
                return self._of(number, dict(probes or {}))
        except Unsaid:
            raise
        except Exception as error:
            raise Unsaid(f"a fixed tensor that cannot be worked out again ({type(error).__name__})") from error

    def answer(self, call: Call, known: Mapping[int, torch.Tensor]) -> Any:
        """What a call says that asks for numbers. Raises `Unsaid` where these depend on the input, or on what is learned."""
        numbers = {ref.number: self.of(ref.number, known) for ref in call.refs()}
        assert call.target is not None
        return call.target(*_filled(list(call.arguments), numbers), **_filled_names(call.keywords, numbers))

    def _of(self, number: int, known: dict[int, torch.Tensor]) -> torch.Tensor:
        waiting = [number]
        while waiting:
            at = waiting[-1]
            if at in known:
                waiting.pop()
                continue
            value = self.trace.values[at]
            if value.call is None:
                known[at] = self._leaf(at)
                continue
            missing = [ref.number for ref in matters(value.call) if ref.number not in known]
            if missing:
                waiting += missing
                continue
            for ref, tensor in zip(value.call.results, self._run(value.call, known), strict=True):
                known.setdefault(ref.number, tensor)
        return known[number]

    def _leaf(self, number: int) -> torch.Tensor:
        value = self.trace.values[number]
        if value.source == "constant" and value.tensor is not None and not value.tensor.is_meta:
            return value.tensor
        if value.source not in ("parameter", "buffer"):
            raise Unsaid("a fixed tensor whose numbers are not known")
        home, _, last = value.name.rpartition(".")
        if home not in self.modules:
            raise Unsaid("a fixed tensor whose numbers are not known")
        found: torch.Tensor = getattr(self.modules[home], last).detach()
        if found.is_meta:
            raise Unsaid("a fixed tensor without numbers")
        return found

    def _run(self, call: Call, known: Mapping[int, torch.Tensor]) -> list[torch.Tensor]:
        name, like = plain_name(call.function), self.trace.values[call.results[0].number]
        shape = like.shape
        filled = fills(call)
        if filled is not None:
            return [torch.full(shape, filled, dtype=like.dtype)]
        if call.target is None or sum(known[ref.number].numel() for ref in matters(call)) > MOST_WORK:
            raise Unsaid("a fixed tensor that cannot be worked out again")
        if sum(1 for _ in call.refs()) > 1 and name in LIKE_THE_FIRST:
            first = known[next(call.refs()).number]
            return [first.expand(shape) if name == "expand_as" else first.reshape(shape)]
        arguments = [_filled(item, known) for item in call.arguments]
        keywords = _filled_names(call.keywords, known)
        if "device" in keywords:
            keywords["device"] = "cpu"
        arguments = ["cpu" if isinstance(item, torch.device) else item for item in arguments]
        if call.function == "__setitem__" or re.fullmatch(r"[a-z]\w*[a-z0-9]_|__i[a-z]+__", call.function):
            arguments[0] = arguments[0].clone()  # what is written into must stay for others
        if call.function in ("__getitem__", "__setitem__") and isinstance(arguments[1], list):
            arguments[1] = tuple(arguments[1])
        if call.function == "__setitem__":
            call.target(*arguments, **keywords)
            return [arguments[0]]
        return tensors_of(call.target(*arguments, **keywords))


def answered(trace: Trace, call: Call, known: Mapping[int, torch.Tensor]) -> Any:
    """The same in the middle of a run, whose buffers are `known`."""
    return Values(trace, {}).answer(call, known)


def _filled_names(keywords: Mapping[str, Any], known: Mapping[int, torch.Tensor]) -> dict[str, Any]:
    return {key: _filled(item, known) for key, item in keywords.items()}


def _filled(value: Any, known: Mapping[int, torch.Tensor]) -> Any:
    if isinstance(value, Ref):
        return known[value.number]
    if isinstance(value, list | tuple):
        return type(value)(_filled(item, known) for item in value)
    if isinstance(value, slice):
        return slice(_filled(value.start, known), _filled(value.stop, known), _filled(value.step, known))
    return value
