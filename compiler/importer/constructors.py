"""What each module was made with: the arguments of its constructor, by name. They name the parameters of a block."""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Iterator
from typing import Any

from torch import nn

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
        while frame is not None and frame.f_code.co_name == "__init__" and frame.f_locals.get("self") is module:
            outermost, frame = frame, frame.f_back  # type: ignore[assignment]
        if outermost is not None and id(module) not in found:
            row = inspect.getargvalues(outermost)
            names = [name for name in row.args if name != "self"]
            code = outermost.f_code
            names += code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
            found[id(module)] = module, {name: _plain(row.locals[name]) for name in names if name in row.locals}
        first(module, *args, **kwargs)

    nn.Module.__init__ = init  # type: ignore[method-assign, assignment]
    try:
        yield found
    finally:
        nn.Module.__init__ = first  # type: ignore[method-assign]


def _plain(value: object) -> Any:
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, list | tuple) and all(isinstance(item, PLAIN) for item in value):
        return tuple(value)
    return value if inspect.isclass(value) or callable(value) else "?"
