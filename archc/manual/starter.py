"""What `archc new` writes: a first file."""

from __future__ import annotations

import keyword

from ..base.source import Source
from ..compiler.driver import check_source
from ..compiler.files.locate import find, read, shipped
from ..compiler.ops.suggest import closest, did_you_mean
from ..dsl import ast
from ..dsl.parser.parse import parse

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
## What differs: nothing yet. Change a value below, or give another; `archc diff {base} {name}.arch` shows what follows from it.

from {base} import {base}

network {name}({parameters}) =
  {base}({arguments})
"""


class NotStarted(Exception):
    """The name cannot be a network's, or the base is not in the library; the text says why."""


def starter(name: str, base: str | None = None) -> str:
    """The text of a file for the network `name`: a small one, or a variant of the shipped network `base`."""
    if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
        raise NotStarted(f"`{name}` is no name for a network: use letters, digits and `_`, and begin with a letter")
    if name == base:
        raise NotStarted(f"a variant needs a name of its own: `{name}` would import itself")
    text = SMALL.format(name=name) if base is None else _variant(name, base)
    errors = [row for row in check_source(Source.of(f"{name}.arch", text)).diagnostics if row.is_error]
    if errors:  # the name is a word that the language needs
        raise NotStarted(f"`{name}` is no name for a network: {errors[0].message}")
    return text


def _variant(name: str, base: str) -> str:
    network = _shipped_network(base)
    rows = [row for row in network.parameters if row.default is not None and _is_plain(row.default)]
    parameters = ", ".join(f"{row.name.name} = {row.default.span.text}" for row in rows if row.default is not None)
    arguments = ", ".join(f"{row.name.name} = {row.name.name}" for row in rows)
    return VARIANT.format(name=name, base=base, parameters=parameters, arguments=arguments)


def _shipped_network(name: str) -> ast.Network:
    """The network of that name in the file of that name."""
    known = shipped()
    if name in known:
        source = read(find(name))
        assert isinstance(source, Source), "the library is there and is UTF-8"
        file, _ = parse(source)
        for item in file.items:
            if isinstance(item, ast.Network) and item.name.name == name:
                return item
    near = did_you_mean(closest(name, known)) or "`archc list` shows the networks that come with archc"
    raise NotStarted(f"there is no network `{name}` in the library; {near}")


def _is_plain(value: ast.Expression) -> bool:
    """Whether it means the same in every file: it names nothing."""
    return all(isinstance(part, ast.Number | ast.Size | ast.Constant | ast.Text | ast.List | ast.Unary) for part in ast.walk(value))
