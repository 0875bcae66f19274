"""Many variants of a network: which ones, their costs in parallel, and a journal from which a run that was cut off goes on.

What one variant costs is the caller's function; it must be picklable by name (processes and clusters load it from its module).
"""

from __future__ import annotations

import csv
import io
import json
import signal
import socket
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import field
from hashlib import sha256
from itertools import product
from multiprocessing import active_children
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

from ...base.diagnostics import Diagnostic
from ...base.records import dataclass
from ...reporting.error import ArchError
from ..files.locate import text_of
from ..files.system_errors import at, shown
from ..files.write import append
from .headings import of_setting

Value: TypeAlias = "int | float | str | bool | None"
Setting: TypeAlias = "tuple[tuple[str, str], ...]"
"""Parameters with their values, as `.arch` text."""

KNOCK_SECONDS = 10
"""How long a scheduler may take to answer at all."""

TRIES = 3
"""How often a variant is tried whose process died (the memory ran out, someone killed it)."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One network of a sweep. `carried` are further columns of the list that it came from (an accuracy, a note)."""

    settings: Setting
    carried: tuple[tuple[str, Value], ...] = ()

    @property
    def name(self) -> str:
        return ", ".join(f"{name}={value}" for name, value in self.settings)


@dataclass(frozen=True, slots=True)
class Result:
    """What a variant costs, or why it does not compile."""

    variant: Variant
    figures: Mapping[str, Value] = field(default_factory=dict)
    error: str = ""

    @property
    def row(self) -> dict[str, Value]:
        """The variant's settings, its costs and its further columns, as one row."""
        return {
            **{of_setting(name): value for name, value in self.variant.settings},
            **self.figures,
            **dict(self.variant.carried),
            **({"error": self.error} if self.error else {}),
        }


Evaluate = Callable[[Setting], "tuple[Mapping[str, Value], str]"]
"""The figures and an error (one of them empty)."""

Rows: TypeAlias = "Generator[tuple[Variant, Mapping[str, Value], str], None, None]"
Pool = Callable[[Evaluate, Sequence[Variant]], Rows]


def grid(axes: Mapping[str, Sequence[str]]) -> tuple[Variant, ...]:
    """Every combination of the values, the last parameter changing fastest."""
    return tuple(Variant(tuple(zip(axes, values, strict=True))) for values in product(*axes.values()))


# ---------------------------------------------------------------------------------------------- journal


@dataclass(frozen=True, slots=True)
class Journal:
    """A file with one JSON line a finished variant. `stamp` tells what else the figures depend on: another stamp's lines do not count."""

    path: Path
    stamp: str

    def key(self, variant: Variant) -> str:
        return sha256(json.dumps([self.stamp, variant.settings]).encode()).hexdigest()[:16]

    def read(self) -> dict[str, tuple[Mapping[str, Value], str]]:
        """Finished variants by key. A last line that was cut off is passed over; a file that is no journal is refused."""
        known: dict[str, tuple[Mapping[str, Value], str]] = {}
        if not self.path.exists():
            return known
        lines = text_of(str(self.path)).splitlines()
        for line in lines:
            try:
                row = json.loads(line)
                known[row["key"]] = (row["figures"], row["error"])
            except (ValueError, KeyError, TypeError):
                continue
        if not known and len(lines) > 1:
            place = at(str(self.path))
            raise ArchError(
                (Diagnostic("F612", f"`{shown(str(self.path))}` is no journal of `archc sweep`", place, help="name another file"),)
            )
        return known

    def write(self, variant: Variant, figures: Mapping[str, Value], error: str) -> None:
        append(
            str(self.path),
            json.dumps({"key": self.key(variant), "settings": dict(variant.settings), "figures": dict(figures), "error": error}),
        )


# ------------------------------------------------------------------------------------------------- runs


