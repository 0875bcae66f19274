"""What is legal where it stands and reads as if something else was meant: another library's order of arguments, two names over pairs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem, Severity
from ...dsl import ast
from ..ops import TABLE
from ..ops.axis_names import AXIS_NAMES
from ..ops.base import Operation
from ..ops.shape import Order
from .closures import Given
from .shape_of import ShapeOf
from .values import Unknowable

if TYPE_CHECKING:
    from .evaluator import Evaluator


def doubts_of_call(word: str, call: ast.Call, given: Mapping[str, Given], entering: object) -> Iterator[Diagnostic]:
    """Of a step whose arguments are read. `entering` is the shape of what comes in."""
    places = [argument for argument in call.arguments if argument.name is None]
    if (
        word == "attention"
        and len(places) == 1
        and isinstance(entering, ShapeOf)
        and (doubt := _doubt_of_heads(call, given["heads"].value, entering)) is not None
    ):
        yield doubt
    if places and isinstance(entering, ShapeOf) and (doubt := _doubt_of_order(word, call, given, entering)) is not None:
        yield doubt
    if (doubt := _doubt_of_far_places(word, call, places, given)) is not None:
        yield doubt
    if word == "slice" and len(places) == 2 and len(call.arguments) == 2 and all(_is_number(place.value) for place in places):
        first, second = (place.span.text for place in places)
        yield Diagnostic(
            "W516",
            f"`{call.span.text}` takes what follows position {second} of axis {first}: the axis comes first",
            Label(call.span, f"axis {first}, from {second} to the end"),
            help=f"`slice(start = {first}, stop = {second})` takes the positions from {first} to before {second} of the channels; "
            f"`slice({first}, start = {second})` is what stands here",
            severity=Severity.WARNING,
        )
    elif isinstance(entering, ShapeOf):
        position = _doubt_of_position(call, places, entering) if word == "select" else None
        if (doubt := position or doubt_along(word, call, given, entering)) is not None:
            yield doubt


def _is_all(kernel: int, entering: ShapeOf) -> bool:
    """Whether a window is wider than the map that it moves on, and is as many as the channels are: those were told."""
    return kernel == entering.attribute("channels") and kernel > max(entering.shape[1:], default=kernel)


def _doubt_of_order(word: str, call: ast.Call, given: Mapping[str, Given], entering: ShapeOf) -> Diagnostic | None:
    """What comes in, written before what goes out: `conv(64, 128, 3)`, `dwconv(64, 3)`, `lstm(64, 256)`."""
    if entering.attribute("channels") is None:
        return None
    places = [argument for argument in call.arguments if argument.name is None]
    kernel, stride = (given[name].value if name in given else 1 for name in ("kernel", "stride"))
    read = ""
    if word in (*_CONVOLUTIONS, "deconv") and len(places) > 2:
        # LeNet's `conv(1, 6, 5)`: nobody moves a window of six by five.
        odd_pair = isinstance(kernel, int) and isinstance(stride, int) and kernel % 2 == 0 and stride % 2 == 1 and 3 <= stride < kernel
        if isinstance(kernel, int) and (kernel > 7 or odd_pair):
            read = f"it gives {given['channels'].value} channels with a window of {kernel}"
    elif word in _CONVOLUTIONS and len(places) == 2 and not {"stride", "pad", "dilation"} & {*given}:
        if isinstance(kernel, int) and kernel >= 6 and kernel % 2 == 0:
            read = f"it gives {given['channels'].value} channels with a window of {kernel}"
    elif word == "dwconv" and isinstance(kernel, int) and kernel > 7 and (len(places) > 1 or kernel % 2 == 0 or _is_all(kernel, entering)):
        read = f"it has a window of {kernel}" + (f" and a stride of {stride}" if len(places) > 1 else "")
    elif word in ("lstm", "gru", "rnn") and len(places) > 1 and isinstance(layers := given["layers"].value, int) and layers > 12:
        read = f"it has {layers} layers of {given['features'].value} features"
    first = "kernel" if word == "dwconv" else "features" if "features" in given else "channels"
    if word == "dwconv" and read and len(places) > 1 and isinstance(kernel, int) and _is_for_channels(kernel, entering):
        return _window_of_channels(call, places, kernel, entering)
    if not read or given[first].value != entering.attribute("channels"):
        return None
    channels = places[0].span.text
    rest = ", ".join(argument.span.text for argument in call.arguments[1:])
    told = f"{word}({rest})" if rest else f"{word}(3)"
    edit = Edit(places[0].span.to(places[1].span), places[1].span.text) if len(places) > 1 else Edit(places[0].span, "3")
    return Diagnostic(
        "W515",
        f"`{call.span.text}` reads as PyTorch's order, what comes in before what goes out: here {read}",
        Label(call.span, f"{channels} channels come in"),
        help=f"what comes in is never written: `{told}`; where it is meant, name the arguments",
        fix=Fix(f"write `{told}`", (edit,)),
        severity=Severity.WARNING,
    )


def _doubt_of_far_places(word: str, call: ast.Call, places: Sequence[ast.Argument], given: Mapping[str, Given]) -> Diagnostic | None:
    """`conv(64, 3, 1, 2, 2)`: the fifth is groups here and the dilation in PyTorch, whose sixth is the groups."""
    if word not in _CHANGED_PLACES:
        return None
    count, here, there = _CHANGED_PLACES[word]
    if len(places) < count or here not in given or given[here].value == (given[there].value if there in given else _UNSAID[there]):
        return None
    kept = ", ".join(argument.span.text for argument in places[: count - 1])
    values = [argument.span.text for argument in places[count - 1 : count + 1]]
    elsewhere, stands = (
        ", ".join([kept, *(f"{name} = {value}" for name, value in zip(names, values, strict=False))])
        for names in ((there, here), (here, there))
    )
    return Diagnostic(
        "W515",
        f"place {count} of `{call.span.text}` is `{here}`; in PyTorch's order it is `{there}`",
        Label(places[count - 1].span, f"read as `{here} = {values[0]}`"),
        help=f"name it: `{word}({elsewhere})` is what PyTorch's order says, `{word}({stands})` what stands here",
        severity=Severity.WARNING,
    )


def _is_for_channels(kernel: int, entering: ShapeOf) -> bool:
    """Whether a window is a number of channels that do not come in: wider than the map, and no window of a paper's."""
    is_wider = entering.place("channels") == 0 and max(entering.shape[1:], default=kernel) < kernel
    return is_wider and kernel % 8 == 0 and kernel != entering.attribute("channels")


