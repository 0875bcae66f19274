"""One step of a chain: an operation, a block, a group, a merge, `skip` or `reuse`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem
from ...base.source import Span
from ...dsl import ast
from ..graph.program import Scope
from ..ops import TABLE
from ..ops.axis_names import AXIS_NAMES
from .calls import arguments_of, instance, is_flat, resolve, step_names
from .closures import Builtin, Frame, Labelled, Made
from .current import each, need_tensor, only
from .doubts import doubts_of_axis_names, doubts_of_call
from .doubts_of_numbers import doubts_of_numbers
from .doubts_of_sizes import doubts_of_sizes
from .effort import STEPS_A_LABEL
from .explain_source import must_begin
from .explain_values import with_origins
from .foreign_axes import axes_here
from .foreign_shapes import axis_here, items_of
from .interfaces import Expander
from .labels import Runner, moment, repeater, run_reuse, run_skip
from .merges import merge
from .results import all_results
from .shape_of import ShapeOf
from .signatures import signature
from .split import run_split, wrong_names
from .values import Unknowable


def run_step(expansion: Expander, frame: Frame, step: ast.Step) -> None:
    """Run one step of a chain: the current tensor becomes its output."""
    before = frame.current
    if isinstance(step.action, ast.Call) and step.action.path == ("split",) and frame.environment.binding("split") is None:
        run_split(expansion, frame, step, step.action)
        return
    try:
        _run_step(expansion, frame, step)
    except Problem as problem:
        if problem.diagnostic.code != "E209" or step.label is None:
            raise
        raise Problem(with_origins(expansion.evaluator(frame), problem.diagnostic, step.label)) from None  # `"x{i}"`: what `i` counts
    if step.names:
        _name_results(expansion, frame, step)
    must_begin(expansion.build, frame, before, step)


def _name_results(expansion: Expander, frame: Frame, step: ast.Step) -> None:
    """`as a, b`: labels for the results of a step that gives several."""
    if frame.current is None:
        raise Unknowable
    results = each(frame.current)
    if len(step.names) != len(results):
        place = step.names[0].span.to(step.names[-1].span)
        raise Problem(wrong_names(place, len(step.names), len(results), step.span.text))
    for label, tensor in zip(step.names, results, strict=True):
        name = expansion.label_text(frame, label)
        expansion.claim(frame, (name,), label.span)
        expansion.register(frame, Labelled(name, tensor, label.span, used=len(results) > 1))


def _run_step(expansion: Expander, frame: Frame, step: ast.Step) -> None:
    label = expansion.label_text(frame, step.label) if step.label is not None else None
    if isinstance(step.action, ast.Call) and step.action.path == ("skip",):
        run_skip(expansion, frame, step.action, label)
        return
    if isinstance(step.action, ast.Call) and step.action.path == ("reuse",):
        run_reuse(expansion, frame, step.action, label, step.label.span if step.label is not None else step.span)
        return
    build = expansion.build
    if label is not None:
        build.effort.spend(STEPS_A_LABEL, step.span)
    before = moment(build, frame) if label is not None else None
    number = frame.round_name
    runner: Runner
    if isinstance(step.action, ast.Group):
        runner = _group(expansion, frame, step.action, label)
    elif isinstance(step.action, ast.Merge):
        runner = merge(expansion, frame, step.action, step, label)
    else:
        runner = _call(expansion, frame, step.action, step, label)
    frame.current, members = runner(frame, step.span)
    if number is not None and frame.round_name is None and build.sharing is None:
        frame.names.keep(number, Labelled(number[-1], frame.current, step.span, members, used=True))
    elif label is None:
        _keep_number(frame, step, members)
    if label is not None and before is not None:
        assert step.label is not None
        labelled = Labelled(label, frame.current, step.label.span, members, repeater(build, before, label, runner))
        expansion.register(frame, labelled)
        made = build.nodes[before[2] :]
        if build.sharing is None:
            has_weights = any(node.weights for node in made)
            labelled.is_keyless = has_weights and tuple(label.split(".")) not in frame.names.used
            labelled.used = not labelled.is_keyless and (bool(members) or has_weights)  # what names weights is read in their keys
            build.labels.append(labelled)


def _keep_number(frame: Frame, step: ast.Step, members: dict[str, Labelled]) -> None:
    """A step of an `indexed` scope is read from outside by its number, as a round is: `"body.features.3"`. A flat block is none, its last step is."""
    number = frame.names.numbered()
    if number is not None and number not in frame.names.members:
        frame.names.keep((number,), Labelled(number, frame.current, step.span, members, used=True))


def _call(expansion: Expander, frame: Frame, call: ast.Call, step: ast.Step, label: str | None) -> Runner:
    resolved = resolve(expansion, frame, call)
    several = isinstance(frame.current, tuple)
    if frame.current is None and not frame.is_before_input and isinstance(resolved, Builtin) and resolved.operation.least_inputs > 1:
        raise Unknowable  # it may be several that an earlier mistake lost
    if isinstance(resolved, Builtin) and resolved.operation.least_inputs > 1 and not several:
        raise Problem(_needs_paths(expansion, frame, resolved.name, call))
    callee, given, tensors = arguments_of(expansion, frame, resolved, call)
    # A flat block adds no name of its own, so it takes no ordinal and no position either.
    names = () if is_flat(callee) else step_names(frame, callee.name, label)
    expansion.claim(frame, names, step.span, label is not None)
    if isinstance(callee, Builtin):
        inputs_after = list(tensors.values())
        operation = callee.operation
        if operation.least_inputs > 1 and not several:
            raise Problem(_needs_paths(expansion, frame, callee.name, call))

        entering = expansion.build.shape_of(frame.current)
        for doubts in (
            doubts_of_call(operation.name, call, given, entering),
            doubts_of_axis_names(operation, given),
            doubts_of_sizes(call, given),
            doubts_of_numbers(operation.name, call, given, entering, expansion.build.nodes),
        ):
            for doubt in doubts:
                expansion.build.say(doubt, frame)

        def place(frame: Frame, span: Span) -> Made:
            if operation.is_source():
                inputs = inputs_after
            else:
                need_tensor(frame, span)
                most = operation.most_inputs
                if not operation.is_merge() or (most is not None and len(each(frame.current)) > most):
                    takes = "takes" if not operation.is_merge() else f"takes up to {most} tensors, not"
                    only(expansion.build.nodes, frame.current, call.span, f"`{operation.name}` {takes}")
                inputs = [*each(frame.current), *inputs_after]
            made = expansion.build.place(frame, operation, given, inputs, names, span, signature(callee), label=label is not None)
            return all_results(expansion.build, frame, made, span)

        return place
    return instance(expansion, frame, callee, given, names, call, step.span, None)


def _needs_paths(expansion: Expander, frame: Frame, name: str, call: ast.Call) -> Diagnostic:
    """The diagnostic of a merge without its paths; `add(a, b)` names them as PyTorch would."""
    paths = _written_paths(expansion, frame, call)
    given = [argument.value.span.text for argument in call.arguments if argument.name is None and paths]
    rest = [_here(expansion, frame, row) for row in call.arguments if row.value.span.text not in given]
    help, unknown = None, _unknown_tensors(expansion, frame, call)
    if unknown:
        rest = [_here(expansion, frame, row) for row in call.arguments if row.name is not None]
    if name in _BY_A_NUMBER and not given and (number := _number(call)) is not None:
        step = _BY_A_NUMBER[name](number)
        help = f"a number is added by `offset`, and multiplied by `scale`: write `{step}`"
        return Diagnostic(
            "E234",
            f"`{name}` joins several tensors, and here only one comes in",
            Label(call.span, "one input"),
            fix=Fix(help, (Edit(call.span, step),)),
        )
    if name == "einsum" and (alone := _of_one_tensor(expansion, frame, call)) is not None:
        return Diagnostic(
            "E234",
            f"`{name}` joins two tensors, and here only one comes in",
            Label(call.span, "one input"),
            fix=Fix(f"of one tensor it is `{alone}`", (Edit(call.span, alone),)),
        )
    if name in _ALONG_AN_AXIS and call.arguments and not given and not unknown:
        help = _reduced(expansion, frame, _ALONG_AN_AXIS[name], call)
    elif name == "maxunpool" and not given:
        help = _with_indices(expansion, frame, name, call)
    head = f"{name}({', '.join(rest)})" if rest else name
    is_whole = len(paths) > 1 and help is None
    if len(paths) == 1:
        paths = ["skip", *paths]
    written = f"{head} {{ {' '.join(f'| {path}' for path in paths) or '| … | …'} }}"
    return Diagnostic(
        "E234",
        f"`{name}` joins several tensors, and here only one comes in",
        Label(call.span, "one input"),
        help=help or f"put it at the head of a merge: `{written}`" + (f"; {unknown}" if unknown else ""),
        fix=Fix(f"write `{written}`", (Edit(call.span, written),)) if is_whole else None,
    )


def _unknown_tensors(expansion: Expander, frame: Frame, call: ast.Call) -> str:
    """Of `add(a, b)`, what is said of the names that nothing has."""
    values = [row.value for row in call.arguments if row.name is None]
    values = [*values[0].items] if len(values) == 1 and isinstance(values[0], ast.List) else values
    names = [value.name for value in values if isinstance(value, ast.Name)]
    environment = expansion.evaluator(frame).environment
    odd = [name for name in names if name not in AXIS_NAMES and environment.label(name) is None and environment.binding(name) is None]
    if not odd or environment.has_holes or any(name in TABLE or name in ("skip", "in") for name in odd):
        return ""
    return f"`{odd[0]}` names nothing here: a label gives a step its name, `{odd[0]}: conv(64)`, and `skip({odd[0]})` is then a path"


def _of_one_tensor(expansion: Expander, frame: Frame, call: ast.Call) -> str | None:
    """`einsum("c h w -> c")`: the axes that go out no more are summed along, and the others put in their order."""
    shape, value = expansion.build.shape_of(frame.current), call.arguments[0].value if len(call.arguments) == 1 else None
    if not isinstance(shape, ShapeOf) or not isinstance(value, ast.Text) or not all(isinstance(row, str) for row in value.pieces):
        return None
    rank = len(shape.shape)
    pattern = "".join(row for row in value.pieces if isinstance(row, str))
    apart = " " in pattern.partition("->")[0].strip()
    before, arrow, after = (part.split() if apart else [*part.strip()] for part in pattern.partition("->"))
    if len(before) == rank + 1 and before[:1] == after[:1]:
        before, after = before[1:], after[1:]  # the batch
    if not arrow or not after or len(before) != rank or len({*before}) != rank or len({*after}) != len(after) or not {*after} <= {*before}:
        return None
    summed = [shape.axes[number] or str(number) for number, letter in enumerate(before) if letter not in after]
    left = [letter for letter in before if letter in after]
    along = summed[0] if len(summed) == 1 else f"[{', '.join(summed)}]"
    steps = [f'reduce("sum", axis = {along})'] if summed else []
    steps += [f"permute([{', '.join(str(left.index(letter)) for letter in after)}])"] if left != after else []
    return " -> ".join(steps) or None


def _with_indices(expansion: Expander, frame: Frame, name: str, call: ast.Call) -> str:
    """`maxunpool(2)`, `maxunpool(2, like = p)`: what has the size that comes in is the pool itself, and not what it pooled."""
    came, rest, pool = expansion.build.shape_of(frame.current), [], "p"
    for row in call.arguments:
        labelled = expansion.evaluator(frame).labelled(row.value) if row.name == "like" else None
        if labelled is not None and came is not None and expansion.build.shape_of(labelled.tensors) == came:
            pool = row.value.span.text
        else:
            rest.append(_here(expansion, frame, row))
    asked = f"{name}({', '.join(rest)})" if rest else name
    return f"the indices are those of a pool `{pool}: maxpool(2, indices = true)`: write `{asked} {{ | skip | skip({pool}.indices) }}`"


def _here(expansion: Expander, frame: Frame, row: ast.Argument) -> str:
    """An argument of a merge; PyTorch's `dim` counts the batch, too."""
    if row.name != "dim":
        return row.span.text
    shape = expansion.build.shape_of(frame.current)
    axis = axes_here(row.value, shape if isinstance(shape, ShapeOf) else None)
    return row.span.text if axis is None else f"axis = {axis}"


