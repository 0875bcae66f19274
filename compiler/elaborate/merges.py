"""Merges: `add { | path | path }`."""

from __future__ import annotations

from collections.abc import Sequence

from ...base.diagnostics import Diagnostic, Label, Problem, Severity
from ...base.source import Span
from ...dsl import ast
from ..graph.program import Scope
from .calls import arguments_of, instance, is_flat, resolve, step_names
from .closures import Builtin, Frame, Made, Template, Tensors
from .current import each, need_tensor
from .doubts import doubt_of_axis, doubts_of_axis_names
from .doubts_of_merges import doubt_of_one_path, doubts_of_a_skip_behind
from .explain_labels import come_in_together
from .interfaces import Expander
from .labels import Runner
from .results import all_results
from .shape_of import ShapeOf
from .signatures import signature

FAR = 5
"""So many times what a merge takes, and its paths are refused before they are worked out."""


def merge(expansion: Expander, frame: Frame, statement: ast.Merge, step: ast.Step, label: str | None) -> Runner:
    if statement.head.path in (("reuse",), ("skip",)):
        raise Problem(_no_head(statement.head))
    callee, given, tensors = arguments_of(expansion, frame, resolve(expansion, frame, statement.head), statement.head)
    if isinstance(callee, Builtin) and not callee.operation.is_merge():
        raise Problem(
            Diagnostic(
                "E234",
                f"`{callee.name}` takes one tensor and cannot join paths",
                Label(statement.head.span, "takes one tensor"),
                help="the head of a merge is `add`, `mul`, `concat`, `maximum`, `mean`, or a block that takes several inputs",
            )
        )

    def run(frame: Frame, span: Span) -> Made:
        need_tensor(frame, statement.head.span)
        for row in doubts_of_a_skip_behind(statement):
            expansion.build.say(row, frame)
        most = callee.operation.most_inputs if isinstance(callee, Builtin) else None
        ends, counts = _paths(expansion, frame, statement, callee.name, most)
        if not ends:
            raise Problem(
                Diagnostic(
                    "E232",
                    f"no path of `{callee.name}` is left: none of the conditions holds",
                    Label(statement.span, "joins nothing"),
                    tuple(Label(path.bar.to(path.qualifier.span), "left out") for path in statement.paths if path.qualifier is not None),
                    help="give it a path without a condition, for example `| skip`",
                )
            )
        is_of_likes = isinstance(callee, Builtin) and callee.operation.lies_on_top
        if len(ends) == 1 and not _works_on_one(callee) and (is_of_likes or _may_be_fewer(statement)):
            _doubt_lone_path(expansion, frame, statement, callee, frame.current, ends[0][0])
            if (doubt := doubt_of_one_path(statement, frame.current, ends[0][0], expansion.build.nodes)) is not None:
                expansion.build.say(doubt, frame)
            return ends[0][0], {}
        inputs = [tensor for tensor, _ in ends]
        nameless = expansion.build.sharing is not None or is_flat(callee)
        names = () if nameless else step_names(frame, callee.name, label)
        place = step.label.span if step.label is not None and isinstance(callee, Builtin) else statement.head.span
        expansion.claim(frame, names, place if isinstance(callee, Builtin) else step.span, label is not None)
        if isinstance(callee, Template):
            return instance(expansion, frame, callee, given, names, statement.head, step.span, inputs, _given(statement, counts))(
                frame, span
            )
        least = callee.operation.least_inputs
        if len(inputs) == 1 and least == 2:
            # Of paths that are no likes, as a matrix and another or an image and its places, one is not what the two make.
            raise Problem(
                Diagnostic(
                    "E234",
                    f"`{callee.name}` takes {least} tensors, and 1 path ends here",
                    Label(statement.head.span, "joins one path"),
                    help=f"a path for each: `{callee.name} {{ | … | … }}`",
                )
            )
        if most is not None and len(inputs) > most:
            raise _too_many(callee.name, most, len(inputs), statement)
        parts = [Label(place) for _, place in ends]
        made = expansion.build.place(
            frame,
            callee.operation,
            given,
            [*inputs, *tensors.values()],
            names,
            statement.head.span,
            signature(callee),
            label=label is not None,
            parts=parts,
        )
        if made is not None and isinstance(made, int):
            entering = [row for row in map(expansion.build.shape_of, inputs) if isinstance(row, ShapeOf)]
            doubt = doubt_of_axis(callee.operation, statement.head, given, entering)
            for row in (*doubts_of_axis_names(callee.operation, given), *([doubt] if doubt is not None else [])):
                expansion.build.say(row, frame)
        return all_results(expansion.build, frame, made, statement.head.span)

    return run


def _works_on_one(callee: Builtin | Template) -> bool:
    """Whether a lone path is joined by nothing, but what stands at the head does its work on it: `attention`, a block that takes one, or a list."""
    if isinstance(callee, Builtin):
        return callee.operation.least_inputs != 2
    definition = callee.definition
    while isinstance(definition, ast.Network) and isinstance(base := callee.base, Template):
        callee, definition = base, base.definition
    if isinstance(definition, ast.Block):
        return len(definition.inputs) <= 1
    return sum(isinstance(statement, ast.Input) for statement in definition.body) == 1


