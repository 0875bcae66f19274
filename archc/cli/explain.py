"""`archc explain`: the manual of a code or an operation."""

from __future__ import annotations

import click

from .face import Command, Face


@click.command("explain", cls=Command)
@click.argument("word", metavar="CODE|OPERATION")
@click.pass_obj
def command(face: Face, word: str) -> int:
    """What a code of a message means (E301), or how an operation (conv) or a function (divisible) is used."""
    from ..compiler.manual import Unexplained, explain

    page = explain(word)
    if isinstance(page, Unexplained):
        face.say(f"there is nothing to explain under `{word}`; {page.help}")
        return 2
    face.result(page)
    return 0
