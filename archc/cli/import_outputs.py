"""What `archc import` writes over, and what it does not: a file that it could not have made stays as it is."""

from __future__ import annotations

import os
import sys

import click

from ..compiler.files.locate import SUFFIX

TEXT, WEIGHTS = "-o", "--weights-out"

OF_WEIGHTS = (".safetensors", ".pt", ".pth", ".ckpt", ".bin")
"""Endings under which weights are kept, and replaced by others."""

PICKLED = (b"PK", b"\x80")
"""How a file begins that `torch.save` wrote."""

IMPORTED = b", imported on "
"""What the first line of an imported text says."""


def see_outputs(source: str, text: str | None, weights: str | None, against: str | None = None) -> dict[str, str]:
    """The files that are to be written, each with its option; "" stands for stdout and is none. Nothing has run yet. Raises `ArchError`: F615."""
    if weights == "-":
        raise click.BadParameter("weights are no text for stdout: name a file, `weights.safetensors`", param_hint=WEIGHTS)
    outputs = {option: path for option, path in ((TEXT, text), (WEIGHTS, weights)) if path and path != "-"}
    if len(outputs) == 2 and _is_same(*outputs.values()):
        raise _refused(outputs[WEIGHTS], f"both `{TEXT}` and `{WEIGHTS}` name it, and one would replace the other", "name two files")
    for option, path in outputs.items():
        if any(_is_same(path, given) for given in (source, source.rpartition(":")[0]) if given):
            raise _is_read(path)
        if against is not None and _is_same(path, against):
            raise _refused(path, "it is the text that the model is compared with", "name another file for the text that is made")
        if not _may_be_replaced(option, path):
            kind = "no text of the language" if option == TEXT else "no file of weights"
            ending = SUFFIX if option == TEXT else OF_WEIGHTS[0]
            named = f"{os.path.splitext(path)[0]}{ending}"
            raise _refused(path, f"it is there, and {kind}", f"name another file, `{named}`, or remove this one")
    return outputs


def see_code(outputs: dict[str, str]) -> None:
    """None of the outputs is a file of the code that has made the model. Raises `ArchError`: F615."""
    # Read where it lies: a module that loads itself when it is asked for anything may lack what it needs.
    files = [str(file) for module in list(sys.modules.values()) if (file := getattr(module, "__dict__", {}).get("__file__"))]
    for path in outputs.values():
        name = os.path.basename(os.path.realpath(path))
        if any(os.path.basename(file) == name and _is_same(path, file) for file in files):
            raise _is_read(path)


def there(path: str) -> str:
    """What is told of a file that is there before it is written."""
    return ", in place of the file that was there" if os.path.isfile(path) and os.path.getsize(path) else ""


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):  # one is not there yet
        return os.path.realpath(one) == os.path.realpath(other)


def _may_be_replaced(option: str, path: str) -> bool:
    """Nothing is there, or a device, an empty file, or what this option may have written."""
    if not os.path.isfile(path):
        return True
    try:
        with open(path, "rb") as file:
            head = file.read(4096)
    except OSError:
        return True  # the system tells why, when it is written
    if option == TEXT:
        return not head or path.endswith(SUFFIX) or IMPORTED in head.partition(b"\n")[0]
    return not head or (path.endswith(OF_WEIGHTS) and (path.endswith(OF_WEIGHTS[0]) or head.startswith(PICKLED)))


def _is_read(path: str) -> Exception:
    return _refused(path, "the model is read from it", "name another file for what is written")


def _refused(path: str, why: str, help: str) -> Exception:
    from ..compiler.importer.trouble import trouble

    return trouble(path, "F615", f"`{path}` is not written: {why}", help)
