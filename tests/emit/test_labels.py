"""Labels that are no names in Python, or names that generated code and PyTorch use: every output holds them, with the right keys."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
import torch

from archc.compiler.codegen.pytorch import to_python
from tests import support
from tests.sample import sample

from .checks import check_all, check_loaded

graph_of = partial(support.graph_of, name="labels.arch")  # of several networks the one named like the file is taken

NAMES = ("self", "trunk", "_conv_stem", "__x", "0", "007", "a/b", "b<c&d'{}", "sp ace", "-", "1x1", "x", "F", "keys", "_get_item_by_idx")


def check(text: str) -> str:
    """Run it, script it, save and load it; the source comes back."""
    graph = graph_of(text)
    check_all(graph)
    check_loaded(graph)
    return to_python(graph)


def written(name: str) -> str:
    return name.replace("{", "{{").replace("}", "}}")


@pytest.mark.parametrize("name", sample(NAMES, 0, 2))
def test_a_label_of_every_kind_in_every_place(name: str) -> None:
    name = written(name)
    check(
        f"""block unit(c) {{ "{name}": conv(c) -> bn }}
        network n {{
          input image[4, 6, 6]
          "{name}": conv(4)
          stage s {{ "{name}": {{ "{name}": conv(4) -> relu -> add {{ | skip | skip("{name}") }} }} }}
          stage t indexed {{ conv(4) -> "q{name}": conv(4) -> relu }}
          for i in range(3) {{ unit(4 * i + 4) }}
          "box.{name}.{name}": conv(4) -> "box.more": layer_scale -> "deep.{name}.0": layer_scale
          two: reuse("{name}")
          skip("{name}") -> add {{ | conv(4) | skip("s.{name}") | skip(two) }}
        }}"""
    )


@pytest.mark.parametrize("name", NAMES)
def test_an_output_of_every_name(name: str) -> None:
    check(f'network n {{ input image[4, 6, 6]\n "{written(name)}": conv(4) -> e: relu\n output "{written(name)}", e, _e = e }}')


@pytest.mark.parametrize("name", ["self", "_x", "__x", "trunk", "_"])
def test_an_input_of_every_name(name: str) -> None:
    check(
        f"network n {{ input {name}[4, 6, 6]\n input x[4, 6, 6]\n input _[4, 6, 6]\n add {{ | conv(4) | skip(x) -> conv(4) }} }}".replace(
            "input _[4, 6, 6]\n", ""
        )
    )


def test_a_side_head_beside_a_step_named_trunk() -> None:
    text = check("network n { input image[4, 6, 6]\n trunk: conv(4)\n aux side { trunk: conv(3) }\n conv(5) }")
    assert "self.trunk = nn.Conv2d" in text and "def answer(self" in text


def test_the_source_stays_natural_where_the_label_is_a_name() -> None:
    text = check("network n { input image[4, 6, 6]\n self: conv(4) -> trunk: conv(4) -> _stem: conv(4) }")
    assert "class N(nn.Module)" in text
    assert "= self.self(image)" in text and "= self.trunk(" in text and "self._stem(" in text


def test_an_indexed_network_is_a_sequential() -> None:
    text = check("network n indexed { input image[4, 6, 6]\n conv(4) -> bn -> relu\n repeat 2 { conv(4) -> relu }\n flatten -> linear(3) }")
    assert "class N(nn.Sequential)" in text and "def forward" not in text
    assert (
        "            nn.Conv2d(4, 4, kernel_size=3, padding=1),\n            nn.BatchNorm2d(4),\n            nn.ReLU(inplace=True),\n"
        in text
    )


@pytest.mark.parametrize(
    "text",
    [
        "network n indexed { input image[4, 6, 6]\n conv(4) -> relu -> add { | conv(4) | skip } -> flatten -> linear(2) }",
        "network n indexed { input image[4, 6, 6]\n conv(4) -> out: relu -> conv(4)\n output out }",
        "network n indexed { input image[4, 6, 6]\n a: conv(4) -> relu -> conv(4) }",
        "network n indexed { input image[4, 6, 6]\n input other[4, 6, 6]\n add { | conv(4) | skip(other) -> conv(4) } }",
        'network n indexed { input image[4, 6, 6]\n default conv(init = "kaiming")\n conv(4) -> relu\n aux side { conv(3) }\n conv(4) }',
        'default conv(init = "kaiming")\nnetwork n indexed { input image[4, 6, 6]\n conv(4) -> relu -> conv(4) -> layer_scale }',
        'default conv(init = "kaiming")\nnetwork n indexed { input image[4, 6, 6]\n conv(4) -> relu -> conv(4) }',
        "network inner indexed { input x[4, 6, 6]\n conv(4) -> relu }\nnetwork labels { input image[4, 6, 6]\n inner -> a: inner\n reuse(a) }",
        'network n { input image[4, 6, 6]\n "0": conv(4) -> "1": relu -> "2": conv(4) }',
        'network n { input image[4, 6, 6]\n "1": conv(4) -> "0": conv(4) }',
    ],
)
def test_numbers_at_the_root_of_every_kind(text: str) -> None:
    check(text)


TEXT = """network labels {
  input image[4, 8, 8]
  "self": conv(4) -> _stem: conv(4) -> "a/b": conv(4) -> "b<c&d'{{": { conv(4) -> relu } -> "0.c": conv(4)
  output y = "0.c", "a/b"
}
"""
KEYS = ["self", "_stem", "a/b", "b<c&d'{.conv1", "0.c"]


def test_every_file_holds_them(tmp_path: Path) -> None:
    """TorchScript, torch.export, ONNX, the picture, the tables and JSON, as `archc build` makes them."""
    import json
    from xml.etree import ElementTree

    import onnx
    from click.testing import CliRunner

    from archc.cli import group

    (tmp_path / "labels.arch").write_text(TEXT, encoding="utf-8")
    file, out = str(tmp_path / "labels.arch"), tmp_path / "out"
    run = CliRunner()
    built = run.invoke(group, ["build", file, "-o", str(out), "-q", "--target", "python,torchscript,export,onnx,diagram,json"])
    assert built.exit_code == 0, built.output
    weights = [f"{key}.{part}" for key in KEYS for part in ("weight", "bias")]
    scripted = torch.jit.load(out / "labels.pt")
    exported = torch.export.load(out / "labels.pt2").module()
    assert list(scripted.state_dict()) == weights and sorted(exported.state_dict()) == sorted(weights)
    image = torch.randn(1, 4, 8, 8)
    torch.testing.assert_close(tuple(scripted(image)), tuple(exported(image).values()))
    assert {row.name for row in onnx.load(out / "labels.onnx").graph.output} == {"y", "a/b"}
    ElementTree.parse(out / "labels.svg")
    assert "a/b" in json.dumps(json.loads((out / "labels.json").read_text(encoding="utf-8")))
    table = run.invoke(group, ["cost", file]).output
    assert all(key in table for key in KEYS)
    for further in (
        ["draw", file, "-o", str(tmp_path / "n.html")],
        ["sizes", file],
        ["cost", file, "--by", "stage"],
        ["fmt", "--check", file],
    ):
        done = run.invoke(group, further)
        assert done.exit_code in (0, 1) and "bug" not in done.output, done.output


@pytest.mark.parametrize(
    "body",
    [
        'ds: { "0": conv(4) }\n"ds.1": conv(4)',
        'ds: indexed { conv(4) }\n"ds.1": conv(4)',
        'ds: indexed { repeat 3 { conv(4) } }\nrelu -> "ds.3": conv(4)',
        'ds: indexed { repeat 3 { conv(4) -> relu } }\n"ds.9": conv(4)',
        'aux ds indexed { conv(4) }\n"ds.1": conv(4)',
        'ds: { a: conv(4) -> "b-c": conv(4) }\n"ds.d-e": conv(4) -> "ds.f": conv(4)',
    ],
)
def test_a_layer_put_into_what_stands_beside_it_runs_once(body: str) -> None:
    """A module does not run what is put into it from outside, as an `nn.Sequential` would."""
    check(f"network n {{\ninput x[4, 6, 6]\n{body}\n}}\n")
