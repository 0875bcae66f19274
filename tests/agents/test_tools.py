"""What an agent can ask: the tools themselves, and the server that gives them."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from archc.agents import tools
from archc.reporting.error import ArchError

ROOT = Path(__file__).parents[2]
TEXT = "network n(width = 8) {\n  input x[3, 16, 16]\n  conv(width, 3) -> relu\n  global_avgpool -> flatten -> linear(10)\n}\n"


def test_a_text_a_file_and_a_shipped_network_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "n.arch"
    file.write_text(TEXT, encoding="utf-8")
    assert tools.check(TEXT) == tools.check(str(file)) == "n: [3, 16, 16] -> [10]\nnothing is wrong"
    assert tools.check("resnet18") == "resnet18: [3, 224, 224] -> [1000]\nnothing is wrong"


def test_mistakes_are_told_with_place_and_remedy() -> None:
    told = tools.check(TEXT.replace("relu", "rellu"))
    assert "error[E201]" in told
    assert "text.arch:3:21" in told
    assert "did you mean `relu`" in told
    assert told.endswith("1 error")
    assert "error[F611]" in tools.check("nothing_of_that_name.arch")
    with pytest.raises(ArchError, match="E201"):
        tools.cost(TEXT.replace("relu", "rellu"))


def test_costs_pictures_and_sizes() -> None:
    assert "11,689,512" in tools.cost("resnet18")
    assert tools.cost(TEXT, by="op") != tools.cost(TEXT, by="op", settings={"width": "16"})
    assert "<svg" in tools.draw(TEXT)
    assert tools.draw(TEXT, form="dot").startswith("digraph")
    assert "every size from" in tools.sizes(TEXT)
    with pytest.raises(ArchError):
        tools.cost(TEXT, settings={"width": "]"})


def test_a_budget_is_met_and_the_manual_is_there(tmp_path: Path) -> None:
    file = tmp_path / "n.arch"
    file.write_text(TEXT, encoding="utf-8")
    assert "width" in tools.fit(str(file), "width=1..64", most="parameters=1000")
    assert "E301" in tools.explain("E301")
    assert "conv" in tools.explain()
    assert "did you mean" in tools.explain("convv")


def test_an_agent_is_answered_over_the_protocol() -> None:
    pytest.importorskip("mcp")
    from mcp.client.session import ClientSession
    from mcp.client.stdio import StdioServerParameters, stdio_client

    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    archc = StdioServerParameters(command=sys.executable, args=["-m", "archc", "mcp"], env=environment)

    async def talk() -> None:
        async with stdio_client(archc) as (read, write), ClientSession(read, write) as session:
            await session.initialize()
            listed = (await session.list_tools()).tools
            assert [tool.name for tool in listed] == [tool.__name__ for tool in tools.TOOLS]
            assert all(tool.description for tool in listed)
            answer = await session.call_tool("check", {"network": TEXT})
            assert not answer.is_error
            assert answer.content[0].text == tools.check(TEXT)  # type: ignore[union-attr]
            refused = await session.call_tool("cost", {"network": TEXT.replace("relu", "rellu")})
            assert refused.is_error
            assert "error[E201]" in refused.content[0].text  # type: ignore[union-attr]

    asyncio.run(asyncio.wait_for(talk(), 120))


def test_what_a_model_is_told_to_read_is_there() -> None:
    text = (ROOT / "docs" / "llms.txt").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert len(links) > 8
    assert [link for link in links if not (ROOT / "docs" / link).is_file()] == []
