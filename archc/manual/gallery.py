"""The gallery of the shipped networks: `python -m archc.manual.gallery` writes `docs/gallery.md` and its pictures.

Each network stands there at the level of stages and of blocks, with its totals. Run from the root of the repository. The same networks
with all their operations, and with insets, are written to `build/gallery`, with a page to look at them all; of these, which are large,
`docs/gallery/sums.txt` has the sums, so that a machine that draws other bytes is told.
"""

from __future__ import annotations

import hashlib
import html
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path, PurePath

from ..base.diagnostics import Diagnostic
from ..base.records import dataclass
from ..base.source import Span
from ..compiler.draw.diagram import Options, draw_text
from ..compiler.draw.fold import View, fold
from ..compiler.driver import Checked, check
from ..compiler.files.locate import shipped
from ..compiler.graph.graph import Graph
from ..reporting.error import ArchError

LEVELS = ("stage", "block")
LARGEST = 400
"""Boxes of a picture with all operations; a larger one is none that anybody looks at."""
WORDS = """# Gallery

Every network that archc ships, drawn from its file by `archc draw NAME`, first its stages, then its blocks. A box opens
its line in the source. Equal repeats are folded: `×3` stands for three in a row; a first one that differs stands before them.
`make gallery` makes this page.
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """One network of the gallery."""

    name: str
    summary: str
    graph: Graph
    pictures: tuple[bytes, ...]

    def section(self) -> str:
        from ..compiler.analysis.cost import total, work_of

        work = total(work_of(node) for node in self.graph.nodes if not node.training_only)
        summary = f"{self.summary}\n\n" if self.summary else ""
        numbers = f"{work.parameters:,} parameters, {work.macs:,} MACs, {len(self.graph.nodes):,} operations.\n\n"
        pictures = " ".join(
            f'<img src="gallery/{self.name}-{level}.svg" alt="{html.escape(f"{self.name}, its {level}s")}" width="{width(picture)}">'
            for level, picture in zip(LEVELS, self.pictures, strict=True)
        )
        return f"## {self.name}\n\n{summary}{numbers}{pictures}\n"


def summary(checked: Checked) -> str:
    """The first line of what the file says of itself."""
    text = checked.source.text if checked.source is not None else ""
    first = text.partition("\n")[0]
    return first.removeprefix("##").strip() if first.startswith("##") else ""


def width(picture: bytes) -> int:
    """How wide a picture is shown, in pixels: its own width on paper."""
    text = picture[: picture.index(b">")].decode()
    return round(float(text.split('width="')[1].split("pt")[0]) * 4 / 3)


def link(span: Span) -> str:
    """From a picture in `docs/gallery` to the file's line."""
    return f"../../architectures/{PurePath(span.source.name).name}#L{span.line}"


def show(name: str) -> Shown | tuple[Diagnostic, ...] | None:
    """A shipped network with its pictures; None for a file of blocks alone."""
    checked = check(name)
    if checked.has_errors:
        return checked.diagnostics
    if checked.program is None:
        return None
    drawn = [draw_text(checked.graph, "svg", Options(level, insets=None), link) for level in LEVELS]
    if any(picture.data is None for picture in drawn):
        return tuple(row for picture in drawn for row in picture.diagnostics)
    return Shown(name, summary(checked), checked.graph, tuple(picture.data for picture in drawn if picture.data is not None))


def large(name: str) -> dict[str, bytes]:
    """The pictures of a network that are made and not kept: with all its operations, and with insets, where it has such a picture."""
    checked = check(name)
    if checked.has_errors or checked.program is None:
        return {}
    asked = {"insets": Options(insets=True)}
    if len(fold(checked.graph, View("op")).boxes()) <= LARGEST:
        asked["op"] = Options("op")
    drawn = {kind: draw_text(checked.graph, "svg", options, link) for kind, options in asked.items()}
    return {kind: picture.data for kind, picture in drawn.items() if picture.data is not None and not picture.diagnostics}


def _of(name: str) -> tuple[Shown | tuple[Diagnostic, ...] | None, dict[str, bytes]]:
    return show(name), large(name)


def write_gallery(docs: Path, names: Sequence[str], build: Path) -> None:
    """`docs/gallery.md` and `docs/gallery/*.svg`, and what is large in `build`; pictures of networks that are no more are removed."""
    folder = docs / "gallery"
    sections, kept, sums, sheet = [WORDS], {folder / "sums.txt"}, [], []
    for made in (folder, build):
        made.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for name, (shown, more) in zip(names, pool.map(_of, names), strict=True):
            if isinstance(shown, tuple):
                raise ArchError(shown)
            if shown is None:
                continue
            sections.append(shown.section())
            for level, picture in zip(LEVELS, shown.pictures, strict=True):
                file = folder / f"{name}-{level}.svg"
                file.write_bytes(picture)
                kept.add(file)
            for kind, picture in sorted(more.items()):
                (build / f"{name}-{kind}.svg").write_bytes(picture)
                sums.append(f"{digest(picture)}  {name}-{kind}.svg")
            sheet.append(_row(name, os.path.relpath(folder, build), sorted(more)))
    for file in folder.iterdir():
        if file not in kept:
            file.unlink()
    (folder / "sums.txt").write_text("\n".join(sums) + "\n", encoding="utf-8")
    (docs / "gallery.md").write_text("\n".join(sections), encoding="utf-8")
    (build / "index.html").write_text(SHEET + "\n".join(sheet), encoding="utf-8")


SHEET = """<!DOCTYPE html>
<meta charset="utf-8"><title>Every picture</title>
<style>body { font: 14px sans-serif } figure { display: inline-block; vertical-align: top; margin: 4px } img { max-width: 460px; max-height: 560px }</style>
"""


def _row(name: str, folder: str, more: Sequence[str]) -> str:
    files = [f"{folder}/{name}-{level}.svg" for level in LEVELS] + [f"{name}-{kind}.svg" for kind in more]
    pictures = "".join(f'<figure><a href="{file}"><img src="{file}" loading="lazy"></a></figure>' for file in files)
    return f"<section><h2>{name}</h2>{pictures}</section>"


def digest(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()[:16]


def beside() -> dict[str, bytes]:
    """The pictures of docs/diagrams.md, by their files."""
    checked = check("resnet50")
    drawn = draw_text(checked.graph, "svg", Options(insets=True), lambda span: link(span).removeprefix("../"))
    if drawn.data is None:
        raise ArchError(drawn.diagnostics)
    volumes = draw_text(check("alexnet").graph, "svg", Options(style="volumes"))
    if volumes.data is None:
        raise ArchError(volumes.diagnostics)
    return {"resnet50-insets.svg": drawn.data, "alexnet-volumes.svg": volumes.data}


if __name__ == "__main__":
    write_gallery(Path("docs"), shipped(), Path("build") / "gallery")
    for name, picture in beside().items():
        (Path("docs") / name).write_bytes(picture)
