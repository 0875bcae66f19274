"""What a sweep or a fit is asked: values to try, fixed values and inputs, as text (`base=8..128:8`) or as plain values of Python.

What cannot be meant is an `ArchError` of the codes F641 to F643, which says what to write.
"""

from __future__ import annotations

import operator
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import SupportsFloat, SupportsIndex, TypeAlias

from ...base.diagnostics import Diagnostic, Label
from ...base.source import Source
from ...reporting.error import ArchError
from ..files.system_errors import shown
from ..ops.suggest import closest, did_you_mean

Given: TypeAlias = "str | Iterable[str] | Mapping[str, object]"
"""`base=1,2`, several of them, or values by name."""

SPAN = re.compile(r"(-?\d+)\.\.(-?\d+)(?::(\d+))?")

MOST = 4096
"""A parameter of a fit without values is tried from 1 to this."""

MOST_VARIANTS = 100_000
"""More of them are hardly meant: at ten a second they take three hours."""


def wrong(code: str, word: str, text: str, message: str, help: str) -> ArchError:
    """A wrong call: `word` is the option or parameter, `text` what was given for it."""
    return ArchError((Diagnostic(code, message, Label(Source.of(word, shown(text)).span(0, len(text))), help=help),))


def by_name(given: Given, word: str) -> dict[str, object]:
    """What is given, by the names of parameters; each is named once. "" is a name without values."""
    if isinstance(given, Mapping):
        return {_name(name, word, str(name)): value for name, value in given.items()}
    rows: dict[str, object] = {}
    for text in (given,) if isinstance(given, str) else given:
        name, _, values = text.partition("=")
        name = _name(name.strip(), word, text)
        if name in rows:
            raise wrong("F641", word, text, f"`{name}` is given twice", f"give all its values at once: `{name}=1,2,4`")
        rows[name] = values.strip()
    return rows


def _name(name: object, word: str, text: str) -> str:
    if not isinstance(name, str) or not name.isidentifier():
        raise wrong("F641", word, text, f"`{text}` does not begin with the name of a parameter", "write `base=8,16,32`")
    return name


def few(counts: Iterable[int], word: str) -> None:
    """Refuses more variants than anyone can wait for."""
    count = prod(counts)
    if count > MOST_VARIANTS:
        help = "give a step (`1..4096:64`) or fewer values; or `archc fit`, which searches instead of trying all"
        raise wrong("F641", word, "", f"these are {count:,} variants, and at most {MOST_VARIANTS:,} are tried", help)


def whole_numbers(name: str, values: object, word: str = "vary") -> Sequence[int]:
    """The whole numbers that a parameter of a fit may take, in increasing order."""
    if values is None or values == "":
        return range(1, MOST + 1)
    if isinstance(values, str):
        span = _span(name, values, word)
        items: Iterable[object] = span if span is not None else [_int(part) for part in values.split(",")]
    else:
        items = _several(name, values, word)
    if isinstance(items, range) and items.step > 0 and items:
        return items
    found: set[int] = set()
    for item in items:
        if isinstance(item, bool) or not isinstance(item, SupportsIndex):
            help = f"write `{name}=1..64`, `{name}=8..128:8` or `{name}=1,2,4`"
            raise wrong("F641", word, _written(name, values), "fit varies whole numbers", help)
        found.add(operator.index(item))
    if not found:
        raise _no_values(name, values, word)
    return sorted(found)


def refuse_no_number(name: str, default: str | None, word: str = "vary") -> None:
    """Refuses to fit a parameter whose `default` is no number: 1 would be taken for true, and the answer would be no value of it."""
    if default is not None:
        values = "false,true" if default in ("true", "false") else f"{default},…"
        help = f"`archc sweep --vary {name}={values}` tries values of another kind"
        raise wrong("F641", word, name, f"fit varies whole numbers, and `{name}` is `{default}`", help)


def _int(text: str) -> object:
    try:
        return int(text)
    except ValueError:
        return text


