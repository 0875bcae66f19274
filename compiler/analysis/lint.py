"""Doubts: what is legal and probably not meant. Each is a warning that a file can silence with `# allow W502`.

On the line of the step, or alone on the line above it, the comment silences that step; before the first item it
silences the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from ...base.source import Source, Span
from ..elaborate.explain_numbers import falls_short
from ..elaborate.input_order import other_order
from ..elaborate.trial import by_text, takes
from ..graph.program import Node, Program
from ..graph.provenance import has_even_half
from ..ops.axis_names import AXIS_NAMES
from ..ops.base import Refusal, Shape, product, show
from ..ops.spatial import map_size
from .doubting import doubt, users_of
from .dropped_shortcuts import dropped_shortcuts
from .foreign_reshapes import foreign_reshapes
from .outputs_in_a_row import outputs_in_a_row
from .projected_twice import projected_twice
from .scrambled_reshapes import scrambled_reshapes
from .unread import unread_rows

Doubt = Callable[[Program], Iterator[Diagnostic]]


def lint(program: Program) -> tuple[Diagnostic, ...]:
    """All doubts about a program, once a place, without those that its files silence."""
    found: dict[tuple[str, str, int], Diagnostic] = {}
    for find in DOUBTS:
        for row in find(program):
            span = row.primary.span
            found.setdefault((row.code, span.source.name, span.start), row)
    return unsilenced(found.values())


def unsilenced(rows: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics that no comment silences."""
    return tuple(row for row in rows if not (row.severity is Severity.WARNING and is_silenced(row.code, row.primary.span)))


_EDITION = re.compile(r"\s*arch\s+\d+\s*(#.*)?$")
_ALLOW = re.compile(r"#\s*allow\b([^\n]*)")


def is_silenced(code: str, span: Span) -> bool:
    """Whether a comment `# allow CODE` on the line, alone on the line above, or at the head of the file covers the place."""
    source = span.source
    line = span.line
    if code in _allowed(source.line_text(line)):
        return True
    if line > 1:
        above = source.line_text(line - 1).strip()
        if above.startswith("#") and code in _allowed(above):
            return True
    return code in _head(source)


def _allowed(line: str) -> tuple[str, ...]:
    found = _ALLOW.search(line)
    return tuple(re.findall(r"[A-Z]\d{3}", found.group(1))) if found is not None else ()


def _head(source: Source) -> tuple[str, ...]:
    codes: list[str] = []
    for number in range(1, len(source.line_starts) + 1):
        line = source.line_text(number)
        if line.strip() and not line.lstrip().startswith("#") and not _EDITION.match(line):
            break
        codes += _allowed(line)
    return tuple(codes)


def _only_a_norm(users: list[Node]) -> bool:
    return len(users) == 1 and users[0].operation.removes_mean


def bias_before_norm(program: Program) -> Iterator[Diagnostic]:
    """A norm subtracts the mean, and with it the bias that was added just before."""
    users = users_of(program)
    # A bias that is used again somewhere else must have no effect there either.
    needed = {node.shares for node in program.nodes if not _only_a_norm(users[node.index])}
    for node in program.nodes:
        if not any(weight.name == "bias" for weight in node.weights) or node.operation.removes_mean or node.index in needed:
            continue
        if _ASKED_FOR.search(node.span.text):
            continue  # who writes `bias = true` where it is so already, or against a `default`, wants it: a checkpoint has it
        if _only_a_norm(users[node.index]):
            norm = users[node.index][0]
            yield doubt(
                "W502",
                f"the bias of `{node.key}` has no effect: `{norm.operation.name}` subtracts it with the mean",
                Label(node.span, f"adds {node.shape[0]} biases"),
                Label(norm.span, "subtracts them"),
                help=f"write `bias = false`, or once for all `default {node.operation.name}(bias = false)`",
                fix=_argument_fix(node.span, "bias = false"),
            )


_ASKED_FOR = re.compile(r"\bbias\s*=\s*true\b")


def _argument_fix(span: Span, argument: str) -> Fix | None:
    """Add an argument to a call that is written out at `span`."""
    if not span.text.endswith(")") or "bias" in span.text:
        return None
    end = span.source.span(span.end - 1, span.end - 1)
    return Fix(f"add `{argument}`", (Edit(end, f", {argument}"),))


