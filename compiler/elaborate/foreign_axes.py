"""What other libraries do along axes by a function or a method: `torch.mean(x, dim=[2, 3])`, `x.chunk(2, 1)`, `x.size(1)`."""

from __future__ import annotations

from collections.abc import Sequence

from ...dsl import ast
from ..ops.axis_names import AXIS_NAMES
from .foreign_shapes import Differs, axis_here, items_of
from .shape_of import ShapeOf

REDUCED = {"mean": "mean", "sum": "sum", "max": "max", "amax": "max", "min": "min", "amin": "min", "var": "var", "norm": "norm"}
"""What PyTorch calls the ways of `reduce`."""

PARTED = ("chunk", "split", "tensor_split", "unbind")


def axes_here(node: ast.Expression, shape: ShapeOf | None) -> str | None:
    """One axis or a list of them, as they are written here; None where one of them is no axis of this tensor."""
    texts = items_of(node) or [node.span.text]
    axes = [text if text in AXIS_NAMES else axis_here(text, shape) for text in texts]
    known = [axis for axis in axes if axis is not None]
    return None if len(known) < len(axes) else known[0] if len(known) == 1 else f"[{', '.join(known)}]"


def reduced(what: str, arguments: Sequence[ast.Argument], shape: ShapeOf | None) -> str:
    """`reduce` for a function of PyTorch's that is told the axes, which count the batch there."""
    by = REDUCED[what]
    help = f'along an axis of one tensor it is `reduce("{by}", {_example(shape)})`, the batch not counted; `keep = true` leaves the axis, of size 1'
    places = iter(("p", "dim", "keepdim") if what == "norm" else ("dim", "unbiased", "keepdim") if what == "var" else ("dim", "keepdim"))
    axes, keep = None, ""
    for row in arguments:
        name, said = row.name or next(places, ""), row.value.span.text
        if name in ("dim", "axis"):
            axes = axes_here(row.value, shape)
        elif name in ("keepdim", "keepdims") and said.lower() in ("true", "false"):
            keep = ", keep = true" if said.lower() == "true" else ""
        elif (name, said.lower()) not in (("unbiased", "true"), ("correction", "1"), ("p", "2")):
            raise Differs(help)
    if axes is None:
        raise Differs(help)
    return f'reduce("{by}", {axes}{keep})'


def _example(shape: ShapeOf | None) -> str:
    """The axes that are pooled mostly: all but the channels."""
    names = [name for name in (shape.axes if shape is not None else ()) if name and name != "channels"]
    return "axis = channels" if not names else f"axis = {names[0]}" if len(names) == 1 else f"axis = [{', '.join(names)}]"


def parted(what: str, tensor: str, arguments: Sequence[ast.Argument], shape: ShapeOf | None) -> Differs:
    """What is told of parts: they are named where they are made, and only the reader knows how."""
    given = dict(zip(("n", "dim"), (row.value for row in arguments if row.name is None), strict=False))
    for row in arguments:
        if row.name is not None:
            given["dim" if row.name in ("dim", "axis") else "n"] = row.value
    axis = axis_here(given["dim"].span.text, shape) if "dim" in given and what != "unbind" else None
    count = _parts(what, given.get("n"), axis, shape)
    start = f"skip({tensor}) -> " if tensor else ""
    if axis is None or count is None:
        return Differs(
            f"parts are made together and named: `{start}split(2) as a, b`; along another axis than the channels with `axis = …`"
        )
    places = shape is not None and int(axis) % len(shape.shape) == shape.place("channels")
    sizes, number = count
    names = ", ".join("abcdefgh"[:number]) if number <= 8 else "a, b, …"
    return Differs(
        f"parts are made together and named: `{start}split({sizes}{'' if places else f', axis = {axis}'}) as {names}`, then `skip(a)`"
    )


def _parts(what: str, node: ast.Expression | None, axis: str | None, shape: ShapeOf | None) -> tuple[str, int] | None:
    """What `split` is given, and how many parts that makes. PyTorch's `split` is told the size of each part, its `chunk` how many."""
    items = items_of(node) if node is not None else None
    if items is not None:
        return (f"[{', '.join(items)}]", len(items)) if what == "split" else None
    number = node.value if isinstance(node, ast.Number) and isinstance(node.value, int) and node.value > 0 else None
    if what == "split" and number is not None:
        size = shape.shape[int(axis)] if shape is not None and axis is not None else None
        number = size // number if size is not None and size % number == 0 else None
    return None if number is None else (str(number), number)


def size_of(tensor: str, arguments: Sequence[ast.Argument], shape: ShapeOf | None) -> str:
    """`x.size(1)` as a value: the axis by its name."""
    axis = axis_here(arguments[0].value.span.text, shape) if len(arguments) == 1 else None
    name = shape.axes[int(axis)] if shape is not None and axis is not None else ""
    if shape is None or not name or shape.place(name) is None:
        raise Differs(f"a size of a tensor is read by the name of its axis: `{tensor}.channels`, `{tensor}.height`; the batch has none")
    return f"{tensor}.{name}"
