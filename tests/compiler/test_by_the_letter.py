"""What people write who know another library, or who slip: the fix that is offered is made, and made again, until nothing is wrong.

Each text is a file; what it becomes is written out, so that a fix that compiles and means something else is seen.
"""

from __future__ import annotations

import pytest

from archc.reporting.terminal import to_text
from tests.support import assert_mended, checked


def net(*lines: str, shape: str = "[3, 32, 32]") -> str:
    return "\n".join([f"network n {{\n  input x{shape}", *(f"  {line}" for line in lines), "}\n"])


TWO = "block two(w) gives low, high { low: conv(w) -> high: conv(w) }\n"
MANY = "block many(w) gives ys[] { for i in [0, 1] { %s: conv(w) } }\n"

LISTS = {
    "axes that are no list": ("permute(height, width, channels)", "permute([height, width, channels])"),
    "axes between quotes": ('permute("height", "width", "channels")', 'permute(["height", "width", "channels"])'),
    "numbers of axes": ("permute(1, 2, 0)", "permute([1, 2, 0])"),
    "sizes that are no list": ("reshape(3, 1024)", "reshape([3, 1024])"),
    "sizes to stretch to": ("global_avgpool -> expand(-1, 8, 8)", "global_avgpool -> expand([-1, 8, 8])"),
    "a size of two numbers": ("adaptive_avgpool(7, 7)", "adaptive_avgpool([7, 7])"),
    "axes to turn around": ("flip(height, width)", "flip([height, width])"),
    "axes to go along": ('reduce("mean", height, width)', 'reduce("mean", [height, width])'),
    "axes to move along": ("roll([1, 2], height, width)", "roll([1, 2], [height, width])"),
    "the shape of a parameter": (
        "add(broadcast = true) { | skip | parameter(3, 32, 32) }",
        "add(broadcast = true) { | skip | parameter([3, 32, 32]) }",
    ),
    "one axis as a list": ("softmax([channels])", "softmax(channels)"),
    "an axis in the place of another parameter": ("ln(channels)", "ln(axis = channels)"),
    "a padding in the place of the stride": ("conv(8, 3, same)", "conv(8, 3, pad = same)"),
    "a padding between quotes": ('conv(8, 3, "valid")', "conv(8, 3, pad = valid)"),
    "a padding of a pool": ("maxpool(2, valid)", "maxpool(2, pad = valid)"),
    "a mode in the place of the size": ('upsample(2, "bilinear")', 'upsample(2, mode = "bilinear")'),
    "a flag in the place of the stride": ("conv(8, 3, false)", "conv(8, 3, bias = false)"),
    "a flag in the place of a number": ("bn(false)", "bn(affine = false)"),
    "a number between quotes": ('conv("8") -> dropout("0.5")', "conv(8) -> dropout(0.5)"),
}
SIZES = {
    "a label as a size": ("e: conv(8)\n  deconv(8, 2, stride = 2) -> crop(e)", "e: conv(8)\n  deconv(8, 2, stride = 2) -> crop(like = e)"),
    "a label as a factor": ("e: conv(8)\n  maxpool(2) -> upsample(e)", "e: conv(8)\n  maxpool(2) -> upsample(like = e)"),
    "a label as a named size": ("e: conv(8)\n  maxpool(2) -> upsample(size = e)", "e: conv(8)\n  maxpool(2) -> upsample(like = e)"),
    "a label as the size of an image": ("e: conv(8)\n  tokens -> image(e)", "e: conv(8)\n  tokens -> image(like = e)"),
    "the sizes of a label": (
        "e: conv(8)\n  deconv(8, 2, stride = 2) -> crop(e.height, e.width)",
        "e: conv(8)\n  deconv(8, 2, stride = 2) -> crop(like = e)",
    ),
    "the sizes of a label as factors": (
        "e: conv(8)\n  maxpool(2) -> upsample(e.height, e.width)",
        "e: conv(8)\n  maxpool(2) -> upsample(like = e)",
    ),
    "the sizes of what comes in": (
        "deconv(8, 2, stride = 2) -> crop(in.height, in.width)",
        "deconv(8, 2, stride = 2) -> crop(size = [in.height, in.width])",
    ),
    "what comes in as a size": ("deconv(8, 2, stride = 2) -> crop(in)", "deconv(8, 2, stride = 2) -> crop(size = [in.height, in.width])"),
    "two numbers": ("upsample(64, 48)", "upsample(size = 64x48)"),
    "two numbers for an image": ("tokens -> image(32, 32)", "tokens -> image(size = 32x32)"),
}
NUMBERS = {
    "a ratio that is one": ("upsample(3 / 2)", "upsample(3.0 / 2)"),
    "a probability": ("dropout(1 / 2)", "dropout(1.0 / 2)"),
    "a small number": ("bn(eps = 1 / 1000)", "bn(eps = 1.0 / 1000)"),
    "channels": ("conv(64 / 3)", "conv(64 // 3)"),
    "channels within an expression": ("conv(2 * (64 / 3))", "conv(2 * (64 // 3))"),
    "a quotient that is rounded": ("conv(round(64 / 3))", "conv(round(64.0 / 3))"),
    "a whole number with a point": ("conv(64.0)", "conv(64)"),
    "an expression that is whole": ("conv(in.channels * 2.0)", "conv(round(in.channels * 2.0))"),
}
COMMAS = {
    "arguments": ("conv(8 3 1)", "conv(8, 3, 1)"),
    "arguments with names": ("conv(8, 3 stride = 2 pad = 1)", "conv(8, 3, stride = 2, pad = 1)"),
    "a list": ("for w in [8 16 32] { conv(w) }", "for w in [8, 16, 32] { conv(w) }"),
    "a list within a call": ("conv(8 pad = [1 1 1 1])", "conv(8, pad = [1, 1, 1, 1])"),
    "a shape": ("expect [3 32 32]", "expect [3, 32, 32]"),
    "axes": ("permute([height width channels])", "permute([height, width, channels])"),
    "rows of defaults": (
        "default conv(bias = false) bn(eps = 0.1) gn(eps = 0.1)\n  conv(8)",
        "default conv(bias = false), bn(eps = 0.1), gn(eps = 0.1)\n  conv(8)",
    ),
    "outputs": ("a: conv(8)\n  b: conv(8)\n  output a b", "a: conv(8)\n  b: conv(8)\n  output a, b"),
    "names of results": (
        "split(3) as a b c\n  concat { | skip(a) | skip(b) | skip(c) }",
        "split(3) as a, b, c\n  concat { | skip(a) | skip(b) | skip(c) }",
    ),
    "budgets": ("conv(8)\n  budget parameters <= 3M macs <= 2G", "conv(8)\n  budget parameters <= 3M, macs <= 2G"),
}
ELSEWHERE = {
    "a convolution of PyTorch": ("nn.Conv2d(3, 64, 3, padding=1)", "conv(64, 3, pad = 1)"),
    "one without padding": ("nn.Conv2d(3, 64, 3)", "conv(64, 3, pad = 0)"),
    "one with names": (
        "nn.Conv2d(3, 64, kernel_size=3, stride=2, padding=1, bias=False)",
        "conv(64, 3, stride = 2, pad = 1, bias = false)",
    ),
    "one of a single position": ("nn.Conv2d(3, 64, 1)", "conv(64, 1)"),
    "one with a size for each axis": ("Conv2d(3, 64, (1, 7), padding=(0, 3))", "conv(64, 1x7, pad = 0x3)"),
    "a transposed one": ("nn.ConvTranspose2d(3, 32, 2, stride=2)", "deconv(32, 2, stride = 2)"),
    "norms": ("nn.BatchNorm2d(3) -> nn.GroupNorm(1, 3) -> nn.LayerNorm(32)", "bn -> gn(1) -> ln(last = true)"),
    "activations": ("nn.ReLU(inplace=True) -> nn.LeakyReLU(0.2) -> F.gelu", "relu -> leaky_relu(0.2) -> gelu"),
    "a pool": ("nn.MaxPool2d(3, 2, 1)", "maxpool(3, 2, pad = 1)"),
    "pools to a size": ("nn.AdaptiveAvgPool2d((1, 1))", "adaptive_avgpool(1)"),
    "a head": ("nn.Flatten() -> nn.Linear(3072, 10)", "flatten() -> linear(10)"),
    "a softmax, whose axes count the batch": ("nn.Softmax(dim=1)", "softmax(0)"),
    "an upsampling": ("nn.Upsample(scale_factor=2, mode='bilinear')", 'upsample(2, mode = "bilinear")'),
    "an interpolation": ("F.interpolate(scale_factor = 2)", "upsample(2)"),
    "tensors in a list": (
        "a: conv(8)\n  b: conv(8)\n  torch.cat([a, b], dim=1)",
        "a: conv(8)\n  b: conv(8)\n  concat { | skip(a) | skip(b) }",
    ),
    "tensors in a tuple": (
        "a: conv(8)\n  b: conv(8)\n  torch.cat((a, b), 1)",
        "a: conv(8)\n  b: conv(8)\n  concat { | skip(a) | skip(b) }",
    ),
    "tensors as arguments": ("a: conv(3)\n  b: conv(3)\n  torch.add(a, b)", "a: conv(3)\n  b: conv(3)\n  add { | skip(a) | skip(b) }"),
    "a head of a merge": ("torch.cat { | skip | conv(8) }", "concat { | skip | conv(8) }"),
    "a function of a tensor": ("y: conv(3)\n  conv(3)\n  F.relu(y)", "y: conv(3)\n  conv(3)\n  skip(y) -> relu"),
    "layers in a row": ("nn.Sequential(nn.Conv2d(3, 64, 1), nn.BatchNorm2d(64), nn.ReLU())", "conv(64, 1) -> bn -> relu"),
    "a sequence": (
        "tokens -> nn.LSTM(3, 64, 2, batch_first=True) -> nn.MultiheadAttention(64, 4)",
        "tokens -> lstm(64, 2) -> attention(4)",
    ),
    "a convolution of Keras": (
        'Conv2D(64, 3, padding="same", activation="relu")',
        "conv(64, 3, pad = same) -> relu",
    ),
    "a pool of Keras": ("MaxPooling2D(pool_size=(2, 2))", "maxpool(2)"),
    "other layers of Keras": ("BatchNormalization() -> Flatten() -> Dense(10)", "bn(1e-3, 0.01) -> flatten() -> linear(10)"),
    "layers of Keras with their module": ("tf.keras.layers.Conv2D(8, 3) -> keras.layers.ReLU()", "conv(8, 3, pad = 0) -> relu()"),
    "steps of ONNX": (
        "Conv(8, kernel_shape=[3, 3], pads=1) -> Relu -> GlobalAveragePool -> Flatten -> Gemm(3)",
        "conv(8, 3, pad = 1) -> relu -> global_avgpool -> flatten -> linear(3)",
    ),
    "a pattern with the batch": ('Rearrange("b c h w -> b (h w) c")', 'rearrange("c h w -> (h w) c")'),
    "an activation as a value": ("conv(8) -> act", "conv(8) -> act"),
}
CASES = {
    title: (net(*before.split("\n  ")), net(*after.split("\n  ")))
    for rows in (LISTS, SIZES, NUMBERS, COMMAS, ELSEWHERE)
    for title, (before, after) in rows.items()
    if before != after
} | {
    "commas of a shape": ("network n { input image[3 32 32]\n  conv(4) }\n", "network n { input image[3, 32, 32]\n  conv(4) }\n"),
    "commas of names of axes": (
        "network n { input x[length = 32 channels = 3]\n  linear(4) }\n",
        "network n { input x[length = 32, channels = 3]\n  linear(4) }\n",
    ),
    "commas of parameters": (
        "block b(a b = 2 c = 3) { conv(a + b + c) }\n" + net("b(1 2 c = 4)"),
        "block b(a, b = 2, c = 3) { conv(a + b + c) }\n" + net("b(1, 2, c = 4)"),
    ),
    "commas of imports": (
        "from resnet import bottleneck basic projection\n"
        + net("basic(8, shortcut = projection) -> bottleneck(16, shortcut = projection)"),
        "from resnet import bottleneck, basic, projection\n"
        + net("basic(8, shortcut = projection) -> bottleneck(16, shortcut = projection)"),
    ),
    "commas of defaults of a file": (
        "default conv(bias = false pad = 1) bn(eps = 0.1 momentum = 0.2)\n" + net("conv(8) -> bn"),
        "default conv(bias = false, pad = 1), bn(eps = 0.1, momentum = 0.2)\n" + net("conv(8) -> bn"),
    ),
    "a result by its number as an output": (
        TWO + net("f: two(3)", "output p = f[0], q = f[1]"),
        TWO + net("f: two(3)", "p: skip(f[0])", "q: skip(f[1])", "output p, q"),
    ),
    "a result without a name as an output": (
        TWO + net("f: two(3)", "output f[0]"),
        TWO + net("f: two(3)", "f_0: skip(f[0])", "output f_0"),
    ),
    "a result by its number as a step": (TWO + net("f: two(3)", "f[0] -> conv(3)"), TWO + net("f: two(3)", "skip(f[0]) -> conv(3)")),
    "a number of one result": (
        net("f: conv(3)", "conv(3)", "add { | skip | f[0] }"),
        net("f: conv(3)", "conv(3)", "add { | skip | skip(f) }"),
    ),
    "an input by its number as a step": (
        "block b takes xs[] { xs[0] -> conv(3) }\n" + net("b { | skip | conv(3) }"),
        "block b takes xs[] { skip(xs[0]) -> conv(3) }\n" + net("b { | skip | conv(3) }"),
    ),
    "a label with a number": (MANY % "ys[i]" + net("many(3) -> concat"), MANY % '"ys.{i}"' + net("many(3) -> concat")),
    "an activation between quotes": (
        "block b(act = relu) { conv(8) -> act }\n" + net('b("gelu") -> b(act = "silu")'),
        "block b(act = relu) { conv(8) -> act }\n" + net("b(gelu) -> b(act = silu)"),
    ),
    "an activation of PyTorch as a value": (
        "block b(act = relu) { conv(8) -> act }\n" + net("b(nn.GELU) -> b(act = F.silu)"),
        "block b(act = relu) { conv(8) -> act }\n" + net("b(gelu) -> b(act = silu)"),
    ),
    "imports of Python": ("import torch\nfrom torch import nn\n" + net("nn.Conv2d(3, 8, 1)"), net("conv(8, 1)")),
    "a label's own path that needs a projection": (
        net("a: conv(8)", "conv(16)", "b: relu", "conv(4)", "add { | skip(a) | skip(b) }"),
        net("a: conv(8)", "conv(16)", "b: relu", "conv(4)", "add { | skip(a) -> conv(16, 1) | skip(b) }"),
    ),
}


