"""Lines of Python's, put into steps: `x = F.relu(self.bn1(self.conv1(x)))`, `out += identity`.

There each line names what it works on and what it makes. Here a step takes the tensor at hand: what a line says is the steps on from it,
and of those that were declared above and so have run already, `conv1: conv(64)`, nothing more is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import field, replace
from typing import Final, TypeAlias

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem
from ...base.records import dataclass
from ...base.source import Span
from ...dsl import ast
from ...dsl.recovery.kept import names_the_tensor_at_hand
from ..graph.program import Node
from ..ops import TABLE
from ..ops.foreign_names import same_as
from .closures import Environment, Frame, Labelled, Lines, Template, Tensors
from .evaluator import Evaluator
from .foreign_methods import step_of_method
from .foreign_shapes import Around, Differs
from .foreign_translation import translated
from .functions import FUNCTIONS
from .interfaces import Expander
from .naming import is_assigned
from .values import WORDS, Unknowable

_AT_HAND: Final = frozenset({"x", "y", "h", "out", "output", "outputs", "inputs", "input", "hidden_states"})
"""What Python's texts call what comes in, and the tensor at hand."""

_NOWHERE: Final = "…"
"""Where steps begin on a tensor that has no name here: what came into a block, once others have run."""

_MERGES: Final = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
_BY_A_NUMBER: Final = {"+": "offset", "*": "scale"}
_INSTEAD_OF: Final = ("E114", "E116", "E201", "E205", "E206", "E207", "E222", "E227")
"""What is said of a part of such a line, where the line as a whole is not seen."""

_OWN_LABEL: Final = "what is read further on has a label of its own, `a: conv(64)`, and is taken up by `skip(a)`"
_FOLLOW: Final = "steps are not called within each other: each takes what the one before gave"
Line: TypeAlias = ast.Step | ast.Let


