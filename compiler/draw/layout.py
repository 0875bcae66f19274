"""DOT to a picture, by Graphviz in another process with a time limit: it may hang or die and the build goes on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ...dsl.records import dataclass

SECONDS = 60.0
NOT_HERE = 3  # what worker.py returns where the wheel is not installed
SCALED = "too large for cairo-renderer bitmaps"  # what Graphviz says when it shrinks a bitmap to what cairo can hold


@dataclass(frozen=True, slots=True)
class Layouter:
    """One way to run Graphviz. `command` ends where the format is to be added; `separator` parts several texts."""

    name: str
    command: tuple[str, ...]
    separator: str = "\n"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no picture: one sentence an attempt."""

    reasons: tuple[str, ...]
    scaled: bool = False


def layouters() -> tuple[Layouter, ...]:
    """The `dot` program where there is one, then the wheel that carries Graphviz."""
    found: list[Layouter] = []
    program = shutil.which("dot")
    if program:
        found.append(Layouter("the program `dot`", (program, "-T")))
    if sys.executable:
        worker = str(Path(__file__).with_name("worker.py"))
        found.append(Layouter("the package `pygraphviz`", (sys.executable, "-I", worker, ""), "\0"))
    return tuple(found)


def render(
    dot: str, form: str, seconds: float = SECONDS, ways: Sequence[Layouter] | None = None
) -> bytes | Failure:
    """The picture in the format `form` (svg, pdf, png, json …), or why there is none. The first way that works counts.

    `dot` may hold several texts, parted by a zero byte, which gives several pictures one after another.
    """
    reasons: list[str] = []
    for way in layouters() if ways is None else ways:
        command = [*way.command[:-1], way.command[-1] + form]
        text = dot.replace("\0", way.separator)
        try:
            done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            # Another way runs the same algorithm: it would take as long.
            return Failure((*reasons, f"{way.name} did not finish within {seconds:g} s"))
        except OSError as error:
            reasons.append(f"{way.name} could not be started ({error.strerror})")
            continue
        said = done.stderr.decode("utf-8", "replace")
        if form == "png" and SCALED in said:
            return Failure((f"{way.name} would have shrunk the bitmap",), scaled=True)
        if done.returncode == 0 and done.stdout:
            return done.stdout
        if done.returncode == NOT_HERE and "pygraphviz" in said:
            reasons.append(f"{way.name} is not installed")
            continue
        last = next((line for line in reversed(said.splitlines()) if line and "Fontconfig" not in line), "no message")
        reasons.append(f"{way.name} ended with status {done.returncode}: {last.strip()}")
    return Failure(tuple(reasons) or ("there is no Graphviz here",))
