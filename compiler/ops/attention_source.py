"""The source of the attention that a step asks for: a class with the parts that it has, and no others."""

from __future__ import annotations

from ...base.records import dataclass

ROTATED = '''def rotated(x: torch.Tensor, base: float) -> torch.Tensor:
    """Positions [..., L, heads, D] turned each by its own angles: the first half of a head's features with the second."""
    half = x.shape[-1] // 2
    frequencies = torch.pow(base, -torch.arange(half, device=x.device, dtype=torch.float32) / half)
    angles = torch.arange(x.shape[-3], device=x.device, dtype=torch.float32)[:, None, None] * frequencies
    cosine, sine = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1)
'''

ROTATED_PAIRS = '''def rotated_pairs(x: torch.Tensor, base: float) -> torch.Tensor:
    """Positions [..., L, heads, D] turned each by its own angles: every other feature of a head with the one beside it."""
    half = x.shape[-1] // 2
    frequencies = torch.pow(base, -torch.arange(half, device=x.device, dtype=torch.float32) / half)
    angles = torch.arange(x.shape[-3], device=x.device, dtype=torch.float32)[:, None, None] * frequencies
    cosine, sine = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
    first, second = x.unflatten(-1, (half, 2)).unbind(-1)
    return torch.stack([first * cosine - second * sine, second * cosine + first * sine], dim=-1).flatten(-2)
'''

IN_PART = '''def NAME_in_part(x: torch.Tensor, base: float, turned: int) -> torch.Tensor:
    """The first features of a head turned by their positions, the others as they are."""
    first, rest = x.split([turned, x.shape[-1] - turned], dim=-1)
    return torch.cat([NAME(first, base), rest], dim=-1)
'''

RELATIVE_INDEX = '''def relative_index(height: int, width: int) -> torch.Tensor:
    """For any two places of a window, [places, places], the row of a table that has one for each distance."""
    rows = (torch.arange(height)[:, None] - torch.arange(height) + height - 1)[:, None, :, None]
    columns = (torch.arange(width)[:, None] - torch.arange(width) + width - 1)[None, :, None, :]
    return ((2 * width - 1) * rows + columns).reshape(height * width, height * width)
'''

WITH_CLASS = '''def with_class_token(index: torch.Tensor, rows: int) -> torch.Tensor:
    """The same with a class token in front: of the three rows behind the others, for what it looks at, what looks at it, and itself."""
    index = F.pad(index, [1, 0, 1, 0])
    index[0, :], index[:, 0], index[0, 0] = rows, rows + 1, rows + 2
    return index
'''


@dataclass(frozen=True, slots=True)
class Parts:
    """What an attention has. `keys` are the names of its projections, that of the answer last; none: as PyTorch's own has them."""

    keys: tuple[str, ...] | None
    sequences: int
    """How many are projected: one for all, one for queries and one for keys and values, or one for each."""
    wide: bool
    """There are axes in front of the sequence."""
    masked: bool
    split_bias: bool
    interleaved: bool
    """One projection makes queries, keys and values head by head."""
    causal: bool
    norm: str | None
    rotary: str | None
    """Whether rotary positions turn "halves" or "pairs" of a head's features."""
    in_part: bool
    """Rotary positions turn the first features of a head alone."""
    scaled: bool
    """Logits are multiplied by a number of their own."""
    grouped: bool
    relative: bool
    class_token: bool
    index: str | None
    masks_fold: bool = False
    """Axes in front go into the batch though there is a mask, which is then one for each of them: where nothing is trained, and memory is no matter."""

    @property
    def name(self) -> str:
        """The name of its class: no two that differ have the same."""
        words = [
            "Causal" if self.causal else "",
            "Grouped" if self.grouped else "",
            {None: "", "ln": "Normed", "rms": "RmsNormed"}[self.norm],
            {None: "", "halves": "Rotary", "pairs": "RotaryPairs"}[self.rotary],
            "InPart" if self.in_part else "",
            "Scaled" if self.scaled else "",
            "Masked" if self.masked else "",
            "Folded" if self.masks_fold else "",
            "Wide" if self.wide else "",
            "SplitBias" if self.split_bias else "",
            "Interleaved" if self.interleaved else "",
            {None: "", "flat": "Indexed", "square": "SquareIndexed"}[self.index],
            "ClassRelative" if self.class_token else "Relative" if self.relative else "",
            {1: "", 2: "Cross", 3: "QueryKeyValue"}[self.sequences],
            {0: "", 2: "", 3: "Paired", 4: "Separate"}[len(self.keys or ())],
            *(part[0].upper() + part[1:] for key in self.keys or () for part in key.split("_") if part),
        ]
        return "".join(words) + "Attention"

    @property
    def turn(self) -> str:
        """The function that turns all features that it is given."""
        return "rotated" if self.rotary == "halves" else "rotated_pairs"

    @property
    def crosses(self) -> bool:
        """Whether keys and values are made of another sequence than queries."""
        return self.sequences > 1

    @property
    def own(self) -> tuple[str, ...]:
        """The projections of queries, keys and values."""
        return self.keys[:-1] if self.keys is not None else ()

    @property
    def last(self) -> str:
        return self.keys[-1] if self.keys is not None else "out_proj"

    @property
    def packed(self) -> bool:
        """Whether one projection makes queries, keys and values at once."""
        return not self.crosses and len(self.own) < 2

    @property
    def folds(self) -> bool:
        """Whether the axes in front go into the batch: PyTorch's fused kernels know one axis before the heads."""
        return self.wide and not self.masked