@dataclass(frozen=True, slots=True)
class _Path:
    """Steps on a tensor, which `start` takes up ("" where it is at hand). `is_lost`: what is at hand is what an earlier line makes.

    `moved` are declarations above, on lines of their own, of steps that run here. `or_else` is the other tensor that its name may mean.
    """

    tensor: Tensors
    start: str = ""
    steps: tuple[str, ...] = ()
    is_lost: bool = False
    moved: tuple[Span, ...] = ()
    or_else: str = ""

    def then(self, *steps: str) -> _Path:
        return replace(self, steps=(*self.steps, *steps))

    @property
    def parts(self) -> tuple[str, ...]:
        return (self.start, *self.steps) if self.start else self.steps


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads what a line makes of tensors. `name` is what it gives it to."""

    frame: Frame
    evaluator: Evaluator
    nodes: Sequence[Node]
    name: str
    called: set[str] = field(default_factory=set)

    @property
    def environment(self) -> Environment:
        return self.frame.environment

    def path(self, node: ast.Expression) -> _Path | None:
        """None where it is no tensor, or not certain."""
        match node:
            case ast.Name(name=word):
                return self._tensor(word)
            case ast.Attribute():
                found = self.evaluator.labelled(node)
                return _Path(found.tensors, f"skip({node.span.text})") if found is not None else None
            case ast.Call():
                return self._call(node)
            case ast.Binary(operator="+" | "-" | "*" | "/"):
                return self._joined(node)
        return None

    def names_a_tensor(self, node: ast.Expression) -> bool:
        """Whether a tensor stands in it by its name."""
        return any(isinstance(part, ast.Name) and self._tensor(part.name) is not None for part in ast.walk(node))

    def _tensor(self, word: str) -> _Path | None:
        lines = self.frame.lines
        at_hand = _Path(self.frame.current, is_lost=lines is not None and self.frame.current is None)
        if word == "skip" or (lines is not None and word in lines.at_hand):
            return at_hand
        if self.environment.binding(word) is not None:
            return None
        found = self.environment.label(word)
        if found is None:
            return self._unnamed(word)
        if found.tensors is not None and found.tensors == self.frame.current:
            return at_hand
        if self._has_gone_on(found):
            return replace(at_hand, or_else=f"skip({found.name})")
        return None if is_assigned(found.span) and names_the_tensor_at_hand(found.span) else _Path(found.tensors, f"skip({found.name})")

    def _has_gone_on(self, label: Labelled) -> bool:
        """Whether it is a name of Python's for the tensor at hand, and steps that have no name stand between: here it is still what came in."""
        if is_assigned(label.span) or label.again is not None or (label.name != self.name and label.name not in _AT_HAND):
            return False
        labels = (row for level in self.environment.levels() for row in level.labels.values())
        return self.frame.current is not None and all(row.tensors != self.frame.current for row in labels)

    def is_lost(self, word: str) -> bool:
        """Whether it is a name that lines give over and over, and that is not at hand any more."""
        found = self.environment.label(word)
        return found is not None and is_assigned(found.span) and self._tensor(word) is None

    def _unnamed(self, word: str) -> _Path | None:
        """A name that nothing has here: what is at hand, where the line gives it anew, or what came in."""
        if word == self.name and word not in TABLE:
            return _Path(self.frame.current, is_lost=self.frame.lines is not None and self.frame.current is None)
        if word not in _AT_HAND:
            return None
        if isinstance(self.frame.entry, int):
            return _Path(self.frame.entry, "" if self.frame.entry == self.frame.current else _NOWHERE)
        return _Path(None) if self.frame.current is None and self.frame.lines is None else None

    def _call(self, node: ast.Call) -> _Path | None:
        path = node.path[1:] if node.path[0] == "self" and len(node.path) > 1 else node.path
        first = node.arguments[0].value if node.arguments and node.arguments[0].name is None else None
        if node.bare and len(path) == 1 and self.environment.label(path[0]) is not None:
            return self._tensor(path[0])  # `out = identity`, where that is a name of the text's
        if len(path) == 2 and not node.bare and (self.environment.label(path[0]) is not None or path[0] == self.name):
            return self._method(node)
        if path == ("skip",):
            return self.path(first) if first is not None else _Path(self.frame.current)
        inner = self._given(path, first)
        rest = node.arguments[inner is not None :]
        if any(row.name is None and self._is_a_tensor(row.value) for row in rest if not isinstance(self._bound(path), Template)):
            return None  # which one is not certain
        base = _Path(self.frame.current) if inner is None else inner
        label = self.environment.label(path[0]) if len(path) == 1 and self.environment.binding(path[0]) is None else None
        if label is not None and not (rest and path[0] in TABLE):
            return self._run_already(base, path[0], label) if inner is not None and not rest else None
        step = self._step(replace(node, path=path, arguments=tuple(rest)))
        return base.then(step) if step is not None else None

    def _method(self, node: ast.Call) -> _Path | None:
        """`y.tanh()`, as an operand or alone."""
        base = self._tensor(node.path[0])
        if base is None or self.environment.binding(node.path[0]) is not None:
            return None
        try:
            step, place = step_of_method(node, node.path[1], Around(self.environment, shape_of=self.evaluator.shape_of))
        except Differs:
            return None
        return base.then(step) if step is not None and place == node.span else None

    def _given(self, path: tuple[str, ...], first: ast.Expression | None) -> _Path | None:
        """The tensor that the first argument is."""
        if first is None or (isinstance(self._bound(path), Template) and not self.names_a_tensor(first)):
            return None  # a block may be given a step
        if isinstance(first, ast.Call) and first.path[0] in FUNCTIONS and not self.names_a_tensor(first):
            return None
        return self.path(first)

    def _is_a_tensor(self, node: ast.Expression) -> bool:
        """Whether it can be nothing else, be it known here or not."""
        if isinstance(node, ast.Call):
            return node.path[0] not in FUNCTIONS
        if isinstance(node, ast.Binary):
            return self._is_a_tensor(node.left) or self._is_a_tensor(node.right)
        if not isinstance(node, ast.Name) or self.environment.binding(node.name) is not None:
            return False
        return self.environment.label(node.name) is not None or not (node.name in TABLE or node.name in WORDS)

    def _bound(self, path: tuple[str, ...]) -> object:
        binding = self.environment.binding(path[0])
        return binding.value if binding is not None else None

    def _step(self, call: ast.Call) -> str | None:
        """A call without its tensor, in archc's words."""
        word = ".".join(call.path)
        if word in TABLE or isinstance(self._bound(call.path), Template):
            if word in TABLE and TABLE[word].least_inputs > 1:
                return None
            arguments = ", ".join(row.span.text for row in call.arguments)
            return f"{word}({arguments})" if arguments else word
        if same_as(word) is None and word.rpartition(".")[2] not in TABLE:
            return None
        try:
            return translated(call, Around(self.environment))
        except Differs:
            return None

    def _run_already(self, base: _Path, name: str, label: Labelled) -> _Path | None:
        """A step that was declared above, called: where it stands it has run on the step before it."""
        if label.again is None:
            return None
        if name in self.called:
            return base.then(f"reuse({name})")
        self.called.add(name)
        if not base.steps and not base.is_lost and ((base.tensor is None and not base.start) or self._leads(base.tensor, label)):
            return _Path(label.tensors, "" if label.tensors == self.frame.current else f"skip({name})")
        declared = _declared(label)
        if declared is None:
            return None
        return replace(base.then(f"{name}: {declared[0]}"), moved=(*base.moved, declared[1]))

    def _leads(self, tensor: Tensors, label: Labelled) -> bool:
        """Whether the step of a label is the next on a tensor: no other that has a label stands between them."""
        others = {row.tensors for level in self.environment.levels() for row in level.labels.values() if row is not label}
        at = label.tensors
        while tensor is not None and isinstance(at, int) and self.nodes[at].inputs:
            at = self.nodes[at].inputs[0]
            if at == tensor or at in others:
                return at == tensor
        return False

    def _joined(self, node: ast.Binary) -> _Path | None:
        """`x + conv(3)`, `x * 2`: a merge, or a step with a number."""
        merge = _MERGES[node.operator]
        parts = list(_operands(node, node.operator)) if merge in ("add", "mul") else [node.left, node.right]
        paths = [self.path(part) for part in parts]
        numbers = [part for part in parts if isinstance(part, ast.Number)]
        if len(numbers) == 1 and len(parts) == 2 and node.operator in _BY_A_NUMBER:
            tensor = next((path for path in paths if path is not None), None)
            return tensor.then(f"{_BY_A_NUMBER[node.operator]}({numbers[0].span.text})") if tensor is not None else None
        known = [path for path in paths if path is not None and path.start != _NOWHERE]
        if len(known) < len(parts) or not any(self.names_a_tensor(part) or isinstance(part, ast.Call) for part in parts):
            return None
        inside = " ".join(f"| {' -> '.join(path.parts) or 'skip'}" for path in known)
        moved = tuple(place for path in known for place in path.moved)
        or_else = next((path.or_else for path in known if path.or_else), "")
        return _Path(self.frame.current, "", (f"{merge} {{ {inside} }}",), moved=moved, or_else=or_else)


