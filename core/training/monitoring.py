"""Monitoring of a training: figures of the tuples, figures of the held-out items after every epoch, and warnings."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.common.notices import Notice
from core.diagnostics import retrieval_metrics
from core.diagnostics.checks import check_groups
from core.diagnostics.collapse import Geometry, kappa
from core.sampling import Candidates, Tuples
from core.training.losses import active_fraction

QUANTILES = (0.1, 0.5, 0.9)
TUPLE_FIGURES = (
    "tuples",
    "active",
    *(f"{side}_q{round(100 * q)}" for side in ("positive", "negative") for q in QUANTILES),
)
"""Number of tuples; share of active ones, with a loss above zero; quantiles of the anchors' Euclidean distances to
positives and to negatives, 0 to 2."""
MAX_SORTED = 1 << 16

TOTAL_COLLAPSE = 1e-3
"""Spread of unit vectors (0 to 1) below which items differ by little more than rounding."""


@torch.no_grad()
def tuple_figures(loss: nn.Module, batch: Candidates, tuples: Tuples | None) -> Float[Tensor, "8"]:
    """TUPLE_FIGURES of one batch, on its device; NaN where there are no tuples, and for losses that choose none."""
    if tuples is None:
        return batch.embeddings.new_full((len(TUPLE_FIGURES),), torch.nan)
    anchors, positives, *opposed, negatives = tuples
    to_positive = batch.distances[anchors, positives]
    to_negative = batch.distances[opposed[0] if opposed else anchors, negatives]
    count = to_positive.new_full((1,), len(anchors) + (len(negatives) if opposed else 0))
    active = active_fraction(loss, to_positive, to_negative, classes=batch.labels[anchors])
    return torch.cat([count, active[None], _quantiles(to_positive), _quantiles(to_negative)])


def _quantiles(distances: Float[Tensor, "t"]) -> Float[Tensor, "q"]:
    """QUANTILES with linear interpolation; of more than MAX_SORTED distances, of an even sample."""
    if not len(distances):
        return distances.new_full((len(QUANTILES),), torch.nan)
    ordered = distances[:: -(-len(distances) // MAX_SORTED)].sort().values
    places = [q * (len(ordered) - 1) for q in QUANTILES]  # Python numbers, so that nothing is copied to the device
    return torch.stack([torch.lerp(ordered[int(p)], ordered[min(int(p) + 1, len(ordered) - 1)], p % 1) for p in places])


def epoch_figures(
    embeddings: Float[np.ndarray, "n d"], labels: np.ndarray, modes: np.ndarray | None
) -> dict[str, float]:
    """Retrieval of classes and modes; mean kappa over classes; spread: root mean square distance to the mean.

    kappa: 0 = classes collapsed to points. spread: 0 to 1 for unit vectors, 0 = everything at one point.
    """
    scale = kappa(Geometry.of(embeddings, check_groups(labels, len(embeddings))))
    spread = np.sqrt(embeddings.astype(np.float64).var(axis=0).sum())
    retrieval = retrieval_metrics(embeddings, labels, sublabels=modes, ks=(1,))
    return retrieval | {
        "kappa": float(np.nanmean(scale)) if np.isfinite(scale).any() else np.nan,
        "spread": float(spread),
    }


def total_collapse(spread: float, detail: str = "") -> Notice:
    """The warning for an arm whose spread is below TOTAL_COLLAPSE; detail: more to say about it."""
    message = f"total collapse: all items lie at one point (spread {spread:.1e}){detail}"
    return Notice("total-collapse", "warning", message)


def warnings_of(history: list[dict[str, Any]]) -> list[Notice]:
    """Warnings by a finished training's last epoch; collapse of single classes is not judged here.

    history: rows of `Trainer` with the `spread` of the held-out embeddings (0 = all at one point).
    """
    last = history[-1]
    found = []
    if last["spread"] < TOTAL_COLLAPSE:
        found.append(
            total_collapse(
                last["spread"],
                f", the loss is stuck at {last['loss']:.3f}; use easier negatives or positives, a lower learning rate "
                "or larger batches",
            )
        )
    if last["tuples"] == 0:
        message = (
            "no tuples: the sampling rules found nothing to compare in the last epoch, so the loss of 0 is not "
            "success; look at the spread, and use other negatives"
        )
        found.append(Notice("no-tuples", "warning", message))
    return found
