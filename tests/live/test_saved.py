"""The watched file on the disk: seen, and written only as far as its writer has seen it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archc.compiler.files.locate import find
from archc.live.saved import save, saved, stamps
from archc.reporting.error import ArchError

TEXT = "network n { input x[3, 8, 8] relu }\n"


def test_a_text_is_written_over_the_version_that_was_seen(tmp_path: Path) -> None:
    file = tmp_path / "n.arch"
    file.write_bytes(b"\xef\xbb\xbf# old\r\n")
    file.chmod(0o640)
    target = find(str(file))
    before = saved(target)
    after = save(target, TEXT, before.version)
    assert after == saved(target)
    assert file.read_bytes() == b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode()  # line ends and mark are the person's own
    assert os.name != "posix" or file.stat().st_mode & 0o777 == 0o640
    assert save(target, "# lost", before.version) is None
    assert saved(target) == after
    assert save(target, "# forced\n", None) is not None
    assert saved(target).text == "# forced\n"
    assert os.listdir(tmp_path) == ["n.arch"]


def test_a_file_that_was_deleted_is_written_again(tmp_path: Path) -> None:
    target = find(str(tmp_path / "n.arch"))
    gone = saved(target)
    assert gone.text is None
    assert gone.trouble is not None
    assert gone.trouble.code == "F611"
    assert save(target, TEXT, gone.version) is not None
    assert saved(target).text == TEXT


def test_the_library_is_not_written_to() -> None:
    target = find("resnet18")
    with pytest.raises(ArchError) as caught:
        save(target, TEXT, saved(target).version)
    assert caught.value.diagnostics[0].code == "F615"
    assert "archc new my_resnet18 --from resnet18" in str(caught.value)


def test_what_is_no_text_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "n.arch"
    file.write_bytes(b"\xff\xfen\0")
    for over in ("", None):
        with pytest.raises(ArchError, match="F613"):
            save(find(str(file)), TEXT, over)
    assert file.read_bytes() == b"\xff\xfen\0"


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("", encoding="utf-8")
    target = find(str(tmp_path / "folder" / "n.arch"))
    with pytest.raises(ArchError, match="F61"):
        save(target, TEXT, None)


def test_half_a_letter_is_written_as_a_question_mark(tmp_path: Path) -> None:
    target = find(str(tmp_path / "n.arch"))
    assert save(target, "# \ud800\n", None) == saved(target)
    assert saved(target).text == "# ?\n"


def test_stamps_differ_where_a_file_was_written(tmp_path: Path) -> None:
    file = tmp_path / "n.arch"
    assert stamps([str(file), "\0"]) == {str(file): None, "\0": None}
    file.write_text("a", encoding="utf-8")
    first = stamps([str(file)])
    file.write_text("ab", encoding="utf-8")
    assert stamps([str(file)]) != first != {str(file): None}
