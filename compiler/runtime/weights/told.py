"""What is said of weights: of those that were loaded, and of a file that has something wrong."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from ....base.diagnostics import Diagnostic
from ....base.records import dataclass
from ...files.system_errors import at, shown

MOST_TOLD = 4

LOGGER = logging.getLogger("archc.weights")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded, and what was not. `str()` of it is a sentence or two."""

    name: str
    tensors: int
    """How many of the network's tensors came from the file."""
    of: int
    """How many it has."""
    how: tuple[str, ...] = ()
    """Which part was taken, what was taken off the keys, what became of the dtype."""
    adapted: tuple[str, ...] = ()
    """What was made to fit, in words."""
    fresh: tuple[str, ...] = ()
    """Keys of the network that are as training starts."""
    passed: tuple[str, ...] = ()
    """Keys of the file that were not used."""
    choice: bool = False
    """Whether the file held other weights too, and nobody said which."""
    lost: tuple[str, ...] = ()
    """Numbers that are not finite, or that the dtype cannot hold, in words."""
    idle: tuple[str, ...] = ()
    """What was to be made to fit, and fitted."""
    piece: str = ""
    """Why the file has but some of the weights of its model, where that is so."""

    @property
    def needs_a_look(self) -> bool:
        return bool(self.fresh or self.adapted or self.choice or self.lost or self.idle)

    def __str__(self) -> str:
        count = f"all {self.of} tensors" if self.tensors == self.of else f"{self.tensors} of {self.of} tensors"
        rows = [", ".join((f"{self.name}: {count}", *self.how)), *self.adapted, *self.lost]
        rows += [f"`--adapt {word}` had nothing to do" for word in self.idle]
        rows += [self.piece] if self.piece else []
        if self.fresh:
            rows.append(f"as training starts: {listed(self.fresh)}")
        if self.passed:
            rows.append(f"left in the file: {listed(self.passed)}")
        return "; ".join(rows)


def log(loaded: Loaded) -> None:
    """Where nothing else is asked for: a warning where something did not come as it is from the file, else for who listens."""
    LOGGER.log(logging.WARNING if loaded.needs_a_look else logging.INFO, "%s", loaded)


def listed(keys: Sequence[str], most: int = 6) -> str:
    more = f" and {len(keys) - most} more" if len(keys) > most else ""
    return ", ".join(f"`{key}`" for key in keys[:most]) + more


def patterns(keys: Collection[str], others: Collection[str]) -> tuple[str, ...]:
    """The fewest patterns (`fc.*`) that match all of `keys` and none of `others`."""
    chosen: dict[str, None] = {}
    for key in keys:
        parts = key.split(".")
        starts = (".".join(parts[:count]) + "." for count in range(1, len(parts)))
        free = next((start for start in starts if not any(other.startswith(start) for other in others)), None)
        chosen[key if free is None else f"{free}*"] = None
    return tuple(chosen)


def skips(keys: Collection[str], others: Collection[str]) -> str:
    """The options that leave out `keys`; empty where they would be too many to read."""
    found = patterns(keys, others)
    return " ".join(f"--skip '{row}'" for row in found) if len(found) <= MOST_TOLD else ""


def trouble(path: str, code: str, message: str, help: str | None, notes: tuple[str, ...] = ()) -> Diagnostic:
    return Diagnostic(code, shown(message), at(path), notes=tuple(map(shown, notes)), help=None if help is None else shown(help))


def count(things: Collection[object] | int, word: str = "tensor") -> str:
    number = things if isinstance(things, int) else len(things)
    return f"1 {word}" if number == 1 else f"{number} {word}s"
