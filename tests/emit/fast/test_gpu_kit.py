"""The kit for a machine with a card: made here, and run here as far as that goes without one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.sample import only_in_campaign

ROOT = Path(__file__).parents[3]


def test_the_kits_results_are_whole_whatever_was_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that the clock ended says so in place of figures."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks" / "gpu"))
    import run

    monkeypatch.setattr(run, "HERE", tmp_path)
    found = run.bench(run.Clock(0.0), "resnet50", 64, ("eager", "max_autotune"), True, False)
    assert [row["why"] for row in found["missing"]] == ["no time was left"] * 2
    assert run.checks(run.Clock(0.0), True) == [{"check": "the checks", "network": "", "verdict": "failed", "told": "no time was left"}]
    place = run.write({"card": "A Card 80 GB", "torch": "2", "cuda": "12", "checks": run.checks(run.Clock(0.0), True), "bench": [found]})
    assert place.name == "a-card-80-gb.md"
    text = place.read_text(encoding="utf-8")
    assert "1 failed" in text and "| resnet50 | 64 | max_autotune | not run: no time was left |" in text
    assert json.loads(place.with_suffix(".json").read_text(encoding="utf-8"))["card"] == "A Card 80 GB"
    monkeypatch.setattr(run, "LEAST_SECONDS", 0.0)
    assert run.ran(["-c", "import time; time.sleep(60)"], 0.5)[1].startswith("not finished within")


@pytest.mark.slow
@only_in_campaign
@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here: run the kit itself")
def test_the_kit_runs_without_a_card_as_far_as_that_goes(tmp_path: Path) -> None:
    made = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "gpu" / "make.py", tmp_path / "kit"], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    assert sum(path.stat().st_size for path in (tmp_path / "kit").rglob("*") if path.is_file()) <= 60_000_000
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {
        "PYTHON": sys.executable,
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        ["bash", tmp_path / "kit" / "run.sh", "--small"], capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "kit" / "results" / "no-card.json").read_text(encoding="utf-8"))
    verdicts = {(row["check"], row["verdict"]) for row in found["checks"]}
    assert {verdict for _, verdict in verdicts} == {"ok", "no card"}
    assert {
        ("optimised, bfloat16", "ok"),
        ("torch.export", "ok"),
        ("a CUDA graph", "no card"),
        ("branches on streams of their own", "no card"),
    } <= verdicts
    ((bench,),) = [found["bench"]]
    assert {row["way"] for row in bench["rows"]} >= {"eager", "frozen", "optimized"}
    assert {row["way"] for row in bench["missing"]} == {"cuda_graph", "tensorrt"}
