"""Modules in memory: made, given weights, fed and timed. Imports torch, in functions."""
