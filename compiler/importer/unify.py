"""Two bodies as one: what both have side by side, what only one has as an option (`present`)."""

from __future__ import annotations

from collections.abc import Sequence

from .tree import ABSENT, Body, Call, Column, Item, Loop, Merge, Op, Path, Scope, Skip

ACTIVATIONS = frozenset(("relu", "relu6", "silu", "mish", "sigmoid", "tanh", "hard_sigmoid", "hard_swish", "gelu"))


def unify(one: Body, two: Body, size_one: int, size_two: int) -> Body | None:
    """The body that stands for all places of both (`size_…` many); None where they have nothing in common."""
    left, right = _steps(one), _steps(two)
    wrapped = _wrapped(left, right, one, two, size_one, size_two)
    if wrapped is not None:
        left, right = wrapped
    pairs = _aligned(left, right)
    if (left or right) and not pairs and (left and right):
        return None
    entry = one.entry + two.entry
    items: list[Item] = []
    at_left = at_right = 0
    for first, second in [*pairs, (len(left), len(right))]:
        items += [_widened(item, 0, size_two) for item in left[at_left:first]]
        items += [_widened(item, size_one, 0) for item in right[at_right:second]]
        if first < len(left):
            both = _both(left[first], right[second], size_one, size_two)
            if both is None:
                return None
            both.condition = left[first].condition
            items.append(both)
        at_left, at_right = first + 1, second + 1
    name = one.entry_name or two.entry_name
    return Body(items, entry, name, one.takes, one.gives, is_general=one.is_general)


def _steps(body: Body) -> list[Item]:
    """Without a `skip` that is there because a path may not be empty."""
    return [item for item in body.items if not (isinstance(item, Skip) and item.to is None)]


def _wrapped(
    left: list[Item], right: list[Item], one: Body, two: Body, size_one: int, size_two: int
) -> tuple[list[Item], list[Item]] | None:
    """A residual that one of both lacks: the other's steps become its path, beside a skip that is not there."""
    for here, there, body, size, swapped in ((left, right, two, size_two, False), (right, left, one, size_one, True)):
        places = [place for place, item in enumerate(here) if isinstance(item, Merge) and any(_is_skip(path) for path in item.paths)]
        if len(places) != 1 or any(isinstance(item, Merge) and item.operation == here[places[0]].operation for item in there):  # type: ignore[attr-defined]
            continue
        place = places[0]
        merge = here[place]
        assert isinstance(merge, Merge)
        after = len(here) - place - 1
        if len(there) - place - after < 1:
            continue
        if [kin(a, b) for a, b in zip(here[:place], there[:place], strict=True)].count(False):
            continue
        if after and [kin(a, b) for a, b in zip(here[-after:], there[-after:], strict=True)].count(False):
            continue
        middle = there[place : len(there) - after]
        paths = [
            Path(Body([Skip(present=[True] * size)], body.entry), [False] * size)
            if _is_skip(path)
            else Path(Body(middle, body.entry), [True] * size)
            for path in merge.paths
        ]
        if sum(not _is_skip(path) for path in merge.paths) != 1:
            continue
        arguments: dict[str, Column] = {name: [ABSENT] * size for name in merge.arguments}
        new = Merge(merge.label, [True] * size, operation=merge.operation, arguments=arguments, paths=paths)
        changed = [*there[:place], new, *there[len(there) - after :]]
        return (changed, here) if swapped else (here, changed)
    return None


def _is_skip(path: Path) -> bool:
    return not _steps(path.body)


def _aligned(left: Sequence[Item], right: Sequence[Item]) -> list[tuple[int, int]]:
    """Pairs of what is of a kind, in order, that are most alike all together."""
    rows, columns = len(left), len(right)
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    like = [[alike(a, b) for b in right] for a in left]
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            found = max(best[row + 1][column], best[row][column + 1])
            if like[row][column]:
                found = max(found, best[row + 1][column + 1] + like[row][column])
            best[row][column] = found
    pairs, row, column = [], 0, 0
    while row < rows and column < columns:
        if like[row][column] and best[row][column] == best[row + 1][column + 1] + like[row][column]:
            pairs.append((row, column))
            row, column = row + 1, column + 1
        elif best[row + 1][column] >= best[row][column + 1]:
            row += 1
        else:
            column += 1
    return pairs


