"""The words in a picture: what a box says of the operations behind it.

A folded block is summed up as the tables of papers do: the kernels and channels of its convolutions along each path.
All of it is read from the operations, never from names that the user gave.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, groupby, pairwise
from types import MappingProxyType

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node, Scope
from ..ops.base import Shape
from .call_names import call_names, is_unnamed_branch
from .font import width
from .joining import steps_of
from .paths import Fork, Steps, nodes_in, own_name
from .picture import Box, Frame
from .several import several
from .silent import Silence
from .step_names import step_name
from .style import BOLD, POINTS

LONGEST = 165.0  # points of a row
LONGEST_FORK = 240.0  # points of a fork that is kept in one row, be this longer than others
MOST_ROWS = 6
FEW_ROWS = 3  # of a block's sum
LEAST_RUN = 3  # equal steps in a row that are told once
LONGEST_ROUND = 4  # steps that are looked for over and over in a row
LONG_HEADING = 85.0  # points of a frame's heading in one row
ARROW = " \u2192 "
WOVEN = "; "
"""Between steps of which it is not told which follows which."""
TIMES = "\u00d7"
STEPS = re.compile(f"({ARROW}|{WOVEN})")
HELD = re.compile(f"\\(\\d+ {TIMES} \\([^|;]*\\)\\)")
"""Equal paths whose own brackets say where they end."""
NUMBER_FIRST = re.compile(r"\d+,")
ADDED = "+"
PLAIN = ("", ADDED, "concat")
"""Signs of merges that a reader takes paths side by side for."""

# Families whose operations say what a block does; norms, activations and the like are left out of its sum.
TELLING = frozenset({"convolution", "dense", "attention", "recurrent", "pool"})


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of a row. `style` is name, count, plain or small."""

    text: str
    style: str = "plain"


Row = tuple[Words, ...]


def row_width(row: Row) -> float:
    """How wide a row is, in points."""
    return sum(width(words.text, POINTS[words.style], words.style in BOLD) for words in row)


def rows_width(rows: Sequence[Row]) -> float:
    """How wide rows are beneath each other, in points."""
    return max(map(row_width, rows))


def shape_text(shape: Shape) -> str:
    """`256x56x56`, with the sign for times."""
    return TIMES.join(str(size) for size in shape)


def caption(node: Node) -> str:
    return node.operation.told(node.input_shapes, node.shape, node.axes, *node.input_axes)


def name(node: Node) -> str:
    return node.operation.name


@dataclass(frozen=True, slots=True)
class Say:
    """What is said of an operation: its name and its caption, or symbols in the place of what is not the same everywhere."""

    name: Callable[[Node], str] = name
    caption: Callable[[Node], str] = caption


AS_IT_IS = Say()


def phrase(node: Node, say: Say = AS_IT_IS) -> str:
    """An operation within a sum: `3x3, 64`, `maxpool 3x3, /2`."""
    said = say.caption(node)
    return said if said and node.operation.caption_says_all else f"{say.name(node)} {said}".strip()


def title(scope: Scope, named: bool = True, shares: str = "") -> Row:
    """The heading of a part: its name and the block that it is a call of, which a part whose weights it `shares` tells as well."""
    name = own_name(scope) if named else ""
    if name and shares:
        return (Words(name, "name"),)
    if name and scope.template and name != scope.template and scope.kind not in ("stage", "network"):
        return (Words(name, "name"), Words(" " + scope.template))
    return (Words(name or scope.template or {"round": "repeat"}.get(scope.kind, scope.kind), "name"),)


def counted(row: Row, count: int, parallel: bool, is_applied: bool = False) -> Row:
    if count == 1:
        return row
    return (*row, Words(f" {TIMES}{count}" + (", weights shared" if is_applied else " side by side" if parallel else ""), "count"))


def _with_owner(head: Row, shares: str, longest: float = LONGEST) -> tuple[Row, ...]:
    """A heading that tells whose weights a part uses again: in the same row where there is room, so that equal towers look equal."""
    told = owner_words(shares)
    if row_width((*head, *told)) <= longest or not told:
        return ((*head, *told),)
    return (head, (Words(told[0].text.strip(), "small"),))


def owner_words(shares: str) -> Row:
    """The mark of what uses another's weights again, behind its name."""
    return (Words(f" shares {shares}", "small"),) if shares else ()


def frame_rows(frame: Frame) -> tuple[Row, ...]:
    """A frame's heading: its name, how many calls of a block it holds where they are all of one, and whose weights it uses again."""
    first, *others = _heading(frame)
    signed = (Words(frame.sign + " ", "count"), *first) if frame.sign else first
    return (*_with_owner(signed, frame.shares, LONG_HEADING), *others, *_own_number(frame))


