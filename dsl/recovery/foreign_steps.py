"""Steps as Python would write them: `lstm(16)[-1]`, `conv(4)(b)`, `conv(8) if deep else skip`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix
from ...base.source import Span
from ..lexer.scanner import Token
from .mistake import CLOSES, Change, Mistake, Repair, nesting, say

POSITIONS: Final = (
    "`select(-1, axis = length)` takes one position of an axis, `slice(axis = length, start = 1, stop = 3)` several; "
    "of several results one is `… as a, b`, then `skip(a)`"
)


def positions(inside: str) -> str | None:
    """The step for what stands between the brackets of an index: `-1` or, the batch counted, `:, -1`; None where it is another thing."""
    parts = [part.strip() for part in inside.split(",")]
    while len(parts) > 1 and parts[-1] in (":", "..."):
        parts.pop()
    if not re.fullmatch(r"-?\d+", parts[-1]) or any(part != ":" for part in parts[:-1]):
        return None
    axis = len(parts) - 2
    return f"select({parts[-1]}, axis = {axis})" if axis > 0 else f"select({parts[-1]})"


def index_of_a_step(mistake: Mistake) -> Repair | None:
    """`lstm(16)[-1]`, `h[:, -1]`: one position of what a step gives."""
    if mistake.token.kind != "LSQB" or mistake.before.kind not in ("RPAR", "NAME") or mistake.begins_line() or not mistake.between:
        return None
    end = mistake.value_end(mistake.position)
    last = mistake.tokens[end - 1]
    inside = mistake.source.source.text[mistake.token.end : last.start]
    if last.kind != "RSQB" or "\n" in inside or (mistake.before.kind == "NAME" and ":" not in inside):
        return None
    step = positions(inside)
    begin = f"skip({mistake.word(mistake.before)}) " if mistake.before.kind == "NAME" else ""
    help = f"write `{begin}-> {step}`; of several results one is `… as a, b`, then `skip(a)`" if step is not None else POSITIONS
    span = mistake.span(mistake.token).to(mistake.span(last))
    message = "a step is not followed by brackets: a position of what it gives is taken by an operation"
    diagnostic = say("E124", message, span, help=help)
    return _without_chain(mistake, diagnostic)


_OF_KERAS: Final = {
    "Add": "add",
    "Average": "mean",
    "Concatenate": "concat",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Multiply": "mul",
    "Subtract": "sub",
}
"""Keras's merges, which are made and then called with a list."""


def called_twice(mistake: Mistake) -> Repair | None:
    """`conv(4)(b)`: a module that is made and called."""
    if mistake.token.kind != "LPAR" or mistake.before.kind != "RPAR" or mistake.begins_line() or not mistake.between:
        return None
    end, first = mistake.value_end(mistake.position), _first(mistake, mistake.position)
    if mistake.tokens[end - 1].kind != "RPAR":
        return None
    tensor = mistake.source.source.text[mistake.token.end : mistake.tokens[end - 1].start].strip()
    span = mistake.span(mistake.tokens[first]).to(mistake.span(mistake.tokens[end - 1]))
    step = span.text[: mistake.token.start - span.start].strip()
    message = "a step is not called again with its tensor: it goes on from the tensor at hand"
    place = mistake.span(mistake.token).to(mistake.span(mistake.tokens[end - 1]))
    right, others = None, "another one is taken up before it: `skip(b) -> conv(4)`"
    named = re.match(r"([A-Za-z_]\w*)\s*[:=]\s*(?=[A-Za-z_])", step)
    label, step = (f"{named[1]}: ", step[named.end() :]) if named is not None else ("", step)
    if not re.search(r"->|[:=]", step.partition("(")[0]) and "->" not in step:
        paths = _tensors(tensor)
        if len(paths) == 1:
            right = f"{paths[0]} -> {label}{step}"
        elif paths:
            head = step.removesuffix("()")
            right = f"{label}{_OF_KERAS.get(head.rpartition('.')[2], head)} {{ {' '.join(f'| {path}' for path in paths)} }}"
            message = "a step is not called again with its tensors: those are the paths of a merge"
        elif re.search(r"[,\[]", tensor):
            others = f"several are the paths of a merge: `{step.removesuffix('()')} {{ | skip(a) | skip(b) }}`"
    fix = Fix(f"write `{right}`", (Edit(span, right),)) if right is not None else None
    diagnostic = say("E124", message, place, help=None if fix else others, fix=fix)
    named_as_there = named is not None and "=" in named[0]
    return (_with_its_tensor(mistake, diagnostic) if named_as_there else None) or _without_chain(mistake, diagnostic)


