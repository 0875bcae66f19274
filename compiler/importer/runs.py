"""The runs of a model, and the steps that they come to: those of evaluation, with the side heads of training where it has some."""

from __future__ import annotations

import contextlib
import copy
import functools
import re

import torch
from torch import nn

from ...reporting.error import ArchError
from ..files.system_errors import EXTRAS, installed_by
from .calling import call, input_names, needed
from .filled_later import filled_later, listed
from .fixed_values import answered
from .flat_steps import Flat, Step
from .graph_model import GraphModel
from .in_float32 import OF_A_DICT
from .known import BATCHES, MANY
from .looked_up import COMPARES, TO_TRUTHS, used_as_truths
from .lower_trace import lower
from .one_way import one_way
from .own_attention import padding_masks, plain_attention, told_of_padding
from .own_lines import place_of_line, stopped_at
from .questions import NO_NUMBER, Line, Questions, settle
from .refusals import MOST_TOLD, refusal
from .sources import Model, as_it_was, on_meta, quiet, size_of_first_layer
from .trace import trace
from .traced import Trace
from .training_notes import training_notes
from .training_part import put_back
from .trouble import UNASKED, trouble
from .unsaid import Unsaid
from .usable import OF_ONE_KIND, OTHER_KINDS, WANTS_INTEGERS, WANTS_TRUTHS, other_numbers

LONGEST = 200
"""Characters of PyTorch's own words that a message gives."""

NO_TENSOR = re.compile(rf"('Tensor' object has no attribute|{OF_A_DICT}) ['`](.+)['`]")
"""What is said where a tensor came for a dict or another object."""


