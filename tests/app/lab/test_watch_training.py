"""The epoch scrubber's page and a run's live maps, without a browser."""

import shutil
from pathlib import Path

import numpy as np
from streamlit.testing.v1 import AppTest

from app.components.playback import PlaybackData
from app.widgets.live_maps import line_of, measures
from core.analysis.playback import build_playback
from core.storage.snapshots import write_snapshot
from core.storage.study import Study

MAIN = str(Path(__file__).parents[3] / "app" / "script.py")


def watch() -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page("lab/lab.py")
    app.query_params["lab"] = "playback"
    app.query_params["study"] = "tiny"
    return app.run()


def text_of(app: AppTest) -> str:
    return "\n".join(element.value for kind in ("markdown", "info", "caption", "error") for element in app.get(kind))


def test_it_says_what_to_look_at_and_what_happened(root: Path) -> None:
    app = watch()
    assert not app.exception
    history = Study.load(root / "tiny").arm("standard").history
    assert "Where a class **collapses**" in text_of(app)
    assert f"**standard**: kappa went from {history['kappa'].iloc[0]:.2f}" in text_of(app)


def test_a_study_without_snapshots_says_what_to_do(root: Path) -> None:
    for arm in ("standard", "nearest"):
        shutil.rmtree(root / "tiny" / "arms" / arm / "snapshots")
    app = watch()
    assert not app.exception
    assert "train.snapshots" in text_of(app)


def test_snapshots_of_other_items_are_a_sentence(root: Path) -> None:
    for path in (root / "tiny" / "arms").glob("*/snapshots/*.npy"):
        write_snapshot(path.parent, int(path.stem), np.ones((3, 8)))
    app = watch()
    assert not app.exception
    assert "a snapshot holds 3 items" in text_of(app)


def test_measures_leave_out_what_is_not_known() -> None:
    rows = [
        {"arm": "a", "epoch": 1, "kappa": 0.5, "sub_recall@1": None},
        {"arm": "b", "epoch": 1, "kappa": float("nan")},
        {"arm": "a", "epoch": 2, "kappa": 0.25},
    ]
    assert line_of(rows, "a", "kappa") == [(1, 0.5), (2, 0.25)]
    (kappa,) = measures(rows)
    assert kappa.lines == {"a": [(1, 0.5), (2, 0.25)], "b": []}


def test_a_packed_holds_every_place_in_order(root: Path) -> None:
    study = Study.load(root / "tiny")
    found = build_playback(study.items, {name: study.arm(name).snapshots for name in study.arms})
    packed = PlaybackData.build(found)
    places = packed.places["places"].to_numpy().reshape(len(study.arms), len(packed.arms[0]["epochs"]), -1, 2)
    for arm, film in zip(places, found.arms.values(), strict=True):
        assert np.array_equal(arm, film.places)
    assert [field["name"] for field in packed.points.fields] == ["mode", "class"]
    assert packed.points.ids.tolist() == found.items["id"].tolist()
