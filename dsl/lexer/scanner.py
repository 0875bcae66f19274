"""Text -> tokens: what the words and signs are, before anybody asks how they go together.

The scanner never gives up: what is no word or sign of the language is reported, and read as what was meant.
`words.py` then settles the few words and signs whose kind depends on what stands beside them.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final, NamedTuple

from ...base.diagnostics import Diagnostic
from ...base.records import dataclass
from ...base.source import Source
from ...grammar import TABLES
from . import foreign_signs
from .foreign_characters import clean, meant_by
from .numbers import is_too_long

MOST_MISTAKES: Final = 50
"""After so many mistakes the rest of a text is not read: it is hardly an `.arch` text."""


class Token(NamedTuple):
    """`kind` is a terminal of the grammar; the text is `[start:end]` of the source's."""

    kind: str
    start: int
    end: int


@dataclass(slots=True)
class Tokens:
    """The tokens of one text, in order, `$END` last.

    `text` is as long as the source's; foreign signs in it are ours. `docs` maps the start of a token to the `##` text
    before it. `damaged` are places whose meaning is not known: the statements there are `Broken`.
    `semicolons` are places where a `;` parts two steps. `unopened` are the lines on which a `{` is missing that has its `}`.
    """

    source: Source
    text: str
    tokens: list[Token] = field(default_factory=list)
    docs: dict[int, str] = field(default_factory=dict)
    file_doc: str = ""
    diagnostics: list[Diagnostic] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    semicolons: list[int] = field(default_factory=list)
    unopened: set[int] = field(default_factory=set)

    def word(self, token: Token) -> str:
        return self.text[token.start : token.end]

    def begins_line(self, index: int) -> bool:
        """Whether the token is the first of its line."""
        return index == 0 or "\n" in self.text[self.tokens[index - 1].end : self.tokens[index].start]


WORDS: Final = {text: kind for text, kind in TABLES["words"].items() if text.isalpha()}
SIGNS: Final = {
    **{text: kind for text, kind in TABLES["words"].items() if not text.isalpha()},
    # No signs of the grammar: the parser finds out what was meant.
    ":=": "COLON_EQUAL",
    "=>": "FAT_ARROW",
    **dict.fromkeys(("+=", "-=", "*=", "/="), "CHANGES"),
    **dict.fromkeys(("==", "!=", "<=", ">=", "<", ">"), "COMPARISON"),
}
_PATTERNS: Final = TABLES["patterns"]
_SCANNER: Final = re.compile(
    r"(?P<WHITE>[ \t\n]+)"
    rf"|(?P<COMMENT>{_PATTERNS['COMMENT']})"
    rf"|(?P<NAME>{_PATTERNS['NAME']})"
    rf"|(?P<SIZE>{_PATTERNS['SIZE']})"
    rf"|(?P<NUMBER>{_PATTERNS['NUMBER']})"
    rf"|(?P<TEXT>{_PATTERNS['TEXT']}|{_PATTERNS['TEXT_START']}[^\"]*\")"
    r"|(?P<REMARK>/\*)"
    r"|(?P<SIGN>" + "|".join(re.escape(sign) for sign in sorted({*SIGNS, *foreign_signs.SIGNS}, key=len, reverse=True)) + r")|(?P<OTHER>.)",
    re.DOTALL,
)
_CONDITIONAL: Final = re.compile(r"\?[^?:\n{}]+:[^:\n]")
_PIECE: Final = re.compile(r"(?:[^{}]|\{\{|\}\})+")
_GOES_ON: Final = re.compile(r"[A-Za-z0-9_.]")


def scan(source: Source) -> Tokens:
    """The tokens of a text, without `$END`."""
    text, diagnostics = clean(source)
    scanner = _Scanner(Tokens(source, text, diagnostics=diagnostics))
    scanner.scan(0, len(text))
    return scanner.finish()


