"""The words of the language itself, for `archc explain`: how each is used, in a sentence or two. The language is docs/language.md."""

from __future__ import annotations

from typing import Final

_PADDING: Final = "A value of `pad`, which convolutions take: "
_AXIS: Final = "An axis, as `concat(axis = …)` and `slice` take it; and a part of a shape: `in.{0}`, `e1.{0}` of the step labelled `e1`."

WORDS: Final[dict[str, tuple[str, str]]] = {
    "skip": (
        "`| skip`, or `skip(label)`",
        "As a path of a merge, what entered the merge, unchanged; `skip(e2)` is the output of the step labelled `e2`, also of one inside a stage or "
        "block (`skip(backbone.layer3)`). Such a step stands before its use.",
    ),
    "reuse": (
        "`reuse(label)`",
        "Applies the step with that label again, with the same weights: its input must have the same channels. Weights count once, work each time. A label names "
        "the one step behind it; a line of several is shared as a group, `tower: { conv(8) -> relu }`.",
    ),
    "input": (
        "`input image[3, 224, 224]`",
        "The first statement of a network: the tensor's name and its shape, channels first and without the batch. There may be several.",
    ),
    "output": ("`output p3, p4`, or `output name = label`", "Names the outputs. Without it the output is the last tensor of the body."),
    "stage": (
        "`stage name { … }`",
        "A part of the figure with a name: a module in the generated code, a box in the diagram, a row in the table of costs. `stage name flat` adds no name to the keys, `stage name indexed` numbers its steps.",
    ),
    "block": (
        "`block name(parameters) { … }`",
        "A template, used as a step. `block name(…) takes a, b { … }` takes several tensors, as the head of a merge.",
    ),
    "network": (
        "`network name(parameters) { … }`, or `network name = other(arguments)`",
        "A block with an `input`, which can be built. The second form is a variant of another.",
    ),
    "operation": (
        '`operation name(parameters) from "my_layers.py:Class" { … }`',
        "An operation that archc lacks, beside the class of PyTorch that does it. It says its `shape`, with which `arguments` the class is made, "
        "each `weight` and `buffer`, and its `macs`, `flops`, `saved`, `scratch`; `takes a, b` before `from` names several tensors. The class is run only with `--trust`.",
    ),
    "weight": (
        "`weight conv.weight[channels, in.channels, 3, 3]`",
        "A parameter of the class behind an `operation` of one's own: its key in the state_dict, and its sizes.",
    ),
    "buffer": (
        '`buffer bn.running_mean[channels]`, or `buffer steps[dtype = "int64"]`',
        "A tensor that the class behind an `operation` of one's own keeps and does not train: its key in the state_dict, and its sizes.",
    ),
    "aux": ("`aux name { … }`", "A side head that is there only in training. It leaves the current tensor as it was."),
    "repeat": (
        "`repeat 3 { … }`, or `repeat 3 as i { … }`",
        "Writes its steps so many times, one after the other; `| repeat 32: …` writes a path so many times, side by side.",
    ),
    "for": (
        "`for x in list { … }`, or `for i, x in list { … }`",
        "Writes its steps once for each item; `i` counts from 0. `| for k in [1, 3, 5]: …` does it with a path.",
    ),
    "if": (
        "`if condition { … } else { … }`",
        "Chooses when the network is made. As a value: `a if condition else b`. A path may be there on a condition: `| if stride > 1: …`.",
    ),
    "let": ("`let name = value`", "Gives a value a name, for good."),
    "default": (
        "`default conv(bias = false), bn(eps = 0.001)`",
        "Arguments of every such step from here to the end of the body or file, unless the step says otherwise.",
    ),
    "require": ('`require condition, "message"`', "Guards a block's parameters; the message may hold `{values}`."),
    "expect": ("`expect [2048, 7, 7]`", "States the shape at this place. Another one is an error."),
    "budget": (
        "`budget parameters <= 26M, macs <= 4.3G, time <= 5ms`",
        "States what the network may cost: parameters, macs, flops, activations, memory, and the time that it is foreseen to take (`archc calibrate`).",
    ),
    "import": (
        "`import resnet`, or `from resnet import bottleneck, basic`",
        "Brings in what another file defines: one beside this file, or one that comes with archc (`archc list`).",
    ),
    "takes": (
        "`block name(…) takes a, b { … }`",
        "Names the tensors that a block joins; it is then the head of a merge: `name { | … | … }`. `takes xs[]` is any number of them: `xs[0]`, `len(xs)`.",
    ),
    "gives": (
        "`block name(…) gives a, b { … }`",
        "Names the results of a block: labels of its body. They are at hand together; `name(…) as x, y` labels them, `skip(label.a)` takes one up. "
        '`gives ys[]` is a list, the labels `"ys.0"`, `"ys.1"`, ….',
    ),
    "split": (
        "`split(n, axis = channels) as a, b, c`",
        "Parts a tensor into `n` equal ones, which are at hand together: `split(3) -> attend(8)`. `chunk(i, n)` is one of them. A list parts it unequally: `split([1, 24, 24]) as gate, a, b`.",
    ),
    "arch": (
        "`arch 1`, as the first line",
        "The edition of the language in which the text is written; a text without it is of edition 1, the only one so far.",
    ),
    "as": (
        "`repeat 3 as i { … }`, `import resnet as r`, or `split(2) as a, b`",
        "Names the number of a round, an imported file, or the results of a step that gives several.",
    ),
    "indexed": (
        "`stage name indexed { … }`, `label: indexed { … }`, `block name(…) indexed { … }`",
        "Numbers the steps from 0, as nn.Sequential does: `features.0`, `features.2`.",
    ),
    "flat": ("`stage name flat { … }`, `block name(…) flat { … }`", "Adds no name of its own to the keys."),
    "in": (
        "`in.channels`, `in.height`, `in.shape`; `for x in list { … }`",
        "The shape of what enters the innermost `{ }`; the path of a merge sees what enters the merge.",
    ),
    "here": (
        "`here.channels`, `here.height`, `here.shape`",
        "The shape of the tensor at hand, which the step before gave: `conv(64) -> relu -> conv(2 * here.channels)` gives 128. "
        "A parameter, `let` or label of that name comes first.",
    ),
    "half": (
        "`conv(64, 3, pad = half)`",
        _PADDING
        + "`dilation * (kernel - 1) // 2` a side, which keeps the size with an odd kernel and stride 1. It is what `conv` does if nothing is said.",
    ),
    "same": (
        "`conv(64, 3, pad = same)`",
        _PADDING + "TensorFlow's rule, by which the output is the input over the stride, rounded up. It pads more at the end.",
    ),
    "valid": ("`conv(64, 3, pad = valid)`", _PADDING + "none."),
    "causal": (
        "`conv(64, 3, pad = causal)`",
        _PADDING
        + "on a signal, `dilation * (kernel - 1)` before it and nothing behind: no position reads a later one, and stride 1 keeps the length.",
    ),
    "none": ("`none`", "No value: what optional parameters begin with. To do nothing, a step is `identity`."),
    "true": ("`true`, `false`", "The two values of a condition."),
    **{
        name: (f"`axis = {name}`, or `in.{name}`", _AXIS.format(name))
        for name in ("channels", "length", "depth", "height", "width", "features")
    },
    "label": (
        "`e1: conv(64)`",
        'A name before a step: it is in the keys of the weights, and `skip(e1)`, `reuse(e1)` and `like = e1` mean it. A text may hold expressions: `"layer{i}": …`.',
    ),
    "chain": (
        "`conv(64, 3) -> bn -> relu`",
        "One step after another: each takes the tensor of the one before it. A new line goes on as an arrow does; `{ … }` behind an arrow holds steps.",
    ),
    "merge": (
        "`add { | path | path }`",
        "Every path begins with the same tensor, and the head joins what they end in: `add`, `mul`, `concat`, or a block that takes several tensors.",
    ),
}
"""How each is used, and what it means; Markdown."""

SYNONYMS: Final = {
    "false": "true", "else": "if", "from": "import", "path": "merge", "group": "label", "while": "repeat", "model": "network",
    "outputs": "output", "inputs": "input", "loop": "repeat", "def": "block", "class": "block", "function": "block", "and": "if", "or": "if", "not": "if",
    "|": "merge", "time": "budget", ":": "label", "->": "chain",
}  # fmt: skip


def word_page(word: str) -> str | None:
    """The page of a word, in Markdown."""
    name = word if word in WORDS else SYNONYMS.get(word, word)
    if name not in WORDS:
        return None
    usage, text = WORDS[name]
    return f"# {name}\n\n{usage}\n\n{text}\n"
