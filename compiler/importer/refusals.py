"""What the language lacks for a model, with where it stands and the operations of one's own that would carry it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from torch import nn

from ..files.model_names import is_source
from .constructors import Arguments
from .flat_steps import Missing
from .own_lines import place_of_line
from .own_operation import Declared, of_function, of_module
from .trouble import trouble

MOST_TOLD = 8
"""How many missing operations a refusal lists."""

Constructors = Mapping[int, tuple[nn.Module, Arguments]]


def refusal(source: str, missing: Sequence[Missing], modules: Mapping[str, nn.Module], constructors: Constructors) -> Exception:
    rows: dict[str, list[Missing]] = {}
    for row in missing:
        rows.setdefault(row.what, []).append(row)
    notes = [
        f"{what}: {len(found)} time{'s' if len(found) > 1 else ''}, first in {found[0].path or 'the root module'}"
        + (f", {place_of_line(found[0].line)}" if found[0].line else "")
        for what, found in list(rows.items())[:MOST_TOLD]
    ]
    if len(rows) > MOST_TOLD:
        notes.append(f"and {len(rows) - MOST_TOLD} more")
    helps = _helps(missing, modules, constructors)
    if any(line.startswith("operation ") for line in helps):
        notes.append(f"the text around an operation of one's own is written by hand; {_proved_by(source)}")
    first = next(iter(rows))
    return trouble(
        source,
        "F653",
        f"the language cannot say {len(rows)} of the model's operations: {first}" + (", …" if len(rows) > 1 else ""),
        help="\n".join(helps),
        notes=notes,
    )


APART = (
    "put {} into an `nn.Module` of their own, whose constructor takes numbers and whose `forward` takes tensors of real "
    "numbers and returns such: an operation of one's own carries that module (`archc explain operation`)"
)


def _helps(missing: Sequence[Missing], modules: Mapping[str, nn.Module], constructors: Constructors) -> list[str]:
    """What helps, each thing once: an operation of one's own that says a whole module where that is a part of the model, or else the call alone."""
    sentences, apart = dict[str, None](), dict[str, None]()
    told: dict[tuple[Declared, str], dict[str, None]] = {}
    whole = {row.path: found for row in missing if row.help is None and (found := _of_part(row, modules, constructors)) is not None}
    for row in missing:
        around = next((path for path in whole if row.path == path or row.path.startswith(f"{path}.")), None)
        if row.help is not None:
            sentences[row.help] = None
        elif around is not None:
            told.setdefault((whole[around], ""), {})[f"`{around}`"] = None
        elif row.ran is not None and (found := of_function(row.function, row.ran, row.wider)) is not None:
            told.setdefault((found, row.said), {})[f"it, with a class whose `forward` calls `{row.said}`"] = None
        else:
            apart[f"`{row.function}`"] = None
    if apart:
        which = f"the lines that call {_several(list(apart))}" if told or sentences else "these lines"
        sentences[APART.format(which)] = None
    lines, words = list(sentences), Counter[str]()
    for (declared, _), carried in list(told.items())[:MOST_TOLD]:
        words[declared.word] += 1
        count = words[declared.word]
        named = declared if count == 1 else declared.numbered(count)
        lines += [f"an operation of one's own carries {_several(list(carried))} (`archc explain operation`):", *named.lines]
    if len(told) > MOST_TOLD:
        lines.append(f"and {len(told) - MOST_TOLD} more")
    return lines


def _proved_by(source: str) -> str:
    """What holds a text that somebody wrote against the model."""
    if not is_source(source):  # a module that is there already
        return '`archc.load("FILE.arch", trust=True)` makes its module'
    return f"`archc import {source} --against FILE.arch --trust` tells whether it is the model"


def _several(carried: Sequence[str]) -> str:
    return ", ".join(carried[:MOST_TOLD]) + (f" and {len(carried) - MOST_TOLD} more" if len(carried) > MOST_TOLD else "")


def _of_part(row: Missing, modules: Mapping[str, nn.Module], constructors: Constructors) -> Declared | None:
    module = modules.get(row.path)
    if not row.path or module is None or row.around is None or not row.around.is_plain:
        return None
    made_with = constructors.get(id(module))
    return of_module(module, row.around, row.wider_around, None if made_with is None else made_with[1])
