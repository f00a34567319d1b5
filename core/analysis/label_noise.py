"""Wrong labels of a finished study: how many there are, in words, and how many samples of a class they ask for."""

from dataclasses import dataclass

import pandas as pd

from core.diagnostics.label_noise import MAX_NOISE
from core.recipe.train import TrainConfig
from core.storage.study import Study
from core.theory.advice import assumed_noise, expected_noise, samples_met, samples_per_class_needed

LABELS = {"training": "training labels", "held-out": "held-out labels", "all": "labels"}


@dataclass(frozen=True)
class WrongLabels:
    """The share of wrong labels of a class, or of all classes, in [0, 1]."""

    noise: float | None
    """None where only a limit is known."""
    low: float
    high: float
    """A 95 % interval."""
    whose: str
    """Of which labels, in words."""
    space: str
    """The arm or reference whose neighbours were asked."""
    hidden: bool
    """Whether the space may have been trained on these labels, so that the true share may be higher."""

    @property
    def sentence(self) -> str:
        share = f"{_percent(self.low)} to {_percent(self.high)} %"
        if self.noise is not None:
            said = f"{_percent(self.noise)} % of {self.whose} are wrong ({share}), estimated in {self.space}"
        elif self.high < MAX_NOISE:
            said = f"At most {_percent(self.high)} % of {self.whose} are wrong, estimated in {self.space}"
        else:
            said = f"How many of {self.whose} are wrong cannot be told in {self.space}"
        return said + ("; if that was trained on these labels, there are more." if self.hidden else ".")


@dataclass(frozen=True)
class SamplesNeeded:
    """Samples of a class in a batch with which nearest positives keep its modes apart, in theory."""

    needed: int
    now: int | None
    """What the study's batches hold; None where it was not trained here."""
    modes: int
    noise: float
    """The share of wrong labels that this is for."""
    estimated: bool
    """Whether that share is an estimate, and not what the recipe says or what is usual."""

    @property
    def sentence(self) -> str:
        now = "." if self.now is None else f"; here are {self.now}."
        return (
            f"To keep {self.modes} modes apart, nearest positives need {self.needed} samples of a class in a batch{now}"
        )

    @property
    def wrong(self) -> str:
        """The wrong labels in words."""
        return f"{100 * self.noise:.3g} % wrong labels" + (" (estimated)" if self.estimated else "")


@dataclass(frozen=True)
class PhasePoint:
    """Where a study lies among wrong labels and samples of a class."""

    name: str
    noise: float | None
    """Share of wrong labels: as estimated, else as the recipe says; None where only a limit is known."""
    low: float
    high: float
    """The interval of the estimate; `noise` itself where there is none."""
    samples: int | None
    """Items of its class that an anchor meets in a step; None where the study was not trained here."""


def phase_point(study: Study) -> PhasePoint | None:
    """None where nothing is known of its labels."""
    found, recipe = wrong_labels(study), study.recipe
    samples = None if recipe is None else samples_met(recipe.train)
    if found is not None and (found.noise is not None or recipe is None or not recipe.data.label_noise):
        return PhasePoint(study.name, found.noise, found.low, found.high, samples)
    if recipe is None:
        return None
    noise = recipe.data.label_noise
    return PhasePoint(study.name, noise, noise, noise, samples)


def wrong_labels(study: Study, label: str | None = None) -> WrongLabels | None:
    """Of a class; of all classes without a label, and where the class was not asked; None in older studies."""
    entry = study.label_noise
    if entry is None:
        return None
    hidden = entry.items == "all" and study.arm(entry.space).kind != "reference"
    own = None if label is None else _of_class(study, label)
    noise, low, high = own or (entry.noise, entry.low, entry.high)
    whose = "all" if own is None else "this class's"
    return WrongLabels(noise, low, high, f"{whose} {LABELS[entry.items]}", entry.space, hidden)


def noise_to_expect(study: Study, label: str | None = None) -> float:
    """Share of wrong labels that advice counts on: what is assumed of such data, unless the labels show more."""
    return _unless_more(study, label, assumed=_assumed(study))


def noise_in_theory(study: Study) -> float:
    """Share of wrong labels that were put in, unless the labels show more; 0 where neither says that any is wrong."""
    return _unless_more(study, None, assumed=0.0 if study.recipe is None else study.recipe.data.label_noise)


def _unless_more(study: Study, label: str | None, *, assumed: float) -> float:
    for share in (wrong_labels(study, label), wrong_labels(study)):
        if share is not None and share.noise is not None:
            return expected_noise(assumed, estimate=share.noise, low=share.low)
    return assumed


def samples_needed(study: Study, label: str | None = None, *, modes: int) -> SamplesNeeded | None:
    """For a class, or any, of so many modes, 2 at least; None where theory asks for no number, or none is enough."""
    train = TrainConfig() if study.recipe is None else study.recipe.train
    noise = noise_to_expect(study, label)
    needed = samples_per_class_needed(train, noise=noise, modes=modes)
    if needed is None:
        return None
    now = None if study.recipe is None else train.samples_per_class
    return SamplesNeeded(needed, now, modes, noise, estimated=noise != _assumed(study))


def _assumed(study: Study) -> float:
    return assumed_noise(None if study.recipe is None else study.recipe.data)


def _of_class(study: Study, label: str) -> tuple[float | None, float, float] | None:
    """Estimate and interval; None where the class is not among those that were asked."""
    table = study.diagnostics
    columns = [f"label_noise{end}" for end in ("", "_low", "_high")]
    if not set(columns) <= set(table.columns):
        return None
    rows = table.loc[table["label"].astype(str) == label, columns]
    noise, low, high = rows.iloc[0].tolist()
    return None if pd.isna(high) else (None if pd.isna(noise) else noise, low, high)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}".removesuffix(".0")
