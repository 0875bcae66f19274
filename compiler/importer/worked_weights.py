"""Layers whose weights are worked out at each run: standardised filters, norms of weights, and the fixed filter that blurs."""

from __future__ import annotations

from math import comb, prod

import torch

from .fixed_values import Values
from .flat_steps import Plain, Step
from .traced import Ref

EPS = (1e-6, 1e-5, 1e-8, 1e-10)


def standardised(values: Values, weight: Ref) -> tuple[str, dict[str, Plain]] | None:
    """The module whose filters are standardised, with what `std_conv` must be told; None where they are something else."""
    leaves = values.leaves(weight.number)
    owners = {key.rpartition(".")[0] for key in leaves}
    names = {key.rpartition(".")[2]: number for key, number in leaves.items()}
    if len(owners) != 1 or set(names) not in ({"weight"}, {"weight", "gain"}):
        return None
    shape = values.trace.values[names["weight"]].shape
    if values.trace.values[weight.number].shape != shape:
        return None
    generator = torch.Generator().manual_seed(0)
    # Small numbers, so that what is added to the variance is seen.
    probe = 0.01 * torch.randn(shape, generator=generator, dtype=torch.float64)
    probes = {names["weight"]: probe}
    gain = torch.ones(shape[0], *[1] * (len(shape) - 1), dtype=torch.float64)
    if "gain" in names:
        gain = 0.5 + torch.rand(values.trace.values[names["gain"]].shape, generator=generator, dtype=torch.float64)
        probes[names["gain"]] = gain
    found = values.of(weight.number, probes).double()
    rows = list(range(1, len(shape)))
    bare = probe - probe.mean(rows, keepdim=True)
    for eps in EPS:
        wanted = bare / (probe.var(rows, unbiased=False, keepdim=True) + eps).sqrt()
        if "gain" not in names:
            if torch.allclose(found, wanted, rtol=1e-5):
                return owners.pop(), {"eps": eps}
            continue
        wanted = wanted * gain * prod(shape[1:]) ** -0.5
        gamma = float(found.flatten()[0] / wanted.flatten()[0])
        if torch.allclose(found, wanted * gamma, rtol=1e-5):
            return owners.pop(), {"eps": eps, "gain": True, "gamma": float(f"{gamma:.10g}")}
    return None


def normed(values: Values, weight: Ref, layer: str) -> tuple[str, str] | None:
    """The operation, a `layer` whose weight has a norm of its own, and the module; None where it is something else."""
    leaves = values.leaves(weight.number)
    owners = {key.rpartition(".")[0] for key in leaves}
    names = {key.rpartition(".")[2]: number for key, number in leaves.items()}
    if len(owners) != 1:
        return None
    (owner,) = owners
    generator = torch.Generator().manual_seed(0)
    probes = {number: torch.randn(values.trace.values[number].shape, generator=generator, dtype=torch.float64) for number in names.values()}
    if set(names) == {"weight_g", "weight_v"}:
        length, way = (probes[names[name]] for name in ("weight_g", "weight_v"))
        rows = list(range(1, way.dim()))
        wanted, norm = way * (length / way.square().sum(rows, keepdim=True).sqrt()), "weight_norm"
    elif set(names) == {"weight_orig"}:
        matrix = probes[names["weight_orig"]]
        left, right = (getattr(values.modules[owner], name, None) for name in ("weight_u", "weight_v"))
        if not isinstance(left, torch.Tensor) or not isinstance(right, torch.Tensor):
            return None
        outputs = (matrix.transpose(0, 1) if layer == "deconv" else matrix).flatten(1)
        if left.is_meta or left.shape != outputs.shape[:1] or right.shape != outputs.shape[1:]:
            return None
        # The vectors are the module's, single as they are.
        probes = {number: probe.float() for number, probe in probes.items()}
        wanted, norm = matrix / (left.double() @ (outputs @ right.double())), "spectral_norm"
    else:
        return None
    found = values.of(weight.number, probes).double()
    return (f"{norm}_{layer}", owner) if found.shape == wanted.shape and torch.allclose(found, wanted, rtol=1e-4) else None


def blurring(values: Values, weight: Ref, before: Step | None, stride: int, groups: int) -> dict[str, Plain] | None:
    """The arguments of the `blur_pool` that a padding and a convolution are; None where they are something else."""
    filters = values.of(weight.number)
    kernel = filters.shape[-1]
    if before is None or before.operation != "pad" or before.arguments.get("value") or filters.shape[:2] != (groups, 1) or kernel < 2:
        return None
    row = torch.tensor([comb(kernel - 1, place) / 2 ** (kernel - 1) for place in range(kernel)])
    wanted = row
    for _ in range(filters.dim() - 3):
        wanted = wanted[..., None] * row
    if set(filters.shape[2:]) != {kernel} or not torch.allclose(filters, wanted.expand_as(filters), atol=1e-6):
        return None
    if before.arguments["sides"] != (stride + kernel - 2) // 2:
        return None
    return {"kernel": kernel, "stride": stride, "pad_mode": before.arguments["mode"]}
