"""The structure of a model: its blocks, and the body of the network."""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from dataclasses import field

from torch import nn

from ...base.records import dataclass
from ..runtime.own_code import PACKAGE
from .blocks import Block, Maker
from .bodies import Builder
from .constructors import Arguments
from .flat_steps import Flat, Step
from .lists import over_lists
from .numbering import follow, label, number, without_rest
from .own_lines import home_of
from .places import Place as Placed
from .places import places
from .rates import Rate, rates
from .repeats import fold, fold_turns, in_turns
from .rounds import fold_rounds
from .tree import ABSENT, Aux, Body, Call, Column, Loop, Merge, Scope, fingerprint, scopes, walk
from .unify import unify
from .words import name_of_block, output_name

Place = tuple[Body, int, Scope]
"""A scope, with the body and the place in it where it stands."""

MOST_OPTIONS = 4
"""How many optional parts a block may have; with more the instances are several blocks."""


@dataclass(slots=True, eq=False)
class Structure:
    blocks: list[Block] = field(default_factory=list)
    body: Body = field(default_factory=Body)
    indexed: bool = False
    rate: Rate | None = None
    """The largest probability of `drop_path`, where the others are parts of it."""

    def __repr__(self) -> str:
        return f"<Structure of {len(self.blocks)} blocks>"


def structure(
    flat: Flat,
    modules: dict[str, nn.Module],
    made: dict[int, tuple[nn.Module, Arguments]],
    is_flat: bool = False,
    several: bool = True,
    in_rounds: bool = True,
) -> Structure:
    """Find the blocks of a model, the innermost first; with `is_flat` none, and each step has its whole key as its label. `in_rounds`: whether
    several steps that come again are a loop."""
    rows = places(flat, modules, is_flat, several)
    body = Builder(flat, _without_identities(flat, rows), modules, made).root()
    if not flat.is_exact:
        without_rest(body)
    found = Structure(body=body, indexed=number(body))
    found.rate = rates(body)
    follow(body, flat)
    _name_outputs(flat)
    ends = {number: name for name, number in flat.outputs}
    label(body, None, {row.number: (row.name, None) for row in flat.inputs}, ends if len(ends) > 1 else {})
    if flat.of_archc:
        _of_one_name(body)
    if not is_flat:
        _Finder(found, modules).run(in_rounds)
    else:
        Maker(body, {}, 1, is_inner=False).block("root", False)
    return found


def _of_one_name(body: Body) -> None:
    """Classes that archc numbered, `Stage`, `Stage2`, …, are of one kind again: its generator may have written one block as several."""
    kinds = {scope.kind for _, _, scope in scopes(body)}
    for _, _, scope in scopes(body):
        stem = scope.kind.rstrip("0123456789")
        if stem in kinds:
            scope.kind = stem


def _name_outputs(flat: Flat) -> None:
    """Several outputs have names, and those of the model's that the language could not have are told beside theirs."""
    if len(flat.outputs) < 2:
        return
    names: list[str] = []
    for place, (told, _) in enumerate(flat.outputs):
        names.append(output_name(told, place, names))
        if names[-1] != told and not told.lstrip("_")[:1].isdigit() and told.strip("_"):  # a digit: a place in a list, which is no name
            flat.notes.append(f"the output `{told}` is called `{names[-1]}` here")
    flat.outputs = [(name, number) for name, (_, number) in zip(names, flat.outputs, strict=True)]


def _without_identities(flat: Flat, rows: list[Placed]) -> list[Placed]:
    """The places without identities that no scope counts; the list of steps loses these, too."""
    if flat.is_exact:
        return rows
    instead: dict[int, int] = {}
    kept: list[tuple[Step, Placed]] = []
    for step, row in zip(flat.steps, rows, strict=True):
        step.inputs = [instead.get(number, number) for number in step.inputs]
        if step.operation == "identity" and row.slot is None and row.label is None:
            instead[step.number] = step.inputs[0]
        else:
            kept.append((step, row))
    flat.steps = [step for step, _ in kept]
    flat.give_instead(instead)
    flat.given = {path: [(name, place, instead.get(number, number)) for name, place, number in given] for path, given in flat.given.items()}
    return [row for _, row in kept]


