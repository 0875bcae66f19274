"""The manual: a page for each code and each operation, made from their own records.

`archc explain` prints a page, `docs/errors/` and `docs/ops.md` hold them all (`make docs` writes them).
"""

from __future__ import annotations

import os
import re
import sys

from ..base.records import dataclass
from ..base.source import Source
from ..compiler.driver import check_source
from ..compiler.elaborate.functions import FUNCTIONS, Function
from ..compiler.elaborate.values import show_value
from ..compiler.files.library import about, entries, files, networks
from ..compiler.files.model_names import is_source
from ..compiler.ops import STRICTER, TABLE
from ..compiler.ops.base import Operation
from ..compiler.ops.foreign_names import NO_PARAMETERS, PARAMETERS, Otherwise, advice, otherwise, same_as
from ..compiler.ops.parameters import OpenSizes, Optional, Parameter, Plain, Word
from ..compiler.ops.suggest import closest, did_you_mean
from ..reporting.codes.code import Code
from ..reporting.codes.table import CODES
from ..reporting.terminal import to_text
from .language_words import WORDS, word_page
from .subjects import SUBJECTS, operations_with, parameter_page, subject_page

WIDTH = 100


@dataclass(frozen=True, slots=True)
class Unexplained:
    """There is no page of that name; `help` says what may have been meant."""

    help: str


def explain(word: str) -> str | Unexplained:
    """The page of a code (`E301`), an operation (`conv`), a function (`divisible`), a word of the language (`skip`), a network that comes with
    archc, or what archc has for a name of another library; as text for a terminal."""
    found = _explained(word)
    if isinstance(found, str):
        return found
    # `in.channels`, `positional encoding`, `budget time`: written as a name, by its last part, by its first word.
    parts = re.findall(r"\w+", word) if re.fullmatch(r"[\w. ]+", word) else []
    for other in (reversed(parts) if "." in word else ("_".join(parts), *parts)) if len(parts) > 1 else ():
        page = _explained(other)
        if isinstance(page, str):
            return page
    return found


def _explained(word: str) -> str | Unexplained:
    code = CODES.get(word.upper())
    if code is not None:
        return _text(code_page(code))
    if word in TABLE:
        return _text(operation_page(TABLE[word]))
    if word in FUNCTIONS:
        return _text(function_page(FUNCTIONS[word]) + _beside(word))
    page = word_page(word) or network_page(word)
    if page is not None:
        return _text(page)
    name, row = same_as(word), otherwise(word)
    if name is not None:
        return _text(f"`{word}` is `{name}` in archc.\n\n{operation_page(TABLE[name])}")
    if row is not None:
        return _text(otherwise_page(word, row))
    page = subject_page(word) or parameter_page(word)
    if page is not None:
        return _text(page)
    if word in NO_PARAMETERS:
        return _text(f"# {word}\n\n{_sentence(NO_PARAMETERS[word])}\n")
    if word in PARAMETERS:
        of = operations_with(PARAMETERS[word])
        return _text(f"# {word}\n\nThe parameter is called `{PARAMETERS[word]}`" + (f", of {of}" if of else "") + ".\n")
    if is_source(word):
        return Unexplained(f"it is a model of PyTorch: `archc import {word}` shows its text, `archc cost {word}` its costs")
    near = closest(word, {*TABLE, *FUNCTIONS, *WORDS, *SUBJECTS}) or closest(word.upper(), CODES)
    return Unexplained(
        did_you_mean(near) or "give a code of a message, such as E301, or a word, such as conv; `archc explain` alone lists them"
    )


def index() -> str:
    """Everything there is a page of, by subject; as text for a terminal."""
    subjects = {
        family: [operation.name for operation in TABLE.values() if operation.family == family and operation.name] for family in _families()
    }
    subjects |= {
        "functions of expressions": sorted(FUNCTIONS),
        "words of the language": list(WORDS),
        "subjects": list(SUBJECTS),
        "networks": list(networks()),
    }
    parts = [
        "`archc explain WORD` prints the manual of a word, `archc explain E301` that of a message. Names of PyTorch and Keras are translated."
    ]
    parts += [f"{subject}: {', '.join(words)}" for subject, words in subjects.items()]
    parts.append(f"codes: E1xx syntax, E2xx names and values, E3xx shapes, E4xx limits, W5xx warnings, F6xx files; {len(CODES)} in all.")
    return _text("\n\n".join(parts) + "\n")


