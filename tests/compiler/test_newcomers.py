"""What people write who know another library: it is told, and the remedy works."""

from __future__ import annotations

import pytest

from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.reporting.fixes import applied
from tests.support import checked, program_of


def codes(body: str) -> list[str]:
    return [row.code for row in checked(f"network n {{\n  input x[3, 99, 99]\n  {body}\n}}\n", "n.arch").diagnostics]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("conv(3, 64, 7)", "W515"),
        ("conv(3, 64, 3, bias = false)", "W515"),
        ("conv(3, 6, 5)", "W515"),
        ("deconv(3, 16, 2)", "W515"),
        ("slice(1, 5)", "W516"),
        ("slice(0, -2)", "W516"),
        ("for c, k in [[1, 3], [3, 5]] { scale(c) -> conv(8, k) }", "W517"),
        ("concat { | for c, k in [[1, 3], [3, 5]]: scale(c) -> conv(8, k) }", "W517"),
    ],
)
def test_what_is_probably_not_meant_is_doubted(body: str, code: str) -> None:
    assert codes(body) == [code]


@pytest.mark.parametrize(
    "body",
    [
        "conv(3, 3, 2)",
        "conv(3, 7, 2)",
        "conv(3, 4, 2)",
        "conv(3, 4, 4)",
        "conv(64, 9, 2)",
        "conv(3, kernel = 64, stride = 7, pad = valid)",
        "slice(1, 5, 9)",
        "slice(height, 5)",
        "slice(1, start = 5)",
        "for i, k in [[1, 3], [3, 1]] { conv(8 * (i + 1), k) }",
        "for c, k in [[8, 3], [16, 5]] { conv(k[0] + 8, k[1]) -> scale(c) }",
        "for i, k in [1x3, 3x1] { scale(i) -> conv(8, k) }",
        "for i, rows in [[8, 16], [8, 16]] { for width in rows { conv(width, 3) } -> scale(i) }",
    ],
)
def test_what_may_well_be_meant_is_not_doubted(body: str) -> None:
    assert not {"W515", "W516", "W517"} & set(codes(body))


def test_pairs_that_give_an_error_are_explained_beside_it() -> None:
    text = "network n {\n  input x[3, 99, 99]\n  for c, s in [[16, 1], [24, 2]] { conv(c, 3, stride = s) }\n}\n"
    rows = {row.code: row for row in checked(text, "n.arch").diagnostics}
    assert set(rows) == {"W517", "E208"}
    assert "max(1" not in str(rows["E208"].help) and "row[0]" in str(rows["W517"].help)


def test_the_fix_writes_archcs_order() -> None:
    text = "network n {\n  input x[3, 99, 99]\n  conv(3, 64, 7, bias = false)\n}\n"
    mended, _ = applied(check_source(Source.of("n.arch", text)).diagnostics)["n.arch"]
    assert "conv(64, 7, bias = false)" in mended


def test_the_remedy_of_pairs_works() -> None:
    body = "for row in [[16, 1], [24, 2]] { let c = row[0]  let s = row[1]  conv(c, 3, stride = s) }"
    assert program_of(f"network n {{\n  input x[3, 99, 99]\n  {body}\n}}\n").nodes[-1].shape == (24, 50, 50)


@pytest.mark.parametrize(("condition", "channels"), [("true", 4), ("false", 5)])
def test_a_label_may_be_chosen(condition: str, channels: int) -> None:
    for labels in ('"a" if c else "b"', "a if c else b", '("a") if not c else "b"'):
        text = f"network n {{\n  input x[3, 8, 8]\n  let c = {condition}\n  a: conv(4)\n  b: conv(5)\n  concat {{ | skip(a) | skip(b) | skip({labels}) }}\n}}\n"
        wanted = channels if "not" not in labels else 9 - channels
        assert program_of(text).nodes[-1].shape[0] == 9 + wanted, labels


def test_a_message_without_its_comma_does_not_become_a_label() -> None:
    for statement in ('require 3 > 2 "too small"', 'expect [3, 9, 9] "wrong"', 'budget parameters <= 10K "too large"'):
        text = f"network n {{\n  input x[3, 9, 9]\n  {statement}\n  conv(8)\n}}\n"
        mended, _ = applied(check_source(Source.of("n.arch", text)).diagnostics)["n.arch"]
        assert [node.path for node in program_of(mended).nodes] == [node.path for node in program_of(text.replace(statement, "")).nodes]


