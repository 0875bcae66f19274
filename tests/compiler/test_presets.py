"""A variant that names no parameters is a preset: it has those of its base, and what it gives them are its defaults."""

from __future__ import annotations

import pytest

from archc.compiler.driver import Checked
from tests.support import assert_mended, checked

FAMILY = """\
network family(width, depth = 2, act = relu, wide = 2 * width, classes = 10) {
  input x[3, 8, 8]
  repeat depth { conv(wide, 3) -> act }
  global_avgpool -> flatten -> linear(classes)
}
network small = family(width = 4)
network smaller = small(depth = 1, act = gelu)
network shut(classes = 3) = smaller(classes = classes)
"""


def values(text: str) -> dict[str, object]:
    found = checked(FAMILY + text, "mine.arch")
    assert found.program is not None, [row.message for row in found.diagnostics]
    return {name: value for name, value in found.program.parameters if name != "act"}


@pytest.mark.parametrize(
    ("text", "found"),
    {
        "network mine = small": {"width": 4, "depth": 2, "wide": 8, "classes": 10},
        "network mine = small(depth = 3, classes = 7)": {"width": 4, "depth": 3, "wide": 8, "classes": 7},
        "network mine = smaller(width = 5)": {"width": 5, "depth": 1, "wide": 10, "classes": 10},
        "network mine = shut": {"classes": 3},
        "network mine(classes = 3) = small(classes = classes)": {"classes": 3},
    }.items(),
)
def test_a_preset_has_the_parameters_of_its_base(text: str, found: dict[str, object]) -> None:
    assert values(text) == found


def test_as_a_step_and_as_a_value() -> None:
    text = """
block twice(unit) { unit(classes = 6) }
network mine {
  input x[3, 8, 8]
  a: small(depth = 1, classes = 5)
  skip(x) -> b: twice(smaller(width = 2))
  output a, b
}
"""
    found = checked(FAMILY + text, "mine.arch")
    assert found.program is not None, [row.message for row in found.diagnostics]
    assert [node.shape for node in found.program.nodes if node.operation.name == "output"] == [(5,), (6,)]
    assert "b.smaller1.blocks.0.conv1.weight" in {f"{node.key}.{weight.name}" for node in found.program.nodes for weight in node.weights}


def codes(found: Checked) -> list[str]:
    return [row.code for row in found.diagnostics]


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("network mine = small(clases = 7)", "E204", "did you mean `classes`"),
        ("network mine = shut(width = 7)", "E204", "its use is `shut(classes = 3)`"),
        ("network mine = family", "E205", "width"),
        ("network mine = small(7)", "E207", "name it: `small(width = 4, depth = 2"),
        ("network mine = mine", "E402", ""),
        ("network mine = other(width = 2)\nnetwork other = mine", "E204", ""),
        ("network mine = conv(3)", "E211", ""),
        ("network mine = nowhere(width = 2)", "E201", ""),
    ],
)
def test_what_a_preset_cannot_be(text: str, code: str, told: str) -> None:
    found = checked(FAMILY + text, "mine.arch")
    assert code in codes(found)
    assert told in "".join(row.help or "" for row in found.diagnostics)


def test_a_part_that_nothing_runs_is_read_as_far_as_it_is_told_here() -> None:
    """The parameters of a preset of what is imported stand in another text."""
    dead = "block unused { %s }\nnetwork mine { input x[3, 8, 8]\n relu }\n"
    assert codes(checked(FAMILY + dead % "smaller(clases = 7)", "mine.arch")) == ["E204"]
    here = "from resnet50 import resnet50\nnetwork mine_too = resnet50(output_stride = 8)\n"
    assert codes(checked(here + dead % "mine_too(clases = 7)", "mine.arch")) == []


def test_a_block_that_the_family_of_a_network_has_is_imported_from_there() -> None:
    """`efficientnet_b0` is a line on top of `efficientnet`, which has its blocks; what several families have is not guessed at."""
    rest = "network n { input image[3, 32, 32]\n conv(8) -> mbconv(4, 3, 8, stride = 1, drop = 0.0) }\n"
    assert_mended(f"from efficientnet_b0 import mbconv\n{rest}", f"from efficientnet import mbconv\n{rest}")
    both = "from resnet50 import resnet50, projection\nnetwork n { input image[3, 64, 64]\n resnet50(shortcut = projection) }\n"
    (error,) = (row for row in checked(both, "n.arch").diagnostics if row.code == "E215")
    assert (
        error.fix is not None
        and error.fix.message == "`resnet` has it: write `from resnet import projection` and `from resnet50 import resnet50`"
    )
    (error,) = (
        row
        for row in checked("from vgg16 import unit\nnetwork n { input image[3, 64, 64]\n unit }\n", "n.arch").diagnostics
        if row.code == "E215"
    )
    assert error.fix is None
