"""The grammar for tree-sitter reads what the LALR grammar reads, and nothing else. Where the command is, these run; elsewhere they say so."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from lark.exceptions import UnexpectedInput

from archc.base.source import Source
from archc.dsl.parser.parse import parse
from tests.dsl.random_texts import random_text
from tests.dsl.test_lark_alone import FILES, PAGES, lark
from tests.mutations.edits import edits
from tests.sample import EVERYTHING

HOME = Path(__file__).parents[2] / "editors" / "tree-sitter-arch"
COMMAND = shutil.which(os.environ.get("ARCHC_TREE_SITTER", "tree-sitter"))
TEXTS = 4000 if EVERYTHING else 300

_LISTING = re.compile(r"^```arch[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)

has_the_command = pytest.mark.skipif(COMMAND is None, reason="the command tree-sitter is not here, nor named by ARCHC_TREE_SITTER")


@pytest.fixture(scope="module")
def grammar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The grammar with its parser, in a place of its own."""
    folder = tmp_path_factory.mktemp("grammar") / "tree-sitter-arch"
    shutil.copytree(HOME, folder, ignore=shutil.ignore_patterns("parser.c", "tree_sitter", "*.json.lock"))
    run(folder, "generate")
    return folder


def run(folder: Path, *words: str, status: int = 0) -> str:
    assert COMMAND is not None
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "XDG_CONFIG_HOME": str(folder / "config")}
    done = subprocess.run([COMMAND, *words], cwd=folder, capture_output=True, text=True, timeout=300, check=False, env=environment)
    assert done.returncode in (0, status), done.stderr
    return done.stdout


def refused(grammar: Path, texts: Iterable[str], folder: Path) -> list[bool]:
    """Whether tree-sitter finds a mistake in each of the texts."""
    paths = []
    for number, text in enumerate(texts):
        paths.append(folder / f"t{number}.arch")
        paths[-1].write_text(text, encoding="utf-8", newline="")
    listed = folder / "paths"
    listed.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
    query = folder / "wrong.scm"
    query.write_text("(ERROR) @wrong\n(MISSING) @wrong\n", encoding="utf-8")
    # By a query, because the summary of `parse --quiet` passes over some errors far inside.
    told = run(grammar, "query", "--captures", str(query), "--paths", str(listed))
    wrong, path = set(), ""
    for line in told.splitlines():
        path = path if line.startswith(" ") else line.strip()
        if "wrong" in line and line.startswith(" "):
            wrong.add(path)
    return [str(path) in wrong for path in paths]


SIGNS = (
    "",
    "",
    "{",
    "}",
    "|",
    "{ |",
    "(",
    ")",
    "[",
    "]",
    ",",
    ":",
    "->",
    "=",
    '"',
    "#",
    ".",
    " if ",
    " else ",
    " block ",
    " 3 ",
    " x ",
    "2x3",
    "\n",
    "_",
)


def damaged(text: str, chance: random.Random) -> str:
    """Some letters lost, or a sign more than there should be."""
    start = chance.randrange(len(text) + 1)
    return text[:start] + chance.choice(SIGNS) + text[start + chance.choice((0, 0, 1, 1, 5)) :]


def by_archc(text: str) -> bool:
    """Whether archc refuses it: also for a word of the language as a name, which Lark reads where only a name can stand."""
    return any(row.is_error for row in parse(Source.of("text.arch", text))[1])


def by_lark(text: str) -> bool:
    """Whether the reference refuses the text."""
    try:
        lark().parse(text)
    except UnexpectedInput:
        return True
    return False


@has_the_command
def test_it_reads_every_shipped_file_and_the_corpus(grammar: Path, tmp_path: Path) -> None:
    assert len(FILES) > 140
    found = refused(grammar, [path.read_text(encoding="utf-8") for path in FILES], tmp_path)
    assert [str(path) for path, wrong in zip(FILES, found, strict=True) if wrong] == []


@has_the_command
def test_it_finds_mistakes_where_the_reference_does(grammar: Path, tmp_path: Path) -> None:
    """Listings of the pages, texts made of the language's words, and shipped files with an edit each."""
    chance = random.Random(7)
    texts = [listing for page in PAGES for listing in _LISTING.findall(page.read_text(encoding="utf-8"))]
    texts += [random_text(chance.randrange(10**9)) for _ in range(TEXTS // 2)]
    for path in chance.sample(FILES, 20):
        texts += [row.text for row in edits(path.stem, path.read_text(encoding="utf-8"), chance, TEXTS // 40)]
    texts += [damaged(text, chance) for text in chance.choices(texts, k=TEXTS)]
    texts = [text.replace("\r", "\n") for text in texts]
    expected = [by_lark(text) for text in texts]
    assert len(texts) // 10 < sum(expected) < 9 * len(texts) // 10
    found = refused(grammar, texts, tmp_path)
    rows = list(zip(texts, found, expected, strict=True))
    assert [text for text, wrong, known in rows if known and not wrong] == []
    assert [text for text, wrong, known in rows if wrong and not known and not by_archc(text)] == []


@has_the_command
@pytest.mark.parametrize("name", sorted(path.name for path in (HOME / "queries").glob("*.scm")))
def test_queries_find_what_they_name(grammar: Path, name: str) -> None:
    told = run(grammar, "query", f"queries/{name}", str(FILES[0].parents[0] / "resnet.arch"))
    wanted = {"highlights.scm": "keyword", "folds.scm": "fold", "locals.scm": "local.definition.type", "indents.scm": "indent"}[name]
    assert f"{wanted}," in told or f"- {wanted}" in told, told[:400]


def test_the_words_of_the_language_are_all_in_it() -> None:
    """What the reference has as words and signs stands in the grammar: a new one is not forgotten here."""
    from archc.grammar import TABLES

    own = (HOME / "grammar.js").read_text(encoding="utf-8") + (HOME / "src" / "scanner.c").read_text(encoding="utf-8")
    assert [word for word in TABLES["words"] if f'"{word}"' not in own] == []
    rules = re.findall(r"^\??([a-z_]+):", (Path(__file__).parents[2] / "grammar/arch.lark").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rules) > 60
    passed_over = {
        "start",
        "names",
        "mode",
        "block_head",
        "network_head",
        "operation_head",
        "call_step",
        "default_row",
        "broken",
        "item",
        "a_list",
        "name",
    }
    named = set(re.findall(r"^    _?(\w+):", own, re.MULTILINE))
    assert sorted(set(rules) - named - passed_over) == []
