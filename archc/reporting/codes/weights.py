"""Codes of weights (F62x): what `--weights` and `archc.load(weights=…)` may have to say of a file."""

from __future__ import annotations

from .code import Code

ROWS: tuple[Code, ...] = (
    Code(
        "F621",
        "weights that cannot be read",
        "Weights are read from safetensors files, from what `torch.save` wrote (a state_dict, or a checkpoint that has one under `state_dict`, "
        "`model` and the like), and from TorchScript files; which of them a file is, its first bytes tell. A Git LFS pointer, a web page, an "
        "archive of something else, an index of several files, a file that was cut short are told as what they are. A pickled model is "
        "refused, for reading it would run whatever code is in it.",
        "",
        "Save `model.state_dict()`, with `torch.save` or with safetensors; download again what was cut short.",
    ),
    Code(
        "F622",
        "weights that the file lacks",
        "Every tensor of the network must be in the file under its own key, which is the path of names to the operation. The message names the "
        "first that is not, and for each the key in the file that is nearest, those of the same shape first. A beginning that all keys have in "
        "the file (`module.`), or in the network (`body.`), is found by itself. Nothing was loaded.",
        "",
        "Label the steps as the file names them (`archc explain E209` tells how keys are made), say how the keys begin with `--rename OLD=NEW`, "
        "leave tensors as training starts with `--skip PATTERN` or `--partial`, or load the weights of this network.",
    ),
    Code(
        "F623",
        "weights that the network does not have",
        "The file has keys that the network lacks; loading the rest in silence would hide a mistake. Keys of side heads are let through where the "
        "module is made for inference, and so is what tools leave behind (`total_ops`, `n_averaged`). Nothing was loaded.",
        "",
        "Leave them in the file with `--skip PATTERN` or `--partial`, or label the steps as the file names them.",
    ),
    Code(
        "F624",
        "weights of another shape",
        "The key is there and the numbers are not as many: the file was made with other classes, for another number of input channels or another "
        "image size, with another width or other groups. The message tells which, where the tensors show it. Nothing was loaded.",
        "",
        "Give the network the same parameters (`--set classes=10`, `--input 3x224x224`), start the last layer afresh (`--skip 'fc.*'`), make the "
        "tensors fit (`--adapt channels`, `--adapt positions`), or load what fits (`--partial`).",
    ),
    Code(
        "F625",
        "options of weights that do not hold",
        "The part of the file is not there (`--weights FILE:PART`) or several are and none is named; a pattern of `--skip` or a beginning of "
        "`--rename` is of no key; or two tensors would come to one key. Nothing was loaded.",
        "",
        "The message names the parts or the nearest key.",
    ),
)
