"""What a text looks like: blocks that take and give several tensors, names out of settings, activations that may be none."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import archc
from archc.compiler.importer.as_meant import short
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.sources import model_of
from tests.sample import only_in_campaign

from .same import imported
from .texts import text_of

HERE = Path(__file__).parent


def test_a_module_that_takes_a_list_is_a_block_for_lists_of_any_length() -> None:
    text = text_of("ladder")
    assert "block exchange takes images[] gives y[]" in text
    assert "for i in range(len(images))" in text and "skip(alone[j])" in text
    assert text.count("block exchange") == 1, "two, three and four images go through one block"


def test_a_number_of_a_pair_of_images_follows_from_their_places() -> None:
    text = text_of("ladder")
    assert "upsample(scale = 2 ** (j - i))" in text
    assert "repeat i - j - 1" in text and "conv(images[j].channels" in text and "conv(images[i].channels" in text


def test_results_that_one_module_hands_to_the_next_flow_without_names() -> None:
    text = text_of("streams")
    assert "takes left2, right2 gives norm_left, norm_right" in text
    assert '-> "layers.1": exchanged(16)' in text


def test_a_module_that_gives_a_dictionary_gives_its_labels() -> None:
    assert "block stream gives keep, send" in text_of("pairs")


def test_side_heads_that_are_alike_are_one_block_without_a_name_of_its_own() -> None:
    text = text_of("two_sides")
    assert "block side(classes) flat" in text and text.count("side(classes)") == 3


def test_an_activation_that_some_lack_may_be_none() -> None:
    text = text_of("configured")
    assert "if act != none { act }" in text and "act = none" in text


def test_parameters_have_the_names_of_the_settings_that_a_constructor_was_given() -> None:
    made = import_model(model_of(f"{HERE / 'list_models.py'}:Configured", shapes=[(3, 8, 8)]), source="Configured")
    assert "block unit(squeezed, widened, kernel = 3)" in made.text


def test_a_block_says_which_class_it_was() -> None:
    assert "## `Exchange` in list_models.py.\nblock exchange" in text_of("ladder")


@pytest.mark.slow
@only_in_campaign
def test_the_modules_of_hrnet_are_one_block_with_loops() -> None:
    text = import_model(model_of("timm:hrnet_w18"), source="timm:hrnet_w18").text
    assert text.count("block high_resolution_module") == 1
    assert text.count("\n") <= 72


@pytest.mark.slow
def test_heads_of_tokens_that_no_axis_names_are_no_reason_to_write_a_model_flat() -> None:
    source = "timm:swinv2_cr_tiny_ns_224"
    small = {"img_size": 64, "depths": (2, 2), "embed_dim": 24, "num_heads": (2, 4), "window_size": 4}
    made = import_model(model_of(source, shapes=[(3, 64, 64)], settings=small), source=source)
    assert not made.is_flat
    assert made.text.count("\n") <= 85


class Averaged(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(8, 4), nn.Linear(8, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.one(x) + self.two(x)) / 2


def test_a_sum_by_its_number_is_a_mean() -> None:
    text = archc.from_module(Averaged(), [torch.zeros(2, 8)])
    assert "mean { | one: linear(4) | two: linear(4) }" in text and "scale" not in text


class DropPath(nn.Module):
    def __init__(self, drop_prob: float) -> None:
        super().__init__()
        self.drop_prob = drop_prob

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.empty(x.shape[0], 1, 1).bernoulli_(1 - self.drop_prob) if self.training and self.drop_prob else x


class Turning(nn.Module):
    """One of two that take turns along a row: it mixes after it has looked the other way, or not."""

    def __init__(self, turned: bool, p: float) -> None:
        super().__init__()
        self.mix, self.turned, self.drop = nn.Linear(8, 8), turned, DropPath(p)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.drop(self.mix(x.roll(3, 1) if self.turned else x).relu())


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ([0.0] * 6, "repeat 3 { turning -> turning(turned = true) }"),
        ([0.02 * step for step in range(6)], "for i in range(3) { turning(drop_rate * 2 * i / 5) -> turning(drop_rate * (1 + 2 * i) / 5, "),
        ([0.0] * 4, "turning -> turning(turned = true) -> turning -> turning(turned = true)"),
    ],
)
def test_blocks_that_take_turns_are_a_loop_of_both(rates: list[float], said: str) -> None:
    net = nn.Sequential(*(Turning(place % 2 == 1, rate) for place, rate in enumerate(rates)), nn.Linear(8, 3))
    text = archc.from_module(net, [torch.zeros(2, 5, 8)])
    assert said in " ".join(text.split())


class Hidden(nn.Module):
    """As some write it: names that begin with an underscore, and a momentum that is worked out."""

    def __init__(self, expands: bool, width: int) -> None:
        super().__init__()
        if expands:
            self._expand_conv = nn.Linear(8, 8)
        self._bn = nn.BatchNorm1d(8, momentum=1 - 0.99)
        self._wide, self._back = nn.Linear(8, width), nn.Linear(width, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self._expand_conv(x) if hasattr(self, "_expand_conv") else x
        y: torch.Tensor = self._back(self._wide(self._bn(x)).relu())
        return y


def test_a_flag_has_one_underscore_and_a_number_the_digits_that_were_meant() -> None:
    text = archc.from_module(nn.Sequential(Hidden(False, 4), Hidden(True, 8), Hidden(True, 16)), [torch.zeros(2, 8)])
    assert "with_expand_conv" in text and "with__" not in text
    assert "momentum = 0.01)" in text


@pytest.mark.parametrize(("worked_out", "said"), [(1 - 0.99, 0.01), (0.1 + 0.2, 0.3), (32**-0.5, 32**-0.5), (1e-5 + 1e-17, 1e-5 + 1e-17)])
def test_a_number_is_written_short_where_that_is_the_same_in_float32_by_far(worked_out: float, said: float) -> None:
    assert short(worked_out) == said


class Weighed(nn.Module):
    """Weights of its own, whose shapes follow from the width, and fixed numbers of a size that nothing else tells."""

    def __init__(self, dim: int, rows: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(2 * dim, dim))
        self.bias = nn.Parameter(torch.zeros(2 * dim))
        self.place = nn.Parameter(torch.zeros(1, rows, dim))
        self.back = nn.Linear(2 * dim, dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.matmul(x + self.place, self.weight.t()) + self.bias
        return self.back(y[..., : self.bias.shape[0] // 2].repeat(1, 1, 2))  # type: ignore[no-any-return]


class OfWeighed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = Weighed(8, 6), Weighed(16, 12), Weighed(32, 24)
        self.first, self.second = nn.Linear(8, 16), nn.Linear(16, 32)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.first(self.a(x)).repeat(1, 2, 1)
        return self.c(self.second(self.b(y)).repeat(1, 2, 1))  # type: ignore[no-any-return]


def test_a_list_of_sizes_is_written_with_the_numbers_that_there_are() -> None:
    """The shape of a weight follows from a width; one size that nothing tells is a parameter, and not each list that holds it."""
    text = archc.from_module(OfWeighed().eval(), torch.zeros(2, 6, 8))
    head = next(line for line in text.splitlines() if line.startswith("block weighed"))
    assert "shape" not in head and "[" not in head


class Layers(nn.Module):
    """Lists of modules beside each other, as people walk through them."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(8) for _ in range(3))
        self.mixers = nn.ModuleList(nn.ModuleList([nn.Linear(8, 16), nn.Linear(16, 8)]) for _ in range(3))
        self.conv1, self.conv2 = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.conv2(torch.relu(self.conv1(x))))
        for norm, (wide, narrow) in zip(self.norms, self.mixers, strict=True):  # type: ignore[misc]
            x = x + narrow(torch.relu(wide(norm(x))))
        return x


