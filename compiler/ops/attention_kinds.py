"""What the parameters of attention may be: names of projections, biases, norms, the form of a table."""

from __future__ import annotations

import keyword

from .parameters import COUNT, KERNEL, NUMBER, BadValue, Kind, Optional, Plain, Real, Word


class Names(Kind):
    """Two to four names, each an attribute of a module."""

    def read(self, value: object) -> Plain:
        if isinstance(value, tuple) and 2 <= len(value) <= 4 and len(set(value)) == len(value):
            names = tuple(item for item in value if isinstance(item, str) and _is_attribute(item))
            if len(names) == len(value):
                return names
        raise self.refuse()


def _is_attribute(name: str) -> bool:
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_") and name not in TAKEN


TAKEN = {
    "heads",
    "size",
    "dropout",
    "groups",
    "base",
    "turned",
    "scale",
    "q_bias",
    "v_bias",
    "q_norm",
    "k_norm",
    "relative_position_bias_table",
}
TAKEN |= {"relative_position_index", "in_proj_weight", "in_proj_bias", "forward", "training", "T_destination"}
"""What the module has already, or PyTorch's own."""


class QkvBias(Kind):
    """A flag, or "qv"."""

    def read(self, value: object) -> Plain:
        if isinstance(value, bool):
            return value
        try:
            return Word(self.describe, ("qv",)).read(value)
        except BadValue:
            raise self.refuse() from None


KEYS = Optional('a list of two to four names, as ["qkv", "proj"], or none', Names(""))
QKV_BIAS = Optional('true, false, "qv" or none', QkvBias(""))
SIZE = Optional("a whole number, at least 1, or none", COUNT)
NORM = Optional('"ln", "rms" or none', Word("", ("ln", "rms")))
INDEX = Optional('"flat", "square" or none', Word("", ("flat", "square")))
WINDOW = Optional("a size, or none", KERNEL)
SCALE = Optional("a number, or none", NUMBER)
ROTARY = Optional("a number over 1, or none", Real("", least=1.0))
