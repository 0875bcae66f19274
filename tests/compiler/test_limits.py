"""A small file that asks for more than a machine can do ends in a diagnostic, and takes little memory on the way.

What would not end would never get here: no time is asserted. The memory is.
"""

from __future__ import annotations

import cProfile
import gc
import pstats
import tracemalloc
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from archc.base.source import Source
from archc.compiler.driver import check, check_all, check_source
from archc.compiler.elaborate import elaborate
from archc.compiler.elaborate.builder import MOST_NODES, Builder
from archc.compiler.elaborate.effort import MOST_ERRORS, MOST_STEPS, STEPS_A_NODE, Effort, items_in
from archc.compiler.elaborate.foresight import LARGE, Count
from archc.compiler.elaborate.imports import DEEPEST_IMPORT
from archc.compiler.elaborate.naming import LONGEST_LABEL, legal_name, why_not
from archc.compiler.elaborate.values import LARGEST_LIST, show_value
from archc.compiler.files.locate import find, read
from archc.dsl.parser.parse import parse
from tests.sample import only_in_campaign, sample
from tests.support import checked as checked_text

MOST_BYTES = 200 * 2**20


def network(body: str) -> str:
    return f"network n {{\n  input x[3, 8, 8]\n  {body}\n}}\n"


def tower(first: str, step: str, count: int = 60) -> str:
    """`first`, then `count` lines in which `@` is the number of the line and `#` the one before."""
    return "\n".join([first, *(step.replace("@", str(number)).replace("#", str(number - 1)) for number in range(1, count))]) + "\n"


BOMBS = {
    "hang1": (network("repeat 100000 { repeat 100000 { skip } }\n  relu"), "E406"),
    "hang3": (tower("let a0 = [1]", "let a@ = [a#, a#]") + network('require false, "x {a59}"\n relu'), "E225"),
    "mem1": (tower('let a0 = "aaaaaaaaaa"', 'let a@ = "{a#}{a#}"') + network('require false, "x {a59}"\n relu'), "E225"),
    "joined lists": (tower("let a0 = [1]", "let a@ = a# + a#") + network("relu"), "E225"),
    "joined texts": (tower('let a0 = "aaaaaaaaaa"', "let a@ = a# + a#") + network("relu"), "E225"),
    "lists multiplied": (network("let a = [range(1000)] * 1000\n relu"), "E225"),
    "lists compared": (
        tower("let a0 = [1]\nlet b0 = [1]", "let a@ = [a#, a#]\nlet b@ = [b#, b#]") + network("require a59 == b59\n relu"),
        "E225",
    ),
    "a text of many pieces": (network('let a = "' + "b" * 9000 + '"\n require false, "' + "{a}" * 20_000 + '"'), "E225"),
    "a long text": (network('require false, "' + "b" * 100_000 + '"'), "E225"),
    "a default that is a long list": ("block b(a = range(100000)) { skip }\n" + network("repeat 100000 { b }\n relu"), "E406"),
    "a long list made in a loop": (network("repeat 100000 { let a = range(50000) }\n relu"), "E406"),
    "a long list read in a loop": (network("let a = range(100000)\n repeat 100000 { let s = sum(a) }\n relu"), "E406"),
    "loops through lists of lists": (
        network("let a = [range(300)] * 300\n for r in a { for c in r { for q in a { skip } } }\n relu"),
        "E406",
    ),
    "empty loops in loops": (network("repeat 100000 { repeat 100000 { repeat 100000 { } } }\n relu"), "E406"),
    "conditions in loops": (network("repeat 100000 { repeat 100000 { if false { relu } } }\n relu"), "E406"),
    "stages in a loop": (network("repeat 100000 { stage s { skip } }\n relu"), "E406"),
    "blocks that double and place nothing": (tower("block b0 { if true { } }", "block b@ { b# -> b# }") + network("b59"), "E406"),
    "blocks that double and are wrong": (tower("block b0 { relu -> nonsense }", "block b@ { b# -> b# }") + network("b59"), "E201"),
    "a block that calls itself twice": ("block b { b -> b }\n" + network("b"), "E401"),
    "networks that double": (
        tower("network v0 { input x[3, 8, 8]\n if false { relu } }", "network v@ { input x[3, 8, 8]\n v# -> v# }") + network("v59"),
        "E406",
    ),
    "paths that double": (
        tower("block b0 { skip }", "block b@ { mean { | if false { relu } | b# | b# } }")
        + network("repeat 1000 { repeat 1000 { skip } }\n b59"),
        "E406",
    ),
    "a mistake in a loop": (network("repeat 100000 { repeat 100000 { conv(0) } }"), "E208"),
    "more paths than a merge takes": (network("add { | repeat 100000: relu }"), "E234"),
    "a power": (network("conv(2 ** (2 ** 30))"), "E225"),
    "a tower of powers": (network("conv(10 ** 10 ** 10)"), "E225"),
    "a long range": (network("conv(range(10 ** 12)[0])"), "E224"),
    "a text multiplied": (network('conv("a" * 1000000000)'), "E222"),
    "a number of a thousand bits": (network("conv(floor(1e308))"), "E225"),
    "a channel count that doubles": (network("repeat 62 { concat { | skip | skip } }"), "E405"),
    "an image that grows": (network("repeat 31 { upsample(4) }"), "E405"),
    "an input that is too large": ("network n { input x[4611686018427387904, 8, 8] }", "E405"),
    "a linear layer that is too large": (network("flatten -> linear(2 ** 61)"), "E405"),
    "a long name": (network("a" * 100_000 + ": relu"), "E225"),
    "a label that grows": (tower('let a0 = "aaaaaaaaaa"', 'let a@ = "{a#}{a#}"', 8) + network('"{a7}": relu'), "E210"),
    "a variant of a variant": (tower("network v0 { input x[3, 8, 8]\n relu }", "network v@ = v#()", 150) + "network n = v149()\n", "E402"),
    "reuse of reuse": (network(tower("a0: { }", "a@: { reuse(a#) -> reuse(a#) }") + "relu"), "E406"),
}


