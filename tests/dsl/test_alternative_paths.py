"""Paths of which one stands for another, as an `if` and its `else` in a merge: the text that is meant, or words."""

from __future__ import annotations

import pytest

from tests.support import assert_mended, errors_of


def net(merge: str) -> str:
    return f"block u(c) {{\n  conv(c, 3) -> relu\n  {merge}\n}}\n\nnetwork n {{\n  input x[32, 8, 8]\n  u(32) -> u(64)\n}}\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("add { | conv(c) | if c == 32: skip | else: conv(c, 1) }", "add { | conv(c) | if c == 32 { skip } else { conv(c, 1) } }"),
        ("add { | if c == 32: skip | else: conv(c, 1) | conv(c) }", "add { | if c == 32 { skip } else { conv(c, 1) } | conv(c) }"),
        (
            "add {\n    | conv(c) -> relu\n    | if c == 32: skip\n      else: conv(c, 1) -> bn\n  }",
            "add {\n    | conv(c) -> relu\n    | if c == 32 { skip } else { conv(c, 1) -> bn }\n  }",
        ),
        (
            "add { | conv(c) | if c == 32: skip | else if c == 3: relu | else: conv(c, 3) }",
            "add { | conv(c) | if c == 32 { skip } else if c == 3 { relu } else { conv(c, 3) } }",
        ),
        (
            "add { | conv(c) | if c == 32: skip | elif c == 3: relu | else: conv(c, 3) }",
            "add { | conv(c) | if c == 32 { skip } else if c == 3 { relu } else { conv(c, 3) } }",
        ),
        ("add { | conv(c) | if c == 32 { skip } | else { conv(c, 1) } }", "add { | conv(c) | if c == 32 { skip } else { conv(c, 1) } }"),
        ("add { | conv(c) | if c == 32 { | skip } else { | conv(c) } }", "add { | conv(c) | if c == 32 { skip } else { conv(c) } }"),
        ("add { | conv(c)\n  if c == 32 { | skip } else { | conv(c) } }", "add { | conv(c)\n  | if c == 32 { skip } else { conv(c) } }"),
        ("concat { | conv(c) | if c == 32 { | skip } | bn }", "concat { | conv(c) | if c == 32: skip | bn }"),
        (
            "concat { | conv(c) | if c == 32 { | skip | bn } else { | conv(4) } }",
            "concat { | conv(c) | if c == 32: skip | if c == 32: bn | if not (c == 32): conv(4) }",
        ),
        (
            "concat { | bn | if c == 32: conv(3) | else if c == 64: conv(5) }",
            "concat { | bn | if c == 32: conv(3) | if not (c == 32) and (c == 64): conv(5) }",
        ),
        (
            "add { | conv(c) -> add { | if c == 3: relu | else: bn | skip } | skip }",
            "add { | conv(c) -> add { | if c == 3 { relu } else { bn } | skip } | skip }",
        ),
    ],
)
def test_what_is_meant_is_written(written: str, meant: str) -> None:
    assert_mended(net(written), net(meant))


def test_a_comment_among_them_is_not_lost() -> None:
    errors = errors_of(net("add { | conv(c) | if c == 32: skip # as it is\n  | else: conv(c, 1) }"))
    assert [row.code for row in errors] == ["E119"]
    assert errors[0].fix is None and "`| if c { conv(64) } else { skip }`" in (errors[0].help or "")


def test_what_follows_is_read() -> None:
    errors = errors_of(net("concat { | conv(c) | if c == 32: bn | else if c == 64: skip }\n  conv(c / 7)"))
    assert [row.code for row in errors] == ["E119", "E220"]


def test_where_the_body_of_a_loop_in_a_chain_ends_is_not_guessed() -> None:
    """`conv(8) -> repeat 2: relu -> conv(4)`: the last step may be a part of each round, or come once."""
    errors = errors_of("network n {\n  input x[8, 8, 8]\n  y: { conv(8) -> repeat 2: relu -> conv(4, 3, stride = 2) }\n}\n")
    assert [row.code for row in errors] == ["E114", "E117"]
    assert errors[1].fix is None and "repeat 2 { conv(64) -> relu }" in (errors[1].help or "")
    assert_mended(
        "network n {\n  input x[8, 8, 8]\n  conv(8)\n  repeat 2: relu -> conv(4)\n}\n",
        "network n {\n  input x[8, 8, 8]\n  conv(8)\n  repeat 2 { relu -> conv(4) }\n}\n",
    )
