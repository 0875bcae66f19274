"""When Python looks for garbage: in the pauses between answers, and not in the middle of one, where it takes longer than the answer itself."""

from __future__ import annotations

import gc

MOST_NEW = 150_000
"""So many objects more than at the last look, and the next one waits for no pause: those of some five answers about a large network. What is
not looked at stays in memory: with more of it a session would grow."""

FEW_NEW = 5_000
"""With fewer a look would find next to nothing."""


class Pauses:
    """Of a process that answers one person: made once, when all is loaded that every answer needs."""

    def __init__(self) -> None:
        gc.collect()
        gc.freeze()  # what stays for ever is not looked through again
        gc.disable()

    def answered(self) -> None:
        """An answer is out."""
        if gc.get_count()[0] > MOST_NEW:
            gc.collect()

    def paused(self) -> None:
        """Nothing was asked for a while."""
        if gc.get_count()[0] > FEW_NEW:
            gc.collect()

    def end(self) -> None:
        """As Python does it by itself."""
        gc.unfreeze()
        gc.enable()
