"""One run of a model on the meta device, as a list of calls of torch's functions: who called what, on which tensors, in which module.

The run is at the level of functions (`torch.overrides.TorchFunctionMode`), so that `conv2d`, `layer_norm` and
`scaled_dot_product_attention` stay whole, and hooks tell the module in whose `forward` each call stands.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ...base.records import dataclass
from . import calling, in_parts
from .arguments import bare, tensors_of
from .calling import call, input_names
from .emptied import emptied, is_filled
from .graph_model import GraphModel, Row
from .own_gradients import noting
from .own_lines import is_ours
from .questions import Questions
from .recurrent_shapes import shapes_alone
from .returned import kind_of, others, outputs
from .traced import Call, Measured, Ran, Ref, Trace, Value
from .unsaid import Unsaid
from .written import back, is_view, version

ASKS = frozenset(
    ("item", "tolist", "numpy", "equal", "allclose", "is_nonzero", "__bool__", "__int__", "__float__", "__index__", "__contains__")
)
"""Functions that answer with numbers, by which a model decides. Of a tensor that is the same for every input it can."""

TAKE_NUMBERS = frozenset(("full", "new_full", "full_like", "arange", "linspace", "logspace"))
"""Functions that take the number out of a tensor of one."""

OPAQUE = ("DropPath", "StochasticDepth")
"""Modules that are one step, whatever they call."""


DROPPING = {"drop_path": ("p", "drop_prob"), "stochastic_depth": ("p",)}
"""Functions that drop whole samples in training and hand their input on at rest, and what they call the probability."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """A tensor that has the memory of another: of which, by which call, and which of its results it is."""

    source: torch.Tensor
    call: Call
    given: tuple[tuple[Any, ...], dict[str, Any]]
    place: int

    def __repr__(self) -> str:
        return f"<a part by {self.call.function}>"


class _Recorder(TorchFunctionMode):
    """Writes down every call of torch; calls that a call makes itself are its own matter."""

    def __init__(self, module: nn.Module, numbers: Mapping[int, torch.Tensor], answer: Answer | None, questions: Questions | None) -> None:
        super().__init__()
        self.numbers_of, self.answer, self.questions = numbers, answer, questions
        self.with_numbers: dict[int, torch.Tensor] = {}
        """The module's buffers as they are, by the number that the run gives them."""
        self.trace = Trace()
        self.numbers: dict[int, Ref] = {}
        self.versions: dict[int, int] = {}
        """How often each had been written into when its number was given."""
        self.origins: dict[int, _Origin] = {}
        self.alive: list[torch.Tensor] = []  # no id is given twice
        self.stack: list[tuple[str, int]] = [("", 1)]
        self.visits: dict[str, int] = {}
        self.line: tuple[str, int] | None = None
        self.is_told = False
        self.opaque = {path for path, part in module.named_modules() if type(part).__name__ in OPAQUE}
        self.known: dict[int, tuple[str, str]] = {}
        for key, parameter in module.named_parameters(remove_duplicate=False):
            self.known.setdefault(id(parameter), ("parameter", key))
        for key, buffer in module.named_buffers(remove_duplicate=False):
            self.known.setdefault(id(buffer), ("buffer", key))

    def add(self, tensor: torch.Tensor, source: str, name: str = "", call: Call | None = None) -> Ref:
        ref = Ref(len(self.trace.values))
        kept = tensor if source == "constant" else None
        self.trace.values.append(Value(ref.number, tuple(tensor.shape), tensor.dtype, source, name, call, kept))
        self.numbers[id(tensor)], self.versions[id(tensor)] = ref, version(tensor)
        if source == "buffer" and id(tensor) in self.numbers_of:
            self.with_numbers[ref.number] = self.numbers_of[id(tensor)]
        self.alive.append(tensor)
        return ref

    def ref(self, tensor: torch.Tensor) -> Ref:
        found = self.numbers.get(id(tensor))
        if found is None:
            return self.add(tensor, *self.known.get(id(tensor), ("constant", "")))
        return found if self.versions[id(tensor)] == version(tensor) else self._anew(tensor, found)

    def _anew(self, tensor: torch.Tensor, before: Ref) -> Ref:
        """The number of a tensor whose memory was written into elsewhere since it had one: it is a part of another, taken again."""
        origin = self.origins.get(id(tensor))
        if origin is None:
            call = Call("a write into its memory", (before,), {}, [], *self.here())
            self.trace.calls.append(call)
            call.results.append(self.add(tensor, "call", call=call))
            return call.results[0]
        (first, *rest), source = origin.call.arguments, self.ref(origin.source)
        assert isinstance(first, Ref)
        call = Call(origin.call.function, (source, *rest), origin.call.keywords, [], *self.here(), target=origin.call.target)
        self.trace.calls.append(call)
        for place, ref in enumerate(origin.call.results):
            if place == origin.place:
                call.results.append(self.add(tensor, "call", call=call))
            else:
                like = self.trace.values[ref.number]
                call.results.append(Ref(len(self.trace.values)))
                self.trace.values.append(Value(call.results[-1].number, like.shape, like.dtype, "call", call=call))
        return call.results[origin.place]

    def _written(self, tensor: torch.Tensor) -> None:
        """What a tensor is a part of is new as well when it was written into."""
        origin = self.origins.get(id(tensor))
        while origin is not None:
            whole, (args, kwargs) = origin.source, origin.given
            how = None if origin.call.target is None else back(origin.call.function, origin.call.target, args, kwargs, origin.place)
            old, part = self.numbers[id(whole)], self.numbers[id(tensor)]
            if how is None:
                call = Call(f"{origin.call.function}, of which a part is written into", (old, part), {}, [], *self.here())
            elif how.takes_whole:
                call = Call(how.function, (old, *how.rest, part), {}, [], *self.here(), target=how.target)
            else:
                call = Call(how.function, (part, *how.rest), {}, [], *self.here(), target=how.target)
            self.trace.calls.append(call)
            call.results.append(self.add(whole, "call", call=call))
            tensor, origin = whole, self.origins.get(id(whole))

    def settled(self, tensor: torch.Tensor) -> None:
        """What counts as written into, though nothing was since it had its number."""
        with torch._C.DisableTorchFunction():  # to ask is no call of the model's
            if id(tensor) in self.numbers:
                self.versions[id(tensor)] = version(tensor)

    def plain(self, value: object) -> Any:
        """An argument with its tensors as references."""
        if isinstance(value, torch.Tensor):
            return self.ref(value)
        if isinstance(value, list | tuple):
            return [self.plain(item) for item in value]
        if isinstance(value, slice):
            return slice(self.plain(value.start), self.plain(value.stop), self.plain(value.step))
        return value

    def __torch_function__(
        self, func: Callable[..., Any], types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", str(func))
        if name == "__get__":
            return self._attribute(func, args, kwargs)
        if (parts := in_parts.in_parts(name, args, kwargs, self.stack[-1][1])) is not None:
            with self:  # what it calls is written down as well
                return parts()
        if name in TAKE_NUMBERS:
            first = int(name != "full" and name.endswith(("full", "_like")))  # the tensor that it is asked of
            args = [*args[:first], *(self._number(item) for item in args[first:])]
            kwargs = {key: self._number(item) if key != "input" else item for key, item in kwargs.items()}
        arguments, keywords = tuple(self.plain(item) for item in args), {key: self.plain(item) for key, item in kwargs.items()}
        given = [tensor for item in (*args, *kwargs.values()) for tensor in tensors_of(item)]
        if is_filled(name, args, given) and self.trace.values[self.numbers[id(args[0])].number].source == "call":
            for tensor in emptied(args[0], self.alive):
                self.settled(tensor)
        before = [version(tensor) for tensor in given]
        if self.answer is not None and name in ASKS and any(tensor.is_meta for tensor in given):
            with contextlib.suppress(Unsaid):  # what depends on the input has no numbers, and PyTorch says so
                return self.answer(self.trace, Call(name, arguments, keywords, [], "", target=func), self.with_numbers)
            if (
                self.questions is not None
                and (told := self.questions.of(name, given, self.here()[1], self.trace, self.ref(given[0]))) is not None
            ):
                return told
        if any(tensor.is_meta for tensor in given) and not all(tensor.is_meta for tensor in given):
            args, kwargs = bare(args, name), bare(kwargs, "")
        known = shapes_alone(name, args, kwargs)
        result = func(*args, **kwargs) if known is None else known
        if name == "size":
            self._measured(args[0])
        changed = [tensor for tensor, count in zip(given, before, strict=True) if version(tensor) != count]
        if all(any(row is other for other in changed) for row in tensors_of(result)) and self._rewritten(name, args, changed):
            return result
        made = tensors_of(result) or changed[:1]
        if made:
            call = Call(name, arguments, keywords, [], *self.here(), target=func)
            self.trace.calls.append(call)
            call.results.extend(self.add(tensor, "call", call=call) for tensor in made)
            self._keep_origins(call, args, kwargs, given, made)
        for tensor in changed:
            if any(tensor is other for other in made):
                self._written(tensor)
            elif id(tensor) in self.known:  # statistics that training counts
                self.versions[id(tensor)] = version(tensor)
        return result

    def _rewritten(self, name: str, args: Sequence[Any], changed: Sequence[torch.Tensor]) -> bool:
        """Whether a call writes into a parameter (`weight.data.clamp_(0)`, `weight.data = …`), which keeps a weight within bounds."""
        for tensor in [args[0]] if name == "__set__" else changed:
            while (origin := self.origins.get(id(tensor))) is not None:
                tensor = origin.source
            source, key = self.known.get(id(tensor), ("", ""))
            if source == "parameter":
                self.trace.rewritten[key] = None
                for row in (*changed, tensor):
                    self.settled(row)
                return True
        return False

    def _number(self, value: Any) -> Any:
        """The number of a tensor that holds one, where it does not depend on the input."""
        if not isinstance(value, torch.Tensor) or value.dim():
            return value
        if not value.is_meta:
            with torch._C.DisableTorchFunction():
                return value.item()
        with contextlib.suppress(Unsaid):
            if self.answer is not None:
                return self.answer(self.trace, Call("item", (self.ref(value),), {}, [], "", target=torch.Tensor.item), self.with_numbers)
        return value

    def _keep_origins(
        self, call: Call, args: Sequence[Any], kwargs: Mapping[str, Any], given: Sequence[torch.Tensor], made: Sequence[torch.Tensor]
    ) -> None:
        """Which of the results have the memory of what went in first."""
        if not args or not isinstance(args[0], torch.Tensor):
            return
        for place, tensor in enumerate(made):
            if is_view(tensor, args[0]) and not any(tensor is other for other in given):
                self.origins[id(tensor)] = _Origin(args[0], call, (tuple(args), dict(kwargs)), place)

    def here(self) -> tuple[str, tuple[str, int] | None, tuple[tuple[str, int], ...]]:
        """The module that runs, the line of its source, and the modules around it."""
        return self.stack[-1][0], self.line if self.is_told else _line(), tuple(self.stack)

    def told(self, row: Row) -> None:
        """The place of the calls that come, where no module has code of its own."""
        self.stack, self.line, self.is_told = [("", 1), *row.stack], row.line, True

    def _attribute(self, func: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """`x.T`, `x.data`: a call where it answers with another tensor; `x.shape` is none."""
        result = func(*args, **kwargs)
        if isinstance(result, torch.Size):
            self._measured(args[0])
        if isinstance(result, torch.Tensor) and id(result) not in self.numbers and id(result) not in self.known:
            name = getattr(getattr(func, "__self__", None), "__name__", "attribute")
            if name == "grad":
                self.numbers[id(result)] = self.ref(args[0])
                self.alive.append(result)
            else:
                call = Call("detach" if name == "data" else name, (self.ref(args[0]),), {}, [], *self.here(), target=func)
                self.trace.calls.append(call)
                call.results.append(self.add(result, "call", call=call))
                self._keep_origins(call, args, kwargs, [], [result])
        return result

    def _measured(self, tensor: object) -> None:
        ref = self.numbers.get(id(tensor))
        if ref is not None:
            self.trace.measured.append(Measured(ref.number, len(self.trace.calls), self.stack[-1][0]))

    def took(self, path: str, part: nn.Module, given: tuple[object, ...], named: dict[str, object]) -> None:
        """Under which names the tensors come that a module takes, where these are several."""
        if len(tensors_of([*given, *named.values()])) < 2:
            return
        names = [name for name, row in inspect.signature(part.forward).parameters.items() if row.kind in (0, 1)]
        found: list[tuple[str, int | None, Ref]] = []
        for name, value in [*zip(names, given, strict=False), *named.items()]:
            is_list = isinstance(value, list | tuple)
            for place, tensor in enumerate(tensors_of(value)):
                ref = self.numbers.get(id(tensor))
                if ref is not None:
                    found.append((name, place if is_list else None, ref))
        self.trace.given[path] = found

    def made(self, path: str, given: tuple[object, ...], named: dict[str, object], result: object) -> None:
        """The shapes of a module that has run."""
        rows = ([*given, *named.values()], result)
        takes, gives = (tuple(tuple(tensor.shape) for tensor in tensors_of(row)) for row in rows)
        is_plain = not named and all(isinstance(item, torch.Tensor) and item.dtype.is_floating_point for item in given)
        self.trace.ran.setdefault(path, Ran(takes, gives, is_plain))

    def passed(self, path: str, given: tuple[object, ...], result: object) -> None:
        """A module that handed its input on (an identity, or a dropout at rest) is a call as well: it may have a number to itself."""
        if len(given) == 1 and given[0] is result and isinstance(result, torch.Tensor):
            call = Call("pass", (self.ref(result),), {}, [], path, None, (*self.stack,))
            # To the caller it is the same tensor: what follows reads the call's result.
            self.trace.calls.append(call)
            call.results.append(self.add(result, "call", call=call))

    @contextlib.contextmanager
    def dropping(self, module: nn.Module) -> Iterator[None]:
        """While it is open, the functions that drop samples are calls, too, whatever they do: at rest they leave no trace."""
        homes = {type(part).__module__ for part in module.modules()}
        kept = []
        for home in homes:
            names = getattr(sys.modules.get(home), "__dict__", {})
            for name in DROPPING:
                if inspect.isfunction(names.get(name)):
                    kept.append((names, name, names[name]))
                    names[name] = self._as_call(names[name], name)
        try:
            yield
        finally:
            for names, name, first in kept:
                names[name] = first

    def _as_call(self, first: Callable[..., Any], name: str) -> Callable[..., Any]:
        signature = inspect.signature(first)

        @functools.wraps(first)
        def dropped(*args: Any, **kwargs: Any) -> Any:
            if self.stack[-1][0] in self.opaque:
                return first(*args, **kwargs)
            begin = len(self.trace.calls)
            given = list(signature.bind(*args, **kwargs).arguments.items())
            rate = next((value for key, value in given if key in DROPPING[name]), None)
            source = self.ref(given[0][1])
            result = first(*args, **kwargs)
            if isinstance(rate, int | float):
                del self.trace.calls[begin:]
                call = Call("drop_path", (source, float(rate)), {}, [], *self.here())
                self.trace.calls.append(call)
                call.results.append(self.add(result, "call", call=call))
            return result

        return dropped


def _line() -> tuple[str, int] | None:
    """The line of the model's own source that makes the call: the first frame outside torch and archc. There is none where the model is
    a layer of PyTorch's itself: who called the import is not it."""
    frame: types.FrameType | None = sys._getframe(3)
    while frame is not None and frame.f_code.co_filename != calling.__file__:
        name = frame.f_code.co_filename
        if not is_ours(name) and "/torch/" not in name.replace("\\", "/"):
            return name, frame.f_lineno
        frame = frame.f_back
    return None


Answer = Callable[[Trace, Call, Mapping[int, torch.Tensor]], Any]
"""What a call answers that asks tensors for their numbers, where these do not depend on the input; else it raises `Unsaid`."""


def trace(
    module: nn.Module,
    inputs: Sequence[torch.Tensor],
    numbers: Mapping[int, torch.Tensor] = MappingProxyType({}),
    answer: Answer | None = None,
    by_name: Sequence[str] = (),
    questions: Questions | None = None,
) -> Trace:
    """The calls of one run of `module`, which stands on the device of `inputs`, as it is (in evaluation or in training).

    `numbers` has, by id, the tensors with numbers that stand behind those of a module on the meta device; `questions` answers what is
    asked of those of the input.
    """
    recorder = _Recorder(module, numbers, answer, questions)
    for name, tensor in zip(input_names(module, len(inputs), by_name), inputs, strict=True):
        recorder.trace.inputs.append(recorder.add(tensor, "input", name))
    paths = {part: path for path, part in reversed(list(module.named_modules()))}
    entered: list[int] = []

    def enter(part: nn.Module, given: tuple[object, ...], named: dict[str, object]) -> None:
        path = paths[part]
        recorder.visits[path] = recorder.visits.get(path, 0) + 1
        recorder.stack.append((path, recorder.visits[path]))
        recorder.took(path, part, given, named)
        entered.append(len(recorder.trace.calls))

    def leave(part: nn.Module, given: tuple[object, ...], named: dict[str, object], result: object) -> None:
        begin = entered.pop()
        recorder.made(paths[part], given, named, result)
        if type(part).__name__ in OPAQUE and isinstance(result, torch.Tensor) and isinstance(given[0], torch.Tensor):
            # What it does in training is one step of the language.
            del recorder.trace.calls[begin:]
            call = Call("pass", (recorder.ref(given[0]),), {}, [], paths[part], None, tuple(recorder.stack))
            recorder.trace.calls.append(call)
            call.results.append(recorder.add(result, "call", call=call))
        elif begin == len(recorder.trace.calls) and not list(part.children()):
            recorder.passed(paths[part], given, result)
        recorder.stack.pop()

    if isinstance(module, GraphModel):
        module.archc_calls.tell = recorder.told
    parts = [part for part in module.modules() if part is not module]
    handles = [part.register_forward_pre_hook(enter, with_kwargs=True) for part in parts] + [
        part.register_forward_hook(leave, with_kwargs=True) for part in parts
    ]
    try:
        with torch.no_grad(), recorder, recorder.dropping(module), noting(recorder.trace.with_gradients, recorder.settled):
            result = call(module, inputs, by_name, recorder.trace.casts)
    finally:
        for handle in handles:
            handle.remove()
        if isinstance(module, GraphModel):
            module.archc_calls.tell = None
    recorder.trace.outputs = [(name, recorder.ref(tensor)) for name, tensor in outputs(result)]
    recorder.trace.left_out = others(result)
    recorder.trace.returned = kind_of(result, recorder.known)
    return recorder.trace