def _may_be_fewer(statement: ast.Merge) -> bool:
    """Whether the text says that there may be fewer paths than a block takes: some stand on a condition or in rounds."""
    return any(path.qualifier is not None for path in statement.paths)


def _doubt_lone_path(
    expansion: Expander, frame: Frame, statement: ast.Merge, callee: Builtin | Template, start: Tensors, end: int | None
) -> None:
    """Warn where a residual is lost: `| if c: conv(…)` takes its path away with its step, and what comes in would have fitted there.

    `| if c: skip` says that there may be none, and is not warned of.
    """
    nodes = expansion.build.nodes
    if isinstance(callee, Template) or not callee.operation.keeps_residual or not isinstance(start, int) or end is None or start == end:
        return
    if nodes[start].shape != nodes[end].shape:
        return
    for path in statement.paths:
        if (
            isinstance(path.qualifier, ast.If)
            and not _is_skip(path.body)
            and not expansion.evaluator(frame).condition(path.qualifier.condition)
        ):
            condition = path.qualifier.condition.span
            expansion.build.say(
                Diagnostic(
                    "W513",
                    f"`{callee.name}` joins nothing here: the condition of this path does not hold, and the other path is all that is left",
                    Label(path.bar.to(condition), "the path is gone with its step"),
                    (Label(statement.head.span, "joins one path"),),
                    help=f"`| if {' '.join(condition.text.split())} {{ … }}` keeps the path: without its step it is the tensor that comes in",
                    severity=Severity.WARNING,
                ),
                frame,
            )


def _is_skip(body: Sequence[ast.Statement]) -> bool:
    return all(
        isinstance(statement, ast.Chain)
        and all(isinstance(step.action, ast.Call) and step.action.path == ("skip",) for step in statement.steps)
        for statement in body
    )


def _no_head(head: ast.Call) -> Diagnostic:
    word = head.path[0]
    whole = "`reuse(label)` runs a merge again with its own paths, from the tensor that comes in"
    if word == "reuse" and head.arguments:
        whole += f"; a block that is to get others takes them where they come in together: {come_in_together(head.arguments[0].span.text)}"
    return Diagnostic(
        "E234",
        f"`{word}` takes one tensor and cannot join paths",
        Label(head.span, "takes one tensor"),
        help=whole if word == "reuse" else "`skip` is a path: `add { | conv(64) | skip }`",
    )


def _given(statement: ast.Merge, counts: Sequence[int]) -> tuple[Label, ...]:
    """How many tensors the paths give: each that stands on a condition or in rounds, or all of them."""
    told = [
        Label(path.bar.to(path.qualifier.span), f"gives {count or 'none'}")
        for path, count in zip(statement.paths, counts, strict=True)
        if path.qualifier is not None
    ]
    return tuple(told) or (Label(statement.head.span, f"{sum(counts)} {'path ends' if sum(counts) == 1 else 'paths end'} here"),)


def _too_many(name: str, most: int, count: int, statement: ast.Merge) -> Problem:
    help = f"join them in groups: `{name} {{ | {name} {{ … }} | {name} {{ … }} }}`" if most > 4 else None
    message = f"`{name}` takes {most} tensors, and {count} paths end here"
    return Problem(Diagnostic("E234", message, Label(statement.head.span, f"{count} paths"), help=help))


def _paths(
    expansion: Expander, frame: Frame, statement: ast.Merge, name: str, most: int | None
) -> tuple[list[tuple[int | None, Span]], list[int]]:
    """Where each path ends, and the place of what ends it; and how many ends each has. Every path starts from the frame's current tensor.

    One that ends in several tensors is as many paths.
    """
    start = frame.current
    ends: list[tuple[int | None, Span]] = []
    counts: list[int] = []
    for path in statement.paths:
        before = len(ends)
        scope = expansion.build.open(Scope("path", (), frame.scope, path.span))
        inside = expansion.inner(frame, path.body, scope=scope)
        # A label made in a path is visible after it, in the body that holds the merge.
        inside.environment.labels = frame.environment.labels
        qualifier = path.qualifier
        if qualifier is None or isinstance(qualifier, ast.If):
            if qualifier is None or expansion.evaluator(inside).condition(qualifier.condition):
                expansion.body(inside, path.body)
                ends += [(tensor, _end_of(expansion, path, tensor)) for tensor in each(inside.current)]
        else:
            numbers = inside.names.loop()
            rounds = list(expansion.rounds(inside, qualifier, path.body))
            if most is not None and len(ends) + len(rounds) > FAR * most:
                raise _too_many(name, most, len(ends) + len(rounds), statement)
            for bindings in rounds:
                end = expansion.round(inside, path.body, bindings, path.span, start, numbers)
                ends += [(tensor, _end_of(expansion, path, tensor)) for tensor in each(end)]
        frame.environment.incomplete |= inside.environment.incomplete
        counts.append(len(ends) - before)
    return ends, counts


def _end_of(expansion: Expander, path: ast.Path, end: int | None) -> Span:
    """The place of what a path ends in: the step that made its tensor, where that is written in the path itself."""
    if end is not None:
        made = expansion.build.nodes[end].span
        if made.source is path.span.source and path.span.start <= made.start and made.end <= path.span.end:
            return made
    if not path.body:
        return path.span
    last: ast.Statement = path.body[-1]
    return last.steps[-1].span if isinstance(last, ast.Chain) else last.span
