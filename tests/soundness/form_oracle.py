"""What PyTorch makes of the programs of `forms.py`. Written against PyTorch's documentation and docs/language.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from .forms import FormProgram, Joined, Path, Several, Single
from .oracle import Refused, Stricter
from .programs import Operation, Skip

Names: TypeAlias = "tuple[str, ...]"
USUAL: dict[int, Names] = {
    1: ("channels",),
    2: ("channels", "length"),
    3: ("channels", "height", "width"),
    4: ("channels", "depth", "height", "width"),
}


@dataclass(slots=True)
class Value:
    """A tensor with its batch, the names of its axes behind that, and whether it is one for the whole batch."""

    tensor: Tensor
    names: Names
    alone: bool = False

    @property
    def rank(self) -> int:
        return self.tensor.dim() - 1

    def axis(self, word: object, default: str = "") -> int:
        """The axis in PyTorch's numbers, by number or by name."""
        if isinstance(word, int):
            if not -self.rank <= word < self.rank:
                raise Refused(f"no axis {word}")
            return word % self.rank + 1
        if self.rank == 1 and (word or default) in ("channels", *self.names):
            return 1  # a vector has one axis, and those are its channels, too
        places = [place for place, name in enumerate(self.names) if name == (word or default)]
        if len(places) != 1:
            raise Stricter(f"{len(places)} axes of the name {word or default}")
        return places[0] + 1


@dataclass(slots=True)
class Pooled:
    places: Tensor
    size: tuple[int, ...]


@dataclass(slots=True)
class Run:
    labels: dict[str, Value]
    pools: dict[str, Pooled] = field(default_factory=dict)


