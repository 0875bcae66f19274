"""Bodies behind a colon, as Python writes them: what was meant runs, and nothing else."""

from __future__ import annotations

import pytest

from tests.support import assert_mended, errors_of


def net(text: str) -> str:
    return "network n(k = 1, deep = true) {\n  input x[3, 64, 64]\n  conv(k)\n" + text + "}\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("  if deep: conv(32)\n  else: conv(16)\n", "  if deep { conv(32) }\n  else { conv(16) }\n"),
        ("  if deep: conv(32) else: conv(16)\n", "  if deep { conv(32) } else { conv(16) }\n"),
        ("  if deep { conv(32) }\n  else: conv(16)\n", "  if deep { conv(32) }\n  else { conv(16) }\n"),
        ("  if deep { conv(32) } else:\n    conv(16)\n", "  if deep { conv(32) } else {\n    conv(16)\n  }\n"),
        (
            "  if deep:\n    conv(32)\n  else:\n    conv(16)\n    relu\n  relu\n",
            "  if deep {\n    conv(32)\n  }\n  else {\n    conv(16)\n    relu\n  }\n  relu\n",
        ),
        (
            "  if k == 1: conv(32)\n  elif k == 2: conv(16)\n  else: conv(8)\n",
            "  if k == 1 { conv(32) }\n  else if k == 2 { conv(16) }\n  else { conv(8) }\n",
        ),
        (
            "  if k == 1:\n    conv(32)\n  elif (k == 2):\n    conv(16)\n",
            "  if k == 1 {\n    conv(32)\n  }\n  else if (k == 2) {\n    conv(16)\n  }\n",
        ),
        ("  if k == 1: conv(2)\n  else if k == 2: conv(4)\n", "  if k == 1 { conv(2) }\n  else if k == 2 { conv(4) }\n"),
    ],
)
def test_one_branch_runs(written: str, meant: str) -> None:
    assert_mended(net(written), net(meant))


@pytest.mark.parametrize("written", ["  relu\n  else: conv(8)\n", "  relu -> else\n", "  relu -> or\n", "  conv(or)\n"])
def test_a_word_that_nothing_is_called_by_is_no_misspelt_name(written: str) -> None:
    """`else_: conv(8)` would run beside the other branch, and there is no `or_`."""
    (row,) = errors_of(net(written))
    assert row.code == "E119" and row.fix is None


@pytest.mark.parametrize("written", ["  for: conv(8)\n", "  let or = 8\n  conv(or_)\n"])
def test_a_name_that_is_given_gets_another(written: str) -> None:
    assert any(row.code == "E119" and row.fix is not None for row in errors_of(net(written)))
