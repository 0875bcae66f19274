"""Signs, numbers and texts as other languages write them: what was meant, and what to say."""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.records import dataclass
from ...base.source import Source, Span
from .names_with_digits import label_with_digits, name_of_a_file, name_of_a_part, product_of
from .numbers import MOST_DIGITS

# A sign of another language: the kind of token that is meant ("" for none), how it is written here, why.
SIGNS: Final[dict[str, tuple[str, str, str]]] = {
    "-->": ("ARROW", "->", "steps are joined by `->`"),
    "==>": ("ARROW", "->", "steps are joined by `->`"),
    "|>": ("ARROW", "->", "steps are joined by `->`"),
    ">>": ("ARROW", "->", "steps are joined by `->`"),
    "&&": ("AND", "and", "the word is `and`"),
    "&": ("AND", "and", "the word is `and`"),
    "||": ("OR", "or", "the word is `or`"),
    "!": ("NOT", "not ", "the word is `not`"),
    "===": ("COMPARISON", "==", "values are compared with `==`"),
    "!==": ("COMPARISON", "!=", "values are compared with `!=`"),
    "<>": ("COMPARISON", "!=", "values are compared with `!=`"),
    "=<": ("COMPARISON", "<=", "values are compared with `<=`"),
    "^": ("POWER", "**", "a power is written `2 ** 3`"),
    ";": ("", "", "a line ends a step; no sign is needed"),
    "\\": ("", "", "a text may go on in the next line without a sign"),
}
BETWEEN_VALUES: Final = ("||", "&&", "&")
"""Signs that join conditions elsewhere."""

COMPARING: Final = {"is": "==", "is not": "!="}
"""Words that compare elsewhere."""

_PATTERN: Final = re.compile(r"[0-9][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*\.?")
_SUFFIX: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?[kmg]")


@dataclass(slots=True)
class Signs:
    """The wrong signs of one text: one diagnostic for each sign, however often it occurs."""

    source: Source
    found: dict[str, list[int]] = field(default_factory=dict)

    def add(self, sign: str, start: int) -> None:
        self.found.setdefault(sign, []).append(start)

    def diagnostics(self) -> list[Diagnostic]:
        return [self._diagnostic(sign, places) for sign, places in self.found.items()]

    def _diagnostic(self, sign: str, places: list[int]) -> Diagnostic:
        _, right, why = SIGNS.get(sign, ("", "", ""))
        spans = [self.source.span(place, place + len(sign)) for place in places]
        more = f", in {len(spans)} places" if len(spans) > 1 else ""
        message = f"`{sign}` is not a sign of the language" + (f": {why}" if why else "")
        label = Label(spans[0])
        secondary = tuple(Label(span, "here too") for span in spans[1:4])
        if sign == ";" and not all(self._ends_line(span) for span in spans):
            return Diagnostic("E104", message, label, secondary, help="begin a new line instead")
        action = f"write `{right.strip()}`" if right else "leave it out"
        return Diagnostic("E104", message, label, secondary, fix=Fix(action + more, tuple(Edit(span, right) for span in spans)))

    def _ends_line(self, span: Span) -> bool:
        line = self.source.line_text(span.line)
        rest = line[span.end - self.source.line_starts[span.line - 1] :].strip()
        return not rest or rest.startswith("#")


_PATH_BEFORE: Final = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*\.\Z")


def label_in_quotes(span: Span) -> Diagnostic:
    """`skip(layer1.0)`, `skip(layer1."0")`: where a label is read, its path may be a text."""
    label = span.text.replace('"', "")
    before = span.source.text[: span.start].rstrip()
    named = before.endswith("=") and re.search(r"\boutput\b[^\n]*\Z", before)
    reads = named or before.endswith(("skip(", "reuse("))
    fix = Fix(f'write `"{label}"`', (Edit(span, f'"{label}"'),)) if reads else None
    help = None if fix else f'`skip("{label}")` reads it; `output y = "{label}"` gives it'
    if re.search(r"\.(?:channels|height|width|depth|length|features|shape)\Z", span.text):
        help = "a size is read of a label without numbers: give the step one, `a: conv(64)`, and write `a.channels`"
    if label != span.text:
        return Diagnostic(
            "E101", f"`{_short(span.text)}` is the path of a label: it stands in quotes as a whole", Label(span), fix=fix, help=help
        )
    return Diagnostic("E105", f"`{_short(span.text)}` has a number in it: such a label stands in quotes", Label(span), fix=fix, help=help)


