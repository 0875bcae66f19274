"""What the generated source of a network consists of, before a line of it is written: units, designs, classes, and how members are reached.

The source is printed from a plan, and the memory analysis reads from it what runs when.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node, Scope
from .attributes import Level, access, holders, place_in_list, top_level
from .borrowed import borrowing
from .class_names import name_classes
from .class_plan import Class, make_classes
from .designs import Design, Designs, Form, build_designs
from .identifiers import TAKEN, camel_case
from .initializers import started_in_classes
from .templates import Recipes
from .units import Mode, Units, build_units, needed_nodes, owner_of


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """`classes` stand inner ones first, the network's last. `levels` has what each declares, by its name; `helpers` what
    PyTorch lacks; `owners` the nodes that own modules with weights, by the class of the module, each in order."""

    graph: Graph
    mode: Mode
    units: Units
    designs: Designs
    classes: Sequence[Class]
    levels: dict[str, Level]
    helpers: Sequence[str]
    owners: dict[str, list[Node]]

    def reach(self, design: Design, path: Sequence[str]) -> str:
        """How the class of `design` reaches a member: `self.conv1`."""
        return access(self.levels[design.name], path, self.levels)

    def place_in_list(self, design: Design, path: Sequence[str]) -> tuple[str, int, int] | None:
        """Of a member of an nn.ModuleList: how the list is reached, the member's place in it, and how many it holds."""
        if design.has_more and len(path) == 1:
            return None  # the list holds others as well
        return place_in_list(self.levels[design.name], path, self.levels)

    def works_in_place(self) -> list[bool]:
        """Whether each node, by index, writes its output over its input."""
        found = [False] * len(self.graph.nodes)
        for design in self.designs.all:
            for call in design.calls:
                for item in call.items if call.in_place else ():
                    assert isinstance(item, Node)
                    found[item.index] = True
        return found


@lru_cache(maxsize=2)
def plan_of(graph: Graph, mode: Mode) -> Plan:
    recipes = Recipes(graph)
    helpers = _helpers(graph, mode)
    owners = _owners(graph, mode, recipes)
    units, designs = _structure(graph, mode, recipes, started_in_classes(owners, helpers))
    name = class_name(graph)
    name_classes(designs, name, {*_taken(graph), f"{name}Outputs", f"{name}TrainingOutputs"})
    classes = make_classes(designs)
    return Plan(graph, mode, units, designs, classes, {cls.design.name: _level(cls) for cls in classes}, helpers, owners)


def class_name(graph: Graph) -> str:
    """The name of the network's class in the generated source."""
    name = camel_case(graph.program.name)
    return name if name not in _taken(graph) else f"{name}Net"


def defined(helper: str) -> list[str]:
    """The names that the text of a helper defines."""
    return re.findall(r"^(?:class|def) (\w+)", helper, re.MULTILINE)


def _taken(graph: Graph) -> set[str]:
    """The names that generated code uses itself, and those of the helpers that the network may need."""
    texts = {text for node in graph.nodes for text in node.operation.helpers(node.input_shapes)}
    outside = {row.name for _, row in borrowing(graph.nodes)}
    return {*TAKEN, *outside, *(name for text in texts for name in defined(text))}


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


def _level(cls: Class) -> Level:
    names = holders([(call.path, made) for call, made in cls.members])
    return Level("list", names) if cls.design.form is Form.CHAIN_CLASS else top_level(names)


def _helpers(graph: Graph, mode: Mode) -> list[str]:
    """The definitions that PyTorch lacks, each once, in the order of their first use."""
    found: dict[str, None] = {}
    for node in needed_nodes(graph, mode):
        for text in node.operation.helpers(node.input_shapes):
            found.setdefault(text.strip())
    return list(found)


def _owners(graph: Graph, mode: Mode, recipes: Recipes) -> dict[str, list[Node]]:
    found: dict[str, dict[int, Node]] = {}
    for node in needed_nodes(graph, mode):
        owner = owner_of(graph, node)
        recipe = recipes.of(owner)
        if recipe.target and recipe.weights:
            found.setdefault(recipe.target, {})[owner.index] = owner
    return {target: [nodes[index] for index in sorted(nodes)] for target, nodes in found.items()}
