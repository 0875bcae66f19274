"""Insets: each folded block once, opened, with its numbers as symbols that hold wherever the block stands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from archc.cli import group
from archc.compiler.draw import Options, draw_text, fold
from archc.compiler.draw.insets import MOST_INSETS, Inset, Sheet, insets, packed, places_of, sheet
from archc.compiler.draw.labels import caption, phrase
from archc.compiler.draw.look import PLAIN
from archc.compiler.draw.symbols import Design, designs, placed
from archc.compiler.draw.u_shape import arms
from archc.compiler.driver import compile
from archc.compiler.files.library import names
from archc.compiler.graph.graph import Graph
from archc.manual.gallery import beside
from tests.sample import sample
from tests.support import checked

NUMBER = re.compile(r"\d+(?:\.\d+)?")


def graph_of(text: str) -> Graph:
    return checked(text, "n.arch").graph


def of(graph: Graph) -> list[Design]:
    return [inset.design for inset in insets(graph, fold(graph))[0]]


def of_network(name: str) -> tuple[Inset, ...]:
    graph = compile(name).graph
    return insets(graph, fold(graph))[0]


OUTSIDE = re.compile(r", (?![^\[]*\])")


def value(symbol: str, given: dict[str, int]) -> int:
    """`out`, `4·out`, `out/4`, `k·out`."""
    whole = 1
    for part in symbol.split("\u00b7"):
        name, _, times = part.partition("/")
        whole *= int(name) if name.isdigit() else given[name]
        whole //= int(times or 1)
    return whole


def holds(told: str, said: str, given: dict[str, int]) -> bool:
    """Whether a caption with symbols says what the operation's own says: each part of the one is a part of the other, but for those in brackets."""
    parts = OUTSIDE.split(said) if said else []
    for row in filter(None, OUTSIDE.split(told)):
        is_optional = row.startswith("(") and row.endswith(")") and "(" not in row[1:]
        wanted = pattern(row[1:-1] if is_optional else row, given)
        # A pattern of axes is no symbol, whatever they are called: where it stands as it is, it is right.
        found = next((part for part in parts if part == row or wanted.fullmatch(part.replace(" ", ""))), None)
        if found is not None:
            parts.remove(found)
        elif not is_optional:
            return False
    return not parts


def pattern(text: str, given: dict[str, int]) -> re.Pattern[str]:
    """What a part may be where the symbols have these values, blanks aside."""
    if "\u2026" in text:
        return re.compile(".*")
    names = "|".join(re.escape(name) for name in sorted(given, key=len, reverse=True)) or "(?!)"
    symbol = (
        rf"(?<![a-z_])(?:\d+\u00b7)?(?:{names})(?:\u00b7(?:{names}))?(?:/\d+)?(?![a-z_])(?! = )"  # what stands before the sign is an axis
    )
    filled = re.sub(symbol, lambda found: str(value(found[0], given)), text).replace("\u00d7", "x").replace(" ", "")
    any_of = re.sub(r"\d[\d.\\]*(?:or\d[\d.\\]*)+", lambda found: f"(?:{found[0].replace('or', '|')})", re.escape(filled))
    return re.compile(any_of)


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(names(), 4))
def test_symbols_hold_at_every_place(name: str) -> None:
    graph = compile(name).graph
    for design in of(graph):
        for place, nodes in enumerate(design.nodes):
            given = {symbol: row[place] for symbol, row in design.symbols.items()}
            for first, node in zip(design.nodes[0], nodes, strict=True):
                told = design.captions[first.index]
                if word := design.names.get(first.index):
                    assert design.words[word][place] == phrase(node)
                    continue
                assert node.operation.name == first.operation.name
                assert holds(told, caption(node), given), (design.template, told, caption(node), given)
                for part in OUTSIDE.split(told):
                    if (
                        NUMBER.search(part) and part.startswith("(") and "\u2026" not in part and " or " not in part
                    ):  # what no symbol tells, the table does
                        is_said = part[1:-1] in OUTSIDE.split(caption(node))
                        assert any(one.text == part and (one.said[place] == part[1:-1]) == is_said for one in design.optional)


