"""Runs the statements of a body, be they archc's or lines of Python's, on what they give: values, not tensors."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from ...base.source import Source
from ...dsl import ast
from ...dsl.parser.parse import parse
from ..elaborate.values import WORDS
from ..ops import TABLE
from ..ops.foreign_names import same_as
from .heads import Branch, branches, rounds
from .meant import Named, Round, Unread, Value, named
from .python_lines import Lines, expression
from .state import AT_HAND, RESULTS, Module, State
from .statements import Row, statements

GIVEN: Final = re.compile(r"(?:let\s+)?((?:self\.)?[A-Za-z_]\w*)\s*([-+*/@]?)=(?!=)\s*(.+)\Z", re.DOTALL)
LOOP: Final = re.compile(r"(repeat|for)\b(.*?)(?:\{(.*)\}|:)\s*\Z", re.DOTALL)
PART: Final = re.compile(r'(?:stage\s+[\w.]+|stage\s+"[^"]*"|[A-Za-z_]\w*\s*:)?\s*(?:flat|indexed)?\s*\{(.*)\}\s*\Z', re.DOTALL)
_RETURN: Final = re.compile(r"return\b\s*(.*)\Z", re.DOTALL)
_INPUT: Final = re.compile(r"(?:keras\.|tf\.keras\.|layers\.)*Input\b")
_HEAD: Final = "network _ {\n"
_ABSENT: Final = Value("entry")
"""What a name is that one branch alone gives something."""


class Body:
    """Runs statements. What is not certain raises `Unread`.

    Of layers that nothing calls, in a body that `only_declares`, each is a step, one below the other.
    """

    def __init__(self, state: State, only_declares: bool) -> None:
        self.state = state
        self.inputs = 0
        self.only_declares = only_declares

    def results(self) -> tuple[Value, ...]:
        state = self.state
        ends = tuple(state.results) if state.results else (state.at_hand(),)
        return (*ends, *state.heads)

    def run(self, rows: Sequence[Row]) -> None:
        rows = list(rows)
        while rows:
            row = rows.pop(0)
            if self.state.is_over:
                raise Unread
            outer, self.state.place = self.state.place, (*self.state.place, row.start)
            if re.match(r"if\b", row.text) is not None:
                self.chosen(row, rows)
            else:
                self.row(row)
            self.state.place = outer

    def row(self, row: Row) -> None:
        if row.body is not None and re.match(r"elif|else", row.text) is not None:
            raise Unread
        if row.body is not None:
            self.state.is_python = True
            self.loop(row.text, row.body, as_in_python=True)
        elif (returned := _RETURN.match(row.text)) is not None:
            self.returned(returned[1])
        elif self.declares(row.text):
            return
        elif (read := archcs(row.text)) is not None:
            self.statements(read)
        elif (loop := LOOP.match(row.text)) is not None and loop[3] is not None:
            self.loop(row.text, statements(loop[3]), as_in_python=False)
        elif (part := PART.match(row.text)) is not None:
            with self.state.inside():
                self.run(statements(part[1]))
        elif (given := GIVEN.match(row.text)) is not None:
            self.given(given[1], given[2], given[3])
        else:
            self.state.set(Lines(self.state).tensor(expression(row.text)))

    def chosen(self, row: Row, rows: list[Row]) -> None:
        """A condition, with the branches that follow it."""
        parts = branches(row)
        while parts[-1][0] is not None and rows and re.match(r"(?:elif|else)\b", rows[0].text) is not None:
            parts += branches(rows.pop(0))
        self.branches(parts)

    def branches(self, parts: Sequence[Branch]) -> None:
        """What is at hand behind a condition, and what its names are: of the one branch or of the other."""
        if not parts:
            return
        (condition, rows), rest = parts[0], parts[1:]
        if condition is None:
            self.run(rows)
            return
        state = self.state
        before, names, stale = state.current, dict(state.names), set(state.stale)
        self.run(rows)
        yes, yes_names, yes_stale = state.current, dict(state.names), set(state.stale)
        state.current, state.names, state.stale = before, names, stale
        self.branches(rest)
        if state.is_over:
            raise Unread
        joined: dict[tuple[int, int], Value] = {}

        def either(one: Value | None, other: Value | None) -> Value:
            if one is other and one is not None:
                return one
            if (id(one), id(other)) not in joined:
                joined[id(one), id(other)] = Value(f"if {condition}", (one or _ABSENT, other or _ABSENT))
            return joined[id(one), id(other)]

        for name in yes_names.keys() | state.names.keys():
            state.names[name] = either(yes_names.get(name), state.names.get(name))
        state.stale |= yes_stale
        state.current = either(yes, state.current)

    def loop(self, text: str, rows: Sequence[Row], as_in_python: bool) -> None:
        head = re.match(r"(repeat|for)\b([^{:]*)", text)
        if head is None:
            raise Unread
        variables = re.match(r"\s*([\w\s,]+?)\s+in\b", head[2]) if head[1] == "for" else re.search(r"\bas\s+(\w+)", head[2])
        self.state.scalars |= set(re.findall(r"\w+", variables[1])) if variables is not None else set()
        outer = self.state.place
        for number in range(rounds(head[1], head[2])):
            self.state.place = (*outer, Round(number))
            if as_in_python:
                self.run(rows)
            else:
                with self.state.inside():
                    self.run(rows)
        self.state.place = outer

    # ------------------------------------------------------------------------------------- lines of Python's

    def returned(self, text: str) -> None:
        state, lines = self.state, Lines(self.state)
        state.is_python, state.is_over = True, True
        if "->" in text or "{" in text or not text:
            raise Unread
        if text in TABLE and text not in state.names:
            self.statements(archcs(text) or ())
            return
        if text in RESULTS and text not in state.names and text not in state.scalars:
            state.results = [state.at_hand()]
            return
        node = expression(text)
        items = getattr(node, "elts", None)
        state.results = [lines.tensor(item) for item in items] if items else [lines.tensor(node)]

    def declares(self, text: str) -> bool:
        """`self.conv = nn.Conv2d(…)`, `conv: conv(8)`, where other lines call it."""
        state = self.state
        bare = re.match(r"self\.\w+\s*=\s*[A-Za-z_]\w*\Z", text) is not None  # `self.bn = bn`
        made = re.match(r"(?:self\.)?(\w+)\s*=\s*([\w.]+\(.*\))\s*\Z", f"{text}()" if bare else text, re.DOTALL)
        is_called = made is not None and (made[1] in state.declared or (text.startswith("self.") and bool(state.declared)))
        if made is not None and is_called and made[1] not in state.names and "->" not in text:
            state.is_python = True
            outer, state.place = state.place, (*state.place, Named(made[1]))
            state.modules[made[1]] = Lines(state).layers(expression(made[2]))
            state.place = outer
            return True
        label = re.match(r"([A-Za-z_]\w*)\s*:(?!=)", text)
        if label is None or label[1] not in state.declared:
            return False
        read = archcs(text)
        if read is None or len(read) != 1 or not isinstance(read[0], ast.Chain) or len(read[0].steps) != 1:
            raise Unread
        state.modules[label[1]] = state.again[label[1]] = self._module(read[0].steps[0].action, label[1])
        return True

    def given(self, name: str, sign: str, text: str) -> None:
        state = self.state
        own = name.removeprefix("self.")
        if sign and own not in state.names and own not in state.scalars:
            text, sign = f"{own} {sign} ({text})", ""
        if sign and any(word != own and value is state.names.get(own) for word, value in state.names.items()):
            raise Unread  # what is changed in its place changes for the other name, too
        if _INPUT.match(text) is not None:
            state.is_python = True
            state.names[own] = state.entry
            return
        if "->" in text or "{" in text:
            self.given_a_chain(own, text)
            return
        lines = Lines(state, own)
        node = expression(f"{own} {sign} ({text})" if sign else text)
        before = next(
            (word for word, value in state.names.items() if value is state.current is not state.entry and word not in state.over_and_over),
            None,
        )
        found = lines.found(node)
        if found is None and own in state.once and (word := _word_of_a_step(text, state)) is not None:
            found = Value(named(word), (state.at_hand(),), (*state.place, Named(own)))
        elif found is None or isinstance(found, float):
            state.scalars.add(own)
            return
        if isinstance(found, Value) and name.startswith("self.") and self.only_declares and own in state.once:
            state.give(own, found)
            return
        if name.startswith("self.") and (isinstance(found, Value) or not self.only_declares):
            raise Unread
        if not isinstance(found, Value):
            lines.takes_at_hand = True
            found = found((state.at_hand(),))
        state.give(own, found)
        if lines.takes_at_hand and not lines.read and before is not None and before != own:
            state.goes_on[own] = before

    def given_a_chain(self, name: str, text: str) -> None:
        """`e = conv(8) -> relu` names all of it, or the first step where the last has a label."""
        state, read = self.state, archcs(text)
        state.is_python = True
        if read is None or len(read) != 1 or not isinstance(read[0], ast.Chain):
            raise Unread
        first, last = read[0].steps[0].action, read[0].steps[-1]
        if isinstance(first, ast.Call) and first.path[0] in state.scalars:
            raise Unread  # whether that runs again, or what it gave goes on
        if last.label is not None:
            self.chain(read[0], name)
            return
        before = state.current
        self.chain(read[0])
        value, state.current = state.at_hand(), before
        state.give(name, value)

    # ------------------------------------------------------------------------------------ archc's statements

    def statements(self, body: Sequence[ast.Statement]) -> None:
        for statement in body:
            self.statement(statement)

    def statement(self, statement: ast.Statement) -> None:
        state = self.state
        match statement:
            case ast.Chain():
                self.chain(statement)
            case ast.Input(name=name):
                state.names[name.name] = state.entry if self.inputs == 0 else Value("input", site=name.name)
                self.inputs += 1
            case ast.Output(items=items):
                state.results += [self._output(item) for item in items]
            case ast.Aux(body=body):
                before = state.current
                with state.inside():
                    self.statements(body)
                state.heads.append(state.at_hand())
                state.current = before
            case ast.Stage(body=body):
                with state.inside():
                    self.statements(body)
            case ast.Repeat(body=body) | ast.For(body=body):
                self._loop(statement, body)
            case ast.Let(name=name, value=given):
                if isinstance(given, ast.Call) and not self._is_a_call(given):
                    state.scalars.add(name.name)  # a step as a value, which runs where it is named
                else:
                    self.given(name.name, "", given.span.text)
            case ast.If():
                self.run(statements(statement.span.text, statement.span.start))
            case ast.Default() | ast.Require() | ast.Expect() | ast.Budget():
                pass
            case _:
                raise Unread

    def chain(self, chain: ast.Chain, name: str | None = None) -> None:
        """Steps one after the other; `name` is one for the first of them, which it has as if it were given it."""
        for number, step in enumerate(chain.steps):
            self.step(step, number == 0)
            if number == 0 and name is not None:
                self.state.give(name, self.state.at_hand())

    def _loop(self, loop: ast.Repeat | ast.For, body: Sequence[ast.Statement]) -> None:
        text = loop.span.text
        self.loop(text, statements(text[text.index("{") + 1 : text.rindex("}")]), as_in_python=False)

    def _output(self, item: ast.OutputItem) -> Value:
        name = item.label.span.text
        if name not in self.state.names:
            raise Unread
        return self.state.read(name)

    def step(self, step: ast.Step, is_first: bool) -> None:
        state, action = self.state, step.action
        label = step.label.span.text if step.label is not None else None
        if step.names:
            whole = self._acted(action)
            for number, name in enumerate(step.names):
                state.label(name.span.text, Value(f"part {number}", (whole,)))
            state.set(whole)
            return
        if isinstance(action, ast.Call) and self._is_a_call(action):
            state.is_python = True
            lines = Lines(state, label)
            value = lines.tensor(expression(action.span.text))
            if not is_first and not lines.takes_at_hand:
                raise Unread  # a tensor of its own, behind an arrow
            state.set(value, label)
            return
        if isinstance(action, ast.Call) and action.bare and len(action.path) == 1 and action.path[0] not in TABLE:
            if action.path[0] in state.modules:
                state.is_python = True
                state.set(state.modules[action.path[0]]((state.at_hand(),)), label)
                return
            if action.path[0] in state.names:
                state.is_python = True
                if not is_first or state.names[action.path[0]] is state.current:
                    raise Unread
                state.set(state.read(action.path[0]), label)
                return
        module = self._module(action, label) if label is not None and not _takes_up(action) else None
        value = self._acted(action, label)
        if module is not None and label is not None:
            state.again[label] = module
        state.set(value, label)

    def _is_a_call(self, call: ast.Call) -> bool:
        """Whether it is one of Python's: of a layer that was made, with a tensor, or of a method of a tensor."""
        first = call.path[0]
        if first in ("skip", "reuse"):
            return False
        if first == "self" or first in self.state.modules or (len(call.path) > 1 and first in self.state.names):
            return not call.bare or first == "self"
        if _is_like(call):
            return False
        if call.bare or (call.path[0] not in TABLE and same_as(".".join(call.path)) is None):
            return False
        lines = Lines(self.state)
        try:
            return any(row.name is None and lines.is_tensor(expression(row.value.span.text)) for row in call.arguments)
        except Unread:
            return False

    def _acted(self, action: ast.Action, label: str | None = None) -> Value:
        return self._acting(action, label)()

    def _module(self, action: ast.Action, label: str) -> Module:
        """An action that may run again, with its weights."""
        act = self._acting(action, label)

        def run(inputs: tuple[Value, ...]) -> Value:
            if len(inputs) != 1:
                raise Unread
            state = self.state
            before, state.current = state.current, inputs[0]
            value = act()
            state.current = before
            return value

        return run

    def _acting(self, action: ast.Action, label: str | None) -> Callable[[], Value]:
        place = (*self.state.place, Named(label)) if label is not None else self.state.place

        def act() -> Value:
            state = self.state
            outer, state.place = state.place, place
            value = self._value(action)
            state.place = outer
            return value

        return act

    def _value(self, action: ast.Action) -> Value:
        state = self.state
        match action:
            case ast.Group(body=body):
                with state.inside():
                    before, stale = state.current, set(state.stale)
                    self.statements(body)
                    value = state.at_hand()
                    state.current, state.stale = before, stale
                return value
            case ast.Merge(head=head, paths=paths):
                return self._merged(head, paths)
            case ast.Call(path=("skip",), arguments=()):
                return state.at_hand()
            case ast.Call(path=("skip" | "reuse",)):
                return Lines(state).tensor(expression(action.span.text))
            case ast.Call():
                return self._called(action)
        raise Unread

    def _called(self, call: ast.Call) -> Value:
        word = ".".join(call.path)
        operation = named(word)
        if operation == "identity":
            return self.state.at_hand()
        if operation in TABLE and TABLE[operation].least_inputs == 0 and operation in ("parameter", "constant", "relative_bias"):
            return Value(operation, (), (*self.state.place, call.span.start))
        number = None
        if (
            operation in ("scale", "offset")
            and len(call.arguments) == 1
            and re.fullmatch(r"-?[\d.]+(e-?\d+)?", call.arguments[0].value.span.text)
        ):
            number = float(call.arguments[0].value.span.text)
        return Value(operation, (self.state.at_hand(),), (*self.state.place, call.span.start), number)

    def _merged(self, head: ast.Call, paths: Sequence[ast.Path]) -> Value:
        state = self.state
        entry, stale, ends = state.current, set(state.stale), []
        for path in paths:
            if path.qualifier is not None:
                raise Unread
            with state.inside():
                state.current = entry
                self.statements(path.body)
                ends.append(state.at_hand())
            state.stale = set(stale)
        state.current = entry
        operation = named(".".join(head.path))
        return Value(operation, tuple(ends), (*state.place, head.span.start)) if len(ends) > 1 or operation not in TABLE else ends[0]


