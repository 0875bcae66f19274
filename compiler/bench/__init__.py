"""One network timed in every way it can be run."""
