"""Why weights do not fit a network: the tensors, the cause where one is known, and the option or the value that would do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ....base.diagnostics import Diagnostic
from ....base.records import dataclass
from ...graph.graph import Graph
from ...graph.program import Node
from ...ops.base import Shape, show
from .causes import Cause, alternatives, cause_of, parts_differ, width_differs
from .keys import COUNTER, Renaming
from .likeness import looks_like
from .rename_options import rename_options
from .told import MOST_TOLD, count, skips, trouble

if TYPE_CHECKING:
    from torch import Tensor

Shapes = Mapping[str, Shape]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """What fits and what does not. The keys of `missing`, `given` and `different` are the network's, those of `tensors` (the whole
    file) and `extra` the file's."""

    graph: Graph
    owners: Mapping[str, Node]
    name: str
    tensors: Mapping[str, Tensor]
    wanted: Mapping[str, Tensor]
    given: Mapping[str, Tensor]
    missing: Sequence[str]
    extra: Mapping[str, Tensor]
    different: Mapping[str, Tensor]
    renamed: tuple[str, ...]
    names: Mapping[str, str]
    rules: Sequence[Renaming]
    piece: str
    """Why the file has but some of the weights of its model, where that is so."""

    @property
    def partial(self) -> str:
        """The option that loads what fits, where that is anything."""
        return "--partial" if any(tensor.dim() for tensor in self.given.values()) else ""


def explain(found: Mismatch) -> tuple[Diagnostic, ...]:
    """Everything that does not fit, each kind once, with its cause."""
    wanted = {key: tuple(value.shape) for key, value in found.wanted.items()}
    given = {key: tuple(value.shape) for key, value in {**found.given, **found.extra, **found.different}.items()}
    causes: dict[str, list[str]] = {}
    known: dict[str, Cause] = {}
    rest: list[str] = []
    numbers: list[str] = []
    for key in found.different:
        if found.different[key].is_floating_point() != found.wanted[key].is_floating_point() or found.different[key].is_complex():
            numbers.append(key)
            continue
        cause = cause_of(found.graph, found.owners[key], given[key], wanted[key]) if key in found.owners else None
        if cause is None:
            rest.append(key)
        else:
            known[cause.said] = cause
            causes.setdefault(cause.said, []).append(key)
    # Of a layer whose other tensors differ in their own way, one alone tells nothing: a bias is as long for another width as for other classes.
    unclear = {found.owners[key].index for key in rest if key in found.owners}
    rest += [key for keys in causes.values() for key in keys if found.owners[key].index in unclear]
    causes = {said: kept for said, keys in causes.items() if (kept := [key for key in keys if key not in rest])}
    # Another network explains it all; which one is asked only where the causes that are seen in single tensors do not.
    piece = found.piece if found.missing else ""
    unclear_yet = not piece and (rest or found.missing or found.extra)
    other = looks_like({key: tuple(value.shape) for key, value in found.tensors.items()}) if unclear_yet else None
    if other is not None and other[0] != found.graph.program.name:
        name, classes = other
        command = f"archc build {name} --set classes={classes}" if classes else f"archc build {name}"
        told = f" with {classes} classes" if classes else ""
        common = [f"the file looks like `{name}`{told}, which comes with archc: `{command}` takes it"]
        causes, rest = {}, [key for key in found.different if key not in numbers]
    else:
        common = [piece] if piece else []
    parts = parts_differ(found.wanted, given) if not piece and (found.missing or found.extra) else None
    notes = (*((f"it was read so: {', '.join(found.renamed)}",) if found.renamed else ()), *((parts,) if parts else ()))
    rows: list[Diagnostic] = []
    if found.missing:
        rows.append(_missing(found, wanted, given, common, notes))
    if found.extra:
        rows.append(_extra(found, wanted, given, common, notes))
    for said, keys in causes.items():
        rows.append(
            _different(found, keys, wanted, given, f"{said}: {known[said].help(skips(keys, _others(found, keys)) or found.partial)}")
        )
    if rest:
        width = width_differs({key: (given[key], wanted[key]) for key in rest}, [given[key] for key in found.given], found.partial)
        rows.append(_different(found, rest, wanted, given, common[0] if other and common else width))
    if numbers:
        if any(found.wanted[key].is_floating_point() for key in numbers):
            help = "weights are floating-point numbers: save those of the model before it was quantised"
        else:
            help = "these are whole numbers: save them uncast beside weights of half precision, or `--skip PATTERN` starts them afresh"
        rows.append(_different(found, numbers, wanted, given, help))
    return tuple(rows)


