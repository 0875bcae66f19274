"""Names that mean something to Python, to PyTorch or to the generated code itself: each is either refused or works."""

from __future__ import annotations

import pytest

from archc.compiler.codegen.identifiers import CONTAINER_WORDS, Namer, camel_case, stem, variable_name
from archc.compiler.codegen.pytorch import class_name, to_python
from tests.support import graph_of

from .checks import check_all


def check(text: str) -> str:
    graph = graph_of(text)
    check_all(graph)
    return to_python(graph)


@pytest.mark.parametrize("name", ["f", "tensor", "Scale", "ordered_dict", "named_tuple", "reshape", "x1", "f_outputs"])
def test_network(name: str) -> None:
    """A network named like something that its source imports or defines."""
    text = f"network {name} {{ input x[4, 6, 6]\n stage s indexed {{ conv(4, 3) -> scale(0.5) }}\n a: conv(4, 1)\n output a, s }}"
    graph = graph_of(text)
    assert f"class {class_name(graph)}(nn.Module)" in check(text)


def test_block_named_like_the_network() -> None:
    text = check("block Net(out) { conv(out, 3) -> relu }\nnetwork net { input x[4, 6, 6]\n Net(4) -> Net(6) }")
    assert "class Net2(nn.Module)" in text


@pytest.mark.parametrize("name", ["torch", "nn", "F", "Tensor", "x", "out", "range", "input", "module"])
def test_input(name: str) -> None:
    check(f"network n {{ input {name}[4, 6, 6]\n input other[4, 6, 6]\n add {{ | conv(4, 3) | skip(other) -> conv(4, 1) }} -> relu }}")


@pytest.mark.parametrize("name", ["x", "out", "y", "F", "torch", "nn", "Tensor", "range"])
def test_label(name: str) -> None:
    """A label is an attribute and may become a variable."""
    check(f"network n {{ input image[4, 6, 6]\n {name}: conv(4, 3) -> relu -> conv(4, 3)\n add {{ | conv(4, 1) | skip({name}) }} }}")


@pytest.mark.parametrize("name", ["x", "F", "torch", "nn", "range", "int", "module"])
def test_parameter(name: str) -> None:
    text = check(f"block b({name}) {{ conv({name}, 3) -> relu }}\nnetwork n {{ input image[4, 6, 6]\n b(4) -> b(6) -> b(8) }}")
    assert "def __init__(self, in_channels: int, " in text


@pytest.mark.parametrize("name", sorted(CONTAINER_WORDS))
def test_members_of_containers(name: str) -> None:
    """In a list of steps, in a container, between numbers: where an nn.Sequential or nn.ModuleDict would be, and cannot."""
    check(
        f"""network n {{
          input image[4, 6, 6]
          stage chain {{ a: conv(4, 1) -> {name}: conv(4, 1) -> b: conv(4, 1) -> c: conv(4, 1) }}
          "box.{name}": conv(4, 1) -> "box.0": conv(4, 1)
          stage mixed indexed {{ conv(4, 3) -> {name}: bn -> add {{ | conv(4, 1) | skip }} }}
        }}"""
    )


def test_spelling() -> None:
    assert [camel_case(name) for name in ("conv_norm_act", "Mixed_5b", "resnext50", "1x1", "block1-0")] == [
        "ConvNormAct", "Mixed5b", "Resnext50", "Part1x1", "Block10",
    ]  # fmt: skip
    assert [stem(name) for name in ("layer3", "inception4a", "block1-0", "7", "stem")] == ["layer", "inception", "block1", "part", "stem"]
    assert [variable_name(name) for name in ("e1", "class", "F", "1x1", "a-b")] == ["e1", "class_", "F_", "x1x1", "a_b"]
    namer = Namer({"out"})
    assert [namer.give("out"), namer.give("out", "other"), namer.give("out")] == ["out2", "other", "out3"]


@pytest.mark.parametrize(
    "body",
    [
        "stage s indexed { conv(4) -> layer_scale -> relu }",
        "stage s indexed { conv(4) -> layer_scale -> add { | skip | skip(x) } }",
        'for i in range(2) { "m.{i}": layer_scale -> relu }',
        '"m.0.a": layer_scale -> "m.0.b": conv(4) -> "m.1": layer_scale',
        "repeat 2 { layer_scale }",
        "l: conv(4) -> relu\nstage s { repeat 2 { layer_scale -> conv(4) -> relu }\nreuse(l) }",
        "l: conv(4) -> relu\nstage s indexed { conv(4)\nstage t { layer_scale -> conv(4)\nreuse(l) } }",
    ],
)
def test_a_learned_tensor_under_a_number(body: str) -> None:
    """A number cannot be an attribute, and an nn.ModuleDict holds modules alone."""
    check(f"network n {{ input x[4, 6, 6]\n {body} }}")
