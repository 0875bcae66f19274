"""What all commands share: where text goes, in which colours, and how a network is asked for."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TextIO, TypeVar

import click

from ..base.records import dataclass
from .complete import SETTING
from .option_values import twice, words_of

if TYPE_CHECKING:
    from ..base.diagnostics import Diagnostic
    from ..compiler.driver import Checked
    from ..compiler.ops.base import Shape

Function = TypeVar("Function", bound=Callable[..., object])

NOT_READ = frozenset({"F611", "F612"})
"""The file is not there, is a folder or may not be read: the call is wrong, not the file."""

WRONG_CALLS = frozenset({*NOT_READ, "F602", "F641", "F642", "F643", "F644", "F645", "F672", "F681", "F682", "F684"})
"""Codes of what a command cannot be asked."""

NOT_MADE = 3
"""The exit status where a part of what was asked for could not be made."""

NARROWEST_PAGE = 80

SET: Final = "--set"


@dataclass(slots=True)
class Face:
    """How archc speaks in this run: text for people to stderr, results to stdout."""

    quiet: bool = False
    verbose: bool = False
    color: str = "auto"
    traceback: bool = False
    doubted: set[tuple[str, str, str, int]] = field(default_factory=set)
    """The warnings that were told of networks of this call: what both have is said once."""

    def say(self, text: str) -> None:
        """A line for a person, even when asked to be quiet."""
        _tell(text + "\n")

    def tell(self, text: str) -> None:
        """A line for a person who did not ask for silence."""
        if not self.quiet:
            self.say(text)

    def took(self, file: str) -> None:
        """Where a name may be meant in two ways: which one it is."""
        from ..compiler.files.locate import SUFFIX, find

        if not find(file).is_shipped:
            return
        word, _, _ = os.path.basename(file).removesuffix(SUFFIX).partition(":")
        if os.path.isfile(word + SUFFIX):
            self.tell(f"{file}: the network that comes with archc; for the file here write `{word}{SUFFIX}`")
        elif os.path.isfile(word):
            self.tell(f"{file}: the network that comes with archc; for the file here write `./{word}`")

    def show(self, text: str) -> None:
        """What moves on a terminal: no line ends it."""
        _tell(text)

    def result(self, text: str | bytes) -> None:
        """What the command was called for."""
        _give(text if isinstance(text, bytes) or not text or text.endswith("\n") else text + "\n")

    def diagnostics(self, rows: Iterable[Diagnostic]) -> None:
        """Errors and, unless asked to be quiet, warnings."""
        shown = [row for row in rows if row.is_error or not self.quiet]
        if shown:
            from ..reporting.alike import together
            from ..reporting.terminal import WIDTH, to_text

            _tell(to_text(together(shown), self.colored(sys.stderr), page_width(sys.stderr) or WIDTH) + "\n")

    def trace(self, error: BaseException) -> None:
        """With `--traceback`, where in archc it was."""
        if self.traceback:
            import traceback

            self.say("".join(traceback.format_exception(error)).rstrip())

    def bug(self, error: BaseException, what: str = "archc has failed") -> None:
        """One line that asks for a report; with `--traceback`, where it is."""
        self.trace(error)
        told = " ".join(str(error).split())[:200]
        self.say(
            f"archc: a bug: {what}: {type(error).__name__}: {told}\n  please report it, with the file; `--traceback` shows where it is"
        )

    def colored(self, stream: TextIO | None) -> bool:
        if self.color != "auto":
            return self.color == "always"
        return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


class ReaderGone(Exception):
    """Whoever read what archc writes has gone (`archc list | head -1`). Not an OSError, which click would take for its own."""


def _give(text: str | bytes) -> None:
    """Write to stdout. Where that fails, what was asked for was not given: an `ArchError`."""
    try:
        if sys.stdout is None:  # closed before archc began
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        _write(sys.stdout, text)
    except BrokenPipeError:
        _silence(sys.stdout)
        raise ReaderGone from None
    except (OSError, ValueError) as error:
        from ..compiler.files.system_errors import refused
        from ..reporting.error import ArchError

        _silence(sys.stdout)
        raise ArchError((refused("<stdout>", error),)) from None


def _tell(text: str) -> None:
    """Write to stderr. Where that fails, nobody can be told; the exit status still tells how it ended."""
    if sys.stderr is None:
        return
    try:
        _write(sys.stderr, text)
    except BrokenPipeError:
        _silence(sys.stderr)
        raise ReaderGone from None
    except (OSError, ValueError):
        _silence(sys.stderr)


def _write(stream: TextIO, text: str | bytes) -> None:
    if isinstance(text, bytes):
        stream.buffer.write(text)
        stream.buffer.flush()
        return
    encoding = stream.encoding or "utf-8"
    try:
        text.encode(encoding, "surrogateescape" if stream.errors == "surrogateescape" else "strict")
    except UnicodeEncodeError:
        from ..compiler.files.system_errors import shown
        from ..reporting.legible import legible

        text = legible(shown(text), encoding)
    stream.write(text)
    stream.flush()


def _silence(stream: TextIO | None) -> None:
    """What still waits to be written, and Python would try to write at its end, goes nowhere."""
    if stream is not None:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def keep_streams_apart() -> None:
    """Takes the places of streams that are closed: else the next file that is opened would be stdout, and be written into."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)


