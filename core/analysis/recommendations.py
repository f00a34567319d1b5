"""What to try for a class, given what the diagnostics say of it and how its arm was trained."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from core.analysis.class_report import class_figures
from core.analysis.label_noise import SamplesNeeded, samples_needed, wrong_labels
from core.diagnostics.facts import Facts
from core.diagnostics.verdicts import TOO_SMALL, coincides, only_in_length
from core.recipe.recipe import Recipe
from core.storage.study import Study

LOST = frozenset({"partial", "blurred", "destroyed"})
KEPT = frozenset({"preserved", "compressed"})
MANY_COPIES = 0.3
MANY_FOREIGN = 0.05
MANY_WRONG = 0.02
IN_PIECES = 0.3
UNSTABLE_BELOW = 0.5


@dataclass(frozen=True)
class Step:
    """One thing to do, and the figures that speak for it."""

    title: str
    reason: str


@dataclass(frozen=True)
class _Case:
    """One class of one arm, as the rules below see it."""

    study: Study
    arm: str
    row: pd.Series
    """Of `Study.diagnostics`."""

    @property
    def recipe(self) -> Recipe | None:
        return self.study.recipe if self.arm in self.study.arms else None

    @property
    def positives(self) -> str | None:
        return self.study.arm(self.arm).positives

    @cached_property
    def facts(self) -> Facts:
        return Facts.of(self.row)

    @property
    def expected(self) -> int:
        """Modes the class should have; 1 where nothing tells."""
        return self.facts.expected or 1

    @property
    def label(self) -> str:
        return str(self.row["label"])

    @property
    def samples(self) -> SamplesNeeded | None:
        """What nearest positives need to keep the class's modes."""
        return samples_needed(self.study, self.label, modes=max(2, self.expected))

    def share(self, name: str) -> float:
        value = self.row.get(name)
        return 0.0 if value is None or pd.isna(value) else float(value)


def samples_for_every_class(study: Study) -> SamplesNeeded | None:
    """What nearest positives need to keep the modes of the class that has most; None where no class has several, or
    theory asks for no number."""
    table = study.diagnostics
    counts = [Facts.of(row).expected or 1 for _, row in table[table["arm"] == study.arms[0]].iterrows()]
    return samples_needed(study, modes=max(counts)) if max(counts) > 1 else None


def next_steps(study: Study, arm: str, label: str) -> list[Step]:
    """What to try for one class of an arm, most useful first; one step that says so where nothing is needed."""
    case = _Case(study, arm, class_figures(study, study.arm(arm).name, label))
    steps = [step for rule in _RULES if (step := rule(case)) is not None]
    return steps or [_nothing_left(case)]


def _more_items(case: _Case) -> Step | None:
    if case.row["verdict"] != "too small":
        return None
    return Step(f"Hold out at least {TOO_SMALL} items of this class", "With fewer, one group and several look alike.")


def _other_arm(case: _Case) -> Step | None:
    """A sibling that kept the modes is the shortest way."""
    if case.row["verdict"] not in LOST:
        return None
    table = case.study.diagnostics
    others = table[(table["label"] == case.row["label"]) & table["arm"].isin(case.study.arms)]
    kept = others[others["verdict"].isin(KEPT) & (others["arm"] != case.arm)]
    if kept.empty:
        return None
    best = kept.sort_values("kappa", na_position="first").iloc[-1]
    scales = [float(best["kappa"]), float(case.row["kappa"])]
    scale = "" if any(map(math.isnan, scales)) else f", at kappa {scales[0]:.2f} instead of {scales[1]:.2f}"
    return Step(f"Use the arm {best['arm']}", f"There the class is {best['verdict']}{scale}.")


def _two_classes(case: _Case) -> Step | None:
    if not coincides(case.facts):
        return None
    return Step(
        f"Check whether it and {case.facts.met} are two classes",
        f"Its items lie among those of {case.facts.met} (overlap {case.facts.overlap:.2f}, 1 = completely mixed): the "
        "labels may be wrong, the two may be one, or this space does not hold what tells them apart.",
    )


def _lengths(case: _Case) -> Step | None:
    if not only_in_length(case.facts):
        return None
    return Step(
        "Ask what the length of a vector means",
        "The vectors of this class differ in length alone, and the analysis uses directions. If length matters to your "
        "search, analyse them as they are: diagnose(vectors, labels, normalise=False) in Python.",
    )


def _nearest_rule(case: _Case) -> Step | None:
    if case.row["verdict"] not in LOST or case.recipe is None or case.positives in {None, "nearest"}:
        return None
    if any(case.study.arm(arm).positives == "nearest" for arm in case.study.arms):
        return None
    samples = case.samples
    more = samples is not None and samples.now is not None and samples.now < samples.needed
    return Step(
        'Train an arm with positives = "nearest"'
        + (f" and train.samples_per_class = {samples.needed} or more" if samples and more else ""),
        f"This one pulls every anchor towards {_PULLS[str(case.positives)]}, across all modes of its class.",
    )


