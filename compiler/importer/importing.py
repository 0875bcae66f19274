"""A model as a text of the language: traced, lowered, structured, written, and proved equal."""

from __future__ import annotations

import contextlib
import copy
import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from itertools import product

from torch import nn

from ...base.records import dataclass
from ...base.source import Source
from ...dsl.format.printer import format_source
from ..files.model_names import NOTE
from .as_meant import as_meant
from .axes import name_axes
from .flat_steps import Flat
from .names_refused import names_refused
from .natural import natural
from .prove import Proof, prove
from .runs import Runs
from .shared_parts import parts_of_their_own
from .simplify import simplify
from .sources import Model
from .structure import Structure, structure
from .trouble import trouble
from .unsaid import Unsaid
from .usable import OF_ONE_KIND, OTHER_KINDS, other_numbers
from .why_unequal import why_unequal
from .words import first_keys
from .write import Writer

WAYS = ((False, True, True), (False, True, False), (False, False, False), (True, True, False), (True, False, False))
"""What is tried, one after the other: whether the text is flat, whether steps become higher words, whether blocks take and give several tensors."""

FAULT = "this is a fault of the import: please report it, with the model"
"""What is asked of one whose model was read otherwise than it is."""

SEVERAL = re.compile(r"^block .* (takes|gives) .*\{", re.MULTILINE)
"""A block that takes or gives several tensors, or names what it takes."""


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
    """The text of a model. Raises `ArchError`: F652 where it cannot be run, F653 where the language lacks an operation, F654 where no text is equal,
    F655 where that is the model's own doing."""
    was_training = {part: part.training for part in model.module.modules()}
    try:
        with parts_of_their_own(model.module):
            return _imported(model, name or model.name, flat, source)
    finally:
        for part, training in was_training.items():
            part.training = training


def _imported(model: Model, name: str, flat: bool, source: str) -> Imported:
    runs = Runs(model, source)
    why, differs_at = "", ""
    tried: set[str] = set()
    of_own_size: tuple[str, list[str], bool] | None = None
    """The first text that is equal at the size of the model alone."""
    for is_flat, forms, several, in_rounds in _ways(runs, flat):
        try:
            text, notes = _text(runs.steps(), model, name, is_flat, forms, several, in_rounds)
            if several and SEVERAL.search(text):
                with contextlib.suppress(Unsaid):  # the shorter of both
                    text, notes = min(
                        (text, notes),
                        _text(runs.steps(), model, name, is_flat, forms, False, in_rounds),
                        key=lambda row: row[0].count("\n"),
                    )
        except Unsaid as reason:
            why = why or str(reason)
            continue
        if text in tried:
            continue
        tried.add(text)
        proof = prove(text, model)
        if proof.is_equal:
            return _finished(text, notes, model, runs, proof, is_flat, why if is_flat and not flat else "")
        if proof.differs_at == "another":
            of_own_size = of_own_size or (text, notes, is_flat)
        numbers = None if proof.is_equal else other_numbers(model.module, proof.told)
        if numbers is not None:
            raise trouble(source, "F652", f"the model could not be compared: {numbers[0]}", numbers[1], [f"it says: {proof.told}"])
        if proof.differs_at == "short way":
            raise trouble(source, "F652", proof.told, "a network does the same for all: import the part without it")
        if proof.unrun:
            raise trouble(
                source,
                "F652",
                f"the model answers none of the inputs that it was compared on: {proof.told}",
                OF_ONE_KIND
                if OTHER_KINDS.search(proof.told)
                else "let its `forward` take any numbers of these shapes, or import the part that does",
            )
        why, differs_at = why or proof.told, differs_at or proof.differs_at
        if proof.refused is not None and (nameless := names_refused(proof.refused, model, runs.flat)) is not None:
            raise trouble(source, "F653", *nameless)
    own = why_unequal(model, runs.traces, differs_at)
    if own is not None:
        raise trouble(source, "F655", own.message, own.help, [*own.notes(), f"the text was compared: {why}"])
    if of_own_size is not None:
        text, notes, is_flat = of_own_size
        proof = prove(text, model, own_size=True)
        if proof.is_equal:
            return _finished(text, notes, model, runs, proof, is_flat, "")
    raise trouble(
        source,
        "F654",
        f"no text that is equal to the model was found: {why}",
        FAULT,
    )


def _finished(text: str, notes: Sequence[str], model: Model, runs: Runs, proof: Proof, is_flat: bool, why_flat: str) -> Imported:
    """A text that was proved, with its header."""
    told = [
        *model.notes,
        *notes,
        *([f"no blocks were found that are equal to the model ({why_flat}): a flat text"] if why_flat else []),
    ]
    told = told_once([*told, *_left_out(proof.missing, model.module, runs.flat)])
    if proof.doubt:
        told.append(proof.doubt)
    return Imported(_headed(text, model, told), is_flat, proof, told)


