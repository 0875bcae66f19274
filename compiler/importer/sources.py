"""What is imported: a module of PyTorch with the inputs that it is tried on.

`torchvision:NAME`, `timm:NAME` and `package.module:factory` run the code that they name; nothing else is run. While a factory
runs nothing may reach the network unless that is asked for: a model's structure needs no weights from anywhere.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any, NoReturn

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from ...base.records import dataclass
from ...reporting.error import ArchError
from ..files.model_names import LIBRARIES, PYTHON
from ..runtime.starts import Start, starts_of, watched_starts
from .calling import anew, call, in_order, input_names, named_last
from .constructors import Arguments, watched
from .drawn_starts import Draws
from .factories import a_kind, as_a_script, not_made, of_factory, of_library
from .flat_steps import Flat, Lies
from .in_float32 import kinds_of, widen
from .large_models import Undrawn
from .own_lines import home_of
from .returned import outputs
from .shortcuts import Shortcut
from .trouble import UNASKED, trouble
from .usable import usable
from .words import identifier, snake
from .worked_in import copied, is_worked_out, work_in

Shapes = Sequence[tuple[int, ...]] | Mapping[str, tuple[int, ...]]
"""What a model takes, without the batch: in order, or by name; "" is the first input."""

NO_HUB = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}


Examples = torch.Tensor | Sequence[torch.Tensor] | Mapping[str, torch.Tensor]
"""Tensors that a module takes, in order or by name."""


@dataclass(slots=True, eq=False)
class Model:
    """A module in evaluation mode, on the CPU, and what is known of it."""

    name: str
    module: nn.Module
    inputs: list[torch.Tensor]
    """One tensor an input, on the meta device, with the batch of 2."""
    origin: str
    """Where it comes from, for the header of the text."""
    constructors: dict[int, tuple[nn.Module, Arguments]] = field(default_factory=dict)
    of_library: bool = False
    """Whether it is one of torchvision's or timm's."""
    keep: bool = False
    """Whether the module is somebody's, whose weights must be as they were."""
    notes: list[str] = field(default_factory=list)
    """What the header says of it."""
    flat: Flat | None = None
    """Its steps, where they are known without a run."""
    starts: dict[str, Start] = field(default_factory=dict)
    """How each weight is started, where that was seen."""
    by_name: tuple[str, ...] = ()
    """The names of the last inputs, which its `forward` is given by these."""
    sizes_given: bool = False
    """Whether somebody said what it takes."""
    has_one_size: bool = False
    """Whether it is a program whose sizes are numbers."""
    parts: dict[str, nn.Module] = field(default_factory=dict)
    """Its modules by path, where they are not those of `module` itself."""
    of_archc: bool = False
    """Whether archc wrote it."""
    lies: list[Lies] = field(default_factory=list)
    """How it has its outputs, where these lie in another way than the language's."""
    lies_in_training: list[Lies] = field(default_factory=list)
    """The same of a run in training, where side heads answer as well."""
    rewritten: tuple[str, ...] = ()
    """Weights that it writes into as it runs."""
    shortcuts: tuple[Shortcut, ...] = ()
    """Masks of its inputs for which it takes a short way, and the text does not."""
    in_training: list[dict[str, Any]] = field(default_factory=list)
    """Steps that a run in evaluation does not show, where the file tells them."""

    def modules(self) -> dict[str, nn.Module]:
        return self.parts or dict(self.module.named_modules())

    def named(self, place: int) -> str:
        """An input as messages show it."""
        return f"`{input_names(self.module, len(self.inputs), self.by_name)[place]}`"

    def answers(self, inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """The tensors that it answers with, as they lie here. A number for each image is [batch, 1] among the inputs, and [batch] where it takes it so."""
        given = [row.squeeze(1) if like.dim() == 1 else row for row, like in zip(inputs, self.inputs, strict=True)]
        found = [tensor for _, tensor in outputs(call(self.module, anew(given), self.by_name))]
        rows = self.lies_in_training if self.module.training and self.lies_in_training else self.lies
        return [row.as_here(found[row.place]) for row in rows] or found

    def __repr__(self) -> str:
        return f"<Model {self.name} of {self.origin}>"


def model_of(
    source: str, *, shapes: Shapes = (), settings: Mapping[str, object] | None = None, network: bool = False, filled: bool = False
) -> Model:
    """The model that a source names. A library's has no numbers in its weights, which is quicker, unless it is to be `filled`.

    Raises `ArchError`: F616, F618, F651.
    """
    library, _, name = source.rpartition(":") if f"{PYTHON}:" in source else source.partition(":")
    settings = dict(settings or {})
    if library in LIBRARIES:
        make, origin = of_library(source, library, name, settings)
    else:
        with offline(network), as_a_script(library):  # a file may make its models as it is read
            make, origin = of_factory(source, library, name, settings)
    filled = filled or library not in LIBRARIES
    draws = Draws()
    with watched() as made, offline(network) as asked, quiet(), watched_starts(fill=filled) as starts:
        try:
            with contextlib.nullcontext() if filled else Undrawn(), draws, as_a_script(library):
                module = make(**settings)
        except ArchError:
            raise
        except (Exception, SystemExit) as error:  # a factory that ends the program has failed, too
            raise not_made(source, make, settings, error) from error
    if not isinstance(module, nn.Module):
        raise trouble(source, "F651", f"`{source}` makes {a_kind(module)}, no torch.nn.Module", "name a factory of a module")
    module = usable(module, source)
    module.eval()
    inputs, by_name = _inputs(module, shapes, source)
    _filled(module, inputs, by_name)
    return Model(
        identifier(name),
        module,
        inputs,
        origin,
        made,
        of_library=library in LIBRARIES,
        notes=[*asked, *work_in(module), *widen(module)],
        starts=draws.starts(module) | starts_of(module, starts),
        sizes_given=bool(shapes),
        by_name=by_name,
        of_archc="Written by archc from" in (getattr(sys.modules.get(type(module).__module__), "__doc__", None) or ""),
    )


def _filled(module: nn.Module, inputs: Sequence[torch.Tensor], by_name: Sequence[str]) -> None:
    """Lazy layers learn their sizes from a first run. One that fails is run again, and told, by the import itself."""
    if any(is_lazy(tensor) for tensor in (*module.parameters(), *module.buffers())):
        with contextlib.suppress(Exception), torch.no_grad():
            call(module, [torch.rand(row.shape) for row in inputs], by_name)


def model_of_module(module: nn.Module, example_inputs: Examples, name: str | None = None) -> Model:
    """A module that is there already; how it was made is not known. Raises `ArchError`: F651."""
    module = usable(module)
    given, by_name = _given(module, example_inputs)
    inputs = [torch.empty(2, *tensor.shape[1:], dtype=tensor.dtype, device="meta") for tensor in given]
    kind, notes = type(module), list[str]()
    if is_worked_out(module) or len(kinds_of(module)) > 1:
        module = copied(module)  # somebody's, which stays as it is
        notes = [*work_in(module), *widen(module)]
    home = home_of(kind)
    origin = f"{kind.__qualname__} of {home}" if home else kind.__qualname__
    return Model(name or identifier(snake(kind.__name__)), module, inputs, origin, keep=True, notes=notes, by_name=by_name)


def _given(module: nn.Module, examples: Examples) -> tuple[list[torch.Tensor], tuple[str, ...]]:
    """Examples in the order of `forward`, and which of the last are given by name."""
    if not isinstance(examples, Mapping):
        rows = [examples] if isinstance(examples, torch.Tensor) else list(examples)
        return rows, named_last(module, len(rows))
    shapes = {name: tuple(tensor.shape[1:]) for name, tensor in examples.items()}
    by_name = in_order(module, shapes, "the model", None, "give an example of it, too")[1]
    return [examples[name] for name in input_names(module, len(examples), by_name)], by_name


def _inputs(module: nn.Module, shapes: Shapes, source: str) -> tuple[list[torch.Tensor], tuple[str, ...]]:
    """The inputs in the order of `forward`, and which of the last are given by name. One that nobody named, and that has a default, is left out."""
    by_name: tuple[str, ...]
    if not shapes:
        sizes, by_name = [usual_shape(module)], ()
    elif isinstance(shapes, Mapping):
        sizes, by_name = in_order(module, shapes, source, told_shape(module))
    else:
        sizes, by_name = list(shapes), named_last(module, len(shapes))
    return [torch.empty(2, *shape, device="meta") for shape in sizes], by_name


def usual_shape(module: nn.Module) -> tuple[int, ...]:
    """The size that a model says it is made for, or of as many features as its first layer takes, else that of ImageNet."""
    return told_shape(module) or features_of_first_layer(module) or (3, 224, 224)


def features_of_first_layer(module: nn.Module) -> tuple[int] | None:
    """What a dense layer takes that stands first: an image that happens to fall into rows of so many would be taken for several of them."""
    first = _first_layer(module)
    return (first.in_features,) if isinstance(first, nn.Linear) and first.in_features else None


def told_shape(module: nn.Module) -> tuple[int, ...] | None:
    """The size that a model says it is made for, or that its first convolution takes; None where nothing tells."""
    given = getattr(module, "default_cfg", None) or getattr(module, "pretrained_cfg", None)
    if isinstance(given, Mapping) and isinstance(given.get("input_size"), tuple):
        return tuple(given["input_size"])
    size = getattr(module, "image_size", None)
    if isinstance(size, int):
        return (3, size, size)
    first = next((part for part in module.modules() if isinstance(part, nn.Conv1d | nn.Conv2d | nn.Conv3d)), None)
    if first is None:
        return None
    channels = first.in_channels or 3  # a lazy layer has none yet
    if isinstance(first, nn.Conv3d):
        side = 112 if type(module).__name__ == "VideoResNet" else 224
        return (channels, 16, side, side)
    if isinstance(first, nn.Conv1d):
        return (channels, 1024)
    return (channels, 299, 299) if type(module).__name__ == "Inception3" else (channels, 224, 224)


SIDES = {1: (256,), 2: (32, 32), 3: (8, 32, 32)}
"""Sides that most convolutions take, by how many they have."""


def _first_layer(module: nn.Module) -> nn.Linear | nn.RNNBase | nn.Embedding | nn.Conv1d | nn.Conv2d | nn.Conv3d | None:
    """The first layer whose size tells what it takes."""
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.RNNBase | nn.Embedding | nn.Conv1d | nn.Conv2d | nn.Conv3d):
            return part
    return None


