"""A network run in many ways, side by side: the figures of `archc bench`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ..codegen.pytorch import Mode
from ..graph.graph import Graph
from ..runtime.prepare import Wanted, ready
from ..runtime.sample_inputs import normal
from ..runtime.timing import Leg, Ratio, Watch, race
from ..runtime.weights import AnyWeights, side_head_keys
from ..verify import put_reference, reference_module, shaken
from .hardware import Machine, describe, forget_peak, peak_bytes, peak_flops, resident_bytes
from .setting import NotHere, Setting, Way
from .ways import WAYS

if TYPE_CHECKING:
    from torch import Tensor

AGAIN = "again"
"""The base a second time: how far its speed is from 1 is the noise."""

USUAL = ("eager", "torchscript", "optimized", "compiled", "onnxruntime", "openvino", "reference", "reference_onnxruntime")

VERSION = 1


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured and how. `base` is the way that speeds are told against; `against` another library's module, as of verify."""

    ways: tuple[str, ...] = USUAL
    base: str = "eager"
    batch: int = 1
    threads: int = 0
    device: str = "cpu"
    dtype: str = "float32"
    against: str = ""
    weights: AnyWeights | None = None
    rounds: int = 30
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Row:
    """One way: seconds (median and best), its speed against the base, floating-point operations a second, bytes of memory
    (what it keeps, and what it takes beside that while it runs), and how far its answer is from the plain module's, relatively."""

    way: str
    what: str
    seconds: float
    best: float
    speed: Ratio
    flops: float
    kept_bytes: int | None
    running_bytes: int | None
    difference: float | None


@dataclass(frozen=True, slots=True)
class Missing:
    """A way that could not be run here, and why."""

    way: str
    why: str


@dataclass(frozen=True, slots=True)
class Bench:
    network: str
    what: str
    """What the batch counts: images, or samples where the input is something else."""
    options: Options
    machine: Machine
    threads: int
    peak: float
    """The most floating-point operations a second that this run saw: of a large matrix product before or behind the rounds, or of the fastest way."""
    rounds: int
    rows: tuple[Row, ...]
    missing: tuple[Missing, ...]

    def row(self, way: str) -> Row:
        (found,) = (row for row in self.rows if row.way == way)
        return found

    def to_json(self) -> str:
        options = self.options
        rows = [
            {
                "way": row.way,
                "milliseconds": row.seconds * 1e3,
                "best_milliseconds": row.best * 1e3,
                f"{self.what}_per_second": options.batch / row.seconds,
                "speed": {"median": row.speed.median, "low": row.speed.low, "high": row.speed.high},
                "flops_per_second": row.flops,
                "share_of_peak": row.flops / self.peak,
                "kept_bytes": row.kept_bytes,
                "running_bytes": row.running_bytes,
                "difference": row.difference,
            }
            for row in self.rows
        ]
        return json.dumps(
            {
                "version": VERSION,
                "network": self.network,
                "batch": options.batch,
                "threads": self.threads,
                "device": options.device,
                "dtype": options.dtype,
                "base": options.base,
                "against": options.against or None,
                "rounds": self.rounds,
                "machine": self.machine.rows(),
                "peak_flops_per_second": self.peak,
                "rows": rows,
                "missing": [{"way": row.way, "why": row.why} for row in self.missing],
            },
            indent=2,
        )


def bench(graph: Graph, options: Options, watch: Watch = lambda text: None) -> Bench:
    """All ways in one run. Those that cannot be run here are told of and left out."""
    import torch

    before = torch.get_num_threads()
    threads = options.threads or before
    torch.set_num_threads(threads)
    try:
        with ExitStack() as room:
            return _bench(graph, options, threads, room, watch)
    finally:
        torch.set_num_threads(before)