class Runs:
    """A model that was run and lowered, once. Raises `ArchError`: F652, F653."""

    def __init__(self, model: Model, source: str) -> None:
        self.model, self.source = model, source
        self.traces: list[Trace] = []
        """The runs of evaluation."""
        self._of_many: Trace | None = None
        """A run of evaluation on many images at once."""
        self._plain: Flat | None = None
        """The steps without side heads, where there are some."""
        self._further: ArchError | None = None
        """What stopped a run on inputs of the kind that the model asks for."""
        self._later: frozenset[str] | None = None
        """The buffers that are filled later, once they were looked for."""
        self.stops: list[Line] = []
        """Where the model refuses inputs for their numbers."""
        if model.flat is not None:
            self.flat = model.flat
            return
        modules = model.modules()
        try:
            flat = self._on_single_numbers(modules) or self._lowered(modules)
        except Unsaid as reason:
            raise trouble(
                source,
                "F653",
                f"the language cannot say this model: {reason}",
                reason.help or "import the part of it that can be said, or change it there",
            ) from None
        flat = self._on_truths(flat, modules) or flat
        if any(model.inputs[row.place].dtype != torch.bool for row in model.shortcuts):
            raise trouble(
                source,
                "F652",
                "the model takes a short way for some numbers of an input that is not a mask of truths alone",
                "a network does the same for all: import the part without it",
            )
        if not flat.outputs:
            raise trouble(
                source,
                "F652",
                f"the model returns no tensor that depends on its input: it returns {self.traces[0].returned}",
                "let its `forward` return what it computes of its input",
            )
        if any(step.key == "" for step in flat.steps):
            kind = type(self.model.module).__name__ if not isinstance(self.model.module, GraphModel) else "layer"
            keys = ", ".join(f"`{key}`" for key in modules[""].state_dict())
            raise trouble(
                source,
                "F653",
                f"the model is one layer with weights of its own, whose keys ({keys}) begin with no name: a step's begin with its label",
                f"wrap it: `nn.Sequential({kind}(…))`",
            )
        if flat.missing:
            raise refusal(source, flat.missing, modules, model.constructors)
        if len(flat.outputs) == 1 and self._has_unread(flat):
            with contextlib.suppress(ArchError, Unsaid):  # what training alone reads is left out then, and said
                both = self._lower(self._runs(training=True), modules)
                flat.read_in_training = both.read - flat.read
                if (sides := _with_sides(both, flat)) is not None:
                    self._plain, flat = flat, sides
        if self.traces[0].left_out:
            told = ", ".join(self.traces[0].left_out[:MOST_TOLD])
            flat.notes.append(f"the model returns {told} beside its tensors, which a network does not: left out")
        if self.stops:
            places = ", ".join(place_of_line(line) for line in self.stops[:MOST_TOLD] if line is not None)
            flat.notes.append(f"the model looks at the numbers of its input and refuses some (at {places}); the text answers all")
        if self.traces and self.traces[0].casts:
            flat.notes.append(f"the model works in {' and '.join(self.traces[0].casts)} in part, and the text in float32 throughout")
        if not model.of_library and not isinstance(model.module, GraphModel):
            flat.notes += training_notes(model.module, model.inputs, model.by_name)
        put_back(flat, model.in_training)
        flat.of_archc = model.of_archc
        model.lies, model.lies_in_training = flat.lies, flat.lies_in_training
        self.flat = flat

    def without_sides(self) -> bool:
        """Leave the side heads out from now on; whether there were any."""
        if self._plain is None:
            return False
        self._plain.notes, self.flat, self._plain = self.flat.notes, self._plain, None
        self.model.lies_in_training = []
        return True

    def steps(self) -> Flat:
        """The steps, for one who changes them."""
        return copy.deepcopy(self.flat)

    def _has_unread(self, flat: Flat) -> bool:
        """Whether there are weights that no step reads."""
        owners = {step.key for step in flat.steps if step.key}
        unread = {key for key in self.model.module.state_dict() if key not in owners and key.rpartition(".")[0] not in owners}
        return any(not key.startswith(tuple(f"{owner}." for owner in owners)) for key in unread)

    def _on_single_numbers(self, modules: dict[str, nn.Module]) -> Flat | None:
        """The steps where a size of `1` is one number an image, [batch], as times and classes are; None where it is none, or the model takes [batch, 1]."""
        model = self.model
        if model.keep or not model.sizes_given or not any(tensor.shape[1:] == (1,) for tensor in model.inputs):
            return None
        given = model.inputs
        model.inputs = [tensor[:, 0] if tensor.shape[1:] == (1,) else tensor for tensor in given]
        with contextlib.suppress(ArchError, Unsaid):
            flat = self._lowered(modules)
            if flat.outputs and not flat.missing:
                return flat
        model.inputs = given
        return None

    def _on_truths(self, flat: Flat, modules: dict[str, nn.Module]) -> Flat | None:
        """The steps where inputs are masks of truths that the model compares with a number (`attention_mask == 0`) or makes truths (`mask.bool()`), as it may with truths, too."""
        masks = used_as_truths(self.traces[0]) if any(row.function in (*COMPARES, *TO_TRUTHS) for row in flat.missing) else set()
        if not masks:
            return None
        given, traces = self.model.inputs, self.traces
        self.model.inputs = [tensor.bool() if place in masks else tensor for place, tensor in enumerate(given)]
        with contextlib.suppress(ArchError, Unsaid):
            found = self._lowered(modules)
            if not found.missing:
                names = input_names(self.model.module, len(given), self.model.by_name)
                told = " and ".join(f"`{names[place]}`" for place in sorted(masks))
                found.notes.append(f"the model compares {told} with a number, or makes truths of it: a mask of truths here")
                return found
        self.model.inputs, self.traces = given, traces
        return None

    def _lowered(self, modules: dict[str, nn.Module]) -> Flat:
        self.traces = self._first_runs()
        if self._of_many is not None:
            one_way(self.traces[0], self._of_many)
        self.model.rewritten = tuple(self.traces[0].rewritten)
        return self._lower(self.traces, modules)

    def _lower(self, traces: list[Trace], modules: dict[str, nn.Module]) -> Flat:
        """The steps; where buffers that are filled later cannot be kept by their keys, with the numbers that they have."""
        model = self.model
        if self._later is None:
            self._later = filled_later(model.module, model.inputs, model.by_name)
        plain = None
        if not self._later:
            plain = lower(traces, modules, model.starts, model.has_one_size)
            self._later = listed(plain, model.module)
        if self._later:
            with contextlib.suppress(Unsaid):
                flat = lower(traces, modules, model.starts, model.has_one_size, self._later)
                if not flat.missing:
                    return flat
        return plain or lower(traces, modules, model.starts, model.has_one_size)

    def _first_runs(self) -> list[Trace]:
        """The runs of evaluation; on whole numbers or truths where the model asks for these and was given no tensors."""
        given = self.model.inputs
        covers = set() if self.model.keep else padding_masks(self.model.module, given, self.model.by_name)
        if covers:  # attention would add numbers to its logits, and covers where there are truths
            self.model.inputs = [tensor.bool() if place in covers else tensor for place, tensor in enumerate(given)]
            with contextlib.suppress(ArchError):
                seen = self._runs(training=False)
                self.model.notes += told_of_padding(self.model.module)
                return seen
            self.model.inputs = given
        try:
            return self._runs(training=False)
        except ArchError as error:
            if self.model.keep:
                raise
            traces = self._on_other_kinds(error)
            if traces is None:
                self.model.inputs = given
                if self._further is not None:
                    raise self._further from error
                raise
            return traces

    def _on_other_kinds(self, error: ArchError, others: int = 2) -> list[Trace] | None:
        """The runs on inputs of the kind that an error asks for: of one of them, of all, or of one and another of another kind."""
        told, given = str(error.diagnostics[0].message), self.model.inputs
        asks = NO_NUMBER in told  # perhaps of a mask, whether it covers anything
        kind = torch.bool if asks or WANTS_TRUTHS.search(told) else torch.long if WANTS_INTEGERS.search(told) else None
        if kind is None:
            return None
        for chosen in [*({place} for place in range(len(given))), set(range(len(given)))]:
            self.model.inputs = [tensor.to(kind) if place in chosen else tensor for place, tensor in enumerate(given)]
            try:
                runs = self._runs(training=False)
                if not asks or (self.model.shortcuts and {row.place for row in self.model.shortcuts} <= chosen):
                    return runs
            except ArchError as next_error:
                if asks:
                    continue
                said = str(next_error.diagnostics[0].message)
                if not WANTS_TRUTHS.search(said) and not WANTS_INTEGERS.search(said):
                    self._further = next_error  # the kind was right, and the run went on
                gone = said != told and others
                traces = self._on_other_kinds(next_error, others - 1) if gone and len(given) > 1 else None
                if traces is not None:
                    return traces
        return None

    def _runs(self, training: bool) -> list[Trace]:
        found = []
        module = self.model.module
        module.train(training)
        try:
            with quiet(), on_meta(module) as numbers, plain_attention():

                def run(inputs: list[torch.Tensor], questions: Questions | None) -> Trace:
                    with as_it_was(module):
                        return trace(module, inputs, numbers, answered, self.model.by_name, questions)

                inputs = [
                    [torch.empty(batch, *tensor.shape[1:], dtype=tensor.dtype, device="meta") for tensor in self.model.inputs]
                    for batch in BATCHES
                ]
                settled = None
                try:
                    found.append(run(inputs[0], None))
                except Exception as error:
                    if "meta tensor" not in str(error) or (settled := settle(functools.partial(run, inputs[0]))) is None:
                        raise
                    found.append(settled.trace)
                    self.stops = [*settled.stops]
                self.model.shortcuts += () if settled is None else tuple(settled.long_ways.values())
                questions = [None if settled is None else settled.questions() for _ in range(3)]
                found.append(run(inputs[1], questions[0]))
                for more, asked in zip((3, -3), questions[1:], strict=True):  # a table of places may end with the words that are there
                    with contextlib.suppress(Exception):  # many take one size alone
                        other = _of_other_sizes(self.model.inputs, more)
                        found.append(run(other, asked))
                    if len(found) > len(BATCHES) or not any(_are_words(tensor) for tensor in self.model.inputs):
                        break
                if not training:
                    self._of_many = None
                    with contextlib.suppress(Exception):  # a program may be of few images alone
                        many = [torch.empty(MANY, *tensor.shape[1:], dtype=tensor.dtype, device="meta") for tensor in self.model.inputs]
                        self._of_many = run(many, None if settled is None else settled.questions())
                if any(row is not None and row.is_other for row in questions):
                    raise RuntimeError(NO_NUMBER)
        except ModuleNotFoundError as error:
            told = f"the model needs the package `{error.name}` as it runs: {error}"
            package = str(error.name).partition(".")[0]
            help = installed_by(package) if package in EXTRAS else "install it, or run archc where it is"
            raise trouble(self.source, "F616", told, help, _stops(error)) from error
        except (Exception, SystemExit) as error:
            said = (str(error).strip().splitlines() or [type(error).__name__])[0].strip()
            said = said if len(said) <= LONGEST else said[:LONGEST].rsplit(" ", 1)[0] + " …"
            shapes = " and ".join("x".join(map(str, tensor.shape[1:])) or "one number" for tensor in self.model.inputs)
            kinds = other_numbers(self.model.module, str(error))
            raise trouble(
                self.source,
                "F652",
                f"the model does not run on {shapes}: {type(error).__name__}: {said}",
                self._without_batch() or _remedy(self.model, str(error)),
                [*([kinds[0]] if kinds else []), *_stops(error)],
            ) from error
        finally:
            module.eval()
        return found

    def _without_batch(self) -> str | None:
        """Where sizes were given with the batch, those without it; the model runs on them."""
        model = self.model
        if not model.sizes_given or not all(tensor.dim() > 2 for tensor in model.inputs):
            return None
        shapes = [tensor.shape[2:] for tensor in model.inputs]
        try:
            with torch.no_grad(), on_meta(model.module), as_it_was(model.module):
                call(model.module, [torch.empty(2, *shape, device="meta") for shape in shapes], model.by_name)
        except Exception:
            return None
        sizes = ["x".join(map(str, shape)) for shape in shapes]
        return f"sizes are given without the batch: {' '.join(f'`--input {size}`' for size in sizes)}"


