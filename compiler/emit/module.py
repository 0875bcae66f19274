"""Generated source to a live `nn.Module`."""

from __future__ import annotations

import hashlib
import linecache
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from ..graph import Graph
from .pytorch import Mode, class_name, to_python

if TYPE_CHECKING:
    from torch import nn

PACKAGE = "archc_generated"
"""Where generated modules live in `sys.modules`."""


def build(graph: Graph, mode: Mode = Mode.TRAIN) -> nn.Module:
    """The network, its weights as its authors start them."""
    return load(to_python(graph, mode), class_name(graph))


def load(source: str, name: str) -> nn.Module:
    """An instance of class `name` of a generated file."""
    from torch import nn

    made = getattr(_import(source, name), name)()
    assert isinstance(made, nn.Module)
    return made


def _import(source: str, name: str) -> ModuleType:
    """The text as a module, made once. `torch.jit.script` and tracebacks find its lines through `linecache`."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    full_name = f"{PACKAGE}.{name}_{digest}"
    known = sys.modules.get(full_name)
    if known is not None:
        return known
    file = f"<archc {name} {digest}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    module = ModuleType(full_name)
    module.__file__ = file
    exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)
    sys.modules.setdefault(PACKAGE, ModuleType(PACKAGE))
    sys.modules[full_name] = module
    return module
