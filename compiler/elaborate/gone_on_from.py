"""A learned or fixed tensor that is written on a line of its own, and steps that go on from it where what comes in was meant.

`g: parameter([64])` stands first in a body, as a module's constructor would have it, and is at hand then: `conv(8)` on the next line
runs on `g`. What takes no tensor behind other steps is an error (`explain_source.py`); here it may be meant.
"""

from __future__ import annotations

from ...base.diagnostics import Diagnostic, Label, Severity
from ...dsl import ast
from ..graph.program import Scope
from ..ops.ports import Input
from .builder import Alone, Builder
from .closures import Frame, Tensors


def stands_alone(build: Builder, frame: Frame, before: Tensors, chain: ast.Chain) -> None:
    """Remember the tensor of a line that is nothing but a tensor without an input, where another comes in. A path of a merge may begin with one."""
    if frame.scope.kind == "path" or not isinstance(before, int) or not isinstance(frame.current, int):
        return
    *rest, last = chain.steps
    if build.nodes[frame.current].operation.is_source() and frame.current != before and all(map(_is_skip, rest)):
        came = build.alone[before].came if before in build.alone else before
        entered = build.nodes[came]
        name = entered.unique if isinstance(entered.operation, Input) and _is_body_of_network(frame) else None
        build.alone[frame.current] = Alone(last, frame.scope, came, name)


def doubt_of_going_on(build: Builder, frame: Frame, before: Tensors, step: ast.Step) -> None:
    """Warn of the first step that goes on from such a tensor, and makes of it what hangs on no input.

    A merge in which a path reads an input is not doubted, nor is what a path does with a tensor that it begins with.
    """
    after = frame.current
    if _is_skip(step) and isinstance(step.action, ast.Call) and step.action.arguments and isinstance(after, int):
        build.alone.pop(after, None)  # `skip(g)`: it is taken up by its name
    if not isinstance(before, int) or before not in build.alone or not isinstance(after, int) or _is_skip(step):
        return
    alone = build.alone[before]
    if (
        after == before
        or not build.batchless[after]
        or build.nodes[after].operation.is_source()
        or not _is_within(frame.scope, alone.scope)
    ):
        return
    build.alone.pop(before)
    taken, text = _shortly(alone.step), _shortly(step)
    build.say(
        Diagnostic(
            "W526",
            f"`{text}` goes on from `{taken}`, and reads nothing that comes in",
            Label(step.span, "is made of no input"),
            (Label(alone.step.span, "is at hand from here"), Label(build.nodes[alone.came].span, "is what comes in")),
            help=(
                f"write `skip({alone.name}) -> {text}` to go on from what comes in"
                if alone.name is not None
                else "begin a path of a merge with it, or write it first in the network"
            )
            + f"; where it is meant, write it in one line: `{taken} -> {text}`",
            severity=Severity.WARNING,
        ),
        frame,
    )


def _is_body_of_network(frame: Frame) -> bool:
    """Whether it is the body of the network itself, and no round of a loop in it, which each tensor enters that the last one made."""
    return frame.network is not None and frame.environment is frame.network.environment


def _is_skip(step: ast.Step) -> bool:
    return isinstance(step.action, ast.Call) and step.action.path == ("skip",)


def _shortly(step: ast.Step) -> str:
    """The step in one line, without the paths of a merge."""
    text = " ".join(step.span.text.split())
    return text if isinstance(step.action, ast.Call) else f"{text.partition('{')[0]}{{ … }}"


def _is_within(inner: Scope, outer: Scope) -> bool:
    """Whether a scope is another, or a part of the text within it: no path of a merge, and no block that is called."""
    scope: Scope | None = inner
    while scope is not None and scope is not outer:
        if scope.kind in ("path", "block", "network"):
            return False
        scope = scope.parent
    return scope is outer
