"""Slips with parentheses, brackets and commas."""

from __future__ import annotations

from ...base.diagnostics import Edit, Fix, Label
from ..lexer.misspelt_words import USAGE
from ..lexer.scanner import Token
from .expected import found
from .mistake import BEGINS_VALUE, CLOSES, ENDS_VALUE, SIGN_OF, Change, Mistake, Repair, insert, remove, replace, say

_AHEAD = 6
_TYPES = frozenset(("int", "float", "str", "bool", "list", "tuple", "number", "string", "boolean", "size", "block", "Any"))
_ALONE = BEGINS_VALUE - {"LPAR", "LSQB", "MINUS", "NOT", "TEXT_START", "IN"}
_IN_LISTS = frozenset(("LPAR", "RPAR", "LSQB", "RSQB", "COMMA", "NUMBER", "MINUS"))
_NEVER_IN_BRACKETS = frozenset(("ARROW", "BAR", "$END", "RBRACE", "LBRACE", "BRACE_BAR", "STAGE", "LET", "BLOCK", "NETWORK", "OPERATION"))
_OPERATORS = frozenset(
    ("PLUS", "MINUS", "STAR", "SLASH", "DOUBLE_SLASH", "PERCENT", "POWER", "COMPARISON", "AND", "OR", "NOT", "EQUAL", "ELSE")
)


def comma_or_end(mistake: Mistake) -> Repair | None:
    """`conv(64 3)`, `conv(64 -> bn`, `[3, 4`: a comma or the closing bracket is missing."""
    opener = mistake.opener()
    if opener < 0 or mistake.tokens[opener].kind not in ("LPAR", "LSQB"):
        return None
    if mistake.before.kind in ("COMMA", "LPAR", "LSQB") and mistake.token.kind in _OPERATORS:
        return None
    options: list[tuple[int, int, Repair]] = []
    if mistake.token.kind in BEGINS_VALUE and mistake.before.kind in ENDS_VALUE:
        comma = _missing_comma(mistake)
        options.append((mistake.gain(comma, _AHEAD), 0 if mistake.begins_line() else 1, comma))
    end = _missing_end(mistake, opener)
    if end is not None and not _is_closed(mistake, opener):
        options.append((mistake.gain(end, _AHEAD), 1 if mistake.begins_line() else 0, end))
    options = [option for option in options if option[0] >= 0]
    return max(options, key=lambda option: option[:2])[2] if options else None


def _is_closed(mistake: Mistake, opener: int) -> bool:
    """`pad(((1, 2), (3, 4)))`: a bracket within brackets that has its own end, and so has each around it."""
    first = opener
    while first > mistake.start and mistake.at(first - 1).kind in ("LPAR", "LSQB"):
        first -= 1
    end = mistake.value_end(first)
    inside = mistake.tokens[first:end]
    closed = mistake.at(end - 1).kind == CLOSES[mistake.at(first).kind] and {"ARROW", "RBRACE", "$END"}.isdisjoint(
        token.kind for token in inside
    )
    return first < opener and closed


def _missing_comma(mistake: Mistake) -> Repair:
    """The comma before the mistake, and those that the same bracket lacks further on: one alone would not let it be read."""
    places = [mistake.position, *_further_commas(mistake)]
    pairs = [(mistake.at(place - 1), mistake.tokens[place]) for place in places]
    told = [f"{found(mistake, before)} and {found(mistake, token)}" for before, token in pairs]
    help = None
    for before, token in pairs:
        if help is None and before.kind == "NAME" and token.kind in ("NUMBER", "SIZE", "TRUE", "FALSE", "NONE", "TEXT"):
            name, value = mistake.word(before), mistake.word(token)
            help = f"`{name}, {value}` are two arguments, `{name} = {value}` is one"
    if len(pairs) == 1:
        message, action = f"a comma is missing between {told[0]}", "write the comma"
    else:
        shown = ", between ".join(told[:3]) + (", …" if len(told) > 3 else "")
        message, action = f"{len(pairs)} commas are missing: between {shown}", "write the commas"
    fix = None if help else Fix(action, tuple(Edit(mistake.place(before.end), ",") for before, _ in pairs))
    others = tuple(Label(mistake.span(token), "and before this") for _, token in pairs[1:4])
    return Repair(
        say("E113", message, mistake.span(mistake.token), "a comma before this", help=help, fix=fix, others=others),
        tuple(mistake.insert(place, "COMMA") for place in places),
    )


