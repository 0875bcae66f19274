"""Graph to graph: the same outputs from fewer, larger steps, with recipes for the weights. No torch here."""
