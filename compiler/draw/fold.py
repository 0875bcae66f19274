"""Graph to picture: which parts are open, which are folded into a box, and which equal neighbours become one `x3`.

Folding follows the scopes of the program, that is the text. Neighbours that are alike (see `likeness.py`) fold only where
no edge would be lost: each feeds the next (and may give an answer that one step gathers from all), or they stand side by side between
the same tensors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from itertools import groupby

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node, Scope
from .apart import told_apart
from .edges import connect, connect_inside
from .frames_in_vain import is_in_vain, without_frame
from .identical_parts import Likeness
from .paths import names_of, own_name
from .picture import Box, Frame, Picture
from .silent import Silence
from .streams import streams

LEVELS = ("stage", "block", "op")
PART = "part"  # the inside of a box: its operations one by one, and the blocks in it as boxes
INSET = "inset"  # the same, with norms and activations joined to what they belong to, and all opened that has no inset of its own
EVERYTHING = "*"
DEEPEST = 40  # frames inside frames; what lies deeper is drawn as a box, as no page could show it
BRANCHES = 4  # so many equal branches fold into one; fewer are drawn side by side

# Operations that a reader takes as part of the convolution or layer before them.
COMPANIONS = frozenset({"norm", "activation", "regularise"})


@dataclass(frozen=True, slots=True)
class View:
    """What to show: a level, and the parts that are opened or folded against it, by name.

    `marks` is a word for every node: a part whose nodes carry different ones is opened, a stage of `calm` ones is folded.
    """

    level: str = "block"
    open: tuple[str, ...] = ()
    fold: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    calm: str = ""

    @property
    def everything(self) -> bool:
        """Nothing is folded, no repeat either: one box an operation, one line an edge."""
        return EVERYTHING in self.open


BLOCKS = View()


def fold(graph: Graph, view: View = BLOCKS) -> Picture:
    """The picture of `graph` as `view` asks."""
    folder = _Folder(graph, view)
    root = folder.filled(folder.frame_of(graph.program.root))
    lines, hidden = connect(graph, root, folder.representative, folder.rounds, folder.silence)
    return Picture(graph.program.name, graph.program.doc, root, lines, hidden, view.level)


def inside(graph: Graph, box: Box, level: str = PART, rounds: Sequence[Sequence[Node]] = ()) -> Picture:
    """What a folded box holds: one level further down, with ports where lines come in and go out. `rounds` are all that it is drawn for,
    where these are not those of the box."""
    folder = _Folder(graph, View(level))
    nodes = [node.index for node in box.first]
    size = len(nodes)
    rounds = rounds or [box.nodes[at : at + size] for at in range(0, len(box.nodes), size)]
    folder.silence.tell([node.index for node in round_] for round_ in rounds)
    if box.scope is not None:
        root = folder.filled(folder.frame_of(box.scope), nodes)
    else:
        items = tuple(Box(f"n{node.index}", (node,), (node,), None, node, training_only=node.training_only) for node in box.first)
        root = Frame(box.name, box.main.scope, items)
    lines, hidden, entries, exits = connect_inside(graph, root, folder.representative, folder.rounds, folder.silence, nodes)
    return Picture(graph.program.name, "", root, lines, hidden, level, entries, exits)


@dataclass(frozen=True, slots=True)
class _Piece:
    """What stands at one place of a scope before repeats are looked for: a part, or a short chain of operations."""

    nodes: tuple[int, ...]
    likeness: object
    scope: Scope | None = None
    main: int = -1
    treatment: str = "box"  # box | frame | through
    alone: bool = False  # opened by its own path: it never disappears in a repeat
    pair: tuple[_Piece, ...] = ()  # two parts that take turns with others like them


@dataclass(slots=True)
class _Folder:
    graph: Graph
    view: View
    representative: list[int] = field(init=False)
    """For every node, the node of the first round that it is drawn as."""
    rounds: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """For every node of a folded repeat that is drawn open: (repeat, round), innermost first."""
    silence: Silence = field(init=False)
    _nodes: dict[Scope, list[int]] = field(init=False)
    _alike: Likeness = field(init=False)
    _staged: set[Scope] = field(init=False)
    """Parts that hold stages, and parts that hold calls of blocks."""
    _called: set[Scope] = field(init=False)
    _held: set[Scope] = field(init=False)
    """What must be open so that an opened part is seen."""
    _streams: set[Scope] = field(init=False)
    """Blocks that several maps run through side by side."""
    _calls: dict[str, list[Scope]] = field(default_factory=dict)
    """For every box of a part, the parts that it stands for."""
    _one_box: dict[str, bool] = field(default_factory=dict)
    """For blocks in insets, whether a box tells all of what they hold."""
    _repeats: int = 0

    def __post_init__(self) -> None:
        self.representative = list(range(len(self.graph.nodes)))
        self.silence = Silence(self.graph, self._told())
        self._nodes = {}
        self._staged = set()
        self._called = set()
        self._held = set()
        for scope in self.graph.members:
            if self.view.open and not names_of(scope).isdisjoint(self.view.open):
                self._held.update(scope.ancestors()[:-1])
            if scope.kind in ("stage", "network"):
                self._staged.update(scope.ancestors()[:-1])
            if scope.kind == "block":
                self._called.update(scope.ancestors()[:-1])
        for node in self.graph.nodes:
            holder: Scope | None = node.scope
            while holder is not None:
                self._nodes.setdefault(holder, []).append(node.index)
                holder = holder.parent
        self._alike = Likeness(self.graph, self._nodes, self.view.marks)
        self._streams = streams(self.graph, self._nodes) if self.view.level == "block" else set()

    def _told(self) -> set[int]:
        """Steps that are drawn though they do nothing: where nothing is folded, and what became of one in another network."""
        if self.view.everything:
            return set(range(len(self.graph.nodes)))
        return {index for index, word in enumerate(self.view.marks) if word != self.view.calm}

    # ----------------------------------------------------------------------------------------- treatment

    def _treatment(self, scope: Scope) -> str:
        names = names_of(scope)
        named = bool(scope.names or scope.title)
        if scope.depth >= DEEPEST:
            return "box"
        if scope.kind == "path":  # it has the name of what is around it
            return "through"
        if not names.isdisjoint(self.view.fold):
            return "box"
        if not names.isdisjoint(self.view.open):
            return "frame"
        level = "op" if self.view.everything else self.view.level
        is_branch = scope.kind == "group" and scope.parent is not None and scope.parent.kind == "path"
        if self.view.marks and scope.kind != "round":
            words = {self.view.marks[index] for index in self._nodes[scope]}
            if len(words) > 1:
                return "frame" if (scope.names or scope.title) and not is_branch else "through"
            if words == {self.view.calm}:
                return "box" if scope.names or scope.title else "through"
        if scope in self._held and scope.kind != "round":
            says = own_name(scope) if scope.kind == "group" else named  # a number says nothing
            return "frame" if says and not is_branch else "through"
        if scope.kind == "round" or (scope.kind == "group" and not named):
            return "through"
        if scope.kind == "group" and level != "stage" and not own_name(scope):
            return "through"
        if scope.kind == "group" and level != "stage" and scope in self._called:
            return "through" if is_branch else "frame"  # a frame around a branch says what its lines say
        if scope in self._staged and scope.kind in ("stage", "network", "block", "group"):
            return "frame" if named else "through"
        if scope.kind in ("stage", "network"):
            return "box" if level == "stage" else "frame"
        if level == INSET:
            return self._in_an_inset(scope, is_branch)
        if level == "op":
            inner = is_branch or any(above.kind in ("block", "group") for above in scope.ancestors()[:-1])
            return "through" if inner and scope.kind != "aux" else "frame"
        return "frame" if scope in self._streams else "box"

    def _in_an_inset(self, scope: Scope, is_branch: bool) -> str:
        """A block has an inset of its own, but where none of its calls holds more than a box: that box tells all. What else there is is open."""
        if scope.kind == "block" and scope.template:
            return "through" if self._is_one_box(scope.template) else "box"
        return "through" if is_branch or not own_name(scope) or self._fits_a_box(scope) else "frame"

    def _is_one_box(self, template: str) -> bool:
        if template not in self._one_box:
            self._one_box[template] = False  # one that holds itself
            calls = {self._alike.of(scope): scope for scope in self.graph.members if (scope.kind, scope.template) == ("block", template)}
            self._one_box[template] = all(map(self._fits_a_box, calls.values()))
        return self._one_box[template]

    def _fits_a_box(self, scope: Scope) -> bool:
        return len(self._gathered(self._pieces(scope))) == 1

    # -------------------------------------------------------------------------------------------- pieces

    def _pieces(self, scope: Scope) -> list[_Piece]:
        """What stands in `scope`, in order; parts that are looked through give their own pieces."""
        pieces: list[_Piece] = []
        pending = self._drawn(scope)[::-1]
        while pending:
            member = pending.pop()
            if isinstance(member, Node):
                row = self.graph.nodes[member.index]
                likeness = ("node", self._alike.kind(row), len(row.inputs), row.training_only, self._alike.sharing(row, scope))
                pieces.append(_Piece((member.index,), likeness, main=member.index))
                continue
            treatment = self._treatment(member)
            if treatment == "through":
                run = [member]
                while pending and isinstance(pending[-1], Scope) and self._same_round(member, pending[-1]):
                    run.append(pending.pop())  # type: ignore[arg-type]
                if len(run) == 1 or self.view.everything:
                    pending.extend(reversed([inner for part in run for inner in self._drawn(part)]))
                else:
                    pieces.extend(self._part(part, "through") for part in run)
                continue
            pieces.append(self._part(member, treatment))
        return pieces

    def _drawn(self, scope: Scope) -> list[Node | Scope]:
        """What stands directly in a part, without what no picture shows."""
        holds = self.silence.holds
        return [
            member for member in self.graph.members[scope]
            if not (holds(member.index) if isinstance(member, Node) else all(map(holds, self._nodes[member])))
        ]  # fmt: skip

    def _same_round(self, scope: Scope, other: Scope) -> bool:
        return self._treatment(other) == "through" and self._alike.of(scope) == self._alike.of(other)

    def _part(self, scope: Scope, treatment: str) -> _Piece:
        nodes = tuple(self._nodes[scope])
        path = ".".join(scope.path)
        alone = self.view.everything or any(name == path or name.startswith(f"{path}.") for name in self.view.open if path)
        return _Piece(nodes, ("part", self._alike.of(scope)), scope, self._heaviest(nodes), treatment, alone)

    def _heaviest(self, nodes: Sequence[int]) -> int:
        return max(nodes, key=lambda index: (self.graph.nodes[index].macs, -index))

    # ----------------------------------------------------------------------------------------- companions

    def _gathered(self, pieces: list[_Piece]) -> list[_Piece]:
        """Norms, activations and flattening joined to the operation that they belong to, above the level of operations."""
        if self.view.level in ("op", PART) or self.view.everything:
            return pieces
        gathered: list[_Piece] = []
        for piece in pieces:
            last = gathered[-1] if gathered else None
            if last is not None and self._joins(last, piece):
                main = last.main if self._weighty(last.main) or not self._weighty(piece.main) else piece.main
                likeness = ("chain", last.likeness, piece.likeness)
                gathered[-1] = _Piece(last.nodes + piece.nodes, likeness, main=main)
            else:
                gathered.append(piece)
        return gathered

    def _joins(self, last: _Piece, piece: _Piece) -> bool:
        if last.scope is not None or piece.scope is not None:
            return False
        tail, head = self.graph.nodes[last.nodes[-1]], self.graph.nodes[piece.nodes[0]]
        if (
            self.silence.sources(head.index) != [tail.index]
            or len(list(self.silence.users(tail.index))) != 1
            or tail.training_only != head.training_only
        ):
            return False
        if any(self._apart(node) for node in (tail, head)):
            return False
        if self.view.marks and self.view.marks[tail.index] != self.view.marks[head.index]:
            return False
        return not (self._weighty(last.main) and self._weighty(piece.main))

    def _apart(self, node: Node) -> bool:
        return node.operation.family in ("port", "merge")

    def _weighty(self, index: int) -> bool:
        operation = self.graph.nodes[index].operation
        return operation.family not in COMPANIONS and not (operation.family == "shape" and operation.is_view)

    # ---------------------------------------------------------------------------------------------- pairs

    def _paired(self, pieces: list[_Piece]) -> list[_Piece]:
        """Two calls of one block that take turns become pairs, which fold as other parts do: `(plain, shifted) x3`."""
        made: list[_Piece] = []
        at = 0
        while at < len(pieces):
            pairs = self._pairs(pieces[at:])
            made += pairs or [pieces[at]]
            at += 2 * len(pairs) or 1
        return made

    def _pairs(self, pieces: list[_Piece]) -> list[_Piece]:
        """The pairs that pieces begin with; none where they take no turns."""
        if self.view.everything or not all(piece.scope is not None and piece.treatment == "box" for piece in pieces[:2]):
            return []
        alike = [piece.likeness for piece in pieces[:2]]
        templates = {piece.scope.template for piece in pieces[:2] if piece.scope is not None}
        if len(set(alike)) < 2 or len(templates) > 1 or templates == {""}:
            return []
        pairs, how = list[_Piece](), ""
        for one, two in zip(pieces[::2], pieces[1::2], strict=False):
            if [one.likeness, two.likeness] != alike or one.alone or two.alone:
                break
            pair = self._pair(one, two)
            joint = self._joint(pairs[-1], pair) if pairs else ""
            if pairs and (joint in ("", "beside") or how not in ("", joint)):
                break
            how = joint
            pairs.append(pair)
        return pairs if len(pairs) > 1 else []

    def _pair(self, one: _Piece, two: _Piece) -> _Piece:
        assert one.scope is not None
        scope = Scope("round", (), one.scope.parent, one.scope.span, title="pair")
        nodes = one.nodes + two.nodes
        self._nodes[scope] = list(nodes)
        return _Piece(nodes, ("pair", one.likeness, two.likeness), scope, self._heaviest(nodes), "frame", pair=(one, two))

    # -------------------------------------------------------------------------------------------- repeats

    def _runs(self, pieces: list[_Piece]) -> list[tuple[str, list[_Piece]]]:
        """Equal neighbours together, with how they stand: "chain", "gathered", "beside" or "" for a piece alone."""
        uses = self._uses(pieces)
        later = {piece.nodes for run in uses.values() for piece in run[1:]}
        runs: list[tuple[str, list[_Piece]]] = []
        for is_used, group in groupby((piece for piece in pieces if piece.nodes not in later), lambda piece: piece.nodes in uses):
            if is_used:
                runs.extend(("beside", uses[piece.nodes]) for piece in group)
                continue
            for how, run in self._neighbours(list(group)):
                if how == "beside" and len(run) < BRANCHES:
                    runs.extend(("", [piece]) for piece in run)
                else:
                    runs.append((how, run))
        return runs

    def _uses(self, pieces: list[_Piece]) -> dict[tuple[int, ...], list[_Piece]]:
        """One part that is applied to many tensors, as a detector's head is to each level, by the nodes of the first: it is drawn once.

        All that they make goes to the same steps, so that none comes from another.
        """
        found: dict[object, list[_Piece]] = {}
        owners = {piece.scope.shares for piece in pieces if piece.scope is not None and piece.scope.shares}
        for piece in pieces:
            if piece.treatment == "box" and piece.scope is not None and not piece.alone and (piece.scope.shares or piece.scope) in owners:
                inside = set(piece.nodes)
                leaving = frozenset(user for index in piece.nodes for user in self._users(index) if user not in inside)
                operations = tuple(self.graph.nodes[index].operation.name for index in piece.nodes)
                found.setdefault((piece.scope.shares or piece.scope, leaving, operations), []).append(piece)
        return {run[0].nodes: run for run in found.values() if len(run) >= BRANCHES}

    def _neighbours(self, pieces: list[_Piece]) -> list[tuple[str, list[_Piece]]]:
        runs: list[tuple[str, list[_Piece]]] = []
        for piece in pieces:
            if runs:
                how, members = runs[-1]
                joint = self._joint(members[-1], piece)
                if joint and how in ("", joint):
                    members.append(piece)
                    runs[-1] = (joint, members)
                    continue
            runs.append(("", [piece]))
        return runs

    def _joint(self, one: _Piece, two: _Piece) -> str:
        if one.likeness != two.likeness or one.alone or two.alone:
            return ""
        if one.scope is None and (self.view.level in ("op", PART) or self._apart(self.graph.nodes[one.main])):
            return ""
        inside, after = set(one.nodes), set(two.nodes)
        leaving = {user for index in one.nodes for user in self._users(index) if user not in inside}
        entering = {source for index in two.nodes for source in self.silence.sources(index) if source not in after}
        before = {source for index in one.nodes for source in self.silence.sources(index) if source not in inside}
        fed = leaving and entering & inside and entering - inside <= before
        if fed and leaving <= after:
            return "chain"
        if fed and self._gather(one, two, leaving - after) and not self._skips(one, after):
            return "gathered"  # each of them: where a step reads one round in the middle, that ends a run
        beyond = {user for index in two.nodes for user in self._users(index) if user not in after}
        if entering == before and leaving == beyond and leaving:
            return "beside"
        return ""

    def _gather(self, one: _Piece, two: _Piece, users: set[int]) -> bool:
        """Whether these users of one round are a step that gathers the same from the next: what every hourglass of a stack says."""
        if len(users) != 1 or not all(self.graph.nodes[user].operation.family == "merge" for user in users):
            return False
        given = [[not users.isdisjoint(self._users(index)) for index in piece.nodes] for piece in (one, two)]
        return given[0] == given[1]

    def _skips(self, one: _Piece, after: set[int]) -> bool:
        """Whether what a round hands to the next is added to what that makes: a skip, which is to be seen."""
        return any(
            not after.isdisjoint(users := self._users(index))
            and any(
                user not in after and user not in one.nodes and self.graph.nodes[user].shape == self.graph.nodes[index].shape
                for user in users
            )
            for index in one.nodes
        )

    def _users(self, index: int) -> tuple[int, ...]:
        return tuple(self.silence.users(index))

    # --------------------------------------------------------------------------------------------- frames

    def frame_of(self, scope: Scope) -> Frame:
        return self._frame(scope, self._items(scope))

    def _frame(self, scope: Scope, items: Sequence[Box | Frame]) -> Frame:
        items = without_frame(items)
        name = f"f{self._nodes[scope][0]}_{scope.depth}"
        return Frame(name, scope, tuple(items), training_only=scope.kind == "aux")

    def filled(self, frame: Frame, among: Sequence[int] | None = None) -> Frame:
        """The frame with every box knowing all the nodes that are drawn as it, and whose weights it uses again."""
        drawn_as: dict[int, list[Node]] = {}
        for index in range(len(self.graph.nodes)) if among is None else among:
            drawn_as.setdefault(self.representative[index], []).append(self.graph.nodes[index])

        def fill(item: Box | Frame, is_told: bool) -> Box | Frame:
            shares = "" if is_told else self._shares(item)
            if isinstance(item, Frame):
                return replace(item, items=tuple(fill(inner, is_told or bool(shares)) for inner in item.items), shares=shares)
            found = [node for first in item.first for node in drawn_as[self.representative[first.index]]]
            unique = {node.index: node for node in found}
            return replace(item, nodes=tuple(unique[index] for index in sorted(unique)), shares=shares)

        shares = self._shares(frame)
        return replace(frame, items=tuple(fill(item, bool(shares)) for item in frame.items), shares=shares)

    def _shares(self, item: Box | Frame) -> str:
        """Whose weights are used again: those of another part, or those of the operation that a box is named after or a companion's."""
        if item.scope is not None:
            return self.graph.shared(item.scope)
        return next((owner for owner in map(self.graph.shared, (item.main, *item.first)) if owner), "")

    def _items(self, scope: Scope) -> list[Box | Frame]:
        items: list[Box | Frame] = []
        for how, run in self._runs(self._paired(self._gathered(self._pieces(scope)))):
            first = run[0]
            if first.treatment == "through" and len(run) == 1:
                assert first.scope is not None
                items.extend(self._items(first.scope))
                continue
            self.silence.tell(piece.nodes for piece in run)
            items.append(self._item(first, run, how == "beside"))
        return told_apart(self.graph, items, self._calls)

    def _item(self, first: _Piece, run: list[_Piece], parallel: bool) -> Box | Frame:
        if first.treatment == "box":
            self._fold_rounds(run, drawn_as_box=True)
            nodes = tuple(self.graph.nodes[index] for index in first.nodes)
            training_only = all(node.training_only for node in nodes)
            name = f"n{first.nodes[0]}"
            self._calls[name] = [piece.scope for piece in run if piece.scope is not None]
            main = self.graph.nodes[first.main]
            return Box(name, nodes, nodes, first.scope, main, len(run), parallel, training_only)
        assert first.scope is not None
        if first.pair:
            inner = told_apart(self.graph, [self._item(piece, [piece], False) for piece in first.pair], self._calls)
        else:
            inner = self._items(first.scope)
        self._fold_rounds(run)
        if first.treatment == "through" and len(inner) == 1 and inner[0].count == 1:
            return replace(inner[0], count=len(run), parallel=parallel)
        if len(run) == 1 and is_in_vain(first.scope, inner, self.view.open):
            return inner[0]
        return replace(self._frame(first.scope, inner), count=len(run), parallel=parallel)

    def _fold_rounds(self, run: list[_Piece], drawn_as_box: bool = False) -> None:
        """Lets the nodes of later rounds be drawn as those of the first."""
        if len(run) == 1:
            return
        self._repeats += 1
        first = run[0].nodes
        inner = [tuple(self.rounds.get(index, ())) for index in first]
        for number, piece in enumerate(run):
            for place, index in enumerate(piece.nodes):
                self.representative[index] = self.representative[first[place]]
                if not drawn_as_box:
                    self.rounds[index] = [*inner[place], (self._repeats, number)]
