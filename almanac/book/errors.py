"""What can go wrong in a build, in words for the person at the terminal."""


import errno


class BuildError(Exception):
    """The build cannot go on; the message says where, what was found and what to do."""


# what to do about what the system refuses
ADVICE = {
    errno.ENOSPC: "free some space, or build elsewhere with --out",
    errno.EDQUOT: "free some of your quota, or build elsewhere with --out",
    errno.EFBIG: "files may not become that large here; build elsewhere with --out",
    errno.EROFS: "build elsewhere with --out",
    errno.EACCES: "give yourself the right to it, or build elsewhere with --out",
    errno.EPERM: "give yourself the right to it, or build elsewhere with --out",
    errno.EMFILE: "let processes open more files (ulimit -n)",
}


def told(error: Exception) -> str:
    """An error as a sentence: of the system's, which file, what is wrong with it, what to do."""
    if not isinstance(error, OSError) or error.errno is None:
        return str(error)
    said = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    advice = ADVICE.get(error.errno)
    return f"{said}: {advice}" if advice else said
