"""The extension in VS Code itself, where ARCHC_CODE_SERVER names code-server (docs/editors.md): packaged, installed, and used in a browser."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import pytest

from editors import vscode_tried as vscode
from tests.browser import in_browser


@pytest.mark.slow
@in_browser
@pytest.mark.skipif(not os.environ.get(vscode.VARIABLE), reason=f"{vscode.VARIABLE} names no code-server")
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm, which packages the extension, is not here")
def test_vscode_shows_colours_mistakes_hints_costs_and_the_picture(tmp_path: Path) -> None:
    for module in ("pygls", "selenium"):
        pytest.importorskip(module)
    found = vscode.seen(shlex.split(os.environ[vscode.VARIABLE]), tmp_path, vscode.packaged(tmp_path))
    assert "pip install 'archc[lsp]'" in found.failure  # where the server does not start, it says what helps; the right setting starts it
    assert len(set(found.colors.values())) >= 4 and all(found.colors.values())  # words, names, numbers, operations
    assert "E201" in found.problem and "did you mean `conv`" in found.problem
    assert "stem: conv(width, 3) -> bn -> relu" in found.fixed
    assert found.lenses[0].endswith("MACs") and found.lenses[1:] == ["draw", "build"]
    assert "stem: conv(width, 3) -> bn -> relu[32, 32, 32]" in found.hints
    assert "conv(channels" in found.hover
    assert [row for row in found.offered if row.startswith("adaptive_avgpool")]
    assert "conv 3x3, 32" in found.picture and "conv 5x5, 32" not in found.picture
    assert "conv 5x5, 32" in found.redrawn
