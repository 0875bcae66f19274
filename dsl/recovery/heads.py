"""Slips in the heads of statements: the shape of an `input`, the name of a `stage`, the list of a `for`."""

from __future__ import annotations

import re
from itertools import chain, count

from ...base.diagnostics import Edit, Fix
from ..lexer.scanner import Token
from .mistake import Change, Mistake, Repair, say
from .steps import chain_start


def shape_in_parentheses(mistake: Mistake) -> Repair | None:
    """`input image(3, 32, 32)`, `expect (64, 8, 8)`, `input image: [3, 32, 32]`, `input image = [3, 32, 32]`."""
    token, first = mistake.token, mistake.at(mistake.start)
    if first.kind not in ("INPUT", "EXPECT") or mistake.position - mistake.start > 2:
        return None
    if token.kind in ("COLON", "EQUAL") and mistake.after.kind in ("LSQB", "LPAR") and first.kind == "INPUT":
        place = mistake.at(mistake.position + 1)
        edit = Edit(mistake.place(mistake.before.end).to(mistake.place(place.start)), "")
        message = f"the shape of an input stands behind its name, without `{mistake.word(token)}`"
        fix = Fix(f"leave `{mistake.word(token)}` out", (edit,))
        return Repair(say("E101", message, mistake.span(token), fix=fix), (mistake.drop(mistake.position),))
    if token.kind != "LPAR":
        return None
    end = mistake.value_end(mistake.position)
    if mistake.tokens[end - 1].kind != "RPAR":
        return None
    closing = mistake.tokens[end - 1]
    span = mistake.span(token).to(mistake.span(closing))
    edits = (Edit(mistake.span(token), "["), Edit(mistake.span(closing), "]"))
    fix = Fix(f"write `[{span.text[1:-1]}]`", edits)
    changes = (mistake.as_kind(mistake.position, "LSQB"), mistake.as_kind(end - 1, "RSQB"))
    return Repair(say("E121", "a shape stands in brackets, not in parentheses", span, fix=fix), changes)


def nameless_input(mistake: Mistake) -> Repair | None:
    """`input [3, 32, 32]`."""
    before, token = mistake.before, mistake.token
    if before.kind != "NAME" or mistake.word(before) != "input" or token.kind != "LSQB" or not mistake.begins_line(mistake.position - 1):
        return None
    end = mistake.value_end(mistake.position)
    shape = mistake.span(token).to(mistake.span(mistake.tokens[end - 1])).text
    name = "x" if shape.count(",") in (0, 1) else "image"
    fix = Fix(f"write `input {name}{shape}`", (Edit(mistake.place(before.end).to(mistake.place(token.start)), f" {name}"),))
    whole = Token("BROKEN", before.start, mistake.tokens[end - 1].end)
    diagnostic = say("E122", "a name is missing after `input`", mistake.span(before), fix=fix)
    return Repair(diagnostic, (Change(mistake.position - 1, end, (whole,)),), start=mistake.position - 1)


def default_without_its_call(mistake: Mistake) -> Repair | None:
    """`default conv { bias = false }`, `default bias = false`: a default is a call."""
    first = mistake.position - 2
    if mistake.at(first).kind != "DEFAULT" or mistake.before.kind != "NAME" or mistake.token.kind not in ("LBRACE", "EQUAL"):
        return None
    end = mistake.value_end(mistake.position if mistake.token.kind == "LBRACE" else mistake.position + 1)
    last, name = mistake.at(end - 1), mistake.word(mistake.before)
    whole = mistake.span(mistake.at(first)).to(mistake.span(last))
    if mistake.token.kind == "EQUAL":
        value = mistake.span(mistake.after).to(mistake.span(last)).text
        operation = "bn" if name in ("eps", "momentum", "affine") else "conv"
        help = f"write `default {operation}({name} = {value})`"
        diagnostic = say("E122", "a default is that of an operation or a block, which stands before it", whole, help=help)
        return Repair(diagnostic, (Change(first, end, (Token("BROKEN", whole.start, whole.end),)),), start=first)
    if last.kind != "RBRACE" or any(token.kind in ("ARROW", "LBRACE") for token in mistake.tokens[mistake.position + 1 : end]):
        return None
    inside = mistake.place(mistake.token.end).to(mistake.place(last.start)).text.strip()
    right = f"default {name}({inside})"
    diagnostic = say("E124", f"the arguments of `{name}` stand in parentheses", whole, fix=Fix(f"write `{right}`", (Edit(whole, right),)))
    changes = (mistake.as_kind(mistake.position, "LPAR"), mistake.as_kind(end - 1, "RPAR"))
    return Repair(diagnostic, changes, start=first)