def _operands(node: ast.Expression, operator: str) -> Iterator[ast.Expression]:
    if isinstance(node, ast.Binary) and node.operator == operator:
        yield from _operands(node.left, operator)
        yield from _operands(node.right, operator)
    else:
        yield node


def ran_as_given(expansion: Expander, frame: Frame, line: Line) -> bool:
    """Whether a line of Python's was read as the steps that it means, and that was said; else it is run as what it was taken for."""
    value = line.value if isinstance(line, ast.Let) else line.action
    name = line.name.span if isinstance(line, ast.Let) else line.label.span if line.label is not None else line.span
    if not isinstance(value, ast.Name | ast.Attribute | ast.Call | ast.Binary) or expansion.build.sharing is not None:
        return False
    if frame.environment.binding(name.text) is not None:
        return False
    lines = frame.lines or Lines()
    reader = _Reader(frame, expansion.evaluator(frame), expansion.build.nodes, name.text, lines.called)
    known = frame.environment.label(name.text)
    # `y = conv(64)` is a step that lacks its colon, and that is said already.
    is_name = isinstance(value, ast.Call) and value.bare and frame.environment.label(value.path[0]) is not None
    reads = [part for part in ast.walk(value) if isinstance(part, ast.Name)]
    is_alone = isinstance(value, ast.Call) and not is_name and not _is_nested(reader, value) and not any(map(reader._is_a_tensor, reads))
    keeps = not names_the_tensor_at_hand(name)
    if is_alone and known is None and keeps:
        return False
    path = reader.path(value)
    if path is None or path.start == _NOWHERE:
        lines.whole = False
        frame.lines = lines
        lost = next((part.name for part in reads if reader.is_lost(part.name)), None)
        if lost is not None:
            message = f"`{lost}` is given something more than once, and what it was is not at hand here"
            lines.told.append(Diagnostic("E116", message, Label(_whole(line)), help=_OWN_LABEL))
            frame.environment.labels[name.text] = Labelled(name.text, None, name, used=True)
            frame.current, lines.at_hand = None, frozenset({name.text})
        return lost is not None
    frame.lines = lines
    keeps &= name.text not in _AT_HAND or _is_read_behind(line.span, name.text)
    whole = _whole(line)
    lines.whole &= not path.or_else and (keeps or not _is_read_by_a_step(whole, name.text))
    taken = frame.environment.label(path.start[5:-1]) if path.start and not path.steps else None
    if taken is not None and (is_name or not keeps or isinstance(value, ast.Name)) and _is_read_behind(whole, name.text):
        # Its tensor has a label, and what reads this name reads that.
        lines.whole &= not _is_read_by_a_step(whole, name.text)
        help = f"`{path.start}` takes up what `{name.text}` is, where that is read"
        fix = Fix(f"leave the line out: {help}", (Edit(_with_its_line(whole), ""),))
        lines.told.append(Diagnostic("E116", "a tensor that has a label is taken up by that", Label(whole), fix=fix))
        frame.environment.labels[name.text] = taken
        lines.at_hand -= {name.text}
        return True
    lines.told.append(_told(line, name.text if keeps else "", path))
    frame.current = path.tensor if not path.steps else None
    frame.environment.labels[name.text] = Labelled(name.text, frame.current, name, used=True)
    lines.at_hand = frozenset({name.text}) if path.parts else lines.at_hand | {name.text}
    return True


