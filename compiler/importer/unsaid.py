"""What no text can be made for."""

from __future__ import annotations

from typing import Any

EACH_ALONE = (
    "a network answers each image by itself: take what is worked out over the batch out of `forward`, or import the part without it"
)
"""What helps where a step meets several images."""

DRAWS = frozenset(
    ("randn_like", "rand_like", "randint_like", "bernoulli", "multinomial", "poisson", "normal", "uniform", "exponential", "geometric", "cauchy",
     "log_normal", "random", "rrelu", "fractional_max_pool2d", "fractional_max_pool3d", "gumbel_softmax")
)  # fmt: skip
"""What answers otherwise each time: no operation of one's own helps."""

NO_CHANCE = "a network answers the same to the same: in evaluation let the `forward` draw no random numbers (`if self.training:`)"


class Unsaid(Exception):
    """The language has no word for a call, or not for these arguments of it."""

    def __init__(self, reason: str, help: str | None = None) -> None:
        super().__init__(reason)
        self.help = help
        """What to do about it; None where an operation of one's own would carry it."""


class Bound(dict[str, Any]):
    """A call's arguments by name: one that is asked for and was not given, as in a form of the call that no table knows, is no word of the language."""

    def __missing__(self, name: str) -> Any:
        raise Unsaid(f"a call without its `{name}`")


def across(what: str) -> Unsaid:
    """A step that meets several images of a batch."""
    return Unsaid(f"{what} along the batch", EACH_ALONE)
