"""Tokens to syntax tree: the tables of the grammar, run without recursion."""
