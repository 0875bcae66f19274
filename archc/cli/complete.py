"""What a shell offers where a person presses Tab: networks of the library, files, the networks in a file, a network's parameters."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    Text = click.ParamType[str]
else:
    Text = click.ParamType


class NetworkWord(Text):
    """FILE: a path, a path and a network in it, or the name of a network that comes with archc."""

    name = "file"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from ..compiler.files.locate import SUFFIX, known_names

        path, colon, begun = incomplete.partition(SUFFIX + ":")
        if colon:
            return [CompletionItem(f"{path}{colon}{name}") for name in _networks(path + SUFFIX) if name.startswith(begun)]
        words = [] if os.sep in incomplete else [name for name in known_names() if name.startswith(incomplete)]
        return [CompletionItem(word) for word in (*words, *_files(incomplete, SUFFIX))]


class Setting(Text):
    """NAME=VALUE: the parameters of the network that stands on the line already."""

    name = "name=value"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from ..compiler.driver import parameters_of

        # Where the line ends with `--set`, click gives up before it knows which word is the file.
        file = next((word for word in (ctx.params.get("file"), *ctx.args) if isinstance(word, str)), None)
        known = parameters_of(file) if file is not None else None
        return [CompletionItem(f"{name}=") for name in known or () if name.startswith(incomplete)]


NETWORK, SETTING = NetworkWord(), Setting()


def _files(incomplete: str, suffix: str) -> list[str]:
    """The `.arch` files and the folders that a path may go on to; hidden ones only where the dot is there."""
    folder, begun = os.path.split(incomplete)
    try:
        entries = sorted(os.scandir(folder or "."), key=lambda entry: entry.name)
    except OSError:
        return []
    found = [entry for entry in entries if entry.name.startswith(begun) and (begun or not entry.name.startswith("."))]
    return [
        os.path.join(folder, entry.name) + (os.sep if entry.is_dir() else "")
        for entry in found
        if entry.is_dir() or entry.name.endswith(suffix)
    ]


def _networks(path: str) -> tuple[str, ...]:
    from ..compiler.driver import networks_of

    return networks_of(path)
