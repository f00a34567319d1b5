"""The exceptions of `core`; their base class is defined in `models`, so that both layers share it."""

from models.errors import CheckpointError, UncollapseError

__all__ = ["CheckpointError", "DataError", "ImageError", "RecipeError", "StudyError", "UncollapseError"]


class RecipeError(UncollapseError):
    """A recipe has an unknown key, a value out of range, or contradicts itself."""


class DataError(UncollapseError):
    """A data set cannot be read: missing files or columns, too few items, broken images."""


class ImageError(DataError):
    """One image cannot be decoded, or is larger than the limits."""


class StudyError(UncollapseError):
    """A study folder is missing, incomplete or corrupt."""