def unread_values(program: Program) -> Iterator[Diagnostic]:
    """A stride longer than the window leaves gaps; a window that does not fit at the end leaves the last rows."""
    for group in by_text(program.nodes).values():
        found, node = next(
            ((found, node) for node in group if (found := unread_rows(program.nodes, node, group)) is not None), (None, None)
        )
        if found is not None and node is not None:
            yield doubt("W503", f"`{node.key}` never reads {found.what}", Label(node.span, found.label), help=found.help)


def idle_steps(program: Program) -> Iterator[Diagnostic]:
    """A step that changes nothing, whatever the parameters and the size of the image."""
    for group in by_text(program.nodes).values():
        node = group[0]
        if not node.operation.does_nothing(node.input_shapes, node.shape) or not _is_constant(node.span.text):
            continue
        if any(program.nodes[other.inputs[0]].axes != other.axes for other in group):
            continue  # it gives names
        if all(other.operation.does_nothing(other.input_shapes, other.shape) and not _serves_other_sizes(other) for other in group):
            first = re.fullmatch(r"slice\((\w+), 0\)", node.span.text)
            yield doubt(
                "W505",
                f"`{node.key}` changes nothing: its output is its input",
                Label(node.span, "takes all from position 0" if first else "changes nothing"),
                help=f"the first alone is `slice({first[1]}, 0, 1)`"
                if first
                else "leave it out; where its place in a table of keys must stay filled, write `identity`",
            )


_NAMES = re.compile(r"\"[^\"]*\"|[A-Za-z_]\w*(?:\s*=(?!=))?")


def _is_constant(text: str) -> bool:
    """Whether a call is written without names, so that no parameter gives it another value: `dropout(0.0)`, not `dropout(drop)`."""
    _, _, arguments = text.partition("(")
    names = (word for word in _NAMES.findall(arguments) if word[0] != '"' and not word.endswith("="))
    return all(word in ("true", "false", "none", *AXIS_NAMES) for word in names)


def _serves_other_sizes(node: Node) -> bool:
    """Whether the step does something where the image is larger, as a pool to 7x7 does that happens to read 7x7."""
    larger = tuple((shape[0], *(2 * size for size in shape[1:])) for shape in node.input_shapes)
    try:
        output = node.operation.output(larger)
    except Refusal:
        return False
    return not node.operation.does_nothing(larger, output)


def single_values(program: Program) -> Iterator[Diagnostic]:
    """Statistics over one value. That a norm of vectors needs a batch is known to everybody who writes one."""
    for node in program.nodes:
        if node.operation.needs_several_values and len(node.shape) > 1 and product(node.shape[1:]) == 1:
            yield doubt(
                "W506",
                f"`{node.key}` sees one value a channel at batch 1, so that training needs batches of 2 at least",
                Label(node.span, f"of {show(node.shape)}"),
                help="train with batches of 2 at least; or a group norm with several channels a group, which has no such limit",
            )


def even_half(program: Program) -> Iterator[Diagnostic]:
    """`half` centres an odd window; an even one loses a row, unless the stride makes up for it."""
    for node in program.nodes:
        if has_even_half(node.operation) and _loses_a_row(node):
            yield doubt(
                "W507",
                f"`{node.key}` has an even window, which `half` cannot centre: {show(node.input_shapes[0])} becomes {show(node.shape)}",
                Label(node.span, "an even kernel with `pad = half`"),
                help=_of_channels(node) or "say the padding: `pad = same` keeps the size, a number is used as it is",
            )


def _of_channels(node: Node) -> str | None:
    """Of a window that no network has at stride 1: it may be the channels, `conv(64, 128)`, as other libraries are told them."""
    asked = re.match(r"(\w+)\((\d+), (\d+)([,)])", node.span.text)
    windows = node.operation.windows(node.input_shapes, node.shape) or ()
    if asked is None or int(asked[3]) < 16 or any(window.stride > 1 for window in windows):
        return None
    alone = f"{asked[1]}({node.span.text[asked.start(3) :]}"
    return f"where {asked[3]} channels are to go out, they alone are written: `{alone}`; for such a window `pad = same` keeps the size"


