"""A graph taken apart, so that a rewrite can put it together otherwise. It lives inside one rewrite and no longer."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import field

from ...base.records import dataclass
from ..graph.batchless import is_batchless
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import Operation, Shape, Shapes
from .base import Rewritten, weight_key
from .weights import Recipe


@dataclass(slots=True, eq=False)
class Item:
    """A node to be. `origin` gives its place and names; `owner` is the item whose weights it uses, where that is not itself."""

    origin: Node
    operation: Operation
    inputs: list[Item]
    shape: Shape
    weights: dict[str, Recipe] = field(default_factory=dict)
    owner: Item | None = None
    names: tuple[str, ...] = ()

    def shares_with(self, other: Item) -> bool:
        """Whether both use the same weights."""
        return (self.owner or self) is (other.owner or other)

    @property
    def input_shapes(self) -> Shapes:
        return tuple(operand.shape for operand in self.inputs)


@dataclass(slots=True)
class Draft:
    """The items in order of evaluation, and who reads whom."""

    state: Rewritten
    _items: list[Item]
    _users: dict[Item, list[Item]] = field(default_factory=dict)
    _shared: set[Item] = field(default_factory=set)
    _before: dict[Item, list[Item]] = field(default_factory=dict)
    _successors: dict[Item, Item] = field(default_factory=dict)
    _batchless: dict[Item, bool] = field(default_factory=dict)

    @staticmethod
    def of(state: Rewritten) -> Draft:
        items: list[Item] = []
        for node in state.graph.nodes:
            item = Item(node, node.operation, [items[index] for index in node.inputs], node.shape, names=node.names)
            if node.shares is not None:
                item.owner = items[node.shares]
            else:
                item.weights = {weight.name: state.weights[weight_key(node.unique, weight)] for weight in node.weights}
            items.append(item)
        draft = Draft(state, items, {item: [] for item in items})
        for item in items:
            for operand in item.inputs:
                draft._users[operand].append(item)
            if item.owner is not None:
                draft._shared.update((item, item.owner))
            draft.is_batchless(item)  # in order, so that each asks those right before it
        return draft

    def items(self) -> Iterator[Item]:
        """The items that stood at the start, in order, without those that were dropped meanwhile."""
        return (item for item in self._items if item in self._users)

    def families(self) -> Iterator[list[Item]]:
        """The items by their weights: each owner with those that use them again, in order."""
        found: dict[Item, list[Item]] = {}
        for item in self.items():
            found.setdefault(item.owner or item, []).append(item)
        return iter(found.values())

    def users(self, item: Item) -> list[Item]:
        """Who reads it, once for each operand."""
        return self._users[item]

    def only_user(self, item: Item) -> Item | None:
        users = self._users[item]
        return users[0] if len(users) == 1 else None

    def is_shared(self, item: Item) -> bool:
        """Whether its weights serve more than one place, so that changing them for one would change the others."""
        return item in self._shared

    def is_batchless(self, item: Item) -> bool:
        """Whether it gives one tensor for the whole batch: a learned or fixed one, or what is made of such alone."""
        if item not in self._batchless:
            self._batchless[item] = is_batchless(item.operation.is_source(), [self.is_batchless(operand) for operand in item.inputs])
        return self._batchless[item]

    def read(self, item: Item, inputs: Sequence[Item]) -> None:
        """`item` reads `inputs` from now on."""
        for operand in item.inputs:
            self._users[operand].remove(item)
        item.inputs = list(inputs)
        for operand in inputs:
            self._users[operand].append(item)

    def drop(self, item: Item) -> None:
        """Leave out an item that nobody reads."""
        assert not self._users[item], "somebody still reads it"
        self.read(item, ())
        del self._users[item]

    def drop_unread(self, item: Item) -> None:
        """Leave it out if nobody reads it any more."""
        if not self._users[item]:
            self.drop(item)

    def replace(self, old: Item, new: Item) -> None:
        """Whoever reads `old` reads `new` from now on, and `old` is dropped."""
        for user in dict.fromkeys(self._users[old]):
            self.read(user, [new if operand is old else operand for operand in user.inputs])
        self.drop(old)

    def take_over(self, item: Item, layer: Item, operation: Operation) -> None:
        """`item` takes the place of `layer`, which it alone reads: its name, its weights, and `operation` to do."""
        item.origin, item.names, item.operation = layer.origin, layer.names, operation
        item.weights, item.owner = layer.weights, layer.owner
        if layer in self._shared:
            self._shared.add(item)
        self._successors[layer] = item
        self.drop(layer)

    def insert(self, item: Item, before: Item) -> None:
        """Evaluate a new item just before another, which stood there at the start. All that it reads must be done by then."""
        self._before.setdefault(before, []).append(item)
        self._users[item] = []
        for operand in item.inputs:
            self._users[operand].append(item)

    def add_as_one(self, add: Item, rows: Sequence[Item], joined: Item) -> None:
        """A sum reads `joined`, a new item done just before it, in the place of `rows`, which it alone reads; of these alone, it is the sum."""
        self.insert(joined, add)
        others = [item for item in add.inputs if item not in rows]
        if others:
            self.read(add, [joined, *others])
        else:
            self.replace(add, joined)
        for row in rows:
            self.drop(row)

    def finish(self, gain: str) -> Rewritten:
        """The graph and its weights. `gain` tells what was won; it is "" where nothing was, and the graph then as before."""
        if not gain:
            return self.state
        kept = [new for item in self._items for new in (*self._before.get(item, ()), item) if new in self._users]
        assert len(kept) == len(self._users), "something was inserted before what stood nowhere"
        names = self._names(kept)
        owners: dict[Item, Item] = {}
        number: dict[Item, int] = {}
        nodes: list[Node] = []
        weights: dict[str, Recipe] = {}
        for item in kept:
            number[item] = len(nodes)
            # Whoever comes first among those that use a set of weights owns it, whether or not it did before.
            family = self._family(item)
            owner = owners.setdefault(family, item)
            inputs = tuple(number[operand] for operand in item.inputs)
            shapes = tuple(nodes[operand].shape for operand in inputs)
            entering = tuple(nodes[operand].axes for operand in inputs)
            node = dataclasses.replace(
                item.origin,
                index=number[item],
                operation=item.operation,
                inputs=inputs,
                input_shapes=shapes,
                shape=item.operation.output(shapes),
                axes=item.operation.axes(entering, shapes, item.shape) if inputs else item.origin.axes,
                input_axes=entering,
                names=names[item],
                shares=None if owner is item else number[owner],
            )
            nodes.append(node)
            weights.update((weight_key(node.unique, weight), family.weights[weight.name]) for weight in node.weights)
        program = dataclasses.replace(self.state.graph.program, nodes=tuple(nodes))
        return Rewritten(Graph(program, self.state.graph.trusted), weights, (*self.state.gains, gain))

    def _names(self, items: Sequence[Item]) -> dict[Item, tuple[str, ...]]:
        """The items' names. What a rewrite made of `a` gets another name where the text has a step of that name, or a rewrite made one before."""
        given = set(self._items)
        taken: set[str] = set()
        found: dict[Item, tuple[str, ...]] = {}
        for item in sorted(items, key=lambda item: item not in given):
            names = item.names
            while (unique := dataclasses.replace(item.origin, names=names).unique) in taken:
                names = (*names[:-1], f"{names[-1]}_")
            taken.add(unique)
            found[item] = names
        return found

    def _family(self, item: Item) -> Item:
        """The item that holds the weights: an owner, or what took its place."""
        holder = item if item.owner is None else item.owner
        while holder in self._successors:
            holder = self._successors[holder]
        return holder
