"""All checks, the quick ones first, and how long each took: what `make test` runs.

python tests/run.py [ruff] [format] [mypy] [fast] [slow]
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
NO_TESTS = 5  # pytest's status where nothing was selected

PYTEST = (sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
PARTS: dict[str, tuple[str, ...]] = {
    "ruff": (sys.executable, "-m", "ruff", "check", "--quiet", "."),
    "format": (sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."),
    "mypy": (sys.executable, "-m", "mypy", "--config-file", str(ROOT / "pyproject.toml")),
    "fast": (*PYTEST, "-m", "not slow"),
    "slow": (*PYTEST, "-m", "slow"),
}
FOLDERS = ("architectures", "compiler", "dsl", "grammar")


def where(name: str) -> Path:
    """The folder that a part runs in. mypy finds `archc.dsl` by the link archc/dsl; where there can be no links it reads a copy."""
    if name != "mypy" or all((ROOT / "archc" / folder).is_dir() for folder in FOLDERS):
        return ROOT
    copy = ROOT / "build" / "types"
    print(f"no symbolic links in archc/: mypy reads a copy, in {copy.relative_to(ROOT)}", flush=True)
    shutil.rmtree(copy, ignore_errors=True)
    bytecode_and_links = shutil.ignore_patterns("__pycache__", *FOLDERS)
    shutil.copytree(ROOT / "archc", copy / "archc", ignore=bytecode_and_links)
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / "archc" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def with_slow_tests() -> list[str]:
    """The files that have slow tests. Each process reads all the files that it is given, and those of three quarters have none."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(path.relative_to(ROOT)) for path in files if "mark.slow" in path.read_text(encoding="utf-8")]


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
        return 2
    told = []
    failed = False
    begin = time.monotonic()
    wanted = names or list(PARTS)
    beside: list[subprocess.Popen[str]] = []
    for name in wanted:
        print(f"── {name}", flush=True)
        command = (*PARTS[name], *(with_slow_tests() if name == "slow" else ()))
        start = time.monotonic()
        if name == "mypy" and name != wanted[-1]:
            # It has one thread, for most of a minute: tests run beside it, and what it says follows them.
            process = subprocess.Popen(
                command,
                cwd=where(name),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            beside.append(process)
            continue
        status = subprocess.run(command, cwd=where(name), stdin=subprocess.DEVNULL, check=False).returncode
        good = status in (0, NO_TESTS)
        failed |= not good
        told.append(f"{name:<6} {time.monotonic() - start:8.1f} s  {'good' if good else 'FAILED'}")
        while beside:
            process = beside.pop()
            print(f"── mypy, beside {name}\n{process.communicate()[0]}", end="", flush=True)
            failed |= process.returncode != 0
            told.append(f"{'mypy':<6} {'':8}    {'good' if process.returncode == 0 else 'FAILED'}, beside {name}")
    print("\n".join(["──", *told, f"total  {time.monotonic() - begin:8.1f} s"]), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