def _written_paths(expansion: Expander, frame: Frame, call: ast.Call) -> list[str]:
    """The paths that are written as arguments: `add(a, b)`, `concat([a, conv(8)])`; none where one of them is a value."""
    values = [argument.value for argument in call.arguments if argument.name is None]
    if len(values) == 1 and isinstance(values[0], ast.List):
        values = list(values[0].items)
    evaluator, paths = expansion.evaluator(frame), []
    for value in values:
        if evaluator.labelled(value) is not None:
            paths.append(f"skip({value.span.text})")
        elif isinstance(value, ast.Name) and (value.name == "skip" or value.name in TABLE):
            paths.append(value.name)
        elif isinstance(value, ast.Call) and (value.path[0] in TABLE or value.path[0] == "skip"):
            paths.append(value.span.text)
        else:
            return []
    return paths


_BY_A_NUMBER: Final[dict[str, Callable[[str], str]]] = {
    "add": lambda number: f"offset({number})",
    "sub": lambda number: f"offset({number[1:] if number.startswith('-') else f'-{number}'})",
    "mul": lambda number: f"scale({number})",
    "div": lambda number: f"scale(1.0 / {number})",
}
"""The merges that other languages also ask of one tensor and a number, as steps."""


def _number(call: ast.Call) -> str | None:
    """The number that is the only argument."""
    row = call.arguments[0] if len(call.arguments) == 1 else None
    text = row.value.span.text if row is not None and row.name is None else ""
    return text if re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", text) and float(text) else None


