"""Padding that PyTorch's own arguments cannot say: sides that differ, and TensorFlow's `same` under a stride.

The texts are classes for the generated code. They keep the names and shapes of PyTorch's own weights.
"""

from __future__ import annotations

SAME = '''def same_padding(size: int, kernel: int, stride: int, dilation: int) -> int:
    """How much TensorFlow's `same` adds to an axis: its output is the size over the stride, rounded up."""
    return max((size - 1) // stride * stride + dilation * (kernel - 1) + 1 - size, 0)
'''

_AXES = {1: ("wide",), 2: ("tall", "wide"), 3: ("deep", "tall", "wide")}


def _measure(rank: int) -> str:
    """The lines that compute `same`'s padding, and the list for `F.pad` (the last axis first)."""
    lines = [
        f"        {name} = same_padding(x.shape[{axis + 2}], self.kernel_size[{axis}], self.stride[{axis}], self.dilation[{axis}])\n"
        for axis, name in enumerate(_AXES[rank])
    ]
    return "".join(lines)


def pad_same(rank: int) -> str:
    """The lines of a `forward` that pad `x` as TensorFlow's `same` does."""
    return f"{_measure(rank)}        x = F.pad(x, {_list(rank)})\n"


def _list(rank: int) -> str:
    return "[" + ", ".join(f"{name} // 2, {name} - {name} // 2" for name in reversed(_AXES[rank])) + "]"


def same_conv(rank: int) -> tuple[str, ...]:
    """`SamePadConv2d`, after the function that it calls."""
    return (
        SAME,
        f'''class SamePadConv{rank}d(nn.Conv{rank}d):
    """A convolution that pads as TensorFlow's `same` does: by the input's size, the odd one at the end."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
{_measure(rank)}        x = F.pad(x, {_list(rank)})
        return self._conv_forward(x, self.weight, self.bias)
''',
    )


def side_conv(rank: int) -> tuple[str, ...]:
    """`SidePadConv2d`: `pads` is in the order of `F.pad`."""
    size = "int" if rank == 1 else f"int | tuple[{', '.join(['int'] * rank)}]"
    return (
        f'''class SidePadConv{rank}d(nn.Conv{rank}d):
    """A convolution with a padding of its own for each side, in the order of `F.pad`: the last axis first."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: {size},
        pads: tuple[int, ...],
        stride: {size} = 1,
        dilation: {size} = 1,
        groups: int = 1,
        bias: bool = True,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, 0, dilation, groups, bias)
        self.pads = list(pads)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._conv_forward(F.pad(x, self.pads), self.weight, self.bias)
''',
    )


def _pool_init(rank: int, pads: bool) -> str:
    size = f"tuple[{', '.join(['int'] * rank)}]"
    ones = "(" + "1, " * (rank - 1) + ("1)" if rank > 1 else "1,)")
    third = ", pads: tuple[int, ...]" if pads else ""
    keep = "        self.pads = list(pads)\n" if pads else ""
    return f"""    def __init__(self, kernel_size: {size}, stride: {size}{third}, dilation: {size} = {ones}) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride
        self.dilation = dilation
{keep}"""


def pool_class(kind: str, rank: int, same: bool, count_pad: bool) -> str:
    """The name of the class that pads and pools: `SamePadMaxPool2d`, `SidePadAvgPool2dWithoutPad`."""
    suffix = "" if kind == "Max" or count_pad else "NoCount"
    return f"{'Same' if same else 'Side'}Pad{kind}Pool{rank}d{suffix}"


def pool(kind: str, rank: int, same: bool, count_pad: bool) -> tuple[str, ...]:
    """A pool with a padding of its own for each side. What a maximum pads is smaller than everything."""
    name = pool_class(kind, rank, same, count_pad)
    told = "as TensorFlow's `same` does" if same else "each side by its own number, in the order of `F.pad`"
    pads = "pads" if same else "self.pads"
    if kind == "Max":
        doc = f"A max pool that pads {told}; no maximum is in the padding."
        body = (
            f'        x = F.pad(x, {pads}, value=float("-inf"))\n'
            f"        return F.max_pool{rank}d(x, self.kernel_size, self.stride, 0, self.dilation)\n"
        )
    elif count_pad:
        doc = f"An average pool that pads {told}, and counts the padding."
        body = f"        return F.avg_pool{rank}d(F.pad(x, {pads}), self.kernel_size, self.stride)\n"
    else:
        doc = f"An average pool that pads {told}, and averages over what is not padding."
        body = (
            f"        ones = F.pad(torch.ones_like(x[:1, :1]), {pads})\n"
            f"        x = F.avg_pool{rank}d(F.pad(x, {pads}), self.kernel_size, self.stride)\n"
            f"        return x / F.avg_pool{rank}d(ones, self.kernel_size, self.stride)\n"
        )
    measure = _measure(rank) + f"        pads = {_list(rank)}\n" if same else ""
    text = f'''class {name}(nn.Module):
    """{doc}"""

{_pool_init(rank, not same)}
    def forward(self, x: torch.Tensor) -> torch.Tensor:
{measure}{body}'''
    return (SAME, text) if same else (text,)
