"""The extension for Zed: what Zed's manual asks of its files, and queries that the grammar takes. Zed itself is not started."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HOME = Path(__file__).parents[2] / "editors" / "zed"
COMMAND = shutil.which(os.environ.get("ARCHC_TREE_SITTER", "tree-sitter"))
CAPTURES = {"brackets": {"open", "close"}, "indents": {"indent", "end"}, "outline": {"context", "name", "item"}}


def toml(path: Path) -> Any:
    tomllib = pytest.importorskip("tomllib")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_the_manifest_has_what_zed_asks_for() -> None:
    manifest, language = toml(HOME / "extension.toml"), toml(HOME / "languages" / "arch" / "config.toml")
    assert {"id", "name", "version", "schema_version", "authors", "description", "repository"} <= manifest.keys()
    assert manifest["schema_version"] == 1 and re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"])
    assert manifest["grammars"].keys() == {language["grammar"]} and {"repository", "rev"} <= manifest["grammars"]["arch"].keys()
    assert manifest["language_servers"]["archc"]["languages"] == [language["name"]]
    assert language["path_suffixes"] == ["arch"] and language["line_comments"] == ["# "]
    crate = toml(HOME / "Cargo.toml")
    assert crate["lib"]["crate-type"] == ["cdylib"] and "zed_extension_api" in crate["dependencies"]
    assert 'vec!["lsp".into()]' in (HOME / "src" / "lib.rs").read_text(encoding="utf-8")


def test_queries_name_what_zed_knows() -> None:
    for name, known in CAPTURES.items():
        text = (HOME / "languages" / "arch" / f"{name}.scm").read_text(encoding="utf-8")
        assert set(re.findall(r"@(\w+)", text)) == known


@pytest.mark.slow
@pytest.mark.skipif(COMMAND is None or shutil.which("git") is None, reason="tree-sitter (ARCHC_TREE_SITTER) or git is not here")
def test_the_folder_that_is_made_has_its_grammar_and_queries_that_find_something(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("zed_make", HOME / "make.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["zed_make"] = made
    spec.loader.exec_module(made)
    made.make(tmp_path / "zed")
    manifest = toml(tmp_path / "zed" / "extension" / "extension.toml")["grammars"]["arch"]
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", manifest["repository"], str(clone)], check=True)
    subprocess.run(["git", "checkout", "--quiet", manifest["rev"]], cwd=clone, check=True)
    assert (clone / "src" / "parser.c").is_file() and (clone / "src" / "scanner.c").is_file()
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    text = HOME.parents[1] / "architectures" / "resnet.arch"
    for query in sorted((tmp_path / "zed" / "extension" / "languages" / "arch").glob("*.scm")):
        done = subprocess.run([str(COMMAND), "query", str(query), str(text)], cwd=clone, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, (query.name, done.stderr)
        assert "capture" in done.stdout, query.name
