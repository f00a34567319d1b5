"""Runs in the background of the app: subprocesses with a queue and a status on disk, which outlive the page that
started them. What a run does is left to the command line."""

from core.jobs.job import (
    Job,
    delete,
    get_job,
    list_imports,
    list_jobs,
    next_id,
    resume,
    start,
    start_import,
    start_once,
    wait_for_turn,
    would_wait_for,
)

__all__ = [
    "Job",
    "delete",
    "get_job",
    "list_imports",
    "list_jobs",
    "next_id",
    "resume",
    "start",
    "start_import",
    "start_once",
    "wait_for_turn",
    "would_wait_for",
]
