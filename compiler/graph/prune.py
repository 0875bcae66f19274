"""Leaving out what no output needs, with a warning where the file's author may not know it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

from ...base.diagnostics import Diagnostic, Label, Severity
from ...base.source import Span
from .program import CallSite, Node, Scope
from .provenance import short


def prune(nodes: Sequence[Node]) -> tuple[tuple[Node, ...], tuple[Diagnostic, ...]]:
    """The nodes that inputs and outputs need, renumbered, and a warning for each statement that is left out.

    What is left out of a network used as a step (its head, say) is left out in silence: that is what it is for. So is the
    first use of weights that only a later one needs; that one then stands for it.
    """
    alive = _needed(nodes, lambda node: node.is_port)
    nodes = _only_in_training(nodes)
    heirs = _heirs(nodes, alive)
    nodes = _owned_by_the_living(nodes, alive, heirs)
    idle = _idle_inputs(nodes, alive)
    if all(alive):
        return tuple(nodes), idle
    used = {index for node in nodes for index in node.inputs}
    number: dict[int, int] = {}
    kept: list[Node] = []
    warned: set[tuple[str, int]] = set()
    warnings: list[Diagnostic] = []
    calls = _calls_left_out(nodes, alive)
    going_on = {(node.span.start, node.scope): node for node in nodes if alive[node.index]}
    for node in nodes:
        if alive[node.index]:
            number[node.index] = len(kept)
            kept.append(
                dataclasses.replace(
                    node,
                    index=len(kept),
                    inputs=tuple(number[index] for index in node.inputs),
                    shares=None if node.shares is None else number[node.shares],
                )
            )
            continue
        # Of a chain that leads nowhere its end is told; what stands before goes with it. What a module gives beside is no step.
        is_part = any(scope.kind == "network" for scope in node.scope.ancestors()[1:])
        if node.operation.result_number() or node.index in used or node.index in heirs or is_part:
            continue
        # Of a block whose whole call leads nowhere the call is told: its text may well be of use elsewhere.
        call = next((scope for scope in node.scope.ancestors() if scope in calls), None)
        span = node.span if call is None else call.span
        place = (span.source.name, span.start)
        if place in warned:
            continue
        warned.add(place)
        beside = going_on.get((node.span.start, node.scope))
        if call is None and beside is not None and beside.span.source is node.span.source:
            warnings.append(_result_unread(node, beside))
            continue
        name = node.key if node.shares is None else node.unique
        if call is not None:
            name = call.unique if call.names else short(span.text)
        behind_a_label = _is_behind_a_label(span) and not (call is None and node.label)
        warnings.append(
            Diagnostic(
                "W501",
                f"nothing uses the output of `{name}`, so the step is left out",
                Label(span, "leads to no output"),
                help="remove the step, or name its result as an `output`" + (_ONE_STEP if behind_a_label else ""),
                severity=Severity.WARNING,
                where=_where(node.via if call is None else node.via[: sum(row.kind == "block" for row in call.ancestors()) - 1]),
            )
        )
    return tuple(kept), (*idle, *warnings)


_ONE_STEP = ": a label names the one step behind it, not the chain that begins there"


def _is_behind_a_label(span: Span) -> bool:
    """Whether the step there stands in a chain of one line that begins with a label."""
    if re.match(r"""("[^"]*"|[A-Za-z_][\w.]*)\s*:""", span.text) is not None:
        return False  # it has a label of its own
    source = span.source
    before = source.text[source.line_starts[span.line - 1] : span.start]
    return re.match(r"""\s*(\|\s*)?([A-Za-z_]\w*|"[^"]*"):\s.*->\s*$""", before) is not None


def _where(via: Sequence[CallSite]) -> tuple[str, ...]:
    """Through which calls a step within a block was reached, the nearest first."""
    return tuple(call.told() for call in reversed(via[-3:]))


