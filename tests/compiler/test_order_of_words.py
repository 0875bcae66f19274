"""Words of a head in another order, names of results in quotes, and remedies that were tried on networks from papers."""

from __future__ import annotations

import pytest
import torch

from archc.compiler.runtime.live_module import build
from tests.support import assert_mended, checked, graph_of


def net(body: str) -> str:
    return f"network n {{\n  input x[4, 8, 8]\n  {body}\n}}\n"


@pytest.mark.parametrize(
    ("head", "right"),
    [
        ("block a(n) flat takes p, q", "block a(n) takes p, q flat"),
        ("block a(n) indexed gives r, s", "block a(n) gives r, s indexed"),
        ("block a(n) gives r, s takes p, q", "block a(n) takes p, q gives r, s"),
        ("block a flat(n)", "block a(n) flat"),
        ("block a gives r, s flat takes p, q (n = [1, 2])", "block a(n = [1, 2]) takes p, q gives r, s flat"),
    ],
)
def test_what_a_head_says_stands_in_an_order(head: str, right: str) -> None:
    def text(head: str) -> str:
        call = "a(3) { | skip | relu }" if "takes" in head else "a(3)"
        return f"{head} {{ r: conv(4) -> s: conv(n if n == 3 else 3) }}\n" + net(call + (" -> concat" if "gives" in head else ""))

    assert_mended(text(head), text(right))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("stage flat s { relu }", "stage s flat { relu }"),
        ('stage indexed "s{1}" { conv(4) }', 'stage "s{1}" indexed { conv(4) }'),
        ("aux flat s { relu }", "aux s flat { relu }"),
        ('split(2) as "p", q -> concat { | skip(p) | skip(q) }', "split(2) as p, q -> concat { | skip(p) | skip(q) }"),
        ('relu\n  split(2) as p, "q"\n  concat { | skip(p) | skip(q) }', "relu\n  split(2) as p, q\n  concat { | skip(p) | skip(q) }"),
    ],
)
def test_names_stand_where_they_belong(before: str, after: str) -> None:
    assert_mended(net(before), net(after))


def told(text: str) -> list[tuple[str, str]]:
    return [(row.code, row.help or "") for row in checked(text).diagnostics if row.is_error]


def test_a_body_is_numbered_or_flat() -> None:
    [(code, help)] = told("block a flat indexed { conv(4) }\n" + net("a"))
    assert code == "E101" and "leave one of them out" in help


@pytest.mark.parametrize("names", ['"p{i}", "q{i}"', 'p, "q{i}"'])
def test_names_of_results_that_a_loop_counts_are_numbers(names: str) -> None:
    [(code, help)] = told(net(f"for i in [1, 2] {{ split(2) as {names} -> concat }}"))
    assert code == "E101" and 'skip("parts{i}"[0])' in help
    assert (
        told(
            net(
                'for i in [1, 2] { "parts{i}": split(2) -> concat -> add { | skip | concat { | skip("parts{i}"[0]) | skip("parts{i}"[1]) } } }'
            )
        )
        == []
    )


def test_rounds_of_an_indexed_body_stand_in_braces() -> None:
    for code, help in told(net("stage s indexed { repeat 2 { p: conv(4) -> q: bn } }")):
        assert code == "E209" and help.endswith("braces around what a round holds give it a number: `{ … }`")
    assert told(net("stage s indexed { repeat 2 { { p: conv(4) -> q: bn } } }")) == []
    [(code, help)] = told(net("stage s indexed { p: conv(4) -> p: bn }"))
    assert code == "E209" and "give it a number" not in help


@pytest.mark.parametrize("call", ["log(8)", "exp(2.0)", "sin(1)", "square(3)"])
def test_a_step_is_no_function_of_numbers(call: str) -> None:
    [(code, help)] = told(net(f"let c = {call}\n  conv(round(c))"))
    assert code == "E207" and "`sqrt`" in help and "leave it out" not in help


def test_a_second_learned_tensor_begins_anew() -> None:
    """`write it first in the network`: two could not both be first."""
    first, second = "p: parameter([4, 8, 8])", "q: parameter([4, 8, 8])"
    end = "skip(x) -> concat { | skip | skip(p) -> reshape([channels = 4, height = 8, width = 8]) | skip(q) }"
    [(code, help)] = told(net(f"{first}\n  {second}\n  {end}"))
    assert code == "E241" and f"write `skip(x) -> {second}`" in help and "add(broadcast" not in help
    part = second.replace("8, 8", "5, 5")

    def block(line: str) -> str:
        return f"block b takes y, z {{\n  relu -> c: conv(4)\n  {line}\n  skip(c)\n}}\n" + net("b { | skip | relu }")

    [(code, help)] = told(block(part))
    assert code == "E241" and f"begin anew with it, `skip(y) -> {part}`" in help
    assert told(block(f"skip(y) -> {part}")) == []


@pytest.mark.parametrize("arguments", ["3", "5, stride = 2", "3, pad = 1, dilation = 2"])
def test_windows_of_a_signal(arguments: str) -> None:
    text = f"network n {{\n  input x[2, 40]\n  unfold({arguments})\n}}\n"
    [(code, help)] = told(text)
    steps = help.removeprefix("a signal is an image of one row: ").strip("`")
    graph = graph_of(text.replace(f"unfold({arguments})", steps))
    x = torch.randn(3, 2, 40)
    kernel, stride, pad, dilation = {"3": (3, 1, 0, 1), "5": (5, 2, 0, 1)}.get(arguments.partition(", ")[0], (3, 1, 0, 1))
    if "dilation" in arguments:
        pad, dilation = 1, 2
    wanted = torch.nn.functional.unfold(x[:, :, None], (1, kernel), stride=(1, stride), padding=(0, pad), dilation=(1, dilation))
    assert code == "E313" and torch.equal(build(graph)(x), wanted)
