"""Text that can be written to a file."""


def is_text(value: str) -> bool:
    """Whether it can be written as UTF-8, which the bytes of an odd file name, as Python holds them, cannot."""
    return "\0" not in value and value.encode("utf-8", "ignore").decode() == value
