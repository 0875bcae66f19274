"""The cell magic `%%arch` of IPython and Jupyter.

    %load_ext archc

    %%arch small
    network small {
      input image[3, 32, 32]
      conv(16) -> bn -> relu
      global_avgpool -> flatten -> linear(10)
    }

checks the cell, shows the picture and the totals, and gives the network the name `small` in the notebook.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from .reporting.error import ArchError

if TYPE_CHECKING:
    from .api import Network


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext archc` calls, with the running shell."""
    shell.register_magic_function(lambda line, cell: _arch(shell, line, cell), magic_kind="cell", magic_name="arch")


def _arch(shell: Any, line: str, cell: str) -> Network:
    """Check the cell's text. What comes back is shown, and stands under the name that the line gives, or the network's own.

    The line is `[NAME] [PARAMETER=VALUE …]`; of several networks in a cell the one called NAME is meant.
    """
    from .api import Network
    from .compiler.driver import parse_setting

    words = shlex.split(line)
    names = [word for word in words if "=" not in word]
    if len(names) > 1 or not all(name.isidentifier() for name in names):
        raise ValueError("%%arch takes the name of a variable and values of parameters: `%%arch small width=32`")
    name = names[0] if names else None
    settings: dict[str, object] = {}
    for word in words:
        if "=" in word:
            parameter, _, text = word.partition("=")
            settings[parameter], mistakes = parse_setting(parameter, text)
            if mistakes:
                raise ArchError(mistakes)
    network = Network.from_text(cell, name or "cell", settings=settings)
    shell.user_ns[name or network.name] = network
    return network
