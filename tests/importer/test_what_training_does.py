"""What a model does in training alone, what its weights do there, and which kinds of inputs it takes where sizes alone are given."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

import archc
from archc.cli import group
from archc.compiler.importer import prove
from archc.compiler.importer.own_attention import plain_attention

MODELS = '''
import math
import torch
from torch import nn
from torch.nn import functional as F

class Noisy(nn.Module):
    """Noise in training alone."""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(8, 8)
    def forward(self, x):
        if self.training:
            x = x + 0.1 * torch.randn_like(x)
        return F.dropout(self.a(x), 0.1, self.training)

class Frozen(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.fc = nn.Embedding(9, 4, padding_idx=0), nn.Linear(4, 2)
        self.fc.requires_grad_(False)
    def forward(self, x):
        return self.fc(self.words(x).sum(1))

class Covered(nn.Module):
    def __init__(self):
        super().__init__()
        self.attend = nn.MultiheadAttention(8, 2, batch_first=True)
    def forward(self, x, mask):
        return self.attend(x, x, x, key_padding_mask=mask)

class Encoded(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 1)
    def forward(self, x, mask):
        return self.encoder(x, src_key_padding_mask=mask).mean(1)

class Timed(nn.Module):
    """Times and classes come as [batch]."""
    def __init__(self):
        super().__init__()
        self.image, self.time, self.label = nn.Conv2d(3, 4, 1), nn.Linear(4, 4), nn.Embedding(5, 4)
    def forward(self, x, t, y):
        angles = t[:, None].float() * torch.exp(-math.log(100.0) * torch.arange(2) / 2)[None]
        seen = self.time(torch.cat([angles.cos(), angles.sin()], -1)) + self.label(y)
        return self.image(x) + seen[:, :, None, None]

class OneNumber(nn.Module):
    """[batch, 1] as it says."""
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(1, 4)
    def forward(self, x, t):
        return x + self.fc(t)

class Sided(nn.Module):
    """A further answer in training, of one layer that stands at the root."""
    def __init__(self):
        super().__init__()
        self.body, self.aux, self.fc = nn.Linear(6, 8), nn.Linear(8, 4), nn.Linear(8, 4)
    def forward(self, x):
        seen = self.body(x)
        return (self.fc(seen), self.aux(seen)) if self.training else self.fc(seen)

class TiedCoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.code, self.bias = nn.Linear(12, 4), nn.Parameter(torch.zeros(12))
    def forward(self, x):
        return F.linear(torch.relu(self.code(x)), self.code.weight.t(), self.bias)

class Interior(nn.Module):
    """Ends are counted from the end: at another size they lie elsewhere."""
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 4, 3, padding=1)
    def forward(self, x):
        out = self.c(x).clone()
        out[:, :, 1:-1, 1:-1] += x[:, :1, 1:-1, 1:-1]
        return out[..., :-1]

class IntoZeros(nn.Module):
    def __init__(self):
        super().__init__()
        self.c = nn.Conv2d(3, 8, 3, padding=1)
    def forward(self, x):
        x = self.c(x)
        out = torch.zeros_like(x)
        out[:, :4] = x[:, 4:]
        out[:, 4:] = torch.relu(x[:, :4])
        return out

class Asks(nn.Module):
    """As detectors do: what comes of it is decoded in evaluation alone."""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(8, 8)
    def forward(self, x):
        y = self.a(x)
        return y if self.training else F.softmax(y, 1)

class KeptNorm(nn.Module):
    """Its norms stay as in evaluation."""
    def __init__(self):
        super().__init__()
        self.c, self.bn = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
    def train(self, mode=True):
        super().train(mode)
        self.bn.eval()
        return self
    def forward(self, x):
        return self.bn(self.c(x))

class OtherMomentum(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.bn = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
    def forward(self, x):
        bn = self.bn
        return F.batch_norm(self.c(x), bn.running_mean, bn.running_var, bn.weight, bn.bias, self.training, 0.3)

class Stops(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(8, 8), nn.Linear(8, 8)
    def forward(self, x):
        y = self.a(x)
        return self.b(y.detach()) + x

class DropsWeights(nn.Module):
    def __init__(self):
        super().__init__()
        self.q = nn.Linear(8, 24)
    def forward(self, x):
        q, k, v = (row.unflatten(-1, (2, 4)).transpose(1, 2) for row in self.q(x).chunk(3, -1))
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=0.1 if self.training else 0.0)
        return y.transpose(1, 2).flatten(2)

class Moves(nn.Module):
    """A mean that it keeps, and puts anew at each run."""
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(8, 8)
        self.register_buffer("mean", torch.zeros(8))
    def forward(self, x):
        y = self.a(x)
        if self.training:
            self.mean = 0.9 * self.mean + 0.1 * y.detach().mean(0)
        return y - self.mean

class Renormed(nn.Module):
    """A table whose rows are made shorter in place, whenever they are read."""
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(9, 8, max_norm=0.5)
    def forward(self, x):
        return self.words(x).sum(1)

class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.c, self.bn, self.drop = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.2)
        self.attend, self.read = nn.MultiheadAttention(4, 2, dropout=0.1, batch_first=True), nn.LSTM(4, 4, 2, batch_first=True, dropout=0.3)
    def forward(self, x):
        x = self.drop(F.relu(self.bn(self.c(x)))).flatten(2).transpose(1, 2)
        return F.dropout(self.read(x + self.attend(x, x, x, need_weights=False)[0])[0], 0.1, self.training)
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "of_people.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARCHC_CACHE", str(tmp_path / "cache"))
    return tmp_path


def imported(name: str, *sizes: str) -> Result:
    given = [word for size in sizes for word in ("--input", size)]
    done = CliRunner().invoke(group, ["import", f"of_people.py:{name}", *given, "-o", f"{name}.arch"])
    assert done.exit_code == 0, done.stderr
    return done


@pytest.mark.usefixtures("folder")
def test_what_is_drawn_in_training_alone_is_told_and_a_dropout_is_a_step() -> None:
    done = imported("Noisy", "8")
    assert "in training the model draws numbers as well (`randn_like`), which is left out" in done.stderr
    assert "dropout(p = 0.1)" in Path("Noisy.arch").read_text(encoding="utf-8")


@pytest.mark.usefixtures("folder")
def test_weights_that_do_not_learn_in_the_model_are_told() -> None:
    done = imported("Frozen", "7")
    assert "weights that learn here, and are frozen in the model: `fc.weight`, `fc.bias`" in done.stderr
    assert "kept as they are in the model (`padding_idx`, row 0): `words.weight`" in done.stderr


def of_a_person(name: str) -> torch.nn.Module:
    space: dict[str, object] = {}
    exec(MODELS, space)
    made = space[name]()  # type: ignore[operator]
    assert isinstance(made, torch.nn.Module)
    return made.eval()


@pytest.mark.parametrize("name", ["Covered", "Encoded"])
@pytest.mark.usefixtures("folder")
def test_a_mask_of_padding_covers_and_is_not_added(name: str) -> None:
    done = imported(name, "6x8", "6")
    assert "the input `mask` holds truths in the model, and 1 and 0 here" in done.stderr
    model = of_a_person(name)
    ours = archc.load(f"{name}.arch", weights=model.state_dict()).eval()
    x, mask = torch.rand(2, 6, 8), torch.tensor([[False] * 4 + [True] * 2, [False] * 6])
    with torch.no_grad(), plain_attention():
        theirs = model(x, mask)
        theirs = theirs[0] if isinstance(theirs, tuple) else theirs
        torch.testing.assert_close(ours(x, mask.float()), theirs, rtol=1e-4, atol=1e-5)
    assert ("PyTorch's own encoder gives 0 there" in done.stderr) is (name == "Encoded")
    assert name != "Covered" or "the output 1 is what `multi_head_attention_forward` gives beside its answer" in done.stderr


@pytest.mark.usefixtures("folder")
def test_a_size_of_one_is_a_number_an_image_where_the_model_takes_it_so() -> None:
    done = imported("Timed", "3x8x8", "1", "1")
    assert all(f"the input `{name}` is [batch] in the model, and [batch, 1] here" in done.stderr for name in "ty")
    assert "[batch]" not in imported("OneNumber", "4", "1").stderr


@pytest.mark.parametrize(("name", "size"), [("Sided", "6"), ("TiedCoder", "12"), ("Interior", "3x16x16"), ("IntoZeros", "3x8x8")])
@pytest.mark.usefixtures("folder")
def test_others_come_back_equal(name: str, size: str) -> None:
    done = imported(name, size)
    assert "keys are equal" in done.stderr
    text = Path(f"{name}.arch").read_text(encoding="utf-8")
    assert name != "Interior" or "differ by" in done.stderr.partition("; outputs for")[2]
    assert name != "Sided" or 'aux aux_head flat { "aux": linear(classes) }' in text


@pytest.mark.usefixtures("folder")
def test_a_module_that_loads_itself_when_it_is_asked_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packages put such into `sys.modules`: their parts may need what is not installed."""

    class Lazy(types.ModuleType):
        def __getattr__(self, name: str) -> object:
            raise ImportError(name)

    monkeypatch.setitem(sys.modules, "lazy_and_not_there", Lazy("lazy_and_not_there"))
    imported("OneNumber", "4", "1")