class _Scanner:
    """One way through one text."""

    def __init__(self, result: Tokens) -> None:
        self.result = result
        self.tokens = result.tokens
        self.text = result.text
        self.signs = foreign_signs.Signs(result.source)

    def finish(self) -> Tokens:
        self.result.diagnostics += self.signs.diagnostics()
        return self.result

    def scan(self, start: int, end: int) -> None:
        """Add the tokens of `[start:end]`."""
        tokens, words, signs = self.tokens, WORDS, SIGNS
        comments: list[re.Match[str]] = []
        done = start
        while done < end:
            start = done
            for match in _SCANNER.finditer(self.text, start, end):
                group = match.lastgroup
                done = match.end()
                if group == "WHITE":
                    continue
                if group == "COMMENT":
                    if match[0].startswith("##"):
                        comments.append(match)
                    continue
                if comments:
                    self._document(comments, match.start())
                    comments = []
                if group == "NAME":
                    kind = words.get(match[0], "NAME")
                    if kind != "NAME" and tokens and tokens[-1].kind == "DOT":
                        kind = "NAME"
                elif group == "SIGN" and match[0] in signs:
                    kind = signs[match[0]]
                    if kind == "BAR" and tokens and tokens[-1].kind == "LBRACE":
                        tokens[-1] = tokens[-1]._replace(kind="BRACE_BAR")
                else:
                    # The rarer ones may end elsewhere than the pattern says.
                    done = self._special(group or "", match.start(), match.end(), end)
                    if done == match.end():
                        continue
                    break
                tokens.append(Token(kind, match.start(), done))

    def _special(self, group: str, start: int, end: int, limit: int) -> int:
        """Add a number, a text, or what is none of our signs; where it ends."""
        if group in ("NUMBER", "SIZE"):
            return self._number(group, start, end)
        if group == "TEXT":
            self._text(start, end)
            return end
        if group == "REMARK":
            close = self.text.find("*/", end, limit)
            close = limit if close < 0 else close + 2
            self.result.diagnostics.append(foreign_signs.block_comment(self.result.source, start, close))
            return close
        found = meant_by(self.text[start:end])
        if found in SIGNS:  # `→`: it was reported when the text was cleaned
            self.tokens.append(Token(SIGNS[found], start, end))
            return end
        if found == "||" and self._between_paths():
            self.result.diagnostics.append(foreign_signs.two_bars(self.result.source, start))
            if self.tokens[-1].kind == "LBRACE":
                self.tokens[-1] = self.tokens[-1]._replace(kind="BRACE_BAR")
            self.tokens.append(Token("BAR", start, end))
            return end
        if found in foreign_signs.BETWEEN_VALUES and self._behind_a_step():
            self.result.diagnostics.append(foreign_signs.steps_apart(self.result.source, start, end))
            self.tokens.append(Token("ARROW", start, end))
            return end
        if group == "SIGN":
            kind = foreign_signs.SIGNS[found][0]
            self.signs.add(found, start)
            if kind:
                self.tokens.append(Token(kind, start, end))
            elif found == ";":
                self.result.semicolons.append(start)
            return end
        return self._other(found, start, end, limit)

    def _behind_a_step(self) -> bool:
        """Whether what stands before on this line is a step, and no value."""
        if not self.tokens or self.tokens[-1].kind not in ("NAME", "RPAR", "RBRACE"):
            return False
        depth = 0
        for token in reversed(self.tokens):
            if not depth and "\n" in self.text[token.end : self.tokens[-1].end]:
                return True
            if token.kind in ("RPAR", "RSQB", "RBRACE"):
                depth += 1
            elif token.kind in ("LPAR", "LSQB", "LBRACE", "BRACE_BAR", "BAR"):
                if not depth:
                    return token.kind not in ("LPAR", "LSQB")
                depth -= token.kind != "BAR"
            elif not depth and token.kind not in ("NAME", "NUMBER", "TEXT", "DOT", "ARROW", "COLON"):
                return False
        return False

    def _between_paths(self) -> bool:
        """Whether a path of a merge may begin here, and no condition is being read."""
        depth = 0
        for token in reversed(self.tokens):
            if token.kind in ("RPAR", "RSQB", "RBRACE"):
                depth += 1
            elif token.kind in ("LPAR", "LSQB", "LBRACE", "BRACE_BAR"):
                if not depth:
                    return token.kind == "BRACE_BAR" or token is self.tokens[-1]
                depth -= 1
            elif not depth and token.kind in ("IF", "LET", "REQUIRE", "VALUE_IF"):
                return False
        return False

    def _number(self, group: str, start: int, end: int) -> int:
        tokens, source = self.tokens, self.result.source
        pointed = bool(tokens) and tokens[-1].kind == "DOT" and tokens[-1].end == start and not self._follows_value(len(tokens) - 2)
        if self.text.startswith("..", end) and not pointed:
            end = foreign_signs.range_end(self.text, start)
            self.result.diagnostics.append(foreign_signs.range_of_dots(source, start, end))
            self.result.damaged.append(start)
            tokens.append(Token(group, start, end))
            return end
        if pointed:
            start = tokens.pop().start
        if pointed or (end < len(self.text) and _GOES_ON.match(self.text, end)):
            end = max(end, foreign_signs.number_end(self.text, start + pointed))
            diagnostic, _ = foreign_signs.number(source, start, end)
            self.result.diagnostics.append(diagnostic)
            self.result.damaged.append(start)
        elif is_too_long(self.text[start:end]):
            self.result.diagnostics.append(foreign_signs.too_long(source, start, end))
            self.result.damaged.append(start)
        tokens.append(Token(group, start, end))
        return end

    def _follows_value(self, index: int) -> bool:
        """Whether the token at `index` may be followed by a dot."""
        return (
            index >= 0
            and self.tokens[index].kind in ("NAME", "RPAR", "RSQB", "IN")
            and self.tokens[index].end == self.tokens[index + 1].start
        )

    def _text(self, start: int, end: int) -> None:
        """Add a text: in one piece, or in several where it holds braces."""
        tokens, source, text = self.tokens, self.result.source, self.text
        if text.find("{", start, end) < 0 and text.find("}", start, end) < 0:
            tokens.append(Token("TEXT", start, end))
            return
        tokens.append(Token("TEXT_START", start, start + 1))
        position, end = start + 1, end - 1
        while position < end:
            piece = _PIECE.match(text, position, end)
            if piece:
                tokens.append(Token("TEXT_PIECE", position, piece.end()))
                position = piece.end()
                continue
            close = text.find("}", position, end) if text[position] == "{" else position
            comment = text.find("#", position, close) if text[position] == "{" and close > 0 else -1
            if comment > 0:
                self.result.diagnostics.append(foreign_signs.comment_in_hole(source, comment, close))
                self.result.damaged.append(start)
                position = close + 1
                continue
            if text[position] == "{" and close > 0 and text[position + 1 : close].strip():
                tokens.append(Token("HOLE_START", position, position + 1))
                self.scan(position + 1, close)
                tokens.append(Token("HOLE_END", close, close + 1))
                position = close + 1
                continue
            if text[position] == "}":
                self.result.diagnostics.append(foreign_signs.lone_brace(source, position))
                position += 1
            elif close < 0:
                self.result.diagnostics.append(foreign_signs.hole_without_end(source, position))
                position = end
            else:
                self.result.diagnostics.append(foreign_signs.empty_hole(source, position, close + 1))
                position = close + 1
            self.result.damaged.append(start)
        tokens.append(Token("TEXT_END", end, end + 1))

    def _other(self, found: str, start: int, end: int, limit: int) -> int:
        """Add what begins with a character that no sign of the language has."""
        source = self.result.source
        if found in "\"'":
            line_end = source.line_starts[source.line_of(start) - 1] + len(source.line_text(source.line_of(start)))
            close = self.text.find(found, start + 1, min(line_end, limit))
            if close > 0:
                self.result.diagnostics.append(foreign_signs.single_quotes(source, start, close + 1))
                self._text(start, close + 1)
                return close + 1
            diagnostic, close = foreign_signs.unclosed_text(source, start, self._role(start))
            self.result.diagnostics.append(diagnostic)
            self.result.damaged.append(start)
            close = max(min(close, limit), end)
            self.tokens.append(Token("TEXT", start, close))
            return close
        if found == "?" and _CONDITIONAL.match(self.text, start):
            self.tokens.append(Token("QUESTION", start, end))
            return end
        self.signs.add(found, start)
        return end

    def _role(self, start: int) -> str:
        """What a text at `start` is, by what stands before it."""
        if not self.tokens or self.tokens[-1].kind in ("LBRACE", "BRACE_BAR", "BAR", "ARROW", "RBRACE"):
            return "label"
        if self.tokens[-1].kind in ("STAGE", "AUX"):
            return "stage"
        begins_line = "\n" in self.text[self.tokens[-1].end : start]
        return "label" if begins_line and self.tokens[-1].kind not in ("COMMA", "LPAR", "LSQB") else "value"

    def _document(self, comments: list[re.Match[str]], token_start: int) -> None:
        """Keep the last run of `##` lines for the token after it; a run at the top of the file may be the file's."""
        source = self.result.source
        runs: list[list[re.Match[str]]] = []
        for comment in comments:
            line = source.line_of(comment.start())
            if source.text[source.line_starts[line - 1] : comment.start()].strip():
                continue  # behind something on its line: a plain comment
            if runs and source.line_of(runs[-1][-1].start()) == line - 1:
                runs[-1].append(comment)
            else:
                runs.append([comment])
        if not runs:
            return
        last = runs[-1]
        if self._at_top() and (len(runs) > 1 or source.line_of(token_start) > source.line_of(last[-1].start()) + 1):
            self.result.file_doc = _doc_text(runs[0])
            if len(runs) == 1:
                return
        self.result.docs[token_start] = _doc_text(last)

    def _at_top(self) -> bool:
        """Whether nothing stands before but, perhaps, `arch 1`."""
        return not self.tokens or (len(self.tokens) == 2 and self.tokens[0].kind == "ARCH")


def _doc_text(comments: list[re.Match[str]]) -> str:
    return "\n".join(comment[0].lstrip("#").removeprefix(" ").rstrip() for comment in comments)