def _further_commas(mistake: Mistake) -> list[int]:
    """Where else, behind the mistake and within its bracket, two values follow each other."""
    places: list[int] = []
    depth = 0
    for index in range(mistake.position, len(mistake.tokens)):
        token, before = mistake.tokens[index], mistake.at(index - 1)
        if token.kind in CLOSES.values():
            depth -= 1
            if depth < 0:
                return places
        elif token.kind in _NEVER_IN_BRACKETS:
            break
        elif index > mistake.position and not depth and token.kind in _ALONE and before.kind in ENDS_VALUE:
            places.append(index)
        depth += token.kind in CLOSES
    return []  # the bracket is never closed


def _missing_end(mistake: Mistake, opener: int) -> Repair | None:
    """Close brackets before the mistake, as many as it takes."""
    place = mistake.tokens[mistake.position - 1].end
    closing: list[Token] = []
    depth = 0
    for index in range(mistake.position - 1, mistake.start - 1, -1):
        kind = mistake.tokens[index].kind
        if kind in CLOSES.values():
            depth += 1
        elif kind in CLOSES and depth:
            depth -= 1
        elif kind in ("LPAR", "LSQB"):
            closing.append(Token(CLOSES[kind], place, place))
            repair = _unclosed(mistake, index, closing)
            if mistake.gain(repair, 2) >= 1:
                return repair
        elif kind in CLOSES:
            break
    return None


def _unclosed(mistake: Mistake, opener: int, closing: list[Token]) -> Repair:
    token, place = mistake.tokens[opener], mistake.before.end
    sign = mistake.word(token)
    owner = mistake.at(opener - 1)
    what = f" of `{mistake.word(owner)}`" if owner.kind == "NAME" and owner.end == token.start else ""
    signs = "".join(SIGN_OF[one.kind] for one in closing)
    many = f"{len(closing)} brackets are" if len(closing) > 1 else f"the `{sign}`{what} is"
    return Repair(
        say(
            "E112",
            f"{many} never closed: `{signs}` is missing",
            mistake.span(token),
            "opened here",
            others=(Label(mistake.place(place), f"`{signs}` belongs here"),),
            fix=insert(mistake, place, signs),
        ),
        (Change(mistake.position, mistake.position, (*_value_before(mistake), *closing)),),
        damaged=bool(_value_before(mistake)),
    )


def _value_before(mistake: Mistake) -> tuple[Token, ...]:
    """A value for `kernel =` at the end of what was read."""
    place = mistake.before.end
    return (Token("NAME", place, place),) if mistake.before.kind in _OPERATORS else ()


def python_tuple(mistake: Mistake) -> Repair | None:
    """`conv(64, (3, 3))`: a size or a list, as Python writes it."""
    opener = mistake.opener()
    if mistake.token.kind != "COMMA" or opener < 0 or mistake.tokens[opener].kind != "LPAR":
        return None
    nested = _nested_tuples(mistake, opener)
    if nested is not None:
        return nested
    first, owner = mistake.tokens[opener], mistake.at(opener - 1)
    end = mistake.value_end(opener)
    last = mistake.tokens[end - 1]
    if (owner.kind == "NAME" and owner.end == first.start) or last.kind != "RPAR":
        return None
    inside = mistake.tokens[opener + 1 : end - 1]
    span = mistake.span(first).to(mistake.span(last))
    numbers = [one for one in inside if one.kind == "NUMBER"]
    in_call = owner.kind in ("COMMA", "EQUAL", "LPAR") and mistake.at(mistake.start).kind in ("NAME", "ARROW", "BAR", "DEFAULT")
    if in_call and 1 < len(numbers) <= 3 and len(inside) == 2 * len(numbers) - 1:
        message, right = "a size is written with `x`, not as a tuple", "x".join(mistake.word(one) for one in numbers)
    else:
        message, right = "a list stands in brackets, not in parentheses", f"[{span.text[1:-1].rstrip(' ,')}]"
    fix = Fix(f"write `{right}`" if len(right) <= 40 else "write `[` and `]`", (Edit(span, right),))
    changes = (mistake.as_kind(opener, "LSQB"), mistake.as_kind(end - 1, "RSQB"))
    return Repair(say("E121", message, span, fix=fix), changes)


