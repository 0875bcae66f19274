"""Names in generated code: classes in CamelCase, parameters and variables that shadow nothing."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

TAKEN = frozenset({"self", "nn", "F", "torch", "Tensor", "NamedTuple", "OrderedDict", "super", "module"})
"""Names that generated code uses itself."""

CONTAINER_WORDS = frozenset(
    {"_get_abs_string_index", "_get_item_by_idx", "append", "clear", "extend", "insert", "items", "keys", "pop", "update", "values"}
)
"""What PyTorch's containers have already: none of them takes a member of such a name."""

_BUILTINS = frozenset({"input", "range", "int", "float", "bool", "str", "tuple", "list", "sum", "min", "max", "len", "type", "id"})


def camel_case(name: str) -> str:
    """`conv_norm_act` is `ConvNormAct`, `Mixed_5b` is `Mixed5b`."""
    parts = [part for part in re.split(r"[^A-Za-z0-9]+", name) if part]
    camel = "".join(part[0].upper() + part[1:] for part in parts) or "Part"
    return camel if camel[0].isalpha() else f"Part{camel}"


def stem(name: str) -> str:
    """A stage's name without the number that tells it from its like: `layer3` is `layer`."""
    return re.sub(r"[-_]?\d+[a-z]?$", "", name) or "part"


def is_attribute(name: str) -> bool:
    """Whether `self.name` reaches what is called so: a name in Python, and none that it would read as another one (`__x`, `ﬁ`)."""
    return name.isidentifier() and name.isascii() and not keyword.iskeyword(name) and not name.startswith("__")


def variable_names(names: Iterable[str]) -> list[str]:
    """The same for several that stand side by side: no two are one."""
    namer = Namer()
    return [namer.give(variable_name(name)) for name in names]


def singular(name: str) -> str:
    """What one element of a container is called: `blocks` holds each `block`."""
    return name[:-1] if len(name) > 2 and name.endswith("s") and not name.endswith("ss") else ""


def variable_name(name: str) -> str:
    """A legal name of a variable, parameter or field near `name`: a field begins with no `_`, and a class reads `__x` as another name."""
    cleaned = re.sub(r"\W", "_", name, flags=re.ASCII).lstrip("_")
    if not cleaned or cleaned[0].isdigit():
        cleaned = f"x{cleaned}"
    if keyword.iskeyword(cleaned) or cleaned in TAKEN or cleaned in _BUILTINS:
        cleaned += "_"
    return cleaned


class Namer:
    """Hands out names of one scope, each once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def give(self, *wishes: str) -> str:
        """The first wish that is free, else the last with a number."""
        for wish in wishes:
            if wish not in self.taken:
                self.taken.add(wish)
                return wish
        number = 2
        while f"{wishes[-1]}{number}" in self.taken:
            number += 1
        self.taken.add(f"{wishes[-1]}{number}")
        return f"{wishes[-1]}{number}"
