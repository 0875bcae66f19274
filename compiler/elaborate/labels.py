"""Labels: `skip`, `reuse`, and finding the step that a name stands for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from ...base.diagnostics import Diagnostic, Label, Problem, Severity
from ...base.source import Span
from ...dsl import ast
from .builder import Builder, Sharing
from .closures import Again, Environment, Frame, Labelled, Made, Names, Tensors, as_of
from .current import each, need_tensor, together
from .effort import STEPS_A_LABEL
from .explain_blocks import own_scopes
from .explain_labels import come_in_together, labels_here, no_label, no_label_within, no_step_again
from .explain_reuse import fed_another
from .explain_rounds import listed
from .explain_values import replacement, with_origins
from .interfaces import Expander
from .values import Unknowable

Runner: TypeAlias = Callable[[Frame, Span], Made]
"""Runs a step on the current tensor of a frame, at a place."""

Moment: TypeAlias = "tuple[Frame, tuple[tuple[Environment, int, int], ...], int, int]"
"""How things stand before a step: the frame, its names, the numbers of nodes and of scopes."""


def moment(build: Builder, frame: Frame) -> Moment:
    return replace(frame), frame.environment.moment(), len(build.nodes), len(build.scopes)


def repeater(build: Builder, before: Moment, label: str, run: Runner) -> Again:
    """How to run again, with the same weights, the step that was first run at the moment `before` and has just ended.

    It runs in the frame that uses it again, and reads the names that it read the first time; those inside it are new ones.
    """
    first, names, nodes_before, scopes_before = before
    nodes, scopes = build.nodes[nodes_before:], build.scopes[scopes_before:]
    via = build.via

    def again(user: Frame, place: Span, own: str | None) -> Made:
        if build.count is None and (other := fed_another(build.nodes, nodes, first.current, user.current, label, place)) is not None:
            raise Problem(other)
        frame = replace(
            first,
            scope=user.scope,
            environment=Environment(as_of(names)),
            names=Names(first.names.indexed),
            current=user.current,
            training_only=user.training_only,
            round_name=None,
        )
        outer, here = build.sharing, build.via
        if build.count is None:
            # What is used again inside something used again has its counterparts in the first use of that.
            build.sharing = outer or Sharing(deque(nodes), deque(scopes), label, place, user.scope.module, own)
        build.via = via
        try:
            made = build.run((run, build.shape_of(user.current), user.training_only), lambda: run(frame, place), place)
            if outer is None and made[0] is not None:
                build.ended()
            return made
        finally:
            build.sharing, build.via = outer, here

    return again


def run_skip(expansion: Expander, frame: Frame, call: ast.Call, label: str | None) -> None:
    """`skip` is the identity, `skip(name)` the output of the step with that label."""
    if call.arguments:
        labelled = label_argument(expansion, frame, call)
        frame.current = together(each(labelled.read()))
    else:
        need_tensor(frame, call.span)
    if label is not None:
        expansion.build.effort.spend(STEPS_A_LABEL, call.span)
        expansion.register(frame, Labelled(label, frame.current, call.span))


def run_reuse(expansion: Expander, frame: Frame, call: ast.Call, label: str | None, place: Span) -> None:
    """`reuse(name)` applies the step with that label again, with its weights."""
    if not call.arguments:
        known = labels_here(frame)
        help = "its use is `reuse(label)`" + (f"; the labels here are {known}" if known is not None else "")
        raise Problem(Diagnostic("E205", "`reuse` needs the label of a step", Label(call.span, "of which step?"), help=help))
    labelled = label_argument(expansion, frame, call)
    labelled.used = True
    if labelled.tensor is None:
        raise Unknowable  # its first use has failed
    if labelled.again is None:
        raise Problem(
            Diagnostic(
                "E235",
                f"`{labelled.name}` is no step that can be applied again",
                Label(call.span, "reused here"),
                (Label(labelled.span, "defined here"),),
                help=no_step_again(labelled, expansion.build.nodes),
            )
        )
    expansion.build.effort.call(call.span)
    if label is not None:
        expansion.claim(frame, tuple(label.split(".")), place)
    came, placed = frame.current, len(expansion.build.nodes)
    frame.current, members = labelled.again(frame, call.span, label)
    if came != frame.entry:
        _doubt_dropped(expansion, frame, labelled, call, came, placed)
    if label is not None:
        expansion.register(frame, Labelled(label, frame.current, place, members, labelled.again))


def _doubt_dropped(expansion: Expander, frame: Frame, labelled: Labelled, call: ast.Call, came: Tensors, placed: int) -> None:
    """Warn of a step that is used again on what it does not read: what it takes are labels, and those are the same each time.

    `placed` is how many steps there were before it. What hangs on no input at all is an error elsewhere.
    """
    build, made = expansion.build, each(frame.current)
    if build.count is not None or any(tensor is None or build.batchless[tensor] for tensor in made):
        return
    read = {*made, *(operand for node in build.nodes[placed:] for operand in node.inputs)}
    before = each(came)
    unread = [tensor for tensor in before if tensor is not None and tensor not in read]
    if not unread:
        return
    name = labelled.name
    what = "none of the tensors" if len(unread) == len(before) else f"{len(before) - len(unread)} of {len(before)} tensors"
    build.say(
        Diagnostic(
            "W522",
            f"`reuse({name})` reads {what} that come in: the labels that `{name}` reads are the same each time",
            Label(call.span, "drops what comes in" if len(unread) == len(before) else "drops the others"),
            (Label(build.nodes[unread[0]].span, "is not read"), Label(labelled.span, "reads labels")),
            help=f"let what is to change come in, the first time too: {come_in_together(name)}",
            severity=Severity.WARNING,
        ),
        frame,
    )


def label_argument(expansion: Expander, frame: Frame, call: ast.Call) -> Labelled:
    """The label that is the only argument of `skip` or `reuse`: a name, a dotted name, or a text."""
    name = call.path[0]
    if len(call.arguments) > 1 or call.arguments[0].name is not None:
        raise Problem(
            Diagnostic(
                "E207",
                f"`{name}` takes one label",
                Label(call.span, f"{len(call.arguments)} arguments"),
                help=f"its use is `{name}(label)`",
            )
        )
    return label_of(expansion, frame, call.arguments[0].value)


def label_of(expansion: Expander, frame: Frame, value: ast.Expression, as_list: bool = False) -> Labelled:
    """The label that an expression names: `e2`, `backbone.layer3`, `"encoder.e{i}"`, `xs[0]`, `"a" if c else "b"`."""
    if isinstance(value, ast.Conditional):
        return label_of(
            expansion, frame, value.value if expansion.evaluator(frame).condition(value.condition) else value.otherwise, as_list
        )
    if isinstance(value, ast.Index):
        return _item(expansion, frame, value)
    if isinstance(value, ast.Text):
        reader = expansion.evaluator(frame)
        path = tuple(reader.text(value).split("."))
        try:
            return find_label(expansion, frame, path, value.span)
        except Problem as problem:  # `"x{i}"`: which round it is, and what it counts
            raise Problem(with_origins(reader, problem.diagnostic, value)) from None
    parts: list[str] = []
    node: ast.Expression = value
    while isinstance(node, ast.Attribute):
        parts.append(node.name)
        node = node.value
    if not isinstance(node, ast.Name):
        raise Problem(
            Diagnostic(
                "E202",
                f"a label is a name, and `{value.span.text}` is none",
                Label(value.span, "not a label"),
                help='write the name of a step: `e2`, `backbone.layer3`, or a text: `"e{i}"`',
            )
        )
    return find_label(expansion, frame, (node.name, *reversed(parts)), value.span, as_list)


def _item(expansion: Expander, frame: Frame, value: ast.Index) -> Labelled:
    """One of several tensors: `xs[0]`."""
    labelled = label_of(expansion, frame, value.value, as_list=True)
    tensors = labelled.read()
    if tensors is None:
        raise Unknowable
    if not isinstance(tensors, tuple):
        raise Problem(
            Diagnostic(
                "E202",
                f"`{labelled.name}` is one tensor, and only of several can one be taken by its number",
                Label(value.span, "one tensor"),
                (Label(labelled.span, f"`{labelled.name}` is this"),),
                help=f"the whole of it is `{value.value.span.text}`; one position of its first axis is "
                f"`skip({value.value.span.text}) -> select({value.index.span.text})`",
                # The first of several results may well be meant by 0; by another number, something is.
                fix=replacement(value.span, (value.value.span.text,)) if value.index.span.text == "0" else None,
            )
        )
    expansion.evaluator(frame).value(value)  # the number is one of an item of the list of their shapes
    number = expansion.evaluator(frame).value(value.index)
    assert isinstance(number, int)
    number %= len(tensors)
    return labelled.members.get(str(number)) or Labelled(f"{labelled.name}[{number}]", tensors[number], value.span)


def _by_name_in_the_module(expansion: Expander, frame: Frame, path: tuple[str, ...], span: Span) -> Labelled | None:
    """`"body.layer1.0.conv1"`: a step without a label in a text of another's, which cannot be given one here, by the name that its keys have."""
    for outer in own_scopes(frame.scope):
        for number, node in enumerate(expansion.build.nodes):
            if node.path == (*outer.path, *path) and node.span.source is not span.source and not node.training_only:
                return Labelled(".".join(path), number, node.span, used=True)
    return None


