"""How weights start, by the words that `init` takes."""

from __future__ import annotations

from .base import Initialization
from .parameters import Optional, Plain, Word

WORDS: dict[str, str] = {
    "kaiming": 'nn.init.kaiming_normal_({}, mode="fan_out", nonlinearity="relu")',
    "kaiming_in": 'nn.init.kaiming_normal_({}, nonlinearity="relu")',
    "kaiming_uniform": "nn.init.kaiming_uniform_({})",
    "xavier": "nn.init.xavier_uniform_({})",
    "normal": "nn.init.normal_({}, std=%s)",
    "truncated": "nn.init.trunc_normal_({}, std=%s)",
    "uniform": 'nn.init.kaiming_uniform_({}, a=5**0.5, mode="fan_out")',
    "zeros": "nn.init.zeros_({})",
}

INIT = Optional(f'"default", {", ".join(repr(word) for word in WORDS)}, or none'.replace("'", '"'), Word("", ("default", *WORDS)))
INIT_DOC = (
    'how the weight starts: as PyTorch does, or normal by the fan out for relu ("kaiming") or by the fan in ("kaiming_in"), '
    '"xavier" uniform, "uniform" within 1 / sqrt(fan out); all but the default start biases at 0'
)
STD_DOC = 'the deviation of "normal" and "truncated"'


def call(text: str, std: float) -> str:
    """A call with its deviation. Nothing is cut off at twice a deviation of 0: PyTorch would divide by it."""
    if "trunc_normal_" in text and std == 0:
        return WORDS["zeros"]
    return text % std if "%s" in text else text


def initialization(init: Plain, std: float, bias: bool) -> Initialization:
    if not isinstance(init, str) or init == "default":
        return Initialization()
    calls = (("weight", call(WORDS[init], std)),)
    return Initialization((*calls, ("bias", "nn.init.zeros_({})")) if bias else calls)
