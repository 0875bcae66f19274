"""A file of ONNX as a module that can be run and traced. Keys and the modules are those that PyTorch's exporter wrote down, where it did."""

from __future__ import annotations

import ast
import operator
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy
import torch

from .graph_model import GraphModel, Name, Place, Row, give_weight, part
from .onnx_functions import FUNCTIONS
from .sources import Model
from .training_mode import see_onnx
from .trouble import trouble
from .words import identifier, is_name

LAYERS = (
    "Conv",
    "ConvTranspose",
    "Gemm",
    "BatchNormalization",
    "LayerNormalization",
    "GroupNormalization",
    "InstanceNormalization",
    "PRelu",
)
"""Operators whose weights are those of one module."""
WITHOUT = "import the model itself, `my_net.py:Net`: a file has other operations than the model was written with"
"""What helps where an operation of a file has no rule."""

WEIGHTS = ("", "weight", "bias", "running_mean", "running_var")


def data_of(path: str) -> list[str]:
    """The files beside one of ONNX that hold its larger tensors, as it names them; found without the package, for that loads slowly."""
    with open(path, "rb") as file:
        text = file.read()
    found = (text[row.end() : row.end() + row[1][0]] for row in _LOCATION.finditer(text))
    names = dict.fromkeys(name.decode("utf-8", "replace") for name in found)
    return [os.path.join(os.path.dirname(path), name) for name in names]


_LOCATION = re.compile(rb"\x0a\x08location\x12([\x01-\x7f])", re.DOTALL)
"""An entry of protobuf, field 1 `location` and field 2, whose length is one byte."""


def model_of_onnx(path: str, name: str, source: str) -> Model:
    """Raises `ArchError`: F616 without the package, F651 for what is no such file, F653 for an operator that has no word."""
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise trouble(source, "F616", "reading `.onnx` needs the package `onnx`", "`pip install 'archc[onnx]'`") from error
    for beside in data_of(path):
        if not os.path.isfile(beside):
            told = f"`{source}` keeps its numbers in `{os.path.basename(beside)}`, which is not there"
            raise trouble(source, "F651", told, f"put `{os.path.basename(beside)}` beside it, where the file was written")
    try:
        proto = onnx.load(path)
        onnx.checker.check_model(proto)
    except Exception as error:
        line = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise trouble(
            source, "F651", f"`{source}` is no ONNX file that can be read: {line}", "name a file that PyTorch or ONNX wrote"
        ) from error
    reader = _Reader(source, {row.name: numpy_helper.to_array(row) for row in proto.graph.initializer}, onnx.helper.get_attribute_value)
    for node in proto.graph.node:
        reader.node(node, numpy_helper.to_array)
    known = {row.name for row in proto.graph.initializer}
    inputs = [row for row in proto.graph.input if row.name not in known]
    ends = [row.name for row in proto.graph.output]

    def answer(values: Mapping[str, Any]) -> object:
        return values[ends[0]] if len(ends) == 1 else {end: values[end] for end in ends}

    module = GraphModel([row.name for row in inputs], reader.rows, answer)
    for value, (key, tensor, kind) in reader.weights.items():
        give_weight(module, value, key, tensor, kind)
    for place, kind in reader.kinds.items():
        part(module, place, kind)
    module.eval()
    folded = any(row.op_type == "Conv" for row in proto.graph.node) and not any(
        row.op_type == "BatchNormalization" for row in proto.graph.node
    )
    notes = ["batch norms, if the model had any, are folded into the convolutions before them: their keys are gone"] if folded else []
    example = [_input(row, onnx.helper.tensor_dtype_to_np_dtype) for row in inputs]
    has_one_size = all(size.HasField("dim_value") for row in inputs for size in row.type.tensor_type.shape.dim[2:])
    origin = f"{path.replace(chr(92), '/').rpartition('/')[2]}, ONNX"
    return Model(identifier(name), module, example, origin, keep=True, notes=notes, has_one_size=has_one_size)


