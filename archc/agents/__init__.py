"""archc as tools for agents: `archc mcp`."""
