"""`archc calibrate`: this machine measured, so that times are foreseen without building anything."""

from __future__ import annotations

import click

from .face import Command, Face
from .option_values import MOST_THREADS, distinct
from .progress import progress


def _counts(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[int, ...]:
    if value is None:
        return (0,)
    words = [word.strip() for word in value.split(",")]
    if not all(word.isascii() and word.isdecimal() and 1 <= int(word) <= MOST_THREADS for word in words):
        raise click.BadParameter(f"`{value}` is no number of threads: write `1`, or `1,2` for one after the other")
    distinct([str(int(word)) for word in words])
    return tuple(int(word) for word in words)


@click.command("calibrate", cls=Command)
@click.option(
    "--threads", callback=_counts, metavar="NUMBER,…", help="With how many threads, each measured by itself.  [default: PyTorch's]"
)
@click.option(
    "-o", "--output", metavar="FILE", help="Where the measurement goes, for `archc cost --device FILE`.  [default: the user's cache]"
)
@click.pass_context
def command(context: click.Context, threads: tuple[int, ...], output: str | None) -> None:
    """Measure this machine: peaks by dtype, bandwidth by size, the cost of a call, rates of each kind of layer. Ten seconds or more; needs PyTorch."""
    if output is not None and len(threads) > 1:
        raise click.UsageError("`-o` names one file, and these are several measurements: ask for one number of threads at a time")
    from importlib.util import find_spec

    from ..base.diagnostics import Diagnostic
    from ..compiler.analysis.calibration import keep, place_of
    from ..compiler.files.system_errors import at
    from ..reporting.error import ArchError

    face: Face = context.obj
    if find_spec("torch") is None:
        message = "a measurement needs the package `torch`: it runs the layers"
        raise ArchError((Diagnostic("F616", message, at("archc calibrate"), help="`pip install torch`, on the machine to be measured"),))
    from ..compiler.bench.calibrate import calibrate
    from ..compiler.files.write import together

    made = []
    with progress(face) as watch, together():
        for count in threads:
            found = calibrate(count, watch)
            path = output or place_of(found.threads)
            keep(found, path)
            made.append((path, found))
    for path, found in made:
        plural = "s" if found.threads > 1 else ""
        peaks = ", ".join(f"{dtype} {value / 1e9:,.0f}" for dtype, value in found.peak.items())
        face.tell(
            f"{found.machine}, {found.threads} thread{plural}: peak {peaks} GFLOP/s; {found.call['layer'][0][1] * 1e6:.0f} us a layer's call"
        )
        face.result(path)
