"""Atomic writes: a file is written under another name beside its place, then renamed."""

import contextlib
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A hidden sibling to write to; at the end of the block it replaces `path` atomically.

    A block that fails leaves `path` as it was. Each file has one writer at a time.
    """
    draft = path.with_name(f".{path.name}.fresh")
    try:
        yield draft
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    """Like Path.write_bytes, but atomic. Raises OSError."""
    with replacing(path) as draft:
        draft.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Like Path.write_text in UTF-8, but atomic. Raises OSError."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8")
