"""What `archc import` makes of the models of torchvision and timm: lines, seconds, and what could not be said.

    python benchmarks/import.py --sample 50        # so many models at random, of both libraries
    python benchmarks/import.py                    # all of them
    python benchmarks/import.py timm:resnet50 …    # these

Each model is imported in a process of its own. What is done is noted in a journal (`build/import.jsonl`); a run that was cut off goes on
from there, and `--table` writes `benchmarks/IMPORTS.md` from it: rows of models that the journal lacks stay as they stand there. `--again RESULT`
tries anew what ended so (`refused`, `failed`, …).
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # the archc that this stands in, whichever is installed
JOURNAL = HERE.parent / "build" / "import.jsonl"
TABLE = HERE / "IMPORTS.md"
PAGE = HERE.parent / "docs" / "imported.md"
Row = dict[str, object]


def every_model() -> list[str]:
    """All models of the two libraries."""
    from archc.compiler.importer.factories import declare_operators

    declare_operators()
    import timm
    import torchvision

    return [f"torchvision:{name}" for name in torchvision.models.list_models()] + [f"timm:{name}" for name in timm.list_models()]


def parameters_of(source: str) -> int:
    """Of a model that takes no memory yet."""
    import torch

    from archc.compiler.importer.sources import model_of

    with torch.device("meta"):
        return sum(parameter.numel() for parameter in model_of(source).module.parameters())


def tried(source: str, most: float) -> Row:
    """One model, in this process."""
    import torch

    from archc import ArchError
    from archc.compiler.importer.importing import flat_text, import_model
    from archc.compiler.importer.runs import Runs
    from archc.compiler.importer.sources import model_of

    torch.set_num_threads(1)
    row: Row = {"model": source}
    try:
        row["parameters"] = parameters_of(source)
        if row["parameters"] > most * 1e6:  # type: ignore[operator]
            return row | {"result": "too large"}
    except Exception:
        row["parameters"] = None  # some cannot be made without numbers
    begin = time.process_time()
    try:
        model = model_of(source)
        row["parameters"] = sum(parameter.numel() for parameter in model.module.parameters())
        made = import_model(model, source=source)
        row["seconds"] = round(time.process_time() - begin, 1)
        row |= {"lines": made.text.count("\n"), "result": "flat" if made.is_flat else "equal", "told": "; ".join(made.notes)}
        row["flat"] = flat_text(Runs(model, source).flat, model).count("\n")
    except ArchError as error:
        (said, *_) = error.diagnostics
        row["seconds"] = round(time.process_time() - begin, 1)
        row |= {"result": {"F653": "refused", "F652": "does not run"}.get(said.code, "failed"), "told": f"{said.code}: {said.message}"}
        row["missing"] = [note.partition(": ")[0] for note in said.notes]
    row["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return row


def in_a_process(source: str, options: argparse.Namespace) -> Row:
    command = [sys.executable, __file__, "--one", source, "--most", str(options.most)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=options.timeout, check=False)
    except subprocess.TimeoutExpired:
        return {"model": source, "result": "took too long", "seconds": options.timeout}
    try:
        return dict(json.loads(done.stdout.splitlines()[-1]))
    except (IndexError, ValueError):
        told = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        return {"model": source, "result": "crashed", "told": told[:300]}


def noted(journal: Path) -> dict[str, Row]:
    if not journal.exists():
        return {}
    rows = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    return {row["model"]: row for row in rows}


def table(rows: Iterable[Row]) -> str:
    """The page: a summary, and a line a model."""
    found = sorted((row for row in rows if row["result"] != "too large"), key=lambda row: str(row["model"]))
    results = Counter(str(row["result"]) for row in found)
    done = [row for row in found if row["result"] in ("equal", "flat")]
    small = [int(str(row["lines"])) for row in done]
    parts = [int(str(row["lines"])) / int(str(row["flat"])) for row in done if row.get("flat")]
    causes = Counter(cause for row in found for cause in dict.fromkeys(_missing(row)))
    lines = [
        "# Imports, tried",
        "",
        f"`python benchmarks/import.py`, {datetime.date.today().isoformat()}, {platform.machine()}, {os.cpu_count()} cores (one used; seconds are the process's own), "
        f"PyTorch {_version('torch')}, torchvision {_version('torchvision')}, timm {_version('timm')}. Every text was compared with its model: keys, "
        "shapes, and outputs with the same random weights.",
        "",
        f"{len(found)} models: " + ", ".join(f"{count} {result}" for result, count in results.most_common()) + ".",
    ]
    if done:
        lines.append(
            f"In the median {statistics.median(small):.0f} lines, {statistics.median(parts):.2f} of the flat text, "
            f"{statistics.median(float(str(row['seconds'])) for row in done):.1f} s, {statistics.median(int(str(row['memory'])) for row in done):.0f} MB."
        )
    if causes:
        lines += ["", "What was missing most: " + "; ".join(f"{cause} ({count} models)" for cause, count in causes.most_common(8)) + "."]
    lines += ["", "| model | parameters | flat | lines | seconds | MB | result |", "| --- | ---: | ---: | ---: | ---: | ---: | --- |"]
    for row in found:
        size = f"{int(str(row['parameters'])) / 1e6:,.1f} M" if row.get("parameters") else ""
        told = f"{row['result']}" + (f": {str(row['told'])[:110].rstrip()}".replace("|", "/") if row.get("told") else "")
        cells = [row["model"], size, *(row.get(key, "") for key in ("flat", "lines", "seconds", "memory")), told]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def rows_of(page: str) -> list[Row]:
    """The rows of a page that was written before."""
    found = list[Row]()
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")] if line.startswith("| ") else []
        if len(cells) != 7 or ":" not in cells[0]:
            continue
        name, size, flat, lines, seconds, memory, result = cells
        kind, _, told = result.partition(": ")
        row: Row = {"model": name, "result": kind, "told": told}
        row["parameters"] = round(float(size.removesuffix(" M").replace(",", "")) * 1e6) if size else None
        numbers = {"flat": flat, "lines": lines, "seconds": seconds, "memory": memory}
        found.append(row | {key: float(cell) if "." in cell else int(cell) for key, cell in numbers.items() if cell})
    return found


def _missing(row: Row) -> Sequence[str]:
    """What a refusal lacked; of a row of the page, the first thing."""
    if "missing" in row:
        return _list(row["missing"])
    (*_, cause) = str(row.get("told") or "").partition(" of the model's operations: ")
    return [cause.removesuffix(", …")] if cause else []


READ = {
    "torchvision:resnet50": "resnet.py",
    "torchvision:resnext50_32x4d": "resnet.py",
    "torchvision:densenet121": "densenet.py",
    "torchvision:googlenet": "googlenet.py",
    "torchvision:inception_v3": "inception.py",
    "torchvision:mobilenet_v3_large": "mobilenetv3.py",
    "torchvision:convnext_tiny": "convnext.py",
    "torchvision:efficientnet_b0": "efficientnet.py",
    "torchvision:swin_t": "swin_transformer.py",
    "timm:hrnet_w18": "hrnet.py",
}
"""The ten that are read beside their source, and the file of that in its library."""


def page() -> str:
    """The texts of ten imports, to be read beside the sources."""
    from archc.compiler.importer.importing import import_model
    from archc.compiler.importer.sources import model_of

    lines = [
        "# Ten imports",
        "",
        "What `archc import` writes, unchanged (`python benchmarks/import.py --page`), each with the file of the library's source to read beside it.",
        "",
        "| model | source | lines here |",
        "| --- | --- | ---: |",
    ]
    texts = []
    for source, file in READ.items():
        library, _, name = source.partition(":")
        made = import_model(model_of(source), source=source)
        lines.append(f"| [{name}](#{name}) | `{library}/models/{file}` | {made.text.count(chr(10))} |")
        texts += ["", f"## {name}", "", "```arch", made.text.rstrip(), "```"]
    return "\n".join([*lines, *texts]) + "\n"


def _list(value: object) -> Sequence[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _version(package: str) -> str:
    from importlib.metadata import version

    return version(package).partition("+")[0]


def chosen(options: argparse.Namespace, known: Mapping[str, Row]) -> list[str]:
    if options.again:
        return [name for name, row in known.items() if row["result"] in options.again]
    names = options.models or every_model()
    if options.sample:
        names = random.Random(options.seed).sample(names, min(options.sample, len(names)))
    return [name for name in names if name not in known]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--sample", type=int, help="so many, at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=float, default=60, help="millions of parameters; larger models are left out")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one model")
    parser.add_argument("--journal", type=Path, default=JOURNAL)
    parser.add_argument("--again", action="append", metavar="RESULT")
    parser.add_argument("--table", action="store_true", help="write the table alone")
    parser.add_argument("--page", action="store_true", help="write docs/imported.md: ten texts")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(tried(options.one, options.most)))
        return
    if options.page:
        PAGE.write_text(page(), encoding="utf-8")
        return
    known = noted(options.journal)
    options.journal.parent.mkdir(parents=True, exist_ok=True)
    for name in [] if options.table else chosen(options, known):
        row = known[name] = in_a_process(name, options)
        with options.journal.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(row) + "\n")
        print(f"{name}: {row['result']} {row.get('lines', '')} {row.get('told', '')}"[:160], flush=True)
    before = {str(row["model"]): row for row in rows_of(TABLE.read_text(encoding="utf-8"))} if TABLE.exists() else {}
    TABLE.write_text(table((before | known).values()), encoding="utf-8")


if __name__ == "__main__":
    main()
