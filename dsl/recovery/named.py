"""`width = 64`, `self.conv1 = conv(64)`, `let y = conv(64) -> relu`: what a name is given to, a value or a step."""

from __future__ import annotations

from typing import Final

from ...base.diagnostics import Edit, Fix
from ..lexer.foreign_signs import label_in_quotes
from ..lexer.scanner import Token
from .functions import FUNCTIONS
from .kept import given, kept_name, names_the_tensor_at_hand
from .mistake import CLOSES, Change, Mistake, Repair, nesting, say
from .steps import is_label


def missing_let(mistake: Mistake) -> Repair | None:
    """`width = 64`, `x = conv(64)`, `self.x = conv(64)`."""
    token, before = mistake.token, mistake.before
    if token.kind not in ("EQUAL", "COLON_EQUAL") or before.kind != "NAME" or mistake.in_parentheses():
        return None
    name, value = mistake.word(before), mistake.after
    first = _head(mistake)
    parts = mistake.tokens[first : mistake.position]
    if any(part.kind != ("DOT" if index % 2 else "NAME") for index, part in enumerate(parts)):
        return None
    whole = mistake.span(parts[0]).to(mistake.span(token))
    within = first > mistake.start  # a chain goes on to it: what is named is a step
    makes_step = value.kind == "NAME" and (
        within
        or _is_kept_step(mistake, name, len(parts) > 1)
        or mistake.at(mistake.position + 2).kind in ("ARROW", "BRACE_BAR")
        or _is_step(mistake)
    )
    if makes_step and not mistake.at_top:
        message = f"a step is named by a label: `{name}: …`"
        fix: Fix | None = Fix(f"write `{name}:`", (Edit(whole, f"{name}:"),))
        help: str | None = None
        last = -1 if within else _last_of_chain(mistake, mistake.position + 1)
        if last >= 0:
            # What is assigned is what the whole chain gives, and a label names the one step behind it.
            step = mistake.tokens[last]
            edits = (Edit(mistake.place(whole.start).to(mistake.place(value.start)), ""), Edit(mistake.place(step.start), f"{name}: "))
            fix = Fix(f"write `{name}:` before `{mistake.word(step)}`, the last step, whose output it names", edits)
        if len(parts) > 1 and _is_alone(mistake, mistake.position + 1) and _is_read(mistake, name):
            help = f"a step stands where it is to run: write `{mistake.word(value)}` there"
            return Repair(say("E116", message, whole, help=help), (_left_out(mistake, first),), start=first)
        if len(parts) == 1 and not within and names_the_tensor_at_hand(mistake.span(before)):
            # A label of that name is there, or would be there twice. What the line is here is known where the labels are.
            message, fix = "a step takes the tensor at hand, and gives it on without a name", None
            help = "write the step alone: `conv(64) -> relu`; a label of its own is read by `skip`, `a: conv(64)`, `skip(a)`"
        label = Change(first, mistake.position + 1, (before, token._replace(kind="COLON")))
        return Repair(say("E116", message, whole, help=None if fix else help, fix=fix), (label,))
    if within:
        return None
    kept = None if mistake.at_top else kept_name(mistake, name, first)
    if kept is not None:
        message = f"`{name}` has a value, and a name keeps what it was given"
        if given(mistake, name, first) is None:
            message = f"what a body gives `{name}` ends with the `}}` of the body"
        if len(parts) > 1 and _is_alone(mistake, mistake.position + 1) and mistake.word(value) == name:  # `self.width = width`
            line = mistake.place(whole.start).to(mistake.span(value))
            fix = Fix("leave it out", (Edit(line, ""),))
            return Repair(say("E116", f"`{name}` has its value already", whole, fix=fix), (_left_out(mistake, first),), start=first)
        return Repair(say("E116", message, whole, help=kept), (_left_out(mistake, first),), start=first)
    if not mistake.at_top and value.kind == "NAME" and _is_alone(mistake, mistake.position + 1) and is_label(mistake, mistake.word(value)):
        tensor = mistake.word(value)
        help = f"`{name}: skip` names the tensor at hand, `{name}: skip({tensor})` that of `{tensor}`"
        let = (Token("LET", parts[0].start, parts[0].start), before, token._replace(kind="EQUAL"))
        return Repair(
            say("E116", "a tensor is named by a label", whole, help=help), (Change(first, mistake.position + 1, let),), start=first
        )
    message, help = f"a value is named by `let`: `let {name} = …`", ""
    is_whole = mistake.at_top or first == 0 or mistake.begins_line(first) or mistake.at(first - 1).kind in ("LBRACE", "BAR", "RBRACE")
    if not mistake.at_top and given(mistake, name, first) is None and names_the_tensor_at_hand(mistake.span(before)):
        help = f"where `{name}` is a tensor, what is joined to it is a path of a merge: `add {{ | skip | skip(a) }}`"
        message, is_whole = f"`{name}` is given something more than once, and a name keeps what it was given", False
    let_fix = Fix(f"write `let {name} =`", (Edit(whole, f"let {name} ="),)) if is_whole else None
    let = (Token("LET", parts[0].start, parts[0].start), before, token._replace(kind="EQUAL"))
    return Repair(say("E116", message, whole, help=help or None, fix=let_fix), (Change(mistake.start, mistake.position + 1, let),))


