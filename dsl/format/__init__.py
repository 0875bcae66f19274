"""Syntax tree to text, in the one style."""
