"""All checks, the quick ones first, and how long each took: what `make test` runs.

    python tests/run.py [ruff] [mypy] [fast] [slow]
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
NO_TESTS = 5  # pytest's status where nothing was selected

PYTEST = (sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile")
PARTS: dict[str, tuple[str, ...]] = {
    "ruff": (sys.executable, "-m", "ruff", "check", "--quiet", "."),
    "mypy": (sys.executable, "-m", "mypy"),
    "fast": (*PYTEST, "-m", "not slow"),
    "slow": (*PYTEST, "-m", "slow"),
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
        return 2
    # Two processes run tests side by side, so each has one thread; two threads each on two cores would wait for each other.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    told = []
    failed = False
    begin = time.monotonic()
    for name in names or PARTS:
        print(f"── {name}", flush=True)
        start = time.monotonic()
        status = subprocess.run(PARTS[name], cwd=ROOT, env=environment, check=False).returncode
        good = status in (0, NO_TESTS)
        failed |= not good
        told.append(f"{name:<6} {time.monotonic() - start:8.1f} s  {'good' if good else 'FAILED'}")
    print("\n".join(["──", *told, f"total  {time.monotonic() - begin:8.1f} s"]), flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