def _nearest_elsewhere(case: _Case) -> Step | None:
    """For embeddings that were made elsewhere, by a rule that nobody told."""
    samples = case.samples
    if case.row["verdict"] not in LOST or case.study.recipe is not None or case.arm in case.study.references:
        return None
    if samples is None:
        return None
    return Step(
        f"Train with nearest positives and {samples.needed} or more samples of each class in a batch",
        f"Random ones draw a class to a point as soon as labels are wrong. With {samples.modes} modes and "
        f"{samples.wrong}, that many let most anchors find a positive of their own mode.",
    )


def _more_samples(case: _Case) -> Step | None:
    samples = case.samples
    if case.row["verdict"] not in LOST or case.recipe is None or case.positives != "nearest":
        return None
    if samples is None or samples.now is None or samples.now >= samples.needed:
        return None
    return Step(
        f"Raise train.samples_per_class from {samples.now} to {samples.needed} or more",
        f"With {samples.modes} modes and {samples.wrong}, fewer items leave too many anchors without a "
        "positive of their own mode.",
    )


def _fixed_beta(case: _Case) -> Step | None:
    learned = case.recipe is not None and case.recipe.train.loss == "margin" and case.recipe.train.learn_beta != "no"
    if case.row["verdict"] not in LOST or not learned:
        return None
    return Step(
        'Fix the boundary: train.learn_beta = "no"',
        "A learned beta falls to the margin, where the loss is least with every class at one point.",
    )


def _own_scale(case: _Case) -> Step | None:
    if case.row["verdict"] != "compressed":
        return None
    return Step(
        "Search inside the class, or train with a lower margin",
        f"Its modes are there, at a small scale (kappa {case.row['kappa']:.2f}): fine neighbours are right, but any "
        "noise in the vectors, such as quantisation, will mix them.",
    )


def _wrong_labels(case: _Case) -> Step | None:
    share = case.share("foreign")
    if share < MANY_FOREIGN:
        return None
    groups = f" Among them are {case.facts.foreign_groups} whole groups." if case.facts.foreign_groups > 1 else ""
    return Step(
        f"Look at {share * case.row['n']:.0f} items that may carry a wrong label",
        f"They lie among the items of another class ({100 * share:.0f} % of this class).{groups} {_WHY_CHECK}",
    )


def _noisy_labels(case: _Case) -> Step | None:
    """Of labels that nobody spoiled on purpose."""
    found = wrong_labels(case.study, case.label)
    if found is None or found.low < MANY_WRONG or (case.recipe is not None and case.recipe.data.label_noise):
        return None
    if case.share("foreign") >= MANY_FOREIGN:  # these are listed already
        return None
    return Step("Have labels checked", f"{found.sentence} {_WHY_CHECK}")


def _copies(case: _Case) -> Step | None:
    share = case.share("near_duplicates")
    if share < MANY_COPIES or case.row["kappa"] < 0.1:  # at one point, everything is a copy
        return None
    return Step(
        "Keep near duplicates out of a batch",
        f"{100 * share:.0f} % of its items have a copy in the class: as nearest positives, copies teach nothing.",
    )


def _pieces(case: _Case) -> Step | None:
    share = case.share("fragmentation")
    if share < IN_PIECES:
        return None
    fewer = " Fewer samples per class, or part of the positives at random, bind them together."
    return Step(
        "Check whether the class is wanted as one",
        f"{100 * share:.0f} % of its modes lie next to a mode of another class."
        + (fewer if case.positives == "nearest" else ""),
    )


def _shaky_count(case: _Case) -> Step | None:
    stability, opinion, count = (case.row.get(name) for name in ("stability", "second_opinion", "subclusters"))
    if count == 1 or pd.isna(stability) or (stability >= UNSTABLE_BELOW and (pd.isna(opinion) or opinion == count)):
        return None
    said = "no second opinion" if pd.isna(opinion) else f"a second opinion of {opinion}"
    return Step(
        f"Read the count of {count} as a hint",
        f"Subsamples agree on the groups to {stability:.2f} (1 = always the same), with {said}.",
    )


def _nothing_left(case: _Case) -> Step:
    if case.row["verdict"] in LOST:
        return Step(
            "Compare with the reference and with other losses",
            "The rule and the batches are as they should be for its modes, so the sampling is not what holds it back.",
        )
    return Step("Nothing to repair", f"The class is {case.row['verdict']} here, and nothing speaks against that.")


_WHY_CHECK = "Wrong labels are what makes margin losses collapse."
_PULLS = {"all": "all items of its class", "random": "a random item of its class", "hardest": "the farthest one"}
_RULES: list[Callable[[_Case], Step | None]] = [
    _more_items,
    _two_classes,
    _lengths,
    _other_arm,
    _nearest_rule,
    _nearest_elsewhere,
    _more_samples,
    _fixed_beta,
    _own_scale,
    _wrong_labels,
    _noisy_labels,
    _copies,
    _pieces,
    _shaky_count,
]
