"""The extension for Zed as a folder to install: `python editors/zed/make.py FOLDER` (build/zed). It needs `tree-sitter` and git.

Zed builds a grammar from a git repository that has its parser: one is made beside the extension, of this checkout's grammar.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parent
GRAMMAR = HOME.parent / "tree-sitter-arch"
COMMAND = os.environ.get("ARCHC_TREE_SITTER", "tree-sitter")
AUTHOR = ("-c", "user.name=archc", "-c", "user.email=archc@localhost", "-c", "commit.gpgsign=false")


def make(folder: Path) -> None:
    """Writes the extension to `folder`/extension, and its grammar to `folder`/grammar; what is there goes."""
    shutil.rmtree(folder, ignore_errors=True)
    grammar, extension = folder / "grammar", folder / "extension"
    shutil.copytree(GRAMMAR, grammar, ignore=shutil.ignore_patterns("parser.c", "tree_sitter", "*.so"))
    run(grammar, COMMAND, "generate")
    run(grammar, "git", "init", "--quiet")
    run(grammar, "git", "add", "--all", "--force")
    run(grammar, "git", *AUTHOR, "commit", "--quiet", "--message", "The grammar with its parser")
    rev = run(grammar, "git", "rev-parse", "HEAD").strip()
    shutil.copytree(HOME, extension, ignore=shutil.ignore_patterns("make.py", "target", "__pycache__"))
    manifest = extension / "extension.toml"
    text = manifest.read_text(encoding="utf-8").replace("{{repository}}", grammar.resolve().as_uri()).replace("{{rev}}", rev)
    manifest.write_text(text, encoding="utf-8")
    shutil.copy(GRAMMAR / "queries" / "highlights.scm", extension / "languages" / "arch")


def run(folder: Path, *words: str) -> str:
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HOME.parent.parent / "build" / "zed"
    make(folder)
    print(folder / "extension")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
