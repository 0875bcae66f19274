"""Real editors with the set-up of docs/editors.md, where they are installed: `make campaign` starts them."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.sample import only_in_campaign

SCRIPT = Path(__file__).parents[2] / "editors" / "tried.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("editors_tried", SCRIPT)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["editors_tried"] = made
    spec.loader.exec_module(made)
    return made


@only_in_campaign
@pytest.mark.slow
@pytest.mark.parametrize("name", ["nvim", "emacs", "hx"])
def test_an_editor_shows_the_mistake_the_manual_and_the_layout(script: ModuleType, name: str) -> None:
    pytest.importorskip("pygls")
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    found = script.tried(name)
    assert "there is no operation or block named `rleu`" in found.diagnostics
    assert "conv(channels" in found.hover
    assert found.text == script.SOUND.replace("conv( 8 )", "conv(8)")


def test_the_page_has_the_set_ups_that_are_tried(script: ModuleType) -> None:
    for heading, language in (("Neovim", "lua"), ("Emacs", "elisp"), ("Helix", "toml")):
        assert "archc" in script.listing(heading, language)
