"""How weights start, in the language's words, where it was seen what a factory asked of `torch.nn.init`.

The numbers themselves are of no use to an import; libraries take seconds to make them, so for these nothing is filled.
"""

from __future__ import annotations

import math
from typing import Any

from ..runtime.starts import Start

Word = tuple[str, float]
"""The value of `init`, and that of `std`."""
USUAL: Word = ("default", 0.01)


def word_of(starts: dict[str, Start], key: str, has_bias: bool) -> Word:
    """How a layer starts, as its `init` and `std` say it: its weight alone is asked, and a bias starts at 0 there."""
    weight = _word(starts.get(f"{key}.weight"))
    if weight == ("zeros", USUAL[1]) and has_bias and not has_zero_bias(starts, key):
        return USUAL  # of a layer that begins as a constant the bias is the whole
    return weight


def has_other_bias(starts: dict[str, Start], key: str) -> bool:
    """Whether a layer whose weight has a word has a bias that was not seen to start at 0."""
    return word_of(starts, key, True) != USUAL and not has_zero_bias(starts, key)


def is_set_bias(starts: dict[str, Start], key: str, word: str) -> bool:
    """Whether a layer's bias was seen to start at what neither PyTorch nor the weight's word says."""
    bias = starts.get(f"{key}.bias")
    return bias is not None and bias[0] != "uniform_" and not (word != USUAL[0] and _is_zero(bias))


def has_zero_bias(starts: dict[str, Start], key: str) -> bool:
    """Whether it was seen that a layer's bias starts at 0."""
    bias = starts.get(f"{key}.bias")
    return bias is not None and _is_zero(bias)


def lecun(starts: dict[str, Start], key: str) -> tuple[str, str] | None:
    """The word of a convolution whose deviation is worked out from what it reads, and how."""
    name, row = starts.get(f"{key}.weight", ("", {}))
    word = {"normal_": "normal", "trunc_normal_": "truncated"}.get(name)
    shape = row.get("tensor", ())
    if word is None or len(shape) < 3 or row["mean"] != 0 or (row.get("a", -2), row.get("b", 2)) != (-2, 2):
        return None
    positions = math.prod(shape[2:])
    is_so = math.isclose(row["std"], 1 / math.sqrt(shape[1] * positions), rel_tol=1e-6)
    return (word, f"1 / sqrt(in.channels * {positions})") if is_so else None


def tensor_start(starts: dict[str, Start], key: str) -> dict[str, Any] | None:
    """How a learned tensor without a module starts, as `parameter` says it; None where that was not seen, or has no word."""
    start = starts.get(key)
    if start is None:
        return None
    name, row = start
    if name == "constant_":
        return {"init": row["val"]}
    if name in ("ones_", "zeros_"):
        return {"init": name.strip("_")}
    if name in ("normal_", "trunc_normal_") and row["mean"] == 0 and (row.get("a", -2), row.get("b", 2)) == (-2, 2):
        return {"init": "normal" if name == "normal_" else "truncated", "std": float(row["std"])}
    return {"init": "xavier"} if _word(start)[0] == "xavier" else None


def constant_of(start: Start) -> float | None:
    """The one number that a tensor starts as, if it does."""
    name, row = start
    if name == "constant_":
        return float(row["val"])
    return {"ones_": 1.0, "zeros_": 0.0}.get(name)


def is_said(start: Start | None) -> bool:
    """Whether the word of a layer's start is that start: the usual one is no word, and others have none."""
    if start is None or _word(start) != USUAL:
        return True
    name, row = start
    return name == "kaiming_uniform_" and row["mode"] == "fan_in" and math.isclose(row["a"], math.sqrt(5))


def _is_zero(start: Start) -> bool:
    return constant_of(start) == 0


def _word(start: Start | None) -> Word:
    if start is None:
        return USUAL
    name, row = start
    if _is_zero(start):
        return "zeros", USUAL[1]
    if name.startswith("kaiming"):
        plain = row["nonlinearity"] == "relu" or (row["nonlinearity"] == "leaky_relu" and row["a"] == 0)
        as_usual = row["nonlinearity"] == "leaky_relu" and math.isclose(row["a"], math.sqrt(5))
        words = {
            ("kaiming_normal_", "fan_out", True, False): "kaiming",
            ("kaiming_normal_", "fan_in", True, False): "kaiming_in",
            ("kaiming_uniform_", "fan_in", True, False): "kaiming_uniform",
            ("kaiming_uniform_", "fan_out", False, True): "uniform",
        }
        return words.get((name, row["mode"], plain, as_usual), USUAL[0]), USUAL[1]
    if name == "xavier_uniform_" and row["gain"] == 1:
        return "xavier", USUAL[1]
    if name == "uniform_" and len(shape := row.get("tensor", ())) > 1:
        bound = 1 / math.sqrt(shape[0] * math.prod(shape[2:]))
        return ("uniform" if math.isclose(row["b"], bound) and row["a"] == -row["b"] else USUAL[0]), USUAL[1]
    if name == "normal_" and row["mean"] == 0 and row["std"] > 0:
        return _normal("normal", row)
    if name == "trunc_normal_" and (row["mean"], row["a"], row["b"]) == (0, -2, 2):
        return _normal("truncated", row)
    return USUAL


def _normal(word: str, row: dict[str, Any]) -> Word:
    """A deviation that somebody chose; one that is worked out from the shape is that of `kaiming`, or has no word."""
    shape, deviation = row.get("tensor", ()), float(row["std"])
    if word == "normal" and len(shape) > 1:
        positions = math.prod(shape[2:])
        for name, fan in (("kaiming", shape[0] * positions), ("kaiming_in", shape[1] * positions)):
            if math.isclose(deviation, math.sqrt(2 / fan), rel_tol=1e-6):
                return name, USUAL[1]
    return (word, deviation) if deviation == float(f"{deviation:.3g}") else USUAL
