"""What `archc fit` is to meet, read from text (`macs=4.1G`, `parameters <= 26M`) or from plain values of Python."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import SupportsFloat, SupportsIndex, TypeAlias

from ...dsl.ast import Number
from ..driver import parse_setting
from ..graph.graph import Graph
from ..graph.program import TIME
from .asked import one_of, wrong
from .family import QUANTITIES, Family, figures_of
from .fit import Bound, Goal

COSTS = (*QUANTITIES, "memory", TIME)

Wanted: TypeAlias = "str | Mapping[str, object]"
"""`macs=4.1G`, `macs=resnet50`, or `{"macs": 4_100_000_000}`."""

_LIMIT = re.compile(r"\s*(\w+)\s*(<=|>=)\s*(\S+)\s*")


def goal_of(way: str, wanted: Wanted) -> tuple[Goal, str]:
    """The goal, and the target as it was given: a number, or the name of the network that costs as much."""
    if isinstance(wanted, str):
        name, equals, target = (part.strip() for part in wanted.partition("="))
        pairs: list[tuple[str, object]] = [(name, target)] if name and equals and target else []
    else:
        pairs = list(wanted.items())
    if isinstance(wanted, str):
        _no_limit(way, wanted)
    if len(pairs) != 1:
        example = f"`{way}` takes one cost and its target: `macs=4.1G`, `parameters=26M`, `macs=resnet50`"
        raise wrong("F642", way, _shown(wanted), f"`{_shown(wanted)}` is not of the form cost=target", example)
    ((quantity, given),) = pairs
    one_of(way, quantity, COSTS, "cost", _shown(wanted))
    return Goal(quantity, _target(quantity, given, way), way), str(given)


_BOUND = re.compile(r"\s*(\w+)\s*(<=|>=|=<|=>|==|<|>|≤|≥|:=|:|\s)\s*([^\s=<>].*?)\s*")

WAY_OF = {"<=": "most", "=<": "most", "<": "most", "≤": "most", ">=": "match", "=>": "match", ">": "match", "≥": "match"}
"""Which way of `archc fit` a sign of a limit means."""


def _no_limit(way: str, text: str) -> None:
    """Refuses what is written as a limit (`--match "macs<=4G"`) or with another sign, with the option that was meant."""
    match = _BOUND.fullmatch(text)
    if match is None:
        return
    cost, sign, target = match[1], match[2], match[3].replace(" ", "")
    one_of(way, cost, COSTS, "cost", text)
    meant = WAY_OF.get(sign, way)
    what = "at most" if meant == "most" else "at least"
    said = (
        f"`{text.strip()}` is a limit, and a goal is cost=target" if sign in WAY_OF else f"`{text.strip()}` is not of the form cost=target"
    )
    also = f"; as a limit beside another goal `--where '{cost} {'<=' if meant == 'most' else '>='} {target}'`" if sign in WAY_OF else ""
    why = f" ({what} that; in Python `{meant}`)" if sign in WAY_OF else ""
    raise wrong("F642", way, text, said, f"write `--{meant} {cost}={target}`{why}{also}")


def _target(quantity: str, given: object, way: str) -> int:
    if isinstance(given, Graph):
        return figures_of(given, timed=quantity == TIME)[quantity]
    if isinstance(given, str):
        number = _microseconds(given, way) if quantity == TIME else _whole(quantity, given, way)
        return Family(given, timed=quantity == TIME).figures({})[quantity] if number is None else number
    if isinstance(given, SupportsIndex) and not isinstance(given, bool):
        return operator.index(given)
    if isinstance(given, SupportsFloat) and not isinstance(given, bool) and float(given).is_integer():
        return int(float(given))
    help = "a target is a whole number, a text like `4.1G`, or the name of a network"
    raise wrong("F642", way, f"{quantity}={given!r}"[:80], f"`{given!r}` is no target"[:200], help)


_TIME = re.compile(r"([-+]?\d*\.?\d+)\s*(\w*)")

UNITS = {"us": 1, "ms": 1_000, "s": 1_000_000}


def _microseconds(text: str, way: str, sign: str = "=") -> int | None:
    """`5ms`; None where a network is named."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    found = float(match[1]) * UNITS.get(match[2], 0)
    if found < 1:
        number = match[1].lstrip("-+")
        help = f"a time has a unit, `us`, `ms` or `s`: `{TIME}{sign}{number if float(number) * 1000 >= 1 else 5}ms`"
        raise wrong("F642", way, f"{TIME}{sign}{text}", f"`{text}` is no time of at least 1us", help)
    return round(found)


