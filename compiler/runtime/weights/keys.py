"""Which tensor of the file is which of the network: what stands before the keys, what is left out, what is nobody's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ....base.diagnostics import Diagnostic
from ....base.records import dataclass
from .told import listed, trouble

if TYPE_CHECKING:
    from torch import Tensor

Tensors = Mapping[str, "Tensor"]

WRAPPERS = ("_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
"""What PyTorch's own wrappers put into keys, at any depth: torch.compile, FSDP, activation checkpointing."""

FOREIGN = ("n_averaged", "total_ops", "total_params")
"""The last words of keys that tools leave behind: averaging by `torch.optim.swa_utils`, counting by thop."""

COUNTER = "num_batches_tracked"
"""Checkpoints from before 2018 do not have it, and it then starts at 0."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """What stands before the keys in the file, and what in the network: `module.` and nothing, nothing and `body.`."""

    old: str
    new: str

    def of(self, key: str) -> str:
        return self.new + key[len(self.old) :] if key.startswith(self.old) else key

    def moved(self, keys: Mapping[str, str]) -> dict[str, str] | None:
        """A mapping by keys, by the keys as they become; None where two of them become one."""
        found = {self.of(key): value for key, value in keys.items()}
        return found if len(found) == len(keys) else None

    @property
    def told(self) -> str:
        if not self.new:
            return f"keys without `{self.old}`"
        return f"keys with `{self.new}` for `{self.old}`" if self.old else f"keys with `{self.new}` before them"

    @property
    def option(self) -> str:
        return f"--rename {self.old}={self.new}"


@dataclass(frozen=True, slots=True)
class Match:
    """The tensors of a file, and what was done to match them."""

    given: Tensors
    """Those whose keys the network has, under these."""
    extra: Tensors
    """Those whose keys it does not have, under the keys of the file."""
    missing: tuple[str, ...]
    skipped: tuple[str, ...]
    """Keys of the network that are not to be loaded."""
    passed: tuple[str, ...]
    """Keys of the file that were left there, as was asked or because they are nobody's."""
    renamed: tuple[str, ...]
    """What was done to the keys of the file, in words."""
    how: tuple[str, ...]
    """What else there is to tell."""
    names: Mapping[str, str]
    """The keys of the file that were not skipped, without wrappers, each with the key as it stands there."""
    rules: tuple[Renaming, ...]
    """What was put before these or taken off, in order."""


def match(
    tensors: Tensors, wanted: Collection[str], name: str, skip: Sequence[str], rename: Mapping[str, str] | None, unused: Collection[str]
) -> Match | Diagnostic:
    """Match the keys of a file with those of a network. `unused` are keys that may stand in the file alone."""
    lost = next((row for row in skip if not any(_is_one_of(key, (row,)) for key in (*wanted, *tensors, *unused))), None)
    if lost is not None:
        return _no_such_key(lost, "--skip", name, (*wanted, *tensors))
    renamed: list[str] = []
    passed = [key for key in tensors if _is_one_of(key, skip) or key.rpartition(".")[2] in FOREIGN]
    # Under the keys as they become: the key in the file.
    kept = {key: key for key in tensors if key not in set(passed)}
    skipped = [key for key in wanted if _is_one_of(key, skip)]
    sought = [key for key in wanted if key not in set(skipped)]
    rules = [Renaming(old, new) for old, new in (rename or {}).items()]
    # Who takes a wrapper off by name means the keys as they stand.
    if rename is None or (rules and not any(word in rule.old.split(".") for rule in rules for word in WRAPPERS)):
        kept = _unwrapped(kept, renamed)
    if rename is None:
        rules = renamings(kept, sought)
        if len(rules) > 1:
            ways = " or ".join(f"`{row.option}`" for row in rules[:3])
            said = f"`{name}` has the network's keys more than once: behind {listed([row.old for row in rules])}"
            return trouble(name, "F625", said, f"say which: {ways}")
    names = kept
    for rule in rules:
        if not any(key.startswith(rule.old) for key in kept):
            return _no_such_key(rule.old, "--rename", name, kept)
        moved = rule.moved(kept)
        if moved is None:
            return trouble(
                name,
                "F625",
                f"`{rule.option}` gives two tensors of `{name}` one key",
                "rename longer beginnings of the keys, or `--skip` one of the two",
            )
        kept = moved
        renamed.append(rule.told)
    passed += [own for key, own in kept.items() if _is_one_of(key, skip)]
    given = {key: tensors[kept[key]] for key in sought if key in kept}
    rest = {own: tensors[own] for key, own in kept.items() if key not in given and not _is_one_of(key, skip)}
    beside = {own for key, own in kept.items() if own in rest and key in unused} | _same_tensors(rest, given)
    missing = [key for key in sought if key not in given]
    no_counter = any(key.endswith(COUNTER) for key in missing) and not any(key.endswith(COUNTER) for key in given)
    return Match(
        given,
        {key: value for key, value in rest.items() if key not in beside},
        tuple(key for key in missing if not key.endswith(COUNTER)),
        tuple(skipped),
        tuple(passed) + tuple(key for key in rest if key in beside),
        tuple(renamed),
        (f"`{COUNTER}` is not there and starts at 0",) if no_counter else (),
        names,
        tuple(rules),
    )


