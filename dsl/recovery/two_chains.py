"""Two chains on one line: what was probably meant."""

from __future__ import annotations

import re
from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Span
from .. import ast
from ..lexer.misspelt_words import USAGE, meant_word, misspelt_diagnostic
from ..lexer.scanner import Tokens

JOINED: Final = "E115"
"""The code for steps whose meaning is plain."""

_LABELS: Final = frozenset(("label", "step", "module", "node", "name"))
"""What somebody may write before a label."""


def side_by_side(tokens: Tokens, first: ast.Chain, second: ast.Chain) -> Diagnostic:
    """The text parses, for white space has no meaning; a reader would stumble."""
    last, next_ = first.steps[-1], second.steps[0]
    between = Span(tokens.source, first.span.end, second.span.start)
    if isinstance(last.action, ast.Call) and isinstance(next_.action, ast.Group) and next_.label is None and not next_.action.mode:
        return _named_before(last, next_.action) if last.action.path == ("stage",) else _paths_without_bars(last.action, next_.action)
    bare = isinstance(next_.action, ast.Call) and next_.action.bare and next_.label is None
    if bare and isinstance(last.action, ast.Call) and last.action.bare and last.action.path in (("skip",), ("reuse",)):
        return _label_without_parentheses(last.action, next_)
    if last.names and bare:
        return missing_comma(tokens, first.span.end, next_.span)
    if isinstance(last.action, ast.Call) and last.action.bare and last.label is None and len(first.steps) == 1:
        word = last.action.path[0]
        if word in _LABELS and next_.label is not None:
            edit = Edit(Span(tokens.source, first.span.start, second.span.start), "")
            fix = Fix(f"leave `{word}` out", (edit,))
            return Diagnostic("E122", "a label is a name and a colon, and no word stands before it", Label(first.span), fix=fix)
        if word in USAGE:
            message = f"`{word}` is not used like this"
            return Diagnostic("E122", message, Label(first.span.to(next_.span)), help=f"write {USAGE[word]}")
        right = meant_word(word)
        if right is not None:
            return misspelt_diagnostic(first.span, right)
    if bare and isinstance(next_.action, ast.Call) and (times := re.fullmatch(r"[xX](\d+)", next_.action.path[0])) is not None:
        return _rounds(first, last, next_, int(times[1]))
    return Diagnostic(
        JOINED,
        "steps on one line are joined by `->`",
        Label(second.span, "`->` before this"),
        fix=Fix("write `->`", (Edit(between, " -> "),)),
    )


def _rounds(chain: ast.Chain, step: ast.Step, word: ast.Step, times: int) -> Diagnostic:
    """`conv(8) x3`, `upsample x2`: how often, or how much, as figures write it beside a box."""
    text = " ".join(step.span.text.split())
    steps = text if len(chain.steps) == 1 and len(text) <= 60 else "…"
    help = f"what runs {times} times is the body of a `repeat`: `repeat {times} {{ {steps} }}`"
    if isinstance(step.action, ast.Call) and step.action.bare and text.startswith("up"):
        help = f"an argument stands in parentheses: `{text}({times})`"
    return Diagnostic("E121", f"`{word.span.text}` is no step", Label(word.span), help=help)


def _label_without_parentheses(call: ast.Call, label: ast.Step) -> Diagnostic:
    """`skip e1`."""
    right = f"{call.path[0]}({label.span.text})"
    span = call.span.to(label.span)
    message = f"the label of `{call.path[0]}` stands in parentheses"
    return Diagnostic("E124", message, Label(label.span), fix=Fix(f"write `{right}`", (Edit(span, right),)))


def missing_comma(tokens: Tokens, end: int, next_: Span) -> Diagnostic:
    """`split(2) as a b`, `output a b`, `default conv(bias = false) bn`: a list of names or calls goes on without its comma."""
    place = Span(tokens.source, end, end)
    return Diagnostic(
        "E113",
        f"a comma is missing before `{next_.text}`",
        Label(next_, "a comma before this"),
        fix=Fix("write the comma", (Edit(place, ","),)),
    )


def _named_before(step: ast.Step, body: ast.Group) -> Diagnostic:
    """`one: stage { … }`: the name of a stage is no label."""
    head = Label(step.action.span)
    if step.label is None:
        return Diagnostic("E122", "`stage` needs more than a body", head, help=f"write {USAGE['stage']}")
    right = f"stage {step.label.span.text}"
    edit = Edit(Span(body.span.source, step.span.start, body.span.start), f"{right} ")
    return Diagnostic("E122", "the name of a stage stands behind `stage`", head, fix=Fix(f"write `{right} {{ … }}`", (edit,)))


def _paths_without_bars(head: ast.Call, group: ast.Group) -> Diagnostic:
    name = ".".join(head.path)
    if name in USAGE:
        return Diagnostic("E122", f"`{name}` needs more than a body", Label(head.span), help=f"write {USAGE[name]}")
    brace = Span(group.span.source, group.span.start, group.span.start + 1)
    if name.lower() in _RESIDUAL and re.search(rf"\bblock\s+{name}\b", group.span.source.text) is None:
        return _residual(head, name, group, brace)
    paths = _lines(group)
    edits = tuple(Edit(Span(group.span.source, start, start), "| ") for start in paths)
    return Diagnostic(
        "E123",
        f"the paths of `{name}` begin with `|`",
        Label(brace, "`|` must follow"),
        # The word may name nothing: the example is one that compiles wherever it stands.
        help=f"as in `concat {{ | conv(64) | skip }}`; a group that follows `{name}` stands on a new line",
        fix=Fix("write `|` before each path", edits) if len(paths) > 1 else None,  # one path joins nothing
    )


_RESIDUAL: Final = frozenset(["residual", "skip", "identity", "resblock", "residual_block", "residualblock", "shortcut", "skip_connection"])
"""What a body beside a skip is called elsewhere."""


def _residual(head: ast.Call, name: str, group: ast.Group, brace: Span) -> Diagnostic:
    """`residual { conv(32) -> relu }`: what comes in is added to what the body gives."""
    if len(group.body) != 1 or not head.bare:
        help = "what comes in is added by a path that is `skip`, as in `add { | conv(64) | skip }`"
        return Diagnostic("E123", f"there is no `{name}`", Label(brace, "a body of one path"), help=help)
    body = group.body[0].span
    message = f"there is no `{name}`" if name not in ("skip", "identity") else f"`{name}` has no body: it is a path by itself"
    help = f"what comes in is added by a path that is `skip`: `add {{ | {' '.join(body.text.split())} | skip }}`"
    edits = (
        Edit(head.span, "add"),
        Edit(Span(body.source, body.start, body.start), "| "),
        Edit(Span(body.source, body.end, body.end), " | skip"),
    )
    return Diagnostic("E123", message, Label(brace, "a body of one path"), help=help, fix=Fix(help, edits))


def _lines(group: ast.Group) -> list[int]:
    """Where the paths of a group begin that was to be a merge's: two of its lines are two paths. Of more nobody knows where one ends,
    but that `skip` is one by itself."""
    body = group.body
    if len(body) == 1:
        return [body[0].span.start]
    skips = [row for row in body if isinstance(row, ast.Chain) and row.span.text == "skip"]
    if len(body) == 2 or (len(skips) == 1 and skips[0] is body[-1]):
        return [body[0].span.start, body[-1].span.start]
    return []
