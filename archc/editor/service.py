"""The service: texts of open files over those on the disk; asked for a file, it gives an `Answer`. Bounded in memory."""

from __future__ import annotations

import os
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import field
from itertools import chain
from typing import Generic, TypeVar

from ..base.diagnostics import Diagnostic, Problem
from ..base.records import dataclass
from ..base.source import Source
from ..compiler import driver
from ..compiler.elaborate.effort import Wanted, always
from ..compiler.files.locate import SUFFIX, Imports, find, read
from ..compiler.files.system_errors import native
from ..compiler.ops.base import Shape
from ..dsl.parser.parse import parse
from .answer import Answer
from .index import index_of
from .symbols import Index

Value = TypeVar("Value")

MOST_ANSWERS = 8
"""How many files are kept with all that is known of them; of others the answer is worked out anew."""

MOST_INDEXES = 64
"""How many files are kept with their names alone."""

MOST_FILES, MOST_FOLDERS = 2_000, 500
"""How many files, of how many folders, are looked through for uses of a name."""


class Kept(Generic[Value]):
    """The values asked for last."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._rows: OrderedDict[str, tuple[Hashable, Value]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: str, stamp: Callable[[Value], Hashable]) -> Value | None:
        """The value, where `stamp` of it is what it was when it was kept."""
        row = self._rows.get(key)
        if row is None or stamp(row[1]) != row[0]:
            return None
        self._rows.move_to_end(key)
        return row[1]

    def keep(self, key: str, stamp: Hashable, value: Value) -> Value:
        self._rows[key] = (stamp, value)
        self._rows.move_to_end(key)
        while len(self._rows) > self.most:
            self._rows.popitem(last=False)
        return value

    def drop(self, key: str) -> None:
        self._rows.pop(key, None)


@dataclass(frozen=True, slots=True)
class Question:
    """A file and the texts of an editor, which do not change any more."""

    path: str
    texts: Mapping[str, Source]
    wanted: str | None
    settings: Mapping[str, object] = field(default_factory=dict)
    inputs: Mapping[str, Shape] = field(default_factory=dict)

    def answer(self, is_wanted: Wanted = always) -> Answer:
        """All about the file. `is_wanted` is asked on the way; once it says no, `Abandoned` is raised."""
        imports = Imports(texts={source.name: source for source in self.texts.values()})
        source = self.texts.get(self.path)
        found = driver.check_all(
            self.path, settings=self.settings, inputs=self.inputs, source=source, imports=imports, traced=True, wanted=is_wanted
        )
        text = next((row.source for row in found if row.source is not None), source)
        if text is None and not found:  # blocks alone, with nothing to say of them
            saved = read(find(self.path))
            text = saved if isinstance(saved, Source) else None
        return Answer(self.path, text or Source(self.path, ""), found, imports, self.wanted)


class Service:
    """All questions of an editor begin here.

    `open` gives the text that a file has in the editor, `close` takes it back: then the disk counts again. `answer` tells all about a file as it
    stands now; `last_good` is the last answer without errors, for what is asked while a text is half written.
    """

    def __init__(self, settings: Mapping[str, object] | None = None, inputs: Mapping[str, Shape] | None = None) -> None:
        self._settings, self._inputs = settings or {}, inputs or {}
        self._texts: dict[str, Source] = {}
        self._answers: Kept[Answer] = Kept(MOST_ANSWERS)
        self._good: Kept[Answer] = Kept(MOST_ANSWERS)
        self._indexes: Kept[Index] = Kept(MOST_INDEXES)
        self.chosen: dict[str, str] = {}
        """The network of a file that answers are about, where someone chose one."""

    # ------------------------------------------------------------------------------------------------- texts

    def open(self, path: str, text: str) -> None:
        """The editor has this text for the file, be it saved or not."""
        self._texts[path] = Source.of(find(path).name, text)

    def close(self, path: str) -> None:
        """The file is as it stands on the disk. What was kept of it goes."""
        self._texts.pop(path, None)
        self._answers.drop(path)
        self._good.drop(path)
        self.chosen.pop(path, None)

    @property
    def opened(self) -> tuple[str, ...]:
        return tuple(self._texts)

    def source(self, path: str) -> Source | None:
        """The text of a file, the editor's first."""
        if path in self._texts:
            return self._texts[path]
        found = read(find(path))
        return None if isinstance(found, Diagnostic) else found

    # ----------------------------------------------------------------------------------------------- answers

    def question(self, path: str) -> Question:
        """What to ask of a file as it stands now. Its answer is the same later, and in another thread."""
        return Question(path, dict(self._texts), self.chosen.get(path), self._settings, self._inputs)

    def known(self, path: str) -> Answer | None:
        """All about a file as it stands now, where that was asked before."""
        return self._answers.get(path, lambda row: (self.chosen.get(path), _stamps(row, self._texts)))

    def keep(self, question: Question, answer: Answer) -> Answer:
        """Remember the answer to a question; it counts as long as what it was asked of is as it was."""
        if answer.network is not None:
            self._good.keep(question.path, 0, answer)
        return self._answers.keep(question.path, (question.wanted, _stamps(answer, question.texts)), answer)

    def answer(self, path: str) -> Answer:
        """All about a file as it stands now."""
        known = self.known(path)
        if known is not None:
            return known
        question = self.question(path)
        return self.keep(question, question.answer())

    def last_good(self, path: str) -> Answer | None:
        """The last answer with a network that was sound; it may be of an earlier text."""
        now = self.answer(path)
        return now if now.network is not None else self._good.get(path, lambda _: 0)

    def diagnostics(self, path: str) -> tuple[Diagnostic, ...]:
        """What `archc check` says of the file, in its order."""
        return self.answer(path).diagnostics

    # ------------------------------------------------------------------------------------------------- names

    def index(self, path: str) -> Index | None:
        """The names of a file; None where it cannot be read."""
        known = self._indexes.get(path, lambda _: _stamp(path, self._texts))
        if known is not None:
            return known
        source = self.source(path)
        if source is None:
            return None
        return self._indexes.keep(path, _stamp(path, self._texts), _index(source))

    def good_index(self, path: str) -> Index | None:
        """The names of the text of `last_good`."""
        good = self.last_good(path)
        if good is None:
            return None
        key = f"{path} as it was"
        known = self._indexes.get(key, lambda row: row.source.text)
        if known is not None and known.source == good.source:
            return known
        return self._indexes.keep(key, good.source.text, _index(good.source))

    def imported(self, module: tuple[str, ...], path: str) -> str | None:
        """The path of the file that `import module` means in the file `path`."""
        imports = Imports(texts={source.name: source for source in self._texts.values()})
        asking = self.source(path)
        if asking is None:
            return None
        imports.opened(find(path))
        try:
            found = imports(module, asking)
        except Problem:  # it is there, and cannot be read
            return None
        return imports.paths[found.name] if found is not None else None

    def files_around(self, path: str, folders: tuple[str, ...] = ()) -> Iterator[str]:
        """The files that may use what `path` defines: those that are open, and those in its folder and in `folders`, the nearest first."""
        return self._listed((path,), (os.path.dirname(path) or ".", *folders))

    def files_in(self, folders: tuple[str, ...]) -> Iterator[str]:
        """The files that are open, and those in the folders."""
        return self._listed((), folders)

    def _listed(self, first: tuple[str, ...], folders: tuple[str, ...]) -> Iterator[str]:
        seen: set[str] = set()
        for file in chain(first, self._texts, _in_folders(folders)):
            if file not in seen and len(seen) < MOST_FILES:
                seen.add(file)
                yield file


