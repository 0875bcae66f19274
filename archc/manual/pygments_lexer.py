"""`.arch` in colours, for everything that uses Pygments: pages, notebooks, `pygmentize`. The words are those of the grammar.

Pygments finds the class by the entry point in pyproject.toml. It is the only file that imports Pygments, which archc does not ask for.
"""

from __future__ import annotations

import re
from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups, default, include, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

from ..compiler.ops import TABLE
from ..grammar import TABLES

_WORDS = [word for word in TABLES["words"] if word.isalpha()]
_SIGNS = sorted((sign for sign in TABLES["words"] if not sign.isalpha()), key=len, reverse=True)
_CONSTANTS = ["true", "false", "none"]
_OPERATORS = ["and", "or", "not", "in"]
# Words that are names, too: they open something only where a name, a text, `[`, `{` or a number follows (grammar/arch.lark).
_OPENING = sorted({word for word in _WORDS if word not in (*_CONSTANTS, *_OPERATORS)} - {"if", "else", "for", "let", "repeat", "require"})
_PATTERNS = TABLES["patterns"]


class ArchLexer(RegexLexer):
    """`.arch` texts: networks by archc."""

    name = "arch"
    aliases: ClassVar = ["arch"]
    filenames: ClassVar = ["*.arch"]
    flags = re.MULTILINE

    tokens: ClassVar = {
        "root": [
            (r"##[^\n]*", Comment.Special),
            (_PATTERNS["COMMENT"], Comment.Single),
            (r"\s+", Whitespace),
            (r"(\.)(\s*)([A-Za-z_]\w*)", bygroups(Punctuation, Whitespace, Name.Attribute)),
            (rf"({_PATTERNS['NAME']})([ \t]*)(=)(?!=)", bygroups(Name.Variable, Whitespace, Operator)),
            (rf"({_PATTERNS['NAME']})([ \t]*)(:)", bygroups(Name.Label, Whitespace, Punctuation)),
            (words(_CONSTANTS, suffix=r"\b"), Keyword.Constant),
            (words(_OPERATORS, suffix=r"\b"), Operator.Word),
            (words(["if", "else", "for", "let", "repeat", "require"], suffix=r"\b"), Keyword),
            (words(["block", "network", "operation"], suffix=r"(?=[ \t]+[A-Za-z_])"), Keyword.Declaration, "named"),
            (words(_OPENING, suffix=r'(?=[ \t]+[A-Za-z_0-9]|[ \t]*"|\s*[\[{](?!\s*\|))'), Keyword),
            (words(sorted(name for name in TABLE if name), suffix=r"\b"), Name.Builtin),
            (_PATTERNS["NAME"], Name),
            (_PATTERNS["SIZE"], Number),
            (_PATTERNS["NUMBER"], Number),
            (r'"(?=[^"\n]*")', String, "text"),
            (r"==|!=|<=|>=|<|>", Operator),
            (words(_SIGNS), Punctuation),
        ],
        "hole": [
            (r"\}", String.Interpol, "#pop"),
            include("root"),
        ],
        "named": [
            (r"[ \t]+", Whitespace),
            (_PATTERNS["NAME"], Name.Class, "#pop"),
            default("#pop"),
        ],
        "text": [
            (r'"', String, "#pop"),
            (r"([^\"{}\n]|\{\{|\}\})+", String),
            (r"\{", String.Interpol, "hole"),
        ],
    }