@pytest.mark.parametrize("name", sample(BOMBS, 2, one_in=8))
def test_what_would_never_end_is_said(name: str) -> None:
    text, code = BOMBS[name]
    tracemalloc.start()
    try:
        checked = checked_text(text, "n.arch")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert checked.has_errors
    assert code in [row.code for row in checked.diagnostics]
    assert peak < MOST_BYTES
    for row in checked.diagnostics:
        assert len(row.message) < 1000
        assert all(len(note) < 2000 for note in row.notes)


FORESEEN = {
    "hang2": tower("block b0 { relu -> relu }", "block b@ { b# -> b# }", 40) + network("b39"),
    "blocks of arguments": tower("block b0(c) { conv(c) -> relu }", "block b@(c) { b#(c) -> b#(c) }") + network("b59(8)"),
    "a block that calls itself": "block b(n) { if n > 0 { b(n - 1) -> b(n - 1) } else { relu } }\n" + network("b(40)"),
    "a block that is given a block": "block b(n, act) { if n > 0 { b(n - 1, act) -> b(n - 1, act) } else { act } }\n"
    + network("b(40, relu)"),
    "flat blocks": tower("block b0 flat { relu }", "block b@ flat { b# -> b# }") + network("b59"),
    "paths": tower("block b0 { relu }", "block b@ { add { | b# | b# } }", 40) + network("b39"),
    "blocks of two inputs": tower(
        "block b0 takes x, y { add { | skip | skip(y) } }",
        "block b@ takes x, y { b# { | b# { | skip(x) | skip(y) } | b# { | skip(y) | skip(x) } } }",
        25,
    )
    + network("b24 { | skip | skip }"),
    "networks": tower("network v0 { input x[3, 8, 8]\n relu }", "network v@ { input x[3, 8, 8]\n v# -> v# }") + network("v59"),
    "uses": network(tower("a0: relu", "a@: { reuse(a#) -> reuse(a#) }")),
    "loops": network("repeat 1000 { repeat 1000 { relu } }"),
    "loops of paths": network("repeat 1000 { add { | repeat 100: relu | repeat 100: { relu -> relu } } }"),
    "side heads": 'block h0(a) { aux "h{a}" { relu } }\n' + network("repeat 90000 { relu -> relu -> relu }"),
}


