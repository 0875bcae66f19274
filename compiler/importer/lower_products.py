"""Products of matrices: two that flow, or one by a learned tensor, as dense layers are that keep their weights in another way."""

from __future__ import annotations

from dataclasses import replace

from .known import Data
from .lower import Lowering, bind, lowers
from .lower_arithmetic import summed, times
from .lower_fixed import beside
from .lower_reductions import reduce
from .lower_shapes import permute
from .traced import Call, Ref
from .unsaid import Unsaid, across


@lowers("matmul", "bmm", "mm", "mv", "dot")
def matmul(low: Lowering, call: Call) -> None:
    one, two = (low.data(item) for item in call.arguments[:2])
    _told(low, call, _product(low, one, two, low.result(call)))


@lowers("addmm", "baddbmm")
def addmm(low: Lowering, call: Call) -> None:
    """A product of matrices that something is added to: what GPT-2 has for dense layers, and older attention for its logits."""
    row = bind(call, "input mat1 mat2", beta=1, alpha=1)
    one, two = (low.data(row.get(name, row.get(other))) for name, other in (("mat1", "batch1"), ("mat2", "batch2")))
    made = low.result(call)
    product = times(low, _product(low, one, two, made), row["alpha"])
    assert isinstance(product, Data)
    if row["beta"] == 0:  # whatever is in it, numbers that are none included
        _told(low, call, product)
        return
    addend = times(low, low.data(row["input"]), row["beta"])
    assert isinstance(addend, Data)
    low.emit(call, *summed(product, _addend(low, addend, made)))


def dense(low: Lowering, call: Call, data: Data, weight: Ref, bias: Ref | None) -> None:
    """A dense layer whose weight is a learned tensor of its own, or made of some."""
    table, made = low.data(weight), low.result(call)
    turned = low.step("permute", {"order": [1, 0]}, table, table.shape[::-1]) if len(table.shape) > 1 else table
    if not table.alone:
        raise Unsaid("a weight that is computed from others")
    product = _product(low, data, turned, made)
    if bias is None:
        _told(low, call, product)
    else:
        low.emit(call, *summed(product, _addend(low, low.data(bias), made)))


def _addend(low: Lowering, data: Data, made: Data) -> Data:
    """What is added to a product, with as many axes."""
    return low.of_rank(data, len(made.bare)) if made.alone else beside(low, data, made)


def _told(low: Lowering, call: Call, product: Data) -> None:
    low.tell(call.results[0].number, product)


def _product(low: Lowering, one: Data, two: Data, made: Data) -> Data:
    """The product as steps that the trace does not have."""
    if 1 in (len(one.shape), len(two.shape)):
        return _by_vector(low, one, two, made)
    if two.alone and len(two.shape) == 2 and (len(one.shape) > 2 if one.alone else one.batch < len(one.shape) - 1):
        return _by_one_matrix(low, one, two, made)
    rank = max(len(one.shape), len(two.shape))
    folded_rows = (
        two.alone and one.fold > 1 and one.batch == rank - 2 == len(two.shape) - 2
    )  # an axis like others, in front of the features
    if not folded_rows:
        one, two = beside(low, one, two), beside(low, two, one)
    if max(one.batch, two.batch) >= rank - 2 and not folded_rows:
        raise across("a product of matrices")
    lead = tuple(max(sizes) for sizes in zip(one.bare[:-2], two.bare[:-2], strict=True)) if len(one.bare) == len(two.bare) else None
    if lead is None:
        raise Unsaid("a product of matrices of which one serves several")
    rows = [row if row.bare[:-2] == lead else _stretched(low, row, lead) for row in (one, two)]
    return replace(made, number=low.between("matmul", {}, rows, made.bare).number)


def _by_vector(low: Lowering, one: Data, two: Data, made: Data) -> Data:
    """A product of which a side is a vector: a matrix of one column on the right, of one row on the left."""
    vector, is_right = (two, True) if len(two.shape) == 1 else (one, False)
    if not vector.alone:
        raise across("a product of matrices")
    shape = (*vector.shape, 1) if is_right else (1, *vector.shape)
    matrix = low.step("reshape", {"shape": list(shape)}, vector, shape)
    end = len(made.shape) if is_right else len(made.shape) - 1
    wide = replace(made, shape=(*made.shape[:end], 1, *made.shape[end:]))
    product = _product(low, *((one, matrix) if is_right else (matrix, two)), wide)
    return replace(made, number=low.step("reshape", {"shape": list(made.bare)}, product, made.bare).number)


