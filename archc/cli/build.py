"""`archc build`: everything that a network becomes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING

import click

from .complete import NETWORK
from .face import NOT_MADE, Command, Face, compiled, network_options, observer, trust_option
from .made import size_of
from .progress import progress
from .quantize_options import eight_bits, quantize_options
from .unused import given, listed, no_word
from .weights_options import weights_of, weights_options

if TYPE_CHECKING:
    from ..compiler.targets import Made, Plan, Target

# The words of `compiler.targets.TARGETS`, `build.USUAL` and `runtime.prepare.DTYPES`: stated here so that `--help` loads none of them; a
# test holds them equal.
TARGETS = ("python", "torchscript", "diagram", "json", "onnx", "export", "aotinductor")
USUAL = ("python", "torchscript", "diagram", "json")
DTYPES = ("float32", "float64", "float16", "bfloat16")


def _targets(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    words = tuple(word.strip() for word in value.split(",")) if value else USUAL
    for word in words:
        if word not in TARGETS:
            raise no_word(word, TARGETS)
    if "export" in words and "aotinductor" in words:
        raise click.BadParameter(
            "`export` and `aotinductor` both write NETWORK.pt2: ask for one of them, or for each in a folder of its own"
        )
    return words


def _unused(context: click.Context, targets: tuple[str, ...]) -> list[str]:
    """What is to be said of options that some of the targets make no use of. One that none uses is a mistake of the call."""
    from ..compiler.targets import TARGETS as KNOWN

    options = given(context)
    asked = "target" in options
    said = []
    for name in options:
        heeding = [row for row in KNOWN if name in row.heeds]
        users = [row.word for row in heeding if row.word in targets and row.uses(name, options)]
        if heeding and not users:
            words = listed([f"`{row.word}`" + (f" with `--{needs}`" if (needs := row.heeds[name]) else "") for row in heeding])
            raise click.UsageError(f"`--{name}` is for `--target` {words}: `--target {','.join(targets)}` makes no use of it")
        # Of what is made when nothing is asked for, everyone knows which hold a module.
        idle = [row.word for row in KNOWN if row.word in targets and row.word not in users and (asked or row.heeds)]
        if heeding and idle:
            said.append(f"--{name}: heeded by {listed(users)}; {listed(idle)} {'is' if len(idle) == 1 else 'are'} made without it")
    return said


def _axes(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip()) if value else ()


@click.command("build", cls=Command)
@click.argument("file", type=NETWORK)
@network_options
@trust_option
@click.option("-o", "--output", "folder", metavar="DIR", help="Where the files go.  [default: build/NETWORK]")
@click.option(
    "--target",
    "targets",
    callback=_targets,
    metavar="WORD,…",
    help=f"What to make.  [of {', '.join(TARGETS)}; default: {', '.join(USUAL)}]",
)
@weights_options
@click.option("--train", is_flag=True, help="Keep side heads and dropout in the TorchScript.")
@click.option("--optimize", is_flag=True, help="Make the TorchScript, ONNX and AOTInductor for inference alone, and fast.")
@click.option("--tune", is_flag=True, help="With --optimize: measure on this machine and keep the fastest.")
@click.option(
    "--batch", type=click.IntRange(min=1), default=1, help="The batch that --tune measures and an AOTInductor package takes.  [default: 1]"
)
@click.option("--dynamic", callback=_axes, metavar="AXIS,…", help="Axes whose size ONNX and export leave free: height,width or length.")
@quantize_options
@click.option("--device", default="cpu", help="Where the modules are put.  [default: cpu]")
@click.option("--dtype", type=click.Choice(DTYPES), default="float32", help="The dtype of the modules.")
@click.pass_context
def command(
    context: click.Context, file: str, settings: tuple[str, ...], inputs: tuple[str, ...], trust: bool, folder: str | None, targets: tuple[str, ...],
    weights_file: str | None, skip: tuple[str, ...], rename: dict[str, str] | None, adapt: tuple[str, ...], partial: bool,
    train: bool, optimize: bool, tune: bool, batch: int, dynamic: tuple[str, ...], quantize: str | None,
    calibrate: str | None, loss: str | None, device: str, dtype: str,
) -> int:  # fmt: skip
    """Make the PyTorch source, the TorchScript module, the diagram and the JSON of a network."""
    from ..compiler.targets import Plan, build

    face: Face = context.obj
    if train and (optimize or tune):
        raise click.UsageError(f"`--{'optimize' if optimize else 'tune'}` is for inference, `--train` for training: ask for one of them")
    unused = _unused(context, targets)
    eight = eight_bits(
        quantize,
        calibrate,
        loss,
        {"--train": train, "--tune": tune, f"--device {device}": device != "cpu", f"--dtype {dtype}": dtype != "float32"},
    )
    loaded: dict[str, None] = {}
    weights = weights_of(weights_file, skip, rename, adapt, partial, lambda done: loaded.setdefault(str(done)))
    graph = compiled(face, file, settings, inputs, trust).graph
    if folder and folder.endswith((".py", ".pt", ".pt2", ".svg", ".json", ".onnx")):
        face.tell(f"-o {folder}: taken as a folder, the files go into it")
    plan = Plan(
        graph, folder or f"build/{graph.program.name}", weights, train, device, dtype, optimize or tune, tune, batch, dynamic, eight
    )
    for row in unused:
        face.tell(row)
    began: list[tuple[str, float]] = []
    with progress(face) as show:

        def begins(target: Target) -> None:
            began.append((target.what, perf_counter()))
            show(f"{target.what} …")

        made = build(plan, targets, begins)
        began.append(("", perf_counter()))
        beside = _beside_runtimes(plan, made, show) if tune and device == "cpu" and not face.quiet else ()
    if (observe := observer(face)) is not None:
        for (what, start), (_, end) in pairwise(began):
            observe(what, end - start)
    try:
        _summary(face, plan, made, tuple(loaded))
        for row in beside:
            face.result(f"  {row}")
    finally:  # also where nobody reads the summary
        _troubles(face, plan, made)
    return 0 if all(output.is_there for output in made) else NOT_MADE


def _beside_runtimes(plan: Plan, made: tuple[Made, ...], show: Callable[[str], None]) -> tuple[str, ...]:
    """How fast the tuned file is beside the other one that could be written."""
    from ..compiler.bench.artefacts import beside_runtimes

    files = [output.path for output in made if output.is_there and output.target.word == "torchscript"]
    return beside_runtimes(plan.graph, plan.module, files[0], dtype=plan.dtype, batch=plan.batch, watch=show) if files else ()


def _troubles(face: Face, plan: Plan, made: tuple[Made, ...]) -> None:
    """What could not be made and why, and what lies beside the new files."""
    from ..compiler.targets import left

    said = dict.fromkeys(row for output in made for row in output.diagnostics)  # weights that do not fit concern several outputs
    face.diagnostics(said)
    for output in made:
        if output.error is not None:
            face.bug(output.error, f"{output.path} was not made")
    failed = {output.path for output in made if not output.is_there}
    for path in left(plan, made):
        if path in failed:
            face.say(f"{path}: of an earlier build, left as it was")
        else:
            face.tell(f"{path}: of an earlier build, left as it was; not asked for this time")


def _summary(face: Face, plan: Plan, made: tuple[Made, ...], loaded: tuple[str, ...]) -> None:
    if face.quiet:
        return
    from ..compiler.analysis.cost import cost
    from ..compiler.ops.base import show

    figures = cost(plan.graph)
    ends = " -> ".join(", ".join(show(shape) for _, shape in rows) for rows in (figures.inputs, figures.outputs))
    face.result(f"{figures.network}: {figures.total.parameters:,} parameters, {figures.total.macs:,} MACs, {ends}")
    there = [output for output in made if output.is_there]
    width = max((len(output.path) for output in there), default=0)
    for output in there:
        what = f"{output.target.what}, {output.what}" if output.what else output.target.what
        face.result(f"  {output.path:<{width}}  {size_of(output.path):>9}  {what}")
    for row in loaded:
        face.result(f"  {row}")
