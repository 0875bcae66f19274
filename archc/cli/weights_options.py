"""What the commands that take weights share: where these are, how far they may differ from the network, and what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import click

from .option_values import distinct
from .unused import no_word

if TYPE_CHECKING:
    from ..compiler.runtime.weights import Loaded, Weights

Function = TypeVar("Function", bound=Callable[..., object])

# The words of `compiler.runtime.weights.adapt.WORDS`: stated here so that `--help` does not load it; a test holds them equal.
ADAPT = ("channels", "positions")


def _adapt(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...]:
    words = tuple(word.strip() for word in value.split(",")) if value else ()
    for word in words:
        if word not in ADAPT:
            raise no_word(word, ADAPT)
    distinct(words)
    return words


def _rename(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> dict[str, str] | None:
    rows: dict[str, str] = {}
    for row in value:
        old, equals, new = row.partition("=")
        if not equals or old == new:
            raise click.BadParameter(f"`{row}` is not of the form OLD=NEW; one of the two may be empty")
        if old in rows:
            raise click.BadParameter(f"`{old}` is given twice")
        rows[old] = new
    return rows or None


def weights_options(function: Function) -> Function:
    """`--weights`, and how far they may differ: `weights_of` takes what they say."""
    options = (
        click.option("--weights", "weights_file", metavar="FILE[:PART]", help="Weights for the modules: .pth, .pt or .safetensors."),
        click.option("--skip", multiple=True, metavar="PATTERN", help="Keys to leave out: 'fc.*' starts the last layer afresh."),
        click.option(
            "--rename",
            multiple=True,
            callback=_rename,
            metavar="OLD=NEW",
            help="How keys begin in the file, and in the network: 'backbone.='.  [default: as fits]",
        ),
        click.option("--adapt", callback=_adapt, metavar="WORD,…", help=f"What to make fit.  [of {', '.join(ADAPT)}]"),
        click.option("--partial", is_flag=True, help="Load what fits, and list what does not."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def weights_of(
    file: str | None,
    skip: tuple[str, ...],
    rename: dict[str, str] | None,
    adapt: tuple[str, ...],
    partial: bool,
    told: Callable[[Loaded], None],
) -> Weights | None:
    """The weights that the options ask for. `told` is called with what was loaded."""
    if file is None:
        given = [word for word, value in (("--skip", skip), ("--rename", rename), ("--adapt", adapt), ("--partial", partial)) if value]
        if given:
            raise click.UsageError(f"`{given[0]}` is about weights: `--weights FILE` is not there")
        return None
    from ..compiler.runtime.weights import Weights

    _see_that_it_is_there(file)
    return Weights(file, skip, rename, adapt, partial, told)


def _see_that_it_is_there(file: str) -> None:
    """A call that names no file is wrong, and is told so before anything is made."""
    import os

    from ..base.diagnostics import Diagnostic
    from ..compiler.runtime.weights.reading import split
    from ..compiler.runtime.weights.recognise import recognise
    from ..reporting.error import ArchError

    path, _ = split(file)
    if not os.path.exists(path) and isinstance(found := recognise(path, file), Diagnostic):
        raise ArchError((replace(found, code="F611"),))
