"""Every figure the diagnostics show: what it is, where it lies, which way is better, and who defined it."""

from dataclasses import dataclass

MUSGRAVE = "Musgrave, Belongie & Lim 2020, A Metric Learning Reality Check, https://arxiv.org/abs/2003.08505"
ROTH = "Roth et al. 2020, Revisiting Training Strategies in Deep Metric Learning, https://arxiv.org/abs/2002.08473"
OURS = "this project; see docs/measures.md"
COUNT = (
    "signal dimensions: Hong, Sheng & Dobriban 2020, https://arxiv.org/abs/2012.02985; merging: Hennig 2010, Methods "
    "for merging Gaussian mixture components, Adv. Data Anal. Classif. 4, 3-34; dip test: Hartigan & Hartigan 1985"
)


@dataclass(frozen=True)
class Measure:
    """One figure, explained for a reader who sees it for the first time."""

    name: str
    """As in the tables of `core.diagnostics`."""
    title: str
    definition: str
    range: str
    direction: str
    source: str


_MEASURES = [
    Measure(
        "subclusters",
        "Sub-clusters",
        "Groups inside the class that a gap separates, counted in the embedding space itself, never on the map. Few "
        "items per mode, or modes that touch, are counted as one group.",
        "1, 2, 3, ...",
        "as many as the class has modes",
        COUNT,
    ),
    Measure(
        "subclusters_low",
        "Sub-clusters, low",
        "5 % quantile of the count over 30 subsamples of 80 % of the class. Missing in data sets of more than 200 "
        "classes.",
        "1, 2, 3, ...",
        "close to the count",
        OURS,
    ),
    Measure(
        "subclusters_high",
        "Sub-clusters, high",
        "95 % quantile of the count over 30 subsamples of 80 % of the class. Missing in data sets of more than 200 "
        "classes.",
        "1, 2, 3, ...",
        "close to the count",
        OURS,
    ),
    Measure(
        "stability",
        "Stability",
        "How well the groups found in subsamples agree with those found in the whole class: mean adjusted mutual "
        "information over 30 subsamples of 80 %. Missing in data sets of more than 200 classes.",
        "0 to 1",
        "higher = more believable",
        "Vinh, Epps & Bailey 2010, JMLR 11, 2837-2854",
    ),
    Measure(
        "second_opinion",
        "Second opinion",
        "Groups found by HDBSCAN, an unrelated method, where they are clearer than in all of 20 single Gaussian "
        "clouds of the same covariance; otherwise 1.",
        "1, 2, 3, ...",
        "equal to the count",
        "Campello, Moulavi & Sander 2013, PAKDD, 160-172",
    ),
    Measure(
        "p_value",
        "p-value",
        "Evidence that the class is more than one group: the weakest separation between any two of its sub-clusters. "
        "Over all classes together, at most 5 % of those called several are expected to be one (Benjamini-Hochberg).",
        "0 to 1",
        "lower = surer; 1 where one group was counted",
        "Benjamini & Hochberg 1995, J. R. Stat. Soc. B 57, 289-300",
    ),
    Measure(
        "kappa",
        "Scale (kappa)",
        "Spread of the class (root of its total variance) over the distance to the nearest other class mean. A map "
        "does not show it.",
        "0 to infinity",
        "0 = collapsed to a point; above about 1 the class reaches into its neighbour",
        OURS,
    ),
    Measure(
        "kappa_core",
        "Scale without foreign items",
        "kappa with foreign items left out, so that a few wrong labels do not hide a collapse.",
        "0 to infinity",
        "0 = collapsed to a point",
        OURS,
    ),
    Measure(
        "nearest_class",
        "Nearest class",
        "The other class whose mean is nearest.",
        "a label",
        "-",
        OURS,
    ),
    Measure(
        "trace_ratio",
        "Trace ratio",
        "Variance within the class over variance between the class means, tr(S_W) / tr(S_B).",
        "0 to infinity",
        "smaller = more collapsed",
        "Papyan, Han & Donoho 2020, PNAS 117, 24652-24663 (as a ratio of traces)",
    ),
    Measure(
        "cdnv_nearest",
        "CDNV to the nearest class",
        "Class-distance normalised variance: mean variance of the class and its nearest one over the squared distance "
        "of their means.",
        "0 to infinity",
        "smaller = more collapsed",
        "Galanti, György & Hutter 2022, https://arxiv.org/abs/2112.15121",
    ),
    Measure(
        "density",
        "Density",
        "Mean distance (1 - cosine) between items of the class over the mean distance of its mean to the others.",
        "0 to infinity",
        "smaller = more collapsed",
        ROTH,
    ),
    Measure(
        "participation_ratio",
        "Participation ratio",
        "Number of directions that share the variance of the class: squared sum of the eigenvalues over the sum of "
        "their squares. Never read it alone: what is left of a collapsed class scores higher than real sub-clusters.",
        "1 to the dimension",
        "none by itself",
        "Gao et al. 2017, https://doi.org/10.1101/214262",
    ),
    Measure(
        "foreign",
        "Foreign items",
        "Share of the class's items most of whose 10 nearest neighbours carry one other label, where such items are "
        "at most a quarter of the class: likely wrong labels. They are left out of the count.",
        "0 to 0.25",
        "lower = cleaner labels",
        OURS,
    ),
    Measure(
        "sublabel_modes",
        "Known modes",
        "Known modes (sublabels) with at least 4 items and 2 % of the class, foreign items left out.",
        "0, 1, 2, ...",
        "-",
        OURS,
    ),
    Measure(
        "sublabel_recall",
        "Mode recall",
        "Share of items whose nearest other item of the same class has the same mode.",
        "0 to 1",
        "higher = modes kept apart; read it beside its excess over chance",
        OURS,
    ),
    Measure(
        "sublabel_excess",
        "Mode recall beyond chance",
        "Mode recall R against guessing: (R - chance) / (1 - chance), chance being the sum of squared mode shares.",
        "below 0 to 1",
        "1 = modes wholly apart, 0 = no trace of them",
        OURS,
    ),
    Measure(
        "survival_modes",
        "Sub-clusters in the reference",
        "Sub-clusters the class has in the reference space.",
        "1, 2, 3, ...",
        "-",
        OURS,
    ),
    Measure(
        "survival_recall",
        "Reference recall",
        "Share of items whose nearest other item of the same class was in the same sub-cluster of the reference.",
        "0 to 1",
        "higher = the reference's structure survived",
        OURS,
    ),
    Measure(
        "survival_excess",
        "Reference recall beyond chance",
        "Reference recall against guessing: (R - chance) / (1 - chance).",
        "below 0 to 1",
        "1 = all of the reference's structure survived, 0 = none",
        OURS,
    ),
    Measure(
        "fragmentation",
        "Fragmentation",
        "Share of the class's modes (known, or else its sub-clusters) whose nearest other mode belongs to another "
        "class: the opposite disease of collapse.",
        "0 to 1",
        "lower is better",
        OURS,
    ),
    Measure(
        "near_duplicates",
        "Near duplicates",
        "Share of the class's items with another item of the class at a cosine of .999 or more. Where high in the "
        "reference, the nearest positive of most anchors is a copy (bursts of photographs, augmented views) and "
        "teaches nothing; where high in an arm alone, the class sits at one point.",
        "0 to 1",
        "lower is better for nearest positives",
        OURS,
    ),
    Measure(
        "reference_subclusters",
        "Sub-clusters in the reference",
        "The same count in the reference space (raw pixels, the untrained network): what was there before training.",
        "1, 2, 3, ...",
        "the count to keep",
        COUNT,
    ),
    Measure(
        "reference_sublabel_excess",
        "Reference mode recall beyond chance",
        "Mode recall beyond chance in the reference space, where modes are known.",
        "below 0 to 1",
        "the level to keep, or to beat",
        OURS,
    ),
    Measure(
        "verdict",
        "Verdict",
        "preserved: modes are there, at full scale. compressed: modes are there, but the class is small (kappa below "
        "0.1). blurred: no gap separates the modes any more, but neighbours inside the class still find their own mode "
        "more often than by chance. destroyed: modes were known or in the reference, and neither the count nor the "
        "neighbours see them. unimodal: one group, and nothing speaks for more. too small: fewer than 20 items.",
        "one of six words",
        "from preserved over compressed and blurred to destroyed, the worst",
        OURS,
    ),
    Measure(
        "recall@k",
        "Recall@k",
        "Share of queries with an item of their own label among the k nearest. With sub_: of their own mode.",
        "0 to 1",
        "higher is better; soon saturated",
        "Jégou, Douze & Schmid 2011, IEEE TPAMI 33, 117-128",
    ),
    Measure(
        "r_precision",
        "R-precision",
        "For a query whose label R other items have: the share of its R nearest that have it.",
        "0 to 1",
        "higher is better",
        MUSGRAVE,
    ),
    Measure(
        "map@r",
        "MAP@R",
        "R-precision that also rewards order: the precision at each hit among the R nearest, summed and divided by R.",
        "0 to 1",
        "higher is better",
        MUSGRAVE,
    ),
    Measure(
        "overlap",
        "Neighbour overlap",
        "Share of an item's 10 nearest neighbours that two embeddings have in common; chance: 10 / (n - 1).",
        "0 to 1",
        "higher = more alike",
        OURS,
    ),
    Measure(
        "within_overlap",
        "Neighbour overlap within the class",
        "The same among items of the same class, beside its own chance level: whether the classes look alike inside.",
        "0 to 1",
        "higher = more alike",
        OURS,
    ),
    Measure(
        "cka",
        "Linear CKA within classes",
        "Centred kernel alignment of the two embeddings after taking each class's mean away.",
        "0 to 1",
        "1 = the same structure up to rotation and scale",
        "Kornblith et al. 2019, https://arxiv.org/abs/1905.00414",
    ),
    Measure(
        "procrustes",
        "Procrustes residual",
        "What remains of one class's shape after the best shift, scale and rotation onto the other embedding's.",
        "0 to 1",
        "0 = the same shape",
        "Gower 1975, Psychometrika 40, 33-51",
    ),
    Measure(
        "rankme",
        "RankMe",
        "Exponential of the entropy of the singular values of the whole embedding. Compare at equal n and d only.",
        "1 to the dimension",
        "higher = more dimensions in use",
        "Garrido et al. 2023, https://arxiv.org/abs/2210.02885",
    ),
    Measure(
        "spectral_decay",
        "Spectral decay (rho)",
        "KL divergence of the singular values (without the largest) from equal ones. Compare at equal n and d only.",
        "0 to infinity",
        "0 = all directions used alike",
        ROTH,
    ),
    Measure(
        "hubness",
        "Hubness",
        "Skewness of how often items are among the 10 nearest neighbours of others. Compare at equal n and d only.",
        "around 0 upwards",
        "lower = no item is everybody's neighbour",
        "Radovanović, Nanopoulos & Ivanović 2010, JMLR 11, 2487-2531",
    ),
    Measure(
        "orphans",
        "Orphans",
        "Share of items that are among the 10 nearest neighbours of none.",
        "0 to 1",
        "lower is better",
        "Radovanović, Nanopoulos & Ivanović 2010, JMLR 11, 2487-2531",
    ),
]

MEASURES: dict[str, Measure] = {measure.name: measure for measure in _MEASURES}


def explain(name: str) -> Measure:
    """The measure behind a column or metric, also by names such as `recall@4` or `sub_map@r`. Raises KeyError."""
    plain = name.removeprefix("sub_")
    return MEASURES["recall@k" if plain.startswith("recall@") else plain]
