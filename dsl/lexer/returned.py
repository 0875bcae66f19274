"""`return x`, where `x` is a tensor: a step's label, an input, or what other languages call the tensor at hand."""

from __future__ import annotations

from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Span
from .scanner import Token, Tokens

_OPENING: Final = frozenset({"LPAR", "LSQB", "LBRACE", "BRACE_BAR"})
_CLOSING: Final = frozenset({"RPAR", "RSQB", "RBRACE"})
_AT_HAND: Final = frozenset({"x", "y", "h", "out"})


def returned_label(result: Tokens, index: int) -> list[Token] | None:
    """What stands for `return` and the name behind it; None where more than a name is returned, or a step."""
    tokens, token = result.tokens, result.tokens[index]
    if index + 1 >= len(tokens) or tokens[index + 1].kind != "NAME" or not result.begins_line(index):
        return None
    name = tokens[index + 1]
    if "\n" in result.text[token.end : name.start]:
        return None
    if index + 2 < len(tokens) and not (result.begins_line(index + 2) or tokens[index + 2].kind in ("RBRACE", "$END")):
        return None
    word = result.word(name)
    place = _named(result, index, word)
    if place is None and word not in _AT_HAND:
        return None
    span = Span(result.source, token.start, token.end)
    whole = Span(result.source, token.start, name.end)
    message = "`return` is not a word of the language: the last tensor of a body is its result"
    if place is None or _is_last(result, place, index):
        fix = Fix(f"leave `{whole.text}` out", (Edit(whole, ""),))
        result.diagnostics.append(Diagnostic("E109", message, Label(span), fix=fix))
        return []
    fix = Fix(f"write `skip({word})`", (Edit(whole, f"skip({word})"),))
    result.diagnostics.append(Diagnostic("E109", message, Label(span), fix=fix))
    return [Token("BROKEN", token.start, name.end)]


def returned_several(result: Tokens, index: int) -> tuple[list[Token], int] | None:
    """`return a, b`, `return (a, b)`, `return [a, b]`, `return {"a": a}`: what stands for it, and the token behind it."""
    tokens, token = result.tokens, result.tokens[index]
    end = index + 1
    depth = 0
    while end < len(tokens) and (depth or not result.begins_line(end)) and not (not depth and tokens[end].kind == "RBRACE"):
        depth += (tokens[end].kind in _OPENING) - (tokens[end].kind in _CLOSING)
        end += 1
    inside = tokens[index + 1 : end]
    if not result.begins_line(index) or len(inside) < 2 or result.begins_line(index + 1):
        return None
    bare = inside[0].kind not in ("LPAR", "LSQB")
    names = inside if bare else inside[1:-1]
    is_dict = inside[0].kind == "LBRACE" and inside[1].kind in ("TEXT", "RBRACE")
    is_list = all(row.kind == ("COMMA" if number % 2 else "NAME") for number, row in enumerate(names)) and len(names) > (1 if bare else 0)
    if not is_dict and not is_list:
        return None
    span = Span(result.source, token.start, token.end)
    whole = Span(result.source, token.start, inside[-1].end)
    words = [result.word(row) for row in names if row.kind == "NAME"]
    message = "`return` is not a word of the language: what a network gives is named by `output`"
    broken = [Token("BROKEN", token.start, inside[-1].end)]
    if _in_block(result, index):
        help = "a block says in its head which labels it gives: `block name(out) gives low, high { … }`"
        message = "`return` is not a word of the language: a block gives its last tensor, or what its head names"
        result.diagnostics.append(Diagnostic("E109", message, Label(span), help=help))
        return broken, end
    if is_dict or any(_named(result, index, word) is None for word in words):
        help = "label the steps, `low: conv(64)`, `high: conv(64)`, and write `output low, high`"
        result.diagnostics.append(Diagnostic("E109", message, Label(span), help=help))
        return broken, end
    right = f"output {', '.join(words)}"
    result.diagnostics.append(Diagnostic("E109", message, Label(span), fix=Fix(f"write `{right}`", (Edit(whole, right),))))
    return [token._replace(kind="OUTPUT"), *names], end


def _in_block(result: Tokens, index: int) -> bool:
    items = [token.kind for token in result.tokens[:index] if token.kind in ("BLOCK", "NETWORK")]
    return bool(items) and items[-1] == "BLOCK"


def _named(result: Tokens, index: int, word: str) -> int | None:
    """The last place before `index`, in the same block or network, that gives a tensor this name."""
    tokens = result.tokens
    for place in range(index - 1, 0, -1):
        if tokens[place].kind in ("BLOCK", "NETWORK"):
            return None
        if result.word(tokens[place]) == word and (
            tokens[place - 1].kind == "INPUT"
            or (tokens[place + 1].kind in ("COLON", "EQUAL") and (result.begins_line(place) or tokens[place - 1].kind == "ARROW"))
        ):
            return place
    return None


def _is_last(result: Tokens, place: int, index: int) -> bool:
    """Whether the statement at `place` is the last before `index`: no other line begins between them, but those that go on with it."""
    depth = 0
    for position in range(place + 1, index):
        kind = result.tokens[position].kind
        if not depth and kind != "ARROW" and result.begins_line(position) and kind != "RBRACE":
            return False
        depth += (kind in ("LBRACE", "BRACE_BAR", "LPAR", "LSQB")) - (kind in ("RBRACE", "RPAR", "RSQB"))
        if depth < 0:
            return False
    return True