def texts(name: str, values: object, word: str = "vary") -> list[str]:
    """The values of a parameter of a sweep, as a file would write them. In a text, commas in brackets part nothing."""
    if not isinstance(values, str):
        found = [source_of(name, value, word) for value in _several(name, values, word)]
        if not found:
            raise _no_values(name, values, word)
        return _each_once(name, found, word)
    span = _span(name, values, word)
    if span is not None:
        few([len(span)], word)
        return [str(value) for value in span]
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(values):
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append(values[start:place].strip())
            start = place + 1
    parts.append(values[start:].strip())
    if not all(parts):
        raise _no_values(name, values, word)
    return _each_once(name, parts, word)


def _each_once(name: str, values: list[str], word: str) -> list[str]:
    """The values; one that is there twice would be two equal rows."""
    distinct = list(dict.fromkeys(values))
    if len(distinct) < len(values):
        again = next(value for place, value in enumerate(values) if value in values[:place])
        raise wrong(
            "F641",
            word,
            f"{name}={','.join(values)}"[:80],
            f"`{name}` has the value `{again}` twice",
            f"write each once: `{name}={','.join(distinct)}`",
        )
    return distinct


def _span(name: str, text: str, word: str) -> range | None:
    """`8..128:8`, both ends included."""
    match = SPAN.fullmatch(text)
    if match is None:
        return None
    first, last, step = int(match[1]), int(match[2]), int(match[3] or 1)
    if step < 1:
        raise wrong(
            "F641", word, f"{name}={text}", f"the step of `{text}` is 0", f"write a step of at least 1: `{name}={match[1]}..{match[2]}:1`"
        )
    if last < first:
        meant = f"{name}={last}..{first}" + (f":{step}" if match[3] else "")
        raise wrong("F641", word, f"{name}={text}", f"`{text}` holds no value", f"write the smaller end first: `{meant}`")
    if last - first >= sys.maxsize:
        raise wrong(
            "F641", word, f"{name}={text}", f"`{text}` are more values than can be counted", f"write smaller ends: `{name}=1..{MOST}`"
        )
    return range(first, last + 1, step)


def _several(name: str, values: object, word: str) -> Iterable[object]:
    if isinstance(values, range):
        few([len(values)], word) if len(values) > MOST_VARIANTS else None
        return values
    if isinstance(values, Iterable) and not isinstance(values, bytes | Mapping):
        return list(values)
    raise wrong("F641", word, _written(name, values), f"`{name}` takes several values", f"give a list: `{{{name!r}: [8, 16, 32]}}`")


def _no_values(name: str, values: object, word: str) -> ArchError:
    return wrong("F641", word, _written(name, values), f"`{name}` has no values", f"write `{name}=1,2,4` or `{name}=1..8`")


def _written(name: str, values: object) -> str:
    text = values if isinstance(values, str) else repr(values)
    return f"{name}={text}"[:80]


def source_of(name: str, value: object, word: str = "vary") -> str:
    """A value of Python as a file would write it; numbers of NumPy are numbers, too."""
    if value is None or isinstance(value, bool):
        return "none" if value is None else str(value).lower()
    if isinstance(value, str) and not set(value) & set('"\n\r{}'):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(source_of(name, item, word) for item in value)}]"
    if isinstance(value, SupportsIndex):
        return str(operator.index(value))
    if isinstance(value, SupportsFloat):
        return repr(float(value))
    help = "a value is a number, a text without quotes and braces, True or False, None, or a list of them"
    raise wrong("F641", word, _written(name, value), f"`{name}` cannot take this value", help)


def fixed(given: Given | None, word: str = "set") -> tuple[tuple[str, str], ...]:
    """Values that all variants have, as a file would write them."""
    if given is None:
        return ()
    plain = isinstance(given, Mapping)
    return tuple((name, source_of(name, value, word) if plain else str(value)) for name, value in by_name(given, word).items())


def one_of(word: str, text: str, options: Iterable[str], what: str, given: str = "", code: str = "F642") -> str:
    """A name that is known, or the error that says which ones are."""
    known = tuple(options)
    if text in known:
        return text
    near = did_you_mean(closest(text, known))
    help = f"{near} There are {', '.join(known)}" if near else f"one of {', '.join(known)}"
    raise wrong(code, word, given or text, f"`{text}` is no {what}", help)
