"""Is the text the model? Keys, shapes and outputs are compared, with the same random weights in both, before the text is handed out."""

from __future__ import annotations

import contextlib
import math
import operator
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Literal

import torch
from torch import nn

from ...base.diagnostics import Diagnostic
from ...base.records import dataclass
from ...base.source import Source
from ..codegen.pytorch import Mode
from ..driver import Checked, check_source
from ..graph.graph import Graph
from ..ops.base import show
from ..runtime.compared import Compared, compared, shows_nothing
from ..runtime.live_module import build
from ..runtime.starts import watched_starts
from ..runtime.weights.keys import COUNTER
from .calling import anew, call
from .drawn_inputs import Draw, drawn, ones, zeros
from .graph_model import GraphModel
from .in_training import told_of_training
from .large_models import Windows, is_large, lent_to, own_numbers
from .other_sizes import is_larger, longer, other, squares, with_part
from .returned import outputs
from .shortcuts import at_the_point
from .sizes_used import sizes_used
from .sources import Model, as_it_was, quiet
from .words import first_keys

LIMIT = 1e-4
"""The largest relative difference of outputs: other orders of adding, through as many layers as models have."""

ROUGHLY = 0.1
"""Up to this difference it may be rounding that grew on its way, and more digits tell."""

SMALL = 0.3
"""By which weights are smaller where others make no finite numbers."""

MOST_WORK = 750_000_000_000
"""Multiply-adds, of all images together, up to which a text is run on several at the model's own size: 20 seconds of a core, and the model as long."""

PARTS = (16, 8, 4, 2, 1)
"""What sides go up by, and not by twice as much, where a model divides sizes."""

SHAPES = "the outputs have the shapes"

SAME_FOR_ALL = "the outputs are one number whatever goes in, so they show nothing of what comes before"


Differs = Literal["", "its size", "another", "short way"]
"""Where outputs differ: at the size of the model, at another, or for a mask that it takes a short way for."""


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
    unrun: bool = False
    """Whether the model answered none of the inputs with numbers, so that nothing was compared."""
    doubt: str = ""
    """Why what was compared shows less than it should."""
    differs_at: Differs = ""

    def __repr__(self) -> str:
        return f"<Proof: {'equal' if self.is_equal else 'differs'}: {self.told}>"


def prove(text: str, model: Model, own_size: bool = False) -> Proof:
    """Compile the text and compare it with the model; with `own_size` at that of the model alone, where it is known to differ at another."""
    with _untouched(model):
        return _compared(check_source(Source.of(f"{model.name}.arch", text)), model, own_size)


def prove_written(checked: Checked, model: Model) -> Proof:
    """The same of a text that somebody wrote. Raises `ArchError` where classes of its own may not be run, or are not as it says."""
    with _untouched(model):
        return _compared(checked, model, own_size=False)


def run_once(model: Model, generator: torch.Generator) -> None:
    """A run for what it leaves behind in the model."""
    given = [drawn(row, (2, *row.shape[1:]), model.module, generator, torch.rand) for row in model.inputs]
    with contextlib.suppress(Exception), torch.no_grad():
        call(model.module, given, model.by_name)


def keeps_weights(model: Model) -> bool:
    """Whether what a model writes into its own weights is the same from the first run on, whatever goes in."""
    with _untouched(model), torch.no_grad():
        model.module.eval()
        generator = torch.Generator().manual_seed(0)
        _shaken(model.module, generator, model.module.state_dict(), 1.0)
        kept = []
        for _ in range(2):
            run_once(model, generator)
            kept.append({key: value.clone() for key, value in model.module.named_parameters() if key in model.rewritten})
        return all(torch.allclose(value, kept[1][key], rtol=1e-4, atol=1e-6) for key, value in kept[0].items())


def is_steady(model: Model) -> bool:
    """Whether the model answers the same to the same, one run after the other. One that does not run is."""
    with _untouched(model), torch.no_grad():
        model.module.eval()
        generator = torch.Generator().manual_seed(0)
        _shaken(model.module, generator, model.module.state_dict(), 1.0)
        given = [drawn(row, (2, *row.shape[1:]), model.module, generator, torch.rand) for row in model.inputs]
        try:
            one, two = ([tensor.clone() for _, tensor in outputs(call(model.module, anew(given), model.by_name))] for _ in range(2))
        except Exception:
            return True
        return [row.shape for row in one] == [row.shape for row in two] and compared(one, two).difference <= LIMIT


