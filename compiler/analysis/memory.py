"""Memory by liveness: the peak of an inference and of a training step, without running either.

Inference counts what is alive at each step: the input (its caller keeps it), every tensor that a variable or a later
step still needs, and the step's own. Weights and buffers stand apart.

Training counts everything on the device in a step after the first (so that the optimiser's state exists): weights,
buffers, state and the input; on the way forward what autograd keeps for each operation, each storage once; on the way back
the gradients of tensors, which come and go, and those of weights, which stay; then the optimiser's own tensors.
Memory that a library takes inside one operation (a convolution's workspace) and the allocator's rounding are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...dsl.records import dataclass
from ..graph import Graph
from ..ops.base import Saved, product
from ..program import Node
from .dtypes import BYTES, weight_bytes
from .facts import facts_of
from .inplace import may_overwrite
from .liveness import Storages, releases, running_order


@dataclass(frozen=True, slots=True)
class Optimizer:
    """How many copies of the weights it keeps between steps, how many of one weight a step takes, and further elements a weight."""

    copies: int
    scratch: int
    counters: int = 0


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": Optimizer(0, 0),
    "momentum": Optimizer(1, 0),
    "adam": Optimizer(2, 2, 1),
    "adamw": Optimizer(2, 2, 1),
}
"""SGD, SGD with momentum, Adam and AdamW as PyTorch steps them on one tensor after another (`foreach` off, as on a CPU)."""

COUNTER_BYTES = 4
"""Adam's count of steps is a float32 for each weight."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What is alive while one step runs. `phase` is `forward`, `backward` or `optimizer`."""

    phase: str
    path: str
    node: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Profile:
    """Memory, moment by moment. `resident` is what is there all the time (nothing but the input, at inference)."""

    moments: tuple[Moment, ...]
    resident: int
    peaks: dict[int, int]

    @staticmethod
    def of(moments: Iterable[Moment], resident: int) -> Profile:
        rows = tuple(moments)
        peaks: dict[int, int] = {}
        for moment in rows:
            peaks[moment.node] = max(peaks.get(moment.node, 0), moment.bytes)
        return Profile(rows, resident, peaks)

    @property
    def peak(self) -> Moment:
        return max(self.moments, key=lambda moment: moment.bytes, default=Moment("forward", "", -1, self.resident))

    @property
    def peak_bytes(self) -> int:
        return self.peak.bytes

    @property
    def peak_at(self) -> str:
        """`layer1.0.bn3`, or `layer1.0.bn3 (backward)`."""
        peak = self.peak
        return peak.path if peak.phase == "forward" else f"{peak.path} ({peak.phase})".lstrip()

    def to_json(self) -> dict[str, object]:
        moments = [{"phase": row.phase, "path": row.path, "bytes": row.bytes} for row in self.moments]
        return {"peak_bytes": self.peak_bytes, "peak_at": self.peak_at, "resident_bytes": self.resident, "moments": moments}

    def bytes_at(self, node: int) -> int:
        """The most that is alive while a node runs."""
        return self.peaks.get(node, self.resident)


def tensor_bytes(node: Node, batch: int, dtype: str) -> int:
    return product(node.shape) * batch * BYTES[dtype]


# -------------------------------------------------------------------------------------------- inference


def inference_profile(graph: Graph, *, batch: int = 1, dtype: str = "float32") -> Profile:
    """Evaluation, side heads left out. The inputs count, weights do not."""
    order = running_order(graph, training=False)
    facts = facts_of(graph)
    storages = Storages.of(graph, training=False)
    ends = _storage_ends(order, storages, releases(graph, training=False))
    resident = sum(tensor_bytes(node, batch, dtype) for node in graph.inputs)
    alive = resident
    leaving: dict[int, int] = {}
    moments = []
    for place, node in enumerate(order):
        if node.operation.family == "port":
            continue
        fact = facts[node.index]
        scratch = fact.scratch * batch * BYTES[dtype]
        if not node.operation.training_only:
            # A max pool makes its indices whether or not a backward pass will want them.
            scratch += fact.saved.extra_bytes * batch
        if storages.makes(node):
            size = fact.elements * batch * BYTES[dtype]
            alive += size
            end = ends[node.index]
            leaving[end] = leaving.get(end, 0) + size
        moments.append(Moment("forward", node.unique, node.index, alive + scratch))
        alive -= leaving.pop(place, 0)
    return Profile.of(moments, resident)


