"""The syntax: `arch.lark`, which people read, and `tables.json`, which Lark makes of it and the parser runs."""

from __future__ import annotations

import json
import os
from typing import Final, TypedDict


class TableData(TypedDict):
    """What `tables.json` holds.

    `states[s]` maps the index of a terminal to what to do there: a number above 0 shifts to the state one below it, a
    number below 0 reduces by the rule at one below its negative. `gotos[s]` maps the index of a rule's name to a state.
    `rules` are (index of the rule's name, number of symbols, what to build, which children to keep); see `dsl/parser/lalr.py`.
    """

    grammar: str
    terminals: list[str]
    words: dict[str, str]
    patterns: dict[str, str]
    states: list[list[int]]
    gotos: list[list[int]]
    rules: list[tuple[int, int, str, list[int]]]
    starts: dict[str, tuple[int, int]]


def folder() -> str:
    return os.path.dirname(__file__)


def read_tables() -> TableData:
    """The tables as they were shipped. A test holds them equal to what `arch.lark` gives."""
    with open(os.path.join(folder(), "tables.json"), encoding="utf-8") as file:
        data: TableData = json.load(file)
    return data


TABLES: Final = read_tables()
