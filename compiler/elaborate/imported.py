"""What a text says it was imported from: its first line does."""

from __future__ import annotations

import re

_HEAD = re.compile(r"\s*## (?P<name>[\w.]+) of (?P<home>[^\s,]+)(?: \S+)?, imported on \d{4}-\d\d-\d\d\.")


def arguments_of_import(text: str, name: str) -> str | None:
    """How the model's own arguments are given, which are no parameters of its text; None where the text is of no factory."""
    found = _HEAD.match(text)
    if found is None:
        return None
    source = f"{found['home']}:{found['name']}"
    return f"a factory's arguments go to its import: `archc import {source} --set {name}=… -o FILE.arch`"
