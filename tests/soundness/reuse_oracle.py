"""What PyTorch makes of programs that use steps again. Written from docs/language.md: a use again runs the same text with the same modules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from .oracle import Refused, Stricter
from .reuse_programs import Each, Layer, Merge, Part, Plain, Repeat, ReuseProgram, Skip, Step

PLAIN = {
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "gelu": nn.functional.gelu,
    "dropout(0.5)": lambda x: x,
    "maxpool(3, stride = 1, pad = 1)": lambda x: nn.functional.max_pool2d(x, 3, 1, 1),
    "identity": lambda x: x,
}


@dataclass(slots=True)
class Made:
    """What a label stands for. `again` is the step with the labels that it saw and the modules that it ran; None for an input."""

    tensor: Tensor
    members: dict[str, Made] = field(default_factory=dict)
    again: tuple[Step, dict[str, Made], list[nn.Module]] | None = None


class LayerScale(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.rand(channels, 1, 1) + 0.5)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


@dataclass(slots=True)
class Run:
    """One run of a body. `modules` notes what is run, in order; where `given` is there, these modules are taken instead of new ones."""

    state: dict[str, Tensor]
    labels: dict[str, Made]
    key: tuple[str, ...]
    modules: list[nn.Module]
    given: Iterator[nn.Module] | None = None
    members: dict[str, Made] = field(default_factory=dict)
    rounds: list[int] = field(default_factory=lambda: [0])
    loops: list[int] = field(default_factory=lambda: [0])

    def body(self, steps: Sequence[Step], x: Tensor) -> Tensor:
        for step in steps:
            x = self.step(step, x)
        return x

    def inside(self, *names: str) -> Run:
        return Run(self.state, dict(self.labels), (*self.key, *names), self.modules, self.given)

    def note(self, label: str, made: Made) -> None:
        self.labels[label] = self.members[label] = made

    def find(self, path: tuple[str, ...]) -> Made:
        found = self.labels[path[0]]
        for name in path[1:]:
            found = found.members[name]
        return found

    def step(self, step: Step, x: Tensor) -> Tensor:
        if isinstance(step, Plain):
            return PLAIN[step.text](x)
        if isinstance(step, Skip):
            return self.find(step.path).tensor if step.path else x
        if isinstance(step, Repeat):
            if not self.key:  # each loop of the network's own body has a container
                self.loops[0] += 1
                name = "blocks" if self.loops[0] == 1 else f"blocks{self.loops[0]}"
                for number in range(step.count):
                    x = self.inside(name, str(number)).body(step.body, x)
                return x
            for _ in range(step.count):
                self.rounds[0] += 1
                x = self.inside(str(self.rounds[0] - 1)).body(step.body, x)
            return x
        if isinstance(step, Each):
            for layer in step.layers():
                x = torch.relu(self.step(layer, x))
            return x
        if isinstance(step, Part) and step.kind == "aux":
            self.inside(step.label).body(step.body, x)  # it must run; what it makes only training knows
            return x
        if isinstance(step, Layer | Part | Merge):
            before, start = dict(self.labels), len(self.modules)
            x, members = self.named(step, x)
            if step.label:
                self.note(step.label, Made(x, members, (step, before, self.modules[start:])))
            return x
        used = self.find(step.path)
        if used.again is None:
            raise Stricter("an input or a use of what is none")
        text, labels, modules = used.again
        # Inside a use again the modules of the first use are at hand in any case, and are the same.
        given = iter(modules) if self.given is None else self.given
        again = Run(self.state, dict(labels), (), self.modules, given)
        assert isinstance(text, Layer | Part | Merge)
        x, members = again.named(text, x)
        if step.label:
            self.note(step.label, Made(x, members, used.again))
        return x

    def named(self, step: Layer | Part | Merge, x: Tensor) -> tuple[Tensor, dict[str, Made]]:
        if isinstance(step, Layer):
            return self.layer(step, x), {}
        if isinstance(step, Part):
            inner = self.inside(step.label)
            if step.kind == "block":
                inner.labels = {}  # a block sees its own labels alone
            return inner.body(step.body, x), inner.members
        ends = [self.body(path, x) for path in step.paths]
        if step.body:
            inner = self.inside(step.label)
            inner.labels = {"x": Made(ends[0]), "y": Made(ends[1])}
            return inner.body(step.body, ends[0]), inner.members
        if step.head == "concat":
            if ends[0].shape[2:] != ends[1].shape[2:]:
                raise Refused("sizes differ")
            return torch.cat(ends, dim=1), {}
        one, two = ends
        if one.shape != two.shape:
            stretches = all(a == b or 1 in (a, b) for a, b in zip(one.shape, two.shape, strict=True))
            raise Stricter("a silent broadcast") if stretches else Refused("shapes differ")
        return {"add": torch.add, "mul": torch.mul, "maximum": torch.maximum}[step.head](one, two), {}

    def layer(self, step: Layer, x: Tensor) -> Tensor:
        if self.given is not None:
            module = next(self.given)
        else:
            module = fresh(step, x.shape[1])
            bare = isinstance(module, LayerScale)
            key = ".".join((*self.key, step.label))
            self.state.update({key if bare else f"{key}.{name}": value for name, value in module.state_dict().items()})
        self.modules.append(module)
        try:
            answer = module(x)
        except RuntimeError as error:
            raise Refused(str(error)) from None
        assert isinstance(answer, Tensor)
        return answer


def fresh(step: Layer, channels: int) -> nn.Module:
    if step.name == "conv":
        width, kernel = step.numbers
        return nn.Conv2d(channels, width, kernel, padding=kernel // 2)
    if step.name == "bn":
        norm = nn.BatchNorm2d(channels).eval()
        nn.init.uniform_(norm.weight)
        nn.init.uniform_(norm.bias)
        assert norm.running_mean is not None and norm.running_var is not None
        norm.running_mean.uniform_()
        norm.running_var.uniform_(0.5, 1.5)
        return norm
    return nn.PReLU(channels) if step.name == "prelu" else LayerScale(channels)


def run(program: ReuseProgram, inputs: Sequence[Tensor]) -> tuple[list[Tensor], dict[str, Tensor]]:
    """The outputs, and every weight under its key; `Refused` or `Stricter`."""
    torch.manual_seed(0)
    with torch.no_grad():
        run = Run({}, {}, (), [])
        for (name, _), tensor in zip(program.inputs, inputs, strict=True):
            run.note(name, Made(tensor))
        last = run.body(program.body, inputs[0])
        return ([run.find(path).tensor for path in program.outputs] or [last]), run.state