def _with_its_tensor(mistake: Mistake, diagnostic: Diagnostic) -> Repair | None:
    """`conv(4)(b)` read as `conv(b, 4)`: where the labels are known the whole line is told what it is here."""
    end, opener = mistake.value_end(mistake.position), mistake.opening(mistake.position - 1)
    tensor, arguments = mistake.tokens[mistake.position + 1 : end - 1], mistake.tokens[opener + 1 : mistake.position - 1]
    if not tensor or mistake.at(end - 1).kind != "RPAR" or mistake.at(opener - 1).kind != "NAME" or _has_comma(tensor):
        return None
    comma = [Token("COMMA", tensor[-1].end, tensor[-1].end)] if arguments else []
    meant = (mistake.at(opener), *tensor, *comma, *arguments, mistake.at(end - 1))
    first = _first(mistake, opener)
    return Repair(diagnostic, (Change(opener, end, meant),), start=first if mistake.between else None)


def _has_comma(tokens: Sequence[Token]) -> bool:
    return any(token.kind == "COMMA" and not _is_inside(tokens, number) for number, token in enumerate(tokens))


def called_in_a_call(mistake: Mistake) -> Repair | None:
    """`relu(conv(64, 3)(x))`: modules that are called within each other."""
    token, before = mistake.token, mistake.before
    if token.kind != "LPAR" or before.kind != "RPAR" or before.end != token.start or not mistake.in_parentheses() or mistake.at_top:
        return None
    first = end = mistake.start
    while mistake.at(end).kind not in ("RBRACE", "BAR", "$END") and (end == first or not mistake.begins_line(end)):
        end = mistake.value_end(end) if mistake.at(end).kind in CLOSES else end + 1
    message = "steps are not called within each other: each takes what the one before gave"
    diagnostic = say("E124", message, mistake.span(token), help="write `skip(x) -> conv(64, 3) -> relu`")
    return _with_its_tensor(mistake, diagnostic) or _without_chain(mistake, diagnostic, first, end)


def _tensors(inside: str) -> list[str]:
    """The tensors that a call names, `b`, `a, skip`, `[a, b.c]`, as paths; none where one of them is no name."""
    names = [name.strip() for name in re.sub(r"\A[\[(]|[\])]\Z", "", inside.strip()).split(",")]
    names = [name for name in names if name]
    if not all(re.fullmatch(r"[A-Za-z_][\w.]*", name) for name in names):
        return []
    return ["skip" if name == "skip" else f"skip({name})" for name in names]


def step_on_a_condition(mistake: Mistake) -> Repair | None:
    """`conv(8) if deep`, `conv(8) if deep else skip`."""
    # Without an `else` it was read as a statement, and what it lacks is a body.
    index = mistake.start if mistake.at(mistake.start).kind == "IF" else mistake.position
    token, before, end = mistake.tokens[index], mistake.at(index - 1), mistake.body_end() if index == mistake.position else mistake.position
    if token.kind not in ("IF", "VALUE_IF") or mistake.begins_line(index) or before.kind not in ("RPAR", "NAME"):
        return None
    if index == mistake.position and not mistake.between:
        return None
    if index < mistake.position and not (mistake.begins_line() or mistake.token.kind in ("RBRACE", "BAR", "$END")):
        return None
    first = _first(mistake, index)
    is_path = mistake.at(first - 1).kind == "BAR"
    if mistake.at(first - 1).kind == "COLON" or mistake.at(first).kind not in ("NAME", "TEXT", "TEXT_START"):
        return None
    inside = mistake.tokens[index + 1 : end]
    if not inside or any(one.kind in ("LBRACE", "BRACE_BAR", "IF", "VALUE_IF") for one in inside):
        return None
    span = mistake.span(mistake.tokens[first]).to(mistake.span(inside[-1]))
    step = span.text[: token.start - span.start].strip()
    otherwise = next((one for one in inside if one.kind == "ELSE"), None)
    condition = Span(span.source, token.end, otherwise.start if otherwise is not None else span.end).text.strip()
    right = f"if {condition}: {step}" if is_path else f"if {condition} {{ {step} }}"
    if otherwise is not None:
        other = Span(span.source, otherwise.end, span.end).text.strip()
        if not condition or not other:
            return None
        if other not in ("none", "None"):
            right = f"if {condition} {{ {step} }} else {{ {other} }}"
    message = (
        "the condition of a path stands before its steps"
        if is_path and otherwise is None
        else "a step on a condition stands in the body of an `if`"
    )
    fix = Fix(f"write `{right}`", (Edit(span, right),)) if "->" not in step else None
    one = "`if condition { conv(8) }`, or with `else { … }`"
    help = None if fix else f"write `{right}`; of one step alone {one}" if is_path and otherwise is None else one
    diagnostic = say("E121", message, mistake.span(token), help=help, fix=fix)
    if fix is None:
        return _without_chain(mistake, diagnostic, first, end)
    # What is wrong with the step itself is found too, and said beside the edit rather than after it.
    split = inside.index(otherwise) if otherwise is not None else len(inside)
    asked, then, other_steps = inside[:split], mistake.tokens[first:index], inside[split + 1 :]
    meant = [Token("IF", span.start, span.start), *asked]
    if right.startswith(f"if {condition}:"):
        meant += [Token("COLON", span.start, span.start), *then]
    else:
        meant += _in_braces(then)
        if right.endswith("}") and "} else {" in right:
            meant += [Token("ELSE", span.end, span.end), *_in_braces(other_steps)]
    return Repair(diagnostic, (Change(first, end, tuple(meant)),), start=first)