@pytest.mark.parametrize("name", sample(FORESEEN, one_in=2))
def test_a_network_that_is_too_large_is_told_before_it_is_made(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    placed = []
    add = Builder.add
    monkeypatch.setattr(Builder, "add", lambda *given, **named: placed.append(0) or add(*given, **named))
    rows = [row for row in checked_text(FORESEEN[name], "n.arch").diagnostics if row.is_error]
    assert [row.code in ("E403", "E406") for row in rows] == [True]
    assert len(placed) < 2 * LARGE + 100


def counted(text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """The operations of a network as they are counted and as they are made."""
    monkeypatch.setattr(elaborate, "LARGE", 0)
    builders: list[Builder] = []
    monkeypatch.setattr(elaborate, "Builder", lambda **given: builders.append(Builder(**given)) or builders[-1])
    assert not checked_text(text, "n.arch").has_errors
    first, second, third = builders[:3]
    assert (first.most, second.count is None, third.count) == (0, False, None)
    return second.placed, third.placed


ALIKE = {
    "the shape decides": (
        "block b { if in.channels > 4 { relu -> relu } else { conv(8, 1) } }\n",
        "repeat 3 { b }\n b -> conv(2) -> b",
    ),
    "the argument decides": ("block b(n = 1) { repeat n { relu } }\n", "b -> b(2) -> b(2 if true else 1) -> b"),
    "one and one point nothing": ("block b(n) { if n == 1 { relu } }\n", "b(1) -> b(1.0) -> b(2)"),
    "a label of an earlier round": ("", 'for i in range(3) { "c{i}": conv(4, 1) -> relu }'),
    "a label from before": ("", "a: conv(4)\n repeat 3 { conv(4) -> add { | skip | skip(a) } }"),
    "side heads in training": ('block b(a) { conv(4) aux "{a}" { conv(2) -> relu } }\n', 'one: b("u") -> two: b("u") -> b("u")'),
    "a network as a step": (
        "network v { input x[3, 8, 8]\n conv(4)\n aux h { relu }\n relu }\n",
        "conv(3) -> v -> conv(3) -> v -> conv(3) -> add { | v | conv(4) }",
    ),
    "uses of other sizes": ("", "a: { conv(4, 1) -> relu }\n conv(4) -> reuse(a) -> maxpool(2) -> reuse(a) -> reuse(a)"),
    "a part inside a part": (
        "block b { c: conv(4, 1) -> relu }\n",
        "u: b -> y: b -> add { | skip | skip(u.c) | skip(y.c) }\n conv(4) -> reuse(y)",
    ),
}


@pytest.mark.parametrize(("before", "body"), ALIKE.values(), ids=ALIKE)
def test_what_is_counted_is_what_is_made(before: str, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    count, made = counted(before + network("conv(4)\n " + body), monkeypatch)
    assert count == made > 4


@pytest.mark.parametrize("name", ["resnet18", "inception_v3", "unet", "googlenet_torchvision", "vit_b_16", "resnet50_fpn", "densenet121"])
def test_what_is_counted_of_a_shipped_network_is_what_is_made(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(find(name))
    assert isinstance(found, Source)
    count, made = counted(found.text, monkeypatch)
    assert count == made > 20


@pytest.mark.parametrize(
    "body",
    [
        "repeat 100000 { conv(3, 99, pad = 0) }",
        "for i in range(100000) { conv(3, 99, pad = 0) -> conv(i + 1) }",
        "repeat 1000 { repeat 1000 { conv(3, 99, pad = 0) -> add { | skip | relu } } }",
        'conv(3, 99, pad = 0)\n for i in range(300) { "c{i}": conv(8) }\n add { | skip | skip(c290) }',
    ],
)
def test_rounds_behind_a_mistake_are_not_all_tried(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took seconds, and ended in the limit of steps, which was not the mistake."""
    spent = []
    spend = Effort.spend
    monkeypatch.setattr(Effort, "spend", lambda effort, steps, span: spent.append(steps) or spend(effort, steps, span))
    assert [row.code for row in checked_text(network(body), "n.arch").diagnostics] == ["E311"]
    assert sum(spent) < 15_000


def test_a_mistake_of_a_later_round_is_found_behind_another() -> None:
    body = "for i in range(100) { conv(3, 99, pad = 0) -> relu }\n for c in [8] * 90 + [0] { conv(c) }"
    assert [row.code for row in checked_text(network(body), "n.arch").diagnostics] == ["E311", "E208"]


@pytest.mark.slow
@only_in_campaign
def test_a_network_of_as_many_operations_as_there_may_be() -> None:
    body = "repeat 8 { repeat 1000 { repeat 8 { b(3) } } }\n relu"
    text = "block b(c, d = c + 1) {\n  let e = d - 1\n  require e == c\n  add { | relu -> tanh | skip } }\n" + network(body)
    checked = checked_text(text, "n.arch")
    assert not checked.has_errors
    assert checked.program is not None
    assert len(checked.program.nodes) > 0.95 * MOST_NODES


def test_the_largest_loop_that_places_nothing() -> None:
    assert not checked_text(network(f"repeat {LARGEST_LIST} {{ }}\n relu"), "n.arch").has_errors


def test_calls_of_blocks_are_no_limit_by_themselves() -> None:
    """A network of more operations and calls than are made uncounted is counted first, and then made."""
    count = 2 * LARGE // 3
    program = checked_text("block b { relu }\n" + network(f"repeat {count} {{ b }}"), "n.arch").program
    assert program is not None
    assert len(program.nodes) == count + 2


def test_an_empty_round_takes_its_number() -> None:
    program = checked_text(network("stage s { repeat 2 { }\n repeat 2 { conv(3) -> relu } }"), "n.arch").program
    assert program is not None
    assert [node.key for node in program.nodes if node.operation.name == "conv"] == ["s.2.conv1", "s.3.conv1"]


def test_what_is_placed_pays_for_statements() -> None:
    effort = Effort()
    span = Source.of("x", "").span(0, 0)
    effort.spend(MOST_STEPS, span)
    assert effort.left == 0
    effort.earn()
    assert effort.left == STEPS_A_NODE


def test_many_mistakes_are_not_all_said() -> None:
    rows = checked_text(network("\n".join(f"cnv{number}(8)" for number in range(3000))), "n.arch").diagnostics
    assert MOST_ERRORS <= len(rows) <= MOST_ERRORS + 1


MANY_LINES = {
    "steps that there are not": "cnv@(8)",
    "methods of a module": "x = self.conv@(x)",
    "returned names": "return x@",
    "labels that there are not": "skip(a@)",
    "what is given twice": "conv(8, channels = 9)",
    "inputs": "input x@[3, 8, 8]",
    "values that nothing reads": "let a@ = 1",
    "words": "the quick brown fox @",
    "braces that open": "stage s@ {",
    "braces that close": "}",
    "quotes": '"a@: conv(8)',
    "norms after a bias": "conv(8) -> bn",
}


@pytest.mark.parametrize("line", MANY_LINES.values(), ids=MANY_LINES)
def test_four_times_the_lines_are_four_times_the_work(line: str) -> None:
    """And so for what is wrong: a text of 2,000 lines must not take a minute to be refused."""

    def calls(count: int) -> int:
        text = network("\n  ".join(line.replace("@", str(number)) for number in range(count)))
        profile = cProfile.Profile()
        profile.enable()
        checked_text(text, "n.arch")
        profile.disable()
        total: int = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]
        return total

    calls(10)  # what is imported for this mistake
    assert calls(600) <= 4.6 * calls(150)


def test_no_search_runs_over_the_whole_text_at_each_line() -> None:
    """Three thousand wrong steps took six seconds: from each line on, all that followed was looked through."""
    from archc.compiler.meaning.vetting import _MAYBE

    found = _MAYBE.search("cnv(8)\n" * 30 + "x = 1\n")
    assert found is not None and "\n" not in found[0]


def test_the_first_network_that_is_too_large_ends_the_check_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "many.arch"
    path.write_text(
        "".join(network("repeat 1000 { repeat 1000 { skip } }").replace("network n", f"network n{number}") for number in range(50)),
        encoding="utf-8",
    )
    assert [row.code for checked in check_all(path) for row in checked.diagnostics] == ["E406"]


def test_what_a_file_says_is_worked_out_once_for_all_of_its_networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a file of 3,000 networks would be read 3,000 times."""
    from archc.compiler.elaborate import unreached, unused

    (tmp_path / "parts.arch").write_text("let width = 8\nblock part(c) { conv(c) -> relu }\n", encoding="utf-8")
    texts = [network("part(width) -> relu").replace("network n", f"network n{number}") for number in range(40)]
    path = tmp_path / "many.arch"
    path.write_text("from parts import part, width\nlet unread = 1\n" + "".join(texts), encoding="utf-8")
    worked: list[str] = []

    def watched(module: ModuleType, name: str) -> None:
        whole = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given: worked.append(name) or whole(*given))

    watched(unused, "unused_names")
    watched(unreached, "unknown_names")
    watched(elaborate, "Files")
    found = check_all(path)
    assert sorted(worked) == ["Files", "unknown_names", "unused_names"]
    assert [checked.program.name for checked in found if checked.program is not None] == [f"n{number}" for number in range(40)]
    assert [row.code for checked in found for row in checked.diagnostics] == ["W504"]
    assert all(len(checked.program.nodes) == 5 for checked in found if checked.program is not None)


def test_a_mistake_of_a_file_keeps_all_of_its_networks_back(tmp_path: Path) -> None:
    good = "".join(network("relu").replace("network n", f"network n{number}") for number in range(3))
    for wrong, code in (("let a = nothing\n", "E201"), ("block b { nothing }\n", "E201"), ("import nothing\n", "E213")):
        path = tmp_path / "n0.arch"
        path.write_text(wrong + good, encoding="utf-8")
        found = check_all(path)
        assert [row.code for checked in found for row in checked.diagnostics] == [code]
        assert [checked.program for checked in found] == [None] * len(found)


def test_many_imports_in_a_row(tmp_path: Path) -> None:
    for number in range(DEEPEST_IMPORT + 20):
        (tmp_path / f"f{number}.arch").write_text(f"from f{number + 1} import b\nblock a{number} {{ relu }}\n", encoding="utf-8")
    (tmp_path / "n.arch").write_text("from f0 import a0\n" + network("a0"), encoding="utf-8")
    assert [row.code for row in check(tmp_path / "n.arch").diagnostics] == ["E401"]


def test_many_outputs_and_many_side_heads() -> None:
    outputs = ", ".join(f"o{number} = a" for number in range(3000))
    checked = checked_text(network(f"a: relu\n output {outputs}"), "n.arch")
    assert checked.program is not None
    assert sum(node.operation.name == "output" for node in checked.program.nodes) == 3000
    checked = checked_text(network('repeat 2000 as i { aux "h{i}" { relu } }'), "n.arch")
    assert checked.program is not None
    assert sum(node.training_only for node in checked.program.nodes) == 4000


def test_the_nearest_of_many_default_rows_holds() -> None:
    rows = "\n".join(f"default conv(bias = {'true' if number % 2 else 'false'})" for number in range(1000))
    checked = check_source(
        Source.of("n.arch", network(f"{rows}\n default conv(kernel = 1)\n conv(4)\n {{ default conv(bias = false)\n conv(4) }}"))
    )
    assert checked.program is not None
    made = [node.operation for node in checked.program.nodes if node.operation.name == "conv"]
    assert [(getattr(row, "bias"), getattr(row, "kernel")) for row in made] == [(True, made[0].kernel), (False, made[1].kernel)]  # type: ignore[attr-defined]  # noqa: B009
    assert [weight.shape[-1] for row in made for weight in row.weights(((3, 8, 8),)) if weight.name == "weight"] == [1, 1]


def test_many_default_rows_are_doubted_in_one_go() -> None:
    """Each was held against all that stands behind it: 4,000 rows took most of a minute."""
    rows = "default conv(bias = false)\n" * 8000
    assert [row.code for row in checked_text(f"{rows}{network('conv(4)')}default conv(bias = true)\n").diagnostics] == ["W504"]


def test_long_values_are_shown_by_their_beginning() -> None:
    assert show_value("a" * 5000) == f'"{"a" * 200}…"'
    assert show_value(((1,) * 12,) * 12).count("1") < 120
    assert len(show_value((("a" * 5000,) * 12,) * 12)) < 500
    assert show_value((1, 2, (3, 4))) == "[1, 2, [3, 4]]"
    assert items_in(((1, 2), (3, (4,)))) == 7


def test_a_label_has_a_length() -> None:
    assert why_not("a" * LONGEST_LABEL) is None
    assert "is the limit" in str(why_not("a" * (LONGEST_LABEL + 1)))
    assert why_not(legal_name("a" * 5000)) is None


@pytest.mark.parametrize(("loop", "runs"), [('for i in range(1000) { "g{i}": identity }', 2), ("repeat 1000 { identity }", 1)])
def test_what_is_not_alike_is_not_counted_to_its_end(monkeypatch: pytest.MonkeyPatch, loop: str, runs: int) -> None:
    """A network of many operations is begun, counted as far as that saves work, and made: no step twice for nothing."""
    from archc.compiler.elaborate import builder

    placed = 0
    add = builder.Builder.add

    def counted(*given: Any, **named: Any) -> int:
        nonlocal placed
        placed += 1
        return add(*given, **named)

    monkeypatch.setattr(builder, "LARGE", 100)
    monkeypatch.setattr(elaborate, "LARGE", 100)
    monkeypatch.setattr(builder.Builder, "add", counted)
    assert checked_text(f"network n {{\n  input x[3, 8, 8]\n  {loop}\n}}\n").program is not None
    assert 1000 < placed < 1000 + runs * 110


def test_garbage_is_looked_for_again_behind_a_compile() -> None:
    for text in ("network n { input x[3, 8, 8] relu }", "network n { input x[3, 8, 8] rellu }"):
        checked_text(text)
        assert gc.isenabled()


def test_a_long_text_that_repeats_nothing_is_not_counted_before_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: list[object] = []
    monkeypatch.setattr(elaborate, "Count", lambda: counts.append(1) or Count())
    for body, counted in (("relu\n" * 4_100, 0), ("repeat 4100 { relu }\n", 1)):
        counts.clear()
        program, _ = elaborate.elaborate(parse(Source.of("n.arch", f"network n {{\ninput x[3, 8, 8]\n{body}}}\n"))[0])
        assert program is not None
        assert len(counts) == counted