def _calls_left_out(nodes: Sequence[Node], alive: Sequence[bool]) -> set[Scope]:
    """The calls of blocks of which no output needs a step, and no step outside of them reads one."""
    left_out = {scope for node in nodes if not alive[node.index] for scope in node.scope.ancestors() if scope.kind == "block"}
    if not left_out:
        return left_out
    for node in nodes:
        around = set(node.scope.ancestors())
        if alive[node.index]:
            left_out -= around
        for index in node.inputs:
            if not alive[index]:
                left_out -= {scope for scope in nodes[index].scope.ancestors() if scope not in around}
    return left_out


def _result_unread(node: Node, beside: Node) -> Diagnostic:
    """`split(3) as a, b, c` where `b` is not read: the step has other results, which are, and stays."""
    switch = _switch(node, beside)
    if switch is not None:
        help = f"leave `{switch} = true` out"
    else:
        *outer, last = node.names
        read = f"{'.'.join(outer)}[{last}]" if outer and last.isdigit() else ".".join(node.names)
        help = (f"read it by `skip({read})`; " if node.label else "") + "where it is not wanted, `# allow W501` on that line says so"
    return Diagnostic(
        "W501",
        f"nothing uses `{node.key}`, one of the results of `{short(node.span.text)}`",
        Label(node.span, "a result leads to no output"),
        help=help,
        severity=Severity.WARNING,
        where=_where(node.via),
    )


def _switch(node: Node, beside: Node) -> str | None:
    """The parameter without which a step makes no second result: `indices` of a pool."""
    second = beside.operation.beside()
    if second is None or node.names[-1:] != (second[0],):
        return None
    for row in beside.operation.parameters():
        if getattr(beside.operation, row.name) is True and dataclasses.replace(beside.operation, **{row.name: False}).beside() is None:
            return row.name
    return None


def _needed(nodes: Sequence[Node], is_end: Callable[[Node], bool]) -> list[bool]:
    """Which nodes there must be for those that `is_end` names. What a node reads stands before it."""
    needed = [False] * len(nodes)
    for node in reversed(nodes):
        needed[node.index] |= is_end(node)
        if needed[node.index]:
            for index in node.inputs:
                needed[index] = True
    return needed


def _heirs(nodes: Sequence[Node], alive: Sequence[bool]) -> dict[int, int]:
    """For each owner of weights that is left out, the first node that uses them."""
    heirs: dict[int, int] = {}
    for node in nodes:
        if node.shares is not None and alive[node.index] and not alive[node.shares]:
            heirs.setdefault(node.shares, node.index)
    return heirs


def _owned_by_the_living(nodes: Sequence[Node], alive: Sequence[bool], heirs: dict[int, int]) -> Sequence[Node]:
    """The nodes; where the first use of weights is left out, the next one takes its name and place, so that the weights keep their keys."""
    if not heirs:
        return nodes

    def inherited(node: Node) -> Node:
        if node.shares is None or node.shares not in heirs:
            return node
        owner, heir = nodes[node.shares], heirs[node.shares]
        if node.index != heir:
            return dataclasses.replace(node, shares=heir)
        return dataclasses.replace(node, scope=owner.scope, names=owner.names, use=1, shares=None)

    return [inherited(node) if alive[node.index] else node for node in nodes]


def _only_in_training(nodes: Sequence[Node]) -> Sequence[Node]:
    """The nodes; those that serve side heads alone are marked, wherever they stand."""
    if not any(node.training_only for node in nodes):
        return nodes
    needed = _needed(nodes, lambda node: node.is_port and not node.training_only)
    for node in nodes:  # what one module makes it makes in one place
        needed[node.index] |= node.operation.result_number() > 0 and needed[node.inputs[0]]
    return [node if needed[node.index] or node.training_only else dataclasses.replace(node, training_only=True) for node in nodes]


def _idle_inputs(nodes: Sequence[Node], alive: Sequence[bool]) -> tuple[Diagnostic, ...]:
    """A warning for each input of the network that nothing reads."""
    read = {index for node in nodes if alive[node.index] for index in node.inputs}
    return tuple(
        Diagnostic(
            "W501",
            f"nothing uses the input `{node.key}`",
            Label(node.span, "leads to no output"),
            help="remove it, or bring it in with `skip`",
            severity=Severity.WARNING,
        )
        for node in nodes
        if node.is_port and not node.inputs and node.index not in read
    )
