"""Syntax to program, graph, facts, pictures and code."""
