"""Many editions at once: every combination of parameters, as one table of headlines."""
