"""Text that makes modules: constructors, runs of equal ones folded, containers for dotted names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .arguments import Made

_NUMBERED = re.compile(r"^(.*?)(\d+)$")


def made_text(made: Made) -> str:
    """The expression on one line."""
    if not made.parts:
        arguments = (slot.text if keyword is None else f"{keyword}={slot.text}" for keyword, slot in made.arguments)
        listed = ", ".join(arguments)
        return f"nn.Parameter({made.target}({listed or '()'}))" if made.is_weight else f"{made.target}({listed})"
    if not made.is_named:
        return f"nn.Sequential({', '.join(folded([part for _, part in made.parts]))})"
    return f"nn.Sequential({ordered(made.parts)})"


def ordered(parts: Sequence[tuple[str, Made]]) -> str:
    elements = folded([part for _, part in parts], [name for name, _ in parts])
    if len(elements) == 1 and elements[0].startswith("*("):
        return f"OrderedDict({elements[0][2:-1]})"
    return f"OrderedDict([{', '.join(elements)}])"


def folded(parts: Sequence[Made], names: Sequence[str] = ()) -> list[str]:
    """One text for each part, or for a run of parts that a comprehension makes: equal ones, or ones whose numbers grow evenly."""
    texts = [made_text(part) for part in parts]
    found: list[str] = []
    start = 0
    while start < len(parts):
        end = _run(parts, texts, names, start)
        steady = all(text == texts[start] for text in texts[start:end])
        if end - start >= _shortest(parts[start], steady and not names):
            found.append(_comprehension(parts[start:end], texts[start], names[start:end], steady))
        else:
            end = start + 1
            found.append(f'("{names[start]}", {texts[start]})' if names else texts[start])
        start = end
    return found


def _shortest(made: Made, steady: bool) -> int:
    """How long a run must be to read better as a comprehension."""
    if not steady:
        return 4
    return 2 if made.is_inner or made.parts else 3


def _run(parts: Sequence[Made], texts: Sequence[str], names: Sequence[str], start: int) -> int:
    """Where the run that begins at `start` ends: the same text, or the same but for numbers that grow by equal steps."""

    def step(position: int) -> list[int] | None:
        if names and not _follows(names[position], names[position + 1]):
            return None
        return [] if texts[position] == texts[position + 1] else _steps(parts[position], parts[position + 1])

    end = start + 1
    if end == len(parts):
        return end
    first = step(start)
    while first is not None and end < len(parts) and step(end - 1) == first:
        end += 1
    return end


def _follows(name: str, after: str) -> bool:
    """Whether `after` is `name` with the next number."""
    one, two = _NUMBERED.match(name), _NUMBERED.match(after)
    return one is not None and two is not None and one[1] == two[1] and int(two[2]) == int(one[2]) + 1


def _steps(made: Made, after: Made) -> list[int] | None:
    """By how much each number grows; None where something else differs."""
    if made.target != after.target or made.parts or after.parts or len(made.arguments) != len(after.arguments):
        return None
    steps = []
    for (keyword, slot), (other_keyword, other) in zip(made.arguments, after.arguments, strict=True):
        if keyword != other_keyword:
            return None
        if slot.text == other.text:
            steps.append(0)
        elif slot.number is not None and other.number is not None:
            steps.append(other.number - slot.number)
        else:
            return None
    return steps


def _comprehension(parts: Sequence[Made], text: str, names: Sequence[str], steady: bool) -> str:
    first = 0
    if names:
        match = _NUMBERED.match(names[0])
        assert match is not None
        first = int(match[2])
    if not steady:
        steps = _steps(parts[0], parts[1])
        assert steps is not None
        arguments = []
        for (keyword, slot), step in zip(parts[0].arguments, steps, strict=True):
            value = slot.text if step == 0 or slot.number is None else _line(slot.number - step * first, step)
            arguments.append(value if keyword is None else f"{keyword}={value}")
        text = f"{parts[0].target}({', '.join(arguments)})"
    if names:
        assert match is not None
        text = f'(f"{match[1]}{{i}}", {text})'
    span = f"range({first}, {first + len(parts)})" if first else f"range({len(parts)})"
    return f"*({text} for {'i' if names or not steady else '_'} in {span})"


def _line(start: int, step: int) -> str:
    """`start + step * i` as a person writes it."""
    times = "i" if step == 1 else f"{step} * i"
    if start == 0:
        return times
    return f"{start} + {times}" if step > 0 else f"{start} - {-step} * i" if step != -1 else f"{start} - i"
