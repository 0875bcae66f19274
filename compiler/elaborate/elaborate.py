"""Syntax to program: templates expanded, names given, each operation's shape inferred as it is placed."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import field, replace
from typing import TypeAlias

from ...base.collecting import nothing_to_collect
from ...base.diagnostics import Diagnostic, Label, Problem
from ...base.records import dataclass
from ...base.source import Span
from ...dsl import ast
from ..graph.program import CallSite, Node, Program, Scope, Value
from ..graph.prune import prune
from ..ops.base import Shape
from ..ops.ports import Output
from ..ops.suggest import closest, did_you_mean
from .bodies import Expansion
from .builder import Builder
from .calls import bind_parameters, call_frame, variant
from .closures import Environment, Frame, Given, Names, NetworkInputs, Template
from .collisions import collision
from .current import only
from .effort import Effort, Wanted, always
from .evaluator import Evaluator
from .foresight import LARGE, Count, Large, Unlike
from .freeze import plain
from .imported import arguments_of_import
from .imports import Files, Loader, no_imports
from .input_order import told
from .inputs_outputs import needs_an_input, tell_heads_apart
from .signatures import signature
from .slots import Signature, Slot
from .trace import Trace
from .unused import unused_label
from .values import Exhausted, Unknowable, show_value

__all__ = ["Loader", "Options", "elaborate", "networks", "no_imports", "parameters"]


@dataclass(frozen=True, slots=True)
class Options:
    """`network`: which network of the file (None: the one named like the file, else the only one).

    `settings`: values of its parameters, as plain values or as expressions of the language. `inputs`: shapes that
    replace those of its inputs, by name, or under "" for the first. `is_whole`: all of the text could be read.
    `trace` is filled with what an editor asks of single places. `wanted`: once it says no, `Abandoned` is raised.
    """

    network: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    inputs: Mapping[str, Shape] = field(default_factory=dict)
    is_whole: bool = True
    trace: Trace | None = None
    wanted: Wanted = always


def networks(file: ast.File) -> tuple[str, ...]:
    """The networks that a file defines, in order."""
    return tuple(item.name.name for item in file.items if isinstance(item, ast.Network))


def usual(names: Collection[str], file: str) -> str | None:
    """Which of a file's networks is meant where nobody says: the one named like the file, else the only one."""
    stem = file.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".arch")
    return stem if stem in names else next(iter(names)) if len(names) == 1 else None


@dataclass(slots=True, eq=False)
class Defined:
    """What a file defines and imports, once that is known and nothing was to be said of it: the same for each of its networks."""

    environment: Environment | None = None


Elaborated: TypeAlias = "tuple[Program | None, tuple[Diagnostic, ...]]"


MOST_SHOWN = 4
"""Networks of a file that a message shows, where none is the one that is meant."""


_REPEATING = re.compile(r"\b(repeat|for|block|import|reuse)\b|\bnetwork\b[\s\S]*\bnetwork\b")
"""What runs text more than once. Where a file has none of it a network is as long as its text: to count it takes as long as to make it."""


def elaborate(file: ast.File, options: Options | None = None, loader: Loader = no_imports, defined: Defined | None = None) -> Elaborated:
    """The network of `file` as a program, and the diagnostics. The program is None where there are errors.

    Nearly always one attempt does it. A network of very many operations is counted before it is made; and where the automatic
    name of a step turned out to be the label of one that stands after it, a further attempt knows those labels from the beginning.
    """
    options, defined = options or Options(), defined or Defined()
    build = Builder(most=LARGE, effort=Effort(wanted=options.wanted))
    try:
        found = _attempt(build, file, options, loader, defined)
    except Large:
        with suppress(Unlike):
            if not _REPEATING.search(file.source.text):
                raise Unlike from None
            build = Builder(count=Count(), effort=Effort(wanted=options.wanted))
            found = _attempt(build, file, options, loader, defined)
            if any(row.code in ("E403", "E406") for row in found[1]):
                return found
        build = Builder(effort=Effort(wanted=options.wanted))
        found = _attempt(build, file, options, loader, defined)
    if build.clashes:
        reserved = {number: names.labels for number, names in build.clashes.items()}
        build = Builder(reserved=reserved, effort=Effort(wanted=options.wanted))
        found = _attempt(build, file, options, loader, defined)
    if found[0] is None and build.count is None:

        def again(inputs: dict[str, Shape]) -> tuple[Diagnostic, ...]:
            kept = {name: shape for name, shape in options.inputs.items() if name}  # "" is one of those by its name
            other = replace(options, inputs={**kept, **inputs}, trace=None)
            return _attempt(Builder(effort=Effort(wanted=options.wanted)), file, other, loader, defined)[1]

        return None, tuple(told(found[1], build.nodes, again))
    return found


