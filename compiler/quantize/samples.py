"""The samples that a network is seen to work on: images of a folder, arrays of a file, random numbers, or what Python has."""

from __future__ import annotations

import importlib.util
import os
import zipfile
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ...base.diagnostics import Diagnostic, Label
from ...base.records import dataclass
from ...base.source import Source
from ...reporting.error import ArchError
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import show
from ..runtime.sample_inputs import normal

if TYPE_CHECKING:
    import numpy
    from torch import Tensor

Given: TypeAlias = "str | os.PathLike[str] | Tensor | numpy.ndarray[Any, Any] | Sequence[Any] | Mapping[str, Any]"
"""A folder, a file or `random`; in Python also the samples themselves: of one input, of all in order, or by their names."""

RANDOM = "random"
RANDOM_SAMPLES, MOST_IMAGES, AT_ONCE = 16, 128, 8
IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".ppm", ".pgm", ".tif", ".tiff", ".webp")
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's images, red, green and blue: what nearly all networks that were trained on them are given less and over."""


@dataclass(frozen=True)
class Samples:
    """A tensor for each input, all with as many samples, and where they are from."""

    inputs: tuple[Tensor, ...]
    told: str

    @property
    def count(self) -> int:
        return len(self.inputs[0])

    def batches(self) -> list[tuple[Tensor, ...]]:
        import torch

        return list(zip(*(torch.split(value, AT_ONCE) for value in self.inputs), strict=True))


def samples_of(graph: Graph, given: Given) -> Samples:
    """The samples that were given, for the inputs of a network. Raises `ArchError` (F616, F681, F682, F683)."""
    import torch

    if not isinstance(given, str | os.PathLike):
        return _held(graph, _by_name(graph, given, "calibrate"), "the samples given", "calibrate")
    place = os.fspath(given)
    if place == RANDOM:
        generator = torch.Generator().manual_seed(0)
        return Samples(
            normal(graph, RANDOM_SAMPLES, generator=generator), f"{RANDOM_SAMPLES} random inputs, whose ranges are not those of data"
        )
    if os.path.isdir(place):
        return _images(graph, place)
    return _held(graph, _by_name(graph, _arrays(place), place), f"the samples of {place}", place)


def trouble(code: str, place: str, message: str, help: str, notes: tuple[str, ...] = ()) -> ArchError:
    """A diagnostic at what `--calibrate` was given."""
    return ArchError((Diagnostic(code, message, Label(Source("--calibrate", place).span(0, len(place))), notes=notes, help=help),))


# ------------------------------------------------------------------------------------------------- arrays


