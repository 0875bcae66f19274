"""The network's own class: its outputs, its side heads, how its weights start."""

from __future__ import annotations

from collections.abc import Sequence

from ...base.records import dataclass
from ..graph.program import Node
from .class_source import BODY, ClassWriter, docstring, function
from .designs import Form
from .forward import Forward, SideHeads, field_names, local_tensors, network_forward, ports
from .identifiers import Namer
from .initializers import initial_statements
from .line_breaking import INDENT, broken
from .units import Mode


@dataclass(slots=True, eq=False)
class NetworkWriter:
    """Writes the class of the network with `writer`'s help."""

    writer: ClassWriter

    @property
    def name(self) -> str:
        return self.writer.cls.design.name

    @property
    def fields(self) -> list[str]:
        """What the outputs are called."""
        return field_names(ports(self.writer.plan, training_only=False))

    @property
    def side_fields(self) -> list[str]:
        return field_names(ports(self.writer.plan, training_only=True))

    def lines(self) -> list[str]:
        lines: list[str] = []
        if self.side_fields or self.fields != ["output"]:
            lines.extend([*self._outputs(), "", ""])
        if self.writer.cls.design.form is Form.CHAIN_CLASS:
            return [*self.writer.lines(), *self._initial()]
        lines.extend(self.writer.head(self.writer.base))
        if self.writer.cls.members:
            lines.extend([*self.writer.constructor(), *self._initial(), ""])
        forward = network_forward(self.writer.plan)
        lines.extend(self._with_side_heads(forward) if isinstance(forward, SideHeads) else self._forward(forward))
        return lines

    # --------------------------------------------------------------------------------------------- outputs

    def _tuple(self, name: str, fields: Sequence[str]) -> list[str]:
        return [f"class {name}(NamedTuple):", *(f"{' ' * INDENT}{row}: Tensor" for row in fields)]

    def _outputs(self) -> list[str]:
        main, heads = self.fields, self.side_fields
        if heads and self.writer.plan.mode is Mode.TRAIN and len(main) > 1:
            return [*self._tuple(f"{self.name}Outputs", main), "", "", *self._tuple(f"{self.name}TrainingOutputs", [*main, *heads])]
        return self._tuple(f"{self.name}Outputs", [*main, *heads])

    # --------------------------------------------------------------------------------------------- forward

    def _forward(self, forward: Forward) -> list[str]:
        """All outputs of this mode, one return type."""
        fields, schedule = [*self.fields, *self.side_fields], forward.schedule
        single = fields == ["output"]
        lines = function("forward", forward.inputs, "Tensor" if single else f"{self.name}Outputs")
        lines.extend(self.writer.statements(schedule.statements))
        if single:
            plan = self.writer.plan
            (answer,) = local_tensors(plan, ports(plan, training_only=False))
            return lines + broken(f"return {schedule.results[0]}", BODY, self.writer.shape(answer))
        return lines + broken(f"return {_record(f'{self.name}Outputs', fields, schedule.results)}", BODY)

    def _with_side_heads(self, forward: SideHeads) -> list[str]:
        """A trunk that both ways share; the side heads answer in training mode only, and never in a script."""
        trunk, handed = forward.trunk, forward.handed
        results = trunk.schedule.results
        kind = f"tuple[{', '.join(['Tensor'] * len(results))}]" if len(results) > 1 else "Tensor"
        shared = Namer(self.writer.level.names).give("trunk", "answer")
        lines = function(shared, trunk.inputs, kind)
        lines.extend(docstring("The answer, and the tensors that the side heads read.", BODY))
        lines.extend(self.writer.statements(trunk.schedule.statements))
        lines.extend(broken(f"return {', '.join(results)}", BODY))

        single = len(self.fields) == 1
        answers = handed[: len(self.fields)]
        answer = handed[0] if single else _record(f"{self.name}Outputs", self.fields, answers)
        record = f"{self.name}Outputs" if single else f"{self.name}TrainingOutputs"
        lines.extend(["", *function("forward", trunk.inputs, "")])
        lines.extend(broken(f"{', '.join(handed)} = self.{shared}({', '.join(trunk.inputs)})", BODY))
        lines.append(f"{' ' * BODY}if self.training and not torch.jit.is_scripting():")
        lines.extend(self.writer.statements(forward.heads.statements, BODY + INDENT, with_shapes=False))
        told = _record(record, [*self.fields, *self.side_fields], [*answers, *forward.heads.results])
        lines.extend(broken(f"return {told}", BODY + INDENT))
        return lines + broken(f"return {answer}", BODY)

    # ------------------------------------------------------------------------------------------- weights

    def _initial(self) -> list[str]:
        plan = self.writer.plan
        owners = {target: nodes for target, nodes in plan.owners.items() if target not in plan.designs.started_in_classes}

        def reach(node: Node) -> str:
            return plan.reach(self.writer.cls.design, node.path)

        lines: list[str] = []
        for depth, statement in initial_statements(owners, reach):
            lines.extend(broken(statement, BODY + depth * INDENT))
        return ["", *lines] if lines else []


def _record(name: str, fields: Sequence[str], values: Sequence[str]) -> str:
    return f"{name}({', '.join(f'{field}={value}' for field, value in zip(fields, values, strict=True))})"
