"""Where a recipe's arm stands in theory, and what would keep its classes from collapsing."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from core.recipe.recipe import Recipe
from core.recipe.rules import DEFAULT_MARGINS
from core.theory.advice import samples_met, samples_per_class_needed
from core.theory.expected_loss import Tendency, tendency
from core.theory.slope import Setting, critical_noise

DEFAULT_MODES = 2
"""Taken where neither the recipe nor the caller knows the modes of a class."""


@dataclass(frozen=True)
class Remedy:
    """A change of the recipe after which theory sees no pull towards collapse."""

    changes: dict[str, Any]
    """Key of the recipe -> its new value; `positives` is the arm's."""
    tendency: Tendency
    """What it leads to: "spread", or "indifferent" where labels are clean."""


@dataclass(frozen=True)
class Assessment:
    """One arm in theory; classes beyond two count as one other class."""

    arm: str
    setting: Setting | None
    """What the theory is about; None where it has nothing to say."""
    reason: str = ""
    """Why it has not, in a sentence."""
    modes_known: bool = True
    """Whether the number of modes is the recipe's or the caller's, and not DEFAULT_MODES."""
    tendency: Tendency | None = None
    critical_noise: float | None = None
    """p_c of nearest positives with the arm's samples per class; None where no noise suffices."""
    samples_needed: int | None = None
    """Of `core.theory.advice`; None without noise."""
    remedies: tuple[Remedy, ...] = ()
    """What would avoid collapse, the smallest change first; empty where there is none to avoid."""


def assess(recipe: Recipe, arm: str, *, modes: int | None = None, noise: float | None = None) -> Assessment:
    """Where an arm stands; modes: of a class, if known better than from the recipe (such as counted ones); noise: share
    of wrong labels, likewise.

    The theory is about triplet and margin losses with random negatives, whatever the recipe's.
    """
    known = modes or recipe.data.modes
    wrong = recipe.data.label_noise if noise is None else noise
    setting, reason = _setting(recipe, arm, modes=max(2, known or DEFAULT_MODES), noise=wrong)
    if setting is None:
        return Assessment(arm, None, reason)
    now = tendency(setting)
    needed = samples_per_class_needed(recipe.train, noise=setting.noise, modes=setting.modes)
    return Assessment(
        arm,
        setting,
        modes_known=known is not None,
        tendency=now,
        critical_noise=critical_noise(setting.samples, modes=setting.modes),
        samples_needed=needed,
        remedies=_remedies(setting, recipe.train.samples_per_class, needed)
        if now in ("collapse", "total collapse")
        else (),
    )


def _setting(recipe: Recipe, arm: str, *, modes: int, noise: float) -> tuple[Setting | None, str]:
    positives, train = recipe.arms[arm].positives, recipe.train
    if arm not in recipe.trained:
        return None, "it is not trained here"
    loss = recipe.loss_of(arm)
    if positives is None or loss not in ("triplet", "margin"):
        return None, f"the theory is about the triplet and the margin loss, not {loss}"
    if noise >= 0.5:
        return None, "with half of the labels wrong there are no classes to speak of"
    beta = train.beta if loss == "margin" and train.learn_beta == "no" else None
    margin = train.margin or DEFAULT_MARGINS[loss]
    kind: Literal["triplet", "margin"] = "triplet" if loss == "triplet" else "margin"
    return Setting(noise, positives, samples_met(train), modes, kind, margin, beta), ""


def _remedies(setting: Setting, now: int, needed: int | None) -> tuple[Remedy, ...]:
    """Those that theory confirms, of: the nearest rule, more samples with it, a fixed boundary, clean labels.

    now, needed: train.samples_per_class.
    """
    proposals: list[tuple[dict[str, Any], Setting]] = []
    nearest = replace(setting, positives="nearest")
    rule = {} if setting.positives == "nearest" else {"positives": "nearest"}
    if rule:
        proposals.append((rule, nearest))
    if needed is not None and needed > now:
        more = replace(nearest, samples=setting.samples + needed - now)
        proposals.append((rule | {"train.samples_per_class": needed}, more))
    if setting.positives != "hardest":
        fixed = {"train.loss": "margin", "train.learn_beta": "no", "train.beta": 1.2}
        proposals.append((fixed, replace(setting, loss="margin", beta=1.2)))
    proposals.append(({"data.label_noise": 0.0}, replace(setting, noise=0.0)))
    found = [Remedy(changes, tendency(changed)) for changes, changed in proposals]
    return tuple(remedy for remedy in found if remedy.tendency in ("spread", "indifferent"))