@pytest.mark.parametrize("title", CASES)
def test_what_is_offered_is_what_was_meant(title: str) -> None:
    assert_mended(*CASES[title])


def help_of(text: str) -> str:
    rows = [row for row in checked(text).diagnostics if row.is_error]
    assert len(rows) == 1, to_text(rows)
    return rows[0].help or (rows[0].fix.message if rows[0].fix is not None else "")


SAID = {
    "fewer channels than the divisor": ("conv(in.channels / 32)", "`max(1, in.channels // 32)`", "conv(max(1, in.channels // 32))"),
    "a small quotient of channels": ("conv(7 / 4)", "`//` to round down (here to 1)", "conv(7 // 4)"),
    "none at all": ("conv(in.channels // 32)", "`max(1, in.channels // 32)`", "conv(max(1, in.channels // 32))"),
    "channels that are no whole number": ("conv(1.5 * in.channels)", "`round(1.5 * in.channels)`", "conv(round(1.5 * in.channels))"),
    "less than one": ("conv(0.1 * in.channels)", "`max(1, round(0.1 * in.channels))`", "conv(max(1, round(0.1 * in.channels)))"),
    "a window that is no whole number": ("conv(8, 2.5)", "`2` or `3`", "conv(8, 3)"),
    "rounds": ("repeat 2.5 { relu }", "`round(2.5)` is 2", "repeat round(2.5) { relu }"),
    "a range": ("for i in range(2.5) { relu }", "`round(2.5)` is 2", "for i in range(round(2.5)) { relu }"),
    "a place in a list": ("conv([8, 16][1.0])", "write `1`", "conv([8, 16][1])"),
    "a parameter of a block, of which nobody knows what it is for": ("b(3 / 7)", "`//` rounds down, here to 0", "b(3.0 / 7)"),
}
FREE = "block b(p) { dropout(p) }\n"


