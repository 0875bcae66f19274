"""The shipped networks there and back: built as a `.py` module and as a `.pt2` program, each imported, and what is read compared with what was built.

    python benchmarks/roundtrip.py                  # all that are not too large
    python benchmarks/roundtrip.py resnet50 dla34   # these
    python benchmarks/roundtrip.py --again          # anew, all that was not equal

A network is equal where `archc diff` finds no step that differs and the keys stand in the same order. Steps without weights may have other
names (a module keeps none for them); how many have is told. A program of inference has no side heads: there it is compared without them. Each runs in a process of its own and is noted in a journal (`build/roundtrip.jsonl`); a run that
was cut off goes on from there, and `--summary` tells what it holds.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archc.compiler.graph.graph import Graph

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # the archc that this stands in, whichever is installed
JOURNAL = HERE.parent / "build" / "roundtrip.jsonl"
WAYS = ("py", "pt2")
Row = dict[str, object]


def graph_of(name: str, most_macs: float) -> Graph:
    """The network on its own input, or on a smaller image where that would take long."""
    from archc import ArchError
    from archc.compiler.analysis.cost import total, works_of
    from archc.compiler.driver import compile

    found = compile(name).graph
    entries = found.inputs
    shape = entries[0].shape
    for part in (2, 4, 8):
        if total(works_of(found)).macs <= most_macs or len(entries) != 1 or len(shape) < 3:
            break
        sides = (max(32, side // part // 32 * 32) for side in shape[1:])
        try:
            found = compile(name, inputs={entries[0].unique: (shape[0], *sides)}).graph
        except ArchError:
            break
    return found


def lines_of(name: str) -> int:
    """Lines of a shipped file and of those that it imports."""
    from archc.compiler.driver import check_all
    from archc.compiler.files.locate import Imports, find

    imports = Imports()
    check_all(name, imports=imports)
    files = {find(name).path, *imports.paths.values()}
    return sum(Path(file).read_text(encoding="utf-8").count("\n") for file in files)


def again(graph: Graph, way: str, folder: Path) -> tuple[str, bool]:
    """The text that is imported from what the graph is built as, and whether it is flat."""
    from archc.compiler.codegen.pytorch import Mode, class_name, to_python
    from archc.compiler.emit.torch_export import export, save
    from archc.compiler.importer.files import named
    from archc.compiler.importer.importing import import_model
    from archc.compiler.runtime.live_module import build

    if way == "py":
        path = folder / f"{graph.program.name}_module.py"
        path.write_text(to_python(graph), encoding="utf-8")
        shapes = {node.unique: node.shape for node in graph.inputs}
        model = named(f"{path}:{class_name(graph)}", shapes=shapes)
    else:
        path = folder / f"{graph.program.name}.pt2"
        save(export(build(graph, Mode.INFERENCE), graph), str(path), graph)
        model = named(str(path))
    made = import_model(model, name=graph.program.name)
    return made.text, made.is_flat


def compared(graph: Graph, text: str, way: str) -> Row:
    """The steps that differ, and whether the keys stand in the same order."""
    import torch

    from archc.base.source import Source
    from archc.compiler.analysis.diff import _line, diff
    from archc.compiler.codegen.pytorch import Mode
    from archc.compiler.driver import compile_source
    from archc.compiler.runtime.live_module import build

    second = compile_source(Source.of("again.arch", text)).graph
    is_program = way == "pt2"  # of inference, which has no side heads
    changes = [row for row in diff(graph, second).changes if not (is_program and row.before is not None and row.before.training_only)]
    with torch.device("meta"):
        keys = [list(build(each, Mode.INFERENCE if is_program else Mode.TRAIN).state_dict()) for each in (graph, second)]
    renamed = sum(row.kind == "renamed" for row in changes)
    changes.sort(key=lambda row: row.kind == "renamed")
    return {
        "changes": [_line(row)[:200] for row in changes][:20],
        "differ": len(changes) - renamed,
        "renamed": renamed,
        "keys": keys[0] == keys[1],
    }


def tried(name: str, way: str, most_macs: float) -> Row:
    """One network, in this process."""
    import torch

    from archc import ArchError

    torch.set_num_threads(1)
    graph = graph_of(name, most_macs)
    row: Row = {"network": name, "way": way, "shipped": lines_of(name)}
    begin = time.process_time()
    try:
        with tempfile.TemporaryDirectory() as folder:
            text, is_flat = again(graph, way, Path(folder))
        row |= {"lines": text.count("\n"), "flat": is_flat, "text": text}
        row |= compared(graph, text, way)
        row["result"] = "flat" if is_flat else "differs" if row["differ"] else "keys" if not row["keys"] else "equal"
    except ArchError as error:
        (said, *_) = error.diagnostics
        row |= {"result": "refused", "told": f"{said.code}: {said.message}", "notes": list(said.notes)}
    row |= {"seconds": round(time.process_time() - begin, 1), "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}
    return row


def in_a_process(name: str, way: str, options: argparse.Namespace) -> Row:
    def limit() -> None:
        most = int(options.memory * 2**30)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))

    command = [sys.executable, __file__, "--one", way, "--macs", str(options.macs), name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=options.timeout, check=False, preexec_fn=limit)
    except subprocess.TimeoutExpired:
        return {"network": name, "way": way, "result": "took too long"}
    try:
        return dict(json.loads(done.stdout.splitlines()[-1]))
    except (IndexError, ValueError):
        told = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        return {"network": name, "way": way, "result": "crashed", "told": told[:300]}


def noted(journal: Path) -> dict[tuple[str, str], Row]:
    if not journal.exists():
        return {}
    rows = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
    return {(row["network"], row["way"]): row for row in rows}


def every_network(most_parameters: float) -> Iterator[str]:
    from archc.compiler.files.library import entries

    return (row.name for row in entries() if row.parameters <= most_parameters)


def summary(rows: Sequence[Row]) -> str:
    lines = []
    for way in WAYS:
        own = [row for row in rows if row["way"] == way]
        by: dict[str, list[Row]] = {}
        for row in own:
            by.setdefault(str(row["result"]), []).append(row)
        ratios = sorted((int(str(row["lines"])) / int(str(row["shipped"])), str(row["network"])) for row in own if row.get("lines"))
        lines.append(f"{way}: {len(own)} networks: " + ", ".join(f"{len(found)} {result}" for result, found in by.items()))
        if renamed := {str(row["network"]): row["renamed"] for row in own if row.get("renamed")}:
            lines.append("  steps without weights with other names: " + ", ".join(f"{name} {count}" for name, count in renamed.items()))
        if ratios:
            lines.append(f"  lines to the shipped file's: median {statistics.median(row[0] for row in ratios):.2f}")
            lines.append("  longest: " + ", ".join(f"{name} {ratio:.2f}" for ratio, name in ratios[::-1] if ratio > 1.2))
        for result, found in by.items():
            if result != "equal":
                for row in found:
                    why = row.get("told") or f"{row.get('differ')} steps: {' | '.join(map(str, row.get('changes', ())))}"  # type: ignore[call-overload]
                    lines.append(f"  {result}: {row['network']}: {str(why)[:220]}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--most", type=float, default=150, help="millions of parameters; larger networks are left out")
    parser.add_argument("--macs", type=float, default=6e9, help="an image is made smaller until one takes no more")
    parser.add_argument("--timeout", type=float, default=300, help="seconds for one network")
    parser.add_argument("--memory", type=float, default=3, help="GiB for one network")
    parser.add_argument("--journal", type=Path, default=JOURNAL)
    parser.add_argument("--way", choices=WAYS, action="append", help="this way alone")
    parser.add_argument("--again", action="store_true", help="anew, all that was not equal")
    parser.add_argument("--summary", action="store_true", help="tell what is noted")
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(tried(options.networks[0], options.one, options.macs)))
        return
    known = noted(options.journal)
    if options.again:
        cases = [key for key, row in known.items() if row["result"] != "equal" and (not options.networks or key[0] in options.networks)]
    else:
        names = options.networks or ([] if options.summary else list(every_network(options.most * 1e6)))
        cases = [(name, way) for name in names for way in options.way or WAYS if (name, way) not in known]
    options.journal.parent.mkdir(parents=True, exist_ok=True)
    for name, way in [] if options.summary else cases:
        row = known[name, way] = in_a_process(name, way, options)
        with options.journal.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(row) + "\n")
        print(f"{name} {way}: {row['result']} {row.get('lines', '')}/{row.get('shipped', '')} {row.get('told', '')}"[:160], flush=True)
    print(summary(list(known.values())))


if __name__ == "__main__":
    main()
