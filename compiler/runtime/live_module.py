"""Generated source to a live `nn.Module`."""

from __future__ import annotations

import copyreg
import hashlib
import linecache
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..codegen.borrowed import Naming
from ..codegen.pytorch import Mode, class_name, to_python
from ..graph.graph import Graph
from .own_code import PACKAGE, OwnFile, module_of, own_files

if TYPE_CHECKING:
    from torch import nn


def build(graph: Graph, mode: Mode = Mode.TRAIN) -> nn.Module:
    """The network, its weights as its authors start them."""
    files = own_files(graph, mode)
    return load(to_python(graph, mode, naming_of(files)), class_name(graph), files)


def naming_of(files: tuple[OwnFile, ...]) -> Naming:
    """Where generated code that lives here alone finds the classes of the user's own operations."""
    modules = {file.origin: file.module for file in files}
    return lambda row: modules.get(row.origin, row.origin)


def load(source: str, name: str, files: tuple[OwnFile, ...] = ()) -> nn.Module:
    """An instance of class `name` of a generated file, which reads those files."""
    from torch import nn

    made = getattr(_import(source, name, files), name)()
    assert isinstance(made, nn.Module)
    return made


def _import(source: str, name: str, files: tuple[OwnFile, ...] = ()) -> ModuleType:
    """The text as a module, made once. `torch.jit.script` and tracebacks find its lines through `linecache`."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    full_name = f"{PACKAGE}.{name}_{digest}"
    known = sys.modules.get(full_name)
    if known is not None:
        return known
    for each in files:
        module_of(each)
    file = f"<archc {name} {digest}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    module = ModuleType(full_name)
    module.__file__ = file
    exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)
    _make_picklable(module, source, name, files)
    sys.modules.setdefault(PACKAGE, ModuleType(PACKAGE))
    sys.modules[full_name] = module
    return module


def _make_picklable(module: ModuleType, source: str, name: str, files: tuple[OwnFile, ...]) -> None:
    """Let instances of the file's classes pickle (`torch.save` of a whole model, a process that is spawned) together with their text.

    The file is nowhere on disk: a process that reads the pickle makes it again from the text, which needs archc there.
    """

    def reduce(self: object, protocol: int) -> tuple[Any, ...]:
        reduced: Any = object.__reduce_ex__(self, max(protocol, 2))
        made, (kind, *arguments), *state = reduced
        assert made is copyreg.__newobj__  # type: ignore[attr-defined]  # typeshed leaves it out
        if files:
            return (restored_with, (files, source, name, kind.__name__, *arguments), *state)
        return (restored, (source, name, kind.__name__, *arguments), *state)

    for kind in vars(module).values():
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            kind.__reduce_ex__ = reduce  # type: ignore[method-assign,assignment]


def restored_with(files: tuple[OwnFile, ...], source: str, name: str, kind: str, *arguments: object) -> object:
    """The same of a file with classes of the user's own operations, which are run again."""
    _import(source, name, files)
    return restored(source, name, kind, *arguments)


def restored(source: str, name: str, kind: str, *arguments: object) -> object:
    """An instance of a class of a generated file, as unpickling wants it: made, and not yet filled."""
    made = getattr(_import(source, name), kind)
    return made.__new__(made, *arguments)
