"""Images that are brought to the size of another tensor: the text says whose (`like = label`), so that it is right for sizes of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import archc
from archc.base.source import Source
from archc.compiler.document import to_json
from archc.compiler.driver import compile, compile_source
from archc.compiler.importer.files import named
from archc.compiler.importer.importing import import_model
from tests.sample import only_in_campaign


class Merging(nn.Module):
    """What comes from below, at the size of what is beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.lateral, self.norm = nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8)
        self.smooth, self.last = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, fine: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        coarse = F.interpolate(coarse, size=fine.shape[-2:])
        return F.relu(self.last(F.relu(self.smooth(self.norm(self.lateral(fine)) + coarse))))


class Pyramid(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.three = (nn.Conv2d(width, 8, 3, 2, 1) for width in (3, 8, 8))
        self.first, self.second = Merging(), Merging()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        one = self.one(x)
        two = self.two(one)
        return self.second(one, self.first(two, self.three(two)))


class Decoder(nn.Module):
    """Sizes that are worked out of those of the tensor itself: a scale, though another of that size was measured as well."""

    def __init__(self) -> None:
        super().__init__()
        self.fine, self.coarse = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 8, 3, 2, 1)
        self.inner = Doubled()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        fine = self.fine(x)
        _, channels, height, width = fine.shape
        assert channels * height * width
        return self.inner(self.coarse(fine))


class Doubled(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.interpolate(x, size=(2 * x.shape[2], 2 * x.shape[3])) + F.interpolate(x, scale_factor=2)


class Whole(nn.Module):
    """A map at the size of a tensor that was measured long before."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.down, self.last = nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 4, 1), nn.Conv2d(4, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.stem(x))
        size = x.shape[2:]
        return F.interpolate(self.last(F.relu(self.down(x))), size=size, mode="bilinear")


def _at(text: str, module: nn.Module, side: int) -> tuple[torch.Tensor, torch.Tensor]:
    """What the text and the module answer on an image with sides that no scale would give."""
    x = torch.rand(2, 3, side, side + 6)
    made = archc.load(text, weights=module.state_dict()).eval()
    with torch.no_grad():
        return made(x), module.eval()(x)


@pytest.mark.parametrize("kind", [Pyramid, Whole])
@pytest.mark.parametrize("side", [32, 37])
def test_a_size_that_the_model_measures_is_right_for_odd_sides(kind: type[nn.Module], side: int) -> None:
    torch.manual_seed(0)
    module = kind()
    text = archc.from_module(module, [torch.zeros(2, 3, 32, 32)])
    assert "scale" not in text
    assert "upsample(like = " in text
    torch.testing.assert_close(*_at(text, module, side))


def test_a_class_that_takes_the_size_of_one_of_its_tensors_is_a_block() -> None:
    text = archc.from_module(Pyramid(), [torch.zeros(2, 3, 32, 32)])
    assert text.count("upsample(like = ") == 1
    assert "block merging takes fine, coarse {" in text


def test_a_size_worked_out_of_its_own_is_a_scale() -> None:
    text = archc.from_module(Decoder(), [torch.zeros(2, 3, 32, 32)])
    assert text.count("upsample(scale = 2)") == 2


class Halved(nn.Module):
    """A size that is worked out of the input's: twice that of the map, but where halves were rounded up."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.last = nn.Conv2d(3, 4, 3, 2, 1), nn.Conv2d(4, 4, 3, 2, 1), nn.Conv2d(4, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = x.shape[2:]
        return F.interpolate(self.last(self.two(self.one(x))), size=((height - 1) // 2 + 1, (width - 1) // 2 + 1))


def test_sizes_that_are_a_factor_at_some_sides_alone_are_told() -> None:
    told = "## Note: at sides that are no multiples of 4, [3, 66, 98], the text does not answer as the model does: it works sizes out of the input's"
    text = archc.from_module(Halved(), [torch.zeros(2, 3, 32, 32)])
    assert "upsample(scale = 2)" in text and told in " ".join(text.split())
    assert "at odd sides" not in archc.from_module(Pyramid(), [torch.zeros(2, 3, 32, 32)])


@pytest.mark.parametrize("kind", [Pyramid, Whole])
def test_a_program_of_one_size_names_the_tensor_that_the_result_meets(kind: type[nn.Module]) -> None:
    dynamic = ({0: torch.export.Dim("batch")},)
    program = torch.export.export(kind().eval(), (torch.zeros(2, 3, 32, 32),), dynamic_shapes=dynamic)
    text = archc.from_exported(program)
    assert ("like = " in text) == (kind is Pyramid)  # the other meets nothing: its size is all that the program knows
    assert ("size = 16" in text) == (kind is Whole)


SIZED = """network sized {
  input x[3, 24, 24]
  fine: conv(4) -> conv(4, stride = 2) -> upsample(like = fine)
  conv(4, stride = 2) -> image: conv(4, stride = 2) -> tokens -> image(like = image) -> crop(like = image)
}
"""


def test_the_json_of_a_network_with_sizes_of_others_gives_it_again(tmp_path: Path) -> None:
    path = tmp_path / "NETWORK.json"
    graph = compile_source(Source.of("sized.arch", SIZED)).graph
    path.write_text(to_json(graph), encoding="utf-8")
    again = compile_source(Source.of("again.arch", import_model(named(str(path))).text)).graph
    assert [(node.operation.name, node.shape) for node in again.nodes] == [(node.operation.name, node.shape) for node in graph.nodes]


@only_in_campaign
def test_a_shipped_pyramid_comes_back_from_its_json(tmp_path: Path) -> None:
    path = tmp_path / "NETWORK.json"
    path.write_text(to_json(compile("resnet50_fpn", inputs={"": (3, 96, 96)}).graph), encoding="utf-8")
    text = import_model(named(str(path))).text
    assert "upsample(like = body.layer3" in text
    assert "upsample(like = body.layer2" in text
