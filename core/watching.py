"""What is watched while an arm trains: figures on the held-out items after every epoch, and what they betray."""

from typing import Any

import numpy as np
from jaxtyping import Float

from core.diagnostics import retrieval_metrics
from core.diagnostics.checks import check_groups
from core.diagnostics.collapse import Geometry, kappa

TOTAL_COLLAPSE = 1e-3
"""Spread of unit vectors (0 to 1) below which little more than rounding tells items apart."""


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


def warnings_of(history: list[dict[str, Any]]) -> list[str]:
    """What a finished training's last epoch shows to have failed; collapse of single classes is not judged here.

    history: rows of `Trainer` with the `spread` of the held-out embeddings (0 = all at one point).
    """
    last = history[-1]
    found = []
    if last["spread"] < TOTAL_COLLAPSE:
        found.append(
            f"total collapse: all items lie at one point (spread {last['spread']:.1e}), the loss is stuck at "
            f"{last['loss']:.3f}; use easier negatives or positives, a lower learning rate or larger batches"
        )
    if last["tuples"] == 0:
        found.append(
            "no tuples: the sampling rules found nothing to compare in the last epoch, so the loss of 0 is not "
            "success; look at the spread, and use other negatives"
        )
    return found
