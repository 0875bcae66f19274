"""Ways out of the compiler. The only package that imports torch, and only inside functions."""