def number_end(text: str, start: int) -> int:
    """Where what was meant as one number ends: `26m`, `1_000`, `1.2.3`, `0x1F`, `5px`."""
    match = _PATTERN.match(text, start)
    return match.end() if match else start


def number(source: Source, start: int, end: int) -> tuple[Diagnostic, str | None]:
    """What to say of a number that is none, and the number that was meant where that is known."""
    span = source.span(start, end)
    text = span.text
    meant: str | None = None
    if _SUFFIX.fullmatch(text):
        meant = text[:-1] + text[-1].upper()
        why = "the letters are K, M and G"
    elif re.fullmatch(r"[0-9]+(?:_[0-9]+)+", text):
        meant = text.replace("_", "")
        why = "digits are not parted"
    elif re.fullmatch(r"[0-9]+(?:[xX][0-9]+)+", text):
        meant = text.replace("X", "x")
        why = "a size has a small `x`"
    elif re.fullmatch(r"0[xX][0-9a-fA-F]+", text):
        meant = str(int(text, 16))
        why = "a number is written in tens"
    elif re.fullmatch(r"[0-9]+\.", text):
        meant = text + "0"
        why = "digits follow the point"
    elif re.fullmatch(r"\.[0-9]+", text):
        meant = "0" + text
        why = "a digit stands before the point"
    elif re.fullmatch(r"[0-9]+[xX]", text) and re.match(r"[ \t]*\{", source.text[end : end + 20]):
        again = re.search(r"\brepeat[ \t]*\Z", source.text[max(start - 20, 0) : start])
        meant = text[:-1] if again else f"repeat {text[:-1]}"
        why = "a body that runs several times is that of a `repeat`"
    elif re.match(r".*\bbudget\s", source.line_text(span.line)) and _with_unit(text, source.line_text(span.line))[1]:
        meant, why = _with_unit(text, source.line_text(span.line))
    elif text[-1] in "xX":
        why = "a size has a number for each axis, as `1x7`"
    else:
        why = "a number is written as `7`, `0.5`, `1e-3`, `26M` or `1x7`"
    line = source.line_text(span.line)
    if (named := _name(line, span)) is not None:
        return named, None
    if re.match(r"\s*(weight|buffer)\s", line) and "." in text and line[: span.column - 1].rstrip().endswith("."):
        why = 'a key with numbers stands in quotes, as `weight "layers.0.weight"[64]`'
    elif (path := _PATH_BEFORE.search(source.text, max(start - 200, 0), start)) is not None:
        return label_in_quotes(source.span(path.start(), end)), None
    fix = Fix(f"write `{meant}`", (Edit(span, meant),)) if meant else None
    label = Label(span)
    return Diagnostic(
        "E105", f"`{_short(text)}` is not a number: {why}", label, fix=fix, help=None if fix else _number_help(span, "no unit" in why)
    ), meant


def _name(line: str, span: Span) -> Diagnostic | None:
    """`from 18b import x`, `block 3conv(w)`, `1a: conv(64)`: a name was meant, and no number."""
    help = name_of_a_file(line) or name_of_a_part(line, span.column - 1, span.text)
    label = label_with_digits(line, span.column - 1)
    if help is None and label is None:
        return None
    message = f"`{_short(span.text)}` is no name: a name begins with a letter, and has letters, digits and `_`"
    return Diagnostic("E105", message, Label(span), help=help, fix=Fix(f"write `{label}`", (Edit(span, label),)) if label else None)


_RANGE: Final = re.compile(r"([0-9]+)\.\.\.?[<=]?[ \t]*([A-Za-z_]\w*|[0-9]+)?")


def range_end(text: str, start: int) -> int:
    match = _RANGE.match(text, start)
    return match.end() if match else start + 1