@pytest.mark.parametrize("title", SAID)
def test_a_remedy_that_is_said_works(title: str) -> None:
    before, said, after = SAID[title]
    assert said in help_of(FREE + net(before))
    left = [row for row in checked(FREE + net(after)).diagnostics if row.is_error]
    assert left == [], to_text(left)


def test_a_division_for_channels_is_offered_no_ratio() -> None:
    for text in ("conv(in.channels / 2)", "conv(7 / 4)", "conv(16, groups = 3 / 2)", "conv(16, pad = 3 / 2)", "maxpool(7 / 4)"):
        said = help_of(net(text))
        assert "//" in said and "1.0 *" not in said and ".0 /" not in said


def test_the_batch_is_not_written() -> None:
    for shape in ("[none, 3, 32, 32]", "[-1, 3, 32, 32]", "[8, 3, 4, 32, 32]"):
        assert "the batch is not written" in help_of(net("conv(8)", shape=shape))


def test_a_list_that_a_block_gives_has_labels_with_numbers() -> None:
    said = help_of(MANY % '"q{i}"' + net("many(3) -> concat"))
    assert '"ys.{i}"' in said
    assert not checked(MANY % '"ys.{i}"' + net("many(3) -> concat")).has_errors


def test_a_label_that_names_less_than_its_chain_is_told_where_paths_do_not_meet() -> None:
    text = net("a: conv(8, stride = 2) -> conv(8, stride = 2)", "b: conv(16)", "add { | skip(a) | skip(b) -> conv(8) }")
    said = help_of(text)
    assert "`a` is the output of the one step behind the label" in said and "put `a:` before `conv(8, stride = 2)`" in said
    moved = text.replace("a: conv(8, stride = 2) -> conv", "conv(8, stride = 2) -> a: conv")
    assert not checked(moved).has_errors