def _own_number(item: Box | Frame) -> tuple[Row, ...]:
    return ((Words(item.number, "small"),),) if item.number else ()


def _heading(frame: Frame) -> tuple[Row, ...]:
    last = max((node for box in frame.boxes() for node in box.nodes), key=lambda node: node.index)
    names = _first_and_last(frame.scope, last) if frame.count > 1 else ""
    named = title(frame.scope, not names, frame.shares)
    head = counted(named, frame.count, frame.parallel)
    if names:
        return (head, (Words(names, "small"),))
    if frame.scope.kind == "block":
        # A line comes in beside the heading: the name of the block stands under that of its call, where both are long.
        if len(named) == 1 or row_width(head) <= LONG_HEADING:
            return (head,)
        name, block = named
        return (counted((name,), frame.count, frame.parallel), (Words(block.text.strip(), "small"),))
    calls = list(_calls(frame)) if any(item.scope is not None and item.scope.kind == "block" for item in frame.items) else []
    kinds = {item.scope.template for item, _ in calls if item.scope is not None}
    # A part that is applied several times says so in its box: it is no further part of the frame.
    if len(kinds) != 1 or len(calls) == 1 or any(isinstance(item, Box) and item.is_applied for item, _ in calls):
        return (head,)
    return (head, (Words(f"{sum(times for _, times in calls)} {TIMES} {kinds.pop()}", "small"),))


def _calls(frame: Frame) -> Iterator[tuple[Box | Frame, int]]:
    """The calls of blocks in a frame, those in its repeats and groups too, and how many each stands for."""
    for item in frame.items:
        if item.scope is not None and item.scope.kind == "block":
            yield item, item.count
        elif isinstance(item, Frame) and not item.training_only:
            yield from ((inner, times * item.count) for inner, times in _calls(item))


def box_rows(graph: Graph, box: Box, say: Say = AS_IT_IS) -> tuple[Row, ...]:
    """What a box prints, row by row."""
    return (*_of_box(graph, box, say), *_own_number(box))


def headline(graph: Graph, box: Box) -> str:
    """The row of a box that names it, with whose weights it uses again."""
    row = name_row(box_rows(graph, box))
    owner = owner_words(box.shares)
    return "".join(words.text for words in (row if row[-1:] == owner else (*row, *owner)))


def name_row(rows: Sequence[Row]) -> Row:
    """Of the rows of a box the one that names it: what stands before its main operation has a row above it."""
    return next((row for row in rows if any(words.style == "name" for words in row)), rows[0])


def _of_box(graph: Graph, box: Box, say: Say) -> tuple[Row, ...]:
    if box.scope is not None:
        texts = summary(graph, box.scope, say)
        names = _first_and_last(box.scope, box.nodes[-1]) if box.count > 1 and not box.is_applied else ""
        if names:
            texts = (names, *texts)
        named = not names and (box.scope in graph.lenders or not is_unnamed_branch(graph, box.scope))
        heading = counted(title(box.scope, named, box.shares), box.count, box.parallel, box.is_applied)
        apart = ((Words(box.apart, "small"),),) if box.apart else ()
        return (*_with_owner(heading, box.shares), *apart, *((Words(text, "small"),) for text in texts))
    name = step_name(graph, box)
    head: Row = (Words(f"{name}: ", "small"),) if name else ()
    if box.is_merge:
        return (counted((*head, Words(box.main.operation.symbol or box.main.operation.name, "name")), box.count, box.parallel),)
    if box.is_port:
        return port_rows(box)
    head += (Words(_of_rounds(box, box.main, say.name), "name"),)
    said = _of_rounds(box, box.main, say.caption)
    if said:
        head += (Words(" " + said),)

    def told(nodes: Iterable[Node]) -> list[str]:
        return [f"{_of_rounds(box, node, say.name)} {_of_rounds(box, node, say.caption)}".strip() for node in nodes]

    before = told(node for node in box.first if node.index < box.main.index)
    after = told(node for node in box.first if node.index > box.main.index)
    rows: list[Row] = [*_with_owner(counted(head, box.count, box.parallel), box.shares)]
    if before:
        rows.insert(0, (Words(", ".join(before), "small"),))
    if after:
        rows.append((Words(", ".join(after), "small"),))
    return tuple(rows)


def _of_rounds(box: Box, node: Node, told: Callable[[Node], str]) -> str:
    """What is told of an operation, or of all its rounds where it changes from round to round."""
    return several([told(other) for other in box.nodes[box.first.index(node) :: len(box.first)]], gap=" ")


