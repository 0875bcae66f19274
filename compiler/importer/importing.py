"""A model as a text of the language: traced, lowered, structured, written, and proved equal."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import field

import torch

from ...base.records import dataclass
from ...base.source import Source
from ...dsl.format.printer import format_source
from .flat_steps import Flat, Missing
from .lower import BATCHES, Unsaid
from .lower_trace import lower
from .natural import natural
from .prove import Proof, prove
from .simplify import simplify
from .sources import Model, on_meta, trouble
from .structure import Structure, structure
from .trace import Trace, trace
from .write import Writer

MOST_TOLD = 8
"""How many missing operations a refusal lists."""


@dataclass(slots=True, eq=False)
class Imported:
    """The text, whether blocks were found, and what was compared."""

    text: str
    is_flat: bool
    proof: Proof
    notes: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<Imported: {self.text.count(chr(10))} lines, {'flat' if self.is_flat else 'structured'}>"


def import_model(model: Model, *, name: str | None = None, flat: bool = False, source: str = "the model") -> Imported:
    """The text of a model. Raises `ArchError`: F652 where it cannot be run, F653 where the language lacks an operation, F654 where no text is equal."""
    was_training = {part: part.training for part in model.module.modules()}
    try:
        return _imported(model, name or model.name, flat, source)
    finally:
        for part, training in was_training.items():
            part.training = training


def _imported(model: Model, name: str, flat: bool, source: str) -> Imported:
    whole = flat_steps(model, source)
    why = ""
    for is_flat in (False, True) if not flat else (True,):
        try:
            text, notes = _text(whole(), model, name, is_flat)
        except Unsaid as reason:
            why = why or str(reason)
            continue
        proof = prove(text, model)
        if proof.is_equal:
            told = [*notes, *([f"no blocks were found that are equal to the model ({why}): a flat text"] if is_flat and not flat else [])]
            if proof.missing:
                told.append(_left_out(proof.missing))
            return Imported(_headed(text, model, told), is_flat, proof, told)
        why = why or proof.told
    raise trouble(
        source,
        "F654",
        f"no text that is equal to the model was found: {why}",
        "this is a fault of the import: please report it, with the model",
    )


def _left_out(keys: Sequence[str]) -> str:
    shown = ", ".join(f"`{key}`" for key in keys[:3])
    return f"{len(keys)} keys that no run reads are left out: {shown}" + (", …" if len(keys) > 3 else "")


class flat_steps:  # a function that remembers its traces
    """The steps of a model, made afresh at each call: what finds structure changes them."""

    def __init__(self, model: Model, source: str) -> None:
        self.model, self.source = model, source
        self.runs = self._runs(training=False)
        state = set(model.module.state_dict())
        self.training: list[Trace] | None = None
        try:
            flat = self()
        except Unsaid as reason:
            raise trouble(source, "F653", f"the language cannot say this model: {reason}") from None
        if flat.missing:
            raise _refusal(source, flat.missing)
        owners = {step.key for step in flat.steps if step.key}
        unread = {key for key in state if key not in owners and key.rpartition(".")[0] not in owners}
        if any(not key.startswith(tuple(f"{owner}." for owner in owners)) for key in unread) and len(flat.outputs) == 1:
            self.training = self._try_training()

    def __call__(self) -> Flat:
        modules = dict(self.model.module.named_modules())
        if self.training is not None:
            both = lower(self.training, modules)
            with_sides = _with_sides(both, lower(self.runs, modules))
            if with_sides is not None:
                return with_sides
        return lower(self.runs, modules)

    def _runs(self, training: bool) -> list[Trace]:
        found = []
        module = self.model.module
        module.train(training)
        try:
            with on_meta(module):
                for batch in BATCHES:
                    inputs = [torch.empty(batch, *tensor.shape[1:], dtype=tensor.dtype, device="meta") for tensor in self.model.inputs]
                    found.append(trace(module, inputs))
        except Exception as error:
            line = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            shapes = " and ".join("x".join(map(str, tensor.shape[1:])) for tensor in self.model.inputs)
            raise trouble(
                self.source,
                "F652",
                f"the model does not run on {shapes}: {type(error).__name__}: {line}",
                "say what it takes with `--input 3x224x224`",
            ) from error
        finally:
            module.eval()
        return found

    def _try_training(self) -> list[Trace] | None:
        try:
            return self._runs(training=True)
        except Exception:
            return None  # what training alone reads is left out, and said


def _with_sides(both: Flat, plain: Flat) -> Flat | None:
    """The steps of training with its further outputs as side heads; None where nothing is gained, or the main output is not found."""
    made = both.made()
    last = plain.made()[plain.outputs[0][1]]
    main = [row for row in both.outputs if row[1] in made and (made[row[1]].key, made[row[1]].path) == (last.key, last.path)]
    if len(main) != 1 or both.missing or len(both.outputs) < 2:
        return None
    both.side_outputs = [
        (re.sub(r"\W", "_", made[number].path.partition(".")[0]) or f"aux{count}", number)
        for count, (_, number) in enumerate(row for row in both.outputs if row != main[0])
    ]
    both.outputs = main
    return both


def _refusal(source: str, missing: Sequence[Missing]) -> Exception:
    rows: dict[str, list[Missing]] = {}
    for row in missing:
        rows.setdefault(row.what, []).append(row)
    notes = [
        f"{what}: {len(found)} time{'s' if len(found) > 1 else ''}, first in {found[0].path or 'the root module'}"
        + (f", {_place(found[0].line)}" if found[0].line else "")
        for what, found in list(rows.items())[:MOST_TOLD]
    ]
    if len(rows) > MOST_TOLD:
        notes.append(f"and {len(rows) - MOST_TOLD} more")
    first = next(iter(rows))
    return trouble(
        source,
        "F653",
        f"the language cannot say {len(rows)} of the model's operations: {first}" + (", …" if len(rows) > 1 else ""),
        notes=notes,
    )


def _place(line: tuple[str, int]) -> str:
    """The place in the model's source, from the package on: no path of this machine."""
    parts = line[0].replace("\\", "/").split("/")
    start = parts.index("site-packages") + 1 if "site-packages" in parts else len(parts) - 1
    return f"{'/'.join(parts[start:])}:{line[1]}"


def _text(flat: Flat, model: Model, name: str, is_flat: bool) -> tuple[str, list[str]]:
    simplify(flat)
    modules = dict(model.module.named_modules())
    try:
        found: Structure = structure(flat, modules, model.constructors, is_flat)
    except (KeyError, IndexError, ValueError, RecursionError) as error:
        raise Unsaid(f"its structure was not found: {type(error).__name__}") from error
    if not is_flat:
        for block in found.blocks:
            natural(block.body)
        natural(found.body)
    text = Writer(found, flat, name).text()
    return format_source(Source.of(f"{name}.arch", text)), list(flat.notes)


def _headed(text: str, model: Model, notes: Sequence[str]) -> str:
    date = datetime.date.today().isoformat()
    lines = [f"## {model.origin}, imported on {date}."]
    lines += [f"## Note: {note}." for note in dict.fromkeys(notes)]
    return "\n".join(lines) + "\n\n" + text
