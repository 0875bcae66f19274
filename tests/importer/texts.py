"""The texts of the modules of `models.py`: `python -m tests.importer.texts` writes them, and a reviewer reads what changed."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

import archc

from . import list_models, models, more_models

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
    "swin_v2": (more_models.SwinV2, ((3, 16, 16),)),
    "worked": (more_models.Worked, ((3, 16, 16),)),
    "sides": (more_models.Sides, ((3, 8, 16),)),
    "rotary": (more_models.Rotary, ((3, 16, 16),)),
    "apart": (more_models.Apart, ((3, 8, 8),)),
    "packed": (more_models.Packed, ((3, 16, 16),)),
    "shared_keys": (more_models.SharedKeys, ((8, 6),)),
    "spread": (more_models.Spread, ((3, 8, 8),)),
    "ladder": (list_models.Ladder, ((3, 16, 24),)),
    "streams": (list_models.Streams, ((6,),)),
    "configured": (list_models.Configured, ((3, 8, 8),)),
    "two_sides": (list_models.TwoSides, ((3, 8, 8),)),
    "pairs": (list_models.Pairs, ((4, 8, 8),)),
    "levels": (list_models.Levels, ((3, 24, 36),)),
}


def text_of(name: str, flat: bool = False) -> str:
    """The imported text, without its header, in which the date stands."""
    kind, shapes = CASES[name]
    torch.manual_seed(0)
    whole = archc.from_module(kind(), [torch.zeros(2, *shape) for shape in shapes], flat=flat)
    return whole.split("\n\n", 1)[1]


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for case in CASES:
        (FOLDER / f"{case}.arch").write_text(text_of(case), encoding="utf-8")
    (FOLDER / "small_flat.arch").write_text(text_of("small", flat=True), encoding="utf-8")
