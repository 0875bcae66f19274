"""What machine this is, told without PyTorch, and where archc keeps what it worked out on it."""

from __future__ import annotations

import os
import platform
from functools import cache


@cache
def processor() -> str:
    """`AMD EPYC, family 26 model 2`: the family and model too, for a virtual machine often hides the name."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:
            lines = stream.read().split("\n\n")[0].splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    rows = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    name = rows.get("model name", platform.machine())
    return f"{name}, family {rows['cpu family']} model {rows['model']}" if "cpu family" in rows and "model" in rows else name


def cores() -> int:
    """How many processors this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cache_folder(what: str) -> str:
    """A folder for what archc would otherwise work out again: in `ARCHC_CACHE`, or in the usual place of caches."""
    return os.path.join(os.environ.get("ARCHC_CACHE") or os.path.join(_caches(), "archc"), what)


def _caches() -> str:
    usual = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return usual or os.path.join(os.path.expanduser("~"), ".cache")