def _arrays(place: str) -> Mapping[str, Any]:
    import numpy

    remedy = "name a folder of images, an `.npz` file, or `random`"
    if not os.path.exists(place):
        raise trouble("F681", place, f"there is no folder and no file `{place}`", remedy)
    try:
        arrays = numpy.load(place, allow_pickle=False)
        if not isinstance(arrays, numpy.lib.npyio.NpzFile):
            raise trouble("F681", place, f"`{place}` is no `.npz` file but a single array", "save it with `numpy.savez`")
        with arrays:
            return {name: arrays[name] for name in arrays.files}
    except (ValueError, OSError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        told = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        notes = () if "pickle" in told else (f"NumPy says: {told}",)  # of what is no archive it says to load it unsafely
        raise trouble("F681", place, f"`{place}` cannot be read as an `.npz` file", remedy, notes) from error


def _by_name(graph: Graph, given: Any, place: str) -> dict[str, Any]:
    names = [node.names[-1] for node in graph.inputs]
    wanted = f"{'one array, ' if len(names) == 1 else ''}{', '.join(f'`{name}`' for name in names)}"
    if isinstance(given, Mapping):
        rows = dict(given)
        if len(names) == 1 and len(rows) == 1:
            return {names[0]: next(iter(rows.values()))}
        missing, further = [name for name in names if name not in rows], [str(name) for name in rows if name not in names]
        if missing or further:
            has = ", ".join(f"`{name}`" for name in rows) or "nothing"
            raise trouble(
                "F682",
                place,
                f"the samples are {has}, and the network's inputs are {wanted}",
                "save an array for each input, under its name",
            )
        return rows
    if len(names) == 1:
        return {names[0]: given}
    if not isinstance(given, list | tuple) or len(given) != len(names):
        raise trouble("F682", place, f"the network has {len(names)} inputs, {wanted}", "give the samples of each, in order or by name")
    return dict(zip(names, given, strict=True))


def _held(graph: Graph, rows: Mapping[str, Any], told: str, place: str) -> Samples:
    """The arrays as tensors, each held to its input."""
    found = [_tensor(graph, node, rows[node.names[-1]], place) for node in graph.inputs]
    counts = {len(value) for value in found}
    if len(counts) > 1:
        number = ", ".join(f"{node.names[-1]} {len(value)}" for node, value in zip(graph.inputs, found, strict=True))
        raise trouble("F682", place, f"the inputs have different numbers of samples: {number}", "give each as many")
    count = counts.pop()
    if not count:
        raise trouble("F682", place, "there are no samples: the arrays have no rows", "give some; 16 to 128 do")
    if not any(bool(value.any()) for value in found):
        message = "the samples are zeros alone: no range can be told from them"
        raise trouble("F683", place, message, "give samples of what the network will work on, or `random`")
    # Bytes of pixels are mostly not what a network was trained on; nobody but the user knows.
    whole = [node.names[-1] for node in graph.inputs if graph.integers(node) is None and _is_whole(rows[node.names[-1]])]
    note = f"; {', '.join(whole)}: whole numbers, taken as they are" if whole else ""
    return Samples(tuple(found), f"{count if count > 1 else 'one'} of {told}{note}")


def _is_whole(value: Any) -> bool:
    import numpy

    kind = getattr(value, "dtype", None)
    return isinstance(kind, numpy.dtype) and kind.kind in "iu"


def _tensor(graph: Graph, node: Node, value: Any, place: str) -> Tensor:
    import numpy
    import torch

    name, wanted = node.names[-1], f"[samples, {', '.join(map(str, node.shape))}]"
    try:
        if isinstance(value, list | tuple) and value and all(isinstance(row, torch.Tensor) for row in value):
            value = torch.stack(list(value))
        elif not isinstance(value, torch.Tensor):
            value = numpy.asarray(value)  # of many arrays PyTorch makes a tensor slowly
        tensor = torch.as_tensor(value).detach().cpu()
    except (TypeError, ValueError, RuntimeError) as error:
        raise trouble("F682", place, f"the samples of `{name}` are no array of numbers", f"give an array of shape {wanted}") from error
    if tuple(tensor.shape[1:]) != node.shape or tensor.dim() == 0:
        size = "x".join(map(str, tensor.shape[1:])) if tensor.dim() == len(node.shape) + 1 else ""
        other = f", or build for them with `--input {size}`" if size and tensor.shape[1] == node.shape[0] else ""
        message = f"the samples of `{name}` are of shape {show(tuple(tensor.shape))}, and the input takes {wanted}"
        raise trouble("F682", place, message, f"give an array of shape {wanted}, channels first{other}")
    whole = graph.integers(node)
    if whole is not None:
        if (
            tensor.is_floating_point()
            or tensor.is_complex()
            or (tensor.numel() and not 0 <= int(tensor.min()) <= int(tensor.max()) < whole)
        ):
            raise trouble("F682", place, f"`{name}` takes whole numbers from 0 to {whole - 1}", "give places in the table that it looks up")
        return tensor.long()
    if tensor.is_complex():
        raise trouble("F682", place, f"the samples of `{name}` are complex numbers", f"give an array of real numbers, of shape {wanted}")
    tensor = tensor.float()
    bad = (~tensor.flatten(1).isfinite().all(1)).nonzero().flatten().tolist() if tensor.numel() else []
    if bad:
        message = f"{len(bad)} of {len(tensor)} samples of `{name}` hold numbers that are not finite, sample {bad[0]} first"
        raise trouble("F683", place, message, "leave these samples out, or correct them")
    return tensor


# ------------------------------------------------------------------------------------------------- images


def _images(graph: Graph, folder: str) -> Samples:
    import torch

    inputs = graph.inputs
    if len(inputs) != 1 or len(inputs[0].shape) != 3 or inputs[0].shape[0] != 3:
        sizes = ", ".join(f"{node.names[-1]} {show(node.shape)}" for node in inputs)
        remedy = "save samples as the network takes them, with `numpy.savez`, and name that file"
        raise trouble("F681", folder, f"a folder of images is for one input of three channels, and the network takes {sizes}", remedy)
    files = sorted(os.path.join(at, name) for at, _, names in os.walk(folder) for name in names if name.lower().endswith(IMAGES))
    if not files:
        raise trouble("F681", folder, f"the folder `{folder}` has no images", f"name one that has: {', '.join(IMAGES)}")
    if importlib.util.find_spec("PIL") is None:
        raise trouble("F616", folder, "reading images needs the package `pillow`", "`pip install 'archc[quantize]'`")
    chosen = files if len(files) <= MOST_IMAGES else [files[number * len(files) // MOST_IMAGES] for number in range(MOST_IMAGES)]
    _, height, width = inputs[0].shape
    of = f"{len(chosen)} of {len(files)} images" if len(chosen) < len(files) else f"{len(files)} image{'s' * (len(files) > 1)}"
    tensors = torch.stack([_image(file, folder, height, width) for file in chosen])
    return Samples((tensors,), f"{of} of {folder}, scaled as ImageNet's are")


def _image(file: str, folder: str, height: int, width: int) -> Tensor:
    """An image scaled until it covers the size, its middle, and the numbers as networks trained on ImageNet take them."""
    import numpy
    import torch
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(file) as opened:
            fitted = ImageOps.fit(opened.convert("RGB"), (width, height), Image.Resampling.BILINEAR)
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        told = str(error).strip().splitlines()[0][:160] if str(error).strip() else type(error).__name__
        remedy = "remove the file, or name a folder without it"
        raise trouble("F681", folder, f"`{file}` cannot be read as an image", remedy, (f"Pillow says: {told}",)) from error
    pixels = torch.from_numpy(numpy.asarray(fitted, dtype=numpy.float32) / 255).permute(2, 0, 1)
    return (pixels - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)
