"""Slips with the words that begin statements, and with what belongs to them."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import Final

from ...base.diagnostics import Edit, Fix, Label
from ...base.source import Span
from ..lexer.edition import EDITION
from ..lexer.misspelt_words import USAGE, meant_word
from ..lexer.names_with_digits import name_of_a_file
from ..lexer.scanner import Token
from .expected import found
from .imports import incomplete
from .kept import given, kept_name
from .mistake import Change, Mistake, Repair, insert, nesting, remove, replace, say

_HARD: Final = frozenset({"IF", "ELSE", "FOR", "LET", "REPEAT", "REQUIRE", "AND", "OR", "NOT", "TRUE", "FALSE", "NONE", "VALUE_IF", "IN"})
IN_BODIES: Final = frozenset(
    {
        "NAME",
        "TEXT",
        "TEXT_START",
        "STAGE",
        "AUX",
        "REPEAT",
        "FOR",
        "IF",
        "REQUIRE",
        "EXPECT",
        "BUDGET",
        "INPUT",
        "OUTPUT",
        "LBRACE",
        "INDEXED",
        "FLAT",
    }
)
"""What begins a statement in a body, and nothing outside of one."""

_NAMING: Final = frozenset({"LET", "FOR", "AS", "BLOCK", "NETWORK", "OPERATION", "STAGE", "AUX", "INPUT", "TAKES", "GIVES"})
_AT_TOP: Final = frozenset({"BLOCK", "NETWORK", "OPERATION", "IMPORT", "FROM"})


def list_goes_on(mistake: Mistake) -> Repair | None:
    """`default conv(bias = false) bn`, `from resnet import basic bottleneck`, `budget parameters <= 3M macs <= 2G`: a comma is missing."""
    first = place = mistake.position
    if mistake.token.kind == "COMPARISON" and mistake.before.kind == "NAME":
        place -= 1
    while first and not mistake.begins_line(first):
        first -= 1
    kind, before = mistake.at(first).kind, mistake.at(place - 1)
    wanted = {"BUDGET"} if place < mistake.position else {"DEFAULT", "FROM"}
    if kind not in wanted or mistake.at(place).kind != "NAME" or before.kind not in ("NAME", "NUMBER", "RPAR") or place - first < 2:
        return None
    if mistake.in_parentheses() or any(one.kind in ("LBRACE", "BRACE_BAR", "ARROW") for one in mistake.tokens[first:place]):
        return None
    places, depth = [place], 0
    for index in range(place + 1, mistake.line_end()):
        depth += {"LPAR": 1, "LSQB": 1, "RPAR": -1, "RSQB": -1}.get(mistake.tokens[index].kind, 0)
        if not depth and mistake.tokens[index].kind == "NAME" and mistake.at(index - 1).kind in ("NAME", "NUMBER", "RPAR"):
            places.append(index)
    words = " and ".join(f"`{mistake.word(mistake.at(index))}`" for index in places)
    message = f"{'a comma is' if len(places) == 1 else 'commas are'} missing before {words}"
    edits = tuple(Edit(mistake.place(mistake.at(index - 1).end), ",") for index in places)
    diagnostic = say(
        "E113",
        message,
        mistake.span(mistake.at(place)),
        "a comma before this",
        fix=Fix("write the comma" if len(places) == 1 else "write the commas", edits),
    )
    return Repair(diagnostic, tuple(mistake.insert(index, "COMMA") for index in places), start=first)


def wrong_place(mistake: Mistake) -> Repair | None:
    """Steps outside of every block, blocks and imports inside of one."""
    token = mistake.token
    word = mistake.word(token)
    if mistake.between and mistake.at_top and token.kind in IN_BODIES:
        if token.kind == "NAME" and (word in USAGE or meant_word(word)):
            return None
        what = f"`{word}` stands" if token.kind != "NAME" else "a step stands"
        help = f"write {USAGE['network']}"
        return Repair(say("E120", f"{what} outside of every block and network", mistake.span(token), help=help), ())
    if token.kind in _AT_TOP and mistake.between:
        what = "an import stands" if token.kind in ("IMPORT", "FROM") else f"{'an' if word[0] == 'o' else 'a'} {word} stands"
        where = "at the top of the file" if token.kind in ("IMPORT", "FROM") else "beside other blocks and networks, not in one"
        return Repair(say("E120", f"{what} inside of a body: its place is {where}", mistake.span(token)), ())
    return None


def step_in_declaration(mistake: Mistake) -> Repair | None:
    """`operation focus from "x.py:Focus" { conv(64) -> bn }`."""
    token = mistake.token
    if token.kind not in (*IN_BODIES, "ARROW", "COLON", "BRACE_BAR", "DEFAULT") or mistake.in_parentheses():
        return None
    if not mistake.machine.takes("WEIGHT", mistake.machine.height_before(mistake.start)) or mistake.before.kind in ("WEIGHT", "BUFFER"):
        return None
    help = "its class does the work; what is made of steps is a `block`"
    return Repair(
        say("E120", "an operation of one's own has no steps: it says its shape, its weights and its costs", mistake.span(token), help=help),
        (),
    )


def class_missing(mistake: Mistake) -> Repair | None:
    """`operation focus from my_layers { … }`: the class is a text."""
    token = mistake.token if mistake.word(mistake.token) == "from" else mistake.before
    if mistake.at(mistake.start).kind != "OPERATION" or mistake.word(token) != "from":
        return None
    return Repair(say("E122", "the class is missing behind `from`", mistake.span(token), help=f"write {USAGE['operation']}"), ())


def _no_name(mistake: Mistake) -> Span | None:
    """What stands on this line where the name behind a word should: `from 18b import z`."""
    after = mistake.after
    if after.kind == "$END" or mistake.begins_line(mistake.position + 1):
        return None
    written = re.match(r"\d\w*", mistake.source.source.text[after.start :])
    return mistake.source.source.span(after.start, after.start + written.end()) if written is not None else None


def _renamed(mistake: Mistake) -> str | None:
    return name_of_a_file(mistake.source.source.line_text(mistake.span(mistake.token).line))


def word_without_its_form(mistake: Mistake) -> Repair | None:
    """`input [3, 224, 224]`, `stage 1 { … }`, `import "resnet"`: a word of the language, and not what it needs."""
    token, word = mistake.token, mistake.word(mistake.token)
    if mistake.at_top and mistake.between and token.kind == "NAME" and word in USAGE:
        named = _no_name(mistake) if word in ("from", "import", "block", "network") else None
        if named is not None:
            message = f"`{named.text}` is no name: a name begins with a letter, and has letters, digits and `_`"
            return Repair(say("E122", message, named, help=_renamed(mistake) or f"write {USAGE[word]}"), ())
        return Repair(say("E122", f"`{word}` is not complete", mistake.span(token), help=_renamed(mistake) or f"write {USAGE[word]}"), ())
    word = mistake.word(mistake.before)
    if mistake.before.kind == "NAME" and word in USAGE and mistake.token.kind not in ("EQUAL", "COLON", "DOT", "ARROW"):
        span = mistake.span(mistake.before).to(mistake.span(mistake.token))
        message = f"{found(mistake)} cannot follow `{word}`"
        if word in ("input", "stage", "aux", "block", "network") and token.kind in ("LSQB", "LBRACE", "LPAR", "BRACE_BAR"):
            message = f"a name is missing after `{word}`"
        diagnostic = say("E122", message, span, help=f"write {USAGE[word]}")
        head, end = mistake.position - 1, mistake.value_end(mistake.position)
        if not mistake.begins_line(head) and mistake.at(head - 1).kind not in ("LBRACE", "RBRACE", "RSQB", "BAR"):
            return Repair(diagnostic, ())
        whole = Token("BROKEN", mistake.before.start, mistake.tokens[end - 1].end)
        return Repair(diagnostic, (Change(head, end, (whole,)),), start=head)
    first = mistake.tokens[mistake.start]
    if first.kind in ("IMPORT", "FROM"):
        return incomplete(mistake, first)
    return None


def late_edition(mistake: Mistake) -> Repair | None:
    """`arch 1` behind something else, or twice."""
    token, number = mistake.token, mistake.after
    if token.kind != "ARCH":
        return None
    span = mistake.span(token).to(mistake.span(number))
    known = mistake.word(number) == EDITION
    fix = Fix("leave it out: a text that states no edition is of edition 1", (Edit(span, ""),)) if known else None
    help = None if known else "write it as the first line"
    diagnostic = say("E126", f"the place of `{span.text}` is before everything else in its text", span, help=help, fix=fix)
    return Repair(diagnostic, (Change(mistake.position, mistake.position + 2),))


def reserved_name(mistake: Mistake) -> Repair | None:
    """`let for = 3`: a word of the language where a name should stand."""
    index = mistake.position
    if mistake.token.kind in ("EQUAL", "COLON") and mistake.before.kind in _HARD:
        index -= 1  # `conv(64, not = 3)`
    elif not mistake.machine.fits("NAME"):
        return None
    token = mistake.tokens[index]
    if token.kind not in _HARD or (token.kind == "ELSE" and mistake.token.kind == "COLON" and mistake.machine.fits("LBRACE")):
        return None  # `else: conv(16)` is the body of an `if` as Python writes it
    word = mistake.word(token)
    if token.kind == "ELSE" or not _is_named_here(mistake, index):
        help = f"write {USAGE['if']}" if token.kind == "ELSE" else None
        message = "`else` belongs to an `if`, and none stands before it" if help else f"`{word}` is a word of the language and no name"
        change = Change(index, index + 2) if mistake.at(index + 1).kind == "COLON" else mistake.as_kind(index, "NAME")
        return Repair(say("E119", message, mistake.span(token), help=help), (change,), damaged=True)
    message = f"`{word}` is a word of the language and cannot be a name"
    fix = replace(mistake, token, f"{word}_")
    return Repair(say("E119", message, mistake.span(token), fix=fix), (mistake.as_kind(index, "NAME"),))


def _is_named_here(mistake: Mistake, index: int) -> bool:
    """Whether the word at `index` gives a name to something: one that is read was given elsewhere, and by another word."""
    opener = mistake.opener()
    is_parameter = opener >= 2 and mistake.tokens[opener - 2].kind in ("BLOCK", "NETWORK", "OPERATION")
    return is_parameter or mistake.at(index + 1).kind in ("COLON", "EQUAL") or mistake.at(index - 1).kind in _NAMING


# ------------------------------------------------------------------------------------------------- equal signs


def colon_equal(mistake: Mistake) -> Repair | None:
    """`a := 3`: with `let` or in an argument it was to be `=`; otherwise `missing_let` knows."""
    token = mistake.token
    if token.kind != "COLON_EQUAL" or not mistake.machine.fits("EQUAL"):
        return None
    message = "`:=` is not a sign of the language: a value is given with `=`"
    return Repair(
        say("E104", message, mistake.span(token), fix=replace(mistake, token, "=")), (mistake.as_kind(mistake.position, "EQUAL"),)
    )


_OPERATORS: Final = {"+": "PLUS", "-": "MINUS", "*": "STAR", "/": "SLASH"}


def changed_value(mistake: Mistake) -> Repair | None:
    """`width += 64`."""
    token, before = mistake.token, mistake.before
    if token.kind != "CHANGES":
        return None
    sign = mistake.word(token)
    message = f"`{sign}` is not a sign of the language: a value is given once and never changed"
    if before.kind != "NAME":
        return Repair(say("E104", message, mistake.span(token)), ())
    name, first = mistake.word(before), mistake.position - 1
    help = (
        kept_name(mistake, name, first, f"{name} {sign[0]} …") or f"give the result a name of its own: `let {name}2 = {name} {sign[0]} …`"
    )
    diagnostic = say("E104", message, mistake.span(token), help=help)
    if not mistake.begins_line(first):
        return Repair(diagnostic, ())
    operator = _OPERATORS.get(sign[0])
    if operator is not None and given(mistake, name, first) is None and not mistake.at_top:
        # A tensor, perhaps: what is added to it is known where the labels are.
        let = (Token("LET", before.start, before.start), before, Token("EQUAL", token.end, token.end), before)
        return Repair(
            diagnostic, (Change(first, mistake.position + 1, (*let, Token(operator, token.start, token.start + 1))),), start=first
        )
    whole = Token("BROKEN", before.start, token.end)
    return Repair(diagnostic, (Change(first, mistake.line_end(), (whole,)),), start=first)


def fat_arrow(mistake: Mistake) -> Repair | None:
    """`conv(64) => bn`, `network a => b`."""
    token = mistake.token
    if token.kind != "FAT_ARROW":
        return None
    sign, kind = ("->", "ARROW") if mistake.machine.fits("ARROW") else ("=", "EQUAL")
    why = "steps are joined by `->`" if kind == "ARROW" else "`=` says what something is"
    message = f"`=>` is not a sign of the language: {why}"
    return Repair(say("E104", message, mistake.span(token), fix=replace(mistake, token, sign)), (mistake.as_kind(mistake.position, kind),))


def equal_signs(mistake: Mistake) -> Repair | None:
    """`if x = 3`, `let x == 3`."""
    token = mistake.token
    if token.kind == "EQUAL":
        kinds = {one.kind for one in mistake.tokens[mistake.start : mistake.position]}
        if "BUDGET" in kinds:
            message = "a budget is a limit, stated with `<=`"
            diagnostic = say("E116", message, mistake.span(token), fix=replace(mistake, token, "<="))
            return Repair(diagnostic, (mistake.as_kind(mistake.position, "COMPARISON"),), damaged=True)
        if kinds.isdisjoint({"IF", "REQUIRE", "VALUE_IF", "REPEAT"}) and not {"LET", "EQUAL"} <= kinds:
            return None
        message = "values are compared with `==`; `=` gives a value"
        fix = replace(mistake, token, "==")
        return Repair(say("E116", message, mistake.span(token), fix=fix), (mistake.as_kind(mistake.position, "COMPARISON"),))
    if token.kind == "COMPARISON" and mistake.word(token) == "==" and "EQUAL" in mistake.machine.expected():
        message = "a value is given with `=`; `==` compares"
        fix = replace(mistake, token, "=")
        return Repair(say("E116", message, mistake.span(token), fix=fix), (mistake.as_kind(mistake.position, "EQUAL"),))
    return None


# ------------------------------------------------------------------------------------------------------ bodies


def colon_for_brace(mistake: Mistake) -> Repair | None:
    """`if x > 1:` and an indented body, as in Python."""
    token = mistake.token
    if token.kind != "COLON" or mistake.between or not mistake.machine.fits("LBRACE"):
        return None
    if mistake.source.source.line_of(token.start) in mistake.source.unopened:
        message = "a body stands between braces `{ … }`; a colon does not begin it"
        fix = replace(mistake, token, "{")
        return Repair(say("E117", message, mistake.span(token), fix=fix), (mistake.as_kind(mistake.position, "LBRACE"),))
    if mistake.after.kind in ("LBRACE", "BRACE_BAR"):
        message = "a body stands between braces; no colon comes before it"
        return Repair(say("E117", message, mistake.span(token), fix=remove(mistake, token)), (mistake.drop(mistake.position),))
    if _is_preset(mistake):
        message = "a network with other numbers is given with `=`, not with `:`"
        fix = replace(mistake, token, "=")
        return Repair(say("E116", message, mistake.span(token), fix=fix), (mistake.as_kind(mistake.position, "EQUAL"),))
    message = "a body stands between braces `{ … }`; a colon does not begin it"
    end = _indented_end(mistake, mistake.position + 1)
    place = mistake.tokens[end - 1].end
    one_line = mistake.source.source.line_of(place) == mistake.source.source.line_of(token.start)
    if one_line and _goes_on_either_way(mistake, end):
        help = "braces stand around what belongs to it, and the chain goes on behind them: `repeat 2 { conv(64) -> relu }`, then `bn`"
        whole = Token("BROKEN", mistake.at(mistake.start).start, place)
        return Repair(say("E117", message, mistake.span(token), help=help), (Change(mistake.start, end, (whole,)),))
    closing = " }" if one_line else "\n" + " " * _indent(mistake, mistake.position) + "}"
    fix = Fix("write the braces", (Edit(mistake.span(token), " {"), Edit(mistake.place(place), closing)))
    changes = (mistake.as_kind(mistake.position, "LBRACE"), mistake.insert(end, "RBRACE"))
    return Repair(say("E117", message, mistake.span(token), fix=fix, others=(Label(mistake.place(place), "and `}` here"),)), changes)


def _goes_on_either_way(mistake: Mistake, end: int) -> bool:
    """Whether a chain has led to it, `conv(8) -> repeat 2: res -> relu`: where its body ends, and the chain goes on, nobody knows."""
    before = mistake.at(mistake.start - 1)
    if mistake.begins_line(mistake.start) or before.kind not in ("RPAR", "NAME", "RBRACE", "ARROW"):
        return False
    return any(token.kind == "ARROW" for token in mistake.tokens[mistake.position : end])


def _is_preset(mistake: Mistake) -> bool:
    """`network b : a(width = 32)`: behind the colon stands a network of the file, and no step of a body."""
    if mistake.at(mistake.start).kind != "NETWORK" or mistake.after.kind != "NAME" or "EQUAL" not in mistake.machine.expected():
        return False
    pairs = zip(mistake.tokens, mistake.tokens[1:], strict=False)
    networks = {mistake.word(name) for head, name in pairs if head.kind == "NETWORK" and name.kind == "NAME"}
    return mistake.word(mistake.after) in networks


def _indented_end(mistake: Mistake, index: int) -> int:
    """The index after a body that is only indented, or stands on the rest of the line."""
    indent = _indent(mistake, mistake.position)
    depth = 0
    while mistake.tokens[index].kind != "$END":
        kind = mistake.tokens[index].kind
        if not depth and (kind in ("RBRACE", "ELSE") or (mistake.begins_line(index) and _indent(mistake, index) <= indent)):
            break
        depth += nesting(kind)
        index += 1
    return index


def _indent(mistake: Mistake, index: int) -> int:
    source = mistake.source.source
    line = source.line_text(source.line_of(mistake.tokens[index].start)).expandtabs(8)
    return len(line) - len(line.lstrip())


def _between_head_and_body(mistake: Mistake) -> Repair:
    """`stage a flet { … }`, `block b(out) x { … }`: something before the `{` that does not belong there."""
    token, word = mistake.token, mistake.word(mistake.token)
    for right in ("indexed", "flat"):
        if token.kind == "NAME" and SequenceMatcher(None, word, right).ratio() > 0.75 and mistake.machine.fits(right.upper()):
            message = f"`{word}` is not a word of the language; `{right}` is"
            diagnostic = say("E125", message, mistake.span(token), fix=replace(mistake, token, right))
            return Repair(diagnostic, (mistake.as_kind(mistake.position, right.upper()),))
    message = f"`{word}` does not belong here: expected `{{`"
    fix = remove(mistake, token) if token.kind not in ("NUMBER", "SIZE") else None  # a number was written for something
    return Repair(say("E101", message, mistake.span(token), fix=fix), (mistake.drop(mistake.position),))


def missing_braces(mistake: Mistake) -> Repair | None:
    """`if norm bn`, `repeat 3 conv(64)`, `if x then { … }`, `| if x skip`."""
    token = mistake.token
    expected = mistake.machine.expected()
    if "LBRACE" not in expected or mistake.start == mistake.position or "STAGE" in expected:
        return None
    if token.kind == "NAME" and mistake.word(token) in ("then", "do"):
        word = mistake.word(token)
        message = f"`{word}` is not a word of the language: the body follows at once"
        return Repair(say("E117", message, mistake.span(token), fix=remove(mistake, token)), (mistake.drop(mistake.position),))
    if token.kind == "RBRACE" or token.kind == "$END" or token.kind == "BAR":
        return None
    if mistake.after.kind in ("LBRACE", "BRACE_BAR") and not mistake.begins_line():
        return _between_head_and_body(mistake)
    place = mistake.before.end
    if mistake.source.source.line_of(mistake.before.start) in mistake.source.unopened:
        message = "the body that begins here has no `{`"
        diagnostic = say("E110", message, mistake.span(mistake.before), "`{` must follow", fix=insert(mistake, place, " {"))
        return Repair(diagnostic, (mistake.insert(mistake.position, "LBRACE"),))
    if "COLON" in expected:
        message = "a `:` stands between the condition of a path and its steps"
        fix = insert(mistake, place, ":")
        return Repair(say("E123", message, mistake.span(token), "`:` before this", fix=fix), (mistake.insert(mistake.position, "COLON"),))
    if mistake.begins_line():
        if _indent(mistake, mistake.position) <= _indent(mistake, mistake.position - 1):
            return None
        head = mistake.position - 1
        end = mistake.position
        while mistake.tokens[end].kind != "$END" and not (mistake.begins_line(end) and _indent(mistake, end) <= _indent(mistake, head)):
            end += 1
        closing = "\n" + " " * _indent(mistake, head) + "}"
    else:
        end = mistake.body_end()
        closing = " }"
    close = mistake.tokens[end - 1].end
    fix = Fix("write the braces", (Edit(mistake.place(place), " {"), Edit(mistake.place(close), closing)))
    message = f"a body stands between braces: `{{` is missing before {found(mistake)}"
    changes = (mistake.insert(mistake.position, "LBRACE"), mistake.insert(end, "RBRACE"))
    return Repair(say("E117", message, mistake.span(token), "the body begins here", fix=fix), changes)
