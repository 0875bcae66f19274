"""Slips in merges: bars and braces of their paths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ..lexer.scanner import Token
from .mistake import CLOSES, Change, Mistake, Repair, insert, nesting, say
from .steps import chain_start, is_label

JOINS: Final = frozenset(
    [
        "add",
        "sub",
        "mul",
        "div",
        "maximum",
        "minimum",
        "mean",
        "concat",
        "stack",
        "matmul",
        "einsum",
        "convolve",
        "deform_conv",
        "maxunpool",
        "sdpa",
        "grid_sample",
        "roi_align",
        "correlation",
    ]
)
"""The operations that need several tensors: `relu | bn` is a pipe of the shell, and `add | a | b` a merge without its braces."""
_ENDS_BODY: Final = frozenset(("RBRACE", "$END", "BLOCK", "NETWORK", "OPERATION"))


def paths_without_braces(mistake: Mistake) -> Repair | None:
    """`add | conv(64) | skip`, on one line or on several, `add: | conv(64) | skip`: the paths of a merge that no braces hold."""
    first = mistake.position
    if mistake.token.kind != "BAR" or mistake.in_parentheses():
        return None
    colon = mistake.before if mistake.before.kind == "COLON" else None
    head = _head(mistake, first - 1 if colon is not None else first)
    if head < 0:
        return None
    word = mistake.word(mistake.tokens[head])
    brace = open_brace(mistake)
    if word not in JOINS and (colon is not None or (brace >= 0 and _may_join(mistake, brace))):
        return None
    end, bars = _paths(mistake, first)
    below = mistake.begins_line(first)
    if not (word in JOINS or (_are_below(mistake, head, first) if below else _names_tensors(mistake, bars, end))):
        return None
    name, close = mistake.tokens[head], mistake.tokens[end - 1].end
    line = mistake.source.source.text[: name.start].rpartition("\n")[2]
    closing = f"\n{line[: len(line) - len(line.lstrip())]}}}" if below else " }"
    opening = mistake.span(colon) if colon is not None else mistake.place(mistake.before.end)
    labels = [mistake.tokens[bar + 1] for bar in bars if _is_bare_label(mistake, bar + 1, end)]
    edits = (
        Edit(opening, " {"),
        *(Edit(mistake.span(mistake.tokens[bar]), " |") for bar in bars if mistake.tokens[bar].kind == "COMMA"),
        *(Edit(mistake.span(label), f"skip({mistake.word(label)})") for label in labels),
        Edit(mistake.place(close), closing),
    )
    opened = (Token("BRACE_BAR", opening.start, opening.end), mistake.token)
    changes = (
        Change(first - 1 if colon is not None else first, first + 1, opened),
        *(mistake.as_kind(bar, "BAR") for bar in bars[1:]),
        mistake.insert(end, "RBRACE"),
    )
    start = mistake.start if colon is not None else chain_start(mistake, first)
    return Repair(_said(mistake, name, edits), changes, damaged=bool(labels), start=start)


def paths_in_parentheses(mistake: Mistake) -> Repair | None:
    """`add(| conv(64) | skip)`, `add(conv(64) | skip)`, `add(broadcast = true, | a | b)`, `add [ | a | b ]`."""
    opens = mistake.token.kind in ("LPAR", "LSQB") and mistake.after.kind == "BAR"
    if mistake.token.kind not in ("BAR", "ARROW") and not opens:
        return None
    opener = mistake.position if opens else mistake.opener()
    head, opening = mistake.at(opener - 1), mistake.at(opener)
    if opener < 1 or head.kind != "NAME" or opening.kind not in ("LPAR", "LSQB"):
        return None
    end = mistake.value_end(opener)
    closing = mistake.tokens[end - 1]
    bar_at = _first_bar(mistake, opener, end)
    given = mistake.tokens[opener + 1 : bar_at]
    is_argument = bool(given) and given[-1].kind == "COMMA"
    if bar_at < 0 or closing.kind != CLOSES[opening.kind] or (is_argument and "EQUAL" not in {token.kind for token in given}):
        return None
    place = bar_at - 1 if is_argument else opener
    brace = Token("BRACE_BAR", mistake.tokens[place].start, mistake.tokens[place].end)
    comma = Token("RPAR", brace.start, brace.start)
    bar = Token("BAR", brace.end, brace.end)
    gap = " " if opening.start == head.end or is_argument else ""
    tokens: tuple[Token, ...]
    if is_argument:
        tokens, text = (comma, brace), ") {"
    elif given:
        tokens, text = (brace, bar), f"{gap}{{ | "
    else:
        tokens, text = (brace,), f"{gap}{{" + ("" if mistake.begins_line(opener + 1) else " ")
    edits = (Edit(mistake.span(mistake.tokens[place]), text), Edit(mistake.span(closing), "}" if mistake.begins_line(end - 1) else " }"))
    changes = (Change(place, place + 1, tokens), mistake.as_kind(end - 1, "RBRACE"))
    start = chain_start(mistake, opener) if mistake.between else mistake.start
    return Repair(_said(mistake, head, edits), changes, start=start)


def _first_bar(mistake: Mistake, opener: int, end: int) -> int:
    """The first bar that stands in this bracket and in none within it; -1 for none."""
    depth = 0
    for index in range(opener + 1, end - 1):
        kind = mistake.tokens[index].kind
        if kind == "BAR" and not depth:
            return index
        depth += nesting(kind)
    return -1


def _said(mistake: Mistake, head: Token, edits: tuple[Edit, ...]) -> Diagnostic:
    name = mistake.word(head)
    message = f"the paths of `{name}` stand between braces"
    return say("E123", message, mistake.span(head), "`{` must follow", fix=Fix(f"write `{name} {{ | … }}`", edits))


def _head(mistake: Mistake, end: int) -> int:
    """The name of the step that ends before the token at `end`; -1 for none."""
    if mistake.at(end - 1).kind == "NAME":
        return end - 1
    depth, index = 0, end - 1
    while index > 0 and mistake.at(end - 1).kind == "RPAR":
        depth += (mistake.tokens[index].kind == "RPAR") - (mistake.tokens[index].kind == "LPAR")
        if not depth:
            return index - 1 if mistake.tokens[index - 1].kind == "NAME" else -1
        index -= 1
    return -1


def _may_join(mistake: Mistake, brace: int) -> bool:
    """Whether an open brace is that of a merge, or would be with its bars."""
    is_step = mistake.tokens[brace - 1].kind in ("NAME", "RPAR") and _is_head(mistake, brace)
    return mistake.tokens[brace].kind == "BRACE_BAR" or is_step


def _are_below(mistake: Mistake, head: int, bar: int) -> bool:
    """Whether the line of the first path is deeper than that of the head."""
    line = mistake.source.source.text[: mistake.tokens[head].start].rpartition("\n")[2]
    return mistake.span(mistake.tokens[bar]).column > len(line) - len(line.lstrip()) + 1


def _paths(mistake: Mistake, first: int) -> tuple[int, list[int]]:
    """Where paths that no braces hold end, and their bars: with the line, or where a line stands no deeper than the bars that begin one."""
    source, on_lines = mistake.source, mistake.begins_line(first)
    column = mistake.span(mistake.tokens[first]).column
    depth, index, bars = 0, first, [first]
    while mistake.tokens[index].kind != "$END":
        token = mistake.tokens[index]
        if depth == 0 and index > first:
            if token.kind in _ENDS_BODY:
                break
            if source.begins_line(index) and not (on_lines and (token.kind == "BAR" or mistake.span(token).column > column)):
                break
            if token.kind in ("BAR", "COMMA"):
                bars.append(index)
        depth += nesting(token.kind)
        index += 1
    last = bars[-1] + 1
    if (
        last + 1 < index
        and mistake.at(last + 1).kind == "ARROW"
        and (mistake.word(mistake.at(last)) == "skip" or _is_bare_label(mistake, last, index))
    ):
        return last + 1, bars  # `add | conv(64) | skip -> relu`: nothing is done to what is skipped
    return index, bars


def _names_tensors(mistake: Mistake, bars: Sequence[int], end: int) -> bool:
    """Whether a path takes up a tensor: `skip`, `skip(a)`, or a label alone."""
    return any(mistake.word(mistake.at(bar + 1)) == "skip" or _is_bare_label(mistake, bar + 1, end) for bar in bars)


def _is_bare_label(mistake: Mistake, index: int, end: int) -> bool:
    """Whether a path is the label of a step and nothing else."""
    alone = index + 1 == end or mistake.at(index + 1).kind in ("BAR", "COMMA", "ARROW")
    return mistake.at(index).kind == "NAME" and alone and is_label(mistake, mistake.word(mistake.at(index)))


def first_path(mistake: Mistake) -> Repair | None:
    """`concat { conv(1) | conv(3) }`, `add { conv(3), skip }`: the first path, or every one, lacks its bar."""
    token = mistake.token
    if token.kind not in ("BAR", "COMMA") or mistake.before.kind in ("BAR", "COLON"):
        return None
    index = open_brace(mistake)
    if (
        index < 1
        or mistake.tokens[index].kind != "LBRACE"
        or mistake.tokens[index - 1].kind not in ("NAME", "RPAR")
        or not _is_head(mistake, index)
    ):
        if token.kind == "COMMA":
            return None
        message = "`|` begins a path of a merge, and no merge is open here"
        return Repair(say("E123", message, mistake.span(token), help="`add { | conv(64) | skip }`"), ())
    brace = mistake.tokens[index]
    commas = _commas(mistake) if token.kind == "COMMA" else []
    changes = (
        Change(index, index + 1, (brace._replace(kind="BRACE_BAR"), Token("BAR", brace.end, brace.end))),
        *(mistake.as_kind(comma, "BAR") for comma in commas),
    )
    edits = (Edit(mistake.place(brace.end), " |"), *(Edit(mistake.span(mistake.tokens[comma]), " |") for comma in commas))
    others = (Label(mistake.span(token), "the next path"),)
    message = "every path of a merge begins with `|`, the first one too"
    diagnostic = say("E123", message, mistake.span(brace), "`|` must follow", fix=Fix("write `|` before each path", edits), others=others)
    return Repair(diagnostic, changes, start=chain_start(mistake, index))


def condition_before_the_bar(mistake: Mistake) -> Repair | None:
    """`add { if deep | conv(3) | skip }`: a condition before the first bar."""
    index, token = open_brace(mistake), mistake.token
    first = mistake.tokens[index + 1 : mistake.position]
    brace = mistake.tokens[index]
    if token.kind != "BAR" or index < 1 or brace.kind != "LBRACE" or not _may_join(mistake, index) or mistake.in_parentheses():
        return None
    if mistake.begins_line() or any(one.kind in CLOSES for one in first) or not any(one.kind in ("IF", "VALUE_IF") for one in first):
        return None
    message = "every path of a merge begins with `|`, the first one too, and a condition of a path ends with `:`"
    others = (Label(mistake.span(token), "the next path"),)
    if first[0].kind == "IF" and len(first) > 1:
        gap = mistake.place(mistake.before.end).to(mistake.span(token))
        fix = Fix("write `|` before it, and `:` after its condition", (Edit(mistake.place(brace.end), " |"), Edit(gap, ":")))
        opened = (brace._replace(kind="BRACE_BAR"), Token("BAR", brace.end, brace.end))
        changes = (Change(index, index + 1, opened), mistake.as_kind(mistake.position, "COLON"))
        diagnostic = say("E123", message, mistake.span(brace), "`|` must follow", fix=fix, others=others)
        return Repair(diagnostic, changes, start=chain_start(mistake, index))
    end, start = mistake.value_end(index), chain_start(mistake, index)
    whole = Token("BROKEN", mistake.tokens[start].start, mistake.tokens[end - 1].end)
    help = "`add { | if deep: conv(64) | skip }` has its first path on a condition"
    diagnostic = say("E123", message, mistake.span(brace), "`|` must follow", help=help, others=others)
    return Repair(diagnostic, (Change(start, end, (whole,)),), start=start)


def open_brace(mistake: Mistake) -> int:
    """The innermost brace that is open; -1 for none."""
    depth = 0
    for index in range(mistake.position - 1, -1, -1):
        kind = mistake.tokens[index].kind
        if kind == "RBRACE":
            depth += 1
        elif kind in ("LBRACE", "BRACE_BAR"):
            if not depth:
                return index
            depth -= 1
    return -1


def _is_head(mistake: Mistake, brace: int) -> bool:
    """Whether what stands before a brace is a step, not the head of a stage or of an `if`."""
    index = brace - 1
    while index and not mistake.begins_line(index) and mistake.tokens[index].kind not in ("ARROW", "COLON", "RBRACE", "BAR", "LBRACE"):
        index -= 1
    return mistake.tokens[index].kind in ("NAME", "ARROW", "COLON", "RBRACE", "BAR", "LBRACE")


def _commas(mistake: Mistake) -> list[int]:
    """The commas from the mistake on that part steps, up to the end of the body."""
    found: list[int] = []
    depth = 0
    for index in range(mistake.position, len(mistake.tokens)):
        kind = mistake.tokens[index].kind
        if kind in CLOSES:
            depth += 1
        elif kind in CLOSES.values():
            depth -= 1
            if depth < 0:
                break
        elif kind == "COMMA" and not depth:
            found.append(index)
    return found


def empty_path(mistake: Mistake) -> Repair | None:
    """`add { | conv(64) | }`: a path without a step."""
    before, token = mistake.before, mistake.token
    if token.kind not in ("BAR", "RBRACE") or before.kind not in ("BAR", "COLON") or not mistake.machine.fits("BROKEN"):
        return None
    message = "a path has no step: the path that changes nothing is `skip`"
    step = (Token("NAME", before.end, before.end),)
    fix = insert(mistake, before.end, " skip")
    return Repair(
        say("E123", message, mistake.span(before), "a step must follow", fix=fix), (Change(mistake.position, mistake.position, step),), True
    )
