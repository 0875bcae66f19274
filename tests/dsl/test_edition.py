"""`arch 1`: what is read, laid out, and refused."""

from __future__ import annotations

import pytest

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.dsl.format.printer import format_source
from archc.dsl.parser.parse import parse
from archc.manual.starter import starter
from tests.support import checked

from .reading import repaired

NETWORK = "network n {\n  input x[3, 8, 8]\n  conv(8)\n}\n"


def found(text: str) -> tuple[Diagnostic, ...]:
    return checked(text, "n.arch").diagnostics


@pytest.mark.parametrize("head", ["arch 1\n", "# by hand\narch 1  # of 2026\n\n", "\n\narch 1 ", "## What it is.\narch 1\n"])
def test_a_text_may_state_its_edition(head: str) -> None:
    file, diagnostics = parse(Source.of("n.arch", head + NETWORK))
    assert diagnostics == ()
    assert file.edition is not None
    assert (file.edition.number, file.edition.span.text) == (1, "arch 1")
    assert found(head + NETWORK) == ()


def test_arch_is_a_name_everywhere_else() -> None:
    assert found("block arch(arch) { arch: conv(arch) }\n" + NETWORK.replace("conv(8)", "arch(8) -> relu")) == ()
    file, _ = parse(Source.of("n.arch", NETWORK))
    assert file.edition is None


def test_the_documentation_of_the_file_stands_before_or_after_it() -> None:
    for text in (
        "## The file.\narch 1\n",
        "arch 1\n\n## The file.\n\n",
        "arch 1\n\n## The file.\nlet a = 1\n",
        "## The file.\n\narch 1\n## n\n",
    ):
        assert parse(Source.of("n.arch", text + NETWORK))[0].doc == "The file."


def test_a_comment_behind_it_is_at_the_head_of_the_file() -> None:
    doubtful = NETWORK.replace("conv(8)", "let a = 3\n  conv(8)")
    assert [row.code for row in found("arch 1\n" + doubtful)] == ["W504"]
    assert found("arch 1\n# allow W504\n\n" + doubtful) == ()


def test_the_layout_keeps_it_on_a_line_of_its_own() -> None:
    for text in ("arch   1\n" + NETWORK, "arch 1 " + NETWORK):
        assert format_source(Source.of("n.arch", text)) == "arch 1\n\n" + NETWORK
    kept = "# why\narch 1  # so\n\n## What it is.\n\n" + NETWORK
    assert format_source(Source.of("n.arch", kept)) == kept


@pytest.mark.parametrize("stated", ["0", "01", "1.0", "1x2", '"1"', "1e0", "", "3" * 40])
def test_what_is_no_edition_is_one_error_whose_remedy_works(stated: str) -> None:
    text = f"arch {stated}\n{NETWORK}"
    (row,) = found(text)
    assert row.code == "E126"
    assert "reads `arch 1`" in row.message
    assert row.fix is not None
    assert found(repaired(text, row.fix)) == ()


def test_of_a_newer_edition_nothing_else_is_judged() -> None:
    (row,) = found("arch 2\nnetwork n ~~> { sequence [[ }\n")
    assert row.code == "E126"
    assert "newer" in row.message
    assert row.fix is None


@pytest.mark.parametrize(
    "text", [NETWORK + "arch 1\n", "import units\n\narch 1\n" + NETWORK, NETWORK.replace("conv", "arch 1\n  conv"), "arch 1\narch 1\n"]
)
def test_its_place_is_before_everything_else(text: str) -> None:
    _, rows = parse(Source.of("n.arch", text))
    assert [row.code for row in rows] == ["E126"]
    assert rows[0].fix is not None
    assert parse(Source.of("n.arch", repaired(text, rows[0].fix)))[1] == ()


@pytest.mark.parametrize("base", [None, "resnet50"])
def test_a_new_file_states_it(base: str | None) -> None:
    text = starter("mine", base)
    assert text.startswith("arch 1\n\n## mine: ")
    assert format_source(Source.of("mine.arch", text)) == text
    assert parse(Source.of("mine.arch", text))[0].doc.startswith("mine: ")