def _families() -> list[str]:
    return list(dict.fromkeys(operation.family for operation in TABLE.values()))


# -------------------------------------------------------------------------------------------------- pages


def code_page(row: Code) -> str:
    """What it is, why, an example with what archc says of it, and the remedy; in Markdown."""
    parts = [f"# {row.code}: {row.title}", row.explanation]
    if row.example:
        parts += ["```arch\n" + row.example.rstrip() + "\n```"]
        said = example_text(row)
        if said:
            parts += ["```text\n" + said.rstrip() + "\n```"]
    parts += [f"**What to do.** {row.remedy}"]
    return "\n\n".join(parts) + "\n"


def example_text(row: Code) -> str:
    """What archc says of a code's example; empty where the mistake is not one of a text (a file that is missing)."""
    checked = check_source(Source.of(f"{row.code.lower()}.arch", row.example))
    return to_text(diagnostic for diagnostic in checked.diagnostics if diagnostic.code == row.code)


def operation_page(operation: type[Operation]) -> str:
    """Its use, its parameters with their defaults, and where its rules come from; in Markdown."""
    rows = operation.parameters()
    parts = [f"# {operation.name}", f"`{usage(operation)}`", operation.summary]
    if rows:
        parts.append("\n".join(f"- `{_written(row)}`: {row.doc}. Takes {row.kind.describe}." for row in rows))
    facts = [f"Family: {operation.family}."]
    if operation.is_merge():
        facts.append(f"Head of a merge: `{operation.name} {{ | … | … }}`, of {_inputs(operation)} paths.")
    if operation.reference:
        facts.append(f"Follows: {operation.reference}.")
    if operation.onnx:
        facts.append(f"ONNX: {operation.onnx}.")
    return "\n\n".join([*parts, " ".join(facts)]) + "\n"


def function_page(function: Function) -> str:
    return f"# {function.usage.partition('(')[0]}\n\n`{function.usage}`\n\n{function.doc}\n"


def network_page(name: str) -> str | None:
    """What a network that comes with archc says of itself, and its numbers; in Markdown."""
    if name not in files() and name not in networks():
        return None
    told = about(name)
    parts = [f"# {name}", told.title]
    parts += [f"Paper: {told.paper}"] if told.paper else []
    parts += [f"Differs from the paper: {told.differs}"] if told.differs else []
    entry = next((row for row in entries() if row.name == name), None)
    if entry is None:
        return (
            "\n\n".join(
                [*parts, f"What other networks are made of: `import {name}`; `archc new mine --from NETWORK` starts a variant of one."]
            )
            + "\n"
        )
    images = "" if entry.smallest is None else f"; square images from {entry.smallest} pixels a side on"
    parts.append(f"{entry.parameters:,} parameters, {entry.macs:,} MACs{images}.")
    parts.append(f"`archc check {name}`, `archc draw {name}`, `archc build {name}`; `archc new mine --from {name}` starts a variant.")
    return "\n\n".join(parts) + "\n"


def otherwise_page(word: str, row: Otherwise) -> str:
    """What to do where archc has no such operation; in Markdown."""
    example = f"\n\n```arch\n{row.example}\n```" if row.example else ""
    return f"# {word}\n\nNo operation of archc is called so. {_sentence(row.answer)}{example}\n"


def _sentence(text: str) -> str:
    return (text if text[0] == "`" or text.startswith("archc") else text[0].upper() + text[1:]) + "."


def _beside(word: str) -> str:
    """Of a function whose name other libraries give to an operation on tensors, the other meaning."""
    name, row = same_as(word), otherwise(word)
    if name is None and row is None:
        return ""
    return (
        f"\nOf tensors: `{name}` is called so elsewhere.\n"
        if name is not None
        else f"\nOf tensors: {advice(row)}.\n"
        if row is not None
        else ""
    )


