"""What `archc build` makes: one file a target, each whole or not at all, and none the worse for another's failure."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..base.diagnostics import Diagnostic
from ..base.records import dataclass
from ..reporting.error import ArchError
from .codegen.pytorch import Mode, to_python
from .files.system_errors import of_system
from .files.write import together, write
from .graph.graph import Graph

if TYPE_CHECKING:
    from torch import nn

    from .quantize.wanted import Wanted as Eight
    from .runtime.weights import AnyWeights


@dataclass(frozen=True)
class Plan:
    """The network, where its files go, and how its modules are wanted. The module for inference is made once for all targets."""

    graph: Graph
    folder: str
    weights: AnyWeights | None = None
    train: bool = False
    device: str = "cpu"
    dtype: str = "float32"
    optimize: bool = False
    tune: bool = False
    batch: int = 1
    """For which batch `tune` measures, and an AOTInductor package is made."""
    dynamic: tuple[str, ...] = ()
    """Names of axes that ONNX and torch.export leave free."""
    quantize: Eight | None = None
    """How TorchScript and ONNX are wanted in numbers of eight bits."""

    def path(self, suffix: str) -> str:
        return os.path.join(self.folder, self.graph.program.name + suffix)

    @property
    def mode(self) -> Mode:
        return Mode.SIDE_HEADS if self.train else Mode.INFERENCE

    @cached_property
    def module(self) -> nn.Module:
        """For TorchScript."""
        from .runtime.prepare import Wanted, ready

        return ready(self.graph, Wanted(self.mode, self.weights, self.device, self.dtype))

    @cached_property
    def inference_module(self) -> nn.Module:
        """For ONNX, torch.export and AOTInductor, which know inference alone."""
        return replace(self, train=False).module if self.train else self.module

    @property
    def portable_module(self) -> nn.Module:
        """The same for formats that other programs run, after the rewrites where they are asked for."""
        module = self.inference_module
        if not self.optimize:
            return module
        from .emit.fast.build import rewritten

        return rewritten(self.graph, module.state_dict(), self.dtype)

    @property
    def numbers(self) -> str:
        """The dtype of the module, and of what it must be given where that is not PyTorch's usual one."""
        return self.dtype if self.dtype == "float32" else f"{self.dtype} (images too: `x.to(torch.{self.dtype})`)"

    @property
    def filled(self) -> str:
        """What stands in the weights, in words."""
        from .runtime.weights import as_weights

        return "the weights as training starts" if self.weights is None else f"the weights of {as_weights(self.weights).name}"


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of output: its word, the end of its name, what it is, how it is made (the answer adds to what it is), and which options of a build
    it heeds: each with the option that must be there as well, or ""."""

    word: str
    suffix: str
    what: str
    make: Callable[[Plan, str], str]
    heeds: Mapping[str, str] = field(default_factory=dict)

    def uses(self, option: str, given: Collection[str]) -> bool:
        """Whether an option changes what is made, beside the others that are given."""
        needs = self.heeds.get(option)
        return needs is not None and (not needs or needs in given)


@dataclass(frozen=True, slots=True)
class Made:
    """One output: made, or what stood in the way (`diagnostics`), or a bug (`error`)."""

    target: Target
    path: str
    what: str = ""
    diagnostics: tuple[Diagnostic, ...] = field(default=())
    error: Exception | None = None

    @property
    def is_there(self) -> bool:
        return self.error is None and not any(row.is_error for row in self.diagnostics)


def build(plan: Plan, words: Sequence[str], watch: Callable[[Target], None] = lambda target: None) -> tuple[Made, ...]:
    """Make the targets of those words, in order; `watch` is told of each before it is made. The files appear together at the end."""
    made = []
    with together() as files:
        for target in TARGETS:
            if target.word in words:
                watch(target)
                made.append(_make(plan, target))
    refusals = [files.refusal(row.path) for row in made]
    return tuple(row if said is None else replace(row, diagnostics=(said,)) for row, said in zip(made, refusals, strict=True))


def _make(plan: Plan, target: Target) -> Made:
    path = plan.path(target.suffix)
    try:
        return Made(target, path, target.make(plan, path))
    except ArchError as error:
        return Made(target, path, diagnostics=error.diagnostics)
    except Exception as error:
        refusal = of_system(error, path)
        if refusal is not None:
            return Made(target, path, diagnostics=(refusal,))
        # A bug in one way out must not take the others along; the command line tells of it.
        return Made(target, path, error=error)


def left(plan: Plan, made: Sequence[Made]) -> tuple[str, ...]:
    """Files of an earlier build that stay beside the new ones: where an output could not be made, or was not asked for this time."""
    new = {row.path for row in made if row.is_there}
    suffixes = dict.fromkeys(target.suffix for target in TARGETS)
    return tuple(path for path in map(plan.path, suffixes) if path not in new and os.path.isfile(path))


# ------------------------------------------------------------------------------------------------ targets


def _python(plan: Plan, path: str) -> str:
    text = to_python(plan.graph)
    write(path, text)
    beside = list(_beside(plan))
    return f"{text.count(chr(10)):,} lines" + (f", with {' and '.join(beside)} beside it" if beside else "")


def _beside(plan: Plan) -> Iterator[str]:
    """The files of the user's own operations, copied: the folder stands alone."""
    from .codegen.borrowed import borrowing, module_beside
    from .runtime.own_code import own_files, read_file

    if plan.graph.trusted:
        own_files(plan.graph, Mode.TRAIN)  # held against the text before anything is written
    name = module_beside(plan.graph)
    files = {f"{name(row)}.py": (row, node) for node, row in borrowing(plan.graph.nodes) if row.is_file}
    for file, (row, node) in files.items():
        write(os.path.join(plan.folder, file), read_file(node, row).text)
        yield file


