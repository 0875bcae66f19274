"""Arguments to parameters: every one finds its own, and what is wrong with a call is told once."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.base.diagnostics import Diagnostic, Problem
from archc.base.source import Source
from archc.compiler.elaborate.closures import NO_DEFAULTS, Builtin, Environment, Template
from archc.compiler.elaborate.explain_arguments import bad_value
from archc.compiler.elaborate.signatures import match, show_default, signature
from archc.compiler.elaborate.slots import Signature, Slot
from archc.compiler.ops import TABLE
from archc.compiler.ops.parameters import OpenSizes
from archc.dsl import ast
from archc.dsl.parser.parse import parse, parse_expression

CONV = signature(Builtin(TABLE["conv"]))


def call(text: str) -> ast.Call:
    node, diagnostics = parse_expression(Source.of("call.arch", text))
    assert isinstance(node, ast.Call), diagnostics
    return node


def found(called: Signature, text: str, **more: object) -> dict[str, str]:
    """The text of what each parameter gets."""
    node = call(text)
    matched = match(called, node.arguments, node.span, **more)  # type: ignore[arg-type]
    return {name: argument.value.span.text for name, argument in matched.items()}


def mistake(called: Signature, text: str) -> Diagnostic:
    with pytest.raises(Problem) as raised:
        found(called, text)
    return raised.value.diagnostic


def block(text: str) -> Signature:
    file, diagnostics = parse(Source.of("block.arch", text))
    assert not diagnostics and isinstance(file.items[0], ast.Block)
    return signature(Template(file.items[0], Environment(), NO_DEFAULTS))


# ------------------------------------------------------------------------------------------------ what there is


def test_every_operation_has_the_parameters_of_its_record() -> None:
    for name, operation in TABLE.items():
        called = signature(Builtin(operation))
        rows = [row for row in operation.parameters() if not isinstance(row.kind, OpenSizes)]
        assert [(slot.name, slot.required) for slot in called.slots] == [(row.name, row.required) for row in rows], name
        assert called.open == (len(rows) < len(operation.parameters())), name


def test_names_that_the_call_chooses_are_taken_by_what_has_such() -> None:
    assert signature(Builtin(TABLE["rearrange"])).usage == "rearrange(pattern, name = size, …)"


def test_a_block_has_those_of_its_head() -> None:
    unit = block("block unit(out, kernel = 2 * 3, act = relu) { conv(out, kernel) -> act }")
    told = [(slot.name, slot.required, slot.default) for slot in unit.slots]
    assert told == [("out", True, ""), ("kernel", False, "2 * 3"), ("act", False, "relu")]
    assert unit.usage == "unit(out, kernel = 2 * 3, act = relu)"
    assert unit.place is not None and unit.place.text.startswith("block unit(out")
    assert block("block plain { relu }").usage == "plain"


def test_a_default_stands_as_the_language_writes_it() -> None:
    shown = {(name, row.name): show_default(row) for name, operation in TABLE.items() for row in operation.parameters() if not row.required}
    assert shown["conv", "pad"] == "half"  # a word that is a value
    assert shown["upsample", "mode"] == '"nearest"'  # a text
    assert shown["conv", "bias"] == "true"


# ------------------------------------------------------------------------------------------------ which is whose

names = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=8, unique=True)


@settings(max_examples=60)
@given(names, st.data())
def test_each_parameter_gets_its_own(names: list[str], data: st.DataObject) -> None:
    """Some by position, the others by name in any order, and those with a default may be left out."""
    by_position = data.draw(st.integers(0, len(names)))
    optional = set(data.draw(st.lists(st.sampled_from(names), unique=True)))
    filled = frozenset(data.draw(st.lists(st.sampled_from(names), unique=True)))
    called = Signature("f", tuple(Slot(name, name not in optional, "0" if name in optional else "") for name in names), None)
    rest = data.draw(st.permutations(names[by_position:]))
    given = rest[: data.draw(st.integers(0, len(rest)))]
    text = f"f({', '.join([*(f'{name}0' for name in names[:by_position]), *(f'{name} = {name}0' for name in given)])})"
    missing = [name for name in names[by_position:] if name not in given and name not in optional and name not in filled]
    wanted = {name: f"{name}0" for name in [*names[:by_position], *given]}
    assert found(called, text, defaults=filled, partial=True) == wanted
    if missing:
        with pytest.raises(Problem) as raised:
            found(called, text, defaults=filled)
        told = raised.value.diagnostic
        assert (told.code, told.message) == ("E205", f"`f` needs {', '.join(f'`{name}`' for name in missing)}")
    else:
        assert found(called, text, defaults=filled) == wanted


# ---------------------------------------------------------------------------------------------- what is wrong


def test_one_too_many() -> None:
    told = mistake(signature(Builtin(TABLE["relu"])), "relu(1)")
    assert (told.code, told.message, told.primary.span.text) == ("E207", "`relu` takes no arguments, and 1 was given", "1")
    told = mistake(block("block unit(out) { conv(out) }"), "unit(8, 3, 5)")
    assert told.message == "`unit` takes 1 argument, and 3 were given"
    assert (told.primary.span.text, told.secondary[0].span.text) == ("3", "block unit(out)")


def test_the_tensors_of_a_block_are_no_arguments() -> None:
    told = mistake(block("block join takes a, b { add { | skip(a) | skip(b) } }"), "join(left, right)")
    assert (told.code, told.help) == ("E207", "its use is `join { | … | … }`")  # which labels there are, a signature does not know


def test_one_given_twice_is_told_with_both_places() -> None:
    told = mistake(CONV, "conv(8, 3, kernel = 5)")
    assert (told.code, told.primary.span.text, told.secondary[0].span.text) == ("E206", "kernel = 5", "3")
    told = mistake(CONV, "conv(channels = 8, channels = 9)")  # no third argument, of which a remedy would be made
    assert (told.code, told.primary.span.text, told.secondary[0].span.text) == ("E206", "channels = 9", "channels = 8")


def test_an_unknown_one_is_told_with_the_one_that_is_free() -> None:
    told = mistake(CONV, "conv(8, strid = 2)")
    assert (told.code, told.primary.span.text) == ("E204", "strid")
    assert told.fix is not None and [row.text for row in told.fix.edits] == ["stride"]
    told = mistake(CONV, "conv(8, strid = 2, stride = 1)")  # `stride` has its argument, behind it
    assert told.code == "E204" and (told.fix is None or told.fix.edits[0].text != "stride")


# ------------------------------------------------------------------------------------------------ values


def refused(parameter: str, value: object, text: str, operation: str = "conv") -> Diagnostic:
    row = next(row for row in TABLE[operation].parameters() if row.name == parameter)
    return bad_value(signature(Builtin(TABLE[operation])), row, value, "something else", Source.of("v.arch", text).span(0, len(text)))


def test_a_number_that_is_not_whole_may_be_rounded() -> None:
    told = refused("channels", 16.0, "w / 2")
    assert told.message == "`channels` of `conv` must be something else, and it is 16.0"
    assert told.fix is not None and told.fix.edits[0].text == "round(w / 2)"
    assert refused("channels", 16.5, "w / 2").fix is None  # which of the two is meant, nobody knows
    assert told.primary.message == "is 16.0" and refused("channels", 16.5, "16.5").primary.message == ""


def test_a_word_that_is_nearly_one_is_mended() -> None:
    told = refused("mode", "biliner", '"biliner"', "upsample")
    assert told.fix is not None and told.fix.edits[0].text == '"bilinear"'
