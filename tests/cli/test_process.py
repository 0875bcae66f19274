"""archc as a process of its own: what it imports, what it writes where, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

LISTING = (
    "import sys, json; from archc.cli import group\ntry: group.main()\nexcept SystemExit: print('\\n' + json.dumps(sorted(sys.modules)))"
)


def archc(*arguments: str, code: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *(("-c", code) if code else ("-m", "archc")), *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=ROOT,
        check=False,
        timeout=120,
    )


def imported(*arguments: str) -> set[str]:
    done = archc(*arguments, code=LISTING)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_check_loads_nothing_that_it_does_not_need() -> None:
    modules = imported("check", "architectures/resnext50.arch")
    assert "archc.compiler.elaborate.elaborate" in modules
    # What click itself brings along differs from one Python to the next (uuid was in need of subprocess once).
    theirs = set(json.loads(archc(code="import sys, json, click; print(json.dumps(sorted(sys.modules)))").stdout))
    assert not (modules - theirs) & {
        "torch",
        "networkx",
        "rich",
        "numpy",
        "graphviz",
        "lark",
        "logging",
        "asyncio",
        "pathlib",
        "tempfile",
        "subprocess",
        "fractions",
        "decimal",
        "archc.reporting.terminal",
        "archc.compiler.elaborate.clash",
        "archc.compiler.elaborate.explain_merge",
        "archc.compiler.elaborate.remedies",
    }


def test_cost_and_list_load_no_torch() -> None:
    for arguments in (("cost", "resnext50"), ("list",), ("explain", "conv"), ("diff", "resnet50", "resnext50")):
        assert not imported(*arguments) & {"torch", "rich", "numpy"}, arguments


def test_the_package_alone_loads_nothing() -> None:
    done = archc(code="import archc, sys; print([name for name in sys.modules if name.startswith('archc.')])")
    assert done.stdout == "[]\n", done.stderr


def test_the_public_names() -> None:
    import archc as package

    assert sorted(package.__all__) == [
        "ArchError", "ArchWarning", "Network", "Weights", "__version__", "compile", "diff", "edit", "fit", "from_exported", "from_module", "load", "networks",
        "sweep",
    ]  # fmt: skip
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        package.lod  # type: ignore[attr-defined]  # noqa: B018


def test_exit_statuses() -> None:
    assert archc("check", "resnet18").returncode == 0
    assert archc("check", "resnet18", "--set", "classes=0").returncode == 1
    assert archc("check").returncode == 2


def test_a_machine_of_another_encoding(tmp_path: Path) -> None:
    file = tmp_path / "é漢.arch"
    file.write_text("# 残差 🙂\nnetwork n {\n  input x[3, 8, 8]\n  cnv(8)  # ünïcode\n}\n", encoding="utf-8")
    for environment in (
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "cp1252"},
    ):
        done = archc("check", str(file), **environment)
        assert done.returncode == 1
        assert "error[E201]" in done.stderr
        assert ".arch:4:3" in done.stderr
        assert archc("cost", "resnet18", **environment).returncode == 0
        made = tmp_path / "out"
        assert archc("build", "resnet18", "--target", "python,json", "-o", str(made), **environment).returncode == 0
        assert json.loads((made / "resnet18.json").read_text(encoding="utf-8"))["network"] == "resnet18"


def test_a_reader_that_goes_away() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "archc", "list"], stdout=writer, stderr=subprocess.PIPE, text=True, cwd=ROOT, check=False, timeout=60
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_no_color() -> None:
    assert "\x1b[" not in archc("check", "resnet18", "--set", "classes=0", NO_COLOR="1").stderr
    assert "\x1b[" in archc("check", "resnet18", "--set", "classes=0", "--color", "always", NO_COLOR="1").stderr
