"""What is said of an import that finds nothing: a library of Python, a network that has a file of its own, a slip."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Source, Span
from ...dsl import ast
from ..files.locate import file_of_block, known_names
from ..files.near_names import near_networks
from ..ops.suggest import closest, did_you_mean

_LIBRARIES: Final = frozenset(
    (
        *(
            "torch",
            "nn",
            "tensorflow",
            "tf",
            "keras",
            "numpy",
            "np",
            "math",
            "timm",
            "torchvision",
            "einops",
            "jax",
            "flax",
            "onnx",
            "typing",
        ),
        *("archc", "torchaudio", "transformers", "functools", "collections", "dataclasses", "os", "sys"),
    )
)


def no_file(path: tuple[str, ...], span: Span, asking: Source) -> Diagnostic:
    """`import torch.nn as nn`, `import resnett`."""
    if path[0] in _LIBRARIES:
        return Diagnostic(
            "E213",
            f"there is no file `{'/'.join(path)}.arch`: nothing of Python is imported here",
            Label(span, "not found"),
            help="leave the line out: the operations are there without an import (`conv`, `bn`, `relu`; `archc explain` lists them)",
            fix=_without_line(span),
        )
    message = f"there is no file `{'/'.join(path)}.arch`"
    if path[-1] == "arch" and len(path) > 1:
        right = ".".join(path[:-1])
        fix = Fix(f"a file is imported by its name without the ending: write `{right}`", (Edit(span, right),))
        return Diagnostic("E213", message, Label(span, "not found"), fix=fix)
    near = near_networks(path[-1], known_names()) if len(path) == 1 else ()
    help = did_you_mean(near) or f"it is looked for beside `{asking.name}`, then in the shipped library (`archc list` shows it)"
    return Diagnostic("E213", message, Label(span, "not found"), help=help)


def of_the_library(diagnostic: Diagnostic, item: ast.FromImport) -> Diagnostic:
    """`from torchvision.models import resnet50`: networks that come with archc have files of their own, and are imported from them."""
    known = [name.name for name in item.names if name.name in known_names()]
    if diagnostic.code != "E213" or item.path[0] not in _LIBRARIES or not known:
        return diagnostic
    text = _lines(item, known)
    fix = Fix(f"networks that come with archc are imported from their own files: write {_told(text)}", (Edit(item.span, text),))
    return replace(diagnostic, help=None, fix=fix)


def not_in_the_file(item: ast.FromImport, wanted: ast.Name, offered: Sequence[str]) -> Diagnostic:
    """`from resnet import resnet18`: the file is there, and defines something else. `offered` are the blocks and networks of it."""
    near = closest(wanted.name, offered)
    help = did_you_mean(near) or f"it defines {', '.join(f'`{name}`' for name in offered[:8])}"
    fix = _renamed(wanted, near[0]) if near else None
    elsewhere = wanted.name if wanted.name in known_names() else file_of_block(wanted.name, item.path[-1]) if not near else None
    if elsewhere is not None:
        rest = ", ".join(name.name for name in item.names if name is not wanted)
        text = f"from {elsewhere} import {wanted.name}" + (f"\nfrom {'.'.join(item.path)} import {rest}" if rest else "")
        where = "it has a file of its own" if elsewhere == wanted.name else f"`{elsewhere}` has it"
        fix = Fix(f"{where}: write {_told(text)}", (Edit(item.span, text),))
    return Diagnostic(
        "E215",
        f"`{'.'.join(item.path)}.arch` defines no `{wanted.name}`",
        Label(wanted.span, "not defined there"),
        help=None if elsewhere is not None else help,
        fix=fix,
    )


def _renamed(wanted: ast.Name, name: str) -> Fix:
    """The fix that writes another name in the import and wherever the file uses it."""
    source = wanted.span.source
    uses = [row for row in _WORDS.finditer(source.text) if row["word"] == wanted.name]
    return Fix(f"write `{name}`", tuple(Edit(source.span(row.start(), row.end()), name) for row in uses))


_WORDS = re.compile(r'#[^\n]*|"(?:[^"\\\n]|\\.)*"|(?P<word>[A-Za-z_]\w*)')
"""Names, without those of comments and texts."""


def _lines(item: ast.FromImport, names: Sequence[str]) -> str:
    return "\n".join(f"from {name} import {name}" for name in names)


def _told(text: str) -> str:
    return " and ".join(f"`{line}`" for line in text.split("\n"))


def _without_line(span: Span) -> Fix | None:
    """Leave the whole line out, where nothing else stands on it."""
    text = span.source.text
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    end = len(text) if end < 0 else end + 1
    if not text[start:end].lstrip().startswith(("import ", "from ")) or ";" in text[start:end]:
        return None
    return Fix("leave the line out", (Edit(span.source.span(start, end), ""),))
