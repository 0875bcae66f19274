"""The gradients that are alive during a backward pass."""

from __future__ import annotations

from collections.abc import Sequence

from ..ops.strides import Layout


class Gradients:
    """The gradients of tensors that are alive: which storage each lies in and how, and how many share it."""

    def __init__(self) -> None:
        self.of: dict[int, tuple[int, Layout]] = {}
        self.sizes: list[int] = []
        self.shares: list[int] = []

    def storage(self, size: int) -> int:
        self.sizes.append(size)
        self.shares.append(1)
        return len(self.sizes) - 1

    def share(self, storage: int) -> int:
        self.shares[storage] += 1
        return storage

    def release(self, storage: int) -> int:
        """Bytes that become free."""
        self.shares[storage] -= 1
        return self.sizes[storage] if self.shares[storage] == 0 else 0

    def freed_by_sum(self, own: int, inputs: Sequence[int]) -> int:
        """Bytes that are free when to the gradient of the one input another is added, beside that of the output, which is let go of."""
        if len(inputs) != 1 or inputs[0] not in self.of:
            return 0
        storage = self.of[inputs[0]][0]
        return self.sizes[storage] if self.shares[storage] == (2 if storage == own else 1) else 0

    def waits(self, node: int) -> bool:
        """Whether there is a gradient of it already that nothing else holds."""
        return node in self.of and self.shares[self.of[node][0]] == 1

    def take(self, node: int) -> int:
        return self.release(self.of.pop(node)[0])
