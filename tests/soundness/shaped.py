"""Steps that fit the tensor before them: patterns of `rearrange` and `einsum`, attention from its parts, and attention with masks.

Drawn blindly, next to none of them would be legal.
"""

from __future__ import annotations

import random

from archc.compiler.ops.base import Shape

LETTERS = "abcdefg"


def shaped(chance: random.Random, shape: Shape, sources: list[str]) -> str:
    """A step for a tensor of that shape, which may read the labels `sources`, too."""
    if len(shape) > len(LETTERS):
        return "flatten"
    makers = [einsum, rearrange, einsum, rearrange]
    if len(shape) > 1:
        makers += [attention, masked, masked, sdpa, sdpa]
    return chance.choice(makers)(chance, shape, sources)


def rearrange(chance: random.Random, shape: Shape, _: list[str]) -> str:
    """Axes split in two, turned round and joined, with axes of size 1 between them."""
    before: list[str] = []
    names: list[str] = []
    sizes: list[str] = []
    for letter, size in zip(LETTERS, shape, strict=False):
        factors = [factor for factor in range(1, size + 1) if size % factor == 0]
        if size == 1 and chance.random() < 0.5:
            before.append("1")
        elif chance.random() < 0.3:
            before.append(f"({letter} {letter}2)")
            sizes.append(f"{letter}2 = {chance.choice(factors)}")
            names += [letter, f"{letter}2"]
        else:
            before.append(letter)
            names.append(letter)
    if not names:
        return "identity"
    chance.shuffle(names)
    after: list[str] = []
    while names:
        count = min(len(names), chance.choice((1, 1, 1, 2)))
        group, names = names[:count], names[count:]
        after.append(group[0] if count == 1 else f"({' '.join(group)})")
        if chance.random() < 0.15:
            after.append("1")
    return f'rearrange("{" ".join(before)} -> {" ".join(after)}"{"".join(f", {row}" for row in sizes)})'


def einsum(chance: random.Random, shape: Shape, _: list[str]) -> str:
    """With itself, its axes named otherwise, or with a tensor that is learned."""
    left = list(LETTERS[: len(shape)])
    known = dict(zip(left, shape, strict=True))
    if chance.random() < 0.5:
        second = plain(chance)
        right = [name if chance.random() < 0.7 else name.upper() for name in left]
        known |= {name.upper(): size for name, size in zip(left, shape, strict=True)}
    else:
        right = chance.sample(left, chance.randint(1, len(left)))
        if chance.random() < 0.5:
            right.append("z")
            known["z"] = chance.choice((1, 2, 3))
        second = f"parameter([{', '.join(str(known[name]) for name in right)}])"
    paths = [(left, plain(chance)), (right, second)]
    if chance.random() < 0.3:
        paths.reverse()
    alone = [name for name in (*left, *right) if (name in left) != (name in right)]
    both = [name for name in left if name in right and chance.random() < 0.5]
    after = alone + both or left[:1]
    chance.shuffle(after)
    sides = ", ".join(" ".join(side) for side, _ in paths)
    return f'einsum("{sides} -> {" ".join(after)}") {{ {" ".join(f"| {path}" for _, path in paths)} }}'


def plain(chance: random.Random) -> str:
    """A path that leaves the shape."""
    return chance.choice(("skip", "skip", "relu", "gelu", "layer_scale", "sigmoid", "tanh -> prelu"))


def attention(chance: random.Random, shape: Shape, _: list[str]) -> str:
    heads = chance.choice([count for count in (1, 2, 4) if shape[-1] % count == 0])
    further = (
        *(
            'keys = ["qkv", "proj"]',
            'keys = ["q", "kv", "proj"]',
            'keys = ["q", "k", "v", "proj"]',
            'qkv_bias = "qv", keys = ["qkv", "proj"]',
        ),
        *("bias = false", "causal = true", 'norm = "ln"', 'norm = "rms"', f"head_size = {chance.choice((1, 2, 4))}", "rotary = 100"),
        *(
            "rotary = 100, pairs = true",
            "rotary = 100, rotary_size = 2",
            'keys = ["qkv", "proj"], interleaved = true',
            f"groups = {1 if heads == 1 else heads // 2}",
            "scale = 0.5",
            "qkv_bias = false",
            "",
        ),
    )
    return f"attention({heads}, {chance.choice(further)})".replace(", )", ")")


def masked(chance: random.Random, shape: Shape, sources: list[str]) -> str:
    """Attention with a mask that is learned, fixed, or made by a step that learns."""
    heads = chance.choice([count for count in (1, 2, 4) if shape[-1] % count == 0])
    length = shape[-2]
    sizes = [size if chance.random() < 0.6 else 1 for size in (*shape[:-2], heads, length, length)]
    mask = f"parameter([{', '.join(map(str, sizes))}])"
    if sources and chance.random() < 0.4:
        mask = f"skip({chance.choice(sources)}) -> {plain(chance)}"
    elif length == sizes[-1] == sizes[-2] and chance.random() < 0.3:
        mask = f'constant("causal", {length}) -> reshape([{", ".join(["1"] * (len(shape) - 1))}, {length}, {length}])'
    further = chance.choice(
        ("", "", "", ', keys = ["qkv", "proj"]', ', keys = ["q", "k", "v", "proj"]', ', norm = "rms"', ", rotary = 100", ", bias = false")
    )
    paths = [plain(chance), *([plain(chance)] if chance.random() < 0.3 else []), mask]
    return f"attention({heads}, mask = true{further}) {{ {' '.join(f'| {path}' for path in paths)} }}"


def sdpa(chance: random.Random, shape: Shape, sources: list[str]) -> str:
    """Queries, keys and values that are the tensor itself, or made of it; sometimes with heads brought before the places."""
    moved, (length, features) = "", shape[-2:]
    if len(shape) == 2 and chance.random() < 0.7:
        heads = chance.choice([count for count in (1, 2, 4) if features % count == 0])
        moved = f'rearrange("l (h d) -> h l d", h = {heads})'
        shape = (heads, length, features // heads)
    paths = []
    for _ in range(3):
        steps = [plain(chance), moved]
        paths.append(" -> ".join(step for step in steps if step and (step != "skip" or not moved)) or "skip")
    if chance.random() < 0.4:
        sizes = [size if chance.random() < 0.6 else 1 for size in (*shape[:-1], length)]
        paths.append(f"parameter([{', '.join(map(str, sizes))}])")
        if sources and chance.random() < 0.4:
            paths[-1] = f"skip({chance.choice(sources)}) -> {plain(chance)}"
    arguments = chance.choice(("", "", "", "(causal = true)", "(scale = 0.3)"))
    return f"sdpa{arguments} {{ {' '.join(f'| {path}' for path in paths)} }}"
