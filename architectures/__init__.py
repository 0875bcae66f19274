"""The shipped `.arch` files."""
