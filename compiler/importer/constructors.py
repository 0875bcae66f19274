"""What each module was made with: the arguments of its constructor, by name. They name the parameters of a block."""

from __future__ import annotations

import contextlib
import inspect
import sys
import types
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from .words import is_name

Arguments = dict[str, Any]
PLAIN = (bool, int, float, str, type(None))


@contextlib.contextmanager
def watched() -> Iterator[dict[int, tuple[nn.Module, Arguments]]]:
    """While it is open, each new module's arguments are kept, by the module's identity."""
    found: dict[int, tuple[nn.Module, Arguments]] = {}
    first = nn.Module.__init__

    def init(module: nn.Module, *args: Any, **kwargs: Any) -> None:
        frame = sys._getframe(1)
        # `super().__init__()` climbs from the most special class: its frame is the outermost of those that make this module.
        outermost = None
        while frame is not None and frame.f_code.co_name == "__init__" and _own(frame) is module:
            outermost, frame = frame, frame.f_back  # type: ignore[assignment]
        if outermost is not None and id(module) not in found:
            row = inspect.getargvalues(outermost)
            names = row.args[1:]
            code = outermost.f_code
            names += code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
            given = {name: row.locals[name] for name in names if name in row.locals}
            found[id(module)] = module, _settings(given) | {name: _plain(value) for name, value in given.items()}
        first(module, *args, **kwargs)

    nn.Module.__init__ = init  # type: ignore[method-assign, assignment]
    try:
        yield found
    finally:
        nn.Module.__init__ = first  # type: ignore[method-assign]


def _own(frame: types.FrameType) -> object:
    """The first argument of a method: `self`, whatever it is called there."""
    names = frame.f_code.co_varnames
    return frame.f_locals.get(names[0]) if names else None


def _settings(given: Arguments) -> Arguments:
    """The numbers of an object with settings that a constructor was given (`cnf.expanded_channels`), by their names there."""
    found: Arguments = {}
    for value in given.values():
        if not isinstance(value, nn.Module | torch.Tensor | type) and not callable(value):
            found |= {name: item for name, item in getattr(value, "__dict__", {}).items() if _is_number(name, item)}
    return found


def own_numbers(module: nn.Module) -> Arguments:
    """The numbers that a module keeps as attributes (`self.expand_ratio`)."""
    return {name: value for name, value in vars(module).items() if name != "training" and _is_number(name, value)}


def _is_number(name: str, value: object) -> bool:
    return isinstance(value, bool | int | float) and is_name(name) and not name.startswith("_")


def _plain(value: object) -> Any:
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, PLAIN) for item in value):
        return tuple(value)
    return value if inspect.isclass(value) or callable(value) else "?"
