"""Many variants of a network: swept, fitted, compared."""
