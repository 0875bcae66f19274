"""Files to environments: what a file defines, and what it brings in from others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem, Report
from ...base.records import dataclass
from ...base.source import Source, Span
from ...dsl import ast
from ...dsl.parser.parse import parse
from ..graph.program import Scope
from ..ops.suggest import closest, did_you_mean
from .bodies import Expansion
from .closures import NO_DEFAULTS, Binding, Builtin, Defaults, Environment, Frame, Module, Names, Template
from .declarations import default
from .explain_values import replacement
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
                module = self._load(path, span, file.source)
                for wanted in names:
                    self._bring(environment, module, path, wanted)
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

    def _bring(self, environment: Environment, module: Environment, path: tuple[str, ...], wanted: ast.Name) -> None:
        found = module.bindings.get(wanted.name)
        if found is None:
            if module.incomplete:
                self._bind(environment, wanted.name, UNKNOWN, wanted.span)
                return
            offered = [name for name, row in module.bindings.items() if isinstance(row.value, Template | Builtin)]
            near = closest(wanted.name, module.bindings)
            self.expansion.build.say(
                Diagnostic(
                    "E215",
                    f"`{'.'.join(path)}.arch` defines no `{wanted.name}`",
                    Label(wanted.span, "not defined there"),
                    help=did_you_mean(near) or f"it defines {', '.join(f'`{name}`' for name in offered[:8])}",
                    fix=replacement(wanted.span, near),
                )
            )
            self._bind(environment, wanted.name, UNKNOWN, wanted.span)
            return
        found.used = True
        self._bind(environment, wanted.name, found.value, wanted.span)

    def _load(self, path: tuple[str, ...], span: Span, asking: Source) -> Environment:
        source = self.loader(path, asking)
        if source is None:
            from ..files.locate import known_names

            near = closest(path[-1], known_names()) if len(path) == 1 else ()
            if path[0] in _LIBRARIES:
                raise Problem(_no_library(path, span))
            raise Problem(
                Diagnostic(
                    "E213",
                    f"there is no file `{'/'.join(path)}.arch`",
                    Label(span, "not found"),
                    help=did_you_mean(near)
                    or f"it is looked for beside `{asking.name}`, then in the shipped library (`archc list` shows it)",
                )
            )
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


_LIBRARIES = frozenset(
    ("torch", "nn", "tensorflow", "tf", "keras", "numpy", "np", "math", "timm", "torchvision", "einops", "jax", "flax", "onnx", "typing")
)


def _no_library(path: tuple[str, ...], span: Span) -> Diagnostic:
    return Diagnostic(
        "E213",
        f"there is no file `{'/'.join(path)}.arch`: nothing of Python is imported here",
        Label(span, "not found"),
        help="leave the line out: the operations are there without an import (`conv`, `bn`, `relu`; `archc explain` lists them)",
        fix=_without_line(span),
    )


def _without_line(span: Span) -> Fix | None:
    """Leave the whole line out, where nothing else stands on it."""
    text = span.source.text
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    end = len(text) if end < 0 else end + 1
    if not text[start:end].lstrip().startswith(("import ", "from ")) or ";" in text[start:end]:
        return None
    return Fix("leave the line out", (Edit(span.source.span(start, end), ""),))
