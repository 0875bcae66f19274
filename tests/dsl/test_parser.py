"""The tree of a text, and the place of each of its nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc.base.source import Source, Span
from archc.dsl import ast
from archc.dsl.parser.parse import parse, parse_expression

from .random_texts import WORDS
from .reading import TEXTS, bare, body, expression, nodes

EXPRESSIONS = (
    ast.Number,
    ast.Size,
    ast.Text,
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Index,
    ast.List,
    ast.Unary,
    ast.Binary,
    ast.Conditional,
)


def call(*path: str, **arguments: int) -> object:
    given = tuple(("Argument", name, ("Number", value)) for name, value in arguments.items())
    return ("Call", path, given, not arguments)


def chain(*actions: object) -> object:
    return ("Chain", tuple(("Step", None, action, ()) for action in actions))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_texts_have_no_mistakes(path: Path) -> None:
    file, diagnostics = parse(Source.of(path.name, path.read_text(encoding="utf-8")))
    assert diagnostics == ()
    assert file.items
    assert not any(isinstance(node, ast.Broken) for node in nodes(file.items))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_every_expression_stands_where_its_span_says(path: Path) -> None:
    """Read alone, the text of an expression's span gives that expression."""
    file, _ = parse(Source.of(path.name, path.read_text(encoding="utf-8")))
    for node in nodes(file.items):
        if isinstance(node, EXPRESSIONS) and not (isinstance(node, ast.Text) and node.span.text[0] != '"'):
            again, diagnostics = parse_expression(Source.of("part", node.span.text))
            assert diagnostics == ()
            assert bare(again) == bare(node)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_nodes_lie_within_the_nodes_that_hold_them(path: Path) -> None:
    file, _ = parse(Source.of(path.name, path.read_text(encoding="utf-8")))
    for outer in nodes(file.items):
        span: Span = outer.span  # type: ignore[attr-defined]
        assert span.text.strip() == span.text != ""
        for inner in list(nodes(outer)):
            place: Span = inner.span  # type: ignore[attr-defined]
            assert span.start <= place.start < place.end <= span.end


# ------------------------------------------------------------------------------------------------------------ spans


def test_places_of_a_statement_and_its_parts() -> None:
    text = "network n(a, b = 2) {\n  fc: conv(64, kernel = 3) -> indexed { bn } -> add { | if a: skip(x.y) | relu }\n}\n"
    file, _ = parse(Source.of("test", text))
    (network,) = file.items
    assert isinstance(network, ast.Network)
    assert (network.span.start, network.span.end) == (0, len(text) - 1)
    assert network.head.text == "network n(a, b = 2)"
    assert [parameter.span.text for parameter in network.parameters] == ["a", "b = 2"]
    (line,) = network.body
    assert isinstance(line, ast.Chain)
    first, second, third = line.steps
    assert first.span.text == "fc: conv(64, kernel = 3)"
    assert first.label is not None
    assert first.label.span.text == "fc"
    assert isinstance(first.action, ast.Call)
    assert (first.action.span.text, first.action.path_span.text) == ("conv(64, kernel = 3)", "conv")
    assert [argument.span.text for argument in first.action.arguments] == ["64", "kernel = 3"]
    name_span = first.action.arguments[1].name_span
    assert name_span is not None
    assert name_span.text == "kernel"
    assert second.action.span.text == "indexed { bn }"
    assert isinstance(third.action, ast.Merge)
    assert third.action.span.text == "add { | if a: skip(x.y) | relu }"
    one, two = third.action.paths
    assert (one.span.text, one.bar.text, two.span.text) == ("| if a: skip(x.y)", "|", "| relu")
    assert isinstance(one.qualifier, ast.If)
    assert one.qualifier.span.text == "if a"


def test_places_within_a_text() -> None:
    value = expression('"layer{i + 1}.{{x}}{j}"')
    assert isinstance(value, ast.Text)
    assert [piece if isinstance(piece, str) else piece.span.text for piece in value.pieces] == ["layer", "i + 1", ".{x}", "j"]


def test_a_group_begins_at_its_brace() -> None:
    (line,) = body("a: { bn }")
    assert isinstance(line, ast.Chain)
    assert line.steps[0].action.span.text == "{ bn }"


