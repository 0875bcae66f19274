"""How fast the shipped networks run beside their peers: `python benchmarks/runtime.py` writes runtime.json and the tables of RESULTS.md.

Each row is one run of `archc bench` in a process of its own, in which all ways take turns; speeds are medians of ratios taken
round by round, so that a machine that is busy for a while slows all of them alike. Nothing here asserts a speed.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
KEY = ("network", "batch", "threads", "dtype", "machine")
"""What tells a row of runtime.json from others."""

NETWORKS = {
    "alexnet_torchvision": "torchvision:alexnet",
    "vgg16": "torchvision:vgg16",
    "googlenet_torchvision": "torchvision:googlenet",
    "inception_v3": "torchvision:inception_v3",
    "resnet50": "torchvision:resnet50",
    "resnext50": "torchvision:resnext50_32x4d",
    "inception_v4": "timm:inception_v4",
    "inception_resnet_v2": "timm:inception_resnet_v2",
    "squeezenet1_1": "torchvision:squeezenet1_1",
    "mobilenet_v2": "torchvision:mobilenet_v2",
    "mobilenet_v3_large": "torchvision:mobilenet_v3_large",
    "efficientnet_b0": "torchvision:efficientnet_b0",
    "shufflenet_v2_x1_0": "torchvision:shufflenet_v2_x1_0",
    "regnet_y_400mf": "torchvision:regnet_y_400mf",
    "densenet121": "torchvision:densenet121",
    "resnet18": "torchvision:resnet18",
    "convnext_tiny": "torchvision:convnext_tiny",
    "vit_b_16": "torchvision:vit_b_16",
    "swin_t": "torchvision:swin_t",
    **{
        name: f"torchvision:{name}"
        for name in (
            *("vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16_bn", "vgg19", "vgg19_bn", "densenet169", "regnet_x_400mf"),
            *("resnet34", "resnet101", "resnet152", "wide_resnet50_2", "resnext101_32x8d", "resnext101_64x4d"),
        )
    },
    **{
        name: f"timm:{name}"
        for name in (
            *("resnet18d", "resnet50c", "resnet50d", "resnet101d", "resnet152d", "resnext101_32x4d", "seresnet50", "seresnext50_32x4d"),
            *("resnetv2_50", "res2net50_26w_4s"),
            *("ghostnet_100", "levit_128", "mobilevit_xxs", "convnextv2_atto", "nfnet_f0", "convmixer_768_32"),
            *("mobileone_s0", "repvgg_a0", "cspdarknet53", "ese_vovnet19b_dw", "poolformer_s12", "skresnet50", "resnest50d", "dla34"),
            *("hrnet_w18", "dpn68"),
        )
    },
    "resnetv2_50_bit": "timm:resnetv2_50x1_bit",
    "xception": "timm:legacy_xception",
    "cait_xxs24": "timm:cait_xxs24_224",
    "mixer_s32": "timm:mixer_s32_224",
    "beit_base": "timm:beit_base_patch16_224",
    **{name: f"torchvision:{name}" for name in ("mnasnet0_5", "efficientnet_v2_s", "maxvit_t", "swin_v2_t", "r3d_18", "s3d")},
}

BASE = "reference_onnxruntime"
ARTEFACTS = ("optimized", "tuned", "onnxruntime", "openvino")
"""What archc makes: the first two are TorchScript files, the others the rewritten graph as an ONNX file, in two runtimes."""

PACKAGED = ("packaged",)
"""archc's, too, and made as slowly as the compiled ways below: measured where they are."""

PEERS = ("reference_openvino", "reference", "frozen", "optimize_for_inference")
"""The other library's module. OpenVINO, here and above, where it is installed, in float32."""

SHORT = ("optimized", "onnxruntime", "openvino", "reference_openvino", "frozen")
"""The fastest of archc's and of the others', in the mean: with `--short`, for many networks in little time."""

