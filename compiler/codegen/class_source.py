"""One class of the generated source: its docstring, its constructor, its forward."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from functools import cached_property

from ...base.records import dataclass
from ..ops.base import show
from .attributes import Level, declarations
from .class_plan import Class
from .constructors import folded
from .designs import Call, Form
from .forward import forward_of
from .line_breaking import INDENT, WIDTH, broken
from .plan import Plan
from .schedule import Loop, Statement

BODY = 2 * INDENT


@dataclass(eq=False)
class ClassWriter:
    """Writes one class."""

    plan: Plan
    cls: Class

    @property
    def level(self) -> Level:
        return self.plan.levels[self.cls.design.name]

    def lines(self) -> list[str]:
        design = self.cls.design
        if design.form is Form.CHAIN_CLASS:
            made = folded([made for _, made in self.cls.members])
            starts = [line for statement in self._starts(design.calls, ()) for line in broken(statement, BODY)]
            return [*self.head("nn.Sequential"), *self.signature(), *broken(f"super().__init__({', '.join(made)})", BODY), *starts]
        constructor = [*self.constructor(), ""] if self.cls.members else []
        return [*self.head(self.base), *constructor, *self.forward()]

    @property
    def base(self) -> str:
        return {"dict": "nn.ModuleDict", "list": "nn.ModuleList"}.get(self.level.kind, "nn.Module")

    def head(self, base: str) -> list[str]:
        scope = self.cls.design.units[0].scope
        doc = "" if scope.parent is None and scope.doc == self.plan.graph.program.doc else scope.doc
        return [f"class {self.cls.design.name}({base}):", *docstring(doc, INDENT), *([""] if doc else [])]

    def signature(self) -> list[str]:
        rows = [f"{row.name}: {row.kind}" + (f" = {row.default}" if row.default else "") for row in self.cls.parameters]
        return broken(f"def __init__({', '.join(['self', *rows])}) -> None:", INDENT)

    def constructor(self) -> list[str]:
        lines = self.signature()
        for statement in declarations(self.level):
            lines.extend(broken(statement, BODY))
        for statement in self._starts([call for call, _ in self.cls.members], ()):
            lines.extend(broken(statement, BODY))
        return lines

    def _starts(self, calls: Sequence[Call], above: tuple[str, ...]) -> Iterator[str]:
        """How weights start that no loop of the network's finds, those in an `nn.Sequential` of this class included."""
        for call in calls:
            path = above + call.path
            if call.design is not None:
                if call.design.form in (Form.NUMBERED, Form.NAMED):
                    yield from self._starts(call.design.calls, path)
            elif call.recipe is not None and (call.recipe.has_bare_weight or call.recipe.target in self.plan.designs.started_in_classes):
                place = self.plan.reach(self.cls.design, path)
                for name, text in call.node.operation.initialization().calls:
                    yield text.format(f"{place}.{name}" if name else place)

    def forward(self) -> list[str]:
        forward = forward_of(self.plan, self.cls.design)
        results = forward.schedule.results
        kind = "Tensor" if len(results) == 1 else f"tuple[{', '.join(['Tensor'] * len(results))}]"
        lines = function("forward", forward.inputs, kind)
        lines.extend(self.statements(forward.schedule.statements))
        comment = self.shape(self.cls.design.outputs[0]) if len(results) == 1 else ""
        return lines + broken(f"return {', '.join(results)}", BODY, comment)

    def statements(self, statements: Sequence[Statement | Loop], indent: int = BODY, with_shapes: bool = True) -> list[str]:
        lines: list[str] = []
        for row in statements:
            if isinstance(row, Loop):
                shapes = {self.shape(tensor) for tensor in row.tensors}
                comment = shapes.pop() if with_shapes and len(shapes) == 1 else ""
                lines.extend(broken(f"for {row.member} in {row.container}:", indent))
                lines.extend(broken(f"{row.name} = {row.text}", indent + INDENT, comment))
            else:
                shapes = {self.shape(tensor) for tensor in row.tensors}
                comment = shapes.pop() if with_shapes and len(shapes) == 1 else ""
                lines.extend(broken(f"{', '.join(row.names)} = {row.text}", indent, comment))
        return lines

    def shape(self, tensor: int) -> str:
        """The comment on a tensor. Shapes are told where there is one instance: those of several differ."""
        return "" if len(self.cls.design.units) > 1 else show(self.plan.graph.nodes[self.nodes[tensor]].shape)

    @cached_property
    def nodes(self) -> dict[int, int]:
        return {number: index for index, number in self.cls.design.local.items()}


def function(name: str, inputs: Sequence[str], result: str) -> list[str]:
    arrow = f" -> {result}" if result else ""
    return broken(f"def {name}({', '.join(['self', *(f'{row}: Tensor' for row in inputs)])}){arrow}:", INDENT)


def docstring(text: str, indent: int) -> list[str]:
    """The lines of a docstring; none where there is no text."""
    text = text.strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if not text:
        return []
    margin = " " * indent
    lines = _filled(text, WIDTH - indent)
    if lines[-1].endswith('"'):
        lines[-1] += " "
    if len(lines) == 1 and len(lines[0]) + indent + 6 <= WIDTH:
        return [f'{margin}"""{lines[0]}"""']
    lines = lines if len(lines) > 1 else textwrap.wrap(lines[0], WIDTH - indent - 9, break_long_words=False)
    first, *rest = textwrap.wrap(lines[0], WIDTH - indent - 3, break_long_words=False)
    return [f'{margin}"""{first}', *((margin + line).rstrip() for line in [*rest, *lines[1:]]), f'{margin}"""']


_PARAGRAPH = re.compile(r"(?:\s|[-*] |[A-Z][^.:]{0,30}: )")
"""How a line begins that does not go on with the one before: `Paper: …`."""


def _filled(text: str, width: int) -> list[str]:
    """The lines of a text, filled anew where one is too long."""
    lines = [line.rstrip() for line in text.split("\n")]
    if max(map(len, lines)) <= width - 3:
        return lines
    paragraphs: list[str] = []
    for line in lines:
        if line and paragraphs and paragraphs[-1] and not _PARAGRAPH.match(line):
            paragraphs[-1] += " " + line
        else:
            paragraphs.append(line)
    return [part for row in paragraphs for part in (textwrap.wrap(row, width - 3, break_long_words=False, break_on_hyphens=False) or [""])]
