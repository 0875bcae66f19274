"""Is the text the model in training, too? Both are run so, without what is left to chance: what they answer, what they keep, and the gradients.

A text is the model's run in evaluation. A model may do something else in training, in its own code, which no word of the language says: then
the text says so in its header.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ...base.records import dataclass
from ..runtime.compared import compared
from .returned import outputs
from .sources import Model
from .words import first_keys

LIMIT = 1e-3
"""The largest relative difference of outputs and of statistics."""
OF_GRADIENTS = 0.05
"""The same of gradients, beside the largest of their tensor: they add up many numbers, in another order each."""
NOTHING = 1e-4
"""Beside the largest gradient of all, what is no gradient."""
MOST_NUMBERS = 60_000_000
"""Weights beyond which nothing is run: the gradients would need as much memory again, and many seconds."""

_DROPOUTS = frozenset(
    ("dropout", "dropout_", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout", "feature_dropout")
)
_ATTENTION, _PLACE = "scaled_dot_product_attention", 4
"""The function, and where its `dropout_p` stands among its arguments."""
_BY_CHANCE = ("droppath", "drop_path", "stochastic", "dropblock", "rrelu")
"""What is in the names of classes whose modules leave something to chance, and are not dropouts: they run as in evaluation."""


class _Kept(TorchFunctionMode):
    """Nothing is dropped; how much would be, is counted."""

    def __init__(self) -> None:
        super().__init__()
        self.dropped: Counter[float] = Counter()

    def __torch_function__(
        self, function: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given, name = dict(kwargs or {}), getattr(function, "__name__", "")
        if name in _DROPOUTS:
            self._count(given.get("p", args[1] if len(args) > 1 else 0.5), given.get("training", args[2] if len(args) > 2 else True))
            return args[0] if args else given["input"]
        if name == "bernoulli_" and isinstance(args[1] if len(args) > 1 else given.get("p"), int | float):
            # A drop path keeps a sample with this probability and divides by it: so nothing is dropped, nor enlarged.
            return args[0].fill_(args[1] if len(args) > 1 else given["p"])
        if name == "bernoulli" and len(args) == 1 and not given:
            return args[0]
        if name == _ATTENTION:
            self._count(given.get("dropout_p", args[_PLACE] if len(args) > _PLACE else 0.0), True)
            if len(args) > _PLACE:
                args = (*args[:_PLACE], 0.0, *args[_PLACE + 1 :])
            else:
                given["dropout_p"] = 0.0
        return function(*args, **given)

    def _count(self, probability: object, training: object) -> None:
        if training and isinstance(probability, int | float) and probability > 0:
            self.dropped[round(float(probability), 6)] += 1


@dataclass(frozen=True, slots=True)
class _Run:
    """What a module did in training: its answers, what it kept after them, the gradients of its weights, and what it would have dropped."""

    answers: list[torch.Tensor]
    kept: dict[str, torch.Tensor]
    gradients: dict[str, torch.Tensor]
    dropped: Counter[float]
    resting: list[str]
    """Parts that `train()` leaves in evaluation."""
    moved: list[str]
    """Buffers of the model's own that the run wrote into."""


def told_of_training(text: nn.Module, model: Model, inputs: Sequence[torch.Tensor]) -> list[str] | None:
    """What the text's module, which has the model's weights, does otherwise in training; None where one of them does not run so."""
    module = model.module
    if sum(row.numel() for row in module.parameters()) > MOST_NUMBERS:
        return []
    try:
        theirs, again = (_run(module, [row.clone() for row in inputs], model, with_gradients) for with_gradients in (True, False))
        if _apart(theirs.answers, again.answers):
            return []  # it is left to chance in a way of the model's own, which is told
        ours = _run(text, [row.to(torch.float32) if row.dtype == torch.bool else row.clone() for row in inputs], None)
    except Exception:
        return None
    finally:
        module.eval()
        text.eval()
    return list(_differences(theirs, ours, module))


