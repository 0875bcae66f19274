"""Which of 343 models of torchvision and timm have words in the language for all that they do, by name; and the others, with reasons.

    python benchmarks/needs.py

`needs.json` lists what each model does beside what one operation (`direct`) or a few of them (`composed`) say, as a trace at the level of
functions told it; which operations say that; and why none does. This is a count by name; `import.py` tells what an import really makes of
a model.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


def table() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((HERE / "needs.json").read_text(encoding="utf-8"))
    return found


def read() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The operations that say each need, and the needs of each model."""
    rows = table()
    names = [row[0] for row in rows["needs"]]
    models = {model: [names[number] for number in numbers] for numbers, group in rows["models"] for model in group}
    return {"": [*rows["direct"], *rows["composed"]], **{row[0]: row[1] for row in rows["needs"]}}, models


def reasons() -> dict[str, str]:
    """Why the language has no word for a need."""
    return {need: why[0] for need, _, *why in table()["needs"] if why}


def without_words() -> dict[str, list[str]]:
    """The needs of each model for which the language has no word."""
    from archc.compiler.ops import TABLE

    answers, models = read()
    lacking = {need for need, operations in answers.items() if not operations or any(name not in TABLE for name in operations)}
    if "" in lacking:
        return models
    return {model: [need for need in needs if need in lacking] for model, needs in models.items()}


def main() -> None:
    found = without_words()
    told = reasons()
    whom: dict[str, list[str]] = defaultdict(list)
    for model, needs in found.items():
        for need in needs:
            whom[need].append(model)
    print(f"{sum(not needs for needs in found.values())} of {len(found)} models have words for all that they do. Of the others:")
    for need, models in sorted(whom.items(), key=lambda row: -len(row[1])):
        print(f"\n{', '.join(models)}\n  need: {need}\n  why not: {told.get(need, 'not known')}")
    print("\nAn operation of one's own does each of these: docs/own_operations.md.")


if __name__ == "__main__":
    main()