def ran_on_what_is_at_hand(expansion: Expander, frame: Frame, step: ast.Step) -> bool:
    """`F.relu(x)` below lines that gave `x` what is at hand: whether it was read as the step that it is, and that was said."""
    lines, call = frame.lines, step.action
    if (
        lines is None
        or not lines.at_hand
        or step.label is not None
        or not isinstance(call, ast.Call)
        or expansion.build.sharing is not None
    ):
        return False
    names = [row.value.name for row in call.arguments[:1] if row.name is None and isinstance(row.value, ast.Name)]
    if not lines.at_hand & {*names, *call.path[:-1]}:
        return False
    path = _Reader(frame, expansion.evaluator(frame), expansion.build.nodes, "", lines.called).path(call)
    if path is None or path.start or not path.steps:
        return False
    lines.told.append(replace(_told(step, "", path), message="a step takes the tensor at hand, and is not given it"))
    frame.current, lines.at_hand = None, frozenset()
    return True


def said_of_lines(lines: Lines) -> Iterator[Diagnostic]:
    edits = tuple(edit for row in lines.told if row.fix is not None for edit in row.fix.edits)
    for number, row in enumerate(lines.told):
        if row.fix is None or (lines.whole and len(lines.told) == 1):
            yield row
        elif not lines.whole:
            yield replace(row, help=f"{row.fix.message}; {_OWN_LABEL}", fix=None)
        elif number:
            yield replace(row, help=row.fix.message, fix=None)
        else:  # all at once: one line without the others would read another tensor
            yield replace(row, fix=Fix(f"{row.fix.message}; the other lines as is said of them", edits))


