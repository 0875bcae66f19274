"""Blocks and networks as steps: their parameters bound, their bodies run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem
from ...base.source import Span
from ...dsl import ast
from ..graph.program import CallSite, Node, Scope, ScopeKind
from ..ops import TABLE
from ..ops.base import Operation
from ..ops.ports import Input
from .closures import (
    Binding,
    Builtin,
    Callee,
    Environment,
    Frame,
    Given,
    Labelled,
    Made,
    Module,
    Names,
    NetworkInputs,
    Origin,
    Partial,
    Template,
    Tensors,
)
from .current import each, need_tensor, only, together
from .explain_arguments import refused_argument, sizes_apart
from .explain_steps import file_as_step, for_an_input, name_with_holes
from .explain_tensors import as_paths, tensor_given
from .foresight import alike
from .freeze import plain
from .interfaces import Expander
from .labels import Runner, find_label, label_of
from .signatures import is_reference, match, signature
from .values import UNKNOWN, Unknowable, kind_of, show_value


def resolve(expansion: Expander, frame: Frame, call: ast.Call) -> Callee:
    """What a step's name stands for."""
    try:
        at_hand = partial(expansion.build.shape_of, frame.current)
        callee = expansion.evaluator(frame).resolve(call, wanted="operation or block", at_hand=at_hand)
    except Problem as problem:
        inputs = [".".join(node.names) for node in expansion.build.nodes if isinstance(node.operation, Input)]
        raise Problem(for_an_input(problem.diagnostic, call, inputs)) from None
    if isinstance(callee, Template | Builtin | Partial):
        return callee
    name = ".".join(call.path)
    if isinstance(callee, str) and callee in TABLE:
        raise Problem(_quoted(expansion, frame, call, callee))
    told = "none" if callee is None else f"{kind_of(callee)} ({show_value(callee)})"
    labelled = expansion.evaluator(frame).labelled_path(call.path)
    quotes = name_with_holes(call.span)
    if isinstance(callee, Module):
        raise Problem(file_as_step(callee, call))
    raise Problem(
        Diagnostic(
            "E211",
            f"`{name}` is {told}, and a step is an operation, a block or a network",
            Label(call.path_span, "is no step"),
            help="to do nothing, give `identity`"
            if callee is None
            else f"to go on from the step with that label, write `skip({name})`"
            if labelled is not None
            else f"here `{name}` is a value, which hides the operation: call the value something else"
            if name in TABLE
            else None,
            fix=quotes,
        )
    )


def _quoted(expansion: Expander, frame: Frame, call: ast.Call, word: str) -> Diagnostic:
    """`act = "relu"`: an operation is given by its name."""
    binding = expansion.evaluator(frame).environment.binding(call.path[0])
    origin = binding.origin.expression.span if binding is not None and binding.origin is not None else None
    is_text = origin is not None and origin.text.strip("\"'") == word != origin.text
    return Diagnostic(
        "E211",
        f'`{call.path[0]}` is a text ("{word}"), and a step is an operation, a block or a network',
        Label(call.path_span, "is no step"),
        (Label(origin, "given here"),) if origin is not None else (),
        help=f"an operation is given by its name, without quotes: `{word}`",
        fix=Fix(f"write `{word}`", (Edit(origin, word),)) if origin is not None and is_text else None,
    )


