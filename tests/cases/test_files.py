"""Files that archc once answered wrongly, or never: what each deserves, by its name. The texts stand in `files/`, as they were found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

import archc
from archc.compiler.analysis.sizes import sizes
from archc.compiler.driver import Checked, check
from archc.compiler.graph.graph import Graph
from archc.compiler.ops.base import Shape
from archc.reporting.terminal import to_text

FILES = Path(__file__).parent / "files"


@dataclass(frozen=True)
class Legal:
    """What comes out, in order, and the codes of the warnings."""

    outputs: tuple[Shape, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refused:
    """The code of each error in order, and what a person must read in the first."""

    codes: tuple[str, ...]
    said: tuple[str, ...] = ()


SMALL = (4, 8, 8)
ANSWERS: dict[str, Legal | Refused] = {
    # without end
    "hang1": Refused(("E406",), ("120000 steps that place nothing",)),
    "hang2": Refused(("E403",), ("200000 operations",)),
    "hang3": Refused(("E225",), ("100000 items",)),
    "mem1": Refused(("E225",), ("10000 is the limit",)),
    "string_double": Refused(("E225",), ("10000 is the limit",)),
    # names that PyTorch takes
    "n1": Legal((SMALL,)),
    "n3": Legal((SMALL,)),
    "n5": Legal((SMALL,)),
    "n7": Legal((SMALL,)),
    "out": Legal((SMALL, SMALL)),
    "trunk": Legal(((8, 8, 8),)),
    "dunder": Legal(((5, 8, 8),)),
    # names and axes
    "alias": Legal(((8, 32, 32),)),
    "bnseq": Refused(("E332",), ("[length 16, channels 40]", "permute([1, 0])")),
    "seqpool": Refused(("E332",), ("[length 16, channels 24]", "permute([1, 0])")),
    "len": Legal(((1, 24),), ("W504",)),
    "len2": Legal(((16, 24), (32, 24), (32, 12)), ("W509", "W514")),
    "seq1": Legal(((4,),)),
    "seq_sizes": Legal(((32, 4),)),
    "in_channels": Legal(((3, 64, 64),)),
    # blocks
    "n2": Refused(
        ("E204",),
        ("`mine` has no parameters `dilation`, `groups` and `base`", "mine(out, stride = 1, dilation = none, groups = none, base = none)"),
    ),
    "n6": Refused(("E207",), ("m { | skip(x) | skip(x) }",)),
    "par": Legal(((16, 32, 32),)),
    "round": Legal(((3, 8, 8),)),
    "merge_colon_trap": Legal(((400,),), ("W513",)),
    # reuse
    "reuse_draw": Legal(((16, 1, 1),)),
    "reuse_label_in_block": Legal(((8, 32, 32), (8, 32, 32))),
    "reuse_label_in_group": Legal(((8, 32, 32), (8, 32, 32))),
    "reuse_label_in_stage": Legal(((8, 32, 32), (8, 32, 32))),
    "reuse_member_wrong": Legal(((8, 32, 32), (8, 16, 16), (8, 16, 16))),
    "reuse_unet": Legal(((2, 64, 64),)),
    "k2": Legal(((3, 8, 8),)),
    # text that was dropped
    "AssertionError-fff26647": Refused(("E202",), ("`side2**255 .a` is none",)),
    "IndexError-073cc180": Refused(("E228",), ("nothing comes in",)),
    "in1": Refused(("E228",), ("nothing comes in",)),
    "in2": Refused(("E228", "E201"), ("nothing comes in",)),
    "aux_output": Legal(((5, 8, 8),)),
    # numbers and remedies
    "dc": Legal(((4, 13, 13),)),
    "gn1": Refused(("E327",), ("a single value",)),
    "padv": Legal(((4, 10, 10),)),
    "sz": Legal(((4, 2, 8),)),
    "two_inputs_sizes": Legal(((2, 32, 32),)),
    "w507_gan": Legal(((64, 32, 32),)),
}
OWN_TESTS = {"lam", "unk"}  # their answers grow with the language
SEVERAL = {"merge_colon_trap": "r2plus1d_18"}  # the network meant, where a file has several
LEGAL = [name for name, answer in ANSWERS.items() if isinstance(answer, Legal)]


def target(name: str) -> str:
    return f"{FILES / name}.arch" + (f":{SEVERAL[name]}" if name in SEVERAL else "")


def ask(name: str) -> Checked:
    return check(target(name))


def test_every_file_has_its_answer() -> None:
    assert {path.stem for path in FILES.glob("*.arch")} == ANSWERS.keys() | OWN_TESTS


@pytest.mark.parametrize("name", ANSWERS)
def test_the_answer(name: str) -> None:
    answer, found = ANSWERS[name], ask(name)
    told = to_text(found.diagnostics)
    if isinstance(answer, Refused):
        errors = [row for row in found.diagnostics if row.is_error]
        assert tuple(row.code for row in errors) == answer.codes, told
        first = to_text(errors[:1])
        assert [text for text in answer.said if text not in first] == []
    else:
        assert found.program is not None, told
        assert tuple(node.shape for node in Graph(found.program).outputs) == answer.outputs
        assert tuple(row.code for row in found.diagnostics) == answer.warnings, told


def inputs_of(network: archc.Network) -> list[torch.Tensor]:
    nodes = network.typed_graph.inputs
    return [torch.randint(100, (2, *node.shape)) if node.unique == "ids" else torch.randn(2, *node.shape) for node in nodes]


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in LEGAL if name != "merge_colon_trap"])
@pytest.mark.filterwarnings("ignore::archc.ArchWarning")
def test_what_is_legal_is_built_and_the_file_answers_as_the_module(name: str) -> None:
    network = archc.compile(target(name))
    module = network.to_module().eval()
    inputs = inputs_of(network)
    with torch.no_grad():
        expected, found = module(*inputs), network.to_torchscript(module.state_dict())(*inputs)
    rows = [(expected, found)] if isinstance(expected, torch.Tensor) else zip(expected, found, strict=True)
    for one, other in rows:
        torch.testing.assert_close(other, one)
    answer = ANSWERS[name]
    assert isinstance(answer, Legal)
    given = [expected] if isinstance(expected, torch.Tensor) else list(expected)
    assert tuple(tuple(row.shape[1:]) for row in given) == answer.outputs


# ------------------------------------------------------------------------------------------ one by one


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("n1", {"_conv_stem"}),
        ("n3", {"0.conv"}),
        ("n5", {"trunk.stem.0"}),
        ("n7", {"encoder.layer.0.attention.self.query"}),
        ("out", {"a.b"}),
        ("trunk", {"trunk"}),
    ],
)
def test_a_label_is_the_key_of_the_weights(name: str, keys: set[str]) -> None:
    found = archc.compile(target(name)).to_module().state_dict()
    assert {key.rpartition(".")[0] for key in found} == keys


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sz", {"height": "multiples of 4 from 4", "width": "every size from 1"}),
        ("two_inputs_sizes", {"height": "every size from 2", "width": "every size from 2"}),
        ("seq_sizes", {"length": "every size from 1"}),
        ("seq1", {"length": "every size from 2"}),
    ],
)
def test_the_sizes_that_are_taken(name: str, expected: dict[str, str]) -> None:
    program = ask(name).program
    assert program is not None
    assert {axis.axis: str(axis.built) for axis in sizes(Graph(program))} == expected


def test_a_member_of_a_second_use_is_that_of_the_second_use() -> None:
    module = archc.compile(target("reuse_member_wrong")).to_module().eval()
    small = torch.randn(1, 3, 16, 16)
    with torch.no_grad():
        first, second, end = module(torch.randn(1, 3, 32, 32), small)
        torch.testing.assert_close(second, module.one.c1(small))
        torch.testing.assert_close(end, module.one.c2(second.relu()))
    assert first.shape == (1, 8, 32, 32)


@pytest.mark.parametrize(
    ("name", "parameters"), [("reuse_label_in_block", 224), ("reuse_label_in_stage", 224), ("reuse_label_in_group", 224), ("k2", 35)]
)
def test_shared_weights_are_counted_once(name: str, parameters: int) -> None:
    network = archc.compile(target(name))
    assert network.cost().total.parameters == parameters
    assert sum(value.numel() for value in network.to_module().parameters()) == parameters


def test_the_mark_of_sharing_is_in_the_table() -> None:
    assert "other (shares head)" in str(archc.compile(target("reuse_label_in_stage")).cost())


def test_a_padding_of_ones_is_one_in_the_file() -> None:
    network = archc.compile(target("padv"))
    module = network.to_module().eval()
    image = torch.randn(1, 3, 8, 8)
    padded = torch.nn.functional.pad(image, (1, 1, 1, 1), value=1.0)
    with torch.no_grad():
        torch.testing.assert_close(network.to_torchscript(module.state_dict())(image), module.conv1(padded))


def test_rounds_that_read_alike_are_named_alike() -> None:
    source = archc.compile(target("round")).to_python()
    assert "self.t = nn.Sequential(*(One() for _ in range(2)))" in source
    assert "self.u = nn.Sequential(*(UPart() for _ in range(2)))" in source


def test_every_name_that_archc_does_not_know_has_a_remedy() -> None:
    errors = [row for row in ask("unk").diagnostics if row.is_error]
    assert {row.code for row in errors} >= {"E201"}
    assert [to_text([row]) for row in errors if not row.help] == []
