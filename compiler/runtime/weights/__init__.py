"""Weights into a module: from a file or a state_dict, all of them or, where that is asked for, those that fit. What was done is told.

`reading` finds the state_dict in a file, `keys` which tensor is which, `adapt` makes tensors fit, `explain` says why they do not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ....base.diagnostics import Diagnostic
from ....base.records import dataclass
from ....reporting.error import ArchError
from ...files.system_errors import at
from ...graph.graph import Graph
from ...graph.program import Node
from ...ops.suggest import closest, did_you_mean
from .adapt import WORDS, adapted
from .explain import Mismatch, explain
from .keys import match
from .reading import State, choose, read
from .tensors import counted, dtypes, fits, lost, plain
from .told import Loaded, listed, log

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["AnyWeights", "Loaded", "Weights", "as_weights", "put", "side_head_keys"]


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights for a module, and how far they may differ from it.

    `source` is a file (`w.pth`), a part of one (`w.pth:state_dict_ema`), or a state_dict. `skip` are patterns of keys to leave
    out (`fc.*`): those of the network start as training does. `rename` says which beginnings of keys become which
    (`{"backbone.": "body."}`); without it, one that makes the keys fit is found. `adapt` says what to make fit: `channels`
    of the first kernels, `positions` of a position embedding. With `partial`, what fits is loaded and what does not is told.
    `told` is called with what was done, which prints as a sentence; without it, that goes to the log `archc.weights`.
    """

    source: str | os.PathLike[str] | Mapping[str, Tensor]
    skip: Sequence[str] = ()
    rename: Mapping[str, str] | None = None
    adapt: Sequence[str] = ()
    partial: bool = False
    told: Callable[[Loaded], None] = log

    def __post_init__(self) -> None:
        if not isinstance(self.source, str | os.PathLike | Mapping):
            raise TypeError(f"weights are a file or a state_dict, not {type(self.source).__name__!r} (of a module: `module.state_dict()`)")
        for name in ("skip", "adapt"):
            value = getattr(self, name)
            words = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list | tuple | set | frozenset) else (value,)
            if not all(isinstance(row, str) for row in words):
                raise TypeError(
                    f"`{name}` is a list of texts, not of {type(next(row for row in words if not isinstance(row, str))).__name__!r}"
                )
            object.__setattr__(self, name, words)
        rename = {} if self.rename is None else self.rename
        if not isinstance(rename, Mapping) or not all(isinstance(row, str) for pair in rename.items() for row in pair):
            raise TypeError(f"`rename` is a mapping from beginnings of keys to others, not {type(rename).__name__!r}")
        if not isinstance(self.partial, bool):
            raise TypeError(f"`partial` is True or False, not {type(self.partial).__name__!r}")
        if not callable(self.told):
            raise TypeError(f"`told` is a function, not {type(self.told).__name__!r}")
        for word in self.adapt:
            if word not in WORDS:
                help = did_you_mean(closest(word, WORDS)) or f"write one of {', '.join(WORDS)}"
                raise ArchError((Diagnostic("F645", f"`adapt` is of {', '.join(WORDS)}, not {word!r}", at(word), help=help),))

    @property
    def name(self) -> str:
        """What messages call it."""
        return "the state_dict" if isinstance(self.source, Mapping) else os.fspath(self.source)


AnyWeights = str | os.PathLike[str] | Mapping[str, "Tensor"] | Weights
"""A file, a state_dict, or either with how far it may differ."""


def as_weights(given: AnyWeights) -> Weights:
    return given if isinstance(given, Weights) else Weights(given)


def side_head_keys(graph: Graph) -> frozenset[str]:
    """The keys of weights that serve side heads alone: a module for inference leaves them in the file."""
    needed = {node.shares for node in graph.nodes if not node.training_only}
    return frozenset(key for key, node in _owners(graph).items() if node.training_only and node.index not in needed)


def _owners(graph: Graph) -> dict[str, Node]:
    """The node that each key belongs to."""
    return {".".join((*node.path, weight.name)).rstrip("."): node for node in graph.nodes for weight in node.weights}


def put(module: nn.Module, graph: Graph, weights: Weights, unused: Collection[str] = (), name: str = "") -> tuple[Diagnostic, ...]:
    """Put weights into the module of a graph: all that were asked for, or none and why. Keys in `unused` may stand in the file alone."""
    if isinstance(weights.source, Mapping):
        state = choose(weights.source, name or weights.name) if weights.source else State(name or weights.name, {})
    else:
        state = read(weights.name)
    if isinstance(state, Diagnostic):
        return (state,)
    tensors = plain(state.tensors, state.name)
    if isinstance(tensors, Diagnostic):
        return (tensors,)
    wanted = module.state_dict()
    found = match(tensors, wanted, state.name, weights.skip, weights.rename, unused)
    if isinstance(found, Diagnostic):
        return (found,)
    owners = _owners(graph)
    given: dict[str, Tensor] = {}
    words: dict[str, str] = {}
    different: dict[str, Tensor] = {}
    idle = set(weights.adapt)
    for key, tensor in found.given.items():
        made = adapted(graph, owners[key], key, tensor, tuple(wanted[key].shape), weights.adapt) if key in owners else None
        if made is not None:
            tensor, words[key], word = made
            idle.discard(word)
        tensor = counted(key, tensor)
        (given if fits(tensor, wanted[key]) else different)[key] = tensor
    mismatch = Mismatch(
        graph,
        owners,
        state.name,
        tensors,
        wanted,
        given,
        found.missing,
        found.extra,
        different,
        found.renamed,
        found.names,
        found.rules,
        state.piece,
    )
    nothing = not any(tensor.dim() for tensor in given.values()) and any(tensor.dim() for tensor in wanted.values())
    if (found.missing or found.extra or different) and (nothing or not weights.partial):
        return explain(mismatch)
    fresh = tuple(key for key in wanted if key in {*found.missing, *found.skipped, *different})
    passed = (*state.no_tensors, *found.passed, *found.extra)
    module.load_state_dict(given, strict=False)
    how = (*found.renamed, *found.how, *dtypes(given, wanted))
    choice = bool(state.other_parts) and not state.asked
    weights.told(
        Loaded(
            f"{state.name}{_part(state, not isinstance(weights.source, Mapping))}",
            len(given),
            len(wanted),
            how,
            tuple(words.values()),
            fresh,
            passed,
            choice,
            lost({key: found.given[key] for key in given}, wanted),  # the module's own tensors, which hold what was loaded now
            tuple(word for word in WORDS if word in idle),
            state.piece if found.missing else "",
        )
    )
    return ()


def _part(state: State, in_a_file: bool) -> str:
    """Which part of the file was taken, where nobody said which."""
    if not state.part or state.asked:
        return ""
    if not state.other_parts:
        return f", its part `{state.part}`"
    are = "is" if len(state.other_parts) == 1 else "are"
    name = f": `{state.name}:{state.other_parts[0]}`" if in_a_file else ""
    return f", its part `{state.part}` ({listed(state.other_parts)} {are} there too{name})"
