"""The table of the shipped networks: `python docs/library.py` writes `architectures/README.md` and `architectures/library.json`.

Names of networks behind it say which rows to work out; the others stay as they are.

Parameters and MACs come from the programs, the smallest image from trying; lines are counted without blank lines, comments and
docstrings. Lines of the reference are those of the Python classes and functions that make the network, measured by
`tests/conformance/reference_lines.py`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from archc.compiler import driver
from archc.compiler.files import library
from archc.compiler.graph.program import Program

ROOT = Path(__file__).parent.parent
REFERENCE_LINES = ROOT / "tests" / "facts" / "reference_lines.json"


def program(name: str, size: int | None = None) -> Program | None:
    """The network without side heads, for a square image (or clip) of `size`; None where it refuses that."""
    settings = {"side_heads": False} if _takes(name, "side_heads") else {}
    images = {} if size is None else {key: shape for key, shape in _native(name).items() if len(shape) > 2}
    inputs = {key: (*shape[:-2], size, size) for key, shape in images.items()}
    return driver.check(name, settings=settings, inputs=inputs).program


@cache
def _takes(name: str, parameter: str) -> bool:
    found = driver.check(name).program
    return found is not None and parameter in dict(found.parameters)


def _in_side_heads(name: str) -> int:
    """The parameters of its side heads."""
    found = driver.check(name).program if _takes(name, "side_heads") else None
    nodes = [node for node in found.nodes if node.training_only] if found is not None else []
    return sum(weight.elements for node in nodes for weight in node.weights if weight.trainable)


@cache
def _native(name: str) -> dict[str, tuple[int, ...]]:
    """The shapes that the file states for its inputs."""
    found = program(name)
    assert found is not None
    return {node.path[-1]: node.shape for node in found.nodes if node.operation.name == "input"}


def smallest(name: str) -> int | None:
    """The side of the smallest square image that the network takes, all its images being so; None where what enters first is none.
    One that halves the image some times takes only multiples of a power of 2: such a power is tried first, and then what lies between it
    and the power below."""
    first = next(iter(_native(name).values()))
    if len(first) < 3:
        return None
    taken = first[-1]
    powers = [2**i for i in range(taken.bit_length()) if 2**i < taken]
    taken = next((power for power in powers if program(name, power) is not None), taken)
    refused = max((power for power in powers if power < taken), default=0)
    while taken - refused > 1:
        middle = (refused + taken) // 2
        if program(name, middle) is None:
            refused = middle
        else:
            taken = middle
    return taken


def lines(name: str) -> int:
    """Lines of `.arch` text that make the network: its file and all that it imports, without blank lines and comments."""
    todo, seen = [library.path(name).stem], set()
    total = 0
    while todo:
        file = todo.pop()
        if file in seen:
            continue
        seen.add(file)
        text = library.path(file).read_text(encoding="utf-8").splitlines()
        total += sum(1 for line in text if line.strip() and not line.strip().startswith("#"))
        todo += [library.path(match.group(1)).stem for line in text if (match := re.match(r"from (\w+) import", line))]
    return total


def numbers(name: str, smallest_side: int | None) -> dict[str, object]:
    """The row of `library.json`."""
    found = program(name)
    assert found is not None
    row = json.loads(REFERENCE_LINES.read_text())["lines"].get(name)
    return {
        "parameters": sum(weight.elements for node in found.nodes for weight in node.weights if weight.trainable),
        "side_heads": _in_side_heads(name),
        "macs": sum(node.macs for node in found.nodes),
        "smallest": smallest_side,
        "lines": lines(name),
        "reference": row[0] if row else "",
        "reference_lines": row[1] if row else None,
    }


def table() -> str:
    """The text of `architectures/README.md`, from `library.json` and the files' own words."""
    text = [
        "# The shipped architectures",
        "",
        "`archc list` prints this table, `archc list --task segmentation --paper chen --max-parameters 50M` a part of it. Every file opens",
        "with what the network is, its paper, where its numbers come from, and what differs from the paper. A name that has no file of its own",
        "is a line in the file of its family (`network efficientnet_b3 = efficientnet(…)`), and is used as any other. Side heads,",
        "which serve training alone, are not counted. *Smallest* is the side of the smallest square image that the network takes; where",
        "it is near the usual size, the network takes no other; where there is none, it takes no image. *Lines* are those of the `.arch`",
        "file and of all that it imports, against those of the Python classes and functions of the reference, both without blank lines,",
        "comments and docstrings.",
        "",
        "Written by `python docs/library.py`; tests compute every number again.",
    ]
    entries = library.entries()
    for task in [task for task in library.TASKS if any(entry.task == task for entry in entries)]:
        text += ["", f"## {task.capitalize()}", "", *_rows([entry for entry in entries if entry.task == task])]
    families = ", ".join(f"[{name}]({name}.arch)" for name in library.FAMILIES)
    text += ["", f"The families and units that these are made of: {families}."]
    return "\n".join(text) + "\n"


def _rows(entries: list[library.Entry]) -> list[str]:
    text = [
        "| network | paper | parameters | MACs | smallest | lines | reference |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for entry in entries:
        side = "" if entry.smallest is None else entry.smallest
        reference = f"{entry.reference_lines} ({entry.reference})" if entry.reference_lines is not None else ""
        text.append(
            f"| [{entry.name}]({entry.file}.arch) | {entry.paper.rstrip('.')} | {entry.parameters:,} | {entry.macs:,} | {side} | {entry.lines} | {reference} |"
        )
    return text


def main(names: Sequence[str]) -> None:
    target = library.FOLDER / "library.json"
    rows = json.loads(target.read_text(encoding="utf-8"))
    rows |= {name: numbers(name, smallest(name)) for name in names or library.networks()}
    body = ",\n".join(f"{json.dumps(name)}: {json.dumps(rows[name])}" for name in library.networks() if name in rows)
    target.write_text("{\n" + body + "\n}\n", encoding="utf-8")
    (library.FOLDER / "README.md").write_text(table(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
