"""How long an editor waits: from an edit to what is wrong, to hover, completion and hints, and to the picture, in a process that is warm.

`python benchmarks/editor.py [edits]` prints medians and 95th percentiles in milliseconds; `--write` puts them into docs/editors.md, too. The machine must
be at rest.
The first edits are those of a file that was just opened: they load what they need, and are not counted.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import re
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from archc.compiler.draw import Options
from archc.compiler.draw.inline import svg
from archc.editor.describe import hover
from archc.editor.hints import hints
from archc.editor.offers import offers
from archc.editor.pauses import Pauses
from archc.editor.service import Service

NETWORKS = ("resnext50", "inception_v4")
LIBRARY = Path(__file__).parents[1] / "architectures"
PAGE = Path(__file__).parents[1] / "docs" / "editors.md"
MARKS = "<!-- benchmarks/editor.py --write -->", "<!-- end -->"
LARGE = """\
network large(width = 16) {
  input image[3, 32, 32]
  conv(width, 1)
  repeat 2500 { conv(width, 3) -> relu -> conv(width, 1) -> relu }
}
"""
"""10,000 operations: an answer within a second. That none of it keeps anybody from typing is in tests/lsp/test_while_typing.py."""
PARTS = ("diagnostics", "hover", "completion", "hints", "picture")


def edited(text: str, chance: random.Random) -> str:
    """A number changed, a character lost, or a comment: what one keystroke does."""
    kind = chance.randrange(3)
    if kind == 0:
        found = chance.choice(list(re.finditer(r"\d+", text)))
        return text[: found.start()] + str(max(1, int(found[0]) + chance.choice((-1, 1)))) + text[found.end() :]
    place = chance.randrange(len(text))
    return text[:place] + text[place + 1 :] if kind == 1 else text + f"# {place}\n"


def measured(name: str, edits: int, text: str = "") -> dict[str, list[float]]:
    """Milliseconds of each part, of each edit; the picture only where the text is sound."""
    path = str(LIBRARY / f"{name}.arch")
    text = text or Path(path).read_text(encoding="utf-8")
    chance, service = random.Random(1), Service()
    times: dict[str, list[float]] = {part: [] for part in PARTS}
    pauses: Pauses | None = None

    def timed(part: str, work: Callable[[], object]) -> None:
        begin = perf_counter()
        work()
        times[part].append(1000 * (perf_counter() - begin))

    for number in range(edits + 5):
        now = edited(text, chance)
        service.open(path, now)
        if number == 5:
            times, pauses = {part: [] for part in PARTS}, Pauses()
        timed("diagnostics", lambda: service.diagnostics(path))
        place = chance.randrange(len(now))
        timed("hover", lambda place=place: hover(service, path, place))  # type: ignore[misc]
        timed("completion", lambda place=place: offers(service, path, place))  # type: ignore[misc]
        index, answer = service.index(path), service.answer(path)
        assert index is not None
        timed("hints", lambda index=index, answer=answer: hints(answer, index))  # type: ignore[misc]
        graph = answer.graph
        if graph is not None:
            timed("picture", lambda graph=graph: svg(graph, Options()))  # type: ignore[misc]
        if pauses is not None:
            pauses.answered()  # as the server does; a person's pauses are not waited for here
    if pauses is not None:
        pauses.end()
    return times


def table(rows: dict[str, dict[str, list[float]]]) -> str:
    """The 95th percentiles, with the medians in brackets."""
    lines = [f"| network | {' | '.join(PARTS)} |", f"| --- |{' ---: |' * len(PARTS)}"]
    for name, times in rows.items():
        cells = [f"{at(times[part], 0.95):.1f} ({at(times[part], 0.5):.1f})" if times[part] else "" for part in PARTS]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def at(times: list[float], share: float) -> float:
    return sorted(times)[int(share * (len(times) - 1))]


def main() -> None:
    asked = argparse.ArgumentParser(description="Milliseconds from an edit to each answer, in a process that is warm.")
    asked.add_argument("edits", nargs="?", type=int, default=100, help="how many edits of each network are timed (100)")
    asked.add_argument("--write", action="store_true", help="write the table into docs/editors.md")
    options = asked.parse_args()
    rows = {name: measured(name, options.edits) for name in NETWORKS}
    rows["10,000 operations"] = measured("large", options.edits, LARGE)
    made = table(rows)
    told = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}, Python {platform.python_version()}; {options.edits} edits of each"
    print(f"{made}\n\n{told}")
    if options.write:
        text = PAGE.read_text(encoding="utf-8")
        before, rest = text.split(MARKS[0])
        PAGE.write_text(f"{before}{MARKS[0]}\n{made}\n\n{told}.\n{MARKS[1]}{rest.split(MARKS[1], 1)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