def is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def page_width(stream: TextIO | None) -> int | None:
    """The columns of the terminal; None where there is none."""
    if stream is None or not is_terminal(stream):
        return None
    try:
        return max(os.get_terminal_size(stream.fileno()).columns, NARROWEST_PAGE)
    except OSError:
        return None


# ------------------------------------------------------------------------------------------------ options


def _remember(name: str) -> Callable[[click.Context, click.Parameter, object], None]:
    def keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
        if value is None or value is False:
            return
        if value is not True and name in context.meta and isinstance(parameter, click.Option):  # before the command and behind it
            raise click.UsageError(twice(parameter), context)
        context.meta[name] = value
        setattr(context.ensure_object(Face), name, value)

    return keep


def _version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value:
        import platform
        from importlib.metadata import PackageNotFoundError, version

        from archc import __version__

        try:
            torch = f"torch {version('torch')}"
        except PackageNotFoundError:
            torch = "no torch"

        context.ensure_object(Face).result(
            f"archc {__version__} (Python {platform.python_version()}, {torch}, {platform.system()} {platform.machine()})"
        )
        context.exit()


def global_options() -> list[click.Parameter]:
    """They may stand before the command and behind it."""
    return [
        click.Option(["-q", "--quiet"], is_flag=True, expose_value=False, callback=_remember("quiet"), help="Only errors and results."),
        click.Option(["-v", "--verbose"], is_flag=True, expose_value=False, callback=_remember("verbose"), help="Also how long each stage took."),
        click.Option(
            ["--color"], type=click.Choice(["auto", "always", "never"]), expose_value=False, callback=_remember("color"),
            help="auto: on a terminal, unless NO_COLOR is set.",
        ),
        click.Option(["--traceback"], is_flag=True, expose_value=False, callback=_remember("traceback"), help="Where in archc a bug is."),
        click.Option(["-V", "--version"], is_flag=True, expose_value=False, is_eager=True, callback=_version, help="The versions of archc, Python and PyTorch, and the system."),
    ]  # fmt: skip


