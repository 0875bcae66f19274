"""`archc completion`: what makes a shell complete archc's words."""

from __future__ import annotations

import click

from .face import Command, Face

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_ARCHC_COMPLETE"


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_obj
def command(face: Face, shell: str) -> None:
    """Print the script that makes a shell complete commands, options, networks and their parameters.

    Once for good: bash: `archc completion bash >> ~/.bashrc`; zsh: `archc completion zsh >> ~/.zshrc`; fish:
    `archc completion fish > ~/.config/fish/completions/archc.fish`.
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    assert made is not None
    complete = made(click.get_current_context().find_root().command, {}, "archc", VARIABLE)
    face.result(complete.source_template % complete.source_vars())
