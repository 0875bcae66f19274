"""Where tensors enter and leave a network: `input`, `output`, `aux`."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem
from ...base.source import Span
from ...dsl import ast
from ..graph.program import Node
from ..ops.axis_names import STANDARD
from ..ops.parameters import Named
from ..ops.ports import Input, Output
from .builder import Builder
from .closures import Frame, Labelled, NetworkInputs
from .current import need_tensor, only
from .explain_numbers import rounded
from .explain_values import with_origins
from .fitting import too_large
from .interfaces import Expander
from .naming import why_no_variable
from .values import Unknowable, show_value


def input(expansion: Expander, frame: Frame, statement: ast.Input) -> None:
    network = frame.network
    if network is None or not _is_body_of_network(frame):
        raise Problem(
            Diagnostic(
                "E237",
                "`input` belongs to a network's own body",
                Label(statement.span, "not here"),
                help="a block names its inputs in its head: `block name(…) takes a, b { … }`",
            )
        )
    name = statement.name.name
    reason = why_no_variable(name)
    if reason is not None:
        raise Problem(Diagnostic("E210", f"`{name}` cannot name an input: it {reason}", Label(statement.name.span)))
    try:
        sizes = expansion.evaluator(frame).value(statement.shape)
    except Problem as problem:
        raise Problem(_of_the_batch(statement, problem.diagnostic)) from None
    if network.is_root:
        shape = expansion.input_sizes.get(name, expansion.input_sizes.get("", sizes) if network.taken == 0 else sizes)
        tensor = _root_input(expansion, frame, statement, name, shape, sizes)
    else:
        if network.taken >= len(network.given):
            call, count = expansion.build.via[-1], len(network.given)
            raise Problem(
                Diagnostic(
                    "E234",
                    f"`{call.name}` takes more tensors than the {count} that {'comes' if count == 1 else 'come'} in: its input `{name}` gets nothing",
                    Label(call.span, "one input" if count == 1 else f"{count} paths"),
                    (Label(statement.span, "gets nothing"),),
                    help=f"a network with several inputs stands at the head of a merge, with a path for each: `{call.name} {{ | … | … }}`",
                )
            )
        tensor = network.given[network.taken]
    if network.taken == 0:
        frame.current = frame.entry = tensor
    network.taken += 1
    frame.environment.labels[name] = frame.names.members[name] = Labelled(name, tensor, statement.name.span)


_BATCH = frozenset({"b", "bs", "n", "batch", "batch_size", "batchsize"})


def _of_the_batch(statement: ast.Input, diagnostic: Diagnostic) -> Diagnostic:
    """`input x[B, 3, 224, 224]`: the first axis is the batch."""
    shape = statement.shape
    if not isinstance(shape, ast.List) or len(shape.items) < 2 or diagnostic.code != "E201":
        return diagnostic
    first, second = shape.items[:2]
    if not isinstance(first, ast.Name) or first.name.lower() not in _BATCH or diagnostic.primary.span.start != first.span.start:
        return diagnostic
    rest = first.span.source.span(second.span.start, shape.span.end).text
    fix = Fix(f"write `input {statement.name.name}[{rest}`", (Edit(first.span.source.span(first.span.start, second.span.start), ""),))
    return replace(diagnostic, message=f"`{first.name}` has no value: the batch is never written, and any will do", help=None, fix=fix)


def _root_input(expansion: Expander, frame: Frame, statement: ast.Input, name: str, shape: object, sizes: object) -> int | None:
    if (
        not isinstance(shape, tuple)
        or not shape
        or not all(isinstance(size, int) and not isinstance(size, bool) and size >= 1 for size in shape)
        or len(shape) > 4
    ):
        refused = Diagnostic(
            "E208",
            f"the shape of an input is a list of one to four whole numbers of at least 1 (channels first), and it is {show_value(shape)}",
            Label(statement.shape.span, f"is {show_value(shape)}"),
            help=_sizes_right(statement, shape),
        )
        raise Problem(with_origins(expansion.evaluator(frame), refused, statement.shape))
    expansion.claim(frame, (name,), statement.name.span)
    axes = sizes.names if isinstance(sizes, Named) else STANDARD[len(shape)]
    if "" in axes or len(set(axes)) < len(axes) or len(axes) != len(shape):
        raise Problem(
            Diagnostic(
                "E208",
                f"each axis of an input has a name of its own, and they are {show_value(sizes)}",
                Label(statement.shape.span, "not a name for each"),
                help="name all of them, or none: `input x[length = 197, channels = 768]`",
            )
        )
    operation = Input(tuple(shape))
    why = too_large(operation, (), shape)
    if why is not None:
        raise Problem(Diagnostic("E405", why, Label(statement.shape.span, "more elements than 64 bits can count")))
    made = expansion.build.add(frame, operation, (), operation.size, (name,), statement.span, label=True, axes=axes)
    if not isinstance(sizes, Named):
        expansion.build.unnamed[made] = statement.shape
    return made


def _sizes_right(statement: ast.Input, shape: object) -> str | None:
    """What to do of the usual mistakes: the batch counted, a number that is not whole."""
    if not isinstance(shape, tuple):
        return None
    if len(shape) == 1 and isinstance(shape[0], tuple):
        return f"write `[{', '.join(map(show_value, shape[0]))}]`"
    if len(shape) == 5 or (shape and shape[0] in (None, -1)):
        rest = ", ".join(item.span.text for item in statement.shape.items[1:])
        return f"the batch is not written: `input {statement.name.name}[{rest}]`"
    pairs = zip(statement.shape.items, shape, strict=False)
    return next((help for item, size in pairs if (help := rounded(size, item.span.text, 1)) is not None), None)


def output(expansion: Expander, frame: Frame, statement: ast.Output) -> None:
    from .labels import find_label

    network = frame.network
    if network is None or not _is_body_of_network(frame):
        raise Problem(Diagnostic("E237", "`output` belongs to a network's own body", Label(statement.span, "not here")))
    known = {name: span for name, _, span in network.outputs}
    for item in statement.items:
        try:
            label, where = _path(expansion, frame, item.label)
            labelled = find_label(expansion, frame, label, where)
        except Unknowable:
            continue
        name = item.name.name if item.name is not None else label[-1]
        place = item.name.span if item.name is not None else where
        earlier = known.get(name)
        if earlier is not None:
            raise Problem(
                Diagnostic(
                    "E209", f"two outputs are named `{name}`", Label(place, "named again here"), (Label(earlier, "first named here"),)
                )
            )
        reason = why_no_variable(name)
        if reason is not None:
            raise Problem(Diagnostic("E210", f"`{name}` cannot name an output: it {reason}", Label(place)))
        known[name] = item.span
        tensors = labelled.read()
        network.outputs.append((name, None if isinstance(tensors, tuple) else tensors, item.span))
        only(expansion.build.nodes, tensors, where, f"the output `{name}` is")


def _path(expansion: Expander, frame: Frame, label: ast.Call | ast.Text) -> tuple[tuple[str, ...], Span]:
    """The parts of a label, and its place."""
    if isinstance(label, ast.Text):
        return tuple(expansion.evaluator(frame).text(label).split(".")), label.span
    return label.path, label.path_span


def aux(expansion: Expander, frame: Frame, statement: ast.Aux) -> None:
    network = frame.network
    title = expansion.label_text(frame, statement.name)
    names = tuple(title.split("."))
    own = () if statement.mode == "flat" else names  # as of a flat stage, whose steps belong to what surrounds it
    if own:
        expansion.claim(frame, own, statement.name.span)
    if network is None or not network.is_root:
        return  # a network used as a step is not trained by its own side heads
    need_tensor(frame, statement.name.span)
    start = frame.current
    was, frame.training_only = frame.training_only, True
    try:
        expansion.run_scope(frame, "aux", statement, title, own)
        answer = only(expansion.build.nodes, frame.current, statement.name.span, f"the side head `{title}` gives")
        if answer is not None:
            shape = expansion.build.nodes[answer].shape
            needs_an_input(expansion.build, answer, f"the side head `{title}`")
            at_root = Frame(**{name: getattr(frame, name) for name in Frame.__slots__})
            at_root.scope = frame.scope.ancestors()[0]
            whole = "_".join((*frame.scope.module.path, *names))
            network.heads.append((len(expansion.build.nodes), whole))
            expansion.build.add(at_root, Output(), (answer,), shape, ("output", names[-1]), statement.span)
    finally:
        frame.training_only = was
        frame.current = start


def needs_an_input(build: Builder, tensor: int, told: str) -> None:
    """An output is there for each image of a batch: one that is made of learned tensors alone would be there once."""
    if build.nodes[tensor].operation.gives_integers:
        build.report.add(
            Diagnostic(
                "E335",
                f"{told} is made of the indices of a pool, and an output holds numbers that can be learned",
                Label(build.nodes[tensor].span, "gives indices"),
                help="`maxunpool` takes them as its second path",
            )
        )
    if not build.batchless[tensor]:
        return
    build.report.add(
        Diagnostic(
            "E242",
            f"{told} hangs on no input: it is made of learned or fixed tensors alone",
            Label(build.nodes[tensor].span, "no input leads here"),
            help="join it with what an input becomes: `add(broadcast = true) { | skip | … }`, or `concat`",
        )
    )


def tell_heads_apart(nodes: list[Node], network: NetworkInputs) -> None:
    """Side heads of one name, as those of a block that is there twice, take the names of what holds them, too; of one used again, a number."""
    given = Counter(nodes[index].names[-1] for index, _ in network.heads)
    taken = {name for name, _, _ in network.outputs} or {"output"}
    alone = {name for name, count in given.items() if count == 1} - taken
    taken |= alone
    for index, whole in network.heads:
        if nodes[index].names[-1] in alone:
            continue
        name, number = whole, 2
        while name in taken:
            name, number = f"{whole}_{number}", number + 1
        taken.add(name)
        nodes[index] = replace(nodes[index], names=("output", name))


def _is_body_of_network(frame: Frame) -> bool:
    scope = frame.scope
    return scope.kind == "network" and isinstance(frame.network, NetworkInputs)
