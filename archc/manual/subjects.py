"""What `archc explain` says of words that are no operation and no word of the language: of parameters, and of what people look for."""

from __future__ import annotations

from typing import Final

from ..compiler.ops import TABLE

SUBJECTS: Final = {
    "like": "`upsample(like = e1)`, `crop(like = e1)`, `image(like = e1)`: the size is that of the step labelled `e1`. Its tensor is not read.",
    "axes": "An input is `[channels, height, width]`, of two axes `[channels, length]`; another order is written, `input x[length = 197, channels = 768]`. The names "
    "travel: `permute([height, width, channels])` moves them, `tokens` gives (length, channels), `reshape` drops them unless it is told, `reshape([length = 196, "
    "channels = 768])`. Steps work along an axis by its name or number, the batch not counted: `softmax(axis = length)`.",
    "positional": "A position is learned, `position_embedding`, or `add(broadcast = true) { | skip | parameter([197, 768]) }`; fixed, `constant(\"sincos\", [14, 14], "
    "features = 768)`; or read by distance, `relative_bias`. `attention(8, rotary = 10000)` turns queries and keys.",
    "weight-sharing": "`tower: { conv(8) -> relu }`, and `reuse(tower)` where it runs again with the same weights. A label is one step: a line of several is put in a "
    "group. `skip(b) -> reuse(tower)` runs it on another tensor.",
    "shape": "Shapes are worked out; only that of an `input` is written, without the batch. `e1.channels` is a size of the step labelled `e1`, `in.height` one of what "
    "enters the body, and `expect [64, 7, 7]` states the shape at its place.",
    "broadcast": "`add`, `sub`, `maximum` want equal shapes; `add(broadcast = true)`, `mul` and `div` stretch axes of size 1. `expand` stretches them in a step.",
    "trust": "`--trust` of `build`, `bench`, `verify` and `draw` runs the classes behind a network's own `operation`s, in Python `trust = True`. By default none of them is run.",
    "onnx": "`archc build FILE --target onnx` writes `NETWORK.onnx`; with `--dynamic height,width` these axes are free.",
    "state_dict": "The key of a weight is the path of names to it: stages, labels or blocks, the operation, `weight`. A label gives a step its name, `flat` adds none, "
    "`indexed` numbers. `archc build FILE --weights FILE.pth` brings a state_dict in.",
    "forward": "There is no `forward`: steps stand where they run, each takes what the one before gave, and a label is taken up again by `skip(label)`.",
    "return": "A body gives its last tensor, and nothing is written for it. Of a network, `output p3, p4` names several; of a block, `gives low, high`.",
    "timm": "Networks of timm and torchvision that come with archc have their keys: `archc list` shows them. Others become texts: `archc import timm:NAME`.",
    "batch": "The batch is never written and always free: shapes, axes and sizes are those of one sample. `archc cost FILE --batch 32` tells the memory of a whole one.",
    "sequence": "A sequence is [length, channels], as `tokens` makes it of an image; a signal is [channels, length]. `linear` and `attention` want channels last, `conv` and "
    "`bn` first; `permute([1, 0])` turns one into the other.",
    "receptive": "`archc cost FILE --table receptive` tells the receptive field of each step.",
}  # fmt: skip
"""In a sentence or two; Markdown."""

ALSO: Final = {
    "sizes": "shape", "self": "forward", "weight_sharing": "weight-sharing", "sharing": "weight-sharing", "siamese": "weight-sharing", "keys": "state_dict",
    "broadcasting": "broadcast", "shapes": "shape", "receptive_field": "receptive", "torchvision": "timm", "batch_size": "batch", "position": "positional",
    "__init__": "forward",
}  # fmt: skip


def subject_page(word: str) -> str | None:
    """The page of what people look for, in Markdown."""
    name = ALSO.get(word, word)
    return f"# {name}\n\n{SUBJECTS[name]}\n" if name in SUBJECTS else None


def parameter_page(word: str) -> str | None:
    """The page of a parameter, by the operations that have it; in Markdown."""
    rows: dict[str, list[str]] = {}
    for operation in TABLE.values():
        for row in operation.parameters():
            if row.name == word and operation.name:
                rows.setdefault(row.doc, []).append(operation.name)
    if not rows:
        return None
    lines = [f"- of {_listed(names)}: {doc}" for doc, names in sorted(rows.items(), key=lambda row: (-len(row[1]), row[0]))]
    return f"# {word}\n\nA parameter, as in `{_example(rows, word)}`.\n\n" + "\n".join(lines) + "\n"


def operations_with(word: str) -> str:
    """The operations that have a parameter, for a sentence; "" where none has."""
    names = [operation.name for operation in TABLE.values() if operation.name and any(row.name == word for row in operation.parameters())]
    return _listed(names) if names else ""


def _listed(names: list[str]) -> str:
    shown = [f"`{name}`" for name in names]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _example(rows: dict[str, list[str]], word: str) -> str:
    name = max(rows.values(), key=len)[0]
    return f"{name}({word} = …)"
