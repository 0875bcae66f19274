"""Modules for inference alone, made fast: straight-line code over the rewritten graph, a back end choosing how each step runs."""