def arguments_of(
    expansion: Expander, frame: Frame, callee: Callee, call: ast.Call
) -> tuple[Template | Builtin, dict[str, Given], dict[str, int | None]]:
    """The callee behind partial arguments, the value of each argument, and the tensors that arguments name (`like = e1`).

    `default` rows fill what the call leaves open.
    """
    outer: list[tuple[ast.Argument, Environment | None]] = [(argument, None) for argument in call.arguments]
    while isinstance(callee, Partial):
        outer = [(argument, callee.environment) for argument in callee.arguments] + outer
        callee = callee.callee
    defaults = frame.defaults.of(callee)
    if isinstance(callee, Builtin) and call.arguments and isinstance(call.arguments[0].value, ast.Name):
        tensor_given(callee.operation.least_inputs, signature(callee), call, expansion.evaluator(frame), frozenset(defaults))
    try:
        found = match(signature(callee), [argument for argument, _ in outer], call.span, frozenset(defaults))
    except Problem as problem:
        if isinstance(callee, Builtin) or problem.diagnostic.code not in ("E204", "E205", "E206", "E207"):
            raise
        raise Problem(as_paths(problem.diagnostic, signature(callee), call, expansion.evaluator(frame), frozenset(defaults))) from None
    where = {id(argument): environment for argument, environment in outer}
    references = _references(callee.operation) if isinstance(callee, Builtin) else frozenset()  # type: ignore[arg-type]  # see `_parameters`
    if references and len(call.arguments) > 1:
        sizes_apart(signature(callee), call.arguments, expansion.evaluator(frame))
    given: dict[str, Given] = {}
    tensors: dict[str, int | None] = {}
    missing = False
    for name, argument in found.items():
        environment = where[id(argument)]
        evaluator = expansion.evaluator(frame)
        if environment is not None:
            evaluator = replace(evaluator, environment=environment)
        try:
            if name in references and not isinstance(argument.value, ast.Constant):
                labelled = label_of(expansion, frame, argument.value)
                tensors[name] = only(expansion.build.nodes, labelled.read(), argument.value.span, f"`{name}` is")
                given[name] = Given(True, argument.value.span)
            else:
                given[name] = Given(evaluator.value(argument.value), argument.value.span, Origin(evaluator, argument.value))
        except Problem as problem:
            slot = next((row for row in signature(callee).slots if row.name == name), None)
            entering = expansion.build.shape_of(frame.current)
            expansion.build.say(refused_argument(problem.diagnostic, argument, signature(callee), slot, evaluator, entering), frame)
            missing = True
        except Unknowable:
            missing = True
    if missing:
        raise Unknowable
    for name, default in defaults.items():
        given.setdefault(name, Given(default.value, default.span, default.origin))
    return callee, given, tensors


@lru_cache(maxsize=1024)
def _references(operation: type[Operation]) -> frozenset[str]:
    """The parameters that take a label."""
    return frozenset(row.name for row in operation.parameters() if is_reference(row))


def step_names(frame: Frame, kind: str, label: str | None) -> tuple[str, ...]:
    """The name of a step: its label, the number of its round, or its kind and ordinal."""
    if label is not None:
        if frame.names.indexed:
            frame.names.next_position()
        frame.round_name = None
        return tuple(label.split("."))
    if frame.round_name is not None:
        names, frame.round_name = frame.round_name, None
        return names
    return (frame.names.ordinal(kind),)


def is_flat(callee: Template | Builtin) -> bool:
    """Whether the callee is a block that adds no name."""
    return isinstance(callee, Template) and isinstance(callee.definition, ast.Block) and callee.definition.mode == "flat"


def instance(
    expansion: Expander,
    frame: Frame,
    template: Template,
    given: dict[str, Given],
    names: tuple[str, ...],
    call: ast.Call,
    span: Span,
    heads: list[int | None] | None,
    parts: tuple[Label, ...] = (),
) -> Runner:
    """A block or network as a step. `heads` are the tensors of a merge, which `parts` of it gave; None: the current tensor alone."""
    definition = template.definition
    mode = definition.mode if isinstance(definition, ast.Block) else ""
    _enough(template, definition, frame.current, heads, call)
    while isinstance(definition, ast.Network) and definition.variant_of is not None:
        template, given, definition = variant(expansion, frame, template, given)

    def run(frame: Frame, place: Span) -> Made:
        if heads is None:
            need_tensor(frame, place)
        tensors = heads if heads is not None else each(frame.current)
        _enough(template, definition, frame.current, heads, call)
        if tensors == (None,) and isinstance(definition, ast.Block) and (definition.takes_list or len(definition.inputs) > 1):
            raise Unknowable  # how many come in is not known
        build = expansion.build
        if build.count is None:
            return expand(frame, tensors)
        values = alike((name, row.value) for name, row in given.items())
        root = frame.network is not None and frame.network.is_root  # elsewhere there are no side heads
        shapes = tuple(build.shape_of(tensor) for tensor in tensors)
        return build.run((id(definition), values, shapes, frame.training_only, root), lambda: expand(frame, tensors), call.span)

    def expand(frame: Frame, tensors: Sequence[int | None]) -> Made:
        build = expansion.build
        inner_names = frame.names if mode == "flat" else build.names(definition.mode == "indexed", isinstance(definition, ast.Network))
        site = CallSite(
            template.name,
            call.span,
            tuple((name, show_value(value.value)) for name, value in given.items() if value.span.start >= call.span.start),
        )
        build.givens[id(site)] = given
        build.effort.call(call.span)
        was = build.via
        build.via = (*was, site)
        try:
            whole = isinstance(definition, ast.Block) and definition.takes_list and len(definition.inputs) == 1
            start = together(tensors) if whole else tensors[0]
            takes = _takes(definition, tensors, build.nodes) if isinstance(definition, ast.Block) else ()
            inside = call_frame(expansion, frame, template, given, start, names, span, inner_names, takes)
            if isinstance(definition, ast.Network):
                inside.network = NetworkInputs(is_root=False, given=list(tensors))
            else:
                inside.network = frame.network
                inside.environment.labels |= _inputs(definition, tensors, parts)
                inside.scope.called.update(_items(definition, tensors, build.nodes))
            expansion.body(inside, definition.body)
            if isinstance(definition, ast.Block) and definition.outputs:
                inside.current = _results(expansion, inside, definition, inner_names)
            if isinstance(definition, ast.Network) and inside.network is not None:
                if inside.network.taken < len(tensors):
                    raise Problem(_wrong_paths(template, inside.network.taken, len(tensors), call, heads is not None))
                for output, tensor, where in inside.network.outputs:
                    inner_names.members.setdefault(output, Labelled(output, tensor, where))
                if len(inside.network.outputs) == 1:
                    inside.current = inside.network.outputs[0][1]
            return inside.current, dict(inner_names.members)
        finally:
            build.via = was

    return run


