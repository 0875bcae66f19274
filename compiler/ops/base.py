"""What an operation is. Everything that archc knows of one stands in its record, a subclass of `Operation`.

Shapes are without the batch axis and channels first: `(64, 56, 56)` for an image, `(64, 100)` for a signal,
`(64, 8, 28, 28)` for a volume, `(1000,)` for a vector, `(197, 768)` for a sequence of tokens (its channels last).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from functools import cache
from typing import ClassVar, Literal, TypeAlias

from ...base.records import dataclass
from .axis_names import Axes, channels_first, joined, sequence, spelled
from .backward import Backward as Backward
from .backward import copied_gradient as copied_gradient
from .eight_bits import EightBits
from .eight_bits import InEightBits as InEightBits
from .module_form import ModuleForm
from .parameters import Kind, Parameter, Plain
from .shapes import Shape as Shape
from .shapes import Shapes as Shapes
from .shapes import literal as literal
from .shapes import product as product
from .shapes import show as show
from .shapes import show_size as show_size
from .strides import Layout, as_suggested, in_order

BYTES_A_FLOAT = 4
"""What counts of elements take an element for, where masks of a byte are among them."""

Family: TypeAlias = Literal[
    "convolution",
    "dense",
    "norm",
    "activation",
    "elementwise",
    "pool",
    "merge",
    "shape",
    "regularise",
    "attention",
    "recurrent",
    "other",
    "port",
    "fused",
]


class Refusal(Exception):
    """An operation does not accept its inputs.

    `code` is a row of `archc/reporting/codes/table.py`; `message` names shapes and values. `parameter` is the field at fault
    (its argument is underlined), `beside` those that the message speaks of, too, `operand` the number of the input at fault, `axis` the axis of it (`axes`: all axes on
    which the paths of a merge wrongly differ).
    `suggestions` are values of `parameter` that would do, best first (at most four). `help` says the remedy. `argument` is a parameter
    and the text of its value: written out, the step does what was probably meant.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        parameter: str | None = None,
        beside: tuple[str, ...] = (),
        operand: int | None = None,
        axis: int | None = None,
        axes: tuple[int, ...] = (),
        suggestions: tuple[Plain, ...] = (),
        notes: tuple[str, ...] = (),
        help: str | None = None,
        argument: tuple[str, str] | None = None,
    ) -> None:
        super().__init__(spelled(message))
        self.code = code
        self._message = message
        self.message = spelled(message)
        self.parameter = parameter
        self.beside = beside
        self.operand = operand
        self.axis = axis
        self.axes = axes or ((axis,) if axis is not None else ())
        self.suggestions = suggestions
        self.notes = notes
        self.help = help
        self.argument = argument

    def told(self, axes: Axes) -> str:
        """The message where the input's axes have these names."""
        return spelled(self._message, axes)


@dataclass(frozen=True, slots=True)
class Weight:
    """A tensor that the module keeps. Its key is the node's path, a dot and `name`.

    An empty `name` means that the key is the path itself: the tensor is no part of a module of its own. The code generator
    writes it as `self.<label> = nn.Parameter(torch.empty(shape))`, starts it as `initialization` says, and hands its text
    to `expression` after the inputs' names; such an operation has no `module`.
    """

    name: str
    shape: Shape
    trainable: bool = True
    dtype: str = "float"

    @property
    def elements(self) -> int:
        total = 1
        for size in self.shape:
            total *= size
        return total


@dataclass(frozen=True, slots=True)
class Construct:
    """The expression that makes a module, taken apart so that the code generator can lift numbers out of it.

    `Construct("nn.Conv2d", ((None, 64), (None, 128), ("kernel_size", 3)))` is `nn.Conv2d(64, 128, kernel_size=3)`.
    Arguments that equal PyTorch's default are left out.
    """

    target: str
    arguments: tuple[tuple[str | None, Plain], ...] = ()


