"""A weight as the processor wants it."""

import torch
from torch import nn


class Packed(nn.Module):
    """A weight in the order in which the processor reads it: made when it is first needed, and left out of saved files.

    `shape` is the input's that it was made for. Another order is as right but slow, so that another shape packs anew.
    """

    tensor: torch.Tensor
    shape: list[int]

    def __init__(self) -> None:
        super().__init__()
        self.tensor = torch.empty(0)
        self.shape = []

    @torch.jit.export
    def __getstate__(self) -> tuple[bool]:
        return (self.training,)

    @torch.jit.export
    def __setstate__(self, state: tuple[bool]) -> None:
        self.training = state[0]
        self.tensor = torch.empty(0)
        self.shape = torch.jit.annotate(list[int], [])

    def keep(self, tensor: torch.Tensor, shape: list[int]) -> None:
        # A block just under 32 MB that is let go untouched: from then on glibc keeps up to 64 MB of what is freed. Left to
        # itself it may give the tensors of every layer back to the system and ask for them anew, a tenth of a network's time.
        # The second is asked for while the first is held: what was free before may hold one of them, and glibc learns nothing by it.
        self.tensor = torch.empty(8380000)
        self.tensor = torch.empty(8380000)
        self.tensor = tensor
        self.shape = shape


def each_axis(size: int | tuple[int, ...], axes: int = 2) -> list[int]:
    """A size for each axis of an image, or of a volume."""
    return [size] * axes if isinstance(size, int) else list(size)
