"""The texts of the modules of `models.py`: `python -m tests.importer.texts` writes them, and a reviewer reads what changed."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

import archc
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.sources import model_of

from . import list_models, models, more_models, people_fields, people_images, people_sequences

FOLDER = Path(__file__).parent / "texts"

CASES: dict[str, tuple[type[nn.Module], tuple[tuple[int, ...], ...]]] = {
    "small": (models.Small, ((3, 32, 32),)),
    "two_inputs": (models.TwoInputs, ((3, 16, 16), (5,))),
    "signal": (models.Signal, ((1, 64),)),
    "volume": (models.Volume, ((1, 8, 16, 16),)),
    "siamese": (models.Siamese, ((1, 16, 16), (1, 16, 16))),
    "pyramid": (models.Pyramid, ((3, 32, 32),)),
    "with_aux": (models.WithAux, ((3, 16, 16),)),
    "dense": (models.Dense, ((3, 16, 16),)),
    "gated": (models.Gated, ((3, 16, 16),)),
    "mixer": (models.Mixer, ((3, 16, 16),)),
    "convnext": (models.Convnext, ((3, 32, 32),)),
    "recording": (models.Recording, ((12, 6),)),
    "pooled_tokens": (models.PooledTokens, ((3, 16, 16),)),
    "turned": (models.Turned, ((3, 8, 8),)),
    "norm_across": (models.NormAcross, ((16, 8),)),
    "windows": (models.Windows, ((3, 64, 64),)),
    "learned": (models.Learned, ((3, 16, 16),)),
    "transformer": (models.Transformer, ((3, 16, 16),)),
    "swin": (models.Swin, ((3, 16, 16),)),
    "levit": (more_models.Levit, ((3, 16, 16),)),
    "window_stages": (more_models.WindowStages, ((3, 32, 32),)),
    "swin_v2": (more_models.SwinV2, ((3, 16, 16),)),
    "worked": (more_models.Worked, ((3, 16, 16),)),
    "sides": (more_models.Sides, ((3, 8, 16),)),
    "rotary": (more_models.Rotary, ((3, 16, 16),)),
    "apart": (more_models.Apart, ((3, 8, 8),)),
    "packed": (more_models.Packed, ((3, 16, 16),)),
    "shared_keys": (more_models.SharedKeys, ((8, 6),)),
    "spread": (more_models.Spread, ((3, 8, 8),)),
    "deep": (more_models.Deep, ((3, 16, 16),)),
    "ladder": (list_models.Ladder, ((3, 16, 24),)),
    "streams": (list_models.Streams, ((6,),)),
    "configured": (list_models.Configured, ((3, 8, 8),)),
    "two_sides": (list_models.TwoSides, ((3, 8, 8),)),
    "pairs": (list_models.Pairs, ((4, 8, 8),)),
    "levels": (list_models.Levels, ((3, 24, 36),)),
}


class Whole(tuple[int, ...]):
    """The shape of an input of whole numbers."""


PEOPLE: dict[str, tuple[type[nn.Module], tuple[tuple[int, ...], ...]]] = {
    "unet": (people_images.UNet, ((3, 32, 32),)),
    "generator": (people_images.Generator, ((64,),)),
    "discriminator": (people_images.Discriminator, ((3, 32, 32),)),
    "vit_with_registers": (people_images.ViTReg, ((3, 32, 32),)),
    "diffusion": (people_images.Diffusion, ((3, 16, 16), Whole())),
    "norms_by_hand": (people_images.CustomNorms, ((3, 16, 16),)),
    "control_flow": (people_images.Flow, ((3, 16, 16),)),
    "fpn": (people_images.FPN, ((3, 32, 32),)),
    "super_resolution": (people_images.PixelShuffleSR, ((3, 12, 12),)),
    "domains": (people_images.DANN, ((3, 16, 16),)),
    "tagger": (people_sequences.Tagger, (Whole((12,)),)),
    "two_towers": (people_sequences.TwoTower, (Whole(), (4,), Whole(), (3,))),
    "causal": (people_sequences.CausalMHA, (Whole((10,)),)),
    "translation": (people_sequences.Seq2Seq, (Whole((10,)), Whole((7,)))),
    "dilated": (people_sequences.TCN, ((2, 40),)),
    "by_einsum": (people_sequences.Einsum, ((10, 32),)),
    "gpt": (people_sequences.GPTMask, (Whole((16,)),)),
    "over_time": (people_sequences.GRUSeq, ((9, 12),)),
    "reading": (people_sequences.CRNN, ((1, 32, 48),)),
    "medical": (people_fields.MedicalUNet, ((1, 8, 8, 8),)),
    "speech": (people_fields.Conformer, ((16, 40),)),
    "decoder": (people_fields.Decoder, (Whole((16,)),)),
    "alike": (people_fields.Alike, ((3, 32, 32), (3, 32, 32))),
    "conditioned": (people_fields.Conditioned, ((12,), Whole())),
}
"""Modules as people write them, whose texts stand with their notes."""

LIBRARIES = (
    "torchvision:resnet50", "torchvision:resnext50_32x4d", "torchvision:densenet121", "torchvision:googlenet", "torchvision:inception_v3",
    "torchvision:mobilenet_v3_large", "torchvision:convnext_tiny", "torchvision:efficientnet_b0", "torchvision:swin_t", "timm:hrnet_w18",
)  # fmt: skip
"""Models that everybody knows, whose texts are to be read beside their sources."""


def example(shape: tuple[int, ...], batch: int = 2) -> torch.Tensor:
    """An input of such a shape."""
    if isinstance(shape, Whole):
        return torch.randint(0, 20, (batch, *shape))
    return torch.rand(batch, *shape)


def text_of(name: str, flat: bool = False) -> str:
    """The imported text, without its header, in which the date stands."""
    kind, shapes = CASES[name]
    torch.manual_seed(0)
    whole = archc.from_module(kind(), [torch.zeros(2, *shape) for shape in shapes], flat=flat)
    return whole.split("\n\n", 1)[1]


def text_of_people(name: str) -> str:
    kind, shapes = PEOPLE[name]
    torch.manual_seed(0)
    return without_date(archc.from_module(kind(), [example(shape) for shape in shapes]))


def text_of_library(source: str) -> str:
    return without_date(import_model(model_of(source), source=source).text)


def without_date(text: str) -> str:
    """Without the line in which the date and the version stand."""
    return text.split("\n", 1)[1].lstrip("\n")


def home(group: str, name: str) -> Path:
    """Where a text of people's or of a library's stands."""
    return FOLDER / group / f"{name.rpartition(':')[2]}.arch"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for case in CASES:
        (FOLDER / f"{case}.arch").write_text(text_of(case), encoding="utf-8")
    (FOLDER / "small_flat.arch").write_text(text_of("small", flat=True), encoding="utf-8")
    for case in PEOPLE:
        home("people", case).write_text(text_of_people(case), encoding="utf-8")
    for case in LIBRARIES:
        home("libraries", case).write_text(text_of_library(case), encoding="utf-8")