def _torchscript(plan: Plan, path: str) -> str:
    from .emit.torchscript import save, script

    if plan.quantize is not None:
        return _quantized(plan, plan.quantize, path)
    if plan.optimize:
        return _optimized(plan, path)
    save(script(plan.module, plan.train, plan.graph), path)
    return f"{'to train, ' if plan.train else ''}{plan.numbers}, {plan.device}, {plan.filled}"


def _optimized(plan: Plan, path: str) -> str:
    from .emit.fast.optimized import optimized, tuned
    from .emit.torchscript import save

    if plan.tune:
        made = tuned(plan.graph, plan.module, device=plan.device, dtype=plan.dtype, batch=plan.batch)
    else:
        made = optimized(plan.graph, plan.module, device=plan.device, dtype=plan.dtype)
    save(made.scripted, path)
    return f"optimised for inference, {plan.numbers}, {plan.device} alone, {plan.filled}{_rows(made.told)}"


def _quantized(plan: Plan, wanted: Eight, path: str) -> str:
    from .emit.fast.int8 import Int8OneDnn
    from .emit.torchscript import save, script
    from .quantize.modules import has_vnni, quantize

    made = quantize(plan.graph, plan.module.state_dict(), wanted, Int8OneDnn())
    save(script(made.module), path)
    slower = (
        ""
        if has_vnni()
        else "\n      this processor has no VNNI: here the layers are worked out in float32 and rounded, slower than without `--quantize`"
    )
    return f"int8 for inference, cpu alone, {plan.filled}{_rows(made.told)}{slower}"


def _rows(told: Sequence[str]) -> str:
    return "".join(f"\n      {row}" for row in told)


def _diagram(plan: Plan, path: str) -> str:
    from .draw import draw

    problems = draw(plan.graph, path)
    if any(row.is_error for row in problems):
        raise ArchError(problems)
    return ""


def _document(plan: Plan, path: str) -> str:
    from .document import to_json

    write(path, to_json(plan.graph))
    return "graph, shapes and costs"


def _onnx(plan: Plan, path: str) -> str:
    from .emit.onnx import OPSET, save

    if plan.quantize is not None:
        return _onnx_in_int8(plan, plan.quantize, path)
    taken = save(plan.portable_module, plan.graph, path, plan.dynamic)
    return f"{'rewritten graph, ' if plan.optimize else ''}opset {OPSET}, {taken}, {plan.filled}"


def _onnx_in_int8(plan: Plan, wanted: Eight, path: str) -> str:
    from .emit.fast.int8 import Simulated
    from .emit.onnx import OPSET, save
    from .quantize.modules import quantize

    made = quantize(plan.graph, plan.module.state_dict(), wanted, Simulated())
    taken = save(made.simulated, plan.graph, path, plan.dynamic)
    return f"int8 (QuantizeLinear and DequantizeLinear), opset {OPSET}, {taken}, {plan.filled}{_rows(made.told)}"


def _export(plan: Plan, path: str) -> str:
    from .emit.torch_export import exported, save

    program, taken = exported(plan.inference_module, plan.graph, plan.dynamic)
    save(program, path, plan.graph)
    return f"{taken}, {plan.filled}"


def _aotinductor(plan: Plan, path: str) -> str:
    from .emit.aotinductor import save

    save(plan.portable_module.to(plan.device), plan.graph, path, plan.batch)
    sizes = ", ".join("x".join(map(str, (plan.batch, *node.shape))) for node in plan.graph.inputs)
    return f"{'rewritten graph, ' if plan.optimize else ''}{sizes} alone, {plan.numbers}, {plan.device}, {plan.filled}"


_MODULE = dict.fromkeys(("weights", "skip", "rename", "adapt", "partial", "device", "dtype"), "")
"""What is heeded by all that hold a module with its weights."""

_EIGHT = dict.fromkeys(("quantize", "calibrate", "loss"), "")

TARGETS: tuple[Target, ...] = (
    Target("python", ".py", "PyTorch source", _python),
    Target(
        "torchscript", ".pt", "TorchScript", _torchscript, _MODULE | _EIGHT | {"train": "", "optimize": "", "tune": "", "batch": "tune"},
    ),
    Target("diagram", ".svg", "diagram", _diagram),
    Target("json", ".json", "JSON", _document),
    Target("onnx", ".onnx", "ONNX", _onnx, _MODULE | _EIGHT | {"optimize": "", "dynamic": ""}),
    Target("export", ".pt2", "torch.export program", _export, _MODULE | {"dynamic": ""}),
    Target("aotinductor", ".pt2", "AOTInductor package", _aotinductor, _MODULE | {"optimize": "", "batch": ""}),
)  # fmt: skip
"""In the order in which they are made."""

USUAL = ("python", "torchscript", "diagram", "json")
"""What is made when nothing is asked for."""
