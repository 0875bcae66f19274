"""How long `archc cost` takes, in starts of a bare interpreter, and how its work grows with the depth of a network.

    python benchmarks/cost.py [--rounds 7] [--peers]

Everything is measured in one run, in turns, so that a busy machine slows all legs alike; the table prints medians of the
ratios of each round. `--peers` adds the counters that need PyTorch, on torchvision's module, where they are installed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from statistics import median

BARE = ("-c", "pass")
ARCHC = ("-m", "archc", "cost", "resnet152")
LEGS: dict[str, tuple[str, ...]] = {
    "archc cost resnet152": ARCHC,
    "archc cost resnet152 --by op": (*ARCHC, "--by", "op"),
    "archc check resnet152": ("-m", "archc", "check", "resnet152"),
}
SHIM = "import torch\nfor n in ('nms', 'qnms'):\n  try: torch.library.define('torchvision::' + n, '(Tensor d, Tensor s, float t) -> Tensor')\n  except RuntimeError: pass\n"
"""torchvision can be imported where its compiled operators do not fit the PyTorch at hand; the counters use none of them."""

MODEL = SHIM + "import torchvision; m = torchvision.models.resnet152().eval(); x = torch.zeros(1, 3, 224, 224); "
PEERS: dict[str, tuple[str, ...]] = {
    "torchvision alone, built": ("-c", MODEL),
    "fvcore": ("-c", MODEL + "from fvcore.nn import FlopCountAnalysis as F; F(m, x).total()"),
    "ptflops": ("-c", MODEL + "from ptflops import get_model_complexity_info as F; F(m, (3, 224, 224), print_per_layer_stat=False)"),
    "torchinfo": ("-c", MODEL + "from torchinfo import summary as F; F(m, input_data=x, verbose=0)"),
}
DEPTHS = (1250, 2500, 5000, 10_000)

GROWTH = """
import time
from archc.compiler.analysis.cost import cost
from archc.compiler.graph.graph import Graph
from archc.compiler.elaborate.elaborate import elaborate
from archc.dsl.parser.parse import parse
from archc.base.source import Source
layers = {layers}
text = f"network deep {{{{ input x[16, 32, 32] repeat {{layers // 4}} {{{{ add {{{{ | conv(16, 3) -> bn -> relu\\n | skip }}}} }}}} }}}}"
start = time.perf_counter()
file, _ = parse(Source.of("deep.arch", text))
program, problems = elaborate(file)
assert program is not None, problems
built = time.perf_counter()
for _ in range(3):
    begin = time.perf_counter()
    cost(Graph(program), by="op", batch=8, optimizer="adam")
    end = time.perf_counter()
print(built - start, end - begin)
"""


def seconds(arguments: Sequence[str]) -> float | None:
    """One whole process; None where it fails."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start if done.returncode == 0 else None


def whole_process(legs: dict[str, tuple[str, ...]], rounds: int) -> None:
    ratios: dict[str, list[float]] = {name: [] for name in legs}
    bare_times = []
    for _ in range(rounds):
        bare = median(filter(None, (seconds(BARE) for _ in range(3))))
        bare_times.append(bare)
        for name, arguments in legs.items():
            taken = seconds(arguments)
            if taken is not None:
                ratios[name].append(taken / bare)
    print(f"a bare start: {median(bare_times) * 1000:.1f} ms")
    for name, row in ratios.items():
        print(f"{name:32} " + (f"{median(row):7.1f} bare starts" if row else "fails here"))


def growth() -> None:
    print("\nlayers    parse and elaborate     cost (by op, both peaks)     us a layer")
    for layers in DEPTHS:
        done = subprocess.run([sys.executable, "-c", GROWTH.format(layers=layers)], capture_output=True, text=True, check=True)
        built, costed = map(float, done.stdout.split())
        print(f"{layers:6} {built:18.2f} s {costed:21.2f} s {costed / layers * 1e6:18.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--peers", action="store_true")
    options = parser.parse_args()
    whole_process({**LEGS, **(PEERS if options.peers else {})}, options.rounds)
    growth()


if __name__ == "__main__":
    main()
