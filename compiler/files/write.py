"""Files that appear whole or not at all. What the system refuses is an `ArchError` with F615."""

from __future__ import annotations

import codecs
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import field

from ...base.diagnostics import Diagnostic
from ...base.records import dataclass
from ...reporting.error import ArchError
from .system_errors import at, native, refused, shown

# ------------------------------------------------------------------------------------------------- one file


@contextmanager
def whole(path: str) -> Iterator[str]:
    """A place to write to, of the same name, in a folder of its own beside `path`; what is there at the end is moved to `path`.

    The name stays because some formats keep it inside the file. A link to a file stays a link. What cannot be replaced (a device,
    a pipe) is written into. Nothing else is left behind, not even a folder that was made for it.
    """
    asked = path
    if path == "-":
        message, help = "`-` stands for standard output, which this is not written to", "name a file; one that is called so is `./-`"
        raise ArchError((Diagnostic("F615", message, at(path), help=help),))
    try:
        path = os.path.realpath(native(path))
        _see_that_it_may_be(path)
        special = _is_special(path)
        made = [] if special else _make_folders(os.path.dirname(path))
        with _room(None if special else os.path.dirname(path), made) as room:
            draft = os.path.join(room, os.path.basename(path))
            yield draft
            _to_disk(draft)
            waiting = _together.get()
            if special:
                with open(draft, "rb") as stream, open(path, "wb") as out:
                    shutil.copyfileobj(stream, out)
            elif waiting is not None:
                waiting.keep(draft, path, asked, made)
            else:
                os.replace(draft, path)
    except OSError as error:
        raise ArchError((refused(asked, error),)) from error


def write(path: str, data: str | bytes | memoryview) -> None:
    """Text as UTF-8 with LF line ends, on every system. Bytes of a path that are no text are written as `shown` shows them."""
    with whole(path) as draft, open(draft, "wb") as stream:
        stream.write(shown(data).encode() if isinstance(data, str) else data)


def append(path: str, line: str) -> None:
    """A line at the end of a file, whole or not at all. What a run that was killed left of its last line is ended first.

    As of a `whole` file, its folder is made where it is missing, and left behind with it alone.
    """
    place = native(path)
    made: list[str] = []
    try:
        made = _make_folders(os.path.dirname(os.path.abspath(place)))
        is_new = not os.path.exists(place)
        # Without a buffer: its rest would be written when the file is closed, behind what was taken back.
        with open(place, "ab+", buffering=0) as stream:
            end = stream.seek(0, os.SEEK_END)
            data = shown(line).encode() + b"\n"
            if end and stream.seek(end - 1) is not None and stream.read(1) != b"\n":
                data = b"\n" + data
            try:
                while data:
                    data = data[stream.write(data) :]
            except OSError:
                with suppress(OSError):
                    stream.truncate(end)
                    if is_new:
                        os.remove(place)
                raise
    except OSError as error:
        _remove_empty(made)
        raise ArchError((refused(path, error),)) from error


def rewrite(path: str, text: str) -> bool:
    """New text for a person's own file: its line ends, its byte-order mark and its permissions stay, and so does a link to it.

    False for what is no file: a pipe, a device.
    """
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as stream:
        before = stream.read()
    if b"\r\n" in before:
        text = text.replace("\n", "\r\n")
    mark = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b""
    with whole(path) as draft:
        with open(draft, "wb") as stream:
            stream.write(mark + text.encode())
        os.chmod(draft, os.stat(path).st_mode & 0o7777)
    return True


# ------------------------------------------------------------------------------------------- several as one


@dataclass(slots=True)
class Together:
    """Files that are finished and wait for the others."""

    drafts: list[tuple[str, str, str]] = field(default_factory=list)
    """Where each is, where it goes, and how its place was called."""
    made: list[str] = field(default_factory=list)
    refusals: dict[str, Diagnostic] = field(default_factory=dict)

    def keep(self, draft: str, path: str, asked: str, made: list[str]) -> None:
        """Takes over a finished draft, and the folders that were made for it. Under another name, its folder outlives what made it."""
        waiting = f"{os.path.dirname(draft)}-whole"
        os.rename(os.path.dirname(draft), waiting)
        self.drafts.append((os.path.join(waiting, os.path.basename(draft)), path, asked))
        self.made += made

    def refusal(self, path: str) -> Diagnostic | None:
        """Why a file could not be moved to its place, afterwards."""
        return self.refusals.get(path)


_together: ContextVar[Together | None] = ContextVar("together", default=None)


@contextmanager
def together() -> Iterator[Together]:
    """What is written inside appears at the end, all at once. Of two processes that write the same files one comes after the other:
    what is there in the end is all of one, never a mixture. An exception leaves every file as it was."""
    waiting = Together()
    token = _together.set(waiting)
    try:
        yield waiting
        for folder in dict.fromkeys(os.path.dirname(path) for _, path, _ in waiting.drafts):
            with _locked(folder):
                for draft, path, asked in waiting.drafts:
                    if os.path.dirname(path) == folder:
                        try:
                            os.replace(draft, path)
                        except OSError as error:
                            waiting.refusals[asked] = refused(asked, error)
    finally:
        _together.reset(token)
        for draft, _, _ in waiting.drafts:
            shutil.rmtree(os.path.dirname(draft), ignore_errors=True)
        _remove_empty(waiting.made)


@contextmanager
def _locked(folder: str) -> Iterator[None]:
    """One process at a time, where the system can: the folder itself is the lock, so that none is left behind."""
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with suppress(OSError):  # a network's disk may have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


# ------------------------------------------------------------------------------------------------- the disk


@contextmanager
def _room(folder: str | None, made: list[str]) -> Iterator[str]:
    """A folder for drafts in `folder` (None: where temporary files go). It goes at the end, and after an exception what was made for it."""
    try:
        room = tempfile.mkdtemp(prefix=".archc-", dir=folder)
        try:
            yield room
        finally:
            shutil.rmtree(room, ignore_errors=True)
    except BaseException:
        _remove_empty(made)
        raise


def _see_that_it_may_be(path: str) -> None:
    """Replacing a file asks nobody whether it may be written: it is its folder that changes."""
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if os.path.exists(path) and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def _is_special(path: str) -> bool:
    """Something that is there and is neither a file nor a folder: a device, a pipe."""
    return os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path)


def _to_disk(path: str) -> None:
    """What is in the file is on the disk: some systems tell only now that there is no room."""
    with open(path, "rb+") as stream:
        os.fsync(stream.fileno())


def _make_folders(folder: str) -> list[str]:
    """Makes the folder and those above it; the answer is what had to be made, the outermost first."""
    missing: list[str] = []
    while folder and not os.path.isdir(folder):
        missing.insert(0, folder)
        folder = os.path.dirname(folder)
    made: list[str] = []
    try:
        for place in missing:
            try:
                os.mkdir(place)
                made.append(place)
            except FileExistsError:
                if not os.path.isdir(place):  # else another process made it in the meantime
                    raise
    except OSError:
        _remove_empty(made)
        raise
    return made


def _remove_empty(folders: list[str]) -> None:
    for folder in reversed(folders):
        with suppress(OSError):
            os.rmdir(folder)
