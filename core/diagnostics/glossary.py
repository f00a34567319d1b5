"""Glossary of all measures of the diagnostics: definition, range, direction and source."""

from dataclasses import dataclass

MUSGRAVE = "Musgrave, Belongie & Lim 2020, A Metric Learning Reality Check, https://arxiv.org/abs/2003.08505"
ROTH = "Roth et al. 2020, Revisiting Training Strategies in Deep Metric Learning, https://arxiv.org/abs/2002.08473"
OURS = "this project; see docs/measures.md"
NORTHCUTT = (
    "after Northcutt, Jiang & Chuang 2021, Confident Learning, JAIR 70, 1373-1411, and Garg et al. 2021, "
    "https://arxiv.org/abs/2111.00980; see docs/label-noise.md"
)
WILSON = "Wilson 1927, JASA 22, 209-212, and a quarter of the overlap below; see docs/label-noise.md"
COUNT = (
    "signal dimensions: Hong, Sheng & Dobriban 2020, https://arxiv.org/abs/2012.02985; peaks: Chazal, Guibas, Oudot & "
    "Skraba 2013, J. ACM 60, 41; gaps: Hennig 2010, Adv. Data Anal. Classif. 4, 3-34, by the dip test of Hartigan & "
    "Hartigan 1985"
)


@dataclass(frozen=True)
class Measure:
    """The explanation of one measure, as shown in the app."""

    name: str
    """Column name in the tables of `core.diagnostics`."""
    title: str
    definition: str
    range: str
    direction: str
    source: str


