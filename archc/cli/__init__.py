"""The command line. One small file a command; what it does stands in `compiler/`, what it says in `face.py`."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import click

from ..reporting.error import ArchError
from .face import NOT_MADE, WRONG_CALLS, Face, ReaderGone, global_options, help_of, keep_streams_apart
from .option_values import words_of

COMMANDS = (
    "check",
    "build",
    "cost",
    "calibrate",
    "draw",
    "watch",
    "lsp",
    "import",
    "verify",
    "bench",
    "sizes",
    "fit",
    "diff",
    "sweep",
    "fmt",
    "new",
    "list",
    "explain",
    "mcp",
    "completion",
)
FILES = {"import": "import_model"}  # a word of Python is no name of a module
"""In the order of `archc --help`. Each is the object `command` of the module of its name, imported when it is called for."""

BUG, INTERRUPTED, BROKEN_PIPE, TERMINATED = 70, 130, 141, 143


class Archc(click.Group):
    """The group of all commands. It turns whatever ends a command into an exit status."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*COMMANDS]  # `list` is a module here, once that command was imported

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = import_module(f"{__name__}.{FILES.get(name, name)}").command
        return command

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(context, words_of(context, args))

    def get_help_option(self, context: click.Context) -> click.Option | None:
        return help_of(super().get_help_option(context))

    def resolve_command(self, context: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args[:1] == ["help"]:
            args = _asked_of(args[1:])
            if not args:
                context.ensure_object(Face).result(context.get_help())
                context.exit()
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            context.fail(_unknown(args[0]))
        return super().resolve_command(context, args)

    def main(self, args: Sequence[str] | None = None, *rest: Any, **options: Any) -> NoReturn:
        face = Face()
        options |= {"standalone_mode": False, "obj": face, "complete_var": "_ARCHC_COMPLETE"}
        try:
            result = super().main(args, *rest, **options)
            status = result if isinstance(result, int) else 0
        except BaseException as error:
            status = _ended(error, face)
        sys.exit(status)


def _ended(error: BaseException, face: Face) -> int:
    """The exit status, also where saying why fails for the same reason (too many open files, no memory)."""
    try:
        return _status(error, face)
    except ReaderGone:
        return BROKEN_PIPE
    except (ArchError, OSError, MemoryError):
        with suppress(ReaderGone):
            face.say(f"archc: the system refuses: {error}")
        return NOT_MADE


def _status(error: BaseException, face: Face) -> int:
    """What a command ended with, as an exit status; what there is to say of it is said."""
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else 0
    if isinstance(error, click.ClickException):
        told = io.StringIO()
        error.show(told)
        face.say(told.getvalue().rstrip("\n"))
        return error.exit_code
    if isinstance(error, Terminated):
        return TERMINATED
    if isinstance(error, KeyboardInterrupt | click.Abort):
        face.say("interrupted")
        return INTERRUPTED
    if isinstance(error, ReaderGone):
        return BROKEN_PIPE
    from ..compiler.files import system_errors

    refusal = None if isinstance(error, ArchError) else system_errors.of_system(error, "archc")
    if refusal is not None:
        face.trace(error)
        error = ArchError((refusal,))
    if isinstance(error, ArchError):
        face.diagnostics(error.diagnostics)
        codes = {row.code for row in error.diagnostics}
        return 2 if codes & WRONG_CALLS else NOT_MADE if codes & system_errors.NOT_MADE else 1
    face.bug(error)
    return BUG


class Terminated(BaseException):
    """The system asks archc to end (SIGTERM, SIGHUP): it puts its drafts away first."""


def _terminated(number: int, frame: object) -> NoReturn:
    raise Terminated


def _asked_of(words: list[str]) -> list[str]:
    """What `archc help …` asks for: the help of a command, or the manual of a code or an operation. Nothing for archc's own help."""
    if words and words[0] not in COMMANDS and not words[0].startswith("-"):
        return ["explain", *words]
    return [*words[:1], "--help"] if words and words[0] in COMMANDS else []


def _unknown(word: str) -> str:
    from ..compiler.ops.suggest import closest, did_you_mean

    near = did_you_mean(closest(word, COMMANDS))
    if near is None and word.endswith(".arch"):
        near = f"did you mean `archc check {word}`?"
    return f"there is no command `{word}`" + (f"; {near}" if near else "")


# As wide as the terminal, beyond what click takes for wide enough.
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 10_000}


@click.group(cls=Archc, params=global_options(), context_settings=SETTINGS)
def group() -> None:
    """A language and compiler for neural-network architectures.

    FILE is a path (nets/my.arch), a path and a network in it (nets/my.arch:small), or the name of a network that comes
    with archc (resnext50; `archc list` shows them), a model of PyTorch (timm:resnet50, my_models:Net), or - for standard input. `archc help COMMAND` tells more, `archc explain WORD` is the manual.
    """


def main() -> NoReturn:
    keep_streams_apart()
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _terminated)
    group.main()


__all__ = ["COMMANDS", "group", "main"]
