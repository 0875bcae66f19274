"""What no text can be made for."""

from __future__ import annotations


class Unsaid(Exception):
    """The language has no word for a call, or not for these arguments of it."""
