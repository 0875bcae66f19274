"""What callers in Python give: each public function says by `takes` which kinds of values its parameters take.

A value of another kind is a `TypeError`; one of the right kind that cannot be meant (no such word, a batch of 0) is an `ArchError`, as a file's
mistakes are. Both speak of the call alone, without the frames of the compiler, which is not at fault.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from importlib import import_module
from inspect import signature
from math import inf
from typing import ParamSpec, SupportsFloat, SupportsIndex, TypeVar

from .base.diagnostics import Diagnostic, Label
from .base.source import Source
from .compiler import driver
from .compiler.files.system_errors import shown
from .compiler.ops.base import Shape
from .compiler.ops.suggest import closest, did_you_mean
from .reporting.error import ArchError

Input = Sequence[int] | str | Mapping[str, Sequence[int] | str]
"""The shape of the only input, channels first and without the batch, or shapes by the inputs' names; `3x224x224` will do."""

Kind = Callable[[str, object], object]
"""Takes the name of a parameter and what was given for it; answers with that as the function takes it."""

P = ParamSpec("P")
R = TypeVar("R")

WRONG_VALUE = "F645"


def takes(**kinds: Kind) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The function, whose arguments are looked at first."""

    def guarded(function: Callable[P, R]) -> Callable[P, R]:
        parameters = signature(function)

        @wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                bound = parameters.bind(*args, **kwargs)
            except TypeError:
                return function(*args, **kwargs)  # Python says it better
            try:
                for name, value in bound.arguments.items():
                    if name in kinds:
                        bound.arguments[name] = kinds[name](name, value)
                return function(*bound.args, **bound.kwargs)
            except WrongKind as error:
                raise TypeError(str(error)) from None
            except ArchError as error:
                raise error.with_traceback(None) from None

        return called

    return guarded


class WrongKind(TypeError):
    """What was given is of another kind than a parameter takes."""


def wrong_kind(name: str, what: str, value: object) -> WrongKind:
    shown = repr(value) if value is None or isinstance(value, bool | int | float) else f"{type(value).__name__!r}"
    return WrongKind(f"`{name}` is {what}, not {shown}")


def wrong_value(name: str, value: object, message: str, help: str) -> ArchError:
    given = shown(str(value))
    return ArchError((Diagnostic(WRONG_VALUE, shown(message), Label(Source.of(name, given).span(0, len(given))), help=help),))


# -------------------------------------------------------------------------------------------------- kinds


def flag(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise wrong_kind(name, "True or False", value)


def text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    raise wrong_kind(name, "a text", value)


def identifier(name: str, value: object) -> str:
    word = text(name, value)
    if not word.isidentifier():
        raise wrong_value(name, word, f"{word!r} is no name of a network", "a name has letters, digits and `_`")
    return word


def whole(least: int) -> Kind:
    def kind(name: str, value: object) -> int:
        if isinstance(value, bool | type) or not isinstance(value, SupportsIndex):
            raise wrong_kind(name, "a whole number", value)
        number = operator.index(value)
        if number < least:
            raise wrong_value(name, number, f"`{name}` is at least {least}, and it is {number}", "leave it out, or give a larger number")
        return number

    return kind


def positive(name: str, value: object) -> float:
    if isinstance(value, bool | str | type) or not isinstance(value, SupportsFloat | SupportsIndex):
        raise wrong_kind(name, "a number", value)
    number = float(value)
    if not 0 < number < inf:
        raise wrong_value(name, number, f"`{name}` is above 0, and it is {number}", "leave it out, or give another number")
    return number


def number(name: str, value: object) -> object:
    """A number, or a text that says one (`26M`)."""
    if isinstance(value, str) or (isinstance(value, SupportsFloat | SupportsIndex) and not isinstance(value, bool | type)):
        return value
    raise wrong_kind(name, "a number", value)


def word(module: str, table: str) -> Kind:
    """One of the words of a table, which stands in a module that is loaded for it. Of PyTorch's own constants (`torch.float16`) it is the name."""

    def kind(name: str, value: object) -> str:
        words = [*getattr(import_module(module, __package__), table)]
        if type(value).__module__ == "torch":
            value = str(value).removeprefix("torch.")
        if not isinstance(value, str):
            raise wrong_kind(name, f"one of {', '.join(words)}", value)
        if value not in words:
            help = did_you_mean(closest(value, words)) or f"write one of {', '.join(words)}"
            raise wrong_value(name, value, f"`{name}` is one of {', '.join(words)}, not {value!r}", help)
        return value

    return kind


