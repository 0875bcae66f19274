"""Make `tables.json` of `arch.lark`: `python -m archc.grammar.generate`.

Lark reads the grammar and computes the LALR(1) tables; what the parser needs of them is written down as plain data, for
importing Lark would take longer than everything that `archc check` does.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from typing import Final

from lark import Lark
from lark.common import ParserConf
from lark.exceptions import GrammarError
from lark.grammar import NonTerminal, Rule, Symbol, Terminal
from lark.lexer import PatternStr, TerminalDef
from lark.parsers.lalr_analysis import IntParseTable, LALR_Analyzer, Shift

from . import TableData, folder

STARTS: Final = ["file", "expression"]
SCANNED: Final = {"COMMENT", "NAME", "NUMBER", "SIZE", "TEXT", "TEXT_START"}
"""The patterns with which `dsl/lexer/scanner.py` begins; what stands beside a word it sees by itself."""


def read_grammar() -> str:
    with open(os.path.join(folder(), "arch.lark"), encoding="utf-8") as file:
        return file.read()


def make_tables(grammar: str) -> TableData:
    """The tables of a grammar; a conflict is an error."""
    lark = Lark(grammar, parser="lalr", start=STARTS, maybe_placeholders=True)
    table = _analyse(lark)
    rules = lark.rules
    numbers = {rule: index for index, rule in enumerate(rules)}
    left = sorted({rule.origin.name for rule in rules})
    names = set(left)
    terminals = sorted({key for row in table.states.values() for key in row if key not in names}, key=_kind)
    order = _order(table)
    states: list[list[int]] = []
    gotos: list[list[int]] = []
    for state in order:
        actions: list[int] = []
        after: list[int] = []
        for key, (action, argument) in sorted(table.states[state].items()):
            if key in terminals:
                actions += [terminals.index(key), order[argument] + 1 if action is Shift else -numbers[argument] - 1]
            else:
                after += [left.index(key), order[argument]]
        states.append(actions)
        gotos.append(after)
    return {
        "grammar": f"{zlib.crc32(grammar.encode()):08x}",
        "terminals": [_kind(name) for name in terminals],
        "words": {word: _kind(terminal.name) for terminal in lark.terminals if (word := _word(terminal))},
        "patterns": {terminal.name: terminal.pattern.to_regexp() for terminal in lark.terminals if terminal.name in SCANNED},
        "states": states,
        "gotos": gotos,
        "rules": [(left.index(rule.origin.name), len(rule.expansion), *_build(rule)) for rule in rules],
        "starts": {name: (order[table.start_states[name]], order[table.end_states[name]]) for name in STARTS},
    }


def _analyse(lark: Lark) -> IntParseTable:
    """The table, from a grammar that Lark has compiled; unlike Lark itself, refuse what it would settle by a guess."""
    analyzer = LALR_Analyzer(ParserConf(lark.rules, {}, STARTS), strict=True)
    analyzer.compute_lalr()  # type: ignore[no-untyped-call]
    table = analyzer.parse_table
    if not isinstance(table, IntParseTable):
        raise GrammarError("Lark gave another kind of table")
    return table


def _kind(name: str) -> str:
    """A kind of token as archc's scanner calls it. Lark keeps a word out of the tree when its name begins with `_`."""
    return name.lstrip("_")


def _word(terminal: TerminalDef) -> str | None:
    """The word or sign that a terminal stands for, whatever must follow it; None for a pattern."""
    pattern, word = terminal.pattern, _kind(terminal.name).lower()
    if isinstance(pattern, PatternStr):
        return str(pattern.value)
    return word if re.match(rf"(\(\?:)?{word}\(\?", pattern.value) else None


def _order(table: IntParseTable) -> dict[int, int]:
    """A number for each state, the same on every run: in the order in which they are reached. Lark's own come from sets."""
    order = {table.start_states[name]: number for number, name in enumerate(STARTS)}
    waiting = list(order)
    for state in waiting:
        for _, (action, argument) in sorted(table.states[state].items(), key=lambda entry: entry[0]):
            if action is Shift and argument not in order:
                order[argument] = len(order)
                waiting.append(argument)
    return order


def _build(rule: Rule) -> tuple[str, list[int]]:
    """What a rule builds, and of which children.

    The name of what is built is "" for the list of a repetition and "=" for a rule that leaves no trace. A child is its
    number, or -1 for something optional that is not there, or -2 - number for a list that is poured out.
    """
    empty = list(rule.options.empty_indices) or [False] * len(rule.expansion)
    keep: list[int] = []
    position = 0
    for absent in empty:
        if absent:
            keep.append(-1)
            continue
        symbol = rule.expansion[position]
        if _is_list(symbol):
            keep.append(-2 - position)
        elif not (isinstance(symbol, Terminal) and symbol.filter_out):
            keep.append(position)
        position += 1
    if _is_list(rule.origin):
        return "", keep
    if rule.alias:
        return rule.alias, keep
    if rule.options.expand1 and len(keep) == 1 and keep[0] > -2:
        return "=", keep
    return rule.origin.name, keep


def _is_list(symbol: Symbol) -> bool:
    return isinstance(symbol, NonTerminal) and symbol.name.startswith("__")


def to_text(tables: TableData) -> str:
    """JSON with a line for each row, so that a change of the grammar can be read in a diff."""
    parts = []
    for key, value in tables.items():
        if isinstance(value, list):
            rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in value)
            parts.append(f"{json.dumps(key)}: [\n{rows}\n]")
        else:
            parts.append(f"{json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    with open(os.path.join(folder(), "tables.json"), "w", encoding="utf-8", newline="\n") as file:
        file.write(to_text(make_tables(read_grammar())))


if __name__ == "__main__":
    main()
