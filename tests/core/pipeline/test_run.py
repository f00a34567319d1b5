"""Whole runs: any data source, the same result every time, whole or not at all, resumed to the bit."""

import errno
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from core.common.errors import StudyError, UncollapseError
from core.embedding import pixels
from core.pipeline import run
from core.pipeline.assembly import Assembly
from core.recipe.recipe import Recipe
from core.storage.study import Study
from core.storage.workspace import unfinished
from tests.core.conftest import write_pictures

REPO = Path(__file__).parents[3]


def embeddings(folder: Path) -> dict[str, bytes]:
    return {p.parent.name: p.read_bytes() for p in sorted(folder.glob("arms/*/embeddings.npy"))}


def left(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def epochs_missing(out: Path, epochs: int) -> list[tuple[str, int]]:
    """(arm, epoch) of what the states of an interrupted run do not hold yet."""
    done = dict.fromkeys(("nearest", "standard"), 0)
    for path in unfinished(out).glob("arms/*/training.pt"):
        done[path.parent.name] = torch.load(path, weights_only=True)["epoch"]
    return [(arm, epoch) for arm in done for epoch in range(done[arm] + 1, epochs + 1)]


class Interruption:
    """Stops a run as a signal would, when a given arm has finished a given epoch or a stage begins."""

    def __init__(self, *, arm: str = "", epoch: int = 0, stage: str = "") -> None:
        self.when = {"arm": arm, "epoch": epoch} if epoch else {"stage": stage}
        self.epochs: list[tuple[str, int]] = []

    def __call__(self, **news) -> None:
        if "row" in news:
            self.epochs.append((news["arm"], news["epoch"]))
        if all(news.get(key) == value for key, value in self.when.items()):
            raise KeyboardInterrupt


class TestRepeatable:
    def script(self, recipe: Recipe, out: Path, *options: str) -> subprocess.Popen:
        file = out.with_suffix(".toml")
        file.write_text(recipe.to_toml())
        command = [sys.executable, "-m", "core", "run", str(file), "--out", str(out), *options]
        return subprocess.Popen(command, cwd=REPO, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def test_the_same_recipe_in_two_processes_gives_the_same_bits(self, small: Callable[..., Recipe], tmp_path: Path):
        process = self.script(small(), tmp_path / "one")
        run.run(small(), tmp_path / "two")
        _, errors = process.communicate()
        assert process.returncode == 0, errors
        first, second = (embeddings(tmp_path / name) for name in ("one", "two"))
        assert list(first) == ["nearest", "pixels", "standard"]
        assert first == second
        assert len(set(first.values())) == 3  # the arms differ from each other

    def test_a_killed_run_resumes_to_the_bits_of_an_undisturbed_one(self, small: Callable[..., Recipe], tmp_path: Path):
        recipe, out = small(train={"epochs": 25}), tmp_path / "killed"
        process = self.script(recipe, out)
        while not list(unfinished(out).glob("arms/*/training.pt")):
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        process.kill()
        process.communicate()
        assert not out.exists()
        seen, missing = Interruption(), epochs_missing(out, 25)
        run.run(recipe, out, resume=True, progress=seen)
        assert sorted(seen.epochs) == missing
        assert len(missing) < 50
        run.run(recipe, tmp_path / "whole")
        assert embeddings(out) == embeddings(tmp_path / "whole")

    def test_sigterm_ends_with_130_and_a_hint(self, small: Callable[..., Recipe], tmp_path: Path):
        recipe, out = small(train={"epochs": 5000}), tmp_path / "stopped"
        process = self.script(recipe, out)
        while not list(unfinished(out).glob("arms/standard/training.pt")):
            assert process.poll() is None, process.communicate()
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate()
        assert process.returncode == 130
        assert "--resume to go on" in errors
        assert "Traceback" not in errors
        assert not out.exists()
        assert unfinished(out).is_dir()


class TestResume:
    @pytest.mark.parametrize(
        "stop",
        [{"arm": "standard", "epoch": 1}, {"arm": "nearest", "epoch": 2}, {"stage": "analyse"}, {"stage": "maps"}],
    )
    def test_only_what_is_missing_is_trained_and_the_bits_are_the_same(self, small, stop: dict, tmp_path: Path):
        out, resumed = tmp_path / "resumed", Interruption()
        with pytest.raises(KeyboardInterrupt):
            run.run(small(), out, progress=Interruption(**stop))
        assert left(tmp_path) == [unfinished(out).name]
        missing = epochs_missing(out, 3)
        assert len(missing) < 6
        assert not missing or "arm" in stop
        study = run.run(small(), out, resume=True, progress=resumed)
        assert sorted(resumed.epochs) == missing
        whole = run.run(small(), tmp_path / "whole")
        assert embeddings(out) == embeddings(tmp_path / "whole")
        for arm in study.arms:
            columns = ["epoch", "loss", "tuples", "spread", "recall@1"]
            pd.testing.assert_frame_equal(study.arm(arm).history[columns], whole.arm(arm).history[columns])
            assert study.arm(arm).snapshots.epochs == [0, 1, 2, 3]
            for kept, undisturbed in zip(study.arm(arm).snapshots, whole.arm(arm).snapshots, strict=True):
                assert kept.tobytes() == undisturbed.tobytes()
        assert not list(out.rglob("training*"))

    def test_without_resume_it_starts_afresh(self, small, tmp_path: Path):
        with pytest.raises(KeyboardInterrupt):
            run.run(small(), tmp_path / "out", progress=Interruption(arm="nearest", epoch=2))
        seen = Interruption()
        run.run(small(), tmp_path / "out", progress=seen)
        assert len(seen.epochs) == 6


class TestWholeOrNotAtAll:
    @pytest.mark.parametrize(
        "writer",
        [
            "pandas.DataFrame.to_parquet",
            "core.pipeline.assembly.save_blocks",
            "core.training.arms.save_checkpoint",
            "core.common.files.Path.replace",
            "core.storage.workspace.os.rename",
        ],
    )
    def test_a_full_disk_leaves_nothing_and_says_so(self, small, writer: str, monkeypatch, tmp_path: Path):
        def full(*_args, **_options) -> None:
            raise OSError(errno.ENOSPC, "No space left on device", "/disk/file")

        monkeypatch.setattr(writer, full)
        with pytest.raises(StudyError, match="no space left on the disk while writing /disk/file"):
            run.run(small(), tmp_path / "out")
        assert left(tmp_path) == []

    @pytest.mark.parametrize("step", ["add_pixels", "analyse", "draw", "describe"])
    def test_an_error_of_ours_in_the_middle_leaves_nothing(self, small, step: str, monkeypatch, tmp_path: Path):
        def fail(*_args, **_options) -> None:
            raise UncollapseError("no more")

        monkeypatch.setattr(Assembly, step, fail)
        with pytest.raises(UncollapseError, match="no more"):
            run.run(small(), tmp_path / "out")
        assert left(tmp_path) == []

    def test_what_exists_is_refused_before_anything_is_read(self, small, monkeypatch, tmp_path: Path):
        monkeypatch.setattr(run, "load", lambda *_, **__: pytest.fail("read the data"))
        (tmp_path / "out").mkdir()
        with pytest.raises(StudyError, match="exists already"):
            run.run(small(), tmp_path / "out")
        assert left(tmp_path) == ["out"]

    def test_files_that_the_system_will_not_let_grow(self, small, tmp_path: Path):
        """A real limit of 20 KiB instead of a patched writer: the training state is the first to hit it."""
        (tmp_path / "r.toml").write_text(small().to_toml())
        code = f"""if True:
            import resource, sys
            from core.__main__ import main
            resource.setrlimit(resource.RLIMIT_FSIZE, ({20 << 10}, {20 << 10}))
            sys.argv = ["core", "run", {str(tmp_path / "r.toml")!r}, "--out", {str(tmp_path / "out")!r}]
            main()
        """
        done = subprocess.run([sys.executable, "-c", code], cwd=REPO, capture_output=True, text=True, check=False)
        assert done.returncode == 2, done.stderr
        assert done.stderr.strip().startswith("error: no space left on the disk while writing"), done.stderr
        assert "Traceback" not in done.stderr
        assert left(tmp_path) == ["r.toml"]

    def test_divergence_is_told_with_its_epoch(self, small, tmp_path: Path):
        recipe = small(train={"epochs": 60, "lr": 10, "weight_decay": 10})
        with pytest.raises(UncollapseError, match=r"arms\.\w+: training diverged in epoch \d+; lower train\.lr"):
            run.run(recipe, tmp_path / "out")
        assert left(tmp_path) == []


class TestSources:
    def check(self, study: Study, *, items: int, classes: int) -> None:
        assert len(study.items) == items
        assert study.items["label"].nunique() == classes
        assert set(study.diagnostics["arm"]) == {"standard", "nearest", "pixels"}
        for name in study.arms:
            assert np.isfinite(study.arm(name).embeddings).all()
            assert np.isfinite(study.map(name)[study.evaluated]).all()
        assert study.picture(0).size[0] > 0

    @pytest.mark.parametrize("channels", [1, 3])
    def test_a_folder_of_colour_pictures_of_differing_sizes(self, channels: int, tmp_path: Path):
        path = write_pictures(tmp_path / "data", classes=3)
        recipe = recipe_for(path, data={"channels": channels})
        study = run.run(recipe, tmp_path / "out")
        self.check(study, items=60, classes=3)
        vectors = study.embed([study.picture(4)])
        np.testing.assert_allclose(vectors["nearest"][0], study.arm("nearest").embeddings[4], atol=1e-5)
        assert study.arm("pixels").embeddings.shape[1] == channels * 64

    def test_a_table_with_its_own_split(self, tmp_path: Path):
        path = write_pictures(tmp_path / "data")
        rows = [(f"class{i % 2}/{i // 2}.png", f"class{i % 2}", "test" if i < 4 else "train") for i in range(40)]
        pd.DataFrame(rows, columns=["path", "label", "split"]).to_csv(path / "items.csv", index=False)
        study = run.run(recipe_for(path / "items.csv", source="table"), tmp_path / "out")
        self.check(study, items=40, classes=2)
        assert study.evaluated.sum() == 4

    def test_the_study_survives_a_move_and_its_pictures_do_not_follow(self, pictures: Path, tmp_path: Path):
        data = Path(shutil.copytree(pictures, tmp_path / "data"))
        run.run(recipe_for(data), tmp_path / "out")
        study = Study.load(shutil.move(tmp_path / "out", tmp_path / "moved"))
        assert study.picture(0).size
        shutil.rmtree(data)
        with pytest.raises(UncollapseError):
            Study.load(tmp_path / "moved").picture(0)

    def test_a_relative_path_is_found_from_elsewhere(self, pictures: Path, monkeypatch, tmp_path: Path):
        monkeypatch.chdir(pictures.parent)
        study = run.run(recipe_for(Path(pictures.name)), tmp_path / "out")
        monkeypatch.chdir("/")
        assert study.picture(0).size

    def test_pictures_too_many_for_memory_are_mapped_and_change_nothing(self, pictures, monkeypatch, tmp_path: Path):
        recipe = recipe_for(pictures)
        run.run(recipe, tmp_path / "held")
        mapped = []
        monkeypatch.setattr(pixels, "MAX_MEMORY_SHARE", 0.0)
        monkeypatch.setattr(pixels, "BLOCK", 7)
        original = np.memmap

        def watched(*arguments, **options):
            mapped.append(original(*arguments, **options))
            return mapped[-1]

        monkeypatch.setattr(pixels.np, "memmap", watched)
        run.run(recipe, tmp_path / "mapped")
        assert [array.shape for array in mapped if array.dtype == np.uint8] == [(40, 1, 8, 8)]
        assert embeddings(tmp_path / "mapped") == embeddings(tmp_path / "held")
        assert left(tmp_path) == ["held", "mapped"]

    def test_held_out_classes(self, tmp_path: Path):
        path = write_pictures(tmp_path / "data", classes=4, each=2)  # few enough to need no UMAP
        study = run.run(recipe_for(path, data={"split": "classes"}), tmp_path / "out")
        by_split = study.items.groupby("split")["label"].unique()
        assert not set(by_split["train"]) & set(by_split["test"])


def recipe_for(path: Path, *, source: str = "folder", **values) -> Recipe:
    from tests.core.conftest import small_recipe

    data = {"source": source} | values.pop("data", {})
    return small_recipe(path, data=data, train={"epochs": 1}, **values)


class TestSnapshots:
    def test_they_go_from_the_common_start_to_the_final_embeddings(self, small, tmp_path: Path):
        study = run.run(small(), tmp_path / "out")
        first, second = (study.arm(name) for name in study.arms)
        assert np.array_equal(first.snapshots[0], second.snapshots[0])
        assert not np.array_equal(first.snapshots[1], second.snapshots[1])
        for arm in (first, second):
            final = arm.embeddings[study.evaluated].astype(np.float16)
            assert np.allclose(arm.snapshots[-1], final, atol=2e-3)
            assert not arm.snapshots[-1].flags.writeable
        assert study.arm("pixels").snapshots.epochs == []

    @pytest.mark.parametrize(("every", "epochs"), [(0, []), (2, [0, 2, 3])])
    def test_the_recipe_says_how_many(self, every: int, epochs: list[int], small, tmp_path: Path):
        study = run.run(small(train={"snapshots": every}), tmp_path / "out")
        assert study.arm("nearest").snapshots.epochs == epochs


class TestReports:
    def test_a_collapsed_arm_and_missing_tuples_are_recorded(self, small, monkeypatch, tmp_path: Path, capsys):
        """Every item at one point: what a collapsed network gives."""
        from models.head import Embedder

        def collapsed(self, images):
            return torch.nn.functional.normalize(self.head.bias + 0 * self.head.weight.sum(), dim=0).expand(
                len(images), -1
            )

        monkeypatch.setattr(Embedder, "forward", collapsed)
        study = run.run(small(), tmp_path / "out")
        for arm in study.arms:
            warnings = study.arm(arm).warnings
            assert [warning.code for warning in warnings] == ["total-collapse", "no-tuples", "few-queries"]
            assert study.arm(arm).history["tuples"].tolist() == [0, 0, 0]
            assert study.arm(arm).history["active"].isna().all()
        from core.__main__ import _print_summary

        _print_summary(study, as_json=True)
        assert capsys.readouterr().err.count("total collapse") == 2

    def test_a_proxy_baseline_beside_the_arms(self, small, tmp_path: Path):
        arms = {"nearest": {"positives": "nearest"}, "baseline": {"loss": "proxy-anchor"}}
        study = run.run(small(arms=arms), tmp_path / "out")
        assert study.arm("baseline").positives is None
        assert study.arm("baseline").history["tuples"].isna().all()
        assert [warning.code for warning in study.arm("baseline").warnings] == ["few-queries"]  # two held-out items
        assert load_file(study.arm("baseline").folder / "loss.safetensors")["proxies"].shape == (2, 4)
        assert not (study.arm("nearest").folder / "loss.safetensors").exists()

    def test_progress_never_goes_back(self, small, tmp_path: Path):
        fractions = []
        run.run(small(), tmp_path / "out", progress=lambda fraction=None, **_: fractions.append(fraction))
        known = [f for f in fractions if f is not None]
        assert known == sorted(known)
        assert known[0] == 0 < known[-1] <= 1

    def test_the_recipe_of_a_study_makes_the_same_study(self, small, tmp_path: Path):
        first = run.run(small(), tmp_path / "first")
        again = run.run(Recipe.load(first.path / "recipe.toml"), tmp_path / "again")
        assert embeddings(first.path) == embeddings(again.path)
        assert left(first.path) == left(again.path)

    def test_an_arm_that_fails_stops_the_others_soon(self, small, monkeypatch, tmp_path: Path):
        from core.training.arms import _Training

        figures = _Training._figures

        def diverge(self, epoch: int):
            if self.name == "nearest":
                raise UncollapseError("arms.nearest: training diverged")
            return figures(self, epoch)

        monkeypatch.setattr(_Training, "_figures", diverge)
        seen = Interruption()
        with pytest.raises(UncollapseError, match="nearest"):
            run.run(small(train={"epochs": 3000}), tmp_path / "out", progress=seen)
        assert len(seen.epochs) < 300
        assert left(tmp_path) == []
