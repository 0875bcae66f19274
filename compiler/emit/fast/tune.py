"""Which way of doing each layer is the fastest on the machine at hand: measured inside the network, not alone.

Alone, a layer finds its weights in the cache where the last run left them, and ways that read more of them look better than
they are. So the whole network runs, each layer in one of its ways, another in the next round, and each layer is timed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from ....base.records import dataclass
from ...graph.program import Node
from ...rewrite.base import Rewritten
from ...rewrite.groups import last_in_groups
from ...runtime.timing import Leg, race
from ..torchscript import script
from .build import assemble
from .step import Backend

if TYPE_CHECKING:
    from torch import Tensor, nn

ROUNDS, IMAGES_ROUNDS = 21, 11

Watch = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Trial:
    """Layers that are alike, the median of the seconds that all of them take in each way, and the way that was chosen."""

    nodes: tuple[str, ...]
    what: str
    seconds: Mapping[str, float]
    expected: str
    chosen: str

    @property
    def gain(self) -> float:
        """Seconds saved against the way that would have been taken without measuring."""
        return self.seconds[self.expected] - self.seconds[self.chosen]


@dataclass(frozen=True, slots=True)
class Tuned:
    """A back end with its choices, and what they rest on."""

    backend: Backend
    trials: tuple[Trial, ...]


def tune(
    state: Rewritten,
    tensors: Mapping[str, Tensor],
    backend: Backend,
    given: Sequence[Tensor],
    *,
    dtype: str = "float32",
    rounds: int = ROUNDS,
    clock: Callable[[], float] = perf_counter,
    watch: Watch = lambda text: None,
) -> Tuned:
    """Try every way of every layer, `rounds` times each."""
    families: dict[tuple[object, ...], list[Node]] = {}
    for node in state.graph.nodes:
        if len(backend.options(node)) > 1:
            families.setdefault((node.operation, node.input_shapes), []).append(node)
    if not families:
        return Tuned(backend, ())
    ways = max(len(backend.options(rows[0])) for rows in families.values())
    seconds = _measure(state, tensors, backend, given, dtype, ways, rounds, clock, watch)
    trials = []
    for rows in families.values():
        options = backend.options(rows[0])
        # The time of a module that several steps call is that of the first of them.
        timed = [node for node in rows if (node.unique, options[0]) in seconds]
        totals = {way: median(map(sum, zip(*(seconds[node.unique, way] for node in timed), strict=True))) for way in options}
        names = tuple(node.unique for node in rows)
        caption = rows[0].operation.told(rows[0].input_shapes, rows[0].shape, rows[0].axes, *rows[0].input_axes)
        chosen = min(options, key=lambda way: totals[way])
        trials.append(Trial(names, caption, totals, backend.choice(rows[0]), chosen))
    choices = {name: trial.chosen for trial in trials for name in trial.nodes}
    return Tuned(dataclasses.replace(backend, choices={**backend.choices, **choices}), tuple(trials))


def tune_images(
    state: Rewritten,
    tensors: Mapping[str, Tensor],
    backend: Backend,
    given: Sequence[Tensor],
    *,
    dtype: str = "float32",
    watch: Watch = lambda text: None,
) -> Backend:
    """The back end with the number of images at once that is the fastest for this batch, of those that divide it."""
    import torch

    batch = given[0].shape[0]
    if batch == 1 or not backend.images(state.graph) or last_in_groups(state.graph) < 0:
        return backend

    def leg(module: torch.jit.ScriptModule) -> Leg:
        def run() -> object:
            with torch.inference_mode():
                return module(*given)

        return run

    candidates = [dataclasses.replace(backend, at_once=count) for count in range(1, batch + 1) if batch % count == 0]
    legs = {str(number): leg(script(assemble(state, tensors, each, dtype).module)) for number, each in enumerate(candidates)}
    found = race(legs, rounds=IMAGES_ROUNDS, seconds=15, watch=watch)
    return candidates[int(min(legs, key=found.median))]


def _measure(
    state: Rewritten,
    tensors: Mapping[str, Tensor],
    backend: Backend,
    given: Sequence[Tensor],
    dtype: str,
    ways: int,
    rounds: int,
    clock: Callable[[], float],
    watch: Watch,
) -> dict[tuple[str, str], list[float]]:
    """Seconds of each node in each of its ways, one number a round."""
    import torch

    networks: list[tuple[nn.Module, dict[tuple[str, str], float]]] = []
    for number in range(ways):
        watch(f"making the network in way {number + 1} of {ways}")
        rows = [(node, backend.options(node)) for node in state.graph.nodes]
        choices = {node.unique: options[min(number, len(options) - 1)] for node, options in rows if options}
        made = assemble(state, tensors, dataclasses.replace(backend, choices={**backend.choices, **choices}), dtype)
        spent: dict[tuple[str, str], float] = {}
        timed: set[str] = set()
        for node, options in rows:
            # A layer with fewer ways than others runs its last one again, and is not timed then.
            attribute = made.written.attributes.get(node.unique, "")
            if len(options) > max(number, 1) and attribute not in timed:
                timed.add(attribute)
                _time(made.module, attribute, (node.unique, choices[node.unique]), spent, clock)
        networks.append((made.module, spent))
    seconds: dict[tuple[str, str], list[float]] = {}
    with torch.inference_mode():
        for module, _ in networks:
            for _ in range(3):
                module(*given)
        for number in range(rounds):
            watch(f"round {number + 1} of {rounds}")
            for module, spent in networks:
                spent.clear()
                module(*given)
                for key, value in spent.items():
                    seconds.setdefault(key, []).append(value)
    return seconds


def _time(
    network: nn.Module, attribute: str, key: tuple[str, str], spent: dict[tuple[str, str], float], clock: Callable[[], float]
) -> None:
    """Have what the child at `attribute` takes added up under `key`."""
    import torch
    from torch import nn

    layer = torch.jit.script(getattr(network, attribute))

    class Timed(nn.Module):
        def forward(self, *inputs: Tensor) -> object:
            began = clock()
            answer: object = layer(*inputs)
            spent[key] = spent.get(key, 0.0) + clock() - began
            return answer

    setattr(network, attribute, Timed())
