"""`dataclass`, quicker to define: making classes was what `archc check` spent most of its time on.

The standard decorator compiles up to six methods for each class, 0.3 ms where Python itself starts in 9 ms, and archc has
hundreds of classes. Here only `__init__` is compiled; the other methods are the same functions for all classes. Type checkers
see the standard decorator, and `fields`, `replace` and `is_dataclass` work as ever.

One thing differs: a `repr` is one short line. Records hold each other (a node its scope, a scope its parent, a template the
whole file), so that the standard one would write the same parts again and again and never end.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

__all__ = ["dataclass"]

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(cls=None, /, *, frozen=False, slots=False, eq=True):
        """The decorator, with those options of the standard one that archc uses."""

        def make(cls):
            return _made(cls, frozen, slots, eq)

        return make if cls is None else make(cls)


def _made(cls: type, frozen: bool, slots: bool, eq: bool) -> type:
    cls.__doc__ = cls.__doc__ or cls.__name__  # the standard decorator would write the signature there, which takes long
    plain: type = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
    fields = dataclasses.fields(plain)
    if slots:
        plain = _with_slots(plain, [field.name for field in fields])
    methods: dict[str, object] = {"__init__": _init(plain, fields, frozen, slots), "__repr__": _repr}
    if eq:
        methods |= {"__eq__": _eq, "_compared": _getter([field.name for field in fields if field.compare])}
        methods["__hash__"] = None
    if eq and frozen:
        hashed = [field.name for field in fields if (field.compare if field.hash is None else field.hash)]
        methods |= {"__hash__": _hash, "_hashed": _getter(hashed)}
    if frozen:
        methods |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
    if frozen and slots:
        methods |= {"__getstate__": _state, "__setstate__": _set_state}
    own = cls.__dict__
    for name, method in methods.items():
        if name not in own or (name == "__hash__" and own[name] is None):
            setattr(plain, name, method)
    return plain


def _with_slots(cls: type, names: Sequence[str]) -> type:
    """The class again, for `__slots__` must stand in its body."""
    inherited = {name for base in cls.__mro__[1:-1] for name in base.__dict__.get("__slots__", ())}
    body = {name: value for name, value in cls.__dict__.items() if name not in names and name not in ("__dict__", "__weakref__")}
    body["__slots__"] = tuple(name for name in names if name not in inherited)
    again = type(cls)(cls.__name__, cls.__bases__, body)
    again.__qualname__ = cls.__qualname__
    return again


def _init(cls: type, fields: Sequence[dataclasses.Field[object]], frozen: bool, slots: bool) -> object:
    """`__init__`, compiled. A field of a frozen class is set through its slot, past the `__setattr__` that refuses."""
    names: dict[str, object] = {"missing": dataclasses.MISSING, "set": object.__setattr__}
    parameters, lines = ["self"], []
    for field in fields:
        name = field.name
        if field.default is not dataclasses.MISSING:
            names[f"default_{name}"] = field.default
            default, value = f"=default_{name}", name
        elif field.default_factory is not dataclasses.MISSING:
            names[f"make_{name}"] = field.default_factory
            default, value = "=missing", f"make_{name}() if {name} is missing else {name}"
        else:
            default, value = "", name
        if field.init:
            parameters.append(name + default)
        elif field.default_factory is not dataclasses.MISSING:
            value = f"make_{name}()"
        elif field.default is not dataclasses.MISSING:
            value = f"default_{name}"
        else:
            continue
        if frozen and slots:
            names[f"set_{name}"] = getattr(cls, name).__set__
        lines.append(
            f"set_{name}(self, {value})" if frozen and slots else f"set(self, '{name}', {value})" if frozen else f"self.{name} = {value}"
        )
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    body = "\n  ".join(lines) or "pass"
    made: dict[str, Callable[..., None]] = {}
    exec(f"def __init__({', '.join(parameters)}):\n  {body}", names, made)
    init = made["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _getter(names: Sequence[str]) -> object:
    """A function from an instance to the values that make it equal to another; outside the class's methods, so that it is not bound."""
    return staticmethod(attrgetter(*names) if names else _nothing)


def _nothing(_: object) -> tuple[()]:
    return ()


class _Made:
    """What the functions below know of `self`."""

    _compared: Callable[[object], object]
    _hashed: Callable[[object], object]
    __dataclass_fields__: ClassVar[dict[str, dataclasses.Field[Any]]]


MOST_SHOWN = 240
"""Characters of the longest `repr` of a record."""

_ITEMS, _LETTERS, _BITS = 8, 60, 256
"""How much of a list, of a text and of a number a `repr` shows."""


def _repr(self: _Made) -> str:
    name = type(self).__qualname__
    text, more = "", ""
    for field in dataclasses.fields(self):
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


def _eq(self: _Made, other: object) -> object:
    if not isinstance(other, type(self)) or type(self) is not type(other):
        return NotImplemented
    return self._compared(self) == self._compared(other)


def _hash(self: _Made) -> int:
    return hash(self._hashed(self))


def _refuse_to_set(self: object, name: str, value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: _Made) -> list[object]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _set_state(self: _Made, state: Sequence[object]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
