"""archc: a language and compiler for neural-network architectures.

    import archc

    model = archc.load("resnext50.arch", classes=10)     # torch.nn.Module, ready to train
    net = archc.compile("resnext50.arch", classes=10)    # the checked program: no torch needed

The names below are loaded when they are first used, so that `import archc` costs nothing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .api import ArchWarning, Network, compile, from_exported, from_module, load
    from .compiler.runtime.weights import Weights
    from .live.edit import edit
    from .reporting.error import ArchError
    from .variants import diff, fit, networks, sweep

# In a checkout `archc.dsl` is the folder dsl/ beside this package. The links archc/dsl, … are for type checkers and editors,
# which do not run this; where there can be no links, nothing misses them.
_ROOT = os.path.dirname(__path__[0])
if os.path.isfile(os.path.join(_ROOT, "grammar", "arch.lark")):
    __path__.insert(0, _ROOT)

__version__ = "0.1.0"
__all__ = [
    "ArchError", "ArchWarning", "Network", "Weights", "__version__", "compile", "diff", "edit", "fit", "from_exported", "from_module", "load", "networks", "sweep",
]  # fmt: skip

_HOMES = {
    "ArchError": "archc.reporting.error",
    "ArchWarning": "archc.api",
    "Network": "archc.api",
    "Weights": "archc.compiler.runtime.weights",
    "compile": "archc.api",
    "diff": "archc.variants",
    "edit": "archc.live.edit",
    "fit": "archc.variants",
    "from_exported": "archc.api",
    "from_module": "archc.api",
    "load": "archc.api",
    "load_ipython_extension": "archc.notebook",
    "networks": "archc.variants",
    "sweep": "archc.variants",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'archc' has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
