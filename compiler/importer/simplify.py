"""Rewrites of the flat list: several steps that the language says in one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import networkx
import torch

from .as_long import follow_words
from .attention_core import cores, parts
from .attention_forms import attentions
from .by_hand import by_hand
from .cells import cells
from .chains import chains, enters, replace
from .flat_steps import Flat, Plain, Sizes, Step
from .one_window import one_window
from .rearranged import OF_ONE_AXIS, rearranged
from .response_norm import response_norms
from .unfolded import unfolded
from .unstacked import unstacked
from .views import is_view, moved, numbered


def simplify(flat: Flat, forms: bool = True) -> None:
    """Change the list in place. With `forms`, runs of steps become the higher words that they are."""
    follow_words(flat)
    unstacked(flat)
    _learned(flat)
    _stretched(flat)
    _turned_back(flat)
    _not_twice(flat)
    if forms:
        cells(flat)
        by_hand(flat)
    _image_norms(flat)
    _shared_concatenations(flat)
    _pooled(flat)
    response_norms(flat)
    _channel_shuffles(flat)
    _tokens(flat)
    if forms:
        cores(flat)
        _turned_back(flat)
        _undone(flat)
        attentions(flat)
        parts(flat)
        _undone(flat)
        unfolded(flat)
        rearranged(flat)
        one_window(flat)
    _biases(flat)
    _sums(flat)
    _means(flat)


def _learned(flat: Flat) -> None:
    """A learned tensor, or numbers, in the shape in which it is wanted."""
    made, uses, shapes, instead, became = flat.made(), flat.uses(), flat.shapes(), dict[int, int](), dict[int, int]()
    alike = Counter((enters(step), step.shape) for step in flat.steps if step.operation == "reshape")
    for step in flat.steps:
        step.inputs = [instead.get(number, number) for number in step.inputs]
        before = made.get(enters(step))
        if step.operation != "reshape":
            continue
        if before is not None and before.operation == "reshape":
            step.inputs = list(before.inputs)  # the one between goes, if nothing else reads it
            step.by = step.by if before.by in OF_ONE_AXIS else before.by
            before = made.get(enters(step))
        if step.shape == shapes[enters(step)]:
            instead[step.number] = enters(step)
            continue
        if before is not None and before.number in became:
            instead[step.number] = became[before.number]
            continue
        if before is None or uses[before.number] not in (1, alike[before.number, step.shape]) or before.arguments.get("stored") is True:
            continue
        if before.operation == "parameter" or (before.operation == "constant" and isinstance(before.arguments["value"], list)):
            named: dict[str, Plain] = {"shape": Sizes(step.shape)} if before.operation == "parameter" else {"sizes": list(step.shape)}
            step.operation, step.arguments, step.inputs = before.operation, before.arguments | named, []
            step.key, step.path, step.shared = before.key, before.path, before.shared
        elif before.operation == "constant" and isinstance(before.arguments["value"], int | float):
            step.operation, step.arguments, step.inputs = "constant", before.arguments | {"sizes": list(step.shape)}, []
            step.key = before.key
        else:
            continue
        became[before.number] = step.number
    flat.steps = [step for step in flat.steps if step.number not in became]
    flat.give_instead(instead)
    flat.prune()
    for step in flat.steps:
        stored = step.arguments.get("stored")
        if step.operation == "parameter" and isinstance(stored, list) and tuple(stored) in (step.shape, (1, *step.shape)):
            step.arguments.pop("stored")
            step.arguments["batch"] = tuple(stored) != step.shape


def _turned_back(flat: Flat) -> None:
    """A permutation of a permutation is one, or none."""
    made, instead = flat.made(), dict[int, int]()
    for step in flat.steps:
        step.inputs = [instead.get(number, number) for number in step.inputs]
        before = made.get(enters(step))
        if step.operation == "permute" and before is not None and before.operation == "permute":
            first, second = before.arguments["order"], step.arguments["order"]
            assert isinstance(first, list) and isinstance(second, list)
            order = [first[axis] for axis in second]
            step.inputs, step.arguments = list(before.inputs), {"order": order}
            if order == sorted(order):
                instead[step.number] = before.inputs[0]
    flat.give_instead(instead)
    flat.prune()


def _undone(flat: Flat) -> None:
    """Views that come back to a tensor that was there before: that tensor."""
    made, shapes, instead = flat.made(), flat.shapes(), dict[int, int]()
    for step in flat.steps:
        step.inputs = [instead.get(number, number) for number in step.inputs]
        if step.operation not in ("reshape", "permute"):
            continue
        chain, number = [step], step.inputs[0]
        while (before := made.get(number)) is not None and is_view(before) and before.shape != step.shape:
            chain.insert(0, before)
            number = before.inputs[0]
        if len(chain) > 1 and shapes[number] == step.shape and all(row.operation in WHOLE for row in chain):
            places = numbered(step.shape)
            if torch.equal(moved(chain, places), places):
                instead[step.number] = number
    flat.give_instead(instead)
    flat.prune()


WHOLE = frozenset(("reshape", "permute", "flatten", "tokens", "identity"))
"""Views that keep every element."""


def _image_norms(flat: Flat) -> None:
    """Channels to the end, layer norm of the last axis, channels back: the norm of an image's channels."""
    made, uses, gone = flat.made(), flat.uses(), set()
    for step in flat.steps:
        norm = made.get(enters(step))
        if (
            step.operation == "permute"
            and step.arguments["order"] == [2, 0, 1]
            and norm is not None
            and norm.operation == "ln"
            and uses[norm.number] == 1
        ):
            first = made.get(enters(norm))
            if first is not None and first.operation == "permute" and first.arguments["order"] == [1, 2, 0] and uses[first.number] == 1:
                step.operation, step.arguments, step.inputs, step.key = (
                    "ln",
                    {key: value for key, value in norm.arguments.items() if key != "last"} | {"axis": 0},
                    first.inputs,
                    norm.key,
                )
                step.path, step.again = norm.path, norm.again
                gone |= {first.number, norm.number}
    flat.steps = [step for step in flat.steps if step.number not in gone]


