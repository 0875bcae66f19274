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


def wanted(
    quantize: str | None, calibrate: Given | None, loss: str | float | None, others: Sequence[str] = (), python: bool = False
) -> Wanted | None:
    """What a call asks for; None where it asks for nothing of the kind. `others` of it do not go with eight bits. Raises `ArchError` (F684).

    `python`: the call is one in Python, whose arguments are told as they are written there.
    """

    def option(name: str, value: str = "") -> str:
        if python:
            return f'{name}="{value}"' if value else name
        return f"--{name} {value}".strip()

    def wrong(name: str, value: str, message: str, help: str) -> ArchError:
        return ArchError((Diagnostic("F684", message, Label(Source(option(name), value).span(0, len(value))), help=help),))

    eight = f"`{option('quantize', 'int8')}`"
    if quantize is None:
        if calibrate is None and loss is None:
            return None
        name = "loss" if calibrate is None else "calibrate"
        raise wrong(name, "", f"`{option(name)}` is about numbers of eight bits, and {eight} is not there", f"add {eight}, or leave it out")
    if quantize != "int8":
        raise wrong("quantize", quantize, f"`{quantize}` is nothing that a network can be quantised to", f"write {eight}")
    if calibrate is None:
        remedy = f"name a folder of images, an `.npz` file of samples, or `random`, which shows speed and not quality: `{option('calibrate', 'random')}`"
        raise wrong("quantize", quantize, f"{eight} needs samples that show which numbers the layers make", remedy)
    if others:
        message = f"{eight} makes modules for inference on processors, and `{others[0]}` does not go with it"
        raise wrong("quantize", quantize, message, f"leave out `{others[0]}`, or {eight}")
    if loss is None:
        return Wanted(calibrate)
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:dB)?\s*", str(loss), re.IGNORECASE | re.ASCII)
    if match is None or not 0 < float(match[1]) <= 200:
        remedy = "write decibels above 0 and to 200, like `25dB`: more of them keep more layers in float32"
        raise wrong("loss", str(loss), f"`{loss}` is no signal to noise", remedy)
    return Wanted(calibrate, float(match[1]))