def _first_and_last(scope: Scope, last: Node) -> str:
    """The names that the user gave to the first part of a repeat and to the one that holds `last`, where they differ."""
    alike = [other for other in last.scope.ancestors() if (other.kind, other.template) == (scope.kind, scope.template)]
    names = (own_name(scope), own_name(alike[0]) if alike else "")
    return f"{names[0]} \u2026 {names[1]}" if all(names) and names[0] != names[1] else ""


def port_rows(box: Box) -> tuple[Row, ...]:
    """An input with its shape; an output with its own name, where it has one."""
    name = box.main.names[-1] if box.main.names else box.main.operation.name
    head: Row = (Words(name, "name"),)
    said = caption(box.main)
    return (head, (Words(said.replace("x", TIMES), "small"),)) if said else (head,)


# --------------------------------------------------------------------------------------------- sums


def summary(graph: Graph, scope: Scope, say: Say = AS_IT_IS) -> tuple[str, ...]:
    """A few rows that tell what happens in a folded part: its telling operations or, where it is a short row of others, those."""
    if scope.kind in ("stage", "network"):
        steps = _steps(graph, scope, say, deep=False)
        lines = _rows(_run_lengths([_text(step) for step in steps])) if steps else _of_row(graph, scope, say)
        if len(lines) > MOST_ROWS:  # then without what its forks hold
            lines = _rows(_run_lengths([step for step in steps if isinstance(step, str)]))
        return _shortened(lines)
    steps = _steps(graph, scope, say, deep=True)
    lines = _of_block(steps) if steps else _of_row(graph, scope, say)
    if len(lines) > FEW_ROWS:  # then what comes over and over is told once
        lines = min(lines, _of_block(steps, _once), key=len)
    if len(lines) > MOST_ROWS:  # then the blocks within it by their names, where that is short enough
        named = _of_block(_steps(graph, scope, say, deep=False, names=call_names(graph, scope)), _once)
        lines = named if len(named) <= MOST_ROWS else lines
    return _shortened(lines)


def has_skip(graph: Graph, scope: Scope) -> bool:
    """Whether a block is a residual branch that is added to a skip, of which its sum says nothing: a mark beside its box does."""
    return scope.kind == "block" and bool(_branch(_steps(graph, scope, AS_IT_IS, deep=True)))


def _of_row(graph: Graph, scope: Scope, say: Say) -> list[str]:
    """The operations of a part that follow each other and nothing else, where few rows tell them."""
    silence = Silence(graph)
    nodes = [index for index in nodes_in(graph, scope) if not silence.holds(index)]
    if any(silence.sources(two) != [one] for one, two in pairwise(nodes)) or len(graph.nodes[nodes[0]].inputs) > 1:
        return []
    lines = _rows(_once([phrase(graph.nodes[index], say) for index in nodes]))
    return lines if len(lines) <= FEW_ROWS else []


def _branch(steps: Steps) -> Steps:
    """The steps of a residual branch, where these are all that there is beside a skip. What is joined or scaled by them is told so."""
    (first, *others) = steps or ("",)
    return first.paths[0] if isinstance(first, Fork) and first.sign == ADDED and not others else ()


def _of_block(steps: Steps, told: Callable[[list[str]], list[str]] = list) -> list[str]:
    """A block as rows, a fork with a row or more for each of its paths. `told` may shorten a row of steps."""
    steps = _branch(steps) or steps
    forks = [step for step in steps if isinstance(step, Fork)]
    if len(forks) != 1 or forks[0].sign or forks[0].woven or forks[0].joined not in PLAIN:
        return _rows(told(_texts(steps)))
    paths = _counts([ARROW.join(told(_texts(path))) for path in forks[0].paths])
    if len(paths) == 1:  # a row for all paths, and one for what follows them, would be two paths to a reader; one alone is beside none
        return _rows(told(_texts(steps)) if len(steps) > 1 else _many(*paths[0]))
    place = steps.index(forks[0])
    rows = _rows(told(_texts(steps[:place])))
    bar = "+ " if forks[0].joined == ADDED else "| "  # a projection on a skip is added, and its channels are none more
    for number, (text, times) in enumerate(paths):
        rows.extend(chain.from_iterable(_rows((("| " if number == 0 else bar) + one).split(ARROW)) for one in _many(text, times)))
    return [*rows, *_rows(told(_texts(steps[place + 1 :])))]


def _once(texts: list[str], between: str = ARROW) -> list[str]:
    """Steps that come over and over told once, with their number: `3x3, 64 x4`, `(1x1, 64 -> 3x3, 64) x3`."""
    rows: list[str] = []
    at = 0
    while at < len(texts):
        runs = [
            (size * (times - 1), size, times)
            for size in range(1, LONGEST_ROUND + 1)
            if (times := _times(texts[at:], size)) * size > 2 and times > 1
        ]
        saved, size, times = max(runs, default=(0, 1, 1))
        said = between.join(texts[at : at + size])
        rows.append(said if not saved else f"{said} {TIMES}{times}" if size == 1 else f"({said}) {TIMES}{times}")
        at += size * times
    return rows


