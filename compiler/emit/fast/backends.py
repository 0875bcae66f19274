"""Which back end serves which device and dtype."""

from __future__ import annotations

from .onednn import OneDnn
from .step import Backend


def backend_for(device: str, dtype: str = "float32") -> Backend:
    """The fastest that there is, before anything was measured."""
    if device.startswith("cuda"):
        from .cudnn import CuDnn

        return CuDnn() if dtype != "float64" else Backend.rewriting()
    if device == "cpu" and dtype in ("float32", "bfloat16"):
        # Sums and differences of bfloat16 numbers, as Winograd's way makes them, lose too much.
        return OneDnn(exact=dtype == "float32")
    return Backend.rewriting()
