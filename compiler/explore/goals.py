"""What `archc fit` is to meet, read from text (`macs=4.1G`, `parameters <= 26M`) or from plain values of Python."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from typing import SupportsFloat, SupportsIndex, TypeAlias

from ...dsl.ast import Number
from ..driver import parse_setting
from ..graph.graph import Graph
from .asked import one_of, wrong
from .family import QUANTITIES, Family, figures_of
from .fit import Bound, Goal

COSTS = (*QUANTITIES, "memory")

Wanted: TypeAlias = "str | Mapping[str, object]"
"""`macs=4.1G`, `macs=resnet50`, or `{"macs": 4_100_000_000}`."""

_LIMIT = re.compile(r"\s*(\w+)\s*(<=|>=)\s*(\S+)\s*")


def goal_of(way: str, wanted: Wanted) -> tuple[Goal, str]:
    """The goal, and the target as it was given: a number, or the name of the network that costs as much."""
    if isinstance(wanted, str):
        name, equals, target = (part.strip() for part in wanted.partition("="))
        pairs: list[tuple[str, object]] = [(name, target)] if equals and target else []
    else:
        pairs = list(wanted.items())
    if len(pairs) != 1:
        example = f"`{way}` takes one cost and its target: `macs=4.1G`, `parameters=26M`, `macs=resnet50`"
        raise wrong("F642", way, _shown(wanted), f"`{_shown(wanted)}` is not of the form cost=target", example)
    ((quantity, given),) = pairs
    one_of(way, quantity, COSTS, "cost", _shown(wanted))
    return Goal(quantity, _target(quantity, given, way), way), str(given)


def _target(quantity: str, given: object, way: str) -> int:
    if isinstance(given, Graph):
        return figures_of(given)[quantity]
    if isinstance(given, str):
        number = number_of(given)
        return Family(given).figures({})[quantity] if number is None else number
    if isinstance(given, SupportsIndex) and not isinstance(given, bool):
        return operator.index(given)
    if isinstance(given, SupportsFloat) and not isinstance(given, bool) and float(given).is_integer():
        return int(float(given))
    help = "a target is a whole number, a text like `4.1G`, or the name of a network"
    raise wrong("F642", way, f"{quantity}={given!r}"[:80], f"`{given!r}` is no target"[:200], help)


def bound_of(text: str) -> Bound:
    """`parameters <= 26M`."""
    match = _LIMIT.fullmatch(text)
    number = number_of(match[3]) if match is not None else None
    if match is None or number is None:
        raise wrong(
            "F642", "where", text, f"`{text}` is not of the form `parameters <= 26M`", "a limit is a cost, `<=` or `>=`, and a number"
        )
    return Bound(one_of("where", match[1], COSTS, "cost", text), number, match[2] == ">=")


def number_of(text: str) -> int | None:
    """`4.1G` as the integer that it is; None for what is no number."""
    value, _ = parse_setting("value", text)
    return int(value.value) if isinstance(value, Number) else None


def _shown(wanted: Wanted) -> str:
    return (wanted if isinstance(wanted, str) else ", ".join(f"{name}={value}" for name, value in wanted.items()))[:80]
