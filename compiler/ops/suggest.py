"""The names that a person may have meant."""

from __future__ import annotations

from collections.abc import Iterable

from .foreign_names import PARAMETERS, same_as

COUNT_INPUTS = {"conv": 2, "convtranspose": 2, "linear": 2, "dense": 2, "batchnorm": 1, "instancenorm": 1, "layernorm": 1, "groupnorm": 2}
"""Names of other libraries (as `foreign_names.key` gives them) whose first arguments count the channels that come in, and from how many
arguments on that is so."""


def closest(word: str, options: Iterable[str], most: int = 4) -> tuple[str, ...]:
    """At most `most` of `options`, nearest first: those of the same letters, the translation of a foreign word, then names at a small distance."""
    from difflib import SequenceMatcher

    known = sorted(set(options))
    first = next((name for name in (same_as(word), PARAMETERS.get(word.lower())) if name in known), None)
    lowered = word.lower()
    scored = []
    for option in known:
        ratio = SequenceMatcher(None, lowered, option.lower()).ratio()
        # Of a single letter every short name is near, and none was meant.
        if (ratio >= 0.6 and len(word) > 1) or lowered == option.lower() or (len(lowered) >= 3 and option.lower().startswith(lowered)):
            scored.append((-ratio, option))
    found = [option for _, option in sorted(scored)]
    if first is not None:
        # Beside a translation only what is all but the same word was perhaps meant.
        found = [first] + [option for score, option in sorted(scored) if option != first and -score >= 0.8]
    slips = [option for option in known if len(word) > 1 and option != word and sorted(option.lower()) == sorted(lowered)]
    return tuple([*slips, *(option for option in found if option not in slips)][:most])


NEAR = 0.7
"""How alike two words are at least, from 0 to 1, of which the one may be written for the other without asking."""


def is_near(word: str, name: str) -> bool:
    """Whether `name` was surely meant: it is the translation of `word`, or nearly the same."""
    from difflib import SequenceMatcher

    if name in (same_as(word), PARAMETERS.get(word.lower())):
        return True
    return SequenceMatcher(None, word.lower(), name.lower()).ratio() >= NEAR


def with_all(near: str | None, all_of_them: str) -> str:
    """A help line of what `did_you_mean` says, where it says something, and of all that there is."""
    return f"{near} {all_of_them[0].upper()}{all_of_them[1:]}" if near else all_of_them


def did_you_mean(names: tuple[str, ...]) -> str | None:
    """The help line for `closest`'s answer."""
    if not names:
        return None
    quoted = [f"`{name}`" for name in names]
    return f"did you mean {quoted[0]}?" if len(quoted) == 1 else f"did you mean {', '.join(quoted[:-1])} or {quoted[-1]}?"
