"""Edits of a body with lines of Python's: they are offered where the steps that come of them mean what the lines mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from ...base.diagnostics import Diagnostic, Edit
from ...base.records import dataclass
from ...base.source import Source
from ...dsl import ast
from ...dsl.parser.parse import parse
from ...reporting.fixes import applied
from ..files.near_names import WITH_SIGNS
from .meant import same
from .whole import Read, read_body

Again = Callable[[Source], Sequence[Diagnostic]]
"""What is said of another text, as it is said without this."""

_PASSES: Final = 5
_ADVICE: Final = "write it in steps: each takes what the one before gave; what is read further on has a label of its own, `a: conv(64)`, and is taken up by `skip(a)`"
_AGAIN: Final = "in steps, as is said above of this body"
_WHY: Final = "no edit is made: steps that certainly mean the same as all the lines of this body were not found"
_FLOW: Final = re.compile(r"->|[{}|:;\n]|(?<![=!<>])=(?!=)|\b(?:skip|reuse|return|let|output|self)\b")
_MAYBE: Final = re.compile(r"(?m)^[^#\n]*(?:\w\s*[-+*/@]?=(?!=)|\breturn\b|:[ \t]*$|\)\s*\(|\w\.\w+\(|\w\([ \t]*[A-Za-z_])")


@dataclass(frozen=True, slots=True)
class _Body:
    """Where the body of a block or network stands, and what it gives."""

    start: int
    end: int
    read: Read


def vetted(source: Source, found: Sequence[Diagnostic], again: Again) -> dict[int, Diagnostic]:
    """By its place in `found`: what a diagnostic becomes whose edits are withheld."""
    rows = {number: row for number, row in enumerate(found) if _is_of_lines(row, source)}
    if not rows or _MAYBE.search(source.text) is None:
        return {}
    plain = applied(row for row in rows.values() if not _flows(row))
    start = Source.of(source.name, plain[source.name][0]) if source.name in plain else source
    bodies = _bodies(source)
    meant = _bodies(start)
    touched = [
        number
        for number, body in enumerate(bodies)
        if body.read.is_python and any(_flows(row) and _stands_in(row, body) for row in rows.values())
    ]
    if not touched:
        return {}
    ends = _bodies(_mended(source, found, again))
    wrong = [
        bodies[number]
        for number in touched
        if len(ends) != len(bodies) or len(meant) != len(bodies) or not _means_the_same(meant[number], ends[number])
    ]
    withheld: dict[int, Diagnostic] = {}
    advised: list[_Body] = []
    for number, row in sorted(rows.items(), key=lambda item: item[1].primary.span.start):
        body = next((body for body in wrong if _stands_in(row, body)), None) if _flows(row) else None
        if body is None:
            continue
        if body in advised:
            withheld[number] = replace(row, help=_step_alone(row) or _AGAIN, fix=None)
        else:
            withheld[number] = replace(row, help=_ADVICE, fix=None, notes=(*row.notes, _WHY))
            advised.append(body)
    return withheld


def _step_alone(row: Diagnostic) -> str | None:
    """What a call is here, whichever tensor it works on."""
    message = row.fix.message if row.fix is not None else ""
    return re.sub(r"(?<=`)skip\([\w.]+\) -> ", "", message) if message.startswith("in archc it is `") else None


def _means_the_same(before: _Body, after: _Body) -> bool:
    if before.read.results is None or after.read.results is None or after.read.is_python:
        return False
    return same(before.read.results, after.read.results)


def _mended(source: Source, found: Sequence[Diagnostic], again: Again) -> Source:
    """The text once all that is offered of lines is made, as often as it brings others to light."""
    for _ in range(_PASSES):
        changed = applied(row for row in found if _is_of_lines(row, source))
        if source.name not in changed or changed[source.name][0] == source.text:
            break
        source = Source.of(source.name, changed[source.name][0])
        found = again(source)
    return source


def _is_of_lines(row: Diagnostic, source: Source) -> bool:
    """Whether a text is to be edited for what it says, and not for its shapes."""
    return row.fix is not None and row.code[:2] in ("E1", "E2") and all(edit.span.source.name == source.name for edit in row.fix.edits)


def _flows(row: Diagnostic) -> bool:
    """Whether its edits change which step takes what: more than a word, or a call by another."""
    return row.fix is not None and any(
        not _names(edit) and not _names_an_argument(edit) and (_cuts(edit) or _drops(edit) or _FLOW.search(_bare(edit)) is not None)
        for edit in row.fix.edits
    )


def _names(edit: Edit) -> bool:
    """Whether a name is written as it is spelled here, `efficientnet_b3` for `efficientnet-b3`, or imported."""
    is_import = not edit.span.text and edit.text.startswith("from ")
    return is_import or (WITH_SIGNS.fullmatch(edit.span.text) is not None and edit.text.isidentifier())


def _names_an_argument(edit: Edit) -> bool:
    """`-> upsample(image)` is `-> upsample(like = image)`: a step behind an arrow takes its tensor of the chain, and no argument is one."""
    name, sign, value = edit.text.partition(" = ")
    line = edit.span.source.text[: edit.span.start].rpartition("\n")[2]
    same_value = value == edit.span.text.rpartition("=")[2].strip()
    return bool(sign) and name.isidentifier() and same_value and re.search(r"->\s*[\w.]+\([^()]*\Z", line) is not None


def _cuts(edit: Edit) -> bool:
    """Whether something goes that is no argument."""
    text = edit.span.text.strip()
    return not edit.text.strip() and bool(text) and not (text[0] in "(," or text[-1] == ",")


def _drops(edit: Edit) -> bool:
    """Whether a name among the arguments of a call goes, which may be a tensor: `F.relu(self.conv1(x))` is more than `relu`."""
    _, _, arguments = edit.span.text.partition("(")
    arguments = re.sub(r"[A-Za-z_][\w.]*\.[A-Z]\w*", "", arguments)  # a layer that is made there, as `nn.Conv2d(…)` within `weight_norm(…)`
    step = edit.text.partition("(")[0]
    arguments = re.sub(r"\A\s*(\w+)\(", lambda call: "(" if step.endswith(f"_{call[1]}") else call[0], arguments)  # `weight_norm(conv(…))`
    names = set(re.findall(r"(?<![\w.\"'])[A-Za-z_]\w*(?!\w|\s*=(?!=)|[\"'])", arguments)) - {"True", "False", "None"}
    return not names <= set(re.findall(r"\w+", edit.text))


def _bare(edit: Edit) -> str:
    """Both texts of an edit, without the arguments of calls."""
    text = f"{edit.span.text} {edit.text}"
    return re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", text))


def _stands_in(row: Diagnostic, body: _Body) -> bool:
    return row.fix is not None and any(body.start <= edit.span.start <= body.end for edit in row.fix.edits)


def _bodies(source: Source) -> list[_Body]:
    file, _ = parse(source)
    found = []
    for item in file.items:
        if isinstance(item, ast.Block | ast.Network):
            begin, end = source.text.find("{", item.head.end), source.text.rfind("}", item.span.start, item.span.end)
            if not item.head.end <= begin < end:
                continue
            inputs = [name.name for name in item.inputs] if isinstance(item, ast.Block) else []
            read = read_body(source.text[begin + 1 : end], inputs, [row.name.name for row in item.parameters])
            found.append(_Body(begin + 1, end, read))
    return found
