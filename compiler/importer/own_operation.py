"""What the language lacks, as the operation of one's own that would carry it: a declaration for the text, and the class beside it."""

from __future__ import annotations

import inspect
import math
import os
import re
from collections.abc import Sequence

import torch
from torch import nn

from ...base.records import dataclass
from ...base.source import Source
from ...dsl.format.printer import format_source
from ..driver import check_source
from ..ops import TABLE as OPERATIONS
from ..ops.base import Shape
from .constructors import Arguments
from .known import BATCHES
from .said_call import NAMES
from .traced import Ran
from .words import RESERVED, is_name, snake

YET_TO_COME = "my_layers.py"
"""Where a class is that somebody is to write."""

MOST_WEIGHTS = 12
"""Tensors of a state_dict that a declaration in a message lists."""


@dataclass(frozen=True, slots=True)
class Declared:
    """An operation of one's own: its word, and the lines of its declaration."""

    word: str
    lines: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Declared {self.word}>"

    def numbered(self, count: int) -> Declared:
        """The same where others of the name are there already; a class that is yet to be written is another one, too."""
        word = f"{self.word}{count}"
        head = self.lines[0].replace(f"operation {self.word}(", f"operation {word}(", 1)
        return Declared(word, (re.sub(rf'("{YET_TO_COME}:\w+)"', rf'\g<1>{count}"', head), *self.lines[1:]))


def of_module(module: nn.Module, ran: Ran, wider: Ran | None, made_with: Arguments | None) -> Declared | None:
    """A declaration of the module's class; None where no text can make such a module, or the shapes do not say how it works."""
    kind = type(module)
    arguments = _arguments(kind, made_with)
    state = module.state_dict(keep_vars=True)
    if arguments is None or len(state) > MOST_WEIGHTS or "<" in kind.__qualname__ or kind.__module__ == "__main__":
        return None
    rules = [f"arguments [{', '.join(arguments)}]"] if arguments else []
    for word, is_buffer in (("weight", False), ("buffer", True)):
        rows = [_tensor(key, value) for key, value in state.items() if isinstance(value, nn.Parameter) is not is_buffer]
        rules += [f"{word} {', '.join(rows)}"] if rows else []
    names = [*inspect.signature(kind.forward).parameters][1:]
    return _declared(kind.__name__, f"{_home(kind)}:{kind.__qualname__}", (ran, wider), rules, names)


def of_function(function: str, ran: Ran, wider: Ran | None) -> Declared | None:
    """The same for a call that stands in a larger `forward`: the class is yet to be written. None where it makes numbers that no step makes."""
    name = "".join(part.capitalize() for part in function.strip("_").split("_"))
    name = f"Own{name}" if hasattr(nn, name) else name
    return _declared(name, f"{YET_TO_COME}:{name}", (ran, wider), [], [])


def _declared(name: str, place: str, runs: tuple[Ran, Ran | None], rules: Sequence[str], names: Sequence[str]) -> Declared | None:
    """A declaration that the compiler takes; None where it does not."""
    ran, wider = runs
    if not ran.takes or not ran.gives or not all(len(shape) > 1 and shape[0] == BATCHES[0] for shape in (*ran.takes, *ran.gives)):
        return None
    word = snake(name)
    word = f"own_{word}" if word in OPERATIONS or word in RESERVED or not is_name(word) else word
    several = list(names[: len(ran.takes)]) if len(names) >= len(ran.takes) else list(NAMES[: len(ran.takes)])
    takes = f" takes {', '.join(several)}" if len(ran.takes) > 1 else ""
    made = [f"y{number}" for number in range(len(ran.gives))]
    gives = f" gives {', '.join(made)}" if len(made) > 1 else ""
    seen = [ran] if wider is None or not _alike(ran, wider) else [ran, wider]
    shapes = [_shape([row.gives[number][1:] for row in seen], [row.takes[0][1:] for row in seen]) for number in range(len(ran.gives))]
    shape = shapes[0] if len(shapes) == 1 else f"[{', '.join(shapes)}]"
    text = "\n".join([f'operation {word}(){takes}{gives} from "{place}" {{', *rules, f"shape {shape}", "}"])
    inputs = "\n".join(f"input x{number}[{', '.join(map(str, row[1:]))}]" for number, row in enumerate(ran.takes))
    step = word if len(ran.takes) == 1 else f"{word} {{ {' '.join(f'| skip(x{number})' for number in range(len(ran.takes)))} }}"
    if len(made) > 1:
        step += f" as {', '.join(made)}\noutput {', '.join(made)}"
    used = f"\nnetwork n {{\n{inputs}\n{step}\n}}\n"
    if any(row.is_error for row in check_source(Source.of("own", text + used)).diagnostics):
        return None
    return Declared(word, tuple(format_source(Source.of("own", text + "\n")).rstrip("\n").split("\n")))


