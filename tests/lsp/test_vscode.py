"""The extension for VS Code: what is made of the language is fresh, and what its manifest names is there."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from archc.compiler.ops import TABLE
from archc.grammar import TABLES

EDITORS = Path(__file__).parents[2] / "editors"
HOME = EDITORS / "vscode"


@pytest.fixture(scope="module")
def make() -> ModuleType:
    spec = importlib.util.spec_from_file_location("editors_make", EDITORS / "make.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_grammar_and_snippets_are_those_of_the_language(make: ModuleType) -> None:
    """`python editors/make.py` writes them."""
    for path, text in make.files().items():
        assert path.read_text(encoding="utf-8") == text


def scope(line: str, word: str) -> str:
    """The scope that the grammar gives a word in a line: its rules in order, the first that begins at a place, as editors do."""
    rules: list[dict[str, Any]] = json.loads((HOME / "syntaxes/arch.tmLanguage.json").read_text(encoding="utf-8"))["repository"]["code"][
        "patterns"
    ]
    place, wanted = 0, line.index(word)
    while place < len(line):
        found = [
            (match.start(), number, match)
            for number, row in enumerate(rules)
            if "match" in row and (match := re.compile(row["match"]).search(line, place))
        ]
        if not found:
            return ""
        start, number, match = min(found, key=lambda row: row[:2])
        if start <= wanted < match.end():
            groups = {int(group): row["name"] for group, row in rules[number].get("captures", {}).items()}
            return next(
                (name for group, name in groups.items() if match.start(group) <= wanted < match.end(group)), rules[number].get("name", "")
            )
        place = max(match.end(), place + 1)
    return ""


def test_every_operation_and_every_word_has_its_colour() -> None:
    for word in TABLE:
        if word:
            assert scope(f"  {word} -> x", word) == "support.function.arch", word
    follows = {"expect": "[", "budget": "macs", "from": "x", "as": "x", "indexed": "{", "flat": "{"}
    for word in (word for word in TABLES["words"] if word.isalpha()):
        assert re.match("keyword|constant", scope(f"  {word} {follows.get(word, 'x1')}", word)), word


@pytest.mark.parametrize(
    ("line", "word", "kind"),
    [
        ("block cell(out)", "cell", "entity.name.type.arch"),
        ("  stem: conv(64)", "stem", "entity.name.label.arch"),
        ("  conv(64, stride = 2)", "stride", "variable.parameter.arch"),
        ("  conv(64, stride = 2)", "64", "constant.numeric.arch"),
        ("  input = 3", "input", "variable.parameter.arch"),
        ("  # conv", "conv", "comment.line.number-sign.arch"),
        ("  in.channels", "channels", "variable.other.property.arch"),
        ("  e1", "e1", ""),
    ],
)
def test_words_in_a_line(line: str, word: str, kind: str) -> None:
    assert scope(line, word) == kind


def test_what_the_manifest_names_is_there() -> None:
    manifest = json.loads((HOME / "package.json").read_text(encoding="utf-8"))
    own = manifest["contributes"]
    names = [manifest["main"], own["languages"][0]["configuration"], own["grammars"][0]["path"], own["snippets"][0]["path"]]
    assert [name for name in names if not (HOME / name).is_file()] == []
    script = (HOME / manifest["main"]).read_text(encoding="utf-8")
    assert {row["command"] for row in own["commands"]} == set(re.findall(r'registerCommand\("(arch\.\w+)"', script))
    from archc.lsp import commands

    assert set(re.findall(r'"(archc\.\w+)"', script)) <= {commands.DRAW, commands.SHOW, commands.COST, commands.BUILD, commands.CHOOSE}
    json.loads((HOME / "language-configuration.json").read_text(encoding="utf-8"))