def test_steps_that_come_again_are_the_rounds_of_a_loop() -> None:
    text = archc.from_module(Layers().eval(), torch.zeros(2, 5, 8))
    assert "conv1: linear(8) -> relu -> conv2: linear(8) -> relu" in text
    assert "for i in range(3) {" in text
    assert '"norms.{i}": ln -> "mixers.{i}.0": linear(16) -> relu -> "mixers.{i}.1": linear(8)' in text


class Stage(nn.Sequential):
    def __init__(self, into: int, out: int, depth: int) -> None:
        super().__init__(nn.Conv2d(into, out, 3, 2, 1), *[nn.Sequential(nn.Conv2d(out, out, 3, 1, 1), nn.ReLU()) for _ in range(depth)])


def test_rounds_are_no_part_of_the_channels() -> None:
    """One, one and two of stages with 16, 16 and 32 channels come in."""
    net = nn.Sequential(nn.Conv2d(3, 16, 3), Stage(16, 16, 1), Stage(16, 32, 1), Stage(32, 64, 2))
    text = archc.from_module(net, [torch.rand(2, 3, 32, 32)])
    assert "repeat depth" in text


class Excited(nn.Module):
    """Squeeze and excitation as it is mostly written."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(width, width // 4), nn.ReLU(), nn.Linear(width // 4, width), nn.Sigmoid())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        gate = self.fc(x.mean((2, 3))).view(x.size(0), x.size(1), 1, 1)
        return x * gate.expand_as(x)


def test_a_factor_that_is_stretched_is_no_matter_of_the_size() -> None:
    net = nn.Sequential(nn.Conv2d(3, 8, 3), Excited(8), nn.Conv2d(8, 16, 3), Excited(16))
    text = archc.from_module(net, [torch.rand(2, 3, 16, 16)])
    assert "expand" not in text and "block excited {" in text
    made = archc.load(text).eval()
    made.load_state_dict(net.state_dict())
    larger = torch.rand(2, 3, 40, 24)
    torch.testing.assert_close(made(larger), net.eval()(larger))


class Shortcut(nn.Module):
    def __init__(self, into: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(into, out, 3, stride, 1)
        self.shortcut = nn.Conv2d(into, out, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.conv(x) + self.shortcut(x))


def test_the_width_of_a_shortcut_that_is_there_once_is_the_blocks() -> None:
    net = nn.Sequential(nn.Conv2d(3, 8, 3), Shortcut(8, 8, 1), Shortcut(8, 16, 2), Shortcut(16, 16, 1))
    text = archc.from_module(net, [torch.rand(2, 3, 16, 16)])
    assert "shortcut: conv(width, 1, stride = stride)" in text


class Causal(nn.Module):
    """Padding, and what is cut off again, are given beside the distance that they follow from."""

    def __init__(self, i: int, o: int, dilation: int, padding: int) -> None:
        super().__init__()
        self.conv, self.cut = nn.Conv1d(i, o, 3, padding=padding, dilation=dilation), padding

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.conv(x)[:, :, : -self.cut])


def test_padding_that_follows_from_the_dilation_is_no_parameter() -> None:
    net = nn.Sequential(*(Causal(2 if not place else 8, 8, 2**place, 2 * 2**place) for place in range(4)))
    text = archc.from_module(net, torch.zeros(2, 2, 40))
    assert "pad = dilation * 2" in text and "stop = dilation * -2" in text
    assert "block causal_block(dilation = 1)" in text


class Filters(nn.Sequential):
    """Two of a class, of which one has a norm more: that its channels are others is chance."""

    def __init__(self, i: int, o: int, *norm: nn.Module) -> None:
        super().__init__(nn.Conv1d(i, o, 5, padding=2, bias=False), *norm, nn.Conv1d(o, 8, 1), nn.ELU())


def test_a_step_that_one_place_lacks_depends_on_no_channels_by_chance() -> None:
    net = nn.Sequential(Filters(1, 8, nn.BatchNorm1d(8)), Filters(8, 8))
    text = archc.from_module(net, torch.zeros(2, 1, 40))
    assert "if in.channels" not in text


class Net(nn.Module):
    """A U-Net of four levels, whose first copy is the image itself."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList(nn.Conv2d(3 if level == 0 else 8, 8, 3, stride=2, padding=1) for level in range(4))
        self.up = nn.ModuleList(nn.Conv2d(8 + (3 if level == 0 else 8), 8, 3, padding=1) for level in range(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = []
        for layer in self.down:
            kept.append(x)
            x = layer(x).relu()
        for layer, before in zip(reversed(self.up), reversed(kept), strict=True):
            x = layer(torch.cat([torch.nn.functional.interpolate(x, scale_factor=2), before], 1)).relu()
        return x


def test_the_copies_of_a_u_are_read_by_their_labels_and_not_nested_level_within_level() -> None:
    text = imported(Net(), [torch.rand(2, 3, 32, 32)], [torch.rand(2, 3, 64, 64)], "W5")
    assert max(line.index(line.lstrip()[:1]) for line in text.splitlines() if line.strip()) <= 8, text
    assert 'skip("down.0")' in text or "skip(relu" in text or "skip(t" in text, text


class Told(nn.Module):
    """Response normalisation as ConvNeXt V2 has it: a vector that is viewed as the channels of an image."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Conv2d(3, 6, 1)
        self.weight = nn.Parameter(torch.rand(6))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.fc(x).relu() * self.weight.view(1, -1, 1, 1)
        return y


def test_a_vector_that_is_viewed_as_channels_is_one_step() -> None:
    text = imported(Told(), [torch.rand(2, 3, 8, 8)], [torch.rand(2, 3, 12, 9)], "W5")
    assert 'stored = "flat"' in text and "permute" not in text, text


class ReadTwice(nn.Module):
    """A token that is joined to a sequence, and to which what was found is added (CaiT)."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.rand(1, 1, 4))
        self.fc = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        token = self.token.expand(x.shape[0], -1, -1)
        found: torch.Tensor = token + self.fc(torch.cat([token, x], 1))[:, :1]
        return found


def test_a_learned_tensor_that_is_read_twice_stands_once_in_the_shape_in_which_it_is_read() -> None:
    text = imported(ReadTwice(), [torch.rand(2, 5, 4)], [torch.rand(3, 5, 4)], "W5")
    assert "parameter([1, 4], batch = true" in text and "reshape" not in text, text
