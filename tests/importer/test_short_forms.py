"""Functions of PyTorch's that are short forms of others, and products that `einsum` spells in its own ways."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .same import imported


class Formed(nn.Module):
    """Two dense layers, and a function of what they answer."""

    def __init__(self, form: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.one, self.two, self.form = nn.Linear(6, 6), nn.Linear(6, 6), form

    def forward(self, x: Tensor) -> Tensor:
        return self.form(self.one(x), self.two(x))


FORMS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "logsumexp": lambda a, b: torch.logsumexp(a, -1) * b.sum(-1),
    "logsumexp, kept": lambda a, b: a - a.logsumexp((1, 2), keepdim=True) + b,
    "logaddexp": torch.logaddexp,
    "logsigmoid": lambda a, b: F.logsigmoid(a) + b,
    "softmin": lambda a, b: F.softmin(a, dim=-1) + b,
    "softsign": lambda a, b: F.softsign(a) + nn.Softsign()(b),
    "tanhshrink": lambda a, b: F.tanhshrink(a) + b,
    "softshrink": lambda a, b: F.softshrink(a, 0.2) + nn.Softshrink()(b),
    "logit": lambda a, b: torch.logit(torch.sigmoid(a)) + torch.special.logit(torch.sigmoid(b), 0.1),
    "powers and logarithms": lambda a, b: torch.exp2(a) + torch.log2(b.exp()) + torch.log10(b.exp()),
    "tan": lambda a, b: torch.tan(0.1 * a) + b,
    "hypot": torch.hypot,
    "lerp": lambda a, b: torch.lerp(a, b, torch.sigmoid(a)),
    "addcmul": lambda a, b: torch.addcmul(a, a, b, value=0.5),
    "addcdiv": lambda a, b: torch.addcdiv(a, a, b.exp(), value=0.5) + torch.addcdiv(a, b, a.exp()),
    "cdist": lambda a, b: torch.cdist(a, b) + torch.cdist(a, b, p=1.0),
    "normalize": lambda a, b: F.normalize(a, p=1.0, dim=-1) + b,
    "norms": lambda a, b: a.norm(p=1, dim=-1) + torch.linalg.vector_norm(b, ord=float("inf"), dim=-1),
    "broadcast_to": lambda a, b: a + torch.broadcast_to(b[:, :1], a.shape),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_short_form_is_what_it_stands_for(form: Callable[[Tensor, Tensor], Tensor]) -> None:
    imported(Formed(form), [torch.rand(2, 4, 6)], [torch.randn(3, 4, 6)])


class Spelled(nn.Module):
    def __init__(self, pattern: str, *others: tuple[int, ...]) -> None:
        super().__init__()
        self.pattern, self.fc = pattern, nn.Linear(6, 6)
        self.others = nn.ParameterList([nn.Parameter(torch.randn(shape)) for shape in others])

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum(self.pattern, self.fc(x), *self.others)


@pytest.mark.parametrize(
    ("pattern", "others"),
    [
        ("...i,ij->...j", [(6, 3)]),
        ("...ij,jk", [(6, 3)]),
        ("...ij,...jk->...ik", [(6, 3)]),
        ("...ij,...jk->...ik", [(1, 6, 3)]),
        ("bij,jk,kl->bil", [(6, 3), (3, 5)]),
        ("b i j, h j d, h d k -> b h i k", [(2, 6, 3), (2, 3, 5)]),
        ("bij,ijk->bik", [(1, 6, 3)]),
        ("bij,ik->bik", [(4, 3)]),
        ("bij->bji", []),
        ("bijk->bk", []),
        ("bijk->bki", []),
    ],
)
def test_a_product_is_said_however_it_is_spelled(pattern: str, others: list[tuple[int, ...]]) -> None:
    size = (4, 6) if "k" not in pattern.partition("->")[0] or others else (4, 3, 6)
    imported(Spelled(pattern, *others), [torch.rand(2, *size)], [torch.randn(3, *size)])


class Inner(nn.Module):
    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.fc, self.table = nn.Linear(6, 6), nn.Parameter(torch.randn(shape))

    def forward(self, x: Tensor) -> Tensor:
        return torch.inner(self.fc(x), self.table)


@pytest.mark.parametrize("shape", [(6,), (3, 6)])
def test_inner_is_a_product_with_a_table_or_a_vector(shape: tuple[int, ...]) -> None:
    imported(Inner(*shape), [torch.rand(2, 4, 6)], [torch.randn(3, 4, 6)])
