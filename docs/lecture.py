"""The lecture's claims, recomputed from the shipped `.arch` files: `python docs/lecture.py` writes `docs/lecture.md`.

Every number on the page comes out of the programs that the compiler makes of them; `tests/docs/test_lecture.py` holds the page fresh.
The lecture counts for a mini-batch of 128 images of 4-byte numbers: 2 operations a multiply-accumulate, nothing for a bias, K*K
for every output of a pool; activations twice (value and gradient) for the outputs of convolutions, pools and dense layers.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from lecture_quantities import (
    BATCH,
    GIB,
    MIB,
    activations,
    depth,
    macs,
    n,
    named,
    near,
    parameters,
    pool_operations,
    pools,
    program,
    sides,
    size,
    templates,
    tiny,
    under,
    upto,
    weighted,
    window,
)

from archc.compiler.graph.program import Node
from archc.compiler.ops.base import product


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim: what the lecture says, what comes out, whether it holds, and what is to be said about it."""

    name: str
    says: str
    computed: str
    holds: bool
    remark: str = ""


def alexnet() -> list[Claim]:
    net, one = program("alexnet"), program("alexnet", groups=1)
    image, conv1 = net.nodes[0], weighted(net)[0]
    dense, convolutions = named(net.nodes, "linear"), named(net.nodes, "conv")
    pool1 = pools(net.nodes)[0]
    flat = named(net.nodes, "flatten")[0]
    conv1_bytes = 2 * 4 * BATCH * size(conv1)
    conv1_parameters = 4 * parameters([conv1])
    kept = activations(net.nodes)
    return [
        Claim("A1", "AlexNet's input has 150,528 values", n(size(image)), size(image) == 150528),
        Claim(
            "A2",
            "a mini-batch of 128 inputs takes 73.5 MB",
            f"{4 * BATCH * size(image) / MIB} MiB",
            4 * BATCH * size(image) / MIB == 73.5,
            "MB means MiB",
        ),
        Claim(
            "A3",
            "conv1, 96 windows of 11x11, stride 4, padding 2: (224 - 11 + 4) / 4 + 1 = 55",
            f"{(224 - 11 + 4) / 4 + 1}, rounded down to {conv1.shape[1]}",
            conv1.shape[1] == 55,
            "only with rounding: the equation as printed is not exact",
        ),
        Claim("A4", "conv1 has 34,944 parameters", n(parameters([conv1])), parameters([conv1]) == 34944),
        Claim(
            "A5", "conv1 takes 27 Gflops", f"{2 * BATCH * conv1.macs / 1e9:.3f} G for a batch of 128", near(2 * BATCH * conv1.macs, 27e9)
        ),
        Claim(
            "A6",
            "conv1 takes about 283.6 MB (activations twice, and 3 to 4 times its parameters)",
            f"{conv1_bytes / MIB:.2f} MiB; with 3 times the parameters {(conv1_bytes + 3 * conv1_parameters) / MIB:.2f}, with 4 times {(conv1_bytes + 4 * conv1_parameters) / MIB:.2f}",
            near(conv1_bytes / MIB, 283.6, 0.01),
            "right for the activations alone; the parameters that the sentence names are not in it",
        ),
        Claim("A7", "a 3x3 pool of stride 2 halves 55 to 27", f"{pool1.input_shapes[0][1]} to {pool1.shape[1]}", pool1.shape[1] == 27),
        Claim("A8", "6x6x256 flattened is 9,216", n(size(flat)), size(flat) == 9216),
        Claim(
            "A9",
            "the first dense layer has 4,096 rows",
            f"{n(dense[0].shape[0])}, {n(parameters(dense[:1]))} parameters",
            dense[0].shape[0] == 4096,
        ),
        Claim(
            "A10",
            "nearly all parameters are in the three dense layers",
            f"{100 * parameters(dense) / parameters(net.nodes):.1f} %; without groups {100 * parameters(named(one.nodes, 'linear')) / parameters(one.nodes):.1f} %",
            parameters(dense) > 0.9 * parameters(net.nodes),
        ),
        Claim(
            "A11",
            "nearly all computation is in the convolutions",
            f"{100 * macs(convolutions) / macs(net.nodes):.1f} % of the MACs; without groups {100 * macs(named(one.nodes, 'conv')) / macs(one.nodes):.1f} %",
            macs(convolutions) > 0.9 * macs(net.nodes),
        ),
        Claim(
            "A12",
            "parameters need more memory than activations",
            f"activations {kept / MIB:.1f} MiB; parameters x 4 {16 * parameters(net.nodes) / MIB:.1f} MiB, x 3 {12 * parameters(net.nodes) / MIB:.1f} MiB",
            16 * parameters(net.nodes) > kept > 12 * parameters(net.nodes),
            "true with a factor of 4 (Adam keeps two moments), false with 3 (momentum): the convention decides",
        ),
        Claim(
            "A13",
            "the network is split over 2 GPUs",
            f"{n(parameters(program('alexnet_towers').nodes))} parameters and {n(macs(program('alexnet_towers').nodes))} MACs as towers or groups; "
            f"{n(parameters(one.nodes))} and {n(macs(one.nodes))} without",
            parameters(program("alexnet_towers").nodes) == parameters(net.nodes)
            and macs(program("alexnet_towers").nodes) == macs(net.nodes),
            "a table of numbers must say which of the two it counts",
        ),
    ]


