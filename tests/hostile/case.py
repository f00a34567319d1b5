"""One hostile input: the command that is given it, and what makes an accepted result right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from numpy.random import Generator


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    folder: Path
    """Where it ran; the inputs are here too."""
    code: int
    """Its exit status; negative: the signal that ended it."""
    stdout: str
    stderr: str
    seconds: float
    """Of computing."""
    memory: int
    """Peak of resident bytes beyond those of a process that has only loaded the libraries."""


Check = Callable[[Outcome], str]
"""What is wrong with an accepted result, in a few words; empty where it is right."""


@dataclass(frozen=True)
class Case:
    """A command on inputs that lie in the folder it runs in."""

    argv: Sequence[str]
    """Of `python -m core`; paths are relative to that folder."""
    must: Literal["", "accept", "refuse"] = ""
    """What the only right answer is, where there is only one."""
    check: Check = field(default=lambda outcome: "")
    largest_file: int | None = None
    """Bytes after which writing to a file fails, as it does on a full disk."""
    unprivileged: bool = False
    """Whether permissions hold even for the superuser."""


Maker = Callable[[Generator, Path], Case]
"""Writes the inputs of one case into an empty folder; the same for the same generator."""
