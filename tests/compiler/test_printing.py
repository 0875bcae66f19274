"""Whatever archc hands out can be printed: one short line each, however much hangs on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import pytest

import archc
from archc.base.records import MOST_SHOWN
from archc.compiler import driver

# Networks whose records hold templates, templates files, and files everything; with side heads, reused steps and defaults.
NETWORKS = ("resnet18", "googlenet", "densenet121", "regnet_y_400mf", "unet")


def reachable(*roots: object) -> Iterator[object]:
    """Every record that hangs on `roots`, and the roots, once each."""
    stack, seen = list(roots), set[int]()
    while stack:
        value = stack.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            yield value
            stack += [getattr(value, field.name) for field in dataclasses.fields(value) if hasattr(value, field.name)]
        elif isinstance(value, Mapping):
            stack += [*value.keys(), *value.values()]
        elif isinstance(value, tuple | list | set | frozenset):
            stack += value


@pytest.mark.parametrize("name", NETWORKS)
def test_every_record_has_a_short_repr_of_one_line(name: str) -> None:
    net = archc.compile(name)
    assert net._checked.source is not None
    tree = driver.parse(net._checked.source)[0]
    found = list(reachable(net._checked, net.typed_graph, net.program, net.cost(by="block"), dict(net.graph.nodes(data=True)), tree))
    kinds = {type(value).__name__ for value in found}
    assert kinds >= {"Program", "Node", "Scope", "Span", "Source", "CallSite", "Cost", "Row", "Work", "Graph", "Checked", "File"}
    for value in found:
        shown = repr(value)
        assert len(shown) <= MOST_SHOWN, type(value)
        assert "\n" not in shown, type(value)
        assert shown.startswith(type(value).__qualname__), shown


def test_what_the_guide_prints_can_be_printed() -> None:
    net = archc.compile("resnet18")
    assert repr(net) == "<archc.Network resnet18: 71 operations>"
    assert "operation=Conv(…), inputs=(4,)" in str(net.graph.nodes["layer1.0.conv1"])
    assert str(net.cost(by="block").rows).count("Row(path=") == len(net.cost(by="block").rows)
    assert repr(net.program).startswith("Program(name='resnet18'")
    assert repr(net.cost().total).startswith("Work(parameters=11689512, buffers=9620, macs=1814073344,")


def test_a_cost_as_a_text_is_the_table_of_the_command() -> None:
    text = str(archc.compile("resnet18").cost())
    assert text.startswith("resnet18: input 3x224x224\n")
    assert "11,689,512" in text
    assert "Memory, batch 1" in text


def test_diagnostics_have_a_short_repr_too() -> None:
    with pytest.raises(archc.ArchError) as raised:
        archc.compile("resnet18", classes=0)
    for value in reachable(raised.value.diagnostics):
        assert len(repr(value)) <= MOST_SHOWN
