"""Whatever number of an operation is refused, the message leads back to the name that gave it, and to the place of that name."""

from __future__ import annotations

import pytest

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.compiler.elaborate.values import show_value
from archc.compiler.ops.base import Operation, Shape, Shapes, show
from archc.compiler.ops.dense import Linear
from archc.compiler.ops.parameters import Extent, Flag, Integer, Integers, Kind, Optional, Padding, Plain, Real
from archc.compiler.ops.resize import Factor
from tests.ops.samples import SAMPLES, one_for_all
from tests.sample import sample

NUMBERS = (Integer, Integers, Real, Extent, Padding, Factor)
TRIED = (
    "-7",
    "0",
    "3",
    "5",
    "7",
    "11",
    "40",
    "0.01",
    "1000003",
    "2 ** 61",
    "[5, 5]",
    "[9, 0, 1, 0]",
    "[1, 2, 3, 4, 5, 6, 7]",
    '"none such"',
)


OF_ANOTHER = {
    ("clamp", "min"),
    ("clamp", "max"),
    ("fold", "size"),
    ("fold", "kernel"),
    ("fold", "stride"),
    ("fold", "pad"),
    ("fold", "dilation"),
    ("constant", "sizes"),
    ("constant", "shift"),
    ("attention", "heads"),
    ("attention", "rotary"),
    ("parameter", "shape"),
}
"""Numbers that are refused beside another one, which the message speaks of: the least above the most, an image that its windows do not fill,
a shift as large as its window, sines for more axes than features divide by, heads of which keys have no whole part, a checkpoint's sizes
that hold another number of elements."""


NEVER_ALONE = ("pool_indices", "maxunpool")
"""The indices of a pool go from it to what takes the pool back, and nowhere else: these say where the pool is, in `tests/ops/test_unpool.py`."""


def is_number(kind: Kind) -> bool:
    return isinstance(kind.kind if isinstance(kind, Optional) else kind, NUMBERS)


def written(operation: Operation, inputs: Shapes, of: str, value: str, how: str) -> str:
    """A network of the operation alone whose parameter `of` is `value`, given by name: in the call, or in a `default` row."""
    given = {}
    for row in operation.parameters():
        own = getattr(operation, row.name)
        if row.name == of:
            given[row.name] = "value"
        elif own != row.default or row.required:
            given[row.name] = "b" if row.name == "like" else shown(own)
    default = f"  default {operation.name}({of} = value)\n" if how == "default" else ""
    if default:
        del given[of]
    call = f"{operation.name}({', '.join(f'{name} = {text}' for name, text in given.items())})".replace("()", "")
    alone = one_for_all(operation, inputs)
    ends = {
        name: f"parameter({show(shape)})" if number == alone else f"skip({name})"
        for number, (name, shape) in enumerate(zip("abcd", inputs, strict=False))
    }
    ports = "".join(
        f"  input {name}{port(operation, shape)}\n"
        for (name, end), shape in zip(ends.items(), inputs, strict=False)
        if end.startswith("skip")
    )
    if len(inputs) > 1 and "like" not in given:
        call += " { " + " ".join(f"| {end}" for end in ends.values()) + " }"
    if operation.is_source():
        return f"network n(value = {value}) {{\n  input a[3]\n{default}  {call}\n  skip(a)\n}}\n"
    return f"network n(value = {value}) {{\n{ports}{default}  skip(a) -> {call}\n}}\n"


def shown(value: Plain) -> str:
    return f"[{', '.join(shown(item) for item in value)}]" if isinstance(value, tuple) else show_value(value)


def port(operation: Operation, shape: Shape) -> str:
    """The shape of an input: a sequence says so, for what wants its channels last."""
    if (operation.channels_wanted() == "last" or isinstance(operation, Linear)) and len(shape) == 2:
        return f"[length = {shape[0]}, channels = {shape[1]}]"
    if operation.channels_wanted() == "last" and len(shape) > 2:
        names = ("depth", "height", "width", "channels")[-len(shape) :]
        return f"[{', '.join(f'{name} = {size}' for name, size in zip(names, shape, strict=True))}]"
    return show(shape)