def parameters(file: ast.File, options: Options | None = None, loader: Loader = no_imports) -> tuple[Slot, ...] | None:
    """The parameters of a network of `file`, with their defaults; None where nothing says which network is meant, or what it is made of."""
    expansion = Expansion(build := Builder(), {})
    with _deep_enough(), suppress(Problem, Unknowable, Exhausted):
        template = _choose(file, Files(expansion, loader, build.report).environment(file), options or Options())
        return signature(template).slots if template is not None else None
    return None


def _attempt(build: Builder, file: ast.File, options: Options, loader: Loader, defined: Defined) -> Elaborated:
    expansion = Expansion(build, dict(options.inputs))
    if options.trace is not None:
        options.trace.clear()
        build.trace = options.trace
    with _deep_enough(), nothing_to_collect():
        program: Program | None = None
        try:
            environment = defined.environment or Files(expansion, loader, build.report).environment(file)
            if not build.report.diagnostics and build.lost is None:
                defined.environment = environment
            if options.trace is not None:
                options.trace.environment = environment
            template = _choose(file, environment, options)
            if template is not None:
                program = _expand(expansion, template, options, file.doc)
        except Problem as problem:
            build.say(problem.diagnostic)
        except Exhausted as limit:
            if not build.given_up:
                build.say(limit.diagnostic)
        except Unknowable:
            build.lost = build.lost or file.source.span(0, 0)
        finally:
            build.trace = None  # which leads back here: who drops the trace is to have its memory at once
    if build.lost is not None and options.is_whole and not build.report.has_errors:
        # Whatever left something unknown has said why. Text that is dropped in silence would be a network that nobody wrote.
        raise AssertionError(f"what is at {build.lost} was not worked out, and nothing says why")
    if build.report.has_errors or program is None or build.count is not None:
        return None, tuple(build.report.diagnostics)
    clash = collision(program.nodes)
    if clash is not None:
        build.say(clash)
        return None, tuple(build.report.diagnostics)
    nodes, warnings = prune(program.nodes)
    read = {labelled.span.start for labelled in build.labels if labelled.used}
    dead = {
        labelled.span.start: unused_label(labelled)
        for labelled in build.labels
        if not labelled.used and labelled.span.start not in read and labelled.span.source is file.source
    }
    diagnostics = (*build.report.diagnostics, *warnings, *dead.values())
    return replace(program, nodes=nodes, warnings=diagnostics), diagnostics


