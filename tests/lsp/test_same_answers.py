"""A law: after any edit the server, the core and `archc check` say the same. And what the core keeps does not grow."""

from __future__ import annotations

import gc
import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from psutil import Process

from archc.cli import group
from archc.editor.describe import hover
from archc.editor.offers import offers
from archc.editor.service import Service
from archc.reporting.terminal import to_data
from tests.editor.texts import BROKEN, GOOD, HALF
from tests.mutations.edits import edits
from tests.sample import EVERYTHING, only_in_campaign

from .client import Editor

ARCHITECTURES = Path(__file__).parents[2] / "architectures"
FILES = ("squeezenet1_1", "unet", "resnext50", "googlenet", "resnet", "vgg")
EDITS = 1000 if EVERYTHING else 24


def texts(count: int) -> list[str]:
    """Shipped files with an edit each, and some cut off in the middle."""
    chance = random.Random(5)
    names = [name for name in FILES if (ARCHITECTURES / f"{name}.arch").exists()]
    found: list[str] = []
    for name in names:
        text = (ARCHITECTURES / f"{name}.arch").read_text(encoding="utf-8")
        found += [row.text for row in edits(name, text, chance, count // len(names))]
        found.append(text[: chance.randrange(len(text))] + " ä😀")
    return found[:count] if len(found) > count else found


def short(row: Any) -> tuple[object, ...]:
    """A diagnostic as `archc check --format json` writes it: its code, its place and its first line."""
    return row["code"], row["line"], row["column"], row["end_line"], row["end_column"], row["message"]


def published(row: Any, lines: list[str]) -> tuple[object, ...]:
    """The same of what the server published, whose columns count UTF-16 units from 0."""

    def column(place: Any) -> int:
        line = lines[place["line"]] if place["line"] < len(lines) else ""
        return len(line.encode("utf-16-le", "surrogatepass")[: 2 * place["character"]].decode("utf-16-le", "surrogatepass")) + 1

    start, end = row["range"]["start"], row["range"]["end"]
    return row["code"], start["line"] + 1, column(start), end["line"] + 1, column(end), row["message"].split("\n")[0]


@pytest.mark.slow
def test_server_core_and_check_say_the_same_after_each_edit(tmp_path: Path) -> None:
    pytest.importorskip("pygls")
    editor, core = Editor(tmp_path), Service()
    path = tmp_path / "edited.arch"
    different = 0
    for text in texts(EDITS):
        rows = editor.write("edited.arch", text)
        core.open(str(path), text)
        path.write_text(text, encoding="utf-8", newline="")
        done = CliRunner().invoke(group, ["check", "--format", "json", str(path)])
        said = json.loads(done.stdout)["diagnostics"]
        assert to_data(core.diagnostics(str(path)))["diagnostics"] == said
        own = [row for row in said if row["file"] == str(path)]
        assert sorted(map(short, own)) == sorted(published(row, text.replace("\r\n", "\n").split("\n")) for row in rows)
        different += bool(said)
    assert different > EDITS // 4  # most edits are mistakes: else nothing was compared
    assert editor.end() == ""


@only_in_campaign
@pytest.mark.slow
def test_memory_after_many_edits_is_that_after_few(tmp_path: Path) -> None:
    """10,000 edits: at most 1.2 times the memory that the process has after 100."""
    core, path, me = Service(), str(tmp_path / "small.arch"), Process()
    sizes: dict[int, int] = {}
    for number in range(1, 10_001):
        text = (GOOD, BROKEN, HALF)[number % 3].replace("conv(64)", f"conv({16 + number % 512})") + f"\n# {number}"
        core.open(path, text)
        core.diagnostics(path)
        place = 37 * number % len(text)  # a hundred edits have come by everything that is loaded when it is first asked for
        hover(core, path, place)
        offers(core, path, place)
        if number in (100, 10_000):
            gc.collect()
            sizes[number] = me.memory_info().rss
    assert sizes[10_000] <= 1.2 * sizes[100], sizes


@only_in_campaign
@pytest.mark.slow
def test_memory_of_the_server_after_many_edits_is_that_after_few(tmp_path: Path) -> None:
    """The same of the whole process that an editor started, with what it is asked while somebody types."""
    pytest.importorskip("pygls")
    editor = Editor(tmp_path, options={"inlayHints": "on"})
    process = Process(editor.process.pid)
    sizes: dict[int, int] = {}
    for number in range(1, 10_001):
        text = (GOOD, BROKEN, HALF)[number % 3].replace("conv(64)", f"conv({16 + number % 512})") + f"\n# {number}"
        editor.write("small.arch", text)
        place = {"line": number % text.count("\n"), "character": number % 20}
        editor.of("hover", "small.arch", position=place)
        editor.of("completion", "small.arch", position=place)
        if number % 5 == 0:
            editor.of("semanticTokens/full", "small.arch")
            editor.of("inlayHint", "small.arch", range={"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}})
            editor.of("codeLens", "small.arch")
            editor.of("codeAction", "small.arch", range={"start": place, "end": place}, context={"diagnostics": []})
        if number % 25 == 0:
            editor.run("archc.draw", editor.uri("small.arch"), "")
        if number in (100, 10_000):
            sizes[number] = process.memory_info().rss
    assert sizes[10_000] <= 1.2 * sizes[100], sizes
    assert editor.end() == ""
