"""Writes `docs/costs.md`: every table on it is what the command above it prints.

    python docs/costs.py              # runs the commands again
    python docs/costs.py --measure    # first measures memory again (needs PyTorch, a few minutes), into docs/memory.json

`tests/docs/test_costs.py` holds the page fresh, `tests/analysis/test_memory.py` the measurements.
"""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

from click.testing import CliRunner

from archc.cli import group
from archc.compiler.analysis.memory import inference_profile, training_profile
from archc.compiler.driver import compile

DOCS = Path(__file__).parent
MEASURED = DOCS / "memory.json"
MIB = 2**20

PAGE = """\
# What a network costs

`archc cost` works everything out from the graph: no weights are made and PyTorch is not loaded. This page says how it
counts, why other counters say something else, and how good its figures of memory are. `python docs/costs.py` wrote it: each
listing is what its command prints.

## The table

$ archc cost resnet50

`--by block` and `--by op` show more, `--by stage` is the default. `--table kinds` tells where the work is:

$ archc cost resnext50 --table kinds

`--format json` has the same figures for scripts, `csv` for spreadsheets, `markdown` for pages.

## How it counts

**Parameters** are trainable and counted once: a step that uses another's weights again (`reuse`) adds none. Heads that only
training has (GoogLeNet's, Inception v3's) are told apart and are in no total. **Buffers** are counted in elements; a batch norm
of C channels has 2 C + 1: a mean and a variance for each channel, and a counter.

**MACs** are the multiply-accumulates of convolutions, linear layers and attention's products, of one image. Zeros of the padding
count like any number, a bias does not count. This is half of what PyTorch's own `FlopCounterMode` reports, to the unit, for every
network that comes with archc (a test runs both).

**FLOPs** are two a MAC, and:

| operation | FLOPs |
| --- | --- |
| a bias | 1 an output element |
| batch norm | 2 an element: once the statistics are known it is a factor and an addend |
| layer, group and instance norm | 7 an element: they measure mean and variance too |
| local response norm over n channels | n + 3 an element |
| activations | 1 an element; softmax 5 |
| pools | the window for each output; adaptive and global ones 1 an input element |
| `add`, `mul`, `sub`, `maximum` of n paths | n - 1 an output element; `mean` n |
| `scale`, `layer_scale`, position embeddings | 1 an element |
| interpolation, `grid_sample` | the neighbours that it weighs, for each output; nearest 0 |
| `affine_grid` | 6 an output, 8 of a volume: its row of the map times the place |
| `correlation` | 2 a channel, for each output |
| everything that only moves data, and dropout | 0 |

**Activations** are the elements that operations write, of one image. Views (`flatten`) and dropout write none in evaluation. The
JSON document also has `layer_activations`, the outputs of convolutions and linear layers alone, which the literature on
design spaces calls activations.

**Bytes.** `--dtype` sets the size of a number; a batch norm's counter stays an int64. FLOPs a byte (arithmetic intensity) divides the
FLOPs of the batch by what operations read and write: each input, each weight and the output once.

## Why counters disagree

$ archc cost resnet50 --convention all

Nearly all of it is one question: is a multiply-accumulate one operation or two? What is left is below 2 %: who counts the bias, what a
batch norm is worth, and whether a ReLU is counted as a module, as a function, or as both. `--convention NAME` closes the sum for one
counter:

$ archc cost resnet50 --convention ptflops

$ archc cost resnet50 --convention fvcore

$ archc cost resnet50 --convention torchinfo

The figures are those of a network whose operations are all modules (`nn.ReLU`, not `F.relu`): counters that hook modules see no
functions. Tests run fvcore, ptflops, torchinfo, thop and FlopCounterMode where they are installed and compare to the unit; for
torchvision's and timm's modules the figures are those that were measured on them.

## The lecture's table

A lecture on architectures counts for a batch of 128: activations twice (value and gradient), parameters three times, K * K for each
output of a pool. An inception module is one row.

$ archc cost alexnet --table lecture

[lecture.md](lecture.md) recomputes that lecture's claims.

## Memory

$ archc cost resnet50 --batch 8 --optimizer adam --memory

`-o memory.svg` draws the same as a picture with a bar for each step.

**Inference** is followed step by step in the order that the generated module runs. At each step are alive: the input, which the caller keeps;
what Python still holds, in variables of each `forward` that has not returned; the step's output and what it makes on the way (a max
pool's indices, the steps of a local response norm). How each tensor lies is followed too: a `reshape` of what lies in another order
makes a copy. Weights stand apart. An activation that works in place makes nothing new: the
code generator and this analysis ask one function where that is allowed.

**Training** counts all there is in a step after the first: weights, buffers, input, the optimiser's state; on the way forward what
autograd keeps for each operation, each storage once however many operations keep it; on the way back the gradients of tensors, which come
and go, and those of weights, which stay; at last the optimiser's own tensors (`sgd` none, `momentum` one copy of the weights as state,
`adam` and `adamw` two copies and two more tensors the size of the largest weight). The loss keeps nothing; its gradient is counted.

**`lstm` and `gru`** are followed as PyTorch runs them on a CPU, for float32 on x86. There `lstm` is a call of oneDNN for each direction of each
layer, and while training each call hands on a workspace to its backward pass: of the gates, and of states and their gradients, with rows of whole
lines of the cache and arrays of whole pages. It is counted, and is most of what a small `lstm` keeps: that of `lstm(64)` on [40, 32] has 328 KiB
at a batch of 2, the answer 20. On a GPU, and on a CPU without oneDNN, `lstm` keeps something else. `gru` is composed of smaller operations, and
what these keep is counted.

Not counted: what a library takes inside one operation and lets go of (a convolution's workspace), what an allocator keeps in reserve, and Python itself.

Measured against a `TorchDispatchMode` that books each storage of the generated module once, float32, in MiB (inception_v3 trains with 2
images in place of 1, as its side head cannot be trained with one):

{memory}

On torchvision's resnet50 with batch 8 the same tracker measures 84.22 for inference (its code holds one tensor less than the generated code),
898.74 for training with momentum and 996.23 with Adam. torchinfo's estimate for that step is 1,458.8; the lecture's rule gives 1,080.7.

## Receptive fields

$ archc cost vgg11 --table receptive

Behind a strided 1x1 convolution the table says what share of its input is never read: ResNet's shortcut reads one position in four, which is what
ResNet-D's average pool mends. A *bottleneck* is a tensor through which all paths pass and which holds less than those before and after it.

## Time, estimated

$ archc cost resnet50 --device t4 --dtype float16 --batch 32 --by stage

The roofline is an estimate from below. `--device-spec FILE` takes a device of your own: `{{"name": "mine", "flops": {{"float32": 1e13}}, "bandwidth": 5e11}}`.
`--device this` foresees the time on the machine at hand, as `archc calibrate` measured it: [foreseen](foreseen.md).

## Budgets

A file may state what its network may cost; every compile checks it:

```arch
network small(width = 32) {{
  input image[3, 32, 32]
  budget parameters <= 20K, macs <= 10M, memory <= 1M
  conv(width, 3, bias = false) -> bn -> relu -> maxpool(2)
  conv(2 * width, 3, bias = false) -> bn -> relu -> global_avgpool -> flatten -> linear(10)
}}
```

`memory` is the weights and the peak of an inference of one image in float32, in bytes. `archc explain E451` shows the message.

## Fitting

Which width gives ResNeXt-50 the work of ResNet-50, for each cardinality? The paper's table comes out:

$ archc fit resnext50 --vary cardinality=1,2,4,8,32 --vary base --match macs=resnet50

`--match` takes the least value that reaches the target, `--most` the largest that does not exceed it, `--nearest` either; the other side of the
target stands beside it. `--where "parameters <= 25.3M"` adds constraints. Values are whole numbers and costs are compared as the integers
that they are.

## Comparing

$ archc diff resnet50 resnet50d

Steps are matched by their names; what is left is matched by what it does, so that a renamed step is no removal, and one that stands
elsewhere is moved (`>`) where it is the only one of its operation, arguments and shapes that is left in either network. One that reads what
another of its kind read stands in its place, and is changed: `operation: relu -> gelu`.

## Sweeping

$ archc sweep resnext50 --vary cardinality=1,8,32 --vary base=4,16,64 --pareto macs,+activations

`--list variants.csv` takes a list in place of a grid, and carries its other columns along: with an `accuracy` in it, `--pareto macs,+accuracy`
plots what each network gives for its work. `--journal FILE` notes each finished variant, so that a run that was cut off goes on from there.
`--jobs` sets the processes; `--cluster tcp://host:8786` uses a Dask cluster (`pip install archc[dask]`).

## How long it takes

`python benchmarks/cost.py --peers` measures whole processes in starts of a bare interpreter, in turns, so that a busy machine slows all
alike. On two cores in November 2026: `archc cost resnet152` 17 (its limit is 30), fvcore, ptflops and torchinfo on torchvision's module 550 to
690, of which importing PyTorch and building the module are 260. 10,000 layers take about 0.6 s with both peaks of memory, after 0.5 s for
reading the file; a test counts calls and holds growth linear.

## Input sizes

$ archc sizes unet

$ archc sizes inception_v3

Where numbers of the text hold an axis (`reshape([8, 1024])`, `upsample(size = 32)`, a learned table of positions), `fixed by` names the step, and a line below the
table says what lets it follow the input.
"""