@contextmanager
def _deep_enough() -> Iterator[None]:
    # Nesting is limited (bodies.DEEPEST); a level takes some ten Python calls, which may be more than the usual limit holds.
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 8_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _choose(file: ast.File, environment: Environment, options: Options) -> Template | None:
    if options.network is not None and options.network in environment.bindings:
        meant = environment.bindings[options.network].value
        if isinstance(meant, Template) and meant.is_network:
            return meant
    known = {
        name: binding.value
        for name, binding in environment.bindings.items()
        if isinstance(binding.value, Template) and binding.value.is_network
    }
    own = list(dict.fromkeys(name for name in networks(file) if name in known))  # one that is defined twice is told as that
    start = file.source.span(0, 0)
    if options.network is not None:
        near = closest(options.network, known)
        listed = ", ".join(f"`{name}`" for name in own) or "none"
        raise Problem(
            Diagnostic(
                "E239",
                f"`{file.source.name}` has no network `{options.network}`",
                Label(start),
                help=did_you_mean(near) or f"its networks: {listed}",
            )
        )
    usually = usual(own, file.source.name)
    if usually is not None:
        return known[usually]
    if not own:
        if environment.incomplete or any(isinstance(item, ast.Broken) for item in file.items):
            return None
        if any(isinstance(item, ast.Block) for item in file.items):
            return None  # a library of blocks: nothing to build, nothing wrong
        raise Problem(
            Diagnostic("E239", f"`{file.source.name}` defines no network", Label(start), help="a network begins with `network name { … }`")
        )
    raise Problem(
        Diagnostic(
            "E239",
            f"`{file.source.name}` has several networks and none is named like the file: {', '.join(f'`{name}`' for name in own)}",
            Label(start),
            tuple(Label(known[name].definition.name.span, "one of them") for name in own[:MOST_SHOWN]),
            help=f"say which: {_asked_by(file.source.name, own[0])}",
        )
    )


def _asked_by(source: str, network: str) -> str:
    """How one of several networks is asked for: a text of Python's has no name that a call could give."""
    if source == "<stdin>":
        return f"`-- -:{network}`"  # without the dashes it would be an option
    return f"`{source}:{network}`" if source.endswith(".arch") else f'in Python by `network = "{network}"`'


def _settings(template: Template, options: Options) -> dict[str, Given]:
    called = signature(template)
    names = [slot.name for slot in called.slots]
    given = {}
    for name, value in options.settings.items():
        place = value.span if not isinstance(value, _PLAIN) and hasattr(value, "span") else template.definition.head
        assert isinstance(place, Span)
        if name not in names:
            raise Problem(_no_such_setting(called, name, names, place, template.definition.head.source.text))
        if isinstance(value, _PLAIN):
            given[name] = Given(_plain(value), place)
        else:
            evaluator = Evaluator(template.environment, None, lambda _: None)
            given[name] = Given(evaluator.value(value), place)  # type: ignore[arg-type]
    missing = [slot.name for slot in called.slots if slot.required and slot.name not in given]
    if missing:
        listed = ", ".join(f"`{name}`" for name in missing)
        raise Problem(
            Diagnostic(
                "E205",
                f"the network `{template.name}` needs {listed}",
                Label(template.definition.head, f"no value for {listed}"),
                help=f"give it a default, or a value: `--set {missing[0]}=…`",
            )
        )
    return given


_PLAIN = (bool, int, float, str, list, tuple, type(None))


def _plain(value: object) -> object:
    return tuple(_plain(item) for item in value) if isinstance(value, list | tuple) else value


def _no_such_setting(called: Signature, name: str, names: list[str], place: Span, text: str) -> Diagnostic:
    own = did_you_mean(closest(name, names)) or (f"its parameters: `{called.usage}`" if names else "it has no parameters")
    imported = arguments_of_import(text, name)
    return Diagnostic(
        "E204",
        f"the network `{called.name}` has no parameter `{name}`",
        Label(place),
        help=f"{own}; {imported}" if imported else own,
    )


