"""Modules to compare: archc's, from the source that it writes, and the reference's, with weights that are worth comparing."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from archc.compiler import driver
from archc.compiler.codegen import pytorch
from tests.conformance import reference


@contextmanager
def generated(name: str, **settings: object) -> Iterator[type[nn.Module]]:
    """The class that archc writes for a shipped network, imported as anyone would import it (TorchScript reads its file)."""
    graph = driver.compile(name, settings=settings).graph
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"generated_{name}.py"
        path.write_text(pytorch.to_python(graph), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        try:
            spec.loader.exec_module(module)
            found = getattr(module, pytorch.class_name(graph))
            assert isinstance(found, type) and issubclass(found, nn.Module)
            yield found
        finally:
            sys.modules.pop(path.stem, None)


def empty(made: type[nn.Module]) -> nn.Module:
    """An instance without storage, as far as a state_dict is assigned to it: what is fixed comes with the module."""
    with torch.device("meta"):
        found = made()
    return made() if {name for name, _ in found.named_buffers()} - set(found.state_dict()) else found


def shake(module: nn.Module) -> nn.Module:
    """Batch-norm statistics, and whatever starts at zero, made different from where they start: else half the keys would not matter."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, buffer in module.named_buffers():
            if name.endswith("running_mean"):
                buffer.normal_(0, 0.1, generator=generator)
            if name.endswith("running_var"):
                buffer.uniform_(0.5, 1.5, generator=generator)
        for parameter in module.parameters():
            if parameter.ndim == 1 or not parameter.any():
                parameter += torch.empty_like(parameter).uniform_(-0.2, 0.2, generator=generator)
    return module


def pair(name: str, made: type[nn.Module]) -> tuple[nn.Module, nn.Module]:
    """archc's module and the reference, on the same tensors; archc's took the reference's state_dict, strictly."""
    torch.manual_seed(0)
    theirs = shake(reference.build(name))
    ours = empty(made)
    ours.load_state_dict(theirs.state_dict(), strict=True, assign=True)
    return ours, reference.answering(name, theirs)


def part_buffers(module: nn.Module) -> None:
    """Buffers of its own for a module that shares its tensors with the reference: a training step changes those, and no parameter."""
    state = module.state_dict()
    state |= {key: value.clone() for key, value in module.named_buffers() if key in state}
    module.load_state_dict(state, strict=True, assign=True)


def gradients(module: nn.Module, total: Callable[[], Tensor]) -> dict[str, Tensor]:
    """The gradient of `total()` by each parameter."""
    total().backward()  # type: ignore[no-untyped-call]
    found = {key: parameter.grad for key, parameter in module.named_parameters() if parameter.grad is not None}
    module.zero_grad(set_to_none=True)
    return found


def check_gradients(module: nn.Module, total: Callable[[], Tensor], check: Callable[[str, Tensor], None]) -> set[str]:
    """Each gradient is checked as soon as it is there, and freed: a network's gradients take as much memory as its weights. Whose there were."""
    seen = set()
    for key, parameter in module.named_parameters():

        def arrived(parameter: Tensor, key: str = key) -> None:
            assert parameter.grad is not None
            seen.add(key)
            check(key, parameter.grad)
            parameter.grad = None

        if parameter.requires_grad:
            parameter.register_post_accumulate_grad_hook(arrived)
    total().backward()  # type: ignore[no-untyped-call]
    return seen


def values(answer: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """What a network answers, as a tuple."""
    return tuple(answer) if isinstance(answer, tuple) else (answer,)


def difference(one: Tensor | tuple[Tensor, ...], other: Tensor | tuple[Tensor, ...]) -> float:
    """The largest difference, relative to the largest value."""
    ones, others = values(one), values(other)
    assert [item.shape for item in ones] == [item.shape for item in others]
    return max(float((a - b).abs().max() / b.abs().max()) for a, b in zip(ones, others, strict=True))