def _shared_concatenations(flat: Flat) -> None:
    """`concat` of a, b, c after a `concat` of a, b: of that and c (the form in which DenseNet's figure draws it)."""
    known: dict[tuple[object, tuple[int, ...]], int] = {}
    for step in flat.steps:
        if step.operation == "concat":
            whole, axis = tuple(step.inputs), step.arguments.get("axis")
            for length in range(len(whole) - 1, 1, -1):
                if (axis, whole[:length]) in known:
                    step.inputs = [known[axis, whole[:length]], *whole[length:]]
                    break
            known.setdefault((axis, whole), step.number)


def _pooled(flat: Flat) -> None:
    """`flatten` of what is pooled and flattened already: nothing."""
    made = flat.made()
    instead: dict[int, int] = {}
    kept: list[Step] = []
    for step in flat.steps:
        step.inputs = [instead.get(number, number) for number in step.inputs]
        before = made.get(enters(step))
        if step.operation == "flatten" and before is not None and len(before.shape) == 1:
            instead[step.number] = before.number
        else:
            kept.append(step)
    flat.steps = kept
    flat.outputs = [(name, instead.get(number, number)) for name, number in flat.outputs]


def _stretched(flat: Flat) -> None:
    """A factor, or an addend, that is stretched to the size of the other (`x * y.expand_as(x)`): products and sums do that by themselves.

    What is learned, or fixed, and is the same for every image is stretched as it was: several of them are one sum.
    """
    made, uses, shapes = flat.made(), flat.uses(), flat.shapes()
    of_input = {row.number for row in flat.inputs}
    for step in flat.steps:
        if not of_input.isdisjoint(step.inputs):
            of_input.add(step.number)
        if step.operation not in ("mul", "add") or len(step.inputs) != 2:
            continue
        for place, number in enumerate(step.inputs):
            before, other = made.get(number), step.inputs[1 - place]
            if before is None or before.operation != "expand" or uses[number] != 1:
                continue
            # One row for all words: beside what they are looked up as it stretches by itself, to as many as there are.
            is_row = step.operation == "add" and other in of_input and shapes[before.inputs[0]] == (1, *step.shape[1:])
            if number not in of_input and not is_row:
                continue
            if shapes[other] != step.shape:
                continue
            if len(shapes[before.inputs[0]]) == len(step.shape):
                step.inputs[place] = before.inputs[0]
                if step.operation == "add":
                    step.arguments = step.arguments | {"broadcast": True}
                break
    flat.prune()


def _is_bias(step: Step, given: Step) -> bool:
    """Whether a step adds what it is given to its logits."""
    has_one = (step.operation == "sdpa" and len(step.inputs) == 4) or (step.operation == "attention" and step.arguments.get("mask") is True)
    return has_one and step.inputs.index(given.number) == len(step.inputs) - 1


