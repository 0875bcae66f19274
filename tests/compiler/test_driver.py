"""The stages of a compile: what is read once, and what is not said where text is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc.base.source import Source
from archc.compiler import driver
from archc.dsl.parser.parse import parse


def codes(text: str) -> list[str]:
    return [row.code for row in driver.check_source(Source.of("n.arch", text)).diagnostics if row.is_error]


def test_a_file_of_several_networks_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "several.arch"
    body = "{\n  input image[3, 8, 8]\n  conv(4)\n}\n"
    file.write_text("".join(f"network {name} {body}" for name in ("several", "a", "b")), encoding="utf-8")
    parsed: list[str] = []
    seen: list[str] = []
    monkeypatch.setattr(driver, "parse", lambda source: parsed.append(source.name) or parse(source))  # type: ignore[func-returns-value]
    found = driver.check_all(file, observe=lambda stage, _: seen.append(stage))
    assert [row.program.name for row in found if row.program is not None] == ["several", "a", "b"]
    assert len(parsed) == 1
    assert seen.count("parsing") == seen.count("elaborating") == 3


def test_a_network_that_is_only_spoken_of_is_none(tmp_path: Path) -> None:
    file = tmp_path / "one.arch"
    file.write_text("# network a, network b\nnetwork one {\n  input image[3, 8, 8]\n  conv(4)\n}\n", encoding="utf-8")
    (found,) = driver.check_all(file)
    assert found.program is not None


@pytest.mark.parametrize(
    "row", ["default conv(channels = = 8)", "default conv channels = 8", "default conv(8 -> 3)", "default = conv(8)", "default conv: 8"]
)
def test_an_argument_is_not_missed_where_a_default_row_has_a_mistake(row: str) -> None:
    (code,) = codes(f"network n {{\n  input image[3, 8, 8]\n  {row}\n  conv\n}}\n")
    assert code.startswith("E1")


def test_the_word_default_beside_another_mistake_says_nothing() -> None:
    """What has the mistake is a `let`, so that the missing argument is told as ever."""
    assert codes("network n {\n  input image[3, 8, 8]\n  let a = = 8 # by default\n  conv\n}\n")[1:] == ["E205"]
