"""The memory of the tests: given back after a test that took much, told at the end of the run, and bounded.

A process that runs tests, and each that it starts, may take LIMIT: whoever runs them side by side on a small machine counts on it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys
from collections.abc import Generator

import psutil
import pytest

from archc.compiler.bench.hardware import peak_bytes
from tests.sample import EVERYTHING

# oneDNN keeps the last 1024 kernels that it compiled. It reads this when the first is made.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")

LIMIT = 4_000_000_000 if EVERYTHING else 1_500_000_000  # bytes
GROWTH = 100_000_000
"""So many bytes more than after the last tidying, and it is done again. It takes 0.1 s."""


class Memory:
    """What the tests of this process took so far; `told` are the rows of the processes that ran tests for it."""

    def __init__(self) -> None:
        self.peak = 0
        self.test = ""
        self.kept = resident()
        self.told: list[str] = []

    def grew(self, test: str) -> bool:
        """Whether this test took more than LIMIT, and more than those before it."""
        now = peak()
        if now <= self.peak:
            return False
        self.peak, self.test = now, test
        return now > LIMIT

    def row(self, name: str) -> str:
        return f"{name}: {self.peak / 1e6:.0f} MB in {self.test}"


def resident() -> int:
    rss: int = psutil.Process().memory_info().rss
    return rss


def peak() -> int:
    """The most that this process had in use, or one that it started and that has ended."""
    try:
        import resource
    except ImportError:  # Windows, which knows the peak of this process alone
        return int(getattr(psutil.Process().memory_info(), "peak_wset", 0))
    unit = 1 if sys.platform == "darwin" else 1024
    # On Linux RUSAGE_SELF begins with the peak of the process that started this one.
    own = peak_bytes() or unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return max(own, unit * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def tidy() -> None:
    """Give back what no test uses any more.

    PyTorch keeps the types of every module that was compiled to TorchScript, with the plans of its executor: 60 MB for a
    DenseNet. The C library keeps freed memory for itself. And cycles wait long, for `archc.cli` makes the collector wait.
    """
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.jit._recursive.concrete_type_store = torch.jit._recursive.ConcreteTypeStore()
        torch.jit._state._clear_class_state()
        torch._C._jit_clear_class_registry()
        gc.collect()
    with contextlib.suppress(OSError, AttributeError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


MEMORY = pytest.StashKey[Memory]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[MEMORY] = Memory()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is there before the first test stays: the collector need not look at half a million objects again and again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    result = yield
    memory = item.config.stash[MEMORY]
    if resident() > memory.kept + GROWTH:
        tidy()
        memory.kept = resident()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    yield
    memory = item.config.stash[MEMORY]
    if memory.grew(item.nodeid):
        pytest.fail(
            f"here the tests of this process, or a process that they started, came to {memory.peak / 1e6:.0f} MB; {LIMIT / 1e6:.0f} MB are allowed: "
            "free one module before the next is made, or show the same with smaller ones",
            pytrace=False,
        )


def pytest_sessionfinish(session: pytest.Session) -> None:
    output = getattr(session.config, "workeroutput", None)  # of a worker of pytest-xdist, for the process that started it
    if output is not None and (memory := session.config.stash[MEMORY]).test:
        output["memory"] = memory.row(os.environ["PYTEST_XDIST_WORKER"])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    config: pytest.Config = node.config  # type: ignore[attr-defined]
    row = getattr(node, "workeroutput", {}).get("memory")
    if row:
        config.stash[MEMORY].told.append(row)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    memory = config.stash[MEMORY]
    rows = [*sorted(memory.told), *([memory.row("this process")] if memory.test else [])]
    if rows:
        terminalreporter.write_line(f"memory, at most {LIMIT / 1e6:.0f} MB a process: {'; '.join(rows)}")
