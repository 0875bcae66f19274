"""The texts of the corpus whose source is kept beside them."""

from __future__ import annotations

from pathlib import Path

from archc.compiler import driver
from archc.compiler.graph.graph import Graph

CORPUS = Path(__file__).parents[1] / "corpus" / "emit"


def graph_of(name: str) -> Graph:
    return driver.compile(CORPUS / f"{name}.arch").graph