@dataclass(frozen=True, slots=True)
class Initialization:
    """How the weights of a module start: the text of a call for each tensor, `{}` standing for the tensor.

    `(("weight", 'nn.init.kaiming_normal_({}, mode="fan_out", nonlinearity="relu")'),)`. Empty: as PyTorch does.
    """

    calls: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """What autograd keeps of one call until its backward pass, beside the module's own weights.

    `inputs` are the numbers of the inputs that are kept as they are, `output` tells whether the output is,
    `extra` counts further elements of the same dtype, `extra_bytes` bytes of another (max-pool indices, masks); `once`
    counts elements that there are once whatever the batch (the statistics of batch norm).
    `for_inputs` tells that the inputs are kept for their own gradients alone, not for those of weights (a padding's), and
    `extra_for_inputs` how many of the `extra` elements are.
    Tensors that several calls keep are one storage: `analysis/memory.py` counts them once.
    """

    inputs: tuple[int, ...] = ()
    output: bool = False
    extra: int = 0
    extra_bytes: int = 0
    once: int = 0
    for_inputs: bool = False
    extra_for_inputs: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """What one output position reads along one spatial axis (for receptive fields and unread pixels).

    Position `i` reads `kernel` inputs from `i * stride / upscale - before`, `dilation` apart. `kernel` 0: the whole axis.
    """

    kernel: int = 1
    stride: int = 1
    before: int = 0
    dilation: int = 1
    upscale: int = 1