def _ways(runs: Runs, flat: bool) -> Iterator[tuple[bool, bool, bool, bool]]:
    """How a text is tried, and whether with loops of several steps; with side heads first, and where no text has them, without."""
    while True:
        for (is_flat, forms, several), in_rounds in product(WAYS, (True, False)):
            if (is_flat or not flat) and not (is_flat and in_rounds):
                yield is_flat, forms, several, in_rounds
        if not runs.without_sides():
            return


NAMED = re.compile(r"`[^`]*`")

MOST_PAIRS = 24
"""How many names with what they stand for a note lists."""


def told_once(notes: Sequence[str]) -> list[str]:
    """Notes that differ in names alone: the first, and of which others it is as true. Where several names differ, each is told with its own."""
    alike: dict[str, dict[str, None]] = {}
    for note in notes:
        alike.setdefault(NAMED.sub("`", note), {})[note] = None
    found = list[str]()
    for rows in map(list, alike.values()):
        if len(rows) < 3:
            found += rows
            continue
        names = [NAMED.findall(row) for row in rows]
        places = [place for place, others in enumerate(zip(*names, strict=True)) if len(set(others)) > 1]
        if len(places) < 2:
            others = first_keys([row[places[0]].strip("`") for row in names[1:]])
        else:
            told = [" and ".join(row[place] for place in places) for row in names[1:]]
            others = ", ".join(told[:MOST_PAIRS]) + (", …" if len(told) > MOST_PAIRS else "")
        found.append(f"{rows[0]} (and so with {len(rows) - 1} more: {others})")
    return found


def _left_out(missing: Sequence[str], module: nn.Module, flat: Flat) -> list[str]:
    """Why the text has fewer keys than the model: some are other names of a tensor that it has, some are tables, others nothing reads."""
    names: dict[object, list[str]] = {}
    buffers = dict(module.named_buffers(remove_duplicate=False))
    for name, tensor in [*module.named_parameters(remove_duplicate=False), *buffers.items()]:
        # A program that was saved has two tensors of one memory.
        of_one = (tensor.data_ptr(), tensor.shape, tensor.stride()) if tensor.device.type != "meta" and tensor.numel() else id(tensor)
        names.setdefault(of_one, []).append(name)
    tied = dict[str, str]()
    for alike in names.values():
        kept = next((name for name in alike if name not in missing), None)
        if kept is not None:
            tied |= {name: kept for name in alike if name in missing}
    left = [key for key in missing if key not in tied]
    tables, dead = ([key for key in left if key in flat.read and (key in buffers) is is_table] for is_table in (True, False))
    pairs = dict.fromkeys(_of_modules(name, kept, module) for name, kept in tied.items())
    said = [f"`{name}` is tied to `{kept}`, whose name both have" for name, kept in pairs]
    rows = (
        ("that training alone reads {} left out", [key for key in left if key in flat.read_in_training]),
        ("that no run reads {} left out", [key for key in left if key not in flat.read | flat.read_in_training]),
        ("that no output depends on {} left out", dead),
        ("of tables {} left out, whose numbers the text has itself", tables),
    )
    return [*said, *(_counted(keys, why) for why, keys in rows if keys)]


def _of_modules(name: str, kept: str, module: nn.Module) -> tuple[str, str]:
    """Two names of a tensor; those of the modules around it, where one module has both."""
    while True:
        (outer, _, last), (other, _, other_last) = name.rpartition("."), kept.rpartition(".")
        if last != other_last or not outer or not other or module.get_submodule(outer) is not module.get_submodule(other):
            return name, kept
        name, kept = outer, other


def _counted(keys: Sequence[str], why: str) -> str:
    one = len(keys) == 1
    return f"{len(keys)} key{'' if one else 's'} {why.format('is' if one else 'are')}: {first_keys(keys)}"


def flat_text(flat: Flat, model: Model) -> str:
    """The text with a step a line, not yet proved."""
    return _text(copy.deepcopy(flat), model, model.name, True)[0]


def _text(
    flat: Flat, model: Model, name: str, is_flat: bool, forms: bool = True, several: bool = True, in_rounds: bool = True
) -> tuple[str, list[str]]:
    if not flat.is_exact:
        as_meant(flat)
        simplify(flat, forms)
    name_axes(flat)
    modules = model.modules()
    try:
        found: Structure = structure(flat, modules, model.constructors, is_flat, several, in_rounds)
    except (KeyError, IndexError, ValueError, RecursionError) as error:
        raise Unsaid("the steps of its modules could not be put into scopes") from error
    if not is_flat:
        for block in found.blocks:
            natural(block.body)
        natural(found.body)
    if name in {block.name for block in found.blocks}:
        name = f"{name}_net"
    text = Writer(found, flat, name).text()
    return format_source(Source.of(f"{name}.arch", text)), list(flat.notes)


def _headed(text: str, model: Model, notes: Sequence[str]) -> str:
    date = datetime.date.today().isoformat()
    lines = [f"## {model.origin}, imported on {date}."]
    lines += [f"{NOTE}{note}." for note in dict.fromkeys(notes)]
    return "\n".join(lines) + "\n\n" + text
