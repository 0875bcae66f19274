"""What the language lacks is refused with the operation of one's own that carries it: a declaration that compiles, and does what the module does."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import nn

import archc
from archc.cli import group
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.sources import model_of
from archc.reporting.error import ArchError

LAYERS = """\
import torch
from torch import Tensor, nn


class Fourier(nn.Module):
    def __init__(self, channels: int, groups: int = 1, sizes: tuple = (1, 1), kind: str = "ortho") -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, sizes, groups=groups)
        self.bn = nn.BatchNorm2d(channels)
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(torch.fft.fft2(self.conv(x), norm=self.kind).real)[:, :, ::2, ::2]


class Bessel(nn.Module):
    def __init__(me, channels: int) -> None:
        super().__init__()
        me.conv = nn.Conv2d(channels, 2 * channels, 1)

    def forward(me, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        return torch.special.bessel_j0(me.conv(x)), torch.special.bessel_j1(y)


class Given(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return torch.special.bessel_j0(self.layer(x))


class WithFourier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.mix = nn.Conv2d(3, 8, 3, padding=1), Fourier(8, groups=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.mix(self.stem(x))


class WithBessel(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.mix = nn.Conv2d(3, 8, 3, padding=1), nn.ModuleList([Bessel(8)])

    def forward(self, x: Tensor) -> Tensor:
        x, y = self.mix[0](self.stem(x), x)
        return torch.cat([x, y], 1)


class WithGiven(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mix = Given(nn.Conv2d(3, 8, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        return self.mix(x)


class Alone(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.special.bessel_j0(self.stem(x))


class Noisy(Alone):
    def forward(self, x: Tensor) -> Tensor:
        y = self.stem(x)
        return y + torch.randn_like(y)


class Complex(Alone):
    def forward(self, x: Tensor) -> Tensor:
        return torch.fft.fft2(self.stem(x)).real


class Masked(nn.Module):
    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return torch.fft.fft2(x).real * mask


class Covered(Alone):
    def __init__(self) -> None:
        super().__init__()
        self.mix = Masked()

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.mix(x, mask=torch.ones(x.shape[-1], dtype=torch.bool, device=x.device))


class Twice(Alone):
    def forward(self, x: Tensor) -> Tensor:
        y = self.stem(x)
        low, high = torch.quantile(y, 0.25, dim=1), torch.quantile(y, 0.75, dim=1)
        means = torch.special.bessel_j0(y.mean((2, 3), keepdim=True))
        return torch.special.bessel_j0(y)[:, :, ::2, ::2].mean(1) + (high - low)[:, ::2, ::2] + means[:, 0]


class Across(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(16, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, 0]
        return self.attention(x, x, x)[0]


class Centred(Alone):
    def forward(self, x: Tensor) -> Tensor:
        y = self.stem(x)
        return y - y.mean()


class Reading(Alone):
    def forward(self, x: Tensor) -> Tensor:
        y = self.stem(x)
        return y if y.mean().item() > 0 else -y
"""


@pytest.fixture
def layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "layers", raising=False)
    (tmp_path / "layers.py").write_text(LAYERS, encoding="utf-8")
    return tmp_path


def refused(name: str) -> archc.Diagnostic:
    with pytest.raises(archc.ArchError) as error:
        import_model(model_of(f"layers.py:{name}", shapes=[(3, 16, 16)]))
    (row,) = error.value.diagnostics
    return row


def declared(row: archc.Diagnostic) -> tuple[str, str]:
    """The sentence and the text that a refusal shows."""
    assert row.code == "F653" and row.help is not None
    sentence, _, text = row.help.partition("\n")
    return sentence, text


def test_a_part_of_the_model_is_carried_whole(layers: Path) -> None:
    sentence, text = declared(refused("WithFourier"))
    assert sentence == "an operation of one's own carries `mix` (`archc explain operation`):"
    assert text == (
        'operation fourier() from "layers.py:Fourier" {\n'
        "  arguments [channels = 8, groups = 2]\n"
        "  weight conv.weight[8, 4, 1, 1], conv.bias[8], bn.weight[8], bn.bias[8]\n"
        '  buffer bn.running_mean[8], bn.running_var[8], bn.num_batches_tracked[dtype = "int64"]\n'
        "  shape [8, in.height / 2, in.width / 2]\n"
        "}"
    )
    (layers / "net.arch").write_text(f"{text}\nnetwork net {{ input x[3, 16, 16]\n stem: conv(8) -> mix: fourier }}\n", encoding="utf-8")
    check_same(layers / "net.arch", "WithFourier")


def test_a_part_with_several_inputs_and_results_is_carried_whole(layers: Path) -> None:
    sentence, text = declared(refused("WithBessel"))
    assert "carries `mix.0`" in sentence and text.startswith('operation bessel() takes x, y gives y0, y1 from "layers.py:Bessel" {')
    body = 'input x[3, 16, 16]\n stem: conv(8)\n "mix.0": bessel { | skip(stem) | skip(x) } as a, b\n concat { | skip(a) | skip(b) }'
    (layers / "net.arch").write_text(f"{text}\nnetwork net {{ {body} }}\n", encoding="utf-8")
    check_same(layers / "net.arch", "WithBessel")


def check_same(path: Path, name: str) -> None:
    model = model_of(f"layers.py:{name}", shapes=[(3, 16, 16)]).module
    made = archc.load(path, weights=model.state_dict(), trust=True).eval()
    given = torch.rand(2, 3, 16, 16)
    with torch.no_grad():
        assert torch.allclose(made(given), model(given), atol=1e-6)


def test_a_call_in_the_model_itself_needs_a_class_that_makes_it(layers: Path) -> None:
    sentence, text = declared(refused("Alone"))
    assert "with a class whose `forward` calls `special_bessel_j0(x)`" in sentence
    name = re.search(r'from "my_layers.py:(\w+)"', text)
    assert name is not None
    (layers / "my_layers.py").write_text(
        f"import torch\nfrom torch import Tensor, nn\nclass {name[1]}(nn.Module):\n    def forward(self, x: Tensor) -> Tensor:\n"
        "        return torch.special.bessel_j0(x)\n",
        encoding="utf-8",
    )
    (layers / "net.arch").write_text(
        f"{text}\nnetwork net {{ input x[3, 16, 16]\n stem: conv(8) -> special_bessel_j0 }}\n", encoding="utf-8"
    )
    check_same(layers / "net.arch", "Alone")
    told = CliRunner().invoke(group, ["import", "layers.py:Alone", "--input", "3x16x16"]).stderr
    assert "written by hand; `archc import layers.py:Alone --against FILE.arch --trust` tells whether it is the model" in told
    command = ["import", "layers.py:Alone", "--against", "net.arch"]
    done = CliRunner().invoke(group, [*command, "--trust"])
    assert done.exit_code == 0 and "net.arch: 2 keys are equal; outputs for [3, 16, 16] differ by 0e+00" in done.stdout, done.output
    assert "error[F661]" in CliRunner().invoke(group, command).stderr
    text = (layers / "net.arch").read_text(encoding="utf-8")
    (layers / "net.arch").write_text(text.replace("-> special", "-> relu -> special"), encoding="utf-8")
    done = CliRunner().invoke(group, [*command, "--trust"])
    assert done.exit_code == 1 and "net.arch is not the model: outputs for [3, 16, 16] differ" in done.stdout, done.output


def test_what_draws_is_carried_by_no_operation(layers: Path) -> None:
    """One of one's own was shown for it, whose text would then be refused."""
    row = refused("Noisy")
    assert row.help is not None and "draw no random numbers" in row.help and "operation" not in row.help
    assert "`randn_like`, which draws random numbers" in row.message


@pytest.mark.parametrize("name", ["Complex", "WithGiven"])
def test_what_no_declaration_carries_is_told_how_it_could_be(name: str, layers: Path) -> None:
    """A call that makes complex numbers; a part that is made of another module."""
    sentence, text = declared(refused(name))
    if name == "Complex":
        assert sentence.startswith("put these lines into an `nn.Module` of their own") and not text
    else:
        assert "with a class whose `forward` calls" in sentence


def test_no_operation_is_shown_for_a_part_that_a_step_could_not_call_as_the_model_does(layers: Path) -> None:
    """It takes a mask of truths, by name: a step gives neither."""
    row = refused("Covered")
    sentence, text = declared(row)
    assert any("`fft_fft2`" in note and "first in mix, layers.py:" in note for note in row.notes)
    assert sentence.startswith("put these lines into an `nn.Module` of their own") and not text


def test_a_model_that_reads_values_is_told_where(layers: Path) -> None:
    row = refused("Reading")
    line = 1 + LAYERS.splitlines().index("        return y if y.mean().item() > 0 else -y")
    assert row.code == "F652" and row.notes == (f"it stops at layers.py:{line}",)


def test_each_missing_operation_is_carried_once_by_what_does_as_the_model_does(layers: Path) -> None:
    """Four calls of two functions are three operations: those of one have other numbers."""
    row = refused("Twice")
    assert row.code == "F653" and row.help is not None
    declared = re.findall(r"calls `(\S+\(.*?\))`.*:\n(operation (\w+)\(\).*(?:\n  .*)*\n\})", row.help)
    classes = ["import torch\nfrom torch import Tensor, nn\n"]
    for said, text, _ in declared:
        name = re.search(r"my_layers.py:(\w+)", text)
        assert name is not None
        call = said.replace("special_bessel", "special.bessel")
        classes.append(f"class {name[1]}(nn.Module):\n    def forward(self, x: Tensor) -> Tensor:\n        return torch.{call}\n")
    (layers / "my_layers.py").write_text("\n".join(classes), encoding="utf-8")
    low, high, bessel = (word for _, _, word in declared)
    body = f"""network net {{
      input x[3, 16, 16]
      stem: conv(8) -> low: {low} -> scale(-1) -> low2: slice(axis = 0, step = 2) -> slice(axis = 1, step = 2) -> l: identity
      skip(stem) -> {high} -> slice(axis = 0, step = 2) -> slice(axis = 1, step = 2) -> h: identity
      skip(stem) -> reduce("mean", [height, width], keep = true) -> {bessel} -> slice(axis = 0, stop = 1) -> reshape([1, 1]) -> m: identity
      skip(stem) -> {bessel} -> slice(axis = 1, step = 2) -> slice(axis = 2, step = 2) -> reduce("mean", channels)
      add(broadcast = true) {{ | skip | skip(h) | skip(l) | skip(m) }}
    }}"""
    (layers / "net.arch").write_text("\n".join([*(text for _, text, _ in declared), body]), encoding="utf-8")
    check_same(layers / "net.arch", "Twice")


@pytest.mark.parametrize(
    ("name", "told", "remedy"), [("Across", "attention along the batch", "batch_first=True"), ("Centred", "`mean`", "each image")]
)
def test_what_meets_several_images_is_told_so(name: str, told: str, remedy: str, layers: Path) -> None:
    """An operation of one's own would not help."""
    row = refused(name)
    assert row.code == "F653" and told in row.message and "along the batch" in row.message
    assert row.help is not None and remedy in row.help and "operation" not in row.help


class Normed(nn.Module):
    """A table whose rows are normalised as a batch is."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.norm, self.ask = nn.Parameter(torch.randn(5, 8)), nn.BatchNorm1d(8), nn.Linear(6, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.ask(x) @ self.norm(self.table).t()


def test_a_layer_of_a_table_is_told_by_its_name() -> None:
    """It was a layer of images, where there is no image."""
    with pytest.raises(ArchError) as error:
        archc.from_module(Normed(), [torch.zeros(2, 6)])
    assert "`batch_norm` of a learned or fixed tensor with 5 rows for a batch" in str(error.value)


class Gathered(nn.Module):
    """Many images at once are centred, and few are not."""

    def __init__(self, least: int) -> None:
        super().__init__()
        self.least, self.layer = least, nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer(x)
        if x.shape[0] >= self.least:
            x = x - x.mean(0, keepdim=True)
        return x


@pytest.mark.parametrize("least", [3, 4, 16])
def test_what_is_done_with_larger_batches_alone_is_no_network(least: int) -> None:
    """Comparisons are made with one image and with two."""
    with pytest.raises(ArchError) as error:
        archc.from_module(Gathered(least).eval(), torch.zeros(2, 4))
    (row,) = error.value.diagnostics
    assert row.code == "F653" and "depends on the size of the batch (at test_refusals.py:" in row.message
    assert row.help is not None and row.help.startswith("a network answers each image by itself")
