"""Agreement of two embeddings of the same items: neighbours, shape and sub-clusters."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float, Float32, Float64, Int64

from core.common.errors import DataError
from core.common.parallel import chunks
from core.diagnostics.checks import Groups, Labels, check_groups, check_points
from core.neighbours.index import KnnGraph, Neighbours

BLOCK = 4096


@dataclass(frozen=True)
class Agreement:
    """Overlaps: shares of the k nearest neighbours of an item that both embeddings have in common, with chance
    levels."""

    k: int
    overlap: float
    chance: float
    """k / (n - 1)."""
    within_overlap: float
    """The same for neighbours within the item's own class; NaN if no class has more than two items."""
    within_chance: float
    cka: float
    """Linear CKA on class-centred features, in [0, 1]; 1 = the same structure within classes, up to rotation."""
    per_item: Float32[np.ndarray, "n"]
    per_class: pd.DataFrame
    """label, overlap (mean over its items), within_overlap, within_chance, procrustes (residual in [0, 1])."""


def agreement(
    first: Float[np.ndarray, "n d"],
    second: Float[np.ndarray, "m e"],
    labels: Labels,
    *,
    k: int = 10,
    graphs: tuple[KnnGraph, KnnGraph] | None = None,
) -> Agreement:
    """Compare two embeddings row by row. graphs: ttarget k-NN graphs if already computed (at least k neighbours).

    Overlaps in [0, 1], higher = more similar. Raises DataError for invalid input or different lengths.
    """
    first, second = check_points(first, name="first embeddings"), check_points(second, name="second embeddings")
    if len(first) != len(second):
        raise DataError(f"the embeddings have {len(first)} and {len(second)} rows: provide the same items in both")
    if k < 1:
        raise DataError(f"k = {k}: compare at least one neighbour")
    n = len(first)
    groups = check_groups(labels, n)
    k = min(k, n - 1)
    if k < 1:
        raise DataError("one item has no neighbours to compare: provide at least two items")
    one, two = graphs or tuple(Neighbours(points, np.arange(n)).graph(k) for points in (first, second))
    per_item = overlap(one.rows[:, :k], two.rows[:, :k])
    classes = pd.DataFrame([_class_agreement(first[rows], second[rows], k) for rows in groups.members()])
    classes.insert(0, "label", groups.names)
    classes.insert(1, "overlap", np.bincount(groups.codes, weights=per_item) / groups.sizes)
    weights = groups.sizes * classes["within_overlap"].notna()
    return Agreement(
        k=k,
        overlap=float(per_item.mean()),
        chance=k / (n - 1),
        within_overlap=_weighted_mean(classes["within_overlap"], weights),
        within_chance=_weighted_mean(classes["within_chance"], weights),
        cka=linear_cka(_class_centred(first, groups), _class_centred(second, groups)),
        per_item=per_item,
        per_class=classes,
    )


def overlap(first: np.ndarray, second: np.ndarray) -> Float32[np.ndarray, "n"]:
    """Share of each row's entries (distinct) that both (n, k) tables contain; padding (-1) does not count."""
    shares = np.empty(len(first), dtype=np.float32)
    for block in chunks(len(first), BLOCK):
        same = (first[block, :, None] == second[block, None, :]) & (first[block, :, None] >= 0)
        shares[block] = same.sum(axis=(1, 2)) / first.shape[1]
    return shares


def _class_agreement(first: Float[np.ndarray, "n d"], second: Float[np.ndarray, "n e"], k: int) -> dict[str, float]:
    n = len(first)
    k = min(k, n - 2)  # with all other items as neighbours, the overlap is always 1
    if k < 1:
        return {"within_overlap": np.nan, "within_chance": np.nan, "procrustes": np.nan}
    graphs = [Neighbours(points, np.arange(n)).graph(k).rows for points in (first, second)]
    shared = float(overlap(*graphs).mean())
    return {"within_overlap": shared, "within_chance": k / (n - 1), "procrustes": procrustes(first, second)}