@dataclass(frozen=True, slots=True)
class Operation(EightBits, ModuleForm):
    """The base of every operation: its fields are its parameters, in the order of positional arguments.

    A subclass sets the class variables, declares its fields with `parameters.parameter`, and overrides what differs.
    Every method takes the shapes of the inputs (and of the output) and is pure.
    """

    name: ClassVar[str] = ""
    """The word in the language."""
    family: ClassVar[Family] = "other"
    summary: ClassVar[str] = ""
    """One sentence for the reference and for hover."""
    reference: ClassVar[str] = ""
    """The paper, or the PyTorch class whose rule it follows."""
    onnx: ClassVar[str] = ""
    """The ONNX operator or operators that it becomes."""
    least_inputs: ClassVar[int] = 1
    most_inputs: ClassVar[int | None] = 1
    """None: any number. More than one input makes it a head of merges."""
    came_with_names: ClassVar[bool] = False
    """True: it is no older than the names of axes, so that no text ever meant another axis by it."""
    channels_of_two: ClassVar[int] = 0
    """Which of two axes is `channels` where neither has a name."""
    wants_channels: ClassVar[str] = ""
    """Where the channels must stand: "first" (convolutions, pools, most norms), "last" (operations on tokens), or "": anywhere."""
    training_only: ClassVar[bool] = False
    """True: the identity when the network is evaluated (dropout)."""
    commutes: ClassVar[bool] = False  # whether two operands give the same numbers in either order, to the last bit
    may_work_in_place: ClassVar[bool] = False
    """True: `expression` and `module` honour `in_place`."""
    output_may_be_overwritten: ClassVar[bool] = False
    """True: the backward pass does not need this operation's output and the output is no view, so that what follows may overwrite it."""
    is_view: ClassVar[bool] = False
    """True: the output shares the input's storage."""
    symbol: ClassVar[str] = ""
    """What the round node of a merge shows in a diagram (`+`); empty: the name."""
    caption_says_all: ClassVar[bool] = False
    """True: in sums the caption needs no name before it (`3x3, 64` is a convolution to every reader)."""
    enlarges: ClassVar[bool] = False
    """True: it makes a map larger, which the sum of a block in a diagram tells."""
    gradient_is_view: ClassVar[bool] = False
    """True: each input's gradient is the output's, or a view of it: the backward pass makes no new tensor (a sum, a concatenation)."""
    gradients_are_one: ClassVar[bool] = False
    """True: the gradients of all inputs are one new tensor (a mean's)."""
    gives_integers: ClassVar[bool] = False
    """True: the output holds whole numbers, which nothing learns and which only an operation that asks for them takes."""
    integer_input: ClassVar[int | None] = None
    """The number of the input that must be such a tensor."""
    needs_several_values: ClassVar[bool] = False
    """True: training takes statistics over the batch and the image, and refuses one value a channel."""
    drops_samples: ClassVar[bool] = False
    """Whether it sets whole samples to 0 while training: what a residual does with its branch, and not with its shortcut."""
    keeps_residual: ClassVar[bool] = False
    """A merge whose skip is a residual: with nothing beside it, the other path stands alone and no sum is left."""
    lies_on_top: ClassVar[bool] = False
    """A merge of paths whose axes are the same, each with each."""
    removes_mean: ClassVar[bool] = False
    """True: it subtracts each channel's mean, so that a bias added before has no effect."""

    # ------------------------------------------------------------------------------------ to be overridden

    def output(self, inputs: Shapes) -> Shape:
        """The output's shape, or `Refusal`. PyTorch's own rule, exactly (stricter rules: docs/ops.md)."""
        raise NotImplementedError

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        """The names of the output's axes, of those of the inputs'. As a rule an axis keeps its name where their number stays."""
        if not names or len(names[0]) != len(output):
            return ("",) * len(output)
        known = joined([row for row in names if len(row) == len(output)])
        if self.channels_wanted() == "first":
            return channels_first(known)
        return sequence(known) if self.channels_wanted() == "last" and len(known) == 2 else known

    def channels_wanted(self) -> str:
        """`wants_channels`, where it hangs on a parameter."""
        return self.wants_channels

    def on(self, names: Sequence[Axes], inputs: Shapes) -> Operation:
        """The record for inputs whose axes have these names, where it hangs on them, or `Refusal`. Words of axes: `axes.placed`."""
        return self

    def finds_axis(self, parameter: str) -> bool:
        """Whether that parameter tells the axis: not where another one does."""
        return True

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        """The tensors that the module keeps, in the order of its state_dict."""
        return ()

    def macs(self, inputs: Shapes, output: Shape) -> int:
        """Multiply-accumulates at batch 1: convolutions, linear layers and attention's products; 0 for all else."""
        return 0

    def flops(self, inputs: Shapes, output: Shape) -> int:
        """Floating-point operations at batch 1: 2 a MAC, 1 a bias add, and the convention of docs/costs.md for the rest."""
        return 2 * self.macs(inputs, output)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        """What a training step keeps until the backward pass."""
        return Saved()

    def saved_in_place(self, inputs: Shapes, output: Shape) -> Saved:
        """The same where it works in place. Inputs and output are one storage then."""
        return self.saved(inputs, output)

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        """Elements of further tensors that are alive at once while it runs (steps of an operation that PyTorch composes)."""
        return 0

    def storage(self, inputs: Shapes, output: Shape) -> int:
        """Elements of the output's storage: more than it has where PyTorch makes it of a larger tensor (`fold`), none where it is a weight."""
        return product(output)

    def gradient_stored(self, number: int, back: Backward) -> int:
        """The same of the gradient of input `number`, of the whole batch."""
        return product(back.inputs[number]) * back.batch

    def partials(self, inputs: Shapes) -> tuple[int, ...]:
        """Elements of what it makes on its way, a tensor after another: of `a + b + c` the sum of the first two. The first takes in two inputs
        and each further one another, it may be before the last inputs are there; each is let go of when the next is there."""
        return ()

    def backward_scratch(self, back: Backward) -> int:
        """Elements, of the whole batch, that its backward pass needs beside what it keeps, the gradients of its output, of the
        inputs that want one, and of its weights. Below 0 where these are never all alive at once."""
        return 0

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        """How the gradient of input `number` lies: of one that is the output's, as a view of that."""
        return as_suggested((back.layouts[number],), back.sizes(number))

    def copied_weight_gradients(self, back: Backward) -> int:
        """Elements of the gradients of weights that are copied when they are there, because they do not lie as the weights do."""
        return 0

    def unsaved(self, inputs: Shapes) -> tuple[Weight, ...]:
        """Fixed tensors that its module holds beside its weights, and no checkpoint has."""
        return ()

    def held_weight_gradients(self, inputs: Shapes) -> int:
        """Elements that gradients of weights hold beside their own, as parts of a larger tensor that nothing else needs."""
        return 0

    def added_on_the_way(self, inputs: Shapes) -> int:
        """Elements of weights of which the gradient of a second use is added to that of the first before those of the others are made."""
        return 0

    def copies_gradient(self, back: Backward) -> bool:
        """Whether what should be a view of the output's gradient must be copied, because of how that lies."""
        return False

    def keeps_input(self, number: int, wanted: Sequence[bool]) -> bool:
        """Whether input `number`, one of `saved`, is kept where only the `wanted` inputs have gradients."""
        return True

    def kept_extra(self, saved: Saved, inputs: Shapes, wanted: Sequence[bool]) -> int:
        """How many of the `extra` elements are kept where only the `wanted` inputs have gradients."""
        return saved.extra if all(wanted[:1]) else saved.extra - saved.extra_for_inputs

    def passes_gradient(self, number: int, inputs: Shapes, output: Shape) -> bool:
        """Whether the gradient of input `number` is the output's, or a view of it."""
        return self.gradient_is_view

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        """How the output lies, `sizes` with the batch; of a view, how it lies in its input's storage (or in the copy's)."""
        return in_order(sizes)

    def is_copied(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> bool:
        """Whether what should be a view must be copied, as a `reshape` must where its input lies in another order."""
        return False

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        """Elements beside `scratch`, of the whole batch: of copies of inputs that do not lie as wanted, and of what there is once. In training
        autograd keeps some of the copies (`kept_copies`), and they are alive to the end."""
        return 0

    def kept_copies(self, inputs: Sequence[Layout]) -> int:
        """Elements of those copies that autograd keeps, in place of the inputs."""
        return 0

    def kept_of_copies(self, inputs: Sequence[Layout], wanted: Sequence[bool]) -> int:
        """The same where only the `wanted` inputs have gradients."""
        return self.kept_copies(inputs)

    def copied_inputs(self, inputs: Sequence[Layout]) -> tuple[int, ...]:
        """The numbers of the inputs in whose place the copies are kept."""
        return (0,) if len(inputs) == 1 and self.kept_copies(inputs) else ()

    def output_is_kept(self, inputs: Sequence[Layout]) -> bool:
        """Whether autograd keeps the output where `saved` says so."""
        return True

    def answers_with_view(self, inputs: Sequence[Layout]) -> bool:
        """Whether the output is, to autograd, a view of what was made: to overwrite it costs the backward pass two more tensors."""
        return False

    def windows(self, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        """One window a spatial axis of the first input; None: every position reads its own alone."""
        return None

    def windows_of(self, number: int, inputs: Shapes, output: Shape) -> tuple[Window, ...] | None:
        """The same of any input."""
        return self.windows(inputs, output) if number == 0 else None

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        """The module that holds the weights, or stands for the operation in an `nn.Sequential`. None: there is none."""
        return None

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        """The call without a module (`F.relu(x)`, `torch.cat([a, b], 1)`); None: it must be called through its module.

        `names` are the inputs, each a name (or text that binds as tightly); after them the parameter, where a weight has
        an empty name. The text itself may bind loosely (`a + b`).
        """
        return None

    def beside(self) -> tuple[str, Operation] | None:
        """A second result, of a record of its own on the same inputs, and its label within that of the step."""
        return None

    def results(self, inputs: Shapes) -> tuple[tuple[str, Operation], ...]:
        """Where its module answers with several: each with its label within that of the step, and its record."""
        return ()

    def check_origin(self, output: Shape, origin: Shape) -> None:
        """`Refusal` where the whole numbers that it takes were made of a tensor that does not fit what it gives."""

    def asked(self, wanted: Sequence[bool]) -> Operation:
        """The record of what PyTorch runs where these inputs need gradients: it may choose another kernel."""
        return self

    def takes_batchless(self, number: int) -> bool:
        """Whether input `number` may come in without a batch, as a learned tensor does, beside others that have one; else it is expanded."""
        return False

    def sums_images(self, number: int) -> bool:
        """Whether the gradient of such an input is never there for all images: it is summed from what `backward_scratch` counts."""
        return False

    def check_batch(self, batchless: Sequence[bool]) -> None:
        """`Refusal` where an input that must be one for the whole batch is not."""

    def constant(self, inputs: Shapes) -> Construct | None:
        """What makes the fixed tensor that it reads, named as a bare weight is; a state_dict has it where `weights` names it. None: it reads none."""
        return None

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        """Whole functions or classes that its texts name and PyTorch lacks, each written once, above the network's classes; they script."""
        return ()

    def initialization(self) -> Initialization:
        """How the weights start, where it is not PyTorch's way."""
        return Initialization()

    def reads_integers(self) -> int | None:
        """Where the input, or the output of what takes none, holds whole numbers from 0 on (places in a table): how many there are."""
        return None

    def made_whole(self) -> str | None:
        """Of a fixed tensor that gives floating point numbers: the argument by which they are rows of a table; None where they are none."""
        return None

    def only_moves(self) -> bool:
        """Whether the output holds the inputs' numbers as they are, be they whole or not."""
        return self.family == "shape"

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        """Whether, with these parameters and shapes, the output always equals the input (dropout(0), a 1x1 pool)."""
        return False

    def passes_on(self) -> bool:
        """Whether it hands on what it is given, in training too, and says so itself: a picture leaves it out."""
        return False

    def loosened(self, inputs: Shapes) -> Iterator[tuple[Operation, str]]:
        """Records that may give the same of these shapes with one size fewer written out, each with the text that makes it."""
        return iter(())

    def divisor(self, inputs: Shapes) -> int:
        """What the size of an axis must divide by, a number that its parameters fix."""
        return 1

    def caption(self, inputs: Shapes, output: Shape) -> str:
        """What a diagram prints under the name: `3x3, 128, /2, g32`. Only what a reader wants; an axis as `axis_name` has it (see `told`)."""
        return ""

    # ------------------------------------------------------------------------------------------- derived

    def told(self, inputs: Shapes, output: Shape, *axes: Axes) -> str:
        """The caption, its axes by the names that they have in what comes out, or in what goes in; a record knows none of these."""
        return spelled(self.caption(inputs, output), *axes)

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        return _parameters(cls)  # type: ignore[arg-type]  # mypy: a dataclass's own __hash__ hides that its class has one

    @classmethod
    def is_source(cls) -> bool:
        """Whether it takes no tensor at all: what it gives is one for the whole batch, with a batch axis of 1."""
        return cls.most_inputs == 0 and cls.family != "port"

    @classmethod
    def is_merge(cls) -> bool:
        return cls.most_inputs is None or cls.most_inputs > 1

    def arguments(self) -> tuple[tuple[str, Plain], ...]:
        return tuple((row.name, getattr(self, row.name)) for row in self.parameters())


@cache
def _parameters(cls: type[Operation]) -> tuple[Parameter, ...]:
    rows = []
    for item in dataclasses.fields(cls):
        kind, doc = item.metadata["kind"], item.metadata["doc"]
        assert isinstance(kind, Kind) and isinstance(doc, str)
        default: Plain = None if item.default is dataclasses.MISSING else item.default
        rows.append(Parameter(item.name, kind, doc, default, item.default is dataclasses.MISSING))
    return tuple(rows)
