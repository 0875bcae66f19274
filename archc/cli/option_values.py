"""Options whose value was forgotten, so that the next option would be taken for it (`archc draw --open --help`), or was given twice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import click

MOST_THREADS: Final = 1024
"""More threads than a process starts for sure: PyTorch ends it without a word where the system gives none."""


def words_of(context: click.Context, words: Sequence[str]) -> list[str]:
    """The words of a call, looked through: each option has its value, and one where it takes one."""
    found = with_values(context, words)
    given_once(context, found)
    return found


def with_values(context: click.Context, words: Sequence[str]) -> list[str]:
    """The words of a call as they are; where an option stands in the place of a value they are refused, or `--help` alone is left of them."""
    command = context.command
    options = {
        name: row for row in command.get_params(context) if isinstance(row, click.Option) for name in (*row.opts, *row.secondary_opts)
    }
    helps = frozenset(context.help_option_names)
    place = 0
    while place < len(words):
        word = words[place]
        option = options.get(word)
        if word == "--" or (option is None and not word.startswith("-") and not command.allow_interspersed_args):
            break
        place += 1
        if option is None or option.is_flag or option.count or place == len(words):
            continue
        value = words[place]
        place += 1
        if value in helps:
            return [value]
        if value in options or (value.startswith("--") and len(value) > 2):
            long = max(option.opts, key=len)
            what = "an option" if value in options else "no value"
            raise click.UsageError(
                f"`{word}` takes a value, and `{value}` is {what}: write `{long}=…`, or `{long}={value}` if that is meant", context
            )
    return list(words)


def given_once(context: click.Context, words: Sequence[str]) -> None:
    """Refuse a call that gives an option two values where it takes one: the first of them would be passed over in silence."""
    _, _, order = context.command.make_parser(context).parse_args(list(words))
    seen: set[click.Parameter] = set()
    for option in order:
        if not isinstance(option, click.Option) or option.multiple or option.count or (option.is_flag and not option.secondary_opts):
            continue
        if option in seen:
            raise click.UsageError(twice(option), context)
        seen.add(option)


def distinct(words: Sequence[str]) -> None:
    """Refuse a list that names a word twice: the second one would change nothing."""
    for place, word in enumerate(words):
        if word in words[:place]:
            raise click.BadParameter(f"`{word}` is given twice: write each once")


def finite(context: click.Context, parameter: click.Parameter, value: float) -> float:
    """A number that is one: `nan` is below no limit and above none, and `inf` seconds never end."""
    if not math.isfinite(value):
        raise click.BadParameter(f"`{value}` is no number of seconds")
    return value


def twice(option: click.Option) -> str:
    """What is said of an option that is given twice."""
    name = max(option.opts, key=len)
    in_one = option.metavar is not None and option.metavar.endswith(",…")
    other = f", or write all in one: `{name}={option.metavar}`" if in_one else ""
    return f"`{name}` is given twice, and takes one value: leave one of them out{other}"
