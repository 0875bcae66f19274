"""What the models of torchvision and timm do, by name, has words in the language; of what has none the reason is told."""

from __future__ import annotations

import runpy
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

import archc
from archc.compiler.ops import TABLE
from tests.conformance.reference import torchvision

NEEDS = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "needs.py"))


def test_most_models_have_words_for_all_that_they_do() -> None:
    found = NEEDS["without_words"]()
    assert len(found) == 343
    assert sum(not needs for needs in found.values()) >= 317


def test_every_operation_that_answers_a_need_is_a_word_of_the_language() -> None:
    answers, _ = NEEDS["read"]()
    assert [name for operations in answers.values() for name in operations if name not in TABLE] == []


def test_what_has_no_word_has_a_reason_and_nothing_else_has() -> None:
    answers, _ = NEEDS["read"]()
    assert {need for need, operations in answers.items() if not operations} == set(NEEDS["reasons"]())


def _same(text: str, reference: nn.Module, x: torch.Tensor) -> None:
    """The text has the reference's keys and gives what it gives."""
    module = archc.load(text).eval()
    for weight in reference.parameters():
        nn.init.normal_(weight)
    module.load_state_dict(reference.state_dict())
    torch.testing.assert_close(module(x), reference.eval()(x), rtol=1e-5, atol=1e-5)


def test_heads_beside_the_batch_and_a_bias_that_queries_make() -> None:
    """What folds the heads into the batch, parts it again, and adds to the logits what the queries make of two learned tables: SAM's attention."""
    torchvision()  # which timm imports
    from timm.models.vision_transformer_sam import Attention

    text = """
    block by_distance(size) { rearrange("l c -> c l 1") -> unfold([size, 1], pad = 0) -> rearrange("(c k) l -> l k c", k = size) -> flip(1) }

    network attention_of_sam(heads = 2, size = 3) {
      input x[height = 3, width = 3, channels = 8]
      let c = in.channels / heads
      qkv: linear(3 * in.channels, last = true) -> rearrange("height width (three heads c) -> three heads (height width) c", three = 3, heads = heads)
      sdpa {
        | q: select(0)
        | select(1)
        | select(2)
        | skip(q) -> rearrange("heads (h w) c -> heads h w c", h = size)
          add(broadcast = true) {
            | einsum("n h w c, h k c -> n h w k") { | skip | rel_pos_h: parameter([2 * size - 1, c]) -> by_distance(size) }
              rearrange("n h w k -> n (h w) k 1")
            | einsum("n h w c, w k c -> n h w k") { | skip | rel_pos_w: parameter([2 * size - 1, c]) -> by_distance(size) }
              rearrange("n h w k -> n (h w) 1 k")
          }
          rearrange("n l h w -> n l (h w)")
      }
      rearrange("heads (height width) c -> height width (heads c)", height = size) -> proj: linear(c * heads, last = true)
    }
    """
    _same(text, Attention(8, 2, use_rel_pos=True, input_size=(3, 3)), torch.randn(2, 3, 3, 8))


class _Positions(nn.Module):
    """A learned vector for each row of a grid and for each column, looked up by one-hot rows, as in Gemma's image encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.zeros(2, 12, 8))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y, along = torch.meshgrid(torch.arange(3), torch.arange(5), indexing="ij")
        at = torch.stack([y.flatten(), along.flatten()], dim=-1).flip(dims=(-1,)).clamp(min=0)
        return x + (F.one_hot(at, 12).permute(1, 0, 2).to(x) @ self.table).sum(dim=0)


def test_positions_that_a_grid_tells_are_parts_of_their_table() -> None:
    text = """
    network positions(rows = 3, columns = 5) {
      input x[length = 15, channels = 8]
      let c = in.channels
      add(broadcast = true) {
        | skip
        | add(broadcast = true) {
            | table: parameter([2, 12, c]) -> select(0) -> slice(0, stop = columns) -> reshape([1, columns, c])
            | skip(table) -> select(1) -> slice(0, stop = rows) -> reshape([rows, 1, c])
          }
          reshape([length = rows * columns, channels = c])
      }
    }
    """
    _same(text, _Positions(), torch.randn(2, 15, 8))


class _Order(nn.Module):
    """Features in an order that a fixed table tells, as the coefficients of a cosine transform are read in a zigzag."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :, torch.tensor([2, 0, 1, 3])]


def test_an_order_that_a_table_tells_is_a_product() -> None:
    text = """
    network order {
      input x[length = 5, channels = 4]
      matmul { | skip | constant([[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]) }
    }
    """
    _same(text, _Order(), torch.randn(2, 5, 4))
