"""Is the module what it should be? It is run beside a reference, with the same weights, on the same images.

Statistics of norms are shaken first: as they start (mean 0, variance 1) they would hide a norm in the wrong place.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ..base.diagnostics import Diagnostic, Label
from ..base.records import dataclass
from ..base.source import Source
from ..reporting.error import ArchError
from .analysis.key_advice import key_advice
from .codegen.pytorch import Mode
from .emit.torchscript import script
from .files.model_names import is_file, is_source, of_one_network
from .graph.graph import Graph
from .ops.base import Shape, show
from .quantize.agreement import decibels
from .quantize.modules import quantize
from .quantize.samples import samples_of
from .quantize.wanted import Wanted as EightBits
from .runtime.compared import compared
from .runtime.live_module import build
from .runtime.prepare import Wanted, ready
from .runtime.sample_inputs import normal
from .runtime.weights import Loaded, Weights, put, side_head_keys

if TYPE_CHECKING:
    from torch import Tensor, nn

LIMIT = 1e-5
"""The largest relative difference of outputs that float32 explains: other orders of adding, and no more."""

_SPREAD = 3.0
"""Decibels by which two ways of rounding the same network, on some samples and on all, may lie apart."""

ROUNDING = 1e-7
"""How much float32 rounds a number, or a little more."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One comparison: what was compared, how it came out, and whether that is good."""

    what: str
    result: str
    good: bool


def verify(graph: Graph, against: str, weights: Weights | None = None) -> tuple[Finding, ...]:
    """The generated module against `torchvision:NAME`, `timm:NAME` or a person's own code, `my_net.py:Net`, both with these weights,
    or with those that the reference starts with.

    Raises `ArchError` where there is no such reference, or where the weights do not fit.
    """
    import torch

    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        reference = shaken(reference_module(against, graph))
        module = build(graph, Mode.TRAIN)
        state = reference.state_dict()
        problems = put_reference(module, graph, state, against)
        counts = [sum(row.numel() for row in each.parameters()) for each in (module, reference)]
        findings = [
            Finding("parameters", f"{counts[0]:,} and {counts[1]:,}", counts[0] == counts[1]),
            Finding("keys of the state_dict", problems[0].message if problems else f"the same {len(state):,}", not problems),
        ]
        if problems:
            advice = key_advice(*([(key, tuple(value.shape)) for key, value in each.items()] for each in (module.state_dict(), state)))
            return (*findings, *(Finding("to have these keys", row, False) for row in advice))
        if weights is not None:
            # The keys are the same, and so what fits one of the two fits the other.
            module = ready(graph, Wanted(Mode.TRAIN, weights))
            reference.load_state_dict(module.state_dict())
            state = reference.state_dict()
        module.eval()
        scripted = script(_inference(graph, state))
        for shapes in _sizes(graph):
            images = normal(graph, 2, shapes)
            size = ", ".join(map(show, shapes))
            native = shapes == _sizes(graph)[0]
            findings.append(_outputs(f"outputs for {size}", module, reference, images, native))
            findings.append(_outputs(f"TorchScript for {size}", scripted, reference, images, native))
    return tuple(findings)


def verify_optimized(graph: Graph, weights: Weights | None = None) -> tuple[Finding, ...]:
    """What `--optimize` makes against the plain module: rewritten, in the fast module, as TorchScript, and saved and loaded.

    With these weights, or with shaken ones."""
    import io

    import torch

    from .emit.fast.build import fast, rewritten

    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        plain = _plain(graph, weights)
        made = fast(graph, plain.state_dict())
        scripted = script(made.module)
        stream = io.BytesIO()
        torch.jit.save(scripted, stream)
        stream.seek(0)
        loaded = torch.jit.load(stream)  # type: ignore[no-untyped-call]
        modules = {
            "rewritten graph": rewritten(graph, plain.state_dict()),
            "optimised module": made.module,
            "optimised TorchScript": scripted,
            "the same, loaded from a file": loaded,
        }
        findings = [Finding("rewrites", "; ".join(made.state.gains) or "none applied", True)]
        for shapes in _sizes(graph):
            images = normal(graph, 2, shapes)
            size = ", ".join(map(show, shapes))
            native = shapes == _sizes(graph)[0]
            findings += [_outputs(f"{name} for {size}", module, plain, images, native) for name, module in modules.items()]
    return tuple(findings)


def verify_quantized(graph: Graph, wanted: EightBits, given: Weights | None = None) -> tuple[Finding, ...]:
    """What `--quantize int8` makes against the plain module, on the samples that its scales come from; the TorchScript, saved and loaded too."""
    import io

    import torch

    from .emit.fast.int8 import Int8OneDnn

    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        weights = _plain(graph, given).state_dict()
    made = quantize(graph, weights, wanted, Int8OneDnn())
    scripted = script(made.module)
    stream = io.BytesIO()
    torch.jit.save(scripted, stream)
    stream.seek(0)
    loaded = torch.jit.load(stream)  # type: ignore[no-untyped-call]
    (batch, *_) = samples_of(graph, wanted.calibrate).batches()
    with torch.no_grad():
        plain, answers, again = (tensors(module(*batch)) for module in (build_with(graph, weights), scripted, loaded))
    ratio = decibels(plain, answers)
    equal = all(torch.equal(one, other) for one, other in zip(answers, again, strict=True))
    agreement = made.agreement
    same = [] if agreement.same is None else [Finding("the same largest output", f"{agreement.same} of {agreement.samples} samples", True)]
    return (
        *(Finding(kind, rest.strip(), True) for kind, _, rest in (row.partition(" ") for row in made.layers)),
        Finding("signal to noise", f"{agreement.decibels:.1f} dB, at least {wanted.loss:g}", agreement.decibels >= wanted.loss),
        *same,
        Finding("worst layer", f"{agreement.worst}, {agreement.worst_decibels:.1f} dB", True),
        Finding("TorchScript", f"{ratio:.1f} dB", ratio >= min(wanted.loss, agreement.decibels) - _SPREAD),
        Finding("the same, loaded from a file", "equal answers" if equal else "other answers", equal),
    )