_MEASURES = [
    Measure(
        "subclusters",
        "Sub-clusters",
        "Groups within the class, counted in the embedding space, never on the map. A group is a peak of the density "
        "that stands out from its saddle beyond chance, or a compact piece with a gap around it; its shape does not "
        "matter. A curve or a cloud of any shape is one group. Modes with fewer than some 10 items, or that touch "
        "without a dip in density, are counted as one; a mode with two clear variants as two. A range where "
        "subsamples do not agree.",
        "1, 2, 3, ...",
        "as many as the class has modes",
        COUNT,
    ),
    Measure(
        "subclusters_low",
        "Sub-clusters, low",
        "Lower end of the range that the count is shown as: the count itself if at least three quarters of 30 "
        "subsamples of 80 % of the class have it, else their 10 % quantile. Missing in data sets of more than 200 "
        "classes.",
        "1, 2, 3, ...",
        "equal to the count = subsamples agree",
        OURS,
    ),
    Measure(
        "subclusters_high",
        "Sub-clusters, high",
        "Upper end of the range that the count is shown as: the count itself if at least three quarters of 30 "
        "subsamples of 80 % of the class have it, else their 90 % quantile. Missing in data sets of more than 200 "
        "classes.",
        "1, 2, 3, ...",
        "equal to the count = subsamples agree",
        OURS,
    ),
    Measure(
        "reading_groups",
        "Readings",
        "Coarser and finer ways to divide the class for which there is some evidence, by their numbers of groups. The "
        "count is the finest whose weakest separation comes by chance less than once in 1,000 classes of one group.",
        "1, 2, 3, ...",
        "-",
        OURS,
    ),
    Measure(
        "reading_p_values",
        "p-values of the readings",
        "Chance of a separation as clear as the weakest of each reading in a class of a single group; for a further "
        "peak of a class with several, a tenth of its chance.",
        "0 to 1",
        "lower = more evidence",
        OURS,
    ),
    Measure(
        "reading_evidence",
        "Evidence of the readings",
        "What tells the groups of each reading apart: peaks of the density, or gaps between compact pieces.",
        "peaks, gaps, none",
        "-",
        OURS,
    ),
    Measure(
        "stability",
        "Stability",
        "How well the groups found in subsamples agree with those found in the whole class: mean adjusted mutual "
        "information over 30 subsamples of 80 %. Missing in data sets of more than 200 classes.",
        "0 to 1",
        "higher = more reliable",
        "Vinh, Epps & Bailey 2010, JMLR 11, 2837-2854",
    ),
    Measure(
        "second_opinion",
        "Second opinion",
        "Number of clusters found by HDBSCAN, an independent method, if they are more clearly separated than in all of "
        "20 single Gaussian clouds of the same covariance; otherwise 1.",
        "1, 2, 3, ...",
        "equal to the count",
        "Campello, Moulavi & Sander 2013, PAKDD, 160-172",
    ),
    Measure(
        "p_value",
        "p-value",
        "Evidence that the class has more than one group: the p-value of its two least separated sub-clusters. Over "
        "all classes, at most 5 % of those with several sub-clusters are expected to have only one (Benjamini-"
        "Hochberg).",
        "0 to 1",
        "lower = stronger evidence; 1 if one group was counted",
        "Benjamini & Hochberg 1995, J. R. Stat. Soc. B 57, 289-300",
    ),
    Measure(
        "kappa",
        "Scale (kappa)",
        "Spread of the class (square root of its total variance) divided by the distance to the nearest other class "
        "mean. Maps do not show it. Missing where that distance is no larger than sampling makes it: the classes lie "
        "around one point, or upon each other (see the overlap).",
        "0 upwards",
        "0 = collapsed to a point; above about 1 the class overlaps its nearest class",
        OURS,
    ),
    Measure(
        "kappa_core",
        "Scale without foreign items",
        "kappa without foreign items, so that a few wrong labels do not hide a collapse.",
        "0 upwards",
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
        "class_overlap",
        "Overlap with another class",
        "How much of the class lies upon the class it meets most. Of the 10 nearest neighbours of each item, those of "
        "either class are counted: p is the share of the other class among them. q is the same share for the items of "
        "the other class that are met; e is what complete mixing of both would give. Overlap = p / max(q, 0.3 e), at "
        "most 1. Foreign items are left out. A class within a part of a larger one has 1; the larger has the share of "
        "itself that is covered.",
        "0 to 1",
        "0 = no contact with another class; 1 = completely mixed with it; from 0.9 the class coincides with it",
        OURS + "; after Schilling 1986, J. Am. Stat. Assoc. 81, 799-806 (two samples told apart by nearest neighbours)",
    ),
    Measure(
        "overlapping_class",
        "Class it meets most",
        "The other class that has most of the neighbours of the class's items.",
        "a label; missing if no item has a neighbour in another class",
        "-",
        OURS,
    ),
    Measure(
        "distinct",
        "Different vectors",
        "Number of different vectors among the items of the class: exact copies count once.",
        "1, 2, 3, ...",
        "close to the number of items; below 20, groups cannot be counted",
        OURS,
    ),
    Measure(
        "length_groups",
        "Groups in length",
        "Whether the lengths of the class's vectors, which the analysis does not use, fall into several groups (a dip "
        "test on their logarithms). The analysis compares directions: vectors are divided by their lengths first.",
        "true or false",
        "if true and the directions show one group, the vectors differ in length alone",
        "Hartigan & Hartigan 1985, Annals of Statistics 13, 70-84",
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
        "Effective number of directions of the variance of the class: squared sum of the eigenvalues over the sum of "
        "their squares. Do not interpret it alone: the residue of a collapsed class scores higher than real sub-"
        "clusters.",
        "1 to the dimension",
        "none on its own",
        "Gao et al. 2017, https://doi.org/10.1101/214262",
    ),
    Measure(
        "foreign",
        "Foreign items",
        "Share of the class's items that lie in the midst of another class, likely wrong labels. For single items, the "
        "10 nearest neighbours and their 10 nearest are asked: more than half of their labels are one other label, and "
        "around the rest of the class the own label is clearly more frequent. Single items are excluded before the "
        "count, whole groups and modes that lie among another class after it.",
        "0 to 1",
        "lower = cleaner labels",
        OURS,
    ),
    Measure(
        "label_noise",
        "Wrong labels",
        "Estimated share of wrong labels among the items with this label. Counted where neighbours agree, deep inside "
        "classes, in an embedding that never saw these labels (the reference, or an arm's held-out items): there a "
        "label that differs from the neighbours' is wrong. Missing where classes overlap too much; then only the upper "
        "limit is known. Wrong labels that pile up between classes, or come in clusters, are missed.",
        "0 to 1",
        "lower = cleaner labels",
        NORTHCUTT,
    ),
    Measure(
        "label_noise_low",
        "Wrong labels, low",
        "Lower end of the 95 % interval of the share of wrong labels; 0 where only a limit is known.",
        "0 to 1",
        "close to the estimate",
        WILSON,
    ),
    Measure(
        "label_noise_high",
        "Wrong labels, high",
        "Upper end of the 95 % interval of the share of wrong labels, also where there is no estimate.",
        "0 to 1",
        "close to the estimate",
        WILSON,
    ),
    Measure(
        "foreign_groups",
        "Groups of another class",
        "Sub-clusters of the class that consist of items of another class: that class has more than half of the "
        "neighbours of their items, taken together, and where modes are known, most items of these modes have another "
        "label. They do not count as modes of the class.",
        "0, 1, 2, ...",
        "lower = cleaner labels",
        OURS,
    ),
    Measure(
        "foreign_hosts",
        "Classes these groups lie in",
        "The classes among whose items groups of this class lie.",
        "labels",
        "-",
        OURS,
    ),
    Measure(
        "expected_modes",
        "Expected modes",
        "Modes that the class should have: those known by name, or else its sub-clusters in the reference space.",
        "0, 1, 2, ...; missing if nothing tells",
        "-",
        OURS,
    ),
    Measure(
        "modes_apart",
        "Kinds told apart",
        "Families that the expected modes form in this embedding. Two witnesses tell an item's mode: the majority of "
        "its 5 nearest neighbours in the class, and of its sub-cluster. A family is told apart if one of them does so "
        "with an F1 of 0.8 of what chance leaves; until all are, the family told worst is joined with the one it is "
        "confused with most.",
        "1 to the number of expected modes",
        "as many as expected = no mode merged; 1 = nothing is told apart",
        OURS,
    ),
    Measure(
        "mode_survival",
        "Modes that survive",
        "Share of the expected modes that are told apart from every other one.",
        "0 to 1",
        "1 = all survive; 0 = each has merged with another",
        OURS,
    ),
    Measure(
        "merged_modes",
        "Merged modes",
        "Which of the expected modes have merged with which: the families of several modes.",
        "lists of modes",
        "none = no mode merged",
        OURS,
    ),
    Measure(
        "mode_recovery",
        "Mode recovery (AMI)",
        "Agreement of the modes with the best clustering of the class into as many clusters (k-means): their adjusted "
        "mutual information. Multiplying all distances changes nothing, so it shows what structure is left in a class "
        "however small: beside kappa, the other half. Missing in data sets of more than 200 classes.",
        "about 0 to 1",
        "1 = clustering finds the modes; 0 = no better than chance",
        "Yang, Steinhardt & Hu 2023, Are Neurons Actually Collapsed?, https://arxiv.org/abs/2306.17105",
    ),
    Measure(
        "sublabel_modes",
        "Known modes",
        "Known modes (sublabels) with at least 4 items and 2 % of the class (less where there are very many), without "
        "foreign items.",
        "0, 1, 2, ...",
        "-",
        OURS,
    ),
    Measure(
        "sublabel_recall",
        "Mode recall",
        "Share of items whose nearest other item of the same class has the same mode.",
        "0 to 1",
        "higher = modes separated; compare it with its excess over chance",
        OURS,
    ),
    Measure(
        "sublabel_excess",
        "Mode recall beyond chance",
        "Mode recall R relative to chance: (R - chance) / (1 - chance), with chance = the sum of squared mode shares.",
        "below 0 to 1",
        "1 = modes fully separated, 0 = no trace of them",
        OURS,
    ),
    Measure(
        "survival_modes",
        "Sub-clusters in the reference",
        "Number of sub-clusters of the class in the reference space.",
        "1, 2, 3, ...",
        "-",
        OURS,
    ),
    Measure(
        "survival_recall",
        "Reference recall",
        "Share of items whose nearest other item of the same class is in the same sub-cluster of the reference.",
        "0 to 1",
        "higher = the reference's structure survived",
        OURS,
    ),
    Measure(
        "survival_excess",
        "Reference recall beyond chance",
        "Reference recall relative to chance: (R - chance) / (1 - chance).",
        "below 0 to 1",
        "1 = all of the reference's structure survived, 0 = none",
        OURS,
    ),
    Measure(
        "fragmentation",
        "Fragmentation",
        "Share of the class's modes (known, or else its sub-clusters) whose nearest other mode belongs to another "
        "class: the opposite of collapse.",
        "0 to 1",
        "lower is better",
        OURS,
    ),
    Measure(
        "near_duplicates",
        "Near duplicates",
        "Share of the class's items with another item of the class at a cosine of .999 or more. If high in the "
        "reference, the nearest positive of most anchors is a near-duplicate (bursts of photographs, augmented views) "
        "and carries no information; if high only in an arm, the class has collapsed to one point.",
        "0 to 1",
        "lower is better for nearest positives",
        OURS,
    ),
    Measure(
        "reference_subclusters",
        "Sub-clusters in the reference",
        "The same count in the reference space (raw pixels, the untrained network): the structure before training.",
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
        "preserved: the modes are present at full scale. compressed: the modes are present, but the class is small "
        "(kappa below 0.1). partial: some modes have merged, others are told apart. blurred: none is told apart, but "
        "nearest neighbours within the class have the same mode more often than by chance. destroyed: modes are known "
        "or were in the reference, but neither the count nor the neighbours show them. coincident: the class lies upon "
        "another one (overlap from 0.9). unimodal: one group, without evidence for more. too small: fewer than 20 "
        "items, or different vectors.",
        "one of eight words",
        "best to worst: preserved, compressed, partial, blurred, coincident, destroyed",
        OURS,
    ),
    Measure(
        "evidence",
        "Evidence",
        "What speaks for the verdict, in one sentence: groups that stand out, modes that are told apart or merged, and "
        "what else decided.",
        "a sentence",
        "-",
        OURS,
    ),
    Measure(
        "recall@k",
        "Recall@k",
        "Share of queries with an item of the same label among the k nearest. With sub_: of the same mode.",
        "0 to 1",
        "higher is better; saturates early",
        "Jégou, Douze & Schmid 2011, IEEE TPAMI 33, 117-128",
    ),
    Measure(
        "r_precision",
        "R-precision",
        "For a query with R other items of its label: the share of its R nearest items that have this label.",
        "0 to 1",
        "higher is better",
        MUSGRAVE,
    ),
    Measure(
        "map@r",
        "MAP@R",
        "R-precision that also rewards the ranking: the precision at each hit among the R nearest, summed and divided "
        "by R.",
        "0 to 1",
        "higher is better",
        MUSGRAVE,
    ),
    Measure(
        "overlap",
        "Neighbour overlap",
        "Share of an item's 10 nearest neighbours that two embeddings have in common; chance: 10 / (n - 1).",
        "0 to 1",
        "higher = more similar",
        OURS,
    ),
    Measure(
        "within_overlap",
        "Neighbour overlap within the class",
        "Neighbour overlap among items of the same class, with its own chance level: agreement of structure within "
        "classes.",
        "0 to 1",
        "higher = more similar",
        OURS,
    ),
    Measure(
        "cka",
        "Linear CKA within classes",
        "Centred kernel alignment of the two embeddings after subtracting each class's mean.",
        "0 to 1",
        "1 = the same structure up to rotation and scale",
        "Kornblith et al. 2019, https://arxiv.org/abs/1905.00414",
    ),
    Measure(
        "procrustes",
        "Procrustes residual",
        "Residual of one class's shape after the best shift, scale and rotation onto that in the other embedding.",
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
        "KL divergence of the singular values (without the largest) from the uniform distribution. Compare at equal n "
        "and d only.",
        "0 to infinity",
        "0 = all directions used equally",
        ROTH,
    ),
    Measure(
        "hubness",
        "Hubness",
        "Skewness of how often items are among the 10 nearest neighbours of others. Compare at equal n and d only.",
        "around 0 upwards",
        "lower = fewer items that are neighbours of very many",
        "Radovanović, Nanopoulos & Ivanović 2010, JMLR 11, 2487-2531",
    ),
    Measure(
        "orphans",
        "Orphans",
        "Share of items that are among the 10 nearest neighbours of no other item.",
        "0 to 1",
        "lower is better",
        "Radovanović, Nanopoulos & Ivanović 2010, JMLR 11, 2487-2531",
    ),
]

MEASURES: dict[str, Measure] = {measure.name: measure for measure in _MEASURES}


def explain(name: str) -> Measure:
    """The measure of a column or metric, also for names such as `recall@4` or `sub_map@r`. Raises KeyError."""
    plain = name.removeprefix("sub_")
    return MEASURES["recall@k" if plain.startswith("recall@") else plain]
