"""Slips in merges: paths that stand before the operation that joins them, or without one."""

from __future__ import annotations

from ...base.diagnostics import Edit, Fix
from ..lexer.scanner import Token
from .merges import JOINS
from .mistake import Change, Mistake, Repair, say


def paths_before_their_head(mistake: Mistake) -> Repair | None:
    """`{ | conv(64) | skip } -> add`, `{ | conv(64) | skip }`: what joins the paths stands before them."""
    brace = mistake.token
    if brace.kind != "BRACE_BAR" or mistake.in_parentheses() or mistake.at_top:
        return None
    end = mistake.value_end(mistake.position)
    closing = mistake.at(end - 1)
    if closing.kind != "RBRACE":
        return None
    start = mistake.position if mistake.between else None
    head = mistake.at(end + 1)
    if mistake.at(end).kind != "ARROW" or head.kind != "NAME" or mistake.word(head) not in JOINS:
        step = Token("NAME", brace.start, brace.start)
        message = "paths stand behind the operation that joins them"
        diagnostic = say("E123", message, mistake.span(brace), help="name it: `add { | … | … }`, `concat { | … | … }`")
        return Repair(diagnostic, (Change(mistake.position, mistake.position, (step,)),), damaged=True, start=start)
    last = mistake.value_end(end + 1)
    if mistake.at(last).kind in ("LBRACE", "BRACE_BAR"):
        return None  # a merge of its own
    text = mistake.span(head).to(mistake.span(mistake.at(last - 1))).text
    cut = mistake.place(closing.end).to(mistake.place(mistake.at(last - 1).end))
    edits = (Edit(mistake.place(brace.start), f"{text} "), Edit(cut, ""))
    diagnostic = say(
        "E123", f"`{text}` stands before the paths that it joins", mistake.span(brace), fix=Fix(f"write `{text} {{ | … }}`", edits)
    )
    moved = Change(mistake.position, mistake.position, tuple(mistake.tokens[end + 1 : last]))
    return Repair(diagnostic, (moved, Change(end, last)), start=start)
