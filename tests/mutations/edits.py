"""Small edits, as a tired person makes them: a stride dropped, a number changed, a step deleted, a character damaged."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from archc.base.source import Source, Span
from archc.dsl import ast
from archc.dsl.parser.parse import parse


@dataclass(frozen=True, slots=True)
class Edit:
    """The text after the edit, and where, in it, the statement that was edited lies (characters, end excluded)."""

    kind: str
    text: str
    what: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Change:
    """`text` in the place of the characters `start` to `end`."""

    start: int
    end: int
    text: str


def statements(file: ast.File) -> list[Span]:
    """The spans of all simple statements and of all heads (of blocks, networks, stages, loops), small and large."""
    spans: list[Span] = []
    stack: list[object] = list(file.items)
    while stack:
        node = stack.pop()
        match node:
            case ast.Block(head=head, body=body) | ast.Network(head=head, body=body):
                first = body[0].span.start if body else node.span.end
                spans.append(node.span.source.span(node.span.start, max(head.end, first)))
                stack += body
            case ast.Stage(body=body) | ast.Aux(body=body) | ast.Repeat(body=body) | ast.For(body=body) | ast.Group(body=body):
                first = body[0].span.start if body else node.span.end
                spans.append(node.span.source.span(node.span.start, first))
                stack += body
            case ast.If(body=body, otherwise=otherwise):
                first = body[0].span.start if body else node.span.end
                spans.append(node.span.source.span(node.span.start, first))
                stack += [*body, *otherwise]
            case ast.Chain(steps=steps):
                spans.append(node.span)
                for step in steps:
                    if isinstance(step.action, ast.Merge):
                        for path in step.action.paths:
                            spans.append(path.span)
                            stack += path.body
                    elif isinstance(step.action, ast.Group):
                        stack += step.action.body
            case _ if isinstance(
                node, ast.Let | ast.Default | ast.Require | ast.Expect | ast.Budget | ast.Input | ast.Output | ast.Import | ast.FromImport
            ):
                spans.append(node.span)
    return spans


def surrounding(spans: list[Span], start: int, end: int, size: int) -> tuple[int, int]:
    """The smallest statement that holds the characters `start` to `end` and more; the whole file where none does."""
    holding = [span for span in spans if span.start <= start and end <= span.end and (span.start, span.end) != (start, end)]
    best = min(holding, key=lambda span: span.end - span.start, default=None)
    return (best.start, best.end) if best is not None else (0, size)


def every(kind: type | tuple[type, ...], file: ast.File) -> Iterator[object]:
    """All nodes of a kind."""
    stack: list[object] = [file.items]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack += node
            continue
        if isinstance(node, kind):
            yield node
        if hasattr(node, "__slots__") and not isinstance(node, Span | Source):
            stack += [getattr(node, name) for name in node.__slots__ if name != "span"]


def drop_stride(text: str, file: ast.File, chance: random.Random) -> Change | None:
    calls = [node for node in every(ast.Call, file) if isinstance(node, ast.Call)]
    found = [
        (before, argument)
        for call in calls
        for before, argument in zip(call.arguments, call.arguments[1:], strict=False)
        if argument.name == "stride"
    ]
    if not found:
        return None
    before, argument = chance.choice(found)
    return Change(before.span.end, argument.span.end, "")


def change_number(text: str, file: ast.File, chance: random.Random) -> Change | None:
    numbers = [node for node in every(ast.Number, file) if isinstance(node, ast.Number) and isinstance(node.value, int)]
    if not numbers:
        return None
    node = chance.choice(numbers)
    value = int(node.value)
    other = chance.choice([value + 1, max(0, value - 1), value * 2, value // 2, 0, 7, 10 * value + 3])
    return None if other == value else Change(node.span.start, node.span.end, str(other))


def misspell_name(text: str, file: ast.File, chance: random.Random) -> Change | None:
    names = list(every((ast.Name, ast.Call), file))
    if not names:
        return None
    node = chance.choice(names)
    span = node.path_span if isinstance(node, ast.Call) else node.span  # type: ignore[attr-defined]
    if len(span.text) < 2:
        return None
    at = chance.randrange(len(span.text) - 1)
    word = span.text
    return Change(span.start, span.end, word[:at] + word[at + 1] + word[at] + word[at + 2 :])


def delete_step(text: str, file: ast.File, chance: random.Random) -> Change | None:
    chains = [node for node in every(ast.Chain, file) if isinstance(node, ast.Chain) and len(node.steps) > 1]
    if not chains:
        return None
    chain = chance.choice(chains)
    at = chance.randrange(len(chain.steps))
    if at:
        return Change(chain.steps[at - 1].span.end, chain.steps[at].span.end, "")
    return Change(chain.steps[0].span.start, chain.steps[1].span.start, "")


def delete_path(text: str, file: ast.File, chance: random.Random) -> Change | None:
    paths = [node for node in every(ast.Path, file) if isinstance(node, ast.Path)]
    if not paths:
        return None
    path = chance.choice(paths)
    return Change(path.span.start, path.span.end, "")


def delete_statement(text: str, file: ast.File, chance: random.Random) -> Change | None:
    found = list(every((ast.Chain, ast.Let, ast.Default, ast.Input), file))
    if not found:
        return None
    node = chance.choice(found)
    return Change(node.span.start, node.span.end, "")  # type: ignore[attr-defined]


def swap_arguments(text: str, file: ast.File, chance: random.Random) -> Change | None:
    calls = [node for node in every(ast.Call, file) if isinstance(node, ast.Call) and len(node.arguments) > 1]
    if not calls:
        return None
    call = chance.choice(calls)
    at = chance.randrange(len(call.arguments) - 1)
    first, second = call.arguments[at].value.span, call.arguments[at + 1].value.span
    return Change(first.start, second.end, second.text + text[first.end : second.start] + first.text)


def damage_character(text: str, file: ast.File, chance: random.Random) -> Change | None:
    places = [at for at, character in enumerate(text) if not character.isspace() and not _in_comment(text, at)]
    at = chance.choice(places)
    how = chance.randrange(3)
    if how == 0:
        return Change(at, at + 1, "")
    letter = chance.choice('(){}|,=:.+-*/%<>[]"#x0aé@;')
    return Change(at, at + 1, letter) if how == 1 else Change(at, at, letter)


def _in_comment(text: str, at: int) -> bool:
    line = text[text.rfind("\n", 0, at) + 1 : at + 1]
    return "#" in line


EDITS: dict[str, Callable[[str, ast.File, random.Random], Change | None]] = {
    "drop a stride": drop_stride,
    "change a number": change_number,
    "misspell a name": misspell_name,
    "delete a step": delete_step,
    "delete a path": delete_path,
    "delete a statement": delete_statement,
    "swap arguments": swap_arguments,
    "damage a character": damage_character,
}


def edits(name: str, text: str, chance: random.Random, count: int) -> Iterator[Edit]:
    """`count` random edits of a legal file, all kinds in turn."""
    source = Source.of(name, text)
    file, diagnostics = parse(source)
    assert not diagnostics
    spans = statements(file)
    made = 0
    kinds = list(EDITS)
    for number in range(20 * count):
        if made == count:
            return
        kind = kinds[number % len(kinds)]
        change = EDITS[kind](text, file, chance)
        if change is None:
            continue
        after = text[: change.start] + change.text + text[change.end :]
        if after == text:
            continue
        made += 1
        start, end = surrounding(spans, change.start, change.end, len(text))
        line = text.count("\n", 0, change.start) + 1
        what = f"{name}:{line} {text[change.start : change.end]!r} -> {change.text!r}"
        yield Edit(kind, after, what, start, end + len(after) - len(text))
