"""`archc list`: the networks that come with archc."""

from __future__ import annotations

import json
import sys

import click

from .face import Command, Face, page_width


@click.command("list", cls=Command)
@click.option("--task", metavar="TASK", help="Only those for a task: classification, segmentation, video, ….")
@click.option("--paper", metavar="WORDS", help="Only those whose paper has these words: an author, a year, a part of its title.")
@click.option("--max-parameters", metavar="NUMBER", help="Only those that have no more parameters: `26M`.")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv", "markdown"]), default="text")
@click.pass_obj
def command(face: Face, task: str | None, paper: str | None, max_parameters: str | None, form: str) -> None:
    """The networks that come with archc, with their numbers."""
    from ..variants import networks

    found = networks(task=task, paper=paper, max_parameters=max_parameters)
    if form == "json":
        face.result(json.dumps(found.to_json(), indent=2))
    elif form == "text":
        face.result(found.table(page_width(sys.stdout) or 10_000).text())
    else:
        face.result(found.flat().rendered(form))
