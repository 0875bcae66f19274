"""Program to PyTorch source, without PyTorch."""
