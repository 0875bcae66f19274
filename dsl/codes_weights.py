"""Codes of weights (F62x): what `--weights` and `archc.load(weights=…)` may have to say of a file."""

from __future__ import annotations

from .codes import Code

ROWS: tuple[Code, ...] = (
    Code(
        "F621",
        "weights that cannot be read",
        "Weights are read from `.safetensors` files, from what `torch.save` wrote (a state_dict, or a checkpoint that has one under `state_dict`, "
        "`model` and the like), and from TorchScript files. A pickled model is refused, for reading it would run whatever code is in it.",
        "",
        "Save `model.state_dict()`, with `torch.save` or with safetensors.",
    ),
    Code(
        "F622",
        "weights that the file lacks",
        "Every tensor of the network must be in the file under its own key, which is the path of names to the operation. The message names the "
        "first that is not, and for each the key in the file that is nearest, those of the same shape first. Nothing was loaded.",
        "",
        "Label the steps as the file names them (`archc explain E209` tells how keys are made), or load the weights of this network.",
    ),
    Code(
        "F623",
        "weights that the network does not have",
        "The file has keys that the network lacks; loading the rest in silence would hide a mistake. Keys of side heads are let through where the "
        "module is made for inference. Nothing was loaded.",
        "",
        "Label the steps as the file names them, or take the keys out of the file.",
    ),
    Code(
        "F624",
        "weights of another shape",
        "The key is there and the numbers are not as many: the file was made with other classes, another width or other groups. Nothing was loaded.",
        "",
        "Give the network the same parameters, for example `--set classes=10`.",
    ),
)
