"""A calibration of round numbers, for tests."""

from __future__ import annotations

from archc.compiler.analysis.calibration import Calibration, Rate

MACHINE = Calibration(
    machine="a machine of round numbers",
    cores=2,
    threads=1,
    torch="2",
    lanes=8,
    peak={"float32": 1e11, "bfloat16": 2e11},
    bandwidth=((1e4, 1e10), (1e6, 1e10), (1e8, 1e9)),
    call={"layer": ((1e6, 1e-5),), "step": ((1e6, 1e-6),)},
    rates={
        "matrix": (Rate(16, 100, 1e10), Rate(16, 10_000, 4e10), Rate(256, 100, 9e10)),
        "window": (Rate(64, 1000, 5e10),),
        "winograd": (Rate(64, 1000, 1e11),),
        "entry": (Rate(64, 1000, 2e10),),
        "depthwise": (Rate(9, 1000, 1e10),),
        "last": (Rate(1, 1000, 1e9),),
        "maximum": (Rate(1, 1000, 1e9),),
    },
)
