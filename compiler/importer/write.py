"""The text of an imported network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..ops import TABLE
from ..ops.axis_names import STANDARD
from .blocks import NONE, Block, Parameter
from .flat_steps import Flat, Sizes, Word
from .rates import Rate, Rising
from .structure import Structure
from .tree import Aux, Body, Call, Item, Loop, Merge, Op, Path, Scope, Skip, Text
from .unsaid import Unsaid
from .words import RESERVED, is_name

WIDTH = 110
WORDS = frozenset(("half", "valid", "same", "causal"))
POSITIONAL = {
    "conv": ("channels", "kernel"),
    "deconv": ("channels", "kernel"),
    "dwconv": ("kernel",),
    "slice": (),
    "select": ("index",),
    "chunk": ("i", "n"),
}

Defaults = dict[tuple[str, str], Any]


def value_text(value: Any, key: str = "") -> str:
    """A value as the language writes it."""
    if isinstance(value, Word) and key == "like":
        return _path(value.text)
    if isinstance(value, Text | Word):
        return value.text
    if isinstance(value, Sizes):
        return repr(value)
    if isinstance(value, Rate | Rising):
        return "0" if isinstance(value, Rate) and value.step == 0 else str(value)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if value in WORDS or (key == "operation" and value in TABLE) else f'"{value}"'
    if isinstance(value, tuple | list):
        if isinstance(value, list) or len(value) == 1:
            return "[" + ", ".join(value_text(item) for item in value) + "]"
        return "x".join(str(item) for item in value)
    if isinstance(value, float):
        return repr(value)
    return str(value)


class Writer:
    def __init__(self, found: Structure, flat: Flat, name: str) -> None:
        self.found, self.flat, self.name = found, flat, name
        self.blocks = {block.name: block for block in found.blocks}
        self.defaults = _defaults([*(block.body for block in found.blocks), found.body])

    def text(self) -> str:
        parameters = self._parameters()
        lines: list[str] = []
        if self.defaults:
            rows: dict[str, list[str]] = {}
            for (operation, key), value in self.defaults.items():
                rows.setdefault(operation, []).append(f"{key} = {value_text(value, key)}")
            lines += ["default " + ", ".join(f"{operation}({', '.join(row)})" for operation, row in rows.items()), ""]
        for block in self.found.blocks:
            lines += [*self._block(block), ""]
        lines.append(f"network {self.name}{parameters}{' indexed' if self.found.indexed else ''} {{")
        for row in self.flat.inputs:
            lines.append(f"  input {row.name}{Sizes(row.shape, row.axes if row.axes != STANDARD[len(row.shape)] else ())}")
        lines += self.body(self.found.body, 1, is_root=True)
        lines += self._outputs()
        return "\n".join([*lines, "}"]) + "\n"

    def _parameters(self) -> str:
        """What one would want to change: the rate of `drop_path`, and the number of classes."""
        told = [f"drop_rate = {self.found.rate.most}"] if self.found.rate is not None else []
        made = self.flat.made()
        heads = [made[number] for _, number in self.flat.outputs if number in made and made[number].operation == "linear"]
        if len(heads) == 1:  # of several, each has a number of its own
            (last,) = heads
            for item in _all(self.found.body):
                if isinstance(item, Op) and item.number == last.number and item.operation == ["linear"]:
                    told.append(f"classes = {item.arguments['features'][0]}")
                    item.arguments["features"] = [Text("classes")]
            self._sides(last.arguments["features"])
        return f"({', '.join(told)})" if told else ""

    def _sides(self, classes: Any) -> None:
        """Side heads end in as many classes as the network."""
        flat = {block.name: block for block in self.found.blocks if block.is_flat}
        told = Text("classes")
        for item in _all(self.found.body):
            if isinstance(item, Aux):
                call = item.body.items[-1]
                last = flat[call.block].body.items[-1] if isinstance(call, Call) and call.block in flat else call
                if isinstance(last, Op) and last.operation == ["linear"] and last.arguments["features"][0] in (classes, told):
                    last.arguments["features"] = [told]
                    if isinstance(call, Call):
                        call.arguments["classes"] = [told]
                        flat[call.block].parameters = [Parameter("classes", [classes])]

    def _outputs(self) -> list[str]:
        if len(self.flat.outputs) < 2:
            return []
        labels = {row.number: row.name for row in self.flat.inputs}
        for item in _all(self.found.body):
            if item.label is not None:  # a scope stands before its last step, which makes the same
                labels.setdefault(item.number, item.label)
        rows = []
        for name, number in self.flat.outputs:
            if number not in labels:
                raise Unsaid("an output stands within a loop")
            found = _path(labels[number])
            rows.append(name if found == name else f"{name} = {found}")
        return ["  output " + ", ".join(rows)]

    def _block(self, block: Block) -> list[str]:
        parameters = [
            row.name
            if row.default is NONE
            else f"{row.name} = {value_text(row.default, 'operation' if row.default in TABLE else row.name)}"
            if not isinstance(row.default, tuple | list)
            else f"{row.name} = {value_text(row.default, row.name)}"
            for row in block.parameters
        ]
        head = f"block {block.name}" + (f"({', '.join(parameters)})" if parameters else "")
        if block.body.entry_name:
            head += f" takes {block.body.entry_name}"
        if block.body.takes:
            head += f" takes {', '.join(block.body.takes)}"
        if block.body.gives:
            head += f" gives {', '.join(block.body.gives)}"
        head += " indexed" if block.indexed else " flat" if block.is_flat else ""
        told = [f"## {block.source}."] if block.source else []
        lets = [f"  let {name} = {text}" for name, text in block.lets.items()]
        return [*told, *self._braced(head, [*lets, *self.body(block.body, 1)], 0)]

    def _braced(self, head: str, inside: list[str], depth: int) -> list[str]:
        indent = "  " * depth
        if len(inside) == 1 and len(indent) + len(head) + len(inside[0].strip()) + 5 < WIDTH:
            return [f"{indent}{head} {{ {inside[0].strip()} }}"]
        return [f"{indent}{head} {{", *inside, f"{indent}}}"]

    # ------------------------------------------------------------------------------------- bodies

    def body(self, body: Body, depth: int, is_root: bool = False, under: str | None = None) -> list[str]:
        lines: list[str] = []
        row: list[str] = []
        indent = "  " * depth

        def flush() -> None:
            lines.extend(indent + line for line in _rows(row, WIDTH - len(indent)))
            row.clear()

        add = row.append

        for condition, items in _grouped(body.items):
            if condition is not None and condition != under:
                flush()
                lines += self._braced(f"if {condition}", self.body(Body(items), depth + 1, under=condition), depth)
                continue
            for item in items:
                text = self.item(item, depth, is_root)
                if len(text) == 1 and not text[0].startswith(("stage ", "repeat ", "for ", "aux ")):
                    add(text[0])
                else:
                    flush()
                    lines += [indent + text[0], *text[1:]]
        flush()
        return lines

    def item(self, item: Item, depth: int, is_root: bool) -> list[str]:
        """The text of one item, its first line without indent."""
        head = _label(item.label)
        if isinstance(item, Skip):
            part = f"[{item.part}]" if item.part is not None else ""
            return [head + ("skip" if item.to is None else f"skip({_quoted(item.name or '?')}{part})")]
        if isinstance(item, Op):
            return [head + self.operation(item)]
        if isinstance(item, Call):
            return [head + self.call(item)]
        if isinstance(item, Merge):
            return self._merge(item, head, depth)
        if isinstance(item, Loop):
            count = value_text(item.count[0])
            top = f"for {item.variable} in range({count})" if item.variable else f"repeat {count}"
            return _unindented(self._braced(top, self.body(item.body, depth + 1), depth))
        if isinstance(item, Aux):
            return _unindented(
                self._braced(
                    f"aux {item.label}" + (" indexed" if item.indexed else " flat" if item.is_flat else ""),
                    self.body(item.body, depth + 1),
                    depth,
                )
            )
        assert isinstance(item, Scope)
        inside = self.body(item.body, depth + 1)
        if item.body.entry_name is not None:
            inside = ["  " * (depth + 1) + f"{item.body.entry_name}: identity", *inside]
        if is_root and _quoted(item.label or "") == item.label:
            top = f"stage {item.label}" + (" indexed" if item.indexed else "")
        else:
            top = head + ("indexed" if item.indexed else "")
        return _unindented(self._braced(top.rstrip(), inside, depth))

    def _merge(self, item: Merge, head: str, depth: int) -> list[str]:
        top = head + self._called(item.operation, item.arguments) if item.head is None else self.body(item.head, 0)[0]
        small = sum(1 for path in item.paths for _ in _all(path.body)) <= 12
        paths = [(path, self.body(path.body, 0) or ["skip"]) for path in item.paths] if small else []
        if small and all(len(lines) == 1 for _, lines in paths):
            flat = f"{top} {{ " + " ".join(f"| {_when(path)}{lines[0]}" for path, lines in paths) + " }"
            if len(flat) + 2 * depth < WIDTH - 10:
                return [flat]
        indent = "  " * (depth + 1)
        lines = [f"{top} {{"]
        for path in item.paths:
            rows = self.body(path.body, depth + 2) or ["skip"]
            if _when(path) and len(rows) > 1:
                lines += [f"{indent}| {_when(path)}{{", *rows, f"{indent}  }}"]
            else:
                lines += [f"{indent}| {_when(path)}{rows[0].strip()}", *rows[1:]]
        return [*lines, "  " * depth + "}"]

    # ------------------------------------------------------------------------------------- calls

    def operation(self, item: Op) -> str:
        operation = item.operation[0]
        if isinstance(operation, Text):
            return operation.text
        if operation == "reuse":
            return f"reuse({_quoted(str(item.arguments['label'][0]))})"
        if operation == "dropout" and not item.is_kept and item.arguments["p"] == [0]:
            return "identity"  # it keeps its place among numbers
        return self._called(operation, item.arguments)

    def _called(self, operation: str, given: dict[str, list[Any]]) -> str:
        values = {key: column[0] for key, column in given.items()}
        defaults = {row.name: row.default for row in TABLE[operation].parameters() if not row.required}
        if operation in ("maxpool", "avgpool") and values.get("stride") == values.get("kernel"):
            values.pop("stride")
        positional = POSITIONAL.get(operation)
        required = [row.name for row in TABLE[operation].parameters() if row.required]
        first = required if positional is None else list(positional)
        told: list[str] = []
        in_order = True
        for row in TABLE[operation].parameters():
            key = row.name
            if (operation, key) in self.defaults:
                values.setdefault(key, row.default)  # what a step leaves to its operation is not what the file's steps have
            if key not in values:
                continue
            value = values[key]
            usual = self.defaults.get((operation, key), defaults.get(key, NONE))
            if not isinstance(value, Text) and usual is not NONE and _equal(value, usual):
                in_order = in_order and key in required
                continue
            if key in first and in_order:
                told.append(value_text(value, key))
            else:
                told.append(f"{key} = {value_text(value, key)}")
        if operation == "rearrange":  # it names its sizes itself
            told += [f"{key} = {value_text(value)}" for key, value in values.items() if key != "pattern"]
        return operation + (f"({', '.join(told)})" if told else "")

    def call(self, item: Call) -> str:
        block = self.blocks[item.block]
        told: list[str] = []
        in_order = True
        for parameter in block.parameters:
            value = item.arguments[parameter.name][0]
            if parameter.default is not NONE and not isinstance(value, Text) and _equal(value, parameter.default):
                in_order = False
                continue
            key = "operation" if isinstance(value, str) and value in TABLE else parameter.name
            is_count = bool(told) and parameter.name.startswith("depth")  # a number behind others says little by itself
            is_bare = in_order and not is_count and (parameter.default is NONE or parameter.name.startswith("kernel"))
            in_order = in_order and not is_count
            told.append(value_text(value, key) if is_bare else f"{parameter.name} = {value_text(value, key)}")
        return item.block + (f"({', '.join(told)})" if told else "")


HEADS = ("conv", "dwconv", "deconv", "linear", "attention", "maxpool", "avgpool")


def _rows(items: list[str], width: int) -> list[str]:
    """A chain on as few lines as hold it, broken before what computes rather than before its norm."""
    whole = " -> ".join(items)
    if len(whole) <= width:
        return [whole] if items else []
    parts: list[list[str]] = []
    for item in items:
        word = re.sub(r'^(\w+|"[^"]*"): ', "", item).partition("(")[0]
        if not parts or word in HEADS or word not in TABLE:
            parts.append([])
        parts[-1].append(item)
    found: list[str] = []
    for part in parts:
        text = " -> ".join(part)
        if found and len(found[-1]) + len(text) + 4 <= width:
            found[-1] += " -> " + text
        else:
            found.append(text)
    return found


def _equal(one: Any, two: Any) -> bool:
    return isinstance(one, bool) == isinstance(two, bool) and bool(one == two)


def _when(path: Path) -> str:
    heads = [f"{path.rounds}: "] if path.rounds is not None else []
    return "".join([*heads, f"if {path.condition}: " if path.condition is not None else ""])


def _label(label: str | None) -> str:
    return "" if label is None else f"{_quoted(label)}: "


def _path(label: str) -> str:
    """A label as an output names it: of names alone it needs no quotes."""
    return label if all(_quoted(part) == part for part in label.split(".")) else f'"{label}"'


def _quoted(label: str) -> str:
    return label if is_name(label) and label not in RESERVED else f'"{label}"'


def _unindented(lines: list[str]) -> list[str]:
    return [lines[0].strip(), *lines[1:]]


def _grouped(items: list[Item]) -> Iterator[tuple[str | None, list[Item]]]:
    """Neighbours under one condition together."""
    group: list[Item] = []
    for item in items:
        if group and group[-1].condition != item.condition:
            yield group[-1].condition, group
            group = []
        group.append(item)
    if group:
        yield group[-1].condition, group


def _all(body: Body) -> Iterator[Item]:
    for item in body.items:
        yield item
        for inner in item.bodies():
            yield from _all(inner)


def _defaults(bodies: list[Body]) -> Defaults:
    """Arguments that most steps of an operation give alike, and that are not its own defaults."""
    steps: Counter[str] = Counter()
    counts: dict[tuple[str, str], Counter[str]] = {}
    by_text: dict[str, Any] = {}
    for body in bodies:
        for item in _all(body):
            if isinstance(item, Op) and isinstance(item.operation[0], str):
                steps[item.operation[0]] += 1
                for key, column in item.arguments.items():
                    if key in ("bias", "eps", "momentum", "init", "std") and not isinstance(column[0], Text):
                        counts.setdefault((item.operation[0], key), Counter())[repr(column[0])] += 1
                        by_text[repr(column[0])] = column[0]
    found: Defaults = {}
    for (operation, key), row in counts.items():
        text, count = row.most_common(1)[0]
        usual = next((item.default for item in TABLE[operation].parameters() if item.name == key), None)
        if not _equal(by_text[text], usual) and 2 * count > steps[operation] and count > 1:
            found[operation, key] = by_text[text]
    return found
