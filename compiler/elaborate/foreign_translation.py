"""A call of another library put into archc's words, argument by argument."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ...base.records import dataclass
from ...dsl import ast
from ..ops import TABLE
from ..ops.base import show
from ..ops.foreign_calls import (
    STATED,
    argument_here,
    as_in_its_text,
    is_from_elsewhere,
    is_keras,
    keras_value,
    left_out,
    parameter_of,
    positions,
    states_inputs,
    takes_weights,
    unsaid,
    value_of,
)
from ..ops.foreign_names import key, same_as
from ..ops.parameters import BadValue
from .closures import Builtin
from .foreign_axes import PARTED, REDUCED, axes_here, parted, reduced
from .foreign_merges import merged
from .foreign_shapes import FLATTEN, Around, Differs, flattened, items_of, keras_cut, normalised, sides, stated
from .shape_of import ShapeOf
from .signatures import signature
from .slots import Signature, Slot
from .values import WORDS


def translated(call: ast.Call, around: Around) -> str | None:
    """The steps that the call is here; None where that is not certain. Raises `Differs` where it is known why not."""
    word = as_in_its_text(".".join(call.path), call.span.source.text)
    if key(word) == "sequential":
        rest = replace(around, coming=None)
        listed = call.arguments[0].value if len(call.arguments) == 1 and call.arguments[0].name is None else None
        steps = listed.items if isinstance(listed, ast.List) else [row.value for row in call.arguments if row.name is None]
        if len(steps) < len(call.arguments):
            return None
        parts = [_part(step, rest if number else around) for number, step in enumerate(steps)]
        return " -> ".join(part for part in parts if part is not None) if parts and None not in parts else None
    last, tensor = word.rpartition(".")[2], _tensor(call, around)
    if is_from_elsewhere(word) and (last in PARTED or (last in REDUCED and tensor and not _joins(call, around))):
        axes = call.arguments[bool(tensor) :]
        shape = around.shape(tensor) if tensor else around.coming
        if last in PARTED:
            raise parted(last, tensor or "", axes, shape)
        return f"skip({tensor}) -> {reduced(last, axes, shape)}"
    if key(word) == "activation":
        return _activation(call)
    if last in MOVED:
        moved = MOVED[last](call.arguments[bool(tensor) :], around.shape(tensor) if tensor else around.coming)
        return f"skip({tensor}) -> {moved}" if tensor and moved else moved
    if word in ("max", "min", "sum") and call.arguments and not tensor and not _joins(call, around):
        return reduced(word, call.arguments, around.coming)
    if word in ("nn.Parameter", "torch.nn.Parameter"):
        raise Differs("a learned tensor is a step that gives it, mostly as a path: `mul { | skip | scale: parameter([8, 1, 1]) }`")
    unknown = _unknown_tensor(call, around)
    if unknown is not None and re.match(r"(F|torch|nn\.functional)\.[a-z]", word) is not None:
        raise Differs(f"`{unknown}` names nothing here: a step takes the tensor at hand, and that of a label behind `skip(label)`")
    name = same_as(word) or (word.rpartition(".")[2] if is_from_elsewhere(word) else None)
    if name is None or name not in TABLE or takes_weights(word):
        return None
    if not call.bare and name != "pad":  # of a `pad` it is told which sides are meant
        _of_its_rank(word, name, around)
    called = signature(Builtin(TABLE[name]))
    arguments = list(call.arguments)
    if name in _AROUND and len(arguments) == 1 and isinstance(inner := arguments[0].value, ast.Call):
        own = inner.path[0] in _AROUND[name] and len(inner.path) == 1
        inside = " ".join(inner.span.text.split()) if own else translated(inner, around) or ""
        operation, _, inner_arguments = inside.partition("(")
        return f"{_AROUND[name][operation]}({inner_arguments}" if operation in _AROUND[name] and inner_arguments else None
    if TABLE[name].least_inputs > 1:
        return merged(word, name, called, arguments, around) if arguments else None
    start = ""
    if tensor is not None:  # F.relu(x)
        start, arguments, around = f"skip({tensor}) -> ", arguments[1:], replace(around, coming=around.shape(tensor))
    if name == "prelu":
        return start + _slopes(word, arguments)
    if name == "flatten":
        return start + joined(arguments, around.coming)
    if name == "upsample" and not is_keras(word):
        _size_or_factor(start, arguments, around)
    read = _read(word, called, arguments, around)
    if read is None:
        return None
    step = start + _written(name, called, read.given | unsaid(word, read.given)) + read.after
    if around.coming is not None:
        stated(read.stated, _channels(around.coming), around.coming, step)
    return step


_AROUND: Final = {
    "weight_norm_conv": {"conv": "weight_norm_conv", "deconv": "weight_norm_deconv", "linear": "weight_norm_linear"},
    "spectral_norm_conv": {"conv": "spectral_norm_conv", "deconv": "spectral_norm_deconv", "linear": "spectral_norm_linear"},
}
"""Operations that elsewhere are put around a layer, `weight_norm(nn.Conv2d(4, 8, 3))`, and what they are around which."""


def _size_or_factor(start: str, arguments: Sequence[ast.Argument], around: Around) -> None:
    """`interpolate(2)`: PyTorch's second place is the size. Where that is small beside the map, a factor was meant, or the size: nobody knows."""
    size = arguments[0] if len(arguments) == 1 and arguments[0].name is None else None
    number = around.number(size.value) if size is not None else None
    if size is None or number is None or number < 1:
        return
    sides = around.coming.shape[1:] if around.coming is not None and around.coming.place("channels") == 0 else ()
    if number <= _LARGEST_FACTOR and all(number < side for side in sides):
        text = size.value.span.text
        made = "x".join([str(number)] * len(sides)) or f"{number}x{number}"
        raise Differs(
            f"a map {text} times as large is `{start}upsample({text})`; PyTorch's `interpolate` is told the size in this place, and makes {made}: "
            f"`{start}upsample(size = {text})`"
        )


