"""The TorchScript file of `archc build --optimize`, and what `--tune` finds out for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ....base.records import dataclass
from ...graph.graph import Graph
from ...runtime.sample_inputs import normal
from ...runtime.timing import Ratio, Timings, race
from ..torchscript import script
from .backends import backend_for
from .build import assemble, make_weights
from .step import Backend
from .tune import tune, tune_images

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

PLAIN, EXPECTED, TUNED, TUNED_AGAIN = "plain", "expected", "tuned", "tuned again"

Watch = Callable[[str], None]


@dataclass(frozen=True)
class Optimized:
    """The scripted module, and in words what was done and how fast it is."""

    scripted: torch.jit.ScriptModule
    told: tuple[str, ...]


def optimized(graph: Graph, module: nn.Module, *, device: str = "cpu", dtype: str = "float32") -> Optimized:
    """The network made fast by what is expected of its shapes; `module` is the plain one with its weights."""
    backend = backend_for(device, dtype)
    state = backend.rewritten(graph)
    made = assemble(state, make_weights(state, module.state_dict(), dtype), backend, dtype)
    return Optimized(script(made.module.to(device)), (backend.summary, *state.gains))


def tuned(
    graph: Graph, module: nn.Module, *, device: str = "cpu", dtype: str = "float32", batch: int = 1, watch: Watch = lambda text: None
) -> Optimized:
    """The fastest of what there is, measured here and now: each layer in each of its ways, groups of images, the plain module."""
    import torch

    backend = backend_for(device, dtype)
    state = backend.rewritten(graph)
    tensors = make_weights(state, module.state_dict(), dtype)
    generator = torch.Generator().manual_seed(0)
    given = [*normal(graph, batch, device=device, dtype=dtype, generator=generator)]
    found = tune(state, tensors, backend, given, dtype=dtype, watch=watch)
    chosen = tune_images(state, tensors, found.backend, given, dtype=dtype, watch=watch)

    def made(backend: Backend) -> torch.jit.ScriptModule:
        return script(assemble(state, tensors, backend, dtype).module.to(device))

    modules = {PLAIN: script(module), EXPECTED: made(backend), TUNED: made(chosen), TUNED_AGAIN: made(chosen)}
    seconds = _race(modules, given, device, watch)
    fastest = min((name for name in modules if name != TUNED_AGAIN), key=seconds.median)
    changed = [trial for trial in found.trials if trial.chosen != trial.expected]
    told = (
        backend.summary,
        *state.gains,
        *([f"{chosen.at_once} of {batch} images at once"] if chosen.at_once else []),
        f"{len(changed)} of {len(found.trials)} kinds of layers run in another way than was expected",
        f"fastest: {fastest}, {seconds.median(fastest) * 1e3:.2f} ms for a batch of {batch}, {torch.get_num_threads()} threads; "
        f"speed against the plain module {_show(seconds.ratio(fastest, PLAIN))}, against what was expected "
        f"{_show(seconds.ratio(fastest, EXPECTED))}; noise (the same module twice) {_show(seconds.ratio(TUNED_AGAIN, TUNED))}",
    )
    return Optimized(modules[fastest], told)


def _race(modules: Mapping[str, torch.jit.ScriptModule], given: list[Tensor], device: str, watch: Watch) -> Timings:
    import torch

    def leg(module: torch.jit.ScriptModule) -> Callable[[], object]:
        def run() -> object:
            with torch.inference_mode():
                answer = module(*given)
            if device != "cpu":
                torch.cuda.synchronize()
            return answer

        return run

    return race({name: leg(module) for name, module in modules.items()}, rounds=25, seconds=20, watch=watch)


def _show(ratio: Ratio) -> str:
    return f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f})"
