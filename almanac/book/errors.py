"""What can go wrong in a build, in words for the person at the terminal."""


class BuildError(Exception):
    """The build cannot go on; the message says where, what was found and what to do."""