def _window_of_channels(call: ast.Call, places: Sequence[ast.Argument], kernel: int, entering: ShapeOf) -> Diagnostic:
    """`dwconv(64, 3)` of 3 channels. How many it was to give only another step can make."""
    channels = entering.attribute("channels")
    sides = "x".join(map(str, entering.shape[1:]))
    rest = ", ".join(argument.span.text for argument in call.arguments[1:])
    is_multiple = isinstance(channels, int) and kernel % channels == 0
    grouped = f", or by `conv({kernel}, {rest}, groups = {channels})`" if is_multiple else ""
    return Diagnostic(
        "W515",
        f"`{call.span.text}` has a window of {kernel} on a map of {sides}, and a stride of {places[1].span.text}: the channels are never written",
        Label(places[0].span, "wider than the map"),
        help=f"it gives as many as come in, {channels}: `dwconv({rest})`; {kernel} are made by `conv({kernel}, 1) -> dwconv({rest})`{grouped}",
        severity=Severity.WARNING,
    )


_CONVOLUTIONS: Final = ("conv", "std_conv", "weight_norm_conv", "spectral_norm_conv")
"""Those whose window may be left out, so that of two numbers the second may be what goes out: no paper has an even window of 6 or more at stride 1."""


_CHANGED_PLACES: Final = {
    **dict.fromkeys(_CONVOLUTIONS, (5, "groups", "dilation")),
    "maxpool": (5, "ceil", "indices"),
}
"""Of an operation: the place from which on PyTorch has another order, what stands there here, and what there."""

_UNSAID: Final[Mapping[str, object]] = {"dilation": 1, "indices": False}
"""What is taken where such a one is not written."""


def _doubt_of_heads(call: ast.Call, heads: object, entering: ShapeOf) -> Diagnostic | None:
    """`attention(64)` of 64 channels: PyTorch is told the features first, and here as many heads have one feature each."""
    channels = entering.attribute("channels")
    if not isinstance(channels, int) or channels < 16 or heads != channels:
        return None
    features = next((size for size in (64, 32, 16, 8) if channels > size and channels % size == 0), channels)
    return Diagnostic(
        "W515",
        f"`{call.span.text}` reads as PyTorch's order, the features before the heads: here {channels} heads have one feature each",
        Label(call.span, f"{channels} channels come in"),
        help=f"only the heads are written: `{call.path[0]}({channels // features})` are of {features} features",
        severity=Severity.WARNING,
    )