def test_what_is_checked_can_fail() -> None:
    assert holds("3x3, out/4, (/2)", "3x3, 64, /2", {"out": 256}) and holds("3x3, out/4, (/2)", "3x3, 64", {"out": 256})
    assert not holds("3x3, out/4", "3x3, 65", {"out": 256})
    assert holds("l (heads c) -> heads l c", "l (heads c) -> heads l c", {"heads": 4})
    assert not holds("3x3, out", "3x3, 64, /2", {"out": 64})
    assert holds("h = 16 or 4", "h = 4", {}) and not holds("h = 16 or 4", "h = 8", {})
    assert not holds("3x3, 64, /2", "3x3, 64", {})


def test_the_blocks_of_a_resnet() -> None:
    first, later = of(compile("resnet50").graph)
    assert [first.captions[node.index] for node in first.nodes[0] if node.operation.name == "conv"] == [
        "1x1, out/4",
        "3x3, out/4, (/2)",
        "1x1, out",
        "1x1, out, (/2)",
    ]
    assert first.headings == ("out", "(/2)")
    assert placed(first) == [("layer1.0", (256, "")), ("layer2.0", (512, "/2")), ("layer3.0", (1024, "/2")), ("layer4.0", (2048, "/2"))]
    assert placed(later)[2] == ("layer3.1\u20265", (1024,))


def test_a_number_that_no_parameter_tells_has_a_letter_and_a_column() -> None:
    """A diffusion network attends at 16 places a side, at 4 in its middle, and at 16 again."""
    (attend,) = [inset for inset in of_network("ddpm") if inset.design.template == "attend"]
    assert [told for told in attend.design.captions.values() if "h =" in told] == ["(h w) c -> c h w, h = n"]
    assert "n" in places_of(attend)[0] and {row[places_of(attend)[0].index("n")] for row in places_of(attend)[1:]} == {"16", "4"}


def test_what_holds_at_other_places_for_another_operation_has_a_column_of_its_own() -> None:
    text = """block b(one, two) { conv(8, stride = one) -> conv(8, 1, stride = two) -> conv(8, 5, stride = one) }
network n { input x[8, 16, 16]  b(1, 1) -> b(2, 1) -> b(1, 2) }
"""
    graph = graph_of(text)
    (design,) = designs(graph, [scope for scope in graph.members if scope.kind == "block"])
    assert design.headings == ("3x3 (/2)", "1x1 (/2)")
    assert [values for _, values in placed(design)] == [("", ""), ("/2", ""), ("", "/2")]


def test_places_that_leave_out_others_are_told_one_by_one() -> None:
    """Swin's windows take turns: those that are shifted stand between those that are not."""
    names = [name for design in of(compile("swin_t").graph) for name, _ in placed(design)]
    assert {"features.1.0", "features.1.1", "features.5.{0, 2, 4}", "features.5.{1, 3, 5}"} <= set(names)
    text = """block b(deep) { conv(8, 3) -> relu -> conv(8, 1)  if deep { conv(8, 3) } }
network n { input x[8, 16, 16]  for i in range(12) { "s{i}": b(i % 2 == 1) } }
"""
    graph = graph_of(text)
    found = designs(graph, [scope for scope in graph.members if scope.kind == "block"])
    assert [name for design in found for name, _ in placed(design)] == ["s{0, 2, \u2026, 10}", "s{1, 3, \u2026, 11}"]


def test_items_of_lists_are_symbols() -> None:
    (inception,) = of(compile("googlenet").graph)
    assert list(inception.symbols) == ["c1", "c3[0]", "c3[1]", "c5[0]", "c5[1]", "proj"]
    assert placed(inception)[0] == ("inception3a", (64, 96, 128, 16, 32, 32))


def test_what_a_block_joins_has_the_names_that_it_gives_and_its_places_are_told_in_one_row() -> None:
    text = """block back takes features, seen { add { | skip(seen) -> conv(8) | skip(features) } }
network n {
  input x[8, 16, 16]
  for i in range(3) { stage "stack{i + 1}" { a: conv(8, 3) -> back { | skip(a) | conv(8, 3) } } }
}
"""
    graph = graph_of(text)
    (design,) = designs(graph, [scope for scope in graph.members if scope.kind == "block"])
    assert placed(design) == [("stack1\u2026stack3.back1", ())]
    drawn = draw_text(graph, "svg", Options(insets=True)).data.decode()
    assert ">features<" in drawn and ">seen<" in drawn


