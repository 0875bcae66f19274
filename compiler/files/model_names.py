"""Which words name a model rather than a file. It loads nothing heavy: every command asks it."""

from __future__ import annotations

import os

from .locate import MODELS, SUFFIX, known_names

LIBRARIES = ("torchvision", "timm")

PYTHON = ".py"

NOTE = "## Note: "
"""How a line of an imported text's head begins that says in what it is another than the model."""


def is_file(word: str) -> bool:
    """Whether a word names a file with a model in it, or a folder with one that archc built."""
    if word.lower().endswith(MODELS):
        return True
    return os.path.isdir(word) and word not in known_names() and bool(documents(word))


def documents(folder: str) -> list[str]:
    """The JSON that archc built into a folder: that of other tools (`package.json`) is no model."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
        return [name for name in names if _is_document(os.path.join(folder, name))]
    except OSError:
        return []


def _is_document(path: str) -> bool:
    """Whether a file begins as archc begins a network's JSON, with its version and the name."""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        begin = file.read(1000).translate(None, b" \t\r\n")
    return begin.startswith(b'{"version":') and b'"network":' in begin


def of_one_network(word: str) -> str | None:
    """The file, where a word asks for a part of one that holds one network (`model.pt2:other`)."""
    head, colon, _ = word.rpartition(":")
    return head if colon and head.lower().endswith(MODELS) else None


def is_code(word: str) -> bool:
    """Whether a word names code of somebody's own that makes a model, which says no size by itself."""
    return is_source(word) and not is_file(word) and of_one_network(word) is None and word.partition(":")[0] not in LIBRARIES


def _is_drive(head: str) -> bool:
    """Whether what stands before a colon is a letter of a drive, and no module in the folder at hand."""
    return len(head) < 2 and not os.path.isfile(f"{head}{PYTHON}") and not os.path.isfile(os.path.join(head, f"__init__{PYTHON}"))


def is_source(word: str) -> bool:
    """Whether a word of the command line names a model: `timm:resnet50`, `package.module:factory`, `my_net.py:Net`, `model.pt2`. A text comes first."""
    if is_file(word) or of_one_network(word) is not None:
        return True
    head, colon, tail = word.rpartition(":")
    if not colon or _is_drive(head) or head.endswith(SUFFIX) or os.path.exists(word):
        return False
    if head.endswith(PYTHON):
        return tail.replace(".", "_").isidentifier()
    if not all(part.isidentifier() for part in head.split(".")) or not tail.replace(".", "_").replace("-", "_").isidentifier():
        return False
    return head in LIBRARIES or head not in known_names()
