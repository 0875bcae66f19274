"""DOT to a picture, by Graphviz in another process with a time limit: it may hang or die and the build goes on.

Where no process can be started (in a browser), `lay_out_by` names who lays out instead.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from ...base.records import dataclass
from .font import environment, knows

SECONDS = 60.0
NOT_HERE = 3  # what worker.py returns where the wheel is not installed
SCALED = "too large for cairo-renderer bitmaps"  # what Graphviz says when it shrinks a bitmap to what cairo can hold
MADE = re.compile(rb"/CreationDate \(D:\d{14}")  # in a PDF: the one thing that differs from run to run


@dataclass(frozen=True, slots=True)
class Layouter:
    """One way to run Graphviz. `command` ends where the format is to be added; `separator` parts several texts; `together`: formats are one argument."""

    name: str
    command: tuple[str, ...]
    separator: str = "\n"
    together: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no picture: one sentence an attempt."""

    reasons: tuple[str, ...]
    scaled: bool = False


class Engine(Protocol):
    """Who lays out in place of the processes."""

    def __call__(self, dots: Sequence[str], form: str, seconds: float, /) -> bytes | Failure:
        """The pictures of the texts in the format `form`, one after another, as Graphviz writes them."""


_chosen: list[Engine] = []
"""The engine of this process, where one was named."""


def lay_out_by(engine: Engine | None) -> None:
    """From now on `engine` lays out; None: the processes, as in the beginning."""
    _chosen[:] = [engine] if engine is not None else []


def layouters() -> tuple[Layouter, ...]:
    """The wheel that carries Graphviz, the same one everywhere, then the `dot` program where there is one."""
    found: list[Layouter] = []
    if sys.executable:
        worker = str(Path(__file__).with_name("graphviz_process.py"))
        found.append(Layouter("the package `pygraphviz`", (sys.executable, "-I", worker, ""), "\0", together=True))
    program = shutil.which("dot")
    if program:
        found.append(Layouter("the program `dot`", (program, "-T")))
    return tuple(found)


def render(dot: str, form: str, seconds: float = SECONDS, ways: Sequence[Layouter] | None = None) -> bytes | Failure:
    """The picture in the format `form` (svg, pdf, png, json …), or why there is none. The first way that works counts.

    `dot` may hold several texts, parted by a zero byte, and `form` several formats, as in `json+svg`: then the pictures stand one after
    another, that of each text in every format. A text with `layout=nop2` has the places of all that is in it.
    """
    if ways is None and _chosen:
        return _chosen[0](dot.split("\0"), form, seconds)
    try:
        with TemporaryDirectory(prefix="archc-", ignore_cleanup_errors=True) as folder:
            surroundings = environment(Path(folder), foreign=not knows(dot.replace("\0", "")))
            return _render(dot, form, seconds, layouters() if ways is None else ways, surroundings)
    except OSError as error:
        return Failure((f"there is no place for temporary files ({error.strerror})",))


def _render(dot: str, form: str, seconds: float, ways: Sequence[Layouter], surroundings: Mapping[str, str]) -> bytes | Failure:
    reasons: list[str] = []
    for way in ways:
        forms = [form] if way.together else form.split("+")
        command = [*way.command[:-1], *(way.command[-1] + one for one in forms)]
        text = dot.replace("\0", way.separator)
        try:
            done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=seconds, check=False, env=surroundings)
        except subprocess.TimeoutExpired:
            # Another way runs the same algorithm: it would take as long.
            return Failure((*reasons, f"{way.name} did not finish within {seconds:g} s"))
        except OSError as error:
            reasons.append(f"{way.name} could not be started ({error.strerror})")
            continue
        said = done.stderr.decode("utf-8", "replace")
        if form.endswith("png") and SCALED in said:
            return Failure((f"{way.name} would have shrunk the bitmap",), scaled=True)
        if done.returncode == 0 and done.stdout:
            return MADE.sub(b"/CreationDate (D:19700101000000", done.stdout) if form.endswith("pdf") else done.stdout
        if done.returncode == NOT_HERE and "pygraphviz" in said:
            reasons.append(f"{way.name} is not installed")
            continue
        last = next((line for line in reversed(said.splitlines()) if line and "Fontconfig" not in line), "no message")
        reasons.append(f"{way.name} ended with status {done.returncode}: {last.strip()}")
    return Failure(tuple(reasons) or ("there is no Graphviz here",))
