"""Words of a call that mean nothing, too much, or another thing than they say: paths of plots, repeats, numbers without end, files that are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

import archc
from archc.compiler.files.write import write
from tests.cli.conftest import Run

# ------------------------------------------------------------------------------------------- where plots go

PLOTS = {
    "sweep": ("sweep", "good.arch", "--vary", "width=4,8", "--jobs", "1", "--plot"),
    "bench": ("bench", "good.arch", "--ways", "eager", "--rounds", "1", "--seconds", "0", "--plot"),
    "cost": ("cost", "good.arch", "--memory", "-o"),
}


@pytest.mark.parametrize("command", PLOTS)
@pytest.mark.parametrize(
    ("path", "help"), [("m.png", "write `m.svg`"), ("a.b/m.pdf", "write `a.b/m.svg`"), ("-", "name a file that ends in `.svg`")]
)
def test_a_plot_is_written_as_what_it_is_called_or_not_at_all(run: Run, folder: Path, command: str, path: str, help: str) -> None:
    before = sorted(folder.iterdir())
    result = run(*PLOTS[command], path)
    assert (result.exit_code, result.stdout) == (2, "") and "error[F602]" in result.stderr and help in " ".join(result.stderr.split())
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("path", ["m.svg", "m.SVG", "plot"])
def test_a_plot_may_have_no_ending(run: Run, folder: Path, path: str) -> None:
    assert run(*PLOTS["cost"], path).exit_code == 0 and "<svg" in (folder / path).read_text(encoding="utf-8")


def test_no_file_is_called_as_standard_output_is(run: Run, folder: Path) -> None:
    result = run("sweep", "good.arch", "--vary", "width=4", "--jobs", "1", "--plot", "./-")
    assert result.exit_code == 0 and (folder / "-").exists()
    with pytest.raises(archc.ArchError, match="F615"):
        write("-", "text")


# ----------------------------------------------------------------------------------- repeats, and without end


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("bench", "good.arch", "--ways", "eager,eager"), "`eager` is given twice"),
        (("calibrate", "--threads", "1,1"), "`1` is given twice"),
        (("calibrate", "--threads", "1,01"), "`1` is given twice"),
        (("build", "good.arch", "--weights", "w.pth", "--adapt", "channels,channels"), "`channels` is given twice"),
        (("bench", "good.arch", "--seconds", "nan"), "`nan` is no number of seconds"),
        (("bench", "good.arch", "--seconds", "inf"), "`inf` is no number of seconds"),
        (("bench", "good.arch", "--threads", "100000"), "100000 is not in the range 1<=x<=1024"),
        (("calibrate", "--threads", "100000"), "`100000` is no number of threads"),
    ],
)
def test_what_is_given_twice_or_has_no_end_is_refused(run: Run, words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "") and said in " ".join(result.stderr.split())


def test_a_size_that_cannot_be_tried_is_refused(run: Run) -> None:
    result = run("sizes", "good.arch", "--input", "3x100000000x32")
    assert result.exit_code == 2 and "100,000,000 is more than can be tried" in result.stderr.replace("\n", " ")
    assert run("sizes", "good.arch", "--input", "3x100x32").exit_code == 0


# -------------------------------------------------------------------------------------- what is not there


@pytest.mark.parametrize("words", [("build", "good.arch"), ("bench", "good.arch", "--ways", "eager"), ("verify", "good.arch")])
@pytest.mark.parametrize("file", ["nope.pth", "nope.pth:ema"])
def test_weights_that_are_not_there_are_a_wrong_call(run: Run, folder: Path, words: tuple[str, ...], file: str) -> None:
    result = run(*words, "--weights", file)
    assert (result.exit_code, result.stdout) == (2, "") and "error[F611]: there is no file `nope.pth`" in result.stderr
    assert not (folder / "build").exists()


def test_a_variant_of_a_file_is_not_offered_and_a_way_is(run: Run, folder: Path) -> None:
    for name in ("good.arch", "absent.arch"):
        result = run("new", "mine", "--from", name)
        said = " ".join(result.stderr.split())
        assert result.exit_code == 2 and f"`{name}` is a file" in said and f"from {name.removesuffix('.arch')} import" in said
    (folder / "mine.arch").write_text("from good import good\nnetwork mine = good(width = 4)\n", encoding="utf-8")
    assert run("check", "mine.arch").exit_code == 0


# ----------------------------------------------------------------------------------------------- explain


@pytest.mark.parametrize(
    ("word", "page"),
    [
        ("in.channels", "channels"),
        ("in.height", "height"),
        ("|", "merge"),
        ("->", "chain"),
        ("positional encoding", "`positional_encoding` is `position_embedding` in archc."),
        ("budget time", "budget"),
        ("time", "budget"),
    ],
)
def test_words_as_they_are_written_are_explained(run: Run, word: str, page: str) -> None:
    result = run("explain", word)
    assert result.exit_code == 0 and result.stdout.splitlines()[0] == page
