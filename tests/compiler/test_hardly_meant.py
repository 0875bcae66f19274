"""What is legal and hardly meant is doubted where it stands, its edit makes what was meant; and what may well be meant is not doubted."""

from __future__ import annotations

import pytest

from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.reporting.fixes import applied
from tests.support import checked, mended

IMAGE, MAP, TOKENS = "x[3, 64, 64]", "x[32, 16, 16]", "x[length = 50, channels = 40]"

DOUBTED = {
    "an LSTM in PyTorch's order": (TOKENS, "lstm(40, 256)", "W515", "256 layers of 40 features"),
    "a GRU in PyTorch's order": (TOKENS, "gru(40, 128)", "W515", "128 layers"),
    "channels given to dwconv": (MAP, "dwconv(32)", "W515", "a window of 32"),
    "channels given to dwconv, with its window": ("x[32, 64, 64]", "dwconv(32, 3)", "W515", "a window of 32 and a stride of 3"),
    "dilation at its place in PyTorch": ("x[32, 64, 64]", "conv(64, 3, 1, 2, 2)", "W515", "`conv(64, 3, 1, 2, dilation = 2)` is what PyTorch's order says"),
    "groups at their place in PyTorch": (
        "x[32, 64, 64]",
        "conv(32, 3, 1, 1, 1, 32)",
        "W515",
        "`conv(32, 3, 1, 1, dilation = 1, groups = 32)` is what PyTorch's order says, `conv(32, 3, 1, 1, groups = 1, dilation = 32)`",
    ),
    "rounded up at its place in PyTorch": ("x[32, 64, 64]", "maxpool(3, 2, 1, 1, false, true)", "W515", "`maxpool(3, 2, 1, 1, indices = false, ceil = true)`"),
    "a convolution of normed weights in PyTorch's order": ("x[32, 64, 64]", "weight_norm_conv(32, 64, 3)", "W515", "write `weight_norm_conv(64, 3)`"),
    "a convolution of bounded weights in PyTorch's order": ("x[32, 64, 64]", "spectral_norm_conv(32, 64, 3)", "W515", "write `spectral_norm_conv(64, 3)`"),
    "a convolution of standard weights in PyTorch's order": ("x[32, 64, 64]", "std_conv(32, 64, 3)", "W515", "write `std_conv(64, 3)`"),
    "channels that do not come in, given to dwconv": ("x[3, 32, 32]", "dwconv(64, 3)", "W515", "`conv(64, 1) -> dwconv(3)`"),
    "channels that are groups of three, given to dwconv": ("x[4, 32, 32]", "dwconv(64, 3)", "W515", "`conv(64, 3, groups = 4)`"),
    "a sum of one path": (MAP, "add { | conv(32, 3) -> relu }", "W524", "joins nothing"),
    "a gate without what it gates": (MAP, "mul { | global_avgpool -> conv(32, 1) -> sigmoid }", "W524", "joins nothing"),
    "a skip without its bar": (MAP, "add {\n    | conv(32, 3)\n      skip\n  }", "W524", "a path begins with `|`"),
    "a skip without its bar, beside another path": (MAP, "concat {\n    | conv(8)\n      skip\n    | conv(8)\n  }", "W524", "joins 2 paths"),
    "a value that grows in a loop": (IMAGE, "let w = 16\n  repeat 3 {\n    conv(w, 3)\n    let w = w * 2\n  }", "W504", "16 * 2 ** i"),
    "a value on a condition": (IMAGE, "let w = 16\n  for i in range(3) {\n    if i > 1 { let w = 32 }\n    conv(w, 3)\n  }", "W504", "if deep else"),
    "a map made rows": (MAP, "reshape([256, 32]) -> ln", "W531", "`tokens`"),
    "a map made rows, by names": (MAP, "reshape([length = 256, channels = 32]) -> attention(4)", "W531", "`tokens`"),
    "a map made rows of rows": (MAP, "reshape([16, 16, 32])", "W531", "write `permute([1, 2, 0])`"),
    "a map made windows": (MAP, "reshape([4, 4, 16, 32])", "W531", "write `permute([1, 2, 0]) -> reshape([4, 4, 16, 32])`"),
    "rows made a map": (TOKENS, "reshape([40, 5, 10]) -> conv(8)", "W531", "`image(5x10)`"),
    "a sequence made columns": (TOKENS, "reshape([40, 50])", "W531", "write `permute([1, 0])`"),
    "a batch of -1": (MAP, "reshape([-1, 512])", "W518", "the batch is not counted"),
    "a vector made an image, channels last": ("x[128]", "linear(7 * 7 * 64) -> reshape([7, 7, 64]) -> conv(8, 3)", "W512", "[64, 7, 7]"),
    "a grey image": ("image[28, 28]", "conv(32, 3)", "W512", "[1, 28, 28]"),
    "the first of a sequence": (TOKENS, "slice(length, 0) -> linear(3)", "W505", "slice(length, 0, 1)"),
    "features given to attention": ("x[length = 50, channels = 64]", "attention(64)", "W515", "64 heads have one feature each"),
    "a text that is compared with an operation": (MAP, 'let act = "gelu"\n  if act == relu { relu } else { gelu }', "W525", "never equal"),
    "the other way round": (MAP, 'let act = "gelu"\n  if relu != act { gelu }', "W525", "is always true"),
    "an image of the same size": (MAP, "upsample(1)", "W505", "changes nothing"),
    "a batch of -1 before a vector": ("x[8, 1, 1]", "reshape([-1, 8]) -> linear(10)", "W518", "`flatten`; where an axis of 1 is meant"),
    "a batch of -1 before a flattened sequence": (TOKENS, "reshape([-1, 2000]) -> linear(10)", "W518", "-1 is an axis of 1"),
    "a batch of -1 before an image as it is": (MAP, "reshape([-1, 32, 16, 16])", "W518", "leave the step out"),
    "a batch of 1 before a vector": ("x[8, 1, 1]", "reshape([1, 8]) -> linear(16) -> relu -> linear(10)", "W518", "`flatten`"),
    "a batch of 1 before an image": (MAP, "reshape([1, 32, 16, 16])", "W518", "leave the step out"),
    "a part along axis 1": (TOKENS, "slice(1, 0, 1)", "W518", "`length` or `channels`"),
    "all but the first of axis 1": (TOKENS, "slice(1, start = 1)", "W518", "`length` or `channels`"),
    "the second half along axis 1": (MAP, "chunk(1, 2, 1)", "W518", "`channels` or `height`"),
    "halves along axis 1": (MAP, "split(2, axis = 1) as a, b\n  add { | skip(a) | skip(b) }", "W518", "`channels` or `height`"),
    "an image turned along axis 2": (MAP, "flip(2)", "W518", "`height` or `width`"),
    "an image shifted along axis 2": (MAP, "roll(1, [2])", "W518", "`height` or `width`"),
    "vectors beside each other": ("x[32]", "stack(1) { | skip | linear(32) }", "W518", "[n, 32]"),
    "the first of axis 1": (TOKENS, "select(1, 0)", "W516", "`select(0, length)`"),
    "the last of axis 1": (TOKENS, "select(1, -1)", "W516", "`select(-1, length)`"),
    "channels in PyTorch's order, without a window": (MAP, "conv(32, 64)", "W515", "`conv(64)`"),
    "channels in PyTorch's order, without a window or a bias": (MAP, "conv(32, 64, bias = false)", "W515", "`conv(64, bias = false)`"),
    "another library's channels that do not come in": (MAP, "conv(3, 64)", "W507", "`conv(64)`"),
    "a size by the number of its axis": (MAP, "conv(2 * x.shape[1])", "W518", "`x.channels`"),
    "a size by the number of its axis, by a name": (MAP, "let c = in.shape[1] // 2\n  conv(c)", "W518", "`in.channels`"),
    "features by the number of their axis": (MAP, "conv(8) -> a: relu\n  global_avgpool -> flatten -> linear(a.shape[1])", "W518", "`a.channels`"),
    "a momentum that is what is kept": (MAP, "conv(8, bias = false) -> bn(momentum = 0.99)", "W528", "write `0.01`"),
    "a share that stays": (MAP, "relu -> dropout(1)", "W528", "leave the step out"),
    "a size as a factor": (MAP, "upsample(48)", "W528", "`size = 48`"),
    "a factor that makes a huge map": ("x[8, 32, 32]", "upsample(64)", "W528", "2048x2048"),
    "a shortcut that is dropped": (MAP, "add {\n    | skip -> drop_path(0.1)\n    | conv(32) -> relu\n  }", "W513", "at the end of the other path"),
    "a batch by its size before a vector": (MAP, "global_avgpool -> p: relu\n  reshape([p.shape[0], -1]) -> linear(10)", "W518", "`p.shape[0]` is 32, the channels"),
    "a batch by its size before a map": (MAP, "reshape([in.shape[0], -1]) -> linear(10)", "W518", "`flatten`"),
    "a row for each channel": (MAP, "global_avgpool -> reshape([32, -1]) -> linear(10)", "W518", "32 are rows"),
    "a momentum without its name": (MAP, "conv(8, bias = false) -> bn(0.9)", "W528", "`bn(momentum = 0.1)`"),
    "a size of two, which is far larger than the image": ("x[8, 32, 32]", "maxpool(2) -> upsample(32)", "W528", "512x512"),
    "heads of different widths": (MAP, "cls: conv(10, 1)\n  box: conv(4, 1)\n  output cls, box", "W530", "`skip(features) -> box: conv(4, 1)`"),
    "a policy and a value": (MAP, "policy: { conv(64) -> relu -> conv(73, 1) }\n  value: { conv(1, 1) -> relu -> conv(2, 1) }\n  output policy, value", "W530", "`skip(features) -> value: { … }`"),
    "an actor and a critic": ("x[40]", "a: { linear(64) -> relu -> linear(18) -> softmax }\n  b: { linear(64) -> relu -> linear(1) }\n  output a, b", "W530", "`skip(features) -> b: { … }`"),
    "an age and a gender": ("x[40]", "age: linear(1)\n  gender: linear(2)\n  output age, gender", "W530", "`features: skip`"),
    "two heads of which one goes on from the other": (MAP, "global_avgpool -> flatten\n  mu: linear(16)\n  logvar: linear(16)\n  output mu, logvar", "W530", "`skip(features) -> logvar: linear(16)`"),
    "a size of two as factors": (MAP, "upsample(48x64)", "W528", "`size = 48x64`"),
    "a list of sizes as factors": (MAP, "upsample([96, 96])", "W528", "`size = 96x96`"),
    "a value that grows before it is read": (IMAGE, "let w = 16\n  repeat 3 {\n    let w = w * 2\n    conv(w, 3)\n  }", "W527", "`repeat 3 as i { let w = w * 2 ** (i + 1) … }`"),
    "a value that grows by a number": (IMAGE, "let w = 16\n  for k in [1, 3] {\n    let w = 8 + w\n    conv(w, k)\n  }", "W527", "`for i, k in [1, 3] { let w = w + 8 * (i + 1) … }`"),
    "a value that grows in a part of a round": (IMAGE, "let w = 16\n  repeat 3 as i {\n    stage \"s{i}\" {\n      let w = min(64, w * 2)\n      conv(w, 3)\n    }\n  }", "W527", "`repeat 3 as i { let w = … * 2 ** (i + 1) … }`"),
    "a learned tensor declared first": (MAP, "g: parameter([32, 16, 16])\n  conv(32)\n  add { | skip | skip(x) }", "W526", "`skip(x) -> conv(32)`"),
    "learned tensors declared first, read by a stage": (
        MAP,
        "g: parameter([32, 1, 1])\n  skip(x) -> h: parameter([32, 16, 16])\n  stage s { c: conv(32) -> relu }\n  mul { | skip | skip(x) }\n"
        "  add(broadcast = true) { | skip | skip(g) | skip(h) }",
        "W526",
        "in one line: `h: parameter([32, 16, 16]) -> c: conv(32)`",
    ),
    "a residual of a learned tensor": (MAP, "g: parameter([32, 16, 16])\n  add { | conv(32) | skip }\n  add { | skip | skip(x) }", "W526", "`skip(x) -> add { … }`"),
}  # fmt: skip

