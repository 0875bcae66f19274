"""Text to checked syntax: sources, spans, diagnostics, the syntax tree, the parser and the formatter."""
