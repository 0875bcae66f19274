"""What a merge whose paths do not meet was meant as: the ways out, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator

from .clash import Clash
from .explain_aligned import on_other_axes
from .explain_levels import lower_path, rescaled, stretched
from .explain_ranks import of_one_rank
from .explain_skipped import end_of_a_chain, other_label
from .explain_spread import a_token_more, put_back, spread, turned
from .explain_strides import restrided
from .explain_widths import equalled, read_from_before, swapped, widened
from .meeting import meeting
from .projection import projected
from .trial import Remedy


def remedy_of(clash: Clash) -> Remedy | None:
    """What is offered; None where nothing was found that lets the paths meet."""
    if clash.code == "E335":
        return None  # no other shape gives other numbers
    found = next((remedy for remedy in _attempts(clash) if remedy is not None), None)
    # Of a product of matrices a path is likelier to be turned than what can only be told.
    return turned(clash) or found if clash.code == "E304" and (found is None or found.fix is None) else found


def _attempts(clash: Clash) -> Iterator[Remedy | None]:
    """All that may have been meant, in the order of likelihood. Each is looked for where those before it gave nothing."""
    if clash.code == "E333":
        yield put_back(clash)
    yield end_of_a_chain(clash)
    # Another label goes before a size that can only be told, and behind one that an edit mends.
    sized = stretched(clash) or meeting(clash)
    yield sized if sized is not None and sized.fix is not None else None
    yield other_label(clash)
    yield sized
    if clash.differ_in_size_alone:
        yield rescaled(clash)
    if not clash.have_one_rank:
        yield of_one_rank(clash)
    if clash.differ_in_size:
        yield lower_path(clash, labelled=True)
    yield a_token_more(clash)
    yield on_other_axes(clash)
    yield spread(clash)
    yield read_from_before(clash)
    if clash.code != "E303":
        yield projected(clash)
    if clash.differ_in_size:
        yield restrided(clash)
    yield swapped(clash)
    yield widened(clash)
    yield equalled(clash)
    if clash.differ_in_size:
        yield lower_path(clash, labelled=False)
