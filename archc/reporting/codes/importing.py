"""Codes of `archc import` (F65x): models of PyTorch that become a text."""

from __future__ import annotations

from .code import Code

ROWS: tuple[Code, ...] = (
    Code(
        "F651",
        "a model that could not be made",
        "`archc import` takes `torchvision:NAME`, `timm:NAME`, `package.module:factory` or `FILE.py:factory`: a function or class of yours that makes a "
        "`torch.nn.Module`, or a module itself. It is called with the values of `--set`. The message gives what the factory raised. While it "
        "runs, nothing may load from the network.",
        "",
        "Name a factory that Python finds from the current folder; give its arguments with `--set name=value`; allow it to load with `--network`.",
    ),
    Code(
        "F652",
        "a model that does not run",
        "The model is run once to see what it does, on tensors of the shape that it says it is made for, or 3x224x224. It refused them, "
        "or returned nothing that depends on them.",
        "",
        "Say what it takes: `--input 1x28x28`, once for each input.",
    ),
    Code(
        "F653",
        "a model that the language cannot say",
        "Some of its operations have no word in the language, or are used in a way that the word does not cover. Each is listed with the module "
        "and the line of the model's source. Nothing was written. The help shows an operation of one's own that carries it: the class of the "
        "part that has it, where that is made of numbers, or a class for the call alone.",
        "",
        "Change the model there; import the part of it that can be said: `package.module:factory` may be any module; or write the text around the "
        "operation that the help shows, and hold it against the model: `archc import SOURCE --against FILE.arch --trust`.",
    ),
    Code(
        "F654",
        "a text that is not equal to its model",
        "Every text is compiled and compared with its model, keys, shapes and outputs, before it is written. Neither the structured nor the flat "
        "text came out equal, so nothing was written.",
        "",
        "This is a fault of the import: please report it, with the model.",
    ),
    Code(
        "F655",
        "a model that is more than one network",
        "A text says one computation, and answers the same to the same. This model was exported in training mode, where norms go by the batch and "
        "dropouts drop; or it draws random numbers or keeps a count from run to run; or it does other things, or takes other numbers, where its "
        "inputs or the batch have another size. The message says which, with the line of the model's source where it is known.",
        "",
        "Call `.eval()` before the export; give a dropout that is called as a function `training=self.training`; take what is random, what is kept "
        "and what is decided by a size out of `forward`.",
    ),
)
