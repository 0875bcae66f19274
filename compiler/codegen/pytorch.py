"""The graph as PyTorch source: a file that a person could have written, which needs nothing but torch."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..graph.graph import Graph
from ..ops.base import show_size
from .borrowed import Naming, imported
from .class_names import reading_order
from .class_source import ClassWriter, docstring
from .line_breaking import WIDTH, broken
from .network_class import NetworkWriter
from .plan import class_name, defined, plan_of
from .units import Mode, needed_nodes

__all__ = ["Mode", "class_name", "to_python"]

_IMPORTS = (
    ("OrderedDict", "from collections import OrderedDict"),
    ("NamedTuple", "from typing import NamedTuple"),
    ("torch", "import torch"),
    ("F", "import torch.nn.functional as F"),
)


def to_python(graph: Graph, mode: Mode = Mode.TRAIN, naming: Naming | None = None) -> str:
    """The whole source file. `mode` says what becomes of side heads; without any, all modes give the same text.

    The classes of the user's own operations are imported: from a file beside the written one, or as `naming` says.
    """
    plan = plan_of(graph, mode)
    texts: dict[str, list[str]] = {}
    for cls in plan.classes:
        writer = ClassWriter(plan, cls)
        texts[cls.design.name] = writer.lines() if cls is not plan.classes[-1] else NetworkWriter(writer).lines()
    helpers = [_laid_out(text) for text in plan.helpers]
    outside = [line for row in imported(graph, needed_nodes(graph, mode), naming) for line in row.lines()]
    return _file(graph, helpers, [texts[name] for name in reading_order(plan.designs)], outside)


def _laid_out(helper: str) -> str:
    """A helper's text, its long lines broken as all others are."""
    lines: list[str] = []
    for line in helper.split("\n"):
        code = line.lstrip()
        indent = len(line) - len(code)
        if len(line) <= WIDTH or code.startswith("#"):
            lines.append(line)
        elif code.startswith('"""') and code.endswith('"""'):
            lines.extend(docstring(code[3:-3], indent))
        else:
            lines.extend(broken(code, indent))
    return "\n".join(lines)


def _used(helpers: Sequence[str], code: str) -> list[str]:
    """The helpers that the classes name, and those that these name."""
    kept: list[str] = []
    for text in reversed(helpers):
        if any(re.search(rf"\b{name}\b", code) for name in defined(text)):
            kept.append(text)
            code += text
    return kept[::-1]


def _file(graph: Graph, helpers: Sequence[str], classes: Sequence[Sequence[str]], outside: Sequence[str]) -> str:
    body = ["\n".join(lines) for lines in classes]
    body = [*_used(helpers, "\n".join(body)), *body]
    code = "\n".join(_without_docstrings(text) for text in body)
    standard = [line for word, line in _IMPORTS[:2] if re.search(rf"\b{word}\b", code)]
    torch = [line for word, line in _IMPORTS[2:] if re.search(rf"\b{word}\.", code)]
    header = "\n".join(docstring(_about(graph), 0))
    imports = "\n\n".join("\n".join(group) for group in (standard, [*torch, "from torch import Tensor, nn"], outside) if group)
    return "\n\n".join([header, imports]) + "\n\n\n" + "\n\n\n".join(body) + "\n"


def _about(graph: Graph) -> str:
    """The docstring of the file: the network's own text, and where it came from."""
    program = graph.program
    source = program.span.source.name.replace("\\", "/").rsplit("/", 1)[-1]
    sizes = ", ".join(f"{node.names[-1]} {show_size(node.shape)}" for node in graph.inputs)
    told = f"Written by archc from `{source}`. Shapes in comments leave out the batch; they are for {sizes}."
    return f"{program.doc.strip()}\n\n{told}" if program.doc.strip() else told


def _without_docstrings(text: str) -> str:
    return re.sub(r'"""(?:[^"\\]|\\.|"(?!""))*"""', "", text)
