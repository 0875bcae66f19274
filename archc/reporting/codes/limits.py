"""Codes of limits (E4xx)."""

from __future__ import annotations

from .code import Code

ROWS: tuple[Code, ...] = (
    Code(
        "E401",
        "text that nests too deep",
        "Bodies and block calls nest at most 100 levels deep. A block that calls itself without end reaches it.",
        "block b { b }\nnetwork n {\n  input x[3, 8, 8]\n  b\n}\n",
        "End the recursion with a condition, or write a `repeat`.",
    ),
    Code(
        "E402",
        "a network that is a variant of itself",
        "`network a = b(…)` and `network b = a(…)` define nothing.",
        "network e402 = b()\nnetwork b = e402()\n",
        "Give one of them a body.",
    ),
    Code(
        "E403",
        "too many operations",
        "A network has at most 200,000 operations.",
        "network n {\n  input x[3, 8, 8]\n  repeat 201 { repeat 1000 { relu } }\n}\n",
        "Look for a loop that runs more often than was meant.",
    ),
    Code(
        "E404",
        "too many rounds",
        "A loop has at most 100,000 rounds.",
        "network n {\n  input x[3, 8, 8]\n  repeat 1000000 { relu }\n}\n",
        "Look for a number that is larger than was meant.",
    ),
    Code(
        "E405",
        "a tensor that is too large",
        "PyTorch counts the elements of a tensor in 64 bits: at most 2^63 - 1 for one image, and a weight has at most 2^61 - 1 (2^63 bytes).",
        "network n {\n  input x[1, 8, 8]\n  conv(1, 3, pad = 36028797018963968)\n}\n",
        "Look for a size or a padding that is larger than was meant.",
    ),
    Code(
        "E406",
        "too many steps",
        "The statements of a network that place no operation are at most 120,000, and 20 more for each operation; a call costs ten steps, a list one for "
        "every 10 items, a text one for every 100 characters. Loops or blocks inside each other that place nothing reach it.",
        "network n {\n  input x[3, 8, 8]\n  repeat 1000 { repeat 1000 { skip } }\n}\n",
        "Look for loops, calls or lists that multiply.",
    ),
)
