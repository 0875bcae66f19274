"""One block at several places: what its numbers are in terms of its parameters.

A number that is the same wherever the block stands is told as it is. One that changes is told by a parameter, or by a multiple, a
part or a product of parameters, where that gives the number at every place; else by a letter of its own. An activation that changes is
told as the tables of papers have it: `act`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import field, replace
from itertools import chain, combinations, groupby, pairwise
from types import MappingProxyType

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node, Scope, Shown
from .identical_parts import kind_of, operands, outline_of
from .labels import TIMES, caption, phrase
from .paths import nodes_in, own_name
from .several import BETWEEN, NUMBER, OR, several

MOST_TIMES = 16
ACTIVATION = "act"
"""The symbol of an activation that no parameter is."""
LETTERS = ("n", "m", "k", "p", "q", *(f"n{number}" for number in range(1, 100)))
"""The symbols of numbers that no parameter tells."""
NONE: Mapping[Scope, str] = MappingProxyType({})
DOT = "\u00b7"
OUTSIDE = re.compile(r", (?![^\[]*\])")
"""Between the parts of a caption, not within a list."""
WORD = re.compile(r"[A-Za-z_]+")
BESIDE = re.compile(r"(?:([a-z]+) (?:= )?)?\d+(?: ([a-z]+))?")
"""A number with the words beside it: `3 heads`, `dilated 2`, `heads = 3`."""
NUMBERED = re.compile(r"(.*?)(0|[1-9]\d*)")
MOST_TOLD = 4  # numbers of places that are told where they come in equal steps
ALIKE = 4  # letters with which a parameter and a word begin that say the same


@dataclass(frozen=True, slots=True)
class Optional:
    """A part of a caption that does not hold everywhere, `(/2)`, and what stands there at every place: nothing where it does not hold."""

    text: str
    said: tuple[str, ...]
    of: str = field(compare=False)
    """How its operation is told from others."""


@dataclass(frozen=True, slots=True)
class Design:
    """A block as it is drawn once. `places` are the parts that are like it but for numbers, the first of which is drawn."""

    template: str
    places: tuple[Scope, ...]
    nodes: tuple[tuple[Node, ...], ...]
    """Those of each place, in order; without those of `calls`."""
    calls: tuple[tuple[Scope, ...], ...] = field(default=(), compare=False)
    """For each place the calls of the block itself in it, where they do not hold the same everywhere."""
    captions: dict[int, str] = field(default_factory=dict, compare=False)
    """Of the operations of the first place, with symbols."""
    symbols: dict[str, tuple[int, ...]] = field(default_factory=dict, compare=False)
    """The parameters that the captions name, with their values at every place."""
    names: dict[int, str] = field(default_factory=dict, compare=False)
    """Of the activations of the first place that are others elsewhere, the symbol."""
    words: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    """These symbols, with what is done at every place."""
    optional: tuple[Optional, ...] = field(default=(), compare=False)
    """What captions have in brackets, each once."""

    @property
    def headings(self) -> tuple[str, ...]:
        """What the table of its places tells: the symbols, then what is in brackets, with the operation where it is not in all brackets alike;
        then the calls of the block in itself."""
        many = Counter(one.text for one in self.optional)
        calls = tuple(own_name(call) or call.template for call in (self.calls[0] if self.calls else ()))
        return (*self.symbols, *self.words, *(f"{one.of} {one.text}" if many[one.text] > 1 else one.text for one in self.optional), *calls)


def designs(graph: Graph, scopes: Sequence[Scope]) -> list[Design]:
    """The different blocks among these parts, in the order of the text.

    Calls of a block that holds itself, each time less deep, are one where they are alike but for what that call holds.
    """
    outlines = {scope: outline_of(graph, scope) for scope in scopes}
    nodes = {scope: tuple(graph.nodes[index] for index in nodes_in(graph, scope)) for scope in scopes}
    found: dict[tuple[str, object], dict[object, list[Scope]]] = {}
    for scope, outline in outlines.items():
        whole = tuple(zip(map(kind_of, nodes[scope]), operands(nodes[scope]), strict=True))
        found.setdefault((scope.template, outline.wiring), {}).setdefault(whole, []).append(scope)
    made = []
    for (template, _), depths in found.items():
        places = tuple(scope for alike in depths.values() for scope in alike)  # those of one depth together
        if len(depths) == 1:
            design = Design(template, places, tuple(nodes[place] for place in places))
        else:
            own, calls = zip(*((outlines[place].nodes, outlines[place].calls) for place in places), strict=True)
            design = Design(template, places, own, calls)
        made.append(_with_symbols(graph, design))
    return made


def _with_symbols(graph: Graph, design: Design) -> Design:
    parameters = _parameters(graph, design.places, design.nodes)
    said = {caption(node) for row in design.nodes for node in row}
    symbol_of = _symbols_of(parameters, said)
    taken = {word for text in said for word in WORD.findall(text)} | {name.partition("[")[0] for name in (*parameters, *symbol_of.values())}
    letters = (letter for letter in LETTERS if letter not in taken)
    lettered: dict[str, tuple[int, ...]] = {}
    captions: dict[int, str] = {}
    used: set[str] = set()
    optional: list[Optional] = []
    names: dict[int, str] = {}
    words: dict[str, tuple[str, ...]] = {}
    for alike in zip(*design.nodes, strict=True):
        if len({node.operation.name for node in alike}) > 1:
            captions[alike[0].index] = ""
            names[alike[0].index] = _word(alike, design.places, words)
            continue
        text = _text(alike[0], design.places[0])
        # Of parameters that are equal everywhere the one that the text names is meant.
        named = dict(sorted(parameters.items(), key=lambda row: not re.search(rf"\b{re.escape(row[0].partition('[')[0])}\b", text)))
        symbols = {symbol_of[name]: row for name, row in named.items()} | lettered
        captions[alike[0].index] = _caption([caption(node) for node in alike], symbols, used, letters)
        lettered |= {name: row for name, row in symbols.items() if name not in symbol_of.values()}
        optional += _optional(alike[0], captions[alike[0].index], [caption(node) for node in alike])
    symbols = {symbol_of[name]: row for name, row in parameters.items() if symbol_of[name] in used} | lettered
    return replace(design, captions=captions, symbols=symbols, names=names, words=words, optional=tuple(dict.fromkeys(optional)))


def _word(nodes: Sequence[Node], places: Sequence[Scope], words: dict[str, tuple[str, ...]]) -> str:
    """The symbol of an activation, one for those that change alike: the parameter that is this activation at every place, or `act`."""
    told = tuple(map(phrase, nodes))
    known = next((name for name, row in words.items() if row == told), "")
    if known:
        return known
    given = [{name: value.text.partition("(")[0] for name, value in place.arguments if isinstance(value, Shown)} for place in places]
    named = (name for name in given[0] if all(row.get(name) == node.operation.name for row, node in zip(given, nodes, strict=True)))
    symbol = next((name for name in named if name not in words), ACTIVATION + (str(len(words) + 1) if words else ""))
    words[symbol] = told
    return symbol


def _optional(node: Node, told: str, said: Sequence[str]) -> Iterator[Optional]:
    """The parts of a caption that are in brackets. What a symbol tells, `(dilated d)`, the symbol's own values tell."""
    rows = [_parts(text) for text in said]
    keys = dict.fromkeys(key for row in rows for key in row)
    texts = OUTSIDE.split(told) if told else []
    for key, text in zip(keys, texts, strict=True):
        values = tuple(row.get(key, "") for row in rows)
        if "" in values and (text[1:-1] in values or BETWEEN in text or OR in text):
            yield Optional(text, values, texts[0] if text != texts[0] else node.operation.name)


