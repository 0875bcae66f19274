"""Causes that single tensors show: other classes, other input channels, another image size, another width, another depth."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from fractions import Fraction

from ....base.records import dataclass
from ...graph.graph import Graph
from ...graph.program import Node
from ...ops.base import Shape, product, show
from ...ops.dense import Linear
from . import adapt
from .told import count


@dataclass(frozen=True, slots=True)
class Cause:
    """What differs between the file and the network, and the help, which names the options that leave the tensors out where there are any."""

    said: str
    help: Callable[[str], str]


def alternatives(*ways: str) -> str:
    """`one, two, or three`, of those that are any."""
    kept = [way for way in ways if way]
    return ", or ".join((", ".join(kept[:-1]), kept[-1])) if len(kept) > 1 else "".join(kept)


def cause_of(graph: Graph, node: Node, given: Shape, wanted: Shape) -> Cause | None:
    """Why a tensor of `node` has another shape in the file; None where it alone does not tell."""
    for find in (_channels, _positions, _image, _kernel, _classes):
        found = find(graph, node, given, wanted)
        if found is not None:
            return found
    return None


def _channels(graph: Graph, node: Node, given: Shape, wanted: Shape) -> Cause | None:
    found = adapt.channels(graph, node, "", given, wanted)
    if found is None:
        return None
    file, network = found
    image = "x".join(map(str, (file, *node.input_shapes[0][1:])))
    how = "sums the first kernels over their channels" if network == 1 else "repeats the first kernels and scales them"
    return Cause(
        f"the file is for an input of {file} channel{'s' if file > 1 else ''}, and the network's has {network}",
        lambda options: f"`--adapt channels` {how}; `--input {image}` takes them as they are",
    )


def _positions(graph: Graph, node: Node, given: Shape, wanted: Shape) -> Cause | None:
    place = adapt.grid(graph, node)
    if place is None or len(given) != 3 or given[2] != wanted[2]:
        return None
    height, width, before = place
    old = adapt.side(given[1], before)
    if old is None:
        return Cause(
            f"the file has positions for {given[1]} tokens, the network for {wanted[1]}",
            lambda options: f"`{options}` leaves them as training starts" if options else "give the network as many tokens",
        )
    sizes = [node.shape[1:] for node in graph.inputs if len(node.shape) == 3]
    scaled = "x".join(str(size * old // now) for size, now in zip(sizes[0], (height, width), strict=True)) if len(sizes) == 1 else ""
    channels = graph.inputs[0].shape[0]
    same = f"; `--input {channels}x{scaled}` takes them as they are" if scaled else ""
    return Cause(
        f"the file is for images of {old}x{old} patches{f' ({scaled} pixels)' if scaled else ''}, the network for {height}x{width}",
        lambda options: f"`--adapt positions` resizes them{same}",
    )


def _image(graph: Graph, node: Node, given: Shape, wanted: Shape) -> Cause | None:
    """A dense layer behind a flattened map fits one size of it alone."""
    if not isinstance(node.operation, Linear) or len(given) != 2 or given[0] != wanted[0]:
        return None
    behind = graph.operands(node)[0]
    while behind.inputs and not behind.weights and len(behind.shape) == 1:
        behind = graph.operands(behind)[0]
    if len(behind.shape) != 3 or behind.shape[1:] == (1, 1) or product(behind.shape) != wanted[1]:
        return None
    channels, height, width = behind.shape
    old = adapt.side(given[1] // channels, 0) if given[1] % channels == 0 else None
    if old is None:
        return None
    return Cause(
        f"the file is for a map of {old}x{old} before `{node.key}`, and the network's is {height}x{width}: another image size",
        lambda options: alternatives("give `--input` the size that the file is for", options and f"`{options}` starts the layer afresh"),
    )


def _kernel(graph: Graph, node: Node, given: Shape, wanted: Shape) -> Cause | None:
    """Channels and groups are equal, and the window of a convolution alone is another."""
    if not hasattr(node.operation, "kernel") or len(given) != len(wanted) or len(wanted) < 3 or given[:2] != wanted[:2]:
        return None
    file, network = ("x".join(map(str, shape[2:])) for shape in (given, wanted))
    return Cause(
        f"the file has kernels of {file} where the network has {network}",
        lambda options: alternatives(f"give the steps `kernel = {_argument(given[2:])}`", options and f"`{options}` starts them afresh"),
    )


def _argument(sizes: Shape) -> str:
    return str(sizes[0]) if len(set(sizes)) == 1 else show(sizes)


def _classes(graph: Graph, node: Node, given: Shape, wanted: Shape) -> Cause | None:
    """A layer behind which no other has weights gives the classes, and only their number differs."""
    if given[1:] != wanted[1:] or len(given) != len(wanted) or node.shape.count(wanted[0]) == 0 or _has_weights_behind(graph, node):
        return None
    file, network = given[0], wanted[0]
    names = [name for name, value in graph.program.parameters if value == network and type(value) is int]
    name = "classes" if "classes" in names else names[0] if len(names) == 1 else ""
    if name == "classes" or (not names and len(node.shape) == 1):
        said = f"the file is for {file} classes, and the network has {network}"
    else:  # an image restored, or a vector of features: what the text calls otherwise is no class
        said = (
            f"the last layer gives {count(file, 'number' if len(node.shape) == 1 else 'channel')} in the file, and {network} in the network"
        )
    same = f"`--set {name}={file}` takes them as they are" if name else ""

    def help(options: str) -> str:
        layers = "layers" if options.count("--skip") > 1 else "layer"
        afresh = options and f"`{options}` starts the last {layers} afresh"
        return "; ".join(way for way in (afresh, same) if way) or "give the network as many"

    return Cause(said, help)


def _has_weights_behind(graph: Graph, node: Node) -> bool:
    waiting, seen = list(graph.users(node)), set()
    while waiting:
        user = waiting.pop()
        if user.index in seen:
            continue
        seen.add(user.index)
        if user.weights or user.shares is not None:
            return True
        waiting += graph.users(user)
    return False


# ------------------------------------------------------------------------------------------ many tensors


def width_differs(shapes: Mapping[str, tuple[Shape, Shape]], fit: Collection[Shape], partial: str) -> str:
    """Whether all tensors differ by one factor, and no kernel or matrix is among those that fit: a width goes through the whole
    network. Tensors that differ in what they take alone show other groups as well."""
    ratios: set[Fraction] = set()
    gives = False
    whole = all(len(shape) < 2 for shape in fit)
    for given, wanted in shapes.values():
        if len(given) != len(wanted) or given[2:] != wanted[2:]:
            break  # windows, positions
        ratios |= {Fraction(one, two) for one, two in zip(given, wanted, strict=True) if one != two and two}
        gives |= given[:1] != wanted[:1]
    else:
        if len(ratios) == 1 and gives and whole:
            (ratio,) = ratios
            times = ratio if ratio.denominator == 1 else f"{ratio.numerator}/{ratio.denominator}"
            return (
                f"the widths of the file are {times} times the network's: give the network the same width, or take the weights of this one"
            )
    said = "the file is of a network with other numbers, its width, its kernels or its groups for example"
    return f"{said}; `{partial}` loads what fits" if partial else said


def parts_differ(wanted: Collection[str], given: Collection[str]) -> str | None:
    """Whether a row of numbered parts (`layer3.0`, `layer3.1`) is longer on one side: another depth."""
    ours, theirs = _numbered(wanted), _numbered(given)
    rows = [
        f"`{name}` has {count(theirs[name], 'part')} in the file and {ours[name]} in the network"
        for name in ours
        if name in theirs and ours[name] != theirs[name]
    ]
    return "another depth: " + "; ".join(rows[:3]) if rows else None


def _numbered(keys: Collection[str]) -> dict[str, int]:
    found: dict[str, set[str]] = {}
    for key in keys:
        words = key.split(".")
        for place, word in enumerate(words[1:], 1):
            if word.isdigit():
                found.setdefault(".".join(words[:place]), set()).add(word)
    return {name: len(numbers) for name, numbers in found.items()}