def zfnet() -> list[Claim]:
    net = program("zfnet")
    spatial = sides([node for node in net.nodes if node.operation.name in ("conv", "maxpool")])
    convolutions = named(net.nodes, "conv")
    return [
        Claim(
            "Z1",
            "ZFNet starts with 7x7 of stride 2, and its second layer, 5x5, has stride 2 too",
            f"sizes {', '.join(str(side) for side in spatial)}",
            convolutions[0].shape[1] == 110 and convolutions[1].shape[1] == 26,
            "the paper's sizes come out only with padding 1 in the first layer and pools that round up",
        )
    ]


def vgg() -> list[Claim]:
    net = program("vgg16")
    convolutions, between = named(net.nodes, "conv"), named(net.nodes, "maxpool")
    after = [node.shape[0] for node in between]
    layers = {depth: len(weighted(program(f"vgg{depth}"))) for depth in (11, 13, 16, 19)}
    stages: list[list[Node]] = [[]]
    for node in net.nodes:
        if node.operation.name == "conv":
            stages[-1].append(node)
        if node.operation.name == "maxpool":
            stages.append([])
    stages.pop()
    stacks = [tiny("[64, 32, 32]", *["conv(64, 3, bias = false)"] * count) for count in (2, 3, 4)]
    single = [tiny("[64, 32, 32]", f"conv(64, {side}, bias = false)") for side in (5, 7, 9)]
    squares = [parameters(item.nodes) / 64**2 for item in (*stacks, *single)]
    seen = [window(item) for item in stacks]
    largest = max(convolutions, key=lambda node: node.macs)
    per_stage = [macs(stage) / 1e9 for stage in stages]
    vgg11 = program("vgg11")
    kinds = [node.operation.name for node in vgg11.nodes if node.operation.name in ("conv", "maxpool")]
    to28 = upto(net, between[2].key)
    kept = activations(net.nodes)
    return [
        Claim("V1", "the channels double after each pool, but for the last", ", ".join(map(str, after)), after == [64, 128, 256, 512, 512]),
        Claim(
            "V2",
            "VGG-11 has 11 layers with weights, 8 convolutions and 3 dense; so 13, 16, 19",
            ", ".join(f"{count}" for count in layers.values()),
            all(depth == count for depth, count in layers.items()),
        ),
        Claim(
            "V3",
            "a stage is two, three or four convolutions and a pool",
            f"in VGG-11: {', '.join(kinds)}",
            kinds[:4] != ["conv", "maxpool", "conv", "maxpool"],
            "incomplete: the first two stages of VGG-11 have one convolution each",
        ),
        Claim(
            "V4",
            "stacked 3x3 see as far as one larger window, for fewer parameters",
            f"2, 3, 4 of them see {', '.join(map(str, seen))} pixels and have {', '.join(f'{value:.0f}' for value in squares[:3])} C² weights; one window has {', '.join(f'{value:.0f}' for value in squares[3:])} C²",
            squares == [18, 27, 36, 25, 49, 81] and seen == [window(item) for item in single],
        ),
        Claim(
            "V5",
            "each convolution takes almost 5 Gflops",
            f"the largest: {2 * largest.macs / 1e9:.2f} G an image, {2 * BATCH * largest.macs / 1e9:.1f} G a batch of 128",
            near(2 * largest.macs, 5e9, 10) or near(2 * BATCH * largest.macs, 5e9, 10),
            "the unit is wrong: almost 500 Gflops a batch, 3.7 an image",
        ),
        Claim(
            "V6",
            "computation stays constant from stage to stage",
            f"{', '.join(f'{value:.2f}' for value in per_stage)} GMAC",
            max(per_stage) < 1.5 * min(per_stage),
            f"false for the stages; the second convolutions of stages 1 to 4 do cost the same, {largest.macs / 1e9:.2f} GMAC",
        ),
        Claim(
            "V7",
            "the first activations take about 3 GB",
            f"{activations(convolutions[:1]) / GIB} GiB",
            near(activations(convolutions[:1]) / GIB, 3, 3),
        ),
        Claim(
            "V8",
            "all in all more than 14 GB",
            f"activations {kept / GIB:.2f} GiB, with 4 times the parameters {(kept + 16 * parameters(net.nodes)) / GIB:.2f} GiB",
            near(kept / GIB, 14, 3),
            "right for the activations; the sum is more than 16",
        ),
        Claim(
            "V9",
            "VGG-16 reaches 28x28 in 10 layers, with 2.4 Tflops, more than 1.7 M parameters and 13 GB",
            f"{len(named(to28, 'conv'))} convolutions and {len(pools(to28))} pools, {2 * BATCH * macs(to28) / 1e12:.4f} T, {n(parameters(to28))}, {activations(to28) / GIB:.2f} GiB",
            near(2 * BATCH * macs(to28), 2.4e12) and parameters(to28) > 1.7e6 and near(activations(to28) / GIB, 13, 2),
        ),
    ]


