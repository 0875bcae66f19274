"""`einsum` against sums written out in other words, for patterns drawn at random; what does not fit is refused by the name at fault."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from archc.compiler.ops.einsum import Einsum
from archc.compiler.ops.parameters import BadValue
from tests.analysis.peaks import are_measured
from tests.analysis.texts import graph_of
from tests.support import checked, program_of

from .compare import fast
from .samples import op
from .test_numbers import run
from .test_refusals import refused

NAMES = ("heads", "q", "k", "b", "d", "n")


@st.composite
def cases(draw: st.DrawFn) -> tuple[Einsum, tuple[int, ...], tuple[int, ...]]:
    kinds = {name: draw(st.sampled_from(["both", "left", "right", "summed"])) for name in NAMES[: draw(st.integers(1, 6))]}
    kinds[NAMES[0]] = draw(st.sampled_from(["both", "summed"]))
    sizes = {name: draw(st.integers(1, 3)) for name in kinds}
    left = draw(st.permutations([name for name, kind in kinds.items() if kind != "right"]))
    right = draw(st.permutations([name for name, kind in kinds.items() if kind != "left"]))
    after = draw(st.permutations([name for name, kind in kinds.items() if kind != "summed"]))
    if not after:
        after = [NAMES[0]]
    operation = op("einsum", pattern=f"{' '.join(left)}, {' '.join(right)} -> {' '.join(after)}")
    assert isinstance(operation, Einsum)
    return operation, tuple(sizes[name] for name in left), tuple(sizes[name] for name in right)


@fast
@given(cases())
def test_it_is_the_sum_of_the_products(case: tuple[Einsum, tuple[int, ...], tuple[int, ...]]) -> None:
    operation, one, two = case
    left, right, after = (side.split() for side in operation.pattern.replace("->", ",").split(","))
    a, b = torch.randn(2, *one), torch.randn(2, *two)
    names = list(dict.fromkeys([*after, *left, *right]))

    def spread(x: torch.Tensor, own: list[str]) -> torch.Tensor:
        x = x.permute(0, *(own.index(name) + 1 for name in names if name in own))
        for place, name in enumerate(names, 1):
            x = x if name in own else x.unsqueeze(place)
        return x

    wanted = spread(a, left) * spread(b, right)
    gone = tuple(range(len(after) + 1, len(names) + 1))
    torch.testing.assert_close(run(operation, a, b), wanted.sum(gone) if gone else wanted, rtol=1e-4, atol=1e-5)
    assert operation.output((one, two)) == tuple(run(operation, a, b).shape[1:])


def test_it_says_what_pytorch_says() -> None:
    assert op("einsum", pattern="h l d, h s d -> h l s").equation() == "bhld,bhsd->bhls"  # type: ignore[attr-defined]
    assert op("einsum", pattern="b c, c d -> b d").equation() == "abc,acd->abd"  # type: ignore[attr-defined]
    assert op("einsum", pattern="length channels, channels -> length").equation() == "blc,bc->bl"  # type: ignore[attr-defined]


def test_axes_keep_their_names() -> None:
    text = """
    network n {
      input x[length = 6, channels = 8]
      einsum("length channels, channels out -> out length") { | skip | parameter([8, 3]) }
    }"""
    node = next(node for node in program_of(text).nodes if node.operation.name == "einsum")
    assert (node.shape, node.axes) == ((3, 6), ("", "length"))
    assert node.macs == 6 * 8 * 3
    unnamed = 'network n { input x[4]\n reshape([2, 2]) -> einsum("a c, b c -> a b") { | skip | skip } }'
    assert program_of(unnamed).nodes[-1].axes == ("", "")


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("a b -> a", 'a pattern, `"h l d, h s d -> h l s"`'),
        ("a, b, c -> a", "a pattern, `"),
        ("a a, a -> a", "not `a` twice"),
        ("a c, a -> a", "`c` of one path alone goes out"),
        ("a, a -> a d", "`d`, which goes out, comes in"),
        ("(a b), a -> a", "without `(a`"),
        ("a, a ->", "axes on all three sides"),
    ],
)
def test_a_pattern_that_makes_no_sense(pattern: str, told: str) -> None:
    with pytest.raises(BadValue) as found:
        op("einsum", pattern=pattern)
    assert told in found.value.expected


@pytest.mark.parametrize(
    ("pattern", "inputs", "code", "told"),
    [
        ("l d, s d -> l s", ((5, 4), (7, 3)), "E334", "`d` of the pattern is 4 in path 1"),
        ("hld, hsd -> hls", ((2, 5, 4), (2, 7, 4)), "E334", "`hld` names 1 axis"),
        ("l d, d -> l", ((5, 4), (4, 1)), "E334", "`d` names 1 axis, and path 2 is [4, 1], 2 axes"),
    ],
)
def test_what_does_not_fit(pattern: str, inputs: tuple[tuple[int, ...], ...], code: str, told: str) -> None:
    pattern = pattern if "hld" not in pattern else "hld, hld -> hld"
    refusal = refused(op("einsum", pattern=pattern), *inputs)
    assert refusal.code == code and told in refusal.message


def test_pytorchs_own_way_of_writing_is_told_apart() -> None:
    found = checked('network n { input x[2, 5, 4]\n einsum("hld, hld -> hld") { | skip | skip } }', "n.arch")
    (row,) = (row for row in found.diagnostics if row.is_error)
    assert row.help == "names stand apart: `h l d`"


def test_a_name_of_an_axis_is_that_axis() -> None:
    found = checked(
        'network n { input x[length = 5, channels = 4]\n einsum("channels length, k -> channels length k") { | skip | parameter([3]) } }',
        "n.arch",
    )
    assert any("`channels` of the pattern stands where path 1, [5, 4], has its length" in row.message for row in found.diagnostics)


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    "body",
    [
        'einsum("l d, s d -> l s") { | skip(a) | skip(b) } -> softmax(axis = 1) -> einsum("l s, s d -> d l") { | skip | skip(x) } -> permute([1, 0])',
        'einsum("l d, s d -> s l") { | skip(a) | skip(b) }',
        'einsum("l d, d -> l d") { | skip(a) | parameter([16]) }',
        'einsum("l a, d a -> l d") { | skip(a) -> reduce("mean", axis = channels, keep = true) | skip(b) -> reduce("mean", axis = channels, keep = true) }',
    ],
)
def test_memory_is_the_trackers(body: str, batch: int) -> None:
    text = f"network n {{ input x[length = 30, channels = 32]\n linear(32) -> split(2) as a, b\n {body} -> linear(4, last = true) }}"
    are_measured(graph_of(text), batch, evaluated=0.01, trained=0.02)
