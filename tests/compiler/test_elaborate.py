"""What each word of the language means, on networks small enough to see."""

from __future__ import annotations

import pytest

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.compiler.graph.program import Program
from archc.reporting.terminal import to_text
from tests.support import checked


def made(text: str) -> Program:
    found = checked(text, "test.arch")
    assert found.program is not None, to_text(found.diagnostics)
    return found.program


def net(body: str, before: str = "", size: str = "4, 8, 8") -> Program:
    return made(f"{before}\nnetwork n {{\n input x[{size}]\n {body}\n}}")


def errors(text: str) -> list[Diagnostic]:
    return [row for row in checked(text, "test.arch").diagnostics if row.is_error]


def shape(program: Program) -> tuple[int, ...]:
    return program.nodes[-1].shape


def operands(program: Program, key: str) -> list[str]:
    node = next(node for node in program.nodes if node.unique == key)
    return [program.nodes[index].unique for index in node.inputs]


# ------------------------------------------------------------------------------------------------ the flow


def test_every_path_starts_from_the_same_tensor() -> None:
    program = net("a: conv(4)\nconcat { | b: conv(2) | c: conv(3) | skip }")
    assert operands(program, "concat1") == ["b", "c", "a"]
    assert operands(program, "b") == operands(program, "c") == ["a"]


def test_a_path_that_an_empty_condition_leaves_is_the_skip() -> None:
    program = net("a: relu\nadd { | conv(4) | if false { conv(4) } }")
    assert operands(program, "add1") == ["conv1", "a"]


def test_a_merge_left_with_one_path_is_that_path() -> None:
    program = net("add { | c: conv(2) | if in.channels == 9: skip }")
    assert [node.operation.name for node in program.nodes] == ["input", "conv", "output"]


def test_skip_brings_back_a_labelled_step_from_inside_a_stage() -> None:
    program = net("stage s { inner: conv(2) -> relu } concat { | skip | skip(s.inner) }")
    assert operands(program, "concat1") == ["s.relu1", "s.inner"]


def test_a_text_names_a_label_and_a_round() -> None:
    program = net('for i in range(2) { "e{i}": conv(4) } stage s { repeat 2 { conv(4) } } add { | skip("e{1 - 1}") | skip("s.0") }')
    assert operands(program, "add1") == ["e0", "s.0"]


def test_a_label_of_a_path_is_known_to_the_paths_after_it() -> None:
    program = net("concat { | a: conv(2) | skip(a) -> conv(2) }")
    assert operands(program, "conv1") == ["a"]


def test_in_is_what_enters_the_innermost_braces() -> None:
    block = "block b { conv(2) -> { conv(in.channels * 3) } -> conv(in.channels * 5) }"
    assert [node.shape[0] for node in net("b", block).nodes] == [4, 2, 6, 20, 20]


def test_in_of_a_path_is_what_enters_the_merge() -> None:
    program = net("mul { | skip | global_avgpool -> conv(in.channels / 2, 1) -> relu -> conv(in.channels, 1) -> sigmoid }")
    assert [node.shape for node in program.nodes][2:5] == [(2, 1, 1), (2, 1, 1), (4, 1, 1)]


# ---------------------------------------------------------------------------------------------- templates


def test_a_block_takes_several_tensors_at_the_head_of_a_merge() -> None:
    block = "block join(out) takes left, right { skip(right) -> conv(out) -> { add { | skip | skip(left) } } }"
    program = net("a: conv(4)\njoin(4) { | skip(x) | skip }", block)
    assert operands(program, "join1.conv1") == ["a"]
    assert operands(program, "join1.add1") == ["join1.conv1", "x"]


def test_blocks_are_arguments() -> None:
    blocks = "block a(out) { conv(out) }\nblock b(unit, out) { u: unit(out) }"
    assert [node.key for node in net("b(a, 2) -> b(conv, 3)", blocks).nodes[1:3]] == ["b1.u.conv1", "b2.u"]


def test_a_block_with_some_of_its_arguments_is_a_value() -> None:
    program = net("b(conv(kernel = 1, bias = false))", "block b(unit) { u: unit(7) }")
    node = program.nodes[1]
    assert [weight.shape for weight in node.weights] == [(7, 4, 1, 1)]


def test_defaults_hold_lexically() -> None:
    text = "block early { conv(2) }\ndefault conv(bias = false)\nblock late { conv(2) }"
    program = net("early -> late -> { default conv(bias = true)\n conv(2) } -> conv(2)", text)
    assert [len(node.weights) for node in program.nodes if node.operation.name == "conv"] == [2, 1, 2, 1]


def test_a_parameter_default_reads_the_parameters_before_it() -> None:
    assert shape(net("b(3)", "block b(out, twice = 2 * out) { conv(twice) }"))[0] == 6


def test_a_network_is_a_step_and_its_unused_head_is_left_out() -> None:
    text = "network back {\n input image[3, 32, 32]\n stem: conv(2)\n body: conv(5)\n head: conv(9)\n}"
    program = made(
        f"{text}\nnetwork n {{\n input x[4, 8, 8]\n b: back\n concat {{ | skip(b.stem) | skip(b.body) }}\n}}\n".replace(
            "network n", "network test"
        )
    )
    assert [node.key for node in program.nodes] == ["x", "b.stem", "b.body", "concat1", "output"]
    assert shape(program) == (7, 8, 8)