@contextlib.contextmanager
def _untouched(model: Model) -> Iterator[None]:
    """What is kept in the module, and the numbers of one that is somebody's, are as before at the end."""
    apart = lent_to(model.module)
    state = model.module.state_dict() if model.keep else {}
    kept = {key: value.detach().clone() for key, value in state.items() if key not in apart}
    try:
        with quiet(), as_it_was(model.module), own_numbers(model.module):
            yield
    finally:
        if kept:
            state = model.module.state_dict()
            with torch.no_grad():
                for key, value in kept.items():
                    state[key].copy_(value)


def _compared(checked: Checked, model: Model, own_size: bool) -> Proof:
    errors = [row for row in checked.diagnostics if row.is_error]
    if errors:
        return Proof(False, f"{errors[0].code}: {errors[0].message}, at {errors[0].primary.span}", refused=errors[0])
    if checked.program is None:
        return Proof(False, "no network")
    graph = checked.graph
    reference = model.module
    with contextlib.nullcontext() if graph.trusted else torch.device("meta"):  # a person's class runs to be held against its text
        module = build(graph, Mode.TRAIN)
    if any(buffer.is_meta for name, buffer in module.named_buffers() if name not in module.state_dict()):
        with watched_starts(fill=False):  # constants have numbers of their own
            module = build(graph, Mode.TRAIN)
    theirs, ours = reference.state_dict(), module.state_dict()
    # Checkpoints without counters of batches are read, as PyTorch reads them.
    counters = [key for key in ours if key not in theirs and key.rpartition(".")[2] == COUNTER]
    missing, extra = [key for key in theirs if key not in ours], [key for key in ours if key not in theirs and key not in counters]
    if extra:
        return Proof(
            False, f"the key `{extra[0]}` is none of the model's; of the model's `{missing[0] if missing else ''}` is missing", graph
        )
    unlike = next((key for key, value in ours.items() if key in theirs and value.shape != theirs[key].shape), None)
    if unlike is not None:
        return Proof(False, f"`{unlike}` has the shape {list(ours[unlike].shape)}, in the model {list(theirs[unlike].shape)}", graph)
    generator = torch.Generator().manual_seed(0)
    reference.eval()
    found = _Runs(graph, module, reference, model, generator, own_size)
    found.at_sizes()
    if found.differs_at == "its size" and any(row.dtype == torch.bool for row in model.inputs):
        found = _Runs(graph, module, reference, model, generator, own_size, begins_true=True)
        found.at_sizes()
    if found.differs is None and (not found.rows or shows_nothing(found.rows)):
        found.on_other_numbers()
    found.on_short_ways()
    if found.differs is not None:
        return Proof(False, found.differs, graph, differs_at=found.differs_at)
    keys = "1 key is equal" if len(ours) - len(counters) == 1 else f"{len(ours) - len(counters):,} keys are equal"
    told = f"{keys}; " + "; ".join(found.told)
    if not found.rows:
        return Proof(False, found.why, graph, unrun=True)
    doubt = SAME_FOR_ALL if shows_nothing(found.rows) else ""
    counted = f"batches are counted here, and not in the model: {first_keys(counters)}" if counters else ""
    doubt = "; ".join(filter(None, [doubt, counted, found.odd, found.refused, found.decided(), found.alone, *found.in_training()]))
    return Proof(True, told, graph, tuple(missing), doubt=doubt)