def _times(texts: Sequence[str], size: int) -> int:
    """How often the first steps of a row follow each other."""
    times = 1
    while size <= len(texts) and texts[size * times : size * (times + 1)] == texts[:size]:
        times += 1
    return times


def _steps(graph: Graph, scope: Scope, say: Say, deep: bool, names: Mapping[Scope, str] = MappingProxyType({})) -> Steps:
    """The telling operations of a part, in order, with its forks. Not `deep`: blocks are named, by `names` where they say more, and not entered."""

    def words(node: Node) -> str:
        return phrase(node, say) if node.operation.family in TELLING or node.operation.enlarges else ""

    def name(part: Scope) -> str:
        return "" if deep or part.kind not in ("block", "stage", "network") else names.get(part) or part.template or part.title

    return steps_of(graph, scope, words, name, lambda steps: ARROW.join(_texts(steps)))


def _text(step: str | Fork) -> str:
    if isinstance(step, str):
        return step
    (first, *others) = step.paths
    if step.sign and not others and len(first) == 1 and isinstance(first[0], Fork) and not first[0].sign:
        return f"{step.sign}({_joined(first[0])})"
    if step.sign or step.joined in PLAIN:
        said = _bracketed(step)
        return said[1:-1] if not step.sign and HELD.fullmatch(said) else step.sign + said
    return _joined(step)


def _joined(fork: Fork) -> str:
    """Several paths with the sign of their merge."""
    return fork.joined + _bracketed(fork)


def _bracketed(step: Fork) -> str:
    texts = [ARROW.join(_texts(path)) for path in step.paths]
    if step.woven:
        return f"({WOVEN.join(_once(texts, WOVEN))})"
    between = " + " if step.joined == ADDED else " | "
    return "(" + between.join(chain.from_iterable(_many(text, times) for text, times in _counts(texts))) + ")"


def _many(text: str, times: int) -> Sequence[str]:
    """Equal paths as one with their number. Not before the number of a window along one axis: `2 x 2, 32` would be a window of two."""
    if times == 1 or not NUMBER_FIRST.match(text):
        return [text if times == 1 else f"{times} {TIMES} ({text})" if _is_chain(text) else f"{times} {TIMES} {text}"]
    return [text] * times if times <= FEW_ROWS else [f"({text}) {TIMES}{times}"]


def _is_chain(text: str) -> bool:
    """Whether steps follow each other outside of brackets."""
    before = accumulate(text.split(ARROW)[:-1])
    return any(part.count("(") == part.count(")") for part in before)


def _texts(steps: Steps) -> list[str]:
    """Equal forks in a row are told once, with their number."""
    rows: list[str] = []
    for fork, group in groupby(steps, lambda step: isinstance(step, Fork)):
        texts = [_text(step) for step in group]
        rows.extend(_run_lengths(texts) if fork else _run_lengths(texts, LEAST_RUN))
    return rows


def _counts(texts: Sequence[str]) -> list[tuple[str, int]]:
    """Equal neighbours together, with their number."""
    rows: list[tuple[str, int]] = []
    for text in texts:
        if rows and rows[-1][0] == text:
            rows[-1] = (text, rows[-1][1] + 1)
        else:
            rows.append((text, 1))
    return rows


def _run_lengths(texts: Sequence[str], least: int = 2) -> list[str]:
    """Equal neighbours as one, where there are so many."""
    return [row for text, times in _counts(texts) for row in ([f"{text} {TIMES}{times}"] if times >= least else [text] * times)]


def _shortened(rows: Sequence[str]) -> tuple[str, ...]:
    """No more rows than a box can take."""
    return tuple(rows) if len(rows) <= MOST_ROWS else (*rows[: MOST_ROWS - 1], "\u2026")


def _rows(steps: Sequence[str]) -> list[str]:
    """Steps joined by arrows, broken into rows before an arrow, and behind what ends an item of a list."""
    rows: list[str] = []
    for step in steps:
        parts = STEPS.split(step) if width(step, POINTS["small"]) > LONGEST_FORK else [step]
        for between, part in zip([ARROW, *parts[1::2]], parts[::2], strict=True):
            if rows and width(longer := rows[-1] + between + part, POINTS["small"]) <= LONGEST:
                rows[-1] = longer
            elif between == ARROW:
                rows.append(ARROW.lstrip() + part if rows else part)
            else:
                rows[-1] += WOVEN.rstrip()
                rows.append(part)
    return rows
