"""The package: what is installed is what the folders hold, and a checkout needs no symbolic links to be run or built."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("architectures", "compiler", "dsl", "grammar")
NOT_INSTALLED = {"archc/architectures/README.md"}


def plain_checkout(target: Path) -> Path:
    """A copy of what is installed as it is checked out where links are not possible: each is a small file that names its target."""
    shutil.copytree(ROOT / "archc", target / "archc", ignore=shutil.ignore_patterns("__pycache__", *FOLDERS))
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, target / folder, ignore=shutil.ignore_patterns("__pycache__"))
        (target / "archc" / folder).write_text(f"../{folder}", encoding="utf-8")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, target / name)
    return target


def built(checkout: Path, target: Path) -> dict[str, bytes]:
    """What a wheel of the checkout would hold, by its name there."""
    pytest.importorskip("setuptools", minversion="77")
    command = [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", str(target)]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()}


def test_every_file_of_the_folders_is_installed(tmp_path: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "archc", *FOLDERS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git work tree")
    names = {name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()} - {f"archc/{folder}" for folder in FOLDERS}
    wanted = {name if name.startswith("archc/") else f"archc/{name}" for name in names} - NOT_INSTALLED
    assert set(built(ROOT, tmp_path / "lib")) == wanted


def test_a_checkout_without_links_builds_the_same(tmp_path: Path) -> None:
    assert built(plain_checkout(tmp_path / "checkout"), tmp_path / "lib") == built(ROOT, tmp_path / "other")


def test_a_build_leaves_nothing_of_an_earlier_one(tmp_path: Path) -> None:
    stale = tmp_path / "lib" / "archc" / "compiler" / "moved_away.py"
    stale.parent.mkdir(parents=True)
    stale.write_text("", encoding="utf-8")
    found = built(plain_checkout(tmp_path / "checkout"), tmp_path / "lib")
    assert "archc/compiler/driver.py" in found and "archc/compiler/moved_away.py" not in found


def test_a_checkout_without_links_runs(tmp_path: Path) -> None:
    checkout = plain_checkout(tmp_path / "checkout")
    done = subprocess.run(
        [sys.executable, "-m", "archc", "check", "resnet18"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(checkout)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "archc/architectures/resnet18.arch: resnet18: [3, 224, 224] -> [1000]\n")


def test_what_is_installed_finds_its_parts_in_itself(tmp_path: Path) -> None:
    """Beside an installed archc there are other packages, and no folder of them is taken for a part of archc."""
    built(ROOT, tmp_path / "site")
    (tmp_path / "site" / "dsl").mkdir()
    (tmp_path / "site" / "dsl" / "__init__.py").write_text("raise SystemExit('another package was loaded')", encoding="utf-8")
    code = "import archc.dsl; print(archc.__path__ == [sys.argv[1]], len(archc.__path__))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}", str(tmp_path / "site" / "archc")],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path / "site")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "True 1\n", done.stderr


def setup_file() -> ModuleType:
    pytest.importorskip("setuptools", minversion="77")
    spec = importlib.util.spec_from_file_location("archc_setup", ROOT / "setup.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readme_of_the_package_index_has_no_link_that_leads_nowhere() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = setup_file().without_relative_links(readme)
    targets = re.compile(r"\]\(([^)]*)\)")
    assert [target for target in targets.findall(readme) if not target.startswith("https://")], "nothing to take out"
    assert [target for target in targets.findall(shown) if not target.startswith("https://")] == []
    assert "(`docs/tour.md`)" in shown and "(`LICENSE`)" not in shown
    assert shown.count("```") == readme.count("```")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[A tour](docs/tour.md), then", "A tour (`docs/tour.md`), then"),
        ("[costs](docs/costs.md#memory)", "costs (`docs/costs.md`)"),
        ("[LICENSE](LICENSE)", "LICENSE"),
        ("[PyTorch](https://pytorch.org)", "[PyTorch](https://pytorch.org)"),
        ("before\n\n![a picture](docs/a.svg)\n\nafter", "before\n\nafter"),
        ("conv[3, 32](x)", "conv[3, 32](x)"),
    ],
)
def test_a_link_becomes_its_text_and_the_file(text: str, shown: str) -> None:
    assert setup_file().without_relative_links(text) == shown