def _symbols_of(parameters: Mapping[str, object], captions: Collection[str]) -> dict[str, str]:
    """The symbol of every parameter: its name. Where captions have that for a word beside the number, it is a letter: `h heads`, `dilated d`."""
    beside = {word for text in captions for part in OUTSIDE.split(text) for pair in BESIDE.findall(part) for word in pair}
    taken = {word for text in captions for word in WORD.findall(text)} | {name.partition("[")[0] for name in parameters}
    found: dict[str, str] = {}
    for name in parameters:
        word, bracket, item = name.partition("[")
        if word not in found and len(word) >= ALIKE and any(word[:ALIKE] == other[:ALIKE] for other in beside):
            letters = (word[0], "n", *(word[:length] for length in range(2, len(word))))
            found[word] = next((letter for letter in letters if letter not in taken), word)
            taken.add(found[word])
        found[name] = found.get(word, word) + bracket + item
    return {name: found[name] for name in parameters}


def _text(node: Node, place: Scope) -> str:
    """How an operation is written: its step, and the calls of the blocks around it that stand in this one."""
    calls = [scope.span.text for scope in node.scope.ancestors() if scope.depth > place.depth]
    return " ".join([*calls, node.span.text])


def _parameters(graph: Graph, places: Sequence[Scope], nodes: Sequence[Sequence[Node]]) -> dict[str, tuple[int, ...]]:
    """Those that are whole numbers at every place, or items of lists, and not everywhere the same; `in` are the channels that come in."""
    given = [{**dict(_whole_numbers(place)), **_entering(graph, row)} for place, row in zip(places, nodes, strict=True)]
    rows = {name: tuple(numbers[name] for numbers in given if name in numbers) for name in given[0]}
    return {name: row for name, row in rows.items() if len(row) == len(places) and len(set(row)) > 1}


