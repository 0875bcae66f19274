"""Whole numbers go where places in a table are looked up, floating point numbers everywhere else, and what has the other kind is refused."""

from __future__ import annotations

import pytest
import torch

from archc.compiler.emit.torchscript import script
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.sample_inputs import normal
from tests.support import checked, graph_of


def said(body: str, shape: str = "8") -> list[tuple[str, str, str]]:
    rows = checked(f"network n {{\n  input x[{shape}]\n  {body}\n}}\n").diagnostics
    return [(row.code, row.message, row.help or "") for row in rows if row.is_error]


@pytest.mark.parametrize(
    ("body", "shape", "maker"),
    [
        ('conv(4) -> flatten -> embedding(100, 16) -> reduce("mean", axis = length) -> linear(4)', "3, 8, 8", "conv"),
        ("linear(8) -> relu -> embedding(8, 4)", "8", "relu"),
        ("maxpool(2) -> flatten -> slice(stop = 9) -> embedding(8, 4)", "3, 8, 8", "maxpool"),
        ("concat { | skip | linear(8) } -> embedding(8, 4)", "8", "linear"),
        ("constant(1, sizes = [8]) -> embedding(8, 4)", "8", "constant"),
        ("linear(8) -> identity -> embedding(8, 4)", "8", "linear"),
    ],
)
def test_places_in_a_table_are_no_numbers_that_a_step_worked_out(body: str, shape: str, maker: str) -> None:
    [(code, message, help)] = said(body, shape)
    assert code == "E335" and f"`{maker}` gives floating point numbers" in message
    assert ("`linear(features)`" in help) == (maker != "constant")


@pytest.mark.parametrize("numbers", ["[2, 0, 1, 1]", "1, [4]", "[[2, 0], [1, 1]], [4]"])
def test_numbers_of_a_text_are_places_where_it_says_so(numbers: str) -> None:
    """T5's buckets of distances: what no table of archc's own says is a list. It could not be read by."""
    without = f"add(broadcast = true) {{ | skip | embedding(3, 2) {{ | constant({numbers}) | table: parameter([3, 2]) }} }}"
    [(code, _, help)] = said(without, "length = 4, channels = 2")
    assert code == "E335" and help == "give `constant` also `index = true`: its numbers are rows of the table then"
    graph = graph_of(f"network n {{\n  input x[length = 4, channels = 2]\n  {without.replace(numbers, f'{numbers}, index = true')}\n}}\n")
    module = build(graph)
    rows = [1] * 4 if numbers.startswith("1") else [2, 0, 1, 1]
    assert torch.equal(module(torch.zeros(3, 4, 2)), module.state_dict()["table"][rows].expand(3, -1, -1))
    assert torch.equal(script(module)(torch.ones(1, 4, 2)), module(torch.ones(1, 4, 2)))


def test_places_of_a_text_lie_in_the_table() -> None:
    body = "add(broadcast = true) { | skip | embedding(3, 2) { | constant([3, 0, 1, 1], index = true) | parameter([3, 2]) } }"
    [(code, message, help)] = said(body, "length = 4, channels = 2")
    assert code == "E335" and "4 rows" in message and help == "`embedding` of 4: rows are counted from 0"


INDEX = 'constant("window_index", window = [1, 4])'
"""Sixteen places in a table of seven rows."""


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (f"mul {{ | skip | {INDEX} }}", "which `mul` cannot work with"),
        (f"concat {{ | skip | {INDEX} -> flip(0) }}", "which `concat` cannot work with"),
        (f"mul {{ | skip | {INDEX} -> scale(2) }}", "which `scale` cannot work with"),
        (
            f"add(broadcast = true) {{ | reshape([16, 1]) | embedding(6, 1) {{ | {INDEX} | parameter([6, 1]) }} }}",
            "a table of 7 rows, and `embedding` reads one of 6",
        ),
    ],
)
def test_fixed_places_are_read_in_a_table_that_has_them_and_nowhere_else(body: str, message: str) -> None:
    [(code, told, help)] = said(body, "16")
    assert code == "E335" and f"`{INDEX}` gives places in a table" in told and message in told
    assert "`embedding" in help and "7" in help


def test_a_table_is_read_at_fixed_places() -> None:
    """As the index of the places of a window, which a checkpoint has: by hand, and by the gradient of the table."""
    body = "add(broadcast = true) { | skip | "
    body += 'embedding(7, 2) { | index: constant("window_index", window = [1, 4], stored = true) | table: parameter([7, 2]) } }'
    module = build(graph_of(f"network n {{\n  input x[length = 16, channels = 2]\n  {body}\n}}\n"))
    apart = torch.arange(4)[:, None] - torch.arange(4) + 3
    state = module.state_dict()
    assert torch.equal(state["index"], apart.flatten())
    found = module(torch.zeros(3, 16, 2))
    assert torch.equal(found, state["table"][apart.flatten()].expand(3, -1, -1))
    found.sum().backward()
    [table] = module.parameters()
    assert table.grad is not None and torch.equal(table.grad[:, 0], 3 * torch.bincount(apart.flatten()).float())


@pytest.mark.parametrize(
    "body",
    [
        "e: embedding(8, 4)\n  skip(x) -> linear(3)",
        "e: linear(4)\n  skip(x) -> embedding(8, 3)",
        "e: identity -> relu\n  skip(x) -> flip(0) -> embedding(8, 3)",
        "concat(axis = 0) { | embedding(8, 1) -> flatten | skip }",
        "add { | embedding(8, 1) -> flatten | skip }",
    ],
)
def test_an_input_is_read_as_one_kind(body: str) -> None:
    [(code, message, help)] = said(body)
    assert code == "E335" and "`x`" in message and "whole numbers" in message and "floating point numbers" in message
    assert "an input each" in help


@pytest.mark.parametrize(
    "body",
    [
        "embedding(8, 4)",
        "identity -> embedding(8, 4)",
        "flip(0) -> embedding(8, 4)",
        "concat { | skip | flip(0) } -> embedding(8, 4)",
        "add { | embedding(8, 4) | skip(x) -> embedding(8, 4) }",
        "embedding(8, 4) -> linear(8)",
        "embedding(8, 4) { | skip | parameter([8, 4]) }",
    ],
)
def test_places_that_are_only_moved_are_looked_up(body: str) -> None:
    graph = graph_of(f"network n {{\n  input x[8]\n  {body}\n}}\n")
    with torch.no_grad():
        answer = build(graph).eval()(*normal(graph, 2))
    assert tuple(answer.shape) == (2, *graph.outputs[0].shape)


@pytest.mark.parametrize("step", ["attention(3)", "lstm(4)", "position_embedding", "class_token"])
def test_a_sequence_of_an_image_that_was_flattened_is_tokens(step: str) -> None:
    [(code, _, help)] = said(f"conv(192, 4, stride = 4) -> flatten -> ln -> {step}", "3, 32, 32")
    assert code == "E313" and "`tokens` in place of `flatten`" in help and "embedding" not in help
    assert said(f"conv(192, 4, stride = 4) -> tokens -> ln -> {step}", "3, 32, 32") == []


def test_the_help_of_a_vector_is_of_what_it_holds() -> None:
    assert "`embedding(count, features)`" in said("lstm(4)")[0][2]
    assert "reshape" in said("linear(8) -> lstm(4)")[0][2]
    assert "before `flatten`: leave that out" in said("conv(8) -> flatten -> lstm(4)", "8, 4")[0][2]
