"""Classes that optimised modules are made of, as ordinary Python.

They are text: `compiler/emit/fast/library.py` copies what a network needs into its module, so that the module needs nothing
but torch. archc itself never imports the files in this folder (their tests do), which is why they may import torch at their top.
"""
