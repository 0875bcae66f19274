"""What is asked of a network in numbers of eight bits."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...base.diagnostics import Diagnostic, Label
from ...base.records import dataclass
from ...base.source import Source
from ...reporting.error import ArchError
from .samples import Given

LOSS = 25.0
"""The least signal to noise of the outputs, in decibels, where none is asked for."""


@dataclass(frozen=True)
class Wanted:
    """Which samples the scales come from, and how little signal to noise may be left."""

    calibrate: Given
    loss: float = LOSS


def wanted(quantize: str | None, calibrate: Given | None, loss: str | float | None, others: Sequence[str] = ()) -> Wanted:
    """What a call asks for, in which at least one of the three is there. `others` of it do not go with them. Raises `ArchError` (F684)."""
    if quantize is None:
        word = "--loss" if calibrate is None else "--calibrate"
        raise _incomplete(
            word,
            "",
            f"`{word}` is about numbers of eight bits, and `--quantize int8` is not there",
            "add `--quantize int8`, or leave it out",
        )
    if quantize != "int8":
        raise _incomplete("--quantize", quantize, f"`{quantize}` is nothing that a network can be quantised to", "`int8`")
    if calibrate is None:
        remedy = "name a folder of images, an `.npz` file of samples, or `random`, which shows speed and not quality: `--calibrate random`"
        raise _incomplete("--quantize", quantize, "`--quantize int8` needs samples that show which numbers the layers make", remedy)
    if others:
        message = f"`--quantize` makes modules for inference on processors, and `{others[0]}` does not go with it"
        raise _incomplete("--quantize", quantize, message, f"leave out `{others[0]}`, or `--quantize`")
    return Wanted(calibrate, LOSS if loss is None else _decibels(str(loss)))


def _decibels(text: str) -> float:
    """`25dB` or `25`."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:dB)?\s*", text, re.IGNORECASE | re.ASCII)
    if match is None or not 0 < float(match[1]) <= 200:
        remedy = "write decibels above 0 and to 200, like `25dB`: more of them keep more layers in float32"
        raise _incomplete("--loss", text, f"`{text}` is no signal to noise", remedy)
    return float(match[1])


def _incomplete(option: str, value: str, message: str, help: str) -> ArchError:
    return ArchError((Diagnostic("F684", message, Label(Source(option, value).span(0, len(value))), help=help),))