_LARGEST_FACTOR: Final = 8
"""Up to which a number alone is as likely how many times larger."""


def _tensor(call: ast.Call, around: Around) -> str | None:
    """The label that is the first argument."""
    first = call.arguments[0] if call.arguments else None
    if first is None or first.name is not None or not isinstance(first.value, ast.Name) or not around.is_label(first.value.name):
        return None
    return first.value.name


_OF_A_RANK: Final = re.compile(r"([123])[dD]\Z")
_OF_ANY_RANK: Final = ("dropout", "featuredropout", "alphadropout", "featurealphadropout", "spatialdropout")


def _of_its_rank(word: str, name: str, around: Around) -> None:
    """`nn.Conv1d` is none on an image: here the tensor tells along how many axes a window goes."""
    said, shape = _OF_A_RANK.search(word), around.coming
    if said is None or shape is None or shape.place("channels") != 0 or key(word) in _OF_ANY_RANK:
        return
    rank = len(shape.shape) - 1
    if rank != int(said[1]) and not (rank == 0 and said[1] == "1"):
        axes = "1 axis" if said[1] == "1" else f"{said[1]} axes"
        raise Differs(
            f"`{word}` goes along {axes}, and what comes in is {show(shape.shape)}: `{name}` goes along all that come behind the channels"
        )


def _swapped(arguments: Sequence[ast.Argument], shape: ShapeOf | None) -> str | None:
    """`transpose(1, 2)` of PyTorch, which counts the batch: the order of all axes."""
    texts = [row.value.span.text.replace(" ", "") for row in arguments]
    if shape is None or len(texts) != 2 or not all(re.fullmatch(r"-?\d+", text) for text in texts):
        return None
    rank = len(shape.shape) + 1
    one, other = (int(text) % rank - 1 for text in texts)
    if min(one, other) < 0 or any(not -rank <= int(text) < rank for text in texts):
        return None
    order = list(range(rank - 1))
    order[one], order[other] = other, one
    return f"permute({order})"


