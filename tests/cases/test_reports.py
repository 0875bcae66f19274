"""Troubles that people reported of other tools, by the number of the report: what archc makes of them."""

from __future__ import annotations

import torch

import archc
from archc.compiler.graph.program import Program
from tests.support import program_of

from .ask import refused, said

TIED = """network tied(vocabulary = 50, width = 16) {
  input words[8]
  table: parameter([vocabulary, width])
  embedding(vocabulary, width) { | skip(words) | skip(table) }
  ln -> linear(width) -> gelu
  matmul { | skip | skip(table) -> permute([1, 0]) }
}
"""


def weights(program: Program) -> int:
    return sum(row.elements for node in program.nodes for row in node.weights)


def test_R24_heads_of_a_size_of_their_own() -> None:
    program = program_of("network headsize(width = 768) {\n  input x[length = 197, channels = width]\n  attention(12, head_size = 32)\n}\n")
    assert program.nodes[-1].shape == (197, 768)
    inner = 12 * 32
    assert weights(program) == 3 * (768 * inner + inner) + inner * 768 + 768


def test_R33_the_second_use_of_a_table_is_refused_with_the_way_to_tie_it() -> None:
    row = refused("network tied {\n  input words[32]\n  table: embedding(5000, 64)\n  ln -> linear(64) -> gelu\n  reuse(table)\n}\n")
    assert row.code == "E313"
    assert "`table: parameter([count, features])`" in said(row)


def test_R33_one_table_and_two_uses() -> None:
    network = archc.compile(TIED)
    module = network.to_module().eval()
    assert network.cost().total.parameters == sum(value.numel() for value in module.parameters()) == 50 * 16 + 2 * 16 + 16 * 17
    words = torch.randint(50, (2, 8))
    with torch.no_grad():
        x = torch.nn.functional.gelu(module.linear1(module.ln1(module.table[words])))
        torch.testing.assert_close(module(words), x @ module.table.T)
        torch.testing.assert_close(network.to_torchscript(module.state_dict())(words), module(words))


def test_R51_a_notebook_shows_the_network() -> None:
    assert archc.compile(TIED)._repr_svg_().startswith("<svg")
