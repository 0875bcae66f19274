"""What a step was meant as that is none."""

from __future__ import annotations

import re

from ...base.diagnostics import Edit, Fix
from ...base.source import Span


def name_with_holes(span: Span) -> Fix | None:
    """`stage layer{i} { … }`: the value is a part of the name, which stands between quotes. `span` is that of the value."""
    text = span.source.text
    before = re.search(r"\b(stage|aux)[ \t]+(\w+)\{[ \t]*\Z", text[max(span.start - 200, 0) : span.start])
    after = re.match(r"[ \t]*\}(?=[ \t]*(\{|indexed\b|flat\b))", text[span.end : span.end + 200])
    if before is None or after is None:
        return None
    whole = span.source.span(span.start - len(before[0]) + before.start(2) - before.start(), span.end + after.end())
    right = f'"{whole.text}"'
    return Fix(f"a name that holds a value stands between quotes: write `{before[1]} {right}`", (Edit(whole, right),))
