"""`archc bench`: how fast a network runs, in many ways side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .build import DTYPES
from .complete import NETWORK
from .face import NOT_MADE, Command, Face, compiled, network_options, trust_option
from .option_values import MOST_THREADS, distinct, finite
from .progress import progress
from .unused import given, listed, no_word
from .weights_options import weights_of, weights_options

if TYPE_CHECKING:
    from ..compiler.bench.bench import Bench

# The names of `compiler.bench.ways.WAYS`, and `bench.USUAL`: stated here so that `--help` loads no torch; a test holds them equal.
WAYS = (
    "eager", "torchscript", "frozen", "fused", "optimize_for_inference", "optimized", "tuned", "compiled", "max_autotune", "aot_inductor", "packaged",
    "onnxruntime", "cuda_graph", "tensorrt", "openvino", "reference", "reference_onnxruntime",
    "reference_openvino", "training", "reference_training",
)  # fmt: skip
USUAL = ("eager", "torchscript", "optimized", "compiled", "onnxruntime", "openvino", "reference", "reference_onnxruntime")


def _ways(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    if value is None:
        return USUAL
    words = tuple(word.strip() for word in value.split(","))
    for word in words:
        if word not in (*WAYS, "all"):
            raise no_word(word, (*WAYS, "all"))
    distinct(words)
    return WAYS if "all" in words else words


@click.command("bench", cls=Command)
@click.argument("file", type=NETWORK)
@network_options
@trust_option
@click.option(
    "--ways", callback=_ways, metavar="WORD,…", help=f"Which ways of running.  [of {', '.join(WAYS)}, or all; default: {', '.join(USUAL)}]"
)
@click.option(
    "--base", type=click.Choice(WAYS), default="eager", metavar="WORD", help="The way that speeds are told against.  [default: eager]"
)
@click.option(
    "--against",
    metavar="MODEL",
    default="",
    help="Another module beside it: torchvision:resnet50, timm:inception_v4, your own my_net.py:Net.",
)
@click.option("--batch", type=click.IntRange(min=1), default=1, help="How many images at a time.  [default: 1]")
@click.option("--threads", type=click.IntRange(1, MOST_THREADS), help="How many threads.  [default: PyTorch's]")
@click.option("--device", default="cpu", help="Where the modules run.  [default: cpu]")
@click.option("--dtype", type=click.Choice(DTYPES), default="float32", help="The dtype of the modules.")
@weights_options
@click.option("--rounds", type=click.IntRange(min=1), default=30, help="The most rounds.  [default: 30]")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0),
    callback=finite,
    default=30.0,
    help="About how long the rounds may take in all.  [default: 30]",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--plot", metavar="FILE.svg", help="A picture of the speeds.")
@click.pass_context
def command(
    context: click.Context, file: str, settings: tuple[str, ...], inputs: tuple[str, ...], trust: bool, ways: tuple[str, ...], base: str, against: str, batch: int,
    threads: int | None, device: str, dtype: str,
    weights_file: str | None, skip: tuple[str, ...], rename: dict[str, str] | None, adapt: tuple[str, ...], partial: bool,
    rounds: int, seconds: float, form: str, plot: str | None,
) -> int:  # fmt: skip
    """Time a network in many ways, turn by turn in one run; the base runs twice in every round, which shows the noise."""
    from ..compiler.bench.bench import Options, bench
    from ..compiler.draw.plot import see_that_it_is_svg

    if plot is not None:
        see_that_it_is_svg(plot, "a plot of speeds")
    face: Face = context.obj
    if against and not any(way.startswith("reference") for way in (base, *ways)):
        words = listed([f"`{way}`" for way in WAYS if way.startswith("reference")])
        raise click.UsageError(f"`--against` is for the ways {words}: `--ways {','.join(ways)}` makes no use of it")
    weights = weights_of(weights_file, skip, rename, adapt, partial, lambda done: face.tell(str(done)))
    graph = compiled(face, file, settings, inputs, trust).graph
    if base not in ways:
        ways = (base, *ways)
    options = Options(ways, base, batch, threads or 0, device, dtype, against, weights, rounds, seconds)
    with progress(face) as watch:
        found = bench(graph, options, watch)
    if form == "json":
        face.result(found.to_json())
    else:
        _table(face, found)
    if plot is not None:
        from ..compiler.bench.chart import to_svg
        from ..compiler.files.write import write

        write(plot, to_svg(found))
    named = "ways" in given(context) and set(ways) != set(WAYS)
    for missing in found.missing:
        (face.say if named else face.tell)(f"not run: {missing.way}: {missing.why}")
    # Of all ways some are never here; of those that were named each was asked for.
    return NOT_MADE if named and found.missing else 0


def _table(face: Face, found: Bench) -> None:
    from ..compiler.analysis.table import Column, Table

    options, machine = found.options, found.machine
    plural = "s" if found.threads > 1 else ""
    face.result(
        f"{found.network}: batch {options.batch}, {found.threads} thread{plural}, {options.device}, {options.dtype}, {found.rounds} rounds"
    )
    face.result(
        f"{machine.processor}, {machine.cores} cores, {machine.instructions}; torch {machine.torch}; peak {found.peak / 1e9:,.0f} GFLOP/s"
    )
    titles = (
        "way", "ms", "best", f"{found.what}/s", f"speed ({options.base} = 1)", "GFLOP/s", "of peak", "memory", "running", "difference",
    )  # fmt: skip
    rows = tuple(
        (
            row.way, f"{row.seconds * 1e3:,.2f}", f"{row.best * 1e3:,.2f}", f"{options.batch / row.seconds:,.1f}",
            f"{row.speed.median:.2f} ({row.speed.low:.2f} to {row.speed.high:.2f})", f"{row.flops / 1e9:,.0f}", f"{row.flops / found.peak:.0%}",
            _bytes(row.kept_bytes), _bytes(row.running_bytes), "" if row.difference is None else f"{row.difference:.0e}",
        )
        for row in found.rows
    )  # fmt: skip
    note = "speed: the median of the rounds, and between what the middle half lies; `again` is the base once more and shows the noise"
    columns = tuple(Column(title, left=place == 0) for place, title in enumerate(titles))
    face.result("\n" + Table(columns, rows, None, (note,)).text())


def _bytes(count: int | None) -> str:
    return "" if count is None else f"{count / 1e6:,.0f} MB"
