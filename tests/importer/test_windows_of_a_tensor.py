"""`Tensor.unfold` by the names of its arguments, as PatchTST calls it; and a call in a form that no table knows is refused, not a fault."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .same import imported


class Patched(nn.Module):
    def __init__(self, named: bool) -> None:
        super().__init__()
        self.fc, self.named = nn.Linear(8, 6), named

    def forward(self, x: Tensor) -> Tensor:
        x = x.transpose(-1, -2)
        x = x.unfold(dimension=-1, size=8, step=4) if self.named else x.unfold(-1, 8, 4)
        return self.fc(x)  # type: ignore[no-any-return]


def test_windows_along_an_axis_by_position_or_name() -> None:
    for named in (False, True):
        imported(Patched(named), [torch.rand(2, 24, 3)], [torch.rand(3, 24, 3)])
