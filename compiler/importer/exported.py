"""A program of `torch.export` as a module that can be run and traced: each of its nodes knows its module, the class of that and its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx
from torch.export import ExportedProgram
from torch.utils._pytree import tree_unflatten

from .graph_model import GraphModel, Name, Place, Row, give_weight, part
from .own_lines import is_ours
from .regrouped import regrouped
from .sources import Model
from .training_mode import see_program
from .trouble import trouble
from .words import identifier

END = 2**62
"""Beyond it a slice has no end."""


def model_of_exported(program: ExportedProgram, name: str, origin: str, source: str = "the program") -> Model:
    """Raises `ArchError`: F652 where the program takes one batch alone, F655 where it was exported in training mode."""
    see_program(program, source)
    signature = program.graph_signature
    kept = [index for index, spec in enumerate(signature.output_specs) if not spec.kind.name.endswith("MUTATION")]
    inputs, rows, ends = [], [], []
    weights: list[tuple[str, str, str]] = []
    kinds: dict[str, str] = {}
    shapes: list[torch.Tensor] = []
    sizes: dict[str, Sequence[Any]] = {}
    specs = {spec.arg.name: spec for spec in signature.input_specs}
    for node in program.graph.nodes:
        if node.op == "placeholder":
            spec = specs[node.name]
            kind = spec.kind.name
            if kind == "USER_INPUT":
                if not isinstance(node.meta.get("val"), torch.Tensor):
                    raise trouble(source, "F652", f"the input `{node.name}` of the program is no tensor", "export it with tensors alone")
                inputs.append(node.name)
                shapes.append(_input(node.meta["val"]))
                sizes[node.name] = node.meta["val"].shape
            else:
                weights.append(
                    (
                        node.name,
                        spec.target or node.name,
                        "constant" if kind == "CONSTANT_TENSOR" or spec.persistent is False else kind.lower(),
                    )
                )
        elif node.op == "call_function":
            stack, line = _stack(node, kinds), _line(node)
            rows.append((node, Row(node.name, _function(node.target), _names(node.args), _names(dict(node.kwargs)), stack, line)))
        elif node.op == "output":
            ends = [_names(item) for index, item in enumerate(node.args[0]) if index in kept]
    out_spec = program.call_spec.out_spec

    def answer(values: Mapping[str, Any]) -> object:
        found = [values[end.text] if isinstance(end, Name) else end for end in ends]
        return tree_unflatten(found, out_spec) if out_spec is not None and len(found) == out_spec.num_leaves else found

    module = GraphModel(inputs, regrouped(rows, kinds, {key: value for value, key, _ in weights}), answer)
    known: dict[str, Any] = {**program.constants, **program.state_dict}
    for value, key, kind in weights:
        give_weight(module, value, key, known[key].detach(), kind)
    for path, kind in kinds.items():
        part(module, path, kind)
    module.eval()
    has_one_size = all(isinstance(size, int) for spec in inputs for size in sizes[spec][2:])
    return Model(identifier(name), module, shapes, origin, keep=True, has_one_size=has_one_size)


def _input(value: torch.Tensor) -> torch.Tensor:
    sizes = [size if isinstance(size, int) else int(size.node.hint or 2) for size in value.shape]
    return torch.empty(2, *sizes[1:], dtype=value.dtype, device="meta")


def _names(value: Any) -> Any:
    if isinstance(value, fx.Node):
        return Name(value.name)
    if isinstance(value, list | tuple):
        return [_names(item) for item in value]
    if isinstance(value, dict):
        return {key: _names(item) for key, item in value.items() if key not in ("device", "pin_memory", "layout")}
    return value


def _stack(node: fx.Node, kinds: dict[str, str]) -> tuple[Place, ...]:
    found: list[Place] = []
    for key, (path, kind) in (node.meta.get("nn_module_stack") or {}).items():
        if not path or path.startswith("_"):
            continue
        kinds.setdefault(path, kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}")
        match = re.search(r"@(\d+)$", key)
        found.append((path, int(match[1]) + 1 if match else 1))
    return tuple(found)


def _line(node: fx.Node) -> tuple[str, int] | None:
    """The last line of the stack that is not PyTorch's own."""
    rows = re.findall(r'File "([^"]+)", line (\d+)', node.meta.get("stack_trace") or "")
    own = [row for row in rows if "/torch/" not in row[0].replace("\\", "/") and not row[0].startswith("torch/") and not is_ours(row[0])]
    return (own[-1][0], int(own[-1][1])) if own else None


# ------------------------------------------------------------------------------------------ functions


