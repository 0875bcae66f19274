"""What tests need to run an operation's texts: a module around them, built on any device, eager or scripted."""

from __future__ import annotations

import itertools
import linecache
from collections.abc import Iterator

import torch
from torch import nn

from archc.compiler.ops.base import Construct, Operation, Shape, Shapes, literal, product
from archc.compiler.ops.strides import Layout

from .samples import one_for_all

torch.set_num_threads(1)

BATCH = 2
_numbers = itertools.count()


def layout_of(tensor: torch.Tensor) -> Layout:
    return Layout(tuple(tensor.shape), tuple(tensor.stride()))


def write(construct: Construct) -> str:
    """The constructor's call as text."""
    words = [literal(value) if name is None else f"{name}={literal(value)}" for name, value in construct.arguments]
    return f"{construct.target}({', '.join(words)})"


def source(operation: Operation, inputs: Shapes, by_module: bool, in_place: bool = False) -> str | None:
    """A module that applies the operation once, by its module or by its expression; None where it has none."""
    names = [f"x{number}" for number in range(len(inputs))]
    made = ["        super().__init__()"]
    bare = [weight for weight in operation.weights(inputs) if not weight.name]
    if by_module:
        construct = operation.module(inputs, in_place)
        if construct is None:
            return None
        made.append(f"        self.op = {write(construct)}")
        result = f"self.op({', '.join(names)})"
    else:
        constant = operation.constant(inputs)
        if constant is not None:
            made.append(f"        self.register_buffer('op', {write(constant)}, persistent={bool(bare)})")
        elif bare:
            made.append(f"        self.op = nn.Parameter(torch.empty({bare[0].shape}))")
        text = operation.expression([*names, "self.op"] if bare or constant else names, inputs, in_place)
        if text is None:
            return None
        result = text
    arguments = "".join(f", {name}: torch.Tensor" for name in names)
    lines = ["import torch", "import torch.nn.functional as F", "from torch import nn", ""]
    lines += operation.helpers(inputs)
    lines += [
        "class Net(nn.Module):",
        "    def __init__(self) -> None:",
        *made,
        f"    def forward(self{arguments}) -> torch.Tensor:",
        f"        return {result}",
    ]
    return "\n".join(lines) + "\n"


def build(text: str) -> nn.Module:
    """The module of a source text. TorchScript reads the text again, so it is kept where `inspect` looks for it."""
    name = f"<operation {next(_numbers)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    space: dict[str, object] = {"__name__": "operation"}
    exec(compile(text, name, "exec"), space)
    net = space["Net"]
    assert isinstance(net, type)
    module = net()
    assert isinstance(module, nn.Module)
    return module


def modules(operation: Operation, inputs: Shapes, in_place: bool = False) -> Iterator[nn.Module]:
    """The module around the operation's module, and that around its expression, as far as there are."""
    for by_module in (True, False):
        text = source(operation, inputs, by_module, in_place)
        if text is not None:
            yield build(text)


def tensors(operation: Operation, inputs: Shapes, device: str = "cpu", batch: int = BATCH) -> list[torch.Tensor]:
    """Inputs of these shapes; whole numbers where the operation looks them up."""
    if operation.name == "embedding":
        return [torch.zeros((batch, *shape), dtype=torch.long, device=device) for shape in inputs]
    alone = one_for_all(operation, inputs)
    values = [torch.randn((1 if number == alone else batch, *shape), device=device) for number, shape in enumerate(inputs)]
    if operation.integer_input is not None:
        places = torch.arange(inputs[1][0] * batch * product(inputs[1][1:]), device=device) % product(inputs[1][1:])
        values[operation.integer_input] = places.reshape(batch, *inputs[1])
    return values


def shape_of(result: torch.Tensor) -> Shape:
    assert result.shape[0] in (1, BATCH)
    return tuple(result.shape[1:])