def sweep(
    variants: Sequence[Variant],
    evaluate: Evaluate,
    pool: Pool,
    journal: Journal | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[Result, ...]:
    """The results, in the order of the variants. What the journal knows is not worked out again."""
    known = journal.read() if journal is not None else {}
    results: dict[Variant, Result] = {}
    open_variants = []
    for variant in dict.fromkeys(variants):
        found = known.get(journal.key(variant)) if journal is not None else None
        if found is None:
            open_variants.append(variant)
        else:
            results[variant] = Result(variant, *found)
    progress(len(results), len(results) + len(open_variants))
    count = len(results) + len(open_variants)
    rows = pool(evaluate, open_variants)
    try:
        for variant, figures, error in rows:
            results[variant] = Result(variant, figures, error)
            if journal is not None:
                journal.write(variant, figures, error)
            progress(len(results), count)
    finally:
        # An interrupt may come between two rows: the pool must hear of it, or Python waits for its processes at the end.
        rows.close()
    return tuple(results[variant] for variant in variants)


def serial(evaluate: Evaluate, variants: Sequence[Variant]) -> Rows:
    """One after another, in this process."""
    for variant in variants:
        yield (variant, *evaluate(variant.settings))


@dataclass(frozen=True, slots=True)
class Local:
    """`jobs` processes on this machine. A process that dies takes nothing with it: its variants are tried again."""

    jobs: int

    def __call__(self, evaluate: Evaluate, variants: Sequence[Variant]) -> Rows:
        if not variants:
            return
        lost = []
        with _processes(min(self.jobs, len(variants))) as pool:
            futures = {pool.submit(evaluate, variant.settings): variant for variant in variants}
            for future in as_completed(futures):
                try:
                    yield (futures[future], *future.result())
                except BrokenProcessPool:
                    lost.append(futures[future])
        # One death breaks the whole pool. Alone in a process, each of its variants shows whether it was the cause.
        for variant in lost:
            yield (variant, *_alone(evaluate, variant))


@contextmanager
def _processes(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """A pool. Whoever stops listening (a full disk, an interrupt) waits for nothing: its processes are ended, whatever they are at."""
    others = set(active_children())
    with ProcessPoolExecutor(jobs, initializer=_leave_signals) as pool:
        try:
            yield pool
        except BaseException:
            # Killed first: the pool then finds itself broken and ends within the `with`. Told to end without being waited for, its
            # thread would still be closing its pipe while Python, at the end, writes to it: "Bad file descriptor" on the terminal.
            for process in set(active_children()) - others:
                process.kill()
            raise


def _leave_signals() -> None:
    """A terminal sends Ctrl-C to the workers too; the process that started them says what becomes of them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _alone(evaluate: Evaluate, variant: Variant) -> tuple[Mapping[str, Value], str]:
    for _ in range(TRIES - 1):
        with _processes(1) as pool:
            try:
                return pool.submit(evaluate, variant.settings).result()
            except BrokenProcessPool:
                continue
    return {}, f"its process died {TRIES} times"


def _knock(address: str) -> None:
    """Whether anybody listens there: Dask asks again and again for half a minute, also where the system said no at once. Raises `OSError`."""
    place = urlsplit(address)
    if place.scheme in ("tcp", "tls") and place.hostname and place.port:
        socket.create_connection((place.hostname, place.port), KNOCK_SECONDS).close()


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Dask cluster by the address of its scheduler. Work of a worker that dies is given to another."""

    address: str

    def __call__(self, evaluate: Evaluate, variants: Sequence[Variant]) -> Rows:
        from distributed import Client
        from distributed import as_completed as finished

        try:
            _knock(self.address)
            joined = Client(self.address)  # type: ignore[no-untyped-call]
        except (ValueError, OSError, TypeError) as reason:
            message = f"there is no Dask scheduler at `{self.address}`: {shown(str(reason))}"
            help = "write `tcp://host:8786`, as the scheduler tells it when it starts"
            raise ArchError((Diagnostic("F641", message, at("cluster"), help=help),)) from reason
        with joined as client:
            futures = {client.submit(evaluate, variant.settings, pure=False, retries=TRIES): variant for variant in variants}
            for future in finished(futures):  # type: ignore[no-untyped-call]
                variant = futures[future]
                if future.status == "finished":
                    figures, error = future.result()
                    yield variant, figures, error
                else:
                    yield variant, {}, f"no worker finished it: {future.exception()}"


# ----------------------------------------------------------------------------------------------- output


def columns(results: Sequence[Result]) -> list[str]:
    """The columns of all rows, in order of first appearance, `error` last."""
    names = dict.fromkeys(name for result in results for name in result.row)
    return [name for name in names if name != "error"] + (["error"] if "error" in names else [])


def to_csv(results: Sequence[Result]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns(results), lineterminator="\n")
    writer.writeheader()
    writer.writerows(result.row for result in results)
    return text.getvalue()
