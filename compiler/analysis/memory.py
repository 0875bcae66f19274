"""Memory by liveness: the peak of an inference and of a training step, without running either.

Inference counts what is alive at each step: the input (its caller keeps it), every tensor that a variable or a later
step still needs, and the step's own. Weights and buffers stand apart.

Training counts everything on the device in a step after the first (so that the optimiser's state exists): weights,
buffers, state and the input; on the way forward what autograd keeps for each operation, each storage once; on the way back
the gradients of tensors, which come and go, and those of weights, which stay; then the optimiser's own tensors.
Memory that a library takes inside one operation (a convolution's workspace) and the allocator's rounding are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...base.records import dataclass
from ..graph.batchless import batchless_of, stretched
from ..graph.facts import facts_of
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import Backward, Saved, Weight, product
from ..ops.strides import Layout, elementwise, in_order
from .dtypes import BYTES, INTEGER_BYTES, weight_bytes
from .gradients import Gradients
from .layouts import inputs_of, layouts_of, learning
from .liveness import Partial, Storages, lifetimes, made_at_once, works_in_place


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


def input_bytes(graph: Graph, batch: int, dtype: str) -> int:
    """What the caller holds: places in a table are whole numbers, whatever the dtype of the network."""
    return sum(product(node.shape) * batch * (BYTES[dtype] if graph.integers(node) is None else INTEGER_BYTES) for node in graph.inputs)


# -------------------------------------------------------------------------------------------- inference


def inference_profile(graph: Graph, *, batch: int = 1, dtype: str = "float32") -> Profile:
    """Evaluation, side heads left out. The inputs count, weights do not."""
    facts = facts_of(graph)
    images = _images(graph, batch)
    lying = layouts_of(graph, batch, training=False)
    storages = Storages.of(graph, batch, training=False)
    lives = lifetimes(graph, training=False)
    leaving = _leaving(lives.order, storages, lives.held)
    resident = input_bytes(graph, batch, dtype)
    item = BYTES[dtype]
    alive = resident
    on_the_way: dict[int, int] = {}
    """What each node that is not done has made so far."""
    moments = []
    for time, made in _timeline(lives.order, lives.partials):
        if isinstance(made, Partial):
            size = facts[made.tensor].partials[made.number] * images[made.tensor] * item
            alive += size
            moments.append(Moment("forward", graph.nodes[made.tensor].unique, made.tensor, alive))
            alive -= on_the_way.get(made.tensor, 0)
            on_the_way[made.tensor] = size
        elif not made.is_port:
            fact = facts[made.index]
            scratch = (fact.scratch * images[made.index] + lying[made.index].copies) * item
            if not made.operation.training_only:
                # A max pool makes its indices whether or not a backward pass will want them.
                scratch += fact.saved.extra_bytes * images[made.index]
            if storages.makes(made):
                alive += fact.stored * images[made.index] * item
            moments.append(Moment("forward", made.unique, made.index, alive + scratch))
            alive -= on_the_way.pop(made.index, 0)
        alive -= sum(facts[root].stored * images[root] * item for root in leaving.pop(time, ()))
    return Profile.of(moments, resident)


def _images(graph: Graph, batch: int) -> list[int]:
    """How often each node's output is there: once for each image, or once in all where it is one for the batch."""
    return [1 if alone else batch for alone in batchless_of(graph)]


def _timeline(order: Sequence[Node], partials: Sequence[Partial]) -> Iterator[tuple[float, Node | Partial]]:
    """What runs when: the nodes in order, and between them what merges make on their way."""
    rows: list[tuple[float, Node | Partial]] = [*enumerate(order), *((partial.time, partial) for partial in partials)]
    return iter(sorted(rows, key=lambda row: row[0]))