def test_the_items_of_a_list_that_comes_in_and_what_others_read_of_a_block_have_names() -> None:
    """As a U-Net's levels keep maps on the way down for the way up."""
    text = """block down(out) { "kept.0": conv(out) -> "kept.1": conv(out) -> relu -> conv(out, stride = 2) }
block up(out) takes x, kept[] { for j in range(2) { concat { | skip | skip(kept[1 - j]) } -> conv(out) } }
network n {
  input image[3, 8, 8]
  d: down(8) -> upsample(2)
  up(8) { | skip | for j in range(2): skip("d.kept.{j}") }
}
"""
    data = draw_text(graph_of(text), "svg", Options(insets=True)).data
    assert data is not None
    ports = {
        group.get("id"): ["".join(words.itertext()).strip() for words in group.iter() if words.tag.endswith("}text")]
        for group in ElementTree.fromstring(data).iter()
        if group.get("class") == "node" and [words for words in group.iter() if words.tag.endswith("}text")]
    }
    named = [words for words in ports.values() if words[0].startswith(("kept", "x"))]
    assert sorted(named) == [["kept.0"], ["kept.1"], ["kept[0]"], ["kept[1]"], ["x"]]


TWO = """block b(mid, out) {{ conv(mid) -> relu -> conv({0}) }}
network n {{
  input x[3, 8, 8]
  b(8, 8) -> b(16, 16) -> conv(3)
}}
"""


@pytest.mark.parametrize("word", ["mid", "out"])
def test_of_two_parameters_that_are_equal_everywhere_the_one_in_the_text_is_named(word: str) -> None:
    graph = graph_of(TWO.format(word))
    (design,) = designs(graph, [scope for scope in graph.members if scope.kind == "block"])
    assert [design.captions[node.index] for node in design.nodes[0]] == ["3x3, mid", "", f"3x3, {word}"]


def test_a_multiple_and_what_comes_in_and_what_follows_from_nothing() -> None:
    text = """block b(width) { conv(4 * width) -> relu -> conv(in.channels) -> relu -> conv(width + 3) }
network n { input x[8, 8, 8]  b(8) -> b(32) }
"""
    graph = graph_of(text)
    (design,) = designs(graph, [scope for scope in graph.members if scope.kind == "block"])
    told = [design.captions[node.index] for node in design.nodes[0] if node.operation.name == "conv"]
    assert told == ["3x3, 4\u00b7width", "3x3, in", "3x3, n"]
    assert design.symbols == {"width": (8, 32), "in": (8, 11), "n": (11, 35)}


def test_a_table_tells_what_the_boxes_of_its_inset_name() -> None:
    """And nothing that is inside a box which is not opened: that block has an inset of its own."""
    found = {inset.letter + inset.design.template: inset for inset in of_network("swin_t")}
    assert "m" in found["alayer"].design.symbols
    assert places_of(found["alayer"])[0] == ("", "n", "in")
    assert places_of(found["awindowed"])[0] == ("", "n", "m")


HOLDS_ITSELF = """
block tree(depth, out) {
  conv(out, 3)
  if depth > 1 { inner: tree(depth - 1, out) } else { conv(out, 1) }
  relu
}
network n { input x[8, 8, 8]  for i in range(2) { "t{i}": tree(4, 8 * i + 8) } }
"""


def test_a_block_that_holds_itself_is_shown_once_with_a_row_for_each_depth() -> None:
    """And once more where it ends."""
    graph = graph_of(HOLDS_ITSELF)
    found, _ = insets(graph, fold(graph))
    assert [(inset.letter, len(inset.design.places)) for inset in found] == [("a", 6), ("b", 2)]
    holding, last = found
    assert holding.design.headings == ("out", "inner")
    assert placed(holding.design, holding.letters) == [
        ("t0", (8, "a")),
        ("t1", (16, "a")),
        ("t0.inner", (8, "a")),
        ("t1.inner", (16, "a")),
        ("t0.inner.inner", (8, "b")),
        ("t1.inner.inner", (16, "b")),
    ]
    assert [name for name, _ in placed(last.design)] == ["t0.inner.inner.inner", "t1.inner.inner.inner"]
    assert [box.scope.path for box in holding.picture.boxes() if box.scope is not None] == [("t0", "inner")]


