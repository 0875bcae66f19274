"""`archc check`: what it prints where, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import GOOD, Run


def test_a_good_file(run: Run) -> None:
    result = run("check", "good.arch")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert result.stderr == "good.arch: good: [3, 32, 32] -> [10]\n"


def test_a_bad_file_has_all_its_errors_told(run: Run) -> None:
    result = run("check", "bad.arch")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "error[E301]" in result.stderr
    assert "--> bad.arch:3:3" in result.stderr
    assert "error[E201]" in result.stderr
    assert result.stderr.endswith("2 errors\n")


def test_several_files(run: Run) -> None:
    result = run("check", "bad.arch", "good.arch", "resnet18")
    assert result.exit_code == 1
    assert "good.arch: good: [3, 32, 32] -> [10]" in result.stderr
    assert "archc/architectures/resnet18.arch: resnet18: [3, 224, 224] -> [1000]" in result.stderr


def test_quiet_tells_errors_alone(run: Run) -> None:
    assert run("-q", "check", "good.arch").output == ""
    assert run("check", "-q", "good.arch").output == ""
    assert "error[E301]" in run("check", "-q", "bad.arch").stderr


def test_verbose_tells_the_stages(run: Run) -> None:
    stages = [line.split(":")[0] for line in run("check", "-v", "good.arch").stderr.splitlines()[:-1]]
    assert stages == ["finding", "reading", "parsing", "elaborating", "doubting", "costing"]


def test_json_is_one_document_on_stdout(run: Run) -> None:
    result = run("check", "--format", "json", "bad.arch", "good.arch")
    assert result.exit_code == 1
    assert result.stderr == ""
    document = json.loads(result.stdout)
    assert document["version"] == 1
    assert [row["code"] for row in document["diagnostics"]] == ["E301", "E201"]
    first = document["diagnostics"][0]
    assert (first["file"], first["line"], first["column"], first["end_line"], first["end_column"]) == ("bad.arch", 3, 3, 3, 6)
    assert [(label["line"], label["column"]) for label in first["labels"]] == [(3, 3), (4, 7), (5, 7)]
    assert json.loads(run("check", "--format", "json", "good.arch").stdout) == {"version": 1, "diagnostics": []}


def test_short_is_a_line_each_on_stdout(run: Run) -> None:
    lines = run("check", "--format", "short", "bad.arch").stdout.splitlines()
    assert [line.split(" ")[:2] for line in lines] == [["bad.arch:3:3:", "error[E301]:"], ["bad.arch:7:3:", "error[E201]:"]]


def test_warnings_are_errors_on_demand(run: Run, folder: Path) -> None:
    text = "network n {\n  input x[3, 8, 8]\n  a: conv(8)\n  conv(4)\n  output a\n}\n"
    (folder / "n.arch").write_text(text, encoding="utf-8")
    result = run("check", "n.arch")
    assert result.exit_code == 0
    assert "warning[W501]" in result.stderr
    assert "1 warning" in result.stderr
    assert run("check", "--deny", "warnings", "n.arch").exit_code == 1
    assert run("check", "--deny", "warnings", "good.arch").exit_code == 0


def test_a_file_of_blocks_alone(run: Run, folder: Path) -> None:
    (folder / "blocks.arch").write_text("block twice(n) { conv(n) -> conv(n) }\n", encoding="utf-8")
    result = run("check", "blocks.arch")
    assert (result.exit_code, result.stderr) == (0, "blocks.arch: blocks alone, no network to build\n")


def test_a_network_of_a_file(run: Run, folder: Path) -> None:
    (folder / "two.arch").write_text(GOOD + GOOD.replace("good", "other").replace("[3,", "[1,"), encoding="utf-8")
    assert run("check", "two.arch").stderr == "two.arch: good: [3, 32, 32] -> [10]\ntwo.arch: other: [1, 32, 32] -> [10]\n"
    result = run("cost", "two.arch")
    assert result.exit_code == 1
    assert "E239" in result.stderr
    assert "say which: `two.arch:good`" in result.stderr
    assert run("check", "two.arch:other").stderr == "two.arch: other: [1, 32, 32] -> [10]\n"


def test_every_network_of_a_file_is_checked(run: Run, folder: Path) -> None:
    """What two of them share is said once; a network that needs a value is read, as blocks are that nothing calls."""
    (folder / "several.arch").write_text(
        "block unit { conv(4, strid = 2) }\nnetwork several { input x[3, 8, 8] unit }\n"
        "network other { input x[3, 8, 8] unit -> relu(3) }\nnetwork open(n) { input x[3, 8, 8] conv(m) }\n",
        encoding="utf-8",
    )
    lines = run("check", "several.arch", "--format", "short").stdout.splitlines()
    assert [line.split(":")[1:4] for line in lines] == [["1", "22", " error[E204]"], ["3", "47", " error[E207]"]]
    (folder / "several.arch").write_text(
        "network several { input x[3, 8, 8] relu }\nnetwork open(n) { input x[3, 8, 8] conv(m) }\n", encoding="utf-8"
    )
    assert "E201" in run("check", "several.arch").stderr


def test_settings_and_inputs(run: Run) -> None:
    assert "[3, 32, 32] -> [7]" in run("check", "good.arch", "--set", "classes=3 + 4").stderr
    assert "[1, 16, 17] -> [10]" in run("check", "good.arch", "--input", "1x16x17").stderr
    assert "[1, 16, 17] -> [10]" in run("check", "good.arch", "--input", "image=1x16x17").stderr


def test_settings_that_the_network_lacks(run: Run) -> None:
    result = run("check", "good.arch", "--set", "clases=3")
    assert result.exit_code == 1
    assert "did you mean `classes`?" in result.stderr


@pytest.mark.parametrize(
    "option",
    [
        ("--set", "classes"), ("--set", "=3"), ("--set", "classes=3 +"), ("--set", "3=3"), ("--input", "3x"), ("--input", "0x3x3"),
        ("--input", "3x8x8x"), ("--input", "a b=3x3x3"), ("--format", "xml"), ("--deny", "all"), ("--nothing", "x"),
    ],
)  # fmt: skip
def test_a_wrong_call(run: Run, option: tuple[str, str]) -> None:
    result = run("check", "good.arch", *option)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_the_same_setting_twice(run: Run) -> None:
    assert run("check", "good.arch", "--set", "width=1", "--set", "width=2").exit_code == 2
    assert run("check", "good.arch", "--input", "3x8x8", "--input", "3x9x9").exit_code == 2


def test_fixes_keep_line_ends_marks_permissions_and_links(run: Run, folder: Path) -> None:
    file, link = folder / "dos.arch", folder / "link.arch"
    file.write_bytes(b"\xef\xbb\xbfnetwork dos {\r\n\tinput x[3, 8, 8]\r\n\tconv(8 3)\r\n}\r\n")
    file.chmod(0o640)
    link.symlink_to(file)
    assert "link.arch: 1 fixed" in run("check", "--fix", "link.arch").stderr
    assert file.read_bytes() == b"\xef\xbb\xbfnetwork dos {\r\n\tinput x[3, 8, 8]\r\n\tconv(8, 3)\r\n}\r\n"
    assert link.is_symlink() and file.stat().st_mode & 0o777 == 0o640
    run("fmt", "dos.arch")
    assert file.read_bytes() == b"\xef\xbb\xbfnetwork dos {\r\n  input x[3, 8, 8]\r\n  conv(8, 3)\r\n}\r\n"


def test_a_fix_that_brings_another_to_light(run: Run, folder: Path) -> None:
    (folder / "two.arch").write_text("network two {\n  input x[3, 8, 8]\n  'a': conv(8, pad_mode = 'zeros')\n}\n", encoding="utf-8")
    assert run("check", "--fix", "two.arch").exit_code == 0
    assert '"a": conv(8, pad_mode = "zeros")' in (folder / "two.arch").read_text(encoding="utf-8")


def test_fixes_are_made(run: Run, folder: Path) -> None:
    file = folder / "fix.arch"
    file.write_text("network fix {\n  input x[3, 8, 8]\n  conv(8, kernle = 3)\n}\n", encoding="utf-8")
    result = run("check", "--fix", "fix.arch")
    assert result.exit_code == 0
    assert "fix.arch: 1 fixed" in result.stderr
    assert file.read_text(encoding="utf-8") == "network fix {\n  input x[3, 8, 8]\n  conv(8, kernel = 3)\n}\n"
    assert sorted(path.name for path in folder.iterdir()) == ["bad.arch", "fix.arch", "good.arch"]


def test_color(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in run("check", "bad.arch").stderr
    assert "\x1b[" in run("check", "--color", "always", "bad.arch").stderr
    assert "\x1b[" in run("--color", "always", "check", "bad.arch").stderr
    assert "\x1b[" not in run("check", "--color", "never", "bad.arch").stderr


def test_a_label_is_no_input(run: Run, folder: Path) -> None:
    (folder / "label.arch").write_text("network label {\n  input x[3, 8, 8]\n  e: conv(4) -> relu\n}\n", encoding="utf-8")
    result = run("check", "label.arch", "--input", "e=3x9x9")
    assert result.exit_code == 1
    assert "the network `label` has no input `e`" in result.stderr
    assert "its inputs: `x`" in result.stderr
    assert "it has no parameters" in run("check", "label.arch", "--set", "width=3").stderr


def test_doubts_that_are_alike_are_shown_once_counted_and_mended_all(run: Run, folder: Path) -> None:
    steps = "".join(f"  conv({width}, 3) -> bn -> relu\n" for width in (8, 16, 24))
    (folder / "biased.arch").write_text(f"network biased {{\n  input x[3, 32, 32]\n{steps}}}\n", encoding="utf-8")
    told = run("check", "biased.arch").stderr
    assert told.count("warning[W502]") == 1 and "`conv2` (4:3), `conv3` (5:3)" in told and "3 warnings" in told
    assert run("check", "--format", "short", "biased.arch").stdout.count("W502") == 3
    assert "3 fixed" in run("check", "--fix", "biased.arch").stderr
    assert (folder / "biased.arch").read_text(encoding="utf-8").count("bias = false") == 3
