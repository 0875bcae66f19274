"""A transposed convolution whose size does not meet another: its own settings are offered, for every use of its text, and they work."""

from __future__ import annotations

import pytest

from tests.support import assert_mended


def net(step: str, pool: str = "maxpool(2)", size: str = "16, 16") -> str:
    return f"network n {{\n  input image[3, {size}]\n  e: conv(16)\n  {pool}\n  concat {{ | {step} | skip(e) }}\n}}\n"


SETTINGS = {
    "a stride": (net("deconv(32, 2)"), net("deconv(32, 2, stride = 2)")),
    "a stride that is another": (net("deconv(32, 2, stride = 2)", "maxpool(4)"), net("deconv(32, 4, stride = 4)", "maxpool(4)")),
    "a stride and a padding": (net("deconv(32, 4)"), net("deconv(32, 4, stride = 2, pad = 1)")),
    "a stride and both paddings": (net("deconv(32, 3)"), net("deconv(32, 3, stride = 2, pad = 1, out_pad = 1)")),
    "both paddings": (net("deconv(32, 3, 2) -> relu"), net("deconv(32, 3, 2, pad = 1, out_pad = 1) -> relu")),
    "a stride by its place": (net("deconv(32, 3, 1)", size="16, 20"), net("deconv(32, 3, 2, pad = 1, out_pad = 1)", size="16, 20")),
    "arguments by name": (
        net("deconv(32, kernel = 5, stride = 1, pad = 2)"),
        net("deconv(32, kernel = 5, stride = 2, pad = 2, out_pad = 1)"),
    ),
    "one with a label": (net("up: deconv(32, 2) -> relu"), net("up: deconv(32, 2, stride = 2) -> relu")),
    "a signal": (net("deconv(32, 2)", size="16"), net("deconv(32, 2, stride = 2)", size="16")),
    "a size that is expected": (
        "network n {\n  input image[3, 16, 16]\n  conv(16, stride = 2)\n  deconv(3, 3)\n  expect [3, 16, 16]\n}\n",
        "network n {\n  input image[3, 16, 16]\n  conv(16, stride = 2)\n  deconv(3, 3, stride = 2, pad = 1, out_pad = 1)\n  expect [3, 16, 16]\n}\n",
    ),
}


@pytest.mark.parametrize("title", SETTINGS)
def test_the_setting_that_is_offered_makes_the_sizes_meet(title: str) -> None:
    assert_mended(*SETTINGS[title])


def decoder(step: str, size: str, order: str = "x, s") -> str:
    paths = {"x": f"skip(x) -> {step}", "s": "skip(s)"}
    first, second = order.split(", ")
    block = f"block up(c) takes x, s {{ concat {{ | {paths[first]} | {paths[second]} }} }}\n"
    down = "  a: conv(8)\n  b: conv(16, stride = 2)\n  c: conv(16, stride = 2)\n"
    return f"{block}network n {{\n  input image[3, {size}]\n{down}  u: up(16) {{ | skip(c) | skip(b) }}\n  up(8) {{ | skip(u) | skip(a) }}\n}}\n"


STEP = "deconv(c, 3, stride = 2, pad = 1)"
BOTH = "deconv(c, 3, stride = 2, pad = 1, out_pad = 1) -> crop(like = s)"


@pytest.mark.parametrize("order", ["x, s", "s, x"])
@pytest.mark.parametrize("size", ["26, 26", "32, 31", "30, 31", "27, 26"])
def test_what_helps_one_use_of_a_block_does_not_break_another(size: str, order: str) -> None:
    assert_mended(decoder(STEP, size, order), decoder(BOTH, size, order))


def test_a_setting_that_all_uses_need_is_one_edit() -> None:
    assert_mended(decoder("deconv(c, 2)", "32, 32"), decoder("deconv(c, 2, stride = 2)", "32, 32"))
    assert_mended(decoder(STEP, "32, 32"), decoder("deconv(c, 3, stride = 2, pad = 1, out_pad = 1)", "32, 32"))


def test_a_round_is_cut_to_the_label_that_it_reads() -> None:
    text = """network unet {
  input image[3, 28, 28]
  for i in range(3) { "e{i}": conv(8)
    maxpool(2) }
  for i in range(3) { concat { | STEP | skip("e{2 - i}") } -> conv(8) }
}
"""
    after = 'deconv(8, 2, stride = 2, out_pad = 1) -> crop(like = "e{2 - i}")'
    assert_mended(text.replace("STEP", "deconv(8, 2, stride = 2)"), text.replace("STEP", after))
