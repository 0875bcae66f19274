"""The larger paths of a merge, cut to the size of the smallest."""

from __future__ import annotations

from ...base.diagnostics import Edit, Fix
from ..graph.provenance import main_path
from .clash import Clash
from .out_pads import open_sizes
from .trial import Remedy, argument_edit, edited, same_text, takes, with_value


def padded_and_cropped(clash: Clash) -> Remedy | None:
    """A transposed convolution that one use needs larger than another: as large as its stride allows, and cut to the size of the skip."""
    for number, other in ((0, 1), (1, 0)) if len(clash.ends) == 2 else ():
        node, part = clash.nodes[clash.ends[number]], clash.parts[number]
        label, size = clash.label(clash.parts[other]), clash.sizes[other]
        if not takes(node.operation, "out_pad") or node.shares is not None or part != node.span or label is None:
            continue
        most = min(open_sizes(node.operation, len(node.shape) - 1)) - 1
        if most < 1:
            continue
        group = same_text(clash.nodes, node)
        changed = [with_value(each.operation, "out_pad", most) for each in group]
        grown = [
            (each, operation.output(each.input_shapes)[1:]) for each, operation in zip(group, changed, strict=True) if operation is not None
        ]
        wanted = {each.index: size if each is node else each.shape[1:] for each in group}
        if any(rows < least for each, sizes in grown for rows, least in zip(sizes, wanted[each.index], strict=True)):
            continue
        edit = argument_edit(node.span, node.operation, "out_pad", str(most))
        if edit is None:
            continue
        message = f"write `{edited((edit,), node.span)} -> crop(like = {label})`, which has the size that each use needs"
        return Remedy(message, Fix(message, (edit, Edit(node.span.source.span(node.span.end, node.span.end), f" -> crop(like = {label})"))))
    return None


def cropped(clash: Clash, again: bool) -> Remedy | None:
    """Cut the larger paths to the size of the smallest; where the text is that of other merges, too (`again`), to the size that a label
    has in each."""
    ways = [node for end in clash.ends for node in main_path(clash.nodes, end, None)]
    if len(clash.shapes[0]) < 3 and not any(node.operation.windows(node.input_shapes, node.shape) for node in ways):
        return None  # a sequence of tokens, whose last axis is its features
    sizes, smallest = clash.sizes, min(clash.sizes)
    larger = [number for number, size in enumerate(sizes) if size != smallest]
    # A crop takes off an edge: what keeps less than half of the rows is none.
    if any(not after <= before < 2 * after for number in larger for before, after in zip(sizes[number], smallest, strict=True)):
        return None
    if not clash.accepts([(shape[0], *smallest) for shape in clash.shapes]):
        return None
    label = clash.label_of(smallest)
    if again and label is None:
        return None
    argument = f"like = {label}" if label is not None else "x".join(map(str, smallest)) if len(set(smallest)) > 1 else str(smallest[0])
    spans = [clash.parts[number] for number in larger]
    written = " and ".join(f"`{' '.join(span.text.split())} -> crop({argument})`" for span in spans)
    message = f"cut path {' and '.join(str(number + 1) for number in larger)} to the size of {clash.the_other}: {written}"
    places = {(span.source.name, span.end) for span in spans}
    edits = tuple(Edit(span.source.span(span.end, span.end), f" -> crop({argument})") for span in spans)
    return Remedy(message, Fix(message, edits) if len(places) == len(spans) else None)
