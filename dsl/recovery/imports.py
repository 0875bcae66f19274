"""Slips in imports: other words for them, paths and quotes, single blocks in the wrong order."""

from __future__ import annotations

import re
from typing import Final

from ...base.diagnostics import Edit, Fix, Label
from ..lexer.misspelt_words import USAGE
from ..lexer.names_with_digits import name_of_a_file
from ..lexer.scanner import Token
from .expected import found
from .mistake import Change, Mistake, Repair, say

_OTHER_WORDS: Final = ("use", "using", "include", "load", "require")


def other_word(mistake: Mistake) -> Repair | None:
    """`use resnet`, `include "resnet.arch"`."""
    word = mistake.word(mistake.token)
    if not (mistake.at_top and mistake.between and mistake.begins_line()) or word not in _OTHER_WORDS:
        return None
    end = mistake.position + 2
    name = mistake.word(mistake.after) if mistake.after.kind == "NAME" else _stem(mistake, mistake.position + 1)
    if name is None or not (mistake.begins_line(end) or mistake.at(end).kind == "$END"):
        return None
    span = mistake.span(mistake.token).to(mistake.span(mistake.after))
    fix = Fix(f"write `import {name}`", (Edit(span, f"import {name}"),))
    changes = (mistake.as_kind(mistake.position, "IMPORT"), mistake.as_kind(mistake.position + 1, "NAME"))
    return Repair(say("E122", f"a file is brought in by `import`, not by `{word}`", span, fix=fix), changes, start=mistake.position)


def path_of_python(mistake: Mistake) -> Repair | None:
    """`from .resnet import bottleneck`, `import ./resnet`, `from "resnet.arch" import basic`."""
    first = mistake.position
    word = mistake.word(mistake.token)
    if not (mistake.at_top and mistake.between and mistake.begins_line()) or word not in ("from", "import"):
        return None
    name = first + 1
    while mistake.at(name).kind in ("DOT", "SLASH"):
        name += 1
    stem = mistake.word(mistake.at(name)) if mistake.at(name).kind == "NAME" else _stem(mistake, name)
    if stem is None or (name == first + 1 and mistake.at(name).kind == "NAME"):
        return None
    further = mistake.at(name + 1)
    if word == "from" and mistake.word(further) != "import":
        return None
    place = mistake.span(mistake.at(first + 1)).to(mistake.span(mistake.at(name)))
    changes = [mistake.as_kind(first, word.upper()), Change(first + 1, name + 1, (mistake.at(name)._replace(kind="NAME"),))]
    changes += [mistake.as_kind(name + 1, "IMPORT")] if word == "from" else []
    message = "a file is imported by its name: it is looked for beside this one, then among the networks that come with archc"
    fix = Fix(f"write `{word} {stem}{' import …' if word == 'from' else ''}`", (Edit(place, stem),))
    return Repair(say("E122", message, place, fix=fix), tuple(changes), damaged=True, start=first)


def _stem(mistake: Mistake, index: int) -> str | None:
    """The name of the file that a text between quotes means."""
    if mistake.at(index).kind != "TEXT":
        return None
    name = re.fullmatch(r"""["'](?:\./)?([A-Za-z_]\w*)(?:\.arch)?["']""", mistake.word(mistake.at(index)))
    return name[1] if name is not None else None


def import_from(mistake: Mistake) -> Repair | None:
    """`import bottleneck from resnet`."""
    first = mistake.start
    if mistake.at(first).kind != "FROM" or mistake.begins_line(first) or mistake.before.kind != "NAME":
        return None
    start = first
    while start and not mistake.begins_line(start):
        start -= 1
    word, from_ = mistake.tokens[start], mistake.tokens[first]
    if word.kind != "IMPORT":
        return None
    names, path = mistake.tokens[start + 1 : first], mistake.tokens[first + 1 : mistake.position]
    if any(name.kind != "NAME" for name in names[::2]) or any(name.kind != "COMMA" for name in names[1::2]):
        return None
    text = mistake.source.source.text
    right = f"from {text[path[0].start : path[-1].end]} import {text[names[0].start : names[-1].end]}"
    span = mistake.span(word).to(mistake.span(path[-1]))
    turned = (word._replace(kind="FROM"), *path, from_._replace(kind="IMPORT"), *names)
    return Repair(
        say("E122", "the file comes first in an import of single blocks", span, fix=Fix(f"write `{right}`", (Edit(span, right),))),
        (Change(start, mistake.position, turned),),
        start=start,
    )


def incomplete(mistake: Mistake, first: Token) -> Repair | None:
    """An import that goes on in another way than it may."""
    token = mistake.token
    if mistake.word(token) == "import":
        token = mistake.after
    if first.kind == "IMPORT" and token.kind == "COMMA" and mistake.after.kind == "NAME" and token is mistake.token:
        gap = mistake.place(token.start).to(mistake.place(mistake.after.start))
        fix = Fix("write one import for each", (Edit(gap, "\nimport "),))
        return Repair(say("E122", "an import names one file", mistake.span(token), fix=fix), (mistake.as_kind(mistake.position, "IMPORT"),))
    if first.kind == "IMPORT" and (name := _stem(mistake, mistake.position)) is not None:
        fix = Fix(f"write `{name}`", (Edit(mistake.span(token), name),))
        diagnostic = say("E122", "a file is imported by its name, without quotes and ending", mistake.span(token), fix=fix)
        return Repair(diagnostic, (mistake.as_kind(mistake.position, "NAME"),), damaged=True)
    if first.kind == "IMPORT":
        help = f"write {USAGE['import']}; single blocks come with {USAGE['from']}"
        message = "an import names one file" if token.kind == "COMMA" else f"{found(mistake)} does not belong in an import"
    elif token.kind == "STAR":
        message, help = "what is imported is named one by one, not by `*`", f"write {USAGE['from']}"
    elif token.kind == "LPAR":
        message, help = "the names of an import stand without parentheses", f"write {USAGE['from']}"
    elif token.kind == "AS":
        message, help = "what comes `from` a file keeps its name", "`import resnet as r` names the file; then `r.bottleneck`"
    else:
        message, help = f"{found(mistake)} does not belong in an import", f"write {USAGE['from']}"
    help = name_of_a_file(mistake.source.source.line_text(mistake.span(first).line)) or help
    others = (Label(mistake.span(first).to(mistake.span(mistake.before)), "the import"),) if token is not first else ()
    return Repair(say("E122", message, mistake.span(token), help=help, others=others), ())
