"""What Model Explorer loads of an extension: the module of this name in its package."""

from . import ArchcAdapter

__all__ = ["ArchcAdapter"]
