"""Do nearest positives help? Standard against nearest on MNIST parity, Omniglot letters and Fashion-MNIST groups.

    python -m tests.benchmarks.paper --omniglot DIR --out results.csv [--seeds 5] [--only mnist|omniglot|fashion]
    python -m tests.benchmarks.paper --tables results.csv

Every loss is trained with both rules side by side, from the same weights over the same batches. Seeds come one after
the other through all settings. Each finished pair is added to the file at once, and what is there is not trained again.
Epochs and numbers of items were chosen on seed 100, which is none of those reported, mostly for their cost; training
Omniglot longer makes the letters harder to find under either rule (triplet, fine R@1 on held-out drawings, standard and
nearest: .191 and .415 after 12 epochs, .124 and .341 after 36; raw pixels .184).
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score

from core.common.errors import UncollapseError
from core.diagnostics import retrieval_metrics
from core.embedding.pixels import pixel_vectors
from core.training.arms import train_arms
from tests.benchmarks.paper.settings import LOSSES, PARTS, Material, Setting, settings
from tests.benchmarks.paper.tables import FIGURES, short_table, tables

SHORT = ("sub_recall@1", "sub_map@r", "map@r")
"""Figures that docs/results.md shows in short."""

PIXELS = "pixels"
"""In the place of a loss: no training."""
KEY = ["dataset", "noise", "loss", "seed"]
Job = tuple[Setting, str, int]


def figures(points: Float[np.ndarray, "n d"], items: pd.DataFrame, *, seed: int) -> dict[str, float]:
    """FIGURES of some items; AMI is of k-means with as many clusters as there are modes, against the modes."""
    labels, modes = items["label"].to_numpy(), items["sublabel"].to_numpy()
    found = retrieval_metrics(points, labels, sublabels=modes, ks=(1,))
    groups = KMeans(len(np.unique(modes)), n_init=3, random_state=seed).fit_predict(points)
    found["ami"] = adjusted_mutual_info_score(modes, groups)
    return {name: found[name] for name in FIGURES}


def measure(job: Job, material: Material) -> pd.DataFrame:
    """One row per arm and part of the evaluation; cpu_seconds: of one training."""
    setting, loss, seed = job
    started = time.process_time()
    if loss == PIXELS:
        spaces = {PIXELS: pixel_vectors(material.pixels.numpy())}
    else:
        recipe = setting.recipe(loss, seed=seed)
        with tempfile.TemporaryDirectory() as folder:
            trained = train_arms(
                recipe, material.items, material.pixels, folder=Path(folder), report=lambda arm, row: None
            )
        spaces = {name: arm.embeddings for name, arm in trained.items()}
    cpu = (time.process_time() - started) / len(spaces)
    rows: list[dict[str, Any]] = []
    for part, split in PARTS.items():
        here = np.flatnonzero(material.items["split"] == split)
        if len(here):
            for arm, points in spaces.items():
                found = figures(points[here], material.items.iloc[here], seed=seed)
                rows.append({"arm": arm, "part": part, **found, "cpu_seconds": round(cpu, 1)})
    key = dict(zip(KEY, (setting.dataset, setting.noise, loss, seed), strict=True))
    return pd.DataFrame([key | row | {"fingerprint": fingerprint(setting, loss)} for row in rows])


def fingerprint(setting: Setting, loss: str) -> str:
    """Of a job, so that results of different settings are never mixed; pixels depend on the items alone."""
    return setting.fingerprint(LOSSES[0] if loss == PIXELS else loss)


def jobs(wanted: list[Setting], seeds: int) -> list[Job]:
    """Whole seeds first, so that a stopped run has them."""
    return [(setting, loss, seed) for seed in range(seeds) for setting in wanted for loss in (PIXELS, *LOSSES)]


def missing(todo: list[Job], results: pd.DataFrame) -> list[Job]:
    """The jobs that the results lack; UncollapseError where they were made with other settings."""
    if results.empty:
        return todo
    done = results.drop_duplicates(KEY).set_index(KEY)["fingerprint"].to_dict()
    left = []
    for setting, loss, seed in todo:
        key = (setting.dataset, setting.noise, loss, seed)
        if done.get(key, fingerprint(setting, loss)) != fingerprint(setting, loss):
            raise UncollapseError(f"the file's {setting.dataset} was made with other settings; give another --out")
        if key not in done:
            left.append((setting, loss, seed))
    return left


def load_results(path: Path) -> pd.DataFrame:
    """An earlier run's results; empty where there are none."""
    return pd.read_csv(path, dtype={"fingerprint": str}) if path.exists() else pd.DataFrame()


def save_results(results: pd.DataFrame, path: Path) -> None:
    """Replaced in one step, so that a stopped run leaves whole jobs only."""
    fresh = path.with_suffix(".fresh")
    results.to_csv(fresh, index=False)
    os.replace(fresh, path)


def run(todo: list[Job], out: Path) -> pd.DataFrame:
    """Every job that `out` lacks, each saved when it is done; returns all results."""
    results = load_results(out)
    left = missing(todo, results)
    started, seconds = time.perf_counter(), 0.0
    at: tuple[Setting, int] | None = None
    for done, job in enumerate(left):
        setting, loss, seed = job
        if at != (setting, seed):
            at, material = (setting, seed), setting.material(seed)
        found = measure(job, material)
        results = pd.concat([results, found], ignore_index=True)
        save_results(results, out)
        seconds = time.perf_counter() - started
        fine = ", ".join(f"{row.arm} {row['sub_recall@1']:.3f}" for _, row in found[found["part"] == "seen"].iterrows())
        print(
            f"{done + 1}/{len(left)} seed {seed} {setting.dataset} {setting.noise:.0%} {loss}: fine R@1 {fine}; "
            f"{found['cpu_seconds'][0]:.0f} CPU s each; about {seconds / (done + 1) * (len(left) - done - 1) / 60:.0f} "
            "min left",
            file=sys.stderr,
            flush=True,
        )
    return results


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.paper", description=__doc__.splitlines()[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, metavar="FILE", help="train, and keep the results in this CSV")
    what.add_argument("--tables", type=Path, metavar="FILE", help="train nothing, print the tables of this CSV")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", choices=["mnist", "omniglot", "fashion"])
    parser.add_argument("--omniglot", type=Path, metavar="DIR", help="where images_background_small1.zip and 2 are")
    parser.add_argument("--fashion", type=Path, metavar="DIR", default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--quick", action="store_true", help="two epochs on a few items, to try the command out")
    wanted = parser.parse_args(arguments)
    if wanted.out and wanted.omniglot is None and wanted.only in {None, "omniglot"}:
        parser.error(
            "--out needs the folder of Omniglot: --omniglot DIR; or do without it: --only mnist, --only fashion"
        )
    return wanted


def main() -> int:
    wanted = parse()
    try:
        if wanted.tables:
            if (results := load_results(wanted.tables)).empty:
                raise UncollapseError(f"{wanted.tables} holds no results; make them with --out")
        else:
            every = settings(omniglot=wanted.omniglot, fashion=wanted.fashion, quick=wanted.quick)
            chosen = [setting for setting in every if wanted.only in {None, setting.dataset}]
            for setting in {setting.dataset: setting for setting in chosen}.values():
                setting.read(0)  # what is missing should not be found out an hour later
            results = run(jobs(chosen, wanted.seeds), wanted.out)
    except UncollapseError as error:
        print(error, file=sys.stderr)
        return 2
    print(tables(results))
    for figure in SHORT:
        print(f"\n{short_table(results, figure)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