def _nested_tuples(mistake: Mistake, opener: int) -> Repair | None:
    """`pad(((1, 2), (3, 4)))`: lists in a list."""
    while mistake.at(opener - 1).kind == "LPAR" and mistake.at(opener - 2).end != mistake.at(opener - 1).start:
        opener -= 1
    if mistake.at(opener - 1).kind == "LPAR" and mistake.at(opener - 2).kind == "LPAR":
        opener -= 1
    if mistake.at(opener - 1).kind == "NAME" and mistake.at(opener - 1).end == mistake.at(opener).start:
        return None
    end = mistake.value_end(opener)
    inside = mistake.tokens[opener:end]
    if len([token for token in inside if token.kind == "LPAR"]) < 2 or {token.kind for token in inside} - _IN_LISTS:
        return None
    span = mistake.span(inside[0]).to(mistake.span(inside[-1]))
    right = span.text.replace("(", "[").replace(")", "]")
    fix = Fix(f"write `{right}`" if len(right) <= 40 else "write `[` and `]`", (Edit(span, right),))
    kinds = {"LPAR": "LSQB", "RPAR": "RSQB"}
    changes = tuple(
        mistake.as_kind(index, kinds[mistake.at(index).kind]) for index in range(opener, end) if mistake.at(index).kind in kinds
    )
    return Repair(say("E121", "a list stands in brackets, not in parentheses", span, fix=fix), changes)


def list_after_list(mistake: Mistake) -> Repair | None:
    """`[[1, 2] [3, 4]]`: two lists in a list without their comma, of which the second was read as the number of an item."""
    opener = mistake.opener()
    if opener < 1 or mistake.tokens[opener].kind != "LSQB" or mistake.tokens[opener - 1].kind != "RSQB":
        return None
    depth, first = 0, opener - 1
    while first > 0:
        depth += (mistake.tokens[first].kind in CLOSES.values()) - (mistake.tokens[first].kind in CLOSES)
        if not depth:
            break
        first -= 1
    if mistake.at(first - 1).kind not in ("LSQB", "COMMA", "EQUAL", "IN", "RSQB"):
        return None
    before, second = mistake.tokens[opener - 1], mistake.tokens[opener]
    edits, changes = [Edit(mistake.place(before.end), ",")], [mistake.insert(opener, "COMMA")]
    if mistake.before.kind in ENDS_VALUE and mistake.token.kind in BEGINS_VALUE:
        edits.append(Edit(mistake.place(mistake.before.end), ","))
        changes.append(mistake.insert(mistake.position, "COMMA"))
    fix = Fix("write the comma" if len(edits) == 1 else "write the commas", tuple(edits))
    message = f"a comma is missing between `{mistake.span(mistake.tokens[first]).to(mistake.span(before)).text}` and the list behind it"
    return Repair(say("E113", message, mistake.span(second), "a comma before this", fix=fix), tuple(changes))


def wrong_closer(mistake: Mistake) -> Repair | None:
    """`conv(64]`, `conv(64}`, a `)` that closes nothing."""
    token = mistake.token
    if token.kind not in ("RPAR", "RSQB"):
        return None
    opener = mistake.opener()
    if opener >= 0 and mistake.tokens[opener].kind in ("LPAR", "LSQB"):
        opening = mistake.tokens[opener]
        right = CLOSES[opening.kind]
        if right == token.kind:
            return None
        signs = f"`{mistake.word(opening)}` is closed by `{SIGN_OF[right]}`, not by `{mistake.word(token)}`"
        others = (Label(mistake.span(opening), "opened here"),)
        return Repair(
            say("E112", signs, mistake.span(token), others=others, fix=replace(mistake, token, SIGN_OF[right])),
            (mistake.as_kind(mistake.position, right),),
        )
    sign, opening_sign = mistake.word(token), "(" if token.kind == "RPAR" else "["
    message = f"a `{sign}` closes nothing: no `{opening_sign}` is open here"
    return Repair(say("E111", message, mistake.span(token), "one too many", fix=remove(mistake, token)), (mistake.drop(mistake.position),))


