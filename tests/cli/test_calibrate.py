"""`archc calibrate`, and what the commands foresee by it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from archc.compiler.analysis.calibration import Kind, keep, place_of, read
from tests.analysis.calibrated import MACHINE

from .conftest import Run


@pytest.fixture
def calibrated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARCHC_CACHE", str(folder / "cache"))
    keep(MACHINE, place_of(1))
    return folder


def test_cost_foresees_by_stage_with_a_total(run: Run, calibrated: Path) -> None:
    done = run("cost", "good.arch", "--device", "this", "--batch", "2")
    assert done.exit_code == 0 and "good: foreseen on a machine of round numbers, 1 thread, torch 2" in done.stdout
    assert "stem" in done.stdout and "head" in done.stdout and "total" in done.stdout and "a second." in done.stdout
    found = json.loads(run("cost", "good.arch", "--device", "this", "--format", "json").stdout)
    assert sum(row["ms"] for row in found["rows"]) == pytest.approx(found["total"]["ms"])


def test_a_calibration_of_another_machine_is_a_file(run: Run, folder: Path) -> None:
    keep(MACHINE, "other.json")
    assert "foreseen on a machine of round numbers" in run("cost", "good.arch", "--device", "other.json").stdout


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("cost", "good.arch", "--device", "this"), 3, "`archc calibrate` measures it"),
        (("cost", "good.arch", "--device", "this", "--threads", "2"), 3, "`archc calibrate --threads 2` measures it"),
        (("cost", "good.arch", "--device", "h1000"), 2, "did you mean"),
        (("cost", "good.arch", "--device", "good.arch"), 2, "is no calibration of a machine"),
        (("cost", "good.arch", "--device", "nowhere.json"), 2, "nowhere.json"),
        (("cost", "good.arch", "--device", "h100", "--threads", "2"), 2, "`--threads` is for `--device this`"),
        (("fit", "good.arch", "--vary", "width=8..16", "--most", "time=5ms"), 3, "`archc calibrate` measures it"),
        (("sweep", "good.arch", "--vary", "width=8,16", "--time"), 3, "`archc calibrate` measures it"),
        (("sweep", "good.arch", "--vary", "width=8,16", "--pareto", "time,+parameters"), 3, "`archc calibrate` measures it"),
        (("diff", "good.arch", "good.arch", "--time"), 3, "`archc calibrate` measures it"),
        (("calibrate", "--threads", "0"), 2, "is no number of threads"),
        (("calibrate", "--threads", "1,2", "-o", "x.json"), 2, "`-o` names one file"),
    ],
)
def test_what_cannot_be_foreseen_is_told(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], status: int, said: str
) -> None:
    monkeypatch.setenv("ARCHC_CACHE", str(folder / "none"))
    done = run(*arguments)
    assert (done.exit_code, said in done.stderr) == (status, True), done.stderr


def test_a_dtype_that_was_not_measured_is_refused(run: Run, calibrated: Path) -> None:
    done = run("cost", "good.arch", "--device", "this", "--dtype", "float8")
    assert done.exit_code == 2 and "times are foreseen in float32, bfloat16" in done.stderr


def test_fit_sweep_and_diff_take_the_time_into_account(run: Run, calibrated: Path) -> None:
    most = json.loads(run("cost", "good.arch", "--set", "width=24", "--device", "this", "--format", "json").stdout)["total"]["ms"]
    done = run("fit", "good.arch", "--vary", "width=8..64:8", "--most", f"time={most + 0.001}ms", "--format", "json")
    assert json.loads(done.stdout)["best"] == {"width": 24}
    rows = json.loads(run("sweep", "good.arch", "--vary", "width=8,64", "--time", "--jobs", "1", "--format", "json").stdout)["rows"]
    assert (
        rows[0]["time"] < rows[1]["time"]
        and "time" not in json.loads(run("sweep", "good.arch", "--vary", "width=8,64", "--jobs", "1", "--format", "json").stdout)["rows"][0]
    )
    done = run("diff", "good.arch", "good.arch", "--set-b", "width=64", "--time")
    assert f"microseconds foreseen on this machine: {rows[0]['time']} -> {rows[1]['time']}" in done.stdout.replace(",", "").replace(
        "  ", " "
    )


def test_no_torch_is_loaded_to_foresee(calibrated: Path) -> None:
    program = "import sys; from archc.cli import group; group.main(['cost', 'good.arch', '--device', 'this'], standalone_mode=False)"
    lines = f"import atexit, sys; atexit.register(lambda: print('torch' in sys.modules)); {program}"
    done = subprocess.run(
        [sys.executable, "-c", lines],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "foreseen on" in done.stdout and done.stdout.endswith("False\n")


@pytest.mark.slow
def test_a_machine_is_measured_and_what_was_measured_is_told(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from archc.compiler.bench import calibrate

    few = [probe for probe in calibrate.probes() if probe.shape in ("64, 14, 14", "3, 224, 224") and "conv" in probe.step]
    monkeypatch.setattr(calibrate, "probes", lambda: iter(few))
    monkeypatch.setattr(calibrate, "MOVES", calibrate.MOVES[1:3])
    monkeypatch.setattr(calibrate, "SECONDS", 0.0)
    monkeypatch.setenv("ARCHC_CACHE", str(folder / "cache"))
    done = run("calibrate", "--threads", "1")
    assert done.exit_code == 0 and done.stdout.strip() == place_of(1)
    assert "1 thread: peak float32 " in done.stderr
    found = read(place_of(1))
    assert (
        found.threads == 1
        and len(found.call["layer"]) == 4
        and {"matrix", "last", "entry", "depthwise"} - set(found.rates) <= {"depthwise"}
    )
    assert len(found.bandwidth) == 2 and all(row.rate > 0 for rows in found.rates.values() for row in rows)
    assert run("cost", "good.arch", "--device", "this").exit_code == 0


def test_every_probe_is_a_network_of_one_kind_of_step() -> None:
    from archc.base.source import Source
    from archc.compiler.analysis.foreseen import task_of
    from archc.compiler.analysis.traffic import writes_nothing
    from archc.compiler.bench.calibrate import CALLS, MOVES, probes
    from archc.compiler.driver import compile_source
    from archc.compiler.rewrite.base import Rewritten
    from archc.compiler.rewrite.processor import PASSES

    kinds = set()
    for probe in (*CALLS.values(), *MOVES, *probes()):
        state = Rewritten.of(compile_source(Source.of("probe", probe.text)).graph)
        for each in PASSES:
            state = each.apply(state)
        steps = [node for node in state.graph.nodes if not writes_nothing(node)]
        found = {task_of(state.graph, node, 1).kind for node in steps}
        assert len(found) == 1 and len(steps) == (24 if probe in CALLS.values() else probe.chain), probe
        kinds |= found
    assert kinds == set(get_args(Kind)) - {"last"}
