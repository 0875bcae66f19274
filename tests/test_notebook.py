"""A network, its costs and its errors in a notebook; IPython itself runs the cells."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import archc

pytestmark = pytest.mark.filterwarnings("ignore:W503:archc.ArchWarning")
ROOT = Path(__file__).parent.parent

SIAMESE = """network siamese {
  input left[1, 105, 105]
  input right[1, 105, 105]
  tower: { conv(16, 5) -> relu -> maxpool(2) -> conv(32, 3) -> relu -> global_avgpool -> flatten -> linear(64) }
  sub { | skip | skip(right) -> reuse(tower) }
  linear(1)
}
"""


def test_a_text_is_a_network() -> None:
    network = archc.compile(SIAMESE)
    assert repr(network) == "<archc.Network siamese: 21 operations>"
    assert archc.Network.from_text(SIAMESE) == network
    assert sum(value.numel() for value in archc.load(SIAMESE).parameters()) == network.cost().total.parameters


@pytest.mark.parametrize("path", ["C:\nets\\my.arch", "{x}/my.arch", "{x}/my.arch:net", "my"])
def test_what_ends_like_a_file_is_a_file(path: str) -> None:
    with pytest.raises(archc.ArchError, match=r"F611|F612"):
        archc.compile(path)


def test_a_text_may_be_called_like_a_shipped_network_and_import_it() -> None:
    network = archc.Network.from_text("from resnet50 import resnet50\nnetwork mine = resnet50(classes = 3)\n", "resnet50")
    assert network.typed_graph.outputs[0].shape == (3,)


def test_parameters_and_inputs_of_a_text() -> None:
    text = "network a(width = 8) {\n  input x[3, 8, 8]\n  conv(width)\n}\n"
    assert archc.compile(text, width=4, input=(1, 6, 6)).typed_graph.outputs[0].shape == (4, 6, 6)


def test_errors_name_the_text() -> None:
    with pytest.raises(archc.ArchError, match=r"small:3:3"):
        archc.Network.from_text("network small {\n  input x[3, 8, 8]\n  nonsense\n}\n", "small")


def test_a_cell_shows_the_picture_and_the_totals() -> None:
    network = archc.compile(SIAMESE)
    shown = network._repr_html_()
    picture = network._repr_svg_()
    assert picture is not None and picture in shown
    ElementTree.fromstring(picture)
    assert "1×105×105, 1×105×105 → 1 · 7,233 parameters" in shown


def test_a_cell_shows_the_costs_as_a_table() -> None:
    cost = archc.compile(SIAMESE).cost()
    table = ElementTree.fromstring(cost._repr_html_()).find("table")
    assert table is not None
    assert [cell.text for cell in table.findall("./thead/tr/th")][:4] == ["path", "op", "output", "parameters"]
    assert [cell.text for cell in table.findall("./tfoot/tr/td")][3] == "7,233"


def test_what_cannot_be_drawn_is_said_and_the_rest_is_shown() -> None:
    network = archc.compile("network deep {\n  input x[3, 8, 8]\n  for i in range(1800) { conv(i % 7 + 1) }\n}\n")
    shown = network._repr_html_()
    assert "<pre>" in shown
    assert "parameters" in shown
    assert network._repr_svg_() is None  # a notebook asks for both, and shows an error of either


# ---------------------------------------------------------------------------------------------- IPython


@pytest.fixture
def shell() -> Any:
    pytest.importorskip("IPython")
    from IPython.core.interactiveshell import InteractiveShell

    one = InteractiveShell()
    one.run_line_magic("load_ext", "archc")
    return one


def test_the_magic_names_the_network(shell: Any) -> None:
    shell.run_cell(f"%%arch pair\n{SIAMESE}")
    assert shell.user_ns["pair"] == archc.compile(SIAMESE)
    shell.run_cell(f"%%arch\n{SIAMESE}")
    assert shell.user_ns["siamese"] == archc.compile(SIAMESE)


def test_the_magic_takes_parameters_and_chooses_among_networks(shell: Any) -> None:
    shell.run_cell("%%arch b width=4\nnetwork a { input x[1, 8, 8] conv(2) }\nnetwork b(width = 8) { input x[1, 8, 8] conv(width) }\n")
    assert shell.user_ns["b"].typed_graph.outputs[0].shape == (4, 8, 8)


def test_a_wrong_line_is_said(shell: Any) -> None:
    assert isinstance(shell.run_cell("%%arch a b\nnetwork a { input x[1, 8, 8] conv(2) }\n").error_in_exec, ValueError)


def test_an_error_in_a_cell_shows_no_frames(tmp_path: Path) -> None:
    pytest.importorskip("IPython")
    cell = "network wrong {\\n  input x[3, 8, 8]\\n  conv(8) -> nonsense\\n}\\n"
    program = f"""
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell()
shell.run_line_magic("load_ext", "archc")
shell.run_cell("%%arch\\n{cell}")
shell.run_cell("import archc; archc.compile('''{cell}''')")
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, env=environment, check=True)
    told = done.stdout + done.stderr
    assert told.count("error[E201]: there is no operation or block named `nonsense`") == 2
    assert "Traceback" not in told
    assert "driver.py" not in told


@pytest.mark.slow
def test_a_kernel_shows_pictures_tables_and_errors() -> None:
    """A real kernel of Jupyter, where there is one."""
    pytest.importorskip("ipykernel")
    manager = pytest.importorskip("jupyter_client.manager")
    kernel, client = manager.start_new_kernel(kernel_name="python3", cwd=str(ROOT))

    def cell(text: str) -> list[tuple[str, Any]]:
        rows: list[tuple[str, Any]] = []
        client.execute_interactive(text, timeout=300, output_hook=lambda row: rows.append((row["msg_type"], row["content"])))
        return [row for row in rows if row[0] not in ("status", "execute_input")]

    try:
        assert cell("%load_ext archc") == []
        shown = cell("%%arch tiny\nnetwork tiny {\n  input x[3, 8, 8]\n  conv(4) -> relu\n}")
        assert [kind for kind, _ in shown] == ["execute_result"]
        assert {"text/html", "image/svg+xml"} <= shown[0][1]["data"].keys()
        assert "<table>" in cell("tiny.cost()")[0][1]["data"]["text/html"]
        told = cell("%%arch\nnetwork wrong {\n  input x[3, 8, 8]\n  rleu\n}")
        assert [kind for kind, _ in told] == ["error"]
        lines = "\n".join(told[0][1]["traceback"])
        assert "there is no operation or block named `rleu`" in lines and "driver.py" not in lines
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
