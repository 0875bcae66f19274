"""The site out of the pages that stand in the repository: `make site`, with Sphinx, into build/site.

Sphinx reads the repository from its root, so that a link leads on the site where it leads in the repository, and no page is written twice.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import archc
from archc.manual.pygments_lexer import ArchLexer

PAGES = {
    "Begin": [
        "docs/tour",
        "docs/language",
        "docs/ops",
        "docs/own_operations",
        "docs/mistakes",
        "docs/commands",
        "docs/watch",
        "docs/playground/README",
        "docs/editors",
        "docs/notebook",
    ],
    "Networks": ["architectures/README", "docs/gallery", "docs/diagrams", "docs/import", "docs/imported"],
    "Numbers": [
        "docs/costs",
        "docs/lecture",
        "docs/speed",
        "docs/foreseen",
        "docs/quantize",
        "docs/deploy",
        "docs/checker",
        "docs/json",
        "benchmarks/RESULTS",
    ],
    "Errors": ["docs/errors/README", "docs/errors/[EWF]*"],
    "archc itself": ["docs/architecture", "CONTRIBUTING", "CHANGELOG", "docs/decisions/README", "docs/decisions/0*"],
}
"""The pages in the order of the sidebar, by subject; `*` stands for every page of a kind. A test holds that none is missing."""

project, author, release = "archc", "the authors of archc", archc.__version__
root_doc = "README"
include_patterns = ["README.md", *(f"{page}.md" for pages in PAGES.values() for page in pages)]

extensions = ["myst_parser"]
myst_enable_extensions = ["html_image"]
myst_heading_anchors = 4
suppress_warnings = [
    "misc.highlighting_failure",
    "myst.header",
]  # a listing may hold what is no shell; a table may stand below a small heading

html_theme = "furo"  # it brings its fonts, scripts and search along: a built page asks no other host for anything
html_title = "archc"
html_static_path = []
html_show_sourcelink = False
html_copy_source = False


def _contents(_app: object, name: str, source: list[str]) -> None:
    """The first page holds the sidebar, which the repository's README has no need of."""
    if name == root_doc:
        for subject, pages in PAGES.items():
            source[0] += f"\n```{{toctree}}\n:hidden:\n:glob:\n:maxdepth: 1\n:caption: {subject}\n\n" + "\n".join(pages) + "\n```\n"


def _first_page(app: Any, failure: Exception | None) -> None:
    """What a server shows for the folder is the first page."""
    if failure is None and app.builder.name == "html":
        shutil.copyfile(Path(app.outdir, f"{root_doc}.html"), Path(app.outdir, "index.html"))


def setup(app: Any) -> None:
    app.add_lexer("arch", ArchLexer)
    app.connect("source-read", _contents)
    app.connect("build-finished", _first_page)
    if not Path(app.srcdir, "README.md").is_file():
        raise RuntimeError("build from the root of the repository: `make site`")
