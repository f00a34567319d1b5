"""The exceptions a user may meet: the message is one sentence saying what was wrong, where, and what to do."""


class UncollapseError(Exception):
    """Base of every error that is shown to a user as it is, without a traceback."""


class CheckpointError(UncollapseError):
    """A model on disk cannot be read: wrong files, names, shapes, sizes or values."""


def first_line(error: Exception) -> str:
    """What a library says went wrong, short enough for a sentence of ours."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
