"""Real classes whose modes are known to the league alone: digits, garments and letters, as studies keep them.

    from tests.benchmarks.counting.real import classes
    for found in classes(Path("build/league"), "mnist-parity", 101):
        found.arm, found.label, found.points, found.modes

Every study is trained once by its shipped recipe with another seed, into CACHE/RECIPE-SEED, and read from there.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Int64
from sklearn.decomposition import PCA

from core.study import Study
from tests.core.diagnostics.planted import sphere

RECIPES = ("mnist-parity", "fashion-groups", "digits-parity", "omniglot-letters")
TRAINED = ("standard", "nearest")
PIXELS, COMPONENTS = "pixels", "PCA"
PCA_AXES = 50
SMALLEST_MODE = 4
"""Items a mode needs to be expected; in studies only Omniglot's come near."""

NEEDS_FOLDER = "omniglot-letters"
READINGS = {name: (name, True) for name in RECIPES} | {"omniglot-letters, all drawings": (NEEDS_FOLDER, False)}
"""Where classes come from -> the recipe, and whether its held-out items alone are counted, as the app does.

Of Omniglot these are six drawings a letter, so that all twenty are counted too: no label of theirs was wrong.
"""


@dataclass(frozen=True)
class RealClass:
    """One class of one arm."""

    study: str
    """One of READINGS."""
    seed: int
    arm: str
    label: str
    points: Float32[np.ndarray, "n d"]
    modes: Int64[np.ndarray, "n"]

    @property
    def pieces(self) -> int:
        """Number of modes with enough items to be expected."""
        return int(np.count_nonzero(np.bincount(self.modes) >= SMALLEST_MODE))


def study_folder(cache: Path, recipe: str, seed: int) -> Path:
    return cache / f"{recipe}-{seed}"


def train(cache: Path, recipe: str, seed: int, *, omniglot: Path | None) -> str:
    """Trains a study that the cache lacks; what went wrong in a sentence, or "".

    omniglot: the folder of images_background_small1.zip, which nothing ships.
    """
    folder = study_folder(cache, recipe, seed)
    if folder.exists():
        return ""
    settings = [f"seed={seed}"]
    if recipe == NEEDS_FOLDER:
        if omniglot is None:
            return f"{recipe}: give the folder of images_background_small1.zip as --omniglot"
        settings.append(f"data.path={omniglot.resolve() / 'images_background_small1.zip'}")
    chosen = [word for setting in settings for word in ("--set", setting)]
    command = [sys.executable, "-m", "core", "run", recipe, *chosen, "--out", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"{recipe}: {(done.stderr.strip().splitlines() or ['failed'])[-1]}"


def classes(cache: Path, reading: str, seed: int, *, arm: str | None = None) -> Iterator[RealClass]:
    """Every class of every space of a study, or of one: `TRAINED` arms, pixels, and their principal components.

    Raises StudyError where the cache has no such study.
    """
    recipe, held_out = READINGS[reading]
    study = Study.load(study_folder(cache, recipe, seed))
    rows = np.flatnonzero(study.evaluated) if held_out else np.arange(len(study.items))
    items = study.items.iloc[rows]
    for name in (*TRAINED, PIXELS, COMPONENTS) if arm is None else (arm,):
        points = np.asarray(study.arm(PIXELS if name == COMPONENTS else name).embeddings[rows])
        if name == COMPONENTS:
            points = sphere(PCA(min(PCA_AXES, *points.shape), random_state=0).fit_transform(points))
        for label, mine in items.reset_index(drop=True).groupby("label").indices.items():
            modes = np.unique(items["sublabel"].iloc[mine].astype(str), return_inverse=True)[1]
            yield RealClass(reading, seed, name, str(label), points[mine], modes.astype(np.int64))
