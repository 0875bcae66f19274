"""How weights start is read off what a factory asks of `torch.nn.init`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from archc.compiler.importer.importing import import_model
from archc.compiler.importer.inits import USUAL, word_of
from archc.compiler.importer.sources import model_of
from tests.sample import sample

MODULE = """
import torch
from torch import nn

class Started(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(3, 4, 3, padding=1)
        self.b = nn.Conv2d(4, 4, 3, padding=1)
        self.fc = nn.Linear(4, 2)
        self.gamma = nn.Parameter(0.25 * torch.ones(4, 1, 1))
        nn.init.kaiming_normal_(self.a.weight, mode="fan_out", nonlinearity="relu")
        nn.init.zeros_(self.a.bias)
        nn.init.xavier_uniform_(self.b.weight)
        nn.init.normal_(self.fc.weight, 0, 0.02)
        nn.init.constant_(self.fc.bias, 0)

    def forward(self, x):
        return self.fc((self.gamma * self.b(self.a(x).relu())).mean((2, 3)))
"""


TextOf = Callable[[str, str, tuple[int, ...]], str]


@pytest.fixture
def text_of(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TextOf:
    """The text of a class of a file with this source, which is a module of its own for each test."""
    module = f"models_of_{request.node.name}"

    def made(source: str, name: str, shape: tuple[int, ...]) -> str:
        (tmp_path / f"{module}.py").write_text(source, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.syspath_prepend(str(tmp_path))
        return import_model(model_of(f"{module}:{name}", shapes=[shape])).text

    return made


def test_what_a_factory_asks_for_stands_in_the_text(text_of: TextOf) -> None:
    before = nn.init.kaiming_normal_
    text = text_of(MODULE, "Started", (3, 8, 8))
    assert 'a: conv(4, init = "kaiming")' in text
    assert 'b: conv(4, init = "xavier") -> gamma: layer_scale(init = 0.25)' in text
    assert "Note: biases start at 0 here, and in the model as PyTorch starts them: `b`." in text
    assert 'linear(classes, init = "normal", std = 0.02)' in text
    assert nn.init.kaiming_normal_ is before


TENSORS = """
import torch
from torch import nn

class Tensors(nn.Module):
    def __init__(self):
        super().__init__()
        self.patches = nn.Linear(8, 8)
        self.first = nn.Parameter(torch.empty(1, 9, 8))
        self.second = nn.Parameter(torch.zeros(1, 9, 8))
        self.third = nn.Parameter(torch.empty(1, 9, 8))
        self.fourth = nn.Parameter(torch.empty(9, 8))
        nn.init.normal_(self.first, std=0.0312345)
        nn.init.trunc_normal_(self.third, std=0.02)
        nn.init.trunc_normal_(self.fourth, std=0.0412345)

    def forward(self, x):
        x = (self.patches(x) + self.first).relu() + self.second
        return x.relu() + self.third - self.fourth
"""


def test_learned_tensors_start_as_the_model_starts_them_or_a_note_says_which_do_not(text_of: TextOf) -> None:
    text = text_of(TENSORS, "Tensors", (9, 8))
    assert "first: position_embedding(std = 0.0312345)" in text
    assert "second: position_embedding(std = 0)" in text
    assert 'fourth: parameter([9, 8], init = "truncated", std = 0.0412345)' in text
    assert "Note: learned tensors start here as their words do, and otherwise in the model: `third`." in text


ZERO = ("zeros_", {})


@pytest.mark.parametrize(
    ("start", "word"),
    [
        (("kaiming_normal_", {"a": 0, "mode": "fan_in", "nonlinearity": "leaky_relu"}), ("kaiming_in", 0.01)),
        (("kaiming_uniform_", {"a": 5**0.5, "mode": "fan_in", "nonlinearity": "leaky_relu"}), USUAL),
        (("kaiming_uniform_", {"a": 5**0.5, "mode": "fan_out", "nonlinearity": "leaky_relu"}), ("uniform", 0.01)),
        (("kaiming_normal_", {"a": 0, "mode": "fan_in", "nonlinearity": "tanh"}), USUAL),
        (("xavier_uniform_", {"gain": 1.0}), ("xavier", 0.01)),
        (("uniform_", {"tensor": (16, 8), "a": -0.25, "b": 0.25}), ("uniform", 0.01)),
        (("uniform_", {"tensor": (16, 8), "a": -0.3, "b": 0.3}), USUAL),
        (("uniform_", {"tensor": (16, 8), "a": 0.0, "b": 0.25}), USUAL),
        (("xavier_uniform_", {"gain": 2.0}), USUAL),
        (("trunc_normal_", {"mean": 0.0, "std": 0.1, "a": -2, "b": 2}), ("truncated", 0.1)),
        (("trunc_normal_", {"mean": 0.0, "std": 0.1, "a": -1, "b": 1}), USUAL),
        (("orthogonal_", {"gain": 1}), USUAL),
        (ZERO, ("zeros", 0.01)),
    ],
)
def test_a_start_has_the_word_that_does_the_same_and_else_none(start: tuple[str, dict[str, object]], word: tuple[str, float]) -> None:
    assert word_of({"x.weight": start, "x.bias": ZERO}, "x", True) == word


def test_the_words_start_weights_as_they_say() -> None:
    """Each word of the language is known by what its own code calls."""
    from archc.compiler.ops.initial import WORDS
    from archc.compiler.runtime.starts import starts_of, watched_starts

    for word, text in WORDS.items():
        layer = nn.Linear(3, 4)
        with watched_starts(fill=True) as found:
            exec((text % 0.02 if "%s" in text else text).format("layer.weight"), {"nn": nn, "layer": layer, "torch": torch})
            nn.init.zeros_(layer.bias)
        assert word_of(starts_of(layer, found), "", True)[0] == "default"  # keys have a module before them
        assert word_of({f"x.{key}": start for key, start in starts_of(layer, found).items()}, "x", True)[0] == word


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(["resnet18", "mobilenet_v2", "densenet121", "squeezenet1_1", "efficientnet_b0"], 1, 3))
def test_a_network_that_archc_built_comes_back_without_a_difference(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import archc
    from archc.compiler.codegen.pytorch import class_name

    network = archc.compile(name)
    (tmp_path / f"built_{name}.py").write_text(network.to_python(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    shapes = [node.shape for node in network.typed_graph.inputs]
    made = import_model(model_of(f"built_{name}:{class_name(network.typed_graph)}", shapes=shapes))
    (tmp_path / "again.arch").write_text(made.text, encoding="utf-8")
    again = archc.compile(str(tmp_path / "again.arch"))
    assert not archc.diff(network, again).changes
    keys = [[node.key for node in each.typed_graph.nodes if node.weights] for each in (network, again)]
    assert keys[0] == keys[1]


def test_what_memory_happens_to_hold_is_no_start() -> None:
    """A library's weights are not filled: what is told of them is what was asked of `torch.nn.init`."""
    small = {"img_size": 32, "patch_size": 16, "depth": 2, "embed_dim": 16, "num_heads": 2, "class_token": False}
    model = model_of("timm:vit_srelpos_small_patch16_224", shapes=[(3, 32, 32)], settings=small)
    for name, parameter in model.module.named_parameters():
        if name.endswith(".gamma"):
            parameter.data.zero_()  # as memory may be that nobody has written
    assert "layer_scale(init = 1e-06)" in import_model(model).text


DRAWN = """
import math
import torch
from torch import nn

class Drawn(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 8)
        self.tokens = nn.Parameter(torch.randn(1, 9, 8))
        self.query = nn.Parameter(torch.randn(9, 8) / 4)
        self.bias = nn.Parameter(torch.zeros(9, 8))
        self.other = nn.Parameter(torch.rand(8))
        nn.init.normal_(self.fc.weight, std=0.02 / math.sqrt(6))

    def forward(self, x):
        return (self.fc(x) + self.tokens).relu() * (self.query + self.other) + self.bias
"""


def test_what_a_model_draws_by_itself_starts_so(text_of: TextOf) -> None:
    """Most people write `nn.Parameter(torch.randn(…))`, and ask no function of `torch.nn.init`."""
    text = text_of(DRAWN, "Drawn", (9, 8))
    assert "tokens: position_embedding(std = 1.0)" in text
    assert "query: parameter([9, 8], std = 0.25)" in text
    assert "other: parameter([1, 8], stored = [8])" in text  # beside one of more axes
    assert "otherwise in the model: `fc.weight`, `other`." in text


def test_a_start_that_most_have_is_not_that_of_the_others(text_of: TextOf) -> None:
    """Two biases that start at 0 made a `default` of the file, and the weight that says nothing would have started at 0 with them."""
    text = DRAWN.replace("torch.randn(9, 8) / 4", "torch.zeros(9, 8)").replace(
        "torch.rand(8)", "torch.linspace(1, 2, 72).view(9, 8).clone()"
    )
    found = text_of(text, "Drawn", (9, 8))
    assert "default parameter(init = 0.0)" in found and 'other: parameter([9, 8], init = "normal")' in found


SET = """
from torch import nn

class Set(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c, self.d, self.e = (nn.Linear(4, 4) for _ in range(5))
        nn.init.constant_(self.a.bias, 3.0)
        nn.init.zeros_(self.b.bias)
        for layer in (self.c, self.d, self.e):
            nn.init.normal_(layer.weight, std=0.01)
        nn.init.constant_(self.c.bias, -4.6)
        nn.init.zeros_(self.e.bias)

    def forward(self, x):
        return self.e(self.d(self.c(self.b(self.a(x)))))
"""


def test_biases_that_are_set_to_what_no_word_says_are_told(text_of: TextOf) -> None:
    """A constant in a layer whose weight starts as PyTorch has it, or beside a word: neither is PyTorch's own start, nor 0."""
    text = text_of(SET, "Set", (4,))
    assert "otherwise in the model: `a.bias`, `b.bias`, `c.bias`.\n" in text
    assert "as PyTorch starts them: `d`.\n" in text
