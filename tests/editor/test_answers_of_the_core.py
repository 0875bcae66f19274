"""The core: what is wrong, shapes, values, costs and places of a text while it is written."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from archc.compiler.driver import check_all
from archc.editor.describe import hover, totals
from archc.editor.hints import hints
from archc.editor.meaning import definition, references
from archc.editor.outline import folds, links, outline, selections
from archc.editor.service import MOST_ANSWERS, Service
from archc.editor.tokens import coloured
from archc.reporting.terminal import to_data
from tests.sample import sample

from .texts import BROKEN, GOOD, HALF, place, service

ARCHITECTURES = Path(__file__).parents[2] / "architectures"


def told(folder: Path, text: str, words: str, within: int = 1) -> str:
    made, path = service(folder, text)
    found = hover(made, path, place(text, words, within))
    return found.text if found is not None else ""


@pytest.mark.parametrize("text", [GOOD, BROKEN, HALF, "", "network", "}", "block a { skip }"])
def test_what_is_wrong_is_what_check_says_of_the_saved_file(tmp_path: Path, text: str) -> None:
    made, path = service(tmp_path, text)
    Path(path).write_text(text, encoding="utf-8")
    saved = [row for checked in check_all(path) for row in checked.diagnostics]
    assert to_data(made.diagnostics(path))["diagnostics"] == sorted(
        to_data(saved)["diagnostics"], key=lambda row: (row["line"], row["column"])
    )  # type: ignore[call-overload, index]


def test_fixes_that_go_together_are_made_together(tmp_path: Path) -> None:
    made, path = service(tmp_path, "network n {\n  input x[3, 8, 8]\n  cnov(8) -> rleu\n}\n")
    fixed = made.answer(path).fixed
    assert fixed is not None and "conv(8) -> relu" in fixed


def test_an_import_is_read_from_the_editor_before_the_disk(tmp_path: Path) -> None:
    (tmp_path / "parts.arch").write_text("block old { relu }\n", encoding="utf-8")
    made, path = service(tmp_path, "from parts import new\nnetwork n {\n  input x[3, 8, 8]\n  new\n}\n", "n.arch")
    assert [row.code for row in made.diagnostics(path)] == ["E215"]
    made.open(str(tmp_path / "parts.arch"), "block new { relu }\n")
    assert made.diagnostics(path) == ()
    made.close(str(tmp_path / "parts.arch"))
    assert [row.code for row in made.diagnostics(path)] == ["E215"]


def test_a_file_that_changes_on_the_disk_changes_the_answer(tmp_path: Path) -> None:
    made, path = service(tmp_path, "from parts import new\nnetwork n {\n  input x[3, 8, 8]\n  new\n}\n", "n.arch")
    assert [row.code for row in made.diagnostics(path)] == ["E213"]
    (tmp_path / "parts.arch").write_text("block new { relu }\n", encoding="utf-8")
    assert made.diagnostics(path) == ()


def test_what_is_kept_does_not_grow_with_edits_and_files(tmp_path: Path) -> None:
    made = Service()
    for number in range(MOST_ANSWERS + 2):
        path = str(tmp_path / f"f{number}.arch")
        for edit in range(2):
            made.open(path, GOOD.replace("conv(64)", f"conv({64 + 4 * edit})"))
            assert made.answer(path).network is not None and made.index(path) is not None
        made.close(path)
    assert made.opened == () and len(made._answers) <= MOST_ANSWERS and len(made._good) <= MOST_ANSWERS


# --------------------------------------------------------------------------------------------------- hover


def test_an_operation_tells_its_manual_and_the_step_its_shapes_and_costs(tmp_path: Path) -> None:
    text = told(tmp_path, GOOD, "conv(64)")
    assert "`kernel = 3`" in text and "`[3, 32, 32] → [64, 32, 32]`" in text
    assert "1,792 parameters, 1,769,472 MACs in `small`; sees 3×3" in text


def test_a_name_tells_its_values_and_where_they_come_from(tmp_path: Path) -> None:
    assert "`width` is **16**, **32**; from line 8" in told(tmp_path, GOOD, "width, 1")
    assert "`depth` is **3**; from line 4" in told(tmp_path, GOOD, "depth as")
    assert "`classes` is **10**" in told(tmp_path, GOOD, "linear(classes", 8)


def test_a_parameter_that_has_no_value_is_not_told_as_the_word_of_its_name(tmp_path: Path) -> None:
    """`width` is an axis elsewhere. Nothing calls the block."""
    text = "let depth = 3\nblock b(width = 8) {\n  repeat depth { conv(width * 2) }\n}\nnetwork n {\n  input x[3, 8, 8]\n  relu\n}\n"
    made, path = service(tmp_path, text)
    told = hover(made, path, place(text, "width * 2"))
    assert told is not None and told.text == "`width`, a parameter of `b`; if nothing is said `8`"
    known = hover(made, path, place(text, "depth {"))
    assert known is not None and "**3**" in known.text


def test_an_expression_tells_its_value(tmp_path: Path) -> None:
    assert told(tmp_path, GOOD, "out / 4", 4).startswith("`out / 4` is **16**, **32**")
    assert told(tmp_path, GOOD, "in.channels", 4).startswith("`in.channels` is **64**")


def test_a_block_tells_what_is_written_over_it_in_another_file_too(tmp_path: Path) -> None:
    assert "A cell of two ways." in told(tmp_path, GOOD, "cell(64)")
    assert "Two 3x3 convolutions" in told(tmp_path, GOOD, "basic(128)")


def test_an_argument_and_a_word_tell_their_page(tmp_path: Path) -> None:
    assert "`stride` of `conv`: the step from window to window" in told(tmp_path, GOOD, "stride = stride")
    assert "A part of the figure with a name" in told(tmp_path, GOOD, "stage body")
    assert told(tmp_path, GOOD, "Kommentar") == ""


def test_shapes_are_told_before_and_behind_a_mistake(tmp_path: Path) -> None:
    assert "[3, 32, 32] → [64, 32, 32]" in told(tmp_path, BROKEN, "conv(64)")
    assert "A cell of two ways." in told(tmp_path, HALF, "cell(64)")


# --------------------------------------------------------------------------------------------------- hints


def test_shapes_stand_at_the_ends_of_lines_and_paths(tmp_path: Path) -> None:
    made, path = service(tmp_path, GOOD)
    index = made.index(path)
    assert index is not None
    found = {GOOD[: row.offset].rsplit("\n", 1)[-1].strip(): row.text for row in hints(made.answer(path), index)}
    assert found["stem: conv(64)"] == "[64, 32, 32]"
    assert found["cell(128, stride = 2)"] == "[128, 16, 16]"
    assert found["| if stride == 1 and in.channels == out: skip"] == "[64, 32, 32]"
    assert found["global_avgpool -> flatten -> fc: linear(classes)"] == "[10]"
    assert hints(made.answer(path), index, "off") == ()
    fewer = {GOOD[: row.offset].rsplit("\n", 1)[-1].strip() for row in hints(made.answer(path), index, "changes")}
    assert "stem: conv(64)" in fewer and "basic(128)" not in fewer


def test_hints_are_about_the_network_that_was_chosen(tmp_path: Path) -> None:
    text = "block b { conv(8) }\nnetwork one {\n  input x[3, 8, 8]\n  b\n}\nnetwork two {\n  input x[3, 16, 16]\n  b\n}\n"
    made, path = service(tmp_path, text, "n.arch")
    index = made.index(path)
    assert index is not None
    assert hints(made.answer(path), index)[0].text == "[8, 8, 8]"
    made.chosen[path] = "two"
    assert hints(made.answer(path), index)[0].text == "[8, 16, 16]"
    assert totals(made.answer(path), "two") == "224 parameters · 55,296 MACs"


# --------------------------------------------------------------------------------------------------- places


def where(folder: Path, text: str, words: str, within: int = 1) -> str:
    """The text at the definition, and the file that it is in."""
    made, path = service(folder, text)
    index = made.index(path)
    use = index.at(place(text, words, within)) if index is not None else None
    found = definition(made, path, use.symbol) if use is not None else None
    return f"{Path(found.path).name}:{found.span.line} {found.span.text}" if found is not None else "nowhere"


@pytest.mark.parametrize(
    ("words", "within", "there"),
    [
        ("cell(64)", 1, "small.arch:7 cell"),
        ("width, 1", 1, "small.arch:8 width"),
        ("stride)", 1, "small.arch:7 stride"),
        ("stride = 2)", 1, "small.arch:7 stride"),
        ("depth as", 1, "small.arch:4 depth"),
        ("basic(128)", 1, "resnet.arch:"),
        ("resnet import", 1, "resnet.arch:1"),
        ("conv(64)", 1, "nowhere"),
    ],
)
def test_a_name_leads_to_its_definition(tmp_path: Path, words: str, within: int, there: str) -> None:
    assert where(tmp_path, GOOD, words, within).startswith(there)


def test_labels_lead_to_their_step_also_inside_a_block_that_is_called(tmp_path: Path) -> None:
    text = "block b { inner: relu -> relu }\nnetwork n {\n  input x[3, 8, 8]\n  a: b\n  s: { t: relu }\n  add { | skip(a.inner) | skip(s.t) | skip(x) }\n}\n"
    assert where(tmp_path, text, "a.inner", 0) == "small.arch:4 a"
    assert where(tmp_path, text, "a.inner", 3) == "small.arch:1 inner"
    assert where(tmp_path, text, "s.t", 2) == "small.arch:5 t"
    assert where(tmp_path, text, "skip(x", 5) == "small.arch:3 x"


@pytest.mark.parametrize("file", sample(sorted(ARCHITECTURES.glob("*.arch")), 2))
def test_every_name_of_a_shipped_file_means_something(file: Path) -> None:
    index = Service().index(str(file))
    assert index is not None
    assert [use.span.text for use in index.uses if use.symbol.kind == "unknown"] == []


def test_labels_that_are_worked_out_are_found_by_their_pattern(tmp_path: Path) -> None:
    text = (
        'block b {\n  for i in [1, 2] { "p{i}": relu }\n}\n'
        'network n {\n  input x[3, 8, 8]\n  a: b\n  "c.{3}": relu\n  add { | skip(a.p2) | skip(c[0]) }\n}\n'
    )
    assert where(tmp_path, text, "a.p2", 3) == 'small.arch:2 "p{i}"'
    assert where(tmp_path, text, "skip(c[0]", 5) == 'small.arch:7 "c.{3}"'


def test_all_uses_are_found_in_all_files(tmp_path: Path) -> None:
    (tmp_path / "other.arch").write_text(
        "import small\nnetwork o {\n  input x[3, 8, 8]\n  small.cell(64, stride = 2)\n}\n", encoding="utf-8"
    )
    made, path = service(tmp_path, GOOD)
    index = made.index(path)
    assert index is not None
    for words, lines in (("cell(64)", [4, 7, 20, 21]), ("stride = 1", [4, 7, 10, 11, 12, 12, 21])):
        use = index.at(place(GOOD, words, 1))
        assert use is not None
        found = sorted(row.span.line for _, row in references(made, path, use.symbol))
        assert found == lines


def test_several_results_and_operations_of_ones_own_have_names_and_shapes(tmp_path: Path) -> None:
    text = (
        'operation half(n = 2) from "m.py:Half" {\n  shape [in.channels / n, in.height]\n}\n'
        "block ends(w) gives low, high {\n  low: conv(w)\n  high: conv(w)\n}\n"
        "network n {\n  input x[8, 16, 16]\n  split(2) as a, b\n  concat\n  e: ends(4)\n  concat\n  add { | skip(a) | skip(b) | skip(e.low) }\n}\n"
    )
    assert "`[8, 16, 16] → [4, 16, 16], [4, 16, 16]`" in told(tmp_path, text, "split(2)")
    assert where(tmp_path, text, "skip(b)", 5) == "small.arch:10 b"
    assert where(tmp_path, text, "e.low", 3) == "small.arch:5 low"
    assert where(tmp_path, text, "gives low", 7) == "small.arch:5 low"
    assert where(tmp_path, text, "/ n", 2) == "small.arch:1 n"


# ------------------------------------------------------------------------------------------------- outlines


def test_the_outline_has_blocks_networks_stages_and_labels(tmp_path: Path) -> None:
    made, path = service(tmp_path, GOOD)
    index = made.index(path)
    assert index is not None
    rows = [(part.name, part.kind, [inner.name for inner in part.parts]) for part in outline(index)]
    assert rows == [("depth", "let", []), ("cell", "block", []), ("small", "network", ["image", "stem", "body", "fc"])]
    assert (9, 12, "") in [(row.first, row.last, row.kind) for row in folds(index)]
    assert [Path(home).name for _, home in links(made, path, index)] == ["resnet.arch"]
    sizes = [len(span.text) for span in selections(index, place(GOOD, "width, 1", 1))]
    assert sizes == sorted(sizes) and sizes[0] == len("width") and sizes[-1] == len(GOOD)


@pytest.mark.parametrize("text", [GOOD, BROKEN, HALF])
def test_colours_cover_words_once_and_in_order(tmp_path: Path, text: str) -> None:
    made, path = service(tmp_path, text)
    index = made.index(path)
    assert index is not None
    rows = coloured(index)
    assert all(one.end <= two.start for one, two in pairwise(rows))
    assert {(text[row.start : row.end], row.kind) for row in rows} >= {
        ("network", "keyword"), ("cell", "class"), ("conv", "function"), ("width", "variable"), ("stride", "parameter"), ("stem", "property"),
        ("64", "number"), ("# ein Kommentar mit Umlauten: äöü 😀", "comment"),
    }  # fmt: skip


def test_the_names_of_thousands_of_labels_are_found_without_looking_through_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each use of a name looked through all labels, and a text of two thousand steps took minutes."""
    from archc.editor import symbols

    tried = 0

    class Counted(symbols.Labels):
        def meant(self, word: str) -> symbols.Symbol | None:
            nonlocal tried
            tried += 1 if word in self else len(self._patterns)
            return super().meant(word)

    monkeypatch.setattr(symbols, "Labels", Counted)
    monkeypatch.setattr("archc.editor.index.Labels", Counted)
    steps = "".join(f"  s{number}: conv(16) -> relu\n" for number in range(2000))
    text = f'network n {{\n  input x[3, 8, 8]\n{steps}  "p{{1 + 1}}": relu\n  skip(s1999) -> skip(p2)\n}}\n'
    core = Service()
    core.open("/long.arch", text)
    index = core.index("/long.arch")
    assert index is not None
    assert tried < 20_000
    for word in ("s1999)", "p2)"):
        use = index.at(text.index(word))
        assert use is not None and use.symbol.kind == "label" and use.symbol.span is not None and use.symbol.span.start < use.span.start