def _in_braces(tokens: list[Token]) -> list[Token]:
    return [Token("LBRACE", tokens[0].start, tokens[0].start), *tokens, Token("RBRACE", tokens[-1].end, tokens[-1].end)]


def merge_on_a_condition(mistake: Mistake) -> Repair | None:
    """`add if deep { | … | … }`, `stage s if deep { … }`, `repeat 3 if deep { … }`: the condition behind the head of a body."""
    start = mistake.position
    while mistake.at(start).kind not in ("IF", "VALUE_IF") and start > max(mistake.start, mistake.position - 40):
        start -= 1
    token = mistake.at(start)
    body = start + 1
    while mistake.at(body).kind not in ("LBRACE", "BRACE_BAR", "RBRACE", "ELSE", "$END") and not mistake.begins_line(body):
        body += 1
    if token.kind != "IF" or mistake.begins_line(start) or body == start + 1 or mistake.at(body).kind not in ("LBRACE", "BRACE_BAR"):
        return None
    first = _first(mistake, start)
    step = next((index + 1 for index in range(start - 1, first, -1) if mistake.at(index).kind == "ARROW"), first)
    is_merge = mistake.at(body).kind == "BRACE_BAR" and mistake.at(start - 1).kind in ("NAME", "RPAR")
    if mistake.at(step).kind not in ("STAGE", "AUX", "REPEAT") and not is_merge:
        return None
    end = mistake.value_end(body)
    whole = mistake.span(mistake.at(step)).to(mistake.span(mistake.at(end - 1)))
    condition = Span(whole.source, token.end, mistake.at(body).start).text.strip()
    head = whole.text[: token.start - whole.start].strip()
    on_the_way = step > first or mistake.at(end).kind == "ARROW"
    before, after = f"if {condition} {{ ", " }"
    message = "what is made on a condition stands in the body of an `if`"
    if on_the_way:  # the steps beside it are made in any case
        before, after = f"{{ {before}", f"{after} }}"
    elif mistake.at(first - 1).kind == "BAR":
        before, after, message = f"if {condition}: ", "", "the condition of a path stands before its steps"
    cut = Span(whole.source, mistake.at(start - 1).end, mistake.at(body).start)
    edits = (Edit(mistake.place(whole.start), before), Edit(cut, " "), Edit(mistake.place(whole.end), after))
    fix = Fix(f"write `{before}{head} {{ … }}{after}`", edits[: 3 if after else 2])
    while mistake.at(end).kind not in ("RBRACE", "BAR", "$END") and not (mistake.begins_line(end) and mistake.at(end).kind != "ARROW"):
        end = mistake.value_end(end) if mistake.at(end).kind in CLOSES else end + 1
    return _without_chain(mistake, say("E121", message, mistake.span(token), fix=fix), first, end)


def _without_chain(mistake: Mistake, diagnostic: Diagnostic, first: int | None = None, end: int | None = None) -> Repair:
    """The rest is read without the chain, whose meaning is not known."""
    first = _first(mistake, mistake.position) if first is None else first
    end = mistake.body_end() if end is None else end
    whole = Token("BROKEN", mistake.tokens[first].start, mistake.tokens[end - 1].end)
    return Repair(diagnostic, (Change(first, end, (whole,)),), start=first)