def range_of_dots(source: Source, start: int, end: int) -> Diagnostic:
    """`0..3`: some languages count the last one, others do not."""
    span = source.span(start, end)
    match = _RANGE.match(span.text)
    first, last = (match[1], match[2] or "n") if match else ("0", "n")
    without = f"range({last})" if first == "0" else f"range({first}, {last})"
    after = str(int(last) + 1) if last.isdigit() else f"{last} + 1"
    with_it = f"range({after})" if first == "0" else f"range({first}, {after})"
    help = f"`{without}` counts from {first} and ends before {last}, `{with_it}` ends with it; no brackets stand around it"
    return Diagnostic(
        "E105", f"`{_short(span.text)}` is not a number: numbers that follow each other are a `range`", Label(span), help=help
    )


def two_bars(source: Source, start: int) -> Diagnostic:
    span = source.span(start, start + 2)
    fix = Fix("write `|`", (Edit(span, "|"),))
    return Diagnostic("E123", "a path of a merge begins with one `|`", Label(span), fix=fix)


def steps_apart(source: Source, start: int, end: int) -> Diagnostic:
    """`conv(8) || relu`: steps are no conditions, and the paths of what was meant may be joined in several ways."""
    span = source.span(start, end)
    message = f"`{span.text}` is not a sign of the language: steps are joined by `->`, or stand side by side as the paths of a merge"
    return Diagnostic("E104", message, Label(span), help="paths side by side: `concat { | … | … }`, or `add { | … | … }`")


def _with_unit(text: str, line: str) -> tuple[str | None, str]:
    """`1GB`, `4.1GFLOPs`, `0.005s` in a budget: the number without its unit, where that is known to be the same."""
    seconds = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)(s|sec|seconds)", text)
    if seconds is not None:
        from fractions import Fraction  # it brings decimal along

        micros = Fraction(seconds[1]) * 1_000_000
        if micros.denominator != 1 or not micros:
            return None, "a time is written as `5ms` or `300us`"
        return (f"{micros // 1000}ms" if micros % 1000 == 0 else f"{micros}us"), "a time is in `ms` or `us`"
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([KMGkmg]?)([A-Za-z]+)", text)
    quantity = re.search(r"(\w+)\s*<=?\s*" + re.escape(text), line)
    if match is None or quantity is None:
        return None, ""
    units = {"memory": ("b", "byte", "bytes"), "flops": ("flop", "flops"), "macs": ("mac", "macs"), "parameters": ("params", "parameters")}
    known = match[3].lower() in units.get(quantity[1], ())
    right = "`parameters <= 26M, macs <= 4.3G, memory <= 1G`"
    return (match[1] + match[2].upper() if known else None), f"a number of a budget has K, M or G, and no unit: {right}"


def _number_help(span: Span, of_a_budget: bool) -> str | None:
    text = span.text
    if text[0].isdigit() and text.lstrip("0123456789")[:1].isalpha():
        if re.fullmatch(r"[0-9.]+[KMGT]i?B", text):
            return "bytes are counted in thousands: `memory <= 1G` is 1000000000 of them"
        if of_a_budget:
            return None
        if re.fullmatch(r"[0-9]+[xX]", text):
            return f"a window is `{text[:-1]}` or `{text[:-1]}x{text[:-1]}`; steps run {text[:-1]} times in `repeat {text[:-1]} {{ … }}`"
        sides = text.split("x")
        if len(sides) > 1 and all(side.isdigit() or side.isidentifier() for side in sides):
            return f'a size of values is a list, `[{", ".join(sides)}]`; a name that begins with a digit is written as a text: `"{text}"`'
        product = product_of(span.source.line_text(span.line), span.column - 1, text)
        return f"a product is written `{product}`; a name begins with a letter" if product else "a name begins with a letter"
    return None


def too_long(source: Source, start: int, end: int) -> Diagnostic:
    span = source.span(start, end)
    message = f"`{_short(span.text)}` is too large: a number has at most {MOST_DIGITS} digits, and one with a point or an exponent is at most 1.8e308"
    return Diagnostic("E105", message, Label(span))


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:12]}…{text[-4:]}"


# ------------------------------------------------------------------------------------------------------------ texts

