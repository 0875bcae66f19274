"""Facts about a graph: costs, memory, receptive fields, legal sizes. None of them imports torch."""
