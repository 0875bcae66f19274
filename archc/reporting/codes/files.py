"""Codes of files and of the machine (F61x, F620, F63x): what is read, what is written, and what the system refuses."""

from __future__ import annotations

from .code import Code

ROWS: tuple[Code, ...] = (
    Code(
        "F611",
        "a file that is not there",
        "A network is named by the path of its file (`nets/my.arch`), by a path and a network in it (`nets/my.arch:small`), or by the name of "
        "a network that comes with archc (`resnext50`).",
        "",
        "Correct the path. `archc list` shows the networks that come with archc.",
    ),
    Code(
        "F612",
        "a file that cannot be read",
        "The system refuses to open it: it is a folder, or its permissions do not let you.",
        "",
        "Name a file that you may read.",
    ),
    Code(
        "F613",
        "a file that is not UTF-8 text",
        "`.arch` files are UTF-8, with or without a byte-order mark, whatever the language of the system is. The message names the first byte "
        "that is not, or the encoding that the file seems to have.",
        "",
        "Save the file as UTF-8: every editor offers it under “Save as” or “Encoding”.",
    ),
    Code(
        "F614",
        "a file that is too large",
        "A file has at most 8 MiB of text, a list of variants or a journal 256 MiB. A network of a million operations is a few loops.",
        "",
        "Write repeats as loops, or split the file and `import` its parts. A device such as `/dev/zero` has no end: name the file that is meant.",
    ),
    Code(
        "F615",
        "an output that could not be written",
        "Outputs are written beside their place and then moved there, so that each is there whole or not at all. This one is not; the others are, "
        "and a file that was there before is as it was. The message gives the system's reason. For `fmt` and `check --fix` the output is your own "
        "file, for a printed result it is the stream (`<stdout>`). `archc import` replaces an earlier text or other weights, and neither what it reads "
        "the model from nor a file that is neither.",
        "",
        "Choose a place where you may write (`-o`, `--plot`, another name), change its permissions, or make room.",
    ),
    Code(
        "F616",
        "an output that needs a package",
        "Some outputs are made by packages that archc does not install by itself.",
        "",
        "Install the extra that the message names, for example `pip install 'archc[onnx]'`.",
    ),
    Code(
        "F617",
        "a device that is not there",
        "`--device` takes a device of PyTorch: `cpu`, `cuda`, `cuda:1`. PyTorch must see it on this machine, for the module is put there. "
        "`meta`, which holds shapes and no numbers, is none to build for.",
        "",
        "Build for `cpu`, or on the machine that has the device.",
    ),
    Code(
        "F618",
        "a reference that is not there",
        "`--against` of `archc verify` and `archc bench` takes a model of torchvision or of timm, by its name there, or what makes a model "
        "of your own, whose code is run. What is in a file (`.pt2`, `.onnx`) runs at the sizes that it was written for, and is none.",
        "",
        "Write `torchvision:resnet50`, `timm:resnet50` or `my_net.py:Net`.",
    ),
    Code(
        "F619",
        "a network that ONNX cannot express",
        "PyTorch's exporter writes the ONNX file, and has no rule for some operations (an adaptive pool of a volume, for example).",
        "",
        "Use another operation there, or `--target export` or `torchscript`.",
    ),
    Code(
        "F620",
        "a package that cannot be compiled here",
        "`--target aotinductor` writes compiled code. Making it takes a C++ compiler and a PyTorch with AOTInductor; running it takes no compiler.",
        "",
        "Install a C++ compiler, or name yours in the variable `CXX`; or use `--target torchscript --optimize`, which needs none.",
    ),
    Code(
        "F626",
        "an axis that cannot be free",
        "`archc build --dynamic height,width` leaves sizes of the inputs free in ONNX and torch.export, under the condition that `archc sizes` tells. "
        "An axis that weights depend on (a `flatten` before a `linear`, say) has one size.",
        "",
        "Leave the axis out of `--dynamic`, or pool it away (`global_avgpool`) before what depends on it.",
    ),
    Code(
        "F627",
        "a label that a format does not hold",
        "Python's source holds every label that `add_module` takes. TorchScript, torch.export and PyTorch's exporter to ONNX write `self.label` "
        "whatever it is, so that words of Python's (`class`, `in`) and letters that Python reads as others (`ﬁ` as `fi`) cannot be read back; nor can TorchScript read letters beyond ASCII.",
        "",
        "Choose another label, or build what holds it: `--target python,diagram,json`, or `--optimize`, whose file has names of its own.",
    ),
    Code(
        "F631",
        "a system that refuses",
        "Something that archc needs of the system was refused: the current folder is gone, too many files are open, no further process may start. "
        "The network is right, and nothing was left half done.",
        "",
        "The message gives the system's reason and what helps against it; then call again.",
    ),
    Code(
        "F632",
        "not enough memory",
        "The memory of this machine, or what it allows a process, ran out. The network is right, and nothing was left half done.",
        "",
        "Ask for less at a time (`--batch`, `--input`, `--jobs 1`), close other programs, or use a machine with more memory.",
    ),
)
