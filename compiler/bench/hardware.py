"""What the figures were measured on: said in words, and how fast it can multiply at all."""

from __future__ import annotations

import contextlib
import ctypes
import platform
from collections.abc import Callable
from time import perf_counter

from ...base.records import dataclass
from ..files.machine import cores, processor


@dataclass(frozen=True, slots=True)
class Machine:
    """A processor (or graphics card) and the software on it; nothing that tells whose it is."""

    processor: str
    cores: int
    instructions: str
    system: str
    python: str
    torch: str

    def rows(self) -> dict[str, str]:
        return {
            "processor": self.processor,
            "cores": str(self.cores),
            "instructions": self.instructions,
            "system": self.system,
            "python": self.python,
            "torch": self.torch,
        }


def describe(device: str = "cpu") -> Machine:
    import torch

    return Machine(
        torch.cuda.get_device_name(device) if device.startswith("cuda") else processor(),
        cores(),
        torch.backends.cpu.get_cpu_capability(),
        platform.system(),
        platform.python_version(),
        torch.__version__,
    )


def peak_flops(device: str = "cpu", dtype: str = "float32", seconds: float = 0.5, clock: Callable[[], float] = perf_counter) -> float:
    """The most floating-point operations a second that a large matrix product reaches, a multiplication and an addition counted as two."""
    import torch

    size = 1024 if device == "cpu" else 8192
    kind = getattr(torch, dtype)
    left, right = (torch.randn(size, size, device=device).to(kind) for _ in range(2))
    has_onednn = device == "cpu" and dtype in ("float32", "bfloat16") and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    packed = torch.ops.mkldnn._reorder_linear_weight(right, size) if has_onednn else None

    def multiply() -> None:
        if packed is not None:
            torch.ops.mkldnn._linear_pointwise(left, packed, None, "none", [], "")
        else:
            torch.mm(left, right)
        if device != "cpu":
            torch.cuda.synchronize()

    for _ in range(3):
        multiply()
    best, start = float("inf"), clock()
    while clock() - start < seconds:
        began = clock()
        multiply()
        best = min(best, clock() - began)
    return 2.0 * size**3 / best


# ------------------------------------------------------------------------------------------------ memory


def resident_bytes() -> int | None:
    """How much memory this process has in use; None where the system does not say."""
    return _status("VmRSS")


def peak_bytes() -> int | None:
    """The most that it had in use since `forget_peak`."""
    return _status("VmHWM")


def forget_peak() -> None:
    """Start measuring the peak anew, after what was freed has gone back to the system (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as stream:
            stream.write("5")
    except OSError:
        return


def _status(word: str) -> int | None:
    try:
        with open("/proc/self/status", encoding="ascii") as stream:
            for line in stream:
                if line.startswith(word + ":"):
                    return int(line.split()[1]) * 1024
    except OSError:
        return None
    return None
