"""The protocol as pygls speaks it, which forgets what it has done.

pygls keeps the future of each notification that it handles itself, edits among them, for ever: two kilobytes of each keystroke.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

from pygls.protocol import LanguageServerProtocol


class Forgetting(LanguageServerProtocol):
    """Of requests that wait for an answer nothing goes: pygls takes those out by itself as they are answered."""

    def _handle_notification(self, method_name: str, params: Any) -> None:
        super()._handle_notification(method_name, params)
        futures: dict[Any, Future[Any]] = getattr(self, "_request_futures", {})
        for number in [number for number, future in futures.items() if future.done()]:
            del futures[number]
