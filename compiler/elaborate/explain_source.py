"""What takes no tensor and stands behind a step: a learned or fixed tensor, or a block that reads none of what it is given."""

from __future__ import annotations

from ...base.diagnostics import Diagnostic, Label, Problem
from ...dsl import ast
from ..graph.program import Node
from .builder import Builder
from .closures import Frame, Tensors
from .explain_rounds import call_of, template_of


def must_begin(build: Builder, frame: Frame, before: Tensors, step: ast.Step) -> None:
    """What takes no tensor stands where a path or a body begins; elsewhere what comes in would be lost without a word.

    `before` is what came in. That a step reads it nowhere shows where it has a batch, and what the step gives has none.
    """
    after = frame.current
    if not isinstance(before, int) or not isinstance(after, int) or before == frame.entry or not build.batchless[after] or before == after:
        return
    if build.batchless[before] and not build.nodes[after].operation.is_source():
        return
    call = call_of(step)
    if call is not None and call.path == ("skip",):
        return  # it begins anew, as of any label; what is read nowhere else is told then
    span, nodes = step.span, build.nodes
    made = nodes[after].span
    within = made.source is not span.source or not span.start <= made.start < span.end
    comes_in = Label(nodes[before].span, "makes it")
    block = template_of(frame.environment, call) if call is not None and within else None
    if block is not None and isinstance(block.definition, ast.Block) and block.definition.inputs:
        assert call is not None
        raise Problem(_reads_nothing(block.definition, call, comes_in, Label(made, "all that it gives comes from here")))
    text = " ".join(span.text.split())
    merge = "add(broadcast = true)" if _stretches(nodes[after], nodes[before]) else "…"
    label = text.partition(":")[0] if nodes[after].label and not within else ""
    alone = build.alone.get(before)
    began = _name_of_entry(frame)
    first = f"begin a path of a merge with it: `{merge} {{ | skip | {text} }}`"
    elsewhere = f"to read it elsewhere, by `skip({label})`, " + (
        f"write `skip({alone.name}) -> {text}`, and `skip({alone.name})` before the step that goes on"
        if alone is not None and alone.name is not None
        else f"begin anew with it, `skip({began}) -> {text}`, and go on by `skip` of what came in"
        if began is not None
        else "write it first in the network and go on by `skip` of its input"
    )
    raise Problem(
        Diagnostic(
            "E241",
            f"`{text}` takes no tensor, and here one comes in",
            Label(span, "drops what comes in"),
            (comes_in, *((Label(made, "all that it gives comes from here"),) if within else ())),
            # Two such tensors in a row are hardly meant as a sum of both.
            help=elsewhere if label and alone is not None else f"{first}; {elsewhere}" if label and merge == "…" else first,
        )
    )


def _name_of_entry(frame: Frame) -> str | None:
    """A name of the tensor that entered this body, by which `skip` begins with it again."""
    for level in frame.environment.levels():
        for name, labelled in level.labels.items():
            if labelled.tensor == frame.entry and isinstance(frame.entry, int) and "." not in name:
                return name
    return None


def _stretches(one: Node, other: Node) -> bool:
    """Whether each size of one is that of the other, or 1."""
    return len(one.shape) == len(other.shape) and all(size in (1, given) for size, given in zip(one.shape, other.shape, strict=True))


def _reads_nothing(block: ast.Block, call: ast.Call, comes_in: Label, source: Label) -> Diagnostic:
    """A block that is given tensors, and whose steps begin anew: with a learned one of its own, or with one that it was given beside them."""
    name = block.name.name
    read = {
        argument.value.name
        for part in ast.walk(block)
        if isinstance(part, ast.Call) and part.path == ("skip",)
        for argument in part.arguments
        if isinstance(argument.value, ast.Name)
    }
    # The first is the tensor at hand where the body begins, so that it may be read without its name.
    unread = [given for given in block.inputs[1:] if given.name not in read] or [
        given for given in block.inputs[:1] if given.name not in read
    ]
    wanted = (unread or list(block.inputs))[0]
    return Diagnostic(
        "E241",
        f"what `{name}` gives hangs on nothing that comes in: it is learned or fixed alone",
        Label(call.span, "drops what comes in"),
        (comes_in, Label(wanted.span, "no step reads it" if unread else "comes in here"), source),
        help=f"read it where `{name}` works with it: a path `| skip({wanted.name})` of a merge",
    )