MEANT = {
    "as many groups as dilation": ("x[32, 64, 64]", "conv(64, 3, 1, 1, 4, 4)"),
    "one group at its place": ("x[32, 64, 64]", "conv(64, 3, 1, 1, 1) -> maxpool(3, 2, 1, 1, false, false)"),
    "groups by their name": ("x[32, 64, 64]", "conv(64, 3, 1, 1, groups = 4)"),
    "layers": (TOKENS, "lstm(40, 2)"),
    "heads": ("x[length = 50, channels = 64]", "attention(16)"),
    "heads of a few features": ("x[length = 50, channels = 8]", "attention(8)"),
    "a text that may be an operation, too": (MAP, 'let act = relu\n  if act != "none" { act }'),
    "a text compared with a text": (MAP, 'let act = "gelu"\n  if act == "relu" { relu }'),
    "an operation compared with an operation": (MAP, "let act = gelu\n  if act == relu { relu }"),
    "a text that is no operation": (MAP, 'let act = "none"\n  if act != relu { gelu }'),
    "one axis of two": (MAP, "upsample([1, 2])"),
    "a large window": ("x[31, 64, 64]", "dwconv(31)"),
    "a window as wide as there are channels": ("x[3, 8, 8]", "dwconv(3)"),
    "a path on a condition": (MAP, "let c = true\n  add { | conv(32, 3) | if c: skip }"),
    "paths of a loop": (MAP, "concat { | for k in [1, 3]: conv(8, k) }"),
    "attention on what comes in": (TOKENS, "attention(4) { | ln }"),
    "a value of a round": (IMAGE, "for i in range(3) {\n    let w = 16 * 2 ** i\n    conv(w, 3)\n  }"),
    "a value given anew and read": (IMAGE, "let w = 16\n  repeat 2 {\n    let w = 8\n    conv(w, 3)\n  }\n  conv(w)"),
    "a learned tensor that is taken up by its name": (MAP, "g: parameter([32, 16, 16])\n  skip(g) -> conv(32)\n  add { | skip | skip(x) }"),
    "a learned tensor and its steps in one line": (MAP, "g: parameter([32, 16, 16]) -> conv(32)\n  add { | skip | skip(x) }"),
    "queries that are learned": (
        TOKENS,
        "q: parameter([length = 9, channels = 40])\n  add { | attention(4) { | ln | skip(x) } | skip }\n  ln",
    ),
    "a path of a learned tensor": (MAP, "add {\n    | g: parameter([32, 16, 16])\n      conv(32)\n    | skip\n  }"),
    "a token of a vector": ("x[8]", "reshape([1, 8]) -> concat(axis = 0) { | skip | parameter([5, 8]) }"),
    "a signal of a vector": ("x[8]", "linear(64) -> reshape([1, 64])"),
    "an image of a channel": ("x[8]", "linear(64) -> reshape([1, 8, 8]) -> flatten -> reshape([-1, 8, 8])"),
    "a volume of an image": (MAP, "reshape([1, 32, 16, 16]) -> conv(8)"),
    "a row that has names": ("x[8]", "reshape([length = 1, channels = 8]) -> linear(3)"),
    "a part of the features": (TOKENS, "slice(1, 0, 16)"),
    "a window of a large kernel network, wider than its map": ("x[8, 7, 7]", "dwconv(13, 1)"),
    "an axis by its name": (MAP, "slice(height, 0, 8) -> chunk(0, 2, width) -> flip(width) -> roll(1, [height, width])"),
    "both sides of an image": (MAP, "flip([1, 2]) -> roll([1, 1], [1, 2])"),
    "axes that have no names": (MAP, "reshape([8, 4, 256]) -> slice(1, 0, 1) -> flip(2)"),
    "a volume of maps": (MAP, "stack(1) { | skip | conv(32) } -> conv(8)"),
    "a position of an axis": (TOKENS, "select(1, channels)"),
    "the third position": (TOKENS, "select(3, 0)"),
    "patches": ("x[32, 64, 64]", "conv(32, 8, stride = 8, pad = 0)"),
    "a small even window": (MAP, "conv(32, 4, pad = 1)"),
    "as many channels and a large odd window": (MAP, "conv(32, 7) -> conv(32, 9)"),
    "as many channels and a window that says its padding": (MAP, "conv(32, 8, pad = same)"),
    "a size of a sequence": (TOKENS, "linear(2 * in.shape[1])"),
    "features along an axis": (MAP, "linear(in.shape[1], last = true)"),
    "sizes of an image": (MAP, "reshape([channels = in.shape[0], length = in.shape[1] * in.shape[2]])"),
    "a momentum": (MAP, "conv(8, bias = false) -> bn(momentum = 0.1) -> bn(momentum = 1)"),
    "a share that goes": (MAP, "dropout(0.9) -> drop_path(0.5)"),
    "two heads of one tensor": (
        MAP,
        "global_avgpool -> flatten -> features: skip\n  mu: linear(16)\n  skip(features) -> logvar: linear(16)\n  output mu, logvar",
    ),
    "levels of a pyramid": (MAP, "p6: conv(32, 3, stride = 2)\n  p7: conv(32, 3, stride = 2)\n  output p6, p7"),
    "outputs of different kinds": (MAP, "a: conv(32, 3)\n  b: conv(32, 1)\n  output a, b"),
    "factors of segmentation": (MAP, "maxpool(4) -> upsample(16)"),
    "a map of an image, as large as that": ("x[3, 512, 512]", "conv(8, 32, stride = 32, pad = 0) -> upsample(32)"),
    "a factor of a pooled map": (MAP, "global_avgpool -> upsample(14)"),
    "a factor that is said to be one": (MAP, "upsample(scale = 48)"),
    "a branch that is dropped": (MAP, "add { | skip | conv(32) -> drop_path(0.1) }"),
    "branches that are dropped": (MAP, "add { | conv(32) -> drop_path(0.1) | conv(32) -> drop_path(0.1) }"),
    "a layer along the positions": (MAP, "reshape([in.channels, -1]) -> linear(10)"),
    "rows by a size, of which no layer reads": (MAP, "reshape([in.shape[0], -1]) -> softmax(1)"),
    "rows that have names": ("x[32, 1, 1]", "reshape([length = 32, channels = 1]) -> linear(10)"),
    "what is added to a variance": (MAP, "conv(8, bias = false) -> bn(0.001) -> bn(eps = 0.1)"),
    "factors for each side": (MAP, "upsample(2x4) -> upsample([1, 2])"),
    "a value of a round, from its number": (IMAGE, "let w = 16\n  repeat 3 as i {\n    let w = w * 2 ** i\n    conv(w, 3)\n  }"),
    "a value of a round, from another of it": (
        IMAGE,
        "let w = 16\n  for k in [1, 3] {\n    let s = k * 2\n    let w = w * s\n    conv(w, k)\n  }",
    ),
    "a value of a round, from what comes in": (IMAGE, "let w = 16\n  repeat 3 {\n    let w = w + in.channels\n    conv(w, 3)\n  }"),
    "the variable of a loop": (IMAGE, 'for w in [16, 32] {\n    stage "s{w}" {\n      let w = w * 2\n      conv(w, 3)\n    }\n  }'),
    "a value on a condition, read there": (IMAGE, "let w = 16\n  if w > 8 {\n    let w = w * 2\n    conv(w, 3)\n  }"),
    "heads of a map": (MAP, "reshape([4, 8, 256])"),
    "heads of a sequence": (TOKENS, "reshape([50, 8, 5])"),
    "a map of as many positions as channels": ("x[64, 8, 8]", "reshape([8, 8, 64])"),
    "rows once the channels are last": (MAP, "permute([1, 2, 0]) -> reshape([256, 32]) -> linear(8)"),
    "rows of a map": (MAP, "reshape([32, -1])"),
    "features, and what is made of them": ("x[40]", "features: linear(128)\n  logits: linear(10)\n  output features, logits"),
    "what an autoencoder keeps": (
        "x[84]",
        "linear(32) -> relu\n  code: linear(8)\n  y: { linear(32) -> relu -> linear(84) }\n  output code, y",
    ),
    "an embedding, and a head of several steps": ("x[84]", "z: linear(64)\n  y: { linear(32) -> relu -> linear(10) }\n  output z, y"),
    "maps of a pyramid": (MAP, "c4: conv(16, stride = 2)\n  c5: conv(24, stride = 2)\n  output c4, c5"),
    "an image of a vector": ("x[128]", "linear(64 * 7 * 7) -> reshape([64, 7, 7]) -> conv(8, 3)"),
    "a grey image for a perceptron": ("image[28, 28]", "flatten -> linear(10)"),
    "a decoder that begins with what an encoder says by its label": (
        "x[1, 28, 28]",
        "flatten -> t: linear(40) -> mu: linear(20) -> skip(t) -> logvar: linear(20) -> skip(mu)\n  fc3: linear(40) -> relu -> out: linear(784)\n  output out, mu, logvar",
    ),
    "a signal": ("wave[64, 128]", "conv(32, 3)"),
    "the first of a sequence": (TOKENS, "slice(length, 0, 1) -> linear(3)"),
}
DOUBTS = {"W504", "W505", "W507", "W512", "W513", "W515", "W516", "W518", "W524", "W525", "W526", "W527", "W528", "W530", "W531"}