def output_of_a_step(mistake: Mistake) -> Repair | None:
    """`output y = conv(8)`, `output y = skip(a) -> relu`: an output is what a label names."""
    step = mistake.position - 1
    kinds = tuple(mistake.at(step - number).kind for number in range(4))
    if mistake.token.kind not in ("LPAR", "ARROW", "BRACE_BAR") or kinds != ("NAME", "EQUAL", "NAME", "OUTPUT"):
        return None
    first, end = step - 3, step
    while mistake.at(end).kind not in ("RBRACE", "$END", "COMMA") and (
        end == step or mistake.at(end).kind == "ARROW" or not mistake.begins_line(end)
    ):
        end = mistake.value_end(end) if mistake.at(end).kind in CLOSES else end + 1
    name, last = mistake.word(mistake.at(step - 2)), _last_of_chain(mistake, step)
    labelled = mistake.at(last if last >= 0 else step)
    whole = mistake.span(mistake.at(first)).to(mistake.span(mistake.at(end - 1)))
    indent = mistake.source.source.text[: whole.start].rpartition("\n")[2]
    several = mistake.at(end).kind == "COMMA" or (last < 0 and "->" in whole.text)
    edits = (
        Edit(mistake.place(whole.start).to(mistake.place(mistake.at(step).start)), ""),
        Edit(mistake.place(labelled.start), f"{name}: "),
        Edit(mistake.place(whole.end), f"\n{indent}output {name}"),
    )
    fix = Fix(f"write `{name}:` before `{mistake.word(labelled)}`, and below it `output {name}`", edits)
    help = f"label the step, `{name}: conv(64)`, and write `output {name}` below it"
    message = "an output is named by a label, and not made by its statement"
    certain = not indent.strip() and not several
    diagnostic = say("E122", message, whole, help=None if certain else help, fix=fix if certain else None)
    return Repair(diagnostic, (Change(first, end, (Token("BROKEN", whole.start, whole.end),)),), start=first)


def input_of_keras(mistake: Mistake) -> Repair | None:
    """`x = Input(shape=(32, 32, 3))`, `x = keras.Input(…)`: an input is a statement, and its channels come first."""
    first, opener = mistake.position - 1, mistake.position + 1
    while mistake.at(opener).kind in ("NAME", "DOT"):
        opener += 1
    if mistake.token.kind != "EQUAL" or mistake.before.kind != "NAME" or mistake.in_parentheses():
        return None
    if mistake.word(mistake.at(opener - 1)) != "Input" or mistake.at(opener).kind != "LPAR":
        return None
    end = mistake.value_end(mistake.position + 1)
    sizes = [mistake.word(token) for token in mistake.tokens[opener:end] if token.kind == "NUMBER"]
    whole = mistake.span(mistake.before).to(mistake.span(mistake.at(end - 1)))
    message = "an input is a statement of its own, and its channels stand first"
    name = mistake.word(mistake.before)
    right = f"input {name}[{', '.join([sizes[-1], *sizes[:-1]])}]" if len(sizes) in (1, 3) else ""
    certain = right and mistake.begins_line(first)
    fix = Fix(f"write `{right}`", (Edit(whole, right),)) if certain else None
    help = None if fix else f"write `input {name}[3, 224, 224]`: channels, height, width; or `input {name}[length = 16, channels = 64]`"
    diagnostic = say("E116", message, whole, help=help, fix=fix)
    return Repair(diagnostic, (Change(first, end, (Token("BROKEN", whole.start, whole.end),)),), start=first)


def _left_out(mistake: Mistake, first: int) -> Change:
    """The rest is read without the line of the mistake."""
    end = mistake.position + 1
    while mistake.at(end).kind not in ("$END", "RBRACE") and not mistake.begins_line(end):
        end = mistake.value_end(end) if mistake.at(end).kind in CLOSES else end + 1
    return Change(first, end, (Token("BROKEN", mistake.at(first).start, mistake.at(end - 1).end),))


def _is_kept_step(mistake: Mistake, name: str, of_self: bool) -> bool:
    """`self.bn1 = bn`, `b = bn`: no value has the name behind the sign, so it is a step's. One that is read later may be a value,
    `act = relu`, but not as an attribute of a module."""
    word = mistake.word(mistake.after)
    if not _is_alone(mistake, mistake.position + 1) or is_label(mistake, word) or given(mistake, word, mistake.position) is not None:
        return False
    return of_self or not _is_read(mistake, name)


def _is_alone(mistake: Mistake, index: int) -> bool:
    """Whether a name stands at `index` and its line, or its body, ends with it."""
    return mistake.at(index).kind == "NAME" and (mistake.at(index + 1).kind in ("RBRACE", "$END", "BAR") or mistake.begins_line(index + 1))