def _function(target: Any) -> Callable[..., Any]:
    """The function of PyTorch that a person would call, for an operator of ATen: with the same arguments, or as one of these adapts them."""
    if not isinstance(target, torch._ops.OpOverload):
        return target  # type: ignore[no-any-return]
    name = target._schema.name.partition("::")[2].removesuffix("_")
    if name in ADAPTED:
        return ADAPTED[name]
    if name.startswith("linalg_"):
        return getattr(torch.linalg, name.removeprefix("linalg_"), target)
    found = getattr(F, name, None) or getattr(torch, name, None) or getattr(torch.Tensor, name, None)
    return found if callable(found) else target


def batch_norm(
    x: Any, weight: Any, bias: Any, mean: Any, variance: Any, training: bool, momentum: float, eps: float, _: bool = False
) -> torch.Tensor:
    return F.batch_norm(x, mean, variance, weight, bias, training, momentum, eps)


def layer_norm(x: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, _: bool = False) -> torch.Tensor:
    return F.layer_norm(x, shape, weight, bias, eps)


def group_norm(x: Any, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5, _: bool = False) -> torch.Tensor:
    return F.group_norm(x, groups, weight, bias, eps)


def instance_norm(
    x: Any, weight: Any, bias: Any, mean: Any, variance: Any, by_input: bool, momentum: float, eps: float, _: bool = False
) -> torch.Tensor:
    return F.instance_norm(x, mean, variance, weight, bias, by_input, momentum, eps)


def embedding(weight: Any, indices: Any, padding: int = -1, *_: bool) -> torch.Tensor:
    return F.embedding(indices, weight, padding if padding >= 0 else None)


def cut(x: torch.Tensor, axis: int = 0, start: Any = None, stop: Any = None, step: int = 1) -> torch.Tensor:
    whole = slice(start or None, None if stop is None or (isinstance(stop, int) and stop > END) else stop, step if step != 1 else None)
    return x[(slice(None),) * (axis % x.dim()) + (whole,)]


def indexed(x: torch.Tensor, places: Sequence[Any]) -> torch.Tensor:
    return x[tuple(slice(None) if place is None else place for place in places)]


def size(x: torch.Tensor, axis: int) -> int:
    return int(x.shape[axis])


def _resized(mode: str, aligns: bool, **further: bool) -> Callable[..., torch.Tensor]:
    def resize(x: torch.Tensor, sizes: Any, *rest: Any) -> torch.Tensor:
        align, factors = (rest[0], rest[-1]) if aligns else (None, rest[-1] if rest else None)
        factors = factors if isinstance(factors, list | tuple) else None
        more: Any = {**further, "align_corners": align} if aligns else further
        if sizes is not None:
            return F.interpolate(x, size=list(sizes), mode=mode, **more)
        return F.interpolate(x, scale_factor=list(factors or ()), mode=mode, **more)

    return resize


def view(x: torch.Tensor, sizes: Sequence[int]) -> torch.Tensor:
    return x.reshape(sizes)


def permute(x: torch.Tensor, order: Sequence[int]) -> torch.Tensor:
    return x.permute(list(order))


def unchanged(x: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
    return x.contiguous()


def ignored(*_: Any, **__: Any) -> None:
    """What checks and makes nothing."""


def softmax(x: torch.Tensor, axis: int, *_: Any) -> torch.Tensor:
    return F.softmax(x, axis)


ADAPTED: dict[str, Callable[..., Any]] = {
    "batch_norm": batch_norm, "layer_norm": layer_norm, "group_norm": group_norm, "instance_norm": instance_norm, "embedding": embedding,
    "slice": cut, "index": indexed, "sym_size": size, "view": view, "_unsafe_view": view, "permute": permute, "_to_copy": unchanged, "to": unchanged,
    "clone": unchanged, "contiguous": unchanged, "alias": unchanged, "lift_fresh_copy": unchanged, "detach": unchanged,
    "_assert_tensor_metadata": ignored, "_assert_scalar": ignored, "sym_constrain_range_for_size": ignored, "softmax": softmax,
    "_softmax": softmax, "upsample_nearest1d": _resized("nearest", False), "upsample_nearest2d": _resized("nearest", False),
    "upsample_nearest3d": _resized("nearest", False), "upsample_linear1d": _resized("linear", True),
    "upsample_bilinear2d": _resized("bilinear", True), "upsample_bicubic2d": _resized("bicubic", True),
    "upsample_trilinear3d": _resized("trilinear", True), "_upsample_bilinear2d_aa": _resized("bilinear", True, antialias=True),
    "_upsample_bicubic2d_aa": _resized("bicubic", True, antialias=True),
}  # fmt: skip
