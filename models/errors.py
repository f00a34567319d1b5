"""The exceptions a user may meet: the message is one sentence saying what was wrong, where, and what to do."""


class UncollapseError(Exception):
    """Base of every error that is shown to a user as it is, without a traceback."""


class CheckpointError(UncollapseError):
    """A model on disk cannot be read: wrong files, names, shapes, sizes or values."""