def _with_one_more(arguments: Sequence[ast.Argument], shape: ShapeOf | None) -> str | None:
    """`unsqueeze(-1)`."""
    text = arguments[0].value.span.text.replace(" ", "") if len(arguments) == 1 else ""
    if shape is None or not re.fullmatch(r"-?\d+", text):
        return None
    rank = len(shape.shape) + 1
    place = int(text) % (rank + 1) - 1
    if place < 0 or not -rank - 1 <= int(text) <= rank:
        return None
    names = _letters(shape)
    return f'rearrange("{" ".join(names)} -> {" ".join([*names[:place], "1", *names[place:]])}")'


def _without_one(arguments: Sequence[ast.Argument], shape: ShapeOf | None) -> str | None:
    """`squeeze(2)`, `squeeze()`."""
    texts = [row.value.span.text.replace(" ", "") for row in arguments]
    if shape is None or len(texts) > 1 or not all(re.fullmatch(r"-?\d+", text) for text in texts):
        return None
    rank = len(shape.shape) + 1
    single = [place for place, size in enumerate(shape.shape) if size == 1]
    places = [int(text) % rank - 1 for text in texts] or single
    if not places or not set(places) <= {*single}:
        return None
    names = _letters(shape)
    before = " ".join("1" if place in places else name for place, name in enumerate(names))
    return f'rearrange("{before} -> {" ".join(name for place, name in enumerate(names) if place not in places)}")'


def _letters(shape: ShapeOf) -> list[str]:
    """The axes as a pattern has them: by their names, else by letters."""
    names = [name or letter for name, letter in zip(shape.axes, "abcdefgh", strict=False)]
    return names if len({*names}) == len(names) else [*"abcdefgh"[: len(names)]]


MOVED: Final = {
    "transpose": _swapped,
    "swapaxes": _swapped,
    "unsqueeze": _with_one_more,
    "expand_dims": _with_one_more,
    "squeeze": _without_one,
}


def _slopes(word: str, arguments: Sequence[ast.Argument]) -> str:
    """PyTorch's `PReLU` has one slope unless it is told a number, Keras's one for each position."""
    if is_keras(word):
        raise Differs(
            "Keras's `PReLU` learns a slope for each position; `prelu` learns one for each channel, `prelu(shared = true)` one for all"
        )
    rows = {row.name or ("num_parameters", "init")[number]: row.value.span.text for number, row in enumerate(arguments[:2])}
    count, start = rows.pop("num_parameters", ""), rows.pop("init", "")
    if rows or len(arguments) > 2:
        raise Differs("`archc explain prelu` says what it takes")
    if not count and not is_from_elsewhere(word):
        raise Differs("`prelu` learns a slope for each channel, `prelu(shared = true)` one for all, as PyTorch's `PReLU()` does")
    given = ["shared = true"] * (count in ("", "1")) + [f"start = {start}"] * bool(start)
    return f"prelu({', '.join(given)})" if given else "prelu"


def _unknown_tensor(call: ast.Call, around: Around) -> str | None:
    """The name that is the first argument, where nothing has it."""
    first = call.arguments[0] if call.arguments else None
    if first is None or first.name is not None or not isinstance(first.value, ast.Name):
        return None
    name, environment = first.value.name, around.environment
    known = environment.label(name) is not None or environment.binding(name) is not None or name in WORDS
    return None if known or environment.has_holes else name


def _joins(call: ast.Call, around: Around) -> bool:
    """`torch.max(a, b)`: two tensors, and no axis."""
    return any(isinstance(row.value, ast.Name) and around.is_label(row.value.name) for row in call.arguments[1:])


def _activation(call: ast.Call) -> str | None:
    """Keras's `Activation("relu")`."""
    value = call.arguments[0].value if len(call.arguments) == 1 else None
    function = value.span.text.strip("\"'") if isinstance(value, ast.Text) else ""
    found = function if function in TABLE else same_as(function)
    return found if found is not None and TABLE[found].least_inputs == 1 and not any(slot.required for slot in _slots(found)) else None


