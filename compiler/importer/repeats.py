"""Equal neighbours as a loop: calls of one block with equal arguments, labels that count, and two calls that take turns.

It runs while blocks are still being made, in each body that may become one: an item is a round, and bodies that are folded are alike at other
lengths, too. `rounds.py` runs once, on the finished body of the network, and folds several items. That is why the two compare
differently: here what has weights, by its one label, whose number counts by 1; there all that is written, by its text, whose numbers count each
by its own step.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence

from .rates import Rate, Rising
from .tree import ABSENT, Body, Call, Item, Loop, Merge, Op, Scope, fingerprint


def fold(body: Body) -> None:
    """Fold runs of equal calls in a body that stands for one place, and in the paths in it."""
    for item in body.items:
        if isinstance(item, Merge):
            for path in item.paths:
                fold(path.body)
    found: list[Item] = []
    place = 0
    while place < len(body.items):
        length = _run(body.items, place)
        if length > 1:
            found.append(_loop(body.items[place : place + length], _rises(body.items, place)))
        else:
            found.append(body.items[place])
        place += max(length, 1)
    body.items = found


FEWEST_TURNS = 3
"""Two calls that take turns twice only are as short without a loop."""


def fold_turns(body: Body) -> None:
    """Fold calls without labels that take turns, `a -> b -> a -> b -> …`, in a body that is folded otherwise."""
    found: list[Item] = []
    place = 0
    while place < len(body.items):
        rounds, rises = _turns(body.items, place)
        if rounds >= FEWEST_TURNS:
            found.append(_in_turns(body.items[place : place + 2], rounds, rises))
            place += 2 * rounds
        else:
            found.append(body.items[place])
            place += 1
    body.items = found


def in_turns(bodies: Sequence[Body]) -> None:
    """Bodies of two calls that take turns, at one place of several scopes, as loops of both, where one of them has enough turns to be one."""
    rows = [_one_by_one(body.items) for body in bodies]
    found = [(row, *_turns(row, 0)) for row in rows if row]
    if not found or len(found) < len(bodies) or any(2 * rounds != len(row) for row, rounds, _ in found):
        return
    if max(rounds for _, rounds, _ in found) < FEWEST_TURNS or all(_shape(row[0]) == _shape(row[1]) for row, _, _ in found):
        return
    rises = {rises for row, rounds, rises in found if rounds > 1 or not _rates(row[0])}
    if len({(row[0].block, row[1].block) for row, _, _ in found}) > 1 or len(rises) > 1:
        return
    for body, (row, rounds, _) in zip(bodies, found, strict=True):
        body.items = [_in_turns(row[:2], rounds, rises == {True})]


def _one_by_one(items: list[Item]) -> list[Call]:
    """Calls without labels, a loop of one of them round by round; empty where anything else stands there."""
    found: list[Call] = []
    for item in items:
        call = item.body.items[0] if isinstance(item, Loop) and len(item.body.items) == 1 else item
        if not isinstance(call, Call) or call.label is not None or call.condition is not None:
            return []
        for place in range(item.count[0] if isinstance(item, Loop) else 1):
            each = copy.deepcopy(call)
            for column in each.arguments.values():
                if isinstance(column[0], Rising):
                    first = column[0].first
                    column[0] = Rate(first.most, first.step + place * column[0].every, first.steps)
            found.append(each)
    return found


def _in_turns(both: Sequence[Item], rounds: int, rises: bool) -> Loop:
    """So many rounds of two calls, whose rates rise from round to round."""
    items = copy.deepcopy(list(both))
    for column in (column for item in items if isinstance(item, Call) for column in item.arguments.values()):
        if rises and isinstance(column[0], Rate):
            column[0] = Rising(column[0], 2)
    return Loop(count=[rounds], body=Body(items, [ABSENT]), variable="i" if rises else None)


def _turns(items: Sequence[Item], start: int) -> tuple[int, bool]:
    """How often the two items from here on come one after the other, and whether their rates rise by a step each time."""
    ways: list[tuple[int, bool]] = []
    for rises in (False, True):
        count = 0
        for place, item in enumerate(items[start:]):
            first = items[start + place % 2]
            if not isinstance(item, Call) or item.label is not None or _shape(item) != _shape(first):
                break
            steps = zip(_rates(item), _rates(first), strict=True)
            if any(here.step != there.step + (place - place % 2 if rises else 0) for here, there in steps):
                break
            count += 1
        has_rates = count > 1 and any(_rates(item) for item in items[start : start + 2])
        ways.append((count // 2, rises and has_rates))
    return max(ways)


def _run(items: list[Item], start: int) -> int:
    """How many items from here on are equal but for a number in their label that counts."""
    first = _key(items[start])
    if first is None:
        return 1
    length = 1
    while start + length < len(items):
        other = _key(items[start + length])
        if other is None or other[0] != first[0] or (first[1] is not None and other[1] != first[1] + length):
            break
        steps = [(one.step, two.step) for one, two in zip(_rates(items[start]), _rates(items[start + length]), strict=True)]
        if any(two != one + (length if _rises(items, start) else 0) for one, two in steps):
            break
        length += 1
    return length


def _rates(item: Item) -> list[Rate]:
    return [column[0] for call in _calls(item) for column in call.arguments.values() if isinstance(column[0], Rate)]


def _rises(items: list[Item], start: int) -> bool:
    """Whether the rates of `drop_path` rise by a step from this item to the next."""
    here, there = _rates(items[start]), _rates(items[start + 1])
    return bool(here) and [rate.step + 1 for rate in here] == [rate.step for rate in there]


def _key(item: Item) -> tuple[object, int | None] | None:
    """What must be equal in a run, and the number in the label."""
    if isinstance(item, Scope) and item.label is None:
        return (fingerprint(item.body), item.indexed), None
    calls = _calls(item)
    if len(calls) != 1 or not (isinstance(item, Call) or (isinstance(item, Merge) and item.label is None)):
        return None
    call = calls[0]
    stem, count = _stem(call.label)
    if call.label is not None and count is None:
        return None
    return (_shape(item), stem), count


def _calls(item: Item) -> list[Call | Op]:
    """What has weights in it: what a label is for."""
    if isinstance(item, Call) or (isinstance(item, Op) and item.has_weights):
        return [item]
    return [call for body in item.bodies() for inner in body.items for call in _calls(inner)]


def _shape(item: Item) -> object:
    if isinstance(item, Op):
        return (repr(item.operation), repr(item.arguments))
    if isinstance(item, Call):
        return (
            item.block,
            tuple((name, "rate" if isinstance(column[0], Rate) else repr(column[0])) for name, column in item.arguments.items()),
        )
    if isinstance(item, Merge):
        arguments = tuple((name, repr(column[0])) for name, column in item.arguments.items())
        return (item.operation, arguments, tuple(tuple(_shape(inner) for inner in path.body.items) for path in item.paths))
    return repr(item)


def _stem(label: str | None) -> tuple[str | None, int | None]:
    if label is None:
        return None, None
    match = re.fullmatch(r"([\w.\-]*?)(\d+)", label)
    return (match[1], int(match[2])) if match else (label, None)


def _loop(items: list[Item], rises: bool) -> Loop:
    inner, length = copy.deepcopy(items[0]), len(items)
    # What enters is known where it is the same in each round.
    entry = list(inner.into) if len({repr(item.into) for item in items}) == 1 and inner.into else [ABSENT]
    if isinstance(inner, Scope):
        return Loop(count=[length], body=Body([inner], entry))
    (call,) = _calls(inner)
    stem, first = _stem(call.label)
    variable = None
    if call.label is not None:
        variable = "i"
        assert first is not None
        call.label = f"{stem}{{i + {first}}}" if first else f"{stem}{{i}}"
    if rises:
        variable = "i"
        for column in call.arguments.values():
            if isinstance(column[0], Rate):
                column[0] = Rising(column[0])
    return Loop(count=[length], body=Body([inner], entry), variable=variable)