def text_of(entering: str, body: str) -> str:
    return f"network n {{\n  input {entering}\n  {body}\n}}\n"


@pytest.mark.parametrize("title", DOUBTED)
def test_it_is_doubted(title: str) -> None:
    entering, body, code, told = DOUBTED[title]
    found = checked(text_of(entering, body), "n.arch")
    assert found.program is not None
    (row,) = [row for row in found.diagnostics if row.code in DOUBTS]
    assert row.code == code
    words = (row.message, row.help, row.fix and row.fix.message, row.primary.message, *(label.message for label in row.secondary))
    assert told in " ".join(word for word in words if word)


@pytest.mark.parametrize("title", MEANT)
def test_it_is_not_doubted(title: str) -> None:
    found = checked(text_of(*MEANT[title]), "n.arch")
    assert found.program is not None
    assert not DOUBTS & {row.code for row in found.diagnostics}


@pytest.mark.parametrize(
    ("title", "shape", "written"),
    [
        ("an LSTM in PyTorch's order", (50, 256), "lstm(256)"),
        ("channels given to dwconv, with its window", (32, 64, 64), "dwconv(3)"),
        ("channels in PyTorch's order, without a window or a bias", (64, 16, 16), "conv(64, bias = false)"),
        ("a size by the number of its axis", (64, 16, 16), "conv(2 * x.channels)"),
        ("a momentum that is what is kept", (8, 16, 16), "bn(momentum = 0.01)"),
        ("a size as a factor", (32, 48, 48), "upsample(size = 48)"),
        ("a list of sizes as factors", (32, 96, 96), "upsample(size = 96x96)"),
        ("a skip without its bar", (32, 16, 16), "| skip\n"),
        ("a text that is compared with an operation", (32, 16, 16), 'act == "relu"'),
    ],
)
def test_the_edit_makes_what_was_meant(title: str, shape: tuple[int, ...], written: str) -> None:
    entering, body, code, _ = DOUBTED[title]
    mended, _ = applied(check_source(Source.of("n.arch", text_of(entering, body))).diagnostics)["n.arch"]
    assert written in mended
    after = checked(mended, "n.arch")
    assert after.program is not None and after.program.nodes[-1].shape == shape
    assert code not in {row.code for row in after.diagnostics}


