"""Activations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axes import AXIS, resolve_axis
from .base import Backward, Construct, Family, InEightBits, Operation, Saved, Shape, Shapes, Weight, literal, product
from .parameters import FLAG, NUMBER, POSITIVE, Plain, Real, parameter
from .pointwise import Pointwise
from .strides import Layout, in_order


@dataclass(frozen=True, slots=True)
class _Activation(Pointwise):
    """A function of each element. A subclass names PyTorch's class and function, and says what its gradient reads."""

    family: ClassVar[Family] = "activation"
    torch_class: ClassVar[str] = ""
    torch_function: ClassVar[str] = ""
    keeps_output: ClassVar[bool] = False
    """The gradient is worked out from the output, not from the input."""

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(output=True) if self.keeps_output else Saved(inputs=(0,))

    def _settings(self) -> tuple[tuple[str | None, Plain], ...]:
        """The arguments that differ from PyTorch's defaults; module and function call them the same."""
        return ()

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        arguments = self._settings()
        return Construct(self.torch_class, (*arguments, ("inplace", True)) if in_place else arguments)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        further = "".join(f", {name}={literal(value)}" for name, value in self._settings())
        return f"{self.torch_function}({names[0]}{further}{', inplace=True' if in_place else ''})"


@dataclass(frozen=True, slots=True)
class Relu(_Activation):
    name: ClassVar[str] = "relu"
    summary: ClassVar[str] = "max(x, 0)."
    reference: ClassVar[str] = "torch.nn.ReLU"
    onnx: ClassVar[str] = "Relu"
    torch_class: ClassVar[str] = "nn.ReLU"
    torch_function: ClassVar[str] = "F.relu"
    keeps_output: ClassVar[bool] = True
    may_work_in_place: ClassVar[bool] = True
    int8: ClassVar[InEightBits] = "exact"

    def int8_expression(self, names: Sequence[str], inputs: Shapes, zero: int) -> str | None:
        return f"{names[0]}.clamp(min={zero})"


@dataclass(frozen=True, slots=True)
class Relu6(_Activation):
    name: ClassVar[str] = "relu6"
    summary: ClassVar[str] = "min(max(x, 0), 6)."
    reference: ClassVar[str] = "torch.nn.ReLU6"
    onnx: ClassVar[str] = "Clip"
    torch_class: ClassVar[str] = "nn.ReLU6"
    torch_function: ClassVar[str] = "F.relu6"
    may_work_in_place: ClassVar[bool] = True

    def saved_in_place(self, inputs: Shapes, output: Shape) -> Saved:
        # PyTorch copies what it is about to overwrite: its gradient reads it.
        return Saved(extra=product(output))


@dataclass(frozen=True, slots=True)
class LeakyRelu(_Activation):
    name: ClassVar[str] = "leaky_relu"
    summary: ClassVar[str] = "x where it is positive, slope * x elsewhere."
    reference: ClassVar[str] = "torch.nn.LeakyReLU"
    onnx: ClassVar[str] = "LeakyRelu"
    torch_class: ClassVar[str] = "nn.LeakyReLU"
    torch_function: ClassVar[str] = "F.leaky_relu"
    may_work_in_place: ClassVar[bool] = True

    slope: float = parameter(POSITIVE, "the slope below 0", 0.01)

    def _settings(self) -> tuple[tuple[str | None, Plain], ...]:
        return (("negative_slope", float(self.slope)),) if self.slope != 0.01 else ()

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return str(self.slope) if self.slope != 0.01 else ""


@dataclass(frozen=True, slots=True)
class PRelu(_Activation):
    name: ClassVar[str] = "prelu"
    summary: ClassVar[str] = "x where it is positive, a learned slope times x elsewhere."
    reference: ClassVar[str] = "torch.nn.PReLU"
    onnx: ClassVar[str] = "PRelu"
    torch_class: ClassVar[str] = "nn.PReLU"
    output_may_be_overwritten: ClassVar[bool] = True
    wants_channels: ClassVar[str] = "first"
    shared: bool = parameter(FLAG, "one slope for all channels, not one for each", False)
    start: float = parameter(NUMBER, "what the slopes start at", 0.25)

    def channels_wanted(self) -> str:
        return "" if self.shared else self.wants_channels

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return (Weight("weight", (1 if self.shared else inputs[0][0],)),)

    def backward_scratch(self, back: Backward) -> int:
        # The slopes' gradient before it is summed, with the input's, which is made though nothing asks for it.
        slopes, size = product(self.weights(back.inputs)[0].shape), back.elements
        return max(2 * size, size + back.made + slopes) - slopes - back.made

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        arguments: list[tuple[str | None, Plain]] = [] if self.shared else [(None, inputs[0][0])]
        if self.start != 0.25:
            arguments.append(("init", float(self.start)))
        return Construct("nn.PReLU", tuple(arguments))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return None