def not_read(frame: Frame, line: Span) -> None:
    """A line of Python's that was given up: nobody knows what its name is from there on."""
    if _OF_PYTHON.match(line.text) and not re.match(r"self\.|return\b|.*\bInput\(", line.text):
        frame.lines = frame.lines or Lines()
        frame.lines.whole = False


def not_run(expansion: Expander, frame: Frame, chain: ast.Chain) -> Sequence[ast.Step]:
    """`conv1 -> bn1 -> relu`, where steps with these labels were declared above and so have run: what is left of the chain."""
    reader = _Reader(frame, expansion.evaluator(frame), expansion.build.nodes, "")
    path, count = _Path(None), 0
    for step in chain.steps:
        call = step.action
        label = frame.environment.label(call.path[0]) if isinstance(call, ast.Call) and call.bare and len(call.path) == 1 else None
        if label is None or step.label is not None or (count and label.name in TABLE):
            break
        found = reader._run_already(path, label.name, label)
        if found is None or found.steps:
            return chain.steps
        path, count = found, count + 1
    if count < 2 or path.tensor is None or path.tensor != frame.current or expansion.build.sharing is not None:
        return chain.steps
    rest = chain.steps[count:]
    names = chain.span.source.span(chain.span.start, chain.steps[count - 1].span.end)
    place = _with_its_line(names) if not rest else names.source.span(names.start, rest[0].span.start)
    fix = Fix("leave it out: what follows goes on from there", (Edit(place, ""),))
    message = f"`{names.text}`: these steps have run where their labels stand"
    expansion.build.say(Diagnostic("E201", message, Label(names), fix=fix), frame)
    return rest


def in_its_place(expansion: Expander, frame: Frame, line: Line, failure: Problem | Unknowable) -> Problem | Unknowable:
    """What is said of calls within each other, and of a sum of tensors, in the place of what was said of a part of them."""
    value = line.value if isinstance(line, ast.Let) else line.action
    if isinstance(failure, Problem) and isinstance(line, ast.Step) and line.label is not None and is_assigned(line.label.span):
        failure = _without_its_name(failure, line)
    if not isinstance(failure, Problem) or failure.diagnostic.code not in _INSTEAD_OF or expansion.build.sharing is not None:
        return failure
    if not isinstance(value, ast.Call | ast.Binary) or not line.span.start <= failure.diagnostic.primary.span.start < line.span.end:
        return failure
    reader = _Reader(frame, expansion.evaluator(frame), expansion.build.nodes, "")
    if isinstance(value, ast.Call) and not _is_nested(reader, value):
        return failure
    path = reader.path(value)
    if path is not None and path.start != _NOWHERE:
        name = line.name.name if isinstance(line, ast.Let) else line.label.span.text if line.label is not None else ""
        return Problem(_told(line, name, path))
    if isinstance(value, ast.Binary) or not (reader.names_a_tensor(value) or re.search(r"\)\s*\(", value.span.text)):
        return failure
    help = "a step stands where it runs, with a label where its keys need a name: `conv1: conv(64) -> bn1: bn -> relu`"
    if isinstance(line, ast.Step) and line.label is not None and is_assigned(line.label.span):
        return Problem(Diagnostic("E116", _FOLLOW, Label(_whole(line)), help=help))
    return Problem(Diagnostic("E124", _FOLLOW, Label(value.span), help=help))


def _without_its_name(problem: Problem, line: ast.Step) -> Problem:
    """No edit gives a step the label that other lines give theirs, too."""
    said, fix = problem.diagnostic, problem.diagnostic.fix
    if fix is None or line.label is None or not names_the_tensor_at_hand(line.label.span):
        return problem
    if all(edit.span.start >= line.action.span.start and "skip(" not in edit.text for edit in fix.edits):
        return problem
    return Problem(replace(said, help=said.help or fix.message, fix=None))


