"""Models that stand in files: programs of `torch.export`, ONNX, and what archc itself has built.

What the import reads in a file is compared at once with what PyTorch or ONNX's own runtime makes of it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.utils._pytree import tree_unflatten

from ..emit.training_part import NAME
from ..files.model_names import documents, is_file, of_one_network
from ..runtime.compared import compared
from .calling import anew, call_as_it_is
from .document_model import model_of_document
from .exported import model_of_exported
from .factories import line_of
from .importing import FAULT, flat_text
from .onnx_model import WITHOUT, model_of_onnx
from .prove import LIMIT
from .returned import outputs
from .sources import Model, Shapes, model_of
from .training_part import read
from .trouble import trouble

Reference = Callable[[Sequence[torch.Tensor]], Sequence[torch.Tensor]]


def model_of_file(path: str, source: str) -> Model:
    """Raises `ArchError`: F651 for what cannot be read, F652 to F654 as the import of any model."""
    path = place_of(path, source)
    name, suffix = os.path.splitext(os.path.basename(path))
    suffix = suffix.lower()
    if suffix == ".json":
        return model_of_document(path, source, flat_text)
    if suffix == ".onnx":
        model = model_of_onnx(path, name, source)
        _compared(model, _of_onnx(path), source, "ONNX's runtime")
        return model
    beside = {NAME: ""}
    try:
        with open(path, "rb") as file, _unlogged():  # of a path PyTorch would doubt the ending, `.PT2`
            program = torch.export.load(file, extra_files=beside)
    except Exception as error:
        raise trouble(
            source,
            "F651",
            f"`{source}` is no program that `torch.export.save` wrote: {_why_no_program(path, error)}",
            "write it anew: `torch.export.save(torch.export.export(model, inputs), FILE)`; or name what makes the model, `my_net.py:Net`",
        ) from error
    model = checked_exported(program, name, os.path.basename(path), source)
    model.starts, model.in_training = read(beside[NAME])
    model.of_archc = bool(beside[NAME])
    return model


@contextlib.contextmanager
def _unlogged() -> Iterator[None]:
    """PyTorch writes a traceback to stderr before it raises what the message is made of."""
    log = logging.getLogger("torch.export")
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before


def _why_no_program(path: str, error: Exception) -> str:
    """What a file is instead."""
    with open(path, "rb") as file:
        begin = file.read(4)
    if not begin:
        return "it is empty"
    if begin[:2] != ZIP:
        return "it is no archive of PyTorch, and perhaps of another kind than its name says"
    if not zipfile.is_zipfile(path):
        return "its end is missing"
    with zipfile.ZipFile(path) as archive:
        last = {name.rpartition("/")[2] for name in archive.namelist()}
    if "data.pkl" in last and "archive_format" not in last:
        return "it holds a TorchScript module" if "constants.pkl" in last else "it holds what `torch.save` wrote, weights or a module"
    return f"{type(error).__name__}: {line_of(error)}"


ZIP = b"PK"
"""How an archive begins."""


def place_of(path: str, source: str) -> str:
    """The file itself; of a folder that archc made, its JSON."""
    if os.path.isdir(path):
        found = documents(path)
        if not found:
            raise trouble(source, "F651", f"`{source}` is no folder that `archc build` made: it has no JSON of it", "name a file")
        if len(found) != 1:
            told = " or ".join(f"`{os.path.join(source, name)}`" for name in found[:4])
            raise trouble(source, "F651", f"`{source}` holds {len(found)} networks that `archc build` made", f"name one: {told}")
        path = os.path.join(path, found[0])
    if not os.path.isfile(path):
        raise trouble(source, "F651", f"there is no file `{source}`", "correct the path")
    return path


def named(
    source: str, *, shapes: Shapes = (), settings: Mapping[str, object] | None = None, network: bool = False, filled: bool = False
) -> Model:
    """The model of any word that names one, its weights `filled` where their numbers are asked for. Raises `ArchError` as `model_of` and
    `model_of_file` do."""
    if not is_file(source):
        file = of_one_network(source)
        if file is not None:
            raise trouble(source, "F651", f"a file holds one network, and `{source}` names a part of one", f"name the file: `{file}`")
        return model_of(source, shapes=shapes, settings=settings, network=network, filled=filled)
    if shapes or settings:
        raise trouble(source, "F651", f"`{source}` is a file, whose inputs and settings are fixed", "leave `--input` and `--set` out")
    return model_of_file(source, source)


def checked_exported(program: torch.export.ExportedProgram, name: str, origin: str, source: str) -> Model:
    """A program's model, which answers as the program does."""
    model = model_of_exported(program, name, f"{origin}, exported with PyTorch {torch.__version__.partition('+')[0]}", source)

    def run(inputs: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
        return [tensor for _, tensor in outputs(_called(program, inputs))]

    _compared(model, run, source, "PyTorch")
    return model


def _called(program: torch.export.ExportedProgram, inputs: Sequence[torch.Tensor]) -> object:
    """What a program answers that takes some of its inputs by name."""
    takes = program.call_spec.in_spec
    given: Any = tree_unflatten(list(inputs), takes) if takes is not None and takes.num_leaves == len(inputs) else (inputs, {})
    return program.module(check_guards=False)(*given[0], **given[1])


def _of_onnx(path: str) -> Reference:
    def run(inputs: Sequence[torch.Tensor]) -> Sequence[torch.Tensor]:
        session: Any
        try:
            from onnxruntime import InferenceSession

            session = InferenceSession(path, providers=["CPUExecutionProvider"])
            names = [row.name for row in session.get_inputs()]
        except ImportError:
            from onnx.reference import ReferenceEvaluator

            session = ReferenceEvaluator(path)
            names = session.input_names
        found = session.run(None, {name: tensor.numpy() for name, tensor in zip(names, inputs, strict=True)})
        return [torch.from_numpy(row) for row in found]

    return run


def _compared(model: Model, reference: Reference, source: str, who: str) -> None:
    """The module gives what the file gives, for random inputs; where the file takes no such inputs, the header says that nothing was compared."""
    generator = torch.Generator().manual_seed(0)
    for batch in (2, 1):
        inputs = [
            torch.rand(batch, *row.shape[1:], generator=generator)
            if row.is_floating_point()
            else torch.ones(batch, *row.shape[1:], dtype=row.dtype)
            for row in model.inputs
        ]
        with torch.no_grad():
            try:
                theirs = reference(anew(inputs))
            except Exception:
                continue
            try:
                ours = [tensor for _, tensor in outputs(call_as_it_is(model.module, anew(inputs), model.by_name))]
            except Exception as error:
                line = (str(error).strip().splitlines() or [""])[0][:160]
                raise trouble(source, "F652", f"the import cannot run `{source}`: {type(error).__name__}: {line}", WITHOUT) from error
        if [row.shape for row in ours] != [row.shape for row in theirs]:
            shapes = [[list(row.shape) for row in rows] for rows in (ours, theirs)]
            raise trouble(
                source, "F654", f"the import reads `{source}` otherwise than {who} does: shapes {shapes[0]} for {shapes[1]}", FAULT
            )
        found = compared(ours, theirs)
        if not found.difference <= 10 * LIMIT:
            again = compared(reference(anew(inputs)), theirs)
            if not again.difference <= LIMIT:
                raise trouble(
                    source,
                    "F655",
                    f"`{source}` answers otherwise each time that {who} runs it, on the same input",
                    "export the model without what draws random numbers: `.eval()` before the export, and `training=self.training` for a dropout "
                    "that is called as a function",
                )
            raise trouble(
                source, "F654", f"the import reads `{source}` otherwise than {who} does: outputs differ by {found.difference:.0e}", FAULT
            )
        if not found.numbers:
            continue
        return
    model.notes.append(f"{who} did not run the file to an answer for a comparison")