def help_of(option: click.Option | None) -> click.Option | None:
    """The option `--help`, which prints as every result is printed."""

    def show(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value and not context.resilient_parsing:
            context.ensure_object(Face).result(context.get_help())
            context.exit()

    if option is not None:
        option.callback = show
    return option


class Command(click.Command):
    """A command of archc: it takes the global options too."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(context, words_of(context, args))

    def get_help_option(self, context: click.Context) -> click.Option | None:
        return help_of(super().get_help_option(context))

    def get_params(self, context: click.Context) -> list[click.Parameter]:
        *own, help_option = super().get_params(context)
        return [*own, *(option for option in global_options() if option.name != "version"), help_option]


def network_options(function: Function) -> Function:
    """`--set` and `--input`."""
    sizes = click.option("--input", "inputs", multiple=True, metavar="[NAME=]3x224x224", help="The shape of an input, without the batch.")
    values = click.option(
        "--set", "settings", type=SETTING, multiple=True, metavar="NAME=VALUE", help="A parameter of the network, as a file would write it."
    )
    return values(sizes(function))


def settings_of(settings: Sequence[str], option: str = SET) -> dict[str, object]:
    """The values of `--set`, or of another option of this kind, as expressions of the language."""
    from ..compiler.driver import parse_setting

    read: dict[str, object] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise click.BadParameter(f"`{setting}` is not of the form name=value", param_hint=option)
        if name in read:
            raise click.BadParameter(f"`{name}` is given twice", param_hint=option)
        value, diagnostics = parse_setting(name, text, option)
        if value is None or any(row.is_error for row in diagnostics):
            click.get_current_context().ensure_object(Face).diagnostics(diagnostics)
            raise click.exceptions.Exit(2)
        read[name] = value
    return read


def inputs_of(inputs: Sequence[str]) -> dict[str, Shape]:
    """The shapes of `--input`, by the name of the input, or under "" for the first."""
    from ..compiler.driver import parse_shape

    read: dict[str, Shape] = {}
    for row in inputs:
        name, equals, text = row.rpartition("=")
        name = name.strip()
        shape = parse_shape(text.strip())
        if shape is None or (equals and not name.isidentifier()):
            raise click.BadParameter(f"`{row}` is not of the form 3x224x224 or name=3x224x224", param_hint="--input")
        if name in read:
            several = "" if name else f"; of several inputs each is named, `--input x={text.strip()}`"
            raise click.BadParameter(f"`{row}`: a shape is given twice{several}", param_hint="--input")
        read[name] = shape
    return read


def trust_option(function: Function) -> Function:
    """`--trust`, of commands that run the module."""
    return click.option("--trust", is_flag=True, help="Run the classes of the network's own operations, code that is not archc's.")(
        function
    )


def compiled(face: Face, file: str, settings: Sequence[str], inputs: Sequence[str], trust: bool = False, option: str = SET) -> Checked:
    """The checked network; warnings are shown, errors raised. `option` is the one that says `settings`."""
    from ..compiler.driver import compile
    from ..compiler.importer.in_place import left_to_give
    from ..reporting.error import ArchError

    asked = inputs_of(inputs)
    shapes = left_to_give(file, asked)
    file = file_of(face, file, asked)
    try:
        checked = compile(file, settings=settings_of(settings, option), inputs=shapes, observe=observer(face), trust=trust)
    except ArchError as error:
        if option == SET:
            raise
        # What is to be given is given by the option of this network.
        told = (replace(row, help=row.help and row.help.replace(f"`{SET} ", f"`{option} ")) for row in error.diagnostics)
        raise ArchError(tuple(told)) from None
    face.took(file)
    ports = [node.names[-1] for node in checked.program.nodes if node.is_port and not node.inputs] if checked.program else []
    if "" in shapes and len(ports) > 1:
        face.tell(f"--input {'x'.join(map(str, shapes['']))}: taken for the first input, `{ports[0]}`; the others keep their sizes")
    said = {(row.code, row.message, row.primary.span.source.name, row.primary.span.start): row for row in checked.diagnostics}
    face.diagnostics([row for key, row in said.items() if row.is_error or key not in face.doubted])
    face.doubted.update(said)
    return checked


def sizes_of(face: Face, file: str) -> tuple[str, ...]:
    """The inputs of a text as `--input` has them: what a model is run on that is held against it."""
    graph = compiled(face, file, (), ()).graph
    rows = [(node.names[-1], "x".join(map(str, node.shape))) for node in graph.inputs]
    face.tell(f"run on the inputs of {file}: {', '.join(size for _, size in rows)}; `--input` says others")
    return tuple(size for _, size in rows) if len(rows) < 2 else tuple(f"{name}={size}" for name, size in rows)


def file_of(face: Face, word: str, inputs: Mapping[str, Shape] = MappingProxyType({})) -> str:
    """The file that a word names; of a model (`timm:resnet50`), that of its imported text, which is made where it is not kept."""
    from ..compiler.importer.in_place import file_of

    return file_of(word, face.tell, inputs)


def observer(face: Face) -> Callable[[str, float], None] | None:
    """Tells how long each stage took, for `-v`."""
    return (lambda stage, seconds: face.say(f"{stage}: {seconds * 1000:,.0f} ms")) if face.verbose else None