def _leaving(order: Iterable[Node], storages: Storages, held: Sequence[float]) -> dict[float, list[int]]:
    """The storages that nothing in Python holds any more after each time; the inputs are the caller's."""
    ends: dict[int, float] = {}
    ports: set[int] = set()
    for node in order:
        root = storages.root[node.index]
        ends[root] = max(ends.get(root, -1), held[node.index])
        if node.operation.name == "input":
            ports.add(root)
    leaving: dict[float, list[int]] = {}
    for root, end in ends.items():
        if root not in ports:
            leaving.setdefault(end, []).append(root)
    return leaving


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
        self.images = _images(graph, batch)
        self.lives = lifetimes(graph, training=True)
        self.order = self.lives.order
        self.lying = layouts_of(graph, batch, training=True)
        self.storages = Storages.of(graph, batch, training=True)
        self.learns = learning(graph)
        self.parts = made_at_once(graph)
        self.moments: list[Moment] = []
        self.weights = [
            0
            if node.shares is not None
            else sum(weight_bytes(weight, dtype) for weight in self.facts[node.index].weights if weight.trainable)
            + node.operation.held_weight_gradients(node.input_shapes) * self.item
            for node in graph.nodes
        ]
        self.resident = self._resident()
        self.alive = self.resident
        self.users: dict[int, int] = {}
        """How many records of autograd hold a storage."""
        self.made: set[int] = set()
        """The nodes whose weights have gradients."""

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
        inputs = input_bytes(self.graph, self.batch, self.dtype)
        own += [weight for node in self.graph.nodes if node.shares is None for weight in _unsaved(node)]
        return sum(weight_bytes(weight, self.dtype) for weight in own) + state + inputs

    def _size(self, node: Node) -> int:
        return self.facts[node.index].elements * self.images[node.index] * self.item

    def _storage(self, node: Node) -> int:
        return self.facts[node.index].stored * self.images[node.index] * self.item

    def _moment(self, phase: str, node: Node, further: int = 0) -> None:
        self.moments.append(Moment(phase, node.unique, node.index, self.alive + further))

    # ------------------------------------------------------------------------------------------ forward

    def _forward(self) -> None:
        leaving = _leaving(self.order, self.storages, self.lives.held)
        on_the_way: dict[int, int] = {}
        for time, made in _timeline(self.order, self.lives.partials):
            if isinstance(made, Partial):
                node = self.graph.nodes[made.tensor]
                size = self.facts[made.tensor].partials[made.number] * self.images[made.tensor] * self.item
                self.alive += size
                for root in self._saved_roots(node, *((made.number + 1, made.number + 2) if made.number else (0, 2))):
                    self._hold(root)
                self._moment("forward", node)
                # What the backward pass needs is kept, and counted with all that the operation keeps when it is done.
                kept = on_the_way.get(made.tensor, 0)
                if self._extra(node):
                    size += kept
                else:
                    self.alive -= kept
                on_the_way[made.tensor] = size
            elif not made.is_port:
                partials = len(self.facts[made.index].partials)
                self._run(made, on_the_way.pop(made.index, 0), partials + 1 if partials else 0)
            for root in leaving.get(time, ()):
                self._drop(root)
        for root in leaving.get(len(self.order), ()):
            self._drop(root)

    def _run(self, node: Node, on_the_way: int, taken_in: int) -> None:
        """The forward pass of one node, which has made `on_the_way` bytes so far, of as many inputs as it has taken in."""
        if self.storages.makes(node):
            self.alive += self._storage(node)
            self._hold(node.index)
        for root in self._saved_roots(node, taken_in):
            self._hold(root)
        # Of what a composed operation makes on its way, some is kept for the backward pass and counted there.
        fact = self.facts[node.index]
        made = fact.scratch * self.item + (0 if node.operation.training_only else fact.saved.extra_bytes)
        copies = self.lying[node.index].copies * self.item
        if node.operation.training_only and not self.learns[node.index] and not copies:
            made += fact.saved.extra * self.item  # what it multiplies by is made in any case
        self.alive += self._extra(node)
        self._moment("forward", node, max(0, made * self.images[node.index] + copies + on_the_way - self._extra(node)) - on_the_way)
        self.alive -= on_the_way

    def _saved(self, node: Node) -> Saved:
        fact = self.facts[node.index]
        return fact.saved_in_place if works_in_place(self.graph)[node.index] else fact.saved

    def _saved_roots(self, node: Node, start: int = 0, stop: int | None = None) -> list[int]:
        """The storages that autograd keeps for `node`, its own intermediate ones apart: those of inputs from `start` to before `stop`."""
        if not self.learns[node.index]:
            return []
        saved = self._saved(node)
        kept = tuple(number for number in saved.inputs if number not in self.lying[node.index].instead)
        if saved.for_inputs and not self.learns[node.inputs[0]]:
            kept = ()
        wanted = [self.learns[index] for index in node.inputs]
        kept = tuple(number for number in kept if node.operation.keeps_input(number, wanted))
        roots = [
            self.storages.root[node.inputs[number]] for number in kept if start <= number < (len(node.inputs) if stop is None else stop)
        ]
        if self._keeps_beside(node):
            roots.append(node.index + 1)
        keeps_output = saved.output and stop is None and self.lying[node.index].keeps_output
        return [*roots, self.storages.root[node.index]] if keeps_output else roots

    def _keeps_beside(self, node: Node) -> bool:
        """Whether what it keeps is its second result, which is the node behind it."""
        return node.operation.beside() is not None and self.graph.nodes[node.index + 1].operation == node.operation.beside()[1]  # type: ignore[index]

    def _extra(self, node: Node) -> int:
        if not self.learns[node.index]:
            return 0
        saved = self._saved(node)
        extra = node.operation.kept_extra(saved, node.input_shapes, [self.learns[index] for index in node.inputs])
        further = 0 if self._keeps_beside(node) else saved.extra_bytes
        return (extra * self.item + further) * self.images[node.index] + (saved.once + self.lying[node.index].kept) * self.item

    def _hold(self, root: int) -> None:
        if not self.graph.nodes[root].is_port:
            self.users[root] = self.users.get(root, 0) + 1

    def _drop(self, root: int) -> None:
        if root not in self.users:
            return
        self.users[root] -= 1
        if self.users[root] == 0:
            del self.users[root]
            self.alive -= self._storage(self.graph.nodes[root])

    # ----------------------------------------------------------------------------------------- backward

    def _backward(self) -> None:
        gradients = Gradients()
        # The gradients of all outputs are there before the first of them goes on its way.
        answers = [node for node in self.order if node.operation.name == "output" and self.learns[node.index]]
        sent = []
        for node in answers:
            self.alive += self._size(node)
            sent.append((node.inputs[0], gradients.storage(self._size(node)), in_order((self.batch, *node.shape))))
        if answers:
            self._moment("backward", answers[0])
        self._arrive(sent, gradients)
        for node in reversed(self.order):
            if node.index in gradients.of and self.learns[node.index]:
                parts = self.parts.get(node.index)
                if parts is None:
                    self._back(node, gradients)
                elif node.index == parts[0]:
                    self._back_at_once(node, parts, gradients)

    def _back_at_once(self, node: Node, parts: Sequence[int], gradients: Gradients) -> None:
        """Of parts that one call made: one gradient of what they are parts of, put together of theirs."""
        (index,) = node.inputs
        missing = sum(
            self.learns[part] and part not in gradients.of for part in parts
        )  # of those nothing comes back, and zeros stand for it
        size = self.facts[index].elements * self.images[index] * self.item
        self.alive += size
        self._moment("backward", node, missing * self._size(node))
        for part in parts:
            if part in gradients.of:
                self.alive -= gradients.take(part)
        self._arrive([(index, gradients.storage(size), in_order((self.images[index], *self.graph.nodes[index].shape)))], gradients)

    def _back(self, node: Node, gradients: Gradients) -> None:
        operation = node.operation
        own, layout = gradients.of[node.index]
        kept = self._saved_roots(node)
        alone, expands, late = self._alone(node), stretched(self.graph, node), 0
        back = Backward(
            node.input_shapes,
            node.shape,
            self.images[node.index],
            inputs_of(self.graph, node, [self.lying[index].layout for index in node.inputs], self.batch),
            layout,
            gradients.sizes[own] // self.item if gradients.shares[own] == 1 else 0,
            tuple(self.learns[index] for index in node.inputs),
            tuple(self._keeps_alone(kept, index) for index in node.inputs),
            len(set(node.inputs)) == len(node.inputs),
            gradients.freed_by_sum(own, [self._maker(index) for index in node.inputs]) // self.item,
            tuple(gradients.waits(self._maker(index)) for index in node.inputs),
        )
        sent: list[tuple[int, int, Layout]] = []
        for number, index in enumerate(node.inputs):
            if not self.learns[index]:
                continue
            if alone and alone[number]:
                # Of one for the whole batch, the gradients for all images are added up.
                size = self.facts[index].elements * self.item
                late += size if expands and expands[number] else 0
                self.alive += 0 if expands and expands[number] else size
                storage = gradients.storage(size)
            elif operation.passes_gradient(number, node.input_shapes, node.shape) and not operation.copies_gradient(back):
                storage = gradients.share(own)
            elif operation.gradients_are_one and sent:
                storage = gradients.share(sent[0][1])
            else:
                size = operation.gradient_stored(number, back) * self.item
                self.alive += size
                storage = gradients.storage(size)
            sent.append((index, storage, operation.gradient_layout(number, back)))
        if operation.is_source():
            self.alive -= gradients.take(node.index)  # it becomes that of the weight
        again = self._weight_gradients(node)
        summed = max((self._before_sum(node, number) for number, row in enumerate(alone) if row), default=0)
        scratch = operation.backward_scratch(back) + self._overwritten(node, back.freed) + summed
        self._moment("backward", node, scratch * self.item + again)
        for root in kept:
            self._drop(root)
        self.alive -= self._extra(node)
        if node.index in gradients.of:
            self.alive -= gradients.take(node.index)
        if late:
            self.alive += late
            self._moment("backward", node, summed * self.item)
        copied = operation.copied_weight_gradients(back)
        if copied:
            self._moment("backward", node, copied * self.item)
        if again:
            # What two uses of a weight make of its gradient, and their sum.
            self._moment("backward", node, again + max(weight_bytes(weight, self.dtype) for weight in self.facts[node.index].weights))
        self._arrive(sent, gradients)

    def _alone(self, node: Node) -> tuple[bool, ...]:
        """Of each input, whether it is one for the whole batch while the node's output is not; () where none is."""
        batchless = batchless_of(self.graph)
        row = tuple(batchless[index] for index in node.inputs)
        return row if any(row) and not batchless[node.index] and self.batch > 1 else ()

    def _before_sum(self, node: Node, number: int) -> int:
        """Elements of the gradient of such an input for all images, before they are added up; none where it is the output's own."""
        operation, shape = node.operation, node.input_shapes[number]
        if not self.learns[node.inputs[number]] or operation.passes_gradient(number, node.input_shapes, node.shape):
            return 0
        if operation.sums_images(number):
            return 0
        if operation.takes_batchless(number) and (len(shape) == 2 if node.macs else shape != node.shape):
            return 0  # PyTorch takes all images for rows of one matrix; what stretches along other axes, too, the record counts
        return self.batch * product(shape)

    def _arrive(self, sent: Sequence[tuple[int, int, Layout]], gradients: Gradients) -> None:
        """Gradients come to what made the tensors: of a second one the sum with the first is made at once."""
        for index, storage, layout in sent:
            index = self._maker(index)
            if index not in gradients.of:
                gradients.of[index] = (storage, layout)
                continue
            size = self._size(self.graph.nodes[index])
            self.alive += size
            self._moment("backward", self.graph.nodes[index])
            _, before = gradients.of[index]
            self.alive -= gradients.release(storage) + gradients.take(index)
            gradients.of[index] = (gradients.storage(size), elementwise(before, layout))

    def _maker(self, index: int) -> int:
        """What made a tensor, behind operands that are no step of their own."""
        while self.facts[index].is_operand:
            index = self.graph.nodes[index].inputs[0]
        return index

    def _keeps_alone(self, kept: Sequence[int], index: int) -> bool:
        """Whether only the record that keeps the storages `kept` keeps that of a tensor."""
        root = self.storages.root[index]
        return root in self.users and self.users[root] == kept.count(root)

    def _overwritten(self, node: Node, freed: int) -> int:
        """Elements that it costs to have worked in place on a view: a whole gradient, of which a part is put in another's place.

        Before that the gradient is copied, and let go of where nothing else holds it.
        """
        if not works_in_place(self.graph)[node.index]:
            return 0
        producer = self.graph.nodes[node.inputs[0]]
        is_view = producer.operation.answers_with_view([self.lying[index].layout for index in producer.inputs])
        size = self.facts[node.index].elements * self.batch
        return 2 * size + max(0, size - freed) if is_view else 0

    def _weight_gradients(self, node: Node) -> int:
        """Make those of its weights; of weights that are shared, whose last use has made them, the bytes of what comes to be added."""
        owner = node.index if node.shares is None else node.shares
        if owner in self.made:
            return self.weights[owner] - node.operation.added_on_the_way(node.input_shapes) * self.item
        self.made.add(owner)
        self.alive += self.weights[owner]
        return 0

    # ------------------------------------------------------------------------------------------- update

    def _update(self) -> None:
        largest, at = 0, self.order[-1]
        for node in self.order:
            for weight in self.facts[node.index].weights:
                size = weight_bytes(weight, self.dtype) if weight.trainable else 0
                if size > largest:
                    largest, at = size, node
        self._moment("optimizer", at, self.optimizer.scratch * largest)


def _unsaved(node: Node) -> tuple[Weight, ...]:
    """Tensors that the module holds and no checkpoint has."""
    operation = node.operation
    if operation.constant(node.input_shapes) is None or node.weights:
        return operation.unsaved(node.input_shapes)
    return (Weight("", node.shape, False, "float" if operation.reads_integers() is None else "int64"),)
