"""Files that are whole or absent, whatever happens while they are written."""

from pathlib import Path

from models.whole_files import refuse_special, replacing

__all__ = ["refuse_special", "replacing", "write_bytes", "write_text"]


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    """Like Path.write_bytes, but atomic. Raises OSError."""
    with replacing(path) as draft:
        draft.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Like Path.write_text in UTF-8, but atomic. Raises OSError."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")
