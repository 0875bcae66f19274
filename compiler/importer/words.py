"""Names: of blocks from classes, of parameters from constructors, and what no name may be."""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Collection

from ...base.source import Source
from ..driver import check_source
from ..elaborate.naming import why_no_variable
from ..ops import TABLE as OPERATIONS

KEYWORDS = frozenset(
    [
        "arch",
        "network",
        "block",
        "stage",
        "input",
        "output",
        "aux",
        "if",
        "else",
        "for",
        "in",
        "repeat",
        "as",
        "let",
        "require",
        "expect",
        "budget",
        "import",
        "from",
        "default",
        "skip",
        "reuse",
        "split",
        "with",
        "takes",
        "indexed",
        "flat",
        "none",
        "true",
        "false",
        "and",
        "or",
        "not",
        "half",
        "valid",
        "causal",
        "same",
        "allow",
        "gives",
        "split",
        "operation",
        "range",
        "len",
        "sum",
        "min",
        "max",
        "round",
        "floor",
        "ceil",
        "divisible",
        "linspace",
        "take",
        "abs",
        "sqrt",
        "channels",
        "height",
        "width",
        "length",
        "features",
        "depth",
    ]
)
AXES = frozenset(["channels", "height", "width", "length", "features", "depth"])
RESERVED = KEYWORDS - AXES
NEVER = frozenset(["if", "else", "for", "in", "let", "repeat", "require", "and", "or", "not", "true", "false", "none"])
"""Words of the language that are no name anywhere (E119)."""


ONE_WORD = {"ViT": "Vit", "UNet": "Unet"}
"""Names whose capitals begin no words."""


def is_name(word: str) -> bool:
    """Whether the language takes a word as a name. Python takes other letters than those of ASCII."""
    return word.isidentifier() and word.isascii()


def _plain(name: str) -> str:
    """Letters without their signs, `Größe` as `Grosse`; others, as Greek ones, are left out."""
    return unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode()


def snake(name: str) -> str:
    """`InvertedResidual` as `inverted_residual`, `_DenseLayer` as `dense_layer`, `UNet` as `unet`."""
    name = _plain(name)
    for told, word in ONE_WORD.items():
        name = name.replace(told, word)
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name.strip("_"))
    return re.sub(r"\W+", "_", name).lower().strip("_") or "part"


def identifier(name: str) -> str:
    """A network's name, of the last part of a model's."""
    word = "".join(letter if letter.isalnum() else "_" for letter in _plain(name.rpartition(".")[2]))
    word = word if word[:1].isalpha() else f"net_{word}"
    return f"{word}_net" if word in OPERATIONS or word in RESERVED else word  # it hides no word of the language


def why_no_network(word: str) -> str | None:
    """Why a network of any operations could not have this name, with one that it could have; None where it can."""
    if not is_name(word):
        why = "letters of ASCII, digits and `_`"
    elif keyword.iskeyword(word):
        why = "Python, whose source it becomes, reserves the word"
    elif word in OPERATIONS:
        why = "it is an operation of the language"
    elif check_source(Source.of("name", f"network {word} {{\n  input x[3]\n  relu\n}}\n")).has_errors:
        why = "it is a word of the language"
    else:
        return None
    near = identifier(word)
    near = f"{near}_net" if near == word else near
    return f"{word!r} is no name of a network: {why}" + (f"; `{near}` is one" if why_no_network(near) is None else "")


def free_name(wanted: str, taken: Collection[str]) -> str:
    """A name that is no word of the language and not taken."""
    name = snake(wanted)
    if name in RESERVED or name in OPERATIONS or not is_name(name):
        name = f"{name}_value" if is_name(name) else f"value_{name}"
    found, count = name, 1
    while found in taken:
        count += 1
        found = f"{name}{count}"
    return found


def output_name(told: str, place: int, taken: Collection[str]) -> str:
    """What an output is called, after the model's own name of it: a key of a dictionary may be any text, and a field any word of Python's."""
    name = re.sub(r"\W+", "_", _plain(told)).strip("_") if not is_name(told) else told
    name = name if is_name(name) else f"out{place}"
    name = f"{name}_" if name in NEVER or why_no_variable(name) else name
    found, count = name, 1
    while found in taken:
        count += 1
        found = f"{name}_{count}"
    return found


def name_of_block(kind: str, taken: Collection[str]) -> str:
    """The name of a block after its class; operations keep theirs."""
    name = snake(kind)
    name = {"bn": "batch_norm"}.get(name, name)
    if name in RESERVED or name in OPERATIONS or name in AXES or not is_name(name):
        name = "layer" if name == "block" else f"{name}_block"
    found, count = name, 1
    while found in taken:
        count += 1
        found = f"{name}_{count}"
    return found


def first_keys(keys: Collection[str]) -> str:
    """Keys as a note lists them: three, and a sign that there are more."""
    rows = list(keys)
    return ", ".join(f"`{key}`" for key in rows[:3]) + (", …" if len(rows) > 3 else "")