def input_of_a_block(mistake: Mistake) -> Repair | None:
    """`block res(c) { input x … }`: a block names in its head what it takes."""
    first = mistake.start
    if mistake.at(first).kind != "INPUT" or mistake.position != first + 2 or mistake.before.kind != "NAME" or mistake.token.kind == "LSQB":
        return None
    item = first
    while item > 0 and mistake.tokens[item].kind not in ("BLOCK", "NETWORK"):
        item -= 1
    body = item + 1
    while body < first and mistake.tokens[body].kind != "LBRACE":
        body += 1
    if mistake.tokens[item].kind != "BLOCK" or body >= first:
        return None
    name, whole = mistake.word(mistake.before), mistake.span(mistake.at(first)).to(mistake.span(mistake.before))
    head = mistake.span(mistake.tokens[item]).to(mistake.span(mistake.tokens[body - 1])).text
    text = whole.source.text
    end = text.find("\n", whole.end)
    begin = text.rfind("\n", 0, whole.start) + 1
    alone = end >= 0 and not text[begin : whole.start].strip() and not text[whole.end : end].strip()
    line = mistake.place(begin).to(mistake.place(end + 1)) if alone else whole
    edits = (Edit(mistake.place(mistake.tokens[body - 1].end), f" takes {name}"), Edit(line, ""))
    rest = re.split(r"\n[ \t]*(?:block|network)\b", text[mistake.tokens[body].start :])[0]
    one = " takes " not in head and len(re.findall(r"\binput[ \t]+[A-Za-z_]", rest)) == 1
    help = f"what it takes stands in its head: `block name(…) takes {name} {{ … }}`; the tensor at hand alone needs no name"
    fix = Fix(f"write `{head} takes {name} {{ … }}`", edits) if one else None
    diagnostic = say("E237", "`input` belongs to a network's own body", whole, help=None if fix else help, fix=fix)
    return Repair(diagnostic, (Change(first, mistake.position, (Token("BROKEN", whole.start, whole.end),)),), start=first)


def inputs_in_a_row(mistake: Mistake) -> Repair | None:
    """`input a[3, 32, 32], b[1, 32, 32]`."""
    first = mistake.position
    while first and not mistake.begins_line(first):
        first -= 1
    while mistake.tokens[first].kind != "INPUT" and first < mistake.position:
        first += 1
    after = mistake.at(mistake.position + 2)
    if mistake.token.kind != "COMMA" or mistake.tokens[first].kind != "INPUT" or mistake.before.kind != "RSQB":
        return None
    if mistake.after.kind != "NAME" or after.kind != "LSQB" or mistake.in_parentheses():
        return None
    text = mistake.source.source.text
    indent = text[: mistake.tokens[first].start].rpartition("\n")[2]
    gap = mistake.place(mistake.token.start).to(mistake.place(mistake.after.start))
    fix = Fix("write it as a statement of its own", (Edit(gap, f"\n{indent}input " if not indent.strip() else " input "),))
    word = Token("INPUT", mistake.token.start, mistake.token.end)
    return Repair(
        say("E101", "each input is a statement of its own", mistake.span(mistake.token), fix=fix),
        (Change(mistake.position, mistake.position + 1, (word,)),),
        start=mistake.position if mistake.between else None,
    )


