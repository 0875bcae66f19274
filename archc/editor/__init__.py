"""What a text answers while it is written: one service for every editor. Pure Python: no server, no processes, no threads."""
