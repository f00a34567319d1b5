"""Writes the parts of the documents that follow from the code: python -m docs.generate

The drawing and the table of rooms in architecture.md, and the help text on the page of every command. A test says
when they are out of date.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from core.__main__ import app
from docs.architecture import drawing, read_rooms, table

DOCS = Path(__file__).parent
BLOCK = re.compile(r"(?<=<!-- generated: python -m docs.generate -->\n).*?(?=\n<!-- end -->)", re.DOTALL)
"""What is replaced in a page."""

WIDTH = 100
"""Columns of the help texts."""


def generated() -> dict[Path, str]:
    """What every file with a generated part should hold."""
    rooms = read_rooms()
    files = {DOCS / "architecture.svg": drawing(rooms), DOCS / "architecture.md": _filled("architecture", table(rooms))}
    for words, text in _help_texts(typer.main.get_command(app), ()):
        page = f"cli/{'-'.join(words)}"
        files[DOCS / f"{page}.md"] = _filled(page, f"```text\n{text}\n```")
    return files


def _filled(page: str, text: str) -> str:
    filled, count = BLOCK.subn(lambda _: text, (DOCS / f"{page}.md").read_text("utf-8"))
    if count != 1:
        raise ValueError(f"docs/{page}.md needs one generated part, and has {count}")
    return filled


def _help_texts(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every command that can be run, with its words and its --help as plain text."""
    for name, child in getattr(command, "commands", {}).items():
        yield from _help_texts(child, (*words, name))
    if not hasattr(command, "commands"):
        command.rich_markup_mode = None  # no frames, whose width would be the terminal's
        name = " ".join(["python -m core", *words])
        yield words, command.get_help(typer.Context(command, info_name=name, terminal_width=WIDTH))


if __name__ == "__main__":
    for path, text in generated().items():
        path.write_text(text, "utf-8")