_ALONG_AN_AXIS: Final = {"mean": "mean", "maximum": "max", "minimum": "min", "add": "sum"}
"""The merges that other languages also ask of one tensor, along an axis, and what `reduce` calls them."""


def _reduced(expansion: Expander, frame: Frame, what: str, call: ast.Call) -> str:
    """`mean(axis = length)` of one tensor; the axis is the one asked for, where the tensor has it by that name."""
    shape = expansion.build.shape_of(frame.current)
    shape = shape if isinstance(shape, ShapeOf) else None
    known = [axis for axis in shape.axes if axis] if shape is not None else []
    # `dim` is PyTorch's, and counts the batch; `axis` is written as it is here.
    asked = [
        axes_here(row.value, shape if row.name == "dim" else None)
        if row.name == "dim" or _names_axes(row.value)
        else row.value.span.text
        if row.name == "axis"
        else None
        for row in call.arguments
    ]
    axis = next((text for text in asked if text is not None), None)
    if axis is None and (with_batch := _with_the_batch(call, shape)) is not None:
        return f'along an axis of one tensor it is `reduce`, the batch not counted: `reduce("{what}", axis = {with_batch})`'
    return f'along an axis of one tensor it is `reduce`: `reduce("{what}", axis = {axis or (known[-1] if known else "…")})`'