def _stamps(answer: Answer, texts: Mapping[str, Source]) -> Hashable:
    """What tells that a file which took part was written anew, or that one is there now which was looked for."""
    paths = {answer.path, *answer.imports.paths.values(), *answer.imports.sought}
    return tuple((path, _stamp(path, texts)) for path in sorted(paths))


def _stamp(path: str, texts: Mapping[str, Source]) -> Hashable:
    if path in texts:
        return texts[path].text
    try:
        found = os.stat(native(path))
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size


def _index(source: Source) -> Index:
    file = parse(source)[0]
    return index_of(file.source, file)


class Prompt(Service):
    """One that never makes anybody wait: what is not known yet is left out, and worked out elsewhere (`question`, `keep`)."""

    def open(self, path: str, text: str) -> None:
        super().open(path, text)
        self._answers.most = max(MOST_ANSWERS, len(self._texts) + 1)  # those of all open files stay, or there would be no end of checking

    def answer(self, path: str) -> Answer:
        """All that is known of a file as it stands now, be it nothing."""
        known = self.known(path)
        return known if known is not None else Answer(path, self.source(path) or Source(path, ""), (), Imports())

    def patient(self) -> Service:
        """One that works out what is not known, with the texts of now: for another thread."""
        made = Service()
        made._texts, made.chosen = dict(self._texts), dict(self.chosen)
        return made


def _in_folders(folders: tuple[str, ...]) -> Iterator[str]:
    """The `.arch` files in folders and below, those of one level before those farther down."""
    waiting = deque(folders)
    for _ in range(MOST_FOLDERS):
        if not waiting:
            return
        try:
            entries = sorted(os.scandir(native(waiting.popleft())), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if entry.name.endswith(SUFFIX):
                yield entry.path
            elif not entry.name.startswith((".", "node_modules", "__pycache__")) and entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
