"""The memory of recurrent layers as PyTorch runs them on a CPU, step by step; in elements, of the whole batch.

`gru` is composed of smaller operations: the gates of all positions, then a state after another. `lstm` is a call of oneDNN for each
direction of each layer, which while training hands on all that its own backward pass will read (on x86, in float32).
"""

from __future__ import annotations

from ...base.records import dataclass
from .base import BYTES_A_FLOAT

PAGE = 4096 // BYTES_A_FLOAT
"""oneDNN begins each of its arrays on a page."""


class Account:
    """What is alive now, and the most that ever was."""

    def __init__(self) -> None:
        self.alive = 0
        self.peak = 0

    def add(self, elements: int) -> None:
        self.alive += elements
        self.peak = max(self.peak, self.alive)

    def free(self, elements: int) -> None:
        self.alive -= elements

    def passes(self, elements: int) -> None:
        """Alive for a moment."""
        self.peak = max(self.peak, self.alive + elements)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A call: its sizes, and how its input lies."""

    length: int
    batch: int
    channels: int
    features: int
    layers: int
    directions: int
    bias: bool
    drops: bool
    """Whether it drops values between its layers."""
    clone: int
    """Elements of a copy of the input with positions before the batch; 0: it lies so already, or a view does."""
    bias_apart: bool
    """Whether the input's biases cannot be added as its product is made, because of how it lies."""

    @property
    def state(self) -> int:
        return self.batch * self.features

    @property
    def direction(self) -> int:
        """What one direction of a layer gives."""
        return self.length * self.state

    @property
    def layer(self) -> int:
        return self.directions * self.direction

    @property
    def start(self) -> int:
        """The zeros that it begins with, one tensor for all layers."""
        return self.layers * self.directions * self.state

    def width(self, layer: int) -> int:
        """How many features the layer reads."""
        return self.directions * self.features if layer else self.channels

    def read(self, layer: int) -> int:
        return self.length * self.batch * self.width(layer)

    @property
    def between(self) -> int:
        """What autograd keeps of each layer that another one reads: its answer, and what values were multiplied by to drop some."""
        return (2 if self.drops else 1) * self.layer


def dropped(of: Recurrence, account: Account) -> None:
    """A layer's answer with values dropped: the factors stay, the answer as it was does not."""
    account.add(of.layer)
    account.add(of.layer)
    account.free(of.layer)


# -------------------------------------------------------------------------------------------------- gru

GRU_GATES = 3
GRU_KEPT = 7
"""States that a position keeps: the gates, the new state's two factors, what they are made of, and the state itself."""


def gru_kept(of: Recurrence) -> int:
    """Of the last position's state no backward pass asks."""
    clones = of.clone * of.directions
    return of.start + clones + of.start * (GRU_KEPT * of.length - 1) + (of.layers - 1) * of.between


def gru_forward(of: Recurrence, training: bool) -> int:
    """The most that is alive, the output with it."""
    account = Account()
    account.add(of.start)
    gates = GRU_GATES * of.direction
    for layer in range(of.layers):
        for direction in range(of.directions):
            clone = 0 if layer else of.clone
            account.add(clone)
            account.add(gates)
            account.free(0 if training else clone)
            if of.bias_apart and not layer:
                account.passes(gates)
            if direction:
                account.free(gates)  # those of the first one, which were held until others took their name
            if training:
                account.add(GRU_KEPT * of.direction)
            else:
                account.add(of.direction + 4 * of.state)
                account.free(4 * of.state)
            account.add(of.direction)
            if of.directions == 1:
                _end_of_gru_layer(of, account, gates, training)
        if of.directions == 2:
            account.add(of.layer)
            account.free(of.layer)
            _end_of_gru_layer(of, account, gates, training)
        if layer and not training:
            account.free(of.layer)
        if of.drops and training and layer < of.layers - 1:
            dropped(of, account)
    account.add(of.start)
    return account.peak


def _end_of_gru_layer(of: Recurrence, account: Account, gates: int, training: bool) -> None:
    """The gates are let go of; and where nothing keeps them all states but the last ones, which are handed on to the end."""
    account.free(gates)
    if not training:
        account.free(of.directions * (of.direction - of.state))


def _to_the_layer_before(of: Recurrence, account: Account, layer: int, asks: bool) -> None:
    """The gradients of what both directions read are added up, where any is asked for; then those of the values that were dropped."""
    if asks and of.directions == 2:
        account.add(of.read(layer))
        account.free(2 * of.read(layer))
    if layer and of.drops:
        account.add(of.layer)
        account.free(2 * of.layer)


