"""Options that make keys fit, tried on the keys before they are offered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from .keys import Renaming
from .told import MOST_TOLD


def rename_options(
    names: Mapping[str, str],
    rules: Sequence[Renaming],
    pairs: Mapping[str, str],
    fitting: Collection[str],
    extra: Collection[str],
    wanted: Collection[str],
) -> str | None:
    """The options by which keys of the file become those of the network that `pairs` gives them, in order; None where they would be
    too many to read. `names` and `rules` are those of the match, for the options take the place of what was found by itself.
    None of `fitting`, keys of the network that are found, is taken away, and none of `extra`, keys of the file that the network
    lacks, is left over."""
    own = {stands: name for name, stands in names.items()}
    before = [own[key] for key in pairs]
    after = before
    for rule in rules:
        after = [rule.of(key) for key in after]
    for old, first in ((before, True), (after, False)):
        beginnings = [_beginnings(key, new) for key, new in zip(old, pairs.values(), strict=True)]
        whole = [Renaming(key, new) for key, new in zip(old, pairs.values(), strict=True)]
        for kind in (beginnings, whole):
            # The longest first: `a.b.` is none of `a.`.
            rows = sorted(dict.fromkeys(kind), key=lambda row: -len(row.old))
            way = (*rows, *rules) if first else (*rules, *rows)
            if len(rows) <= MOST_TOLD and _leads(names, way, {*fitting, *pairs.values()}, extra, wanted):
                return " ".join(row.option for row in way)
    return None


def _leads(
    names: Mapping[str, str], way: Sequence[Renaming], sought: Collection[str], extra: Collection[str], wanted: Collection[str]
) -> bool:
    """Whether options give the keys that are sought, and leave none over. None may be given twice, nor mean no key, nor make one of two."""
    if len({row.old for row in way}) < len(way) or any("=" in row.old or row.old == row.new for row in way):
        return False
    kept = dict(names)
    for row in way:
        moved = row.moved(kept) if any(key.startswith(row.old) for key in kept) else None
        if moved is None:
            return False
        kept = moved
    own = {stands: name for name, stands in kept.items()}
    return set(sought) <= set(kept) and all(own[key] in wanted for key in extra)


def _beginnings(old: str, new: str) -> Renaming:
    """Two keys without the words in which they end alike."""
    one, two = old.split("."), new.split(".")
    same = 0
    while same < min(len(one), len(two)) - 1 and one[-1 - same] == two[-1 - same]:
        same += 1
    end = ".".join(one[len(one) - same :])
    return Renaming(old[: len(old) - len(end)], new[: len(new) - len(end)])
