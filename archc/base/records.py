"""`dataclass`, the standard one, with a `repr` of one short line.

Records hold each other (a node its scope, a scope its parent, a template the whole file), so that the standard `repr` would
write the same parts again and again and never end.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, **options):
        """The standard decorator: it sees to everything but `repr`. What adds no field to another record has all from that one."""

        def make(cls):
            own = "__repr__" in cls.__dict__
            cls.__doc__ = cls.__doc__ or cls.__name__  # else the signature is written there, which takes long
            if options == _USUAL and _adds_no_field(cls):
                return type(cls)(cls.__name__, cls.__bases__, _contents(cls) | {"__slots__": (), "__qualname__": cls.__qualname__})
            made = dataclasses.dataclass(repr=False, **options)(cls)
            if not own:
                made.__repr__ = _repr
            return made

        return make if cls is None else make(cls)


_USUAL = {"frozen": True, "slots": True}


def _adds_no_field(cls: type) -> bool:
    """Whether all that the decorator would write stands in its base: an operation without parameters, say.

    A quarter of all records are such, and each would cost a start as much as one with fields.
    """
    base = cls.__bases__[0]
    params = getattr(base, "__dataclass_params__", None)
    return (
        params is not None
        and (params.frozen, params.eq, len(cls.__bases__)) == (True, True, 1)
        and all(str(kind).startswith("ClassVar[") for kind in cls.__annotations__.values())
        and not {"__eq__", "__hash__", "__init__", "__post_init__"} & cls.__dict__.keys()
    )


def _contents(cls: type) -> dict[str, object]:
    """What a class is made of, without what each class gets of its own."""
    return {name: value for name, value in cls.__dict__.items() if name not in ("__dict__", "__weakref__")}


MOST_SHOWN = 240
"""Characters of the longest `repr` of a record."""

_ITEMS, _LETTERS, _BITS = 8, 60, 256
"""How much of a list, of a text and of a number a `repr` shows."""


def _repr(self: object) -> str:
    name = type(self).__qualname__
    text, more = "", ""
    for field in dataclasses.fields(self):  # type: ignore[arg-type]  # what the decorator made is one
        if not field.repr or not hasattr(self, field.name):
            continue
        shown = f"{more}{field.name}={_brief(getattr(self, field.name))}"
        if len(name) + len(text) + len(shown) > MOST_SHOWN - len("(, …)"):
            return f"{name}({text}{more}…)"
        text, more = text + shown, ", "
    return f"{name}({text})"


def _brief(value: object, depth: int = 3) -> str:
    """A value within a record: plain ones as they are, long ones cut, and of what is a record itself the name."""
    if isinstance(value, str):
        return repr(value if len(value) <= _LETTERS else value[:_LETTERS] + "…")
    if value is None or isinstance(value, bool | float) or (isinstance(value, int) and value.bit_length() <= _BITS):
        return repr(value)
    if isinstance(value, dict):
        pairs = [f"{_brief(key, 0)}: {_brief(item, depth - 1)}" for key, item in islice(value.items(), _ITEMS if depth else 0)]
        return "{" + _listed(pairs, len(value)) + "}"
    if isinstance(value, list | tuple):
        items = [_brief(item, depth - 1) for item in value[: _ITEMS if depth else 0]]
        comma = "," if isinstance(value, tuple) and len(value) == len(items) == 1 else ""
        return f"({_listed(items, len(value))}{comma})" if isinstance(value, tuple) else f"[{_listed(items, len(value))}]"
    if isinstance(value, type):
        return value.__qualname__
    kind = type(value).__qualname__
    return f"{kind}(…)" if dataclasses.is_dataclass(value) else f"<{kind}>"


def _listed(items: Sequence[str], count: int) -> str:
    """The items that are shown, and whether there are more."""
    return ", ".join([*items, "…"] if len(items) < count else items)