def usage(operation: type[Operation]) -> str:
    """`conv(channels, kernel = 3, …)`."""
    rows = operation.parameters()
    return f"{operation.name}({', '.join(map(_written, rows))})" if rows else operation.name


def _written(row: Parameter) -> str:
    """`kernel = 3`; the name alone where a value must be given."""
    kind = row.kind.kind if isinstance(row.kind, Optional) else row.kind
    if isinstance(kind, OpenSizes):
        return "name = size, …"
    quoted = isinstance(kind, Word) and isinstance(row.default, str)
    return row.name if row.required else f"{row.name} = {show_value(row.default) if quoted else show_plain(row.default)}"


def show_plain(value: Plain) -> str:
    """A default as the language writes it; the words of a padding (`half`) are values of the language, no texts."""
    return value if isinstance(value, str) else show_value(value)


def _inputs(operation: type[Operation]) -> str:
    least, most = operation.least_inputs, operation.most_inputs
    if most is None:
        return f"at least {least}"
    return str(least) if most == least else f"{least} to {most}"


# ----------------------------------------------------------------------------------- Markdown on a terminal


def _text(page: str) -> str:
    """A page for a terminal: paragraphs and lists wrapped, code as it is."""
    import textwrap

    lines: list[str] = []
    in_code = False
    for line in page.split("\n"):
        if line.startswith("```"):
            in_code = not in_code
        elif in_code:
            lines.append("    " + line if line else "")
        else:
            plain = line.removeprefix("# ").replace("**", "")
            indent = "  " if line.startswith("- ") else ""
            lines += textwrap.wrap(plain, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [""]
    return "\n".join(lines)


# ------------------------------------------------------------------------------------------------- docs


def error_pages() -> dict[str, str]:
    """The files of `docs/errors/`, by name."""
    pages = {f"{code}.md": code_page(row) for code, row in CODES.items()}
    index = ["# Errors and warnings", "", "Made by `make docs` from `archc/reporting/codes/`; `archc explain E301` prints a page.", ""]
    index += ["| code | |", "| --- | --- |"]
    index += [f"| [{code}]({code}.md) | {row.title} |" for code, row in sorted(CODES.items())]
    return {"README.md": "\n".join(index) + "\n", **pages}


def operations_page() -> str:
    """The text of `docs/ops.md`."""
    parts = [
        "# Operations",
        "Made by `make docs` from `compiler/ops/`; `archc explain conv` prints a part. Shapes are without the batch, channels first.",
    ]
    parts.append("Shape rules are PyTorch's, and stricter in a few places:")
    parts.append("\n".join(f"- {rule}" for rule in STRICTER))
    for family in dict.fromkeys(operation.family for operation in TABLE.values()):
        parts.append(f"## {family.capitalize()}")
        for operation in TABLE.values():
            if operation.family == family:
                parts.append("##" + operation_page(operation).strip())
    parts.append("## Functions of expressions")
    parts += ["##" + function_page(function).strip() for _, function in sorted(FUNCTIONS.items())]
    return "\n\n".join(parts) + "\n"


def write_docs(folder: str) -> None:
    """`errors/` and `ops.md` under `folder`; pages of codes that are gone go too."""
    from ..compiler.files.write import write

    errors = os.path.join(folder, "errors")
    os.makedirs(errors, exist_ok=True)
    pages = error_pages()
    for name in os.listdir(errors):
        if name.endswith(".md") and name not in pages:
            os.remove(os.path.join(errors, name))
    for name, text in pages.items():
        write(os.path.join(errors, name), text)
    write(os.path.join(folder, "ops.md"), operations_page())


if __name__ == "__main__":
    os.environ["ARCHC_CACHE"] = os.devnull  # what the machine at hand was measured at is nothing that pages tell
    write_docs(sys.argv[1] if len(sys.argv) > 1 else "docs")
