"""Codes of diagrams (F6xx, W55x): what `archc draw` and the diagram of `archc build` may have to say."""

from __future__ import annotations

from .code import Code

_NETWORK = ""  # no text provokes these: they are of calls and machines

ROWS: tuple[Code, ...] = (
    Code(
        "F601",
        "a diagram that could not be laid out",
        "Diagrams are laid out by Graphviz, in a process of its own with a time limit: the package `pygraphviz` or, without it, "
        "the program `dot`. When it dies, takes too long or is missing, nothing else is affected: the other outputs are made and the `.dot` text is kept.",
        _NETWORK,
        "Install Graphviz or `pip install pygraphviz`; lay the kept `.dot` out elsewhere; or fold more of the network (`--level stage`).",
    ),
    Code(
        "F602",
        "a format that pictures do not have",
        "The ending of the file says the format of the picture. Plots (`--plot`, `archc cost --memory -o`) are SVG, and need a file.",
        _NETWORK,
        "Use one of the endings that the message lists.",
    ),
    Code(
        "F603",
        "a bitmap that would be too large",
        "A bitmap holds at most 32,767 pixels a side. Graphviz would shrink the picture until nobody can read it; archc does not.",
        _NETWORK,
        "Write `.svg` or `.pdf`, which have no such limit, or fold more of the network.",
    ),
    Code(
        "F604",
        "a part to open or fold that the network does not have",
        "`--open` and `--fold` take the name of a stage, a label, a block (all its calls) or a path such as `layer1.0`; `--open '*'` folds nothing.",
        _NETWORK,
        "Use one of the names that the message suggests.",
    ),
    Code(
        "F605",
        "a diagram with too many boxes",
        "The time that a layout takes explodes with the number of boxes, and no page shows thousands of them.",
        _NETWORK,
        "Fold the part that the message names, or draw the network at a higher level.",
    ),
    Code(
        "F606",
        "a word that no picture knows",
        "The level, the theme, the direction and what colours the boxes are each one of a few words.",
        _NETWORK,
        "Use one of the words that the message lists.",
    ),
    Code(
        "F607",
        "a file of numbers that do not belong to the network",
        '`--values` reads JSON: a number for each path (`{"layer1.0.conv1": 0.81}`), several by name (`{"layer1.0.conv1": {"time": 0.81}}`), '
        "or a profile of PyTorch or ONNX Runtime, whose events count where they bear the name of a step. A path is that of a step, as `archc cost` "
        "lists them, or of a part. A number is 0 or more; its name is none of those that `--color-by` has already.",
        _NETWORK,
        "Write the paths as `archc cost --format json` has them; a misspelt one would be left out without a word.",
    ),
    Code(
        "W551",
        "a diagram whose text is too small to read",
        "Scaled to the width that was asked for, the text would be smaller than 6 points on paper, or the picture higher than a page; or it is so "
        "much wider than high that no screen shows it.",
        _NETWORK,
        "Make the picture as wide as the message says, or take the level or direction that it names, which was tried.",
    ),
    Code(
        "W552",
        "a part that `--open` does not open",
        "The picture is the same without it: the part is open at this level already, or lies in one that `--fold` keeps shut.",
        _NETWORK,
        "Do what the message says, which was tried, or leave it out.",
    ),
    Code(
        "W553",
        "an option that this kind of picture does not have",
        "A page follows the reader's window and colours, a drawing of TikZ or draw.io is scaled where it is placed, volumes lead from left to "
        "right: the option changed nothing.",
        _NETWORK,
        "Leave it out, or write a picture that has it (.svg, .pdf, .png).",
    ),
)
