"""`archc verify`: the built module beside a reference."""

from __future__ import annotations

import json

import click

from .complete import NETWORK
from .face import Command, Face, compiled, network_options, trust_option
from .quantize_options import eight_bits, quantize_options
from .weights_options import weights_of, weights_options


@click.command("verify", cls=Command)
@click.argument("file", type=NETWORK)
@network_options
@trust_option
@click.option(
    "--against",
    metavar="MODEL",
    help="The reference: torchvision:resnext50_32x4d, timm:inception_v4, your own my_net.py:Net.  [default: the optimised against the plain module]",
)
@weights_options
@quantize_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.pass_obj
def command(
    face: Face, file: str, settings: tuple[str, ...], inputs: tuple[str, ...], trust: bool, against: str | None,
    weights_file: str | None, skip: tuple[str, ...], rename: dict[str, str] | None, adapt: tuple[str, ...], partial: bool,
    quantize: str | None, calibrate: str | None, loss: str | None, form: str,
) -> int:  # fmt: skip
    """Run the module and a reference with the same weights, those of `--weights` or made up ones: keys, parameters, outputs at two sizes, eager and scripted."""
    from ..compiler.verify import verify, verify_optimized, verify_quantized

    eight = eight_bits(quantize, calibrate, loss, {f"--against {against}": against is not None})
    weights = weights_of(weights_file, skip, rename, adapt, partial, lambda done: face.tell(str(done)))
    graph = compiled(face, file, settings, inputs, trust).graph
    if eight is not None:
        findings = verify_quantized(graph, eight, weights)
    else:
        findings = verify_optimized(graph, weights) if against is None else verify(graph, against, weights)
    if form == "json":
        rows = [{"what": row.what, "result": row.result, "good": row.good} for row in findings]
        face.result(json.dumps({"version": 1, "against": against, "good": all(row.good for row in findings), "findings": rows}, indent=2))
    else:
        width = max(len(row.what) for row in findings)
        for row in findings:
            face.result(f"{'good' if row.good else 'BAD '}  {row.what:<{width}}  {row.result}")
    return int(not all(row.good for row in findings))