BRAIN = "bfloat16"
BRAIN_BASE, BRAIN_WAYS = "reference_openvino", ("optimized", "openvino", "reference", "frozen")
"""In bfloat16, which ONNX Runtime does not compute in on a processor."""

COMPILED = ("aot_inductor",)
"""Takes a minute or more to make: measured at one setting alone, unless `--compiled` asks for all."""


def run(network: str, batch: int, threads: int, seconds: float, ways: tuple[str, ...], dtype: str) -> dict[str, object]:
    base = BRAIN_BASE if dtype == BRAIN else BASE
    command = [
        sys.executable, "-m", "archc", "--quiet", "bench", network, "--against", NETWORKS[network], "--ways", ",".join((base, *ways)), "--base", base,
        "--batch", str(batch), "--threads", str(threads), "--rounds", "60", "--seconds", str(seconds), "--dtype", dtype, "--format", "json",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE.parent)
    if not done.stdout:  # where one of the ways cannot be run, the others are told all the same
        raise SystemExit(done.stderr)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def ways_for(options: argparse.Namespace, is_first: bool) -> tuple[str, ...]:
    """What is measured beside the base; what takes long to make at the first setting alone."""
    if options.dtype == BRAIN:
        return BRAIN_WAYS
    if options.short:
        return SHORT
    return (*ARTEFACTS, *PEERS, *((*PACKAGED, *COMPILED) if options.compiled or is_first else ()))


def speed(row: dict, way: str) -> float | None:  # type: ignore[type-arg]
    """How many times as fast `way` is as the row's base, by medians of ratios to it."""
    speeds: dict[str, float] = {each["way"]: each["speed"]["median"] for each in row["rows"]}
    return speeds.get(way)


def mean(values: list[float]) -> float:
    """The geometric mean."""
    return math.exp(sum(map(math.log, values)) / len(values)) if values else math.nan


def table(rows: list[dict], batch: int, threads: int, dtype: str = "float32") -> list[str]:  # type: ignore[type-arg]
    base_way, base_title = (BRAIN_BASE, "OpenVINO") if dtype == BRAIN else (BASE, "ORT")
    titles = {
        "again": f"{base_title} again", "onnxruntime": "archc ONNX", "packaged": "archc AOTI", "reference": "eager", "optimize_for_inference": "opt. for inf.",
        "aot_inductor": "AOTInductor", "openvino": "archc ONNX in OpenVINO", "reference_openvino": "OpenVINO",
    }  # fmt: skip
    chosen = [row for row in rows if row["batch"] == batch and row["threads"] == threads and row["dtype"] == dtype]
    if not chosen:
        return []
    packaged = tuple(way for way in PACKAGED if any(speed(row, way) is not None for row in chosen))
    own = (*ARTEFACTS, *packaged)
    there = {each["way"] for row in chosen for each in row["rows"]}
    ways = tuple(way for way in ("again", *own, *PEERS, *COMPILED) if way in there and way != base_way)
    lines = [f"### {f'{dtype}, batch' if dtype == BRAIN else 'Batch'} {batch}, {threads} thread{'s' if threads > 1 else ''}", ""]
    lines.append(
        f"| network | {base_title} ms | "
        + " | ".join(titles.get(way, way) for way in ways)
        + " | fastest of archc | against the fastest other |"
    )
    lines.append("| --- |" + " ---: |" * (len(ways) + 3))
    columns: dict[str, list[float]] = {way: [] for way in (*ways, "fastest", "ahead")}
    for row in chosen:
        base = next(each for each in row["rows"] if each["way"] == base_way)
        cells = []
        for way in ways:
            value = speed(row, way)
            each = next((each for each in row["rows"] if each["way"] == way), None)
            if value is None or each is None:
                cells.append("")
                continue
            columns[way].append(value)
            cells.append(
                f"{value:.2f} ({each['speed']['low']:.2f}-{each['speed']['high']:.2f})" if way in ("again", *own) else f"{value:.2f}"
            )
        best = max(value for value in (speed(row, way) for way in own) if value is not None)
        ahead = best / max(1.0, *(value for value in (speed(row, way) for way in (*PEERS, *COMPILED)) if value is not None))
        columns["fastest"].append(best)
        columns["ahead"].append(ahead)
        lines.append(f"| {row['network']} | {base['milliseconds']:.1f} | " + " | ".join(cells) + f" | {best:.2f} | {ahead:.2f} |")
    lines.append(
        "| geometric mean | | "
        + " | ".join(f"{mean(columns[way]):.2f}" if columns[way] else "" for way in (*ways, "fastest", "ahead"))
        + " |"
    )
    return [*lines, ""]