@dataclass(frozen=True, slots=True)
class Elu(_Activation):
    name: ClassVar[str] = "elu"
    summary: ClassVar[str] = "x where it is positive, alpha * (exp(x) - 1) elsewhere."
    reference: ClassVar[str] = "torch.nn.ELU"
    onnx: ClassVar[str] = "Elu"
    torch_class: ClassVar[str] = "nn.ELU"
    torch_function: ClassVar[str] = "F.elu"
    may_work_in_place: ClassVar[bool] = True

    alpha: float = parameter(POSITIVE, "minus what it tends to", 1.0)

    def _settings(self) -> tuple[tuple[str | None, Plain], ...]:
        return (("alpha", float(self.alpha)),) if self.alpha != 1.0 else ()


@dataclass(frozen=True, slots=True)
class Gelu(_Activation):
    name: ClassVar[str] = "gelu"
    summary: ClassVar[str] = "x times the normal distribution's probability of less than x."
    reference: ClassVar[str] = "torch.nn.GELU"
    onnx: ClassVar[str] = "Gelu"
    torch_class: ClassVar[str] = "nn.GELU"
    torch_function: ClassVar[str] = "F.gelu"
    output_may_be_overwritten: ClassVar[bool] = True

    tanh: bool = parameter(FLAG, "use the approximation by tanh", False)

    def _settings(self) -> tuple[tuple[str | None, Plain], ...]:
        return (("approximate", "tanh"),) if self.tanh else ()


@dataclass(frozen=True, slots=True)
class Silu(_Activation):
    name: ClassVar[str] = "silu"
    summary: ClassVar[str] = "x * sigmoid(x), also called swish."
    reference: ClassVar[str] = "torch.nn.SiLU"
    onnx: ClassVar[str] = "Sigmoid, Mul"
    torch_class: ClassVar[str] = "nn.SiLU"
    torch_function: ClassVar[str] = "F.silu"
    output_may_be_overwritten: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Mish(_Activation):
    name: ClassVar[str] = "mish"
    summary: ClassVar[str] = "x * tanh(softplus(x))."
    reference: ClassVar[str] = "torch.nn.Mish"
    onnx: ClassVar[str] = "Mish"
    torch_class: ClassVar[str] = "nn.Mish"
    torch_function: ClassVar[str] = "F.mish"
    output_may_be_overwritten: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Sigmoid(_Activation):
    name: ClassVar[str] = "sigmoid"
    summary: ClassVar[str] = "1 / (1 + exp(-x))."
    reference: ClassVar[str] = "torch.nn.Sigmoid"
    onnx: ClassVar[str] = "Sigmoid"
    torch_class: ClassVar[str] = "nn.Sigmoid"
    torch_function: ClassVar[str] = "torch.sigmoid"
    keeps_output: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Tanh(_Activation):
    name: ClassVar[str] = "tanh"
    summary: ClassVar[str] = "The hyperbolic tangent."
    reference: ClassVar[str] = "torch.nn.Tanh"
    onnx: ClassVar[str] = "Tanh"
    torch_class: ClassVar[str] = "nn.Tanh"
    torch_function: ClassVar[str] = "torch.tanh"
    keeps_output: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class HardSigmoid(_Activation):
    name: ClassVar[str] = "hard_sigmoid"
    summary: ClassVar[str] = "min(max(x / 6 + 1/2, 0), 1)."
    reference: ClassVar[str] = "torch.nn.Hardsigmoid"
    onnx: ClassVar[str] = "HardSigmoid"
    torch_class: ClassVar[str] = "nn.Hardsigmoid"
    torch_function: ClassVar[str] = "F.hardsigmoid"
    output_may_be_overwritten: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class HardSwish(_Activation):
    name: ClassVar[str] = "hard_swish"
    summary: ClassVar[str] = "x times its hard sigmoid."
    reference: ClassVar[str] = "torch.nn.Hardswish"
    onnx: ClassVar[str] = "HardSwish"
    torch_class: ClassVar[str] = "nn.Hardswish"
    torch_function: ClassVar[str] = "F.hardswish"
    output_may_be_overwritten: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Softmax(_Activation):
    name: ClassVar[str] = "softmax"
    summary: ClassVar[str] = "Positive numbers that sum to 1 along an axis."
    reference: ClassVar[str] = "torch.nn.Softmax"
    onnx: ClassVar[str] = "Softmax"
    torch_class: ClassVar[str] = "nn.Softmax"
    torch_function: ClassVar[str] = "torch.softmax"
    keeps_output: ClassVar[bool] = True

    axis: Plain = parameter(AXIS, "along which axis", "channels")

    def output(self, inputs: Shapes) -> Shape:
        resolve_axis(self.axis, inputs[0], self.name)
        return inputs[0]

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return 5 * product(output)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return in_order(back.sizes(number))

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return in_order(sizes)

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        return Construct(self.torch_class, (("dim", resolve_axis(self.axis, inputs[0], self.name) + 1),))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"{self.torch_function}({names[0]}, dim={resolve_axis(self.axis, inputs[0], self.name) + 1})"