def test_a_variant_names_a_network_with_arguments() -> None:
    text = "network base(width = 2, classes = 3) {\n input x[4, 8, 8]\n conv(width) -> conv(classes)\n}\nnetwork test(classes = 5) = base(width = 7, classes = classes)"
    program = made(text)
    assert [node.shape[0] for node in program.nodes] == [4, 7, 5, 5]
    assert program.name == "test" and dict(program.parameters) == {"classes": 5}


def test_the_network_named_like_the_file_is_taken() -> None:
    assert made("network other { input x[4, 8, 8] relu }\nnetwork test { input x[5, 8, 8] relu }").name == "test"
    (error,) = errors("network a { input x[4, 8, 8] relu }\nnetwork b { input x[4, 8, 8] relu }")
    assert error.code == "E239"


# -------------------------------------------------------------------------------------- inputs and outputs


def test_several_inputs_and_outputs() -> None:
    program = made(
        "network n {\n input a[2, 4, 4]\n input b[3, 4, 4]\n c: concat { | skip(a) | skip(b) }\n d: conv(7)\n output c, last = d\n}"
    )
    assert [(node.unique, node.shape[0]) for node in program.nodes if node.is_port] == [
        ("a", 2), ("b", 3), ("output.c", 5), ("output.last", 7),
    ]  # fmt: skip


def test_an_aux_head_leaves_the_flow_as_it_was() -> None:
    program = net("relu\naux side { conv(2) }\nconv(3)")
    assert [(node.unique, node.training_only) for node in program.nodes] == [
        ("x", False), ("relu1", False), ("side.conv1", True), ("conv1", False), ("output", False), ("output.side", True),
    ]  # fmt: skip
    assert operands(program, "conv1") == ["relu1"]


def test_shapes_of_every_rank() -> None:
    assert shape(net("conv(2, 3, stride = 2) -> maxpool(2)", size="4, 100")) == (2, 25)
    assert shape(net("conv(2, 3, stride = 2) -> maxpool(2)", size="4, 8, 8, 8")) == (2, 2, 2, 2)
    assert shape(net("linear(7)", size="4")) == (7,)


def test_dead_parts_are_left_out_and_told_of() -> None:
    found = checked("network n {\n input x[4, 8, 8]\n a: relu\n conv(3) -> bn\n skip(a)\n}", "test.arch")
    assert found.program is not None
    assert [node.operation.name for node in found.program.nodes] == ["input", "relu", "output"]
    assert [(row.code, row.message) for row in found.diagnostics] == [("W501", "nothing uses the output of `bn1`, so the step is left out")]


def test_an_input_that_nothing_reads_is_told_of() -> None:
    found = checked("network n {\n input x[4, 8, 8]\n input y[4, 8, 8]\n relu\n}", "test.arch")
    assert found.program is not None
    assert [(row.code, row.message) for row in found.diagnostics] == [("W501", "nothing uses the input `y`")]


# ------------------------------------------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("conv(0) -> conv(4, strid = 2)\n conv(4, 3, kernel = 5)\n skip(nothing)", ["E208", "E204", "E206", "E202"]),
        ("stage s { conv(64 / 3) } conv(4 // 0)", ["E220", "E221"]),
        ("let a = b + 1\n conv(a) -> conv(a)", ["E201"]),
        ("if a { conv(3) } conv(4)", ["E201"]),
        ("for i in 3 { conv(3) } repeat x { relu }", ["E208", "E208"]),
        ("concat { | conv(3) | conv(oops) } -> conv(3)", ["E201"]),
        ("add { | conv(3) | skip } -> conv(9) -> linear(3)", ["E301"]),
    ],
)
def test_several_mistakes_each_once_in_order(body: str, codes: list[str]) -> None:
    assert [row.code for row in errors(f"network n {{\n input x[4, 8, 8]\n {body}\n}}")] == codes


def test_a_mistake_in_a_block_is_told_once_however_often_it_is_called() -> None:
    (error,) = errors("block b(out) { conv(out / 3) }\nnetwork n {\n input x[4, 8, 8]\n repeat 16 { b(64) }\n}")
    assert error.code == "E220" and any("called at test.arch:4:14 with out = 64" in note for note in error.where)


def test_a_text_without_end_is_refused() -> None:
    (error,) = errors("block b { b }\nnetwork n {\n input x[4, 8, 8]\n b\n}")
    assert error.code == "E401"


def test_settings_and_sizes_from_outside() -> None:
    source = Source.of("test.arch", "network n(width = 2) {\n input x[4, 8, 8]\n conv(width)\n}")
    program = check_source(source, settings={"width": 9}, inputs={"": (4, 16, 12)}).program
    assert program is not None and program.nodes[-1].shape == (9, 16, 12)
    codes = [row.code for row in check_source(source, settings={"widht": 9}).diagnostics]
    assert codes == ["E204"]
    assert [row.code for row in check_source(source, inputs={"y": (4, 8, 8)}).diagnostics] == ["E204"]


def test_a_mistake_in_what_is_used_again_is_said_once() -> None:
    """A group that reuses a step of a round cannot be taken apart; nothing else is said of its second use."""
    text = (
        "network n {\n input x[4, 8, 8]\n g: {\n repeat 2 { c: conv(4) -> relu }\n reuse(c)\n repeat 2 { conv(4) -> bn }\n }\n reuse(g)\n}"
    )
    assert [(row.code, row.primary.span.line) for row in errors(text)] == [("E202", 5)]
