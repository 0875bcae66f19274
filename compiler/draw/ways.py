"""How the lines of a picture run: where they enter a frame, which are the main path, which branches stand side by side.

All of it is for the layout alone. The lines of the picture stay what they are, one for each edge of the graph.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import combinations, takewhile

from ...base.records import dataclass
from ..graph.program import Node, Scope
from .edges import flow, ranks
from .labels import frame_rows, rows_width
from .picture import Box, Frame, Line, Picture
from .scales import ONE_SCALE, Scales, scales
from .u_shape import STRAIGHT, Arms, arms


@dataclass(frozen=True, slots=True)
class Port:
    """Where several lines of one tensor enter a frame: they come as one, and part inside. Other tensors of their box come by themselves. A lone one has it where it enters above its column.

    `tail` is their box, or the port of a frame around that they entered before. `lines` are their numbers, also of those that part again in a frame
    within; `first` is the one that the common piece is drawn for, where each line is drawn as a whole.
    """

    name: str
    frame: str
    tail: str
    lines: tuple[int, ...]
    first: int


@dataclass(frozen=True, slots=True)
class Ways:
    """`ports` in the order of their first lines and from the outside in, `main` the numbers of the lines of main paths, `scales` the columns of maps."""

    ports: tuple[Port, ...] = ()
    main: frozenset[int] = frozenset()
    scales: Scales = ONE_SCALE
    port_of: Mapping[int, Port] = field(init=False, repr=False, compare=False)
    """Where each line that enters at a port begins at last."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "port_of", {number: port for port in self.ports for number in port.lines})

    def start(self, number: int, line: Line) -> str:
        """Where the last part of a line begins: at its port, where it has one."""
        return self.port_of[number].name if number in self.port_of else line.tail

    def parts_at(self, port: Port) -> bool:
        """Whether more than one line goes on from a port."""
        return sum(self.port_of[number] is port for number in port.lines) + sum(other.tail == port.name for other in self.ports) > 1

    def pieces(self, picture: Picture) -> Iterator[tuple[str, str]]:
        """Tail and head of every piece of a line that is drawn: the common ones first."""
        yield from ((port.tail, port.name) for port in self.ports)
        yield from ((self.start(number, line), line.head) for number, line in enumerate(picture.lines))


STRAIGHT_ON = Ways()
BESIDE_WORDS = 18.0  # points between the words in a box and its edges, both together
GAP = 8.0  # points between the heading of a frame and the line that comes in beside it
WIDEST = 185.0  # points that a box is widened to for a heading


def beneath(frame: Frame) -> float:
    """How wide what stands in the middle beneath a frame's heading has to be, in points, for that a line from above misses it."""
    return 2 * (rows_width(frame_rows(frame)) + GAP)


def equally_wide(picture: Picture, widths: Mapping[str, float], wide: Callable[[Box], float]) -> dict[str, float]:
    """Widths, in inches, with those of towers that stand beside each other: what uses the weights of the other again is as wide as it,
    whichever of the two has the longer heading. `wide` tells how wide the words in a box are, in points."""
    found = dict(widths)
    for frame in (picture.root, *picture.frames()):
        towers = {item.scope: item for item in frame.items if item.scope is not None}
        for item in frame.items:
            owner = towers.get(item.scope.shares) if item.shares and item.scope is not None and item.scope.shares is not None else None
            for one, two in zip(_boxes(item), _boxes(owner), strict=False) if owner is not None else ():
                if not (one.is_merge or two.is_merge):
                    most = max(found.get(one.name, 0.0), found.get(two.name, 0.0), (max(wide(one), wide(two)) + BESIDE_WORDS) / 72)
                    found[one.name] = found[two.name] = most
    return found


