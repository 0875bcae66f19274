"""`budget parameters <= 26M, macs <= 4.3G`: checked once the costs are known."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ...base.diagnostics import Diagnostic, Label, Severity
from ...reporting.error import ArchError
from ..graph.graph import Graph
from ..graph.program import TIME, BudgetLimit, Node, Scope
from .cost import groups, total, works_of
from .cost_table import Work
from .dtypes import weight_bytes
from .memory import inference_profile

if TYPE_CHECKING:
    from .foreseen import Step

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "==": operator.eq,
    "!=": operator.ne,
}

DEAREST = 3
"""How many of the dearest parts a message names."""

STEPS = ((10**9, "G"), (10**6, "M"), (10**3, "K"))


def check_budget(graph: Graph) -> tuple[Diagnostic, ...]:
    """One diagnostic for each limit of the file that the network does not keep, and for each that cannot be checked here."""
    found = []
    for limit in graph.program.budgets:
        try:
            value = quantity(graph, limit.quantity, limit.scope)
            if not COMPARISONS[limit.operator](value, limit.value):
                found.append(_broken(graph, limit, value))
        except ArchError as error:
            found.append(_unchecked(limit, error))
    return tuple(found)


def _unchecked(limit: BudgetLimit, error: ArchError) -> Diagnostic:
    reason = error.diagnostics[0]
    message = f"this budget of time is not checked: {reason.message}"
    return Diagnostic("W521", message, Label(limit.span), help=reason.help, severity=Severity.WARNING)


def quantity(graph: Graph, name: str, scope: Scope | None = None) -> int:
    """A cost of the network, or of one part of it, by its word in the language, for one image; `memory` in bytes, float32.

    The memory of a part is its weights and the most that is alive while it runs.
    """
    nodes = _nodes(graph, scope)
    if name == TIME:
        return _whole(_timed(graph, scope))
    if name == "memory":
        weights = sum(weight_bytes(weight, "float32") for node in nodes for weight in graph.weights(node))
        profile = inference_profile(graph)
        return weights + max((profile.bytes_at(node.index) for node in nodes), default=profile.resident)
    works = works_of(graph)
    return _of(total(works[node.index] for node in nodes), name)


def _nodes(graph: Graph, scope: Scope | None) -> Sequence[Node]:
    """What inference runs of a part. Costs of a part that a file states are not those of what uses it."""
    nodes = graph.trunk
    if scope is None or scope.parent is None:
        return nodes
    return [node for node in nodes if scope in node.scope.ancestors()]


def _timed(graph: Graph, scope: Scope | None) -> list[Step]:
    """The steps of the optimised module that a part becomes."""
    from .calibration import of_this_machine  # few budgets are of time
    from .foreseen import foresee

    rows = foresee(graph, of_this_machine()).rows
    return [row for row in rows if scope is None or scope.parent is None or scope in row.node.scope.ancestors()]


def _of(work: Work, name: str) -> int:
    value = getattr(work, name)
    assert isinstance(value, int)
    return value


def _whole(steps: Sequence[Step]) -> int:
    from .foreseen import whole

    return whole(sum(step.seconds for step in steps))


def _broken(graph: Graph, limit: BudgetLimit, value: int) -> Diagnostic:
    difference = value - limit.value
    part = ".".join(limit.scope.path) if limit.scope is not None else ""
    whose = f" of `{part}`" if part else ""
    wording = f"{limit.quantity}{whose}: {_exact(limit, value)}, and the budget is {limit.operator} {_exact(limit, limit.value)}"
    share = f" ({abs(difference) / limit.value:.1%} {'more' if difference > 0 else 'less'})" if limit.value and difference else ""
    return Diagnostic(
        "E451",
        wording + share,
        Label(limit.span, f"{_short(limit, value)} is {'too much' if difference > 0 else 'too little' if difference < 0 else 'excluded'}"),
        notes=_parts(graph, limit, value),
        help=f"`archc cost --by block{' --device this' if limit.quantity == TIME else ''}` shows what each part costs; a budget that holds: `{limit.quantity} {_holding(limit, value)}`",
    )


def _holding(limit: BudgetLimit, value: int) -> str:
    """A limit that the network keeps, as the file would write it."""
    sign = limit.operator if limit.operator in ("<=", ">=") else {"<": "<=", ">": ">="}.get(limit.operator, "==")
    return f"{sign} {value}us" if limit.quantity == TIME else f"{sign} {value}"


def _exact(limit: BudgetLimit, value: float) -> str:
    return f"{value / 1000:,.3f} ms" if limit.quantity == TIME else f"{value:,}"


def _short(limit: BudgetLimit, value: float) -> str:
    return f"{value / 1000:.4g} ms" if limit.quantity == TIME else short(value)


def _parts(graph: Graph, limit: BudgetLimit, value: int) -> tuple[str, ...]:
    nodes = _nodes(graph, limit.scope)
    if limit.quantity == TIME:
        steps = {row.node.index: row for row in _timed(graph, limit.scope)}
        stages = groups([row.node for row in steps.values()], "stage")
        times = [(path, _whole([steps[node.index] for node in members])) for path, _, members in stages]
        return _dearest(limit, times, value)
    if limit.quantity == "memory":
        profile = inference_profile(graph)
        worst = max(nodes, key=lambda node: profile.bytes_at(node.index), default=None)
        return (f"the peak, {profile.bytes_at(worst.index):,} bytes beside the weights, is at {worst.unique}",) if worst else ()
    rows = groups(nodes, "stage")
    works = works_of(graph)
    parts = [(path, _of(total(works[node.index] for node in members), limit.quantity)) for path, _, members in rows]
    return _dearest(limit, parts, value)


def _dearest(limit: BudgetLimit, parts: Sequence[tuple[str, int]], value: int) -> tuple[str, ...]:
    dearest = sorted(parts, key=lambda part: -part[1])[:DEAREST]
    listed = ", ".join(f"{path} {_short(limit, part)} ({part / value:.0%})" for path, part in dearest if part)
    return (f"most of it: {listed}",) if listed else ()


def short(value: float) -> str:
    """`4.36G`: a cost as people say it, four digits."""
    for step, letter in STEPS:
        if abs(value) >= step:
            return f"{value / step:.4g}{letter}"
    return f"{value:,}"
