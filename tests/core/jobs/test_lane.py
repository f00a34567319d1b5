"""What takes seconds does not wait behind what takes minutes, and leaves it most of the processor."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from core.authoring.presets import PRESETS
from core.jobs import queue
from core.jobs.lane import lane_of
from core.recipe.import_spec import ImportSpec
from core.recipe.recipe import Recipe

LEAST_SHARE = 0.65
"""Of the processor, that the large lane keeps: three quarters less what two seconds leave to chance."""

BUSY = """
import sys, time
sys.path.insert(0, sys.argv[2])
from core.jobs.lane import give_way
if sys.argv[1] == "small":
    give_way()
sys.stdin.readline()
begun = time.process_time()
end = time.monotonic() + 2
while time.monotonic() < end:
    pass
print(time.process_time() - begun)
"""


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_of_the_lab_is_small(preset) -> None:
    assert lane_of(preset.recipe()) == "small"


@pytest.mark.parametrize(
    ("name", "sets", "lane"),
    [
        ("digits-parity", (), "small"),
        ("digits-parity", ("train.epochs=100",), "large"),
        ("mnist-parity", (), "large"),
        ("mnist-parity", ("data.max_items=500",), "small"),
        ("synthetic-vectors", (), "small"),
        ("synthetic-vectors", ("model.name=resnet18",), "large"),
        ("fashion-groups", ("data.max_items=100", "data.path=x"), "large"),
    ],
)
def test_recipes(name: str, sets: tuple[str, ...], lane: str) -> None:
    assert lane_of(Recipe.load(name, sets)) == lane


def test_imports_by_their_size(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("label\na\nb\n")
    np.save(tmp_path / "few.npy", np.zeros((600, 128), np.float32))
    np.save(tmp_path / "many.npy", np.zeros((6000, 128), np.float32))
    spec = {name: ImportSpec(str(tmp_path / "t.csv"), {"a": str(tmp_path / f"{name}.npy")}, {}) for name in _NAMES}
    assert {name: lane_of(found) for name, found in spec.items()} == {"few": "small", "many": "large", "none": "small"}


_NAMES = ("few", "many", "none")


def test_each_lane_waits_for_its_own(tmp_path: Path) -> None:
    places = {}
    for name, lane in [("a", "large"), ("b", "small"), ("c", "large"), ("d", "small")]:
        places[name] = tmp_path / name
        places[name].mkdir()
        queue.enqueue(places[name], lane=lane, at_once=False, is_over=lambda _: False)
    assert [queue.ahead_of(places[name]) for name in "abcd"] == [[], [], ["a"], ["b"]]
    assert [queue.gives_way(places[name], is_over=lambda _: False) for name in "abcd"] == [False, True, False, True]
    assert not queue.gives_way(places["b"], is_over=lambda name: name in "ac")
    queue.move_to_front(places["d"])
    assert queue.ahead_of(places["d"]) == []
    assert not queue.gives_way(places["d"], is_over=lambda _: False)


def test_a_ticket_of_an_earlier_version_is_of_the_large_lane(tmp_path: Path) -> None:
    for name, text in [("old", '{"number": 1}'), ("odd", '{"number": 1, "lane": "fast"}')]:
        (tmp_path / name).mkdir()
        (tmp_path / name / queue.TICKET).write_text(text)
    (tmp_path / "new").mkdir()
    queue.enqueue(tmp_path / "new", lane="large", at_once=False, is_over=lambda _: False)
    assert queue.ahead_of(tmp_path / "new") == ["old"]
    assert queue.ahead_of(tmp_path / "odd") == []


def test_the_large_lane_keeps_most_of_a_processor_that_both_want() -> None:
    """Sessions of their own, as runs have, on one and the same processor."""
    cpu = min(os.sched_getaffinity(0))
    running = [
        subprocess.Popen(
            [sys.executable, "-c", BUSY, lane, os.getcwd()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
        )
        for lane in ("large", "small")
    ]
    time.sleep(3)  # both have imported what they need
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    large, small = (float(process.communicate()[0]) for process in running)
    assert large / (large + small) > LEAST_SHARE