class _Runs:
    """The text's module and the model on the same inputs, until it is known whether they are the same."""

    def __init__(
        self,
        graph: Graph,
        module: nn.Module,
        reference: nn.Module,
        model: Model,
        generator: torch.Generator,
        own_size: bool,
        begins_true: bool = False,
    ) -> None:
        self.begins_true = begins_true
        """Whether masks begin with a truth, or with none."""
        self.module, self.reference, self.model, self.generator, self.own_size = module, reference, model, generator, own_size
        self.is_large = is_large(reference)
        self.work = sum(node.macs for node in graph.trunk)
        """Multiply-adds of one image."""
        self.is_long = self.work * (2 if self.is_large else 3) > MOST_WORK
        """Whether as many images as are otherwise compared at the model's own size would take minutes."""
        self.used = sizes_used(model)
        self.told: list[str] = []
        """What was compared, in words."""
        self.rows: list[Compared] = []
        """The comparisons of finite numbers."""
        self.differs: str | None = None
        self.differs_at: Differs = ""
        self.odd = ""
        """What differs at an image of odd sides, where that differs alone."""
        self.refused = ""
        """The first size that the text refuses, and the model does not."""
        self.alone = ""
        """That one size and batch alone was compared, where more would take minutes."""
        self.why = ""
        """Why the model did not answer with numbers, where it did not."""

    def _shake(self, gain: float = 1.0) -> None:
        """The same random weights in both."""
        _shaken(self.reference, self.generator, self.module.state_dict(), gain)
        if self.model.rewritten:  # what it writes into them is the same at each run from the first on
            run_once(self.model, self.generator)
        state = self.reference.state_dict()
        given = {key: state[key].detach() if key in state else torch.zeros((), dtype=torch.int64) for key in self.module.state_dict()}
        self.module.load_state_dict(given, strict=True, assign=True)
        self.module.eval()

    def at_sizes(self) -> None:
        """At the size of the model and at one other that it takes."""
        self._shake()
        before = self._sums()
        native = self._native()
        others = [other(native, size) for size in (96, 257)]
        sizes = [(1, native), *([] if self.own_size else [(2, shapes) for shapes in others])]
        if self.is_long:
            sizes = [(batch, shapes) for batch, shapes in sizes if batch == 1 or shapes != native]
        elif self.is_large:  # each run takes seconds
            sizes = [(2, native), *([] if self.own_size else [(1, others[0])])]
        for batch, shapes in sizes:
            if len(self.told) > 1 or self.differs is not None:
                break
            self._compare(batch, shapes, torch.rand)
        if self.own_size:
            self._say_own_size(_show(others[0]))
        if len(self.rows) == 1 and self.differs is None and (self.is_long or self.is_large):
            batch = 1 if self.is_long else 2
            self.alone = f"compared at one size in a batch of {batch} alone: one takes {self.work / 1e9:,.1f} billion multiply-adds"
        elif len(self.rows) == 1 and self.differs is None:
            self._at_first(squares(native), "how large its input is")
            self._compare(2, native, torch.rand)  # no other size could be, and another batch can
        elif len(self.rows) > 1 and self.differs is None:
            self._at_odd_sides()
            self._at_half()
        if self.rows and self.differs is None and not self.alone:
            self._at_another_lengths()
        changed = [key for key, total in self._sums().items() if not math.isclose(total, before[key], rel_tol=1e-5, abs_tol=1e-6)]
        if set(changed) & set(self.model.rewritten):
            self.differs = f"the model gives its weights other numbers at each run: {first_keys(changed)}"
        elif self.differs is None and (changed or self.model.rewritten):
            keys = first_keys([*self.model.rewritten, *changed])
            self.odd = f"the model changes weights of its own as it runs, also in evaluation, and the text does not: {keys}"
            self.odd += "; both answer alike with the weights that a run leaves behind" if self.model.rewritten else ""

    def _sums(self) -> dict[str, float]:
        """Of each weight of a person's model: what tells whether it is another one later."""
        if self.model.of_library or self.is_large:
            return {}
        return {key: float(row.detach().double().sum()) for key, row in self.reference.named_parameters()}

    def _at_odd_sides(self) -> None:
        """A size that the model works out of the input's may be a plain factor at sides that go up, and no more than that at others: odd
        ones, and where it divides sizes those that are twice, four times, … an odd one."""
        for part in PARTS if self.used.is_worked and not self.is_large else (1,):
            shapes = with_part(self._native(), part)
            if shapes is None or self.odd:
                continue
            inputs, size = self._drawn(1, shapes, torch.rand), _show(shapes)
            row = _run(self.module, self.model, inputs)
            where = f"{'at odd sides' if part == 1 else f'at sides that are no multiples of {2 * part}'}, {size}, the text"
            if isinstance(row, str) and not row.startswith(SHAPES):
                self.told.append(f"{size} is refused: {row}")
                self.refused = self.refused or f"{where} refuses what the model takes, which works sizes out of the input's"
            elif self._differs(inputs, row):
                self.odd = f"{where} does not answer as the model does: it works sizes out of the input's"

    def _at_half(self) -> None:
        """A model may do one thing with small maps and another with large ones. Beside a large image the other size was a smaller one already."""
        native = self._native()
        shapes = [(*shape[:1], *(max(1, size // 2) for size in shape[1:])) for shape in native]
        if shapes != native and not self.odd and is_larger(other(native, 96), native) and self._is_apart(shapes):
            told = f"at {_show(shapes)} the text does not answer as the model does"
            self.odd = f"{told}: what the model does depends on the sizes of its inputs, and the text does what it does at {_show(native)}"

    def _at_another_lengths(self) -> None:
        """At twice the length, and where the model divides sizes at some that do not go up."""
        self._at_first(longer(self._native(), lambda size: 2 * size), "how long its input is")
        for more in (1, 2, 4) if self.used.is_worked and not self.is_large else ():
            if not self.refused:
                self._at_first(longer(self._native(), partial(operator.add, more)), "how long its input is")

    def _at_first(self, tried: Iterable[list[tuple[int, ...]]], what: str) -> None:
        """At the first of some sizes that the model takes. It may be counted in the model's own code, `x.shape[1]`, and the text has a number there."""
        for shapes in tried if not self.odd else ():
            inputs = self._drawn(1, shapes, torch.rand)
            row = _run(self.module, self.model, inputs)
            if isinstance(row, Unrun):
                continue  # it was no length, or the model takes the one alone
            size = _show(shapes)
            if isinstance(row, str) and not row.startswith(SHAPES):
                self._refuses(size, row)
            elif isinstance(row, str) or not (difference := self._difference(inputs, row)) <= LIMIT:
                self.odd = (
                    f"at {size} the text does not answer as the model does: what the model does depends on {what}, "
                    f"and the text does what it does at {_show(self._native())}"
                )
            elif row.numbers and not any(size in told for told in self.told):
                self.told.append(f"outputs for {size} differ by {difference:.0e}")
            return

    def _refuses(self, size: str, why: str) -> None:
        """The text refuses a size that the model takes."""
        self.told.append(f"{size} is refused: {why}")
        self.refused = self.refused or f"the model takes {size} as well, which the text refuses: it has sizes of {_show(self._native())}"

    def _say_own_size(self, size: str) -> None:
        """At a size that both take they differ: a number of the text is one of the size that the model was run at."""
        self.odd = f"at {size} the text does not answer as the model does: it has sizes of {_show(self._native())}"

    def _is_apart(self, shapes: list[tuple[int, ...]]) -> bool:
        """Whether the outputs for these shapes differ, where both run."""
        inputs = self._drawn(1, shapes, torch.rand)
        return self._differs(inputs, _run(self.module, self.model, inputs))

    def _differs(self, inputs: list[torch.Tensor], row: Compared | Unrun | str) -> bool:
        return self._difference(inputs, row) > LIMIT if isinstance(row, Compared) else isinstance(row, str) and row.startswith(SHAPES)

    def decided(self) -> str:
        """By which sizes the model decides, and so does not do everywhere what the text does."""
        if not self.used.decided:
            return ""
        return f"the model decides by a size ({', '.join(self.used.decided)}): the text does what it does at {_show(self._native())}"

    def in_training(self) -> list[str]:
        """What the model does otherwise in training than the text, on small images where it takes them: gradients need memory."""
        model = self.model
        if model.of_library or model.of_archc or model.flat is not None or isinstance(self.reference, GraphModel):
            return []
        native = self._native()
        small = other(native, 96)
        sizes = [small, native] if len(self.rows) > 1 and all(a[1:] <= b[1:] for a, b in zip(small, native, strict=True)) else [native]
        for shapes in sizes:
            self._shake()
            told = told_of_training(self.module, model, self._drawn(2, shapes, torch.rand))
            if told is not None:
                return told
        return []

    def on_other_numbers(self) -> None:
        """Where that showed nothing: other numbers and other weights. A model may refuse what is random, or answer it with one number for all;
        and in one of many blocks without norms numbers may grow beyond all bounds."""
        for draw, gain in ((torch.randn, 1.0), (torch.rand, 1.0), (torch.randn, SMALL), (ones, 1.0), (zeros, 1.0)):
            self._shake(gain)
            self._compare(2, self._native(), draw)
            if self.differs is not None or (self.rows and not shows_nothing(self.rows)):
                return

    def _native(self) -> list[tuple[int, ...]]:
        return [tuple(tensor.shape[1:]) for tensor in self.model.inputs]

    def _drawn(self, batch: int, shapes: list[tuple[int, ...]], draw: Draw) -> list[torch.Tensor]:
        """Inputs of these shapes."""
        return [
            drawn(like, (batch, *(shape or (1,))), self.reference, self.generator, draw, self.begins_true)
            for like, shape in zip(self.model.inputs, shapes, strict=True)
        ]

    def on_short_ways(self) -> None:
        """For the masks that the model takes a short way for."""
        for row in dict.fromkeys(self.model.shortcuts):
            if self.differs is not None:
                return
            found = _run(self.module, self.model, at_the_point(self._drawn(2, self._native(), torch.rand), row))
            where = f"where all of {self.model.named(row.place)} is {'true' if row.value else 'false'}"
            if isinstance(found, str) or (isinstance(found, Compared) and found.numbers and not found.difference <= LIMIT):
                self.differs, self.differs_at = f"the model does something else {where}", "short way"
            elif isinstance(found, Compared) and found.numbers:
                self.told.append(f"{where} by {found.difference:.0e}")

    def _compare(self, batch: int, shapes: list[tuple[int, ...]], draw: Draw) -> None:
        inputs = self._drawn(batch, shapes, draw)
        size = _show(shapes)
        row = _run(self.module, self.model, inputs)
        if isinstance(row, Unrun):
            self.why = self.why or row.why
            return
        if isinstance(row, str):
            if shapes == self._native():
                self.differs = row
            elif row.startswith(SHAPES):
                self.told.append(f"for {size} {row}")
                self._say_own_size(size)
            else:
                self._refuses(size, row)
            return
        difference = self._difference(inputs, row)
        if not difference <= LIMIT:
            self.differs = f"outputs for {size} differ by {difference:.1e} of the largest"
            self.differs_at = "its size" if shapes == self._native() else "another"
        elif row.numbers:
            together = f", batch {batch}," if batch > 1 and shapes == self._native() and self.rows else ""
            self.told.append(f"outputs for {size}{together} differ by {difference:.0e}")
            self.rows.append(row)
        else:
            self.why = self.why or "its outputs hold no finite number"

    def _difference(self, inputs: list[torch.Tensor], row: Compared) -> float:
        """How far the outputs are apart; in double precision, where it may be rounding and there is the memory."""
        return self._exactly(inputs, row.difference) if LIMIT < row.difference < ROUGHLY and not self.is_large else row.difference

    def _exactly(self, inputs: list[torch.Tensor], before: float) -> float:
        """The same difference in double precision."""
        try:
            exact = [row.double() if row.is_floating_point() else row for row in inputs]
            self.reference.double()
            found = _run(self.module.double(), self.model, exact)
        finally:
            self.module.float()
            self.reference.float()
        return found.difference if isinstance(found, Compared) else before


def _show(shapes: Sequence[tuple[int, ...]]) -> str:
    return " and ".join(map(show, shapes))


def _shaken(module: nn.Module, generator: torch.Generator, shared: Collection[str], gain: float) -> None:
    """Random weights whose outputs stay of size 1, and statistics that hide no norm. A table that the text makes itself stays as it is."""
    tables = {key for key, _ in module.named_buffers() if key not in shared}
    parameters = dict(module.named_parameters(remove_duplicate=False))
    apart = lent_to(module)
    windows = Windows(generator)
    for key, value in module.state_dict().items():
        if key in tables:
            continue
        size = gain * (2 / max(1, value.shape[1:].numel())) ** 0.5 if value.dim() > 1 else gain
        if key in apart:
            apart[key].data = windows.of(value.shape, size)
        elif not value.dtype.is_floating_point:
            if "num_batches" in key:
                value.zero_()
        elif key.endswith("running_var"):
            value.uniform_(0.5, 1.5, generator=generator)
        elif key.endswith(("running_mean", "bias")):
            value.normal_(0, 0.1, generator=generator)
        elif value.dim() > 1:
            value.normal_(0, size, generator=generator)
        elif key in parameters:
            value.uniform_(0.5 * gain, 1.5 * gain, generator=generator)


@dataclass(frozen=True, slots=True)
class Unrun:
    """The model itself refuses the inputs, and why."""

    why: str


def _run(module: nn.Module, model: Model, inputs: list[torch.Tensor]) -> Compared | Unrun | str:
    """The comparison of the outputs, or why there is none: for a reason of the model's, or of the text's alone."""
    with torch.no_grad():
        try:
            theirs = model.answers(inputs)
        except Exception as error:
            return Unrun(_line(error))
        try:
            real = next(module.parameters(), torch.zeros(())).dtype
            ours = [tensor for _, tensor in outputs(module(*[row.to(real) if row.dtype == torch.bool else row for row in inputs]))]
        except Exception as error:
            return _line(error)
    ours = ours[: len(theirs)]
    if [tensor.shape for tensor in ours] != [tensor.shape for tensor in theirs]:
        return f"{SHAPES} {[list(row.shape) for row in ours]}, the model's {[list(row.shape) for row in theirs]}"
    return compared(ours, theirs)


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip()}".rstrip(": ").splitlines()[-1][:160]
