"""Trouble that people had with other tools, each as a small network with the right answer.

Every test carries the id of its case (`B001`), what went wrong for the person, and what archc says or does.
"""