def name_of_signs(mistake: Mistake) -> Repair | None:
    """`stage 1 { … }`, `stage layer-1 { … }`, `aux 2 { … }`."""
    first = mistake.position
    while first > 0 and mistake.tokens[first].kind not in ("STAGE", "AUX") and not mistake.begins_line(first):
        first -= 1
    word = mistake.word(mistake.tokens[first])
    if word not in ("stage", "aux") or first == mistake.position:
        return None
    end = first + 1
    while mistake.tokens[end].kind in ("NAME", "NUMBER", "SIZE", "MINUS", "DOT", "SLASH") and (
        end == first + 1 or mistake.at(end - 1).end == mistake.tokens[end].start
    ):
        end += 1
    if mistake.tokens[end].kind not in ("LBRACE", "INDEXED", "FLAT") or end == first + 1 or end <= mistake.position:
        return None
    span = mistake.span(mistake.tokens[first + 1]).to(mistake.span(mistake.tokens[end - 1]))
    name = Token("NAME", span.start, span.end)
    head = mistake.tokens[first]._replace(kind=word.upper())
    right = f'"{"".join(span.text.split())}"'
    message = f"`{span.text}` is no name of a {word}: what is not made of letters, digits and `_` stands between quotes"
    diagnostic = say("E210", message, span, fix=Fix(f"write `{right}`", (Edit(span, right),)))
    return Repair(diagnostic, (Change(first, end, (head, name)),), start=first)


def names_of_a_loop(mistake: Mistake) -> Repair | None:
    """`for (t, c, n) in rows { … }`, `for t, c, n in rows { … }`: a loop names the item, or its number and the item."""
    first = mistake.start
    if mistake.at(first).kind != "FOR" or mistake.token.kind not in ("LPAR", "COMMA") or mistake.position - first > 4:
        return None
    end = first + 1
    while mistake.at(end).kind in ("NAME", "COMMA", "LPAR", "RPAR"):
        end += 1
    inside = [token for token in mistake.tokens[first + 1 : end] if token.kind == "NAME"]
    kinds = "".join({"NAME": "n", "COMMA": ",", "LPAR": "(", "RPAR": ")"}[token.kind] for token in mistake.tokens[first + 1 : end])
    numbered = kinds.startswith("n,(")
    if mistake.at(end).kind != "IN" or len(inside) < 2 or kinds.count("(") > 1 or (numbered and not kinds.endswith(")")):
        return None
    body = end + 1
    while mistake.at(body).kind not in ("LBRACE", "BRACE_BAR", "$END") and not mistake.begins_line(body):
        body += 1
    if mistake.at(body).kind != "LBRACE":
        return None
    names = [mistake.word(token) for token in inside]
    number, parts = (names[0], names[1:]) if numbered else ("", names)
    taken = set(re.findall(r"\w+", mistake.source.source.text))
    row = next(word for word in chain(("row", "item", "parts"), (f"row{number}" for number in count(2))) if word not in taken)
    target = f"{number}, {row}" if number else row
    lets = "  ".join(f"let {name} = {row}[{place}]" for place, name in enumerate(parts))
    place = mistake.at(body).end
    gap = "" if mistake.begins_line(body + 1) else " "
    span = mistake.span(mistake.at(first + 1)).to(mistake.span(mistake.at(end - 1)))
    fix = Fix(f"write `for {target} in … {{ {lets} … }}`", (Edit(span, target), Edit(mistake.place(place), f" {lets}{gap}")))
    whole = Token("BROKEN", mistake.at(first).start, mistake.tokens[mistake.value_end(body) - 1].end)
    message = "a loop names an item, or its number and the item: the parts of an item are read in the body"
    return Repair(say("E121", message, span, fix=fix), (Change(first, mistake.value_end(body), (whole,)),), start=first)


def list_of_a_loop(mistake: Mistake) -> Repair | None:
    """`for w in 64, 128, 256 { … }`."""
    if mistake.token.kind != "COMMA" or mistake.at(mistake.start).kind != "FOR" or mistake.in_parentheses():
        return None
    kinds = [token.kind for token in mistake.tokens[mistake.start : mistake.position]]
    if "IN" not in kinds:
        return None
    begin = mistake.start + kinds.index("IN") + 1
    end = mistake.position
    while mistake.tokens[end].kind not in ("LBRACE", "BRACE_BAR", "COLON", "$END") and not mistake.begins_line(end):
        end += 1
    span = mistake.span(mistake.tokens[begin]).to(mistake.span(mistake.tokens[end - 1]))
    right = f"[{span.text}]"
    opening = Token("LSQB", span.start, span.start)
    changes = (Change(begin, begin, (opening,)), mistake.insert(end, "RSQB"))
    return Repair(say("E121", "a list stands in brackets", span, fix=Fix(f"write `{right}`", (Edit(span, right),))), changes)


