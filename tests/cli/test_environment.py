"""What the machine does not let archc do is told as such; what could be meant in two ways is said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archc.compiler.files import write as outputs
from archc.compiler.files.write import append, rewrite, together, whole, write
from archc.reporting.error import ArchError

from .conftest import GOOD, Run

ROOT = Path(__file__).parents[2]


# ------------------------------------------------------------------------------------------------- files


def left_over(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".archc-*")]


def test_a_failed_output_keeps_the_old_file_and_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    (tmp_path / "old.svg").write_text("old", encoding="utf-8")
    for name in ("old.svg", "new/deep/new.svg"):
        with pytest.raises(ArchError) as caught:
            write(str(tmp_path / name), "new")
        (said,) = caught.value.diagnostics
        assert (said.code, said.help) == ("F615", "make room on that disk, or choose another place")
    assert [path.name for path in tmp_path.iterdir()] == ["old.svg"]
    assert (tmp_path / "old.svg").read_text(encoding="utf-8") == "old"


def test_a_file_that_may_not_be_written_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.arch"
    file.write_text("mine", encoding="utf-8")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    for change in (lambda: write(str(file), "new"), lambda: rewrite(str(file), "new")):
        with pytest.raises(ArchError, match="Permission denied"):
            change()
    assert file.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "arguments", [("new", "there/mine"), ("cost", "good.arch", "--memory", "-o", "there/m.svg"), ("draw", "good.arch", "-o", "there/d.dot")]
)
def test_a_folder_that_cannot_be_written(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    (folder / "there").mkdir()

    def refuse(prefix: str, dir: str | None) -> str:
        raise PermissionError(13, "Permission denied", dir)

    monkeypatch.setattr(outputs.tempfile, "mkdtemp", refuse)
    result = run(*arguments)
    assert result.exit_code == 3
    assert (
        f"error[F615]: `{arguments[-1] if '.' in arguments[-1] else 'there/mine.arch'}` could not be written: Permission denied"
        in result.stderr
    )
    assert "choose a place where you may write" in result.stderr
    assert list((folder / "there").iterdir()) == []


def test_own_files_in_a_folder_that_cannot_be_written(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = GOOD.replace("  stage", "     stage").replace("bias =", "biass =")
    (folder / "good.arch").write_text(text, encoding="utf-8")
    monkeypatch.setattr(outputs.tempfile, "mkdtemp", lambda **_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    for arguments in (("fmt", "good.arch"), ("check", "--fix", "good.arch")):
        result = run(*arguments)
        assert result.exit_code == 3
        assert "error[F615]: `good.arch` could not be written: Permission denied" in result.stderr
    assert (folder / "good.arch").read_text(encoding="utf-8") == text


def test_a_device_is_written_into_and_not_replaced(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("this system has no named pipes in folders")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write(str(pipe), "through it")
    assert os.read(reader, 100) == b"through it"
    os.close(reader)
    assert pipe.is_fifo()


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old", encoding="utf-8")
    try:
        (tmp_path / "link").symlink_to("file")
    except OSError:
        pytest.skip("links need a privilege here")
    write(str(tmp_path / "link"), "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text(encoding="utf-8") == "new"


def test_a_line_is_added_whole(tmp_path: Path) -> None:
    file = tmp_path / "journal"
    file.write_bytes(b"one\nhalf")
    append(str(file), "two")
    assert file.read_bytes() == b"one\nhalf\ntwo\n"


# ------------------------------------------------------------------------------------------- several as one


def test_files_appear_together(tmp_path: Path) -> None:
    with together():
        write(str(tmp_path / "out" / "a"), "a")
        write(str(tmp_path / "out" / "b"), "b")
        assert not [path for path in (tmp_path / "out").iterdir() if path.name in "ab"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a", "b"]


def test_what_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "a").write_text("old", encoding="utf-8")

    def broken_off() -> None:
        with together():
            write(str(tmp_path / "old" / "a"), "new")
            write(str(tmp_path / "new" / "b"), "new")
            with whole(str(tmp_path / "new" / "c")):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert [path.name for path in tmp_path.rglob("*")] == ["old", "a"]
    assert (tmp_path / "old" / "a").read_text(encoding="utf-8") == "old"


def test_what_cannot_be_moved_is_told(run: Run, folder: Path) -> None:
    (folder / "out" / "good.py").mkdir(parents=True)
    result = run("build", "good.arch", "--target", "python,json", "-o", "out")
    assert result.exit_code == 3
    assert "error[F615]: `out/good.py` could not be written: Is a directory" in result.stderr
    assert json.loads((folder / "out" / "good.json").read_text(encoding="utf-8"))["network"] == "good"
    assert left_over(folder) == []


BUILDER = """
import sys
from archc.compiler.files.write import together, write
for turn in range(40):
    with together():
        for name in "abcd":
            write(f"out/{name}", f"{sys.argv[1]} {turn}")