def _others(found: Mismatch, keys: Collection[str]) -> list[str]:
    return [key for key in {**found.wanted, **found.tensors} if key not in set(keys)]


def _missing(found: Mismatch, wanted: Shapes, given: Shapes, common: Sequence[str], notes: tuple[str, ...]) -> Diagnostic:
    missing, extra = found.missing, tuple(found.extra)
    first = missing[0]
    near = () if common else tuple(_near(key, wanted[key], extra, given) for key in missing[:MOST_TOLD])
    left = (*missing, *extra)
    options = skips(left, _others(found, left)) if found.given else ""
    help = common[0] if common else _renamed(found, wanted, given)
    if help is None and extra and options:
        help = f"`{options}` goes on without them"
    elif help is None and not extra and found.partial:
        help = f"`{options or '--partial'}` leaves them as training starts" + (", and `--partial` all that does not fit" if options else "")
    elif help is None and not extra:
        help = "load the weights of this network: of those in the file none fits"
    elif help is None:
        ways = ("label the steps as the file names them", "give `--rename OLD=NEW` where the beginnings of the keys differ")
        help = alternatives(*ways, f"load what fits with `{found.partial}`" if found.partial else "")
    message = f"`{found.name}` lacks {count(missing)} of the network: the first is `{first}` {show(wanted[first])}"
    return trouble(found.name, "F622", message, help, (*notes, *near))


def _extra(found: Mismatch, wanted: Shapes, given: Shapes, common: Sequence[str], notes: tuple[str, ...]) -> Diagnostic:
    extra = tuple(found.extra)
    first = extra[0]
    near = () if common else tuple(_near(key, given[key], found.missing, wanted) for key in extra[:MOST_TOLD])
    options = skips(extra, _others(found, extra))
    help = None
    if not found.missing:
        help = common[0] if common else f"`{options or '--partial'}` leaves them in the file" if options or found.partial else None
    message = f"`{found.name}` has {count(extra)} that the network does not have: the first is `{first}` {show(given[first])}"
    return trouble(found.name, "F623", message, help, (*(() if found.missing else notes), *near))


def _different(found: Mismatch, keys: Sequence[str], wanted: Shapes, given: Shapes, help: str) -> Diagnostic:
    rows = [f"`{key}` is {show(given[key])}{_kind(found, key)} in the file and {show(wanted[key])} in the network" for key in keys]
    message = f"{count(keys)} of `{found.name}` {'has' if len(keys) == 1 else 'have'} another shape than the network's: {rows[0]}"
    if all(given[key] == wanted[key] for key in keys):
        message = f"{count(keys)} of `{found.name}` {'holds' if len(keys) == 1 else 'hold'} other numbers than the network's: {rows[0]}"
    return trouble(found.name, "F624", message, help, tuple(rows[1:MOST_TOLD]))


def _kind(found: Mismatch, key: str) -> str:
    one, two = found.different[key], found.wanted[key]
    if one.is_floating_point() == two.is_floating_point() and not one.is_complex():
        return ""
    return f" of {str(one.dtype).removeprefix('torch.')}"


def _near(key: str, shape: Shape, others: Sequence[str], shapes: Shapes) -> str:
    """A line that tells which key of the other side is nearest, those of the same shape first."""
    from difflib import SequenceMatcher

    same = [other for other in others if shapes[other] == shape][:200] or list(others[:200])
    best = max(same, key=lambda other: SequenceMatcher(None, key, other).ratio(), default=None)
    told = f"`{key}` {show(shape)}"
    return told if best is None else f"{told}: the nearest is `{best}` {show(shapes[best])}"


def _renamed(found: Mismatch, wanted: Shapes, given: Shapes) -> str | None:
    """Whether the same shapes stand there in the same order under other names."""
    missing, extra = found.missing, [key for key in found.extra if not key.endswith(COUNTER)]  # of `missing` they are no part
    if [wanted[key] for key in missing] != [given[key] for key in extra]:
        return None
    told = f"the shapes are the same in the same order, so the names alone differ: `{extra[0]}` would be `{missing[0]}`; "
    fitting = (*found.given, *found.different)
    options = rename_options(found.names, found.rules, dict(zip(extra, missing, strict=True)), fitting, found.extra, found.wanted)
    return told + (f"`{options}`, or label the steps so" if options else "label the steps so")
