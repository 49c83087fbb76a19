"""What differs between two runs of a notebook, as people can read it."""