def _slots(name: str) -> Sequence[Slot]:
    return signature(Builtin(TABLE[name])).slots


def joined(arguments: Sequence[ast.Argument], shape: ShapeOf | None, start: int = 1) -> str:
    """`flatten(1)`, `flatten(start_dim = 2)`."""
    places = {"start_dim": start, "end_dim": -1}
    for row, by_place in zip(arguments, places, strict=False):
        text = row.value.span.text.replace(" ", "")
        if (row.name or by_place) not in places or re.fullmatch(r"-?\d+", text) is None:
            raise Differs(FLATTEN)
        places[row.name or by_place] = int(text)
    if len(arguments) > 2:
        raise Differs(FLATTEN)
    return flattened(places["start_dim"], places["end_dim"], shape)


def _part(step: ast.Expression, around: Around) -> str | None:
    if isinstance(step, ast.Call):
        return translated(step, around) or (step.span.text if step.path[0] in TABLE else None)
    return None


@dataclass(frozen=True, slots=True)
class _Read:
    """The text of each parameter, the step that an argument asks for behind it, and how many channels it says come in."""

    given: dict[str, str]
    after: str
    stated: int | None


def _read(word: str, called: Signature, arguments: Sequence[ast.Argument], around: Around) -> _Read | None:
    """What the arguments say; None where one of them is not known."""
    known = {slot.name for slot in called.slots}
    places = _places(word, called, arguments, around)
    if places is None:
        return None
    given: dict[str, str] = {}
    after, place = "", 0
    says: int | None = None
    for row in arguments:
        said = row.value.span.text
        if row.name is None:
            if place >= len(places):
                return None
            name: str | None = places[place]
            place += 1
        elif row.name == "activation":
            function = said.strip("\"'")
            operation = function if function in TABLE else same_as(function)
            if operation is None:
                return None
            after = f" -> {operation}"
            continue
        elif row.name == "return_sequences" and is_keras(word):
            after = "" if said.lower() == "true" else after
            continue
        elif (here := argument_here(called.name, row.name, said)) is not None:
            given |= dict([here.split(" = ")]) if here else {}
            continue
        elif (why := left_out(called.name, row.name, said)) is not None:
            if why:
                raise Differs(why)
            continue
        else:
            name = parameter_of(row.name, known | {"axis"} if is_keras(word) else known)
        if called.name in ("ln", "rms_norm") and name == "-" and row.name in (None, "normalized_shape"):
            given |= normalised(word, row.value, around, around.coming)
        if name == "-":
            if row.name is None and isinstance(row.value, ast.Call | ast.Binary) and not states_inputs(word):
                return None  # a tensor, where a layer is told to work in place
            if (row.name is None and states_inputs(word)) or row.name in STATED:
                says = around.number(row.value)
            continue
        if isinstance(row.value, ast.Call) and (row.value.path[0] in TABLE or same_as(".".join(row.value.path)) is not None):
            return None  # a layer around another
        text = _text(word, called, name, row.value, around.coming) if name is not None else None
        if text == "-":
            continue
        if name is None or name not in known or text is None or name in given:
            return None
        given[name] = text
    told = given | unsaid(word, given)
    if not all(_fits(slot, told[slot.name]) if slot.name in told else not slot.required for slot in called.slots):
        return None
    if (
        is_keras(word)
        and called.name in ("lstm", "gru")
        and not any(row.name == "return_sequences" and row.value.span.text.lower() == "true" for row in arguments)
    ):
        after = " -> select(-1, axis = length)"  # the last state alone
    if is_keras(word) and called.name == "deconv" and given.get("pad") in ("same", "valid"):
        given["pad"] = keras_cut(given["pad"], given["kernel"], given.get("stride", "1"))
    return _Read(given, after, says)