def page() -> str:
    """The whole page."""
    lines = []
    for line in PAGE.format(memory=memory_table()).splitlines():
        lines += listing(line[2:]) if line.startswith("$ ") else [line]
    return "\n".join(lines) + "\n"


def listing(command: str) -> list[str]:
    name, *arguments = shlex.split(command)
    assert name == "archc"
    done = CliRunner().invoke(group, ["--quiet", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return ["```console", f"$ {command}", *(line.rstrip() for line in done.stdout.rstrip().splitlines()), "```"]


def memory_table() -> str:
    """Estimated and measured, from `memory.json`."""
    rows = [
        "| network | batch | inference | measured | training, momentum | measured | training, Adam | measured | largest difference |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for row in json.loads(MEASURED.read_text(encoding="utf-8")):
        graph = compile(row["network"]).graph
        batch, training = row["batch"], row["training_batch"]
        estimates = [
            inference_profile(graph, batch=batch).peak_bytes,
            training_profile(graph, batch=training, optimizer="momentum").peak_bytes,
            training_profile(graph, batch=training, optimizer="adam").peak_bytes,
        ]
        measured = [row["inference"], row["momentum"], row["adam"]]
        worst = max(abs(one - other) / other for one, other in zip(estimates, measured, strict=True))
        cells = [f"{size / MIB:,.2f}" for pair in zip(estimates, measured, strict=True) for size in pair]
        rows.append(f"| {row['network']} | {batch} | {' | '.join(cells)} | {worst:.2%} |")
    return "\n".join(rows)


def measure() -> None:
    """Run the tracker on every network; its code is the tests'."""
    sys.path.insert(0, str(DOCS.parent))
    from tests.analysis.built import built, zeros
    from tests.analysis.test_memory import BATCHES, NETWORKS, measured, training_batch
    from tests.analysis.tracker import inference_peak

    rows = []
    for name in NETWORKS:
        graph = compile(name).graph
        for batch in BATCHES:
            training = training_batch(name, batch)
            row = {
                "network": name,
                "batch": batch,
                "training_batch": training,
                "inference": inference_peak(built(graph), zeros(graph, batch)),
            }
            rows.append({**row, **{optimizer: measured(graph, training, optimizer) for optimizer in ("momentum", "adam")}})
    MEASURED.write_text("[\n" + ",\n".join(f"  {json.dumps(row)}" for row in rows) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    if "--measure" in sys.argv[1:]:
        measure()
    (DOCS / "costs.md").write_text(page(), encoding="utf-8")
