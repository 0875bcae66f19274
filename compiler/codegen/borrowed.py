"""Classes from outside that generated code imports: those of the user's own operations."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

from ...base.diagnostics import Diagnostic, Label
from ...base.records import dataclass
from ...reporting.error import ArchError
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.borrowed import Borrowed
from .identifiers import TAKEN

Naming = Callable[[Borrowed], str]
"""Under which name the module of a class is imported."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A module, and the classes that are imported from it. `origin` is its file or, of what is installed, its own name."""

    origin: str
    is_file: bool
    module: str
    names: tuple[str, ...]

    def lines(self) -> list[str]:
        """The statement; of a file that lies beside the one that is written, in a package as well as on the path."""
        names = ", ".join(self.names)
        if not self.is_file or "." in self.module:
            return [f"from {self.module} import {names}"]
        return ["try:", f"    from .{self.module} import {names}", "except ImportError:", f"    from {self.module} import {names}"]


def borrowing(nodes: Iterable[Node]) -> list[tuple[Node, Borrowed]]:
    """The nodes whose work a class from outside does."""
    rows = ((node, node.operation.borrowed()) for node in nodes)
    return [(node, row) for node, row in rows if row is not None]


def module_beside(graph: Graph) -> Naming:
    """How files are called that lie beside the written one: after the network, so that no other module has the name."""

    def name(row: Borrowed) -> str:
        if not row.is_file:
            return row.origin
        stem = os.path.basename(row.origin).removesuffix(".py")
        return re.sub(r"\W", "_", f"{graph.program.name}_{stem}")

    return name


def imported(graph: Graph, nodes: Iterable[Node], naming: Naming | None = None) -> tuple[Imported, ...]:
    """What the code of these nodes imports. Raises `ArchError` (F662) where two classes, or two files, would have one name."""
    naming = naming or module_beside(graph)
    classes: dict[str, tuple[Borrowed, Node]] = {}
    modules: dict[str, tuple[Borrowed, Node]] = {}
    for node, row in borrowing(nodes):
        if row.name in TAKEN:
            raise ArchError((_taken(node, f"`{row.name}` is a name that generated code uses itself"),))
        other, first = classes.setdefault(row.name, (row, node))
        if other != row:
            raise ArchError((_taken(node, f"two classes are called `{row.name}`: of `{other.origin}` and of `{row.origin}`", first),))
        other, first = modules.setdefault(naming(row), (row, node))
        if other.origin != row.origin:
            raise ArchError((_taken(node, f"`{other.origin}` and `{row.origin}` would both be copied as `{naming(row)}.py`", first),))
    return tuple(
        Imported(row.origin, row.is_file, module, tuple(sorted(name for name, (other, _) in classes.items() if other.origin == row.origin)))
        for module, (row, _) in sorted(modules.items())
    )


def _taken(node: Node, message: str, first: Node | None = None) -> Diagnostic:
    return Diagnostic(
        "F662",
        message,
        Label(node.span, "this step needs it"),
        (Label(first.span, "and this one the other"),) if first is not None else (),
        help="give it another name in its file, `MyFocus = Focus` say, and name that one",
    )
