"""The graph as PyTorch source: a file that a person could have written, which needs nothing but torch."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..graph.graph import Graph
from ..graph.program import Node, Scope
from ..ops.base import show_size
from .attributes import Level
from .class_names import name_classes, reading_order
from .class_plan import make_classes
from .class_source import ClassWriter, docstring
from .designs import Designs, build_designs
from .identifiers import TAKEN, camel_case
from .initializers import started_in_classes
from .line_breaking import WIDTH, broken
from .network_class import NetworkWriter
from .templates import Recipes
from .units import Mode, Units, build_units, needed_nodes, owner_of

__all__ = ["Mode", "class_name", "to_python"]

_IMPORTS = (
    ("OrderedDict", "from collections import OrderedDict"),
    ("NamedTuple", "from typing import NamedTuple"),
    ("torch", "import torch"),
    ("F", "import torch.nn.functional as F"),
)


def class_name(graph: Graph) -> str:
    """The name of the network's class in the generated source."""
    name = camel_case(graph.program.name)
    return name if name not in _taken(graph) else f"{name}Net"


def _taken(graph: Graph) -> set[str]:
    """The names that generated code uses itself, and those of the helpers that the network may need."""
    texts = {text for node in graph.nodes for text in node.operation.helpers(node.input_shapes)}
    return {*TAKEN, *(name for text in texts for name in _defined(text))}


def to_python(graph: Graph, mode: Mode = Mode.TRAIN) -> str:
    """The whole source file. `mode` says what becomes of side heads; without any, all modes give the same text."""
    recipes = Recipes()
    helpers = _helpers(graph, mode)
    owners = _owners(graph, mode, recipes)
    units, designs = _structure(graph, mode, recipes, started_in_classes(owners, helpers))
    name = class_name(graph)
    name_classes(designs, name, {*_taken(graph), f"{name}Outputs", f"{name}TrainingOutputs"})
    classes = make_classes(designs)
    levels: dict[str, Level] = {}
    texts: dict[str, list[str]] = {}
    for cls in classes:
        writer = ClassWriter.of(graph, cls, designs, levels)
        texts[cls.design.name] = writer.lines() if cls is not classes[-1] else NetworkWriter(writer, units, mode, owners).lines()
    return _file(graph, helpers, [texts[name] for name in reading_order(designs)])


def _structure(graph: Graph, mode: Mode, recipes: Recipes, started: frozenset[str]) -> tuple[Units, Designs]:
    """Units and designs; a reused scope that differs from its first use is no unit."""
    dissolved: set[Scope] = set()
    while True:
        units = build_units(graph, mode, dissolved)
        designs = build_designs(graph, units, recipes, started)
        different = [unit.scope for unit in units.all if unit.uses is not None and not designs.are_one(unit, unit.uses)]
        if not different:
            return units, designs
        dissolved.update(different)


def _helpers(graph: Graph, mode: Mode) -> list[str]:
    """The definitions that PyTorch lacks, each once, in the order of their first use."""
    found: dict[str, None] = {}
    for node in needed_nodes(graph, mode):
        for text in node.operation.helpers(node.input_shapes):
            found.setdefault(text.strip())
    return [_laid_out(text) for text in found]


def _owners(graph: Graph, mode: Mode, recipes: Recipes) -> dict[str, list[Node]]:
    """The nodes that own modules with weights, by the class of the module, each in order."""
    found: dict[str, dict[int, Node]] = {}
    for node in needed_nodes(graph, mode):
        owner = owner_of(graph, node)
        recipe = recipes.of(owner)
        if recipe.target and recipe.weights:
            found.setdefault(recipe.target, {})[owner.index] = owner
    return {target: [nodes[index] for index in sorted(nodes)] for target, nodes in found.items()}


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


def _defined(helper: str) -> list[str]:
    return re.findall(r"^(?:class|def) (\w+)", helper, re.MULTILINE)


def _used(helpers: Sequence[str], code: str) -> list[str]:
    """The helpers that the classes name, and those that these name."""
    kept: list[str] = []
    for text in reversed(helpers):
        if any(re.search(rf"\b{name}\b", code) for name in _defined(text)):
            kept.append(text)
            code += text
    return kept[::-1]


def _file(graph: Graph, helpers: Sequence[str], classes: Sequence[Sequence[str]]) -> str:
    body = ["\n".join(lines) for lines in classes]
    body = [*_used(helpers, "\n".join(body)), *body]
    code = "\n".join(_without_docstrings(text) for text in body)
    standard = [line for word, line in _IMPORTS[:2] if re.search(rf"\b{word}\b", code)]
    torch = [line for word, line in _IMPORTS[2:] if re.search(rf"\b{word}\.", code)]
    header = "\n".join(docstring(_about(graph), 0))
    imports = "\n\n".join("\n".join(group) for group in (standard, [*torch, "from torch import Tensor, nn"]) if group)
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