def _whole_numbers(place: Scope) -> Iterator[tuple[str, int]]:
    for name, value in place.arguments:
        for number, item in enumerate(value) if isinstance(value, tuple) else [(-1, value)]:
            if isinstance(item, int) and not isinstance(item, bool):
                yield name if number < 0 else f"{name}[{number}]", item


def _entering(graph: Graph, nodes: Sequence[Node]) -> dict[str, int]:
    inside = {node.index for node in nodes}
    for node in nodes:
        for source, shape in zip(node.inputs, node.input_shapes, strict=True):
            axes = graph.nodes[source].axes
            if source not in inside and "channels" in axes:
                return {"in": shape[axes.index("channels")]}
    return {}


def _caption(said: Sequence[str], symbols: dict[str, tuple[int, ...]], used: set[str], letters: Iterator[str]) -> str:
    """The captions of one operation at all places as one: `3x3, width, (/2)`, brackets around what is said at some places alone.

    A number that no symbol tells gets a letter, which is one of the symbols from then on.
    """
    rows = [_parts(text) for text in said]
    parts = []
    for key in dict.fromkeys(key for row in rows for key in row):
        having = [number for number, row in enumerate(rows) if key in row]
        numbers = [NUMBER.findall(rows[number][key]) for number in having]
        told = []
        for column in zip(*numbers, strict=True):
            given = {name: tuple(values[number] for number in having) for name, values in symbols.items()}
            told.append(_symbol(column, given, used))
            if not told[-1]:
                told[-1] = next(letters) if len(having) == len(rows) else several(column)
                symbols |= {told[-1]: tuple(map(int, column))} if len(having) == len(rows) else {}
        text = _filled(key[0], told)
        parts.append(text if len(having) == len(rows) else f"({text})")
    return ", ".join(parts)


def _parts(text: str) -> dict[tuple[str, int], str]:
    """The parts of a caption by their patterns, `#` for each number, and by how many of the same pattern stand before."""
    found: dict[tuple[str, int], str] = {}
    for part in filter(None, OUTSIDE.split(text)):
        pattern = NUMBER.sub("#", part)
        found[pattern, sum(other == pattern for other, _ in found)] = part
    return found


def _filled(pattern: str, symbols: Sequence[str]) -> str:
    """A pattern with symbols for its numbers: `kernel\u00d7kernel` for `#x#`, in which the letter would be one of the names; `g out/8` for `g#`."""
    first, *between = pattern.split("#")
    text = first
    has_name = not all(map(NUMBER.fullmatch, symbols))
    for symbol, after in zip(symbols, between, strict=True):
        is_name = not NUMBER.fullmatch(symbol)
        if is_name and text[-1:].isalpha():
            text += " "
        text += symbol + (TIMES if after == "x" and has_name else after)
    return text


def _symbol(texts: tuple[str, ...], parameters: dict[str, tuple[int, ...]], used: set[str]) -> str:
    """The number at all places, or what tells it; empty where nothing does."""
    if len(set(texts)) == 1:
        return texts[0]
    if not all(text.isdigit() for text in texts):
        return several(texts)
    values = tuple(map(int, texts))
    for name, row in parameters.items():
        if row == values:
            used.add(name)
            return name
    for times in range(2, MOST_TIMES + 1):
        for name, row in parameters.items():
            if tuple(times * value for value in row) == values:
                used.add(name)
                return f"{times}{DOT}{name}"
            if tuple(times * value for value in values) == row:
                used.add(name)
                return f"{name}/{times}"
    for (one, row), (two, other) in combinations(parameters.items(), 2):
        if tuple(a * b for a, b in zip(row, other, strict=True)) == values:
            used |= {one, two}
            return f"{one}{DOT}{two}"
    return ""