def _enough(
    template: Template, definition: ast.Block | ast.Network, current: Tensors, heads: Sequence[int | None] | None, call: ast.Call
) -> None:
    """Whether as many tensors come in as a block takes. What a network takes its body tells."""
    if not isinstance(definition, ast.Block):
        return
    takes, coming = definition.inputs, len(heads if heads is not None else each(current))
    least = len(takes) or 1
    if heads is None and current is None:
        return
    if coming == least or (definition.takes_list and coming > least):
        return
    if heads is not None or coming > 1:
        raise Problem(_wrong_paths(template, least, coming, call, heads is not None))
    raise Problem(
        Diagnostic(
            "E234",
            f"`{template.name}` takes {len(takes)} tensors, and here only one comes in",
            Label(call.span, "one input"),
            (Label(definition.head, f"takes {', '.join(name.name for name in takes)}"),),
            help=f"put it at the head of a merge: `{template.name} {{ | … | … }}`",
        )
    )


def _inputs(definition: ast.Block, tensors: Sequence[int | None], parts: tuple[Label, ...]) -> dict[str, Labelled]:
    """The labels of what a block takes; those of a list, which `parts` gave, can be read by number, too."""
    found = {name.name: Labelled(name.name, tensor, name.span) for name, tensor in zip(definition.inputs, tensors, strict=False)}
    if definition.takes_list:
        last = definition.inputs[-1]
        rest = tensors[len(definition.inputs) - 1 :]
        items = {str(number): Labelled(f"{last.name}[{number}]", tensor, last.span) for number, tensor in enumerate(rest)}
        known = tuple(tensor for tensor in rest if tensor is not None)
        found[last.name] = Labelled(last.name, known if len(known) == len(rest) else None, last.span, items, parts=parts)
    return found


def _takes(definition: ast.Block, tensors: Sequence[int | None], nodes: Sequence[Node]) -> tuple[tuple[str, str], ...]:
    """What a block calls each tensor that it joins, beside the node that makes it; those of a list have no names of their own."""
    named = definition.inputs[:-1] if definition.takes_list else definition.inputs
    return tuple((name.name, nodes[tensor].unique) for name, tensor in zip(named, tensors, strict=False) if tensor is not None)


def _items(definition: ast.Block, tensors: Sequence[int | None], nodes: Sequence[Node]) -> Iterator[tuple[str, str]]:
    """The nodes that make the items of the list that a block takes, each with what its body calls it."""
    if definition.takes_list:
        first = len(definition.inputs) - 1
        for number, tensor in enumerate(tensors[first:]):
            if tensor is not None:
                yield nodes[tensor].unique, f"{definition.inputs[-1].name}[{number}]"


def _results(expansion: Expander, inside: Frame, definition: ast.Block, names: Names) -> Tensors:
    """What a block gives: the labels of its body that it names, which its own label leads to."""
    found: list[int | None] = []
    for number, name in enumerate(definition.outputs, 1):
        try:
            labelled = find_label(expansion, inside, (name.name,), name.span, as_list=definition.gives_list)
        except Problem as problem:
            if definition.gives_list and number == len(definition.outputs) and problem.diagnostic.code == "E202":
                raise Problem(_no_list(problem.diagnostic, name.name)) from None
            raise
        tensors = labelled.read()
        if definition.gives_list and number == len(definition.outputs):
            labelled = replace(labelled, tensor=tensors if tensors is None or isinstance(tensors, tuple) else (tensors,), again=None)
        else:
            only(expansion.build.nodes, tensors, name.span, f"`{name.name}` is")
        found += each(tensors)
        names.members[name.name] = labelled
    return together(found)


