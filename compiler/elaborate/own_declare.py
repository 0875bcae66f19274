"""`operation name(…) from "file.py:Class" { … }`: the syntax tree as plain data, and what is wrong with it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ...base.diagnostics import Diagnostic, Label, Problem
from ...base.source import Span
from ...dsl import ast
from ..ops import TABLE
from ..ops.parameters import ANYTHING, BadValue, Parameter, Plain
from ..ops.suggest import closest, did_you_mean
from .closures import Builtin, Environment
from .evaluator import Evaluator
from .explain_values import replacement, unknown_name
from .functions import FUNCTIONS
from .own_data import WORDS, Choice, Declaration, Demand, Loop, Named, Row, Rule, Said, Tensor
from .own_record import own_operation
from .values import UNKNOWN, Unknowable, kind_of
from .values import WORDS as WORDS_OF_VALUES

TARGET = re.compile(r"(?P<origin>[A-Za-z0-9_.\-/]*[A-Za-z0-9_\-]\.py|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):(?P<name>[A-Za-z_]\w*)")
"""`my_layers.py:Focus`, `layers/mine.py:Focus`, `my_package.layers:Focus`."""

RESERVED = ("input", "output", "skip", "reuse", "in")

LARGEST_INPUTS = 64


def read_names(item: ast.Operation) -> set[str]:
    """The names that a declaration reads, those that it gives itself among them."""
    return {node.name for node in ast.walk(item) if isinstance(node, ast.Name)}


def declared(item: ast.Operation, environment: Environment, say: Callable[[Diagnostic], None]) -> Builtin | None:
    """The operation that a text declares; None where something of it is wrong, and was said. `environment` is that of the file."""
    found: list[Diagnostic] = []
    reader = _Reader(item, environment, found)
    made = reader.declaration()
    for row in found:
        say(row)
    return Builtin(own_operation(made), item.head) if made is not None and not found else None


class _Reader:
    def __init__(self, item: ast.Operation, environment: Environment, found: list[Diagnostic]) -> None:
        self.item = item
        self.environment = environment
        self.found = found
        self.name = item.name.name
        self.constants: dict[str, Plain] = {}
        self.known: set[str] = set()

    def wrong(self, code: str, message: str, span: Span, told: str = "", help: str | None = None) -> None:
        self.found.append(Diagnostic(code, message, Label(span, told), help=help))

    def declaration(self) -> Declaration | None:
        item = self.item
        if self.name in TABLE or self.name in RESERVED:
            message = f"`{self.name}` is a word of archc's, and an operation of one's own has a name of its own"
            self.wrong("E252", message, item.name.span, "taken", f"call it `my_{self.name}`, say")
        origin, class_name = self.target()
        parameters, defaults = self.parameters()
        inputs = tuple(row.name for row in item.inputs)
        if len(inputs) > LARGEST_INPUTS:
            self.wrong("E251", f"`{self.name}` takes {len(inputs)} tensors, and {LARGEST_INPUTS} are the limit", item.inputs[-1].span)
        for row in item.inputs:
            if any(parameter.name == row.name for parameter in parameters):
                self.wrong("E216", f"`{row.name}` is both a parameter and a tensor of `{self.name}`", row.span, "named again here")
        outputs = self.outputs(inputs, parameters)
        self.known = {*inputs, *(row.name for row in parameters)}
        rows = self.rows(item.body, set(self.known))
        if any(isinstance(row, ast.Broken) for row in ast.walk(*item.body)):
            return None  # what could not be read was said
        if not self.found and not any(self._says(rows, "shape")):
            self.wrong(
                "E251",
                f"`{self.name}` says no `shape`",
                item.head,
                "what comes out of it?",
                f"say {WORDS['shape']}; `shape in.shape` where it stays",
            )
        if self.found:
            return None
        return Declaration(
            self.name, parameters, defaults, inputs, origin, class_name, rows, tuple(sorted(self.constants.items())), item.doc,
            outputs, item.takes_list, item.gives_list, head=item.head, target=item.target.span,
        )  # fmt: skip

    def outputs(self, inputs: tuple[str, ...], parameters: tuple[Parameter, ...]) -> tuple[str, ...]:
        """The names of its results, where it gives several."""
        item = self.item
        if len(item.outputs) == 1 and not item.gives_list:
            help = "remove it: a label names the one tensor that a step gives"
            self.wrong("E251", f"`gives` names several results, and `{self.name}` gives one", item.outputs[0].span, "one result", help)
        taken = {*inputs, *(row.name for row in parameters)}
        for row in item.outputs:
            if row.name in taken:
                self.wrong("E216", f"`{row.name}` is both a result of `{self.name}` and what it takes", row.span, "named again here")
        return tuple(row.name for row in item.outputs)

    def _says(self, rows: Sequence[Row], word: str) -> Iterator[Said]:
        for row in rows:
            if isinstance(row, Said) and row.word == word:
                yield row
            elif isinstance(row, Choice):
                yield from self._says((*row.rows, *row.otherwise), word)
            elif isinstance(row, Loop):
                yield from self._says(row.rows, word)

    def target(self) -> tuple[str, str]:
        text = self.item.target
        whole = "".join(piece for piece in text.pieces if isinstance(piece, str))
        found = TARGET.fullmatch(whole) if all(isinstance(piece, str) for piece in text.pieces) else None
        if found is None or keyword.iskeyword(found["name"]) or found["origin"].startswith("/"):
            self.wrong(
                "E253",
                f"`{text.span.text}` names no class",
                text.span,
                "a file and a class in it",
                'write `"my_layers.py:Class"` (the file stands beside this one, or in a folder from there), or `"my_package.layers:Class"` of what is installed',
            )
            return "", ""
        return found["origin"], found["name"]

    # ----------------------------------------------------------------------------------------- parameters

    def parameters(self) -> tuple[tuple[Parameter, ...], tuple[tuple[str, Rule], ...]]:
        rows: list[Parameter] = []
        defaults: list[tuple[str, Rule]] = []
        for row in self.item.parameters:
            name, doc = row.name.name, f"a parameter of `{self.name}`, whose class is given it"
            if name.startswith("_"):
                self.wrong(
                    "E251",
                    f"a parameter of an operation begins with no `_`, and `{name}` does",
                    row.name.span,
                    help=f"call it `{name.strip('_') or 'value'}`",
                )
            if row.default is None:
                rows.append(Parameter(name, ANYTHING, doc, None, True))
                continue
            reads = {node.name for node in ast.walk(row.default) if isinstance(node, ast.Name)}
            if reads & {earlier.name for earlier in rows}:
                self.names(row.default, {earlier.name for earlier in rows})
                defaults.append((name, self.rule(row.default)))
                rows.append(Parameter(name, ANYTHING, doc, None, False, row.default.span.text))
                continue
            try:
                value = ANYTHING.read(Evaluator(self.environment, None, lambda _: None).value(row.default))
            except BadValue as bad:
                self.wrong("E208", f"a default of `{self.name}` must be {bad.expected}", row.default.span)
                value = None
            except Problem as problem:
                self.found.append(problem.diagnostic)
                value = None
            rows.append(Parameter(name, ANYTHING, doc, value, False))
        return tuple(rows), tuple(defaults)

    # ----------------------------------------------------------------------------------------------- rows

    def rows(self, body: Sequence[ast.Statement], names: set[str]) -> tuple[Row, ...]:
        found: list[Row] = []
        said: dict[str, Span] = {}
        for statement in body:
            match statement:
                case ast.Let(name=name, value=value):
                    self.names(value, names)
                    names.add(name.name)
                    found.append(Named(name.name, self.rule(value)))
                case ast.Require(condition=condition, message=message):
                    self.names(condition, names)
                    if message is not None:
                        self.names(message, names)
                    found.append(Demand(self.rule(condition), None if message is None else self.rule(message)))
                case ast.Rule():
                    row = self.said(statement, names)
                    if row is not None:
                        if row.word in said:
                            self.found.append(
                                Diagnostic(
                                    "E251", f"`{self.name}` says its `{row.word}` twice", Label(statement.name.span, "said again here"),
                                    (Label(said[row.word], "first said here"),), help="remove one of them",
                                )
                            )  # fmt: skip
                        said.setdefault(row.word, statement.name.span)
                        found.append(row)
                        if row.word == "shape":
                            names |= {"out", *(output.name for output in self.item.outputs)}
                case ast.Kept(learned=learned, tensors=tensors):
                    found += [self.tensor(row, learned, names) for row in tensors]
                case ast.If(condition=condition, body=inside, otherwise=otherwise):
                    self.names(condition, names)
                    found.append(Choice(self.rule(condition), self.rows(inside, set(names)), self.rows(otherwise, set(names))))
                case ast.For(index=index, variable=variable, values=values, body=inside):
                    self.names(values, names)
                    more = {variable.name} | ({index.name} if index is not None else set())
                    found.append(
                        Loop(index.name if index is not None else None, variable.name, self.rule(values), self.rows(inside, names | more))
                    )
        return tuple(found)

    def tensor(self, row: ast.Tensor, learned: bool, names: set[str]) -> Tensor:
        self.names(row.key, names)
        self.names(row.shape, names)
        if any(name not in ("", "dtype") for name in row.shape.names):
            help = 'of a buffer `dtype = "int64"` may be said last'
            self.wrong("E251", "the sizes of a tensor that is kept have no names", row.shape.span, help=help)
        return Tensor(self.key(row.key), self.rule(row.shape), learned)

    def key(self, node: ast.Text) -> Rule:
        """`conv.weight` is a text by its place."""
        rule = self.rule(node)
        return rule if rule.text.startswith('"') else replace(rule, text=f'"{"".join(map(str, node.pieces))}"')

    def said(self, statement: ast.Rule, names: set[str]) -> Said | None:
        word, value = statement.name.name, statement.value
        if word not in WORDS:
            near = closest(word, WORDS)
            self.found.append(
                Diagnostic(
                    "E251",
                    f"`{word}` is nothing that an operation of one's own says of itself",
                    Label(statement.name.span, "not known here"),
                    help=did_you_mean(near)
                    or f"it says {', '.join(f'`{row}`' for row in WORDS)}, and its `weight`s and `buffer`s; its class does the work",
                    fix=replacement(statement.name.span, near),
                )
            )
            return None
        self.names(value, names)
        if word != "arguments":
            return Said(word, self.rule(value))
        if not isinstance(value, ast.List):
            self.wrong("E251", "`arguments` are a list", value.span, help="write `arguments [in.channels, channels, k = kernel]`")
            return None
        keywords = value.names or ("",) * len(value.items)
        named = [name for name in keywords if name]
        for name in named:
            if keyword.iskeyword(name):
                self.wrong("E251", f"no argument of Python has the name `{name}`", value.span, "a word of Python's")
            elif named.count(name) > 1:
                self.wrong("E251", f"two arguments have the name `{name}`", value.span, help="remove one of them")
        first = next((place for place, name in enumerate(keywords) if name), len(keywords))
        late = next((place for place in range(first, len(keywords)) if not keywords[place]), None)
        if late is not None:
            self.wrong(
                "E251",
                "an argument without a name stands behind one with a name",
                value.items[late].span,
                help="Python wants those without names first",
            )
        return Said(word, self.rule(value), tuple((name, self.rule(item)) for name, item in zip(keywords, value.items, strict=True)))

    # ---------------------------------------------------------------------------------------------- names

    def rule(self, node: ast.Expression) -> Rule:
        return Rule(node.span.text, node.span.start, node.span.end)

    def names(self, node: ast.Expression, names: set[str]) -> None:
        """See that every name of an expression means something; values of the file are kept with the declaration."""
        for part in ast.walk(node):
            if isinstance(part, ast.Call):
                if len(part.path) != 1 or part.path[0] not in FUNCTIONS:
                    self.wrong(
                        "E251",
                        f"a rule computes with numbers, and `{part.span.text}` is a step",
                        part.span,
                        help=f"functions are {', '.join(FUNCTIONS)}",
                    )
            elif isinstance(part, ast.Name) and part.name not in names and part.name != "in":
                self.constant(part)

    def constant(self, node: ast.Name) -> None:
        if node.name in self.constants:
            return
        binding = self.environment.binding(node.name)
        if binding is None:
            if node.name == "out":
                self.wrong(
                    "E251",
                    "`out` is what the `shape` says, and it is not said yet",
                    node.span,
                    "known behind it",
                    "write the `shape` before this",
                )
            elif node.name in TABLE:
                self.wrong("E251", f"a rule computes with numbers, and `{node.name}` is an operation", node.span)
            elif node.name not in WORDS_OF_VALUES:
                self.found.append(unknown_name(self.environment, node.name, node.span))
            return
        binding.used = True
        if binding.value is UNKNOWN:
            raise Unknowable
        try:
            self.constants[node.name] = ANYTHING.read(binding.value)
        except BadValue:
            self.wrong("E251", f"a rule computes with numbers, and `{node.name}` is {kind_of(binding.value)}", node.span)