def device(name: str, value: object) -> str:
    if isinstance(value, str) or type(value).__module__ == "torch":
        return str(value)
    raise wrong_kind(name, "a device of PyTorch, 'cpu' or 'cuda:1'", value)


def path(name: str, value: object) -> str:
    """A file to write or to read."""
    return _path(name, value, "the name of a file")


def network(name: str, value: object) -> str:
    """A file, a network of the library or a model; a text stays what it is."""
    return _path(name, value, "a file, the name of a network or a text")


def family(name: str, value: object) -> str:
    """The same where parameters are to vary: a compiled network has its values already."""
    if type(value).__module__ == driver.__name__.replace("compiler.driver", "api") and type(value).__name__ == "Network":
        raise WrongKind(f"`{name}` is a file, the name of a network or a text, not a compiled `Network`, whose values do not vary any more")
    return network(name, value)


def _path(name: str, value: object, what: str) -> str:
    given = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(given, str):
        raise wrong_kind(name, what, value)
    if not given.strip() or "\0" in given:
        raise wrong_value(name, given, f"`{name}` is empty" if not given.strip() else f"`{name}` holds a NUL character", f"give {what}")
    return given


def words(name: str, value: object) -> tuple[str, ...]:
    """Several words; one alone is not taken for its letters."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(_texts(name, value, "a list of words"))


def _texts(name: str, value: object, what: str) -> list[str]:
    if not isinstance(value, Iterable) or isinstance(value, bytes | Mapping):
        raise wrong_kind(name, what, value)
    return [item if isinstance(item, str) else _raise(wrong_kind(name, f"{what}, and in it none is", item)) for item in value]


def _raise(error: Exception) -> str:
    raise error


def texts_or_mapping(name: str, value: object) -> object:
    """Texts like `base=8`, or a mapping."""
    return value if isinstance(value, str | Mapping) else _texts(name, value, "a text `name=value`, a list of them, or a mapping")


def text_or_mapping(name: str, value: object) -> object:
    if isinstance(value, str) or (isinstance(value, Mapping) and all(isinstance(key, str) for key in value)):
        return value
    raise wrong_kind(name, "a text `name=value` or a mapping", value)


def text_or_texts(name: str, value: object) -> object:
    return value if isinstance(value, str) else _texts(name, value, "a text or a list of them")


def mapping(name: str, value: object) -> object:
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return value
    raise wrong_kind(name, "a mapping from names to values", value)


def rows(name: str, value: object) -> object:
    """The name of a file, or mappings."""
    if isinstance(value, str | os.PathLike):
        return path(name, value)
    if isinstance(value, Iterable) and not isinstance(value, bytes | Mapping):
        return list(value)
    raise wrong_kind(name, "a file or a list of mappings", value)


def callback(name: str, value: object) -> object:
    if callable(value):
        return value
    raise wrong_kind(name, "a function", value)


def instance(module: str, cls: str) -> Kind:
    """What a function of archc makes, of a class in a module that is loaded for it."""

    def kind(name: str, value: object) -> object:
        if isinstance(value, getattr(import_module(module, __package__), cls)):
            return value
        raise wrong_kind(name, f"a `{cls}` of archc's own", value)

    return kind


def weights(name: str, value: object) -> object:
    from .compiler.runtime.weights import as_weights

    try:
        return as_weights(value)  # type: ignore[arg-type]
    except TypeError as error:
        raise WrongKind(str(error)) from None


def maybe(kind: Kind) -> Kind:
    return lambda name, value: None if value is None else kind(name, value)


def shapes(name: str, value: object) -> object:
    """Shapes of inputs, by their names; "" for the only one."""
    if isinstance(value, Mapping):
        for key in value:
            text(f"a name in {name}", key)
        return {key: _shape(f"{name}[{key!r}]", shape) for key, shape in value.items()}
    return _shape(name, value)


def _shape(name: str, value: object) -> Shape:
    if isinstance(value, str):
        shape = driver.parse_shape(value)
        if shape is None:
            raise wrong_value(name, value, f"a shape is written as (3, 224, 224) or '3x224x224', not {value!r}", "give sizes of at least 1")
        return shape
    if not isinstance(value, Iterable) or isinstance(value, bytes):
        raise wrong_kind(name, "a shape like (3, 224, 224)", value)
    return tuple(whole(1)(f"{name}[{place}]", size) for place, size in enumerate(value))  # type: ignore[misc]


def module(name: str, value: object) -> object:
    from torch import nn

    if isinstance(value, nn.Module):
        return value
    if isinstance(value, type) and issubclass(value, nn.Module):
        raise WrongKind(f"`{name}` is a module, not its class: write `{value.__name__}(…)`")
    raise wrong_kind(name, "a torch.nn.Module", value)


def tensors(name: str, value: object) -> object:
    from torch import Tensor

    given = list(value.values()) if isinstance(value, Mapping) else value
    rows = [given] if isinstance(given, Tensor) else list(given) if isinstance(given, list | tuple) else []
    if rows and all(isinstance(row, int) for row in rows):
        sizes = ", ".join(map(str, (1, *rows)))
        raise WrongKind(f"`{name}` are tensors, not sizes: write `torch.rand({sizes})`, whose first axis is the batch")
    if any(row is None for row in rows) and any(isinstance(row, Tensor) for row in rows):
        raise WrongKind(
            f'`{name}` has `None` among its tensors: leave it out, and give the others by name: `{{"x": torch.rand(1, 3, 224, 224), …}}`'
        )
    if not rows or not all(isinstance(row, Tensor) for row in rows):
        raise wrong_kind(name, "a tensor, or several, in a list or by the names of what `forward` takes, with the batch", value)
    if not all(row.dim() for row in rows):
        raise wrong_value(
            name, "", f"a tensor of `{name}` has no axes, and the first is the batch", "give one like `torch.rand(1, 3, 224, 224)`"
        )
    return value if isinstance(value, Mapping) else rows


def exported(name: str, value: object) -> object:
    from torch.export import ExportedProgram

    if isinstance(value, ExportedProgram):
        return value
    raise wrong_kind(name, "a program of `torch.export.export`", value)


# ------------------------------------------------------------------------------------------------- values


def each(what: str, values: Mapping[str, object], kinds: Mapping[str, Kind]) -> dict[str, object]:
    """Named values, each of its kind; a name that there is not is said as Python says it, with the nearest."""
    for name in values:
        if name not in kinds:
            near = did_you_mean(closest(name, kinds)) or f"there are {', '.join(kinds)}"
            raise WrongKind(f"there is no option `{name}` of a {what}: {near}")
    return {name: kinds[name](name, value) for name, value in values.items()}


def settings_of(parameters: Mapping[str, object]) -> dict[str, object]:
    return {name: _plain(name, value) for name, value in parameters.items()}


def _plain(name: str, value: object) -> object:
    """A value of the language: numbers of NumPy are numbers, too."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return tuple(_plain(name, item) for item in value)
    if isinstance(value, SupportsIndex) and not isinstance(value, type):
        return operator.index(value)
    if isinstance(value, SupportsFloat) and not isinstance(value, type):
        return float(value)
    raise WrongKind(f"the parameter `{name}` takes a number, a text, true or false, none, or a list of them, not {type(value).__name__!r}")


def shapes_of(given: Input | None) -> dict[str, Shape]:
    """The shapes that were given, by the inputs' names; "" for the only one."""
    if given is None:
        return {}
    found = shapes("input", given)
    return dict(found) if isinstance(found, dict) else {"": found}  # type: ignore[dict-item]
