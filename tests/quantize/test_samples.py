"""What samples may be, and what is said of those that do not do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch

from archc.compiler.graph.graph import Graph
from archc.compiler.quantize.samples import DEVIATION, MEAN, samples_of
from archc.reporting.error import ArchError
from tests.support import graph_of

IMAGES = graph_of("network n { input image[3, 8, 6]\n conv(4, 3) }")
TWO = graph_of("network n { input a[4]\n input b[2]\n add { | skip(a) -> linear(3) | skip(b) -> linear(3) } }")
WORDS = graph_of("network n { input words[5]\n embedding(7, 4)\n linear(3) }")


def refused(graph: Graph, given: Any) -> tuple[str, str, str]:
    with pytest.raises(ArchError) as caught:
        samples_of(graph, given)
    (row,) = caught.value.diagnostics
    assert row.primary.span.source.name == "--calibrate"
    return row.code, row.message, row.help or ""


def saved(folder: Path, **arrays: Any) -> str:
    path = folder / "samples.npz"
    numpy.savez(path, **arrays)
    return str(path)


def test_arrays_of_a_file(tmp_path: Path) -> None:
    images = numpy.random.default_rng(0).random((5, 3, 8, 6))
    found = samples_of(IMAGES, saved(tmp_path, anything=images))
    assert (found.count, found.inputs[0].dtype) == (5, torch.float32)
    assert torch.equal(found.inputs[0], torch.from_numpy(images).float())
    two = samples_of(TWO, saved(tmp_path, b=numpy.ones((9, 2)), a=numpy.zeros((9, 4))))
    assert [tuple(value.shape) for value in two.inputs] == [(9, 4), (9, 2)]
    assert [len(batch[0]) for batch in two.batches()] == [8, 1]
    assert samples_of(WORDS, saved(tmp_path, words=numpy.array([[0, 1, 2, 3, 6]]))).inputs[0].dtype == torch.int64


def test_bytes_of_pixels_are_told_to_be_taken_as_they_are(tmp_path: Path) -> None:
    images = numpy.full((2, 3, 8, 6), 255, dtype=numpy.uint8)
    found = samples_of(IMAGES, saved(tmp_path, image=images))
    assert found.told.endswith("; image: whole numbers, taken as they are")
    assert float(found.inputs[0].max()) == 255
    assert "whole numbers" not in samples_of(IMAGES, saved(tmp_path, image=images / 255)).told


def test_samples_from_python() -> None:
    images = torch.randn(3, 3, 8, 6)
    for given in (images, images.numpy(), [row.numpy() for row in images], {"image": images}):
        assert torch.allclose(samples_of(IMAGES, given).inputs[0], images)
    assert samples_of(TWO, [torch.ones(2, 4), torch.ones(2, 2)]).count == 2
    assert samples_of(IMAGES, "random").count == samples_of(WORDS, "random").count == 16


CASES: dict[str, tuple[Graph, Callable[[Path], Any], str, str, str]] = {
    "no such place": (IMAGES, lambda at: str(at / "none.npz"), "F681", "there is no folder and no file", "`random`"),
    "no npz": (IMAGES, lambda at: str(text(at / "a.npz", "hello")), "F681", "cannot be read as an `.npz` file", "`.npz`"),
    "an array alone": (IMAGES, lambda at: array(at), "F681", "a single array", "numpy.savez"),
    "pickled objects": (IMAGES, lambda at: saved(at, image=numpy.array([{}, None], dtype=object)), "F681", "cannot be read", "`.npz`"),
    "no images": (IMAGES, lambda at: str(at), "F681", "has no images", ".png"),
    "a text for an image": (
        IMAGES,
        lambda at: str(text(at / "a.png", "hello").parent),
        "F681",
        "cannot be read as an image",
        "remove the file",
    ),
    "images for words": (WORDS, lambda at: str(at), "F681", "one input of three channels", "numpy.savez"),
    "channels last": (
        IMAGES,
        lambda at: saved(at, image=numpy.ones((2, 8, 6, 3))),
        "F682",
        "[2, 8, 6, 3]",
        "[samples, 3, 8, 6], channels first",
    ),
    "another size": (IMAGES, lambda at: saved(at, image=numpy.ones((2, 3, 9, 9))), "F682", "[2, 3, 9, 9]", "--input 3x9x9"),
    "no batch": (IMAGES, lambda at: saved(at, image=numpy.ones((3, 8, 6))), "F682", "[3, 8, 6]", "[samples, 3, 8, 6]"),
    "a number": (IMAGES, lambda at: saved(at, image=numpy.float32(1)), "F682", "the input takes [samples, 3, 8, 6]", "[samples, 3, 8, 6]"),
    "none": (IMAGES, lambda at: saved(at, image=numpy.ones((0, 3, 8, 6))), "F682", "there are no samples", "16 to 128"),
    "no arrays": (IMAGES, lambda at: saved(at), "F682", "the samples are nothing", "under its name"),
    "a name that is none": (TWO, lambda at: saved(at, a=numpy.ones((2, 4)), c=numpy.ones((2, 2))), "F682", "`a`, `c`", "under its name"),
    "not as many": (TWO, lambda at: saved(at, a=numpy.ones((2, 4)), b=numpy.ones((3, 2))), "F682", "a 2, b 3", "as many"),
    "one for two": (TWO, lambda at: torch.ones(2, 4), "F682", "2 inputs", "in order or by name"),
    "text": (IMAGES, lambda at: saved(at, image=numpy.array(["a", "b"])), "F682", "no array of numbers", "[samples, 3, 8, 6]"),
    "complex numbers": (IMAGES, lambda at: saved(at, image=numpy.ones((2, 3, 8, 6)) * 1j), "F682", "complex", "real numbers"),
    "nan": (IMAGES, lambda at: saved(at, image=numpy.full((2, 3, 8, 6), numpy.nan)), "F683", "2 of 2 samples", "leave"),
    "infinite": (IMAGES, lambda at: {"image": torch.full((1, 3, 8, 6), torch.inf)}, "F683", "sample 0 first", "leave"),
    "zeros": (IMAGES, lambda at: saved(at, image=numpy.zeros((2, 3, 8, 6))), "F683", "zeros alone", "`random`"),
    "places that are none": (WORDS, lambda at: saved(at, words=numpy.array([[0, 1, 2, 3, 7]])), "F682", "0 to 6", "table"),
    "places with a point": (WORDS, lambda at: saved(at, words=numpy.ones((2, 5))), "F682", "whole numbers", "table"),
}


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def array(folder: Path) -> str:
    with (folder / "a.npz").open("wb") as file:
        numpy.save(file, numpy.ones((2, 3, 8, 6)))
    return str(folder / "a.npz")


@pytest.mark.parametrize("name", CASES)
def test_what_does_not_do_is_told_with_a_remedy(name: str, tmp_path: Path) -> None:
    if name == "a text for an image":
        pytest.importorskip("PIL")
    graph, make, code, message, remedy = CASES[name]
    found = refused(graph, make(tmp_path))
    assert found[0] == code
    assert message in found[1]
    assert remedy in found[2]


def test_images_of_a_folder_are_cut_and_scaled(tmp_path: Path) -> None:
    Image = pytest.importorskip("PIL.Image")
    (tmp_path / "more").mkdir()
    Image.new("RGB", (60, 20), (255, 0, 51)).save(tmp_path / "a.png")
    Image.new("L", (6, 8), 255).save(tmp_path / "more" / "b.PNG")
    (tmp_path / "readme.txt").write_text("no image", encoding="utf-8")
    found = samples_of(IMAGES, tmp_path)
    assert tuple(found.inputs[0].shape) == (2, 3, 8, 6)
    assert "2 images" in found.told
    wanted = (torch.tensor([1.0, 0.0, 0.2]) - torch.tensor(MEAN)) / torch.tensor(DEVIATION)
    assert torch.allclose(found.inputs[0][0].mean((1, 2)), wanted, atol=1e-4)
    assert torch.allclose(found.inputs[0][1].mean((1, 2)), (1 - torch.tensor(MEAN)) / torch.tensor(DEVIATION), atol=1e-4)


def test_of_many_images_some_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image = pytest.importorskip("PIL.Image")
    monkeypatch.setattr("archc.compiler.quantize.samples.MOST_IMAGES", 4)
    for number in range(10):
        Image.new("L", (6, 8), number * 20).save(tmp_path / f"{number}.png")
    found = samples_of(IMAGES, tmp_path)
    assert (found.count, found.told.split(" of ")[0:2]) == (4, ["4", "10 images"])
    assert found.inputs[0][3].mean() > found.inputs[0][0].mean()