def test_what_it_holds_is_told_without_the_numbers_of_one_depth() -> None:
    data = draw_text(graph_of(HOLDS_ITSELF.replace("tree(depth - 1, out)", "tree(depth - 1, 2 * out)")), "svg", Options(insets=True)).data
    assert data is not None
    boxes = [group for group in ElementTree.fromstring(data).iter() if (group.get("id") or "").startswith("i0n")]
    rows = [["".join(text.itertext()).strip() for text in box.iter() if text.tag.endswith("}text")] for box in boxes]
    (inner,) = (row for row in rows if any("inner" in text for text in row))
    assert len(inner) > 1 and not any(re.search(r"(?<!\u00d7)\d", text) for text in inner)  # but how many equal steps are in a row


def drawn(inset: Inset) -> object:
    """What a reader sees of an inset but for the numbers of its operations: what every box says it is, and the lines."""
    boxes = inset.picture.boxes()
    place = {box.name: number for number, box in enumerate(boxes)}
    said = [
        (box.scope.template or box.scope.title, inset.letters.get(box.scope, "")) if box.scope is not None else tuple(node.operation.name for node in box.first)
        for box in boxes
    ]  # fmt: skip
    lines = [(place.get(line.tail, line.tail[-1:]), place.get(line.head, line.head[-1:]), line.skip) for line in inset.picture.lines]
    return inset.design.template, said, [box.count for box in boxes], lines


def insets_of(graph: Graph) -> tuple[Inset, ...]:
    return insets(graph, fold(graph))[0]


def assert_all_differ(graph: Graph) -> None:
    found = insets_of(graph)
    seen = [drawn(inset) for inset in found]
    assert not [inset.design.template for number, inset in enumerate(found) if seen[number] in seen[:number]]


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(names(), 2))
def test_no_two_insets_are_one_picture(name: str) -> None:
    assert_all_differ(compile(name).graph)


@pytest.mark.parametrize("name", ["mobilenet_v3_large", "yolov8n"])
def test_insets_that_differ_in_an_activation_or_in_a_block_within_tell_it(name: str) -> None:
    assert_all_differ(compile(name).graph)


def test_blocks_that_differ_in_an_activation_are_one_with_a_column_of_it() -> None:
    """As in table 1 of the paper."""
    _, first, wider, *_ = insets_of(compile("mobilenet_v3_large").graph)
    assert wider.design.headings == ("wide", "out", "act") and not first.design.words
    assert placed(wider.design) == [("features.2", (64, 24, "relu")), ("features.7", (240, 80, "hard_swish"))]


def test_activations_that_no_parameter_is_have_a_symbol_for_each_that_changes_by_itself() -> None:
    graph = graph_of("""block b(kind, last) {
  conv(8)
  if kind == 1 { relu } else { leaky_relu(0.2) }
  conv(8) -> last -> conv(8)
  if kind == 1 { relu } else { leaky_relu(0.2) }
}
network n { input x[3, 8, 8]  b(1, gelu) -> b(2, silu) -> b(2, gelu) }
""")
    (inset,) = insets_of(graph)
    assert inset.design.headings == ("act", "last")
    assert [values for _, values in placed(inset.design)] == [("relu", "gelu"), ("leaky_relu 0.2", "silu"), ("leaky_relu 0.2", "gelu")]
    text = draw_text(graph, "dot", Options(insets=True)).dot
    told = re.sub(r"<[^>]*>", " ", text[text.index("cluster_i0") :])
    assert told.count(" act ") == 3 and told.count(" last ") == 2  # one each is a heading of the table


def said_in(inset: Inset) -> list[str]:
    return [" ".join(node.operation.name for node in box.first) for box in inset.picture.boxes() if box.scope is None]


def test_a_part_without_an_inset_of_its_own_is_open_as_in_the_papers_figure() -> None:
    """ConvNeXt's block and the dense layers of a transformer, with norms and activations."""
    (unit,) = insets_of(compile("convnext_tiny").graph)
    assert said_in(unit) == ["dwconv permute ln", "linear gelu", "linear permute", "layer_scale drop_path", "add"]
    (layer,) = insets_of(compile("vit_b_16").graph)
    assert said_in(layer) == ["ln attention", "add", "ln linear gelu", "linear", "add"]