def helpers(parts: Parts) -> tuple[str, ...]:
    """The class, after the functions that it calls."""
    functions = {None: list[str](), "halves": [ROTATED], "pairs": [ROTATED_PAIRS]}[parts.rotary]
    functions += [IN_PART.replace("NAME", parts.turn)] if parts.in_part else []
    functions += [RELATIVE_INDEX] if parts.relative else []
    functions += [WITH_CLASS] if parts.class_token else []
    told = {1: "", 2: " to another sequence", 3: " as queries to keys with values"}[parts.sequences]
    lines = [
        f"class {parts.name}(nn.Module):",
        f'    """Multi-head attention of [N, {"..., " if parts.wide else ""}L, C]{told}."""',
        "",
        *_init(parts),
        "",
        *_forward(parts),
    ]
    return (*functions, "\n".join(lines) + "\n")


def _init(parts: Parts) -> list[str]:
    groups = "groups" if parts.grouped else "heads"
    read = {1: ["features"] * 3, 2: ["features", "context", "context"], 3: ["features", "context", "values"]}[parts.sequences]
    arguments = ["features: int", "heads: int", "size: int"]
    arguments += ["groups: int"] if parts.grouped else []
    arguments += ["context: int"] if parts.crosses else []
    arguments += ["values: int"] if parts.sequences == 3 else []
    arguments += ["window: tuple[int, int]"] if parts.relative else []
    arguments += ["base: float"] if parts.rotary else []
    arguments += ["turned: int"] if parts.in_part else []
    arguments += ["scale: float"] if parts.scaled else []
    arguments += ["dropout: float = 0.0", *([] if parts.split_bias else ["qkv_bias: bool = True"]), "bias: bool = True"]
    lines = [
        f"    def __init__(self, {', '.join(arguments)}) -> None:",
        "        super().__init__()",
        "        self.heads, self.size, self.dropout = heads, size, dropout",
    ]
    lines += ["        self.groups = groups"] if parts.grouped else []
    lines += ["        self.base = base"] if parts.rotary else []
    lines += ["        self.turned = turned"] if parts.in_part else []
    lines += ["        self.scale = scale"] if parts.scaled else []
    if parts.split_bias:
        lines += [
            "        self.q_bias = nn.Parameter(torch.zeros(heads * size))",
            f"        self.v_bias = nn.Parameter(torch.zeros({groups} * size))",
        ]
    if parts.relative:
        index = "relative_index(window[0], window[1])"
        index = f"with_class_token({index}, rows)" if parts.class_token else index
        index += ".flatten()" if parts.index == "flat" else ""
        lines += [
            "        rows = (2 * window[0] - 1) * (2 * window[1] - 1)",
            f"        self.relative_position_bias_table = nn.Parameter(torch.empty(rows{' + 3' if parts.class_token else ''}, heads))",
            "        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)",
            f'        self.register_buffer("relative_position_index", {index}{"" if parts.index else ", persistent=False"})',
        ]
    whole = f"(heads + 2 * {groups}) * size" if parts.grouped else "3 * heads * size"
    if parts.keys is None:
        lines += [
            f"        self.in_proj_weight = nn.Parameter(torch.empty({whole}, features))",
            f"        self.in_proj_bias = nn.Parameter(torch.zeros({whole})) if qkv_bias else None",
            "        nn.init.xavier_uniform_(self.in_proj_weight)",
        ]
    made = {1: [whole], 2: ["heads * size", f"2 * {groups} * size"], 3: ["heads * size", f"{groups} * size", f"{groups} * size"]}
    bias = "False" if parts.split_bias else "qkv_bias"
    for number, key in enumerate(parts.own):
        lines.append(f"        self.{key} = nn.Linear({read[number]}, {made[len(parts.own)][number]}, bias={bias})")
    if parts.norm is not None:
        kind = {"ln": "nn.LayerNorm", "rms": "nn.RMSNorm"}[parts.norm]
        lines += [f"        self.q_norm = {kind}(size, eps=1e-6)", f"        self.k_norm = {kind}(size, eps=1e-6)"]
    lines.append(f"        self.{parts.last} = nn.Linear(heads * size, features, bias=bias)")
    if parts.keys is None:
        lines += ["        if bias:", "            nn.init.zeros_(self.out_proj.bias)"]
    return lines


