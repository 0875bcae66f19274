"""Every JSON document that archc prints or writes is what its schema says, and the schemas say no more than that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import click
import pytest
from jsonschema import Draft202012Validator

from archc.cli import COMMANDS, group
from archc.compiler.analysis.calibration import keep, place_of
from tests.analysis.calibrated import MACHINE

from .conftest import Run

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "archc" / "reporting" / "schemas"
NAMES = sorted(path.stem for path in SCHEMAS.glob("*.json"))
JSON = ("--format", "json")

HEADS = """\
network heads {
  input a[3, 32, 32]
  input b[3, 32, 32]
  tower: { conv(4, 3) -> bn -> relu }
  aux side { global_avgpool -> flatten -> linear(2) }
  skip(b) -> other: reuse(tower)
  output tower, other
}
"""

CALLS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "check": (("check", "good.arch"), ("check", "bad.arch"), ("check", "good.arch", "bad.arch", "nowhere.arch"), ("check", "fixable.arch")),
    "cost": (
        *(("cost", name, "--by", by) for name in ("good.arch", "unet") for by in ("stage", "block", "op")),
        ("cost", "good.arch", "--table", "kinds", "--batch", "8", "--dtype", "float16", "--optimizer", "adam"),
        ("cost", "inception_v3"),
    ),
    "memory": (("cost", "good.arch", "--memory"), ("cost", "squeezenet1_1", "--memory", "--batch", "2", "--optimizer", "adamw")),
    "table": (
        ("cost", "good.arch", "--device", "t4"),
        ("cost", "good.arch", "--device", "this"),
        ("cost", "good.arch", "--convention", "all"),
        ("cost", "good.arch", "--convention", "fvcore"),
        ("cost", "good.arch", "--table", "lecture"),
        ("cost", "unet", "--table", "receptive"),
    ),
    "sizes": (("sizes", "good.arch"), ("sizes", "alexnet"), ("sizes", "unet")),
    "verify": (("verify", "good.arch"),),
    "bench": (("bench", "good.arch", "--ways", "eager,torchscript", "--rounds", "2", "--seconds", "0.1"),),
    "list": (("list",),),
    "diff": (("diff", "good.arch", "good.arch"), ("diff", "good.arch", "good.arch", "--set-b", "width=9", "--time"), ("diff", "resnet50", "resnet50d"), ("diff", "good.arch", "good.arch", "--set-b", "width=16")),
    "sweep": (
        ("sweep", "good.arch", "--vary", "width=4,0", "--jobs", "1"),
        ("sweep", "good.arch", "--vary", "width=4,0", "--jobs", "1", "--time"),
        ("sweep", "good.arch", "--list", "runs.csv", "--jobs", "1"),
        ("sweep", "resnet18", "--vary", "classes=[1, 2],none,10", "--jobs", "1"),
    ),
    "fit": (("fit", "good.arch", "--vary", "classes=5,10", "--vary", "width=1..64", "--match", "macs=1M"), ("fit", "good.arch", "--vary", "width=1..9", "--most", "time=1ms")),
}  # fmt: skip
"""By schema, calls whose document it describes; `network` is what `archc build` writes."""


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def read(text: str) -> object:
    def no_number(word: str) -> NoReturn:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=no_number)


@pytest.fixture
def files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARCHC_CACHE", str(folder / "cache"))
    keep(MACHINE, place_of(1))
    (folder / "runs.csv").write_text("width,accuracy,note\n4,70.5,\n8,75.0,longer\n")
    (folder / "fixable.arch").write_text("network fixable {\n  input x[3, 8, 8]\n  conv(4, 3, strides = 2)\n}\n")
    (folder / "heads.arch").write_text(HEADS)
    return folder


@pytest.mark.parametrize(
    ("name", "call"), [(name, call) for name, calls in CALLS.items() for call in calls], ids=lambda value: str(value)[:60]
)
def test_what_a_command_prints(run: Run, files: Path, name: str, call: tuple[str, ...]) -> None:
    result = run("-q", *call, *JSON)
    assert result.exit_code in (0, 1, 2, 3) and result.stdout, result.output
    assert [error.message for error in validator(name).iter_errors(read(result.stdout))] == []


@pytest.mark.parametrize("network", ["good.arch", "heads.arch", "unet", "vit_b_16", "googlenet"])
def test_what_a_build_writes(run: Run, files: Path, network: str) -> None:
    assert run("build", network, "--target", "json", "-o", "made").exit_code == 0
    (path,) = (files / "made").glob("*.json")
    assert [error.message for error in validator("network").iter_errors(read(path.read_text(encoding="utf-8")))] == []


def test_every_schema_has_a_call_and_every_command_with_json_a_schema() -> None:
    assert NAMES == sorted([*CALLS, "network"])
    called = {call[0] for calls in CALLS.values() for call in calls}
    for word in COMMANDS:
        command = group.get_command(click.Context(group), word)
        assert command is not None
        forms = [option.type.choices for option in command.params if option.name == "form" and isinstance(option.type, click.Choice)]
        assert (word in called) == any("json" in form for form in forms), word


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_says_what_every_object_holds(name: str) -> None:
    """No property can be missing or be added without a change of the schema; the rows of a sweep have columns of their own."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    open_objects = [part for part in objects(schema) if "additionalProperties" not in part]
    assert len(open_objects) == {"sweep": 1, "network": 1}.get(name, 0)
    for part in objects(schema):
        if "properties" in part and part.get("additionalProperties") is False:
            assert part["required"] == list(part["properties"])


def objects(part: object) -> Iterator[dict[str, object]]:
    if isinstance(part, dict):
        if part.get("type") in ("object", ["object", "null"]):
            yield part
        for value in part.values():
            yield from objects(value)
    elif isinstance(part, list):
        for value in part:
            yield from objects(value)


def test_a_document_of_another_form_is_refused(run: Run, files: Path) -> None:
    document = json.loads(run("cost", "good.arch", *JSON).stdout)
    assert validator("cost").is_valid(document)
    for key in document:
        assert not validator("cost").is_valid({word: value for word, value in document.items() if word != key}), key
    assert not validator("cost").is_valid({**document, "more": 1})
    assert not validator("cost").is_valid({**document, "version": 2})


def test_the_cost_of_a_network_file_is_the_document_of_costs() -> None:
    network, cost = (json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")) for name in ("network", "cost"))
    assert network["$defs"]["cost"] == {key: value for key, value in cost.items() if key not in ("$schema", "title")}


def test_the_page_names_every_schema() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"(../archc/reporting/schemas/{name}.json)" not in page] == []