def stray_brace(mistake: Mistake) -> Repair | None:
    """`conv(64} 3)`: a brace within parentheses, which `braces.py` has found."""
    token = mistake.token
    if token.kind != "STRAY_BRACE":
        return None
    span = mistake.span(token)
    sign = span.text
    options = [
        Repair(
            say("E111", f"a `{sign}` does not belong inside of parentheses", span, fix=remove(mistake, token)),
            (mistake.drop(mistake.position),),
            damaged=True,
        )
    ]
    for kind in ("COMMA", "RPAR", "RSQB", "LPAR", "LSQB"):
        right = SIGN_OF[kind]
        message = f"a `{sign}` does not belong inside of parentheses, where `{right}` seems to be meant"
        diagnostic = say("E111", message, span, fix=replace(mistake, token, right))
        options.append(Repair(diagnostic, (mistake.as_kind(mistake.position, kind),), damaged=kind not in ("RPAR", "RSQB")))
    return max(options, key=lambda option: mistake.gain(option, _AHEAD))


def stray_comma(mistake: Mistake) -> Repair | None:
    """`conv(64,, 3)`, `[, 3]`."""
    if mistake.token.kind != "COMMA" or mistake.before.kind not in ("COMMA", "LPAR", "LSQB"):
        return None
    message = "a comma with nothing before it"
    fix = remove(mistake, mistake.token)
    return Repair(say("E113", message, mistake.span(mistake.token), "one too many", fix=fix), (mistake.drop(mistake.position),))


def colon_in_brackets(mistake: Mistake) -> Repair | None:
    """`conv(64, kernel: 3)`, `block b(out: int)`, `depths[1:]`."""
    token, before = mistake.token, mistake.before
    opener = mistake.opener()
    if token.kind != "COLON" or opener < 0:
        return None
    if mistake.tokens[opener].kind == "HOLE_START":
        message = "an expression in a text has no format after a colon"
        return Repair(say("E107", message, mistake.span(token), help="leave out what follows the expression"), ())
    if mistake.tokens[opener].kind == "LSQB":
        message = "a part of a list is not written with `:`"
        help = "`take(list, n)` gives the first n items, `list[0]` gives one"
        if mistake.word(mistake.at(opener - 1)) == "shape" and mistake.at(opener - 2).kind == "DOT":
            label = mistake.word(mistake.at(opener - 3))
            help = f"a shape is read axis by axis, `{label}.height`; a map as large as another is `upsample(like = {label})`"
        return Repair(say("E121", message, mistake.span(token), help=help), ())
    if mistake.tokens[opener].kind != "LPAR" or before.kind != "NAME":
        return None
    is_type = mistake.after.kind == "NAME" and (mistake.word(mistake.after) in _TYPES or mistake.at(mistake.position + 2).kind == "EQUAL")
    if mistake.at(opener - 2).kind in ("BLOCK", "NETWORK", "OPERATION") and not is_type:
        message = f"the default of `{mistake.word(before)}` is given with `=`, not with `:`"
        fix = replace(mistake, token, " =")
        return Repair(say("E116", message, mistake.span(token), fix=fix), (mistake.as_kind(mistake.position, "EQUAL"),))
    if is_type:
        end = mistake.value_end(mistake.position + 1)
        span = mistake.span(token).to(mistake.span(mistake.tokens[end - 1]))
        message = f"the parameter `{mistake.word(before)}` has a type: parameters have none"
        fix = Fix(f"leave `{span.text}` out", (Edit(span, ""),))
        return Repair(say("E116", message, span, fix=fix), (Change(mistake.position, end),))
    message = f"the argument `{mistake.word(before)}` is given with `=`, not with `:`"
    fix = replace(mistake, token, " =")
    return Repair(say("E116", message, mistake.span(token), fix=fix), (mistake.as_kind(mistake.position, "EQUAL"),))