def _no_list(diagnostic: Diagnostic, name: str) -> Diagnostic:
    """`gives ys[]` of a body that has no labels for it."""
    help = f'label the steps that it gives `"{name}.0"`, `"{name}.1"`, …; in a loop `"{name}.{{i}}": …` does so'
    return replace(diagnostic, message=f"no step is labelled `{name}`, and none `{name}.0`", help=help, fix=None)


def _wrong_paths(template: Template, takes: int, paths: int, call: ast.Call, is_merge: bool = True) -> Diagnostic:
    """Also where there are too few: the numbers tell."""
    return Diagnostic(
        "E234",
        f"`{template.name}` takes {takes} tensor{'s' if takes > 1 else ''}, and {_count(paths, 'path ends', 'paths end') if is_merge else f'{paths} are at hand'} here",
        Label(call.span, _count(paths, "path", "paths") if is_merge else f"{paths} tensors"),
        (Label(template.definition.head, "defined here"),),
    )


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"


def call_frame(
    expansion: Expander,
    frame: Frame | None,
    template: Template,
    given: dict[str, Given],
    start: Tensors,
    names: tuple[str, ...],
    span: Span,
    inner_names: Names,
    takes: tuple[tuple[str, str], ...] = (),
) -> Frame:
    """The frame of a block's or network's body, its parameters bound."""
    definition = template.definition
    environment = Environment(template.environment, body=definition.body)
    kind: ScopeKind = "network" if template.is_network else "block"
    mode = definition.mode if isinstance(definition, ast.Block) else ""
    scope = Scope(
        kind,
        names,
        frame.scope if frame is not None else None,
        span,
        mode,
        definition.doc,
        template.name,
        title=(frame.names.title(names) if frame is not None else "") or template.name,
        arguments=(),
        takes=takes,
    )
    inside = Frame(
        scope=scope,
        environment=environment,
        defaults=template.defaults,
        names=inner_names,
        entry=start,
        current=start,
        training_only=frame.training_only if frame is not None else False,
        network=frame.network if frame is not None else None,
    )
    bind_parameters(expansion, inside, definition, given)
    arguments = tuple((name, plain(binding.value)) for name, binding in environment.bindings.items())
    inside.scope = expansion.build.open(replace(scope, arguments=arguments, values=dict(arguments)))
    return inside


def bind_parameters(expansion: Expander, frame: Frame, definition: ast.Block | ast.Network, given: dict[str, Given]) -> None:
    """Bind each parameter to its argument or its default, which may read the parameters before it."""
    for row in definition.parameters:
        if row.name.name in given:
            value, origin = given[row.name.name].value, given[row.name.name].origin
        else:
            assert row.default is not None
            origin = Origin(expansion.evaluator(frame), row.default)
            try:
                value = expansion.evaluator(frame).value(row.default)
            except Unknowable:
                value = UNKNOWN
            except Problem as problem:
                expansion.build.say(problem.diagnostic, frame)
                value = UNKNOWN
        default = row.default if row.name.name in given else None
        frame.environment.bindings[row.name.name] = Binding(value, row.name.span, origin=origin, default=default)


def variant(
    expansion: Expander, frame: Frame | None, template: Template, given: dict[str, Given]
) -> tuple[Template, dict[str, Given], ast.Block | ast.Network]:
    """One step down `network a(…) = b(…)`: b with the arguments that a gives it. What a preset is given goes to b, before its own."""
    definition = template.definition
    assert isinstance(definition, ast.Network) and definition.variant_of is not None
    build = expansion.build
    build.depth += 1
    if build.depth > 100:
        build.depth = 0
        raise Problem(Diagnostic("E402", f"`{template.name}` is a variant of itself", Label(definition.head, "refers back to itself")))
    environment = Environment(template.environment)
    scope = frame.scope if frame is not None else Scope("network", (), None, definition.head)
    # Where the variant is a step, what comes in is known.
    entry, network = (frame.current, frame.network) if frame is not None else (None, None)
    inside = Frame(scope, environment, template.defaults, Names(), entry, entry, network=network)
    bind_parameters(expansion, inside, definition, given)
    callee = resolve(expansion, inside, definition.variant_of)
    target, values, _ = arguments_of(expansion, inside, callee, definition.variant_of)
    if not isinstance(target, Template):
        raise Problem(
            Diagnostic(
                "E211", f"a network is a variant of a network, and `{target.name}` is an operation", Label(definition.variant_of.span)
            )
        )
    if definition.is_preset:
        values |= given
    return target, values, target.definition
