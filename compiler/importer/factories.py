"""What makes a model: a name of torchvision or timm, a function or class of a person's own, a module that is made already.

The code that a source names is run, and nothing else.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import nn

from ...reporting.error import ArchError
from ..files.model_names import LIBRARIES, PYTHON
from ..files.near_names import near_networks
from ..ops.suggest import closest, did_you_mean, with_all
from .own_lines import place_of_line, stopped_at
from .trouble import UNASKED, trouble

PRETRAINED = ("weights", "pretrained")
"""What a library's model takes to load numbers, which a text has none of."""


def line_of(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0][:200]


PACKAGES = {"PIL": "pillow", "yaml": "pyyaml"}
"""Packages that are called otherwise than their modules."""


def declare_operators() -> None:
    """torchvision registers a rule for these also where its compiled operators do not fit the PyTorch at hand; none is needed here."""
    for name in ("nms", "qnms"):
        with contextlib.suppress(RuntimeError):
            torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


def of_library(source: str, library: str, name: str, settings: Mapping[str, object]) -> tuple[Callable[..., object], str]:
    try:
        declare_operators()
        home = importlib.import_module("torchvision.models" if library == "torchvision" else "timm")
        version = str(importlib.import_module(library).__version__).partition("+")[0]
    except ImportError as error:
        lacks = (error.name or library).partition(".")[0]  # timm may be there, and what it needs not
        package = PACKAGES.get(lacks, lacks)
        raise trouble(source, "F616", f"importing from {library} needs the package `{package}`", f"`pip install {package}`") from error
    names = home.list_models()
    if name not in names:
        raise trouble(
            source,
            "F618",
            f"{library} has no model `{name}`",
            did_you_mean(near_networks(name, names)) or f"see {library}'s list of models",
        )
    origin = f"{name} of {library} {version}"
    asked = next((word for word in PRETRAINED if word in settings), None)
    if asked is not None:
        raise trouble(
            source,
            "F651",
            f"`{source}` is imported without pretrained weights: `{asked}` is not to be given",
            f"leave `--set {asked}=…` out",
        )
    if library == "timm":
        return (lambda **given: home.create_model(name, pretrained=False, **given)), origin
    # The weights of a backbone would be loaded; one's structure does not need them.
    accepted = inspect.signature(home.get_model_builder(name)).parameters
    usual = {"weights_backbone": None} if "weights_backbone" in accepted else {}
    return (lambda **given: home.get_model(name, weights=None, **usual | given)), origin


def named_by_torchvision(word: str) -> str | None:
    """A question for one who left the library out, where torchvision is there and has such a model."""
    try:
        declare_operators()
        home = importlib.import_module("torchvision.models")
    except ImportError:
        return None
    return f"did you mean `torchvision:{word}`?" if word in home.list_models() else None


@contextlib.contextmanager
def as_a_script(package: str) -> Iterator[None]:
    """While it is open the words of the command line are none of archc's: a script that reads its own has these as they usually are."""
    kept, sys.argv = sys.argv, [package]
    try:
        yield
    finally:
        sys.argv = kept


