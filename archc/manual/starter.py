"""What `archc new` writes: a first file."""

from __future__ import annotations

import keyword
import os

from ..base.source import Source
from ..compiler.driver import check_source, slots_of
from ..compiler.elaborate.functions import FUNCTIONS
from ..compiler.elaborate.slots import Slot
from ..compiler.elaborate.values import WORDS
from ..compiler.files.library import FAMILIES, networks
from ..compiler.files.locate import SUFFIX, known_names
from ..compiler.files.model_names import is_source
from ..compiler.files.near_names import near_networks
from ..compiler.ops import TABLE
from ..compiler.ops.suggest import did_you_mean
from ..dsl import ast
from ..dsl.format.printer import format_source

SMALL = """\
arch 1

## {name}: a small residual network for images of 32x32.

default conv(bias = false)

## Two 3x3 convolutions, and a skip; where the shape changes, the skip is projected.
block residual(out, stride = 1) {{
  add {{
    | conv(out, 3, stride = stride) -> bn -> relu -> conv(out, 3) -> bn
    | if stride != 1 or in.channels != out {{ conv(out, 1, stride = stride) -> bn }}
  }} -> relu
}}

network {name}(width = 32, depths = [2, 2, 2], classes = 10) {{
  input image[3, 32, 32]

  stage stem {{ conv(width, 3) -> bn -> relu }}

  for i, depth in depths {{
    stage "layer{{i + 1}}" {{
      repeat depth as j {{ residual(width * 2 ** i, stride = 2 if i > 0 and j == 0 else 1) }}
    }}
  }}

  stage head {{ global_avgpool -> flatten -> linear(classes) }}
}}
"""

VARIANT = """\
arch 1

## {name}: a variant of {base}.
##
## What differs: nothing yet. Change a value below; `archc diff {base} {name}.arch` shows what follows from it.

{imports}

{derived}network {name} = {base}(
  {arguments}
)
"""


class NotStarted(Exception):
    """The name cannot be a network's, or the base is not in the library; the text says why."""


def starter(name: str, base: str | None = None, folder: str = "") -> str:
    """The text of a file for the network `name` in a folder: a small one, or a variant of the shipped network `base`."""
    if keyword.iskeyword(name):
        raise NotStarted(f"`{name}` is no name for a network: Python, whose source it becomes, reserves the word; `{name}_` will do")
    if not name.isidentifier() or not name.isascii():
        raise NotStarted(f"`{name}` is no name for a network: use letters, digits and `_`, and begin with a letter")
    if name == base:
        raise NotStarted(f"a variant needs a name of its own: `{name}` would import itself")
    text = SMALL.format(name=name) if base is None else _variant(name, base, folder)
    errors = [row for row in check_source(Source.of(os.path.join(folder, f"{name}.arch"), text)).diagnostics if row.is_error]
    if errors:  # the name is a word that the language needs
        raise NotStarted(f"`{name}` is no name for a network: {errors[0].message}")
    return text


def hides(name: str) -> str | None:
    """What is to be said of a file with the name of one of the library: beside it, imports take the file."""
    if name not in known_names():
        return None
    return (
        f"a network `{name}` comes with archc: beside this file `from {name} import …` takes the file, and `archc check {name}` that of archc; "
        f"another name keeps them apart, `archc new my_{name}`"
    )


def _variant(name: str, base: str, folder: str) -> str:
    """Every parameter of the base with its value, as far as the value means the same in another file."""
    imports = {base: [base]}
    written: dict[str, str] = {}
    derived = []
    slots = _parameters(base)
    own = {slot.name for slot in slots}
    brought: dict[str, str] = {base: base}
    for slot in slots:
        if slot.value is None:
            continue
        text = " ".join(slot.default.split())
        mentioned = _mentioned(slot.value)
        names = {word for word in mentioned if word not in TABLE and word not in FUNCTIONS and word not in WORDS}
        place = slot.value.span.source.name.rpartition("/")[2].removesuffix(SUFFIX)
        if mentioned & own or any(brought.get(word, place) != place or word == name for word in names):
            derived.append(f"{slot.name} = {text}")
            continue
        for word in sorted(names - brought.keys()):
            brought[word] = place
            imports.setdefault(place, []).append(word)
        written[slot.name] = text
    for file in imports:
        local = os.path.join(folder, file + SUFFIX)
        if os.path.isfile(local):
            raise NotStarted(
                f"`{local}` hides the library's `{file}`, which a variant of `{base}` imports: rename that file, or write this one into another folder"
            )
    return format_source(
        Source.of(
            f"{name}.arch",
            VARIANT.format(
                name=name,
                base=base,
                imports="\n".join(f"from {file} import {', '.join(words)}" for file, words in imports.items()),
                derived="".join(f"# Follows from the others where it is not given: {row}\n" for row in derived),
                arguments=",\n  ".join(f"{row} = {text}" for row, text in written.items()),
            ),
        )
    )


def _parameters(name: str) -> tuple[Slot, ...]:
    """Those of a network of the library."""
    known = networks()
    if is_source(name):
        raise NotStarted(f"`{name}` is a model of PyTorch, whose text is yours once it is imported: `archc import {name} -o FILE.arch`")
    if name not in {*known, *FAMILIES} or (slots := slots_of(name)) is None:
        if os.path.isfile(name) or name.endswith(SUFFIX):
            word = os.path.basename(name).removesuffix(SUFFIX)
            help = f"of a file of your own, import the network and call it: `from {word} import …`, or copy the file"
            raise NotStarted(f"`{name}` is a file, and a variant is made of a network that comes with archc (`archc list`); {help}")
        near = did_you_mean(near_networks(name, known)) or "`archc list` shows the networks that come with archc"
        raise NotStarted(f"there is no network `{name}` in the library; {near}")
    return slots


def _mentioned(value: ast.Expression) -> set[str]:
    """The names in a value."""
    return {part.name if isinstance(part, ast.Name) else part.path[0] for part in ast.walk(value) if isinstance(part, ast.Name | ast.Call)}
