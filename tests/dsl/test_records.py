"""Records are standard dataclasses in all that archc relies on, and print as one short line."""

from __future__ import annotations

import dataclasses
import pickle
from dataclasses import FrozenInstanceError, field, replace
from typing import ClassVar

import pytest

from archc.base.records import MOST_SHOWN, dataclass


@dataclass(frozen=True, slots=True)
class Place:
    source: str = field(repr=False, compare=False)
    line: int
    column: int = 1


@dataclass(frozen=True, slots=True)
class Base:
    word: ClassVar[str] = "base"
    kernel: int
    bias: bool = True


@dataclass(frozen=True, slots=True)
class Derived(Base):
    """With a field of its own, and a default that replaces one."""

    word: ClassVar[str] = "derived"
    bias: bool = False
    groups: int = 1


@dataclass(frozen=True, slots=True)
class Fieldless(Base):
    """With nothing but a word of its own: the decorator has nothing to write."""

    word: ClassVar[str] = "fieldless"

    def doubled(self) -> int:
        return 2 * self.kernel


@dataclass(frozen=True, slots=True)
class Counted:
    items: list[int] = field(default_factory=list)
    total: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", sum(self.items))


@dataclass(frozen=True, slots=True, eq=False)
class Alone:
    name: str


@dataclass(slots=True)
class Open:
    name: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Empty:
    pass


@dataclass(frozen=True, slots=True)
class Own:
    name: str

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own)

    def __hash__(self) -> int:
        return 7


def test_made_by_position_and_by_name() -> None:
    assert Place("a", 3).column == 1
    assert Derived(3, groups=2) == Derived(kernel=3, bias=False, groups=2)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'kernel'"):
        Base()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'kernle'"):
        Base(kernle=3)  # type: ignore[call-arg]


def test_frozen() -> None:
    place = Place("a", 3)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'line'"):
        place.line = 4  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'line'"):
        del place.line  # type: ignore[misc]


def test_slots() -> None:
    assert Place.__slots__ == ("source", "line", "column")
    assert not hasattr(Derived(3), "__dict__")
    with pytest.raises(AttributeError):
        Open("a").other = 1  # type: ignore[attr-defined]


def test_equal_and_hashed_by_what_is_compared() -> None:
    assert Place("a", 3) == Place("b", 3) != Place("a", 4)
    assert hash(Place("a", 3)) == hash(Place("b", 3))
    assert Base(3) != Derived(3, True)
    assert len({Empty(), Empty()}) == 1
    assert Alone("a") != Alone("a")
    assert len({Alone("a"), Alone("a")}) == 2
    assert Open("a") == Open("a", 0)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Open("a"))


def test_printed() -> None:
    assert repr(Place("a", 3)) == "Place(line=3, column=1)"
    assert repr(Derived(3)) == "Derived(kernel=3, bias=False, groups=1)"
    assert repr(Empty()) == "Empty()"


def test_methods_of_its_own_stay() -> None:
    assert repr(Own("a")) == "<a>"
    assert Own("a") == Own("b")
    assert hash(Own("a")) == 7


def test_fields_made_later() -> None:
    one, other = Counted(), Counted([1, 2])
    assert one.items is not Counted().items
    assert (one.total, other.total) == (0, 3)


def test_what_the_standard_library_does_with_it() -> None:
    assert [row.name for row in dataclasses.fields(Derived)] == ["kernel", "bias", "groups"]
    assert dataclasses.is_dataclass(Derived(3))
    assert replace(Derived(3), groups=4) == Derived(3, groups=4)
    assert dataclasses.asdict(Derived(3)) == {"kernel": 3, "bias": False, "groups": 1}
    match Place("a", 3, 5):
        case Place(_, line, column):
            assert (line, column) == (3, 5)


def test_sent_to_another_process() -> None:
    for value in (Place("a", 3), Derived(3), Open("a", 2), Empty(), Counted([1])):
        assert pickle.loads(pickle.dumps(value)) == value
    assert pickle.loads(pickle.dumps(Place("a", 3))).source == "a"


def test_the_repr_is_one_short_line_whatever_hangs_on_it() -> None:
    loop = Open("a")
    loop.name = loop  # type: ignore[assignment]
    assert repr(loop) == "Open(name=Open(…), count=0)"
    assert repr(Alone("x" * 1000)) == f"Alone(name='{'x' * 60}…')"
    assert repr(Counted(list(range(10)))) == "Counted(items=[0, 1, 2, 3, 4, 5, 6, 7, …], total=45)"
    assert repr(Open("a\nb", 2 ** (2**20))) == "Open(name='a\\nb', count=<int>)"
    deep: object = ()
    for _ in range(10_000):
        deep = (deep, {"a": deep})
    assert len(repr(Open(deep))) <= MOST_SHOWN  # type: ignore[arg-type]
    assert repr(Open({"a": (1,), "b": Empty()}, list)) == "Open(name={'a': (1,), 'b': Empty(…)}, count=list)"  # type: ignore[arg-type]


def test_a_record_that_adds_no_field_is_one_of_its_own() -> None:
    """As the standard decorator would make it, which it was not asked to."""
    standard = dataclasses.dataclass(frozen=True, slots=True, repr=False)(type("Fieldless", (Base,), {"__doc__": Fieldless.__doc__}))
    one = Fieldless(3, bias=False)
    assert (one.doubled(), one.word, repr(one)) == (6, "fieldless", "Fieldless(kernel=3, bias=False)")
    assert one == Fieldless(3, False) and hash(one) == hash(Fieldless(3, False)) and len({one, Fieldless(3, False)}) == 1
    assert one != Base(3, False) and Base(3, False) != one and one != Fieldless(4, False)
    assert replace(one, kernel=4) == Fieldless(4, False) and type(replace(one, kernel=4)) is Fieldless
    assert pickle.loads(pickle.dumps(one)) == one and type(pickle.loads(pickle.dumps(one))) is Fieldless
    assert [row.name for row in dataclasses.fields(Fieldless)] == [row.name for row in dataclasses.fields(standard)]
    assert (Fieldless.__match_args__, Fieldless.__slots__, Fieldless.__doc__) == (standard.__match_args__, (), standard.__doc__)
    assert (Fieldless.__qualname__, Fieldless.__module__) == ("Fieldless", __name__)
    assert not hasattr(one, "__dict__")
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'kernel'"):
        one.kernel = 5  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'kernel'"):
        del one.kernel  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):  # which of the two, Python's version decides
        one.other = 5  # type: ignore[attr-defined]


def test_what_is_its_own_is_made() -> None:
    @dataclass(frozen=True, slots=True)
    class Checked(Base):
        def __post_init__(self) -> None:
            assert self.kernel > 0

    @dataclass(frozen=True, slots=True)
    class Loose(Base):
        def __eq__(self, other: object) -> bool:
            return isinstance(other, Base)

    with pytest.raises(AssertionError):
        Checked(0)
    assert Loose(1) == Base(2)
