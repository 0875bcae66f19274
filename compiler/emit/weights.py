"""Weights from a file into a module: every key and shape must fit, and what does not is told with its neighbours."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ...dsl.diagnostics import Diagnostic, Label
from ...dsl.source import Source
from ..graph import Graph
from ..ops.base import show

if TYPE_CHECKING:
    from torch import Tensor, nn

_INSIDE = ("state_dict", "model_state_dict", "model", "net", "weights", "params")
"""Where checkpoints of training programs keep the state_dict."""

_PREFIXES = ("module.", "_orig_mod.", "model.")
"""What wrappers (data parallel, torch.compile, Lightning) put before every key."""

MOST_TOLD = 4


def side_head_keys(graph: Graph) -> frozenset[str]:
    """The keys of weights that serve side heads alone: a module for inference leaves them in the file."""
    return frozenset(
        ".".join((*node.path, weight.name)).rstrip(".") for node in graph.nodes if node.training_only for weight in node.weights
    )


def fill(module: nn.Module, path: str, unused: Collection[str] = ()) -> tuple[Diagnostic, ...]:
    """Put the weights of the file at `path` into `module`, or none of them. Keys in `unused` may stand in the file alone."""
    found = read(path)
    if isinstance(found, Diagnostic):
        return (found,)
    return put(module, found, path, unused)


def put(module: nn.Module, tensors: Mapping[str, Tensor], name: str, unused: Collection[str] = ()) -> tuple[Diagnostic, ...]:
    """Put a state_dict into `module`, strictly. `name` is what messages call it."""
    wanted = {key: tuple(value.shape) for key, value in module.state_dict().items()}
    tensors = _without_prefix(tensors, wanted)
    given = {key: tuple(value.shape) for key, value in tensors.items() if key in wanted or key not in unused}
    # Checkpoints from before 2018 do not have this counter, and PyTorch then starts it at 0.
    missing = [key for key in wanted if key not in given and not key.endswith("num_batches_tracked")]
    extra = [key for key in given if key not in wanted]
    different = [key for key in wanted if key in given and wanted[key] != given[key]]
    diagnostics = (*_missing(missing, extra, wanted, given, name), *_extra(missing, extra, wanted, given, name), *_different(different, wanted, given, name))
    if not diagnostics:
        module.load_state_dict({key: tensors[key] for key in given}, strict=not any(key not in given for key in wanted))
    return diagnostics


# ------------------------------------------------------------------------------------------------- reading


def read(path: str) -> dict[str, Tensor] | Diagnostic:
    """The state_dict in a file: `.safetensors`, what `torch.save` wrote, or a TorchScript file."""
    if not os.path.isfile(path):
        return _trouble(path, "F621", f"there is no file `{path}`", "give the path of a `.pth`, `.pt` or `.safetensors` file")
    if path.endswith(".safetensors"):
        return _read_safetensors(path)
    import torch

    try:
        if _is_torchscript(path):
            return dict(torch.jit.load(path, map_location="cpu").state_dict())  # type: ignore[no-untyped-call]
        content: object = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # Whatever the file holds, PyTorch says so by many kinds of exception.
        return _unreadable(path, error)
    return _state_dict(content, path)


def _read_safetensors(path: str) -> dict[str, Tensor] | Diagnostic:
    try:
        from safetensors.torch import load_file
    except ImportError:
        return _trouble(path, "F616", "reading `.safetensors` needs the package `safetensors`", "`pip install 'archc[weights]'`")
    try:
        return dict(load_file(path))
    except Exception as error:
        return _unreadable(path, error)


def _is_torchscript(path: str) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def _state_dict(content: object, path: str) -> dict[str, Tensor] | Diagnostic:
    from torch import Tensor

    for _ in range(2):
        if not isinstance(content, Mapping):
            break
        tensors = {str(key): value for key, value in content.items() if isinstance(value, Tensor)}
        if tensors and len(tensors) == len(content):
            return tensors
        inside = next((content[key] for key in _INSIDE if isinstance(content.get(key), Mapping)), None)
        if inside is None:
            if tensors:
                return tensors
            break
        content = inside
    keys = ", ".join(f"`{key}`" for key in list(content)[:MOST_TOLD]) if isinstance(content, Mapping) else type(content).__name__
    return _trouble(
        path,
        "F621",
        f"`{path}` holds no weights: {keys or 'nothing'}",
        "save `model.state_dict()`, alone or under the key `state_dict`",
    )


def _unreadable(path: str, error: Exception) -> Diagnostic:
    reason = str(error).strip().split("\n")[0][:200] or type(error).__name__
    return _trouble(
        path,
        "F621",
        f"`{path}` cannot be read as weights: {reason}",
        "save `model.state_dict()` with `torch.save` or safetensors; a whole pickled model would run code when it is read, and is refused",
    )


def _trouble(path: str, code: str, message: str, help: str | None, notes: tuple[str, ...] = ()) -> Diagnostic:
    return Diagnostic(code, message, Label(Source(path, "").span(0, 0)), notes=notes, help=help)


def _without_prefix(tensors: Mapping[str, Tensor], wanted: Collection[str]) -> Mapping[str, Tensor]:
    """The tensors under the keys that they had before they were wrapped."""
    for _ in range(len(_PREFIXES)):
        prefix = next((word for word in _PREFIXES if tensors and all(key.startswith(word) for key in tensors)), None)
        if prefix is None or any(key in wanted for key in tensors):
            break
        tensors = {key.removeprefix(prefix): value for key, value in tensors.items()}
    return tensors


# ------------------------------------------------------------------------------------------- what differs

Shapes = Mapping[str, tuple[int, ...]]


def _missing(missing: Sequence[str], extra: Sequence[str], wanted: Shapes, given: Shapes, name: str) -> tuple[Diagnostic, ...]:
    if not missing:
        return ()
    first = missing[0]
    notes = tuple(_near(key, wanted[key], extra, given) for key in missing[:MOST_TOLD])
    return (
        _trouble(
            name,
            "F622",
            f"`{name}` lacks {_count(missing, 'tensor')} of the network: the first is `{first}` {show(wanted[first])}",
            _renamed(missing, extra, wanted, given),
            notes,
        ),
    )


def _extra(missing: Sequence[str], extra: Sequence[str], wanted: Shapes, given: Shapes, name: str) -> tuple[Diagnostic, ...]:
    if not extra:
        return ()
    first = extra[0]
    notes = tuple(_near(key, given[key], missing, wanted) for key in extra[:MOST_TOLD])
    return (
        _trouble(
            name,
            "F623",
            f"`{name}` has {_count(extra, 'tensor')} that the network does not have: the first is `{first}` {show(given[first])}",
            None,
            notes,
        ),
    )


def _different(different: Sequence[str], wanted: Shapes, given: Shapes, name: str) -> tuple[Diagnostic, ...]:
    if not different:
        return ()
    rows = [f"`{key}` is {show(given[key])} in the file and {show(wanted[key])} in the network" for key in different]
    return (
        _trouble(
            name,
            "F624",
            f"{_count(different, 'tensor')} of `{name}` {'has' if len(different) == 1 else 'have'} another shape than the network's: {rows[0]}",
            "the weights are of a network with other numbers: the classes, the width or the groups, for example (`--set classes=…`)",
            tuple(rows[1:MOST_TOLD]),
        ),
    )


def _count(keys: Sequence[str], word: str) -> str:
    return f"1 {word}" if len(keys) == 1 else f"{len(keys)} {word}s"


def _near(key: str, shape: tuple[int, ...], others: Sequence[str], shapes: Shapes) -> str:
    """A line that tells which key of the other side is nearest, those of the same shape first."""
    from difflib import SequenceMatcher

    same = [other for other in others if shapes[other] == shape][:200] or list(others[:200])
    best = max(same, key=lambda other: SequenceMatcher(None, key, other).ratio(), default=None)
    told = f"`{key}` {show(shape)}"
    return told if best is None else f"{told}: the nearest is `{best}` {show(shapes[best])}"


def _renamed(missing: Sequence[str], extra: Sequence[str], wanted: Shapes, given: Shapes) -> str | None:
    """Whether the same shapes stand there in the same order under other names."""
    if [wanted[key] for key in missing] == [given[key] for key in extra]:
        return f"the shapes are the same in the same order, so the names alone differ: `{extra[0]}` would be `{missing[0]}`; label the steps so"
    return None