def test_a_label_with_a_hole_is_put_between_quotes() -> None:
    text = (
        "network n {\n  input x[3, 9, 9]\n  for i in range(2) { c{i}: conv(16) }\n  for i in range(2) { stage layer{i} { conv(8) } }\n}\n"
    )
    mended, _ = applied(check_source(Source.of("n.arch", text)).diagnostics)["n.arch"]
    mended, _ = applied(check_source(Source.of("n.arch", mended)).diagnostics).get("n.arch", (mended, 0))
    assert '"c{i}": conv(16)' in mended and 'stage "layer{i}" {' in mended
    assert check_source(Source.of("n.arch", mended)).diagnostics == ()


@pytest.mark.parametrize(
    "body",
    [
        "concat(axis = 1) { | skip | conv(3) }",
        "concat(1) { | skip | conv(3) }",
        "concat(axis = 1) { | skip | conv(3) | relu }",
    ],
)
def test_images_that_are_joined_as_if_the_batch_were_counted_are_doubted(body: str) -> None:
    assert codes(body) == ["W518"]


@pytest.mark.parametrize(
    "body",
    [
        "concat { | skip | conv(3) }",
        "concat(axis = 0) { | skip | conv(3) }",
        "concat(axis = height) { | skip | conv(3) }",
        "stack(axis = 1) { | skip | conv(3) }",
        "concat(axis = 2) { | skip | conv(3) }",
        "concat(axis = 1) { | skip | slice(axis = height, stop = 5) }",
        "tokens -> concat(axis = 1) { | skip | linear(3) }",
        "flatten -> reshape([length = 27, channels = 1089]) -> concat(axis = 1) { | skip | linear(1089) }",
        "permute([1, 2, 0]) -> concat(axis = 1) { | skip | relu }",
    ],
)
def test_what_can_be_read_in_one_way_is_not_doubted(body: str) -> None:
    assert codes(body) == []


@pytest.mark.parametrize(
    ("body", "help"),
    [
        ("bn(64)", "leave it out: `bn`; the channels"),
        ("bn(3)", "leave it out: `bn`; the channels"),
        ("bn(eps = 64)", "leave it out: `bn`; the channels"),
        ("conv(64) -> gn(32, 64)", "leave it out: `gn(32)`; the channels"),
        ("ln(64)", "leave it out: `ln`; the channels"),
        ("instance_norm(64)", "leave it out: `instance_norm`; the channels"),
        ("rms_norm(64)", "leave it out: `rms_norm`; the channels"),
        ("conv(16) -> tokens -> attention(16, 4)", "`attention(4)`"),
        ("conv(64) -> tokens -> attention(8, 64)", "leave it out: `attention(8)`"),
        ("conv(64) -> dropout(64)", "leave it out: `dropout`"),
        ("dropout(200)", "leave it out: `dropout`"),
        ("dropout(20)", "20 of 100 are `0.2`"),
        ("drop_path(10)", "10 of 100 are `0.1`"),
        ("conv(16) -> tokens -> attention(4, dropout = 10)", "10 of 100 are `0.1`"),
        ("bn(momentum = 10)", "10 of 100 are `0.1`"),
    ],
)
def test_a_count_in_the_place_of_a_share_is_left_out(body: str, help: str) -> None:
    [row] = checked(f"network n {{\n  input x[3, 99, 99]\n  {body}\n}}\n").diagnostics
    assert row.code == "E208" and row.help is not None and help in row.help
    assert ("of 100" in row.help) == ("of 100" in help)


SEVERAL = """block two gives low, high {
  low: conv(4)
  high: conv(8)
}
block up(c) takes a, b {
  add { | skip(a) -> conv(c) | skip(b) -> conv(c) }
}
"""


def of(body: str, shape: str = "3, 16, 16") -> str:
    return f"{SEVERAL}network n {{\n  input image[{shape}]\n  {body}\n}}\n"


SEQUENCE = "length = 10, channels = 8"