def test_what_a_compile_asks_again_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file's imports the text, of a network's repeated steps the shapes: an edit leaves both as they were."""
    from archc.compiler.ops.convolution import Conv
    from archc.dsl.parser import parse

    parsed: list[str] = []
    shaped: list[object] = []
    monkeypatch.setattr(parse, "read_tokens", lambda source, read=parse.read_tokens: parsed.append(source.name) or read(source))
    output = Conv.output
    monkeypatch.setattr(Conv, "output", lambda self, inputs: shaped.append((self, inputs)) or output(self, inputs))
    core = Service()
    for number in range(3):
        core.open("/mine.arch", GOOD.replace("conv(64)", "conv(64) -> conv(64) -> conv(64) -> conv(64)") + f"\n# {number}")
        assert core.diagnostics("/mine.arch") == ()
        core.index("/mine.arch")
    assert parsed.count("/mine.arch") == 3
    assert parsed.count("archc/architectures/resnet.arch") <= 1
    shaped.clear()
    core.open("/mine.arch", "network n {\n  input x[8, 8, 8]\n  repeat 50 { conv(8) }\n}\n")
    assert core.diagnostics("/mine.arch") == ()
    assert len(set(shaped)) <= 3 and len(shaped) < 10


def test_a_trace_does_not_lead_back_to_itself() -> None:
    """It led to the builder, which held it, so that nothing of an answer went before the next look for garbage."""
    core = Service()
    core.open("/small.arch", "network n {\n  input x[3, 8, 8]\n  conv(8)\n}\n")
    trace = core.answer("/small.arch").trace
    assert trace is not None
    holders = [getattr(reader, "shape_of", None) for rows in trace.readers.values() for reader in rows]
    assert holders and all(holder.__self__.build.trace is None for holder in holders if holder is not None)
