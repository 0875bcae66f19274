"""Words and options that a call makes no use of: what nobody heeds is refused, or told where some heed it, and never passed over in silence."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import click


def given(context: click.Context) -> list[str]:
    """The options of this call, by their long names without the dashes."""
    return [name_of(row) for row in context.command.params if isinstance(row, click.Option) and _is_given(context, row)]


def _is_given(context: click.Context, option: click.Option) -> bool:
    default = (click.core.ParameterSource.DEFAULT, click.core.ParameterSource.DEFAULT_MAP)
    return context.get_parameter_source(option.name or "") not in (None, *default)


def name_of(option: click.Option) -> str:
    return max(option.opts, key=len).lstrip("-")


def refuse_unused(context: click.Context, what: str, used: Collection[str], all_of_them: Mapping[str, Collection[str]]) -> None:
    """`used` are the options that `what` heeds; `all_of_them` those of everything that the command can be asked for, by its words."""
    known = {name for row in all_of_them.values() for name in row}
    for name in given(context):
        if name in known and name not in used:
            others = [word for word, row in all_of_them.items() if name in row]
            raise click.UsageError(f"`--{name}` is for {listed(others)}: {what} makes no use of it")


def listed(words: Collection[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def no_word(word: str, words: Collection[str]) -> click.BadParameter:
    """The refusal of a word in a list of them, with the nearest."""
    from ..compiler.ops.suggest import closest, did_you_mean

    near = did_you_mean(closest(word, words))
    return click.BadParameter(f"`{word}` is none of {', '.join(words)}" + (f"; {near}" if near else ""))
