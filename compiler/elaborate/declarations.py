"""What a file says about itself: `default`, `require`, `expect`, `budget`."""

from __future__ import annotations

from ...base.diagnostics import Diagnostic, Label, Problem
from ...dsl import ast
from ..graph.program import TIME, BudgetLimit
from ..graph.provenance import chain_of_shapes, decided_by, short
from ..ops.base import show
from ..ops.suggest import closest, did_you_mean
from .axes_told import axis_title
from .closures import Builtin, Defaults, DefaultValue, Frame, Origin, Template
from .current import need_tensor, only
from .explain_values import names_in, replacement, with_origins
from .interfaces import Expander
from .signatures import match, signature
from .values import Unknowable, kind_of, show_value

QUANTITIES = ("parameters", "macs", "flops", "activations", "memory", TIME)


def default(expansion: Expander, frame: Frame, call: ast.Call) -> Defaults:
    """The defaults in force after `default call`."""
    evaluator = expansion.evaluator(frame)
    callee = evaluator.resolve(call, wanted="block or operation")
    if not isinstance(callee, Template | Builtin):
        raise Problem(
            Diagnostic(
                "E211", f"`{'.'.join(call.path)}` is {kind_of(callee)}, and defaults belong to operations and blocks", Label(call.path_span)
            )
        )
    found = match(signature(callee), call.arguments, call.span, partial=True)
    values = {name: DefaultValue(evaluator.value(row.value), row.value.span, Origin(evaluator, row.value)) for name, row in found.items()}
    return frame.defaults.with_row(callee, values)


def require(expansion: Expander, frame: Frame, statement: ast.Require) -> None:
    evaluator = expansion.evaluator(frame)
    if evaluator.condition(statement.condition):
        return
    text = " ".join(statement.condition.span.text.split())
    message = evaluator.text(statement.message) if statement.message is not None else f"`{text}` does not hold"
    values = []
    for name in names_in(statement.condition):
        try:
            values.append(f"{name.span.text} = {show_value(evaluator.value(name))}")
        except (Problem, Unknowable):
            continue
    raise Problem(
        with_origins(
            evaluator,
            Diagnostic(
                "E230",
                message,
                Label(statement.condition.span, "does not hold"),
                notes=(", ".join(dict.fromkeys(values)),) if values else (),
            ),
            statement.condition,
        )
    )


def expect(expansion: Expander, frame: Frame, statement: ast.Expect) -> None:
    wanted = expansion.evaluator(frame).value(statement.shape)
    need_tensor(frame, statement.span)
    here = only(expansion.build.nodes, frame.current, statement.span, "`expect` tells the shape of")
    if here is None:
        return
    node, place = expansion.build.nodes[here], (statement.span.source.name, statement.span.start)
    if wanted == node.shape:
        expansion.build.held.add(place)
        return
    help = f"if the shape here is right, write `expect {show(node.shape)}`"
    if place in expansion.build.held:
        help = "it held when this text ran before: say it by what comes in (`in.height`), or behind one of its uses"
    notes = []
    if isinstance(wanted, tuple) and len(wanted) == len(node.shape):
        for axis, (here, there) in enumerate(zip(node.shape, wanted, strict=True)):
            if here != there:
                decider = decided_by(expansion.build.nodes, node.index, axis)
                title = axis_title(node, axis)
                notes.append(
                    f"{title} {'are' if title.endswith('s') else 'is'} {here}, decided by `{short(decider.span.text)}` at {decider.span}"
                )
    trace = chain_of_shapes(expansion.build.nodes, node.index)
    remedy = None
    if isinstance(wanted, tuple) and len(wanted) == len(node.shape) > 1 and wanted[0] == node.shape[0]:
        from .meeting import reaching  # only a mistake needs it

        remedy = reaching(expansion.build.nodes, node.index, wanted)
    raise Problem(
        Diagnostic(
            "E231",
            f"the shape here is {show(node.shape)}, and {show_value(wanted)} is expected",
            Label(statement.span, f"the shape is {show(node.shape)}"),
            (Label(node.span, f"gives {show(node.shape)}"),),
            (*notes, *((trace,) if trace else ())),
            # No edit of the expectation: one that `--fix` bends to what is there expects nothing.
            help=help if remedy is None else remedy.help,
            fix=remedy.fix if remedy is not None else None,
        )
    )


def budget(expansion: Expander, frame: Frame, limit: ast.Limit) -> None:
    time = limit.value.value if isinstance(limit.value, ast.Duration) else None
    value = expansion.evaluator(frame).value(limit.value) if time is None else time
    if limit.quantity.name not in QUANTITIES:
        near = closest(limit.quantity.name, QUANTITIES)
        raise Problem(
            Diagnostic(
                "E208",
                f"a budget is of {', '.join(QUANTITIES[:-1])} or {QUANTITIES[-1]}, not of `{limit.quantity.name}`",
                Label(limit.quantity.span, "not a cost"),
                help=did_you_mean(near),
                fix=replacement(limit.quantity.span, near),
            )
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Problem(
            Diagnostic("E208", f"a budget must be a number, and `{limit.value.span.text}` is {show_value(value)}", Label(limit.value.span))
        )
    if (limit.quantity.name == TIME) != (time is not None):
        raise Problem(_unit(limit))
    if limit.quantity.name == "parameters" and expansion.build.sharing is not None:
        return  # what is used again has no parameters of its own: its first use keeps to the budget
    expansion.build.budgets.append(BudgetLimit(limit.quantity.name, limit.operator, value, limit.span, frame.scope))


def _unit(limit: ast.Limit) -> Diagnostic:
    """A time has a unit, and nothing else has one of time."""
    quantity, text = limit.quantity.name, limit.value.span.text
    if quantity == TIME:
        help = f"write `{text}ms` or `{text}us`" if isinstance(limit.value, ast.Number) else "write it out, as `5ms` or `300us`"
        return Diagnostic("E208", f"a budget of `time` has a unit, and `{text}` has none", Label(limit.value.span), help=help)
    message = f"`{text}` is a time, and a budget of `{quantity}` is a number"
    return Diagnostic(
        "E208",
        message,
        Label(limit.value.span),
        help=f"write `time {limit.operator} {text}`, or a number: `{quantity} {limit.operator} 26M`",
    )
