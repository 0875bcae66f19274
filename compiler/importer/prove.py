"""Is the text the model? Keys, shapes and outputs are compared, with the same random weights in both, before the text is handed out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ...base.diagnostics import Diagnostic
from ...base.records import dataclass
from ...base.source import Source
from ..codegen.pytorch import Mode
from ..driver import check_source
from ..graph.graph import Graph
from ..ops.base import show
from ..runtime.live_module import build
from .inits import watched_starts
from .sources import Model, as_it_was

LIMIT = 1e-4
"""The largest relative difference of outputs: other orders of adding, through as many layers as models have."""

ROUGHLY = 0.1
"""Up to this difference it may be rounding that grew on its way, and more digits tell."""

MOST_NUMBERS = 400_000_000
"""Parameters beyond which keys and shapes alone are compared: the numbers would need gigabytes."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was compared, or the first thing that differs."""

    is_equal: bool
    told: str
    graph: Graph | None = None
    missing: tuple[str, ...] = ()
    """Keys that the text lacks: what a run in evaluation does not read."""
    refused: Diagnostic | None = None
    """What the compiler says of the text."""

    def __repr__(self) -> str:
        return f"<Proof: {'equal' if self.is_equal else 'differs'}: {self.told}>"


def prove(text: str, model: Model) -> Proof:
    """Compile the text and compare it with the model."""
    kept = {key: value.detach().clone() for key, value in model.module.state_dict().items()} if model.keep else None
    try:
        with as_it_was(model.module):
            return _compared(text, model)
    finally:
        if kept is not None:
            model.module.load_state_dict(kept)


def _compared(text: str, model: Model) -> Proof:
    checked = check_source(Source.of(f"{model.name}.arch", text))
    errors = [row for row in checked.diagnostics if row.is_error]
    if errors:
        return Proof(False, f"{errors[0].code}: {errors[0].message}, at {errors[0].primary.span}", refused=errors[0])
    if checked.program is None:
        return Proof(False, "no network")
    graph = checked.graph
    reference = model.module
    with torch.device("meta"):
        module = build(graph, Mode.TRAIN)
    if any(buffer.is_meta for name, buffer in module.named_buffers() if name not in module.state_dict()):
        with watched_starts(fill=False):  # constants have numbers of their own
            module = build(graph, Mode.TRAIN)
    theirs, ours = reference.state_dict(), module.state_dict()
    missing, extra = [key for key in theirs if key not in ours], [key for key in ours if key not in theirs]
    if extra:
        return Proof(
            False, f"the key `{extra[0]}` is none of the model's; of the model's `{missing[0] if missing else ''}` is missing", graph
        )
    unlike = next((key for key, value in ours.items() if value.shape != theirs[key].shape), None)
    if unlike is not None:
        return Proof(False, f"`{unlike}` has the shape {list(ours[unlike].shape)}, in the model {list(theirs[unlike].shape)}", graph)
    if sum(value.numel() for value in theirs.values()) > MOST_NUMBERS:
        return Proof(
            True,
            f"{len(ours):,} keys and shapes are equal; outputs were not compared: the model is too large for that",
            graph,
            tuple(missing),
        )
    generator = torch.Generator().manual_seed(0)
    _shaken(reference, generator)
    state = {key: value.detach() for key, value in reference.state_dict().items()}
    module.load_state_dict({key: state[key] for key in ours}, strict=True, assign=True)
    module.eval()
    reference.eval()
    compared: list[str] = []
    native = [tuple(tensor.shape[1:]) for tensor in model.inputs]
    for batch, shapes in ((1, native), (2, _other(native, 96)), (2, _other(native, 257))):
        if len(compared) > 1:
            break
        inputs = [_numbers(like, (batch, *shape), reference, generator) for like, shape in zip(model.inputs, shapes, strict=True)]
        difference = _difference(module, reference, inputs)
        if difference is None:
            continue
        if isinstance(difference, str):
            if shapes == native:
                return Proof(False, difference, graph)
            compared.append(f"{' and '.join(show(shape) for shape in shapes)} is refused: {difference}")
            continue
        if LIMIT < difference < ROUGHLY:
            difference = _exactly(module, reference, inputs, difference)
        if not difference <= LIMIT:
            return Proof(False, f"outputs for {' and '.join(map(show, shapes))} differ by {difference:.1e} of the largest", graph)
        compared.append(f"outputs for {' and '.join(map(show, shapes))} differ by {difference:.0e}")
    return Proof(True, f"{len(ours):,} keys are equal; " + "; ".join(compared), graph, tuple(missing))


def _numbers(like: torch.Tensor, shape: tuple[int, ...], reference: nn.Module, generator: torch.Generator) -> torch.Tensor:
    """Random numbers for an input; whole ones are rows of any table that the model has."""
    if like.is_floating_point():
        return torch.rand(shape, generator=generator)
    rows = [part.num_embeddings for part in reference.modules() if isinstance(part, nn.Embedding)]
    return torch.randint(min(rows, default=2), shape, generator=generator, dtype=torch.long)


def _exactly(module: nn.Module, reference: nn.Module, inputs: list[torch.Tensor], before: float) -> float:
    """The same difference in double precision."""
    try:
        found = _difference(module.double(), reference.double(), [row.double() if row.is_floating_point() else row for row in inputs])
    finally:
        module.float()
        reference.float()
    return found if isinstance(found, float) else before


def _shaken(module: nn.Module, generator: torch.Generator) -> None:
    """Random weights whose outputs stay of size 1, and statistics that hide no norm."""
    for key, value in module.state_dict().items():
        if not value.dtype.is_floating_point:
            if "num_batches" in key:
                value.zero_()
        elif key.endswith("running_var"):
            value.uniform_(0.5, 1.5, generator=generator)
        elif key.endswith(("running_mean", "bias")):
            value.normal_(0, 0.1, generator=generator)
        elif value.dim() > 1:
            value.normal_(0, (2 / max(1, value[0].numel())) ** 0.5, generator=generator)
        elif key in dict(module.named_parameters()):
            value.uniform_(0.5, 1.5, generator=generator)


def _other(shapes: Sequence[tuple[int, ...]], size: int) -> list[tuple[int, ...]]:
    """Images of another size, no side like the other."""
    if any(len(shape) < 2 for shape in shapes):
        return list(shapes)
    return [(shape[0], *(min(size, 2 * given) + 32 * place for place, given in enumerate(shape[1:]))) for shape in shapes]


def _difference(module: nn.Module, reference: nn.Module, inputs: list[torch.Tensor]) -> float | str | None:
    """The largest relative difference; None where the model refuses the inputs, the reason where the text alone does."""
    from .trace import outputs

    with torch.no_grad():
        try:
            theirs = [tensor for _, tensor in outputs(reference(*inputs))]
        except Exception:
            return None
        try:
            ours = [tensor for _, tensor in outputs(module(*inputs))]
        except Exception as error:
            return (str(error).strip().splitlines() or [type(error).__name__])[-1][:160]
    ours = ours[: len(theirs)]
    if [tensor.shape for tensor in ours] != [tensor.shape for tensor in theirs]:
        return f"the outputs have the shapes {[list(row.shape) for row in ours]}, the model's {[list(row.shape) for row in theirs]}"
    found = 0.0
    for one, other in zip(ours, theirs, strict=True):
        if not bool(torch.isfinite(other).all()):
            return None
        found = max(found, float((one - other).abs().max() / other.abs().max().clamp_min(1e-12)))
    return found
