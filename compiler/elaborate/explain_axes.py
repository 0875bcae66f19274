"""Names of axes in a text: those that a list gives, and those that an expression asks a shape for and that it does not have."""

from __future__ import annotations

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem
from ...dsl import ast
from ..ops.axis_names import AXIS_NAMES, STANDARD, are_known, places
from ..ops.parameters import Named
from ..ops.suggest import closest, did_you_mean
from .explain_values import replacement
from .shape_of import ShapeOf
from .values import show_value

PARTS = (*AXIS_NAMES, "features", "shape", "rank")


def named_sizes(node: ast.List, values: tuple[object, ...]) -> Named:
    """`[length = 197, channels = 768]`."""
    for name, item, value in zip(node.names, node.items, values, strict=True):
        if name and name not in AXIS_NAMES:
            near = closest(name, AXIS_NAMES)
            raise Problem(
                Diagnostic(
                    "E208",
                    f"an axis is called {', '.join(AXIS_NAMES[:-1])} or {AXIS_NAMES[-1]}, and not `{name}`",
                    Label(item.span, f"its name is `{name}`"),
                    help="features are `channels` here, also of a vector and of a sequence"
                    if name == "features"
                    else did_you_mean(near) or "an axis may also be left without a name: `[length = 196, 12, channels = 64]`",
                )
            )
        if not isinstance(value, int) or isinstance(value, bool):
            raise Problem(
                Diagnostic(
                    "E208",
                    f"a list with names is one of sizes, and `{item.span.text}` is {show_value(value)}",
                    Label(item.span, f"is {show_value(value)}"),
                )
            )
    return Named((value for value in values if isinstance(value, int)), node.names)


def no_such_axis(node: ast.Attribute, value: ShapeOf, here: object = None) -> Diagnostic:
    """`in.length` of what has no axis of that name, or two. `here`: the shape of what the step before gave."""
    shape, axes, name = show_value(value), value.axes, node.name
    count = len(places(axes, name))
    near = closest(name, PARTS)
    fix = replacement(node.name_span, tuple(item for item in near if item != name)) if name not in PARTS else None
    message, help = f"the shape {shape} has no `{name}`", did_you_mean(near) if near and near[0] != name else None
    if count > 1:
        message, help = f"the shape {shape} has `{name}` more than once", "`in.shape[0]` is the first axis by its number"
    elif not are_known(axes):
        # As it was read before axes had names, where that can be: by the number of axes.
        usual = places(STANDARD.get(len(axes), ()), name)
        written = "".join(f"{known} = {size}, " for known, size in zip(STANDARD.get(len(axes), ()), value.shape, strict=False)).rstrip(", ")
        if usual:
            message = f"the axes of {shape} have no names, so none of them is `{name}`"
            help = f"name them where they are made: `reshape([{written}])`; `shape[{usual[0]}]` is the size of that axis"
            fix = Fix(f"write `shape[{usual[0]}]`", (Edit(node.name_span, f"shape[{usual[0]}]"),))
    before = here if isinstance(here, ShapeOf) and node.span.text == f"in.{name}" and len(places(here.axes, name)) == 1 else None
    if before is not None and not count:
        help = f"`in` is what enters the body; of what the step before gave, {show_value(before)}, it is `here.{name}`"
        fix = Fix(help, (Edit(node.span, f"here.{name}"),))
    if help is None:
        there = [f"`{row}`" for row in dict.fromkeys(axes) if row]
        help = "its parts are " + ", ".join([*there, "`features` (the last axis)", "and `shape`, a list"])
    return Diagnostic("E227", message, Label(node.name_span, f"of {shape}"), help=help, fix=fix)
