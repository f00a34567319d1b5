"""Films of a training: one fixed view of every epoch, arms turned onto each other, whatever state a run is in."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from scipy.stats import ortho_group

from core.analysis.playback import MAX_FRAMES, build_playback, evenly_spaced, playback_of_run, sample_rows
from core.common.errors import StudyError
from core.storage.snapshots import Snapshots, kept_epochs, write_snapshot


def items(n: int) -> pd.DataFrame:
    codes = np.arange(n) % 4
    return pd.DataFrame(
        {"id": np.arange(n), "label": [f"c{c // 2}" for c in codes], "sublabel": [f"m{c}" for c in codes]}
    )


def keep(folder: Path, epochs: dict[int, np.ndarray]) -> Snapshots:
    for epoch, points in epochs.items():
        write_snapshot(folder, epoch, points)
    return Snapshots(folder)


def cloud(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d)) * np.linspace(2, 0.2, d)


def test_planar_data_keeps_all_its_distances(tmp_path: Path) -> None:
    flat = cloud(40, 2)
    basis = ortho_group.rvs(7, random_state=0)[:, :2]
    arm = build_playback(items(40), {"a": keep(tmp_path, {0: flat @ basis.T, 1: 0.5 * flat @ basis.T})}).arms["a"]
    assert arm.projected
    np.testing.assert_allclose(arm.shares, 1, atol=1e-3)
    for frame, scale in zip(arm.places, (1, 0.5), strict=True):  # a class that shrinks is seen to shrink
        np.testing.assert_allclose(pdist(frame), scale * pdist(flat), atol=0.02)


def test_two_dimensions_are_drawn_as_they_are(tmp_path: Path) -> None:
    points = cloud(30, 2).astype(np.float16)
    arm = build_playback(items(30), {"a": keep(tmp_path, {3: points})}).arms["a"]
    assert not arm.projected
    assert arm.epochs == [3]
    assert np.array_equal(arm.places[0], points.astype(np.float32))


@given(seed=st.integers(0, 1000), d=st.integers(3, 9))
def test_a_turned_copy_lies_on_the_first_arm(seed: int, d: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("arms")
    points, turn = cloud(60, d, seed), ortho_group.rvs(d, random_state=seed)
    points[:, 2:] *= 0.3  # the plane is then beyond doubt
    arms = {"a": keep(folder / "a", {0: points}), "b": keep(folder / "b", {0: points @ turn})}
    arms = build_playback(items(60), arms).arms
    np.testing.assert_allclose(arms["a"].places, arms["b"].places, atol=0.05)


def test_distances_are_never_longer_than_true_ones_and_the_side_never_changes(tmp_path: Path) -> None:
    epochs = {epoch: cloud(50, 6, seed=epoch) for epoch in (0, 5, 10, 15)}
    kept = keep(tmp_path, epochs)
    arm = build_playback(items(50), {"a": kept}).arms["a"]
    for frame, array in zip(arm.places, kept, strict=True):
        assert (pdist(frame) <= pdist(array.astype(float)) + 1e-4).all()
    everything, places = np.concatenate([array.astype(float) for array in kept]), arm.places.reshape(-1, 2)
    plane, *_ = np.linalg.lstsq(everything - everything.mean(0), places - places.mean(0), rcond=None)
    np.testing.assert_allclose((everything - everything.mean(0)) @ plane, places - places.mean(0), atol=1e-3)
    np.testing.assert_allclose(plane.T @ plane, np.eye(2), atol=1e-3)


def test_total_collapse_has_no_share(tmp_path: Path) -> None:
    arm = build_playback(items(20), {"a": keep(tmp_path, {0: cloud(20, 5), 1: np.ones((20, 5))})}).arms["a"]
    assert np.isfinite(arm.places).all()
    assert np.isnan(arm.shares[-1])


def test_the_same_again_is_the_same(tmp_path: Path) -> None:
    kept = keep(tmp_path, {0: cloud(50, 6), 1: cloud(50, 6, 1)})
    first, second = (build_playback(items(50), {"a": kept}).arms["a"].places for _ in range(2))
    assert np.array_equal(first, second)


def test_only_evaluated_items_are_shown_and_other_sizes_refused(tmp_path: Path) -> None:
    table = items(40).assign(split=["train", "test"] * 20)
    found = build_playback(table, {"a": keep(tmp_path, {0: cloud(20, 4)})})
    assert found.items["id"].tolist() == list(range(1, 40, 2))
    assert found.total == 20
    with pytest.raises(StudyError, match="20 items, but the study has 40"):
        build_playback(items(40), {"a": Snapshots(tmp_path)})


@given(most=st.integers(1, 300), seed=st.integers(0, 50))
def test_a_sample_keeps_every_group_s_share(most: int, seed: int) -> None:
    table = items(300)
    rows = sample_rows(table, most, seed=seed)
    assert len(rows) == min(most, 300) == len(np.unique(rows))
    counts = table["sublabel"].iloc[rows].value_counts().reindex(["m0", "m1", "m2", "m3"], fill_value=0)
    assert counts.max() - counts.min() <= 2


@given(n=st.integers(1, 400), most=st.integers(2, MAX_FRAMES))
def test_thinning_keeps_both_ends(n: int, most: int) -> None:
    positions = evenly_spaced(range(n), most)
    assert (positions[0], positions[-1]) == (0, n - 1)
    assert len(positions) == min(n, most)


def test_a_run_is_shown_as_far_as_it_is(tmp_path: Path) -> None:
    arms = ["a", "b"]
    assert playback_of_run(tmp_path / "gone", arms) is None
    assert kept_epochs(tmp_path / "gone", arms) == {}
    (tmp_path / "items.parquet").write_bytes(b"PAR1half")
    keep(tmp_path / "arms" / "a" / "snapshots", {0: cloud(20, 4)})
    assert playback_of_run(tmp_path, arms) is None  # its items are being written
    items(20).to_parquet(tmp_path / "items.parquet")
    assert list(playback_of_run(tmp_path, arms).arms) == ["a"]
    keep(tmp_path / "arms" / "b" / "snapshots", {0: cloud(20, 4), 1: cloud(20, 4)})
    assert [arm.epochs for arm in playback_of_run(tmp_path, arms).arms.values()] == [[0], [0, 1]]
    assert [[epoch for epoch, _ in kept] for kept in kept_epochs(tmp_path, arms).values()] == [[0], [0, 1]]
    items(19).to_parquet(tmp_path / "items.parquet")
    assert playback_of_run(tmp_path, arms) is None  # begun anew with other items


def test_a_snapshot_appears_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.storage import snapshots

    def fail_half_way(path: Path, array: np.ndarray) -> None:
        path.write_bytes(b"half")
        raise OSError

    monkeypatch.setattr(snapshots, "save_array", fail_half_way)
    with pytest.raises(OSError):
        write_snapshot(tmp_path, 1, cloud(5, 3))
    assert Snapshots(tmp_path).epochs == []