ANSWERS = "in training the model does not answer as this text, which is what it does in evaluation"
OTHERWISE = {
    "Asks": ("8", ANSWERS),
    "KeptNorm": ("3x8x8", ANSWERS),
    "Moves": ("8", ANSWERS),
    "OtherMomentum": ("3x8x8", "in training these are kept otherwise in the model: `bn.running_mean`, `bn.running_var`"),
    "Stops": ("8", "gradients reach these otherwise in the model: `a.weight`, `a.bias`"),
    "DropsWeights": ("5x8", "in training the model drops numbers (with 0.1) where the text does not"),
}


@pytest.mark.parametrize("name", OTHERWISE)
@pytest.mark.usefixtures("folder")
def test_what_a_model_does_otherwise_in_training_stands_in_the_header(name: str) -> None:
    size, told = OTHERWISE[name]
    assert told in imported(name, size).stderr
    assert told in Path(f"{name}.arch").read_text(encoding="utf-8").replace("\n## ", " ")


@pytest.mark.usefixtures("folder")
def test_of_a_model_that_trains_as_its_text_nothing_is_told() -> None:
    """What is left to chance is left out of the comparison."""
    done = imported("Plain", "3x8x8")
    assert "in training" not in done.stderr and "gradients" not in done.stderr


@pytest.mark.usefixtures("folder")
def test_a_model_that_changes_its_weights_as_it_runs_is_told() -> None:
    told = "the model changes weights of its own as it runs, also in evaluation, and the text does not: `words.weight`"
    assert told in imported("Renormed", "7").stderr
    assert told in Path("Renormed.arch").read_text(encoding="utf-8").replace("\n## ", " ")


