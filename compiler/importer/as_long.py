"""Tables of which a model takes as many places as there are words: the text, too, takes as many as come in, and not the number of one run."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from .flat_steps import Flat, Word
from .lower_constant import Lower, reshaped
from .traced import Call

CONTAINERS = (nn.ModuleDict, nn.ModuleList, nn.Sequential)


def as_long_as_words(low: Lower, number: int, call: Call, begin: int) -> None:
    """Note of the slice that makes a tensor whose words it is as long as: two runs tell."""
    if low.wider is None or not _sees_inputs(low.modules, call.path):
        return
    here, wide = low.trace.values[number].shape, low.wider.values[number].shape
    differ = [axis for axis, sizes in enumerate(zip(here, wide, strict=False)) if sizes[0] != sizes[1]]
    if len(here) != len(wide) or len(differ) != 1:
        return
    axis = differ[0]
    sizes = here[axis], wide[axis]
    words = [row for row in low.flat.inputs if row.integers and (*row.shape, *low.wider.values[row.number].shape[1:]) == sizes]
    slices = [step for step in low.flat.steps[begin:] if step.operation == "slice"]
    if not words:
        return
    like = Word(words[0].name)
    if len(slices) == 1 and slices[0].arguments.get("step", 1) == 1:
        cut = slices[0].arguments["axis"]
        if isinstance(cut, int) and slices[0].shape[cut] == sizes[0]:
            slices[0].like = like
    elif not slices and set(here[:axis]) <= {1} and low.made[number].shape == here:
        # As many as the table has: fewer words take fewer of them.
        whole, given = here[axis:], low.made[number]
        made = low.between("slice", {"axis": 0, "start": 0, "stop": None}, [reshaped(low, given, whole) if axis else given], whole)
        low.flat.steps[-1].like = like
        low.made[number] = reshaped(low, made, here) if axis else made


def _sees_inputs(modules: Mapping[str, nn.Module], path: str) -> bool:
    """Whether a call stands in the network or in a part that it has once: a block knows no inputs."""
    if type(modules[path]).__module__.startswith("torch.nn.modules"):
        path = path.rpartition(".")[0]  # who calls the layer
    while path and isinstance(modules[path], CONTAINERS):
        path = path.rpartition(".")[0]
    return stands_once(modules, path)


def stands_once(modules: Mapping[str, nn.Module], path: str) -> bool:
    """Whether a part is the network, or one of its own parts that no other is like: it is written where inputs are known."""
    kind = type(modules[path])
    return "." not in path and sum(type(module) is kind for module in modules.values()) == 1


def follow_words(flat: Flat) -> None:
    """The slices that were noted take their size of the input; a reshape behind leaves it open."""
    shapes = flat.shapes()
    for step in flat.steps:
        if step.operation != "slice" or not isinstance(step.like, Word):
            continue
        axis, start, like = step.arguments["axis"], step.arguments["start"], step.like
        assert isinstance(axis, int)
        readers = [row for row in flat.steps if step.number in row.inputs]
        told = {"axis": 0, "start": start, "like": like}
        if axis == 0:
            step.arguments = told
            for row in readers:
                if row.operation == "reshape" and row.shape.count(step.shape[0]) == 1:
                    row.arguments = {"shape": [-1 if size == step.shape[0] else size for size in row.shape]}
                    row.free = row.shape.index(step.shape[0])
        elif set(step.shape[:axis]) == {1} and all(row.operation == "reshape" and row.shape == step.shape[axis:] for row in readers):
            # Axes of 1 go first, so that the words come first, as they do in the input.
            whole = shapes[step.inputs[0]][axis:]
            step.operation, step.arguments, step.shape, step.like = "reshape", {"shape": list(whole)}, whole, None
            for row in readers:
                row.operation, row.arguments, row.by = "slice", dict(told), ""
