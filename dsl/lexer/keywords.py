"""Words and signs whose kind depends on what stands beside them, and words of other languages."""

from __future__ import annotations

from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Source, Span
from .scanner import MOST_MISTAKES, Token, Tokens, scan

_TEXT: Final = ("TEXT", "TEXT_START")
# What must follow for a word to be more than a name: on the same line, unless it is a sign.
_FOLLOWERS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(("AS", "TAKES", "GIVES", "OPERATION", "DEFAULT", "BUDGET", "INPUT"), frozenset({"NAME"})),
    **dict.fromkeys(("IMPORT", "FROM", "BLOCK", "NETWORK", "WEIGHT", "BUFFER", "STAGE", "AUX"), frozenset({"NAME", *_TEXT})),
    "ARCH": frozenset({"NUMBER", "SIZE"}),
    "OUTPUT": frozenset({"NAME", "IN", *_TEXT}),
    "EXPECT": frozenset({"LSQB"}),
    "INDEXED": frozenset({"LBRACE"}),
    "FLAT": frozenset({"LBRACE"}),
}
_BEFORE_SIGNS: Final = frozenset({"EXPECT", "INDEXED", "FLAT"})
# Before these, an `if` that waits for its `else` waits in vain.
_NO_VALUE: Final = frozenset({"LBRACE", "BRACE_BAR", "RBRACE", "BAR", "COLON", "ARROW", "LET", "FOR", "REPEAT", "REQUIRE"})
# What never stands behind a name at the start of a line.
_BESIDE: Final = frozenset({"NAME", "NUMBER", *_TEXT})
_OPENING: Final = frozenset({"LPAR", "LSQB", "LBRACE", "BRACE_BAR", "HOLE_START"})
_CLOSING: Final = frozenset({"RPAR", "RSQB", "RBRACE", "HOLE_END"})
_DOCUMENTED: Final = frozenset({"BLOCK", "NETWORK", "OPERATION", "STAGE"})


def read_tokens(source: Source) -> Tokens:
    """The tokens of a text, each of its final kind, `$END` last."""
    result = scan(source)
    _translate(result)
    _settle_words(result)
    _settle_ifs(result.tokens)
    end = len(result.text)
    result.tokens.append(Token("$END", end, end))
    edition = result.tokens[0].kind == "ARCH"
    first = result.tokens[2 if edition else 0]
    if not result.file_doc and first.kind not in _DOCUMENTED:
        # A `##` text before an import, a `let` or a `default` at the top is the file's.
        result.file_doc = result.docs.get(first.start, "")
    if edition and not result.file_doc:
        result.file_doc = result.docs.get(result.tokens[0].start, "")
    return result


def _settle_words(result: Tokens) -> None:
    """Make names of words that open nothing. From the end, for `stage flat {` asks what `flat` is."""
    text, tokens = result.text, result.tokens
    for index in range(len(tokens) - 1, -1, -1):
        token = tokens[index]
        followers = _FOLLOWERS.get(token.kind)
        if followers is None:
            continue
        if index + 1 < len(tokens):
            after = tokens[index + 1]
            if after.kind in followers and (token.kind in _BEFORE_SIGNS or "\n" not in text[token.end : after.start]):
                continue
        tokens[index] = token._replace(kind="NAME")


def _settle_ifs(tokens: list[Token]) -> None:
    """Tell `a if c else b` from the statement: there the `else` comes before any brace."""
    waiting: list[list[int]] = [[]]
    for index, token in enumerate(tokens):
        kind = token.kind
        if kind == "IF":
            waiting[-1].append(index)
        elif kind == "ELSE":
            if waiting[-1]:
                place = waiting[-1].pop()
                tokens[place] = tokens[place]._replace(kind="VALUE_IF")
        elif kind in _NO_VALUE:
            waiting[-1].clear()
        if kind in _OPENING:
            waiting.append([])
        elif kind in _CLOSING and len(waiting) > 1:
            waiting.pop()


# ---------------------------------------------------------------------------------------------- other languages

_CONSTANTS: Final = {"True": "true", "False": "false", "None": "none", "null": "none", "nil": "none"}
_BEFORE_A_CONDITION: Final = ("IF", "AND", "OR", "NOT", "COMPARISON")
_HEADS: Final = {
    **dict.fromkeys(("def", "class", "function", "func", "fn", "module", "layer", "template"), "block"),
    **dict.fromkeys(("model", "net", "architecture"), "network"),
}
_STATEMENTS: Final = frozenset(
    {
        "const",
        "var",
        "val",
        "int",
        "float",
        "double",
        "auto",
        "final",
        "local",
        "set",
        "def",
        "my",
        "assert",
        "is",
        "K",
        "M",
        "G",
        "ms",
        "us",
    }
)
FOREIGN_WORDS: Final = frozenset({*_CONSTANTS, *_HEADS, "elif", "elsif", "elseif", "return", "while"})


def _translate(result: Tokens) -> None:
    """Words of Python and its like, where no name of the user's could stand: say what the word is here, and go on."""
    tokens = result.tokens
    changed: list[Token] = []
    read = 0
    for index, token in enumerate(tokens):
        if index < read:
            continue
        if token.kind == "NAME" and len(result.diagnostics) <= MOST_MISTAKES:
            word = result.word(token)
            if word == "return":
                from .returned import returned_label, returned_several  # only a text with this mistake needs it

                several = returned_several(result, index)
                if several is not None:
                    changed += several[0]
                    read = several[1]
                    continue

                returned = returned_label(result, index)
                if returned is not None:
                    changed += returned
                    read = index + 2
                    continue
            rounds = _rounds(result, index, word)
            if rounds is not None:
                changed += rounds
                continue
            if word in _STATEMENTS:
                from .foreign_statements import foreign_statement  # only a text with this mistake needs it

                meant = foreign_statement(result, index, changed[-1].kind if changed else "")
                if meant is not None:
                    if meant[0][0].start < token.start:  # the number before it belongs to it
                        changed.pop()
                    changed += meant[0]
                    read = index + meant[1]
                    continue
            if word in FOREIGN_WORDS:
                changed += _translated(result, index, word)
                continue
            token = _spelt_right(result, index)
        changed.append(token)
    result.tokens[:] = changed


