"""One class of the generated source: its docstring, its constructor, its forward."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence

from ...base.records import dataclass
from ..graph.graph import Graph
from ..ops.base import show
from .attributes import Level, access, declarations, holders, top_level
from .class_plan import Class
from .constructors import folded
from .designs import Call, Designs, Form
from .forward import ForwardWriter, Statement, input_names, labels_of, numbered_calls
from .line_breaking import INDENT, WIDTH, broken

BODY = 2 * INDENT


@dataclass(slots=True, eq=False)
class ClassWriter:
    """Writes one class. `levels` has what the classes before this one declare, by their names."""

    graph: Graph
    cls: Class
    designs: Designs
    levels: Mapping[str, Level]
    level: Level

    @staticmethod
    def of(graph: Graph, cls: Class, designs: Designs, levels: dict[str, Level]) -> ClassWriter:
        names = holders([(call.path, made) for call, made in cls.members])
        level = Level("list", names) if cls.design.form is Form.CHAIN_CLASS else top_level(names)
        levels[cls.design.name] = level
        return ClassWriter(graph, cls, designs, levels, level)

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
        return "nn.ModuleDict" if self.level.kind == "dict" else "nn.Module"

    def head(self, base: str) -> list[str]:
        scope = self.cls.design.units[0].scope
        doc = "" if scope.parent is None and scope.doc == self.graph.program.doc else scope.doc
        return [f"class {self.cls.design.name}({base}):", *docstring(doc, INDENT), *([""] if doc else [])]

    def signature(self) -> list[str]:
        rows = [f"{row.name}: {row.kind}" + (f" = {row.default}" if row.default else "") for row in self.cls.parameters]
        return broken(f"def __init__({', '.join(['self', *rows])}) -> None:", INDENT)

    def constructor(self) -> list[str]:
        lines = [*self.signature(), " " * BODY + "super().__init__()"]
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
            elif call.recipe is not None and (call.recipe.has_bare_weight or call.recipe.target in self.designs.started_in_classes):
                place = access(self.level, path, self.levels)
                for name, text in call.node.operation.initialization().calls:
                    yield text.format(f"{place}.{name}" if name else place)

    def forward(self) -> list[str]:
        design = self.cls.design
        names = input_names(design, self.graph.nodes)
        writer = self.writer()
        writer.names = dict(enumerate(names))
        results = writer.write(numbered_calls(design), design.outputs)
        kind = "Tensor" if len(results) == 1 else f"tuple[{', '.join(['Tensor'] * len(results))}]"
        lines = function("forward", names, kind)
        lines.extend(statement_lines(writer.statements))
        comment = writer.shape(design.outputs[0]) if len(results) == 1 else ""
        return lines + broken(f"return {', '.join(results)}", BODY, comment)

    def writer(self) -> ForwardWriter:
        design = self.cls.design
        return ForwardWriter(design, self.designs.recipes, self.reach, self.shape_comment(), labels_of(design, self.graph.nodes))

    def reach(self, call: Call) -> str:
        return access(self.level, call.path, self.levels)

    def shape_comment(self) -> Callable[[int], str]:
        """Shapes are told where there is one instance: those of several differ."""
        design = self.cls.design
        nodes = {number: index for index, number in design.local.items()}
        return lambda tensor: show(self.graph.nodes[nodes[tensor]].shape) if len(design.units) == 1 else ""


def function(name: str, inputs: Sequence[str], result: str) -> list[str]:
    arrow = f" -> {result}" if result else ""
    return broken(f"def {name}({', '.join(['self', *(f'{row}: Tensor' for row in inputs)])}){arrow}:", INDENT)


def statement_lines(statements: Sequence[Statement]) -> list[str]:
    return [line for statement in statements for line in broken(statement.text, BODY, statement.comment)]


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