def alike(one: Item, two: Item) -> float:
    """0 where both cannot be one step; else the more, the more of their numbers they share."""
    if not kin(one, two):
        return 0.0
    if isinstance(one, Loop) and len(one.body.items) == 1 and not isinstance(two, Loop):
        one = one.body.items[0]
    if isinstance(two, Loop) and len(two.body.items) == 1 and not isinstance(one, Loop):
        two = two.body.items[0]
    if isinstance(one, Op | Call) and isinstance(two, Op | Call):
        shared = 0.0
        names = [name for name in one.arguments if name in two.arguments]
        for name in names:
            here, there = ({repr(value) for value in row.arguments[name] if value is not ABSENT} for row in (one, two))
            if here & there:
                shared += 1
            elif name == "groups" and "1" not in here | there:
                shared += 1  # both grouped
        return 2 + shared / max(len(names), 1)
    if isinstance(one, Scope) and isinstance(two, Scope):
        return 2.5 + (0.4 if _words(one.body) == _words(two.body) else 0.0)
    return 2.5


def _words(body: Body) -> list[object]:
    """What stands in a body, without its numbers."""
    return [(type(item), set(item.operation) - {ABSENT} if isinstance(item, Op) else None) for item in _steps(body)]


def kin(one: Item, two: Item) -> bool:
    """Whether both may be one step of a block."""
    if isinstance(one, Loop) != isinstance(two, Loop):
        loop, other = (one, two) if isinstance(one, Loop) else (two, one)
        assert isinstance(loop, Loop)
        return loop.variable is None and len(loop.body.items) == 1 and kin(loop.body.items[0], other)
    if type(one) is not type(two) or (one.label, one.condition) != (two.label, two.condition):
        return False
    if isinstance(one, Op) and isinstance(two, Op):
        if one.has_weights != two.has_weights or set(one.arguments) != set(two.arguments):
            return False
        if set(map(repr, one.arguments.get("like", ()))) != set(map(repr, two.arguments.get("like", ()))):
            return False  # a label is no argument of a block
        both = set(one.operation) | set(two.operation)
        both.discard(ABSENT)
        return len(both) == 1 or both <= ACTIVATIONS
    if isinstance(one, Merge) and isinstance(two, Merge):
        return one.operation == two.operation and len(one.paths) == len(two.paths) and (one.head is None) == (two.head is None)
    if isinstance(one, Skip) and isinstance(two, Skip):
        return (one.name, one.part) == (two.name, two.part)
    if isinstance(one, Call) and isinstance(two, Call):
        return one.block == two.block
    if isinstance(one, Scope) and isinstance(two, Scope):
        return one.kind == two.kind and one.indexed == two.indexed
    if isinstance(one, Loop) and isinstance(two, Loop):
        return (
            one.variable == two.variable
            and len(one.body.items) == len(two.body.items)
            and all(kin(a, b) for a, b in zip(one.body.items, two.body.items, strict=True))
        )
    return False


