"""What a command may do with an input: refuse it in one sentence, or do what was meant. Anything else is wrong."""

import json
import os
import re
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from tests.hostile.case import Case, Outcome

Verdict = Literal["refused", "accepted", "wrong"]
State = dict[str, tuple[int, ...]]

LONGEST = 300
"""Characters of a sentence."""
MEMORY = 1 << 30
"""Bytes that a command may need for inputs as small as these."""

_PYTHON = re.compile(r"Traceback|\b[A-Z]\w*Warning\b|Exception ignored|^Terminating:|Segmentation", re.MULTILINE)


def state_of(folder: Path) -> State:
    """Every file below a folder, with what must not change about it."""
    found = {}
    for place, folders, files, descriptor in os.fwalk(folder):  # by descriptors: a path may be longer than any name
        for name in [*folders, *files]:
            path = os.path.relpath(os.path.join(place, name), folder)
            found[path] = _facts(os.stat(name, dir_fd=descriptor, follow_symlinks=False))
    return found


def problems(outcome: Outcome) -> list[dict[str, str]]:
    """What `data check --json` lists; nothing for other commands."""
    if not outcome.stdout.startswith(("[", "{")):
        return []
    found = json.loads(outcome.stdout)
    return found.get("problems", []) if isinstance(found, dict) else [row for row in found if "problem" in row]


def judge(case: Case, outcome: Outcome, before: State, wrong_result: str) -> tuple[Verdict, str]:
    """The verdict, and why it is wrong; wrong_result: what `Case.check` says of an accepted result."""
    faults = list(_faults(case, outcome, before, wrong_result))
    if faults:
        return "wrong", "; ".join(faults)
    return ("refused" if outcome.code == 2 else "accepted"), ""


def _faults(case: Case, outcome: Outcome, before: State, wrong_result: str) -> Iterator[str]:
    if outcome.code in {-signal.SIGKILL, -signal.SIGXCPU}:
        yield f"hangs: stopped after {outcome.seconds:.0f} s of computing"
        return
    if found := _PYTHON.search(outcome.stderr + outcome.stdout):
        last = outcome.stderr.strip().splitlines()[-1:] or [""]
        yield f"{found[0]} ({last[0][:200]})"
    elif outcome.code not in {0, 2}:
        yield f"exit code {outcome.code}"
    if outcome.memory > MEMORY:
        yield f"{outcome.memory >> 20} MiB of memory"
    after = state_of(outcome.folder)
    if changed := [name for name, facts in before.items() if after.get(name) != facts]:
        yield f"changed {changed[0]}"
    if outcome.code == 2:
        yield from _faults_of_refusal(case, outcome)
        if left := sorted(after.keys() - before.keys()):
            yield f"left {left[0]}"
    elif outcome.code == 0:
        if case.must == "refuse":
            yield "accepted"
        if wrong_result:
            yield f"wrong result: {wrong_result}"
        if hidden := [name for name in after.keys() - before.keys() if Path(name).name.startswith(".")]:
            yield f"left {hidden[0]}"


def _faults_of_refusal(case: Case, outcome: Outcome) -> Iterator[str]:
    if case.must == "accept":
        yield f"refused: {outcome.stderr.strip()[:200] or outcome.stdout.strip()[:200]}"
    if "Usage:" in outcome.stderr:  # of arguments that no command has, in typer's own form
        return
    sentences = list(_sentences(outcome))
    if not sentences:
        yield "says nothing"
    for sentence in sentences:
        if len(sentence) > LONGEST:
            yield f"a sentence of {len(sentence)} characters: {sentence[:60]}"


def _sentences(outcome: Outcome) -> Iterator[str]:
    """The error, or, of `data check --json`, every problem with its remedy."""
    lines = [line for line in outcome.stderr.splitlines() if line.strip() and not line.startswith("warning: ")]
    if lines:
        yield "\n".join(lines).removeprefix("error: ")
    for problem in problems(outcome):
        yield f"{problem['problem']}; {problem['remedy']}"


def _facts(found: os.stat_result) -> tuple[int, ...]:
    if stat.S_ISDIR(found.st_mode):
        return (found.st_mode,)
    return found.st_mode, found.st_size, found.st_mtime_ns, found.st_ino
