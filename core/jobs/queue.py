"""The queue: the runs of one studies folder start one after the other, in the order in which they were added, those of
each lane by themselves.

Each run's place is a numbered ticket in its own folder, deleted with the folder. Tickets of runs that are over are
ignored, and removed whenever a new run is added; so a run that was killed blocks no other, and no process has to manage
the queue.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import get_args

from core.common.lock import held
from core.common.strict_json import read_json_if_valid, write_json
from core.jobs.lane import Lane

TICKET = "ticket.json"
LOCK = ".lock"
_AT_ONCE = 0  # the number of runs that do not wait


@dataclass(frozen=True)
class Ticket:
    """A run's place."""

    number: int
    lane: Lane = "large"


def enqueue(folder: Path, *, lane: Lane, at_once: bool, is_over: Callable[[str], bool]) -> None:
    """Add a run at the end of its lane, or before all others; folder: the run's own, beside those of the others.

    is_over: whether the run of that folder name has ended.
    """
    # One process at a time, or a run might get a lower number than one that has begun already.
    with held(folder.parent / LOCK):
        for ticket in folder.parent.glob(f"*/{TICKET}"):
            if ticket.parent != folder and is_over(ticket.parent.name):
                ticket.unlink(missing_ok=True)
        last = max((ticket.number for ticket in _tickets(folder.parent).values()), default=_AT_ONCE)
        _write(folder, Ticket(_AT_ONCE if at_once else last + 1, lane))


def move_to_front(folder: Path) -> None:
    """Let a waiting run start at once."""
    _write(folder, replace(_ticket(folder) or Ticket(_AT_ONCE), number=_AT_ONCE))


def ahead_of(folder: Path) -> list[str]:
    """The folders before this one in its lane, in order; none for a run that does not wait or has no ticket."""
    tickets = _tickets(folder.parent)
    mine = tickets.get(folder.name, Ticket(_AT_ONCE))
    before = {name: own.number for name, own in tickets.items() if own.lane == mine.lane and own.number < mine.number}
    return sorted(before, key=lambda name: before[name])


def gives_way(folder: Path, *, is_over: Callable[[str], bool]) -> bool:
    """Whether a run whose turn has come is to leave most of the processor to one of the large lane."""
    tickets = _tickets(folder.parent)
    mine = tickets.pop(folder.name, Ticket(_AT_ONCE))
    larger = [name for name, ticket in tickets.items() if ticket.lane == "large" and not is_over(name)]
    return mine.lane == "small" and mine.number != _AT_ONCE and bool(larger)


def _write(folder: Path, ticket: Ticket) -> None:
    write_json(folder / TICKET, asdict(ticket))


def _tickets(folder: Path) -> dict[str, Ticket]:
    found = {path.parent.name: _ticket(path.parent) for path in folder.glob(f"*/{TICKET}")}
    return {name: ticket for name, ticket in found.items() if ticket is not None}


def _ticket(folder: Path) -> Ticket | None:
    found = read_json_if_valid(folder / TICKET)
    number, lane = found.get("number"), found.get("lane", "large")
    return Ticket(number, lane) if isinstance(number, int) and lane in get_args(Lane) else None
