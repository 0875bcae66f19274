"""What an agent can ask archc. Each tool is a function of plain values that gives text, the same that the command of its name prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from ..base.source import Source
from ..compiler import driver
from ..compiler.files.locate import SUFFIX
from ..compiler.ops.base import Shape, show
from ..reporting.alike import together
from ..reporting.error import ArchError
from ..reporting.terminal import counted, to_text

if TYPE_CHECKING:
    from ..compiler.driver import Checked
    from ..compiler.graph.graph import Graph

TEXT = f"text{SUFFIX}"
"""What messages call a text that is no file."""

INSTRUCTIONS = """archc is a small language for neural-network architectures: every shape is checked, costs are exact.
`network` is in every tool the text of a network itself, the path of a `.arch` file, or the name of a network that comes with archc (`resnet50`).
`settings` are parameters of the network by name, as a file writes their values: {"width": "32", "depths": "[3, 4, 6, 3]"}.
Begin with `explain` of `index`, `network` or an operation (`conv`) to learn the language; `check` a text before anything else is asked of it."""


def check(network: str) -> str:
    """Every mistake of a text, with its place, why it is one and what helps; or the shapes that go in and come out."""
    file, source = _named(network)
    found = driver.check_all(file, source=source)
    rows = driver.in_order(row for checked in found for row in checked.diagnostics)
    sound = [f"{checked.program.name}: {_ends(checked)}" for checked in found if checked.program is not None]
    return "\n".join([*([to_text(together(rows))] if rows else []), *sound, counted(rows) or "nothing is wrong"])


def cost(
    network: str,
    by: Literal["stage", "block", "op"] = "stage",
    batch: int = 1,
    settings: dict[str, str] | None = None,
) -> str:
    """Parameters, MACs, FLOPs, activations and memory, row by row and in all."""
    from ..compiler.analysis.cost import cost as costs
    from ..compiler.analysis.cost_table import cost_table

    return cost_table(costs(_graph(network, settings), by=by, batch=max(1, batch))).text()


def draw(
    network: str,
    level: Literal["stage", "block", "op"] = "block",
    form: Literal["svg", "dot", "tex"] = "svg",
    settings: dict[str, str] | None = None,
) -> str:
    """The picture of a network, as SVG, DOT or TikZ."""
    from ..compiler.draw import Options, draw_text

    made = draw_text(_graph(network, settings), form, Options(level))
    if made.data is None:
        raise ArchError(made.diagnostics)
    return made.data.decode("utf-8")


def sizes(network: str, settings: dict[str, str] | None = None) -> str:
    """The input sizes that a network accepts, exactly, axis by axis."""
    from ..compiler.analysis.sizes import sizes as accepted
    from ..compiler.analysis.sizes import sizes_table

    checked = _checked(network, settings, {})

    def again(shapes: Mapping[str, Shape]) -> Graph | None:
        found = _tried(network, settings, shapes)
        return None if found.has_errors or found.program is None else found.graph

    graph = checked.graph
    return sizes_table(graph.program.name, accepted(graph, again)).text()


def fit(network: str, vary: str, most: str = "", match: str = "", nearest: str = "", where: list[str] | None = None) -> str:
    """The value of a parameter that meets a budget. `vary` is `width=8..128:8`; one of `most`, `match` and `nearest` is the goal
    (`parameters=26M`, `macs=resnet50`); `where` are limits (`parameters <= 26M`). `network` is a file or a shipped network."""
    from ..variants import fit as solve

    found = solve(network, vary, most=most or None, match=match or None, nearest=nearest or None, where=tuple(where or ()))
    return found.rendered("text") if found else found.unmet


def explain(word: str = "index") -> str:
    """The manual: of a code (`E301`), an operation (`conv`), a function, a word of the language, a shipped network, what archc has for a name of
    another library (`lstm`); `index` is all there is."""
    from ..manual.pages import Unexplained, index
    from ..manual.pages import explain as page

    if word == "index":
        return index()
    found = page(word)
    return f"there is nothing to explain under `{word}`; {found.help}" if isinstance(found, Unexplained) else found


TOOLS = (check, cost, draw, sizes, fit, explain)


# ------------------------------------------------------------------------------------------------ networks


def _named(network: str) -> tuple[str, Source | None]:
    """The file that is meant, and the text where it is one itself."""
    return (TEXT, Source.of(TEXT, network)) if "{" in network or "\n" in network else (network, None)


def _graph(network: str, settings: Mapping[str, str] | None) -> Graph:
    return _checked(network, settings, {}).graph


def _checked(network: str, settings: Mapping[str, str] | None, inputs: Mapping[str, Shape]) -> Checked:
    """A network without errors. Raises `ArchError`."""
    found = _tried(network, settings, inputs)
    if found.has_errors or found.program is None:
        raise ArchError(found.diagnostics)
    return found


def _tried(network: str, settings: Mapping[str, str] | None, inputs: Mapping[str, Shape]) -> Checked:
    file, source = _named(network)
    values: dict[str, object] = {}
    for name, text in (settings or {}).items():
        value, mistakes = driver.parse_setting(name, text)
        if value is None or any(row.is_error for row in mistakes):
            raise ArchError(mistakes)
        values[name] = value
    if source is None:
        return driver.check(file, settings=values, inputs=inputs)
    return driver.check_source(source, settings=values, inputs=inputs)


def _ends(checked: Checked) -> str:
    assert checked.program is not None
    nodes = [node for node in checked.program.nodes if node.is_port and not node.training_only]
    return " -> ".join(", ".join(show(node.shape) for node in nodes if bool(node.inputs) is out) for out in (False, True))