def _loses_a_row(node: Node) -> bool:
    windows = node.operation.windows(node.input_shapes, node.shape) or ()
    rows = zip(node.input_shapes[0][1:], node.shape[1:], windows, strict=True)
    return any(after < before // window.stride for before, after, window in rows)


def uneven_pools(program: Program) -> Iterator[Diagnostic]:
    """A pool to a size that does not divide its input has windows that overlap, and no single ONNX operator."""
    for node in program.nodes:
        windows = node.operation.windows(node.input_shapes, node.shape) or ()
        if node.operation.family == "pool" and any(window.upscale != 1 for window in windows):
            yield doubt(
                "W511",
                f"the windows of `{node.key}` overlap: {show(node.input_shapes[0][1:])} is no multiple of {show(node.shape[1:])}",
                Label(node.span, f"from {show(node.input_shapes[0])} to {show(node.shape)}"),
                help="choose a size that divides; ONNX has no operator for such a pool and writes out every window",
            )


def lonely_groups(program: Program) -> Iterator[Diagnostic]:
    """A group that gives one channel of several is seldom meant; a depthwise convolution has one in, too."""
    for node in program.nodes:
        groups = getattr(node.operation, "groups", 1)
        if node.operation.family != "convolution" or not isinstance(groups, int) or groups < 2:
            continue
        incoming, outgoing = node.input_shapes[0][0], node.shape[0]
        if outgoing == groups and incoming > groups:
            yield doubt(
                "W508",
                f"each of the {groups} groups of `{node.key}` has one channel of its own ({incoming} come in, {outgoing} go out)",
                Label(node.span, f"{incoming // groups} in, 1 out a group"),
                help="a depthwise convolution is `dwconv`; fewer groups see more of each other",
            )


def twin_operands(program: Program) -> Iterator[Diagnostic]:
    """The same tensor twice among the operands of one merge. Keys of attention may be its queries or its values: it is told where all are one."""
    for node in program.nodes:
        few = 2 if node.operation.family == "attention" else len(node.inputs)
        if node.operation.is_merge() and len(set(node.inputs)) < min(few, len(node.inputs)):
            twice = next(index for index in node.inputs if node.inputs.count(index) > 1)
            yield doubt(
                "W509",
                f"`{node.key}` is given `{program.nodes[twice].key}` {node.inputs.count(twice)} times",
                Label(node.span, "one operand several times"),
                Label(program.nodes[twice].span, "this one"),
                help=f"a sequence attends to itself without paths: `{node.span.text}`" if few == 2 and node.weights else None,
            )


def fixed_input(program: Program) -> Iterator[Diagnostic]:
    """A weight whose shape depends on the size of the image: the network takes images of that size alone."""
    users = users_of(program)
    for start in program.nodes:
        if not start.is_port or start.inputs or len(start.shape) < 2:
            continue
        larger = tuple(size if name == "channels" else 2 * size for name, size in zip(start.axes, start.shape, strict=True))
        node = _first_changed(program, start, larger, users)
        if node is None:
            continue
        native = "x".join(str(size) for name, size in zip(start.axes, start.shape, strict=True) if name != "channels")
        weights = sum(weight.elements for weight in node.weights if weight.trainable)
        share = f"; its weights are {weights} parameters" if weights > 1_000_000 else ""
        yield doubt(
            "W510",
            f"the weights of `{node.key}` are made for inputs of {native}: the built network takes no size that changes their shape{share}",
            Label(node.span, f"reads {show(node.input_shapes[0])}"),
            Label(start.span, f"of {native}"),
            help=_of_positions(program, node)
            or _of_learned_places(node)
            or "pool to a fixed size before it (`global_avgpool`, `adaptive_avgpool(7)`), if other sizes matter",
        )


def _of_learned_places(node: Node) -> str | None:
    """Where a row is learned for each place of a sequence."""
    if not any(weight.shape[-2:] == node.input_shapes[0] for weight in node.weights):
        return None
    return "compile it for the length that is used (`--input`); places that are worked out take any: `attention(…, rotary = 10000)`"


def _of_positions(program: Program, node: Node) -> str | None:
    """What to write where a sequence lost its channels, `reduce("mean", channels)`, and one value a position came in."""
    (reduced,) = [program.nodes[index] for index in node.inputs][:1] or [node]
    if len(reduced.inputs) != 1 or not takes(reduced.operation, "by") or reduced.input_axes[:1] != (("length", "channels"),):
        return None
    if reduced.axes != ("length",) or "channels" not in reduced.span.text:
        return None
    instead = reduced.span.text.replace("channels", "length")
    return (
        f"`{reduced.span.text}` leaves one value of each of {reduced.shape[0]} positions; those of the positions together are `{instead}`"
    )


def foreign_inputs(program: Program) -> Iterator[Diagnostic]:
    """An image with its channels last, or with the batch before them: everything is inferred from it, so nothing else would tell."""
    users = users_of(program)
    for node in program.nodes:
        found = other_order(node)
        flattened = len(node.shape) == 2 and all(len(user.shape) == 1 for user in users[node.index])  # all the same to a vector
        if found is not None and not flattened:
            why, meant = found
            yield doubt("W512", why, Label(node.span, f"{show(meant)} seems to be meant"), help=f"write `{show(meant)}`")


def short_factors(program: Program) -> Iterator[Diagnostic]:
    """A quotient as a factor, `120.0 / 88` of 88 rows: in floating point it is just less than 120, and 119 rows come out."""
    resized = [node for node in program.nodes if isinstance(getattr(node.operation, "scale", None), float | tuple)]
    for group in by_text(node for node in resized if takes(node.operation, "size")).values():
        for node in group:
            factor = getattr(node.operation, "scale", 1.0)
            sizes = node.input_shapes[0][1:]
            factors = factor if isinstance(factor, tuple) else (factor,) * len(sizes)
            meant = falls_short(sizes, factors)
            if meant is None:
                continue
            from ..elaborate.roundings import in_place_of_a_factor

            remedy = in_place_of_a_factor(node, meant)
            came = map_size(node.shape[1:])
            yield doubt(
                "W519",
                f"the factor of `{node.key}` falls just short of {map_size(meant)}: as a number the quotient is a little less, and {came} comes out",
                Label(node.span, f"of {map_size(sizes)} makes {came}"),
                help=f"{remedy.help}; in every round `like = …`, a labelled step of that size" if len(group) > 1 else remedy.help,
                fix=remedy.fix if len(group) == 1 else None,
            )
            break


def lost_shortcuts(program: Program) -> Iterator[Diagnostic]:
    """`add { | skip -> drop_path(0.1) | conv(64) }`: the shortcut is dropped, and the branch stays."""
    for node, dropping in dropped_shortcuts(program):
        yield doubt(
            "W513",
            f"`{dropping.key}` drops the shortcut of a residual, with all that came before it, and keeps the branch",
            Label(dropping.span, "drops what the other path is made of"),
            Label(node.span, "the sum"),
            help=f"write `{dropping.span.text}` at the end of the other path: its branch is what is dropped",
        )


def _first_changed(program: Program, start: Node, shape: Shape, users: Sequence[Sequence[Node]]) -> Node | None:
    reached, waiting = {start.index}, [start.index]
    while waiting:
        more = {node.index for node in users[waiting.pop()]} - reached
        reached |= more
        waiting += more
    shapes: dict[int, Shape] = {start.index: shape}
    known: dict[tuple[int, tuple[Shape, ...], tuple[Shape, ...]], Shape] = {}  # of steps like those before: they have one record
    for node in map(program.nodes.__getitem__, sorted(reached - {start.index})):
        inputs = tuple(shapes.get(index, program.nodes[index].shape) for index in node.inputs)
        key = id(node.operation), inputs, node.input_shapes
        if key not in known:
            try:
                known[key] = node.operation.output(inputs)
            except Refusal:
                return None
            if node.operation.weights(inputs) != node.operation.weights(node.input_shapes):
                return node
        shapes[node.index] = known[key]
    return None


DOUBTS: tuple[Doubt, ...] = (
    bias_before_norm,
    unread_values,
    idle_steps,
    single_values,
    even_half,
    uneven_pools,
    lonely_groups,
    twin_operands,
    fixed_input,
    foreign_inputs,
    foreign_reshapes,
    short_factors,
    lost_shortcuts,
    outputs_in_a_row,
    scrambled_reshapes,
    projected_twice,
)