def _expand(expansion: Expansion, template: Template, options: Options, file_doc: str) -> Program:
    build = expansion.build
    given = _settings(template, options)
    name, doc, head = template.name, template.definition.doc or file_doc, template.definition.head
    chosen = template
    parameters = None if template.is_preset else _parameters(expansion, template, given)
    while isinstance(template.definition, ast.Network) and template.definition.variant_of is not None:
        call = template.definition.variant_of
        template, given, definition = variant(expansion, None, template, given)
        if parameters is None and not template.is_preset:
            parameters = _parameters(expansion, template, given)
        values = tuple((row, show_value(value.value)) for row, value in given.items() if value.span.start >= call.span.start)
        build.via = (*build.via, CallSite(template.name, call.span, values))
        doc = doc or definition.doc
    if not template.is_network:
        raise Problem(
            Diagnostic("E211", f"a network is a variant of a network, and `{template.name}` is a block", Label(chosen.definition.head))
        )
    names = build.names(template.definition.mode == "indexed", is_network=True)
    frame = call_frame(expansion, None, template, given, None, (), head, names)
    frame.scope = replace(frame.scope, title=name)
    build.scopes[-1] = frame.scope
    frame.network = NetworkInputs(is_root=True, environment=frame.environment)
    expansion.body(frame, template.definition.body)
    inputs = [node.names[-1] for node in build.nodes if node.is_port and not node.inputs]
    unknown = set(expansion.input_sizes) - {"", *inputs}
    if unknown and not build.report.has_errors:
        wrong = sorted(unknown)[0]
        listed = ", ".join(f"`{row}`" for row in inputs)
        help_text = did_you_mean(closest(wrong, inputs)) or f"its inputs: {listed}"
        raise Problem(Diagnostic("E204", f"the network `{name}` has no input `{wrong}`", Label(head), help=help_text))
    if frame.network.taken == 0 and not build.report.has_errors:
        raise Problem(
            Diagnostic(
                "E236",
                f"the network `{name}` has no input",
                Label(head, "no `input` in its body"),
                help="begin its body with `input image[3, 224, 224]`: channels first, without the batch",
            )
        )
    outputs = frame.network.outputs or [("", only(build.nodes, frame.current, head, f"the network `{name}` ends in"), head)]
    taken = any(node.key == "output" for node in build.nodes)  # a step may be labelled so
    for output, tensor, span in outputs:
        if tensor is None:
            build.lost = build.lost or span
            continue
        shape = build.nodes[tensor].shape
        needs_an_input(build, tensor, f"the output `{output}`" if output else "the network's output")
        build.add(frame, Output(), (tensor,), shape, ("output", output or "output") if output or taken else ("output",), span)
    tell_heads_apart(build.nodes, frame.network)
    return Program(name, doc, head, frame.scope, _in_order(_as_taken(build)), parameters or (), tuple(build.budgets))


def _parameters(expansion: Expansion, template: Template, given: dict[str, Given]) -> tuple[tuple[str, Value], ...]:
    """The network's own parameters with their values."""
    definition = template.definition
    frame = Frame(Scope("network", (), None, definition.head), Environment(template.environment), template.defaults, Names(), None, None)
    bind_parameters(expansion, frame, definition, given)
    return tuple((name, plain(binding.value)) for name, binding in frame.environment.bindings.items())


def _as_taken(build: Builder) -> list[Node]:
    """The nodes with the names by which the text takes them up again: those of their own body, not what is labelled around it."""
    names: dict[int, str] = {}
    for scope, labelled in build.named:
        if not labelled.is_read or not isinstance(labelled.tensor, int):
            continue
        scope.called.setdefault(build.nodes[labelled.tensor].unique, labelled.name)
        if build.nodes[labelled.tensor].scope is scope:
            names.setdefault(labelled.tensor, labelled.name.split(".")[-1])
    return [replace(node, taken_as=names[node.index]) if node.index in names and not node.is_port else node for node in build.nodes]


def _in_order(nodes: list[Node]) -> tuple[Node, ...]:
    """Inputs first, outputs last (those of aux heads after the others); everything renumbered."""

    def place(node: Node) -> int:
        if not node.is_port:
            return 1
        return 0 if not node.inputs else 3 if node.training_only else 2

    order = sorted(nodes, key=place)
    if order == nodes:
        return tuple(nodes)
    number = {node.index: position for position, node in enumerate(order)}
    return tuple(
        replace(
            node,
            index=number[node.index],
            inputs=tuple(number[index] for index in node.inputs),
            shares=None if node.shares is None else number[node.shares],
        )
        for node in order
    )