def _storage_ends(order: Iterable[Node], storages: Storages, held: Sequence[int]) -> dict[int, int]:
    """For each storage, the position after which nothing in Python holds it."""
    ends: dict[int, int] = {}
    for node in order:
        root = storages.root[node.index]
        ends[root] = max(ends.get(root, -1), held[node.index])
    return ends


# --------------------------------------------------------------------------------------------- training


def training_profile(graph: Graph, *, batch: int = 1, dtype: str = "float32", optimizer: str = "sgd") -> Profile:
    """One step of training, not the first. `optimizer` is a word of `OPTIMIZERS`."""
    return _Step(graph, batch, dtype, OPTIMIZERS[optimizer]).run()


class _Step:
    """The simulation of one training step. It keeps the count of what is alive; each phase adds its moments."""

    def __init__(self, graph: Graph, batch: int, dtype: str, optimizer: Optimizer) -> None:
        self.graph = graph
        self.item = BYTES[dtype]
        self.batch = batch
        self.dtype = dtype
        self.optimizer = optimizer
        self.facts = facts_of(graph)
        self.order = running_order(graph, training=True)
        self.storages = Storages.of(graph, training=True)
        self.learns = _learns(graph)
        self.moments: list[Moment] = []
        self.weights = [
            0 if node.shares is not None else sum(weight_bytes(weight, dtype) for weight in self.facts[node.index].weights if weight.trainable)
            for node in graph.nodes
        ]
        self.resident = self._resident()
        self.alive = self.resident
        self.users: dict[int, int] = {}
        """How many records of autograd hold a storage."""

    def run(self) -> Profile:
        self._forward()
        self._backward()
        self._update()
        return Profile.of(self.moments, self.resident)

    def _resident(self) -> int:
        own = [weight for node in self.graph.nodes if node.shares is None for weight in self.facts[node.index].weights]
        trainable = [weight for weight in own if weight.trainable]
        state = self.optimizer.copies * sum(weight_bytes(weight, self.dtype) for weight in trainable)
        state += self.optimizer.counters * COUNTER_BYTES * len(trainable)
        inputs = sum(self._size(node) for node in self.graph.inputs)
        return sum(weight_bytes(weight, self.dtype) for weight in own) + state + inputs

    def _size(self, node: Node) -> int:
        return self.facts[node.index].elements * self.batch * self.item

    def _moment(self, phase: str, node: Node, further: int = 0) -> None:
        self.moments.append(Moment(phase, node.unique, node.index, self.alive + further))

    # ------------------------------------------------------------------------------------------ forward

    def _forward(self) -> None:
        held = releases(self.graph, training=True)
        leaving: dict[int, list[int]] = {}
        for root, end in _storage_ends(self.order, self.storages, held).items():
            leaving.setdefault(end, []).append(root)
        for place, node in enumerate(self.order):
            if node.operation.family == "port":
                continue
            if self.storages.makes(node):
                self.alive += self._size(node)
                self._hold(node.index)
            for root in self._saved_roots(node):
                self._hold(root)
            self.alive += self._extra(node)
            # Of what a composed operation makes on its way, some is kept for the backward pass and counted there.
            fact = self.facts[node.index]
            made = fact.scratch * self.item + (0 if node.operation.training_only else fact.saved.extra_bytes)
            self._moment("forward", node, max(0, made * self.batch - self._extra(node)))
            for root in leaving.get(place, ()):
                self._drop(root)
        for root in leaving.get(len(self.order), ()):
            self._drop(root)

    def _saved(self, node: Node) -> Saved:
        fact = self.facts[node.index]
        return fact.saved_in_place if may_overwrite(self.graph, node) else fact.saved

    def _saved_roots(self, node: Node) -> list[int]:
        """The storages that autograd keeps for `node`, its own intermediate ones apart."""
        if not self.learns[node.index]:
            return []
        saved = self._saved(node)
        roots = [self.storages.root[node.inputs[number]] for number in saved.inputs]
        return [*roots, self.storages.root[node.index]] if saved.output else roots

    def _extra(self, node: Node) -> int:
        if not self.learns[node.index]:
            return 0
        saved = self._saved(node)
        return (saved.extra * self.item + saved.extra_bytes) * self.batch + saved.once * self.item

    def _hold(self, root: int) -> None:
        if self.graph.nodes[root].operation.family != "port":
            self.users[root] = self.users.get(root, 0) + 1

    def _drop(self, root: int) -> None:
        if root not in self.users:
            return
        self.users[root] -= 1
        if self.users[root] == 0:
            del self.users[root]
            self.alive -= self._size(self.graph.nodes[root])

    # ----------------------------------------------------------------------------------------- backward

    def _backward(self) -> None:
        gradients = _Gradients()
        for node in reversed(self.order):
            if not self.learns[node.index]:
                continue
            if node.operation.family == "port":
                self.alive += self._size(node)
                gradients.make(node.index, self._size(node))
            elif node.index not in gradients.of:
                continue  # its output reaches no output of the network
            self._back(node, gradients)

    def _back(self, node: Node, gradients: _Gradients) -> None:
        operation = node.operation
        passes_on = operation.gradient_is_view or operation.family == "port"
        own = gradients.of[node.index]
        targets = [index for index in node.inputs if self.learns[index]]
        sent: list[tuple[int, int]] = []
        for index in targets:
            if passes_on:
                sent.append((index, gradients.share(own)))
            else:
                size = self._size(self.graph.nodes[index])
                self.alive += size
                sent.append((index, gradients.storage(size)))
        self.alive += self._weight_gradients(node)
        if operation.family != "port":
            scratch = self.facts[node.index].backward_scratch * self.batch * self.item
            self._moment("backward", node, scratch)
        for root in self._saved_roots(node):
            self._drop(root)
        self.alive -= self._extra(node)
        self.alive -= gradients.take(node.index)
        for index, storage in sent:
            if index not in gradients.of:
                gradients.of[index] = storage
                continue
            size = self._size(self.graph.nodes[index])
            self.alive += size
            self._moment("backward", self.graph.nodes[index])
            self.alive -= gradients.release(storage) + gradients.take(index)
            gradients.of[index] = gradients.storage(size)

    def _weight_gradients(self, node: Node) -> int:
        # The gradient of a shared weight is made at its last use and added to at the others.
        owner = node.index if node.shares is None else node.shares
        made, self.weights[owner] = self.weights[owner], 0
        return made

    # ------------------------------------------------------------------------------------------- update

    def _update(self) -> None:
        largest, at = 0, self.order[-1]
        for node in self.order:
            for weight in self.facts[node.index].weights:
                size = weight_bytes(weight, self.dtype) if weight.trainable else 0
                if size > largest:
                    largest, at = size, node
        self._moment("optimizer", at, self.optimizer.scratch * largest)


class _Gradients:
    """The gradients of tensors that are alive: which storage each lies in, and how many share it."""

    def __init__(self) -> None:
        self.of: dict[int, int] = {}
        self.sizes: list[int] = []
        self.shares: list[int] = []

    def storage(self, size: int) -> int:
        self.sizes.append(size)
        self.shares.append(1)
        return len(self.sizes) - 1

    def make(self, node: int, size: int) -> None:
        self.of[node] = self.storage(size)

    def share(self, storage: int) -> int:
        self.shares[storage] += 1
        return storage

    def release(self, storage: int) -> int:
        """Bytes that become free."""
        self.shares[storage] -= 1
        return self.sizes[storage] if self.shares[storage] == 0 else 0

    def take(self, node: int) -> int:
        return self.release(self.of.pop(node))


def _learns(graph: Graph) -> list[bool]:
    """Whether autograd records each node: it has weights that train, or reads a tensor that depends on some."""
    learns: list[bool] = []
    for node, fact in zip(graph.nodes, facts_of(graph), strict=True):
        learns.append(fact.learns or any(learns[index] for index in node.inputs))
    return learns
