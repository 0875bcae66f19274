"""Syntax to program: templates expanded, names given, shapes inferred, refusals explained."""
