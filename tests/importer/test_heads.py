"""Heads of detectors, and what their models share."""

import pytest
import torch
from torch import nn

import archc
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.sources import Model, model_of_module
from tests.importer.people_heads import ACT, Boxes, Captured, Neck, Points, Probe, Rows, Shifted


def made(module: nn.Module, *shape: int) -> tuple[str, Model]:
    model = model_of_module(module, torch.zeros(2, *shape))
    return import_model(model).text, model


def test_one_activation_for_all_is_a_step_of_each_block() -> None:
    module = Neck()
    text, _ = made(module, 3, 32, 32)
    assert "-> bn: bn -> silu\n}" in text, text  # within the block
    assert text.count("silu") == 1 and "block bottleneck" in text
    assert all(part.act is ACT for part in module.modules() if hasattr(part, "act"))  # the model is as it was


def test_boxes_at_the_places_of_grids() -> None:
    text, _ = made(Boxes(), 3, 64, 64)
    assert "constant(2, sizes = [1024, 1])" in text and "constant(4, sizes = [256, 1])" in text, text


def test_every_third_channel_is_written_over() -> None:
    text, _ = made(Points(), 4, 8)
    assert "reshape([4, 3, 8])" in text and "sigmoid" in text, text


@pytest.mark.parametrize(("start", "stop", "step"), [(1, 7, 2), (0, 12, 5)])
def test_places_that_no_axis_has_are_refused(start: int, stop: int, step: int) -> None:
    class Some(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv1d(4, 12, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.conv(x).clone()
            y[:, start:stop:step] = 0
            return y  # type: ignore[no-any-return]

    with pytest.raises(archc.ArchError, match="writing into every other place of a part"):
        made(Some(), 4, 8)


def test_a_mask_that_is_stretched_over_the_batch() -> None:
    text, _ = made(Shifted(), 16, 8)
    assert 'constant("window_mask"' in text, text  # of all windows, and not of the first


def test_a_text_that_answers_otherwise_at_another_size_says_so() -> None:
    text, _ = made(Rows(), 3, 16, 16)
    assert "at [3, 32, 64] the text does not answer as the model does: it has sizes of [3, 16, 16]" in text, text


def test_what_answers_in_another_shape_is_not_told_as_refused() -> None:
    told = import_model(model_of_module(Rows().eval(), torch.randn(2, 3, 16, 16))).proof.told
    assert "for [3, 32, 64] the outputs have the shapes [[2, 4, 11, 11]], the model's [[2, 4, 19, 35]]" in told
    assert "refused" not in told and "refuses" not in told


def test_hooks_that_a_run_puts_up_are_up_once() -> None:
    module = Captured()
    text, _ = made(module, 8)
    assert text.count("output") == 1 and "out1" in text and "out2" not in text, text
    assert not any(part._forward_hooks for part in module.modules())


def test_a_learned_query() -> None:
    text, _ = made(Probe(), 5, 8)
    assert "probe: parameter" in text and "attention(2)" in text, text
