"""Memory of what is used again: the estimate is what a run of the generated module allocates."""

from __future__ import annotations

import pytest

from .test_memory import check

BODIES = {
    "a step in a stage": "a: conv(3, 1)\n stage s { relu -> reuse(a) -> conv(3, 1) }",
    "a group": "t: { conv(3, 3) -> bn -> relu }\n maxpool(2) -> other: reuse(t) -> conv(4, 3)",
    "a part of a part": "t: { c: conv(3, 3) -> relu -> d: conv(3, 1) }\n stage s { reuse(t.c) -> sigmoid -> reuse(t) }",
    "a merge": "m: add { | c: conv(3, 3) -> relu\n | skip }\n relu -> reuse(m) -> reuse(m)",
    "rounds": "t: { conv(3, 3) -> relu -> conv(3, 3) }\n repeat 3 { reuse(t) -> sigmoid }",
    "in paths": "t: { conv(3, 3) -> relu }\n concat { | reuse(t)\n | maxpool(3, stride = 1, pad = 1) -> reuse(t) } -> conv(2, 1)",
    "the later use alone": "t: { conv(3, 3) -> relu }\n skip(x) -> sigmoid -> reuse(t)",
    "a part of the first use": "t: { c: conv(3, 3) -> relu -> conv(3, 3) }\n skip(x) -> avgpool(2) -> u: reuse(t)\n output c = t.c, u",
    "what uses another": "t: { c: conv(3, 3) -> relu -> reuse(c) }\n relu -> reuse(t) -> conv(3, 3)",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_small_networks(body: str) -> None:
    check(body)