# ------------------------------------------------------------------------------------------------------ expressions


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("1e-3", 0.001),
        ("64K", 64_000),
        ("26M", 26_000_000),
        ("4.2G", 4_200_000_000),
        ("4.3G", 4_300_000_000),
        ("0.0001K", 0.1),
        ("1" + "0" * 99, 10**99),
    ],
)
def test_numbers(text: str, value: float) -> None:
    number = expression(text)
    assert isinstance(number, ast.Number)
    assert (number.value, type(number.value)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "as_if"),
    [
        ("1 + 2 * 3 ** 2", "1 + (2 * (3 ** 2))"),
        ("-2 ** 2", "-(2 ** 2)"),
        ("2 ** -1 ** 2", "2 ** (-(1 ** 2))"),
        ("2 ** 3 ** 2", "2 ** (3 ** 2)"),
        ("a - b - c", "(a - b) - c"),
        ("a // b % c", "(a // b) % c"),
        ("not a == b and c or d", "((not (a == b)) and c) or d"),
        ("1 < n <= 5 != m", "(1 < n and n <= 5) and 5 != m"),
        ("a if b else c if d else e", "a if b else (c if d else e)"),
        ("a or b if c or d else e", "(a or b) if (c or d) else e"),
        ("x[0][1].channels", "((x[0])[1]).channels"),
        ("[1, 2,]", "[1, 2]"),
        ("f(a,)", "f(a)"),
    ],
)
def test_precedence(text: str, as_if: str) -> None:
    assert bare(expression(text)) == bare(expression(as_if))


def test_sizes_lists_and_constants() -> None:
    assert bare(expression("[1x7, 3x3x3, [], true, none]")) == (
        "List",
        (("Size", (1, 7)), ("Size", (3, 3, 3)), ("List", (), ()), ("Constant", True), ("Constant", None)),
        (),
    )


def test_calls_in_expressions() -> None:
    assert bare(expression("leaky_relu(slope = 3)")) == call("leaky_relu", slope=3)
    assert bare(expression("resnet.bottleneck(width = 3)")) == call("resnet", "bottleneck", width=3)


def test_in_is_a_name_of_the_shape_at_hand() -> None:
    assert bare(expression("in.channels")) == ("Attribute", ("Name", "in"), "channels")
    (loop,) = body("for i, x in in.shape { relu }")
    assert isinstance(loop, ast.For)
    assert (loop.index and loop.index.name, loop.variable.name, bare(loop.values)) == ("i", "x", bare(expression("in.shape")))


def test_texts() -> None:
    assert bare(expression('""')) == ("Text", ())
    assert bare(expression('"a # b"')) == ("Text", ("a # b",))
    assert bare(expression('"{{{n}}}"')) == ("Text", ("{", ("Name", "n"), "}"))


# ------------------------------------------------------------------------------------------------------- statements


def test_lines_and_arrows() -> None:
    assert bare(body("conv(out = 3) -> bn\nrelu")) == (chain(call("conv", out=3), call("bn")), chain(call("relu")))
    assert bare(body("bn ->\n  relu")) == bare(body("bn\n  -> relu")) == bare(body("bn -> relu"))


def test_a_group_on_a_new_line_is_no_merge() -> None:
    relu, group = body("relu\n{ bn }")
    assert bare(relu) == chain(call("relu"))
    assert bare(group) == chain(("Group", "", (chain(call("bn")),)))


def test_an_if_after_a_value_on_a_new_line_is_a_statement() -> None:
    let, branch = body("let x = a\nif x > 1 { bn } else if y { relu } else { gelu }")
    assert bare(let) == ("Let", ("Name", "x"), ("Name", "a"))
    assert isinstance(branch, ast.If)
    (other,) = branch.otherwise
    assert isinstance(other, ast.If)
    assert bare(other.otherwise) == (chain(call("gelu")),)


def test_an_if_with_a_value_in_its_condition() -> None:
    (branch,) = body("if a if b else c { bn }")
    assert isinstance(branch, ast.If)
    assert isinstance(branch.condition, ast.Conditional)


def test_paths() -> None:
    (line,) = body("add { | bn\n relu | if a { bn } | if a: bn | repeat 2 as i: bn | for k, v in l: bn | for v in l: bn }")
    assert isinstance(line, ast.Chain)
    merge = line.steps[0].action
    assert isinstance(merge, ast.Merge)
    assert [len(path.body) for path in merge.paths] == [2, 1, 1, 1, 1, 1]
    qualifiers = [path.qualifier for path in merge.paths]
    assert qualifiers[:2] == [None, None]
    assert [type(one).__name__ for one in qualifiers[2:]] == ["If", "Repeat", "For", "For"]
    assert isinstance(merge.paths[1].body[0], ast.If)


