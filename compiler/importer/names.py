"""Which words name a model rather than a file. It loads nothing heavy: every command asks it."""

from __future__ import annotations

import os

from ..files.locate import SUFFIX, shipped

LIBRARIES = ("torchvision", "timm")


def is_source(word: str) -> bool:
    """Whether a word of the command line names a model: `timm:resnet50`, `package.module:factory`. A file comes first."""
    head, colon, tail = word.rpartition(":")
    if not colon or len(head) < 2 or head.endswith(SUFFIX) or os.path.exists(word):
        return False
    if not all(part.isidentifier() for part in head.split(".")) or not tail.replace(".", "_").replace("-", "_").isidentifier():
        return False
    return head in LIBRARIES or head not in shipped()
