"""How diagnostics look. Each case is a text whose marks stand between `⟦` and `⟧`; the expected page is in a file beside.

`ARCHC_UPDATE=1 pytest tests/dsl/render` writes the pages anew: read each before it is committed.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from archc.base.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from archc.base.source import Source, Span
from archc.reporting.columns import visible
from archc.reporting.error import ArchError
from archc.reporting.terminal import counted, to_data, to_json, to_short, to_text

HERE = Path(__file__).parent


def marked(text: str, name: str = "nets/my.arch") -> tuple[Source, list[Span]]:
    """The text without its marks, and the spans that they enclose, in order of their beginning."""
    opened: list[int] = []
    found: list[tuple[int, int]] = []
    clean = ""
    for piece in re.split("([⟦⟧])", text):
        if piece == "⟦":
            opened.append(len(clean))
        elif piece == "⟧":
            found.append((opened.pop(), len(clean)))
        else:
            clean += piece
    source = Source.of(name, clean)
    return source, [source.span(start, end) for start, end in sorted(found)]


def error(
    message: str, *labels: tuple[Span, str], notes: tuple[str, ...] = (), where: tuple[str, ...] = (), help: str | None = None
) -> Diagnostic:
    first, *others = [Label(span, text) for span, text in labels]
    return Diagnostic("E301", message, first, tuple(others), notes, help, where=where)


def clash() -> Diagnostic:
    text = "\n" * 13 + ("  ⟦add⟧ {\n    | conv(width, 1) -> bn -> relu -> ⟦conv(out, 3, stride = 2)⟧ -> bn\n    | ⟦skip⟧\n  } -> relu\n")
    _, (add, convolution, skip) = marked(text)
    return error(
        "the paths of `add` end in different shapes",
        (add, "needs equal shapes"),
        (convolution, "ends in [256, 28, 28] (stride 2)"),
        (skip, "ends in [64, 56, 56]"),
        where=("my > layer2 > 0 (bottleneck, called at nets/my.arch:31:7 with out = 256, stride = 2)",),
        help="project the skip to the same shape: `| conv(256, 1, stride = 2) -> bn`",
    )


def several_in_one_line() -> Diagnostic:
    _, (add, one, two) = marked("network n {\n  input x[3, 8, 8]\n  ⟦add⟧ { | ⟦conv(8)⟧ | ⟦skip⟧ }\n}\n")
    return error("the paths differ", (add, "needs equal shapes"), (one, "ends in [8, 8, 8]"), (two, "ends in [3, 8, 8]"))


def overlapping() -> Diagnostic:
    _, (whole, part) = marked("network n {\n  ⟦conv(⟦64 / 3⟧, 3)⟧\n}\n")
    return error("64 / 3 leaves a remainder", (part, "leaves 1"), (whole, "in this step"))


def distant_lines() -> Diagnostic:
    text = "⟦network n⟧ {\n" + "".join(f"  conv({number})\n" for number in range(1, 120)) + "  ⟦cnv⟧(8)\n  relu\n  ⟦cnv⟧(8)\n}\n"
    _, (head, first, second) = marked(text)
    return error("unknown step `cnv`", (first, "no such step"), (second, "and here"), (head, "in this network"))


def two_files() -> Diagnostic:
    _, (call,) = marked("from units import narrow\n\nnetwork n {\n  input x[3, 8, 8]\n  ⟦narrow(7)⟧\n}\n", "n.arch")
    _, (condition,) = marked("\n" * 98 + "block narrow(out) {\n  require ⟦out % 8 == 0⟧\n}\n", "units.arch")
    return error("a `require` does not hold", (condition, "does not hold"), (call, "called here"), help="call it with 8")


def tabs() -> Diagnostic:
    _, (wrong,) = marked("network n {\n\tinput x[3, 8, 8]\n\tconv(8,\t⟦kernle⟧ = 3)\n}\n")
    return error("`conv` has no parameter `kernle`", (wrong, "not a parameter"), help="did you mean `kernel`?")


def wide_characters() -> Diagnostic:
    _, (wrong,) = marked("network n {\n  残差ブロック: conv(８) -> ⟦cafe\u0301⟧ # 注\n}\n")
    return error("unknown step `cafe\u0301`", (wrong, "没有"))


def control_characters() -> Diagnostic:
    _, (wrong,) = marked("network n {\n  \x1b[31mconv\u202e(8)\x00 ⟦\x07⟧\u00a0x\n}\n", "odd\x1b[2Jname.arch")
    return error("`\x1b[31m` is no character of the language", (wrong, "a bell\nrings"), notes=("shown as \x7f",))


def long_line() -> Diagnostic:
    steps = " -> ".join(f"conv({number}, 3)" for number in range(60))
    _, (first, last) = marked(f"network n {{\n  ⟦conv(8)⟧ -> {steps} -> ⟦cnv(9)⟧ -> {steps}\n}}\n")
    return error("unknown step `cnv`", (last, "no such step"), (first, "the chain begins here"))


def several_lines() -> Diagnostic:
    _, (block,) = marked("network n {\n  ⟦add {\n    | conv(8)\n    | skip\n  }⟧ -> relu\n}\n")
    return error("a merge that fails", (block, "this merge"))


def end_of_file() -> Diagnostic:
    source, _ = marked("network n {\n  conv(8)\n")
    end = len(source.text)
    return error("the body of `n` is not closed", (source.span(end, end), "expected `}`"), (source.span(0, 11), "opened here"))


def no_text() -> Diagnostic:
    source = Source("nets/absent.arch", "")
    return error("there is no file `nets/absent.arch`", (source.span(0, 0), ""), help="did you mean `nets/present.arch`?\nor another\nfile")


def bare() -> Diagnostic:
    _, (step,) = marked("network n {\n  ⟦relu⟧ -> relu\n}\n")
    return Diagnostic("W504", "this step changes nothing", Label(step), fix=Fix("remove it", (Edit(step, ""),)), severity=Severity.WARNING)


CASES = (
    clash, several_in_one_line, overlapping, distant_lines, two_files, tabs, wide_characters, control_characters, long_line,
    several_lines, end_of_file, no_text, bare,
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_page(case) -> None:  # type: ignore[no-untyped-def]
    text = to_text([case()])
    expected = HERE / f"{case.__name__}.txt"
    if os.environ.get("ARCHC_UPDATE"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


def test_every_page_has_a_case() -> None:
    assert sorted(path.stem for path in HERE.glob("*.txt")) == sorted(case.__name__ for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_color_changes_no_character(case) -> None:  # type: ignore[no-untyped-def]
    plain, colored = to_text([case()]), to_text([case()], color=True)
    assert "\x1b[" in colored
    bare = re.sub(r"\x1b\[[0-9;]*m", "", colored)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


def test_a_page_as_wide_as_it_is_told() -> None:
    source_lines = [line for line in to_text([long_line()], width=80).splitlines() if re.match(r" *\d+ \|", line)]
    assert len(source_lines) == 2
    assert all(len(line) <= 80 for line in source_lines)


def test_a_blank_line_between_two() -> None:
    one = to_text([tabs()])
    assert to_text([tabs(), tabs()]) == f"{one}\n{one}"
    assert to_text([]) == ""


def test_short() -> None:
    assert to_short([tabs(), bare()]) == (
        "nets/my.arch:3:10: error[E301]: `conv` has no parameter `kernle`\nnets/my.arch:2:3: warning[W504]: this step changes nothing\n"
    )


def test_json_is_the_contract() -> None:
    document = json.loads(to_json([clash(), bare()]))
    assert document["version"] == 1
    first, second = document["diagnostics"]
    assert set(first) == {
        "code", "severity", "message", "file", "line", "column", "end_line", "end_column", "labels", "notes", "help", "fix",
    }  # fmt: skip
    assert (first["code"], first["severity"], first["file"]) == ("E301", "error", "nets/my.arch")
    assert (first["line"], first["column"], first["end_line"], first["end_column"]) == (14, 3, 14, 6)
    assert [label["message"] for label in first["labels"]] == [
        "needs equal shapes", "ends in [256, 28, 28] (stride 2)", "ends in [64, 56, 56]",
    ]  # fmt: skip
    assert all(set(label) == {"message", "file", "line", "column", "end_line", "end_column"} for label in first["labels"])
    assert first["fix"] is None
    assert second["severity"] == "warning"
    assert second["help"] is None
    assert second["fix"]["edits"] == [{"file": "nets/my.arch", "line": 2, "column": 3, "end_line": 2, "end_column": 7, "text": ""}]


def test_json_counts_characters_and_keeps_them() -> None:
    (row,) = to_data([wide_characters()])["diagnostics"]  # type: ignore[misc]
    assert (row["line"], row["column"], row["end_column"]) == (2, 22, 27)
    assert "cafe\u0301" in row["message"]
    assert to_json([control_characters()]).isascii()


def test_counted() -> None:
    assert counted([clash(), clash(), bare()]) == "2 errors, 1 warning"
    assert counted([]) == ""


def test_visible() -> None:
    assert visible("a\x00\x1b\x7f\u202e\u2028é漢") == "a␀␛␡<U+202E> é漢"


def test_the_exception_prints_as_the_command_does() -> None:
    raised = ArchError([clash(), bare()])
    assert str(raised) == to_text([clash(), bare()]).rstrip("\n")
    assert [row.code for row in raised.diagnostics] == ["E301", "W504"]
