"""Codes of calls (F64x): what commands or the functions of Python cannot be asked."""

from __future__ import annotations

from .code import Code

ROWS: tuple[Code, ...] = (
    Code(
        "F641",
        "values that cannot be tried",
        '`--vary` (in Python `vary`) names a parameter and its values: `base=8,16,32`, `base=8..128:8`, in Python also `{"base": [8, 16, 32]}`. '
        "`archc fit` varies whole numbers, and tries 1 to 4096 where none are given. Each parameter is named once, with each value once, and is "
        "not set too; a sweep has at most 100,000 variants: more are hardly meant.",
        "",
        "Write the values as the message says; give a step or fewer values where there are too many, or let `archc fit` search.",
    ),
    Code(
        "F642",
        "a cost, a target or a column that is none",
        "`archc fit` meets one cost of `parameters`, `macs`, `flops`, `activations`, `memory` and `time`: a number (`macs=4.1G`) or what another network "
        "costs (`macs=resnet50`), and keeps limits like `parameters <= 26M`. A time has a unit: `time=5ms`. `archc sweep --pareto` weighs two columns of its table.",
        "",
        "Name one of the costs or columns that the message lists.",
    ),
    Code(
        "F643",
        "a list of variants that is none",
        "`archc sweep --list` reads a CSV file with a heading, or a JSON list of objects. Columns that are parameters of the network are set, the "
        "others are carried along. Each column has a name of its own, and one that is all but a parameter's (`Width`) is refused. A further column with the name "
        "of a figure that archc works out stands beside it, as `macs (list)`.",
        "",
        "Give the file a heading with the names of parameters and a line for each variant.",
    ),
    Code(
        "F644",
        "a list of networks that cannot be asked for",
        "`archc list --task` (in Python `archc.networks(task=…)`) takes a task that networks of the library have, `--max-parameters` a number: "
        "`26M`, `1500000`.",
        "",
        "Name one of the tasks that the message lists, or write a number.",
    ),
    Code(
        "F645",
        "a value that a function cannot take",
        "A function of `archc` was given a value of the right kind that says nothing: a word that is none of its words, a batch of 0, an empty name. A value "
        "of another kind (`archc.compile(None)`) is Python's `TypeError`.",
        "",
        "Write one of the words that the message lists, or leave the parameter out.",
    ),
    Code(
        "F671",
        "a time without a calibration",
        "`archc cost --device this`, a goal or limit of `time` and `--time` tell how long a network takes on this machine, from what "
        "`archc calibrate` measured of it. There is no such measurement of this machine, or none with so many threads.",
        "",
        "Call `archc calibrate` once: it takes about half a minute and needs PyTorch; afterwards no PyTorch is needed.",
    ),
    Code(
        "F672",
        "a device that is none",
        "`archc cost --device` takes the name of a device that archc knows, `this` for the machine at hand, or a file that `archc calibrate -o` "
        "wrote, perhaps on another machine. A file with a device's peak and bandwidth alone is for `--device-spec`.",
        "",
        "Name one of the devices, or a file that `archc calibrate` wrote.",
    ),
)
