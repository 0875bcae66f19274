"""What is said of a label that no step has: which one was meant, where it is, which there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Span
from ...dsl import ast
from ..graph.program import Node, Scope
from ..graph.provenance import short
from ..ops.suggest import closest, did_you_mean, is_near
from .closures import Frame, Labelled, Template
from .explain_blocks import of_the_caller, own_scopes
from .explain_ifs import in_an_if
from .explain_lists import labels_in_a_list
from .explain_outputs import output_named, said_of_an_output
from .explain_rounds import OfRounds, listed, of_rounds, rounds_within
from .explain_values import replacement, with_origins
from .naming import in_one_scope, plain_label, static_labels
from .values import UNKNOWN, Unknowable, kind_of


def come_in_together(name: str) -> str:
    """How the step labelled `name`, which takes several tensors, is written so that it may be used again on others."""
    return (
        f"`both {{ | … | … }} -> {name}: …`, then `both {{ | … | … }} -> reuse({name})`, with `block both takes a, b gives a, b {{ skip }}`"
    )


def no_label(
    frame: Frame,
    path: Sequence[str],
    span: Span,
    nodes: Sequence[Node],
    scopes: Sequence[Scope],
    named: Sequence[tuple[Scope, Labelled]],
) -> Diagnostic:
    """`skip(e9)` where nothing is labelled `e9`. `named`: all labels so far, wherever they stand.

    Raises `Unknowable` where a mistake may have taken it away.
    """
    name, *rest = path
    for level in frame.environment.levels():
        later = static_labels(level.body).get(name)
        if later is not None and later.span.start > span.start:
            return Diagnostic(
                "E203",
                f"`{name}` is used before it exists",
                Label(span, "used here"),
                (Label(later.span, "defined here, later"),),
                help="steps run in the order of the text; move the step that makes it up, or the use of it down",
            )
    around = _around(frame, name, span)
    if around is not None:
        behind = f"it is there once its last step has run, and a network has no way back: behind it, `skip({name})` reads it and `reuse({name})` runs it again"
        return Diagnostic(
            "E203", f"`{name}` is used inside itself", Label(span, "used here"), (Label(around.span, "begins here"),), help=behind
        )
    if frame.environment.has_holes:
        raise Unknowable
    conditional = in_an_if(frame.environment, name, span)
    if conditional is not None:
        return conditional
    message, primary = f"no step is labelled `{name}`", Label(span, "no such label")
    result = _name_of_an_output(frame, path, span, message) if not rest else _by_the_name_of_a_template(frame, path, span, message)
    if result is not None:
        return result
    rounds = of_rounds(frame.environment, frame.entry, name, span)
    if rounds is not None:
        return _of_a_round(Diagnostic("E202", message, primary), rounds)
    listed_ones = labels_in_a_list(frame, name, span) if not rest else None
    if listed_ones is not None:
        return Diagnostic("E202", message, primary, help=listed_ones.help, fix=listed_ones.fix)
    known = [label for level in frame.environment.levels() for label in level.labels]
    near = closest(name, known)
    elsewhere = [f"{outer}.{name}" for level in frame.environment.levels() for outer, row in level.labels.items() if name in row.members]
    help = f"it is inside another: `{elsewhere[0]}`" if elsewhere else did_you_mean(near)
    binding = frame.environment.binding(name)
    if help is None and binding is not None and binding.value is not UNKNOWN:
        help = f"`{name}` is {kind_of(binding.value)}; a label names a step: `{name}: conv(…)`"
    if name == "in":
        help = "`in` has the sizes of the tensor that comes in, as numbers, and is no step: here the label of a step is wanted, or an input's name"
    if path == ("skip",):
        written = span.source.span(span.start - len("skip("), min(span.end + 1, len(span.source.text)))
        help = "`skip` by itself, without a label, is the tensor that comes in"
        fix = Fix(help, (Edit(written, "skip"),)) if written.text == "skip(skip)" else None
        return Diagnostic("E202", message, primary, help=help, fix=fix)
    if help is None or (binding is not None and rest):
        help = _in_a_block(frame, rest[-1] if rest else name) or help
    if help is None:
        help = _in_a_loop(frame, name)
    if help is None or not (elsewhere or (near and is_near(name, near[0]))):
        outside = of_the_caller(frame, name, span, nodes, scopes, named)
        if outside is not None:
            return outside
        unlabelled = _unlabelled(frame.scope, path[:1], span, nodes, scopes)
        if unlabelled is not None:
            return Diagnostic("E202", message, primary, unlabelled[1], help=unlabelled[0].message, fix=unlabelled[0])
    return Diagnostic(
        "E202",
        message,
        primary,
        tuple(
            Label(found.span, f"`{near[0]}` is this")
            for found in (frame.environment.label(near[0]) if near else None,)
            if found is not None
        ),
        help=help or (f"label the step that makes it: `{name}: …`" if name.isidentifier() else None),
        fix=replacement(span, tuple(elsewhere[:1]) or near) if not rest else None,
    )


def no_label_within(
    frame: Frame, found: Labelled, path: Sequence[str], depth: int, span: Span, nodes: Sequence[Node], scopes: Sequence[Scope]
) -> Diagnostic:
    """`skip(tower.c9)` where the tower is there, and nothing in it has that label: `path[depth]` is the first part that is not found."""
    part, outer = path[depth], ".".join(path[:depth])
    message, primary = f"`{found.name}` has no step labelled `{part}`", Label(span, f"no `{part}` in it")
    result = _name_of_an_output(frame, path, span, message) if depth == len(path) - 1 else None
    if result is not None:
        return result
    rounds = of_rounds(frame.environment, frame.entry, ".".join(path), span)
    if rounds is None:
        rounds = rounds_within(frame.environment, path[: depth + 1], found.members, span)
    if rounds is not None:
        return _of_a_round(Diagnostic("E202", message, primary), rounds)
    here: tuple[Label, ...] = (Label(found.span, f"`{found.name}` is this"),)
    deeper = [".".join((outer, *way, part)) for way in _ways(found.members, part)]
    near = tuple(f"{outer}.{name}" for name in closest(part, found.members) if not part.isdigit())  # no number is a slip of another
    alike = bool(near) and is_near(part, near[0].rpartition(".")[2])
    if alike:
        there = found.members[near[0].removeprefix(f"{outer}.")]
        here = (*here, Label(there.span, f"`{near[0]}` is this"))
    if not deeper and not alike:
        unlabelled = _unlabelled(frame.scope, path[: depth + 1], span, nodes, scopes)
        if unlabelled is not None:
            return Diagnostic("E202", message, primary, (*here, *unlabelled[1]), help=unlabelled[0].message, fix=unlabelled[0])
    if deeper:
        help = f"it is inside another: `{deeper[0]}`" + (f"; or {did_you_mean(near)}" if alike else "")
    elif found.members:
        help = did_you_mean(near) or f"its labels are {listed([f'{outer}.{name}' for name in found.members])}"
    else:
        help = "it has no labels inside: label the step that is meant, where it stands"
    meant = deeper[0] if deeper else near[0] if alike else None
    whole = meant is not None and depth == len(path) - 1 and len({*deeper, *near}) == 1
    quoted = span.text.startswith('"')
    written = f'"{meant}"' if quoted else meant
    plain = quoted or all(word.isidentifier() for word in (meant or "").split("."))
    fix = replacement(span, (written,)) if whole and plain and written is not None else None
    return Diagnostic("E202", message, primary, here, help=help, fix=fix)


def _by_the_name_of_a_template(frame: Frame, path: Sequence[str], span: Span, message: str) -> Diagnostic | None:
    """`resnet50`, then `skip(resnet50.layer1)`: what is inside is reached by the label of the step, and it has none."""
    name, *rest = path
    for level in frame.environment.levels():
        steps = [step for statement in level.body if isinstance(statement, ast.Chain) for step in statement.steps]
        found = [step for step in steps if step.label is None and isinstance(step.action, ast.Call) and step.action.path == (name,)]
        if len(found) != 1 or found[0].span.source is not span.source or span.text != ".".join(path):
            continue
        label = next(word for word in chain(("body",), (f"body{number}" for number in count(2))) if frame.environment.label(word) is None)
        place = found[0].span
        right = ".".join((label, *rest))
        help = f"what is inside is reached by the label of the step: `{label}: {short(place.text)}`, then `{right}`"
        edits = (Edit(place.source.span(place.start, place.start), f"{label}: "), Edit(span, right))
        return Diagnostic("E202", message, Label(span, "no such label"), (Label(place, "has no label"),), help=help, fix=Fix(help, edits))
    return None


def _name_of_an_output(frame: Frame, path: Sequence[str], span: Span, message: str) -> Diagnostic | None:
    """`skip(c3)`, `skip(body.c3)` beside `output c3 = body.layer2`: the name of a result of the network is no label; that of its step is."""
    item = output_named(frame.environment, path[-1])
    return (
        said_of_an_output(Diagnostic("E202", message, Label(span, "no such label")), item)
        if item is not None and item.label.span != span
        else None
    )


def _of_a_round(diagnostic: Diagnostic, rounds: OfRounds) -> Diagnostic:
    """The diagnostic with what is said of the loop, and what its bounds were worked out from."""
    diagnostic = replace(diagnostic, secondary=rounds.secondary, help=rounds.help, fix=rounds.fix)
    for bound in rounds.bounds:
        diagnostic = with_origins(bound.reader, diagnostic, bound.expression)
    return diagnostic


def labels_here(frame: Frame) -> str | None:
    """The labels that can be read at a place, those of steps that can run again first; None where there are none."""
    known = {name: row for level in frame.environment.levels() for name, row in level.labels.items()}
    again = [name for name, row in known.items() if row.again is not None]
    return listed(again) if again else None


def no_step_again(labelled: Labelled, nodes: Sequence[Node]) -> str:
    """Why `reuse(x)` is not possible, and what is: `x` is a tensor, which something else makes."""
    tensor = labelled.tensor
    if isinstance(tensor, int) and nodes[tensor].operation.family == "port":
        return f"it is an input, and has no weights: `skip({labelled.name})` takes it up again"
    return (
        f"the label stands for a tensor alone: `skip({labelled.name})` takes it up; "
        "`reuse` takes the label of the step with the weights, an operation, a group, a stage or a block"
    )


def _ways(members: Mapping[str, Labelled], name: str, most: int = 4) -> Iterable[tuple[str, ...]]:
    """The ways to a label deeper inside, at most `most` levels down."""
    for word, row in members.items():
        if name in row.members:
            yield (word,)
        elif row.members and most:
            yield from ((word, *way) for way in _ways(row.members, name, most - 1))


def _around(frame: Frame, name: str, span: Span) -> ast.Text | None:
    """The label of the step within whose own text it is read."""
    for level in frame.environment.levels():
        for part, label in ast.labels(*level.body, parts=in_one_scope):
            is_within = part.span.source is span.source and part.span.start <= span.start and span.end <= part.span.end
            if is_within and plain_label(label) == name:
                return label
    return None


def _unlabelled(
    scope: Scope, path: Sequence[str], span: Span, nodes: Sequence[Node], scopes: Sequence[Scope]
) -> tuple[Fix, tuple[Label, ...]] | None:
    """`skip(conv1)`: what a step without a label is called in the generated module is no label; how to make it one."""
    name = path[-1]
    if not name.isidentifier():
        return None
    parts: list[Node | Scope] = [*nodes, *scopes]
    for outer in own_scopes(scope):
        wanted = (*outer.path, *path)
        made = [part.span for part in parts if part.path == wanted and part.names == (name,)]
        if not made:
            continue
        place = made[0]
        if place.source is not span.source or place.text.startswith(("stage", "repeat", "for")):
            return None
        told = " ".join(place.text.split())
        told = told if len(told) <= 50 else f"{told[:50]}…"
        message = f"`{name}` is the name that this step has in the generated module, for it has no label: write `{name}: {told}`"
        return Fix(message, (Edit(place.source.span(place.start, place.start), f"{name}: "),)), (Label(place, "this step"),)
    return None


def _in_a_loop(frame: Frame, name: str) -> str | None:
    """What to do where the label is one of a round: there are as many of it as rounds."""
    for level in frame.environment.levels():
        for statement in level.body:
            if isinstance(statement, ast.Repeat | ast.For) and name in static_labels(statement.body):
                return f'each round of a loop has its own `{name}`: tell them apart by a label with an expression, `"{name}{{i}}": …`'
    return None


def _in_a_block(frame: Frame, name: str) -> str | None:
    """What to do where the label is one of a block that is called here: its labels are reached by the label of the call."""
    for level in frame.environment.levels():
        for statement in level.body:
            for step in statement.steps if isinstance(statement, ast.Chain) else ():
                call = step.action
                binding = frame.environment.binding(call.path[0]) if isinstance(call, ast.Call) else None
                if binding is None or not isinstance(binding.value, Template) or name not in static_labels(binding.value.definition.body):
                    continue
                if step.label is not None:
                    return f"it is inside another: `{step.label.span.text}.{name}`"
                own = binding.value.name[:1]
                return f"`{name}` is a label inside `{call.span.text}`: give that a label, `{own}1: {call.span.text}`, and read `skip({own}1.{name})`"
    return None
