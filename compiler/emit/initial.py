"""How weights start, where it is not PyTorch's way: a loop over the network's modules, then the exceptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field

from ...dsl.records import dataclass
from ..program import Node

Starts = dict[str, str]
"""The text of a call for each tensor of a module (`weight`, `bias`)."""


@dataclass(slots=True)
class _Kind:
    """All modules of one class: their starts, and the nodes that have each."""

    nodes: dict[tuple[tuple[str, str], ...], list[Node]] = field(default_factory=dict)


def initial_statements(owners: Sequence[tuple[Node, str]], reach: Callable[[Node], str]) -> list[tuple[int, str]]:
    """The statements, each with its depth of indentation, for the end of the network's constructor.

    `owners` are the nodes that own modules, with the class of each. Most modules of a class start alike: they are
    found in a loop. Others are set after it, by name.
    """
    by_target: dict[str, list[Node]] = {}
    for node, target in owners:
        by_target.setdefault(target, []).append(node)
    bodies: dict[tuple[tuple[int, str], ...], list[str]] = {}
    further: list[tuple[int, str]] = []
    for target, nodes in by_target.items():
        told = [node for node in nodes if node.operation.initialization().calls]
        if not told:
            continue
        usual = _usual(nodes) if len(told) == len(nodes) else {}
        if usual:
            bodies.setdefault(tuple(_in_loop(usual, nodes)), []).append(target)
        further.extend(_by_name([node for node in told if not _agrees(node, usual)], reach))
    loop: list[tuple[int, str]] = []
    for body, targets in bodies.items():
        loop.append((1, f"{'elif' if loop else 'if'} isinstance(module, {' | '.join(targets)}):"))
        loop.extend(body)
    return ([(0, "for module in self.modules():"), *loop] if loop else []) + further


def _starts(node: Node) -> Starts:
    return dict(node.operation.initialization().calls)


def _tensors(node: Node) -> list[str]:
    return [weight.name for weight in node.operation.weights(node.input_shapes) if weight.trainable]


def _usual(nodes: Sequence[Node]) -> Starts:
    """How most of the modules start: for each tensor, the commonest call."""
    counts: dict[str, dict[str, int]] = {}
    for node in nodes:
        for name, text in _starts(node).items():
            row = counts.setdefault(name, {})
            row[text] = row.get(text, 0) + 1
    return {name: max(row, key=lambda text: row[text]) for name, row in counts.items()}


def _agrees(node: Node, usual: Starts) -> bool:
    """Whether the loop does to the module what its record says."""
    starts = _starts(node)
    return all(usual.get(name) == starts.get(name) for name in _tensors(node))


def _in_loop(usual: Starts, nodes: Sequence[Node]) -> list[tuple[int, str]]:
    lines: list[tuple[int, str]] = []
    for name, text in usual.items():
        everywhere = all(name in _tensors(node) for node in nodes)
        if not everywhere:
            lines.append((2, f"if module.{name} is not None:"))
        lines.append((2 if everywhere else 3, text.format(f"module.{name}")))
    return lines


def _by_name(nodes: Sequence[Node], reach: Callable[[Node], str]) -> list[tuple[int, str]]:
    """Modules set one by one; those that start alike in one loop."""
    groups: dict[tuple[tuple[str, str], ...], list[Node]] = {}
    for node in nodes:
        groups.setdefault(tuple(_starts(node).items()), []).append(node)
    lines: list[tuple[int, str]] = []
    for starts, group in groups.items():
        if len(group) == 1:
            lines.extend((0, text.format(f"{reach(group[0])}.{name}")) for name, text in starts)
            continue
        lines.append((0, f"for module in ({', '.join(reach(node) for node in group)}):"))
        lines.extend((1, text.format(f"module.{name}")) for name, text in starts)
    return lines
