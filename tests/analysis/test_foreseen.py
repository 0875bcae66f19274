"""How long a network will take, from a calibration of round numbers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from archc.compiler.analysis.budget import quantity
from archc.compiler.analysis.calibration import Calibration, Rate, keep, of_this_machine, place_of, read
from archc.compiler.analysis.diff import diff
from archc.compiler.analysis.foreseen import foresee, microseconds
from archc.compiler.analysis.foreseen_table import foreseen_table
from archc.compiler.analysis.shipped import networks
from archc.compiler.explore.goals import bound_of, goal_of
from archc.reporting.error import ArchError

from .calibrated import MACHINE
from .texts import graph_of, problems_of, shipped

TINY = "network tiny { input x[8, 10, 10] conv(8, 1) -> relu }"


@pytest.fixture
def calibrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARCHC_CACHE", str(tmp_path / "cache"))
    keep(MACHINE, place_of(1))
    return tmp_path


def test_a_measurement_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = str(tmp_path / "machine.json")
    keep(MACHINE, path)
    assert read(path) == MACHINE
    assert '{"width": 16, "size": 100, "gflops": 10.0}' in Path(path).read_text(encoding="utf-8")


def test_rates_lie_between_those_of_the_nearest_measurements() -> None:
    assert MACHINE.rate("matrix", 16, 100) == pytest.approx(1e10)
    assert MACHINE.rate("matrix", 16, 1000) == pytest.approx(2e10)  # half way in logarithms
    assert MACHINE.rate("matrix", 64, 100) == pytest.approx(3e10)
    assert MACHINE.rate("matrix", 1, 1) == pytest.approx(1e10)
    assert MACHINE.rate("matrix", 9999, 1e9) == pytest.approx(9e10)
    assert MACHINE.moving(1e4) == pytest.approx(1e-6)
    assert MACHINE.moving(1e4, 1e8) == pytest.approx(1e-5), "weights of a large network come from memory"


def test_a_step_takes_a_call_and_the_longer_of_arithmetic_and_traffic() -> None:
    (step,) = foresee(graph_of(TINY), MACHINE).rows
    assert (step.kind, step.bound) == ("matrix", "call")  # 12,800 FLOPs are sooner done than called for
    assert step.seconds == pytest.approx(1e-5 + 2 * 64 * 100 / MACHINE.rate("matrix", 8, 100))
    slow = dataclasses.replace(MACHINE, bandwidth=((1e4, 1e7),))
    (step,) = foresee(graph_of(TINY), slow).rows
    assert step.bound == "memory" and step.seconds == pytest.approx(1e-5 + 4 * (1600 + 72) / 1e7)


def test_of_a_dilated_window_what_lies_in_the_image_takes_time() -> None:
    def seconds(dilation: int) -> float:
        (step,) = foresee(graph_of(f"network n {{ input x[64, 40, 40] conv(64, 3, dilation = {dilation}) }}"), MACHINE).rows
        assert (step.kind, step.bound) == ("window", "compute")
        return step.seconds - 1e-5

    assert seconds(39) / seconds(2) == pytest.approx((42 / 116) ** 2)  # of 3 x 40 places along an axis 42 lie in it, and 116
    assert seconds(60) / seconds(39) == pytest.approx((40 / 42) ** 2)  # the middle of the window alone


def test_channels_are_filled_up_and_activations_cost_what_they_cost() -> None:
    def seconds(text: str) -> float:
        return foresee(graph_of(f"network n {{ input x[64, 40, 40] {text} }}"), MACHINE).seconds

    assert seconds("conv(17, 1)") / 17 > seconds("conv(16, 1)") / 16
    assert seconds("conv(64, 1) -> silu") - seconds("conv(64, 1) -> relu") == pytest.approx(64 * 1600 / 1e9)
    assert seconds("conv(64, 1) -> bn -> relu") == seconds("conv(64, 1) -> relu"), "a norm is folded into the layer before it"


def test_a_batch_goes_through_in_groups_of_images() -> None:
    graph = shipped("vgg16")
    one, eight = foresee(graph, MACHINE), foresee(graph, MACHINE, batch=8)
    assert {row.times for row in one.rows} == {1}
    assert {row.times for row in eight.rows} == {1, 8}, "thirteen megabytes hold one image of VGG; its dense layers take all at once"
    assert eight.seconds < 8 * one.seconds


def test_a_network_without_a_head_goes_through_in_groups_where_its_tensors_are_large() -> None:
    assert {row.times for row in foresee(shipped("unet"), MACHINE, batch=8).rows} == {8}
    assert {row.times for row in foresee(shipped("transformer_encoder"), MACHINE, batch=8).rows} == {1}


def test_other_dtypes_are_as_much_faster_as_their_peak() -> None:
    graph = shipped("resnet18")
    assert foresee(graph, MACHINE, dtype="bfloat16").seconds < 0.7 * foresee(graph, MACHINE).seconds


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "swin_t", "googlenet"])
def test_rows_of_each_table_add_up(name: str) -> None:
    found = foresee(shipped(name), MACHINE)
    for by in ("stage", "block", "op"):
        table = foreseen_table(found, name, by)
        assert sum(row[5] for row in table.rows if isinstance(row[5], float)) == pytest.approx(found.seconds * 1e3)
        assert f"{found.seconds * 1e3:,.3f}" in table.text()


@pytest.mark.slow
@pytest.mark.parametrize("name", [row.name for row in networks()][::9])
def test_every_network_is_foreseen(name: str) -> None:
    found = foresee(shipped(name), MACHINE)
    assert found.seconds > 0 and all(row.seconds > 0 for row in found.rows)


def test_larger_networks_are_foreseen_to_take_longer() -> None:
    times = [foresee(shipped(name), MACHINE).seconds for name in ("resnet18", "resnet34", "resnet50", "resnet101")]
    assert times == sorted(times)


# ------------------------------------------------------------------------------------- where it is not known


def test_a_machine_without_a_calibration_is_told_what_to_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHC_CACHE", str(tmp_path))
    for threads, wanted in ((None, "`archc calibrate` measures"), (3, "`archc calibrate --threads 3` measures")):
        with pytest.raises(ArchError) as found:
            of_this_machine(threads)
        assert found.value.diagnostics[0].code == "F671" and wanted in (found.value.diagnostics[0].help or "")


def test_the_calibration_with_the_most_threads_is_taken(calibrated: Path) -> None:
    for threads in (2, 16):
        keep(dataclasses.replace(MACHINE, threads=threads), place_of(threads))
    assert of_this_machine().threads == 16
    assert of_this_machine(2).threads == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense", '{"version": 7}', '{"version": 1, "rates": 3}'])
def test_a_file_that_is_no_calibration_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ArchError) as found:
        read(str(path))
    assert found.value.diagnostics[0].code == "F672"


@pytest.mark.parametrize("change", [{"lanes": 0}, {"calls": {"layer": 1}}, {"peak_gflops": {}}, {"bandwidth": []}, {"threads": "two"}])
def test_a_measurement_that_says_nothing_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    import json

    path = tmp_path / "machine.json"
    path.write_text(json.dumps({**json.loads(MACHINE.to_json()), **change}), encoding="utf-8")
    with pytest.raises(ArchError) as found:
        read(str(path))
    assert found.value.diagnostics[0].code == "F672"


# --------------------------------------------------------------------------------------- budgets, goals, differences


def test_a_budget_of_time_is_kept_or_told(calibrated: Path) -> None:
    text = TINY.replace("conv", "budget time <= TIME conv")
    assert not problems_of(text.replace("TIME", "5ms"))
    (said,) = problems_of(text.replace("TIME", "5us"))
    assert said.code == "E451" and said.message.startswith("time: 0.011 ms, and the budget is <= 0.005 ms")
    assert "`time <= 11us`" in (said.help or "")
    assert not problems_of(text.replace("TIME", "11us"))


def test_a_budget_of_a_part_is_about_that_part(calibrated: Path) -> None:
    block = "block one(c) {{ budget time <= {} conv(c, 1) -> relu }} network n {{ input x[8, 10, 10] one(8) -> one(8) }}"
    assert not problems_of(block.format("12us"))
    assert {row.code for row in problems_of(block.format("9us"))} == {"E451"}
    graph = graph_of(block.format("1ms"))
    assert quantity(graph, "time") == 2 * 11 + 1  # 22.56 microseconds


def test_a_budget_of_time_without_a_calibration_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHC_CACHE", str(tmp_path))
    (said,) = problems_of(TINY.replace("conv", "budget time <= 1us conv"))
    assert said.code == "W521" and not said.is_error
    assert not problems_of("# allow W521\n" + TINY.replace("conv", "budget time <= 1us conv"))


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("budget time <= 5", "write `5ms` or `5us`"),
        ("budget time <= 2 * 5", "write it out, as `5ms` or `300us`"),
        ("budget macs <= 5ms", "write `time <= 5ms`"),
        ("conv(5ms)", "`budget time <= 5ms`; elsewhere write a number"),
        ("let t = 300us", "`budget time <= 5ms`; elsewhere write a number"),
    ],
)
def test_a_time_stands_in_a_budget_of_time_alone(statement: str, wanted: str) -> None:
    said = problems_of(f"network n {{ input x[8, 10, 10]\n {statement}\n conv(8, 1) }}")[0]
    assert said.code == "E208" and wanted in (said.help or "")


@pytest.mark.parametrize(("text", "value"), [("5ms", 5000), ("300us", 300), ("0.25ms", 250), ("2s", 2_000_000), (" 1.5 ms", 1500)])
def test_goals_and_limits_of_time_have_units(text: str, value: int) -> None:
    assert goal_of("most", f"time={text}")[0].target == value
    assert bound_of(f"time <= {text.strip().replace(' ', '')}").value == value


@pytest.mark.parametrize("text", ["5", "5m", "0ms", "-3ms"])
def test_a_time_without_a_unit_is_refused(text: str) -> None:
    with pytest.raises(ArchError) as found:
        goal_of("most", f"time={text}")
    assert found.value.diagnostics[0].code == "F642" and "ms`" in (found.value.diagnostics[0].help or "")


def test_a_difference_tells_both_times(calibrated: Path) -> None:
    one, two = shipped("resnet18"), shipped("resnet34")
    found = diff(one, two, timed=True)
    assert found.times == (microseconds(one), microseconds(two))
    assert "microseconds, foreseen on this machine: " in found.text()
    assert found.to_json()["microseconds"] == {"before": microseconds(one), "after": microseconds(two)}
    assert diff(one, two).times is None and diff(one, two).to_json()["microseconds"] is None


def test_work_of_a_kind_that_was_not_measured_takes_its_traffic() -> None:
    bare = Calibration("", 1, 1, "", 8, {"float32": 1e11}, ((1e4, 1e10),), MACHINE.call, {"matrix": (Rate(1, 1, 1e10),)})
    (step,) = foresee(graph_of("network n { input x[8, 10, 10] maxpool(2) }"), bare).rows
    assert step.seconds == pytest.approx(1e-6 + 4 * (800 + 200) / 1e10)


@pytest.mark.parametrize(
    ("shape", "text", "kind"),
    [
        ("64, 40, 40", "conv(64, 1) -> relu", "matrix"),
        ("64, 40, 40", "conv(64, 1, stride = 2) -> relu", "point"),
        ("64, 40, 40", "add { | conv(64, 1) | skip } -> relu", "point"),
        ("64, 40, 40", "dwconv(3) -> relu", "depthwise"),
        ("64, 40, 40", "dwconv(3, stride = 2) -> relu", "strided"),
        ("64", "linear(64) -> relu", "row"),
        ("9000", "linear(9000) -> relu", "matrix"),
        ("length = 5, channels = 64", "linear(64) -> relu", "matrix"),
    ],
)
def test_kinds_of_work(shape: str, text: str, kind: str) -> None:
    (row,) = foresee(graph_of(f"network n {{ input x[{shape}] {text} }}"), MACHINE).rows
    assert row.kind == kind


def test_a_call_costs_more_the_more_went_through_the_caches_since_the_last() -> None:
    machine = dataclasses.replace(MACHINE, call={"step": ((1e5, 1e-6), (1e7, 4e-6)), "layer": ((1, 1e-5),)})
    for side, call in ((8, 1e-6), (204.124145, 2e-6), (1024, 4e-6)):  # two images of 3 x side x side numbers, of four bytes each
        graph = graph_of(f"network n {{ input x[3, {round(side)}, {round(side)}] relu }}")
        moved = 2 * 3 * round(side) ** 2 * 4
        assert foresee(graph, machine).seconds - machine.moving(moved) == pytest.approx(call, rel=1e-2)
