"""The steps of an `indexed` scope are read from outside by their numbers, which are those of their keys."""

from __future__ import annotations

import pytest

from tests.support import assert_mended, checked

SCOPE = """block two flat { conv(5) -> conv(6) }
block again takes x flat { a: conv(8) -> add { | skip | skip(x) } }
network n {
  input image[8, 16, 16]
  stage s indexed {
    conv(1)
    named: conv(2)
    mul { | conv(3) | conv(3) }
    two
    { conv(7) -> relu }
    conv(8)
    again
    repeat 2 { conv(9) }
  }
"""


@pytest.mark.parametrize(
    ("number", "channels"),
    [("0", 1), ("2", 3), ("3", 3), ("4", 3), ("5", 5), ("6", 6), ("7", 7), ("8", 8), ("10", 8), ("11", 9), ("12", 9)],
)
def test_each_is_what_has_that_key(number: str, channels: int) -> None:
    found = checked(f'{SCOPE}  output y = "s.{number}"\n}}\n')
    assert found.program is not None
    [output] = [node for node in found.program.nodes if node.operation.name == "output"]
    made = found.program.nodes[output.inputs[0]]
    assert made.shape[0] == channels
    assert made.key.startswith(f"s.{number}")


@pytest.mark.parametrize("part", ["1", "9", "13", "99"])
def test_a_labelled_step_has_no_number_to_read_it_by(part: str) -> None:
    """It takes one up all the same (naming rule 8)."""
    [row] = [row for row in checked(f'{SCOPE}  skip("s.{part}") -> relu\n}}\n').diagnostics if row.is_error]
    assert row.code == "E202" and "did you mean" not in (row.help or "")


def test_inside_the_scope_they_are_no_labels() -> None:
    rows = checked('network n { input x[8, 4, 4] stage s indexed { conv(8) -> relu -> skip("0") } }').diagnostics
    assert [row.code for row in rows if row.is_error] == ["E202"]


@pytest.mark.parametrize("line", ['output y = s."0"', 'skip(s."0") -> relu', "output y = s.0"])
def test_the_path_stands_in_quotes_as_a_whole(line: str) -> None:
    text = f"network n {{\n  input x[8, 4, 4]\n  stage s indexed {{ conv(8) -> relu }}\n  {line}\n}}\n"
    right = text.replace(line, 'skip("s.0") -> relu' if line.startswith("skip") else 'output y = "s.0"')
    assert_mended(text, right)
