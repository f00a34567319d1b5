"""The queue: the runs of one studies folder start one after the other, in the order in which they were added.

Each run's place is a numbered ticket in its own folder, deleted with the folder. Tickets of runs that are over are
ignored, and removed whenever a new run is added; so a run that was killed blocks no other, and no process has to manage
the queue.
"""

from collections.abc import Callable
from pathlib import Path

from core.common.lock import held
from core.common.strict_json import read_json_if_valid, write_json

TICKET = "ticket.json"
LOCK = ".lock"
_AT_ONCE = 0  # the number of runs that do not wait


def enqueue(folder: Path, *, at_once: bool, is_over: Callable[[str], bool]) -> None:
    """Add a run at the end of the queue, or before all others; folder: the run's own, beside those of the others.

    is_over: whether the run of that folder name has ended.
    """
    # One process at a time, or a run might get a lower number than one that has begun already.
    with held(folder.parent / LOCK):
        for ticket in folder.parent.glob(f"*/{TICKET}"):
            if ticket.parent != folder and is_over(ticket.parent.name):
                ticket.unlink(missing_ok=True)
        last = max(_numbers(folder.parent).values(), default=_AT_ONCE)
        _write(folder, _AT_ONCE if at_once else last + 1)


def move_to_front(folder: Path) -> None:
    """Let a waiting run start at once."""
    _write(folder, _AT_ONCE)


def ahead_of(folder: Path) -> list[str]:
    """The folders before this one in the queue, in order; none for a run that does not wait or has no ticket."""
    numbers = _numbers(folder.parent)
    mine = numbers.get(folder.name, _AT_ONCE)
    return sorted((name for name, number in numbers.items() if number < mine), key=lambda name: numbers[name])


def _write(folder: Path, number: int) -> None:
    write_json(folder / TICKET, {"number": number})


def _numbers(folder: Path) -> dict[str, int]:
    found = {ticket.parent.name: read_json_if_valid(ticket).get("number") for ticket in folder.glob(f"*/{TICKET}")}
    return {name: number for name, number in found.items() if isinstance(number, int)}
