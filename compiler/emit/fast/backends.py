"""Which back end serves which device."""

from __future__ import annotations

from .onednn import OneDnn
from .step import Backend


def backend_for(device: str) -> Backend:
    """The fastest that there is for a device, before anything was measured."""
    if device.startswith("cuda"):
        from .cudnn import CuDnn

        return CuDnn()
    return OneDnn()