def _is_nested(reader: _Reader, call: ast.Call) -> bool:
    """Whether the first argument of a call is another step, or made of tensors."""
    first = call.arguments[0].value if call.arguments and call.arguments[0].name is None else None
    if call.path[0] == "self" and len(call.path) == 2 and reader.environment.label(call.path[1]) is not None:
        return first is not None
    if isinstance(reader._bound(call.path), Template):
        return isinstance(first, ast.Call | ast.Binary) and reader.names_a_tensor(first)
    if isinstance(first, ast.Binary):
        return reader.names_a_tensor(first)
    return isinstance(first, ast.Call) and (first.path[0] not in FUNCTIONS or reader.names_a_tensor(first))


def _whole(line: Line) -> Span:
    """A line with the `self.` before it."""
    text, start = line.span.source.text, line.span.start
    return line.span.source.span(start - 5 if text.startswith("self.", max(start - 5, 0), start) else start, line.span.end)


def _told(line: Line, name: str, path: _Path) -> Diagnostic:
    """What a line is here; `name` is the label that its last step has."""
    code, whole, parts = "E116", _whole(line), list(path.parts)
    if name and not parts:
        parts = ["skip"]
    if name and re.match(r"\w+:", parts[-1]) is None:
        parts[-1] = f"{name}: {parts[-1]}"
    written = " -> ".join(parts)
    if isinstance(line, ast.Let) and isinstance(line.value, ast.Binary):
        message = f"tensors are joined by a merge, not by `{line.value.operator}`"
    elif isinstance(line, ast.Step) and (line.label is None or not is_assigned(line.label.span)):
        code, message = "E124", _FOLLOW
    elif name:
        message = f"what a step gives is named by a label: `{name}: …`"
    else:
        message = "a step takes the tensor at hand, and gives it on without a name"
    if not written:
        fix = Fix("leave the line out: what it calls has run where it stands", (Edit(_with_its_line(whole), ""),))
    else:
        moved = ", and take the line away that declares it above" if path.moved else ""
        if path.or_else:  # which of both is meant nobody knows
            help = f"write `{written}`{moved}; `{path.or_else}` is what came in, before the steps that stand between"
            return Diagnostic(code, message, Label(whole), help=help)
        fix = Fix(f"write `{written}`{moved}", (*(Edit(_with_its_line(place), "") for place in path.moved), Edit(whole, written)))
    return Diagnostic(code, message, Label(whole), fix=fix)


def _is_read_behind(line: Span, name: str) -> bool:
    """Whether a name stands again behind a line, in the same block or network."""
    return re.search(rf"(?<!return )\b{re.escape(name)}\b", _behind(line)) is not None


def _behind(line: Span) -> str:
    """The text behind a line, in the same block or network."""
    return re.split(r"\n[ \t]*(?:block|network)\b", line.source.text[line.end :])[0]


_OF_PYTHON: Final = re.compile(r"\s*(?:return\b|(?:self\.)?\w+\s*[-+*/]?=(?!=))")


def _is_read_by_a_step(line: Span, name: str) -> bool:
    """Whether a step behind a line reads a name: it would be another tensor's without the line."""
    reads = re.compile(rf"\b{re.escape(name)}\b(?!\s*[:=])")
    rows = [row.partition("#")[0] for row in _behind(line).split("\n")]
    return any(reads.search(row) for row in rows if not _OF_PYTHON.match(row))


def _with_its_line(span: Span) -> Span:
    """A text with its line, where nothing else stands on it."""
    text = span.source.text
    begin, end = text.rfind("\n", 0, span.start) + 1, text.find("\n", span.end)
    if end < 0 or text[begin : span.start].strip() or text[span.end : end].strip():
        return span
    return span.source.span(begin, end + 1)


def _declared(label: Labelled) -> tuple[str, Span] | None:
    """The one step of a label that stands on a line of its own, and the place of both."""
    text = label.span.source.text
    line = re.match(r"[ \t]*:[ \t]*([^\n#]+)", text[label.span.end : label.span.end + 200])
    if line is None or re.search(r"->|[{}|]", line[1]) or text[text.rfind("\n", 0, label.span.start) + 1 : label.span.start].strip():
        return None
    step = line[1].rstrip()
    return step, label.span.source.span(label.span.start, label.span.end + line.start(1) + len(step))