def _word_of_a_step(text: str, state: State) -> str | None:
    """`b = gelu`: an operation, or a block, by its word."""
    word = text.strip()
    is_one = re.fullmatch(r"[A-Za-z_]\w*", word) is not None and word not in state.scalars and word not in WORDS
    return word if is_one and word not in ("true", "false", "none", "True", "False", "None") else None


def _is_like(call: ast.Call) -> bool:
    """`crop(e)`, `upsample(e)`: a size is that of a label's tensor."""
    names = [row.value.name for row in call.arguments if isinstance(row.value, ast.Name)]
    word = call.path[0]
    return (
        len(call.path) == 1
        and word in TABLE
        and any(row.name == "like" for row in TABLE[word].parameters())
        and len(names) == len(call.arguments) == 1
        and names[0] not in AT_HAND
    )


def _takes_up(action: ast.Action) -> bool:
    return isinstance(action, ast.Call) and action.path[0] in ("skip", "reuse")


def archcs(text: str) -> Sequence[ast.Statement] | None:
    """The statements of a text, where it is archc's."""
    file, mistakes = parse(Source.of("", f"{_HEAD}{text}\n}}\n"))
    if mistakes or len(file.items) != 1 or not isinstance(file.items[0], ast.Network):
        return None
    return file.items[0].body
