"""Names of parts that no step can have: all of them at once, with others."""

from __future__ import annotations

import re

from ...base.diagnostics import Diagnostic
from ..elaborate.naming import legal_name, why_not
from .flat_steps import Flat
from .sources import Model

SIGNS_OF_TEXTS = frozenset('"{}')
"""What a label in quotes could hold only if it were written otherwise."""

SHOWN = re.compile(r" ?\(?`[^`]*`\)?")
"""The part of a reason that shows the name or a sign of it."""

MOST_TOLD = 8
"""How many names with one reason are told."""


def names_refused(refused: Diagnostic, model: Model, flat: Flat) -> tuple[str, str] | None:
    """What is told of a text that is refused for names that every text would have, and what helps; None where it is refused for something else."""
    rows = _names(model, flat)
    if not rows or (refused.code != "E210" and not any(SIGNS_OF_TEXTS & set(name) for name in rows)):
        return None
    count = len(rows)
    alike: dict[str, list[str]] = {}
    for name, (_, why) in rows.items():
        alike.setdefault(SHOWN.sub("", why), []).append(name)
    told = "; ".join(f"`{names[0]}` {rows[names[0]][1]}{_further(names[1:])}" for names in alike.values())
    name, (path, _) = next(iter(rows.items()))
    home = path.removesuffix(name)
    new = legal_name(name)
    weights = f"weights of before are read with `archc build --weights FILE --rename '{path}.={home}{new}.'`"
    what = "a part of the model has a name" if count == 1 else f"parts of the model have {count} names"
    return f"{what} that no step can have: {told}", f"rename {'it' if count == 1 else 'them'} in the model, `{name}` as `{new}`; {weights}"


def _further(names: list[str]) -> str:
    if not names:
        return ""
    more = f", and {len(names) - MOST_TOLD} more" if len(names) > MOST_TOLD else ""
    return f" (and so with {', '.join(f'`{name}`' for name in names[:MOST_TOLD])}{more})"


def _names(model: Model, flat: Flat) -> dict[str, tuple[str, str]]:
    """Each name with the first path that it ends, and why no step can have it."""
    found: dict[str, tuple[str, str]] = {}
    for key in (*flat.stored, *model.modules()):
        parts = key.split(".")
        for place, part in enumerate(parts):
            sign = next((sign for sign in part if sign in SIGNS_OF_TEXTS), None)
            why = f"has a `{sign}`, which has a meaning of its own in a text" if sign else why_not(part) if part else None
            if why is not None:
                found.setdefault(part, (".".join(parts[: place + 1]), why))
    return found
