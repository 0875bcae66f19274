"""Slices as Python writes them, in a call: `slice(channels, :4)`, `conv(8) -> slice(:, 1:3)`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...base.diagnostics import Edit, Fix
from ...base.source import Span
from ..lexer.scanner import Token
from .kept import given
from .mistake import Mistake, Repair, nesting, say

_ITEMS: Final = frozenset({"BLOCK", "NETWORK", "OPERATION"})
_PARAMETERS: Final = frozenset({"axis", "start", "stop", "step"})
_HELP: Final = "positions of an axis are a step, `slice(channels, 0, 4)`: an axis, the first, and the one behind the last; the first items of a list are `take(list, 4)`"


def slice_of_python(mistake: Mistake) -> Repair | None:
    """An argument with a colon that gives no parameter its value. To leave the colon out would take other positions."""
    opener = mistake.opener()
    if mistake.token.kind != "COLON" or opener < 0 or mistake.at(opener).kind != "LPAR" or mistake.at(opener - 1).kind != "NAME":
        return None
    if mistake.at(opener - 2).kind in _ITEMS:
        return None
    arguments = _arguments(mistake, opener)
    number = next((n for n, argument in enumerate(arguments) if mistake.token in argument), -1)
    if number < 0 or _names_a_parameter(mistake, opener, arguments[number]):
        return None
    whole = _span(mistake, arguments[number])
    taken = _positions(mistake, arguments[number])
    sliced = [argument for argument in arguments if any(token.kind == "COLON" for token in argument)]
    message, fix, help = f"`{whole.text}` is a slice of Python's: here each position is an argument of its own", None, _HELP
    if mistake.word(mistake.at(opener - 1)) == "slice":
        last = _positions(mistake, arguments[-1])
        if len(arguments) == 2 and number == 1 and len(sliced) == 1 and taken is not None:
            fix = Fix(f"write `slice({_span(mistake, arguments[0]).text}, {taken})`", (Edit(whole, taken),))
        elif len(arguments) == 1 and taken is not None:
            help = f"the axis is said: `slice(channels, {taken})`"
        elif len(arguments) > 1 and last is not None and all(_span(mistake, argument).text == ":" for argument in arguments[:-1]):
            axis = len(arguments) - 2
            help = f"one axis is cut, by its name, as in `slice(channels, {last})`; by its number, which leaves the batch out, it is `slice({axis}, {last})`"
    return Repair(say("E121", message, whole, help=None if fix else help, fix=fix), ())


def _arguments(mistake: Mistake, opener: int) -> list[list[Token]]:
    """The tokens of each argument of a call; none where it has no end, or an empty argument."""
    arguments: list[list[Token]] = [[]]
    depth, index = 0, opener + 1
    while depth or mistake.at(index).kind != "RPAR":
        token = mistake.at(index)
        if token.kind in ("$END", "ARROW", "BRACE_BAR", "LBRACE", "RBRACE"):
            return []
        depth += nesting(token.kind)
        if token.kind == "COMMA" and not depth:
            arguments.append([])
        else:
            arguments[-1].append(token)
        index += 1
    return arguments if all(arguments) else []


def _names_a_parameter(mistake: Mistake, opener: int, argument: Sequence[Token]) -> bool:
    """`kernel: 3`, and not `c:7` of a value `c`, which `slice` takes."""
    if len(argument) < 3 or argument[0].kind != "NAME" or argument[1].kind != "COLON":
        return False
    name = mistake.word(argument[0])
    is_value = mistake.word(mistake.at(opener - 1)) == "slice" and name not in _PARAMETERS and given(mistake, name, opener) is not None
    return not is_value


def _positions(mistake: Mistake, argument: Sequence[Token]) -> str | None:
    """`0, 4` for `:4`, `4` for `4:`, `0, none, 2` for `::2`; None for what is no slice, or for `:` alone."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in argument:
        depth += nesting(token.kind)
        if token.kind == "COLON" and not depth:
            parts.append([])
        else:
            parts[-1].append(token)
    if not 2 <= len(parts) <= 3 or not any(parts) or any(token.kind in ("EQUAL", "TEXT") for token in argument):
        return None
    texts = [_span(mistake, part).text if part else default for part, default in zip(parts, ("0", "none", "1"), strict=False)]
    if len(parts) == 3 and not parts[2]:
        texts.pop()
    if len(texts) == 2 and not parts[1]:
        texts.pop()
    return ", ".join(texts)


def _span(mistake: Mistake, tokens: Sequence[Token]) -> Span:
    return mistake.span(tokens[0]).to(mistake.span(tokens[-1]))