def _alike(one: Ran, other: Ran) -> bool:
    """Whether both have tensors of as many axes."""
    return [len(row) for row in (*one.takes, *one.gives)] == [len(row) for row in (*other.takes, *other.gives)]


AXES = {1: ("length",), 2: ("height", "width")}
"""What is behind the channels, by how many axes these are."""


def _shape(made: Sequence[Shape], given: Sequence[Shape]) -> str:
    """As it follows from what comes in, in each run; a size that nothing shows to follow is a number."""
    if list(made) == list(given):
        return "in.shape"
    names = AXES.get(len(given[0]) - 1, ())
    if len(made[0]) != len(given[0]) or not names:
        return f"[{', '.join(map(str, made[0]))}]"
    rows = [str(made[0][0])]
    for axis, name in enumerate(names, 1):
        rows.append(_side([row[axis] for row in made], [row[axis] for row in given], f"in.{name}"))
    return f"[{', '.join(rows)}]"


def _side(made: Sequence[int], given: Sequence[int], word: str) -> str:
    """One size; a quotient is one where two runs have it."""
    if list(made) == list(given):
        return word
    one, other = given[0] // math.gcd(made[0], given[0]), made[0] // math.gcd(made[0], given[0])
    if len(set(made)) > 1 and 1 in (one, other) and all(row * one == size * other for row, size in zip(made, given, strict=True)):
        return f"{word} / {one}" if one > 1 else f"{other} * {word}"
    return str(made[0])


def _tensor(key: str, value: torch.Tensor) -> str:
    name = key if all(is_name(part) for part in key.split(".")) else f'"{key}"'
    sizes = [str(size) for size in value.shape]
    kind = [] if value.is_floating_point() else [f'dtype = "{str(value.dtype).removeprefix("torch.")}"']
    return f"{name}[{', '.join([*sizes, *kind])}]"


def _arguments(kind: type[nn.Module], made_with: Arguments | None) -> list[str] | None:
    """What the constructor is given, but for its defaults; None where it is not known, or no text can say it."""
    wanted = list(inspect.signature(kind.__init__).parameters.values())[1:]
    further = [row for row in wanted if row.kind in (row.VAR_POSITIONAL, row.VAR_KEYWORD)]
    if made_with is None:
        return [] if all(row.default is not row.empty or row in further for row in wanted) else None
    if further:
        return None
    rows = []
    for row in wanted:
        value = made_with.get(row.name, row.default)
        if value is row.default or (type(value) is type(row.default) and value == row.default):
            continue
        said = _value(value)
        if said is None:
            return None
        rows.append(f"{row.name} = {said}")
    return rows


def _value(value: object) -> str | None:
    if value == "?":
        return None
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return str(value) if math.isfinite(value) else None
    if isinstance(value, str):
        return '"' + value + '"' if value.isprintable() and not set(value) & set('"\\{}') else None
    if isinstance(value, tuple):
        rows = [_value(item) for item in value]
        return None if None in rows else f"[{', '.join(filter(None, rows))}]"
    return None


def _home(kind: type[nn.Module]) -> str:
    """The class's file, where it is one of the user's that stands alone, or else its module."""
    try:
        place = os.path.relpath(inspect.getfile(kind))
    except (OSError, TypeError, ValueError):  # another drive of Windows
        return kind.__module__
    own = "site-packages" not in place and not place.startswith("..") and "." not in kind.__module__
    return place.replace(os.sep, "/") if own else kind.__module__