def _both(one: Item, two: Item, size_one: int, size_two: int) -> Item | None:
    """Two of a kind as one."""
    present = one.present + two.present
    if isinstance(one, Loop) != isinstance(two, Loop):
        if isinstance(one, Loop):
            two = Loop(
                present=two.present,
                into=two.into,
                count=[1 if there else ABSENT for there in two.present],
                body=Body([two], [ABSENT] * size_two),
            )
        else:
            one = Loop(
                present=one.present,
                into=one.into,
                count=[1 if there else ABSENT for there in one.present],
                body=Body([one], [ABSENT] * size_one),
            )
    if isinstance(one, Op) and isinstance(two, Op):
        return Op(
            one.label,
            present,
            operation=one.operation + two.operation,
            arguments=_columns(one.arguments, two.arguments),
            has_weights=one.has_weights,
            into=one.into + two.into,
        )
    if isinstance(one, Call) and isinstance(two, Call):
        names = {**one.arguments, **two.arguments}
        left, right = (
            {name: row.arguments.get(name, [ABSENT] * size) for name in names} for row, size in ((one, size_one), (two, size_two))
        )
        return Call(one.label, present, into=_into(one, two), block=one.block, arguments=_columns(left, right))
    if isinstance(one, Skip):
        return Skip(one.label, present, to=one.to, name=one.name, part=one.part)
    if isinstance(one, Merge) and isinstance(two, Merge):
        paths = []
        for first, second in zip(one.paths, two.paths, strict=True):
            body = unify(first.body, second.body, size_one, size_two)
            if body is None:
                return None
            paths.append(Path(body, first.present + second.present, rounds=first.rounds))
        arguments = _columns(one.arguments, two.arguments)
        head = None
        if one.head is not None and two.head is not None:
            head = unify(one.head, two.head, size_one, size_two)
            if head is None:
                return None
        return Merge(one.label, present, into=_into(one, two), operation=one.operation, arguments=arguments, paths=paths, head=head)
    if isinstance(one, Scope) and isinstance(two, Scope):
        body = unify(one.body, two.body, size_one, size_two)
        if body is None:
            return None
        return Scope(one.label, present, into=_into(one, two), body=body, kind=one.kind, indexed=one.indexed, is_inline=True)
    if isinstance(one, Loop) and isinstance(two, Loop):
        body = unify(one.body, two.body, size_one, size_two)
        if body is None:
            return None
        return Loop(one.label, present, into=_into(one, two), count=one.count + two.count, body=body, variable=one.variable)
    return None


def _into(one: Item, two: Item) -> Column:
    return one.into + two.into if len(one.into) == len(one.present) and len(two.into) == len(two.present) else []


def _columns(one: dict[str, Column], two: dict[str, Column]) -> dict[str, Column]:
    return {name: column + two[name] for name, column in one.items()}


def _widened(item: Item, before: int, after: int) -> Item:
    """The item with places at which it is not there."""

    def wide(column: Column) -> Column:
        return [ABSENT] * before + column + [ABSENT] * after

    present = [False] * before + item.present + [False] * after
    into = wide(item.into) if item.into else []

    def inside(body: Body) -> Body:
        items = [_widened(inner, before, after) for inner in body.items]
        return Body(items, wide(body.entry), body.entry_name, body.takes, body.gives, is_general=body.is_general)

    if isinstance(item, Op):
        arguments = {name: wide(column) for name, column in item.arguments.items()}
        return Op(item.label, present, operation=wide(item.operation), arguments=arguments, has_weights=item.has_weights, into=into)
    if isinstance(item, Call):
        return Call(
            item.label, present, into=into, block=item.block, arguments={name: wide(column) for name, column in item.arguments.items()}
        )
    if isinstance(item, Merge):
        paths = [Path(inside(path.body), [False] * before + path.present + [False] * after) for path in item.paths]
        return Merge(
            item.label,
            present,
            into=into,
            operation=item.operation,
            arguments={name: wide(column) for name, column in item.arguments.items()},
            paths=paths,
            head=None if item.head is None else inside(item.head),
        )
    if isinstance(item, Scope):
        return Scope(item.label, present, into=into, body=inside(item.body), kind=item.kind, indexed=item.indexed, is_inline=True)
    if isinstance(item, Loop):
        return Loop(item.label, present, into=into, count=wide(item.count), body=inside(item.body), variable=item.variable)
    assert isinstance(item, Skip)
    return Skip(item.label, present, to=item.to, name=item.name, part=item.part)