def _biases(flat: Flat) -> None:
    """What is added to logits, for all places alike: attention stretches it."""
    readers: dict[int, list[Step]] = {}
    for step in flat.steps:
        for number in step.inputs:
            readers.setdefault(number, []).append(step)
    ends = {number for _, number in (*flat.outputs, *flat.side_outputs)}
    shapes = flat.shapes()
    for first in [step for step in flat.steps if step.operation == "expand"]:
        shape = shapes[first.inputs[0]]
        between, waiting = list[Step](), [first]
        while waiting:
            step = waiting.pop()
            following = readers.get(step.number, [])
            if len(shape) != len(first.shape) or step.number in ends or not following:
                break
            on_the_way = [row for row in following if row.operation in ("scale", "offset")]
            if not all(_is_bias(row, step) for row in following if row not in on_the_way):
                break
            between += on_the_way
            waiting += on_the_way
        else:
            for row in between:
                row.shape = shape
            for row in readers[first.number]:
                row.inputs = [first.inputs[0] if number == first.number else number for number in row.inputs]
    flat.prune()


def _sums(flat: Flat) -> None:
    """A sum of a sum that nothing else reads, in one module: one sum of all. Where the inner one is a residual of its own, it stays."""
    made, uses, gone = flat.made(), flat.uses(), set()
    rows = [
        (step, first)
        for step in flat.steps
        if step.operation == "add"
        and (first := made.get(enters(step))) is not None
        and (first.operation, first.path, first.again, first.arguments) == ("add", step.path, step.again, step.arguments)
        and step.arguments.get("broadcast") is not True
        and uses[first.number] == 1
        and len(step.inputs) > 1 < len(first.inputs)
    ]
    before = _dominators(flat) if rows else {}
    for step, first in rows:
        begin = before[first.number]
        if all(begin in (number, *_above(before, number)) for number in step.inputs[1:]):
            step.inputs = [*first.inputs, *step.inputs[1:]]
            gone.add(first.number)
    flat.steps = [step for step in flat.steps if step.number not in gone]


def _not_twice(flat: Flat) -> None:
    """A mask that is turned over and turned back."""
    turn = ("scale", "offset")
    for between in ((), ("reshape",)):
        for chain in list(chains(flat, *turn, *between, *turn)):
            numbers = [row.arguments.get("factor", row.arguments.get("addend")) for row in chain if row.operation in turn]
            if numbers != [-1, 1, -1, 1] or not all(row in flat.steps for row in chain):
                continue
            if between:
                middle = chain[2]
                replace(flat, chain, "reshape", middle.arguments)
                chain[-1].by, chain[-1].free, chain[-1].like = middle.by, middle.free, middle.like
            else:
                instead = {chain[-1].number: enters(chain[0])}
                for step in flat.steps:
                    step.inputs = [instead.get(number, number) for number in step.inputs]
                flat.give_instead(instead)
                flat.prune()


def _means(flat: Flat) -> None:
    """A sum of so many tensors, by their number: their mean."""
    for first, last in list(chains(flat, "add", "scale")):
        count, factor = len(first.inputs), last.arguments.get("factor")
        if isinstance(factor, int | float) and factor == 1 / count and not first.arguments.get("broadcast"):
            replace(flat, [first, last], "mean", {})


def _dominators(flat: Flat) -> dict[int, int]:
    """For each tensor the last one before it that every way from the inputs to it passes; -1 where there is none."""
    graph: networkx.DiGraph[int] = networkx.DiGraph([(-1, row.number) for row in flat.inputs])
    for step in flat.steps:
        graph.add_edges_from((number, step.number) for number in step.inputs or [-1])
    return dict(networkx.immediate_dominators(graph, -1))


def _above(before: Mapping[int, int], number: int) -> Iterator[int]:
    while number != -1:
        number = before.get(number, -1)
        yield number


def _channel_shuffles(flat: Flat) -> None:
    """Channels dealt out by two reshapes."""
    shapes = flat.shapes()
    for chain in chains(flat, "reshape", "permute", "reshape"):
        first, turn, last = chain
        if len(first.shape) == 4 and turn.arguments["order"] == [1, 0, 2, 3] and last.shape == shapes[first.inputs[0]]:
            replace(flat, chain, "channel_shuffle", {"groups": first.shape[0]})


def _tokens(flat: Flat) -> None:
    """An image as a sequence: positions in one axis, then channels to the end."""
    shapes = flat.shapes()
    for chain in chains(flat, "reshape", "permute"):
        source = shapes[chain[0].inputs[0]]
        if chain[1].arguments["order"] == [1, 0] and len(source) > 2 and chain[0].shape[0] == source[0] and len(chain[0].shape) == 2:
            replace(flat, chain, "tokens", {})
    for chain in chains(flat, "permute", "reshape"):
        source = shapes[chain[0].inputs[0]]
        last = [*range(1, len(source)), 0]
        if len(source) > 2 and chain[0].arguments["order"] == last and len(chain[1].shape) == 2 and chain[1].shape[1] == source[0]:
            replace(flat, chain, "tokens", {})
