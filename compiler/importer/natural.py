"""Labels that are the names which steps have anyway (`conv1`, `bn2`) are left out."""

from __future__ import annotations

from collections import defaultdict

from .flat_steps import Word
from .tree import Body, Call, Item, Merge, Op, Scope, Skip


def natural(body: Body) -> None:
    """Drop such labels in a body and in the scopes in it."""
    _one(body)
    for item in _own(body):
        if isinstance(item, Scope):
            natural(item.body)


def _own(body: Body) -> list[Item]:
    found: list[Item] = []
    for item in body.items:
        if isinstance(item, Merge):
            for inner in item.bodies():
                found += _own(inner)
        found.append(item)
        if not isinstance(item, Merge | Scope):
            for inner in item.bodies():
                found += _own(inner)
    return found


def _one(body: Body) -> None:
    kinds: dict[str, list[Item]] = defaultdict(list)
    rows = _own(body)
    read = {item.name for item in rows if isinstance(item, Skip)}
    read |= {str(item.arguments["label"][0]).partition(".")[0] for item in rows if isinstance(item, Op) and item.operation == ["reuse"]}
    read |= {like.text for item in rows if isinstance(item, Op) and isinstance(like := item.arguments.get("like", [None])[0], Word)}
    for item in rows:
        if isinstance(item, Op):
            kinds[str(item.operation[0])].append(item)
        elif isinstance(item, Call):
            kinds[item.block].append(item)
    for kind, members in kinds.items():
        if any(item.condition is not None or not all(item.present) for item in members):
            continue
        wanted = [item.label for item in members if item.label is not None]
        names = [f"{kind}{count}" for count in range(1, len(members) + 1)]
        # All of a kind at once: a label that stays would shift the numbers of the others.
        if wanted == names[: len(wanted)] and all(item.label is not None for item in members) and not read & set(names):
            for item in members:
                item.label = None