@pytest.mark.parametrize("title", ["a sum of one path", "a gate without what it gates"])
def test_a_merge_of_one_path_is_that_path_until_it_is_written(title: str) -> None:
    entering, body, code, _ = DOUBTED[title]
    [row] = [row for row in checked(text_of(entering, body), "n.arch").diagnostics if row.code == code]
    assert row.fix is None and "`| skip` beside it" in str(row.help)


@pytest.mark.parametrize("written", ["dwconv(32, 3, stride = 2)", "dwconv(32, kernel = 3)"])
def test_channels_that_dwconv_is_given_beside_a_name_are_the_cause(written: str) -> None:
    (row,) = checked(text_of(MAP, written), "n.arch").diagnostics
    assert row.code == "E206" and row.help is not None and "takes no channels" in row.help
    mended, _ = applied([row])["n.arch"]
    assert "dwconv(32" not in mended and checked(mended, "n.arch").diagnostics == ()


@pytest.mark.parametrize("written", ["dwconv(5, 2, stride = 2)", "conv(8, 3, kernel = 3)"])
def test_other_arguments_given_twice_are_no_channels(written: str) -> None:
    rows = checked(text_of(MAP, written), "n.arch").diagnostics
    assert rows[-1].code == "E206" and "takes no channels" not in (rows[-1].help or "")