def _stops(error: BaseException) -> list[str]:
    return [f"it stops at {place_of_line(line)}" for line in stopped_at(error)]


def _remedy(model: Model, told: str) -> str:
    """What helps a model that does not run."""
    numbers = other_numbers(model.module, told)
    if numbers is not None:
        return numbers[1]
    if isinstance(model.module, GraphModel):
        return "export it with a batch that may vary (`dynamic_shapes`)"
    if "meta tensor" in told or "Cannot copy out of meta" in told:
        return "the model decides by the values of a tensor, and a network does the same for all: import the part without it"
    if "data-independent implementation" in told or "unimplemented by default" in told:
        return "what it makes is as long as the numbers say, and a network makes the same size of all: import the part without it"
    if type(model.module).forward is nn.Module.forward:
        return "give the class a `forward`"
    if UNASKED in told:
        return "`archc import --network` lets it load what it asks for"
    if "uninitialized parameter" in told:
        return "its lazy layers learn their sizes from a run: give it one first" + (
            "" if model.keep else ", by `--input` with sizes that it takes"
        )
    if OTHER_KINDS.search(told):
        return OF_ONE_KIND
    if (asked := NO_TENSOR.search(told)) is not None:
        kind = "a dict" if asked[1] == OF_A_DICT or hasattr(dict, asked[2]) else f"an object that has `{asked[2]}`"
        return f"its `forward` takes {kind}: wrap the model in one whose `forward` takes tensors, and makes that of them"
    if model.keep:
        return "give example inputs that it takes, with the batch" + (", of whole numbers" if WANTS_INTEGERS.search(told) else "")
    if model.sizes_given:
        return "give `--input` once for each argument of `forward`, in their order, with the sizes that it takes, without the batch"
    return f"say what it takes, without the batch: {_asked_for(model)}"


