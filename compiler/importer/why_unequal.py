"""Why no text equals a model, where that is the model's own doing: it answers otherwise each time, or is another computation at another size."""

from __future__ import annotations

from collections.abc import Sequence

from ...base.records import dataclass
from .known import BATCHES
from .lower import bind
from .own_lines import place_of_line
from .prove import is_steady, keeps_weights
from .sources import Model
from .traced import Call, Trace
from .unsaid import Unsaid
from .words import first_keys

ARITHMETIC = frozenset(("add", "sub", "rsub", "mul", "div", "truediv", "rdiv", "pow", "rpow", "floordiv", "remainder", "clamp"))
"""Functions whose numbers are factors and addends; those of the others may be sizes, which differ by right."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What is told: the message, the help, and where in the model's source it stands."""

    message: str
    help: str
    line: tuple[str, int] | None = None

    def notes(self) -> list[str]:
        return [] if self.line is None else [f"it stands at {place_of_line(self.line)}"]

    def __repr__(self) -> str:
        return f"<Reason: {self.message}>"


def why_unequal(model: Model, traces: Sequence[Trace], differs_at: str) -> Reason | None:
    """The reason, where it is the model's; None where the import is at fault. `differs_at` is as in a proof."""
    dropping = next((call for trace in traces[:1] for call in trace.calls if _drops(call)), None)
    if dropping is not None:
        return Reason(
            f"the model drops numbers at random outside of training, too: `{dropping.function}`{_of(dropping)}",
            "give it `training=self.training`"
            if "dropout" in dropping.function
            else "give it `dropout_p=self.p if self.training else 0.0`",
            dropping.line,
        )
    if model.rewritten and not keeps_weights(model):
        return Reason(
            f"the model gives weights of its own other numbers at each run, also in evaluation: {first_keys(model.rewritten)}",
            "in evaluation let its `forward` leave its weights as they are",
        )
    if not is_steady(model):
        return Reason(
            "the model answers otherwise each time that it is run, on the same input and weights",
            "in evaluation let its `forward` draw no random numbers and keep nothing for the next run (a count, a sum)",
        )
    # Runs at another size explain what differs there, those of other batches what differs anywhere.
    for other in traces[1 : {"its size": len(BATCHES), "another": len(traces)}.get(differs_at, 0)]:
        found = _apart(traces[0], other)
        if found is not None:
            return found
    return None


def _drops(call: Call) -> bool:
    try:
        if call.function.rstrip("_").endswith(("dropout", "dropout1d", "dropout2d", "dropout3d")):
            row = bind(call, "input p training inplace", p=0.5, training=True)
            return bool(row["p"]) and row["training"] is True
        if call.function == "scaled_dot_product_attention":
            return bool(bind(call, "query key value attn_mask dropout_p is_causal scale enable_gqa", dropout_p=0.0)["dropout_p"])
    except (Unsaid, KeyError, TypeError, IndexError):
        return False
    return False


def _apart(one: Trace, other: Trace) -> Reason | None:
    """The first thing that two runs of other sizes do differently, apart from the sizes that they say."""
    sizes = [" and ".join("x".join(map(str, row.values[ref.number].shape)) for ref in row.inputs) for row in (one, other)]
    for mine, theirs in zip(one.calls, other.calls, strict=False):
        if (mine.function, mine.path) != (theirs.function, theirs.path):
            return _reason(mine, f"`{_plain(mine)}` where they are {sizes[0]}, `{_plain(theirs)}` where they are {sizes[1]}")
        if _plain(mine) in ARITHMETIC and (numbers := _numbers(mine)) != (others := _numbers(theirs)):
            told = [", ".join(f"{number:g}" for number in row) for row in (numbers, others)]
            return _reason(mine, f"`{_plain(mine)}` takes {told[0]} where they are {sizes[0]}, {told[1]} where they are {sizes[1]}")
    if len(one.calls) != len(other.calls):
        longer = max(one, other, key=lambda row: len(row.calls)).calls[min(len(one.calls), len(other.calls))]
        return _reason(longer, f"`{_plain(longer)}` where they are {sizes[longer in other.calls]} alone")
    return None


def _reason(call: Call, told: str) -> Reason:
    return Reason(
        f"what the model does depends on the sizes of its inputs, with the batch{_of(call)}: {told}",
        "a network does the same at every size: take the decision, or the number, out of `forward`, or give it as an argument of the class",
        call.line,
    )


def _plain(call: Call) -> str:
    return call.function.strip("_").removeprefix("i" if call.function.startswith("__i") else "")


def _numbers(call: Call) -> list[float]:
    return [value for value in (*call.arguments, *call.keywords.values()) if isinstance(value, int | float)]


def _of(call: Call) -> str:
    return f" in `{call.path}`" if call.path else ""