def _text(word: str, called: Signature, name: str, value: ast.Expression, shape: ShapeOf | None) -> str | None:
    """What is written for a parameter; "-" where it is left out, None where that is not certain."""
    if called.name == "pad" and name == "sides":
        return sides(word, value, shape, is_keras(word))
    if name == "size" and called.name.startswith("adaptive") and "None" in (items := items_of(value) or []):
        if shape is None or len(items) != len(shape.shape) - 1 or shape.place("channels") != 0:
            return None
        return "x".join(str(size) if item in ("None", "none") else item for item, size in zip(items, shape.shape[1:], strict=True))
    if is_keras(word):
        return keras_value(name, value.span.text, len(shape.shape) if shape is not None else None)
    return axes_here(value, shape) if name == "axis" else value_of(name, value.span.text)


def _channels(shape: ShapeOf) -> int:
    place = shape.place("channels")
    return shape.shape[-1 if place is None else place]


def _places(word: str, called: Signature, arguments: Sequence[ast.Argument], around: Around) -> tuple[str, ...] | None:
    """The parameters of the arguments by place; None where nobody knows them."""
    places = positions(word)
    by_place = [row.value for row in arguments if row.name is None]
    if places is None:  # nobody knows their order: what has to be said is certain, where it can be nothing else
        return tuple(slot.name for slot in called.slots if slot.required) if all(_is_literal(value) for value in by_place) else None
    if places[:1] == ("-",) and len(by_place) < (3 if "kernel" in places else 2) and not _names_inputs(places, arguments):
        # `Conv2d(64, 3)`: the channels that come in were left out already, unless a name or a number says what the second is.
        numbers = [around.number(value) for value in by_place]
        if "kernel" in places and len(numbers) == 2:
            coming = _channels(around.coming) if around.coming is not None else None
            if numbers[0] is not None and (coming in (None, numbers[0]) or (numbers[1] or 0) > _LARGEST_WINDOW):
                raise Differs(
                    f"its kernel is missing: PyTorch is told what comes in, what goes out, and the kernel; here it is `{called.name}({by_place[1].span.text}, 3)`"
                )
        return places[1:]
    return places


_LARGEST_WINDOW = 11
"""The largest kernel that is meant where it can as well be the channels that go out."""


def _is_literal(value: ast.Expression) -> bool:
    return isinstance(value, ast.Number | ast.Text | ast.List)


def _fits(slot: Slot, text: str) -> bool:
    """Whether a parameter takes what is written for it, as far as a text alone tells."""
    if slot.kind is None:
        return True
    try:
        if re.fullmatch(r"\d*\.?\d+(e-?\d+)?", text) is not None:
            slot.kind.read(int(text) if text.isdigit() else float(text))
        elif text in ("none", "true", "false"):
            slot.kind.read({"none": None, "true": True, "false": False}[text])
        elif re.fullmatch(r'"[^"]*"', text) is not None:
            slot.kind.read(text[1:-1])
        elif text.startswith("("):  # a tuple that is no size
            return False
    except BadValue:
        return False
    return True


def _names_inputs(places: tuple[str, ...], arguments: Sequence[ast.Argument]) -> bool:
    """Whether a name tells that the first argument is what comes in: `Conv2d(3, 64, kernel_size = 3)`, `BatchNorm2d(64)`."""
    if all(place in ("-", "eps", "momentum", "affine", "bias", "init") for place in places):
        return True
    names = {parameter_of(row.name, {"kernel", "channels", "features", "heads"}) for row in arguments if row.name is not None}
    by_place = sum(row.name is None for row in arguments)
    return ("kernel" in names and by_place == 2) or bool(names & {"channels", "features", "heads"})


def _written(name: str, called: Signature, given: dict[str, str]) -> str:
    """The call; what is required stands without its name, and a default is left out."""
    parts: list[str] = []
    for number, slot in enumerate(called.slots):
        text = given.get(slot.name)
        if text is None or (not slot.required and text == slot.default and slot.name != "kernel"):
            continue
        in_order = number == len(parts) and all("=" not in part for part in parts) and number < 2
        parts.append(text if in_order else f"{slot.name} = {text}")
    return f"{name}({', '.join(parts)})" if parts else name
