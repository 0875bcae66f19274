"""What other viewers are given: Model Explorer's graphs and node data, and the scopes that Netron shows of an ONNX file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archc.compiler.driver import check

TEXT = """
block unit(out) { conv(out, 3, bias = false) -> bn -> relu }
network n {
  input x[3, 16, 16]
  stage body { first: unit(8) -> second: unit(8) }
  add { | skip | conv(8, 1) }
}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "n.arch"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_model_explorer_opens_a_file_with_the_adapter(file: Path) -> None:
    pytest.importorskip("model_explorer")
    from model_explorer.extension_manager import ExtensionManager

    # As `--extensions=archc.model_explorer` loads it, and as the page asks it for a graph.
    manager = ExtensionManager(["archc.model_explorer"])
    manager.load_extensions()
    (found,) = [row for row in manager.get_extensions_metadata() if row["id"] == "archc"]
    assert (found["type"], found["fileExts"]) == ("adapter", ["arch"])
    answer = manager.run_cmd(
        {"cmdId": "convert", "extensionId": "archc", "modelPath": str(file), "settings": {}, "deleteAfterConversion": False}
    )
    (shown,) = answer["graphs"]
    json.dumps(shown)
    graph = check(str(file)).graph
    nodes = {node["id"]: node for node in shown["nodes"]}
    assert set(nodes) == {node.unique for node in graph.nodes}
    assert nodes["body.first.conv1"]["namespace"] == "body/first (unit)"
    edges = {(edge["sourceNodeId"], node["id"]) for node in shown["nodes"] for edge in node["incomingEdges"]}
    assert edges == {(producer.unique, user.unique) for producer, user, _ in graph.edges()}
    assert shown["groupNodeAttributes"]["body/first (unit)"] == {"parameters": "232", "macs": "55,296", "activations": "6,144"}
    assert sum(int(row["parameters"].replace(",", "")) for name, row in shown["groupNodeAttributes"].items() if name == "body") == 232 + 592
    assert {"key": "parameters", "value": "216"} in nodes["body.first.conv1"]["attrs"]
    assert nodes["body.first.conv1"]["outputsMetadata"][0]["attrs"][0] == {"key": "tensor_shape", "value": "8\u00d716\u00d716"}


def test_model_explorer_takes_costs_and_numbers_of_ones_own_as_node_data(file: Path, tmp_path: Path) -> None:
    pytest.importorskip("model_explorer")
    from model_explorer import config

    from archc.model_explorer import node_data
    from archc.reporting.error import ArchError

    costs = node_data(file)
    assert set(costs) == {"parameters", "macs", "activations"}
    told = json.loads(costs["macs"].to_json_string())["n"]
    assert told["results"]["body.first.conv1"]["value"] == 3 * 9 * 8 * 256
    assert [stop["stop"] for stop in told["gradient"]][:: len(told["gradient"]) - 1] == [0.0, 1.0]
    times = tmp_path / "times.json"
    times.write_text('{"body.first.conv1": {"time": 1.5}}', encoding="utf-8")
    (own,) = node_data(file, str(times)).values()
    settings = config()
    settings.add_model_from_path(str(file))
    settings.add_node_data("time", own)
    times.write_text('{"body.first": {"time": 4.5}, "body.second.conv1": {"time": 2}}', encoding="utf-8")
    (own,) = node_data(file, str(times)).values()
    results = json.loads(own.to_json_string())["n"]["results"]
    assert {name: row["value"] for name, row in results.items()} == {"body/first (unit)___group___": 4.5, "body.second.conv1": 2.0}
    times.write_text('{"body.furst": 1}', encoding="utf-8")
    with pytest.raises(ArchError, match="furst"):
        node_data(file, str(times))


@pytest.mark.slow
def test_an_onnx_file_tells_the_scope_of_every_node_and_nothing_of_the_machine(file: Path, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    from click.testing import CliRunner

    from archc.cli import group

    done = CliRunner().invoke(group, ["build", str(file), "--target", "onnx", "-o", str(tmp_path / "made")])
    assert done.exit_code == 0, done.output
    model = onnx.load(next(tmp_path.rglob("*.onnx")))
    told = {node.name: {row.key: row.value for row in node.metadata_props} for node in model.graph.node}
    scopes = {row["namespace"] for row in told.values()}
    assert {"body/first/conv1", "body/second/conv1"} <= scopes
    assert all(
        row["namespace"].startswith("body/first")
        for name, row in told.items()
        if row.get("pkg.torch.onnx.name_scopes", "").count("body.first")
    )
    assert {row["namespace"] for name, row in told.items() if name.startswith(("node_relu", "node_add"))} > {""}, (
        "steps without weights, too"
    )
    assert not any("bn1" in row["namespace"] for name, row in told.items() if "Conv" in name), (
        "a convolution that took a norm is the convolution"
    )
    assert not any("locals" in row.get("pkg.torch.onnx.class_hierarchy", "") for row in told.values()), "classes are the network's own"
    assert b".py" not in next(tmp_path.rglob("*.onnx")).read_bytes()
