"""`rearrange` puts each element where its pattern says, against coordinates worked out one by one; what does not fit is refused."""

from __future__ import annotations

from math import prod

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from archc.compiler.ops.base import Shape
from archc.compiler.ops.parameters import BadValue
from archc.compiler.ops.rearrange import Side, factors
from tests.support import checked, program_of

from .compare import fast
from .samples import op
from .test_numbers import run
from .test_refusals import refused

LETTERS = "abcdefg"


@st.composite
def sides(draw: st.DrawFn, names: list[str]) -> Side:
    """The names in brackets or alone, and axes of size 1 between them; at most five axes."""
    axes: list[tuple[str, ...]] = []
    left = list(names)
    while left:
        count = draw(st.integers(1, 3))
        axes.append(tuple(left[:count]))
        left = left[count:]
        if draw(st.integers(0, 4)) == 0:
            axes.append(())
    return tuple(axes)


def written(side: Side) -> str:
    return " ".join("1" if not axis else axis[0] if len(axis) == 1 else f"({' '.join(axis)})" for axis in side)


def by_coordinates(x: Tensor, before: Side, after: Side, size: dict[str, int]) -> Tensor:
    """Each output position names the coordinate of each factor, and these the position that came in."""
    order = factors(after)
    grids = dict(zip(order, torch.meshgrid(*[torch.arange(size[name]) for name in order], indexing="ij"), strict=True))
    places = []
    for axis in before:
        place = torch.zeros((), dtype=torch.long)
        for name in axis:
            place = place * size[name] + grids[name]
        places.append(place)
    shape = [prod([size[name] for name in axis]) for axis in after]
    return torch.stack([each[tuple(places)].reshape(shape) for each in x])


@fast
@given(st.data())
def test_every_element_is_where_the_pattern_says(data: st.DataObject) -> None:
    names = list(LETTERS[: data.draw(st.integers(1, 6))])
    size = {name: data.draw(st.integers(1, 3)) for name in names}
    before, after = data.draw(sides(names)), data.draw(st.permutations(names).flatmap(lambda order: sides(list(order))))
    told = {name: size[name] for axis in before for name in axis[1:]}
    told |= {axis[0]: size[axis[0]] for axis in before if axis and data.draw(st.booleans())}
    operation = op("rearrange", pattern=f"{written(before)} -> {written(after)}", sizes=tuple(told.items()))
    shape = tuple(prod([size[name] for name in axis]) for axis in before)
    x = torch.randn(2, *shape)
    expected = by_coordinates(x, before, after, size)
    assert operation.output((shape,)) == tuple(expected.shape[1:])
    assert run(operation, x).equal(expected)


def test_what_people_write_with_it() -> None:
    x = torch.randn(2, 12, 6, 8)
    windows = run(op("rearrange", pattern="c (h p) (w q) -> (h w) (p q) c", sizes=(("p", 3), ("q", 4))), x)
    assert windows.equal(x.reshape(2, 12, 2, 3, 2, 4).permute(0, 2, 4, 3, 5, 1).reshape(2, 4, 12, 12))
    shuffled = run(op("rearrange", pattern="(c r s) h w -> c (h r) (w s)", sizes=(("r", 2), ("s", 2))), x)
    assert shuffled.equal(torch.pixel_shuffle(x, 2))
    assert run(op("rearrange", pattern="c ... -> ... c"), x).equal(x.movedim(1, -1))
    assert run(op("rearrange", pattern="c … -> c 1 …"), x).equal(x.unsqueeze(2))


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("c h w", "with `->`"),
        ("c h w -> c h", "`w` stands on the left alone"),
        ("c h -> c h w", "`w` stands on the right alone"),
        ("c h h -> c h", "not `h` twice in `c h h`"),
        ("c (h p -> c h p", "each `(` is closed"),
        ("c h) -> c h", "closes a `(`"),
        ("c (h (p q)) -> c h p q", "without brackets in brackets"),
        ("c (h 2) -> c h", "give it a name, and the name its size: `p = 2`"),
        ("c, h -> h c", "without `,`"),
        ("(c ...) -> c ...", "outside of brackets"),
        ("-> c", "axes on both sides"),
    ],
)
def test_a_pattern_that_is_none(pattern: str, words: str) -> None:
    with pytest.raises(BadValue) as caught:
        op("rearrange", pattern=pattern)
    assert words in caught.value.expected


