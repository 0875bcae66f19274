"""`x = conv(32, 3)`, `x = bn(x)`, `x = relu(x)`, one below the other, as in Python: steps that follow each other."""

from __future__ import annotations

from collections.abc import Iterator

from ...base.diagnostics import Edit, Fix
from ...base.records import dataclass
from ..lexer.scanner import Token
from .functions import FUNCTIONS
from .kept import names_the_tensor_at_hand
from .mistake import Change, Mistake, Repair, say
from .steps import is_label


@dataclass(frozen=True, slots=True)
class _Line:
    """`name = call(tensor, …)`: the places of its tokens; `given` is the tensor's name where it has one, `end` lies behind it."""

    name: str
    given: str
    first: int
    end: int


def assigned_steps(mistake: Mistake) -> Repair | None:
    """At the first `=` of two lines or more, of which each takes what the one before gave."""
    if mistake.token.kind != "EQUAL" or mistake.at_top or mistake.in_parentheses():
        return None
    lines = _lines(mistake)
    if len(lines) < 2 or any(is_label(mistake, mistake.word(mistake.at(line.first + 2))) for line in lines):
        return None  # what a step that stands above gave is known where the labels are
    if lines[0].given == lines[0].name and not is_label(mistake, lines[0].given):
        return None
    first, end = lines[0].first, lines[-1].end
    if any(line.name != lines[-1].name and names_the_tensor_at_hand(mistake.span(mistake.at(line.first))) for line in lines):
        return None
    later = [mistake.word(token) for token in mistake.tokens[end:] if token.kind == "NAME"]
    parts: list[str] = []
    tokens: list[Token] = []
    if lines[0].given == lines[0].name:  # an input of that name, or a label
        parts.append(f"skip({lines[0].given})")
    for number, line in enumerate(lines):
        # A name that is given anew is the last that has it.
        named = line.name in later and all(other.name != line.name for other in lines[number + 1 :])
        if number:
            tokens.append(_made("ARROW", mistake.at(line.first).start))
        parts.append((f"{line.name}: " if named else "") + _text(mistake, line))
        if named:
            tokens += [mistake.at(line.first), mistake.at(line.first + 1)._replace(kind="COLON")]
        tokens += _call(mistake, line)
    written = " -> ".join(parts)
    help = f"each step takes what the one before gave: write `{written}`"
    whole = mistake.span(mistake.at(first)).to(mistake.span(mistake.at(end - 1)))
    diagnostic = say(
        "E116",
        "steps that follow each other are joined by `->`, without names between them",
        whole,
        help=help,
        fix=Fix(help, (Edit(whole, written),)) if "#" not in whole.text else None,
    )
    return Repair(diagnostic, (Change(first, end, tuple(tokens)),), start=first)


def _made(kind: str, at: int) -> Token:
    return Token(kind, at, at)


def _lines(mistake: Mistake) -> list[_Line]:
    found: list[_Line] = []
    index = mistake.position - 1
    while (line := _line(mistake, index)) is not None and (not found or line.given == found[-1].name):
        found.append(line)
        index = line.end
    return found


def _line(mistake: Mistake, index: int) -> _Line | None:
    kinds = tuple(mistake.at(index + number).kind for number in range(4))
    if not mistake.begins_line(index) or kinds != ("NAME", "EQUAL", "NAME", "LPAR"):
        return None
    end = mistake.value_end(index + 2)
    if mistake.word(mistake.at(index + 2)) in FUNCTIONS or not (mistake.begins_line(end) or mistake.at(end).kind in ("RBRACE", "$END")):
        return None
    tensor = mistake.at(index + 4).kind == "NAME" and mistake.at(index + 5).kind in ("COMMA", "RPAR")
    return _Line(mistake.word(mistake.at(index)), mistake.word(mistake.at(index + 4)) if tensor else "", index, end)


def _arguments(mistake: Mistake, line: _Line) -> range:
    """The tokens between the parentheses, without the tensor that comes in."""
    begin = line.first + 4
    if _comes_in(mistake, line):
        begin += 2 if mistake.at(line.first + 5).kind == "COMMA" else 1
    return range(begin, line.end - 1)


def _comes_in(mistake: Mistake, line: _Line) -> bool:
    """Whether the first argument is the tensor; on the first line only where it has the name that is given."""
    return bool(line.given) and (line.first != mistake.position - 1 or line.given == line.name)


def _call(mistake: Mistake, line: _Line) -> Iterator[Token]:
    inside = _arguments(mistake, line)
    yield mistake.at(line.first + 2)
    if inside:
        yield mistake.at(line.first + 3)
        yield from (mistake.at(index) for index in inside)
        yield mistake.at(line.end - 1)


def _text(mistake: Mistake, line: _Line) -> str:
    inside = _arguments(mistake, line)
    name = mistake.word(mistake.at(line.first + 2))
    return f"{name}({mistake.span(mistake.at(inside[0])).to(mistake.span(mistake.at(inside[-1]))).text})" if inside else name
