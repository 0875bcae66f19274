"""Where a format does not take a class of the user's own: the error stands at the step that runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...base.diagnostics import Diagnostic, Label
from ...reporting.error import ArchError
from ..codegen.borrowed import borrowing
from ..files.system_errors import quoted
from ..graph.graph import Graph
from ..runtime.latency import alone
from ..runtime.own_code import where
from ..runtime.prepare import Wanted, ready

if TYPE_CHECKING:
    from torch import nn


@contextmanager
def told_at_its_step(graph: Graph | None, form: str, attempt: Callable[[nn.Module, Graph], object]) -> Iterator[None]:
    """What fails in here is tried again with each of the network's own operations alone: `attempt` writes the module of one as `form`.

    Raises `ArchError` (F667) for those that fail alone; where none does, what was raised goes on.
    """
    try:
        yield
    except ArchError:
        raise
    except Exception as error:
        rows = tuple(_failing(graph, form, attempt)) if graph is not None else ()
        if not rows:
            raise
        raise ArchError(rows) from error


def _failing(graph: Graph, form: str, attempt: Callable[[nn.Module, Graph], object]) -> Iterator[Diagnostic]:
    tried = set()
    for node, row in borrowing(graph.nodes):
        if (row, node.operation, node.input_shapes) in tried:
            continue
        tried.add((row, node.operation, node.input_shapes))
        step = alone(node, graph.trusted)
        try:
            attempt(ready(step, Wanted()), step)
        except Exception as error:
            yield Diagnostic(
                "F667",
                f"`{row.name}` cannot be written as {form}: PyTorch takes a part of Python there, and not all of the class is in it",
                Label(node.span, "runs it here"),
                notes=(quoted(error), *where(error, row.origin)),
                help=f"write the class as {form} wants it, or ask for other targets: `--target python,diagram,json`",
            )
