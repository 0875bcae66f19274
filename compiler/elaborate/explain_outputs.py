"""The name of a result of the network, read within it: it is no label and no value; that of its step is."""

from __future__ import annotations

from dataclasses import replace

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...dsl import ast
from .closures import Environment


def output_named(environment: Environment, name: str) -> ast.OutputItem | None:
    """`output c3 = body.layer2` of the network around."""
    for level in environment.levels():
        for statement in level.body:
            for item in statement.items if isinstance(statement, ast.Output) else ():
                if item.name is not None and item.name.span.text == name:
                    return item
    return None


def said_of_an_output(diagnostic: Diagnostic, item: ast.OutputItem) -> Diagnostic:
    """The diagnostic of a name that is not known, which is that of a result."""
    span, right = diagnostic.primary.span, item.label.span.text
    return replace(
        diagnostic,
        secondary=(Label(item.span, "names a result of this network"),),
        help=f"`{item.name.span.text if item.name else right}` is what the network's own result is called, for who uses the network; "
        f"within it the step is `{right}`",
        fix=Fix(f"write `{right}`", (Edit(span, right),)),
    )
