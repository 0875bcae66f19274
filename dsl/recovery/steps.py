"""Slips in chains of steps."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from ...base.diagnostics import Edit, Fix
from ..lexer.scanner import Token
from ..parser.context import label_name
from .foreign_steps import POSITIONS, positions
from .mistake import Change, Mistake, Repair, remove, replace, say

_IN_LABEL = frozenset(("NAME", "NUMBER", "SIZE", "MINUS", "DOT", "SLASH"))
_ENDS_STEP = ("NAME", "RPAR", "RBRACE")
_STATEMENTS = frozenset(("IF", "FOR", "REPEAT", "STAGE", "AUX", "LET", "DEFAULT", "REQUIRE", "EXPECT", "BUDGET", "INPUT", "OUTPUT"))
_BEGINS_STEP = ("NAME", "LBRACE", "TEXT", "TEXT_START", "INDEXED", "FLAT")


def arrow_to_nothing(mistake: Mistake) -> Repair | None:
    """`conv(64) -> }`, `conv(64) -> -> bn`."""
    before, token = mistake.before, mistake.token
    if before.kind != "ARROW" or token.kind in ("NUMBER", "SIZE", "LPAR", "LSQB"):
        return None
    if token.kind == "ARROW":
        fix = remove(mistake, token)
        return Repair(say("E114", "`->` stands twice", mistake.span(token), "one too many", fix=fix), (mistake.drop(mistake.position),))
    fix = remove(mistake, before, "remove the `->`, or write the step that it should lead to")
    return Repair(
        say("E114", "`->` leads to no step", mistake.span(before), "no step follows", fix=fix), (mistake.drop(mistake.position - 1),)
    )


def arrow_to_statement(mistake: Mistake) -> Repair | None:
    """`conv(64) -> if norm { bn }`, `conv(64) -> repeat 3 { … }`, `conv(64) -> stage a { … }`."""
    before, token = mistake.before, mistake.token
    if before.kind != "ARROW" or token.kind not in _STATEMENTS:
        return None
    message = f"`->` leads to a step, and `{mistake.word(token)}` is none: what follows goes on from here without it"
    fix = Fix("remove it", (Edit(mistake.place(before.start).to(mistake.place(token.start)), ""),))
    return Repair(say("E114", message, mistake.span(before), fix=fix), (mistake.drop(mistake.position - 1),))


def arrow_from_nothing(mistake: Mistake) -> Repair | None:
    """`{ -> conv(64) }`, `stage a { … } -> relu`."""
    token = mistake.token
    if token.kind != "ARROW" or not mistake.between:
        return None
    kind = mistake.before.kind
    if kind in ("LBRACE", "BRACE_BAR", "BAR", "COLON", "$END"):
        message = "`->` stands before the first step: a body begins with its current tensor"
    else:
        message = "`->` joins steps, and no step stands before this one: what follows goes on from there without it"
    return Repair(say("E114", message, mistake.span(token), fix=remove(mistake, token)), (mistake.drop(mistake.position),))


_NAMED: Final = ("NAME", "TEXT")


def label_of_signs(mistake: Mistake) -> Repair | None:
    """`my-conv: conv(64)`, `1x1: conv(64)`, `norm.1: bn`: a label that is no name."""
    tokens = mistake.tokens
    start = mistake.position
    while start and tokens[start - 1].end == tokens[start].start and tokens[start - 1].kind in _IN_LABEL:
        start -= 1
    end = start
    while tokens[end].kind in _IN_LABEL and (end == start or tokens[end - 1].end == tokens[end].start):
        end += 1
    opens = start == 0 or tokens[start - 1].kind in ("LBRACE", "BRACE_BAR", "BAR", "ARROW", "COLON") or mistake.begins_line(start)
    if tokens[end].kind != "COLON" or end == start or not opens or mistake.in_parentheses():
        return None
    whole = Token("NAME", tokens[start].start, tokens[end - 1].end)
    span = mistake.span(whole)
    dotted = re.fullmatch(r"[A-Za-z_]\w*(?:\.\w+)+", span.text)
    right = f'"{span.text}"' if dotted else label_name(span.text)
    why = "a label with dots is written as a text" if dotted else "a label is made of letters, digits and `_`, and begins with a letter"
    diagnostic = say("E210", f"`{span.text}` cannot name a step: {why}", span, fix=Fix(f"write `{right}`", (Edit(span, right),)))
    return Repair(diagnostic, (Change(start, end, (whole,)),), start=start if mistake.between else None)


def second_label(mistake: Mistake) -> Repair | None:
    """`tokens: norm: ln`: a step has one label; another name of what it makes, or a scope around it, is written otherwise."""
    tokens, second = mistake.tokens, mistake.position - 1
    if mistake.token.kind != "COLON" or mistake.at(second).kind not in _NAMED or mistake.at(second - 1).kind != "COLON":
        return None
    first = second - 2
    if mistake.at(first).kind not in _NAMED or mistake.in_parentheses():
        return None
    name, key = mistake.word(tokens[first]), mistake.word(tokens[second])
    help = f"`{key}: … -> {name}: skip` gives what it makes another name; in `{name}: {{ {key}: … }}` it is a part of `{name}`, and so are its keys"
    place = mistake.span(tokens[first]).to(mistake.span(tokens[second]))
    return Repair(
        say("E210", "a step has one label, and here are two", place, help=help),
        (Change(first, second),),
        damaged=True,
        start=first if mistake.between else None,
    )


def indexed_label(mistake: Mistake) -> Repair | None:
    """`ys[i]: conv(64)`: a label with a number is a text."""
    if mistake.token.kind != "LSQB" or mistake.before.kind != "NAME" or mistake.in_parentheses():
        return None
    end, first = mistake.value_end(mistake.position), mistake.position - 1
    if mistake.tokens[end - 1].kind != "RSQB" or mistake.tokens[end].kind != "COLON":
        return None
    last = mistake.tokens[end - 1]
    inside = mistake.source.source.text[mistake.token.end : last.start].strip()
    right = f'"{mistake.word(mistake.before)}.{inside if inside.isdigit() else "{" + inside + "}"}"'
    span = mistake.span(mistake.before).to(mistake.span(last))
    diagnostic = say(
        "E210",
        f"`{span.text}` cannot name a step: a label with a number in it is a text",
        span,
        fix=Fix(f"write `{right}`", (Edit(span, right),)),
    )
    name = Token("NAME", mistake.before.start, mistake.before.end)
    return Repair(diagnostic, (Change(first, end, (name,)),), damaged=True, start=first if mistake.between else None)


_FACTOR: Final = r"([A-Za-z_][\w.]*(?:\([^()\n]*\))?)"
_OF_A_TENSOR: Final = re.compile(
    r"(?:torch|F|nn\.functional)\.(?P<step>\w+)\(\s*(?P<tensor>\w+)\s*\)|(?!torch\.|F\.|nn\.)(?P<of>\w+)\.(?P<method>[a-z_]+)\(\s*\)"
)


def _as_path(text: str) -> str | None:
    """One side of `x * torch.sigmoid(x)` as a path; None where it is another thing."""
    if re.fullmatch(r"\w+", text):
        return "skip" if text == "skip" else f"skip({text})"
    function = _OF_A_TENSOR.fullmatch(text)
    if function is not None:
        return f"skip({function['tensor'] or function['of']}) -> {function['step'] or function['method']}"
    return text if re.fullmatch(r"\w+\(.*\)", text) else None


def labels_of_parts(mistake: Mistake) -> Repair | None:
    """`q, k, v: split(3)`: several names stand behind `as`."""
    tokens, first = mistake.tokens, mistake.position - 1
    if mistake.token.kind != "COMMA" or mistake.before.kind != "NAME" or mistake.in_parentheses():
        return None
    if not mistake.begins_line(first) and tokens[first - 1].kind not in ("LBRACE", "BRACE_BAR", "BAR", "ARROW", "COLON"):
        return None
    colon = first + 1
    while tokens[colon].kind == "COMMA" and tokens[colon + 1].kind == "NAME":
        colon += 2
    if tokens[colon].kind != "COLON" or tokens[colon + 1].kind != "NAME":
        return None
    end = mistake.value_end(colon + 1)
    names = tokens[first:colon]
    place = mistake.span(tokens[first]).to(mistake.span(tokens[colon - 1]))
    behind = tokens[end - 1].end
    step = mistake.source.source.text[tokens[colon + 1].start : behind]
    right = f"{' '.join(step.split())} as {place.text}"
    edits = (
        Edit(mistake.place(tokens[first].start).to(mistake.place(tokens[colon + 1].start)), ""),
        Edit(mistake.place(behind), f" as {place.text}"),
    )
    diagnostic = say(
        "E210", "a label is one name; several stand behind the step that gives as many tensors", place, fix=Fix(f"write `{right}`", edits)
    )
    made = (*tokens[colon + 1 : end], Token("AS", behind, behind), *names)
    return Repair(diagnostic, (Change(first, end, made),), start=first if mistake.between else None)


def other_joints(mistake: Mistake) -> Repair | None:
    """`conv(64) - bn`, `conv(64), bn`, `conv(64).relu()`, `conv(64) + skip`."""
    token, before, after = mistake.token, mistake.before, mistake.after
    if token.kind == "MINUS" and mistake.word(after) == ">" and not mistake.in_parentheses():
        whole = mistake.span(token).to(mistake.span(after))
        fix = Fix("write `->`", (Edit(whole, "->"),))
        arrow = Change(mistake.position, mistake.position + 2, (Token("ARROW", token.start, after.end),))
        return Repair(say("E114", "steps are joined by `->`, in one piece", whole, fix=fix), (arrow,))
    if token.kind not in ("MINUS", "COMPARISON", "COMMA", "DOT", "PLUS", "STAR", "SLASH") or mistake.in_parentheses():
        return None
    if before.kind not in _ENDS_STEP or after.kind not in _BEGINS_STEP:
        return None
    sign = mistake.word(token)
    changes = (mistake.as_kind(mistake.position, "ARROW"),)
    if sign in ("+", "*"):
        name = "add" if sign == "+" else "mul"
        message = f"`{sign}` does not join steps"
        text = mistake.source.source.text
        left = re.search(rf"{_FACTOR}[ \t]*\Z", text[max(token.start - 200, 0) : token.start])
        right = re.match(rf"[ \t]*{_FACTOR}", text[token.end : token.end + 200])
        ends = [_as_path(side[1]) if side is not None else None for side in (left, right)]
        if left is not None and text[: token.start - len(left[0])].rstrip(" \t")[-1:] in ("-", "+", "*", "/"):
            ends = [None]  # of a longer sum
        follows = right is not None and re.fullmatch(r"\w+", right[1]) and right[1] != "skip" and not is_label(mistake, right[1])
        if follows and left is not None and right is not None and before.kind == "RPAR":  # `conv(64) + bn + relu`
            ends = [left[1], right[1]] if None not in ends else ends
        paths = f"| {ends[0]} | {ends[1]}" if None not in ends else "| … | …"
        help = f"tensors are joined by a merge: `{name} {{ {paths} }}`"
        if follows and right is not None:
            help = f"steps that follow each other are joined by `->`, as in `conv(64) -> {right[1]}`; {help}"
        return Repair(say("E114", message, mistake.span(token), help=help), changes, damaged=True)
    fix = replace(mistake, token, " -> " if token.start == before.end else "->")
    return Repair(say("E114", f"steps are joined by `->`, not by `{sign}`", mistake.span(token), fix=fix), changes)


def bare_arguments(mistake: Mistake) -> Repair | None:
    """`conv 64, 3`, `conv[64]`: arguments without parentheses."""
    token, before = mistake.token, mistake.before
    if before.kind != "NAME" or mistake.begins_line() or mistake.in_parentheses():
        return None
    if token.kind not in ("NUMBER", "SIZE", "LSQB", "TRUE", "FALSE", "NONE", "TEXT"):
        return None
    name = mistake.word(before)
    if token.kind == "LSQB":
        end = mistake.value_end(mistake.position)
        if mistake.tokens[end - 1].kind != "RSQB":
            return None
        if is_label(mistake, name):
            return _one_of_several(mistake, name, end)
        closing = mistake.tokens[end - 1]
        changes = [mistake.as_kind(mistake.position, "LPAR"), mistake.as_kind(end - 1, "RPAR")]
        edits = [Edit(mistake.span(token), "("), Edit(mistake.span(closing), ")")]
        inside = mistake.source.source.text[token.end : closing.start]
    else:
        end = mistake.position
        while mistake.tokens[end].kind not in ("ARROW", "RBRACE", "BAR", "$END") and (
            end == mistake.position or not mistake.begins_line(end)
        ):
            end += 1
        place = mistake.tokens[end - 1].end
        values = ("NUMBER", "SIZE", "TRUE", "FALSE", "NONE", "TEXT")
        commas = [
            index for index in range(mistake.position + 1, end) if {mistake.tokens[index].kind, mistake.at(index - 1).kind} <= {*values}
        ]
        changes = [
            mistake.insert(mistake.position, "LPAR"),
            *(mistake.insert(index, "COMMA") for index in commas),
            mistake.insert(end, "RPAR"),
        ]
        edits = [
            Edit(mistake.place(before.end).to(mistake.place(token.start)), "("),
            *(Edit(mistake.place(mistake.at(index - 1).end), ",") for index in commas),
            Edit(mistake.place(place), ")"),
        ]
        words = mistake.source.source.text[token.start : place].replace(",", " ").split()
        inside = ", ".join(words) if commas else mistake.source.source.text[token.start : place]
    message = f"the arguments of `{name}` stand in parentheses"
    fix = Fix(f"write `{name}({inside})`" if len(inside) <= 40 else "write the parentheses", tuple(edits))
    return Repair(say("E124", message, mistake.span(token), fix=fix), tuple(changes))


def is_label(mistake: Mistake, name: str) -> bool:
    """Whether a step before has that label, or a tensor comes in by that name."""
    tokens = mistake.tokens
    return any(
        tokens[index].kind == "NAME"
        and mistake.word(tokens[index]) == name
        and (tokens[index + 1].kind == "COLON" or mistake.at(index - 1).kind in ("TAKES", "INPUT"))
        for index in range(mistake.position - 1)
    )


def _is_input(mistake: Mistake, name: str) -> bool:
    tokens = mistake.tokens[: mistake.position - 1]
    return any(
        token.kind == "NAME" and mistake.word(token) == name and mistake.at(index - 1).kind == "INPUT" for index, token in enumerate(tokens)
    )


def _one_of_several(mistake: Mistake, name: str, end: int) -> Repair:
    """`f[0] -> conv(64)`: a label is no step."""
    first, last = mistake.position - 1, mistake.tokens[end - 1]
    span = mistake.span(mistake.before).to(mistake.span(last))
    right = f"skip({span.text})"
    place = mistake.before.start
    words = (Token("NAME", place, place), Token("LPAR", place, place))
    changes = (Change(first, first, words), mistake.insert(end, "RPAR"))
    inside = span.text[len(name) :].strip("[] ")
    if inside.startswith("-") or _is_input(mistake, name):
        # Nobody counts the results of a step from the end: a position of an axis is meant.
        step = positions(inside)
        several = f"; where it has several results, one of them is `skip({span.text})`" if not _is_input(mistake, name) else ""
        help = f"write `skip({name}) -> {step}`{several}" if step is not None else POSITIONS
        message = f"`{name}` is a label and no step, and a position of its tensor is taken by an operation"
        return Repair(say("E124", message, span, help=help), changes, damaged=True, start=first)
    message = f"`{name}` is a label and no step: the path goes on from one of its results by `{right}`"
    return Repair(say("E124", message, span, fix=Fix(f"write `{right}`", (Edit(span, right),))), changes, damaged=True, start=first)


def indexed_output(mistake: Mistake) -> Repair | None:
    """`output p = f[0]`: an output is what a label names."""
    tokens, first = mistake.tokens, mistake.position
    while first and tokens[first].kind != "OUTPUT" and not mistake.begins_line(first):
        first -= 1
    if mistake.token.kind != "LSQB" or mistake.before.kind != "NAME" or tokens[first].kind != "OUTPUT":
        return None
    end = mistake.value_end(mistake.position)
    if tokens[end - 1].kind != "RSQB":
        return None
    begin = mistake.position - 1
    while tokens[begin - 1].kind in ("DOT", "NAME") and begin - 1 > first:
        begin -= 1
    value = mistake.span(tokens[begin]).to(mistake.span(tokens[end - 1]))
    if mistake.at(mistake.position + 2).kind != "RSQB":
        sizes = mistake.span(mistake.token).to(mistake.span(tokens[end - 1])).text
        name = mistake.word(mistake.before)
        help = f"label its step, `{name}: conv(64)`, and write `output {name}`; the shape is stated behind the step: `expect {sizes}`"
        unread = Token("BROKEN", tokens[first].start, tokens[end - 1].end)
        diagnostic = say("E122", "an output is named by a label, and has no shape behind it", value, help=help)
        return Repair(diagnostic, (Change(first, end, (unread,)),), start=first)
    named = mistake.at(begin - 1).kind == "EQUAL"
    start = begin - 2 if named else begin
    name = mistake.word(tokens[start]) if named else label_name(value.text)
    whole = mistake.span(tokens[start]).to(value)
    indent = mistake.source.source.text[: tokens[first].start].rpartition("\n")[2]
    step = f"{name}: skip({value.text})"
    fix = None
    if not indent.strip():
        edits = (Edit(mistake.place(tokens[first].start), f"{step}\n{indent}"), Edit(whole, name))
        fix = Fix(f"give it a label of its own, `{step}`, and write `output {name}`", edits)
    help = f"give it a label of its own before: `{step}`, then `output {name}`"
    message = f"an output is named by a label, and `{value.text}` is a part of what a label stands for"
    token = Token("NAME", tokens[start].start, tokens[end - 1].end)
    diagnostic = say("E122", message, value, help=None if fix else help, fix=fix)
    return Repair(diagnostic, (Change(start, end, (token,)),), damaged=True, start=first)


def chain_start(mistake: Mistake, brace: int) -> int:
    """The token at which the chain begins whose last step stands before the brace: it was taken for complete."""
    offset = mistake.tokens[brace].start
    for value in reversed(mistake.machine.values):
        if (
            isinstance(value, list)
            and value
            and not isinstance(value[-1], Token)
            and value[-1] is not None
            and value[-1].span.start < offset
        ):
            return bisect_left(mistake.tokens, value[-1].span.start, key=lambda token: token.start)
    return mistake.start


def slashes(mistake: Mistake) -> Repair | None:
    """`conv(64) // the stem`: a comment of another language."""
    token = mistake.token
    if token.kind != "DOUBLE_SLASH" and not (token.kind == "MINUS" and mistake.after.kind == "MINUS"):
        return None
    if not (mistake.begins_line() or mistake.before.kind in (*_ENDS_STEP, "LBRACE", "NUMBER")) or mistake.in_parentheses():
        return None
    sign = "//" if token.kind == "DOUBLE_SLASH" else "--"
    fix = Fix("write `#`", (Edit(mistake.place(token.start).to(mistake.place(token.start + 2)), "#"),))
    message = f"`{sign}` does not begin a comment: comments begin with `#`"
    return Repair(say("E108", message, mistake.span(token), fix=fix), (Change(mistake.position, mistake.line_end()),))