# Where a text without its second quote probably ends: a label before its colon, a stage's name before its body, any other
# before the brackets that close what it stands in, or with its line; a single word before the next sign.
_ENDS: Final = {
    "label": re.compile(r"\s*:"),
    "stage": re.compile(r"\s*(?:\b(?:indexed|flat)\s*)?\{\s*(?![A-Za-z0-9_+*/ .-]+\})|\s*$"),
    "value": re.compile(r"[\s)\],}]*(?:\{\s*)?(?:#.*)?$"),
}
_ONE_WORD: Final = re.compile(r"[A-Za-z_][\w-]*(?=\s*[),\]])")


def unclosed_text(source: Source, start: int, role: str) -> tuple[Diagnostic, int]:
    """What to say of a text without its second quote, and where it probably ends. `role` is a `label`, a `stage` or a `value`."""
    line = source.line_of(start)
    line_end = source.line_starts[line - 1] + len(source.line_text(line))
    tail = _ENDS[role].search(source.text, start + 1, line_end) or _ENDS["value"].search(source.text, start + 1, line_end)
    word = _ONE_WORD.match(source.text, start + 1, line_end) if role == "value" else None
    end = word.end() if word else tail.start() if tail else line_end
    quote = source.text[start]
    diagnostic = Diagnostic(
        "E106",
        "a text has no end: its second quote is missing on this line",
        Label(source.span(start, end), "begins here"),
        fix=Fix(f"write `{quote}` after `{_short(source.text[start + 1 : end])}`", (Edit(source.span(end, end), quote),)),
    )
    return diagnostic, end


def single_quotes(source: Source, start: int, end: int) -> Diagnostic:
    span = source.span(start, end)
    edits = (Edit(source.span(start, start + 1), '"'), Edit(source.span(end - 1, end), '"'))
    return Diagnostic("E106", "a text stands between double quotes", Label(span), fix=Fix(f'write `"{_short(span.text[1:-1])}"`', edits))


_EXPRESSION: Final = re.compile(r"[A-Za-z_]\w*(\s*[-+*]\s*\w+)?(?=\")")
"""A name, or one and a number, up to the end of a text: what stands behind a brace was to be worked out."""


def hole_without_end(source: Source, start: int) -> Diagnostic:
    span = source.span(start, start + 1)
    expression = _EXPRESSION.match(source.text, start + 1)
    fix = Fix("write `{{` for the brace itself", (Edit(span, "{{"),))
    if expression is not None:
        place = source.span(expression.end(), expression.end())
        fix = Fix(f"write `{{{expression[0]}}}`", (Edit(place, "}"),))
    return Diagnostic(
        "E107",
        "a `{` in a text has no `}`",
        Label(span, "an expression begins here"),
        help='an expression stands between braces: `"layer{i + 1}"`; a brace itself is written `{{`',
        fix=fix,
    )


def empty_hole(source: Source, start: int, end: int) -> Diagnostic:
    return Diagnostic(
        "E107",
        "the braces in a text hold no expression",
        Label(source.span(start, end)),
        help='an expression stands between braces: `"layer{i + 1}"`; a brace itself is written `{{` or `}}`',
    )


def comment_in_hole(source: Source, start: int, end: int) -> Diagnostic:
    span = source.span(start, end)
    return Diagnostic(
        "E107",
        "the braces in a text hold an expression alone, and no comment",
        Label(span),
        help="a `#` of the text itself stands outside the braces",
        fix=Fix(f"remove `{_short(span.text)}`", (Edit(span, ""),)),
    )


def lone_brace(source: Source, start: int) -> Diagnostic:
    span = source.span(start, start + 1)
    return Diagnostic(
        "E107",
        "a `}` in a text closes nothing",
        Label(span),
        fix=Fix("write `}}` for the brace itself", (Edit(span, "}}"),)),
    )


# --------------------------------------------------------------------------------------------------------- comments


def block_comment(source: Source, start: int, end: int) -> Diagnostic:
    return Diagnostic(
        "E108",
        "`/*` does not begin a comment: comments begin with `#`",
        Label(source.span(start, start + 2)),
        (Label(source.span(end - 2, end), "up to here"),) if end - 2 > start else (),
        help="write `#` before each line of the comment",
    )