def test_both_windows_of_a_swin_are_told() -> None:
    plain, shifted = (inset for inset in insets_of(compile("swin_t").graph) if inset.design.template == "windowed")
    assert (plain.letter, shifted.letter) == ("a", "b")
    assert said_in(plain) == ["rearrange attention rearrange"]
    assert said_in(shifted) == ["roll rearrange", "constant", "attention rearrange", "roll"]


def test_a_block_that_is_a_call_of_another_has_no_inset_beside_it() -> None:
    graph = graph_of("""block b(out) { conv(out) -> relu -> conv(out) }
block row(times, out) { repeat times { b(out) }  if times > 1 { maxpool(2) } }
network n { input x[3, 8, 8]  row(1, 8) -> row(2, 8) }
""")
    assert [(inset.design.template, len(inset.picture.boxes())) for inset in insets_of(graph)] == [("b", 2), ("row", 2)]


def test_a_parameter_with_the_word_beside_the_number_is_a_letter() -> None:
    """Not `attention heads` or `dilated dilation`; one that no word about it has is free."""
    layer, windowed = (next(one for one in of(compile("swin_t").graph) if one.template == word) for word in ("layer", "windowed"))
    assert windowed.headings == ("n", "m") and layer.headings[:2] == ("n", "in")  # h is the height in `(h p) (w q) c`
    assert "n heads" in windowed.captions.values()
    graph = graph_of("""block b(dilation, heads) { conv(8, dilation = dilation) -> tokens -> attention(heads) }
network n { input x[8, 8, 8]  b(1, 2) -> rearrange("(h w) c -> c h w", h = 8) -> b(2, 4) -> rearrange("(h w) c -> c h w", h = 8) -> b(4, 8) }
""")
    (design,) = of(graph)
    assert design.symbols == {"d": (1, 2, 4), "h": (2, 4, 8)}
    assert [told for told in design.captions.values() if told] == ["3x3, 8, (dilated d)", "h heads"]


def test_places_with_the_same_values_are_one_row_where_none_of_others_lies_between() -> None:
    graph = graph_of("""block b(out) { conv(out) -> relu -> conv(out) }
network n {
  input x[8, 8, 8]
  for i in range(3) { stage "s{i}" { first: b(8) -> last: b(16) } }
  for i in range(2) { stage "t{i}" { for j in range(4) { stage "u{j}" { b(8 if j == 2 else 32) } } } }
}
""")
    (design,) = of(graph)
    assert placed(design) == [
        ("s0\u2026s2.first", (8,)),
        ("s0\u2026s2.last", (16,)),
        ("t0\u2026t1.u0\u2026u1.b1", (32,)),
        ("t0\u2026t1.u2.b1", (8,)),
        ("t0\u2026t1.u3.b1", (32,)),
    ]


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "densenet121", "yolov8n"])
def test_nothing_in_the_picture_has_the_name_of_something_else(name: str) -> None:
    data = draw_text(compile(name).graph, "svg", Options(insets=True)).data
    assert data is not None
    ids = [element.get("id") for element in ElementTree.fromstring(data).iter() if element.get("id")]
    assert len(ids) == len(set(ids)) and "i0places" in ids


def test_the_picture_beside_insets_holds_the_same_boxes() -> None:
    graph = compile("resnext50").graph
    plain, beside = (draw_text(graph, "dot", options).dot for options in (Options(), Options(insets=True)))
    boxes = re.findall(r"^\t*(n\d+) \[label", plain, re.MULTILINE)
    assert boxes and sorted(re.findall(r"^\t*m(n\d+)\t\[URL", beside, re.MULTILINE)) == sorted(boxes)
    assert draw_text(graph, "dot", Options(insets=True)).dot == beside


def test_the_most_and_how_many_are_left_out() -> None:
    graph = compile("pnasnet5large").graph
    found, left_out = insets(graph, fold(graph))
    assert len(found) == MOST_INSETS and left_out > 1
    assert f"{left_out} more blocks have no inset" in draw_text(graph, "dot", Options(insets=True)).dot


@pytest.mark.parametrize(("direction", "is_level"), [(None, True), ("TB", False)])
def test_a_u_stays_a_u_beside_its_insets(direction: str | None, is_level: bool) -> None:
    """The way up stands at the height of what it takes back; a direction that is asked for is kept."""
    graph = compile("unet").graph
    picture = fold(graph)
    made = sheet(graph, picture, replace(PLAIN, direction=direction), insets_of(graph))
    assert isinstance(made, Sheet)
    places = made.geometries[0].places
    pairs = [(places[f"m{tail}"].y, places[f"m{head}"].y) for tail, head in arms(picture).level]
    assert len(pairs) == 4 and all((abs(tail - head) < 5) == is_level for tail, head in pairs)  # a concat is lower than a box