def _differences(theirs: _Run, ours: _Run, module: nn.Module) -> Iterator[str]:
    if not _has_all(ours.answers, theirs.answers):
        why = [f"{first_keys(rows)} {word}" for rows, word in ((theirs.resting, "at rest all the time"), (theirs.moved, "moved")) if rows]
        reason = f" (there {' and '.join(why)})" if why else ""
        yield f"in training the model does not answer as this text, which is what it does in evaluation{reason}"
        return
    moved = [key for key, row in theirs.kept.items() if key in ours.kept and _apart([row], [ours.kept[key]])]
    if moved:
        yield f"in training these are kept otherwise in the model: {first_keys(moved)}"
    more = theirs.dropped - ours.dropped
    if more:
        told = ", ".join(
            f"{count} times with {probability:g}" if count > 1 else f"with {probability:g}" for probability, count in more.items()
        )
        yield f"in training the model drops numbers ({told}) where the text does not"
    learned = {key for key, row in module.named_parameters() if row.requires_grad}
    largest = max((float(row.abs().max()) for row in ours.gradients.values() if row.numel()), default=0.0)
    # A bias before a norm has a gradient of 0, and what rounding leaves of that is no number.
    reached = [key for key, row in ours.gradients.items() if key in learned and row.numel() and float(row.abs().max()) > NOTHING * largest]
    other = [key for key in reached if _other_gradient(theirs.gradients.get(key), ours.gradients[key])]
    if other:
        yield f"gradients reach these otherwise in the model: {first_keys(other)}"


def _has_all(ours: Sequence[torch.Tensor], theirs: Sequence[torch.Tensor]) -> bool:
    """Whether the first answers are alike, and those of side heads in whatever order."""
    if not ours or _apart(theirs[:1], ours[:1]):
        return False
    left = list(ours[1:])
    for row in theirs[1:]:
        place = next((place for place, other in enumerate(left) if not _apart([row], [other])), None)
        if place is None:
            return False
        del left[place]
    return True


def _other_gradient(theirs: torch.Tensor | None, ours: torch.Tensor) -> bool:
    if theirs is None or theirs.shape != ours.shape:
        return True
    return float((theirs - ours).abs().max()) > OF_GRADIENTS * float(ours.abs().max())


def _apart(these: Sequence[torch.Tensor], those: Sequence[torch.Tensor]) -> bool:
    return [row.shape for row in these] != [row.shape for row in those] or compared(these, those).difference > LIMIT


def _run(module: nn.Module, inputs: Sequence[torch.Tensor], model: Model | None, with_gradients: bool = True) -> _Run:
    """One run, after which what the module keeps is as before. `model`: how it is called, where it is no text's."""
    modes = {part: part.training for part in module.modules()}
    buffers = [
        (f"{path}.{name}".lstrip("."), part, name, row, row.detach().clone())
        for path, part in module.named_modules()
        for name, row in part._buffers.items()
        if row is not None
    ]
    kept = _Kept()
    try:
        module.train()
        resting = [path for path, part in module.named_modules() if path and not part.training]
        with _without_chance(module):
            with kept, torch.set_grad_enabled(with_gradients):
                answers = model.answers(inputs) if model is not None else [tensor for _, tensor in outputs(module(*inputs))]
            own = [row for row in buffers if not type(row[1]).__module__.startswith("torch.")]
            moved = [key for key, _, _, _, numbers in own if not torch.equal(module.get_buffer(key), numbers)]
            after = {key: row.detach().clone() for key, row in module.named_buffers() if not key.endswith("num_batches_tracked")}
            weights = {key: row for key, row in module.named_parameters() if row.requires_grad}
            loss = sum(((row.double() * _weights(row)).sum() for row in answers if row.requires_grad), torch.zeros((), dtype=torch.float64))
            found = torch.autograd.grad(loss, list(weights.values()), allow_unused=True) if loss.requires_grad else [None] * len(weights)
            gradients = {key: row.detach() for key, row in zip(weights, found, strict=True) if row is not None}
        return _Run([row.detach() for row in answers], after, gradients, kept.dropped, resting, moved)
    finally:
        with torch.no_grad():
            for _, part, name, row, numbers in buffers:
                part._buffers[name] = row.copy_(numbers)  # a model may have put another tensor there
        for part, training in modes.items():
            part.training = training


def _weights(answer: torch.Tensor) -> torch.Tensor:
    """A number for each, so that no gradient is 0 because an answer's numbers add up to one."""
    return torch.linspace(0.5, 1.5, max(answer.numel(), 1), dtype=torch.float64)[: answer.numel()].cos().reshape(answer.shape)


@contextlib.contextmanager
def _without_chance(module: nn.Module) -> Iterator[None]:
    """In training, but for what leaves something to chance."""
    module.train()
    for part in module.modules():
        if any(word in type(part).__name__.lower() for word in _BY_CHANCE):
            part.eval()
    recurrent = {part: part.dropout for part in module.modules() if isinstance(part, nn.RNNBase)}
    for part in recurrent:
        part.dropout = 0.0
    try:
        yield
    finally:
        for part, dropout in recurrent.items():
            part.dropout = dropout
