"""Files to environments: what a file defines, and what it brings in from others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from ...base.diagnostics import Diagnostic, Label, Problem, Report
from ...base.records import dataclass
from ...base.source import Source, Span
from ...dsl import ast
from ...dsl.parser.parse import parse
from ..graph.program import Scope
from .bodies import Expansion
from .closures import NO_DEFAULTS, Binding, Builtin, Defaults, Environment, Frame, Module, Names, Template
from .declarations import default
from .explain_imports import no_file, not_in_the_file, of_the_library
from .values import UNKNOWN, Exhausted, Unknowable

Loader = Callable[[tuple[str, ...], Source], "Source | None"]
"""Finds the text of an import: the dotted name, and the file that asks. None: there is no such file."""

DEEPEST_IMPORT = 100
"""How many files may be open at once, each imported by the one before."""


def no_imports(path: tuple[str, ...], asking: Source) -> Source | None:
    """The loader of a text that stands alone."""
    return None


@dataclass(slots=True, eq=False)
class Files:
    """The files read so far. `reading` is the chain of imports that is open, with the place of each: a cycle shows in it."""

    expansion: Expansion
    loader: Loader
    report: Report
    known: dict[str, Environment] = field(default_factory=dict)
    reading: list[tuple[str, Span | None]] = field(default_factory=list)

    def environment(self, file: ast.File, place: Span | None = None) -> Environment:
        """What `file` defines. Blocks and networks are known in the whole file, a `let` after its line."""
        name = file.source.name
        if name in self.known:
            return self.known[name]
        environment = Environment()
        self.known[name] = environment
        self.reading.append((name, place))
        frame = Frame(Scope("network", (), None, file.source.span(0, 0)), environment, NO_DEFAULTS, Names(), None, None)
        try:
            self._hoist(file, environment)
            for item in file.items:
                try:
                    self._item(item, frame, file)
                except Problem as problem:
                    self.expansion.build.say(problem.diagnostic)
                    self._lose(item, environment)
                except Unknowable:
                    self._lose(item, environment)
        finally:
            self.reading.pop()
        return environment

    def _hoist(self, file: ast.File, environment: Environment) -> None:
        for item in file.items:
            if isinstance(item, ast.Operation) and self._stands_alone(item, file):
                self._operation(item, environment)
            if not isinstance(item, ast.Block | ast.Network):
                continue
            name = item.name.name
            earlier = environment.bindings.get(name)
            if earlier is not None:
                self.report.add(
                    Diagnostic(
                        "E216",
                        f"`{name}` is defined twice in this file",
                        Label(item.name.span, "defined again here"),
                        (Label(earlier.span, "first defined here"),),
                        help="give one of them another name",
                    )
                )
                continue
            environment.bindings[name] = Binding(Template(item, environment, NO_DEFAULTS), item.name.span)

    def _lose(self, item: ast.Item, environment: Environment) -> None:
        environment.incomplete = True
        if isinstance(item, ast.Let | ast.Operation):
            environment.bindings.setdefault(item.name.name, Binding(UNKNOWN, item.name.span))

    def _item(self, item: ast.Item, frame: Frame, file: ast.File) -> None:
        environment = frame.environment
        match item:
            case ast.Block() | ast.Network():
                self._with_defaults(item, environment, frame.defaults)
            case ast.Operation():
                if not self._stands_alone(item, file):
                    self._operation(item, environment)
            case ast.Let(name=name, value=value):
                self.expansion.let(frame, name, self.expansion.evaluator(frame).value(value))
            case ast.Default(calls=calls):
                for call in calls:
                    frame.defaults = default(self.expansion, frame, call)
            case ast.Import(path=path, path_span=span, alias=alias):
                module = self._load(path, span, file.source)
                known_as = alias.name if alias is not None else path[-1]
                self._bind(environment, known_as, Module(".".join(path), module), alias.span if alias is not None else span)
            case ast.FromImport(path=path, path_span=span, names=names):
                try:
                    module = self._load(path, span, file.source)
                except Problem as problem:
                    raise Problem(of_the_library(problem.diagnostic, item)) from None
                for wanted in names:
                    self._bring(environment, module, item, wanted)
            case ast.Broken():
                environment.incomplete = True

    def _stands_alone(self, item: ast.Operation, file: ast.File) -> bool:
        from .own_declare import read_names  # most files declare none

        given = {name.name for row in file.items if not isinstance(row, ast.Broken) for name in ast.given(row) if name is not None}
        given |= {row.path[-1] for row in file.items if isinstance(row, ast.Import)}
        given -= {row.name.name for row in file.items if isinstance(row, ast.Block | ast.Network | ast.Operation)}
        return not given & read_names(item)

    def _operation(self, item: ast.Operation, environment: Environment) -> None:
        """An operation of one's own, known as blocks are; one whose rules read values of the file or of imports, from its line on."""
        from .own_declare import declared  # most files declare none

        made = declared(item, environment, self.expansion.build.say)
        if made is None:
            environment.incomplete = True
        self._bind(environment, item.name.name, UNKNOWN if made is None else made, item.name.span, "defined again here")

    def _with_defaults(self, item: ast.Block | ast.Network, environment: Environment, defaults: Defaults) -> None:
        binding = environment.bindings[item.name.name]
        template = binding.value
        if isinstance(template, Template) and template.definition is item and defaults is not NO_DEFAULTS:
            # A block is known before its line, so its record is completed in place of being made here.
            object.__setattr__(template, "defaults", defaults)

    def _bind(self, environment: Environment, name: str, value: object, span: Span, told: str = "imported here") -> None:
        earlier = environment.bindings.get(name)
        if earlier is not None:
            raise Problem(
                Diagnostic(
                    "E216",
                    f"`{name}` is defined twice in this file",
                    Label(span, told),
                    (Label(earlier.span, "also defined here"),),
                    help=f"import it under another name: `import … as {name}_`"
                    if told == "imported here"
                    else "give one of them another name",
                )
            )
        environment.bindings[name] = Binding(value, span)

    def _bring(self, environment: Environment, module: Environment, item: ast.FromImport, wanted: ast.Name) -> None:
        found = module.bindings.get(wanted.name)
        if found is None:
            if module.incomplete:
                self._bind(environment, wanted.name, UNKNOWN, wanted.span)
                return
            offered = [name for name, row in module.bindings.items() if isinstance(row.value, Template | Builtin)]
            self.expansion.build.say(not_in_the_file(item, wanted, offered))
            self._bind(environment, wanted.name, UNKNOWN, wanted.span)
            return
        found.used = True
        self._bind(environment, wanted.name, found.value, wanted.span)

    def _load(self, path: tuple[str, ...], span: Span, asking: Source) -> Environment:
        source = self.loader(path, asking)
        if source is None:
            raise Problem(no_file(path, span, asking))
        open_names = [name for name, _ in self.reading]
        if source.name in open_names:
            cycle = [*open_names[open_names.index(source.name) :], source.name]
            places = [place for _, place in self.reading[open_names.index(source.name) + 1 :] if place is not None]
            raise Problem(
                Diagnostic(
                    "E214",
                    f"the imports go in a circle: {' -> '.join(cycle)}",
                    Label(span, "closes the circle"),
                    tuple(Label(place, "imported here") for place in places),
                    help="move what both need into a third file",
                )
            )
        if source.name in self.known:
            return self.known[source.name]
        if len(open_names) > DEEPEST_IMPORT:
            raise Exhausted(
                Diagnostic(
                    "E401",
                    f"files import each other deeper than {DEEPEST_IMPORT} levels, the limit",
                    Label(span, f"level {len(open_names)}"),
                )
            )
        file, diagnostics = parse(source)
        self.report.extend(diagnostics)
        return self.environment(file, span)