def googlenet() -> list[Claim]:
    net, big = program("googlenet"), program("vgg16")
    stem = upto(net, named(net.nodes, "maxpool")[1].key)
    head = [node for node in net.nodes if not node.training_only][-5:]
    classifier = [node for node in big.nodes if node.key.startswith("classifier")]
    plain = [node for node in net.nodes if not node.training_only and not node.is_port]
    branches = named(net.nodes, "conv")
    side = [node for node in net.nodes if node.training_only]
    modules = named(net.nodes, "concat")
    outside = [node for node in net.nodes if not any(scope.template == "inception" for scope in node.scope.ancestors())]
    image = size(net.nodes[0])
    kept = activations(outside) + 2 * 4 * BATCH * (sum(size(node) for node in modules) + image)
    flat36 = parameters(named(tiny("[4, 3, 3]", "flatten", "linear(1000, bias = false)").nodes, "linear"))
    flat4 = parameters(named(tiny("[4, 3, 3]", "global_avgpool", "flatten", "linear(1000, bias = false)").nodes, "linear"))
    batch = 2 * BATCH * macs(net.nodes)
    head_flops = 2 * BATCH * macs(head) + BATCH * pool_operations(head)
    return [
        Claim("G1", "GoogLeNet has 22 layers with weights", f"{depth(net)} on the longest way", depth(net) == 22),
        Claim(
            "G2",
            "about 100 layers in all",
            f"{len(branches)} convolutions and 1 dense layer; {len(plain)} operations, {len(plain) - len(named(net.nodes, 'relu'))} without the ReLUs",
            near(len(plain) - len(named(net.nodes, "relu")), 100, 20),
            "loosely: it depends on what counts",
        ),
        Claim("G3", "nine inception modules", str(templates(net, "inception")), templates(net, "inception") == 9),
        Claim(
            "G4",
            "a stem of 5 layers takes 224 to 28",
            " x ".join(map(str, stem[-1].shape)),
            stem[-1].shape == (192, 28, 28),
            "with pools that round up",
        ),
        Claim(
            "G5",
            "the stem takes about 130 Gflops, 124 K parameters, 2 GB",
            f"{2 * BATCH * macs(stem) / 1e9:.2f} G (with its pools {(2 * macs(stem) + pool_operations(stem)) * BATCH / 1e9:.2f}), {n(parameters(stem))}, {activations(stem) / GIB:.3f} GiB",
            near(2 * BATCH * macs(stem), 130e9, 3),
            "parameters and memory are right, the operations 6 % too high",
        ),
        Claim(
            "G6",
            "1000 x 36 weights, or 1000 x 4 after a global average pool",
            f"{n(flat36)} or {n(flat4)}",
            (flat36, flat4) == (36000, 4000),
        ),
        Claim(
            "G7",
            "GoogLeNet's head: 1 M parameters, less than 270 Mflops",
            f"{n(parameters(head))}; {head_flops / 1e6:.1f} M a batch",
            near(parameters(head), 1e6, 3) and head_flops < 270e6,
        ),
        Claim(
            "G8",
            "VGG-16 there: 124 M parameters, 31 Gflops",
            f"{n(parameters(classifier))}; {2 * BATCH * macs(classifier) / 1e9:.2f} G a batch",
            near(parameters(classifier), 124e6) and int(2 * BATCH * macs(classifier) / 1e9) == 31,
        ),
        Claim(
            "G9",
            "GoogLeNet has 7 M parameters",
            f"{n(parameters(net.nodes))}; its two side heads have {n(sum(weight.elements for node in side for weight in node.weights))} more",
            near(parameters(net.nodes), 7e6),
        ),
        Claim(
            "G10",
            "GoogLeNet takes 390 Mflops",
            f"{batch / 1e9:.2f} G a batch of 128, {batch / BATCH / 1e9:.2f} G an image",
            near(batch, 390e6, 5) or near(batch / BATCH, 390e6, 5),
            "the unit is wrong (G), and the value 4 % low: each 1x1 reduction was charged by its output's width instead of its input's",
        ),
        Claim(
            "G11",
            "GoogLeNet takes 3.3 GB",
            f"{kept / GIB:.3f} GiB when of a module only its output counts; {activations(net.nodes) / GIB:.2f} GiB with the convolutions inside, without the input",
            near(kept / GIB, 3.3),
            "right under that convention, which hides a quarter",
        ),
    ]