class _Finder:
    def __init__(self, found: Structure, modules: dict[str, nn.Module]) -> None:
        self.found, self.modules = found, modules

    def run(self, in_rounds: bool) -> None:
        root = self.found.body
        while True:
            groups = self._groups()
            if not groups:
                break
            for kind, members in groups.items():
                self._class(kind, members)
        for _, _, scope in scopes(root):
            fold(scope.body)
        fold(root)
        self._siblings(root)
        for _, _, scope in scopes(root):
            self._siblings(scope.body)
        self._sides(root)
        for _, _, scope in scopes(root):
            fold_turns(scope.body)
        fold_turns(root)
        if in_rounds:
            fold_rounds(root)
        Maker(root, {}, 1, is_inner=False).block("root", False)

    def _sides(self, root: Body) -> None:
        """Side heads that are alike: a block without a scope of its own."""
        groups: dict[str, list[Aux]] = defaultdict(list)
        for item, _ in walk(root):
            if isinstance(item, Aux) and item.kind and not item.indexed:
                groups[item.kind + fingerprint(item.body)].append(item)
        for rows in groups.values():
            if len(rows) > 1:
                name = name_of_block(rows[0].kind, [row.name for row in self.found.blocks])
                self.found.blocks.append(Block(name, [], rows[0].body, is_flat=True))
                for row in rows:
                    row.body = Body([Call(block=name)], row.body.entry)

    def _groups(self) -> dict[str, list[tuple[Body, int, Scope]]]:
        """The scopes of each class of the model's own whose inner scopes are done; those that stand once are done as they are."""
        groups: dict[str, list[tuple[Body, int, Scope]]] = defaultdict(list)
        for home, place, scope in scopes(self.found.body):
            if scope.is_inline:
                continue
            if any(not inner.is_inline for _, _, inner in scopes(scope.body)):
                continue
            fold(scope.body)
            module = self.modules.get(scope.path)
            if module is None or type(module).__module__.startswith("torch.nn."):
                scope.is_inline = True
                groups.setdefault("", [])
                continue
            groups[scope.kind].append((home, place, scope))
        for kind, members in list(groups.items()):
            if len(members) == 1:
                others = [scope for _, _, scope in scopes(self.found.body) if scope.kind == kind and not scope.is_inline]
                if len(others) == 1 and members[0][2].body.entry_name is None and not _has_several(members[0][2].body):
                    members[0][2].is_inline = True
                    groups[kind] = []
                elif len(others) > 1:
                    groups.pop(kind)
            elif kind:
                waiting = sum(scope.kind == kind and not scope.is_inline for _, _, scope in scopes(self.found.body))
                if waiting != len(members) and any(rows for name, rows in groups.items() if name != kind):
                    groups.pop(kind)
        return groups

    def _class(self, kind: str, members: list[tuple[Body, int, Scope]]) -> None:
        over_lists([scope.body for _, _, scope in members])
        _lists_alike([scope.body for _, _, scope in members])
        # Most are equal: each distinct one is looked at once.
        distinct: dict[str, list[Place]] = defaultdict(list)
        for row in members:
            distinct[repr((row[2].indexed, row[2].arguments)) + fingerprint(row[2].body, True)].append(row)
        clusters: list[tuple[Body, list[list[Place]]]] = []
        for rows in distinct.values():
            scope = rows[0][2]
            for number_, (body, known) in enumerate(clusters):
                if known[0][0][2].indexed != scope.indexed or _ends(known[0][0][2].body) != _ends(scope.body):
                    continue
                both = unify(body, scope.body, len(known), 1)
                # Two classes are one block where nothing stands in one of them alone.
                most = MOST_OPTIONS if self._class_of(known[0][0][2]) == self._class_of(scope) else _options(body)
                if both is not None and _options(both) <= most:
                    clusters[number_] = (both, [*known, rows])
                    break
            else:
                clusters.append((scope.body, [rows]))
        for body, known in clusters:
            if sum(map(len, known)) == 1 and body.entry_name is None and not _has_several(body):
                known[0][0][2].is_inline = True
            else:
                self._block(kind, body, known)

    def _block(self, kind: str, body: Body, known: list[list[Place]]) -> None:
        """`known`: for each column of the body, the scopes that are so."""
        constructor: dict[str, Column] = {}
        for argument in known[0][0][2].arguments:
            constructor[argument] = [rows[0][2].arguments.get(argument, [ABSENT])[0] for rows in known]
        maker = Maker(body, constructor, len(known), counts=[len(rows) for rows in known])
        block = maker.block(name_of_block(kind, [row.name for row in self.found.blocks]), known[0][0][2].indexed)
        block.source = self._source(known[0][0][2])
        self.found.blocks.append(block)
        for column, rows in enumerate(known):
            for home, place, scope in rows:
                arguments = {parameter.name: [parameter.at(column)] for parameter in block.parameters}
                home.items[place] = Call(
                    scope.label, number=scope.number, slot=scope.slot, into=scope.into, block=block.name, arguments=arguments
                )

    def _class_of(self, scope: Scope) -> str | None:
        """By its name: a program's modules are of types that were made one by one."""
        module = self.modules.get(scope.path)
        return None if module is None else type(module).__name__

    def _source(self, scope: Scope) -> str:
        """The class that a block was, as a comment says it."""
        module = self.modules.get(scope.path)
        if module is None or type(module).__module__.startswith(("torch.", f"{PACKAGE}.")):
            return ""  # what archc generates has no file to look into
        home = home_of(type(module)).rpartition(".")[2]
        return f"`{type(module).__name__}`" + (f" in {home}.py" if home else "")

    def _siblings(self, body: Body) -> None:
        """Scopes beside each other with names that count (`layer1`, `layer2`, …): one block."""
        groups: dict[str, list[tuple[Body, int, Scope]]] = defaultdict(list)
        for place, item in enumerate(body.items):
            if isinstance(item, Scope) and item.label is not None:
                match = re.fullmatch(r"([A-Za-z_]\w*?)_?\d+", item.label)
                if match:
                    groups[match[1]].append((body, place, item))
        for stem, rows in groups.items():
            if len(rows) < 2 or len({scope.indexed for _, _, scope in rows}) > 1:
                continue
            _lists_alike([scope.body for _, _, scope in rows])
            both: Body | None = rows[0][2].body
            for count, (_, _, scope) in enumerate(rows[1:], 1):
                both = None if both is None else unify(both, scope.body, count, 1)
            if both is not None and _options(both) <= 2:
                self._block(stem, both, [[row] for row in rows])


