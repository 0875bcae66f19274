"""Codes of the syntax (E1xx)."""

from __future__ import annotations

from .code import Code


def _network(body: str) -> str:
    return f"network n {{\n  input x[3, 8, 8]\n  {body}\n  relu\n}}\n"


ROWS: tuple[Code, ...] = (
    Code(
        "E101",
        "something that does not belong here",
        "The text stops making sense at this word or sign. The message says what could stand there; reading goes on with the next statement.",
        _network("conv(64, kernel = )"),
        "Write what the message expects, or remove what does not belong.",
    ),
    Code(
        "E102",
        "a character of another script",
        "Outside of comments and texts only plain letters, digits and signs are used. Input methods, word processors and web pages put in "
        "look-alikes: full-width parentheses, curly quotes, long dashes, non-breaking spaces, letters of another alphabet.",
        _network("conv（64， 3）"),
        "`archc check --fix` writes the plain signs.",
    ),
    Code(
        "E103",
        "a character that cannot be seen",
        "Control characters, and those that change the direction of a line, have no place in a text, comments included: what a reader sees "
        "would not be what is compiled.",
        _network("conv(8)  # \u202e"),
        "Remove it.",
    ),
    Code(
        "E104",
        "a sign of another language",
        "The signs are `= == != < <= > >= + - * / // % ** -> | : , .` and brackets. `and`, `or` and `not` are words; a line ends a step "
        "without a `;`.",
        _network("conv(8);"),
        "Write the sign that the message names.",
    ),
    Code(
        "E105",
        "a number that is none",
        "Numbers are `7`, `0.5`, `1e-3`, with a factor `64K`, `26M`, `4.2G` (decimal), and sizes `1x7`. A number has at most 100 digits.",
        _network("conv(64k)"),
        "Write the number as the message shows.",
    ),
    Code(
        "E106",
        "a text without its quotes",
        'A text stands between two double quotes on one line: `"layer1"`. A backslash has no meaning in it.',
        _network('stage "layer1 { conv(8) }'),
        "Write the missing quote, or double quotes.",
    ),
    Code(
        "E107",
        "braces in a text",
        'Between braces a text holds an expression: `"layer{i + 1}"`. A brace itself is written twice: `{{`, `}}`.',
        _network('"a{}": conv(8)'),
        "Write the expression, or double the brace.",
    ),
    Code(
        "E108",
        "a comment of another language",
        "A comment runs from `#` to the end of the line; `##` before a block, network or stage documents it. `//` divides and rounds down.",
        _network("conv(8)  // the stem"),
        "Write `#`.",
    ),
    Code(
        "E109",
        "a word of another language",
        "Words of Python and its like that have a counterpart here: `true`, `false`, `none`, `block`, `else if`. There is no `return` (the last "
        "tensor of a body is its result) and no `while` (loops are written out when the file is compiled).",
        _network("let norm = True"),
        "Write the word that the message names.",
    ),
    Code(
        "E110",
        "a brace that is missing",
        "Every `{` has its `}`. Where braces do not pair, the indentation tells which body was left open.",
        "network n {\n  input x[3, 8, 8]\n  stage a {\n    conv(8)\n  stage b {\n    conv(16)\n  }\n}\n",
        "Write the brace where the message points.",
    ),
    Code(
        "E111",
        "a bracket that closes nothing",
        "There is a `)`, `]` or `}` without its opening bracket.",
        _network("conv(8))"),
        "Remove it, or write the opening bracket.",
    ),
    Code(
        "E112",
        "a parenthesis that is never closed",
        "Arguments and lists end with the bracket that belongs to the one they begin with.",
        _network("conv(8 -> bn"),
        "Write the closing bracket where the message points.",
    ),
    Code(
        "E113",
        "a comma that is missing, or one too many",
        "Arguments and the items of a list are parted by one comma; one may follow the last.",
        _network("conv(64 3)"),
        "Write the comma, or remove the one that is too many.",
    ),
    Code(
        "E114",
        "steps that are not joined by `->`",
        "`->` stands between two steps: `conv(64) -> bn -> relu`. A new line goes on without it, and after a stage, a loop or an `if` none is needed.",
        _network("conv(8) - bn"),
        "Write `->`, or remove the one that leads nowhere.",
    ),
    Code(
        "E115",
        "two steps side by side",
        "Steps on one line are joined by `->`, so that nobody has to guess where one ends.",
        _network("conv(8) bn"),
        "Write `->` between them, or begin a new line.",
    ),
    Code(
        "E116",
        "`=`, `==`, `:` and `let` mixed up",
        "`let x = 3` names a value, `kernel = 3` gives an argument, `==` compares, and `name: conv(64)` labels a step.",
        _network("width = 64"),
        "Write the sign that the message names.",
    ),
    Code(
        "E117",
        "a body without braces",
        "Bodies stand between braces: `if norm { bn }`. A colon does not begin one, and indentation has no meaning.",
        _network("repeat 2:\n    conv(8)"),
        "Write the braces.",
    ),
    Code(
        "E118",
        "text that nests too deep",
        "Brackets, bodies and operators nest at most 100 levels deep.",
        _network(f"conv({'(' * 101}8{')' * 101})"),
        "Give a part of it a name: a `let`, or a block of its own.",
    ),
    Code(
        "E119",
        "a word of the language as a name",
        "`if else for in let repeat require and or not true false none` cannot be names. The other words of the language can.",
        _network("let for = 3"),
        "Choose another name.",
    ),
    Code(
        "E120",
        "something in the wrong place",
        "Steps stand in blocks and networks; blocks, networks and imports stand side by side in the file, not in one another.",
        "conv(8)\n\nnetwork n {\n  input x[3, 8, 8]\n  relu\n}\n",
        "Move it to its place.",
    ),
    Code(
        "E121",
        "a form that the language does not have",
        "There are no comprehensions, slices, lambdas, membership tests or formats, and an `if` in an expression has its `else`.",
        _network("let a = [i for i in range(3)]"),
        "Write the form that the message shows.",
    ),
    Code(
        "E122",
        "a statement that is not complete",
        "The words that begin a statement want something after them: a stage its name, an input its name and shape, an import its file.",
        _network("stage { conv(8) }"),
        "Write the statement as the message shows.",
    ),
    Code(
        "E123",
        "paths of a merge",
        "Every path of a merge begins with `|`, the first one too, and has a step. The path that changes nothing is `skip`.",
        _network("add { conv(3) | skip }"),
        "Write the `|`, or the step.",
    ),
    Code(
        "E124",
        "arguments without parentheses",
        "The arguments of a step stand in parentheses: `conv(64, 3)`. Without arguments they may be left out: `bn`.",
        _network("conv 64, 3"),
        "Write the parentheses.",
    ),
    Code(
        "E125",
        "a misspelt word of the language",
        "The line would make sense if this word were a similar one of the language.",
        _network("repaet 2 { conv(8) }"),
        "Write the word that the message names.",
    ),
    Code(
        "E126",
        "an edition that is not known",
        "A text may begin with the edition of the language in which it is written: `arch 1`, the only one so far.",
        "arch 2\n\n" + _network("conv(8)"),
        "Read the text with an archc that knows its edition, or write `arch 1`.",
    ),
)
