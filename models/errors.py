"""The exceptions a user may meet: the message is one sentence saying what was wrong, where, and what to do."""


class UncollapseError(Exception):
    """Base of every error that is shown to a user as it is, without a traceback."""


class CheckpointError(UncollapseError):
    """A model on disk cannot be read: wrong files, names, shapes, sizes or values."""


def first_line(error: Exception) -> str:
    """What a library says went wrong, short enough for a sentence of ours."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:100]


def shown(name: object, *, limit: int = 80) -> str:
    """A path or name of the user's, fit for a sentence: printable, on one line, the middle left out beyond `limit`."""
    line = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in str(name))
    if len(line) <= limit:
        return line
    tail = limit // 3
    return f"{line[: limit - tail - 3]}...{line[-tail:]}"