def results(rows: list[dict]) -> str:  # type: ignore[type-arg]
    """The tables between the marks of RESULTS.md, a group for each machine."""
    machines = {json.dumps(row["machine"], sort_keys=True): row["machine"] for row in rows}
    return "\n".join(of_machine([row for row in rows if row["machine"] == machine]) for machine in machines.values())


def of_machine(rows: list[dict]) -> str:  # type: ignore[type-arg]
    machine = rows[0]["machine"]
    peaks = sorted({(row["threads"], round(row["peak_flops_per_second"] / 1e9, -1)) for row in rows if row["dtype"] != BRAIN})
    told = "; ".join(f"{peak:.0f} GFLOP/s with {threads} thread{'s' if threads > 1 else ''}" for threads, peak in dict(peaks).items())
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['instructions']}; {machine['system']}, Python {machine['python']}, "
        f"torch {machine['torch']}. A large matrix product reaches {told}.",
        "",
    ]
    for batch in (1, 8):
        for threads in (1, 2):
            lines += table(rows, batch, threads)
    for batch in (1, 8):
        for threads in (1, 2):
            lines += table(rows, batch, threads, BRAIN)
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=list(NETWORKS), help="which networks; all by default")
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--seconds", type=float, default=12.0, help="for the rounds of one run")
    parser.add_argument("--compiled", action="store_true", help="AOTInductor, of archc and of the plain module, at every setting")
    parser.add_argument("--short", action="store_true", help="the fastest ways alone, none tuned or compiled")
    parser.add_argument("--dtype", default="float32", choices=("float32", BRAIN), help="what all compute in")
    parser.add_argument("--tables", action="store_true", help="write the tables of runtime.json again, and measure nothing")
    options = parser.parse_args()
    store = HERE / "runtime.json"
    rows: list[dict] = json.loads(store.read_text(encoding="utf-8")) if store.is_file() else []  # type: ignore[type-arg]
    if not options.tables:
        for network in options.networks:
            for batch in map(int, options.batches.split(",")):
                for threads in map(int, options.threads.split(",")):
                    ways = ways_for(options, (batch, threads) == (1, 1))
                    found = run(network, batch, threads, options.seconds, ways, options.dtype)
                    key = [found[word] for word in KEY]
                    rows = [row for row in rows if [row[word] for word in KEY] != key] + [found]
                    speeds = {each["way"]: round(each["speed"]["median"], 2) for each in found["rows"]}  # type: ignore[attr-defined]
                    print(network, f"batch {batch}, threads {threads}:", speeds, flush=True)
                    order = list(NETWORKS)
                    rows.sort(key=lambda row: (row["dtype"] == BRAIN, row["batch"], row["threads"], order.index(row["network"])))
                    store.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    page = HERE / "RESULTS.md"
    text = page.read_text(encoding="utf-8")
    start, end = "<!-- runtime: written by benchmarks/runtime.py -->\n", "<!-- end of runtime -->\n"
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    page.write_text(before + start + "\n" + results(rows) + "\n" + end + after, encoding="utf-8")


if __name__ == "__main__":
    main()
