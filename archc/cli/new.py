"""`archc new`: a file to begin with."""

from __future__ import annotations

import click

from .face import Command, Face


@click.command("new", cls=Command)
@click.argument("name")
@click.option("--from", "base", metavar="NETWORK", help="Begin with a variant of this network of the library.")
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@click.pass_obj
def command(face: Face, name: str, base: str | None, force: bool) -> None:
    """Write NAME.arch: a small network that checks and builds, or a variant of a shipped one."""
    import os

    from ..compiler.files.write import write
    from ..manual.starter import NotStarted, hides, starter

    path = name if name.endswith(".arch") else f"{name}.arch"
    word = os.path.basename(path).removesuffix(".arch")
    try:
        text = starter(word, base, os.path.dirname(path))
    except NotStarted as error:
        raise click.BadParameter(str(error), param_hint="--from" if base else "NAME") from None
    if os.path.exists(path) and not force:
        raise click.BadParameter(f"`{path}` is there already; `--force` overwrites it", param_hint="NAME")
    write(path, text)
    if note := hides(word):
        face.tell(f"note: {note}")
    face.tell(f"{path}: a {'variant of ' + base if base else 'small residual network'}; next: archc check {path}")
