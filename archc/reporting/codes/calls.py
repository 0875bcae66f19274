"""Codes of calls (F64x): what commands or the functions of Python cannot be asked."""

from __future__ import annotations

from .code import Code

ROWS: tuple[Code, ...] = (
    Code(
        "F641",
        "values that cannot be tried",
        '`--vary` (in Python `vary`) names a parameter and its values: `base=8,16,32`, `base=8..128:8`, in Python also `{"base": [8, 16, 32]}`. '
        "`archc fit` varies whole numbers, and tries 1 to 4096 where none are given. Each parameter is named once, and a sweep has at most "
        "100,000 variants: more are hardly meant.",
        "",
        "Write the values as the message says; give a step or fewer values where there are too many, or let `archc fit` search.",
    ),
    Code(
        "F642",
        "a cost, a target or a column that is none",
        "`archc fit` meets one cost of `parameters`, `macs`, `flops`, `activations` and `memory`: a number (`macs=4.1G`) or what another network "
        "costs (`macs=resnet50`), and keeps limits like `parameters <= 26M`. `archc sweep --pareto` weighs two columns of its table.",
        "",
        "Name one of the costs or columns that the message lists.",
    ),
    Code(
        "F643",
        "a list of variants that is none",
        "`archc sweep --list` reads a CSV file with a heading, or a JSON list of objects. Columns that are parameters of the network are set, the "
        "others are carried along.",
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
)
