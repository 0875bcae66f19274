"""Trouble with files: each is a diagnostic that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.cli import group
from archc.compiler.files import locate
from archc.compiler.files.locate import Target, decode, find, read

from .conftest import GOOD, Run


@pytest.mark.parametrize("command", ["check", "build", "cost", "draw", "sizes", "fmt"])
def test_a_file_that_is_not_there_is_a_wrong_call(run: Run, command: str) -> None:
    result = run(command, "nowhere.arch")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "error[F611]" in result.stderr


def test_missing(run: Run) -> None:
    result = run("check", "god.arch")
    assert result.exit_code == 2
    assert "error[F611]: there is no file `god.arch`\n --> god.arch\n  = help: did you mean `good.arch`?\n" in result.stderr


def test_a_shipped_network_by_a_path(run: Run) -> None:
    assert "`resnext50` comes with archc: name it without a path" in run("check", "nets/resnext50.arch").stderr


def test_a_shipped_network_misspelt(run: Run) -> None:
    assert "did you mean `resnext50`" in run("check", "resnxt50").stderr


def test_without_its_ending(run: Run) -> None:
    assert "did you mean `good.arch`?" in run("check", "good").stderr


def test_a_folder(run: Run, folder: Path) -> None:
    result = run("check", ".")
    assert result.exit_code == 2
    assert "error[F612]: `.` is a folder" in result.stderr
    assert "`./bad.arch`, `./good.arch`" in result.stderr


def test_a_strange_name(run: Run) -> None:
    result = run("check", "no\x1b[31m\nsuch\0.arch")
    assert result.exit_code == 2
    assert "\x1b" not in result.stderr
    assert "F612" in result.stderr


def test_too_large(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "LARGEST_FILE", 2**20)
    (folder / "large.arch").write_bytes(b"#" * (2**20 + 1))
    result = run("check", "large.arch")
    assert result.exit_code == 1
    assert "error[F614]: `large.arch` is larger than 1 MiB" in result.stderr


@pytest.mark.parametrize("call", [("--list", "large"), ("--vary", "width=8", "--journal", "large")], ids=["list", "journal"])
def test_a_list_without_an_end(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, call: tuple[str, ...]) -> None:
    """`--journal /dev/full` is read first, as zeros without an end: they filled the memory until the system ended archc."""
    monkeypatch.setattr(locate, "LARGEST_TABLE", 2**20)
    (folder / "large").write_bytes(b"\0" * (2**20 + 1))
    result = run("sweep", "good.arch", *call)
    assert result.exit_code == 1
    assert "error[F614]: `large` is larger than 1 MiB" in result.stderr


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16(run: Run, folder: Path, encoding: str) -> None:
    (folder / "wide.arch").write_bytes(GOOD.encode(encoding))
    result = run("check", "wide.arch")
    assert result.exit_code == 1
    assert "error[F613]" in result.stderr
    assert "UTF-8" in result.stderr


def test_bytes_that_are_no_text() -> None:
    found = decode("x.arch", b"network\0\xff")
    assert isinstance(found, Diagnostic)
    assert found.message == "`x.arch` is no text: its byte 7 is 0"


def test_the_place_of_a_bad_byte() -> None:
    found = decode("x.arch", "network n {\r\n  # é: ".encode() + b"\xe9t\xe9\n}\n")
    assert isinstance(found, Diagnostic)
    assert found.code == "F613"
    assert str(found.primary.span) == "x.arch:2:8"
    assert found.primary.message == "the byte 0xE9"


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbfnetwork", b"a\r\nb", b"a\rb"])
def test_what_is_no_trouble(data: bytes) -> None:
    found = decode("x.arch", data)
    assert isinstance(found, Source)
    assert "\r" not in found.text
    assert "\ufeff" not in found.text


@pytest.mark.parametrize("text", ["\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD.replace("\n", "\r"), GOOD.rstrip(), GOOD + "# 漢字 🙂"])
def test_every_way_to_save_a_file(run: Run, folder: Path, text: str) -> None:
    (folder / "good.arch").write_bytes(text.encode())
    assert run("check", "good.arch").stderr == "good.arch: good: [3, 32, 32] -> [10]\n"


@pytest.mark.parametrize(
    ("asked", "path", "network"),
    [
        ("a.arch", "a.arch", None),
        ("a.arch:b", "a.arch", "b"),
        ("nets/a.arch:b", "nets/a.arch", "b"),
        (r"C:\nets\a.arch", r"C:\nets\a.arch", None),
        (r"C:\nets\a.arch:b", r"C:\nets\a.arch", "b"),
        ("a.txt", "a.txt", None),
        ("odd:name.arch", "odd:name.arch", None),
    ],
)
def test_what_is_named(asked: str, path: str, network: str | None) -> None:
    assert find(asked) == Target(path, path, network)


def test_the_library_has_one_name_on_every_machine() -> None:
    target = find("resnet:resnet")
    assert (target.name, target.network) == ("archc/architectures/resnet.arch", "resnet")
    assert isinstance(read(target), Source)


def test_imports_beside_the_file_come_first(run: Run, folder: Path) -> None:
    (folder / "resnet.arch").write_text("block bottleneck(out) { conv(out) }\n", encoding="utf-8")
    (folder / "mine.arch").write_text(
        "from resnet import bottleneck\nfrom resnet18 import resnet18\nnetwork mine {\n  input x[3, 64, 64]\n  bottleneck(3) -> resnet18\n}\n",
        encoding="utf-8",
    )
    # resnet18 is the library's, and so is the `resnet` that it imports in its turn.
    assert run("check", "mine.arch").stderr == "mine.arch: mine: [3, 64, 64] -> [1000]\n"


def test_an_import_that_cannot_be_read(run: Run, folder: Path) -> None:
    (folder / "broken.arch").write_bytes(b"\xff\xfe")
    (folder / "mine.arch").write_text("import broken\nnetwork mine {\n  input x[3, 8, 8]\n  conv(8)\n}\n", encoding="utf-8")
    result = run("check", "mine.arch")
    assert result.exit_code == 1
    assert "error[F613]: `broken.arch` is UTF-16 text" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("check", "nets"),
        ("fmt", "nets"),
        ("diff", "good.arch", "nets"),
        ("diff", "nets", "good.arch"),
        ("cost", "nets"),
        ("sweep", "nets", "--vary", "width=8"),
        ("sweep", "good.arch", "--list", "nets"),
        ("fit", "nets", "--vary", "width", "--match", "macs=1K"),
    ],
)
def test_a_folder_in_place_of_a_file_is_a_wrong_call_of_every_command(run: Run, folder: Path, words: tuple[str, ...]) -> None:
    (folder / "nets").mkdir()
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "error[F612]: `nets` is a folder" in result.stderr


@pytest.mark.parametrize("words", [("draw", "good.arch"), ("diff", "good.arch", "good.arch")])
def test_a_picture_that_is_to_be_a_folder_is_told_by_its_name(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words, "-o", ".")
    assert result.exit_code == 2
    assert "error[F602]: `.` is a folder" in result.stderr and "name a file in it: `net.svg`" in result.stderr


def test_a_text_in_place_of_a_file_is_not_quoted_as_its_name(run: Run) -> None:
    result = run("cost", GOOD)
    assert result.exit_code == 2 and "conv(" not in result.stderr
    assert "error[F611]: this is the text of a network, and the name of a file is wanted" in result.stderr


def test_of_several_networks_on_standard_input_one_is_named_as_the_remedy_says() -> None:
    two = "network a { input x[4] relu }\nnetwork b { input x[4] relu }\n"
    assert "say which: `-- -:a`" in CliRunner().invoke(group, ["cost", "-"], input=two).stderr
    assert CliRunner().invoke(group, ["cost", "--", "-:a"], input=two).exit_code == 0


def test_a_checkpoint_is_no_model_and_needs_its_class(run: Run, folder: Path) -> None:
    (folder / "bad.pth").write_bytes(b"x")
    (folder / "settings.json").write_text("{}", encoding="utf-8")
    told = " ".join(run("import", "bad.pth").stderr.split())
    assert "holds the numbers of a model and not its steps: name the class that makes it, `my_net.py:Net`; `archc build" in told
    (folder / "built").mkdir()
    (folder / "built" / "bad.pth").write_bytes(b"x")
    (folder / "built" / "good.json").write_text('{"version": 1, "network": "good", "nodes": []}', encoding="utf-8")
    assert "or the folder that `archc build` made, `built`" in " ".join(run("import", "built/bad.pth").stderr.split())
