"""Codes of operations of one's own: their declarations (E25x, E341), and the classes behind them (F66x)."""

from __future__ import annotations

from .code import Code


def _declared(body: str, head: str = "half", target: str = "my_layers.py:Half", step: str = "half") -> str:
    return f'operation {head} from "{target}" {{\n{body}}}\nnetwork n {{\n  input x[3, 8, 8]\n  {step}\n}}\n'


ROWS: tuple[Code, ...] = (
    Code(
        "E251",
        "a declaration that says too little, or something else",
        "An operation of one's own says its `shape`, what its constructor is given (`arguments`), the tensors that it keeps (`weight`, `buffer`) and, "
        "where they count, its `macs`, `flops`, `saved`, `scratch` and `sees`. It has no steps: its class does the work.",
        _declared("  macs in.channels * 9\n"),
        "Say what is missing; take out what is none of these. What is made of steps is a `block`.",
    ),
    Code(
        "E252",
        "an operation with a name of archc's",
        "The words of archc mean the same in every file, so an operation of one's own has a name that is none of them.",
        _declared("  shape in.shape\n", "relu", step="conv(8)"),
        "Give it another name.",
    ),
    Code(
        "E253",
        "a class that is named wrongly",
        'The class stands in a Python file, named by its path from the folder of the `.arch` file (`"my_layers.py:Half"`, `"layers/mine.py:Half"`), '
        'or in a module that is installed (`"my_package.layers:Half"`).',
        _declared("  shape in.shape\n", target="my_layers"),
        "Write the file or module, a colon, and the class.",
    ),
    Code(
        "E341",
        "a rule that gives no shape, or no count",
        "The rules of an operation of one's own are worked out for what comes in: `shape` is a list of whole numbers of at least 1, the sizes of weights "
        "are such, and costs are whole numbers of at least 0.",
        _declared("  shape [in.channels, in.height - 8, in.width]\n"),
        'Correct the rule, or guard it: `require in.height > 8, "…"`.',
    ),
    Code(
        "F661",
        "code that is not trusted",
        "The class behind an operation of one's own is code that archc did not write and has not read. Checking, costs, sizes and pictures need none of it; "
        "what makes or runs a module does.",
        "",
        "Read the file; then `archc build --trust` (also `bench`, `verify`, `draw --color-by time`), in Python `archc.load(…, trust=True)`.",
    ),
    Code(
        "F662",
        "a class that is not there",
        "The file or module that the declaration names is not found, cannot be loaded, or has no such class; or it makes no `torch.nn.Module`. "
        "A file is copied beside what is built and stands there alone, so what it needs is in it, or is installed.",
        "",
        "Correct the name, or the file.",
    ),
    Code(
        "F663",
        "a constructor that refuses its arguments",
        "The class was called with what `arguments` says (where that is left out, with each parameter of the operation by its name), and raised an error.",
        "",
        "Write `arguments [in.channels, channels, k = kernel]` as the constructor wants it.",
    ),
    Code(
        "F664",
        "a class that keeps other tensors than the text says",
        "Parameters, keys and costs come from the `weight` and `buffer` rows, which are held against the state_dict of the class when it is made.",
        "",
        "Write the rows as the message shows them.",
    ),
    Code(
        "F665",
        "a class that answers otherwise than the text says",
        "The class is tried on batches of 2 and of 3 before anything is built of it. It answers with one tensor, the batch first, of the sizes of `shape`, in the dtype of its inputs, which it leaves as they are.",
        "",
        "Correct the `shape` of the operation, or its class.",
    ),
    Code(
        "F666",
        "a class that refuses what comes in",
        "The class raised an error for an input of the shape that comes in, on a batch of 2.",
        "",
        "Correct the class; or say with `require` which inputs it takes.",
    ),
    Code(
        "F667",
        "a class that a format does not take",
        "TorchScript, torch.export and ONNX take a part of Python. The class by itself, without the rest of the network, cannot be written.",
        "",
        "Write the class as the format wants it (types on arguments and lists, no data-dependent sizes), or ask for other targets.",
    ),
)
