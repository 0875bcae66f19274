"""What the commands share that make a network in numbers of eight bits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from ..compiler.quantize.wanted import Wanted

Function = TypeVar("Function", bound=Callable[..., object])

QUANTIZE = ("int8",)


def quantize_options(function: Function) -> Function:
    """`--quantize`, with what it needs: `eight_bits` takes what they say."""
    options = (
        click.option(
            "--quantize", type=click.Choice(QUANTIZE), help="Make the TorchScript and ONNX in numbers of eight bits, for inference."
        ),
        click.option("--calibrate", metavar="DIR|FILE.npz|random", help="Samples that show which numbers the layers make."),
        click.option("--loss", metavar="25dB", help="The least signal to noise: layers stay in float32 until it holds.  [default: 25dB]"),
    )
    for option in reversed(options):
        function = option(function)
    return function


def eight_bits(quantize: str | None, calibrate: str | None, loss: str | None, others: Mapping[str, bool]) -> Wanted | None:
    """What the options ask for; `others` are those of the call that do not go with them. Raises `ArchError` (F684)."""
    if (quantize, calibrate, loss) == (None, None, None):
        return None
    from ..compiler.quantize.wanted import wanted

    return wanted(quantize, calibrate, loss, [word for word, given in others.items() if given])
