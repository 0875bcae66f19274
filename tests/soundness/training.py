"""The peaks of memory of one random network, of an inference and of a training step, told and measured."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch

from archc.compiler.analysis.memory import inference_profile, training_profile
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.sample_inputs import zeros

from ..analysis.built import built
from ..analysis.tracker import inference_peak, training_peak
from .wide import legal

LOSS_BYTES = 8
"""The loss of the measured step and its gradient, which no network has."""

MOST = 1.03
"""How far above what is measured a figure may be. Below it may never be."""


@dataclass(frozen=True, slots=True)
class Peaks:
    number: int
    batch: int
    text: str
    told: int
    at: str
    measured: int
    loss: int = LOSS_BYTES

    @property
    def holds(self) -> bool:
        # Where the peak comes before the loss, the loss is no part of it.
        return self.measured <= self.told <= MOST * (self.measured + self.loss)

    def story(self) -> str:
        ratio = f"{self.told / self.measured:.3f}"
        return f"network {self.number}, batch {self.batch}: told {self.told} at {self.at}, measured {self.measured}, {ratio}\n{self.text}"


def inference(number: int, fitted: bool = False) -> Peaks:
    text, graph = legal(random.Random(number), fitted)
    batch = 1 + number % 3
    told = inference_profile(graph, batch=batch)
    measured = inference_peak(built(graph, device="cpu"), zeros(graph, batch))
    return Peaks(number, batch, text, told.peak_bytes, told.peak_at, measured, loss=0)


def training(number: int, fitted: bool = False) -> Peaks | None:
    """Of a network that learns; else None."""
    text, graph = legal(random.Random(number), fitted)
    if parameters(graph) == 0:
        return None
    batch = 2 + number % 2
    model = built(graph, device="cpu")
    peak = training_peak(model, zeros(graph, batch), lambda weights: torch.optim.SGD(weights, lr=0.1, momentum=0.9))[1]
    told = training_profile(graph, batch=batch, optimizer="momentum")
    return Peaks(number, batch, text, told.peak_bytes, told.peak_at, peak - LOSS_BYTES)


def parameters(graph: Graph) -> int:
    own = [node.operation.weights(node.input_shapes) for node in graph.nodes if node.shares is None]
    return sum(weight.elements for weights in own for weight in weights if weight.trainable)
