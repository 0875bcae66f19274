"""The core as WebAssembly says of each text what the core says here, which `archc check` says, too (tests/lsp/test_same_answers.py)."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from archc.editor.service import Service
from archc.reporting.terminal import to_data
from tests.lsp.test_same_answers import texts
from tests.sample import EVERYTHING

from .test_playground import folder

__all__ = ["folder"]

EDITS = 1000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not EVERYTHING, reason="`make campaign` builds the playground, from packages of npm"),
    pytest.mark.skipif(shutil.which("node") is None, reason="Node is not here"),
]


def test_webassembly_says_what_python_says_after_each_edit(folder: Path, tmp_path: Path) -> None:
    given = texts(EDITS)
    listed = tmp_path / "texts.json"
    listed.write_text(json.dumps(given), encoding="utf-8")
    script = Path(__file__).with_name("same.mjs")
    done = subprocess.run(
        ["node", script, folder, listed], capture_output=True, text=True, timeout=1200, check=False, encoding="utf-8", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    core = Service()
    different = 0
    for text, rows in zip(given, found, strict=True):
        core.open("edited.arch", text)
        own = json.loads(json.dumps(to_data(core.diagnostics("edited.arch"))["diagnostics"]))
        assert own == rows, text
        different += bool(rows)
    assert len(found) > 0.9 * EDITS and different > len(found) // 4