def size_of_first_layer(module: nn.Module, is_tried: bool) -> str | None:
    """What the first layer with weights takes, for one that reads `--input`: `is_tried` where it may not be what was tried by itself."""
    first = _first_layer(module)
    if isinstance(first, nn.Linear):
        return f"16x{first.in_features}" if is_tried else f"{first.in_features}"
    if isinstance(first, nn.RNNBase):
        return f"16x{first.input_size}"
    if isinstance(first, nn.Embedding):
        return "16"
    return None if first is None else "x".join(map(str, (first.in_channels, *SIDES[len(first.kernel_size)])))


@contextlib.contextmanager
def offline(allowed: bool) -> Iterator[list[str]]:
    """No socket connects, no hub is asked, unless that is allowed. Gives what a model has to say of it, once it was made: it may go on without."""
    notes: list[str] = []
    if allowed:
        yield notes
        return

    def refuse(*given: object, **__: object) -> NoReturn:
        host = next((row[0] for row in given if isinstance(row, tuple) and row and isinstance(row[0], str)), None)
        note = f"the model asked for the network{f' ({host})' if host else ''} as it was made, and went on without: `--network` allows it"
        if note not in notes:
            notes.append(note)
        raise ConnectionRefusedError(f"{UNASKED}; `archc import --network` allows it")

    kept, before = (socket.socket.connect, socket.create_connection), {name: os.environ.get(name) for name in NO_HUB}
    socket.socket.connect, socket.create_connection = refuse, refuse  # type: ignore[method-assign]
    os.environ.update(NO_HUB)
    try:
        yield notes
    finally:
        socket.socket.connect, socket.create_connection = kept  # type: ignore[method-assign]
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """What PyTorch warns of is a model's own matter: it would name files of archc's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextlib.contextmanager
def on_meta(module: nn.Module) -> Iterator[dict[int, torch.Tensor]]:
    """The module has tensors with shapes and no numbers; afterwards its own are back. Gives these, by the ids of the others."""
    kept: list[tuple[Any, dict[str, Any]]] = []
    memory: dict[int, torch.Tensor] = {}
    own: dict[int, torch.Tensor] = {}

    def bare(tensor: torch.Tensor) -> torch.Tensor:
        if id(tensor) not in memory:
            made = torch.empty_like(tensor, device="meta")
            memory[id(tensor)] = nn.Parameter(made, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else made
            own[id(memory[id(tensor)])] = tensor
        return memory[id(tensor)]

    for part in module.modules():
        homes: tuple[Any, Any] = (part._parameters, part._buffers)
        for home in homes:
            kept.append((home, dict(home)))
            for name, tensor in home.items():
                if tensor is not None:
                    home[name] = bare(tensor)
    recurrent = [part for part in module.modules() if isinstance(part, nn.RNNBase)]
    for part in recurrent:
        _list_anew(part)
    try:
        yield own
    finally:
        for home, row in kept:
            home.clear()
            home.update(row)
        for part in recurrent:
            _list_anew(part)


@contextlib.contextmanager
def tried_apart(module: nn.Module, training: bool) -> Iterator[None]:
    """A run without numbers, in training or in evaluation, that may fail as it likes and leaves nothing behind."""
    module.train(training)
    try:
        with contextlib.suppress(Exception), torch.no_grad(), on_meta(module), as_it_was(module):
            yield
    finally:
        module.eval()


def _list_anew(layer: nn.RNNBase) -> None:
    """A recurrent layer keeps its weights in a list as well, which must be theirs of now."""
    layer._flat_weights = [getattr(layer, name) for name in layer._flat_weights_names]


@contextlib.contextmanager
def as_it_was(module: nn.Module) -> Iterator[None]:
    """What a run keeps in a module for the next one (biases that were read, tables for a size, hooks) is gone afterwards."""
    own = ("_parameters", "_buffers", "_modules")
    rows = [(part.__dict__, {name: value for name, value in part.__dict__.items() if name not in own}) for part in module.modules()]
    # Hooks that a first run puts up, as the mark that they are up: with the one and not the other the next run puts them up again.
    inner = [(value, value.copy()) for _, row in rows for value in row.values() if type(value) in (dict, OrderedDict, list)]
    inner += [(part._buffers, part._buffers.copy()) for part in module.modules()]
    try:
        yield
    finally:
        for home, row in rows:
            for name in [name for name in home if name not in row and name not in own]:
                del home[name]
            home.update(row)
        for value, before in inner:
            value.clear()
            value.update(before) if isinstance(value, dict) else value.extend(before)
