"""Weights that lie in several files: which these are, and how they are joined."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from glob import escape, glob

_NUMBERED = re.compile(r"[-_.](\d{1,6})-of-(\d{1,6})(?=\.)")


def shard(path: str) -> str:
    """What is said of a file that is one of several; empty where it is not. Its name tells, or an index that lies beside it."""
    name = os.path.basename(path)
    found = _NUMBERED.search(name)
    number = int(found[2]) if found else 0
    if not found:
        number = max(
            (len(files) for row in glob(escape(os.path.dirname(path) or ".") + "/*.index.json") if name in (files := indexed(row))),
            default=0,
        )
    return f"the file is one of {number} that hold the weights: {joining([name])}" if number > 1 else ""


def indexed(path: str) -> list[str]:
    """The files that an index names, in order; none where the file is no index."""
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (ValueError, OSError):
        return []
    rows = content.get("weight_map") if isinstance(content, dict) else None
    return sorted(set(map(str, rows.values()))) if isinstance(rows, dict) else []


def joining(names: Sequence[str]) -> str:
    """How the files are made one."""
    if all(name.endswith(".safetensors") for name in names):
        load, save = "load_file(name)", 'save_file(state, "all.safetensors")'
        return f"read each and join the dictionaries: `state = {{}}`, `state.update({load})` for each name, `{save}`"
    return 'read each and join the dictionaries: `state = {}`, `state.update(…)` for each name, `torch.save(state, "all.pth")`'
