"""Which of 343 models of torchvision and timm have words in the language for all that they do, by name.

    python benchmarks/needs.py

`needs.json` lists what each model does beside what one operation says directly (as a trace at the level of functions told it), and which
operations say that. This is a count by name; `import.py` tells what an import really makes of a model.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent


def read() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The operations that say each need, and the needs of each model."""
    table = json.loads((HERE / "needs.json").read_text(encoding="utf-8"))
    names = [name for name, _ in table["needs"]]
    models = {model: [names[number] for number in numbers] for numbers, group in table["models"] for model in group}
    return {"": table["direct"], **dict(table["needs"])}, models


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
    causes = Counter(need for needs in found.values() for need in needs)
    print(f"{sum(not needs for needs in found.values())} of {len(found)} models have words for all that they do.")
    for need, count in causes.most_common():
        print(f"{count:4}  {need}")


if __name__ == "__main__":
    main()
