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
    script = complete.source_template % complete.source_vars()
    face.result(_whole_words(script) if shell == "bash" else script)


def _whole_words(script: str) -> str:
    """bash parts words at `:` and `=`, too: `my.arch:net` is three to it. archc is given whole words, and bash what stands behind its last sign."""
    given = 'COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD'
    begin, end = "    local response\n", "    return 0\n"
    assert all(script.count(part) == 1 for part in (given, begin, end)), script
    script = script.replace(given, 'COMP_WORDS="${words[*]}" COMP_CWORD=$((${#words[@]} - 1))')
    return script.replace(begin, begin + _WORDS).replace(end, _REST + end)


_WORDS = """\
    local line="${COMP_LINE:0:$COMP_POINT}" words
    IFS=$' \\t' read -ra words <<< "$line"
    if [[ $line == *[[:space:]] ]]; then words+=(""); fi
"""
_REST = """\
    local begun="${words[${#words[@]} - 1]}"
    if [[ $begun == *[:=]* ]]; then COMPREPLY=("${COMPREPLY[@]#"${begun%"${begun##*[:=]}"}"}"); fi
"""