def run(program: FormProgram) -> tuple[int, ...]:
    """The output's shape without the batch; `Refused` or `Stricter`."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    with torch.no_grad():
        x = Value(torch.randn((2, *program.shape)), program.names or USUAL[len(program.shape)])
        state = Run({"x": x})
        for statement in program.statements:
            try:
                x = apply(statement.form, x, state, statement.label)
            except (RuntimeError, ValueError, IndexError) as error:
                raise Refused(str(error)) from None
            if 0 in x.tensor.shape:
                raise Stricter("a tensor without elements")
            if statement.label:
                state.labels[statement.label] = x
        if x.alone:
            raise Stricter("an output that hangs on no input")
        return tuple(x.tensor.shape[1:])


def apply(form: Joined | Single | Several, x: Value, state: Run, label: str) -> Value:
    if isinstance(form, Single):
        return operate(form.operation, x, state, label)
    if isinstance(form, Several):
        return several(form, x, state)
    if any(isinstance(step, Skip) and str(step.label).endswith(".indices") for path in form.paths for step in path.steps):
        return unpool(form, x, state)
    ends = [follow(path, x, state) for path in form.paths]
    return JOINING.get(form.head, combine(form.head))(ends, dict(form.arguments))


def follow(path: Path, x: Value, state: Run) -> Value:
    for step in path.steps:
        if isinstance(step, Skip):
            x = x if step.label is None else state.labels[step.label]
        elif step.name == "parameter":
            sizes = dict(step.arguments)["shape"]
            assert isinstance(sizes, list)
            x = Value(torch.randn((1, *sizes)), ("",) * len(sizes), alone=True)
        elif step.name == "constant":
            made = torch.tensor(dict(step.arguments)["value"], dtype=torch.float32)
            x = Value(made.unsqueeze(0), ("",) * made.dim(), alone=True)
        else:
            x = operate(step, x, state, "")
    return x


# -------------------------------------------------------------------------------------------- one tensor


def operate(step: Operation, x: Value, state: Run, label: str) -> Value:
    a = dict(step.arguments)
    if step.name == "maxpool":
        return pool(x, a, state, label)
    if step.name == "image":
        return image(x, a, state)
    return SINGLE[step.name](x, a)


def first(x: Value) -> None:
    """What wants the channels first refuses a tensor whose first axis is told to be another."""
    if x.rank not in (1, 2, 3, 4) or (x.names[:1] not in (("channels",), ("",))):
        raise Stricter("channels do not stand first")
    if "channels" in x.names[1:]:
        raise Stricter("two axes of channels")


def spatial(x: Value) -> int:
    rank = x.rank - 1
    if rank not in (1, 2, 3):
        raise Refused("no image")
    first(x)
    return rank


def conv(x: Value, a: dict[str, object]) -> Value:
    rank = spatial(x)
    kernel, stride = (spread(a.get(word, default), rank) for word, default in (("kernel", 3), ("stride", 1)))
    made = getattr(nn, f"Conv{rank}d")(x.tensor.shape[1], a["channels"], kernel, stride, tuple((k - 1) // 2 for k in kernel))
    return Value(made(x.tensor), USUAL[rank + 1])


def spread(value: object, rank: int) -> tuple[int, ...]:
    sizes = value if isinstance(value, tuple) else (int(str(value)),) * rank
    if len(sizes) != rank:
        raise Refused("sizes for another rank")
    return sizes


def permute(x: Value, a: dict[str, object]) -> Value:
    order = a["order"]
    assert isinstance(order, list)
    return Value(x.tensor.permute(0, *[place + 1 for place in order]), tuple(x.names[place] for place in order))


def linear(x: Value, a: dict[str, object]) -> Value:
    # Of a sequence the last axis may have no name (two axes of one name have lost it): it is the channels where no other is.
    may_be = ("channels", "") if x.rank == 2 else ("channels",)
    if x.rank > 1 and (x.names[-1] not in may_be or "channels" in x.names[:-1]):
        raise Stricter("channels do not stand last")
    made = nn.Linear(x.tensor.shape[-1], int(str(a["features"])))(x.tensor)
    return Value(made, (*x.names[:-1], x.names[-1] or "channels"))


def tokens(x: Value, a: dict[str, object]) -> Value:
    if x.rank not in (2, 3, 4):
        raise Refused("no image")
    first(x)
    return Value(x.tensor.flatten(2).transpose(1, 2), ("length", "channels"))


def image(x: Value, a: dict[str, object], state: Run) -> Value:
    if x.rank != 2:
        raise Refused("no sequence")
    if x.names[-1] not in ("channels", "") or x.names[0] == "channels":
        raise Stricter("channels do not stand last")
    if "like" in a:
        model = state.labels[str(a["like"])]
        if model.rank != 3 or model.names not in (USUAL[3], ("", "", "")):
            raise Stricter("like leads to no image")
        size = tuple(model.tensor.shape[2:])
    else:
        size = spread(a["size"], 2)
    return Value(x.tensor.transpose(1, 2).unflatten(2, size), USUAL[3])


def along(function: Callable[[Tensor, int], Tensor], keep: bool = True) -> Callable[[Value, dict[str, object]], Value]:
    def apply_along(x: Value, a: dict[str, object]) -> Value:
        axis = x.axis(a.get("axis"), "channels")
        if not keep and x.rank == 1:
            raise Stricter("no axis that is left")
        return Value(function(x.tensor, axis), x.names if keep else (*x.names[: axis - 1], *x.names[axis:]))

    return apply_along


def part(x: Value, a: dict[str, object]) -> Value:
    axis, stop = x.axis(a.get("axis"), "channels"), int(str(a["stop"]))
    if stop > x.tensor.shape[axis]:
        raise Stricter("a slice beyond the tensor")
    return Value(x.tensor.narrow(axis, 0, stop), x.names)


def chunk(x: Value, a: dict[str, object]) -> Value:
    return parts(x, int(str(a["n"])), a.get("axis"))[int(str(a["i"]))]


def parts(x: Value, n: int, word: object) -> list[Value]:
    axis = x.axis(word, "channels")
    if x.tensor.shape[axis] % n:
        raise Stricter("parts of different sizes")
    return [Value(each, x.names) for each in x.tensor.chunk(n, axis)]


def rearrange(x: Value, a: dict[str, object]) -> Value:
    """Split into one axis a name, put in order, joined."""
    known = {word: int(str(value)) for word, value in a.items() if word}
    left, right = (re.findall(r"\([^)]*\)|\S+", side) for side in str(a[""]).split("->"))
    if "..." in left:
        more = x.rank - (len(left) - 1)
        if more < 0:
            raise Refused("too few axes")
        rest = [f"rest{i}" for i in range(more)]
        left, right = ([each for word in side for each in (rest if word == "..." else [word])] for side in (left, right))
    if len(left) != x.rank:
        raise Refused("another number of axes")
    sizes: dict[str, int] = {}
    for word, size in zip(left, x.tensor.shape[1:], strict=True):
        inner = word.strip("()").split()
        told = [known[name] for name in inner if name in known]
        product = int(torch.tensor(told or [1]).prod())
        free = [name for name in inner if name not in known and name != "1"]
        if size % product or (not free and size != product):
            raise Refused("sizes do not divide")
        sizes |= {name: known[name] for name in inner if name in known} | dict.fromkeys(free, size // product)
    order = [name for word in left for name in word.strip("()").split() if name != "1"]
    wanted = [name for word in right for name in word.strip("()").split() if name != "1"]
    if sorted(order) != sorted(wanted):
        raise Stricter("an axis that is lost")
    split = x.tensor.reshape(x.tensor.shape[0], *[sizes[name] for name in order])
    turned = split.permute(0, *[order.index(name) + 1 for name in wanted])
    shape = [int(torch.tensor([sizes[name] for name in word.strip("()").split() if name != "1"] or [1]).prod()) for word in right]
    whole = dict(zip(left, x.names, strict=True))  # an axis that passes whole keeps its name
    return Value(turned.reshape(turned.shape[0], *shape), tuple("" if word.startswith("(") else whole.get(word, "") for word in right))


def pool(x: Value, a: dict[str, object], state: Run, label: str) -> Value:
    rank = spatial(x)
    call = getattr(functional, f"max_pool{rank}d")
    made, places = call(x.tensor, a["kernel"], a["stride"], ceil_mode=bool(a["ceil"]), return_indices=True)
    if label:
        state.pools[label] = Pooled(places, tuple(x.tensor.shape[2:]))
    return Value(made, USUAL[rank + 1])


def upsample(x: Value, a: dict[str, object]) -> Value:
    rank = spatial(x)
    return Value(functional.interpolate(x.tensor, scale_factor=a["scale"]), USUAL[rank + 1])


SINGLE: dict[str, Callable[[Value, dict[str, object]], Value]] = {
    "conv": conv,
    "relu": lambda x, a: Value(x.tensor.relu(), x.names),
    "permute": permute,
    "upsample": upsample,
    "linear": linear,
    "tokens": tokens,
    "softmax": along(lambda x, axis: x.softmax(axis)),
    "flip": along(lambda x, axis: x.flip(axis)),
    "reduce": along(lambda x, axis: x.mean(axis), keep=False),
    "slice": part,
    "chunk": chunk,
    "rearrange": rearrange,
}

# ---------------------------------------------------------------------------------------- several tensors


def combine(head: str) -> Callable[[Sequence[Value], dict[str, object]], Value]:
    def join(ends: Sequence[Value], a: dict[str, object]) -> Value:
        functions: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
            "add": torch.add, "mul": torch.mul, "div": torch.div, "sub": torch.sub, "maximum": torch.maximum,
        }  # fmt: skip
        shapes = {tuple(end.tensor.shape[1:]) for end in ends}
        total = ends[0].tensor
        for end in ends[1:]:
            total = functions[head](total, end.tensor)
        if len({len(shape) for shape in shapes}) > 1 or (len(shapes) > 1 and not a.get("broadcast") and head not in ("mul", "div")):
            raise Stricter("a silent broadcast")
        return Value(total, shared(ends), alone=all(end.alone for end in ends))

    return join


def shared(ends: Sequence[Value]) -> Names:
    """An axis has the name that the paths give it; where they differ there is an error or none, which no shape tells."""
    rows = list(zip(*(end.names for end in ends), strict=True))
    for row in rows:
        if len({name for name in row if name}) > 1:
            raise Stricter("paths whose axes have different names")
    return tuple(next((name for name in row if name), "") for row in rows)


def concat(ends: Sequence[Value], a: dict[str, object]) -> Value:
    if len({end.rank for end in ends}) > 1:
        raise Refused("other numbers of axes")
    names = shared(ends)
    axis = Value(ends[0].tensor, names).axis(a.get("axis"), "channels")
    whole = [end.tensor.expand(2, *end.tensor.shape[1:]) for end in ends]
    return Value(torch.cat(whole, axis), names)


def einsum(ends: Sequence[Value], a: dict[str, object]) -> Value:
    sides, answer = str(a[""]).split("->")
    words = [side.split() for side in sides.split(",")]
    out = answer.split()
    if any(len(set(row)) < len(row) for row in (*words, out)):
        raise Stricter("an axis twice")
    spell = {word: chr(ord("a") + place) for place, word in enumerate(sorted({word for row in (*words, out) for word in row}))}
    rows = [[spell[word] for word in row] for row in words]
    for end, row in zip(ends, rows, strict=True):
        if end.rank != len(row):
            raise Refused("another number of axes")
    sizes: dict[str, int] = {}
    for end, row in zip(ends, rows, strict=True):
        for letter, size in zip(row, end.tensor.shape[1:], strict=True):
            if sizes.setdefault(letter, size) != size:
                raise Stricter("an axis of two sizes") if 1 in (sizes[letter], size) else Refused("an axis of two sizes")
    text = ",".join("Z" + "".join(row) for row in rows) + "->Z" + "".join(spell[word] for word in out)
    made = torch.einsum(text, *(end.tensor.expand(2, *end.tensor.shape[1:]) for end in ends))
    # An axis keeps its name, that of the first path where both have one; of two that would have the same none has it.
    known: dict[str, str] = {}
    for end, row in zip(ends, words, strict=True):
        known |= {word: known.get(word) or name for word, name in zip(row, end.names, strict=True)}
    names = [known[word] for word in out]
    return Value(made, tuple(name if names.count(name) == 1 else "" for name in names))


def sample(ends: Sequence[Value], a: dict[str, object]) -> Value:
    picture, grid = (end.tensor.expand(2, *end.tensor.shape[1:]) for end in ends)
    first(ends[0])
    made = functional.grid_sample(picture, grid, mode=str(a["mode"]), align_corners=bool(a["align_corners"]))
    return Value(made, USUAL[made.dim() - 1])


def align(ends: Sequence[Value], a: dict[str, object]) -> Value:
    """Boxes of every image, each at `size` places: of the shape there is little to say."""
    (picture, boxes), size = (end.tensor for end in ends), spread(a["size"], 2)
    if picture.dim() != 4 or boxes.dim() != 3 or boxes.shape[2] != 4:
        raise Refused("no image, or no boxes")
    first(ends[0])
    return Value(torch.zeros(2, boxes.shape[1], picture.shape[1], *size), ("", *USUAL[3]))


def correlate(ends: Sequence[Value], a: dict[str, object]) -> Value:
    x, y = (end.tensor for end in ends)
    reach, stride = spread(a["displacement"], 2), spread(a["stride"], 2)
    if x.dim() != 4 or x.shape != y.shape:
        raise Refused("no two images of one size")
    for end in ends:
        first(end)
    count = [len(range(-(most // step) * step, most + 1, step)) for most, step in zip(reach, stride, strict=True)]
    return Value(torch.zeros(2, count[0] * count[1], *x.shape[2:]), USUAL[3])


def deform(ends: Sequence[Value], a: dict[str, object]) -> Value:
    """The rules of torchvision's operator, which asks them before it runs."""
    x, offset = ends[0].tensor, ends[1].tensor
    if x.dim() != 4 or offset.dim() != 4:
        raise Refused("no image")
    first(ends[0])
    kernel, stride, groups = spread(a["kernel"], 2), spread(a["stride"], 2), int(str(a["groups"]))
    usual = nn.Conv2d(x.shape[1], int(str(a["channels"])), kernel, stride, tuple((k - 1) // 2 for k in kernel), groups=groups)(x)
    taps = kernel[0] * kernel[1]
    sets = offset.shape[1] // (2 * taps)
    if offset.shape[1] != 2 * taps * sets or sets == 0 or x.shape[1] % sets or offset.shape[2:] != usual.shape[2:]:
        raise Refused("offsets that do not fit")
    if len(ends) == 3 and ends[2].tensor.shape[1:] != (taps * sets, *usual.shape[2:]):
        raise Refused("a mask that does not fit")
    return Value(usual, USUAL[3])


def convolve(ends: Sequence[Value], a: dict[str, object]) -> Value:
    x, filters = ends
    rank = spatial(x)
    if not filters.alone:
        raise Stricter("filters for each image")
    stride, kernel = spread(a["stride"], rank), filters.tensor.shape[3:]
    padding = tuple((k - 1) // 2 for k in kernel)
    made = getattr(nn.functional, f"conv{rank}d")(x.tensor, filters.tensor.squeeze(0), None, stride, padding, 1, a["groups"])
    return Value(made, USUAL[rank + 1], x.alone)


JOINING: dict[str, Callable[[Sequence[Value], dict[str, object]], Value]] = {
    "concat": concat,
    "einsum": einsum,
    "grid_sample": sample,
    "roi_align": align,
    "correlation": correlate,
    "deform_conv": deform,
    "convolve": convolve,
}


def unpool(form: Joined, x: Value, state: Run) -> Value:
    a = dict(form.arguments)
    value = follow(form.paths[0], x, state)
    step = form.paths[1].steps[0]
    assert isinstance(step, Skip) and step.label is not None
    pooled = state.pools[step.label.removesuffix(".indices")]
    rank = spatial(value)
    if value.tensor.shape != pooled.places.shape:
        raise Refused("other numbers of values and places")
    size = None
    if "like" in a:
        model = state.labels[str(a["like"])]
        if model.rank != rank + 1:
            raise Refused("like leads elsewhere")
        size = list(model.tensor.shape[2:])
    call = getattr(functional, f"max_unpool{rank}d")
    made = call(value.tensor, pooled.places, a["kernel"], a["stride"], output_size=size)
    if tuple(made.shape[2:]) != pooled.size:
        raise Stricter("maxima that stood in another size")
    return Value(made, USUAL[rank + 1])


def several(form: Several, x: Value, state: Run) -> Value:
    a = dict(form.maker.arguments)
    if form.maker.name == "split":
        ends = parts(x, int(str(a["n"])), a.get("axis"))
        if form.names and len(form.names) != len(ends):
            raise Stricter("other numbers of names and tensors")
    else:
        low = conv(x, {"channels": a["few"], "kernel": a["kernel"]})
        ends = [low, conv(low, {"channels": a["many"], "kernel": a["kernel"]})]
    taken = dict(form.taker.arguments)
    if form.taker.name == "each":
        out = int(str(taken["out"]))
        return concat([conv(end, {"channels": out + i, "kernel": 1}) for i, end in enumerate(ends)], {})
    return JOINING.get(form.taker.name, combine(form.taker.name))(ends, taken)
