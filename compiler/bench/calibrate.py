"""A machine measured by small networks: a chain of equal steps each, made fast and run as any other network is.

What a step does is told by the same function that foresees it (`analysis.foreseen.task_of`), so that a rate means there what it means here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter, thread_time
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ...base.source import Source
from ..analysis.calibration import Calibration, Rate
from ..analysis.foreseen import FEW_CHANNELS, Task, filled, task_of
from ..analysis.traffic import writes_nothing
from ..codegen.pytorch import Mode
from ..driver import compile_source
from ..emit.fast.build import fast
from ..emit.torchscript import script
from ..files.machine import cores, processor
from ..runtime.live_module import build
from ..runtime.sample_inputs import normal
from ..runtime.timing import Watch
from .hardware import peak_flops

if TYPE_CHECKING:
    from torch import Tensor

CHAIN = 6
"""How many steps stand in a chain: the weights of large layers then come from memory, as they do in a network."""

WARM_UP, LEAST_RUNS, MOST_RUNS, SECONDS = 3, 7, 60, 0.03

BETWEEN = (1 << 16, 4 << 20, 16 << 20, 32 << 20)
"""Bytes that go through the caches between two runs of the calls: nothing to speak of first, in the end more than the caches hold."""

DTYPES = ("float32", "bfloat16", "float64")
"""Dtypes whose peak is measured."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A network of one kind of step: the shape that goes in, and the step, `{}` standing for nothing but itself."""

    shape: str
    step: str
    chain: int = CHAIN

    @property
    def text(self) -> str:
        body = f"repeat {self.chain} {{ {self.step} }}" if self.chain > 1 else self.step
        return f"network probe {{ input x[{self.shape}] {body} }}"


CALLS = {
    "step": Probe("8, 1, 1", " -> ".join(("relu", "abs", "leaky_relu", "relu6") * 6), 1),
    "layer": Probe("8, 2, 2", " -> ".join(f"conv({8 + number}, 1)" for number in range(24)), 1),
}
"""Calls as they are in a network, each of another step than the one before, that have next to nothing to do."""

MOVES = tuple(Probe(f"{size}", "relu", 6) for size in (1 << 10, 1 << 13, 1 << 15, 1 << 17, 1 << 19, 1 << 20, 1 << 21, 3 << 20, 6 << 20))
"""Elements that are read and written: 8 KB to 48 MB moved a step."""


def _square(channels: int, side: int) -> str:
    return f"{channels}, {side}, {side}"


def probes() -> Iterator[Probe]:
    """All but the calls and the bandwidth, in the order of their kinds."""
    for kernel, channels, sides in (
        (1, 16, (14, 56, 112)), (1, 64, (4, 14, 28, 56, 112)), (1, 256, (1, 3, 7, 14, 28, 56)), (1, 1024, (1, 3, 7, 14, 28)), (1, 2048, (1, 7, 14)),
        (3, 16, (14, 56, 112)), (3, 48, (14, 28, 56, 112)), (3, 128, (7,)), (3, 512, (7,)), (3, 96, (14, 28, 56)), (3, 256, (14, 28, 56)),
    ):  # fmt: skip
        yield from (Probe(_square(channels, side), f"conv({channels}, {kernel}) -> relu") for side in sides)
    yield from (Probe(f"{features}", f"linear({features}) -> relu") for features in (128, 512, 1024))
    for channels, lengths in ((64, (28, 56)), (256, (7, 14, 28)), (1024, (7, 14))):
        yield from (Probe(_square(channels, side), f"add {{ | conv({channels}, 1) | skip }} -> relu") for side in lengths)
    yield from (Probe(_square(128, side), "conv(128, 1x7) -> relu") for side in (17, 28))
    for width, channels, grouped in ((4, 128, (14, 56)), (16, 256, (7, 14, 28, 56)), (48, 192, (7, 14, 28, 56)), (168, 336, (14, 28))):
        yield from (Probe(_square(channels, side), f"conv({channels}, 3, groups = {channels // width}) -> relu") for side in grouped)
    for kernel, sizes in (
        (3, ((512, 7), (256, 14), (128, 28), (128, 56), (64, 112), (96, 160))),
        (5, ((512, 7), (128, 28))),
        (7, ((768, 7), (96, 56))),
    ):
        yield from (Probe(_square(channels, side), f"dwconv({kernel}) -> relu") for channels, side in sizes)
    for channels, side in ((576, 14), (192, 28), (144, 56), (96, 112)):
        yield Probe(_square(channels, side), "dwconv(3, stride = 2) -> relu", 1)
    yield Probe(_square(3, 224), "conv(16, 3, stride = 2) -> relu", 1)
    yield Probe(_square(3, 224), "conv(64, 7, stride = 2) -> relu", 1)
    yield from (Probe(_square(c, side), f'conv({c}, 3, pad_mode = "reflect")', 3) for c, side in ((64, 56), (256, 14)))
    yield from (
        Probe(_square(c, side), f"deconv({c}, 4, stride = 2, pad = 1) -> relu", 1) for c, side in ((32, 56), (64, 28), (256, 4), (256, 14))
    )
    yield from (Probe(f"length = {n}, channels = {c}", f"attention({c // 32})", 2) for n, c in ((49, 96), (197, 768)))
    yield from (Probe(_square(c, side), f"conv({c}, 1) -> silu") for c, side in ((64, 14), (64, 56)))
    yield from (Probe(f"{n}, {n}", "matmul { | skip | skip }", 2) for n in (64, 512))
    yield Probe("length = 64, channels = 256", "lstm(256)", 1)
    for step in ("gelu", "sigmoid", "ln", "gn(8)", "lrn", "maxpool(3, stride = 1, pad = 1)", "avgpool(3, stride = 1, pad = 1)"):
        yield from (Probe(_square(c, side), step, 3) for c, side in ((64, 14), (64, 56)))
    for step in ("maxpool(3, stride = 2, pad = 1)", "avgpool(2)", "global_avgpool", "upsample(2)"):
        yield from (Probe(_square(c, side), step, 1) for c, side in ((64, 14), (64, 56), (64, 112), (256, 112)))