def doubts_of_comparison(reader: Evaluator, condition: ast.Expression) -> Iterator[Diagnostic]:
    """`act == relu` where `act` is the text "gelu": a text never equals an operation, whatever both are called."""
    for node in ast.walk(condition):
        if not isinstance(node, ast.Binary) or node.operator not in ("==", "!="):
            continue
        for named, other in ((node.left, node.right), (node.right, node.left)):
            if not isinstance(named, ast.Name) or not isinstance(other, ast.Name | ast.Index) or named.name not in TABLE:
                continue
            if reader.environment.binding(named.name) is not None or reader.environment.label(named.name) is not None:
                continue
            try:
                value = reader.value(other)
            except (Problem, Unknowable):  # not reached where an `and` before it does not hold
                continue
            if isinstance(value, str) and value in TABLE:
                yield Diagnostic(
                    "W525",
                    f'`{named.name}` is an operation and `{other.span.text}` the text "{value}": they are never equal',
                    Label(node.span, f"is always {'false' if node.operator == '==' else 'true'}"),
                    fix=Fix(f'compare it with a text: `"{named.name}"`', (Edit(named.span, f'"{named.name}"'),)),
                    severity=Severity.WARNING,
                )


def doubts_of_axis_names(operation: type[Operation], given: Mapping[str, Given]) -> Iterator[Diagnostic]:
    """`softmax(length)` where `length` is a parameter, 1: the number of an axis is read, and its name was meant."""
    for row in operation.parameters():
        origin = given[row.name].origin if (row.kind.names_axes or isinstance(row.kind, Order)) and row.name in given else None
        if origin is None:
            continue
        for node in ast.walk(origin.expression):
            binding = origin.reader.environment.binding(node.name) if isinstance(node, ast.Name) and node.name in AXIS_NAMES else None
            if binding is None or type(binding.value) is not int:
                continue
            assert isinstance(node, ast.Name)
            yield Diagnostic(
                "W523",
                f"`{node.name}` is {binding.value} here, and no name of an axis: `{operation.name}` takes axis {binding.value}",
                Label(node.span, f"axis {binding.value}"),
                (Label(binding.span, f"`{node.name}` is given here"),),
                help=f"call this `{node.name}` something else, and `{node.name}` is the axis again; where its number is meant, `# allow W523`",
                severity=Severity.WARNING,
            )


_ALONG: Final = {
    **dict.fromkeys(("reduce", "softmax", "log_softmax", "normalize", "slice", "select", "chunk", "split"), (1,)),
    **dict.fromkeys(("flip", "roll"), (1, 2)),
}
"""Steps along an axis that other libraries count from the batch, and the numbers of axes that are doubted."""


def doubt_along(word: str, call: ast.Call, given: Mapping[str, Given], entering: ShapeOf) -> Diagnostic | None:
    """`reduce("mean", axis = 1)` of a sequence, `flip(2)` of an image: in libraries that count the batch, the number is another axis."""
    axis, axes = given.get("axis"), entering.axes
    if axis is None or axis.span.source is not call.span.source:
        return None
    number = next((n for n in _ALONG.get(word, ()) if axis.value in (n, (n,)) and axis.span.text in (f"{n}", f"[{n}]")), None)
    is_image = axes[:1] == ("channels",) and len(axes) > 2 and all(axes)
    if number is None or number >= len(axes) or not (is_image or axes == ("length", "channels")):
        return None
    if word == "slice" and not _is_of_tokens(given):
        return None  # a slice of the channels of a sequence, or of the rows of an image, is as likely
    meant, taken = axes[number - 1], axes[number]
    return Diagnostic(
        "W518",
        f"`{call.span.text}` goes along {taken}: the batch is not counted, and {meant} {'are' if meant == 'channels' else 'is'} axis {number - 1}",
        Label(axis.span, f"the {taken}"),
        help=f"name the axis that is meant: `{meant}` or `{taken}`",
        severity=Severity.WARNING,
    )


def _is_of_tokens(given: Mapping[str, Given]) -> bool:
    """Whether a slice takes a single position, or all but the first: a token, or those behind it."""
    start, stop = (given[name].value if name in given else None for name in ("start", "stop"))
    start = 0 if start is None else start
    one = isinstance(start, int) and isinstance(stop, int) and stop - start == 1
    return one or (start == 1 and stop is None)


def _doubt_of_position(call: ast.Call, places: Sequence[ast.Argument], entering: ShapeOf) -> Diagnostic | None:
    """`select(1, 0)`, `select(1, -1)` of a sequence: PyTorch is told the axis first, with the batch counted, and then the position."""
    axes = entering.axes
    texts = [place.span.text for place in places]
    if len(call.arguments) != 2 or texts not in (["1", "0"], ["1", "-1"]) or not axes or not all(axes):
        return None
    taken, position = axes[int(texts[1])], texts[1]
    if taken == axes[0] and position == "-1":
        return None
    return Diagnostic(
        "W516",
        f"`{call.span.text}` takes position 1 of the {taken}: the position comes first, and the batch is not counted",
        Label(call.span, f"position 1 of the {taken}"),
        help=f"`select({position}, {axes[0]})` takes the {'first' if position == '0' else 'last'} of the {axes[0]}; "
        f"`select(1, {taken})` is what stands here",
        severity=Severity.WARNING,
    )