def _forward(parts: Parts) -> list[str]:
    arguments = ["x", *["context", "values"][: parts.sequences - 1], *(["mask"] if parts.masked else [])]
    lines = [f"    def forward(self, {', '.join(f'{name}: torch.Tensor' for name in arguments)}) -> torch.Tensor:"]
    if parts.folds:
        lines.append("        shape = x.shape")
        lines += [f"        {name} = {name}.flatten(0, -3)" for name in arguments[: parts.sequences]]
    lines += _projected(parts)
    if parts.norm is not None:
        lines.append("        query, key = self.q_norm(query), self.k_norm(key)")
    if parts.rotary is not None:
        turn, told = (f"{parts.turn}_in_part", ", self.turned") if parts.in_part else (parts.turn, "")
        lines.append(f"        query, key = {turn}(query, self.base{told}), {turn}(key, self.base{told})")
    lines.append("        query, key, value = query.transpose(-2, -3), key.transpose(-2, -3), value.transpose(-2, -3)")
    options = []
    if parts.relative:
        # Each on a line of its own: short enough to stay there.
        lines.append("        bias = self.relative_position_bias_table[self.relative_position_index]")
        if parts.index == "flat":
            lines.append("        bias = bias.unflatten(0, (query.shape[-2], query.shape[-2]))")
        lines.append("        bias = bias.permute(2, 0, 1).unsqueeze(0)")
    added = [*(["bias"] if parts.relative else []), *(["mask"] if parts.masked else [])]
    if parts.masks_fold:
        lines.append(f"        shape, told = query.shape[:-3], {' + '.join(added)}")
        lines.append("        told = told.expand(query.shape[:-1] + key.shape[-2:-1]).flatten(0, -4)")
        lines.append("        query, key, value = query.flatten(0, -4), key.flatten(0, -4), value.flatten(0, -4)")
        options.append("attn_mask=told")
    elif added:
        options.append(f"attn_mask={' + '.join(added)}")
    options.append("dropout_p=self.dropout if self.training else 0.0")
    options += ["scale=self.scale"] if parts.scaled else []
    options += ["is_causal=True"] if parts.causal else []
    options += ["enable_gqa=True"] if parts.grouped else []
    lines += [
        f"        x = F.scaled_dot_product_attention(query, key, value, {', '.join(options)}){'.unflatten(0, shape)' if parts.masks_fold else ''}",
        f"        return self.{parts.last}(x.transpose(-2, -3).flatten(-2)){'.view(shape)' if parts.folds else ''}",
    ]
    return lines


def _projected(parts: Parts) -> list[str]:
    """The lines that make queries, keys and values, each [..., L, heads, size]."""
    groups = "self.groups" if parts.grouped else "self.heads"
    context = "context" if parts.crosses else "x"
    values = "values" if parts.sequences == 3 else context
    heads, few = ".unflatten(-1, (self.heads, self.size))", f".unflatten(-1, ({groups}, self.size))"
    if parts.packed:
        if parts.split_bias:
            lines = [
                "        bias = torch.cat([self.q_bias, torch.zeros_like(self.v_bias), self.v_bias])",
                f"        x = F.linear(x, self.{parts.own[0]}.weight, bias)",
            ]
        else:
            made = f"self.{parts.own[0]}(x)" if parts.own else "F.linear(x, self.in_proj_weight, self.in_proj_bias)"
            lines = [f"        x = {made}"]
        if parts.interleaved:
            return [*lines, "        query, key, value = x.unflatten(-1, (self.heads, 3, self.size)).unbind(-2)"]
        return [*lines, f"        query, key, value = x.unflatten(-1, (-1, self.size)).split([self.heads, {groups}, {groups}], dim=-2)"]
    if parts.keys is None and parts.sequences == 3:
        rows = ["queries = self.heads * self.size", f"keys = queries + {groups} * self.size", "bias = self.in_proj_bias"]
        for name, path, part, end in (
            ("query", "x", ":queries", heads),
            ("key", "context", "queries:keys", few),
            ("value", "values", "keys:", few),
        ):
            rows.append(f"{name} = F.linear({path}, self.in_proj_weight[{part}], None if bias is None else bias[{part}]){end}")
        return [f"        {row}" for row in rows]
    if parts.keys is None:
        return [
            "        first, bias = self.heads * self.size, self.in_proj_bias",
            f"        query = F.linear(x, self.in_proj_weight[:first], None if bias is None else bias[:first]){heads}",
            "        both = F.linear(context, self.in_proj_weight[first:], None if bias is None else bias[first:])",
            f"        key, value = both.unflatten(-1, (2, {groups}, self.size)).unbind(-3)",
        ]
    query = f"self.{parts.own[0]}(x)"
    lines = [f"        query = ({query} + self.q_bias){heads}" if parts.split_bias else f"        query = {query}{heads}"]
    if len(parts.own) == 2:
        lines.append(f"        key, value = self.{parts.own[1]}({context}).unflatten(-1, (2, {groups}, self.size)).unbind(-3)")
        if parts.split_bias:
            lines.append(f"        value = value + self.v_bias.unflatten(0, ({groups}, self.size))")
        return lines
    value = f"self.{parts.own[2]}({values})"
    lines.append(f"        key = self.{parts.own[1]}({context}){few}")
    lines.append(f"        value = ({value} + self.v_bias){few}" if parts.split_bias else f"        value = {value}{few}")
    return lines