def _first(mistake: Mistake, index: int) -> int:
    """Where the chain begins, on its line, that ends before the token at `index`."""
    first, depth = index - 1, 0
    while first:
        kind = mistake.tokens[first].kind
        depth += (kind in ("RPAR", "RSQB", "RBRACE")) - (kind in ("LPAR", "LSQB", "LBRACE", "BRACE_BAR"))
        if not depth and (mistake.begins_line(first) or mistake.tokens[first - 1].kind in ("LBRACE", "BAR")):
            break
        first -= 1
    return first


def names_before_a_step(mistake: Mistake) -> Repair | None:
    """`q, k = split(2)`: several results are named behind their step, `split(2) as q, k`."""
    if mistake.token.kind != "COMMA" or mistake.before.kind != "NAME" or mistake.in_parentheses() or mistake.at_top:
        return None
    first = mistake.position - 1
    if not mistake.begins_line(first) and mistake.at(first - 1).kind not in ("LBRACE", "ARROW"):
        return None
    equal = first + 1
    while mistake.at(equal).kind == "COMMA" and mistake.at(equal + 1).kind == "NAME":
        equal += 2
    end = mistake.line_end()
    if mistake.at(equal).kind != "EQUAL" or mistake.at(equal + 1).kind != "NAME" or equal + 1 >= end:
        return None
    while mistake.at(end - 1).kind == "RBRACE" and mistake.at(first - 1).kind == "LBRACE":
        end -= 1
    step = mistake.tokens[equal + 1 : end]
    if any(token.kind in ("AS", "EQUAL") and not _is_inside(step, number) for number, token in enumerate(step)):
        return None
    whole = mistake.span(mistake.tokens[first]).to(mistake.span(mistake.tokens[equal]))
    names = mistake.span(mistake.tokens[first]).to(mistake.span(mistake.tokens[equal - 1])).text
    edits = (
        Edit(mistake.place(whole.start).to(mistake.place(step[0].start)), ""),
        Edit(mistake.place(step[-1].end), f" as {names}"),
    )
    fix = Fix(f"write `… as {names}`", edits)
    diagnostic = say("E116", f"the results of a step are named behind it: `… as {names}`", whole, fix=fix)
    behind = (Token("AS", step[-1].end, step[-1].end), *mistake.tokens[first:equal])
    return Repair(diagnostic, (Change(first, equal + 1), Change(end, end, behind)))


def _is_inside(step: Sequence[Token], number: int) -> bool:
    """Whether the token stands in brackets."""
    return sum(nesting(token.kind) for token in step[:number]) > 0


def repeat_over(mistake: Mistake) -> Repair | None:
    """`repeat i in 3 { … }`, `repeat x in list { … }`: `repeat` counts, and `for` goes over a list."""
    first = mistake.start
    if mistake.token.kind != "IN" or mistake.at(first).kind != "REPEAT" or mistake.position != first + 2 or mistake.before.kind != "NAME":
        return None
    name, value = mistake.before, mistake.after
    end = mistake.value_end(mistake.position + 1)
    span = mistake.span(mistake.at(first)).to(mistake.span(mistake.token))
    message = "`repeat` counts rounds, and `for` goes over a list"
    if value.kind == "NUMBER" and mistake.at(end).kind == "LBRACE":
        right = f"repeat {mistake.word(value)} as {mistake.word(name)}"
        whole = mistake.span(mistake.at(first)).to(mistake.span(value))
        changes = (Change(first + 1, end, (value, Token("AS", value.end, value.end), name)),)
        return Repair(say("E121", message, span, fix=Fix(f"write `{right}`", (Edit(whole, right),))), changes)
    fix = Fix(f"write `for {mistake.word(name)} in`", (Edit(mistake.span(mistake.at(first)), "for"),))
    if value.kind == "NAME" and end == mistake.position + 2:  # a count, or a list
        help = f"`repeat {mistake.word(value)} as {mistake.word(name)} {{ … }}` where `{mistake.word(value)}` is a count, `for {mistake.word(name)} in {mistake.word(value)} {{ … }}` where it is a list"
        return Repair(say("E121", message, span, help=help), (mistake.as_kind(first, "FOR"),), damaged=True)
    return Repair(say("E121", message, span, fix=fix), (mistake.as_kind(first, "FOR"),))