@dataclass(frozen=True, slots=True)
class LogSoftmax(Softmax):
    name: ClassVar[str] = "log_softmax"
    came_with_names: ClassVar[bool] = True
    summary: ClassVar[str] = "The logarithm of `softmax`, worked out in one."
    reference: ClassVar[str] = "torch.nn.LogSoftmax"
    onnx: ClassVar[str] = "LogSoftmax"
    torch_class: ClassVar[str] = "nn.LogSoftmax"
    torch_function: ClassVar[str] = "torch.log_softmax"


@dataclass(frozen=True, slots=True)
class Selu(_Activation):
    name: ClassVar[str] = "selu"
    summary: ClassVar[str] = "An `elu` whose scale and bend keep mean 0 and variance 1 (self-normalising networks)."
    reference: ClassVar[str] = "torch.nn.SELU"
    onnx: ClassVar[str] = "Selu"
    torch_class: ClassVar[str] = "nn.SELU"
    torch_function: ClassVar[str] = "F.selu"
    output_may_be_overwritten: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Celu(_Activation):
    name: ClassVar[str] = "celu"
    summary: ClassVar[str] = "x where it is positive, alpha * (exp(x / alpha) - 1) elsewhere: an `elu` without a kink."
    reference: ClassVar[str] = "torch.nn.CELU"
    onnx: ClassVar[str] = "Celu"
    torch_class: ClassVar[str] = "nn.CELU"
    torch_function: ClassVar[str] = "F.celu"
    output_may_be_overwritten: ClassVar[bool] = True

    alpha: float = parameter(Real("a number above 0", least=5e-324), "minus what it tends to", 1.0)

    def _settings(self) -> tuple[tuple[str | None, Plain], ...]:
        return (("alpha", float(self.alpha)),) if self.alpha != 1.0 else ()


@dataclass(frozen=True, slots=True)
class Softplus(_Activation):
    name: ClassVar[str] = "softplus"
    summary: ClassVar[str] = "log(1 + exp(beta * x)) / beta."
    reference: ClassVar[str] = "torch.nn.Softplus"
    onnx: ClassVar[str] = "Softplus"
    torch_class: ClassVar[str] = "nn.Softplus"
    torch_function: ClassVar[str] = "F.softplus"
    output_may_be_overwritten: ClassVar[bool] = True

    beta: float = parameter(POSITIVE, "how sharp the bend is", 1.0)

    def _settings(self) -> tuple[tuple[str | None, Plain], ...]:
        return (("beta", float(self.beta)),) if self.beta != 1.0 else ()


OPERATIONS: tuple[type[Operation], ...] = (
    Relu,
    Relu6,
    LeakyRelu,
    PRelu,
    Elu,
    Gelu,
    Silu,
    Mish,
    Sigmoid,
    Tanh,
    HardSigmoid,
    HardSwish,
    Selu,
    Celu,
    Softmax,
    LogSoftmax,
    Softplus,
)