def linear_cka(first: Float[np.ndarray, "n d"], second: Float[np.ndarray, "n e"]) -> float:
    """||X'Y||^2 / (||X'X|| ||Y'Y||) of centred features; in [0, 1], 1 = equal up to rotation and scale.

    Kornblith et al. 2019, https://arxiv.org/abs/1905.00414. NaN if one of them is constant.
    """
    x, y = _unit_scale(first), _unit_scale(second)
    if x is None or y is None:
        return float("nan")
    return float(np.square(x.T @ y).sum() / np.sqrt(np.square(x.T @ x).sum() * np.square(y.T @ y).sum()))


def procrustes(first: Float[np.ndarray, "n d"], second: Float[np.ndarray, "n e"]) -> float:
    """Residual after the best shift, scale and rotation: 1 - (sum of singular values of X'Y)^2, in [0, 1]; 0 = same
    shape.

    X and Y are centred and scaled to norm 1. NaN if one of them is constant.
    """
    x, y = _unit_scale(first), _unit_scale(second)
    if x is None or y is None:
        return float("nan")
    return float(np.clip(1 - np.linalg.svd(x.T @ y, compute_uv=False).sum() ** 2, 0, 1))


def _unit_scale(points: Float[np.ndarray, "n d"]) -> Float64[np.ndarray, "n d"] | None:
    centred = points - points.mean(axis=0, dtype=np.float64)
    size = np.linalg.norm(centred)
    return centred / size if size > 0 else None


def _class_centred(points: Float[np.ndarray, "n d"], groups: Groups) -> Float64[np.ndarray, "n d"]:
    centred = points.astype(np.float64)
    for rows in groups.members():
        centred[rows] -= centred[rows].mean(axis=0)
    return centred


def _weighted_mean(values: pd.Series, weights: pd.Series) -> float:
    return float(np.average(values.fillna(0), weights=weights)) if weights.any() else float("nan")


@dataclass(frozen=True)
class Matching:
    """How the sub-clusters of one class in a first embedding correspond to those in a second."""

    flows: Int64[np.ndarray, "a b"]
    """Number of items in sub-cluster i of the first and j of the second embedding."""
    merged: list[tuple[int, ...]]
    """Groups of sub-clusters of the first whose items mostly are in the same sub-cluster of the second."""
    split: list[tuple[int, ...]]
    """Groups of sub-clusters of the second whose items mostly are from the same sub-cluster of the first."""
    survival: Float64[np.ndarray, "a"]
    """For each sub-cluster of the first, its best F1 with a sub-cluster of the second; 1 = identical."""


def match_subclusters(first: Int64[np.ndarray, "n"], second: Int64[np.ndarray, "n"]) -> Matching:
    """Match two assignments of the items of one class by overlap; items with -1 (in no sub-cluster) are excluded.

    If a mode is merged with others, its F1 falls with the share of items of the other modes.
    """
    if len(first) != len(second):
        raise DataError(f"the assignments have {len(first)} and {len(second)} entries: provide the same items in both")
    both = (first >= 0) & (second >= 0)
    flows = np.zeros((int(first.max(initial=0)) + 1, int(second.max(initial=0)) + 1), dtype=np.int64)
    np.add.at(flows, (first[both], second[both]), 1)
    f1 = 2 * flows / np.maximum(flows.sum(axis=1, keepdims=True) + flows.sum(axis=0, keepdims=True), 1)
    return Matching(flows, _rows_with_the_same_target(flows), _rows_with_the_same_target(flows.T), f1.max(axis=1))


def _rows_with_the_same_target(flows: Int64[np.ndarray, "a b"]) -> list[tuple[int, ...]]:
    """Groups of two or more rows whose largest entries are in the same column."""
    targets = np.where(flows.any(axis=1), flows.argmax(axis=1), -1)
    groups = (np.flatnonzero(targets == target) for target in np.unique(targets[targets >= 0]))
    return [tuple(group.tolist()) for group in groups if len(group) > 1]
