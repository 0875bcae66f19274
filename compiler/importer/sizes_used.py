"""What a model does with sizes in its own code: whether it works numbers out of them that follow no factor, and which of them it decides by."""

from __future__ import annotations

import contextlib
import dis
import linecache
import operator
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ...base.records import dataclass
from .calling import call
from .graph_model import GraphModel
from .own_lines import is_ours, place_of_line
from .sources import Model, as_it_was, on_meta


@dataclass(slots=True, eq=False)
class SizesUsed:
    is_worked: bool = False
    """Whether it divides sizes or takes remainders, which are others at sides that do not go up."""
    decided: dict[str, None] = field(default_factory=dict)
    """The comparisons, with their places."""

    def __repr__(self) -> str:
        return f"<SizesUsed: {'divided, ' if self.is_worked else ''}{len(self.decided)} comparisons>"


class _Size:
    """A number that comes of a size, and who is told of what is done with it."""

    used: SizesUsed


class _Side(int, _Size):
    """A size."""


class _Ratio(float, _Size):
    """What a division of sizes makes."""


def _of(value: Any, used: SizesUsed) -> Any:
    made = _Side(value) if type(value) is int else _Ratio(value) if type(value) is float else value
    if isinstance(made, _Size):
        made.used = used
    return made


def _bare(value: Any) -> Any:
    return int(value) if isinstance(value, _Side) else float(value) if isinstance(value, _Ratio) else value


WHOLE: Mapping[str, Callable[..., Any]] = {"add": operator.add, "sub": operator.sub, "mul": operator.mul}
PARTS: Mapping[str, Callable[..., Any]] = {
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "rshift": operator.rshift,
    "and": operator.and_,
}
COMPARES = {"lt": ("<", operator.lt), "le": ("<=", operator.le), "gt": (">", operator.gt), "ge": (">=", operator.ge)}
EQUALS = {"eq": ("==", operator.eq), "ne": ("!=", operator.ne)}
ORDERS = ("<", "<=", ">", ">=")
REMAINDERS = ("mod", "and")
"""What leaves no size: a comparison of it tells of the sides that the proof tries."""


def _arithmetic(name: str, work: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    def noted(self: Any, one: Any, other: Any) -> Any:
        found = work(_bare(one), _bare(other))
        if _line() is not None:
            self.used.is_worked |= name in PARTS or isinstance(found, float)
        return found if name in REMAINDERS else _of(found, self.used)

    return (lambda self, other: noted(self, self, other)), (lambda self, other: noted(self, other, self))


def _comparison(sign: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def compared(self: Any, other: Any) -> Any:
        line = _line()
        is_number = type(other) in (int, float) and other > 0  # no size is less
        found = work(_bare(self), _bare(other))
        # An equality that holds fails at the other sizes that are compared.
        tells = is_number or (isinstance(other, _Size) and _is_written()) if sign in ORDERS else is_number and _bare(self) != other
        if line is not None and tells:
            what = f"`{sign} {other:g}`" if is_number else f"one `{sign}` another"
            self.used.decided[f"{what} at {place_of_line(line)}"] = None
        return found

    return compared


def _line() -> tuple[str, int] | None:
    """The line of the model's own that works with a size: PyTorch's and archc's are not, and an assertion decides nothing."""
    frame = sys._getframe(3) if sys._getframe(2).f_code.co_filename == __file__ else sys._getframe(2)
    file, number = frame.f_code.co_filename, frame.f_lineno
    if is_ours(file) or "/torch/" in file.replace("\\", "/"):
        return None
    return None if linecache.getline(file, number).lstrip().startswith("assert") else (file, number)


def _is_written() -> bool:
    """Whether a comparison stands in the code itself, and is not that of `max`."""
    frame = sys._getframe(2)
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] == "COMPARE_OP"


for _kind in (_Side, _Ratio):
    for _name, _work in {**WHOLE, **PARTS}.items():
        _forward, _reflected = _arithmetic(_name, _work)
        setattr(_kind, f"__{_name}__", _forward)
        setattr(_kind, f"__r{_name}__", _reflected)
    for _name, (_sign, _work) in {**COMPARES, **EQUALS}.items():
        setattr(_kind, f"__{_name}__", _comparison(_sign, _work))
    setattr(_kind, "__neg__", lambda self: _of(-_bare(self), self.used))  # noqa: B010 - as the others
    setattr(_kind, "__hash__", lambda self: hash(_bare(self)))  # noqa: B010 - what has an equality of its own loses it


class _Watch(TorchFunctionMode):
    """Sizes that tell what is done with them; the first is the batch's."""

    def __init__(self, used: SizesUsed) -> None:
        super().__init__()
        self.used = used

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Size) and getattr(func, "__name__", "") in ("__get__", "size"):
            first = 2 if len(result) > 3 else 1  # behind the batch, and an image's channels
            # A weight's sizes are no input's, and what is compared with them is no number of the code's.
            used = SizesUsed() if isinstance(args[0], nn.Parameter) else self.used
            return torch.Size([*result[:first], *(_of(int(size), used) for size in result[first:])])
        if getattr(func, "__name__", "") == "size" and type(result) is int:
            place = args[1] if len(args) > 1 else (kwargs or {}).get("dim", 0)
            return self.__torch_function__(torch.Tensor.size, types, args[:1])[place]
        return result


def sizes_used(model: Model) -> SizesUsed:
    """What one run on its own sizes shows. A model that such a run stops may do anything after that."""
    used = SizesUsed()
    if isinstance(model.module, GraphModel) or model.flat is not None or model.of_archc:
        return used
    inputs = [torch.empty_like(tensor, device="meta") for tensor in model.inputs]
    try:
        with torch.no_grad(), on_meta(model.module), as_it_was(model.module), contextlib.ExitStack() as open_:
            open_.enter_context(_Watch(used))
            call(model.module, inputs, model.by_name)
    except Exception:
        used.is_worked = True
    if model.of_library:
        used.decided.clear()  # its own tests of its sizes are no decisions of a person's
    return used