def _bench(graph: Graph, options: Options, threads: int, room: ExitStack, watch: Watch) -> Bench:
    setting = _setting(graph, options, threads, room, watch)
    legs: dict[str, Leg] = {}
    kept: dict[str, int | None] = {}
    missing: list[Missing] = []
    ways = {way.name: way for way in _ways(options)}
    for way in ways.values():
        watch(f"making {way.name}")
        growth = resident_bytes()
        made = _made(way, setting)
        if isinstance(made, Missing):
            missing.append(made)
            continue
        legs[way.name] = made
        after = resident_bytes()
        kept[way.name] = None if growth is None or after is None else max(after - growth, 0)
    if options.base in legs:
        legs[AGAIN] = legs[options.base]
    running = {name: _running_bytes(leg) for name, leg in legs.items()}
    before = peak_flops(options.device, options.dtype)
    timings = race(legs, rounds=options.rounds, seconds=options.seconds, watch=watch)
    work = options.batch * sum(node.flops for node in graph.nodes if not node.training_only)
    base = options.base if options.base in legs else next(iter(legs))
    wanted = _values(_plain(setting))
    rows = []
    for name, leg in legs.items():
        seconds = timings.median(name)
        what = f"`{base}` once more: what differs from 1 is noise" if name == AGAIN else ways[name].what
        way = ways[base if name == AGAIN else name]
        compared = way.answers and (setting.same_weights or not way.of_reference)
        difference = _difference(_values(leg()), wanted) if compared else None
        speed = timings.ratio(name, base)
        rows.append(Row(name, what, seconds, timings.best(name), speed, work / seconds, kept.get(name), running[name], difference))
    # A busy machine may give the product less than it gave a way: no way is over the peak.
    peak = max(before, peak_flops(options.device, options.dtype), *(work / row.best for row in rows))
    what = "images" if len(graph.inputs) == 1 and len(graph.inputs[0].shape) == 3 else "samples"
    return Bench(graph.program.name, what, options, describe(options.device), threads, peak, timings.rounds, tuple(rows), tuple(missing))


def _ways(options: Options) -> list[Way]:
    found = [way for way in WAYS if way.name in options.ways and (options.against or not way.of_reference)]
    return sorted(found, key=lambda way: way.name != options.base)


def _setting(graph: Graph, options: Options, threads: int, room: ExitStack, watch: Watch) -> Setting:
    import torch

    module = ready(graph, Wanted(Mode.INFERENCE, options.weights, options.device, options.dtype))
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        kind = getattr(torch, options.dtype)
        reference = None
        if options.against:
            reference = shaken(reference_module(options.against, graph)).to(options.device, kind)
        fits = False
        if options.weights is None:
            # The same numbers in both: processors run faster on zeros than on what keeps their adders busy.
            fits = reference is not None and not put_reference(
                module, graph, reference.state_dict(), options.against, side_head_keys(graph)
            )
            module = module if fits else shaken(module)
        given = normal(graph, options.batch, device=options.device, dtype=options.dtype)
    return Setting(graph, module, given, threads, options.device, options.dtype, reference, fits, room, watch)


def _made(way: Way, setting: Setting) -> Leg | Missing:
    try:
        leg = way.make(setting)
        leg()
    except NotHere as reason:
        return Missing(way.name, str(reason))
    except Exception as error:
        # Compilers and runtimes fail in ways of their own; the others are measured all the same, and this is told.
        text = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
        return Missing(way.name, f"{type(error).__name__}: {text[:160]}")
    return leg


def _running_bytes(leg: Leg) -> int | None:
    """The memory that a call takes at its height, beside what is in use before."""
    leg()
    forget_peak()
    before = resident_bytes()
    leg()
    peak = peak_bytes()
    return None if before is None or peak is None else max(peak - before, 0)


def _plain(setting: Setting) -> object:
    import torch

    with torch.inference_mode():
        return setting.module(*setting.given)


def _values(answer: object) -> list[Tensor]:
    import numpy
    import torch

    if isinstance(answer, torch.Tensor):
        return [answer.detach().float().cpu()]
    if isinstance(answer, numpy.ndarray):
        return [torch.from_numpy(answer)]
    rows = answer.values() if hasattr(answer, "values") else answer
    assert isinstance(rows, Sequence) or hasattr(rows, "__iter__")
    return [value for row in rows for value in _values(row)]


def _difference(found: list[Tensor], wanted: list[Tensor]) -> float:
    return max(float((one - other).abs().max() / other.abs().max().clamp_min(1e-12)) for one, other in zip(found, wanted, strict=True))