def calibrate(threads: int = 0, watch: Watch = lambda text: None) -> Calibration:
    """Measure this machine with so many threads; 0: as many as PyTorch takes."""
    import torch

    before = torch.get_num_threads()
    threads = threads or before
    torch.set_num_threads(threads)
    # With one thread the time of the processor counts: what others take is none of it.
    clock = thread_time if threads == 1 else perf_counter
    try:
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(0)
            return _calibrate(threads, clock, watch)
    finally:
        torch.set_num_threads(before)


def _calibrate(threads: int, clock: Callable[[], float], watch: Watch) -> Calibration:
    import torch

    rows = [*(probe for probe in CALLS.values() for _ in BETWEEN), *MOVES, *probes()]
    done = iter(range(len(rows)))

    def measure(probe: Probe, between: int = 0) -> tuple[Task, float]:
        watch(f"{next(done) + 1} of {len(rows)}: {probe.step} on {probe.shape}"[:100])
        return _measured(probe, clock, between)

    call = {name: tuple((float(size), measure(probe, size)[1]) for size in BETWEEN) for name, probe in CALLS.items()}
    bandwidth = []
    for probe in MOVES:
        task, seconds = measure(probe)
        bandwidth.append((float(task.moved), task.moved / _beyond(seconds, call["step"][0][1])))
    lanes = 16 if "AVX512" in torch.backends.cpu.get_cpu_capability() else 8
    known = Calibration("", 1, threads, "", lanes, {"float32": 1.0}, (), call, {})
    rates: dict[str, list[Rate]] = {}
    for probe in probes():
        task, seconds = measure(probe)
        seconds = _beyond(seconds, known.calling(task.kind))
        work = filled(task, lanes)
        if task.curved:
            # The chain with a plain activation was measured before: what is beyond it is the curve's.
            alike = next(row for row in rates[task.kind] if (row.width, row.size) == (task.width, task.size))
            rates.setdefault("last", []).append(Rate(1, task.curved, task.curved / _beyond(seconds, work / alike.rate)))
        else:
            rates.setdefault(task.kind, []).append(Rate(task.width, task.size, work / seconds))
    watch("peaks")
    peak = {dtype: peak_flops("cpu", dtype, 0.2, clock) for dtype in DTYPES}
    return Calibration(
        processor(),
        cores(),
        threads,
        torch.__version__,
        lanes,
        peak,
        tuple(bandwidth),
        call,
        {kind: tuple(rows) for kind, rows in rates.items()},
    )


def _beyond(seconds: float, call: float) -> float:
    """What a step takes beyond its call; where that is lost in the noise, a tenth of it."""
    return max(seconds - call, seconds / 10)


def _measured(probe: Probe, clock: Callable[[], float], between: int) -> tuple[Task, float]:
    """What one step of the probe has to do, and its seconds."""
    import torch

    graph = compile_source(Source.of("probe", probe.text)).graph
    made = fast(graph, build(graph, Mode.INFERENCE).state_dict())
    module = script(made.module)
    (given,) = normal(graph, 1)
    if given.dim() == 4 and given.shape[1] > FEW_CHANNELS:
        given = given.contiguous(
            memory_format=torch.channels_last
        )  # as what stands before leaves it; an image itself is turned by who reads it
    with torch.inference_mode():
        seconds = _seconds(lambda: module(given), clock, torch.zeros(between >> 2) if between else None)
    steps = [node for node in made.state.graph.nodes if not writes_nothing(node)]
    return task_of(made.state.graph, steps[-1], 1), seconds / len(steps)


def _seconds(run: Callable[[], Tensor], clock: Callable[[], float], others: Tensor | None) -> float:
    """The quickest quarter ends here: what disturbs a run makes it slower, never quicker. `others` are put into the caches before each run."""
    for _ in range(WARM_UP):
        run()
    found: list[float] = []
    while len(found) < LEAST_RUNS or (sum(found) < SECONDS and len(found) < MOST_RUNS):
        if others is not None:
            others.add_(1)
        began = clock()
        run()
        found.append(clock() - began)
    return sorted(found)[len(found) // 4]
