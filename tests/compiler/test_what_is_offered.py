"""Remedies of newcomers' mistakes: what is offered, typed in, means what was meant; what would not is not offered."""

from __future__ import annotations

import pytest

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.reporting.fixes import applied
from tests.support import program_of


def said(text: str) -> tuple[Diagnostic, ...]:
    return check_source(Source.of("n.arch", text)).diagnostics


def net(body: str) -> str:
    return f"network net {{\n  input image[3, 32, 32]\n  {body}\n}}\n"


@pytest.mark.parametrize(
    ("word", "heads"), [("cross_attention(8)", 8), ("CrossAttention(8, num_heads = 4)", 4), ("MultiheadCrossAttention(8, 2)", 2)]
)
def test_attention_to_another_sequence_is_none_to_itself(word: str, heads: int) -> None:
    text = net("m: conv(8)\n  memory: tokens\n  skip(image) -> conv(8) -> tokens -> ")
    (row,) = said(text.replace("tokens -> ", f"tokens -> {word}"))
    written = f"attention({heads}) {{ | skip | skip(memory) }}"
    assert row.code == "E201" and row.fix is None and row.help is not None and f"`{written}`" in row.help
    nodes = program_of(text.replace("tokens -> ", f"tokens -> {written}")).nodes
    assert len({*nodes[-2].inputs}) == 2


def test_attention_at_the_head_of_its_merge() -> None:
    (row,) = said(net("conv(8)\n  seen: tokens\n  skip(image) -> conv(8) -> tokens -> cross_attention(8) { | skip | skip(seen) }"))
    assert row.fix is not None and not said(applied([row])["n.arch"][0])


@pytest.mark.parametrize("step", ["split(3)", "chunk(0, 3)"])
def test_no_size_is_offered_where_the_axis_at_fault_has_no_part_in_it(step: str) -> None:
    (row,) = said(net(f"tokens -> linear(64) -> {step} -> mean"))
    assert row.code == "E310" and not any("it would do" in note for note in row.notes)


@pytest.mark.parametrize("step", ["expand([3, 5])", 'einsum("a b, b c -> a c") { | skip | skip }'])
def test_one_axis_is_no_axes(step: str) -> None:
    (row,) = said(net(f"flatten -> {step}"))
    assert "1 axis" in row.message and "1 axes" not in row.message


@pytest.mark.parametrize(
    ("block", "call", "joined"),
    [
        ("block inner { concat { | skip | skip(m) } }", "inner", 2),
        ("block inner(c) { conv(c) -> concat { | skip | skip(m) } }", "inner(4)", 2),
        ("block inner takes a { concat { | skip | skip(m) } }", "inner", 2),
        ("block inner { upsample(like = m) }", "inner", 2),
        ("block inner { skip(m) -> conv(8) }", "inner", 1),
        ("block inner { add { | skip(m) -> conv(8) | skip(m) } }", "inner", 1),
        ("block inner(c, m) { conv(c) -> concat { | skip | skip(m) } }", "inner(4, m)", 2),
    ],
)
@pytest.mark.parametrize("label", ["m: conv(8)", "conv(8)\n  m: skip"])
def test_what_a_block_reads_comes_in_beside_what_it_works_on(block: str, call: str, joined: int, label: str) -> None:
    text = f"{block}\nblock outer {{\n  {label}\n  conv(4)\n  {call}\n}}\n" + net("outer")
    row, *_ = said(text)
    assert row.code == "E202" and row.help is not None
    head, calling = row.help.split("`")[-4].split(" { … }")[0], row.help.split("`")[-2]
    begins, ends = block.index("{"), text.index("block outer")
    mended = f"{head} {block[begins:]}\n{text[ends:]}".replace(f"  {call}\n", f"  {calling.replace('(…)', '(4)')}\n")
    assert len(program_of(mended).scopes) >= 3 and head.endswith("takes m" if joined == 1 else ", m")
    read = {index for node in program_of(mended).nodes for index in node.inputs if "inner1" in node.path}
    assert joined == 1 or {node.shape[0] for node in program_of(mended).nodes if node.index in read} >= {4, 8} or "upsample" in block


@pytest.mark.parametrize(
    ("statement", "condition"),
    [
        ("if deep { y: conv(3) }", "deep"),
        ("if not deep { relu } else { y: conv(3) }", "not (not deep)"),
        ("if c > 2 { relu } else if deep { y: conv(3) }", "not (c > 2) and deep"),
        ("if c > 2 { if deep { conv(3)\n y: conv(3) } }", "(c > 2) and deep"),
    ],
)
def test_a_label_in_an_if_that_does_not_hold(statement: str, condition: str) -> None:
    text = f"network net(deep = false, c = 1) {{\n  input image[3, 32, 32]\n  {statement}\n  add {{ | skip | skip(y) }}\n}}\n"
    (row,) = said(text)
    assert row.code == "E202" and "an `if` that does not hold" in row.message and row.secondary[0].span.text == "y"
    path = f"| if {condition}: skip(y)"
    assert row.help is not None and f"`{path}`" in row.help
    for deep in ("false", "true"):
        mended = text.replace("| skip(y)", path).replace("deep = false, c = 1", f"deep = {deep}, c = {3 if '(c >' == condition[:4] else 1}")
        assert not [row for row in said(mended) if row.is_error]


