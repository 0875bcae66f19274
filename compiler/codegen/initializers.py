"""How weights start, where it is not PyTorch's way.

Most modules of a class start alike: a loop over the network's modules finds them, and the few exceptions are set by name
after it. Where some start as PyTorch does, or a helper has such modules inside, no loop can tell them apart: then each
class starts its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from ..graph.program import Node

Starts = dict[str, str]
"""The text of a call for each tensor of a module (`weight`, `bias`)."""

Owners = Mapping[str, Sequence[Node]]
"""The nodes that own modules with weights, by the class of the module."""


def started_in_classes(owners: Owners, helpers: Iterable[str]) -> frozenset[str]:
    """The classes of modules whose starts each generated class sets itself."""
    code = "\n".join(helpers)
    found = set()
    for target, nodes in owners.items():
        told = [bool(node.operation.initialization().calls) for node in nodes]
        if not any(told):
            continue
        made_inside = re.search(rf"(?<!class ){re.escape(target)}\(", code) is not None
        derived = [name for name in re.findall(rf"class (\w+)\({re.escape(target)}\)", code) if name in owners]
        usual = _usual(nodes)
        if not all(told) or made_inside or any(not _agrees(node, usual) for name in derived for node in owners[name]):
            found.add(target)
    return frozenset(found)


def initial_statements(owners: Owners, reach: Callable[[Node], str]) -> list[tuple[int, str]]:
    """The statements, each with its depth of indentation, for the end of the network's constructor."""
    bodies: dict[tuple[tuple[int, str], ...], list[str]] = {}
    further: list[tuple[int, str]] = []
    for target, nodes in owners.items():
        usual = _usual(nodes)
        if usual:
            bodies.setdefault(tuple(_in_loop(usual, nodes)), []).append(target)
            further.extend(_by_name([node for node in nodes if not _agrees(node, usual)], reach))
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
    """How most of the modules start: for each tensor that all of them give a call to, the commonest one."""
    counts: dict[str, dict[str, int]] = {}
    for node in nodes:
        for name, text in _starts(node).items():
            row = counts.setdefault(name, {})
            row[text] = row.get(text, 0) + 1
    return {
        name: max(row, key=lambda text: row[text])
        for name, row in counts.items()
        if all(name in _starts(node) for node in nodes if name in _tensors(node))
    }


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
