"""Writes what editors have from the language itself: `python editors/make.py`. A test holds the files fresh."""

from __future__ import annotations

import json
from pathlib import Path

from archc.compiler.ops import TABLE
from archc.editor.offers import SNIPPETS
from archc.grammar import TABLES
from archc.manual.language_words import WORDS as PAGES

HOME = Path(__file__).parent / "vscode"
CONSTANTS = ("true", "false", "none")
OPERATORS = ("and", "or", "not", "in")
ALWAYS = ("if", "else", "for", "let", "repeat", "require")
"""Words that are never names. The others open something only where a name, a text, a bracket or a number follows (grammar/arch.lark)."""

STEPS = ("skip", "reuse", "split")
"""Words that stand where operations do."""


def opening() -> list[str]:
    """The words that are names, too."""
    words = (word for word in TABLES["words"] if word.isalpha())
    return sorted({word for word in words if word not in (*CONSTANTS, *OPERATORS, *ALWAYS)})


def grammar() -> dict[str, object]:
    """The TextMate grammar."""

    def words(rows: list[str] | tuple[str, ...]) -> str:
        return rf"\b({'|'.join(rows)})\b"

    operations = sorted(word for word in TABLE if word)
    code: list[dict[str, object]] = [
        {"match": r"##.*$", "name": "comment.line.documentation.arch"},
        {"match": r"#.*$", "name": "comment.line.number-sign.arch"},
        {"include": "#text"},
        {
            "match": r"\b(block|network|operation)[ \t]+([A-Za-z_]\w*)",
            "captures": {"1": {"name": "keyword.declaration.arch"}, "2": {"name": "entity.name.type.arch"}},
        },
        {"match": r"(\.)\s*([A-Za-z_]\w*)", "captures": {"2": {"name": "variable.other.property.arch"}}},
        {"match": r"\b([A-Za-z_]\w*)(?=[ \t]*=(?!=))", "name": "variable.parameter.arch"},
        {"match": r"\b([A-Za-z_]\w*)(?=[ \t]*:)", "name": "entity.name.label.arch"},
        {"match": words(CONSTANTS), "name": "constant.language.arch"},
        {"match": words(OPERATORS), "name": "keyword.operator.word.arch"},
        {"match": words(ALWAYS), "name": "keyword.control.arch"},
        {"match": words(opening()) + r'(?=[ \t]+[A-Za-z_0-9]|[ \t]*"|\s*[\[{](?!\s*\|)|[ \t]*$)', "name": "keyword.other.arch"},
        {"match": words(STEPS), "name": "keyword.other.arch"},
        {"match": words(operations), "name": "support.function.arch"},
        {"match": rf"\b({TABLES['patterns']['SIZE']})", "name": "constant.numeric.arch"},
        {"match": rf"(?<![A-Za-z_\w])({TABLES['patterns']['NUMBER']})", "name": "constant.numeric.arch"},
        {"match": r"->|==|!=|<=|>=|\*\*|//|[-+*/%<>=|]", "name": "keyword.operator.arch"},
    ]
    hole = {"begin": r"\{", "end": r"\}", "name": "meta.interpolation.arch", "patterns": [{"include": "#code"}]}
    pieces = [{"match": r"\{\{|\}\}", "name": "constant.character.escape.arch"}, hole]
    text = {"begin": '"', "end": '"|$', "name": "string.quoted.double.arch", "patterns": pieces}
    return {
        "name": "arch",
        "scopeName": "source.arch",
        "patterns": [{"include": "#code"}],
        "repository": {"code": {"patterns": code}, "text": text},
    }


def snippets() -> dict[str, object]:
    """Those that the server offers, for who has no server."""
    rows = {word: text for part in SNIPPETS.values() for word, text in part.items()}
    return {word: {"prefix": word, "body": text.split("\n"), "description": PAGES.get(word, ("", ""))[1]} for word, text in rows.items()}


def files() -> dict[Path, str]:
    """What is written, by its place."""
    made = {"syntaxes/arch.tmLanguage.json": grammar(), "snippets/arch.json": snippets()}
    return {HOME / name: json.dumps(row, indent=2, ensure_ascii=False) + "\n" for name, row in made.items()}


if __name__ == "__main__":
    for path, text in files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
