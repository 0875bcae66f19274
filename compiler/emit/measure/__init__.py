"""Honest timings: legs side by side in one run, round by round, with one leg twice to show the noise."""
