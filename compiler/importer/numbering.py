"""Which scopes number their steps as `nn.Sequential` does, and which steps are there for a number alone.

An identity (a module that hands its input on) stays where an indexed scope counts it, and goes everywhere else. Labels are
given to what a `skip` reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .flat_steps import Flat, Word
from .tree import Aux, Body, Item, Merge, Names, Op, Scope, Skip, reads, walk
from .unsaid import Unsaid
from .words import is_name

HERE = "x"
"""What a scope calls the tensor that enters it, where one of its steps far from the start reads it."""


def number(body: Body, is_root: bool = True) -> bool:
    """Decide for every scope in `body`, and clean it of identities. True where `body` itself is indexed."""
    for item in body.items:
        _inner(item)
    indexed = _indexed(body)
    if indexed:
        _filled(body)
    else:
        _bare(body)
    return indexed


def _inner(item: Item) -> None:
    if isinstance(item, Scope | Aux):
        item.indexed = number(item.body, False)
    else:
        for body in item.bodies():
            for inner in body.items:
                _inner(inner)


def counted(body: Body) -> list[tuple[Item, list[Item]]]:
    """What an indexed scope numbers, in order, each with the list that holds it."""
    found: list[tuple[Item, list[Item]]] = []
    for item in body.items:
        if isinstance(item, Skip):
            continue
        if isinstance(item, Merge) and item.head is not None:
            found += [row for inner in item.bodies() for row in counted(inner)]
            continue
        for inner in item.bodies() if isinstance(item, Merge) else []:
            found += counted(inner)
        found.append((item, body.items))
    return found


def _name(item: Item) -> str | None:
    return item.label if item.label is not None else item.slot


def _is_identity(item: Item) -> bool:
    """Whether it does nothing: an identity, or a dropout that drops nothing."""
    if not isinstance(item, Op) or item.is_kept:
        return False
    return item.operation[0] == "identity" or bool(item.operation[0] == "dropout" and item.arguments["p"][0] == 0)


def _indexed(body: Body) -> bool:
    """Whether labels are numbers that rise as an indexed scope would count, with room for what has none."""
    rows = [item for item, _ in counted(body) if not (_is_identity(item) and not (_name(item) or "").isdigit())]
    read = {skip.to for item, _ in walk(body) if (skip := reads(item)) is not None}
    again = {
        str(item.arguments["label"][0]).partition(".")[0] for item, _ in walk(body) if isinstance(item, Op) and item.operation == ["reuse"]
    }
    if any((item.number in read and _name(item) is not None) or item.label in again for item in rows):
        return False  # what is read from afar or used again has its name
    if not any(item.label is not None and item.label.isdigit() for item in rows):
        return False
    count = 0
    for item in rows:
        name = _name(item)
        if name is not None and name.isdigit():
            if int(name) < count:
                return False
            count = int(name)
        elif name is not None and item.label is not None:
            return False
        count += 1
    return True


def without_rest(body: Body) -> None:
    """Where no step of the whole model drops a sample, the steps that would are left out."""
    drops = [item for item, _ in walk(body) if isinstance(item, Op) and item.operation[0] == "drop_path"]
    if not any(item.arguments["p"][0] for item in drops):
        for item in drops:
            item.operation, item.arguments = ["identity"], {}


def _filled(body: Body) -> None:
    """Give each number its step: identities where nothing stands, and none at the end or without a number."""
    rows = counted(body)
    for item, home in rows:
        if _is_identity(item) and not (_name(item) or "").isdigit():
            home.remove(item)
    rows = list(counted(body))
    while rows and _is_identity(rows[-1][0]):
        rows[-1][1].remove(rows.pop()[0])
    count = 0
    for item, home in rows:
        name = _name(item)
        wanted = int(name) if name is not None and name.isdigit() else count
        while count < wanted:
            home.insert(home.index(item), Op(operation=["identity"]))
            count += 1
        if item.label is not None:
            item.label = None
        count += 1


def _bare(body: Body) -> None:
    body.items = [item for item in body.items if not _is_identity(item)]
    for item in body.items:
        if isinstance(item, Merge):
            for path in item.paths:
                _bare(path.body)
                path.body.items = path.body.items or [Skip()]


def follow(body: Body, flat: Flat) -> None:
    """What read an identity that is gone reads what went into it."""
    there = {item.number for item, _ in walk(body)} | {row.number for row in flat.inputs}
    through = {step.number: step.inputs[0] for step in flat.steps if len(step.inputs) == 1}
    for item, _ in walk(body):
        if (skip := reads(item)) is not None and skip.to is not None:
            skip.to = _followed(skip.to, there, through)
        if isinstance(item, Scope) and item.enters is not None:
            item.enters = _followed(item.enters, there, through)
            item.body.names = {_followed(number, there, through): name for number, name in item.body.names.items()}
    flat.outputs = [(name, _followed(number, there, through)) for name, number in flat.outputs]
    flat.side_outputs = [(name, _followed(number, there, through)) for name, number in flat.side_outputs]


def _followed(number: int, there: set[int], through: dict[int, int]) -> int:
    while number not in there and number in through:
        number = through[number]
    return number


def label(body: Body, entry: int | None, names: Names, outputs: Mapping[int, str] = MappingProxyType({})) -> bool:
    """Give a label to each step that a `skip` of this body reads, and to the outputs (by number, with their names). True where the entry itself is read by name.

    `names` are the labels that are known from outside (those of a network's inputs).
    """
    known: Names = dict(names)
    read = {skip.to for item in _own(body) if (skip := reads(item)) is not None and skip.to is not None} | set(outputs)
    by_name = entry is not None and entry in read and entry not in known
    if by_name and entry is not None:
        known[entry] = HERE, None
    count = 0
    taken = {item.label for item in _own(body)}
    if entry is None:
        taken |= {name for name, _ in names.values()}  # what comes in stands beside the steps
    for item in _own(body):
        if item.number in read and (not isinstance(item, Skip) or item.number >= 0):
            if item.label is None:
                item.label = outputs.get(item.number, "")
                while not is_name(item.label) or item.label in taken:
                    count += 1
                    item.label = f"t{count}"
                taken.add(item.label)
            known[item.number] = item.label, None
    for item in _own(body):
        if (skip := reads(item)) is not None and skip.to is not None:
            skip.name, part = known.get(skip.to, (None, None))
            skip.part = part if part is not None else skip.part
            if isinstance(item, Op):
                if skip.name is None or skip.part is not None:
                    raise Unsaid(f"`{item.operation[0]}` with the size of a tensor without a label")
                item.arguments["like"] = [Word(skip.name)]
    for item in _own(body):
        if isinstance(item, Scope) and item.body.takes:
            label(item.body, None, item.body.names)
        elif isinstance(item, Scope):
            item.body.entry_name = HERE if label(item.body, item.enters, known) else None
    return by_name


def _own(body: Body) -> list[Item]:
    """The items of a body and of the paths in it, but not those of inner scopes."""
    found: list[Item] = []
    for item in body.items:
        found.append(item)
        if isinstance(item, Merge | Aux):
            for inner in item.bodies():
                found += _own(inner)
    return found
