"""How weights start, by the words that `init` takes."""

from __future__ import annotations

import re

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


ELSEWHERE: dict[str, str] = {
    # Keras, Caffe and `kaiming_normal_` without `mode` take the fan in.
    **dict.fromkeys(("henormal", "kaimingnormal", "kaimingfanin", "msra"), "kaiming_in"),
    **dict.fromkeys(("kaimingfanout", "kaimingout"), "kaiming"),
    **dict.fromkeys(("heuniform",), "kaiming_uniform"),
    **dict.fromkeys(("glorot", "glorotuniform", "xavieruniform"), "xavier"),
    **dict.fromkeys(("zero", "zeroes"), "zeros"),
}
"""What a way to start is called elsewhere, in small letters alone, and its word here."""

WITH_STD: dict[str, str] = {
    **dict.fromkeys(("truncnormal", "truncatednormal", "trunc"), "truncated"),
    **dict.fromkeys(("randomnormal", "gaussian", "randn"), "normal"),
}
"""The same where libraries do not agree on the deviation, so that it must be told."""

NEARLY: dict[str, str] = {
    "he": 'by the fan in it is `"kaiming_in"`, by the fan out `"kaiming"`',
    **dict.fromkeys(("glorotnormal", "xaviernormal"), 'not there; `"xavier"` is uniform, with the same deviation'),
    **dict.fromkeys(
        ("lecunnormal", "lecununiform", "lecun"), 'not there; `"kaiming_in"` is normal, with the square root of 2 times the deviation'
    ),
    **dict.fromkeys(
        ("orthogonal", "dirac", "identity", "eye", "ones", "constant", "sparse", "variancescaling", "randomuniform"),
        "not there: give the weights this start in Python",
    ),
}
"""Ways to start that have no word here, and what is said of them."""


def meant_start(text: str, has_std: bool) -> tuple[str | None, str] | None:
    """The word that a start is called by here, where it is surely the same, and what is said of it; None where nothing is known of it."""
    plain = re.sub("[^a-z0-9]", "", text.lower())
    word = ELSEWHERE.get(plain)
    if word is not None:
        return word, f'write `"{word}"`'
    word = WITH_STD.get(plain)
    if word is not None:
        return (word, f'write `"{word}"`') if has_std else (None, f'write `"{word}"`, with its deviation: `std = 0.02`')
    return (None, NEARLY[plain]) if plain in NEARLY else None


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