def _is_one_of(key: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(key, row) for row in patterns)


def _no_such_key(word: str, option: str, name: str, keys: Iterable[str]) -> Diagnostic:
    from difflib import get_close_matches

    near = get_close_matches(word, list(dict.fromkeys(keys)), 1, 0)
    help = f"the nearest key is `{near[0]}`" if near else None
    return trouble(name, "F625", f"no key is meant by `{option} {word}`", help)


def _unwrapped(kept: Mapping[str, str], renamed: list[str]) -> dict[str, str]:
    """The keys without the words that wrappers put into them."""
    found = dict.fromkeys(word for key in kept for word in key.split(".") if word in WRAPPERS)
    bare = {".".join(word for word in key.split(".") if word not in WRAPPERS): own for key, own in kept.items()}
    if not found or len(bare) < len(kept):
        return dict(kept)
    renamed.append(f"keys without {listed([f'{word}.' for word in found])}")
    return bare


def _same_tensors(rest: Tensors, given: Tensors) -> set[str]:
    """The keys of `rest` whose tensors are those of `given` under another name, as of layers that share their weights."""
    known = {_place(value) for value in given.values() if value.numel()}
    return {key for key, value in rest.items() if value.numel() and _place(value) in known}


def _place(tensor: Tensor) -> tuple[object, ...]:
    return (
        (tensor.untyped_storage().data_ptr(), tensor.storage_offset(), tuple(tensor.shape), tensor.stride())
        if tensor.layout.__str__() == "torch.strided"
        else (id(tensor),)
    )


# ------------------------------------------------------------------------------------------------- prefixes


def renamings(keys: Collection[str], wanted: Collection[str]) -> list[Renaming]:
    """What, put before the keys or taken off, makes the most of them the network's: none where they are so as they stand or
    where most would not be, several where they do it equally well. No two keys become one, and more are moved than stand as
    they should: a few that end as the network's do are of another network."""
    sought = set(wanted)
    straight = sum(key in sought for key in keys)
    best = max(straight, min(len(sought), len(keys)) // 2)
    found: list[Renaming] = []
    for rule in _candidates(keys, wanted):
        named = [rule.of(key) for key in keys]
        moved = sum(new in sought for key, new in zip(keys, named, strict=True) if key.startswith(rule.old))
        if moved <= straight or len(set(named)) < len(named):
            continue
        score = sum(key in sought for key in named)
        if score > best:
            best, found = score, [rule]
        elif found and score == best:
            found.append(rule)
    return found


def _candidates(keys: Collection[str], wanted: Collection[str]) -> list[Renaming]:
    """The beginnings by which a few of the network's keys, the deepest, differ from keys of the file that end alike."""
    anchors = sorted((key for key in wanted if not key.endswith(COUNTER)), key=lambda key: key.count("."), reverse=True)[:2]
    found: dict[Renaming, None] = {}
    for anchor in anchors:
        words = anchor.split(".")
        for start in range(len(words) if len(words) == 1 else len(words) - 1):
            end = ".".join(words[start:])
            new = anchor[: len(anchor) - len(end)]
            for key in keys:
                if key == end or key.endswith("." + end):
                    found[_shortest(key[: len(key) - len(end)], new)] = None
    return [row for row in found if row.old != row.new]


def _shortest(old: str, new: str) -> Renaming:
    """The words in which both end are none of the difference: of `module.body.` and `body.` it is `module.`."""
    one, two = old.split("."), new.split(".")
    while len(one) > 1 and len(two) > 1 and one[-2] == two[-2]:
        del one[-2], two[-2]
    return Renaming(".".join(one), ".".join(two))
