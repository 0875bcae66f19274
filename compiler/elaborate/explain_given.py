"""An argument of another kind than its parameter's default, which fails where the parameter is read: the call is the place."""

from __future__ import annotations

from ...base.diagnostics import Diagnostic, Label
from ...dsl import ast
from .closures import Binding, Reader
from .slots import written_kind
from .values import kind_of, show_value


def of_another_kind(reader: Reader, node: ast.Expression) -> Diagnostic | None:
    """`resnet(bottleneck, 2)`, of which the second parameter is `depths = [3, 4, 6, 3]`: what is said of the 2, at the call. `node` is what failed."""
    for name in (part for part in ast.walk(node) if isinstance(part, ast.Name)):
        binding = reader.environment.binding(name.name)
        while binding is not None and binding.origin is not None:
            expression, before = binding.origin.expression, binding
            wanted = written_kind(binding.default)
            if wanted is not None and _kind(binding) not in (None, wanted):
                return _said(name.name, before, wanted)
            # A parameter that is handed on has its kind from the first call.
            binding = binding.origin.reader.environment.binding(expression.name) if isinstance(expression, ast.Name) else None
    return None


def _kind(binding: Binding) -> str | None:
    value = binding.value
    if isinstance(value, bool):
        return "true or false"
    kinds = ((int | float, "a number"), (tuple, "a list"), (str, "a text"))
    return next((name for kind, name in kinds if isinstance(value, kind)), None)


def _said(name: str, binding: Binding, wanted: str) -> Diagnostic:
    assert binding.origin is not None and binding.default is not None
    reader, given = binding.origin.reader, binding.origin.expression
    while isinstance(given, ast.Name) and (before := reader.environment.binding(given.name)) is not None and before.origin is not None:
        reader, given = before.origin.reader, before.origin.expression
    return Diagnostic(
        "E208",
        f"`{name}` is {wanted}, as `{binding.default.span.text}`, and here it is {kind_of(binding.value)}: {show_value(binding.value)}",
        Label(given.span, f"must be {wanted}"),
        (Label(binding.span, f"`{name}` is this parameter"),),
    )
