"""What may be written at the cursor, and what rewrites the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc.dsl.format.printer import format_source
from archc.editor.changes import Refused, layout, rename
from archc.editor.describe import hover
from archc.editor.offers import offers, signature_help

from .texts import GOOD, cursor, place, service


def words(folder: Path, text: str) -> list[str]:
    made, path = service(folder, GOOD)
    made.answer(path)  # the text was good before
    made.open(path, text.replace("|@|", ""))
    return [row.word for row in offers(made, path, cursor(text))[0]]


CASES = {
    "a step has operations, blocks, imported blocks, and words": ("stem: conv(64)", "stem: conv(64) -> |@|", {"conv", "cell", "basic", "skip", "stage", "add"}, {"channels", "in"}),
    "a step that is begun": ("stem: conv(64)", "stem: co|@|", {"conv", "concat"}, set()),
    "an argument has parameters and values": ("stem: conv(64)", "stem: conv(|@|", {"channels", "kernel", "classes", "depth", "in", "divisible"}, {"stage"}),
    "a parameter that is given is not offered again": ("stem: conv(64)", "stem: conv(64, stride = 2, |@|)", {"kernel"}, {"stride"}),
    "a padding has its words first": ("stem: conv(64)", "stem: conv(64, pad = |@|)", {"half", "same"}, {"kernel"}),
    "a word has its own": ("stem: conv(64)", "stem: conv(64, pad_mode = |@|)", {'"reflect"'}, set()),
    "a block's parameters": ("cell(128, stride = 2)", "cell(128, |@|)", {"out", "stride"}, {"kernel"}),
    "the shape at hand has axes": ("in.channels ==", "in.|@| ==", {"channels", "height", "features"}, {"conv"}),
    "skip takes labels": ("  basic(128)", "  add { | skip | skip(|@|) }", {"stem", "body", "image"}, {"conv", "cell"}),
    "an import has files": ("from resnet import basic", "from |@|", {"resnet", "vgg"}, {"conv"}),
    "an import has names": ("from resnet import basic", "from resnet import |@|", {"basic", "bottleneck"}, {"conv"}),
    "a value has what is in reach": ("out / 4", "out / |@|", {"out", "stride", "depth"}, {"stage", "classes"}),
    "a comment has nothing": ("# ein", "# ein |@|", set(), {"conv"}),
    "the file has items": ("## A cell", "|@|\n## A cell", {"network", "block", "import"}, {"conv"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_offered(tmp_path: Path, case: str) -> None:
    before, after, there, absent = CASES[case]
    assert before in GOOD
    found = words(tmp_path, GOOD.replace(before, after, 1))
    assert there <= set(found) and not absent & set(found)


def test_every_place_of_every_prefix_of_a_text_has_an_answer(tmp_path: Path) -> None:
    """Nothing that is half written makes a question fail."""
    made, path = service(tmp_path, GOOD)
    made.answer(path)
    for end in range(0, len(GOOD), 23):
        made.open(path, GOOD[:end])
        rows, start = offers(made, path, end)
        assert start <= end and len({row.word for row in rows}) <= len(rows)
        signature_help(made, path, end)
        hover(made, path, end + 9)


def test_a_call_tells_its_parameters_and_which_one_is_next(tmp_path: Path) -> None:
    for before, after, active in (
        ("stem: conv(64)", "stem: conv(64, |@|", 1),
        ("stem: conv(64)", "stem: conv(64, stride = |@|)", 2),
        ("cell(128, stride = 2)", "cell(|@|128)", 0),
        ("out / 4", "divisible(out, |@|", 1),
    ):
        text = GOOD.replace(before, after, 1)
        made, path = service(tmp_path, text)
        found = signature_help(made, path, cursor(text))
        assert found is not None and found.active == active and found.parameters[active][0] in found.text


# ----------------------------------------------------------------------------------------------- changes


def renamed(folder: Path, text: str, words: str, name: str) -> dict[str, str] | str:
    made, path = service(folder, text)
    found = rename(made, path, place(text, words, 1), name)
    if isinstance(found, Refused):
        return found.why
    texts = {}
    for file, edits in found.items():
        after = edits[0].span.source.text
        for edit in reversed(edits):
            after = after[: edit.span.start] + edit.text + after[edit.span.end :]
        texts[Path(file).name] = after
    return texts


def test_a_name_is_written_anew_in_every_file(tmp_path: Path) -> None:
    other = "from small import cell\nnetwork o {\n  input x[3, 8, 8]\n  conv(64) -> cell(64)\n}\n"
    (tmp_path / "other.arch").write_text(other, encoding="utf-8")
    found = renamed(tmp_path, GOOD, "cell(64)", "unit")
    assert found == {"small.arch": GOOD.replace("cell(", "unit("), "other.arch": other.replace("cell", "unit")}


def test_parameters_lets_and_labels_are_written_anew(tmp_path: Path) -> None:
    assert renamed(tmp_path, GOOD, "width, 1", "w") == {"small.arch": GOOD.replace("width", "w")}
    assert renamed(tmp_path, GOOD, "body {", "trunk") == {"small.arch": GOOD.replace("body", "trunk")}
    found = renamed(tmp_path, GOOD, "stride = 1)", "step")
    assert isinstance(found, dict) and "conv(out, 3, stride = step)" in found["small.arch"] and "cell(128, step = 2)" in found["small.arch"]


@pytest.mark.parametrize(
    ("words", "name", "why"),
    [
        ("cell(64)", "conv", "is an operation"),
        ("cell(64)", "2x", "is no name"),
        ("cell(64)", "small", "is defined twice"),
        ("conv(64)", "kernel", "defined in no file of yours"),
        ("let width", "w", "here is no name"),
        ("width, 1", "out", "out"),
    ],
)
def test_a_name_that_would_break_the_text_is_refused(tmp_path: Path, words: str, name: str, why: str) -> None:
    found = renamed(tmp_path, GOOD, words, name)
    assert isinstance(found, str) and why in found


def test_a_parameter_that_calls_by_value_give_is_not_written_anew_in_part(tmp_path: Path) -> None:
    """`unit(…)` gives `stride` to whatever block it is: no place tells that this is the parameter of `a`."""
    text = "block a(out, stride = 1) { conv(out, stride = stride) }\nnetwork n(unit = a) {\n  input x[3, 8, 8]\n  unit(8, stride = 2)\n}\n"
    found = renamed(tmp_path, text, "stride = 1", "step")
    assert isinstance(found, str) and "no parameter `stride`" in found


def test_the_edits_of_the_layout_make_the_one_layout(tmp_path: Path) -> None:
    text = GOOD.replace("  stem: conv(64)", "      stem:   conv( 64 )").replace("  let width = out / 4", "  let width=out/4") + "\n\n"
    made, path = service(tmp_path, text)
    source = made.source(path)
    assert source is not None
    after = text
    for edit in reversed(layout(source)):
        after = after[: edit.span.start] + edit.text + after[edit.span.end :]
    assert after == format_source(source) != text
    line = text[: text.index("stem:")].count("\n") + 1
    assert [edit.text for edit in layout(source, line, line)] == ["  stem: conv(64)\n"]