def of_factory(source: str, package: str, name: str, settings: dict[str, object]) -> tuple[Callable[..., object], str]:
    """`package.module:factory` or `path/file.py:factory`; the folder at hand, or that of the file, is looked in first, as Python does."""
    file = os.path.abspath(package) if package.endswith(PYTHON) else ""
    here = os.path.dirname(file) or os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    if file and not os.path.isfile(file):
        raise trouble(source, "F651", f"there is no file `{package}`", "correct the path")
    try:
        try:
            found: Any = _of_file(file) if file else importlib.import_module(package)
        except RuntimeError as error:
            if "torchvision::" not in str(error):
                raise
            declare_operators()  # the package imports a torchvision whose compiled operators do not fit the PyTorch at hand
            found = _of_file(file) if file else importlib.import_module(package)
    except (Exception, SystemExit) as error:
        raise _not_read(source, package, name, file, error) from error
    for part in name.split("."):
        try:
            is_there = hasattr(found, part)
        except Exception as error:  # a package that imports its parts when they are named
            raise _not_read(source, package, name, file, error) from error
        if not is_there:
            words = [word for word in dir(found) if not word.startswith("_")]
            makers = ", ".join(f"`{package}:{word}`" for word in _makers(found))
            near = did_you_mean(closest(part, words)) or (f"name what makes a model: {makers}" if makers else None)
            raise trouble(source, "F651", f"`{package}` has no `{name}`", near)
        found = getattr(found, part)
    version = getattr(sys.modules.get(package.partition(".")[0]), "__version__", None)
    origin = f"{name} of {package}" + (f" {version}" if isinstance(version, str) else "")
    if isinstance(found, nn.Module):
        if settings:
            raise trouble(
                source,
                "F651",
                f"`{source}` is a module that is made already, whose settings are fixed",
                "leave `--set` out, or name what makes it",
            )
        return (lambda: found), origin
    if not callable(found):
        raise trouble(source, "F651", f"`{source}` is {a_kind(found)}, no factory", "name a function or a class that makes a module")
    return found, origin


def _not_read(source: str, package: str, name: str, file: str, error: BaseException) -> ArchError:
    """A module of Python that is not there, or that fails as it is read: each for its own reason."""
    stopped = [f"it stops at {place_of_line(line)}" for line in stopped_at(error)]
    while error.__cause__ is not None:  # a library that imports its parts late says of the first one alone that it failed
        error = error.__cause__
    if not isinstance(error, ImportError):
        told = f"`{package}` fails as it is imported: {type(error).__name__}: {line_of(error)}"
        return trouble(source, "F651", told, f"correct it, until `{'python ' + package if file else 'import ' + package}` runs", stopped)
    if "relative import" in str(error) and file:
        told = f"`{package}` is part of a package, which its path does not tell: {line_of(error)}"
        return trouble(source, "F651", told, _in_package(file, name), stopped)
    lacks = error.name if isinstance(error, ModuleNotFoundError) else None
    if not file and lacks is not None and f"{package}.".startswith(f"{lacks}."):
        near = "name a module that Python finds, and a factory in it: `my_models:net`"
        return trouble(source, "F651", f"there is no module `{package}`: {line_of(error)}", near)
    told = f"`{package}` imports what is not there: {line_of(error)}"
    return trouble(source, "F651", told, "install it, or run archc where it is" if lacks else "correct that import", stopped)


def _in_package(file: str, name: str) -> str:
    """How a file of a package is named, so that Python knows what is around it."""
    root = os.path.dirname(os.path.dirname(file))
    while os.path.isfile(os.path.join(root, "__init__.py")) and os.path.dirname(root) != root:
        root = os.path.dirname(root)
    here = os.getcwd()
    is_below = os.path.commonpath([here, root]) == here if os.path.splitdrive(here)[0] == os.path.splitdrive(root)[0] else False
    begin = here if is_below else root
    module = os.path.relpath(file, begin).removesuffix(PYTHON).replace(os.sep, ".")
    return f"name the module within it: `{module}:{name}`" + ("" if is_below else f", from the folder `{os.path.relpath(root, here)}`")


def _makers(found: object) -> list[str]:
    """What a module of Python has to be named: classes of modules of its own, modules that are made, and functions of its own; no more than a few."""
    own = {name: part for name, part in vars(found).items() if not name.startswith("_")} if hasattr(found, "__dict__") else {}
    home = getattr(found, "__name__", None)
    rows = [
        name
        for name, part in own.items()
        if isinstance(part, nn.Module)
        or (
            getattr(part, "__module__", None) == home
            and (inspect.isfunction(part) or (inspect.isclass(part) and issubclass(part, nn.Module)))
        )
    ]
    return rows[-6:][::-1]  # the whole model is the last in most files


