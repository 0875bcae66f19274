"""The answers inside a browser: Python as WebAssembly, and Graphviz as WebAssembly beside it. What goes in and out is text."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence

from ..compiler.draw.font import FAMILIES
from ..compiler.draw.graphviz import Engine, Failure, lay_out_by
from ..compiler.files.locate import find
from ..compiler.files.system_errors import of_system
from ..reporting.error import ArchError
from ..reporting.terminal import to_data
from .answers import Json, Wanted, Writing

Layout = Callable[[str, str], str]
"""DOT and a format to Graphviz's answer; raises an exception where there is none."""

FONT = "Arial"
"""A font whose widths Graphviz knows without any font: our letters are as wide."""


def engine(layout: Layout) -> Engine:
    """Graphviz in the same process. It has no clock: who waits too long ends the whole worker."""

    def lay_out(dots: Sequence[str], form: str, seconds: float, /) -> bytes | Failure:
        try:
            made = [layout(dot.replace(f'"{FAMILIES}"', FONT), one) for dot in dots for one in form.split("+")]
        except Exception as error:  # of JavaScript: whatever it is, there is no picture
            return Failure((f"Graphviz in the browser says: {str(error).strip()}",))
        return "\n".join(made).encode()

    return lay_out


class Worker:
    """One question after the other; a part of the answer at each call of `step`, so that a newer question is heard in between."""

    def __init__(self, layout: Layout) -> None:
        lay_out_by(engine(layout))
        self._parts: Iterator[Json] = iter(())
        self._writing = Writing("")

    def _of(self, file: str) -> Writing:
        """What is known of the file; another one begins anew."""
        if self._writing.file != file:
            self._writing = Writing(file)
        return self._writing

    def ask(self, file: str, text: str, wanted: str) -> None:
        """Takes a question: what messages call the text, the text, and what is wanted of it as JSON."""
        self._parts = self._of(file).answers(text, Wanted.of(json.loads(wanted)))

    def step(self) -> str:
        """The next part, as JSON; the last one is `done` or `refused`."""
        try:
            return json.dumps(next(self._parts, {"part": "done"}))
        except Exception as error:
            self._parts = iter(())
            return json.dumps({"part": "refused", **_told(error)})

    def draw(self, file: str, text: str, wanted: str, form: str) -> str:
        """The picture as a file: `{"text": …}`, or `{"diagnostics": …}`."""
        try:
            made = self._of(file).drawn(text, Wanted.of(json.loads(wanted)), form)
        except Exception as error:
            return json.dumps(_told(error))
        return json.dumps({"text": made.decode("utf-8")} if isinstance(made, bytes) else to_data(made))

    def help(self, kind: str, file: str, text: str, offset: int) -> str:
        """What stands at a place of the text, or may be written there, as JSON; `{}` where there is nothing to say."""
        try:
            return json.dumps(self._of(file).help(kind, text, offset))
        except Exception:  # it is no answer that anybody waits for, and the next one may be there
            return "{}"


def library(name: str) -> str:
    """A shipped network, as JSON: its file's name, the file's text, and which network of the file it is, where it is a preset."""
    target = find(name)
    with open(target.path, encoding="utf-8") as stream:
        return json.dumps({"file": os.path.basename(target.path), "network": target.network or "", "text": stream.read()})


def _told(error: Exception) -> Json:
    """What a person is told of an exception: the diagnostics that it is, or that archc is at fault."""
    if isinstance(error, ArchError):
        return {"diagnostics": to_data(error.diagnostics)["diagnostics"]}
    system = of_system(error, "the playground")
    if system is not None:
        return {"diagnostics": to_data((system,))["diagnostics"]}
    return {"diagnostics": [], "bug": f"{type(error).__name__}: {error}"}
