"""The server of `archc mcp`: the tools over the Model Context Protocol, on standard input and output."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from archc import __version__

from ..reporting.error import ArchError
from .tools import INSTRUCTIONS, TOOLS


def server() -> MCPServer:
    """A server that has every tool."""
    made = MCPServer("archc", instructions=INSTRUCTIONS, version=__version__, log_level="CRITICAL")
    for tool in TOOLS:
        made.add_tool(_telling(tool), structured_output=False)
    return made


def _telling(tool: Callable[..., str]) -> Callable[..., str]:
    """The tool, whose errors reach the agent with their text."""

    @wraps(tool)
    def told(*arguments: object, **named: object) -> str:
        try:
            return tool(*arguments, **named)
        except ArchError as error:
            raise ToolError(str(error)) from error

    return told
