"""The exercises of CONTRIBUTING.md, each done once in a copy of the checkout: its patch is applied, and the commands of its text are run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from archc.cli import COMMANDS
from archc.compiler.files import library
from archc.compiler.ops import TABLE
from tests.sample import only_in_campaign
from tests.support import checked

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
HEADINGS = {"operation": "An operation", "error": "An error", "rewrite": "A rewrite", "network": "A network", "command": "A command"}


def commands(name: str) -> list[str]:
    """The lines of the block of commands that ends the text of an exercise."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"^\*\*{HEADINGS[name]}\*\*,[^*]*?^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [line for line in block.splitlines() if line]


def environment(checkout: Path) -> dict[str, str]:
    """That of a person in the checkout, and not of the tests that run here."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "ARCHC_", "GIT_", "PYTHON"))}
    return kept | {"PYTHONPATH": str(checkout), "PYTHONUTF8": "1"}


def run(checkout: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=checkout, env=environment(checkout) | more, capture_output=True, text=True, encoding="utf-8", check=False
    )


def archc(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run(checkout, sys.executable, "-m", "archc", *words)


@pytest.fixture
def names() -> list[str]:
    """The files that git knows."""
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    listed = run(ROOT, "git", "ls-files", "-z")
    if listed.returncode:
        pytest.skip("not a git work tree")
    return [name for name in listed.stdout.split("\0") if name]


@pytest.fixture
def checkout(names: list[str], tmp_path: Path) -> Path:
    """A copy of them, links as links, in a work tree of its own: what asks git finds them."""
    copy = tmp_path / "checkout"
    for name in names:
        if (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name, follow_symlinks=False)
    run(copy, "git", "init", "-q").check_returncode()
    return copy


def apply(name: str, tree: Path, *options: str) -> None:
    patch = HERE / f"{name}.patch"
    done = run(tree, "git", "apply", *options, str(patch))
    assert done.returncode == 0, f"{patch.relative_to(ROOT)} stands beside lines that have changed; mend that exercise:\n{done.stderr}"


def do(name: str, checkout: Path) -> list[str]:
    """What each command of the text printed, after the patch; every one must end well."""
    apply(name, checkout)
    printed = []
    for line in commands(name):
        words = shlex.split(line, comments=True)
        settings = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
        words = words[len(settings) :]
        program = {"python": [sys.executable], "archc": [sys.executable, "-m", "archc"]}[words[0]]
        done = run(checkout, *program, *words[1:], **settings)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        printed.append(done.stdout)
    return printed


def network(*lines: str) -> str:
    """A network of these lines."""
    body = "".join(f"  {line}\n" for line in ("input x[3, 8, 8]", *lines))
    return f"network n {{\n{body}}}\n"


def check(checkout: Path, *lines: str) -> subprocess.CompletedProcess[str]:
    """`archc check` of it."""
    (checkout / "n.arch").write_text(network(*lines), encoding="utf-8")
    return archc(checkout, "check", "n.arch")


GAINS = """
from archc.compiler.driver import compile
from archc.compiler.rewrite.pipeline import rewrite
print(rewrite(compile("n.arch").graph).gains)
"""


@pytest.mark.parametrize("name", HEADINGS)
def test_the_patch_of_every_exercise_fits_the_tree(name: str, names: list[str]) -> None:
    """Without a copy, so that a change that moves what a patch stands beside is seen at once."""
    assert names and commands(name)
    apply(name, ROOT, "--check")


def test_nothing_of_the_exercises_is_there_before() -> None:
    assert "atan" not in TABLE and "keys" not in COMMANDS and "all_cnn_c" not in library.names()
    assert not checked(network("scale(0)")).has_errors


@pytest.mark.slow
@only_in_campaign
def test_an_operation(checkout: Path) -> None:
    *_, explained = do("operation", checkout)
    assert "The angle whose tangent each element is" in explained
    assert "call     torch.atan(x)" in (checkout / "tests/ops/golden.txt").read_text(encoding="utf-8")
    (checkout / "n.arch").write_text(network("conv(4) -> atan"), encoding="utf-8")
    assert archc(checkout, "build", "n.arch", "-o", "made", "--target", "python").returncode == 0
    assert "torch.atan(" in "".join(path.read_text(encoding="utf-8") for path in (checkout / "made").glob("*.py"))


@pytest.mark.slow
@only_in_campaign
def test_an_error(checkout: Path) -> None:
    printed = do("error", checkout)
    assert "a factor of nothing" in printed[-1]
    said = check(checkout, "conv(4) -> scale(0)")
    assert said.returncode == 1
    assert "error[E399]: a factor of 0 makes every value 0" in said.stderr
    assert "n.arch:3:20" in said.stderr
    assert check(checkout, "conv(4) -> scale(0.5)").returncode == 0


@pytest.mark.slow
def test_a_rewrite(checkout: Path) -> None:
    do("rewrite", checkout)
    assert check(checkout, "conv(4) -> relu -> relu").returncode == 0
    told = run(checkout, sys.executable, "-c", GAINS)
    assert told.stdout == "('1 activation not done a second time',)\n", told.stderr


@pytest.mark.slow
@only_in_campaign
def test_a_network(checkout: Path) -> None:
    printed = do("network", checkout)
    assert "all_cnn_c" in printed[-1]
    assert "| [all_cnn_c](all_cnn_c.arch) |" in (checkout / "architectures/README.md").read_text(encoding="utf-8")


@pytest.mark.slow
@only_in_campaign
def test_a_command(checkout: Path) -> None:
    helped, keys, *_ = do("command", checkout)
    assert "The keys of the network's state_dict" in helped
    assert keys.splitlines()[0] == "features.0.weight [64, 3, 3, 3]"
    assert "keys " in archc(checkout, "--help").stdout