def foreign_forms(mistake: Mistake) -> Repair | None:
    """Forms of Python that have no counterpart: comprehensions, `*args`, `lambda`, `x in list`."""
    token = mistake.token
    span = mistake.span(token)
    if token.kind == "FOR" and mistake.in_parentheses() and mistake.before.kind in ENDS_VALUE and not mistake.begins_line():
        help = "a `for` statement makes one step for each value: `for x in list { … }`"
        return Repair(say("E121", "a list is written out, not made by a `for`", span, help=help), ())
    if token.kind == "ARROW" and _is_chain_in_a_call(mistake):
        help = "give the steps a name and pass that: `block part(out) { conv(out) -> bn }`, then `unit = part`"
        return Repair(say("E121", "an argument is one value, and a chain of steps is none", span, help=help), ())
    if token.kind in ("STAR", "POWER") and mistake.in_parentheses() and mistake.before.kind in ("LPAR", "COMMA"):
        return Repair(say("E121", "a list of arguments cannot be poured into a call", span, help="write the arguments out"), ())
    if token.kind == "IN" and mistake.before.kind in ENDS_VALUE:
        help = "compare with each value: `x == 1 or x == 2`"
        return Repair(say("E121", "`in` does not ask whether a list holds a value", span, help=help), ())
    if token.kind == "NOT" and mistake.after.kind == "IN":
        help = "compare with each value: `x != 1 and x != 2`"
        return Repair(say("E121", "`not in` does not ask whether a list holds a value", span, help=help), ())
    if token.kind in ("NAME", "NOT") and mistake.word(mistake.before) == "is" and mistake.before.kind == "NAME":
        return Repair(say("E121", "values are compared with `==` or `!=`, not with `is`", mistake.span(mistake.before)), ())
    if mistake.before.kind == "NAME" and mistake.word(mistake.before) == "lambda":
        help = "pass a block by its name: `act = hard_swish`, `unit = bottleneck(shortcut = none)`"
        return Repair(say("E121", "there is no `lambda`", mistake.span(mistake.before), help=help), ())
    first = mistake.at(mistake.start)
    after_value = not mistake.begins_line(mistake.start) and mistake.at(mistake.start - 1).kind in ENDS_VALUE
    if token.kind == "COLON" and first.kind == "IF":
        return None  # a statement behind an arrow: `conv(8) -> if deep: bn`
    has_body = any(one.kind == "LBRACE" for one in mistake.tokens[mistake.start : mistake.position])
    if (token.kind == "IF" and mistake.before.kind in ENDS_VALUE and not mistake.begins_line()) or (
        first.kind == "IF" and after_value and not has_body
    ):
        word = mistake.word(mistake.at(mistake.start - 1))
        if word in USAGE and first.kind == "IF":
            return Repair(
                say("E119", "`if` is a word of the language and cannot be a name", mistake.span(first), help=f"write {USAGE[word]}"), ()
            )
        where = mistake.span(token if token.kind == "IF" else first)
        help = "a value on a condition: `2 if i > 0 else 1`"
        return Repair(say("E121", "an `if` after a value needs its `else`", where, "`else` does not follow", help=help), ())
    return None


def _is_chain_in_a_call(mistake: Mistake) -> bool:
    """`f(conv(3) -> bn)`: the `)` behind the chain closes the call that holds it. In `conv(64 -> bn` one is missing."""
    if not mistake.in_parentheses() or mistake.before.kind not in ("RPAR", "NAME"):
        return False
    depth = 0
    for token in mistake.tokens[mistake.position :]:
        if token.kind in ("LPAR", "LSQB"):
            depth += 1
        elif token.kind in ("RPAR", "RSQB"):
            depth -= 1
            if depth < 0:
                return True
        elif token.kind in ("LBRACE", "BRACE_BAR", "RBRACE", "$END"):
            return False
    return False


def missing_value(mistake: Mistake) -> Repair | None:
    """`conv(64, kernel = )`, `let x =`, `3 + )`: nothing where a value should be."""
    before, token = mistake.before, mistake.token
    if before.kind not in _OPERATORS or not {"NUMBER", "NAME"} <= mistake.machine.expected():
        return None
    if token.kind in BEGINS_VALUE and not mistake.begins_line():
        return None
    message = f"a value is missing after `{mistake.word(before)}`"
    place = Token("NAME", before.end, before.end)
    repair = Repair(
        say("E101", message, mistake.span(before), "a value must follow"), (Change(mistake.position, mistake.position, (place,)),), True
    )
    return repair if mistake.gain(repair, 1) >= 0 else None