@pytest.mark.parametrize(
    ("wrong", "remedy", "right", "shape"),
    [
        ("lstm(16)\n  image[-1]", "skip(image) -> select(-1)", "lstm(16)\n  skip(image) -> select(-1)", SEQUENCE),
        ("lstm(16)[-1]", "-> select(-1)", "lstm(16) -> select(-1)", SEQUENCE),
        ("h: lstm(16)\n  h[:, -1]", "skip(h) -> select(-1)", "h: lstm(16)\n  skip(h) -> select(-1)", SEQUENCE),
        ("h: lstm(16)\n  skip(h[-1])", "skip(h) -> select(-1)", "h: lstm(16)\n  skip(h) -> select(-1)", SEQUENCE),
        ("lstm(16)[1:3]", "slice(axis = length, start = 1, stop = 3)", "lstm(16) -> slice(axis = length, start = 1, stop = 3)", SEQUENCE),
        ("d: conv(4)\n  conv(6)\n  up(8, d)", "up(8) { | skip | skip(d) }", "d: conv(4)\n  conv(6)\n  up(8) { | skip | skip(d) }", ""),
        (
            "d: conv(4)\n  e: relu\n  up(8, d, e)",
            "up(8) { | skip(d) | skip(e) }",
            "d: conv(4)\n  e: relu\n  up(8) { | skip(d) | skip(e) }",
            "",
        ),
        ("e: two\n  e.high -> conv(4)", "skip(e.high)", "e: two\n  skip(e.high) -> conv(4)", ""),
        ("conv(8) if true", "if true { conv(8) }", "if true { conv(8) }", ""),
        ("conv(8) if true else skip", "if true { conv(8) } else { skip }", "if true { conv(8) } else { skip }", ""),
        ("b: conv(4)\n  relu\n  conv(4)(b)", "skip(b) -> conv(4)", "b: conv(4)\n  relu\n  skip(b) -> conv(4)", ""),
        ("x -> conv(8)", "leave `x ->` out, or write `skip(image)`", "skip(image) -> conv(8)", ""),
        ("repeat 3 as i { conv(8 * i) }", "`8 * (i + 1)`", "repeat 3 as i { conv(8 * (i + 1)) }", ""),
    ],
)
def test_what_python_would_write_is_told_in_archcs_words(wrong: str, remedy: str, right: str, shape: str) -> None:
    shape = shape or "3, 16, 16"
    found = check_source(Source.of("n.arch", of(wrong, shape))).diagnostics
    assert any(remedy in f"{row.help or ''} {row.fix.message if row.fix else ''}" for row in found), found
    assert not [row for row in checked(of(right, shape), "n.arch").diagnostics if row.is_error]
    if any(row.fix for row in found):
        mended, _ = applied(found)["n.arch"]
        assert mended == of(right, shape)


WRITTEN = {
    "for (t, c) in [(1, 16), (6, 24)] { conv(c, 3) -> scale(t) }": "for row in [[1, 16], [6, 24]] { let t = row[0]  let c = row[1]  conv(c, 3) -> scale(t) }",
    "for i, (c, k) in [[8, 3], [9, 1]] { conv(c + i, k) }": "for i, row in [[8, 3], [9, 1]] { let c = row[0]  let k = row[1]  conv(c + i, k) }",
    "for t, c, n in [[1, 16, 1]] { conv(c, n) -> scale(t) }": "for row in [[1, 16, 1]] { let t = row[0]  let c = row[1]  let n = row[2]  conv(c, n) -> scale(t) }",
    "let w = global_avgpool(x)": "skip(x) -> w: global_avgpool",
    "conv(in_channels = 3, out_channels = 16, kernel_size = 3, padding = 1)": "conv(channels = 16, kernel = 3, pad = 1)",
    "conv(out_channels = 16, in_channels = 3)": "conv(channels = 16)",
    "conv(3, 16, kernel_size = 5)": "conv(16, kernel = 5)",
    "conv(16) -> bn(num_features = 16)": "conv(16) -> bn",
    "conv(16) -> bn(16)": "conv(16) -> bn",
    "relu -> flatten -> linear(29403, 84)": "relu -> flatten -> linear(84)",
    "flatten -> linear(29403, out_features = 84)": "flatten -> linear(features = 84)",
    'gelu(approximate = "tanh")': "gelu(tanh = true)",
    'gelu(approximate = "none")': "gelu",
    "tokens -> lstm(hidden_size = 64, num_layers = 2, batch_first = true)": "tokens -> lstm(features = 64, layers = 2)",
    "tokens -> lstm(input_size = 3, hidden_size = 64)": "tokens -> lstm(features = 64)",
    "x.mean(dim = -1)": 'skip(x) -> reduce("mean", -1)',
    "x.mean([2, 3])": 'skip(x) -> reduce("mean", [1, 2])',
    "x.sum(1)": 'skip(x) -> reduce("sum", 0)',
    "x.flatten(1)": "skip(x) -> flatten",
    "x.view(x.size(0), -1)": "flatten",
    "x.permute(0, 2, 3, 1)": "skip(x) -> permute([1, 2, 0])",
}