def test_a_mean_along_the_channels_is_told_the_mean_of_positions() -> None:
    (row,) = checked(text_of(TOKENS, 'reduce("mean", channels) -> linear(10)'), "n.arch").diagnostics
    assert row.code == "W510" and row.help is not None and '`reduce("mean", length)`' in row.help
    assert checked(text_of(TOKENS, 'reduce("mean", length) -> linear(10)'), "n.arch").diagnostics == ()


def test_what_grows_is_worked_out_from_the_number_of_the_round() -> None:
    entering, body, _, _ = DOUBTED["a value that grows before it is read"]
    mended = body.replace("repeat 3 {", "repeat 3 as i {").replace("w * 2", "w * 2 ** (i + 1)")
    after = checked(text_of(entering, mended), "n.arch")
    assert after.diagnostics == () and after.program is not None
    assert [node.shape[0] for node in after.program.nodes if node.operation.name == "conv"] == [32, 64, 128]


def test_what_is_learned_and_declared_first_leaves_the_input_at_hand() -> None:
    entering, body, _, _ = DOUBTED["a learned tensor declared first"]
    mended = body.replace("  conv", "  skip(x) -> conv").replace("skip(x) }", "skip(x) | skip(g) }")
    assert checked(text_of(entering, mended.replace("add {", "add(broadcast = true) {")), "n.arch").diagnostics == ()