def inception() -> list[Claim]:
    net = program("inception_v3")
    one = parameters(tiny("[64, 9, 9]", "conv(64, 5, bias = false)").nodes) // 64**2
    two = parameters(tiny("[64, 9, 9]", *["conv(64, 3, bias = false)"] * 2).nodes) // 64**2
    kinds = {name: templates(net, name) for name in ("grid35", "grid17", "grid8")}
    large = [node for node in named(net.nodes, "conv") if getattr(node.operation, "kernel", 0) == 5]
    return [
        Claim("I1", "a 5x5 convolution factorises into two 3x3", f"{one} C² weights become {two} C²", (one, two) == (25, 18)),
        Claim(
            "I2",
            "three kinds of module at different sizes",
            ", ".join(f"{count} of {name}" for name, count in kinds.items()),
            all(kinds.values()),
            "and two more that shrink the grid",
        ),
        Claim(
            "I3",
            "so no 5x5 is left in Inception v3",
            f"{len(large)} convolutions of 5x5, {large[0].input_shapes[0][0]} to {large[0].shape[0]} channels",
            not large,
            "every implementation keeps a 5x5 in the 35x35 modules",
        ),
    ]


def resnet() -> list[Claim]:
    small, net, first = program("resnet18"), program("resnet50"), program("resnet50_v1")
    c, d = program("resnet50c"), program("resnet50d")
    stem = upto(net, named(net.nodes, "maxpool")[0].key)
    stem_c = upto(c, named(c.nodes, "maxpool")[0].key)
    blocks = templates(small, "basic")
    shortcuts = [node for node in named(net.nodes, "conv") if "downsample" in node.path]
    strides = [node.input_shapes[0][1] // node.shape[1] for node in shortcuts]
    width = 64
    basic = parameters(tiny(f"[{width}, 8, 8]", *[f"conv({width}, 3, bias = false)"] * 2).nodes) / width**2
    narrow = [f"conv({channels}, {side}, bias = false)" for channels, side in ((width, 1), (width, 3), (4 * width, 1))]
    bottleneck = parameters(tiny(f"[{4 * width}, 8, 8]", *narrow).nodes) / width**2
    strided = next(node for node in named(first.nodes, "conv") if node.key == "layer2.0.conv1")
    read = product(strided.shape[1:]) / product(strided.input_shapes[0][1:])
    return [
        Claim(
            "R1",
            "ResNet-18 is a stem, four stages of two blocks and a global pool",
            f"{blocks} blocks, {depth(small)} layers, {n(parameters(small.nodes))} parameters",
            blocks == 8 and depth(small) == 18,
        ),
        Claim("R2", "the stem takes 224 to 56", str(stem[-1].shape[1]), stem[-1].shape[1] == 56),
        Claim(
            "R3",
            "a new stage begins with a shortcut that is a 1x1 convolution of stride 2 to twice the channels",
            "; ".join(
                f"{node.input_shapes[0][0]} to {node.shape[0]}, stride {stride}" for node, stride in zip(shortcuts, strides, strict=True)
            ),
            all(stride == 2 for stride in strides),
            "incomplete for bottlenecks: the first stage projects too, 64 to 256 with stride 1",
        ),
        Claim(
            "R4",
            "a bottleneck has 11 C² parameters where two 3x3 have 18 C²",
            f"{basic:.0f} C² and {bottleneck:.0f} C²",
            (basic, bottleneck) == (18, 11),
            "4 + 9 + 4 = 17 C² for the block that is drawn, 4C in and out (11 C² needs C channels throughout)",
        ),
        Claim("R5", "a 1x1 convolution of stride 2 reads one activation in four", f"{read}", read == 0.25),
        Claim(
            "R6",
            "ResNet-B moves the stride to the 3x3",
            f"{n(parameters(first.nodes))} parameters both; {n(macs(first.nodes))} MACs become {n(macs(net.nodes))}",
            parameters(first.nodes) == parameters(net.nodes),
            f"which costs {100 * (macs(net.nodes) / macs(first.nodes) - 1):.1f} %",
        ),
        Claim(
            "R7",
            "ResNet-C has three 3x3 in the stem and costs a bit more",
            f"the stem {macs(stem) / 1e6:.1f} M to {macs(stem_c) / 1e6:.1f} M MACs, the network {100 * (macs(c.nodes) / macs(net.nodes) - 1):.1f} % more",
            macs(net.nodes) < macs(c.nodes) < 1.1 * macs(net.nodes),
        ),
        Claim(
            "R8",
            "ResNet-D averages 2x2 before the 1x1 of a shortcut",
            f"{n(parameters(d.nodes))} parameters and {n(macs(d.nodes))} MACs, as ResNet-C; {len(named(d.nodes, 'avgpool'))} average pools",
            parameters(d.nodes) == parameters(c.nodes) and macs(d.nodes) == macs(c.nodes) and len(named(d.nodes, "avgpool")) == 3,
        ),
    ]


def later() -> list[Claim]:
    v3, v4, net = program("inception_v3"), program("inception_v4"), program("resnext50")
    grouped = {getattr(node.operation, "kernel", None) for node in named(net.nodes, "conv") if getattr(node.operation, "groups", 1) > 1}
    pairs = ((1, 64), (2, 40), (4, 24), (8, 14), (32, 4))
    weights = [parameters(named(under(program("resnext50", cardinality=groups, base=base), "layer1.1"), "conv")) for groups, base in pairs]
    return [
        Claim(
            "N1",
            "Inception-v4 is larger than v3",
            f"{n(parameters(v4.nodes))} against {n(parameters(v3.nodes))} parameters, {macs(v4.nodes) / 1e9:.2f} against {macs(v3.nodes) / 1e9:.2f} GMAC",
            parameters(v4.nodes) > parameters(v3.nodes) and macs(v4.nodes) > macs(v3.nodes),
        ),
        Claim(
            "X1",
            "ResNeXt's parallel branches are grouped 1x1 convolutions",
            f"the grouped convolutions are {' and '.join(f'{kernel}x{kernel}' for kernel in sorted(k for k in grouped if isinstance(k, int)))}",
            grouped == {1},
            "in form (c) only the 3x3 is grouped; the 1x1 before and after it are ordinary",
        ),
        Claim(
            "X2",
            "for every number of groups there is a width that keeps the complexity",
            "; ".join(f"{groups} x {base}: {n(count)}" for (groups, base), count in zip(pairs, weights, strict=True)) + " weights",
            max(weights) <= 1.03 * min(weights),
            f"within {100 * (max(weights) / min(weights) - 1):.1f} %",
        ),
    ]


SECTIONS = (
    ("AlexNet", alexnet, "archc cost alexnet --table lecture"),
    ("ZFNet", zfnet, "archc cost zfnet --by op"),
    ("VGG", vgg, "archc cost vgg16 --table lecture"),
    ("GoogLeNet", googlenet, "archc cost googlenet --table lecture"),
    ("Inception v3", inception, "archc cost inception_v3 --by block"),
    ("ResNet", resnet, "archc cost resnet50 --by block; archc diff resnet50_v1 resnet50"),
    ("Inception-v4 and ResNeXt", later, "archc cost resnext50 --set cardinality=8 --set base=14"),
)


def claims() -> dict[str, list[Claim]]:
    return {title: compute() for title, compute, _ in SECTIONS}


def page() -> str:
    """The text of `docs/lecture.md`."""
    found = claims()
    everything = [claim for rows in found.values() for claim in rows]
    right = sum(claim.holds for claim in everything)
    lines = [
        "# The lecture's claims, recomputed",
        "",
        "A lecture on convolutional architectures makes these claims. Every value in the third column was computed from the shipped",
        "`.arch` files by `python docs/lecture.py`, which wrote this page; a test runs it again.",
        "",
        f"**{right} of {len(everything)} hold**, some with a remark. Those that do not hold are marked and corrected.",
        "",
        "The lecture counts a mini-batch of 128 images of 4-byte numbers; 2 operations a multiply-accumulate, none for a bias, K² for each",
        "output of a pool; activations twice (value and gradient), those of convolutions, pools and dense layers alone; parameters three",
        "or four times. `archc cost --help` states archc's own convention.",
    ]
    for title, _, command in SECTIONS:
        lines += [
            "",
            f"## {title}",
            "",
            f"`{command}`",
            "",
            "| | the lecture says | computed | holds | remark |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += [
            f"| {claim.name} | {claim.says} | {claim.computed} | {'yes' if claim.holds else '**no**'} | {claim.remark} |"
            for claim in found[title]
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    target = Path(__file__).with_name("lecture.md")
    target.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"wrote {target.name}\n")