def doubt_of_axis(operation: type[Operation], head: ast.Call, given: Mapping[str, Given], entering: Sequence[ShapeOf]) -> Diagnostic | None:
    """`concat(axis = 1)` of images alike: in libraries that count the batch, axis 1 are the channels, and both readings fit the sizes."""
    axis = given.get("axis")
    if axis is None or not operation.lies_on_top or type(axis.value) is not int or axis.value != 1 or axis.span.text != "1":
        return None
    first = entering[0]
    default = next((row.default for row in operation.parameters() if row.name == "axis"), None)
    if default == 0:
        return _doubt_of_place(head, axis, first)
    if default != "channels":
        return None
    if len(first.shape) < 3 or first.axes[:1] != ("channels",) or not first.axes[1] or any(row.shape != first.shape for row in entering):
        return None
    if not (head.span.start <= axis.span.start < head.span.end and head.span.source is axis.span.source and axis.span.text == "1"):
        return None
    name = first.axes[1]
    return Diagnostic(
        "W518",
        f"`{head.span.text}` joins along {name}: the batch is not counted, and the channels are axis 0",
        Label(axis.span, f"the {name}"),
        help=f"`{head.path[0]}` joins channels, as `axis = channels` does; where {name} is meant, write `axis = {name}`",
        severity=Severity.WARNING,
    )


def _doubt_of_place(head: ast.Call, axis: Given, entering: ShapeOf) -> Diagnostic | None:
    """`stack(1)` of vectors or sequences: with the batch counted it is the first place. Of images it is often right, a volume of its maps."""
    if entering.axes not in (("channels",), ("length", "channels")):
        return None
    made = [str(size) for size in entering.shape]
    made.insert(1, "n")
    first = f"[n, {', '.join(str(size) for size in entering.shape)}]"
    return Diagnostic(
        "W518",
        f"`{head.span.text}` puts the new axis behind the {entering.axes[0]}, [{', '.join(made)}]: the batch is not counted",
        Label(axis.span, "the second place"),
        help=f"`{head.path[0]}` alone puts it first, {first}; where it stands second, `# allow W518`",
        severity=Severity.WARNING,
    )


def _is_number(value: ast.Expression) -> bool:
    return isinstance(value, ast.Number) or (isinstance(value, ast.Unary) and isinstance(value.operand, ast.Number))


def doubt_of_pairs(loop: ast.For, values: Sequence[object], body: Sequence[ast.Statement]) -> Diagnostic | None:
    """`for c, s in [[16, 1], [24, 2]]`: the names are the number of the round and a pair, and both are read as if they were the two of it."""
    if loop.index is None or not values or not all(type(value) is tuple and len(value) == 2 for value in values):
        return None
    wrong = next(_as_number(loop.variable.name, body), None) or next(_beside(loop.variable.name, loop.index.name, body), None)
    if wrong is None or not _is_argument(loop.index.name, body):
        return None
    first, second = loop.index.name, loop.variable.name
    return Diagnostic(
        "W517",
        f"`{first}` is the number of the round, from 0, and `{second}` the whole item, a list of two",
        Label(loop.index.span.to(loop.variable.span), "number and item"),
        (Label(wrong.span, "read as a number"),),
        help=f"take the item apart: `for row in {' '.join(loop.values.span.text.split())} {{ let {first} = row[0]  let {second} = row[1] … }}`",
        severity=Severity.WARNING,
    )


def _is_argument(name: str, body: Sequence[ast.Statement]) -> bool:
    """Whether the name alone is an argument: what counts rounds is mostly a part of one."""
    return any(isinstance(node, ast.Argument) and isinstance(node.value, ast.Name) and node.value.name == name for node in ast.walk(*body))


def _beside(name: str, other: str, body: Sequence[ast.Statement]) -> Iterator[ast.Name]:
    """Where the name is an argument beside the other, each alone: `unit(c, s)` of a block."""
    for node in ast.walk(*body):
        if isinstance(node, ast.Call):
            names = [argument.value for argument in node.arguments if isinstance(argument.value, ast.Name)]
            if other in [row.name for row in names]:
                yield from (row for row in names if row.name == name)


def _as_number(name: str, body: Sequence[ast.Statement]) -> Iterator[ast.Name]:
    """Where the name is an argument of an operation, or a part of a sum or product."""
    for node in ast.walk(*body):
        if isinstance(node, ast.Call) and len(node.path) == 1 and node.path[0] in TABLE:
            rows: list[ast.Expression] = [argument.value for argument in node.arguments]
        elif isinstance(node, ast.Binary):
            rows = [node.left, node.right]
        else:
            continue
        yield from (row for row in rows if isinstance(row, ast.Name) and row.name == name)