def gru_backward(of: Recurrence, freed: int, wanted: bool, read: int) -> int:
    """The most beside what is there as the pass begins: gradients of the input, where it is wanted, and of weights are among it.

    `freed` is the gradient of the output, if it is let go of, `read` the input, where nothing else keeps it.
    """
    account = Account()
    gates, state = GRU_GATES * of.direction, of.state
    weight = GRU_GATES * of.features * (of.features + of.bias)  # what a state is multiplied by, with its bias
    for layer in reversed(range(of.layers)):
        width = of.width(layer)
        for last in range(of.directions):
            is_end = last == of.directions - 1
            of_answer = (freed if layer == of.layers - 1 else of.layer) if is_end else 0
            _gru_positions_back(of, account, of_answer)
            account.free((GRU_KEPT * of.length - 1) * state + of_answer)
            if is_end and layer == 0:
                account.free(of.start)
            account.add(weight + gates)
            account.add(gates)
            account.free(gates)
            account.add(GRU_GATES * of.features * (width + of.bias))
            asks = wanted or layer > 0
            account.add(of.read(layer) if asks else 0)
            account.free(gates + (0 if layer else of.clone))
            if is_end:
                account.free(of.layer if layer else read)
                _to_the_layer_before(of, account, layer, asks)
    return account.peak


def _gru_positions_back(of: Recurrence, account: Account, of_answer: int) -> None:
    """The last position and the one before it, which are the first that go back; all others find less.

    `of_answer` is let go of with the last view of it, which is that of the first position's state: read one position before it is reached.
    """
    state, matrix = of.state, GRU_GATES * of.features * of.features
    weight = matrix + GRU_GATES * of.features * of.bias
    if of.length == 1:
        account.passes(2 * state)
        account.passes(weight - of_answer)
        return
    soon = of_answer if of.length == 2 else 0
    account.passes(3 * state)
    account.passes(4 * state - soon)
    account.passes(2 * state + weight - soon)
    soon = of_answer if of.length <= 3 else 0
    account.passes(weight)
    account.passes(weight + state - soon)
    account.passes(2 * weight - 2 * state - soon)
    account.passes(2 * matrix + weight - GRU_KEPT * state - soon)  # the sum of both positions' gradients of the weight, and these


# ------------------------------------------------------------------------------------------------- lstm

LSTM_GATES = 4


def _leading(features: int) -> int:
    """How far apart oneDNN keeps rows: whole lines of the cache, and no power of two that would fall upon the same ones."""
    wide = -(-features // 16) * 16
    return wide + 16 if wide % 256 == 0 else wide


def workspace(length: int, batch: int, width: int, features: int) -> int:
    """What oneDNN keeps of one direction of a layer: gates, states and their gradients, of the layer's input and of its answer."""
    cells, steps = length * batch, 2 * (length + 1) * batch
    states = steps * _leading(max(width, features))
    arrays = [cells * _leading(LSTM_GATES * features), cells * _leading(features), *[states] * 3, *[steps * features] * 2]
    return sum(-(-array // PAGE) * PAGE for array in arrays)


def _no_biases(of: Recurrence, layer: int) -> int:
    """Without biases PyTorch hands zeros on, as many as there are weights."""
    return 0 if of.bias else LSTM_GATES * of.features * (of.features + of.width(layer))


def _lstm_direction(of: Recurrence, layer: int) -> int:
    """Elements that autograd keeps of one, beside its answer: the last states are among them."""
    return workspace(of.length, of.batch, of.width(layer), of.features) + 2 * of.state + _no_biases(of, layer)


def lstm_kept(of: Recurrence) -> int:
    """Beside the answer of a layer of one direction that is the last."""
    kept = of.start + of.clone
    for layer in range(of.layers):
        kept += of.directions * _lstm_direction(of, layer)
        is_last = layer == of.layers - 1
        if of.directions == 2 or (of.drops and not is_last):
            kept += of.layer  # each direction's, which are put side by side; or those that values are dropped of
        kept += 0 if is_last else of.between
    return kept


def lstm_forward(of: Recurrence, training: bool) -> int:
    """The most that is alive, the output with it."""
    account = Account()
    account.add(of.start)
    account.add(of.clone)
    for layer in range(of.layers):
        for _ in range(of.directions):
            zeros = _no_biases(of, layer)
            account.add(zeros)
            account.add(of.direction + (_lstm_direction(of, layer) - zeros if training else 2 * of.state))
            if not training:
                # What this direction of the layer before gave was held until now, beside what both gave together.
                account.free(zeros + (of.direction if layer and of.directions == 2 else 0))
        if of.directions == 2:
            account.add(of.layer)
        if not training:
            account.free(of.layer if layer else 0)
        elif of.drops and layer < of.layers - 1:
            account.add(of.layer)
            account.add(of.layer)
            if of.directions == 2:
                account.free(of.layer)
    account.add(of.start)
    account.add(of.start)
    return account.peak


def lstm_backward(of: Recurrence, freed: int, wanted: bool, read: int) -> int:
    """As `gru_backward`."""
    account = Account()
    for layer in reversed(range(of.layers)):
        width, is_last = of.width(layer), layer == of.layers - 1
        weights = LSTM_GATES * of.features * (of.features + width)
        biases = 2 * LSTM_GATES * of.features
        asks = wanted or layer > 0
        for last in range(of.directions):
            account.add(of.read(layer) + weights + biases + 2 * of.state)
            account.free(_lstm_direction(of, layer) + 2 * of.state + (0 if of.bias else biases))
            account.free(0 if asks else of.read(layer))
            if not is_last or of.directions == 2:
                account.free(of.direction)
            if last == of.directions - 1:
                account.free(freed if is_last else of.layer)
                account.free(of.layer if layer else of.clone + read)
                _to_the_layer_before(of, account, layer, asks)
    return account.peak