def evenly_wide(picture: Picture, widths: Mapping[str, float], wide: Callable[[Box], float]) -> dict[str, float]:
    """The same for plain figures: all boxes of a frame are as wide as its widest."""
    found = equally_wide(picture, widths, wide)
    for frame in picture.frames():
        alike = [item for item in frame.items if isinstance(item, Box) and not item.is_merge and not item.training_only]
        most = max((max(found.get(box.name, 0.0), (wide(box) + BESIDE_WORDS) / 72) for box in alike), default=0.0)
        found.update((box.name, most) for box in alike)
    return found


def _boxes(item: Box | Frame) -> Iterator[Box]:
    return item.boxes() if isinstance(item, Frame) else iter((item,))


def ways(picture: Picture, shape: Arms = STRAIGHT) -> Ways:
    """In a U lines run as its arms do, and none of this is for them."""
    if shape.level:
        return STRAIGHT_ON
    columns = ONE_SCALE if arms(picture).level else scales(picture)
    return Ways(_ports(picture, columns), _main(picture), columns)


def _ports(picture: Picture, columns: Scales) -> tuple[Port, ...]:
    """A port wherever two lines or more of one tensor end in a frame around which their tail stands outside; the innermost frame has it.

    What enters a frame within at a port of its own is one line of these. So has a single line to the first map of a column that begins deeper than others: it comes down where the column stands.
    And so has the only line into a frame to its first box, where the heading is too wide for one to stand beneath it: of the room beside a port nothing is seen.
    Not where something in the frame begins by itself, as a table does: a port would take the place that its path has among the others.
    """
    fed = {line.head for line in picture.lines}
    led = [frame for frame in picture.frames() if beneath(frame) > WIDEST and all(box.name in fed for box in frame.boxes())]
    wide = {} if columns.grids else {frame.name: frame.items[0].name for frame in led}
    below = columns.deep
    around = _frames_around(picture.root)
    entering: dict[tuple[str, str, tuple[int, ...]], list[int]] = defaultdict(list)
    for number, line in enumerate(picture.lines):
        outside = around.get(line.tail, ())
        for frame in around.get(line.head, ()):
            if frame not in outside and not line.training_only:
                entering[frame, line.tail, line.tensors].append(number)
    entries = Counter(frame for frame, _, _ in entering)
    depth = {frame.name: place for place, frame in enumerate(picture.frames())}  # outer ones first
    within: dict[str, list[Port]] = defaultdict(list)  # those that no frame further out has a port for, by their box
    found: list[Port] = []
    taken: set[int] = set()
    named: Counter[str] = Counter()
    for frame, tail, tensors in sorted(entering, key=lambda key: -depth[key[0]]):
        lines = entering[frame, tail, tensors]
        own = [number for number in lines if number not in taken]
        inner = [port for port in within[tail] if set(port.lines) <= set(lines)]
        is_alone = entries[frame] == 1 and any(picture.lines[number].head == wide.get(frame) for number in own)
        if len(own) + len(inner) > 1 or is_alone or any((frame, picture.lines[number].head) in below for number in own):
            through = sorted([*own, *(number for port in inner for number in port.lines)])
            first = min(through, key=lambda number: (picture.lines[number].skip, picture.lines[number].shape is None, number))
            name = f"{frame}_{tail}"
            port = Port(f"{name}_{named[name]}" if named[name] else name, frame, tail, tuple(through), first)
            named[name] += 1
            found = [port, *(replace(one, tail=port.name) if one in inner else one for one in found)]
            within[tail] = [port, *(one for one in within[tail] if one not in inner)]
            taken.update(own)
    return tuple(sorted(found, key=lambda port: (port.lines[0], -len(port.lines))))


def _frames_around(root: Frame) -> dict[str, tuple[str, ...]]:
    """For every box the frames around it, from the outside in; the picture's own is none."""
    found: dict[str, tuple[str, ...]] = {}

    def walk(items: Sequence[Box | Frame], above: tuple[str, ...]) -> None:
        for item in items:
            if isinstance(item, Frame):
                walk(item.items, (*above, item.name))
            else:
                found[item.name] = above

    walk(root.items, ())
    return found