def _by_one_matrix(low: Lowering, data: Data, matrix: Data, made: Data) -> Data:
    """Rows of the input, each by a matrix that is one for the whole batch."""
    if len(data.bare) < 2:  # a vector is a matrix of one row
        row = low.between("reshape", {"shape": [1, *data.bare]}, [data], (1, *data.bare))
        product = low.between("matmul", {}, [row, matrix], (1, *made.bare))
        return replace(made, number=low.between("reshape", {"shape": list(made.bare)}, [product], made.bare).number)
    lead = data.bare[:-2]
    if lead:
        ones = (*[1] * len(lead), *matrix.shape)
        matrix = low.step("reshape", {"shape": list(ones)}, matrix, ones)
        matrix = _stretched(low, matrix, lead)
    return replace(made, number=low.between("matmul", {}, [data, matrix], made.bare).number)


def _stretched(low: Lowering, row: Data, lead: tuple[int, ...]) -> Data:
    """A matrix that serves several, for each of them."""
    shape = (*lead, *row.bare[-2:])
    return replace(low.step("expand", {"shape": list(shape)}, row, shape), batch=row.batch)


@lowers("einsum")
def einsum(low: Lowering, call: Call) -> None:
    """Of one tensor, or of two; the letter of the batch goes, where no rows are folded into it."""
    pattern, *given = call.arguments
    given = given[0] if given and isinstance(given[0], list) else given
    if len(given) == 1 and "." not in pattern:
        _of_one(low, call, pattern, given[0])
        return
    if len(given) != 2 or "." in pattern:
        raise Unsaid("`einsum` of more than two tensors, or with `...`")
    left, _, after = pattern.replace(" ", "").partition("->")
    sides = left.split(",")
    made, rows = low.result(call), [low.data(ref) for ref in given]
    if any(len(side) != len(set(side)) for side in [*sides, after]) or not after:
        raise Unsaid("`einsum` along a diagonal, or without an axis that is left")
    if len({row.fold for row in [*rows, made] if not row.alone}) > 1:
        raise Unsaid("`einsum` with rows folded into the batch of one tensor alone")
    letters = {side[row.batch] for row, side in zip(rows, sides, strict=True) if not row.alone}
    for place, row in enumerate(rows):
        # What was only stretched over the batch has no axis of it.
        axes = [axis for axis, letter in enumerate(sides[place]) if row.alone and letter in letters and row.shape[axis] == 1]
        if axes:
            shape = tuple(size for axis, size in enumerate(row.shape) if axis not in axes)
            rows[place] = low.step("reshape", {"shape": list(shape)}, row, shape)
            sides[place] = "".join(letter for axis, letter in enumerate(sides[place]) if axis not in axes)
    if (
        len(letters) > 1
        or any(letter not in after for letter in letters)
        or any(letters & set(s) for s, r in zip(sides, rows, strict=True) if r.alone)
    ):
        raise across("`einsum`")
    gone = letters if made.fold == 1 else set[str]()
    if any(not row.bare for row in rows):
        _by_one_number(low, call, rows, [[letter for letter in side if letter not in gone] for side in [*sides, after]])
        return
    words = [" ".join(letter for letter in side if letter not in gone) for side in [*sides, after]]
    if any(letter not in after and (letter in sides[0]) != (letter in sides[1]) for letter in set(left) - {","}):
        raise Unsaid("`einsum` that sums along an axis of one tensor alone")
    low.emit(call, "einsum", {"pattern": f"{words[0]}, {words[1]} -> {words[2]}"}, rows)


def _of_one(low: Lowering, call: Call, pattern: str, ref: Ref) -> None:
    """An `einsum` of one tensor turns its axes, or sums along some."""
    before, _, after = pattern.replace(" ", "").partition("->")
    if len(set(before)) != len(before) or len(set(after)) != len(after) or not after:
        raise Unsaid("`einsum` along a diagonal, or without an axis that is left")
    gone = [axis for axis, letter in enumerate(before) if letter not in after]
    order = [before.index(letter) for letter in after]
    if not gone:
        permute(low, replace(call, function="permute", arguments=(ref, order), keywords={}))
    elif order == sorted(order):
        reduce(low, replace(call, function="sum", arguments=(ref, gone), keywords={}))
    else:
        raise Unsaid("`einsum` that sums along axes of one tensor and turns the others")


def _by_one_number(low: Lowering, call: Call, rows: list[Data], letters: list[list[str]]) -> None:
    """An `einsum` of which a factor is one number an image."""
    place = 1 if rows[1].bare else 0
    if letters[place] != letters[2]:
        raise Unsaid("`einsum` of one number an image with a sum or a permutation")
    ones = (1,) * len(rows[place].bare)
    rows[1 - place] = low.step("reshape", {"shape": list(ones)}, rows[1 - place], ones)
    low.emit(call, "mul", {}, rows)


@lowers("outer", "ger")
def outer(low: Lowering, call: Call) -> None:
    """One number an image by a vector that is the same for all."""
    row = bind(call, "input vec2")
    one, two = (low.data(row[name]) for name in ("input", "vec2"))
    if one.bare or not two.alone:
        raise across("`outer`")
    low.emit(call, "mul", {}, [low.step("reshape", {"shape": [1]}, one, (1,)), two])