def named_in(design: Design, text: str) -> Design:
    """A design with the symbols that a text names alone: what is inside a box that is not opened has others."""

    def is_told(symbol: str) -> bool:
        return re.search(rf"(?<![A-Za-z_]){re.escape(symbol)}(?![A-Za-z_0-9\[])", text) is not None

    return replace(
        design,
        symbols={name: row for name, row in design.symbols.items() if is_told(name)},
        words={name: row for name, row in design.words.items() if is_told(name)},
        optional=tuple(one for one in design.optional if one.text in text),
    )


def placed(design: Design, letters: Mapping[Scope, str] = NONE) -> list[tuple[str, tuple[object, ...]]]:
    """The places, those in a row with the same values together: `layer1.0`, `layer1.1\u20262`, `stack1\u2026stack8.see`.

    `letters` tell which block is called where a block calls itself.
    """
    rows: list[_Row] = []
    for number, place in enumerate(design.places):
        values: tuple[object, ...] = tuple(
            row[number] for row in (*design.symbols.values(), *design.words.values(), *(one.said for one in design.optional))
        )
        values += tuple(letters.get(call, "") for call in (design.calls[number] if design.calls else ()))
        rows.append((_path(place, design.nodes[number]), values))
    count = 0
    while count != len(rows):
        count = len(rows)
        for way in reversed(range(max(len(names) for names, _ in rows))):
            rows = _merged(rows, way)
    return [(".".join(map(_ranged, names)), values) for names, values in rows]


def _path(place: Scope, nodes: Sequence[Node]) -> tuple[tuple[str, ...], ...]:
    """The names on the way to a place. A call that has none of its own is told by the numbers of what it holds: `features.2\u20263`."""
    names = tuple((name,) for name in place.path or (own_name(place) or place.template,))
    depth = len(place.path)
    if place.parent is None or place.path != place.parent.path or not depth:
        return names
    keys = (node.key.split(".") for node in nodes)
    held = tuple(dict.fromkeys(key[depth] for key in keys if len(key) > depth))
    return (*names, held) if held and all(map(str.isdigit, held)) else names


def _ranged(names: Sequence[str]) -> str:
    """The first and the last of these names; where they are numbered and numbers between them are left out, those there are: `{0, 2, 4}`."""
    if len(names) == 1:
        return names[0]
    parted = [NUMBERED.fullmatch(name) for name in names]
    stems = {found[1] for found in parted if found}
    numbers = [int(found[2]) for found in parted if found]
    steps = {two - one for one, two in pairwise(numbers)}
    if None in parted or len(stems) > 1 or steps == {1}:
        return f"{names[0]}{BETWEEN}{names[-1]}"
    told = list(map(str, numbers))
    return f"{stems.pop()}{{{', '.join(told if len(told) <= MOST_TOLD or len(steps) > 1 else [*told[:2], BETWEEN, told[-1]])}}}"


_Row = tuple[tuple[tuple[str, ...], ...], tuple[object, ...]]
"""For each name of a path those that it stands for, and the values at all these places."""


def _merged(rows: Sequence[_Row], way: int) -> list[_Row]:
    """Rows that differ in one name of their paths, `way`, as one where their values are the same, and those of all between them."""
    beside: dict[object, list[int]] = {}
    for number, (names, _) in enumerate(rows):
        beside.setdefault((len(names), names[:way], names[way + 1 :]) if way < len(names) else number, []).append(number)
    made: dict[int, _Row] = {}
    for numbers in beside.values():
        for _, alike in groupby(numbers, lambda number: rows[number][1]):
            first, *others = alike
            names, values = rows[first]
            if others:
                told = chain.from_iterable(rows[number][0][way] for number in (first, *others))
                names = (*names[:way], tuple(dict.fromkeys(told)), *names[way + 1 :])
            made[first] = names, values
    return [made[number] for number in sorted(made)]