def _rounds(result: Tokens, index: int, word: str) -> tuple[Token, Token] | None:
    """`x3 { … }`, `{ … } x3`: a sign and a number."""
    if word[0] not in "xX" or not word[1:].isdigit() or index + 1 >= len(result.tokens):
        return None
    token, after = result.tokens[index], result.tokens[index + 1]
    begins = result.begins_line(index)
    heads = begins and after.kind == "LBRACE" and not result.begins_line(index + 1)
    follows = not begins and result.tokens[index - 1].kind == "RBRACE" and (result.begins_line(index + 1) or after.kind == "RBRACE")
    if not heads and not follows:
        return None
    return Token("NAME", token.start, token.start + 1), Token("NUMBER", token.start + 1, token.end)


def _spelt_right(result: Tokens, index: int) -> Token:
    """A name at the start of a line, with a name or a number beside it, makes no sense: perhaps a word is misspelt."""
    tokens, token = result.tokens, result.tokens[index]
    if index + 1 == len(tokens):
        return token
    after = tokens[index + 1]
    if after.kind not in _BESIDE or not (result.begins_line(index) or tokens[index - 1].kind in ("LBRACE", "BAR")):
        return token
    if "\n" in result.text[token.end : after.start]:
        return token
    from .misspelt_words import meant_word, misspelt_diagnostic  # only a text with this mistake needs them

    right = meant_word(result.word(token))
    if right is None or after.kind not in _FOLLOWERS.get(right.upper(), _BESIDE):
        return token
    result.diagnostics.append(misspelt_diagnostic(Span(result.source, token.start, token.end), right))
    return token._replace(kind=right.upper())


def _translated(result: Tokens, index: int, word: str) -> list[Token]:
    tokens, token = result.tokens, result.tokens[index]
    before = tokens[index - 1].kind if index else ""
    after = tokens[index + 1] if index + 1 < len(tokens) else Token("$END", len(result.text), len(result.text))
    together = "\n" not in result.text[token.end : after.start]
    span = Span(result.source, token.start, token.end)
    is_value = after.kind == "COLON" and before in _BEFORE_A_CONDITION  # `if True:`
    if before in ("DOT", "LET") or (after.kind in ("COLON", "EQUAL") and not is_value):
        return [token]  # the user's own name
    if word in _CONSTANTS:
        right = _CONSTANTS[word]
        result.diagnostics.append(_word(span, f"`{word}` is written `{right}`", right))
        return [token._replace(kind=right.upper())]
    if word in _HEADS and together and after.kind == "NAME" and result.begins_line(index):
        right = _HEADS[word]
        if word in ("def", "class") and ("nn.Module" in result.text or "def forward" in result.text):
            if not any(row.help == _IMPORT for row in result.diagnostics):
                result.diagnostics.append(_a_module(span))
            result.damaged.append(token.start)
            return [token._replace(kind=right.upper())]
        result.diagnostics.append(_word(span, f"`{word}` is not a word of the language: a {right} begins with `{right}`", right))
        return [token._replace(kind=right.upper())]
    if word in ("elif", "elsif", "elseif") and together and (before == "RBRACE" or _asks(result, index)):
        result.diagnostics.append(_word(span, f"`{word}` is written `else if`", "else if"))
        return [Token("ELSE", token.start, token.start + 2), Token("IF", token.start + 2, token.end)]
    if word == "return" and together and after.kind not in ("ARROW", "LPAR", "RBRACE") and result.begins_line(index):
        fix = Fix("leave `return` out", (Edit(span.source.span(token.start, after.start), ""),))
        message = "`return` is not a word of the language: the last tensor of a body is its result"
        result.diagnostics.append(Diagnostic("E109", message, Label(span), fix=fix))
        return []
    if word == "while" and together and after.kind not in ("ARROW", "RBRACE") and result.begins_line(index):
        message = "`while` is not a word of the language: every loop is written out when the file is compiled"
        help = "write `repeat n { … }` or `for x in list { … }`"
        result.diagnostics.append(Diagnostic("E109", message, Label(span), help=help))
        result.damaged.append(token.start)
        return [token._replace(kind="REPEAT")]
    return [token]


def _asks(result: Tokens, index: int) -> bool:
    """Whether a word at the start of a line has a condition behind it, and a body: `elif k == 2: conv(16)`."""
    if not result.begins_line(index) or result.tokens[index + 1].kind in ("ARROW", "RBRACE"):
        return False
    for place in range(index + 1, len(result.tokens)):
        if result.tokens[place].kind in ("COLON", "LBRACE", "ARROW", "RBRACE") or result.begins_line(place):
            return result.tokens[place].kind in ("COLON", "LBRACE")
    return False


def _word(span: Span, message: str, right: str) -> Diagnostic:
    return Diagnostic("E109", message, Label(span), fix=Fix(f"write `{right}`", (Edit(span, right),)))


_IMPORT: Final = "`archc import FILE.py:Net` makes such a text of a model that runs"


def tells_of_a_module(row: Diagnostic) -> bool:
    return row.help == _IMPORT


def _a_module(span: Span) -> Diagnostic:
    """A class of PyTorch."""
    message = "this is the text of a class of PyTorch, and an `.arch` text says in what order its steps run"
    return Diagnostic("E109", message, Label(span), help=_IMPORT)
