"""Places of an axis that a model takes in an order of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import archc


class Ordered(nn.Module):
    def __init__(self, take: Callable[[Tensor, Tensor], Tensor], order: list[int]) -> None:
        super().__init__()
        self.fc, self.take = nn.Linear(4, 4), take
        self.register_buffer("order", torch.tensor(order))

    def forward(self, x: Tensor) -> Tensor:
        return self.take(self.fc(x), self.order).relu()  # type: ignore[arg-type]


def picked(x: Tensor, order: Tensor) -> Tensor:
    return x[:, order]


def last(x: Tensor, order: Tensor) -> Tensor:
    return x[..., order]


def selected(x: Tensor, order: Tensor) -> Tensor:
    return x.index_select(1, order)


def gathered(x: Tensor, order: Tensor) -> Tensor:
    return x.gather(1, order[None, :, None].expand(x.shape[0], -1, x.shape[2]))


def along(x: Tensor, order: Tensor) -> Tensor:
    return torch.take_along_dim(x, order.view(1, -1, 1).expand(x.shape[0], -1, x.shape[2]), 1)


def listed(x: Tensor, _: Tensor) -> Tensor:
    return x[:, [2, 0, 3]]


@pytest.mark.parametrize(
    ("take", "order", "said"),
    [
        (picked, [5, 4, 3, 2, 1, 0], "flip("),
        (picked, [0, 2, 4], "step = 2"),
        (picked, [0, 3, 1, 4, 2, 5], "concat("),
        (picked, [-1, 0, 0, 2], "concat("),
        (picked, [3], "slice("),
        (last, [3, 1, 0], "concat("),
        (selected, [1, 2, 3], "slice("),
        (gathered, [4, 0, 1], "concat("),
        (along, [4, 5], "slice("),
        (listed, [0], "concat("),
        (picked, [0, 1, 2, 3, 4, 5], "relu"),
    ],
)
def test_an_order_that_is_the_same_for_every_input_is_slices_side_by_side(
    take: Callable[[Tensor, Tensor], Tensor], order: list[int], said: str
) -> None:
    module = Ordered(take, order).eval()
    text = archc.from_module(module, torch.zeros(2, 6, 4))
    assert said in text
    state = {key: value for key, value in module.state_dict().items() if key != "order"}
    made = archc.load(text, weights=state).eval()
    given = torch.rand(3, 6, 4)
    with torch.no_grad():
        torch.testing.assert_close(made(given), module(given))


def chosen(x: Tensor, _: Tensor) -> Tensor:
    return x.gather(1, x.argsort(1))


def differently(x: Tensor, _: Tensor) -> Tensor:
    places = torch.tensor([[[0, 1, 2, 3], [1, 2, 3, 0]]])
    return x.gather(1, places.expand(x.shape[0], -1, -1))


@pytest.mark.parametrize(
    ("take", "told"),
    [
        (chosen, "places that the numbers of a tensor choose"),
        (differently, "other places in each row"),
        (lambda x, order: x[:, order, 1], "something else"),
        (lambda x, order: x[:, order.view(2, 3)], "several axes"),
    ],
)
def test_an_order_that_no_slices_say_is_refused(take: Callable[[Tensor, Tensor], Tensor], told: str) -> None:
    with pytest.raises(archc.ArchError) as error:
        archc.from_module(Ordered(take, [0, 5, 1, 4, 2, 3]), torch.zeros(2, 6, 4))
    rows = error.value.diagnostics
    assert [row.code for row in rows] == ["F653"]
    assert any(told in note for note in rows[0].notes)