def _main(picture: Picture) -> frozenset[int]:
    """The lines of the one longest way, at a fork and at a merge: where two are as long, neither is the main one."""
    names = {name for line in picture.lines for name in (line.tail, line.head)}
    lines = [line for line in picture.lines if not line.training_only]
    from_start = ranks(flow(lines, names))
    from_end = ranks(flow([_turned(line) for line in lines], names))
    into, out_of = defaultdict(list), defaultdict(list)
    for number, line in enumerate(picture.lines):
        if not line.training_only:
            into[line.head].append((from_start[line.tail], number))
            out_of[line.tail].append((from_end[line.head], number))
    return frozenset(_longest(into.values())) & frozenset(_longest(out_of.values()))


def _longest(groups: Iterable[list[tuple[int, int]]]) -> Iterator[int]:
    """Of each group the line with the greatest rank, where it is the only one."""
    for group in groups:
        greatest = max(rank for rank, _ in group)
        first, *others = (number for rank, number in group if rank == greatest)
        if not others:
            yield first


def _turned(line: Line) -> Line:
    return replace(line, tail=line.head, head=line.tail)


def columns(picture: Picture, found: Ways, others: Iterable[int]) -> list[list[str]]:
    """Boxes and ports that are to stand straight under each other: those of each main path, and those at both ends of `others`."""
    import networkx

    graph: networkx.Graph[str] = networkx.Graph()
    for number in sorted({*found.main, *others}):
        line = picture.lines[number]
        networkx.add_path(graph, dict.fromkeys((line.tail, found.start(number, line), line.head)))
    # A component is a set, whose order is another one in every process.
    order = {name: place for place, name in enumerate(graph)}
    return [sorted(names, key=order.__getitem__) for names in networkx.connected_components(graph)]


@dataclass(frozen=True, slots=True)
class Branches:
    """Boxes in the order of the text, from left to right. `frame` is the innermost one around all; `held` those that stand in it themselves."""

    frame: str
    names: tuple[str, ...]
    held: frozenset[str]

    @property
    def is_level(self) -> bool:
        """Whether all stand in one frame: then Graphviz keeps them beside each other."""
        return len(self.held) == len(self.names)


def lowest(picture: Picture, row: Branches) -> list[str]:
    """For each branch the last box of the frame that it begins in, or its first box where it begins in none of its own."""
    around = next(frame for frame in (picture.root, *picture.frames()) if frame.name == row.frame)
    held = {box.name: (*item.boxes(),)[-1].name for item in around.items if isinstance(item, Frame) for box in item.boxes()}
    return [held.get(name, name) for name in row.names]


def branches(picture: Picture, found: Ways) -> dict[str, list[Branches]]:
    """Boxes that are to stand in the order of the text, by the innermost frame around them.

    They are the first ones of the branches of a fork: nothing comes into them but what all have. A branch that begins at the port of a frame is
    there by the first box within. The branch of a merge that begins at a parameter, which nothing comes into, goes with the others.
    """
    import networkx

    around = _frames_around(picture.root)
    boxes = {box.name: box for box in picture.boxes()}
    pieces = list(dict.fromkeys(found.pieces(picture)))
    entering = Counter(head for _, head in pieces)
    heads: dict[str, list[Box]] = defaultdict(list)
    for tail, head in pieces:
        if entering[head] == 1 and head in boxes:
            heads[tail].append(boxes[head])
    for port in reversed(found.ports):  # from the inside out
        if port.name in heads:
            heads[port.tail].append(min(heads[port.name], key=_place))
    sources = _sources(picture)
    _join(picture, heads, sources, [box for name, box in boxes.items() if not entering[name] and not box.is_port])
    rows: dict[str, list[Branches]] = defaultdict(list)
    for firsts in heads.values():
        firsts.sort(key=_place)
        beside = networkx.Graph(
            (one.name, two.name)
            for one, two in combinations(firsts, 2)
            if _are_branches(one, two, sources, around[one.name] == around[two.name])
        )
        for component in networkx.connected_components(beside):
            names = tuple(sorted(component, key=lambda name: _place(boxes[name])))
            holder = _common([around[name] for name in names])
            row = Branches(holder[-1] if holder else picture.root.name, names, frozenset(name for name in names if around[name] == holder))
            rows[row.frame].append(row)
    return rows