def _with_the_batch(call: ast.Call, shape: ShapeOf | None) -> str | None:
    """`mean([2, 3])`, `mean(2, 3)`: one axis or several, which other libraries count with the batch, by their names; None for what is another thing."""
    rows = [row.value for row in call.arguments if row.name is None]
    texts = items_of(rows[0]) or [] if len(rows) == 1 and isinstance(rows[0], ast.List) else [row.span.text for row in rows]
    axes = [axis_here(text, shape) for text in texts]
    if shape is None or not axes or len(rows) < len(call.arguments):
        return None
    names = [shape.axes[int(axis)] or axis for axis in axes if axis is not None]
    if len(set(names)) < len(axes):
        return None
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _names_axes(node: ast.Expression) -> bool:
    return all(text in AXIS_NAMES for text in items_of(node) or [node.span.text])


def _group(expansion: Expander, frame: Frame, group: ast.Group, label: str | None) -> Runner:
    named = label is not None or frame.round_name is not None or (frame.names.indexed and group.mode != "flat")
    names = step_names(frame, "group", label) if named and group.mode != "flat" else ()
    expansion.claim(frame, names, group.span, label is not None)

    def run(frame: Frame, _place: Span) -> Made:
        inner_names = expansion.build.names(group.mode == "indexed") if names else frame.names
        inside = expansion.inner(frame, group.body, names=inner_names)
        if names:
            inside.scope = expansion.build.open(Scope("group", names, frame.scope, group.span, group.mode, title=frame.names.title(names)))
        elif label is None:
            inside.environment.labels = frame.environment.labels
        expansion.body(inside, group.body)
        frame.environment.incomplete |= inside.environment.incomplete and inside.current is None
        return inside.current, dict(inner_names.members)

    return run
