"""The command line. One small file a command; what it does stands in `compiler/`, what it says in `face.py`."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

# Loading modules makes many objects and no garbage: looking for some takes a tenth of the time of `archc check`.
gc.set_threshold(200_000, 20, 20)

import click  # noqa: E402

from .face import MISSING, Face, ReaderGone, global_options  # noqa: E402

COMMANDS = ("check", "build", "cost", "draw", "verify", "bench", "sizes", "fit", "diff", "sweep", "fmt", "new", "list", "explain")
"""In the order of `archc --help`. Each is the object `command` of the module of its name, imported when it is called for."""

INTERRUPTED, BROKEN_PIPE, BUG = 130, 141, 70


class Archc(click.Group):
    """The group of all commands. It turns whatever ends a command into an exit status."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*COMMANDS]  # `list` is a module here, once that command was imported

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = import_module(f"{__name__}.{name}").command
        return command

    def resolve_command(self, context: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            context.fail(_unknown(args[0]))
        return super().resolve_command(context, args)

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> NoReturn:
        face = Face()
        options |= {"standalone_mode": False, "obj": face}
        try:
            result = super().main(args, *rest, **options)
            status = result if isinstance(result, int) else 0
        except BaseException as error:
            status = _status(error, face)
        sys.exit(status)


def _status(error: BaseException, face: Face) -> int:
    """What a command ended with, as an exit status; what there is to say of it is said."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 0
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, KeyboardInterrupt | click.Abort):
        face.say("interrupted")
        return INTERRUPTED
    if isinstance(error, ReaderGone):
        # Nothing may be written on the way out either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    from ..dsl.diagnostics import ArchError

    if isinstance(error, ArchError):
        face.diagnostics(error.diagnostics)
        return 2 if any(row.code == MISSING for row in error.diagnostics) else 1
    face.bug(error)
    return BUG


def _unknown(word: str) -> str:
    from ..compiler.suggest import closest, did_you_mean

    near = did_you_mean(closest(word, COMMANDS))
    if near is None and word.endswith(".arch"):
        near = f"did you mean `archc check {word}`?"
    return f"there is no command `{word}`" + (f"; {near}" if near else "")


@click.group(cls=Archc, params=global_options(), context_settings={"help_option_names": ["-h", "--help"]})
def group() -> None:
    """A language and compiler for neural-network architectures.

    FILE is a path (nets/my.arch), a path and a network in it (nets/my.arch:small), or the name of a network that comes
    with archc (resnext50; `archc list` shows them).
    """


def main() -> NoReturn:
    group.main()


__all__ = ["COMMANDS", "group", "main"]
