"""What a model asks of the numbers of its input (`if mask.all():`, `assert (ids >= 0).all()`), where the answers do not change what it does.

A run without numbers has no answer. It is made with each: where both come to the same calls, the question was for a warning or for nothing;
where one of them ends in an error, the model refuses such inputs, and a network answers them all; where one of them is a short way
(`shortcuts.py`), the other is taken.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from types import MappingProxyType
from typing import NoReturn

import torch

from ...base.records import dataclass
from .shortcuts import Shortcut, of_nothing, shortcut
from .traced import Ref, Trace
from .usable import WANTS_INTEGERS, WANTS_TRUTHS

TRUTHS = frozenset(("__bool__", "is_nonzero", "equal", "allclose", "__contains__"))
"""Functions whose answer is a truth."""

MOST = 8
"""Questions beyond which a model is not asked in every way."""

Line = tuple[str, int] | None


NO_NUMBER = "Tensor.item() cannot be called on meta tensors"
"""PyTorch's own words."""


@dataclass(slots=True, eq=False)
class Questions:
    """The answers that a run is given, in the order in which it asks; beyond them no."""

    answers: tuple[bool, ...] = ()
    long_ways: Mapping[Line, Shortcut] = field(default_factory=dict)
    """Lines that ask whether there is a short way, which is not taken."""
    asked: list[Line] = field(default_factory=list)
    shortcuts: dict[Line, Shortcut | None] = field(default_factory=dict)
    """Of each line that asks for a truth, the short way that it may be."""
    is_other: bool = False
    """Whether such a line asks something else in this run: `mask[:, :8].all()` asks for the whole of eight words, and for a part of more."""

    def of(self, name: str, given: Sequence[torch.Tensor], line: Line, trace: Trace, asked: Ref) -> object:
        """What a call answers that asks for numbers; None where it asks for more than a truth."""
        if name in TRUTHS or (name == "item" and given[0].dtype == torch.bool):
            if (known := of_nothing(trace, asked)) is not None:
                return known
            if line in self.long_ways:
                self.is_other = self.is_other or shortcut(trace, asked) != self.long_ways[line]
                return not self.long_ways[line].answer
            found = shortcut(trace, asked) if name in ("__bool__", "is_nonzero", "item") else None
            self.shortcuts[line] = found if self.shortcuts.get(line, found) == found else None
            return self.answer(line)
        return Unknown(self, line) if name == "item" else None

    def answer(self, line: Line) -> bool:
        self.asked.append(line)
        place = len(self.asked) - 1
        return self.answers[place] if place < len(self.answers) else False


class Unknown:
    """A number that a tensor would have: it can be compared, which is a question, and told."""

    def __init__(self, questions: Questions, line: Line) -> None:
        self._questions, self._line = questions, line

    def _compared(self, other: object) -> bool:
        return self._questions.answer(self._line)

    __lt__ = __le__ = __gt__ = __ge__ = _compared
    __eq__ = __ne__ = _compared
    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return self._questions.answer(self._line)

    def __format__(self, how: str) -> str:
        return "a number of the input"

    __str__ = __repr__ = lambda self: format(self)

    def _refused(self, *others: object) -> NoReturn:
        raise RuntimeError(NO_NUMBER)

    __int__ = __float__ = __index__ = __round__ = __abs__ = __neg__ = _refused
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _refused
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = _refused


@dataclass(frozen=True, slots=True)
class Settled:
    """Answers with which a model runs, and where it stops at others."""

    answers: tuple[bool, ...]
    stops: tuple[Line, ...]
    trace: Trace
    """The run with these answers."""
    long_ways: Mapping[Line, Shortcut]

    def questions(self) -> Questions:
        """The same answers, for another run."""
        return Questions(self.answers, self.long_ways)


def settle(run: Callable[[Questions], Trace], long_ways: Mapping[Line, Shortcut] = MappingProxyType({})) -> Settled | None:
    """None where the answers change what the model does. Raises what stops it whatever it is answered."""
    trace, asked = _to_the_end(run, long_ways)
    if len(asked.asked) > MOST:
        return None
    calls, answers = _told(trace), tuple(asked.answers[: len(asked.asked)])
    answers += (False,) * (len(asked.asked) - len(answers))
    stops = []
    for place, line in enumerate(asked.asked):
        try:
            other = run(Questions((*answers[:place], not answers[place], *answers[place + 1 :]), long_ways))
        except Exception as error:
            if _is_of_another_kind(error):
                raise
            if not _is_refusal(error):
                return None
            stops.append(line)
        else:
            if _told(other) != calls:
                short = asked.shortcuts.get(line)
                return None if short is None else settle(run, {**long_ways, line: short})
    return Settled(answers, tuple(dict.fromkeys(stops)), trace, long_ways)


def _to_the_end(
    run: Callable[[Questions], Trace], long_ways: Mapping[Line, Shortcut], answers: tuple[bool, ...] = ()
) -> tuple[Trace, Questions]:
    """A run with answers that stop it nowhere. Where it is stopped, the last one is the other, or one before: an error that is told may ask, too."""
    questions = Questions(answers, long_ways)
    try:
        return run(questions), questions
    except Exception as error:
        count = len(questions.asked)
        if not _is_refusal(error) or _is_of_another_kind(error) or count > MOST:
            raise
        for place in reversed(range(len(answers), count)):
            with contextlib.suppress(Exception):
                return _to_the_end(run, long_ways, (*answers, *(False,) * (place - len(answers)), True))
        raise


def _is_refusal(error: Exception) -> bool:
    """Whether it is the model's own, and not PyTorch's of a tensor without numbers."""
    return not isinstance(error, NotImplementedError) and "meta tensor" not in str(error) and "data-independent" not in str(error)


def _is_of_another_kind(error: Exception) -> bool:
    """Whether the inputs are of a kind that PyTorch does not take there: then it is no refusal of the model's, and others are to be tried."""
    return not isinstance(error, AssertionError) and bool(WANTS_TRUTHS.search(str(error)) or WANTS_INTEGERS.search(str(error)))


def _told(trace: Trace) -> list[object]:
    calls = [(call.function, call.path, repr(call.arguments), repr(call.keywords), repr(call.results)) for call in trace.calls]
    return [*calls, repr(trace.outputs)]
