"""Lines of a `forward`, one by one and together: what they are here, what of them has run already, and where no edit is certain."""

from __future__ import annotations

import pytest

from archc.dsl.recovery.kept import names_the_tensor_at_hand
from tests.support import assert_mended, checked, errors_of, mended


def net(*lines: str, shape: str = "8, 16, 16", before: str = "") -> str:
    return f"{before}network n {{\n  input x[{shape}]\n{''.join(f'  {line}{chr(10)}' for line in lines)}}}\n"


DECLARED = ("conv1: conv(8, bias = false)", "bn1: bn")
RESIDUAL = ("add { | skip | conv(8) }",)

MENDED = {
    "declared above": ((*DECLARED, "x = F.relu(self.bn1(self.conv1(x)))"), (*DECLARED, "relu")),
    "declared above, without self": ((*DECLARED, "x = relu(bn1(conv1(x)))"), (*DECLARED, "relu")),
    "declared above, and pooled": ((*DECLARED, "F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 2)"), (*DECLARED, "relu -> maxpool(2)")),
    "declared above, line by line": ((*DECLARED, "x = conv1(x)", "x = bn1(x)", "x = relu(x)"), (*DECLARED, "relu")),
    "declared above, as a chain": ((*DECLARED, "conv1 -> bn1 -> relu"), (*DECLARED, "relu")),
    "declared in another order": (
        ("bn1: bn", "conv1: conv(8)", "x = relu(bn1(conv1(x)))"),
        ("skip(x) -> conv1: conv(8) -> bn1: bn -> relu",),
    ),
    "called twice": (("conv1: conv(8)", "x = relu(conv1(x))", "x = relu(conv1(x))"), ("conv1: conv(8)", "relu", "reuse(conv1) -> relu")),
    "calls within each other": (("relu(bn(conv(8, bias = false)))",), ("conv(8, bias = false) -> bn -> relu",)),
    "modules called": (("x = relu(bn(conv(8, bias = false)(x)))",), ("conv(8, bias = false) -> bn -> relu",)),
    "a sum in a call": (("y: conv(8)", "F.relu(y + x)"), ("y: conv(8)", "add { | skip | skip(x) } -> relu")),
    "what is given to itself": (("x = x + conv(8)", "relu"), (*RESIDUAL, "relu")),
    "what is added to it": (("x += conv(8)",), RESIDUAL),
    "with let": (("let y = x + conv(8)", "relu"), ("y: add { | skip | conv(8) }", "relu")),
    "multiplied": (("x *= torch.sigmoid(conv(8))",), ("mul { | skip | conv(8) -> sigmoid }",)),
    "times a number": (("x = x * 2",), ("scale(2)",)),
    "a method of one operand": (("y: conv(8)", "x = x + y.tanh()"), ("y: conv(8)", "add { | skip(x) | tanh }")),
    "a method of the second, taken off": (("y: conv(8)", "z = y - x.sigmoid()"), ("y: conv(8)", "z: sub { | skip | skip(x) -> sigmoid }")),
    "a method of both": (("x = F.relu(x) * x.sigmoid()",), ("mul { | relu | sigmoid }",)),
    "a method alone": (("x = x.mean([2, 3])",), ('reduce("mean", [1, 2])',)),
    "what is returned of a name given anew": (("x = conv(8)(x)", "return F.relu(x)"), ("conv(8)", "relu")),
    "a method of what is returned": (("x = conv(8)(x)", "return x.mean([2, 3])"), ("conv(8)", 'reduce("mean", [1, 2])')),
    "a gate": (
        ("w = global_avgpool(x)", "w = conv(x.channels / 4, 1)(w)", "w = relu(w)", "w = conv(x.channels, 1)(w)", "x = x * w.sigmoid()"),
        ("global_avgpool", "conv(x.channels / 4, 1)", "relu", "conv(x.channels, 1)", "mul { | skip(x) | sigmoid }"),
    ),
    "three of them": (("y: conv(8)", "out = x + y + conv(8)"), ("y: conv(8)", "add { | skip(x) | skip | conv(8) }")),
    "a basic block": (
        ("identity = x", "out = conv(8)", "out = F.relu(out)", "out = conv(8)(out)", "out += identity", "out = F.relu(out)"),
        ("identity: skip", "conv(8)", "relu", "conv(8)", "add { | skip | skip(identity) }", "relu"),
    ),
    "a name for what has one": (
        ("y: conv(8)", "identity = y", "conv(8)", "out += identity"),
        ("y: conv(8)", "identity: skip", "conv(8)", "add { | skip | skip(identity) }"),
    ),
    "a class, bit by bit": (
        ("self.conv1 = nn.Conv2d(8, 8, 3, padding=1)", "a = self.conv1(x)", "out = F.relu(a)", "out = out + a", "return out"),
        ("conv1: conv(8, 3, pad = 1)", "a: skip", "relu", "add { | skip | skip(a) }"),
    ),
}


