"""What becomes of an edit: still a legal network, or an error that leads to the place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import torch

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.compiler.driver import Checked, check_source
from archc.compiler.graph.graph import Graph
from archc.compiler.graph.program import Program
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.sample_inputs import zeros
from archc.dsl import ast
from archc.dsl.parser.parse import parse

from .edits import Edit, every

LIBRARY = Path(__file__).parents[2] / "architectures"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`legal`, `located` (the first error leads to the edit) or `lost`; and how many errors there were."""

    outcome: str
    errors: int
    first: Diagnostic | None
    checked: Checked | None


def judge(name: str, edit: Edit) -> Verdict:
    source = Source.of(name, edit.text)
    checked = check_source(source)
    errors = [row for row in checked.diagnostics if row.is_error]
    if not errors:
        return Verdict("legal", 0, None, checked)
    located = leads_to(errors[0], edit, source)
    return Verdict("located" if located else "lost", len(errors), errors[0], checked)


def confirm(program: Program) -> None:
    """PyTorch runs the network that archc took for legal, with the shapes that archc gave (on the meta device: no numbers)."""
    graph = Graph(program)
    with torch.device("meta"), torch.no_grad():
        module = build(graph).eval()
        made = module(*zeros(graph, 2))
    outputs = [made] if isinstance(made, torch.Tensor) else list(made)
    assert [tuple(output.shape[1:]) for output in outputs] == [node.shape for node in graph.outputs]


def leads_to(error: Diagnostic, edit: Edit, source: Source) -> bool:
    """Whether the error lies in the edited statement, or in the merge or operation that the edit breaks and says so.

    It says so when one of its labels, its notes or the calls that led to it points into the edited statement, or when it is the merge that holds it.
    """
    places = [(label.span.source.name, label.span.start, label.span.end) for label in (error.primary, *error.secondary)]
    for note in (*error.notes, *error.where):
        for name, line, column in re.findall(r"(\S+\.arch):(\d+):(\d+)", note):
            if name == source.name and int(line) <= len(source.line_starts):
                at = source.line_starts[int(line) - 1] + int(column) - 1
                places.append((name, at, at + 1))
    # A sign beside the statement counts: a brace that is inserted before it, a bar that is left over.
    if any(name == source.name and start <= edit.end + 2 and edit.start <= max(end, start + 1) + 2 for name, start, end in places):
        return True
    return _holds(error, edit, source) or _misses(error, edit)


def _misses(error: Diagnostic, edit: Edit) -> bool:
    """Whether the error is at the first step that misses what a deleted statement gave: a value, a label, a default, the input."""
    if not edit.kind.startswith("delete"):
        return False
    deleted = edit.what.split(" -> ''")[0]
    missed = {"E201": r"named `(\w+)`", "E202": r"labelled `(\w+)`", "E205": r"`(\w+)` needs", "E204": r"`(\w+)` has no"}
    if error.code == "E236":
        return "input" in deleted
    found = re.search(missed[error.code], error.message) if error.code in missed else None
    return found is not None and (found.group(1) in deleted or any(re.fullmatch(row, found.group(1)) for row in _labels(deleted)))


def _labels(deleted: str) -> list[str]:
    """The labels of rounds in a text, `"x{i}": …`, as patterns of what they make."""
    return [".+".join(map(re.escape, re.split(r"\{[^{}]*\}", label))) for label in re.findall(r'"([^"]*)"\s*:', deleted)]


def _holds(error: Diagnostic, edit: Edit, source: Source) -> bool:
    """Whether the error is at a merge that holds the edit, or at an operation or block that refuses what comes to it after the edit."""
    if not error.code.startswith("E3") and error.code not in ("E230", "E231", "E234", "E235", "E405"):
        return False
    file, _ = parse(source)
    for merge in every(ast.Merge, file):
        assert isinstance(merge, ast.Merge)
        if merge.head.span.start == error.primary.span.start and merge.span.start <= edit.start and edit.end <= merge.span.end:
            return True
    # The operation that the edit breaks: the first, in the order of the text, that refuses what the edited step gives.
    called = [int(line) for name, line in re.findall(r"called at (\S+?):(\d+):", " ".join(error.where)) if name == source.name]
    after = any(line >= source.line_of(edit.start) for line in called)
    return after or error.primary.span.source.name != source.name or error.primary.span.start >= edit.start
