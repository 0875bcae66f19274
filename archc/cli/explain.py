"""`archc explain`: the manual of a code, an operation, a word of the language or of another library."""

from __future__ import annotations

import click

from .face import Command, Face


class _Explain(Command):
    """The arrow is a word of the language, and no option."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        words = [*(word for word in args if word != "->"), "--", "->"] if "->" in args and "--" not in args else args
        return super().parse_args(context, words)


@click.command("explain", cls=_Explain)
@click.argument("word", metavar="[WORD]", required=False)
@click.pass_obj
def command(face: Face, word: str | None) -> int:
    """What a code of a message means (E301), how an operation (conv), a function (divisible) or a word (skip) is used, what archc has for a
    name of another library (lstm); without a word, all there is."""
    from ..manual.pages import Unexplained, explain, index

    page = explain(word) if word is not None else index()
    if isinstance(page, Unexplained):
        face.say(f"there is nothing to explain under `{word}`; {page.help}")
        return 2
    face.result(page)
    return 0
