"""The network's own class: its outputs, its side heads, how its weights start."""

from __future__ import annotations

from collections.abc import Sequence

from ...base.records import dataclass
from ..graph.program import Node
from .attributes import access
from .class_source import BODY, ClassWriter, docstring, function, statement_lines
from .designs import Call
from .forward import ForwardWriter, numbered_calls
from .identifiers import variable_name
from .initializers import Owners, initial_statements
from .line_breaking import INDENT, broken
from .units import Mode, Unit, Units


@dataclass(slots=True, eq=False)
class NetworkWriter:
    """Writes the class of the network with `writer`'s help."""

    writer: ClassWriter
    units: Units
    mode: Mode
    owners: Owners

    @property
    def name(self) -> str:
        return self.writer.cls.design.name

    def ports(self, training_only: bool) -> list[Node]:
        nodes = self.writer.graph.nodes
        return [
            node
            for node in nodes
            if node.operation.name == "output" and node.training_only == training_only and self.units.needed[node.index]
        ]

    def lines(self) -> list[str]:
        heads = self.ports(True)
        lines: list[str] = []
        if heads or self._field_names(self.ports(False)) != ["output"]:
            lines.extend([*self._outputs(), "", ""])
        lines.extend(self.writer.head(self.writer.base))
        if self.writer.cls.members:
            lines.extend([*self.writer.constructor(), *self._initial(), ""])
        if heads and self.mode is Mode.TRAIN:
            lines.extend(self._forward_of_training())
        else:
            lines.extend(self._forward())
        return lines

    # --------------------------------------------------------------------------------------------- outputs

    def _field_names(self, ports: Sequence[Node]) -> list[str]:
        return [variable_name(port.names[-1]) for port in ports]

    def _tuple(self, name: str, fields: Sequence[str]) -> list[str]:
        return [f"class {name}(NamedTuple):", *(f"{' ' * INDENT}{row}: Tensor" for row in fields)]

    def _outputs(self) -> list[str]:
        main, heads = self._field_names(self.ports(False)), self._field_names(self.ports(True))
        if heads and self.mode is Mode.TRAIN and len(main) > 1:
            return [*self._tuple(f"{self.name}Outputs", main), "", "", *self._tuple(f"{self.name}TrainingOutputs", [*main, *heads])]
        return self._tuple(f"{self.name}Outputs", [*main, *heads])

    # --------------------------------------------------------------------------------------------- forward

    def _inputs(self) -> dict[int, str]:
        """The network's inputs by their own names."""
        local = self.writer.cls.design.local
        return {local[node.index]: variable_name(node.names[-1]) for node in self.writer.graph.inputs}

    def _local(self, ports: Sequence[Node]) -> list[int]:
        return [self.writer.cls.design.local[port.inputs[0]] for port in ports]

    def _body(self, ports: Sequence[Node]) -> ForwardWriter:
        """A writer that knows the inputs, and what the outputs are called."""
        body = self.writer.writer()
        body.names = dict(self._inputs())
        if self._field_names(ports) != ["output"]:
            body.labels.update(zip(self._local(ports), self._field_names(ports), strict=True))
        return body

    def _forward(self) -> list[str]:
        """All outputs of this mode, one return type."""
        ports = [*self.ports(False), *self.ports(True)]
        fields = self._field_names(ports)
        body = self._body(ports)
        results = body.write(numbered_calls(self.writer.cls.design), self._local(ports))
        single = fields == ["output"]
        lines = function("forward", list(self._inputs().values()), "Tensor" if single else f"{self.name}Outputs")
        lines.extend(statement_lines(body.statements))
        if single:
            return lines + broken(f"return {results[0]}", BODY, body.shape(self._local(ports)[0]))
        return lines + broken(f"return {_record(f'{self.name}Outputs', fields, results)}", BODY)

    def _forward_of_training(self) -> list[str]:
        """A trunk that both ways share; the side heads answer in training mode only, and never in a script."""
        design = self.writer.cls.design
        calls = numbered_calls(design)
        trunk = [row for row in calls if not _is_training(row[0])]
        sides = [row for row in calls if _is_training(row[0])]
        made = set(self._inputs()) | {first + number for call, first in trunk for number in range(call.results)}
        main = self._local(self.ports(False))
        wanted = [*(tensor for call, _ in sides for tensor in call.operands), *self._local(self.ports(True))]
        read = list(dict.fromkeys(tensor for tensor in wanted if tensor in made and tensor not in main))
        inputs = list(self._inputs().values())

        body = self._body(self.ports(False))
        results = body.write(trunk, [*main, *read])
        fields = self._field_names(self.ports(False))
        single = len(main) == 1
        kind = f"tuple[{', '.join(['Tensor'] * len(results))}]" if len(results) > 1 else "Tensor"
        lines = function("trunk", inputs, kind)
        lines.extend(docstring("The answer, and the tensors that the side heads read.", BODY))
        lines.extend(statement_lines(body.statements))
        lines.extend(broken(f"return {', '.join(results)}", BODY))

        heads = self._body(self.ports(True))
        names = _distinct([*fields, *results[len(main) :]], inputs)
        heads.names = {**self._inputs(), **dict(zip([*main, *read], names, strict=True))}
        answer = names[0] if single else _record(f"{self.name}Outputs", fields, names[: len(main)])
        results = heads.write(sides, self._local(self.ports(True)))
        all_fields = [*fields, *self._field_names(self.ports(True))]
        record = f"{self.name}Outputs" if single else f"{self.name}TrainingOutputs"
        lines.extend(["", *function("forward", inputs, "")])
        lines.extend(broken(f"{', '.join(names)} = self.trunk({', '.join(inputs)})", BODY))
        lines.append(f"{' ' * BODY}if self.training and not torch.jit.is_scripting():")
        for statement in heads.statements:
            lines.extend(broken(statement.text, BODY + INDENT))
        lines.extend(broken(f"return {_record(record, all_fields, [*names[: len(main)], *results])}", BODY + INDENT))
        return lines + broken(f"return {answer}", BODY)

    # ------------------------------------------------------------------------------------------- weights

    def _initial(self) -> list[str]:
        owners = {target: nodes for target, nodes in self.owners.items() if target not in self.writer.designs.started_in_classes}

        def reach(node: Node) -> str:
            return access(self.writer.level, node.path, self.writer.levels)

        lines: list[str] = []
        for depth, statement in initial_statements(owners, reach):
            lines.extend(broken(statement, BODY + depth * INDENT))
        return ["", *lines] if lines else []


def _record(name: str, fields: Sequence[str], values: Sequence[str]) -> str:
    return f"{name}({', '.join(f'{field}={value}' for field, value in zip(fields, values, strict=True))})"


def _distinct(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        wish, number = name, 2
        while wish in found or wish in taken:
            wish, number = f"{name}{number}", number + 1
        found.append(wish)
    return found


def _is_training(call: Call) -> bool:
    item = call.items[0]
    while isinstance(item, Unit):
        item = item.calls[0]
    return item.training_only