def _is_read(mistake: Mistake, name: str) -> bool:
    """Whether the name stands again further on in this block or network, other than to be given anew."""
    for index in range(mistake.position + 2, len(mistake.tokens)):
        token = mistake.tokens[index]
        if token.kind in ("BLOCK", "NETWORK", "OPERATION"):
            return False
        if token.kind == "NAME" and mistake.word(token) == name and mistake.at(index + 1).kind not in ("COLON", "EQUAL"):
            return True
    return False


def let_of_a_step(mistake: Mistake) -> Repair | None:
    """`let y = add { | conv(64) | skip }`, `let y = conv(64) -> relu`: `let` names a value, and a label what a step gives."""
    if mistake.token.kind not in ("BRACE_BAR", "ARROW", "BAR") or mistake.at_top or mistake.in_parentheses():
        return None
    first = mistake.position
    while first and not mistake.begins_line(first) and mistake.at(first).kind not in ("LET", "LBRACE", "RBRACE"):
        first -= 1
    name, equal, value = (mistake.at(first + number) for number in (1, 2, 3))
    if (mistake.at(first).kind, name.kind, equal.kind, value.kind) != ("LET", "NAME", "EQUAL", "NAME"):
        return None
    label = mistake.word(name)
    whole = mistake.span(mistake.at(first)).to(mistake.span(equal))
    message = f"`let` names a value; a step is named by a label: `{label}: …`"
    if mistake.token.kind == "BAR":
        return Repair(say("E116", message, whole, help=f"write `{label}: {mistake.word(value)} {{ | … | … }}`"), ())
    last = _last_of_chain(mistake, first + 3)
    if last >= 0:
        step = mistake.at(last)
        edits = (Edit(mistake.place(whole.start).to(mistake.place(value.start)), ""), Edit(mistake.place(step.start), f"{label}: "))
        fix = Fix(f"write `{label}:` before `{mistake.word(step)}`, the last step, whose output it names", edits)
    else:
        fix = Fix(f"write `{label}:`", (Edit(whole, f"{label}:"),))
    return Repair(say("E116", message, whole, fix=fix), (Change(first, first + 3, (name, equal._replace(kind="COLON"))),), start=first)


def _last_of_chain(mistake: Mistake, index: int) -> int:
    """The last step of the chain that begins at `index`; -1 where there is but one, or it has a label of its own."""
    found, depth = -1, 0
    while mistake.at(index).kind != "$END":
        kind = mistake.at(index).kind
        if not depth and (kind in ("RBRACE", "BAR") or (mistake.begins_line(index) and "ARROW" not in (kind, mistake.at(index - 1).kind))):
            break
        depth += nesting(kind)
        if kind == "ARROW" and not depth:
            found = index + 1
        index += 1
    return found if found >= 0 and mistake.at(found).kind == "NAME" and mistake.at(found + 1).kind != "COLON" else -1


def _head(mistake: Mistake) -> int:
    """Where the name before the sign begins: behind the last arrow or bar of the statement, or with it."""
    first = mistake.position - 1
    while first > mistake.start and mistake.at(first - 1).kind in ("DOT", "NAME") and not mistake.begins_line(first):
        first -= 1
    return first if mistake.at(first - 1).kind in ("ARROW", "BAR", "BRACE_BAR") else mistake.start


def _is_step(mistake: Mistake) -> bool:
    """Whether a call follows and nothing is computed with it."""
    index = mistake.position + 1
    while mistake.at(index + 1).kind == "DOT" and mistake.at(index + 2).kind == "NAME":  # `F.relu(x)`
        index += 2
    if mistake.at(index + 1).kind != "LPAR" or mistake.word(mistake.at(index)) in FUNCTIONS:
        return False
    end = mistake.value_end(index)
    return mistake.begins_line(end) or mistake.at(end).kind in ("ARROW", "RBRACE", "BAR")


_OF_A_PATH: Final = ("NAME", "DOT", "NUMBER", "TEXT")


def numbered_label(mistake: Mistake) -> Repair | None:
    """`skip(layer1.0)`, `output y = layer4.1`, `skip(layer1."0")`: the path of a label with a number in it, or with a part of it in quotes."""
    is_number = mistake.token.kind == "NUMBER" and mistake.word(mistake.token).isdigit()
    if not (is_number or mistake.token.kind == "TEXT") or mistake.before.kind != "DOT" or mistake.before.end != mistake.token.start:
        return None
    begin, end = mistake.position - 1, mistake.position + 1
    while begin and mistake.at(begin - 1).kind in _OF_A_PATH and mistake.at(begin - 1).end == mistake.at(begin).start:
        begin -= 1
    while mistake.at(end).kind in _OF_A_PATH and mistake.at(end).start == mistake.at(end - 1).end:
        end += 1
    whole = mistake.span(mistake.at(begin)).to(mistake.span(mistake.at(end - 1)))
    return Repair(label_in_quotes(whole), (Change(begin + 1, end),), damaged=True)