def _of_file(path: str) -> Any:
    """The module that a file makes, under the file's name: what it is part of is not known."""
    name = os.path.basename(path).removesuffix(PYTHON)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module  # where dataclasses and pickles look for it
    try:
        spec.loader.exec_module(module)
    except BaseException:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise
    return module


def a_kind(thing: object) -> str:
    kind = type(thing).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


def not_made(source: str, make: Callable[..., object], settings: Mapping[str, object], error: BaseException) -> ArchError:
    """A factory that raised something."""
    told = f"`{source}` could not be made: {type(error).__name__}: {line_of(error)}"
    return trouble(
        source, "F651", told, _remedy(source, make, settings, error), [f"it stops at {place_of_line(line)}" for line in stopped_at(error)]
    )


def _remedy(source: str, make: Callable[..., object], settings: Mapping[str, object], error: BaseException) -> str:
    if UNASKED in str(error) or any(word in str(error) for word in OFFLINE):
        return "`archc import --network` lets it load what it asks for"
    signature = _signature(make)
    if signature is not None and not _binds(signature, settings):
        return _takes(signature, settings)
    inner, unknown = _refuser(error), _UNKNOWN.search(str(error))
    if inner is not None and unknown is not None and unknown[2] in settings:
        return _takes(inner, [unknown[2]], needs=False)
    name = source.rpartition(":")[2]
    given = ", ".join(f"{key}={value!r}" for key, value in settings.items())
    usual = (
        f"; {_takes(signature, ())}" if signature is not None and signature.parameters and source.partition(":")[0] not in LIBRARIES else ""
    )
    return f"it was called as `{name}({given})`, which shows all of the error in Python{usual}"


OFFLINE = ("HF_HUB_OFFLINE", "offline mode", "outgoing traffic has been disabled")
"""What a hub says that may not be asked."""

_UNKNOWN = re.compile(r"([\w.<>]+)\(\) got an unexpected keyword argument '(\w+)'")


def _signature(make: Callable[..., object]) -> inspect.Signature | None:
    try:
        return inspect.signature(make)
    except (TypeError, ValueError):
        return None


def _binds(signature: inspect.Signature, settings: Mapping[str, object]) -> bool:
    try:
        signature.bind(**settings)
    except TypeError:
        return False
    return True


def _refuser(error: BaseException) -> inspect.Signature | None:
    """What a function or class takes to which a factory handed on an argument that it does not know: it stands where the call does."""
    unknown = _UNKNOWN.search(str(error))
    rows = list(traceback.walk_tb(error.__traceback__))
    if unknown is None or not rows:
        return None
    frame = rows[-1][0]
    near = [*frame.f_locals.values(), *frame.f_globals.values()]
    within = [getattr(thing, unknown[1].partition(".")[0], None) for thing in near if inspect.ismodule(thing)]
    for thing in [*near, *within]:
        made = thing.__init__ if inspect.isclass(thing) else thing
        if inspect.isroutine(made) and getattr(made, "__qualname__", None) == unknown[1]:
            return _signature(thing)
    return None


def _takes(signature: inspect.Signature, given: Iterable[str], needs: bool = True) -> str:
    """What a factory takes, and which of it is nearest to what it was given."""
    rows = [row for row in signature.parameters.values() if row.kind not in (row.VAR_KEYWORD, row.VAR_POSITIONAL)]
    needed, other = ([f"`{row.name}`" for row in rows if (row.default is row.empty) is is_needed] for is_needed in (True, False))
    told = [
        *([f"needs {', '.join(needed)}"] if needs and needed else []),
        *([f"takes {', '.join(other)}"] if other else []),
    ]
    names = [row.name for row in rows]
    near = next(filter(None, (did_you_mean(closest(word, names)) for word in given if word not in names)), None)
    takes = f"it {' and '.join(told) or 'takes nothing'}: `archc import SOURCE --set name=value` gives values"
    return with_all(near, takes)