CALLED = "block b(op = conv) {{ {} op(8) }}\n\nnetwork n {{\n  input x[3, 8, 8]\n  b -> bn\n}}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("network n {\n  input x[3, 8, 8]\n  conv(4)\n}\n\ndefault conv(bias = false)\n", "before the first `conv`"),
        ("network n {\n  input x[3, 8, 8]\n  stage s {\n    conv(4)\n    default conv(bias = false), relu6()\n    relu6\n  }\n}\n", "before the first `conv`"),
        ("from resnet import resnet\n\ndefault conv(bias = false)\n\nnetwork n = resnet(classes = 10)\n", "the defaults of its own file"),
        (CALLED.format("default bn(eps = 0.1)\n "), None),
        ("default bn(eps = 0.1)\n\n" + CALLED.format("default conv(bias = false)\n "), None),
    ],
)  # fmt: skip
def test_a_default_that_governs_nothing_is_told(text: str, told: str | None) -> None:
    """A step that a parameter gives may be of any operation."""
    rows = [row for row in checked(text, "n.arch").diagnostics if row.code == "W504"]
    assert [row.message for row in rows] == ["this `default` governs nothing: no `conv` stands behind it"] * (told is not None)
    assert told is None or told in (rows[0].help or "")


@pytest.mark.parametrize(("text", "come"), [("linear(512, 10)", "64"), ("linear(64, 10)", None)])
def test_what_comes_in_is_left_out_where_it_is_that(text: str, come: str | None) -> None:
    """Where another number is written than comes in, leaving it out would hide that a step before it is amiss."""
    [row] = checked(text_of("x[64]", text), "n.arch").diagnostics
    assert row.code == "E208" and (row.fix is None) == (come is not None)
    assert come is None or f"but {come} features come in here" in str(row.help)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("label e1: conv(8)\n  relu", "e1: conv(8)\n  relu"),
        ("step a: conv(8)", "a: conv(8)"),
        ("conv(8, bias = None)", "conv(8, bias = false)"),
    ],
)
def test_words_that_do_nothing_are_left_out(written: str, meant: str) -> None:
    found, _ = mended(text_of(MAP, written))
    assert found == text_of(MAP, meant)


@pytest.mark.parametrize(
    "body",
    [
        "add { | skip | constant(1) }",
        "mul { | skip | constant(2) -> reshape([1, 1, 1]) }",
        "add(broadcast = true) { | skip | parameter([]) -> reshape([1, 1, 1]) }",
    ],
)
def test_a_number_alone_may_get_axes(body: str) -> None:
    """What is offered for the first is the like of the others; a number has no first axis to be taken for the batch."""
    text = text_of(IMAGE, body)
    mended, _ = applied(checked(text, "n.arch").diagnostics).get("n.arch", (text, ()))
    assert checked(mended, "n.arch").diagnostics == ()
