"""What a class declares, and how it reaches what it declared: attributes, and containers for dotted names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Literal

from ...base.records import dataclass
from .arguments import Made
from .constructors import folded, made_text
from .identifiers import CONTAINER_WORDS, is_attribute


@dataclass(eq=False)
class Holder:
    """What stands under a name of a class: a module, a weight without one, or a container of further names."""

    made: Made | None = None
    inside: dict[str, Holder] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return "" if self.made is None else made_text(self.made)

    @property
    def is_weight(self) -> bool:
        """Whether it is a tensor without a module."""
        return self.made is not None and (self.made.is_weight or bool(self.made.buffer))

    @cached_property
    def is_list(self) -> bool:
        return list(self.inside) == [str(number) for number in range(len(self.inside))]

    @cached_property
    def is_plain(self) -> bool:
        """Whether a container must be a bare nn.Module: it has weights of its own, or names that nn.ModuleDict has too."""
        return any(
            name in CONTAINER_WORDS or inner.is_weight or (inner.made is not None and bool(inner.inside))
            for name, inner in self.inside.items()
        )

    @cached_property
    def level(self) -> Level:
        """The names under it, where no class of its own has them."""
        if self.made is not None:
            return Level("list", {name: Holder(part) for name, part in self.made.parts})
        return Level("module" if not self.is_expression else "list" if self.is_list else "dict", self.inside)

    @cached_property
    def is_expression(self) -> bool:
        """Whether one expression makes it."""
        if self.made is not None:
            return not self.inside and not self.made.buffer
        return not self.is_plain and all(inner.is_expression for inner in self.inside.values())


@dataclass(frozen=True, slots=True)
class Level:
    """The names under one module. `kind` says how they are reached: `module`, `dict` or `list`."""

    kind: Literal["module", "dict", "list"]
    names: Mapping[str, Holder]
    places: dict[str, int] = field(default_factory=dict, compare=False)
    """Of each name in a list, found when it is first asked for: a list may have ten thousand."""

    def reach(self, module: str, name: str) -> str:
        """How `name` is reached from this module."""
        if is_attribute(name):
            return f"{module}.{name}"
        if self.kind == "list":
            if len(self.places) != len(self.names):
                self.places.update((each, place) for place, each in enumerate(self.names))
            return f"{module}[{self.places[name]}]"
        return f'{module}["{name}"]' if self.kind == "dict" else f'getattr({module}, "{name}")'


def holders(members: Sequence[tuple[tuple[str, ...], Made]]) -> dict[str, Holder]:
    """The tree of what a class declares: each member's path and its constructor."""
    top: dict[str, Holder] = {}
    for path, made in members:
        level = top
        for name in path[:-1]:
            level = level.setdefault(name, Holder()).inside
        level.setdefault(path[-1], Holder()).made = made
    return top


def top_level(names: dict[str, Holder]) -> Level:
    """A class is an nn.ModuleList where its members are numbered, and an nn.ModuleDict where a name is no identifier; but these hold modules alone."""
    whole = Holder(inside=names)
    if names and whole.is_list and whole.is_expression:
        return Level("list", names)
    numbered = [holder for name, holder in names.items() if not is_attribute(name)]
    plain = not numbered or any(name in CONTAINER_WORDS for name in names) or any(holder.is_weight for holder in numbered)
    return Level("module" if plain else "dict", names)


def declarations(top: Level) -> list[str]:
    """The statements that declare a class's members, the call of the base's constructor first."""
    if top.kind == "list":
        return [f"super().__init__{_expression(Holder(inside=dict(top.names))).removeprefix('nn.ModuleList')}"]
    lines = ["super().__init__()"]
    for name, holder in top.names.items():
        if top.kind == "module" and not is_attribute(name):
            _add("self", name, holder, lines)
        else:
            _declare(top.reach("self", name), holder, lines)
    return lines


def _declare(target: str, holder: Holder, lines: list[str]) -> None:
    if holder.made is not None and holder.made.buffer:
        owner, _, name = target.rpartition(".")
        lines.append(_buffer(owner, name, holder))
        return
    if holder.is_expression:
        lines.append(f"{target} = {_expression(holder)}")
        return
    lines.append(f"{target} = {holder.text or 'nn.Module()'}")
    for name, inner in holder.inside.items():
        if is_attribute(name):
            _declare(f"{target}.{name}", inner, lines)
        else:
            _add(target, name, inner, lines)


def _add(target: str, name: str, holder: Holder, lines: list[str]) -> None:
    """Declare what a bare nn.Module has under a name that is no identifier."""
    if holder.made is not None and holder.made.buffer:
        lines.append(_buffer(target, name, holder))
        return
    if holder.is_weight:
        lines.append(f'{target}.register_parameter("{name}", {holder.text})')
        return
    whole = holder.is_expression
    lines.append(f'{target}.add_module("{name}", {_expression(holder) if whole else holder.text or "nn.Module()"})')
    for inner_name, inner in () if whole else holder.inside.items():
        within = f'getattr({target}, "{name}")'
        if is_attribute(inner_name):
            _declare(f"{within}.{inner_name}", inner, lines)
        else:
            _add(within, inner_name, inner, lines)


def _buffer(target: str, name: str, holder: Holder) -> str:
    saved = "" if holder.made is not None and holder.made.buffer == "saved" else ", persistent=False"
    return f'{target}.register_buffer("{name}", {holder.text}{saved})'


def _expression(holder: Holder) -> str:
    if holder.made is not None:
        return holder.text
    if not holder.is_list:
        return "nn.ModuleDict({" + ", ".join(f'"{name}": {_expression(inner)}' for name, inner in holder.inside.items()) + "})"
    mades = [inner.made for inner in holder.inside.values() if inner.made is not None]
    elements = folded(mades) if len(mades) == len(holder.inside) else [_expression(inner) for inner in holder.inside.values()]
    if len(elements) == 1 and elements[0].startswith("*("):
        return f"nn.ModuleList{elements[0][1:]}"
    return f"nn.ModuleList([{', '.join(elements)}])"


def place_in_list(top: Level, path: Sequence[str], classes: Mapping[str, Level]) -> tuple[str, int, int] | None:
    """Of a member of an nn.ModuleList: how the list is reached, the member's place in it, and how many it holds."""
    if not path or not path[-1].isdigit():
        return None
    level = top
    for name in path[:-1]:
        holder = level.names.get(name)
        if holder is None or holder.made is not None:
            return None
        level = _below(holder, classes)
    if level.kind != "list":
        return None
    return access(top, path[:-1], classes), int(path[-1]), len(level.names)


def access(top: Level, path: Sequence[str], classes: Mapping[str, Level]) -> str:
    """How a class reaches a member, or a member of a member: `self.conv1`, `self.convs[0]`, `self.features["norm-1"]`."""
    text, level = "self", top
    for name in path:
        text = level.reach(text, name)
        level = _below(level.names.get(name), classes)
    return text


def _below(holder: Holder | None, classes: Mapping[str, Level]) -> Level:
    if holder is None:
        return Level("list", {})
    if holder.made is None or holder.made.parts:
        return holder.level
    inner = classes.get(holder.made.target, Level("module", {}))
    return Level(inner.kind, {**inner.names, **holder.inside}) if holder.inside else inner