"""


def test_two_at_once_do_not_mix(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("folders cannot be locked on this system")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = [subprocess.Popen([sys.executable, "-c", BUILDER, word], cwd=tmp_path, env=environment) for word in ("one", "two", "three")]
    assert [process.wait(120) for process in started] == [0, 0, 0]
    assert len({(tmp_path / "out" / name).read_text(encoding="utf-8") for name in "abcd"}) == 1
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == list("abcd")


def test_ended_by_the_system(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("this system ends processes without asking them")
    code = (
        "import os, signal, archc.compiler.files.write as outputs, archc.cli\n"
        "outputs._to_disk = lambda path: os.kill(os.getpid(), signal.SIGTERM)\n"
        "archc.cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "new", "deep/mine"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 128 + signal.SIGTERM, done.stderr
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------- builds


def test_r13_an_output_that_fails_beside_an_older_one(run: Run, folder: Path) -> None:
    run("build", "good.arch", "--target", "python,torchscript", "-o", "out")
    old = (folder / "out" / "good.pt").read_bytes()
    result = run(
        "build", "good.arch", "--target", "python,torchscript", "-o", "out", "--set", "classes=3", "--weights", "out/good.pt", "-q"
    )
    assert result.exit_code == 3
    assert "F624" in result.stderr
    assert "out/good.pt: of an earlier build, left as it was\n" in result.stderr
    assert (folder / "out" / "good.pt").read_bytes() == old


def test_outputs_that_were_not_asked_for_again(run: Run) -> None:
    run("build", "good.arch", "--target", "python,json", "-o", "out")
    result = run("build", "good.arch", "--target", "python", "-o", "out", "--set", "classes=3")
    assert result.exit_code == 0
    assert result.stderr == "out/good.json: of an earlier build, left as it was; not asked for this time\n"
    assert run("build", "good.arch", "--target", "python", "-o", "out", "-q").stderr == ""


@pytest.mark.parametrize("device", ["mps", "xpu", "hpu", "xla", "meta", "mps:0", "vulkan"])
def test_r40_devices_that_are_not_there(run: Run, folder: Path, device: str) -> None:
    import torch

    if (device.startswith("mps") and torch.backends.mps.is_available()) or (device == "xpu" and torch.xpu.is_available()):
        pytest.skip(f"this machine has the device {device}")
    result = run("build", "good.arch", "--target", "torchscript", "--device", device, "-o", "out")
    assert result.exit_code == 3
    assert "error[F617]: " in result.stderr and device in result.stderr
    assert "pip install" not in result.stderr
    assert not (folder / "out").exists()


def test_r44_what_a_module_in_half_takes(run: Run) -> None:
    assert (
        "float16 (images too: `x.to(torch.float16)`)" in run("build", "good.arch", "--target", "torchscript", "--dtype", "float16").stdout
    )
    assert "images too" not in run("build", "good.arch", "--target", "torchscript").stdout


def test_r59_names_that_are_one_on_other_systems(run: Run, folder: Path) -> None:
    body = "{\n  input image[3, 32, 32]\n  conv(8)\n}\n"
    (folder / "cases.arch").write_text(f"network Net {body}network net {body}network nul {body}", encoding="utf-8")
    result = run("check", "cases.arch")
    assert result.exit_code == 0
    assert "warning[W520]: on macOS and Windows `build/net` is `build/Net`" in result.stderr
    assert "warning[W520]: Windows takes `nul` for a device" in result.stderr
    assert result.stderr.endswith("2 warnings\n")


# ------------------------------------------------------------------------------------------------- sweeps


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"width\n\xe9\n", "error[F613]: `list.csv` is not UTF-8"),
        (b"[1, 2]", "`list.csv` is no list of variants: a JSON list of variants holds objects"),
        (b"[{", "`list.csv` is no list of variants: "),
        (b"width\n8,9\n", "a line has more values than the heading has names"),
        (b"", "`list.csv` holds no variants"),
    ],
)
def test_lists_that_are_none(run: Run, folder: Path, data: bytes, said: str) -> None:
    (folder / "list.csv").write_bytes(data)
    result = run("sweep", "good.arch", "--list", "list.csv", "--jobs", "1")
    assert result.exit_code in (1, 2)
    assert said in result.stderr.replace("\n", " ")


@pytest.mark.parametrize("option", ["--list", "--journal"])
def test_a_folder_in_place_of_a_list_or_a_journal(run: Run, folder: Path, option: str) -> None:
    (folder / "there").mkdir()
    vary = () if option == "--list" else ("--vary", "width=8")
    result = run("sweep", "good.arch", option, "there", "--jobs", "1", *vary)
    assert result.exit_code == 2
    assert "error[F612]: `there` " in result.stderr


def test_a_journal_that_is_none_is_not_written_to(run: Run, folder: Path) -> None:
    result = run("sweep", "good.arch", "--vary", "width=8", "--journal", "good.arch", "--jobs", "1")
    assert result.exit_code == 2
    assert "error[F612]: `good.arch` is no journal of `archc sweep`" in result.stderr
    assert (folder / "good.arch").read_text(encoding="utf-8") == GOOD


@pytest.mark.parametrize("vary", [("width=1..100000000",), ("width=1..1000", "classes=1..1000")])
def test_more_variants_than_anyone_waits_for(run: Run, vary: tuple[str, ...]) -> None:
    result = run("sweep", "good.arch", *(word for text in vary for word in ("--vary", text)))
    assert result.exit_code == 2
    assert "variants, and at most 100,000 are tried" in result.stderr.replace("\n", " ")


# ----------------------------------------------------------------------------------------------- streams


def given(*arguments: str, text: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "archc", *arguments]
    known = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **environment}
    return subprocess.run(command, input=text.encode(), capture_output=True, env=known, check=False)


def test_standard_input() -> None:
    assert given("check", "-", text=GOOD).stderr == b"<stdin>: good: [3, 32, 32] -> [10]\n"
    done = given("check", "-", text=GOOD.replace("relu", "rellu"))
    assert done.returncode == 1
    assert b" --> <stdin>:3:" in done.stderr
    two = given("check", "-", text=GOOD + GOOD.replace("network good", "network other"))
    assert two.stderr.decode().splitlines() == ["<stdin>: good: [3, 32, 32] -> [10]", "<stdin>: other: [3, 32, 32] -> [10]"]
    assert given("check", "-", "--fix", text=GOOD).returncode == 2
    assert given("fmt", "-", text=GOOD.replace("  input", "input")).stdout.decode() == GOOD
    assert given("cost", "-", text=GOOD).stdout.startswith(b"good: input 3x32x32\n")


def test_a_picture_to_standard_output(folder: Path, run: Run) -> None:
    assert run("draw", "good.arch", "-o", "-").stdout.startswith("<svg ")
    assert run("draw", "good.arch", "-o", "-", "--format", "png").stdout_bytes.startswith(b"\x89PNG")
    assert run("draw", "good.arch", "-o", "a.svg", "--format", "png").exit_code == 2
    assert run("draw", "good.arch", "--format", "dot").exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["bad.arch", "good.arch", "good.dot"]


# -------------------------------------------------------------------------------------------------- help


def test_help_as_a_command(run: Run) -> None:
    assert run("help").stdout == run("--help").stdout
    assert run("help", "cost").stdout == run("cost", "--help").stdout
    assert run("help", "E301").stdout == run("explain", "E301").stdout
    assert run("-V").stdout == run("--version").stdout


def test_help_as_wide_as_the_terminal() -> None:
    widths = []
    for columns in ("80", "150"):
        done = given("help", "build", text="", COLUMNS=columns)
        widths.append(max(map(len, done.stdout.decode().splitlines())))
    assert 60 < widths[0] <= 80 < widths[1] <= 150


def test_which_of_two_was_taken(run: Run, folder: Path) -> None:
    (folder / "resnet18.arch").write_text(GOOD, encoding="utf-8")
    said = "resnet18: the network that comes with archc; for the file here write `resnet18.arch`\n"
    assert run("check", "resnet18").stderr.startswith(said)
    assert said in run("cost", "resnet18").stderr
    assert said not in run("check", "resnet18.arch").stderr


# ----------------------------------------------------------------------------------------------- open


def test_open_opens_what_holds_the_part(run: Run) -> None:
    plain, opened = (
        run("draw", "resnet50", "--level", "stage", *words, "-o", "-", "--format", "dot").stdout for words in ((), ("--open", "layer2.1"))
    )
    assert "layer2.1" in opened and opened.count("conv") > plain.count("conv")


def test_several_parts_are_opened_in_one_option_or_in_several(run: Run) -> None:
    several = (("--open", "layer2.1,layer3.1"), ("--open", "layer2.1, layer3.1,"), ("--open", "layer2.1", "--open", "layer3.1"))
    one, *others = (run("draw", "resnet50", *words, "-o", "-", "--format", "dot").stdout for words in several)
    assert others == [one, one] and one.count("conv") > run("draw", "resnet50", "-o", "-", "--format", "dot").stdout.count("conv")
    assert "no part `layer9` to open" in run("draw", "resnet50", "--open", "layer1,layer9", "-o", "-", "--format", "dot").stderr


def test_open_that_opens_nothing(run: Run) -> None:
    result = run("draw", "good.arch", "--open", "stem", "-o", "-", "--format", "dot")
    assert "warning[W552]: `--open stem` opens nothing: it is open at the level `block` already" in result.stderr
    assert "W552" not in run("draw", "good.arch", "--open", "stem", "--level", "stage", "-o", "-", "--format", "dot").stderr


def test_which_input_a_shape_was_taken_for(run: Run, folder: Path) -> None:
    text = "network two {\n  input left[3, 32, 32]\n  input right[3, 32, 32]\n  concat { | skip(left) | skip(right) } -> conv(8)\n}\n"
    (folder / "two.arch").write_text(text, encoding="utf-8")
    said = "--input 3x32x32: taken for the first input, `left`; the others keep their sizes\n"
    assert said in run("cost", "two.arch", "--input", "3x32x32").stderr
    assert said not in run("cost", "two.arch", "--input", "left=3x32x32").stderr


def test_troubles_are_told_also_where_the_summary_cannot_be(folder: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    (folder / "out" / "good.py").mkdir(parents=True)
    command = [sys.executable, "-m", "archc", "build", "good.arch", "--target", "python,json", "-o", "out"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 3
    assert b"error[F615]: `out/good.py`" in done.stderr and b"error[F615]: `<stdout>`" in done.stderr
    assert (folder / "out" / "good.json").is_file()