class _Reader:
    def __init__(self, source: str, known: dict[str, numpy.ndarray[Any, Any]], value_of: Callable[[Any], Any]) -> None:
        self.source, self.known, self.value_of = source, known, value_of
        self.rows: list[Row] = []
        self.weights: dict[str, tuple[str, torch.Tensor, str]] = {}
        self.kinds: dict[str, str] = {}
        self.bases: dict[str, tuple[str, str]] = {}
        """Of each key that is given away, where its layer stands and what it is."""
        self.linear: dict[str, str] = {}
        """The key of each product of a weight, by what it makes: a sum that follows may be its bias."""

    def node(self, node: Any, array_of: Callable[[Any], Any]) -> None:
        attributes = {row.name: _short(self.value_of(row)) for row in node.attribute}
        if node.op_type == "Constant":
            (value,) = attributes.values()
            self.known[node.output[0]] = array_of(value) if hasattr(value, "dims") else numpy.asarray(value)
            return
        if node.op_type == "Identity" and node.input[0] in self.known:
            self.known[node.output[0]] = self.known[node.input[0]]
            return
        see_onnx(node, attributes, self.known, self.source)
        stack = self._stack(node)
        function = FUNCTIONS.get(node.op_type)
        if function is None or node.domain not in ("", "ai.onnx"):
            place = stack[-1][0] if stack else "the root module"
            raise trouble(self.source, "F653", f"the import knows no ONNX operator `{node.op_type}` (in {place})", WITHOUT)
        base = self._base(node, stack)
        arguments = [self._argument(node, place, base, attributes, stack) for place in range(len(node.input))]
        name = node.output[0]
        if node.op_type == "Add" and self._is_bias(node, arguments):
            return
        if node.op_type == "Gemm":
            attributes = {}
        if node.op_type == "MatMul" and node.input[1] in self.known and self.known[node.input[1]].ndim == 2:
            function, self.linear[name] = FUNCTIONS["Gemm"], base
        if node.op_type == "Split":
            name = f"{name}.all"
        self.rows.append(Row(name, function, arguments, attributes, stack))
        if node.op_type == "Split":
            self.rows += [Row(made, operator.getitem, [Name(name), index], {}, stack) for index, made in enumerate(node.output)]

    def _is_bias(self, node: Any, arguments: list[Any]) -> bool:
        """A sum of a product and a vector: the bias of `linear`."""
        for place in (0, 1):
            before, other = node.input[place], node.input[1 - place]
            if before in self.linear and other in self.known and self.known[other].ndim == 1 and self.rows[-1].name == before:
                base = self.linear[before]
                value = f"{base}.bias"
                self.weights[value] = (f"{base}.bias", torch.from_numpy(self.known[other].copy()), "parameter")
                row = self.rows[-1]
                row.name, row.arguments = node.output[0], [*row.arguments, Name(value)]
                return True
        return False

    def _argument(self, node: Any, place: int, base: str, attributes: dict[str, Any], stack: tuple[Place, ...]) -> Any:
        name = node.input[place]
        if not name:
            return None
        value = self.known.get(name)
        if value is None:
            return Name(name)
        is_product = node.op_type == "MatMul" and place == 1 and value.ndim == 2
        if (node.op_type in LAYERS and place) or is_product:
            last = "weight" if is_product else WEIGHTS[place]
            tensor = torch.from_numpy(value.copy())
            if is_product or (node.op_type == "Gemm" and place == 1 and not attributes.get("transB", 0)):
                tensor = tensor.T.contiguous()
            own = f"{base}.{last}"
            self.weights[own] = (own, tensor, "buffer" if last.startswith("running") else "parameter")
            return Name(own)
        if node.op_type == "Gather" and place == 0 and value.ndim == 2:
            own = name if name.endswith(".weight") else f"{base}.weight"
            self.weights[own] = (own, torch.from_numpy(value.copy()), "parameter")
            return Name(own)
        if value.dtype == numpy.float32 and value.size > 1 and node.op_type in ("Add", "Mul", "Sub", "Div", "MatMul", "Concat", "Expand"):
            own = _plain_path(name)
            scope = stack[-1][0] if stack else ""
            if scope and own.rpartition(".")[0] != scope and not self.kinds.get(scope, "").startswith("torch.nn."):
                own = f"{scope}.{own.rpartition('.')[2]}"  # equal tensors are one in the file
            self.weights[own] = (own, torch.from_numpy(value.copy()), "parameter")
            return Name(own)
        return value

    def _base(self, node: Any, stack: tuple[Place, ...]) -> str:
        """The key of the module that a layer is: from its weight's name, else from where it stood, else from its own name.

        Equal tensors are one in the file, under the name of the first: a name that another module has is not taken.
        """
        scope = stack[-1][0] if stack else ""
        kind = self.kinds.get(scope, "")
        heads = [name.rpartition(".")[0] for name in node.input[1:] if name in self.known and name.rpartition(".")[2] in WEIGHTS]
        named = next((head for head in heads if head and _is_path(head)), "")
        stands = scope if kind.startswith("torch.nn.") or not kind else ""
        # A convolution with a norm that was folded into it stands where the norm stood.
        wanted = [named, stands] if "norm" in kind.lower() and "Conv" in node.op_type else [stands, named]
        wanted.append(identifier(node.name.replace("/", "_").strip("_") or node.op_type))
        for base in filter(None, wanted):
            if self.bases.setdefault(base, (scope, node.op_type)) == (scope, node.op_type):
                return str(base)
        return identifier(f"{wanted[-1]}_{len(self.rows)}")

    def _stack(self, node: Any) -> tuple[Place, ...]:
        """From the metadata of the newer exporter, or from the names of the older one (`/layer1/layer1.0/conv1/Conv`)."""
        told = {row.key: row.value for row in node.metadata_props}
        scopes = told.get("pkg.torch.onnx.name_scopes")
        if scopes is not None:
            paths = list(ast.literal_eval(scopes))[:-1]
            classes = list(ast.literal_eval(told.get("pkg.torch.onnx.class_hierarchy", "[]")))[:-1]
            for path, kind in zip(paths, classes, strict=False):
                if path:
                    self.kinds.setdefault(path, kind)
            return tuple((path, 1) for path in paths if path)
        if not node.name.startswith("/"):
            return ()
        found: list[Place] = []
        for piece in node.name.strip("/").split("/")[:-1]:
            last = found[-1][0] if found else ""
            # Inside of a list a module's name begins with the list's (`shortcut/shortcut.0`).
            head = piece.rpartition(".")[0]
            around = last.removesuffix(head) if head and (last == head or last.endswith(f".{head}")) else f"{last}." if last else ""
            path, times = self._entered(around + piece)
            if _is_path(path):
                found.append((path, times))
        return tuple(found)

    def _entered(self, path: str) -> tuple[str, int]:
        """A module's path, and how often it was entered: the older exporter writes `b.0_1` at the second time. A module may be called `conv_1` itself."""
        counted = re.fullmatch(r"(.+)_(\d+)", path)
        if counted is None or self._has_weights(path) or (_is_path(path) and not self._has_weights(counted[1])):
            return path, 1
        return counted[1], int(counted[2]) + 1

    def _has_weights(self, path: str) -> bool:
        return any(name.startswith(f"{path}.") for name in self.known)


def _short(value: Any) -> Any:
    """A number of 32 bits as it was written: 1e-05, not 9.999999747378752e-06."""
    return float(str(numpy.float32(value))) if isinstance(value, float) else value


def _is_path(text: str) -> bool:
    return all(is_name(word) or word.isdigit() for word in text.split("."))


def _plain_path(name: str) -> str:
    return ".".join(word if is_name(word) or word.isdigit() else identifier(word) for word in name.split("."))


def _input(row: Any, dtype_of: Callable[[int], Any]) -> torch.Tensor:
    kind = row.type.tensor_type
    shape = [int(size.dim_value) or 224 for size in kind.shape.dim[1:]]
    dtype = torch.from_numpy(numpy.zeros(1, dtype_of(kind.elem_type))).dtype
    return torch.empty(2, *shape, dtype=dtype, device="meta")
