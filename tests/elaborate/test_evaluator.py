"""Expressions to values, at a place that the test makes: what its names mean, and what enters there."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.base.diagnostics import Diagnostic, Label, Problem
from archc.base.source import Source
from archc.compiler.elaborate.closures import Binding, Builtin, Environment, Labelled, Module, Origin, Partial
from archc.compiler.elaborate.effort import Effort
from archc.compiler.elaborate.evaluator import Evaluator
from archc.compiler.elaborate.shape_of import ShapeOf
from archc.compiler.elaborate.values import UNKNOWN, Exhausted, Size, Unknowable
from archc.compiler.ops import TABLE
from archc.dsl import ast
from archc.dsl.parser.parse import parse_expression

IMAGE = ShapeOf((3, 32, 48), ("channels", "height", "width"))
PLACE = Source.of("names.arch", "made by hand").span(0, 4)


def read(text: str) -> ast.Expression:
    node, diagnostics = parse_expression(Source.of("e.arch", text))
    assert node is not None, diagnostics
    return node


def environment(**names: object) -> Environment:
    return Environment(bindings={name: Binding(value, PLACE) for name, value in names.items()})


def evaluator(names: Environment | None = None, entry: ShapeOf | None = None, lost: bool = False) -> Evaluator:
    shapes = {1: IMAGE}
    return Evaluator(names or Environment(), entry, lambda label: shapes.get(label.tensor or 0), lost=lost)


def value(text: str, **names: object) -> object:
    return evaluator(environment(**names)).value(read(text))


def mistake(text: str, **names: object) -> Diagnostic:
    with pytest.raises(Problem) as raised:
        value(text, **names)
    return raised.value.diagnostic


# ------------------------------------------------------------------------------------------------- numbers

atoms = st.integers(0, 40).map(str) | st.sampled_from(["a", "b"])
arithmetic = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(["+", "-", "*"]), inner),
        inner.map("({})".format),
        inner.map("-{}".format),
        st.builds("({}) ** {}".format, inner, st.integers(0, 3)),
    ),
    max_leaves=8,
)
truth = st.recursive(
    st.builds("{} {} {}".format, arithmetic, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), arithmetic),
    lambda inner: st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner), inner.map("not {}".format), inner.map("({})".format)
    ),
    max_leaves=4,
)


@settings(max_examples=60)
@given(arithmetic | truth | st.builds("{} if {} else {}".format, arithmetic, truth, arithmetic), st.integers(-9, 9), st.integers(-9, 9))
def test_whole_numbers_and_truth_bind_and_count_as_in_python(text: str, a: int, b: int) -> None:
    wanted = eval(text, {}, {"a": a, "b": b})
    if isinstance(wanted, bool) or wanted.bit_length() <= 256:
        found = value(text, a=a, b=b)
        assert (found, type(found)) == (wanted, type(wanted))


@given(st.integers(-60, 60), st.integers(-12, 12))
def test_a_division_is_exact_or_refused(a: int, b: int) -> None:
    if b == 0:
        assert {mistake(f"a {operator} b", a=a, b=b).code for operator in ("/", "//", "%")} == {"E221"}
    else:
        assert value("a // b * b + a % b", a=a, b=b) == a
        if Fraction(a, b).denominator == 1:
            assert value("a / b", a=a, b=b) == a // b
        else:
            assert mistake("a / b", a=a, b=b).code == "E220"


def test_a_number_that_no_tensor_can_have_is_refused() -> None:
    assert value("2 ** 255") == 2**255
    assert mistake("2 ** 256").code == mistake("9 ** 9 ** 9 ** 9").code == mistake("1e300 * 1e300").code == "E225"


def test_what_does_not_go_together_is_told_with_its_values() -> None:
    found = mistake("3 + x", x=(1, 2))
    assert (found.code, found.message) == ("E222", "`+` does not work on a whole number and a list: 3 + [1, 2]")
    assert mistake('-"a"').code == "E222"
    assert mistake("1 if 3 else 2").code == mistake("not 0").code == "E226"


def test_the_side_that_does_not_count_is_not_worked_out() -> None:
    assert value("false and 1 / 0 == 1") is False
    assert value("true or nobody") is True
    assert value("1 if true else nobody") == 1
    assert mistake("1 if false else nobody").code == "E201"


# --------------------------------------------------------------------------------------- lists, texts, sizes


@given(st.lists(st.integers(0, 99), max_size=6), st.integers(-8, 8))
def test_an_item_is_numbered_as_in_python(items: list[int], number: int) -> None:
    if -len(items) <= number < len(items):
        assert value("x[i]", x=tuple(items), i=number) == items[number]
    else:
        assert mistake("x[i]", x=tuple(items), i=number).code == "E223"


@given(st.lists(st.integers(0, 9), max_size=5), st.lists(st.integers(0, 9), max_size=5), st.integers(-2, 4))
def test_lists_join_and_repeat(a: list[int], b: list[int], times: int) -> None:
    assert value(f"({a} + {b}) * times", times=times) == tuple((a + b) * times)


def test_a_text_holds_what_its_braces_are_worth() -> None:
    assert value('"layer{i + 1}.{kind}-{sizes} {{}}"', i=0, kind="conv", sizes=(1, 2)) == "layer1.conv-[1, 2] {}"


def test_a_size_is_no_list() -> None:
    found = value("1x7")
    assert found == (1, 7) and isinstance(found, Size)
    assert mistake("1x7 + [2]").code == "E222"


def test_lists_and_texts_are_paid_for() -> None:
    spent = Evaluator(Environment(), None, lambda _: None, effort=Effort(2))
    assert spent.value(read("[0] * 20")) == (0,) * 20
    assert spent.effort.left == 0
    with pytest.raises(Exhausted):
        spent.value(read("[0] * 20"))
    assert mistake("[0] * 100001").code == mistake('"{x}{x}"', x="a" * 9_999).code == "E225"


# --------------------------------------------------------------------------------------------------- names


def test_the_nearest_name_counts_and_is_known_as_used() -> None:
    outer = environment(width=8, depth=2)
    inner = Environment(outer, {"width": Binding(16, PLACE)})
    assert evaluator(inner).value(read("width * depth")) == 32
    assert [outer.bindings["width"].used, outer.bindings["depth"].used, inner.bindings["width"].used] == [False, True, True]


def test_a_parameter_comes_before_a_label_and_a_label_before_a_file() -> None:
    names = environment(stem=7)
    names.labels["stem"] = names.labels["vgg"] = Labelled("stem", 1, PLACE)
    names.bindings["vgg"] = Binding(Module("vgg", environment(depth=16)), PLACE)
    assert evaluator(names).value(read("stem")) == 7
    assert evaluator(names).value(read("vgg.height")) == 32
    del names.labels["vgg"]
    assert evaluator(names).value(read("vgg.depth")) == 16


def test_a_label_is_its_shape_and_leads_to_its_members() -> None:
    names = Environment(labels={"stem": Labelled("stem", 0, PLACE, {"conv": Labelled("conv", 1, PLACE)})})
    assert evaluator(names).value(read("stem.conv.channels * stem.conv.width")) == 3 * 48
    assert names.labels["stem"].members["conv"].used
    with pytest.raises(Unknowable):  # a mistake left the shape of `stem` unknown
        evaluator(names).value(read("stem.channels"))


def test_what_a_mistake_left_unknown_is_not_told_again() -> None:
    with pytest.raises(Unknowable):
        value("1 + width", width=UNKNOWN)
    with pytest.raises(Unknowable):  # the statement that could not be read may have given the name
        evaluator(Environment(Environment(incomplete=True))).value(read("reach"))
    with pytest.raises(Unknowable):
        evaluator(lost=True).value(read("in.channels"))


def test_an_unknown_name_is_told_with_the_one_that_may_be_meant() -> None:
    found = mistake("2 * widht", width=64)
    assert (found.code, found.primary.span.text) == ("E201", "widht")
    assert found.fix is not None and [row.text for row in found.fix.edits] == ["width"]
    assert [label.span for label in found.secondary] == [PLACE]


def test_in_is_what_enters() -> None:
    here = evaluator(entry=IMAGE)
    assert here.value(read("in.channels + in.height * in.width")) == 3 + 32 * 48
    assert here.value(read("in.rank")) == 2
    assert here.value(read("in")) is IMAGE
    assert mistake("in.channels").code == "E228"
    with pytest.raises(Problem, match="depth"):
        here.value(read("in.depth"))


def test_a_mistake_leads_back_to_the_number() -> None:
    """Through the names that it was handed on by, to the place where the text says it."""
    text = Source.of("way.arch", "base = 7, width = base, half = width")
    base, width, half = (text.span(at, at + 5) for at in (0, 10, 24))
    outer = Environment(bindings={"base": Binding(7, base)})
    middle = Environment(bindings={"width": Binding(7, width, origin=Origin(evaluator(outer), read("base")))})
    inner = Environment(bindings={"half": Binding(7, half, origin=Origin(evaluator(middle), read("width + 0")))})
    with pytest.raises(Problem) as raised:
        evaluator(inner).value(read("half / 2"))
    told = raised.value.diagnostic
    assert told.code == "E220"
    assert [(label.span, label.message) for label in told.secondary] == [
        (half, "`half` is 7"),
        (width, "`width` is 7"),
        (base, "`base` is 7"),
    ]


def test_a_size_leads_back_to_the_step_that_decided_it() -> None:
    """Whoever makes the evaluator says which places those are, and what they were worked out from."""
    step = Label(PLACE, "decided here")
    names = environment(out=3)
    names.bindings["out"].span = wide = Source.of("wide.arch", "out").span(0, 3)

    def decided(axis: int, told: str) -> tuple[list[Label], list[Origin]]:
        assert (axis, told) == (0, "in.channels")
        return [step], [Origin(evaluator(names), read("out"))]

    with pytest.raises(Problem) as raised:
        Evaluator(Environment(), IMAGE, lambda _: None, decided).value(read("in.channels / 2"))
    assert raised.value.diagnostic.secondary == (step, Label(wide, "`out` is 3"))


# --------------------------------------------------------------------------------------------------- calls


def test_an_operation_is_a_value_with_or_without_arguments() -> None:
    assert value("relu") == Builtin(TABLE["relu"])
    given = value("leaky_relu(0.1)")
    assert isinstance(given, Partial) and given.callee == Builtin(TABLE["leaky_relu"])
    assert [row.value for row in given.arguments] == [ast.Number(given.arguments[0].span, 0.1)]
    assert mistake("act(0.2)", act=given).code == "E211"
    assert mistake("width(2)", width=64).code == "E211"


def test_functions_give_way_to_names_of_the_text() -> None:
    assert value("max(3, round(4.6))") == 5
    assert mistake("max(3, 4)", max=7).code == "E211"
    assert mistake("round(x = 2)").code == mistake("round(1, 2, 3)").code == "E224"
