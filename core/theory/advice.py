"""How many samples per class nearest positives need: the one place that says it. No torch here.

The answer is the fewest m of a batch with which `core.theory.slope` is below 0, so that it agrees with what the same
theory says of an arm. In words: what pulls modes together is the minimum in its formula, and both of its terms fall
with m, for an anchor ever more seldom finds its positive in another mode (O) or in another class (b). What pushes them
apart are wrong labels, which let modes of one class meet as negatives: q (K-1)/K (S + S' + b + b'). From the first m at
which the push is stronger, the cheapest distance between modes is no longer 0 but of the order of the margin; more
samples deepen that minimum and seldom move it.

The rule of thumb m >= 1 + ln(1/p) / ln(K / (K-1+p)), from which on an anchor misses its own mode no more often than a
label is wrong, knows nothing of the push. It comes within 1.2 of this answer for 2 and 3 modes, and to three times as
many for 10, which is no reason for larger batches.

An anchor chooses from all items of its class that it meets, those of a cross-batch memory included. m is their number.
The memory is taken to hold the classes of a batch alone; of a data set with more classes it holds fewer of each.
"""

from core.recipe.data import SYNTHETIC, DataConfig
from core.recipe.train import TrainConfig
from core.theory.slope import slope

UNKNOWN_NOISE = 0.01
"""Share of wrong labels assumed where none was put in: hardly any data set is free of them."""
MOST = 1024
"""Samples per class up to which is searched."""


def assumed_noise(data: DataConfig | None) -> float:
    """Share of labels to count on as wrong, in [0, 1): what is put in, and UNKNOWN_NOISE at least unless the data are
    made up. None: data that no recipe describes."""
    if data is None:
        return UNKNOWN_NOISE
    return data.label_noise if data.source in SYNTHETIC else max(data.label_noise, UNKNOWN_NOISE)


def expected_noise(assumed: float, *, estimate: float, low: float) -> float:
    """Share of labels to count on as wrong where it was also estimated: what is assumed, unless there is surely more.

    low: the lower end of the estimate's interval. All in [0, 1]. Fewer wrong labels than assumed are no reason to hope.
    """
    return estimate if low > assumed else assumed


def samples_met(train: TrainConfig) -> int:
    """Items of its class that an anchor meets in a step, itself and the memory's included."""
    return train.samples_per_class + _remembered(train)


def samples_per_class_needed(train: TrainConfig, *, noise: float, modes: int) -> int | None:
    """The least train.samples_per_class with which nearest positives keep modes apart, at least 2; None where no number
    is needed (no wrong labels) or enough (half of them wrong, or more than MOST samples).

    noise: probability of a wrong label, in [0, 1). modes: of each class, at least 2. For the triplet loss with random
    negatives, whatever `train` has.
    """
    if not 0 < noise < 0.5:
        return None
    met = next((m for m in range(2, MOST + 1) if float(slope(noise, samples=m, modes=modes)) < 0), None)
    return None if met is None else max(2, met - _remembered(train))


def _remembered(train: TrainConfig) -> int:
    """Items of an anchor's class in the memory."""
    return train.memory // train.classes_per_batch