def _asked_for(model: Model) -> str:
    """What would say the sizes: an option for each input, the first with the size that the first layer takes."""
    names = needed(model.module)
    first = size_of_first_layer(model.module, is_tried=len(names) < 2)
    if len(names) < 2:
        return f"`--input {first or '1x28x28'}`"
    return f"`{' '.join(f'--input {name}={first if first and name == names[0] else chr(0x2026)}' for name in names)}`"


def _of_other_sizes(inputs: list[torch.Tensor], more: int) -> list[torch.Tensor]:
    """The inputs of other sizes: of an image no side like another, each a multiple of what it was or nearly so; of words, of what covers them, and of
    sequences as long as these so many more."""
    lengths = {tensor.shape[1] for tensor in inputs if _are_words(tensor)}
    found = []
    for tensor in inputs:
        sizes = list(tensor.shape[1:])
        if _are_words(tensor) or (tensor.dim() == 3 and sizes[0] in lengths):
            sizes[0] = max(sizes[0] + more, 1)
        if tensor.dim() > 3:
            sizes[1:] = [size + 64 * (place + 1) for place, size in enumerate(sizes[1:])]
        found.append(torch.empty(BATCHES[0], *sizes, dtype=tensor.dtype, device="meta"))
    return found


def _are_words(tensor: torch.Tensor) -> bool:
    return tensor.dim() == 2 and not tensor.dtype.is_floating_point


