"""`make gpu-kit`: a folder that tests archc and measures it on a machine with a CUDA PyTorch, without network.

    python benchmarks/gpu/make.py [FOLDER]        build/gpu-kit unless told otherwise

It holds archc's wheel, the pure Python packages that archc needs beside PyTorch and NumPy, and the scripts beside this one. There
`bash run.sh` ends within eight minutes and leaves a file to commit.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

PURE = ("click", "networkx")
"""What archc imports to compile, run and measure; pictures need pygraphviz, which the kit does without."""

SCRIPTS = ("run.sh", "run.py", "checks.py", "branches.py")

MOST_BYTES = 60_000_000


def make(folder: Path) -> int:
    """Writes the kit to `folder`, which is emptied first; the answer is its size in bytes."""
    shutil.rmtree(folder, ignore_errors=True)
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    for name in PURE:
        _pack(distribution(name), wheels)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", wheels, ROOT],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"archc's wheel cannot be made:\n{done.stderr.strip()}")
    for name in SCRIPTS:
        shutil.copy(HERE / name, folder / name)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > MOST_BYTES:
        raise SystemExit(f"the kit has {size:,} bytes, and {MOST_BYTES:,} are allowed")
    return size


def _pack(package: Distribution, wheels: Path) -> None:
    """An installed package of Python alone as a wheel again."""
    if "Root-Is-Purelib: true" not in (package.read_text("WHEEL") or ""):
        raise SystemExit(f"{package.name} is not of Python alone")
    with zipfile.ZipFile(wheels / f"{package.name}-{package.version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
        for file in package.files or ():
            if ".." not in file.parts and file.suffix != ".pyc" and "tests" not in file.parts:
                wheel.write(str(file.locate()), str(file))


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "gpu-kit"
    print(f"{place}: {make(place) / 1e6:.1f} MB; copy it to a machine with a CUDA PyTorch and call `bash run.sh` there")