def test_what_leads_to_no_output_is_told_of_labels_where_one_begins_its_chain() -> None:
    chain = checked(net("a: conv(8) -> bn", "output a")).diagnostics
    assert [row.code for row in chain] == ["W501"] and "names the one step" in (chain[0].help or "")
    alone = checked(net("a: conv(8)", "b: conv(4)", "output a")).diagnostics
    assert [row.code for row in alone] == ["W501"] and "names the one step" not in (alone[0].help or "")


def test_names_of_axes_are_an_order() -> None:
    for written in ("[height, width, channels]", '["height", "width", "channels"]', "[height, 2, 0]"):
        program = checked(net(f"permute({written})")).program
        assert program is not None and program.nodes[-1].shape == (32, 32, 3)
    assert "along axis `length`" in to_text(checked(net("permute([length, channels])")).diagnostics)
    assert "does not say which axis" in to_text(checked(net("reshape([3, 32, 32]) -> permute([height, width, channels])")).diagnostics)
    assert "E319" in [row.code for row in checked(net("permute([height, height, channels])")).diagnostics]


def test_a_function_with_its_weights_is_not_translated() -> None:
    rows = checked(net("F.conv2d(x, w)")).diagnostics
    assert [row.code for row in rows if row.is_error] == ["E201"] and "`conv`" in to_text(rows)
    assert "pad = 0" not in to_text(rows)


def test_a_step_of_self_is_explained() -> None:
    assert "there is no `self`" in help_of(net("self.conv1"))