@pytest.mark.parametrize("written", WRITTEN)
def test_what_is_written_as_in_pytorch_has_an_edit_that_compiles(written: str) -> None:
    """Edits are made as `archc check --fix` makes them, again while there are some."""
    head, foot = "network n {\n  input x[3, 99, 99]\n  ", "\n}\n"
    text = head + written + foot
    for _ in range(8):
        rows = [row for row in check_source(Source.of("n.arch", text)).diagnostics if row.is_error]
        if not rows:
            break
        text = applied(rows).get("n.arch", (text, 0))[0]
    assert text == head + WRITTEN[written] + foot
    assert program_of(text).nodes


@pytest.mark.parametrize("word", ["residual", "add", "branch", "split"])
def test_the_paths_that_are_offered_for_a_head_without_bars_compile(word: str) -> None:
    rows = check_source(Source.of("n.arch", f"network n {{\n  input x[3, 9, 9]\n  {word} {{ conv(3) }}\n}}\n")).diagnostics
    offered = next(text for text in (rows[0].help or "").split("`")[1::2] if "{" in text)
    assert rows[0].code == "E123" and offered.startswith("add { | conv(3) | skip" if word == "residual" else "concat {")
    assert program_of(f"network n {{\n  input x[3, 9, 9]\n  {offered}\n}}\n").nodes


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("x.view(2, 8)", "`archc explain reshape`"),
        ("x.mean(dim = n)", '`reduce("mean", axis = '),
        ("x.mean(0)", '`reduce("mean", axis = '),
        ("x.cuda()", "nothing of it is written"),
        ("let w = conv(x, 3)", "`skip(x) -> label: conv`"),
        ("conv(8, dtype = 3)", "`archc build --dtype` chooses"),
    ],
)
def test_what_is_not_certain_is_told_and_not_edited(written: str, said: str) -> None:
    rows = check_source(Source.of("n.arch", f"network n {{\n  input x[3, 99, 99]\n  {written}\n}}\n")).diagnostics
    errors = [row for row in rows if row.is_error]
    assert errors and errors[0].fix is None and said in (errors[0].help or ""), errors


@pytest.mark.parametrize(
    "text",
    [
        "network n(length = 1) {\n  input x[length = 5, channels = 8]\n  softmax(length)\n}",
        "network n {\n  input x[3, 8, 8]\n  let height = 2\n  concat(axis = height) { | skip | relu }\n}",
        "block b(width) { conv(8) -> permute([1, width, 0]) }\nnetwork n { input x[3, 9, 9]\n  b(2) }",
        'network n { input x[3, 9, 9]\n  for channels in [0, 1] { reduce("mean", [channels], keep = true) }\n}',
    ],
)
def test_the_name_of_an_axis_that_is_a_number_is_doubted(text: str) -> None:
    rows = check_source(Source.of("n.arch", text)).diagnostics
    assert {row.code for row in rows} == {"W523"} and "no name of an axis" in rows[0].message


def test_the_name_of_an_axis_that_is_a_word_is_that_axis() -> None:
    text = "block b(channels, axis = width) { conv(channels) -> softmax(axis) -> softmax(height) }\nnetwork n { input x[3, 9, 9]\n  b(8) -> softmax(channels) }"
    assert check_source(Source.of("n.arch", text)).diagnostics == ()