_NEARLY = re.compile(r"[-+]?[\d_,. ]*\d\s*[a-zA-Z]*")
_NUMBER = re.compile(r"\+?(\d{1,3}(?:[,_ ]\d{3})+|\d*)(\.\d+)?\s*([a-zA-Z]*)")

_SCALES = {"K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}


def _whole(quantity: str, text: str, way: str) -> int | None:
    """A target that is a number; None where a network is named. What is nearly a number is refused with what was meant."""
    value, _ = parse_setting("value", text)
    if isinstance(value, Number) and value.value >= 0 and value.value == int(value.value):
        return int(value.value)
    if text.strip().lower().lstrip("-+") not in ("nan", "inf", "infinity") and _NEARLY.fullmatch(text) is None:
        return None
    raise wrong("F642", way, f"{quantity}={text}", f"`{text}` is no whole number of at least 0", _meant(quantity, text))


def _meant(quantity: str, text: str) -> str:
    """What to write in place of a text that is nearly a number."""
    unit = text.strip().lstrip("-+0123456789.,_ ")
    if unit.lower() in UNITS:
        return f"`{text}` is a time: write `{TIME}={text.strip().lower()}`"
    same = _same(text)
    if same is None:
        return f"a target is a number like `{quantity}=4G`, or the name of a network"
    likely = [f"{same}G", f"{same}M"] if "." in same and not same[-1:].isalpha() else [same]
    return f"write it with K, M or G, or in full: {' or '.join(f'`{quantity}={one}`' for one in likely)}"


def _same(text: str) -> str | None:
    """The number that a text is nearly (`60,000,000`, `4GB`, `1MiB`) as archc reads it, of the same value; None where that cannot be told."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    digits, unit = re.sub("[,_ ]", "", match[1]) + (match[2] or ""), match[3].upper()
    if not digits or unit.lower() in UNITS or unit[:1] not in ("", *_SCALES):
        return None
    if not unit:
        return digits
    scale = _SCALES[unit[0]]
    if unit[1:2] != "I" and unit[0] != "T" and (Fraction(digits) * scale).denominator == 1:
        return digits + ("G" if unit[0] == "B" else unit[0])
    return str(round(Fraction(digits) * (1024 ** (len(str(scale)) // 3) if unit[1:2] == "I" else scale)))


def bound_of(text: str) -> Bound:
    """`parameters <= 26M`."""
    match = _LIMIT.fullmatch(text)
    number = None
    if match is not None:
        number = _microseconds(match[3], "where", f" {match[2]} ") if match[1] == TIME else _limit_of(match[3])
    if match is None or number is None:
        raise wrong("F642", "where", text, f"`{text}` is not of the form `parameters <= 26M`", _bound_meant(text))
    return Bound(one_of("where", match[1], COSTS, "cost", text), number, match[2] == ">=")


def _limit_of(text: str) -> int | None:
    """A limit of what is counted: a whole number, or one with a scale."""
    value, _ = parse_setting("value", text)
    return int(value.value) if isinstance(value, Number) and value.value == int(value.value) else None


def _bound_meant(text: str) -> str:
    """What to write in place of a text that is no limit."""
    match = re.fullmatch(r"\s*(\w+)\s*([<>=≤≥:]+|\s)\s*([^\s<>=]+)\s*", text)
    if match is None or match[1] not in COSTS:
        return "a limit is a cost, `<=` or `>=`, and a number"
    cost, sign, target = match.groups()
    right = ">=" if WAY_OF.get(sign) == "match" else "<="
    target = _same(target) or target
    value, _ = parse_setting("value", target)
    if not isinstance(value, Number):
        return f"a limit is a number; `archc cost` tells what a network costs: `{cost} {right} 26M`"
    number = value.value
    if sign in ("<", ">") or number != int(number):
        last = math.floor(number) if right == "<=" else math.ceil(number)
        beyond = (1 if sign == ">" else -1 if sign == "<" else 0) if number == int(number) else 0
        return f"write `{cost} {right} {last + beyond}`"
    also = f", or as the goal `--nearest {cost}={target}`" if sign not in WAY_OF else ""
    return f"write `{cost} {right} {target}`{also}"


def number_of(text: str) -> int | None:
    """`4.1G` as the integer that it is; None for what is no number."""
    value, _ = parse_setting("value", text)
    return int(value.value) if isinstance(value, Number) else None


def _shown(wanted: Wanted) -> str:
    return (wanted if isinstance(wanted, str) else ", ".join(f"{name}={value}" for name, value in wanted.items()))[:80]