def test_the_other_statements() -> None:
    text = """
default conv(bias = false), bn
require a % b == 0, "{a} is no multiple of {b}"
expect [2048, 7, 7]
budget parameters <= 26M, macs <= 4.3G + 1
input image[3, H, W]
output p3, logits = classifier.fc
aux head1 indexed { bn }
stage "layer{i}" flat { bn }
repeat n as i { bn }
"""
    default, require, expect, budget, input_, output, aux, stage, repeat = body(text)
    assert isinstance(default, ast.Default)
    assert [one.bare for one in default.calls] == [False, True]
    assert isinstance(require, ast.Require)
    assert require.message is not None
    assert len(require.message.pieces) == 3
    assert isinstance(expect, ast.Expect)
    assert len(expect.shape.items) == 3
    assert isinstance(budget, ast.Budget)
    assert [(limit.quantity.name, limit.operator) for limit in budget.limits] == [("parameters", "<="), ("macs", "<=")]
    assert isinstance(input_, ast.Input)
    assert bare(input_.shape) == bare(expression("[3, H, W]"))
    assert isinstance(output, ast.Output)
    assert [(item.name and item.name.name, item.label.path) for item in output.items] == [
        (None, ("p3",)),
        ("logits", ("classifier", "fc")),
    ]
    assert isinstance(aux, ast.Aux)
    assert (aux.name.pieces, aux.mode) == (("head1",), "indexed")
    assert isinstance(stage, ast.Stage)
    assert (len(stage.name.pieces), stage.mode) == (2, "flat")
    assert isinstance(repeat, ast.Repeat)
    assert repeat.variable is not None
    assert repeat.variable.name == "i"


def test_items() -> None:
    text = """import models.resnet as r
from a.b import c, d
let x = 3
block attend(heads, scale = none,) takes query, context indexed { bn }
network a(n = 1) = b
network c = d(3)
"""
    file, diagnostics = parse(Source.of("test", text))
    assert diagnostics == ()
    import_, from_, _, block, bare_variant, variant = file.items
    assert bare(import_) == ("Import", ("models", "resnet"), ("Name", "r"))
    assert bare(from_) == ("FromImport", ("a", "b"), (("Name", "c"), ("Name", "d")))
    assert isinstance(block, ast.Block)
    assert [one.name for one in block.inputs] == ["query", "context"]
    assert (len(block.parameters), block.mode) == (2, "indexed")
    assert isinstance(bare_variant, ast.Network)
    assert bare_variant.variant_of is not None
    assert bare_variant.variant_of.bare
    assert isinstance(variant, ast.Network)
    assert variant.variant_of is not None
    assert variant.variant_of.path == ("d",)


@pytest.mark.parametrize("word", WORDS)
def test_words_are_names_where_they_open_nothing(word: str) -> None:
    """`block` is a word before a name, and otherwise a label, a parameter, an argument, a value, a step."""
    text = f"""
block b({word}, other = {word}) {{
  {word}: conv(8, {word} = {word}.{word})
  let {word} = [{word}, {word} + 1]
  {word}(3) -> {word}
  add {{ | skip({word}) | {word} }}
}}
network {word} = b({word} = 1)
"""
    file, diagnostics = parse(Source.of("test", text))
    assert diagnostics == ()
    block, network = file.items
    assert isinstance(block, ast.Block)
    assert [parameter.name.name for parameter in block.parameters] == [word, "other"]
    assert [type(one).__name__ for one in block.body] == ["Chain", "Let", "Chain", "Chain"]
    assert isinstance(network, ast.Network)
    assert network.name.name == word


# ------------------------------------------------------------------------------------------------------------- docs


def docs(text: str) -> tuple[str, list[str]]:
    file, diagnostics = parse(Source.of("test", text))
    assert diagnostics == ()
    return file.doc, [getattr(item, "doc", "-") for item in file.items]


def test_documentation_belongs_to_what_follows() -> None:
    assert docs("## A block.\n##  Two lines.\nblock b { bn }\n# plain\nblock c { bn }\n") == ("", ["A block.\n Two lines.", ""])
    assert docs("block b { bn }  ## behind\n\n## For c.\n\nblock c { bn }\n") == ("", ["", "For c."])


def test_documentation_of_a_file() -> None:
    assert docs("## The file.\n\nblock b { bn }\n") == ("The file.", [""])
    assert docs("## The file.\n\n## The block.\nblock b { bn }\n") == ("The file.", ["The block."])
    assert docs("## The file.\ndefault conv(bias = false)\n## The block.\nblock b { bn }\n") == ("The file.", ["-", "The block."])
    assert docs("") == ("", [])


def test_documentation_of_a_stage() -> None:
    bn, stage = body("bn\n## The stem.\nstage stem { bn }")
    assert isinstance(bn, ast.Chain)
    assert isinstance(stage, ast.Stage)
    assert stage.doc == "The stem."


def test_white_space_has_no_meaning() -> None:
    text = TEXTS[0].read_text(encoding="utf-8")
    plain, _ = parse(Source.of("plain", text))
    for other in (text.replace("\n", "\r\n"), text.replace("  ", "\t"), "\ufeff" + text, text.replace(" = ", "=")):
        file, diagnostics = parse(Source.of("other", other))
        assert diagnostics == ()
        assert bare(file.items) == bare(plain.items)