@pytest.mark.parametrize(("name", "sizes"), [("Covered", ("6x8", "6")), ("Timed", ("3x8x8", "1", "1"))])
@pytest.mark.usefixtures("folder")
def test_outputs_that_are_left_out_are_none_in_training_either(name: str, sizes: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor are numbers that the model takes as [batch] a reason not to compare it."""
    seen: list[object] = []
    first = prove.told_of_training
    monkeypatch.setattr(prove, "told_of_training", lambda *given: seen.append(first(*given)) or seen[-1])
    assert "in training" not in imported(name, *sizes).stderr
    assert seen == [[]]


OWN_PATH = '''
import torch
from torch import nn

class Path(nn.Module):
    """Drops samples as most code does that has no library for it."""
    def __init__(self, p):
        super().__init__()
        self.p = p
    def forward(self, x):
        if not self.training:
            return x
        keep = 1 - self.p
        return x * x.new_empty((x.shape[0],) + (1,) * (x.ndim - 1)).bernoulli_(keep) / keep

class DropPath(Path):
    pass

class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.drop = nn.Linear(8, 8), nn.Linear(8, 8), DropPath(0.2)
    def forward(self, x):
        return x + self.drop(self.b(self.a(x).relu()))

class Resting(nn.Module):
    """Its norm never trains."""
    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4)
    def train(self, mode=True):
        super().train(mode)
        self.norm.eval()
        return self
    def forward(self, x):
        return self.norm(self.conv(x)).mean((2, 3))
'''


def test_a_drop_path_of_ones_own_is_no_difference_and_a_part_at_rest_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_path.py").write_text(OWN_PATH, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    seen = CliRunner().invoke(group, ["import", "own_path.py:Residual", "--input", "8"])
    assert seen.exit_code == 0
    assert "drop_path(0.2)" in seen.stdout
    assert "in training" not in seen.stderr
    rests = CliRunner().invoke(group, ["import", "own_path.py:Resting", "--input", "3x8x8"])
    assert "which is what it does in evaluation (there `norm` at rest all the time)" in rests.stderr
