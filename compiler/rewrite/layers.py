"""Layers whose output is linear in their weights: what may be folded into them, and how."""

from __future__ import annotations

import dataclasses
from typing import TypeAlias

from ..ops.base import Operation
from ..ops.convolution import Conv, DepthwiseConv
from ..ops.deconvolution import Deconv
from ..ops.dense import Linear
from .draft import Item
from .weights import Filled, Recipe, ScaledOutputs, Times

Layer: TypeAlias = Conv | DepthwiseConv | Deconv | Linear


def is_layer(operation: Operation) -> bool:
    """Whether its output is linear in its weight and bias."""
    return isinstance(operation, Layer)


def with_bias(operation: Operation) -> Operation:
    assert isinstance(operation, Layer)
    return operation if operation.bias else dataclasses.replace(operation, bias=True)


def bias_of(item: Item) -> Recipe:
    """The layer's bias; zeros where it has none."""
    known = item.weights.get("bias")
    if known is not None:
        return known
    (bias,) = (weight for weight in with_bias(item.operation).weights(item.input_shapes) if weight.name == "bias")
    return Filled(bias.shape, 0.0)


def scaled(item: Item, factor: Recipe) -> Recipe:
    """The layer's weight with each output channel multiplied by its factor."""
    weight = item.weights["weight"]
    if isinstance(item.operation, Deconv):
        return ScaledOutputs(weight.shape, weight, factor, item.operation.groups, transposed=True)
    return ScaledOutputs(weight.shape, weight, factor)


def multiplied(item: Item, factor: float) -> dict[str, Recipe]:
    """The layer's weights with everything that it puts out multiplied by one number."""
    return {name: Times(recipe.shape, recipe, factor) for name, recipe in item.weights.items()}
