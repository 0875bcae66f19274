"""Labels that a loop goes through, and names of results read within the network."""

from __future__ import annotations

import pytest

from tests.support import assert_mended, checked


def net(*lines: str) -> str:
    return "network n {\n  input x[3, 64, 64]\n  c2: conv(8)\n  c3: conv(8)\n  " + "\n  ".join(lines) + "\n}\n"


@pytest.mark.parametrize("name", ["l", "level"])
def test_a_list_of_labels_is_one_of_texts(name: str) -> None:
    written = net(f"for {name} in [c2, c3] {{ skip({name}) -> conv(16, 1) }}")
    meant = net(f'for {name} in ["c2", "c3"] {{ skip("{{{name}}}") -> conv(16, 1) }}')
    row = next(row for row in checked(written).diagnostics if row.is_error)
    assert row.code == "E202" and row.fix is not None
    assert f'skip("{{{name}}}")' in (row.help or "")
    assert_mended(written, meant)


def test_where_sizes_are_read_too_nothing_is_written() -> None:
    row = next(row for row in checked(net("for l in [c2, c3] { skip(l) -> conv(l.channels, 1) }")).diagnostics if row.is_error)
    assert row.code == "E202" and row.fix is None and 'for l in ["c2", "c3"]' in (row.help or "")


def test_a_list_of_numbers_is_none_of_labels() -> None:
    row = next(row for row in checked(net("for l in [2, 3] { skip(l) -> conv(8) }")).diagnostics if row.is_error)
    assert row.code == "E202" and '["2"' not in (row.help or "")


def test_the_name_of_a_result_as_a_value() -> None:
    written, meant = net("conv(low.channels)", "output low = c2, c3"), net("conv(c2.channels)", "output low = c2, c3")
    row = next(row for row in checked(written).diagnostics if row.is_error)
    assert row.code == "E201" and "within it the step is `c2`" in (row.help or "")
    assert_mended(written, meant)
