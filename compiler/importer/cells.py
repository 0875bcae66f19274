"""Images that are cut into cells by views, as einops and hands do it: pools, larger images, pixels dealt to channels and back."""

from __future__ import annotations

from .chains import chains, replace
from .flat_steps import Flat, Plain
from .tables import one

POOLS = {"max": "maxpool", "mean": "avgpool"}

Shape = tuple[int, ...]


def cells(flat: Flat) -> None:
    """Change the list in place."""
    _pools(flat)
    shapes = flat.shapes()
    for first, wider, last in chains(flat, "reshape", "expand", "reshape"):
        times = _repeated(shapes[first.inputs[0]], first.shape, wider.shape, last.shape)
        if times is not None:
            replace(flat, [first, wider, last], "upsample", {"scale": times, "mode": "nearest", "align_corners": False})
    for first, turn, last in chains(flat, "reshape", "permute", "reshape"):
        whole, cut, order, made = shapes[first.inputs[0]], first.shape, turn.arguments["order"], last.shape
        if len(whole) != 3 or len(cut) != 5:
            continue
        if (
            order == [0, 3, 1, 4, 2]
            and cut[3:] == whole[1:]
            and made == (cut[0], cut[1] * cut[3], cut[2] * cut[4])
            and cut[1] == cut[2] > 1
        ):
            replace(flat, [first, turn, last], "pixel_shuffle", {"factor": cut[1]})
        elif order == [0, 2, 4, 1, 3] and made == (cut[0] * cut[2] * cut[4], cut[1], cut[3]) and _cut(whole, cut) and cut[2] == cut[4] > 1:
            replace(flat, [first, turn, last], "pixel_unshuffle", {"factor": cut[2]})


def _pools(flat: Flat) -> None:
    """The largest, or the mean, of each cell: of an image that is cut, whose axes may be turned before."""
    shapes = flat.shapes()
    for operations in (("reshape", "permute", "reduce"), ("reshape", "reduce")):
        for chain in chains(flat, *operations):
            first, last = chain[0], chain[-1]
            kernel = _cut(shapes[first.inputs[0]], first.shape)
            pool = POOLS.get(str(last.arguments["by"]))
            if kernel is None or pool is None or last.arguments["keep"] or max(kernel) == 1:
                continue
            rank = len(first.shape)
            order = _numbers(chain[1].arguments["order"]) if len(chain) == 3 else [*range(rank)]
            gone = sorted(order[axis] for axis in _numbers(last.arguments["axis"]))
            left = [axis for place, axis in enumerate(order) if axis not in gone]
            if gone == [*range(2, rank, 2)] and left == [0, *range(1, rank, 2)]:
                size = one(kernel)
                arguments: dict[str, Plain] = {"kernel": size, "stride": size, "pad": 0, "ceil": False}
                arguments |= {"dilation": 1} if pool == "maxpool" else {"count_pad": True}
                replace(flat, chain, pool, arguments)


def _cut(whole: Shape, cut: Shape) -> tuple[int, ...] | None:
    """The sides of the cells, where each axis but the channels' is cut into cells of some."""
    if len(cut) != 2 * len(whole) - 1 or len(whole) < 2 or whole[0] != cut[0]:
        return None
    counts, sides = cut[1::2], cut[2::2]
    return tuple(sides) if all(size == count * side for size, count, side in zip(whole[1:], counts, sides, strict=True)) else None


def _repeated(whole: Shape, cut: Shape, wider: Shape, made: Shape) -> Plain:
    """How many times larger each side becomes, as each value stands beside itself."""
    if _cut(whole, cut) is None or set(cut[2::2]) != {1} or cut[:1] + cut[1::2] != wider[:1] + wider[1::2]:
        return None
    times = tuple(wider[2::2])
    if max(times) == 1 or tuple(made[1:]) != tuple(size * count for size, count in zip(whole[1:], times, strict=True)):
        return None
    return one(times)


def _numbers(value: Plain) -> list[int]:
    assert isinstance(value, int | list | tuple)
    return [value] if isinstance(value, int) else [int(item) for item in value]
