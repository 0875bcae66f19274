"""Which of the files that archc can write of a network is the fastest on the machine at hand: told by `archc build --tune`."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING

from ..graph.graph import Graph
from ..runtime.sample_inputs import normal
from ..runtime.timing import Leg, Watch, race
from .setting import NotHere, Setting
from .ways import WAYS

if TYPE_CHECKING:
    from torch import nn

RUNTIMES = {"onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}
"""What runs the rewritten graph as an ONNX file, by the way of `archc bench`."""

THIS, AGAIN = "this file", "again"


def beside_runtimes(
    graph: Graph,
    module: nn.Module,
    file: str,
    *,
    dtype: str = "float32",
    batch: int = 1,
    watch: Watch = lambda text: None,
) -> tuple[str, ...]:
    """How fast the rewritten graph runs as an ONNX file beside the TorchScript `file`, in words, for every runtime that is installed.

    `module` is the plain one with its weights. Processors alone.
    """
    import torch

    scripted = torch.jit.load(file)  # type: ignore[no-untyped-call]
    generator = torch.Generator().manual_seed(0)
    given = tuple(normal(graph, batch, dtype=dtype, generator=generator))

    def this() -> object:
        with torch.inference_mode():
            return scripted(*given)

    with ExitStack() as room:
        setting = Setting(graph, module, given, torch.get_num_threads(), dtype=dtype, room=room, watch=watch)
        legs: dict[str, Leg] = {THIS: this}
        failed = []
        for way in WAYS:
            if way.name not in RUNTIMES:
                continue
            watch(f"making the graph in {RUNTIMES[way.name]}")
            try:
                legs[way.name] = way.make(setting)
                legs[way.name]()
            except NotHere:
                continue  # what is not installed, or has no such numbers, is no choice
            except Exception as error:
                # Exporters and runtimes fail in ways of their own; the file at hand is as good all the same.
                legs.pop(way.name, None)
                failed.append(f"the file is not compared with {RUNTIMES[way.name]}: {type(error).__name__} there")
        if len(legs) == 1:
            return tuple(failed)
        timings = race({**legs, AGAIN: this}, rounds=15, seconds=15, watch=watch)
    name = os.path.basename(file)
    rows = {way: timings.ratio(way, THIS) for way in legs if way != THIS}
    noise = timings.ratio(AGAIN, THIS)
    told = [
        *failed,
        *(
            f"the graph as an ONNX file in {RUNTIMES[way]}: {ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f}) of the speed of {name}"
            for way, ratio in rows.items()
        ),
    ]
    best = max(rows, key=lambda way: rows[way].median)
    if rows[best].low > max(1.0, noise.high):
        return (*told, f"fastest here: `--target onnx --optimize`, in {RUNTIMES[best]}")
    return (*told, f"fastest here: {name}; noise (the same file twice) {noise.median:.2f} ({noise.low:.2f} to {noise.high:.2f})")
