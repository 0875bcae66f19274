"""The picture of the rooms, made from the imports: `python docs/architecture.py` writes docs/architecture.svg.

An arrow says that files of one room import files of another. Arrows that others imply are left out.
"""

from __future__ import annotations

import sys
from pathlib import Path

import networkx

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from archc.compiler.draw.font import FAMILIES  # noqa: E402
from archc.compiler.draw.graphviz import Failure, render  # noqa: E402
from tests.test_house import FOLDERS, ORDER, imports, modules, name_of, rank, sources  # noqa: E402

TARGET = ROOT / "docs" / "architecture.svg"


def rooms() -> networkx.DiGraph[str]:
    """The rooms, each with how many files it has, and an edge from a room to each that its files import."""
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    for row in ORDER:
        graph.add_nodes_from(row.split(), files=0)
    for path in sources(*FOLDERS):
        here = rank(name_of(path))
        if here is None:
            continue
        graph.nodes[here[1]]["files"] += 1
        for name, _ in imports(path):
            there = rank(name_of(modules()[name])) if name in modules() else None
            if there is not None and there[1] != here[1]:
                graph.add_edge(here[1], there[1])
    return graph


def to_dot(graph: networkx.DiGraph[str]) -> str:
    lines = [
        "digraph rooms {",
        '  node [shape=box, style=rounded, fontname="Liberation Sans", fontsize=11, color="#888888"]',
        '  edge [arrowsize=0.6, color="#666666"]',
    ]
    lines += [f'  "{room}" [label="{room}\\n{data["files"]} file{"s" * (data["files"] != 1)}"]' for room, data in graph.nodes(data=True)]
    lines += [f"  {{ rank=same; {'; '.join(f'{chr(34)}{room}{chr(34)}' for room in row.split())} }}" for row in ORDER]
    lines += [f'  "{user}" -> "{used}"' for user, used in sorted(networkx.transitive_reduction(graph).edges)]
    return "\n".join([*lines, "}"])


def picture() -> bytes:
    drawn = render(to_dot(rooms()), "svg")
    if isinstance(drawn, Failure):
        raise SystemExit(f"there is no picture: {drawn}")
    return drawn.replace(b'font-family="Liberation Sans"', f'font-family="{FAMILIES}"'.encode())  # as in all pictures


if __name__ == "__main__":
    TARGET.write_bytes(picture())