def find_label(expansion: Expander, frame: Frame, path: tuple[str, ...], span: Span, as_list: bool = False) -> Labelled:
    """The label at the end of a dotted name; the diagnostic tells whether it comes later or was never given.

    `as_list`: it may be the beginning of labels `name.0`, `name.1`, …, which are a list.
    """
    found = frame.environment.label(path[0])
    if found is None:
        raise Problem(no_label(frame, path, span, expansion.build.nodes, expansion.build.scopes, expansion.build.named))
    for depth, part in enumerate(path[1:], 1):
        found.used = True
        inside = found.members.get(part)
        if inside is None and (made := _by_name_in_the_module(expansion, frame, path, span)) is not None:
            return made
        if inside is None:
            # Without a tensor it failed, or it is but the beginning of dotted labels, whose parts are all known.
            failed = found.tensor is None and expansion.build.report.has_errors
            if failed or frame.environment.has_holes:
                raise Unknowable
            raise Problem(no_label_within(frame, found, path, depth, span, expansion.build.nodes, expansion.build.scopes))
        found = inside
    if (found.tensors if as_list else found.tensor) is None and found.members and not found.is_lost:
        name = ".".join(path)
        raise Problem(
            Diagnostic(
                "E202",
                f"`{name}` is the beginning of labels, and no step has it whole",
                Label(span, "not a step"),
                (Label(found.span, f"`{name}` begins here"),),
                help=f"its labels are {listed([f'{name}.{part}' for part in found.members])}",
            )
        )
    if not frame.training_only and any(
        tensor is not None and expansion.build.nodes[tensor].training_only for tensor in each(found.tensors)
    ):
        raise Problem(
            Diagnostic(
                "E238",
                f"`{'.'.join(path)}` belongs to a side head, which is there only in training, and the network itself reads it here",
                Label(span, "read outside of the side head"),
                (Label(found.span, "made in a side head"),),
                help="make the step before the `aux`, and read it in both places",
            )
        )
    return found