@pytest.mark.parametrize(
    ("pattern", "sizes", "shape", "code", "words", "parameter"),
    [
        ("c (h p) w -> c h p w", {}, (3, 8, 8), "E334", "the sizes of `h` and `p` in (h p) are not known", "pattern"),
        ("c (h p) w -> c h p w", {"p": 3}, (3, 8, 8), "E310", "height (8) of [3, 8, 8] is not divisible by p = 3", "p"),
        ("c (h p q) w -> c h p q w", {"p": 2, "q": 3}, (3, 8, 8), "E310", "not divisible by 6 (p = 2, q = 3)", "q"),
        ("c (h p) w -> c h p w", {"h": 3, "p": 3}, (3, 8, 8), "E334", "stands for (h p) of the pattern, which is 9", "h"),
        ("c h w -> c w h", {"c": 4}, (3, 8, 8), "E334", "channels (3) of [3, 8, 8] stands for `c` of the pattern, which is 4", "c"),
        ("c h w -> c w h", {"q": 4}, (3, 8, 8), "E334", "has no axis `q`", "q"),
        ("b c h w -> b c w h", {}, (3, 8, 8), "E334", "has 4 axes, and the input [3, 8, 8] has 3", "pattern"),
        ("c h w d ... -> c w h d ...", {}, (3, 8, 8), "E334", "has 4 axes", "pattern"),
        ("1 h w -> h w", {}, (3, 8, 8), "E334", "stands for `1` of the pattern, which is 1", "pattern"),
    ],
)
def test_a_pattern_of_another_tensor(pattern: str, sizes: dict[str, int], shape: Shape, code: str, words: str, parameter: str) -> None:
    refusal = refused(op("rearrange", pattern=pattern, sizes=tuple(sizes.items())), shape)
    assert (refusal.code, refusal.parameter) == (code, parameter)
    assert words in refusal.message


@pytest.mark.parametrize(
    ("pattern", "axes"),
    [
        ("c h w -> w c h", ("width", "channels", "height")),
        ("c (h p) w -> (h w) p c", ("", "", "channels")),
        ("c (height p) w -> p height w c", ("", "height", "width", "channels")),
        ("c ... -> ... c", ("height", "width", "channels")),
        ("(length c) h w -> length (c h w)", ("length", "")),
    ],
)
def test_names_of_axes_travel_and_are_given_by_the_pattern(pattern: str, axes: tuple[str, ...]) -> None:
    sizes = "".join(f", {name} = 2" for name in ("p", "c") if f" {name})" in pattern.partition("->")[0])
    program = program_of(f'network n {{\n  input x[4, 6, 6]\n  a: rearrange("{pattern}"{sizes}) -> relu\n}}\n')
    assert program.nodes[-2].axes == axes


def test_a_name_of_an_axis_is_that_axis() -> None:
    found = checked('network n {\n  input x[4, 6, 6]\n  rearrange("height width channels -> channels (height width)")\n}\n')
    assert [row.code for row in found.diagnostics] == ["E334"]
    assert found.diagnostics[0].message == "`height` of the pattern stands where the input [4, 6, 6] has its channels"


def test_sizes_are_arguments_by_the_names_of_the_pattern() -> None:
    text = 'network n(size = 7) {\n  input x[4, 14, 14]\n  rearrange("c (h p) (w q) -> (h w) (p q) c", p = size, q = size)\n}\n'
    assert program_of(text).nodes[-1].shape == (4, 49, 4)
    found = checked(text, settings={"size": 5})
    assert [row.code for row in found.diagnostics] == ["E310"]
    assert any("size" in label.span.text for label in found.diagnostics[0].secondary)
    wrong = checked(text.replace("p = size,", "p = 1.5,"))
    assert "`p` of `rearrange` must be a whole number, at least 1, and it is 1.5" in wrong.diagnostics[0].message


def test_another_size_of_image_runs_where_the_pattern_allows_it() -> None:
    operation = op("rearrange", pattern="c (h p) (w q) -> (h w) (p q) c", sizes=(("p", 3), ("q", 4)))
    text = operation.expression(["x"], ((12, 6, 8),))
    assert text is not None
    assert eval(text, {"x": torch.zeros(2, 12, 9, 16)}).shape == (2, 12, 12, 12)
    assert operation.divisor(((12, 6, 8),)) == 12