def test_a_block_of_equal_steps_has_an_inset() -> None:
    """Its box in the column tells no norm and no activation."""
    graph = graph_of("""block double(out) { repeat 2 { conv(out) -> bn -> relu } }
network n { input x[3, 8, 8]  double(8) -> maxpool(2) -> double(16) }
""")
    (inset,) = insets_of(graph)
    assert said_in(inset) == ["conv bn relu"] and [box.count for box in inset.picture.boxes()] == [2]


@pytest.mark.parametrize("form", ["html", "drawio"])
def test_a_format_that_has_no_insets_says_so(form: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(group, ["draw", "resnet18", "--insets", "-o", str(tmp_path / f"net.{form}")])
    assert result.exit_code == 2
    assert f"`.{form}` has no insets" in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_picture_that_fits_a_page_with_its_insets_has_them_unless_it_is_told_not_to(tmp_path: Path) -> None:
    """A larger one has none, and no picture that asks for something of its own."""

    def has_insets(*words: str) -> bool:
        file = tmp_path / "net.svg"
        assert CliRunner().invoke(group, ["draw", *words, "-o", str(file)]).exit_code == 0
        return "places" in file.read_text(encoding="utf-8")

    assert has_insets("resnet18") and not has_insets("resnet18", "--no-insets")
    assert not has_insets("googlenet_torchvision") and has_insets("googlenet_torchvision", "--insets")
    assert not has_insets("resnet18", "--level", "stage") and not has_insets("resnet18", "--width", "2in") and not has_insets("unet")


def test_a_figure_in_tikz_has_its_insets_as_scopes() -> None:
    data = draw_text(compile("resnet50").graph, "tex", Options(insets=True)).data
    assert data is not None
    text = data.decode()
    assert text.count(r"\begin{scope}") == text.count(r"\end{scope}") == 3 and text.isascii()
    assert r"layer1.1\dots{}2 & 256 \\ layer2.1" in text and "1x1, out/4" in text


def test_a_network_without_blocks_says_that_there_is_nothing_to_show(tmp_path: Path) -> None:
    result = CliRunner().invoke(group, ["draw", "alexnet", "--insets", "-o", str(tmp_path / "net.svg")])
    assert result.exit_code == 0
    assert "W552" in result.stderr and "no block is folded" in result.stderr


def test_the_picture_of_the_page_is_what_archc_draws() -> None:
    """Where it is not: `make gallery`."""
    docs = Path(__file__).parents[2] / "docs"
    for name, picture in beside().items():
        assert (docs / name).read_bytes() == picture
        assert f"({name})" in (docs / "diagrams.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("more", [[], ["--insets"], ["--level", "op"]])
def test_another_process_writes_the_same_bytes(more: list[str]) -> None:
    """Sets of texts have another order in each."""

    def written(seed: str) -> bytes:
        words = [sys.executable, "-m", "archc", "draw", "resnet18", "--format", "dot", "-o", "-", *more]
        return subprocess.run(words, capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout

    assert written("1") == written("2") != b""


def test_wide_insets_stand_beneath_each_other_where_a_page_then_holds_them_larger() -> None:
    column, wide, narrow = (300.0, 900.0), (1200.0, 300.0), (200.0, 290.0)
    corners, (across, down) = packed((column, *[wide] * 6))
    assert across < 2 * 1300 and down > 1800 and len({x for x, _ in corners}) == 2
    corners, size = packed((column, *[narrow] * 6))
    assert size[1] == 900.0 and len({x for x, _ in corners}) == 3


def test_a_place_without_a_name_of_its_own_is_told_by_what_it_holds() -> None:
    blocks = "block one(w) { conv(w, 3) -> relu -> conv(w, 3) }\nblock row(w) flat { one(w)\n one(w) }\n"
    found = insets_of(graph_of(f"{blocks}network n {{ input x[3, 8, 8]\n stage features indexed {{ row(8)\n row(16) }} }}"))
    assert ["features.0\u20261", "features.2\u20263"] in [[row[0] for row in places_of(inset)[1:]] for inset in found]
