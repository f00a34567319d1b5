"""Whose turn it is: the runs of one studies folder go one after the other, in the order they came.

Each has a ticket with its number in its own folder, so that it goes with it. Tickets of runs that are over mean
nothing, and whoever draws a new one removes them: a run that is killed holds nobody up, and nobody need be there to
call the next.
"""

from collections.abc import Callable
from pathlib import Path

from core.common.lock import held
from core.common.strict_json import read_json_if_whole, write_json

TICKET = "ticket.json"
LOCK = ".lock"
_AT_ONCE = 0  # the number of those that do not wait


def enqueue(folder: Path, *, at_once: bool, is_over: Callable[[str], bool]) -> None:
    """Put a run at the end of the line, or before all others; folder: the run's own, beside those of the others.

    is_over: whether the run of that folder name has ended.
    """
    # One process at a time draws, else a lower number might appear behind a run that has begun.
    with held(folder.parent / LOCK):
        for ticket in folder.parent.glob(f"*/{TICKET}"):
            if ticket.parent != folder and is_over(ticket.parent.name):
                ticket.unlink(missing_ok=True)
        last = max(_numbers(folder.parent).values(), default=_AT_ONCE)
        _write(folder, _AT_ONCE if at_once else last + 1)


def move_to_front(folder: Path) -> None:
    """Let a run that waits go at once."""
    _write(folder, _AT_ONCE)


def ahead_of(folder: Path) -> list[str]:
    """The folders whose turn comes before this one's, first come first; none for one that skips or has no ticket."""
    numbers = _numbers(folder.parent)
    mine = numbers.get(folder.name, _AT_ONCE)
    return sorted((name for name, number in numbers.items() if number < mine), key=lambda name: numbers[name])


def _write(folder: Path, number: int) -> None:
    write_json(folder / TICKET, {"number": number})


def _numbers(folder: Path) -> dict[str, int]:
    found = {ticket.parent.name: read_json_if_whole(ticket).get("number") for ticket in folder.glob(f"*/{TICKET}")}
    return {name: number for name, number in found.items() if isinstance(number, int)}