def _plain(graph: Graph, weights: Weights | None) -> nn.Module:
    """The plain module for inference with these weights, or with shaken ones."""
    return ready(graph, Wanted(weights=weights)) if weights is not None else shaken(build(graph, Mode.INFERENCE)).eval()


def shaken(module: nn.Module) -> nn.Module:
    """The module with statistics and biases that are not what they start as."""
    import torch

    for name, value in module.named_buffers():
        if name.endswith("running_mean"):
            value.copy_(torch.randn_like(value) * 0.1)
        elif name.endswith("running_var"):
            value.copy_(torch.rand_like(value) + 0.5)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if name.endswith("bias"):
                parameter.add_(torch.randn_like(parameter) * 0.05)
    return module


def build_with(graph: Graph, state: Mapping[str, Tensor]) -> nn.Module:
    """The plain module for inference with these weights."""
    module = build(graph, Mode.INFERENCE)
    module.load_state_dict(dict(state))
    return module.eval()


def _inference(graph: Graph, state: Mapping[str, Tensor]) -> nn.Module:
    module = build(graph, Mode.INFERENCE)
    problems = put_reference(module, graph, state, "the reference", side_head_keys(graph))
    assert not problems, problems
    return module.eval()


def put_reference(
    module: nn.Module, graph: Graph, state: Mapping[str, Tensor], name: str, unused: Collection[str] = ()
) -> tuple[Diagnostic, ...]:
    """A reference's weights into a module, under their own keys and no others."""

    def say_nothing(loaded: Loaded) -> None:
        pass

    return put(module, graph, Weights(state, rename={}, told=say_nothing), unused, name)


def _sizes(graph: Graph) -> list[tuple[Shape, ...]]:
    """The sizes of the file, and odd ones: rounding shows in them."""
    native = tuple(node.shape for node in graph.inputs)
    odd = tuple((shape[0], *(size + 33 - size % 2 for size in shape[1:])) for shape in native)
    return [native, odd] if odd != native else [native]


def _outputs(what: str, module: nn.Module, reference: nn.Module, images: Sequence[Tensor], native: bool) -> Finding:
    """One comparison. The network's own size may be refused by neither, and what holds no number compares nothing."""
    import torch

    answers: list[list[Tensor] | str] = []
    for each in (module, reference):
        with torch.no_grad():
            try:
                answers.append(tensors(each(*images)))
            except Exception as error:
                # Whatever a reference raises at a size that it does not take.
                answers.append((str(error).strip().splitlines() or [type(error).__name__])[-1])
    ours, theirs = answers
    if isinstance(ours, str) or isinstance(theirs, str):
        if isinstance(ours, str) and isinstance(theirs, str):
            return Finding(what, f"refused by both: {theirs}" if native else "refused by both", not native)
        refused = "the reference" if isinstance(theirs, str) else "the module"
        return Finding(what, f"refused by {refused}: {theirs if isinstance(theirs, str) else ours}", False)
    if [row.shape for row in ours] != [row.shape for row in theirs]:
        return Finding(what, f"shapes {[list(row.shape) for row in ours]} and {[list(row.shape) for row in theirs]}", False)
    found = compared(ours, theirs)
    if not found.numbers:
        return Finding(what, "nothing was compared: the reference answers with no finite number", False)
    told = f"largest relative difference {found.difference:.1e}"
    if found.difference > LIMIT:
        # Where a maximum stood says which place is taken: two that are nearly equal change with a rounding, and the answer leaps.
        rounded = [row * (1 + ROUNDING) if row.is_floating_point() else row for row in images]
        with torch.no_grad():
            leap = compared(tensors(reference(*rounded)), theirs).difference
        if found.difference <= 2 * leap:
            return Finding(what, f"{told}; the reference's own answer changes by {leap:.1e} where its input is rounded otherwise", True)
    return Finding(what, told, found.difference <= LIMIT)


def tensors(answer: object) -> list[Tensor]:
    """The tensors of an answer, in order: one, those of a tuple, of a dictionary, of a record, or of such in each other."""
    from .importer.returned import outputs

    return [tensor for _, tensor in outputs(answer)]


# --------------------------------------------------------------------------------------------- references


def reference_module(against: str, graph: Graph) -> nn.Module:
    """Another library's module, or one that a person's own code makes, in evaluation mode, with weights as they start there.

    Raises `ArchError`: F618 for a word that names no such module; F616, F651 where it cannot be made.
    """
    if is_file(against) or of_one_network(against) is not None:
        told = f"`{against}` is a file, and what it holds takes its own sizes alone"
        raise _no_reference(
            against, told, f"name what makes the model, `my_net.py:Net`; `archc import {against} --against FILE.arch` compares a text"
        )
    if not is_source(against):
        raise _no_reference(
            against, f"`{against}` names no reference", "write `torchvision:resnet50`, `timm:resnet50` or, of your own, `my_net.py:Net`"
        )
    from .importer.sources import model_of

    return model_of(against, shapes=[node.shape for node in graph.inputs], filled=True).module


def _no_reference(against: str, message: str, help: str) -> ArchError:
    return ArchError((Diagnostic("F618", message, Label(Source("--against", against).span(0, len(against))), help=help),))
