"""What the commands that draw and compare say of a wrong call: by the name of the option that was given, and before they work."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run

TEXT = "network need(w) {\n  input x[3, 8, 8]\n  conv(w)\n}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set-a", "w=3"), "`--set-b w=…`"),
        (("--set-b", "w=3"), "`--set-a w=…`"),
        (("--set-a", "w=3", "--set-b", "w"), "Invalid value for --set-b"),
        (("--set-a", "w=3", "--set-b", "w=3", "--set-b", "w=4"), "Invalid value for --set-b: `w` is given twice"),
        (("--set-a", "w=3", "--set-b", "w=("), "--set-b w:1:1"),
        (("--set-a", "w=3", "--set-b", "v=3", "--set-b", "w=3"), "--set-b v:1:1"),
        (("--set-a", "w=3", "--set-b", "w=3", "-o", "d.drawio"), "`d.drawio`: two networks side by side are not drawn as .drawio"),
        (("--set-a", "w=3", "--set-b", "w=3", "-o", "d"), "`d` has no ending that says a format"),
    ],
)
def test_a_difference_says_which_option_is_wrong(run: Run, folder: Path, arguments: tuple[str, ...], said: str) -> None:
    (folder / "need.arch").write_text(TEXT, encoding="utf-8")
    result = run("diff", "need.arch", "need.arch", *arguments)
    assert result.exit_code != 0 and said in result.stderr
    assert result.stdout == "", "nothing is worked out for a call that is wrong"
    assert "--set " not in result.stderr and "--set:" not in result.stderr


@pytest.mark.parametrize("text", ['{"conv1": 1, "conv1": 2}', '{"conv1": {"time": 1, "time": 2}}', '{"a": 1, "conv1": 1, "a": 3}'])
def test_a_number_that_is_given_twice_is_told(run: Run, folder: Path, text: str) -> None:
    (folder / "net.arch").write_text(TEXT.replace("(w)", "", 1).replace("(w)", "(4)"), encoding="utf-8")
    (folder / "v.json").write_text(text, encoding="utf-8")
    result = run("draw", "net.arch", "--values", "v.json", "-o", "net.svg")
    assert result.exit_code == 2 and "F607" in result.stderr and "twice" in result.stderr
    assert not (folder / "net.svg").exists()


def test_what_cannot_be_folded_or_coloured_has_a_remedy(run: Run, folder: Path) -> None:
    (folder / "net.arch").write_text(TEXT.replace("(w)", "", 1).replace("(w)", "(4)"), encoding="utf-8")
    folded = run("draw", "net.arch", "--fold", "*", "-o", "net.svg")
    assert folded.exit_code == 2 and "`--level stage`" in folded.stderr
    assert run("draw", "net.arch", "--level", "stage", "-o", "net.svg").exit_code == 0
    colored = run("draw", "net.arch", "--color-by", "energy", "-o", "net.svg")
    assert colored.exit_code == 2 and "`energy` colours no box" in colored.stderr and "a column of `--values`" in colored.stderr
    (folder / "v.json").write_text('{"conv1": {"time": 3, "energy": 1}}', encoding="utf-8")
    for column in ("energy", "time"):
        done = run("draw", "net.arch", "--color-by", column, "--values", "v.json", "-o", "net.svg")
        assert done.exit_code == 0 and "timing" not in done.stderr, "numbers of one's own are not measured again"
        assert f"{column} a box" in (folder / "net.svg").read_text(encoding="utf-8")
