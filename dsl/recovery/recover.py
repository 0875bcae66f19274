"""How parsing goes on after a mistake.

First the usual slips: each knows what was meant, says so, and the parser reads on as if it stood there. Then any single
sign whose absence or presence explains the mistake. Else the statement is given up and the next one begins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ...base.diagnostics import Diagnostic, Label
from ..lexer.misspelt_words import USAGE, misspelt_word
from ..lexer.scanner import Token, Tokens
from ..parser.lalr import Machine
from . import (
    alternatives,
    as_in_figures,
    assigned,
    brackets,
    conditionals,
    crossed,
    foreign_steps,
    headless,
    heads,
    imports,
    merges,
    named,
    order,
    rounds,
    slices,
    steps,
    texts,
    words,
)
from .expected import found, wanted
from .mistake import BEGINS_VALUE, CLOSES, Mistake, Repair, insert, remove, say

SLIPS: Final[tuple[Callable[[Mistake], Repair | None], ...]] = (
    words.late_edition,
    conditionals.question_and_colon,
    alternatives.else_of_a_path,
    alternatives.bars_in_a_condition,
    texts.message_without_comma,
    texts.label_with_holes,
    texts.pattern_without_quotes,
    steps.slashes,
    steps.second_label,
    steps.label_of_signs,
    steps.indexed_label,
    order.head_in_order,
    order.word_before_the_name,
    order.names_in_quotes,
    heads.name_of_signs,
    heads.shape_in_parentheses,
    heads.inputs_in_a_row,
    heads.names_of_a_loop,
    heads.list_of_a_loop,
    heads.then_without_braces,
    heads.then_and_else,
    heads.nameless_input,
    heads.input_of_a_block,
    heads.default_without_its_call,
    foreign_steps.step_on_a_condition,
    foreign_steps.merge_on_a_condition,
    foreign_steps.repeat_over,
    foreign_steps.names_before_a_step,
    as_in_figures.window_first,
    as_in_figures.named_arguments,
    as_in_figures.stride_behind,
    as_in_figures.operation_in_quotes,
    as_in_figures.sign_behind_an_arrow,
    rounds.rounds_before,
    rounds.rounds_behind,
    rounds.rounds_in_one_word,
    rounds.steps_in_parentheses,
    named.output_of_a_step,
    named.numbered_label,
    named.input_of_keras,
    named.let_of_a_step,
    headless.paths_before_their_head,
    merges.paths_in_parentheses,
    merges.condition_before_the_bar,
    brackets.foreign_forms,
    imports.import_from,
    imports.other_word,
    imports.path_of_python,
    steps.indexed_output,
    words.list_goes_on,
    words.wrong_place,
    words.step_in_declaration,
    words.class_missing,
    words.equal_signs,
    brackets.stray_brace,
    words.colon_equal,
    words.fat_arrow,
    words.changed_value,
    assigned.assigned_steps,
    named.missing_let,
    slices.slice_of_python,
    brackets.colon_in_brackets,
    brackets.list_after_list,
    brackets.python_tuple,
    brackets.stray_comma,
    brackets.wrong_closer,
    steps.arrow_to_statement,
    words.reserved_name,
    brackets.missing_value,
    crossed.sizes_by_sign,
    crossed.size_by_sign,
    foreign_steps.called_in_a_call,
    brackets.comma_or_end,
    steps.arrow_to_nothing,
    steps.arrow_from_nothing,
    merges.paths_without_braces,
    heads.bar_as_arrow,
    merges.first_path,
    steps.labels_of_parts,
    steps.other_joints,
    words.word_without_its_form,
    foreign_steps.index_of_a_step,
    foreign_steps.called_twice,
    steps.bare_arguments,
    merges.empty_path,
    words.colon_for_brace,
    words.missing_braces,
)
# Signs that may simply be missing, with what to call them.
_SIGNS: Final = {"COMMA": ",", "RPAR": ")", "RSQB": "]", "EQUAL": "=", "COLON": ":", "IN": "in", "ARROW": "->"}
_AHEAD: Final = 6
_BEGINS_STATEMENT: Final = words.IN_BODIES | {"LET", "DEFAULT", "BLOCK", "NETWORK", "OPERATION", "WEIGHT", "BUFFER"}
_BEGINS_ITEM: Final = frozenset({"BLOCK", "NETWORK", "OPERATION", "IMPORT", "FROM", "LET", "DEFAULT"})


def recover(tokens: Tokens, machine: Machine, position: int, again: bool) -> tuple[int, Diagnostic]:
    """Change the tokens and wind the machine back so that it can go on; from where, and what to say. -1 where nothing helps.

    `again`: remedies were tried here before and did not help.
    """
    start = machine.statement_start(position)
    between = machine.fits("BROKEN")
    mistake = Mistake(tokens, machine, position, max(start, 0), between)
    repair = None if again else _remedy(mistake)
    if repair is not None and repair.changes:
        first = mistake.start if repair.start is None else repair.start
        if repair.damaged:
            tokens.damaged.append(tokens.tokens[first].start)
        if start >= 0:
            machine.wind_back(tokens.tokens, first)
        else:
            machine.restart()
        last = max(change.last for change in repair.changes)
        tokens.tokens[first:last] = mistake.applied(repair.changes, first, last)
        return first, repair.diagnostic
    diagnostic = repair.diagnostic if repair is not None else _unknown(mistake)
    if start < 0:
        return -1, diagnostic
    if between:
        start = position  # what stands before is complete
    end = _next_statement(mistake, start)
    if not between:
        machine.wind_back(tokens.tokens, start)
    place = tokens.tokens[start].start
    close = max(tokens.tokens[end - 1].end, place) if end > start else place
    tokens.tokens[start:end] = [Token("BROKEN", place, close)]
    return start, diagnostic


def give_up(tokens: Tokens, machine: Machine, position: int) -> int:
    """Leave the rest of the text unread, from the block or network on in which the machine is; from where to go on."""
    height = 1 if len(machine.values) and machine.takes("NETWORK", 1) else 0
    start = machine.marks[height] if height < len(machine.marks) else position
    machine.wind_back(tokens.tokens, start)
    end = tokens.tokens[-1]
    tokens.tokens[start:] = [Token("BROKEN", tokens.tokens[start].start, end.start), end]
    return start


def _remedy(mistake: Mistake) -> Repair | None:
    for slip in SLIPS:
        repair = slip(mistake)
        if repair is not None and (
            not repair.changes or mistake.gain(repair, 1) >= 1 or (mistake.token.kind == "$END" and mistake.gain(repair, 1) >= 0)
        ):
            return repair
    return misspelt_word(mistake) or _single_sign(mistake)


def _single_sign(mistake: Mistake) -> Repair | None:
    """The one sign that, written or left out, lets most of what follows make sense."""
    best: tuple[int, Repair] | None = None
    expected = mistake.machine.expected()
    place = mistake.before.end
    for kind, sign in _SIGNS.items():
        if kind in expected and (kind != "IN" or mistake.at(mistake.start).kind == "FOR"):
            message = f"`{sign}` is missing before {found(mistake)}"
            change = mistake.insert(mistake.position, kind)
            repair = Repair(
                say(
                    "E101",
                    message,
                    mistake.span(mistake.token),
                    f"`{sign}` before this",
                    fix=insert(mistake, place, sign),
                    others=_line_before(mistake),
                ),
                (change,),
            )
            gain = mistake.gain(repair, _AHEAD)
            if gain >= _AHEAD and (best is None or gain > best[0]):
                best = gain, repair
    if best is None and mistake.token.kind not in ("$END", *CLOSES, *CLOSES.values()):
        message = f"{found(mistake)} does not belong here"
        is_sign = mistake.token.kind not in BEGINS_VALUE - {"MINUS"}  # a name or a number was written for something
        fix = remove(mistake, mistake.token) if is_sign else None
        repair = Repair(say("E101", message, mistake.span(mistake.token), "", fix=fix), (mistake.drop(mistake.position),))
        if mistake.gain(repair, _AHEAD) >= _AHEAD:
            best = _AHEAD, repair
    return best[1] if best else None


def _unknown(mistake: Mistake) -> Diagnostic:
    expected = wanted(mistake)
    first = mistake.word(mistake.at(mistake.start)) if mistake.start < mistake.position else ""
    help = f"write {USAGE[first]}" if first in USAGE and not mistake.between else None
    if mistake.token.kind == "$END":
        message = f"the text ends where {expected or 'more'} was expected"
    else:
        message = f"{found(mistake)} does not belong here" + (f": expected {expected}" if expected else "")
    if mistake.token.kind == "$END" and mistake.position:
        return say("E101", message, mistake.span(mistake.before), "the last that could be read", help=help)
    return say("E101", message, mistake.span(mistake.token), "", help=help, others=_line_before(mistake))


def _line_before(mistake: Mistake) -> tuple[Label, ...]:
    """Where the text broke off, when what does not belong there begins a line of its own: the slip is likelier there."""
    before = mistake.span(mistake.before)
    return (Label(before, "after this"),) if mistake.position and before.line < mistake.span(mistake.token).line else ()


def _next_statement(mistake: Mistake, start: int) -> int:
    """The index of the token with which the text makes sense again: the next statement's, or the end of the body."""
    tokens = mistake.tokens
    top = mistake.at_top
    begins = _BEGINS_ITEM if top else _BEGINS_STATEMENT
    index, depth, parentheses = start, 0, 0
    while True:
        kind = tokens[index].kind
        if kind == "$END":
            return index
        if index > mistake.position or (index == mistake.position and ((index > start and kind == "BAR") or kind == "RBRACE")):
            if not depth and ((kind == "RBRACE" and not top) or kind == "BAR"):
                return index
            if not depth and not parentheses and kind in begins and mistake.begins_line(index):
                return index
            if kind in ("BLOCK", "NETWORK", "OPERATION") and mistake.begins_line(index) and not depth:
                return index
        if kind in ("LBRACE", "BRACE_BAR"):
            depth += 1
        elif kind == "RBRACE":
            depth = max(depth - 1, 0)
        elif kind in ("LPAR", "LSQB"):
            parentheses += _is_closed(tokens, index)
        elif kind in ("RPAR", "RSQB"):
            parentheses = max(parentheses - 1, 0)
        index += 1


def _is_closed(tokens: list[Token], index: int) -> bool:
    """Whether a bracket is closed before something that no bracket may hold."""
    depth = 0
    for token in tokens[index:]:
        if token.kind in ("LPAR", "LSQB"):
            depth += 1
        elif token.kind in ("RPAR", "RSQB"):
            depth -= 1
            if not depth:
                return True
        elif token.kind in ("LBRACE", "BRACE_BAR", "RBRACE", "ARROW", "BAR", "$END", "STAGE", "LET", "BLOCK", "NETWORK", "OPERATION"):
            return False
    return False
