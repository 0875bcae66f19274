"""`archc cost`: what a network costs, in a table. No torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from .complete import NETWORK
from .face import Command, Face, compiled, network_options
from .unused import given, listed, refuse_unused

if TYPE_CHECKING:
    from ..compiler.analysis.calibration import Calibration
    from ..compiler.analysis.roofline import Device
    from ..compiler.graph.graph import Graph

DTYPES = ("float64", "float32", "float16", "bfloat16", "float8")
OPTIMIZERS = ("sgd", "momentum", "adam", "adamw")
CONVENTIONS = ("exact", "flopcounter", "fvcore", "ptflops", "ptflops-aten", "torchinfo", "thop", "calflops", "all")
DEVICES = ("h100", "a100", "t4", "cpu")
TABLES = ("costs", "kinds", "lecture", "receptive")


@click.command("cost", cls=Command)
@click.argument("file", type=NETWORK, metavar="FILE")
@network_options
@click.option("--by", type=click.Choice(["stage", "block", "op"]), default="stage", help="What a row stands for.")
@click.option(
    "--batch", type=click.IntRange(min=1), default=None, help="For memory, the lecture's table and a device.  [default: 1; lecture: 128]"
)
@click.option("--dtype", type=click.Choice(DTYPES), default="float32", help="The numbers' format.")
@click.option("--optimizer", type=click.Choice(OPTIMIZERS), default="sgd", help="Whose state a training step has.")
@click.option(
    "--table", type=click.Choice(TABLES), default="costs", help="Costs by row, by kind of work, the lecture's columns, or receptive fields."
)
@click.option("--memory", is_flag=True, help="Plot what is alive, step by step, in an inference and in a training step.")
@click.option("--convention", type=click.Choice(CONVENTIONS), help="The figure of another counter, and why it differs.")
@click.option(
    "--device",
    metavar="DEVICE",
    help=f"The time on a device: `this`, as `archc calibrate` measured it (or its FILE); by their rooflines {', '.join(DEVICES)}.",
)
@click.option(
    "--threads", type=click.IntRange(min=1), help="For `--device this`: with how many threads.  [default: the most that are calibrated]"
)
@click.option("--device-spec", metavar="FILE", help="A device of your own: JSON with name, flops, bandwidth, launch.")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv", "markdown"]), default="text")
@click.option("-o", "--output", metavar="FILE", help="Where the plot of --memory goes, as SVG.")
@click.pass_context
def command(
    context: click.Context,
    file: str,
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    by: str,
    batch: int | None,
    dtype: str,
    optimizer: str,
    table: str,
    memory: bool,
    convention: str | None,
    device: str | None,
    threads: int | None,
    device_spec: str | None,
    form: str,
    output: str | None,
) -> None:
    """Parameters, MACs, FLOPs, activations and memory, worked out from the graph."""
    face: Face = context.obj
    measured = device is not None and device not in DEVICES
    _refuse_unused(context, memory, table, measured)
    if memory and form in ("csv", "markdown"):
        raise click.UsageError(f"`--memory` draws a plot, which is no {form}: `--format text` or `json`")
    if output is not None:
        from ..compiler.draw.plot import see_that_it_is_svg

        see_that_it_is_svg(output, "a plot of memory")
    own_device = None if measured else _device(device, device_spec)
    calibration = _calibration(device, threads, dtype) if measured and device is not None else None
    graph = compiled(face, file, settings, inputs).graph
    if memory:
        _memory(face, graph, batch or 1, dtype, optimizer, form, output)
    elif calibration is not None:
        from ..compiler.analysis.foreseen import foresee
        from ..compiler.analysis.foreseen_table import foreseen_table

        found = foresee(graph, calibration, batch=batch or 1, dtype=dtype)
        face.result(foreseen_table(found, graph.program.name, by).rendered(form))
    elif own_device is not None:
        from ..compiler.analysis.roofline import roofline, roofline_table

        face.result(roofline_table(roofline(graph, own_device, batch=batch or 1, dtype=dtype), graph.program.name, by).rendered(form))
    elif convention is not None:
        from ..compiler.analysis.conventions import CONVENTIONS as KNOWN
        from ..compiler.analysis.conventions import convention_table, conventions_table

        shown = conventions_table(graph) if convention == "all" else convention_table(graph, KNOWN[convention])
        face.result(shown.rendered(form))
    elif table == "lecture":
        from ..compiler.analysis.lecture import BATCH, lecture_table

        face.result(lecture_table(graph, batch or BATCH).rendered(form))
    elif table == "receptive":
        from ..compiler.analysis.receptive import receptive_table

        face.result(receptive_table(graph).rendered(form))
    else:
        from ..compiler.analysis.cost import cost
        from ..compiler.analysis.cost_table import cost_table, kinds_table

        result = cost(graph, by=by, batch=batch or 1, dtype=dtype, optimizer=optimizer)
        if form == "json":
            face.result(json.dumps(result.to_json(), indent=2))
        else:
            face.result((kinds_table if table == "kinds" else cost_table)(result).rendered(form))


HEEDS: Mapping[str, frozenset[str]] = {
    "`--memory`": frozenset({"batch", "dtype", "optimizer", "output"}),
    "`--device`": frozenset({"batch", "dtype", "by"}),
    "`--device this`": frozenset({"batch", "dtype", "by", "threads"}),
    "`--device-spec`": frozenset({"batch", "dtype", "by"}),
    "`--convention`": frozenset(),
    "`--table lecture`": frozenset({"batch"}),
    "`--table receptive`": frozenset(),
    "`--table kinds`": frozenset({"batch", "dtype", "optimizer"}),
    "the table of costs": frozenset({"by", "batch", "dtype", "optimizer"}),
}
"""The options that each kind of table heeds."""


def _refuse_unused(context: click.Context, memory: bool, table: str, measured: bool) -> None:
    """One kind of table is asked for, with options that it heeds."""
    options = given(context)
    asked = [f"`--{name}`" for name in options if name in ("memory", "device", "device-spec", "convention")]
    asked += [f"`--table {table}`"] if table != "costs" else []
    if len(asked) > 1:
        raise click.UsageError(f"{listed(asked)} are tables of their own: ask for one of them")
    what = asked[0] if asked else "the table of costs"
    heeded = HEEDS["`--device this`" if what == "`--device`" and measured else what]
    refuse_unused(context, what, heeded, HEEDS)


def _calibration(name: str, threads: int | None, dtype: str) -> Calibration:
    """What was measured: of this machine, or what a file holds."""
    import os

    from ..base.diagnostics import Diagnostic
    from ..compiler.analysis.calibration import of_this_machine, read
    from ..compiler.files.system_errors import at, shown
    from ..compiler.ops.suggest import closest, did_you_mean
    from ..reporting.error import ArchError

    if name == "this":
        found = of_this_machine(threads)
    elif threads is not None:
        raise click.UsageError("`--threads` is for `--device this`: a file is of one number of threads")
    elif os.path.exists(name) or os.sep in name or name.endswith(".json"):
        found = read(name)
    else:
        words = (*DEVICES, "this")
        help = did_you_mean(closest(name, words)) or f"write {', '.join(words[:-1])} or `this`, or the path of a file"
        raise ArchError((Diagnostic("F672", f"`{shown(name)}` is no device that archc knows, and no file", at("--device"), help=help),))
    if dtype not in found.peak:
        raise click.UsageError(f"`--dtype {dtype}` was not measured: times are foreseen in {', '.join(found.peak)}")
    return found


def _device(name: str | None, spec: str | None) -> Device | None:
    from ..compiler.analysis.roofline import DEVICES as KNOWN
    from ..compiler.analysis.roofline import BadDevice, read_device
    from ..compiler.files.locate import text_of

    if spec is None:
        return KNOWN[name] if name else None
    try:
        return read_device(text_of(spec))
    except BadDevice as error:
        raise click.BadParameter(str(error), param_hint="--device-spec") from None


def _memory(face: Face, graph: Graph, batch: int, dtype: str, optimizer: str, form: str, output: str | None) -> None:
    from ..compiler.analysis.memory import inference_profile, training_profile
    from ..compiler.draw.plot import memory_svg, memory_text, stacked

    name = graph.program.name
    profiles = {
        f"{name}, inference, batch {batch}, {dtype}, weights apart": inference_profile(graph, batch=batch, dtype=dtype),
        f"{name}, training with {optimizer}, batch {batch}, {dtype}": training_profile(
            graph, batch=batch, dtype=dtype, optimizer=optimizer
        ),
    }
    if form == "json":
        parts = {word: profile.to_json() for word, profile in zip(("inference", "training"), profiles.values(), strict=True)}
        document = {"version": 1, "network": name, "batch": batch, "dtype": dtype, "optimizer": optimizer, **parts}
        face.result(json.dumps(document, indent=2))
    else:
        face.result("\n".join(memory_text(profile, title) for title, profile in profiles.items()))
    if output:
        from ..compiler.files.write import write

        write(output, stacked([memory_svg(profile, title) for title, profile in profiles.items()]))
        face.tell(f"wrote {output}")