SHARED = "block shared(o) {\n  a: conv(o, 1)\n  b: conv(4)\n  skip(a) -> relu\n}\n"


def test_each_chain_that_is_dropped_is_told_at_its_call_in_the_network() -> None:
    text = (
        "block shared(o) { conv(o, 1) -> relu }\nnetwork net {\n  input image[3, 32, 32]\n  input rgb[3, 32, 32]\n"
        "  p: skip(image) -> shared(8) -> shared(16)\n  q: skip(rgb) -> shared(8)\n  concat { | skip(p) | skip(q) }\n}\n"
    )
    rows = [row for row in said(text) if row.code == "W501"]
    assert [(row.primary.span.text, row.primary.span.line) for row in rows] == [("shared(16)", 5), ("shared(8)", 6)]
    assert all("a label names the one step" in (row.help or "") for row in rows)


def test_a_step_within_a_block_that_goes_on_is_told_once_and_where_it_is_called() -> None:
    (row,) = said(SHARED + net("shared(8) -> shared(16)"))
    assert row.code == "W501" and row.primary.span.text == "b: conv(4)" and "shared, called at n.arch:" in row.where[0]


@pytest.mark.parametrize(
    ("body", "help"),
    [
        ("conv(9) -> split(3) as a, b, c\n  add { | skip(a) | skip(c) }", "read it by `skip(b)`;"),
        ("conv(8)\n  s: split(2)\n  skip(s[0]) -> conv(3)", "read it by `skip(s[1])`;"),
        ("conv(8) -> maxpool(2, indices = true) -> conv(8)", "leave `indices = true` out"),
    ],
)
def test_a_result_that_is_not_read_is_no_step_to_remove(body: str, help: str) -> None:
    (row,) = said(net(body))
    assert row.code == "W501" and "remove" not in (row.help or "") and (row.help or "").startswith(help)
    if "skip(" in help:
        read = help.split("`")[1]
        assert not said(net(f"{body.replace('conv(3)', 'conv(4)')}\n  add(broadcast = true) {{ | skip | {read} }}"))
    else:
        assert not said(net(body.replace(", indices = true", "")))


@pytest.mark.parametrize("argument", ["image", "size = image"])
def test_an_argument_is_named_behind_an_arrow(argument: str) -> None:
    (row,) = said(net(f"conv(8, stride = 2) -> upsample({argument})"))
    assert row.code == "E208" and row.fix is not None and not row.notes
    assert "upsample(like = image)" in applied([row])["n.arch"][0]


def test_an_argument_of_a_line_of_python_may_be_the_tensor() -> None:
    rows = said(net("x = conv(image, 8)\n  x = upsample(x)"))
    assert not any(row.fix is not None and "like" in row.fix.message for row in rows)


@pytest.mark.parametrize(("written", "code"), [("18b", "E105"), ("7", "E122")])
def test_what_is_no_name_behind_from(written: str, code: str) -> None:
    (row,) = said(f"from {written} import z\n" + net("conv(8)"))
    assert row.code == code and row.primary.span.text == written and "a name begins with a letter" in f"{row.message} {row.help}"


@pytest.mark.parametrize("sign", ["||", "&&", "&"])
def test_signs_of_conditions_between_steps(sign: str) -> None:
    (row,) = said(net(f"conv(8) {sign} relu"))
    assert row.code == "E104" and row.fix is None and "merge" in row.message
    for line in (f"let b = 1 > 2 {sign} 3 > 2\n  conv(8, bias = b)", f"if 1 > 2 {sign} 3 > 2 {{ relu }}", f"require 2 > 1 {sign} 3 > 2"):
        (row,) = said(net(line))
        assert row.code == "E104" and row.fix is not None and not said(applied([row])["n.arch"][0])


@pytest.mark.parametrize(
    ("pattern", "shape"),
    [
        ("c h w -> c", (3,)),
        ("chw->c", (3,)),
        ("b c h w -> b c", (3,)),
        ("c h w -> c w", (3, 5)),
        ("c h w -> w c", (5, 3)),
        ("c h w -> h w c", (4, 5, 3)),
        ("row col far -> far", (5,)),
    ],
)
def test_a_sum_of_products_of_one_tensor(pattern: str, shape: tuple[int, ...]) -> None:
    text = f'network net {{\n  input image[3, 4, 5]\n  einsum("{pattern}")\n}}\n'
    (row,) = said(text)
    assert row.code == "E234" and row.fix is not None
    assert program_of(applied([row])["n.arch"][0]).nodes[-1].shape == shape


@pytest.mark.parametrize("pattern", ["c h -> c", "c h w -> c k", "c h w, c -> h", "c c w -> w", "c h w ->"])
def test_no_sum_is_offered_of_a_pattern_that_does_not_fit(pattern: str) -> None:
    row, *_ = said(net(f'einsum("{pattern}")'))
    assert row.fix is None
