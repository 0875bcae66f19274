"""What a code is: one kind of mistake, with its page of the manual."""

from __future__ import annotations

from ...base.records import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of mistake. The texts are Markdown; `example` is an `.arch` text that provokes it."""

    code: str
    title: str
    explanation: str
    example: str
    remedy: str