def then_without_braces(mistake: Mistake) -> Repair | None:
    """`if norm then bn`: the word stands for the brace."""
    word = mistake.word(mistake.token)
    if mistake.token.kind != "NAME" or word not in ("then", "do") or "LBRACE" not in mistake.machine.expected():
        return None
    if mistake.after.kind in ("LBRACE", "BRACE_BAR", "$END") or mistake.begins_line(mistake.position + 1):
        return None
    end = mistake.body_end()
    close = mistake.tokens[end - 1].end
    edits = (Edit(mistake.span(mistake.token), "{"), Edit(mistake.place(close), " }"))
    message = f"a body stands between braces: `{word}` is not a word of the language"
    changes = (mistake.as_kind(mistake.position, "LBRACE"), mistake.insert(end, "RBRACE"))
    return Repair(say("E117", message, mistake.span(mistake.token), fix=Fix("write the braces", edits)), changes)


def then_and_else(mistake: Mistake) -> Repair | None:
    """`if deep then conv(4) else relu`: each word stands for a brace."""
    first, token = mistake.position, mistake.token
    end = mistake.body_end()
    inside = mistake.tokens[first + 1 : end]
    words = [index for index, row in enumerate(inside, first + 1) if row.kind == "NAME" and mistake.word(row) == "then"]
    others = [index for index, row in enumerate(inside, first + 1) if row.kind == "ELSE"]
    if token.kind != "VALUE_IF" or not mistake.between or len(words) != 1 or len(others) != 1 or not first + 1 < words[0] < others[0] - 1:
        return None
    (then,), (other,) = words, others
    close = mistake.tokens[end - 1].end
    if other + 1 >= end:
        return None
    edits = (
        Edit(mistake.span(mistake.tokens[then]), "{"),
        Edit(mistake.span(mistake.tokens[other]), "} else {"),
        Edit(mistake.place(close), " }"),
    )
    message = "a body stands between braces: `then` is not a word of the language"
    changes = (
        mistake.as_kind(first, "IF"),
        mistake.as_kind(then, "LBRACE"),
        mistake.insert(other, "RBRACE"),
        mistake.insert(other + 1, "LBRACE"),
        mistake.insert(end, "RBRACE"),
    )
    diagnostic = say("E117", message, mistake.span(mistake.tokens[then]), fix=Fix("write the braces", edits))
    return Repair(diagnostic, changes, start=first)


def bar_as_arrow(mistake: Mistake) -> Repair | None:
    """`conv(64) | bn | relu`: a pipe of the shell."""
    if mistake.token.kind != "BAR" or mistake.begins_line() or mistake.before.kind not in ("NAME", "RPAR") or mistake.after.kind != "NAME":
        return None
    depth = 0
    for token in reversed(mistake.tokens[: mistake.position]):
        if token.kind == "RBRACE":
            depth += 1
        elif token.kind in ("LBRACE", "BRACE_BAR"):
            if not depth and token.kind == "BRACE_BAR":
                return None
            depth -= 1
            if depth < 0:
                break
    index = mistake.position
    while index and not mistake.begins_line(index):
        index -= 1
    if any(token.kind in ("LBRACE", "BRACE_BAR") for token in mistake.tokens[index : mistake.position]):
        return None
    fix = Fix("write `->`", (Edit(mistake.span(mistake.token), "->"),))
    message = "steps are joined by `->`, not by `|`, which begins a path of a merge"
    start = chain_start(mistake, mistake.position)
    return Repair(say("E114", message, mistake.span(mistake.token), fix=fix), (mistake.as_kind(mistake.position, "ARROW"),), start=start)
