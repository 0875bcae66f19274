"""In which scope each step stands, and under which label: from the paths of the modules.

A scope is kept where its steps run one after the other, one tensor enters it and one leaves it. Another one is dissolved:
its name moves, with a dot, into the labels of what stood in it, so that the keys stay.
"""

from __future__ import annotations

from collections import defaultdict

from torch import nn

from ...base.records import dataclass
from .flat_steps import Flat

Scope = tuple[str, ...]


@dataclass(slots=True, eq=False)
class Place:
    scope: Scope
    label: str | None
    slot: str | None = None
    """The name of a module without weights that is this step alone."""


def places(flat: Flat, modules: dict[str, nn.Module], is_flat: bool = False, several: bool = True) -> list[Place]:
    """The place of each step, in order; with `is_flat` all stand in the network itself, under their keys.

    With `several`, a class of modules that take or give several tensors is a scope, too, which becomes a block.
    """
    if is_flat:
        return [Place((), step.key if not step.shared else None) for step in flat.steps]
    found = _Places(flat, modules)
    found.weightless()
    found.gather_merges()
    found.lift_merges(several)
    if several:
        found.keep_several()
    while found.dissolved():
        pass
    return found.rows


class _Places:
    def __init__(self, flat: Flat, modules: dict[str, nn.Module]) -> None:
        self.flat, self.steps, self.modules = flat, flat.steps, modules
        self.several: set[str] = set()
        """The paths of modules that stay though they take or give several tensors."""
        keys = {step.key for step in flat.steps if step.key is not None}
        keepers = {key.rpartition(".")[0] for key in keys}
        self.rows: list[Place] = []
        for step in flat.steps:
            if step.again is not None:
                # A module that runs again: a scope of its own, which becomes a `reuse`.
                module_path, _, _ = step.again.rpartition("@")
                *around, _name = module_path.split(".")
                self.rows.append(Place((*around, step.again.rpartition(".")[2] if "." in module_path else step.again), None))
                continue
            if step.key is not None and not step.shared:
                *scope, label = step.key.split(".")
                self.rows.append(Place(tuple(scope), label))
                continue
            path = step.path.split(".") if step.path else []
            if step.shared and step.key is not None:
                path = step.key.split(".")[:-1]
            own = None
            module = modules.get(step.path)
            # A class of somebody's that keeps tensors itself, as a norm does, is no step but a scope.
            if path and module is not None and not list(module.children()) and ".".join(path) not in keys | keepers:
                own = path.pop()
            whole = next((depth for depth in range(1, len(path) + 1) if ".".join(path[:depth]) in keys), None)
            if whole is not None:  # a module that is one step of the language: what else it does stands around it
                own, path = None, path[: whole - 1]
            self.rows.append(Place(tuple(path), None, own))

    def members(self) -> dict[Scope, list[int]]:
        found: dict[Scope, list[int]] = defaultdict(list)
        for number, row in enumerate(self.rows):
            for depth in range(1, len(row.scope) + 1):
                found[row.scope[:depth]].append(number)
        return found

    def weightless(self) -> None:
        """Scopes without weights give their steps to the scope around them, the innermost first."""
        for scope, members in sorted(self.members().items(), key=lambda row: -len(row[0])):
            if all(self.steps[number].key is None for number in members) and "@" not in scope[-1]:
                indexed = scope[-1].isdigit()
                if indexed and len(members) != 1:
                    continue
                for number in members:
                    row = self.rows[number]
                    row.scope, row.slot = scope[:-1], scope[-1] if len(members) == 1 else None

    def _edges(self, members: list[int]) -> tuple[set[int], set[int]]:
        """The tensors that enter a run of steps, and those of it that are read elsewhere."""
        inside = {self.steps[number].number for number in members}
        enter = {source for number in members for source in self.steps[number].inputs if source not in inside}
        within = set(members)
        leave = {source for number, step in enumerate(self.steps) if number not in within for source in step.inputs if source in inside}
        return enter, leave | {number for _, number in (*self.flat.outputs, *self.flat.side_outputs) if number in inside}

    def gather_merges(self) -> None:
        """A list of modules whose outputs one merge joins: the merge goes in."""
        for scope, members in sorted(self.members().items(), key=lambda row: -len(row[0])):
            if members[-1] - members[0] + 1 != len(members) or members[-1] + 1 >= len(self.steps):
                continue
            enter, leave = self._edges(members)
            after = self.rows[members[-1] + 1]
            if len(enter) != 1 or len(leave) < 2 or after.label is not None or after.scope != scope[:-1]:
                continue
            merge = self.steps[members[-1] + 1]
            if set(merge.inputs) == leave and self._edges([*members, members[-1] + 1])[1] == {merge.number}:
                after.scope, after.slot = scope, None

    def lift_merges(self, several: bool) -> None:
        """A merge at the head of a scope, of tensors that all come from outside, stands before the scope (DenseNet's concatenations)."""
        again = True
        while again:
            again = False
            for scope, members in self.members().items():
                first = members[0]
                step, row = self.steps[first], self.rows[first]
                if step.key is None and len(step.inputs) > 1 and len(members) > 1 and row.scope == scope:
                    if several and len(self._edges(members[1:])[0] | self._edges(members)[1]) > 2:
                        continue  # others enter or leave as well: it is a block of several tensors
                    row.scope, row.slot, again = scope[:-1], None, True

    def _is_gap(self, scope: Scope, members: list[int]) -> bool:
        """A list of modules of which one alone runs, and not its first."""
        names = {(*self.rows[number].scope, self.rows[number].label)[len(scope)] for number in members}
        return isinstance(self.modules.get(".".join(scope)), nn.ModuleList) and len(names) == 1 and names != {"0"} and None not in names

    def keep_several(self) -> None:
        """A class of the model's own that stands several times becomes a block, however many tensors it takes and gives."""
        found: dict[str, list[str]] = defaultdict(list)
        alone = self.flat.alone()
        for scope, members in self.members().items():
            path = ".".join(scope)
            module = self.modules.get(path)
            if module is None or _is_container(module) or members[-1] - members[0] + 1 != len(members):
                continue
            enter, leave = self._edges(members)
            if enter and leave and len(enter) + len(leave) > 2 and not enter & alone:
                found[type(module).__name__].append(path)
        self.several = {path for paths in found.values() if len(paths) > 1 for path in paths}

    def _runs_as_before(self, scope: Scope, members: list[int]) -> bool:
        """Whether a module that runs again does what it did at first: a number that it is given may be another one (the time of an ODE)."""
        name, again, _ = scope[-1].partition("@")
        first = self.members().get((*scope[:-1], *name.split("."))) if again else None
        return first is None or self._did(first) == self._did(members)

    def _did(self, members: list[int]) -> list[object]:
        inside = {self.steps[number].number: place for place, number in enumerate(members)}
        steps = (self.steps[number] for number in members)
        return [(step.operation, step.arguments, step.key, [inside.get(source) for source in step.inputs]) for step in steps]

    def _part_again(self, scope: Scope, number: int) -> Scope:
        """The part of a module that runs again in which a step stands, where that has parts of its own: it runs again, too."""
        name, _, visit = scope[-1].partition("@")
        path = ".".join((*scope[:-1], name))
        part, _, _ = self.steps[number].path.removeprefix(f"{path}.").partition(".")
        module = self.modules.get(f"{path}.{part}")
        is_whole = module is not None and bool(module._modules) and next(module.parameters(), None) is not None
        return (f"{name}.{part}@{visit}",) if is_whole else ()

    def dissolved(self) -> bool:
        """Dissolve the largest scope that is none. False where all are."""
        for scope, members in sorted(self.members().items(), key=lambda row: (-len(row[1]), len(row[0]))):
            if members[-1] - members[0] + 1 == len(members):
                enter, leave = self._edges(members)
                if self._is_gap(scope, members):
                    pass  # its name and number stand before the labels: identities would have to fill the list
                elif ((len(enter) == 1 and len(leave) == 1) or ".".join(scope) in self.several) and self._runs_as_before(scope, members):
                    continue
            if "@" in scope[-1]:
                # A module that runs again otherwise than from one tensor to one, or than at first: its parts and steps, one by one.
                for number in members:
                    self.rows[number] = Place((*scope[:-1], *self._part_again(scope, number)), None)
                return True
            depth = len(scope)
            for number in members:
                row = self.rows[number]
                rest = row.scope[depth:]
                if rest:
                    row.scope = (*scope[:-1], f"{scope[-1]}.{rest[0]}", *rest[1:])
                else:
                    row.scope = scope[:-1]
                    row.label = f"{scope[-1]}.{row.label}" if row.label else None
                    row.slot = None
            return True
        return False


def _is_container(module: nn.Module) -> bool:
    """Whether it is PyTorch's, or one of its lists with another forward."""
    return type(module).__module__.startswith("torch.nn.") or isinstance(module, nn.Sequential | nn.ModuleList | nn.ModuleDict)


def kind_of(modules: dict[str, nn.Module], path: str) -> str:
    module = modules.get(path)
    return type(module).__name__ if module is not None else "Sequential"