def _with_sides(both: Flat, plain: Flat) -> Flat | None:
    """The steps of training with its further outputs as side heads; None where nothing is gained, or the main output is not found."""
    made = both.made()
    last = plain.made().get(plain.outputs[0][1])
    if last is None:  # the input itself
        return None
    main = [row for row in both.outputs if row[1] in made and (made[row[1]].key, made[row[1]].path) == (last.key, last.path)]
    if len(main) > 1:
        keys = plain.keys_of(last.number)
        main = [row for row in main if both.keys_of(row[1]) == keys]
    if len(main) != 1 or both.missing or len(both.outputs) < 2:
        return None
    main_line = both.leading_to([main[0][1]])
    ends = [made[number] for _, number in both.outputs if number != main[0][1]]
    heads = [both.leading_to([end.number]) - main_line for end in ends]
    both.side_outputs = []
    for place, end in enumerate(ends):
        elsewhere = main_line.union(*(head for other, head in enumerate(heads) if other != place))
        name = _own_name(both, end, heads[place], elsewhere)
        both.side_outputs.append((re.sub(r"\W", "_", name) or f"aux{place}", end.number))
    by_number = {number: row for (_, number), row in zip(both.outputs, both.lies, strict=True)}
    both.lies_in_training = [by_number[number] for _, number in (*main, *both.side_outputs)]
    both.outputs, both.lies = main, plain.lies
    return both


def _own_name(both: Flat, end: Step, head: set[int], elsewhere: set[int]) -> str:
    """The shortest path of modules that is a side head's alone."""
    keys = [step.key for step in both.steps if step.number in head and step.key]
    path = end.key or end.path or (keys[-1] if keys else "")
    others = [f"{step.key or step.path}." for step in both.steps if step.number in elsewhere]
    parts = path.split(".")
    names = (".".join(parts[: count + 1]) for count in range(len(parts)))
    return next((name for name in names if not any(other.startswith(f"{name}.") for other in others)), path)
