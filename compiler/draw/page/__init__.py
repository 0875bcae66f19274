"""The HTML page of one network."""
