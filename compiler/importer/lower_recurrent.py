"""Recurrent layers: LSTM and GRU over whole sequences, with the last state where a model reads it."""

from __future__ import annotations

from dataclasses import replace

from .flat_steps import Plain
from .in_parts import CELLS
from .known import Data, Fixed
from .lower import Lowering, bind, lowers
from .traced import Call, Ref
from .unsaid import Unsaid


@lowers("lstm", "gru")
def recurrent(low: Lowering, call: Call) -> None:
    row = bind(call, "input start weights bias layers dropout training bidirectional batch_first")
    if isinstance(row["start"], Ref) and call.function == "lstm":
        raise Unsaid("a packed sequence")
    data = low.data(row["input"])
    if len(data.shape) != 3 or data.batch != (0 if row["batch_first"] else 1):
        raise Unsaid(f"`{call.function}` of something other than a sequence an image of the batch")
    for state in [row["start"]] if isinstance(row["start"], Ref) else row["start"]:
        if not isinstance(low.of(state), Fixed) or low.values.leaves(state.number) or bool(low.values.of(state.number).any()):
            raise Unsaid(f"`{call.function}` that begins with a state of its own")
    keys = [low.of(ref).key for ref in row["weights"] if isinstance(low.of(ref), Fixed)]  # type: ignore[union-attr]
    homes = {key.rpartition(".")[0] for key in keys}
    if len(homes) != 1 or len(keys) != len(row["weights"]) or any("weight_hr" in key for key in keys):
        raise Unsaid(f"`{call.function}` with weights of several modules, or with a projection")
    if not all(key.rpartition(".")[2].startswith(("weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l")) for key in keys):
        # torch.export writes copies of them down where a class of one's own passed `_flat_weights` on.
        raise Unsaid(
            f"`{call.function}` with weights that are not the layer's own, but numbers written into the program",
            "call `self._update_flat_weights()` before `_flat_weights` is read, and export it anew",
        )
    arguments: dict[str, Plain] = {
        "features": low.of(row["weights"][1]).shape[1],
        "layers": row["layers"],
        "bidirectional": bool(row["bidirectional"]),
        "dropout": float(row["dropout"]),
        "bias": bool(row["bias"]),
    }
    if data.batch == 1 and data.fold > 1:  # positions stand before the sequences that are folded into the batch
        length, count, width = data.bare
        turned = low.between("permute", {"order": [1, 0, 2]}, [data], (count, length, width))
        of_each = low.between(call.function, arguments, [turned], (count, length, low.result(call).bare[-1]), homes.pop())
        low.emit(call, "permute", {"order": [1, 0, 2]}, [of_each])
    else:
        low.emit(call, call.function, arguments, [data], homes.pop())
        of_each = low.result(call)
    read = {ref.number for other in low.trace.calls for ref in other.refs()} | {ref.number for _, ref in low.trace.outputs}
    if len(call.results) > 2 and call.results[2].number in read:
        raise Unsaid("the cells of an `lstm`, without what they hand on")
    if call.results[1].number in read:
        _last(low, call, of_each, bool(row["bidirectional"]), row["layers"])


@lowers(*CELLS)
def cell(low: Lowering, call: Call) -> None:
    """What stays of cells: loops of them."""
    layer = {"lstm_cell": "nn.LSTM", "gru_cell": "nn.GRU"}.get(call.function)
    raise Unsaid(
        f"a loop of `{call.function}`",
        None
        if layer is None
        else f"let `{layer}(…, batch_first=True)` run over the whole sequence, with the cell's weights under their names with `_l0` behind "
        "(`weight_ih_l0`): it is a layer of the language where each step takes the next row of one sequence",
    )


def _last(low: Lowering, call: Call, made: Data, both: bool, layers: int) -> None:
    """What the last position hands on, and with two directions what the first does on the way back."""
    number = call.results[1].number
    if layers > 1 and not all(_from_the_end(other, number, -2 if both else -1) for other in low.trace.calls):
        raise Unsaid("what the lower layers of a recurrent layer hand on")
    *front, length, width = made.bare
    features = width // 2 if both else width
    rows = []
    for direction in range(2 if both else 1):
        part = made
        if both:
            cut: dict[str, Plain] = {"axis": len(front) + 1, "start": features * direction, "stop": features if direction == 0 else None}
            part = low.between("slice", cut, [made], (*front, length, features))
        rows.append(
            low.between("select", {"index": -direction - 1 if direction == 0 else 0, "axis": len(front)}, [part], (*front, features))
        )
    shape = (len(rows), *front, features)
    state = low.between("stack", {"axis": 0}, rows, shape) if both else low.between("reshape", {"shape": list(shape)}, rows, shape)
    low.tell(number, replace(low.result(call, 1), number=state.number))


def _from_the_end(call: Call, number: int, least: int) -> bool:
    """Whether a call that reads the states reads those of the last layer."""
    if number not in {ref.number for ref in call.refs()}:
        return True
    index = call.arguments[1] if call.function == "__getitem__" else None
    return isinstance(index, int) and least <= index < 0