def _lists_alike(bodies: list[Body]) -> None:
    """Lists of blocks that differ in their length, written alike: in bodies, and in the lists of one name that all of them have."""
    in_turns(bodies)
    _peeled(bodies)
    rows = [{item.label: item.body for item in body.items if isinstance(item, Scope) and item.label is not None} for body in bodies]
    for name in rows[0] if rows else ():
        if all(name in row for row in rows):
            _lists_alike([row[name] for row in rows])


def _peeled(bodies: list[Body]) -> None:
    """Where one body begins with a block and goes on with a loop of it, a loop at another's beginning gives its first round away."""
    if any(not body.items for body in bodies):
        return
    firsts = [body.items[0] for body in bodies]
    blocks = {item.block for item in firsts if isinstance(item, Call)}
    for body, item in zip(bodies, firsts, strict=True):
        if isinstance(item, Loop) and item.variable is None and len(item.body.items) == 1:
            call = item.body.items[0]
            if isinstance(call, Call) and call.block in blocks:
                body.items.insert(0, copy.deepcopy(call))
                item.count = [item.count[0] - 1]
    # Where one round is left everywhere, it is no loop.
    for body in bodies:
        body.items = [
            item.body.items[0]
            if isinstance(item, Loop) and item.count == [1] and item.variable is None and len(item.body.items) == 1
            else item
            for item in body.items
        ]


def _ends(body: Body) -> tuple[object, ...]:
    """What a body takes and gives, where that is several tensors."""
    if body.is_general:
        return body.takes, body.gives
    return (
        body.takes,
        len(body.names),
        body.gives,
        sum(item.label is not None and "." in item.label for item in body.items) if body.gives else 0,
    )


def _has_several(body: Body) -> bool:
    """Whether it takes or gives several tensors, as a block alone can."""
    return bool(body.takes or body.gives)


def _options(body: Body) -> int:
    """In how many ways parts of a body are there or not."""
    found = set()

    def look(inside: Body) -> None:
        for item in inside.items:
            if not all(item.present):
                found.add(tuple(item.present))
            if isinstance(item, Merge):
                for path in item.paths:
                    if not all(path.present):
                        found.add(tuple(path.present))
            for inner in item.bodies():
                look(inner)

    look(body)
    return len(found)
