"""Breaking statements into lines, by the rules that ruff and black follow.

The generator writes each statement on one line; `broken` lays it out: as it is where it fits, else what stands in its
last brackets on a line of its own, else one element a line with a comma after the last.
"""

from __future__ import annotations

import re

WIDTH = 100
"""The most columns of a line of generated code."""

INDENT = 4

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[()\[\]{},]| for | in ')
_OPENING = "([{"
_CLOSING = ")]}"


def broken(statement: str, indent: int, comment: str = "") -> list[str]:
    """The lines of one statement, `indent` columns in. `comment` goes behind a statement of one line where it fits."""
    lines = _laid_out(statement, indent)
    if comment and len(lines) == 1 and len(lines[0]) + len(comment) + 4 <= WIDTH:
        return [f"{lines[0]}  # {comment}"]
    return lines


def _laid_out(text: str, indent: int, suffix: str = "") -> list[str]:
    if indent + len(text) + len(suffix) <= WIDTH:
        return [" " * indent + text + suffix]
    chain = _chain(text)
    if chain:
        inner = " " * (indent + INDENT)
        return [f"{' ' * indent}{chain[0]}(", *(inner + call for call in chain[1:]), f"{' ' * indent}){suffix}"]
    brackets = _brackets(text)
    if brackets is None:
        return _in_parentheses(text, indent, suffix)
    start, end = brackets
    opening, tail = text[: start + 1], text[end:]
    return [
        " " * indent + opening,
        *_inside(text[start + 1 : end], indent + INDENT, _is_collection(text, start)),
        *_ended(tail + suffix, indent),
    ]


def _ended(tail: str, indent: int) -> list[str]:
    """What follows the brackets that were broken; of a `def` it may be a result of many tensors, with brackets of its own."""
    start = tail.find("[")
    if indent + len(tail) <= WIDTH or start < 0:
        return [" " * indent + tail]
    end = _closing(tail, start)
    return [" " * indent + tail[: start + 1], *_inside(tail[start + 1 : end], indent + INDENT, False), " " * indent + tail[end:]]


def _inside(body: str, indent: int, is_collection: bool) -> list[str]:
    """The lines of what stands in brackets that were broken."""
    elements = _split(body, ",")
    if not is_collection and indent + len(body) <= WIDTH:
        return [" " * indent + body]
    if len(elements) == 1 and not is_collection:
        parts = _comprehension(body)
        if parts is not None:
            return [*_laid_out(parts[0], indent), *_laid_out(parts[1], indent)]
        return _laid_out(body, indent)
    return [line for element in elements for line in _laid_out(element, indent, ",")]


def _is_collection(text: str, start: int) -> bool:
    """Whether the brackets that open at `start` make a list, a tuple or a dict: black never puts those on one line of their own."""
    before = text[start - 1] if start else ""
    if before.isalnum() or before in ("_", ")", "]"):
        return False
    inside = text[start + 1 : _closing(text, start)]
    if text[start] == "(" and len(_split(inside, ",")) == 1 and not inside.rstrip().endswith(","):
        return False  # what is put first in a sum or a product: with a comma it would be a tuple
    return _comprehension(inside) is None


def _in_parentheses(text: str, indent: int, suffix: str) -> list[str]:
    """A statement without brackets to break at: the value goes in parentheses, an operator on each line."""
    head, separator, value = text.partition(" = ")
    if not separator:
        head, separator, value = text.partition("return ")
        head, separator = "return", " "
    if not value:
        return [" " * indent + text + suffix]
    inner = " " * (indent + INDENT)
    elements = _split(value, ",")
    if len(elements) > 1:
        return [f"{' ' * indent}{head}{separator}(", *(f"{inner}{element}," for element in elements), f"{' ' * indent}){suffix}"]
    operands = re.split(r" (?=[-+*/@] )", value)
    return [f"{' ' * indent}{head}{separator}(", *(inner + operand for operand in operands), f"{' ' * indent}){suffix}"]


def _chain(text: str) -> list[str]:
    """What stands before a chain of three calls or more (`x = `), its first call on a name, and each further one; [] where it is none."""
    begun = re.match(r"(?:\w+ = |return )(?=\w+\.\w+\()", text)
    if begun is None:
        return []
    calls: list[str] = []
    start = begun.end()
    while start < len(text):
        name = re.match(r"\w+\.\w+(?=\()" if not calls else r"\.\w+(?=\()", text[start:])
        if name is None:
            return []
        end = _closing(text, start + name.end()) + 1
        calls.append(text[start:end])
        start = end
    return [text[: begun.end()], *calls] if len(calls) > 2 and not calls[0].startswith(("torch.", "F.", "self.")) else []


def _brackets(text: str) -> tuple[int, int] | None:
    """Where the brackets to break at open and close: of the outermost ones those that hold most, of a `def` the first."""
    depth, start, found = 0, 0, (0, 0)
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in _OPENING:
            if depth == 0:
                start = match.start()
            depth += 1
        elif token in _CLOSING:
            depth -= 1
            if depth == 0 and match.start() - start > max(1, found[1] - found[0]):
                found = start, match.start()
                if text.startswith("def "):
                    break
        elif token == "," and depth == 0 and text.startswith("return "):
            return None
    return found if found[1] else None


def _closing(text: str, start: int) -> int:
    depth = 0
    for match in _TOKEN.finditer(text, start):
        token = match.group()
        if token in _OPENING:
            depth += 1
        elif token in _CLOSING:
            depth -= 1
            if depth == 0:
                return match.start()
    return len(text)


def _split(text: str, separator: str) -> list[str]:
    """`text` parted at the separators of the outermost level."""
    parts, depth, start = [], 0, 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in _OPENING:
            depth += 1
        elif token in _CLOSING:
            depth -= 1
        elif token == separator and depth == 0:
            parts.append(text[start : match.start()].strip())
            start = match.end()
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def _comprehension(text: str) -> tuple[str, str] | None:
    """What is made and the `for` of a comprehension."""
    parts = _split(text, " for ")
    return (parts[0], f"for {parts[1]}") if len(parts) == 2 else None
