"""A message leads back to where the text says the number or the name, however many calls lie between."""

from __future__ import annotations

from archc.base.diagnostics import Diagnostic
from tests.support import checked


def only(text: str) -> Diagnostic:
    (diagnostic,) = [row for row in checked(text, "n.arch").diagnostics if row.is_error]
    return diagnostic


def shown(diagnostic: Diagnostic) -> list[tuple[int, str, str]]:
    """The line, text and words of each place beside the primary one."""
    return [(label.span.line, label.span.text, label.message) for label in diagnostic.secondary]


def test_through_calls_and_loops() -> None:
    found = only(
        """block inner(out) { conv(out, 3) }
block outer(width) { inner(width / 2) -> relu }
network n(widths = [8, 0]) {
  input image[3, 8, 8]
  for i, width in widths { "b{i}": outer(width) }
}"""
    )
    assert (found.code, found.primary.span.line, found.primary.span.text) == ("E208", 1, "out")
    assert shown(found) == [
        (1, "out", "`out` is 0"),
        (2, "width", "`width` is 0"),
        (5, "width", "`width` is 0"),
        (3, "widths", "`widths` is [8, 0]"),
    ]


def test_through_lets() -> None:
    found = only(
        """network n(base = 6) {
  input image[3, 8, 8]
  let half = base / 2
  let quarter = half / 2
  conv(quarter, 1)
}"""
    )
    assert (found.code, found.primary.span.line) == ("E220", 4)
    assert shown(found) == [(3, "half", "`half` is 3"), (1, "base", "`base` is 6")]


def test_operation_in_the_place_of_a_parameter() -> None:
    found = only("network n(apd = 1) {\n  input image[3, 8, 8]\n  conv(8, 3, pad = pad)\n}")
    assert (found.code, shown(found)) == ("E208", [(1, "apd", "`apd` is this")])
    assert found.help == "`pad` is an operation, and nothing else here has that name: did you mean `apd`?"
    assert found.fix is not None and found.fix.edits[0].text == "apd"


def test_word_in_the_place_of_a_variable() -> None:
    found = only("network n {\n  input image[3, 8, 8]\n  for detph in [1, 2] { for j in range(depth) { conv(8, 3) } }\n}")
    assert (found.code, shown(found)) == ("E224", [(3, "detph", "`detph` is this")])
    found = only("network n {\n  input image[3, 8, 8]\n  let detph = 2\n  repeat depth { conv(8, 3) }\n}")
    assert (found.code, shown(found)) == ("E208", [(3, "detph", "`detph` is this")])


def test_argument_of_a_default_row() -> None:
    """The step that cannot have what the row gives is the place; the row is shown beside it."""
    found = only("default maxpool(kernel = 3)\nnetwork n {\n  input image[3, 2, 8]\n  relu -> maxpool\n}")
    assert (found.code, found.primary.span.line, found.primary.span.text) == ("E311", 4, "maxpool")
    assert (1, "3", "its `kernel` comes from here") in shown(found)


def test_size_decided_by_a_call() -> None:
    """The step that decided a size may lie in a block of another file: the call that led there stands in the user's text."""
    found = only(
        """block wide(out) { conv(out, 3) -> bn }
block half { conv(in.channels / 2, 1) }
network n(widths = [8, 7]) {
  input image[3, 8, 8]
  for width in widths { "a{width}": wide(width) }
  half
}"""
    )
    assert (found.code, found.primary.span.line) == ("E220", 2)
    assert shown(found) == [
        (1, "conv(out, 3)", "`in.channels` is 7, decided here"),
        (5, "wide(width)", "by way of this call, where out = 7"),
        (5, "width", "`width` is 7"),
        (3, "widths", "`widths` is [8, 7]"),
    ]


def test_size_of_a_concatenation() -> None:
    found = only(
        """block half { conv(in.channels / 2, 1) }
network n {
  input image[3, 8, 8]
  conv(7, 3) -> relu
  concat { | skip | conv(8, 3) }
  concat { | skip | conv(8, 3) }
  half
}"""
    )
    assert shown(found) == [(6, "concat", "`in.channels` is 23, decided here"), (4, "conv(7, 3)", "the first 7 of them come from here")]


def test_groups_that_do_not_divide() -> None:
    """Both numbers are followed: those of the groups, and those of the channels that come in."""
    found = only(
        """block wide(out) { conv(out, 1) -> relu }
block grouped(groups) { conv(120, 3, groups = groups) }
network n(cardinality = 32, width = 60) {
  input image[3, 8, 8]
  wide(width)
  grouped(cardinality)
}"""
    )
    assert (found.code, found.message) == ("E310", "input channels 60 are not divisible by groups 32 of `conv`")
    assert {(3, "cardinality", "`cardinality` is 32"), (3, "width", "`width` is 60"), (2, "groups", "`groups` is 32")} <= set(shown(found))
    assert (5, "wide(width)", "by way of this call, where out = 60") in shown(found)


def test_output_channels_that_do_not_divide() -> None:
    found = only("network n(cardinality = 32, width = 60) {\n  input image[64, 8, 8]\n  conv(width, 3, groups = cardinality)\n}")
    assert {(1, "cardinality", "`cardinality` is 32"), (1, "width", "`width` is 60")} <= set(shown(found))


def test_the_parameter_that_an_operation_refuses() -> None:
    found = only("network n(p = 4) {\n  input image[64, 8, 8]\n  maxpool(3, stride = 2, pad = p)\n}")
    assert (found.code, (1, "p", "`p` is 4") in shown(found)) == ("E312", True)