@pytest.mark.parametrize("title", MENDED)
def test_lines_become_steps(title: str) -> None:
    before, after = MENDED[title]
    found, codes = mended(net(*before))
    assert codes, "nothing was wrong"
    assert found.replace("  \n", "") == net(*after)
    assert errors_of(found) == []


def test_in_a_block_what_came_in_is_the_tensor_at_hand() -> None:
    block = "block res(c) {{\n  {}\n}}\n"
    assert_mended(net("res(8)", before=block.format("x = conv(c) + x")), net("res(8)", before=block.format("add { | conv(c) | skip }")))


def test_keras_calls_its_layers_with_tensors() -> None:
    before = """network n {
  inputs = keras.Input(shape=(32, 32, 3))
  x = layers.Conv2D(64, 3, padding="same")(inputs)
  x = ReLU()(x)
  outputs = layers.GlobalAveragePooling2D()(x)
}
"""
    assert_mended(before, "network n {\n  input inputs[3, 32, 32]\n  conv(64, 3, pad = same)\n  relu\n  global_avgpool\n}\n")


@pytest.mark.parametrize(
    "lines",
    [
        ("conv(8)", "identity = x", "conv(8)", "out += identity"),
        ("x = conv(8)", "gelu", "x = relu(x)"),
        ("x = conv(8)", "gelu", "add { | skip | skip(x) }"),
        ("x = conv(8)", "y = relu(x)", "x = self.foo(y)", "x = x + y"),
        ("x = F.relu(self.bn1(self.conv1(x)))",),
    ],
)
def test_where_a_line_is_not_known_none_is_edited(lines: tuple[str, ...]) -> None:
    """Another line's `x` would be another tensor."""
    text = net(*lines)
    found, codes = mended(text)
    assert "E116" in codes and found == text
    assert all(row.help for row in errors_of(text))


def test_what_came_into_a_block_has_no_name_once_others_have_run() -> None:
    block = "block res(c) {\n  conv1: conv(c)\n  out = relu(conv1(x))\n  out = out + x\n}\n"
    found, _ = mended(net("res(8)", before=block))
    assert found == net("res(8)", before=block)


def test_a_line_is_told_once() -> None:
    for step in ("x = F.relu(self.bn1(self.conv1(x)))", "x += conv(8)", "x = x + conv(8)", "x = relu(conv(8)(x))"):
        assert [row.code for row in errors_of(net(*DECLARED, step))] == ["E116"], step
    assert [row.code for row in errors_of(net("relu(bn(conv(8)))"))] == ["E124"]


def test_numbers_are_no_tensors() -> None:
    (row,) = errors_of(net("let c = 3", "c += 1", "conv(c)"))
    assert row.code == "E104" and row.fix is None


def test_a_name_that_several_lines_give_something_is_no_label() -> None:
    source = checked("network n {\n  x = 1\n  x = 2\n  y = 3\n}\nnetwork m { y = 3 }\n").source
    assert source is not None
    places = [source.span(source.text.index(f"{name} ="), source.text.index(f"{name} =") + 1) for name in "xy"]
    assert [names_the_tensor_at_hand(place) for place in places] == [True, False]