def _join(picture: Picture, heads: Mapping[str, list[Box]], sources: Mapping[Scope, set[int]], others: Iterable[Box]) -> None:
    """Puts paths that nothing comes into with the first boxes of the other paths of their merge.

    Of several merges around such a box that is the outermost which nothing comes into this path of: a bias that is worked out of
    learned tensors, with merges of its own, is one path of its attention. Where several begin it, its last box stands for it.
    """
    merges = _merges(picture)
    forks = [(firsts, {(merges[path], path) for one in firsts for path in _paths(one)}) for firsts in heads.values()]
    begins: dict[Scope, list[Box]] = defaultdict(list)
    for box in sorted(others, key=_place):
        for path in list(takewhile(lambda path: not sources[path], reversed(_paths(box))))[-1:]:
            begins[path].append(box)
    if not begins:
        return
    ends = {path: box for box in sorted(picture.boxes(), key=_place) for path in _paths(box) if path in begins}
    for path, several in begins.items():
        box = several[0] if len(several) == 1 else ends[path]
        beside = (firsts for firsts, paths in forks if any(merge == merges[path] and other is not path for merge, other in paths))
        next(beside, []).append(box)


def _paths(box: Box) -> list[Scope]:
    """The paths of merges that a box stands in, from the outside in."""
    return [scope for scope in box.first[0].scope.ancestors() if scope.kind == "path"]


def _merges(picture: Picture) -> dict[Scope, tuple[Scope, int]]:
    """The merge of each path: what it stands in, and how many steps there are before it."""
    steps: Counter[Scope] = Counter()
    found: dict[Scope, tuple[Scope, int]] = {}
    for node in sorted((node for box in picture.boxes() for node in box.nodes), key=lambda node: node.index):
        around = node.scope.ancestors()
        for scope, inner in zip(around, (*around[1:], None), strict=True):
            if inner is not None and inner.kind == "path":
                found[inner] = (scope, steps[scope])
            else:
                steps[scope] += 1
    return found


def _common(rows: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """The frames that are around all."""
    found = []
    for names in zip(*rows, strict=False):
        if len(set(names)) > 1:
            break
        found.append(names[0])
    return tuple(found)


def _place(box: Box) -> tuple[bool, int]:
    """A head of its own stands behind what goes on, where its output is, too: its lines cross no others."""
    return box.training_only, box.first[0].index


def _sources(picture: Picture) -> dict[Scope, set[int]]:
    """What comes into each path of a merge from outside of it."""
    nodes: dict[Scope, list[Node]] = defaultdict(list)
    for box in picture.boxes():
        for node in box.nodes:
            for scope in node.scope.ancestors():
                if scope.kind == "path":
                    nodes[scope].append(node)
    return {
        scope: {source for node in inside for source in node.inputs} - {node.index for node in inside} for scope, inside in nodes.items()
    }


def _are_branches(one: Box, two: Box, sources: Mapping[Scope, set[int]], is_one_frame: bool) -> bool:
    """Whether two boxes that one tensor enters begin branches whose order the text gives: in one frame, or in two paths of a merge.

    Nothing else may enter the paths: those that are woven into others stand as lines cross least.
    """
    around = (box.first[0].scope.ancestors() for box in (one, two))  # from the outside in
    apart = next((pair for pair in zip(*around, strict=False) if pair[0] is not pair[1]), None)
    if apart is None or any(scope.kind != "path" for scope in apart):
        return is_one_frame
    return len(sources[apart[0]] | sources[apart[1]]) == 1
