"""The words that begin statements: how they are used, and which one a misspelt word was meant to be."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Span
from ..recovery.mistake import Mistake, Repair

USAGE: Final = {
    "import": "`import resnet` or `import resnet as r`",
    "from": "`from resnet import bottleneck, basic`",
    "block": "`block name(parameters) { … }`",
    "network": "`network name(parameters) { … }` or `network name = other(arguments)`",
    "operation": '`operation name(parameters) from "my_layers.py:Class" { shape [ … ] }`',
    "weight": "`weight conv.weight[64, 3, 3, 3]`",
    "buffer": "`buffer bn.running_mean[64]`",
    "stage": "`stage name { … }`",
    "aux": "`aux name { … }`",
    "repeat": "`repeat 3 { … }` or `repeat 3 as i { … }`",
    "for": "`for x in list { … }` or `for i, x in list { … }`",
    "if": "`if condition { … } else { … }`",
    "let": "`let name = value`",
    "default": "`default conv(bias = false), bn(eps = 0.001)`",
    "require": '`require condition, "message"`',
    "expect": "the shape at its place, each axis in brackets, `expect [64, 7, 7]`",
    "budget": "`budget parameters <= 26M, macs <= 4.3G`",
    "input": "`input image[3, 224, 224]`",
    "output": "`output p3, p4` or `output name = label`",
}
"""How each word that begins a statement is used."""

_CLOSE: Final = 0.75
_AHEAD: Final = 3


def meant_word(word: str) -> str | None:
    """The word of the language that begins a statement and looks like `word`."""
    if word in USAGE or len(word) < 3:
        return None
    close = get_close_matches(word, USAGE, n=1, cutoff=_CLOSE)
    return close[0] if close else None


def misspelt_diagnostic(span: Span, right: str) -> Diagnostic:
    message = f"`{span.text}` does not begin a statement; `{right}` does"
    return Diagnostic("E125", message, Label(span), fix=Fix(f"write `{right}`", (Edit(span, right),)))


def misspelt_word(mistake: Mistake) -> Repair | None:
    """`epeat 3 { … }`, `netwrk n { … }`."""
    for index in range(mistake.position, mistake.start - 1, -1):
        token = mistake.tokens[index]
        if token.kind == "NAME" and (index == mistake.start or mistake.begins_line(index)):
            right = meant_word(mistake.word(token))
            if right is None:
                return None
            repair = Repair(misspelt_diagnostic(mistake.span(token), right), (mistake.as_kind(index, right.upper()),))
            return repair if mistake.gain(repair, _AHEAD) >= _AHEAD else None
    return None
