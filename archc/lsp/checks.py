"""The checks of the open files, in a thread of their own: the file that was edited last first, and an edit ends the check of the text before."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

from ..compiler.elaborate.values import Abandoned
from ..editor.answer import Answer
from ..editor.pauses import Pauses
from ..editor.service import Prompt, Service

Result = TypeVar("Result")

PAUSE: Final = 0.5
"""Seconds without an edit that are a pause."""

STACK: Final = 64 * 2**20
"""Bytes of the thread's stack: texts nest deep."""


SHARE: Final = 0.001
"""Seconds that the check keeps the interpreter from the thread that answers the editor."""


class Failed(Exception):
    """A check ended with a fault of archc's own, which is in the log."""


def _failed(path: str) -> Failed:
    return Failed(f"the check of {path} failed")


class Checks:
    """All but the check itself happens in the thread of the event loop. `told` is called whenever an answer is out."""

    def __init__(self, answers: Prompt, told: Callable[[], None]) -> None:
        self.answers = answers
        self._told = told
        self._newest: dict[str, Answer] = {}  # of each open file, the last one first; it may be of an earlier text
        self._open: dict[str, None] = {}  # the one that was edited last stands last
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._failed: set[str] = set()
        self._edited = threading.Event()  # what is being checked is of a text before
        self._awake = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._pauses: Pauses | None = None

    def newest(self, path: str) -> Answer | None:
        """The last answer about an open file."""
        return self._newest.get(path)

    def changed(self, path: str) -> None:
        """A file was opened or edited."""
        self._open.pop(path, None)
        self._open[path] = None
        self.again()

    def closed(self, path: str) -> None:
        self._open.pop(path, None)
        self._newest.pop(path, None)
        self.again()

    def again(self) -> None:
        """Something is other than it was: a text, or a file on the disk."""
        self._failed.clear()
        self._edited.set()
        self._wake()

    async def answer(self, path: str) -> Answer:
        """All about a file, once it is known."""
        known = self.answers.known(path)
        if known is not None:
            return known
        if path in self._failed:
            raise _failed(path)
        if path not in self._waiting:
            self._waiting[path] = asyncio.get_running_loop().create_future()
            self._wake()
        return await asyncio.shield(self._waiting[path])

    async def aside(self, work: Callable[[], Result]) -> Result:
        """What takes long, in the thread of the checks: the check that runs is finished first."""
        return await asyncio.get_running_loop().run_in_executor(self._worker(), work)

    async def patiently(self, work: Callable[[Service], Result]) -> Result:
        """The same of what asks about whole texts: all of them, as they are now."""
        return await self.aside(partial(work, self.answers.patient()))

    def end(self) -> None:
        """The server ends, and waits for no check."""
        self._edited.set()
        if self._running is not None:
            self._running.cancel()
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    # ------------------------------------------------------------------------------------------------- the thread

    def _wake(self) -> None:
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._run())
        self._awake.set()

    def _worker(self) -> ThreadPoolExecutor:
        if self._thread is None:
            before = threading.stack_size(STACK)
            self._thread = ThreadPoolExecutor(1, "check")
            self._thread.submit(int).result()  # threads begin when they are first needed
            threading.stack_size(before)
            sys.setswitchinterval(SHARE)
        return self._thread

    async def _run(self) -> None:
        """Check what is not known, for ever."""
        while True:
            path = self._next()
            if path is not None:
                await self._check(path)
                continue
            self._told()  # an edit may have brought back a text that is known
            self._awake.clear()
            try:
                await asyncio.wait_for(self._awake.wait(), PAUSE)
            except asyncio.TimeoutError:
                if self._pauses is not None:
                    self._pauses.paused()
                await self._awake.wait()

    def _next(self) -> str | None:
        """Who edits a file waits for it; then come those that a request is about, and the others."""
        rows = dict.fromkeys((*list(reversed(self._open))[:1], *self._waiting, *reversed(self._open)))
        return next((path for path in rows if path not in self._failed and not self._is_known(path)), None)

    def _is_known(self, path: str) -> bool:
        known = self.answers.known(path)
        if known is None:
            return False
        self._give(path, known)
        return True

    def _give(self, path: str, answer: Answer) -> None:
        waiting = self._waiting.pop(path, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    async def _check(self, path: str) -> None:
        question = self.answers.question(path)
        self._edited.clear()
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._worker(), question.answer, lambda: not self._edited.is_set())
        except Abandoned:
            return
        except Exception:
            logging.getLogger("pygls").exception("the check of %s failed", path)
            self._failed.add(path)
            waiting = self._waiting.pop(path, None)
            if waiting is not None and not waiting.done():
                waiting.set_exception(_failed(path))
            return
        self.answers.keep(question, answer)
        if path in self._open:
            self._newest[path] = answer
        if self.answers.known(path) is not None:
            self._give(path, answer)
        self._told()
        if self._pauses is None:
            self._pauses = Pauses()
        self._pauses.answered()