def errors(text: str) -> list[Diagnostic]:
    return [row for row in check_source(Source.of("n.arch", text)).diagnostics if row.is_error]


ALONE = [(operation, inputs) for operation, inputs in SAMPLES if operation.name not in NEVER_ALONE]
SAMPLE_OF_EACH = {type(operation): (operation, inputs) for operation, inputs in ALONE}.values()


@pytest.mark.parametrize(
    ("operation", "inputs", "how"),
    [
        *(pytest.param(*row, "call", id=f"{number}-{row[0].name}") for number, row in sample(enumerate(ALONE), 0, 3)),
        *(pytest.param(*row, "default", id=f"default-{row[0].name}") for row in SAMPLE_OF_EACH),
    ],
)
def test_a_refused_number_leads_back_to_its_name(operation: Operation, inputs: Shapes, how: str) -> None:
    for row in operation.parameters():
        if not is_number(row.kind) or (operation.name, row.name) in OF_ANOTHER:
            continue
        refused = 0
        for value in TRIED:
            text = written(operation, inputs, row.name, value, how)
            for found in errors(text):
                refused += 1
                places = {(label.span.line, label.span.text) for label in (found.primary, *found.secondary)}
                assert (1, "value") in places, (text, found.code, found.message, places)
        assert refused, row.name


def test_numbers_of_every_kind_are_among_them() -> None:
    kinds = {
        type(row.kind.kind if isinstance(row.kind, Optional) else row.kind) for operation, _ in SAMPLES for row in operation.parameters()
    }
    assert {kind for kind in kinds if kind is not Flag} >= set(NUMBERS)


def test_a_number_that_only_happens_to_be_equal_is_not_shown() -> None:
    (found,) = errors("network n(width = 60, cardinality = 32) {\n  input image[60, 8, 8]\n  conv(width, 3, groups = cardinality)\n}\n")
    assert found.message == "input channels 60 are not divisible by groups 32 of `conv`"
    assert [label.message for label in found.secondary if label.span.line == 1] == ["`cardinality` is 32"]


def test_heads_that_do_not_divide_in_a_merge_are_underlined() -> None:
    (found,) = errors(
        "network n(heads = 5) {\n  input a[length = 5, channels = 12]\n  input b[length = 7, channels = 12]\n  attention(heads = heads) { | skip(a) | skip(b) }\n}\n"
    )
    assert (found.code, found.primary.span.line, found.primary.span.text) == ("E310", 4, "heads")
    assert [label.message for label in found.secondary if label.span.line == 1] == ["`heads` is 5"]


def test_the_place_in_the_network_is_told_apart_from_notes() -> None:
    (found,) = errors("block b(g) { conv(8, 3, groups = g) }\nnetwork n {\n  input image[4, 8, 8]\n  stage s { b(3) }\n}\n")
    assert found.where == ("n > s > b1 (b, called at n.arch:4:13 with g = 3)",)
    assert not any("called at" in note for note in found.notes)


def test_of_many_places_those_where_a_number_stands_are_told() -> None:
    """Blocks within blocks, a row of a table, and several names in one size: what the message has no room for is between them."""
    text = """
    block one(out) { conv(out, 1) }
    block two(wide) { one(wide + 0) }
    block three(large, key) { two(large * (key + 1)) }
    network n(table = [[[3, 8], [0, 8]]], key = 4) {
      input x[3, 8, 8]
      for rows in table { for row in rows { three(row[0], key) } }
    }
    """
    (found,) = check_source(Source.of("n.arch", text)).diagnostics
    named = [label.span.text for label in found.secondary]
    assert found.code == "E208" and named[0] == "out" and {"table", "key"} <= set(named)
    assert len(named) <= 5
