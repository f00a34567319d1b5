"""Results as Markdown: one table per data set, mean and standard deviation over seeds."""

import pandas as pd

FIGURES = {
    "recall@1": "coarse R@1",
    "map@r": "coarse MAP@R",
    "sub_recall@1": "fine R@1",
    "sub_map@r": "fine MAP@R",
    "ami": "AMI",
}
TITLES = {
    "mnist": ("MNIST parity", {"seen": "digits 0 to 5, held out", "unseen": "digits 6 to 9, never seen"}),
    "omniglot": ("Omniglot letters", {"seen": "drawings held out", "unseen": "alphabets never seen"}),
    "fashion": ("Fashion-MNIST in groups", {"seen": "held out"}),
}
LEGEND = (
    "In brackets: nearest above standard, paired by seed; bold where all seeds agree on the sign. Coarse: of classes; "
    "fine: of modes; AMI: k-means with as many clusters as modes, against the modes."
)


def tables(results: pd.DataFrame) -> str:
    """Every data set of the results, over the seeds that are whole."""
    found = [_table(results[results["dataset"] == name], name) for name in TITLES if name in set(results["dataset"])]
    return "\n\n".join([*found, LEGEND])


def short_table(results: pd.DataFrame, figure: str) -> str:
    """One figure of all data sets: means of standard and nearest, a column for each loss, raw pixels beside them."""
    losses = [loss for loss in dict.fromkeys(results["loss"]) if loss != "pixels"]
    lines = [
        f"| {FIGURES[figure]} | wrong labels | raw pixels | {' | '.join(losses)} |",
        "|---" * (3 + len(losses)) + "|",
    ]
    means = results.groupby(["dataset", "part", "noise", "loss", "arm"])[figure].mean()
    for dataset, (title, parts) in TITLES.items():
        for part, noise in sorted(
            {(p, n) for d, p, n in results[["dataset", "part", "noise"]].to_numpy() if d == dataset}
        ):
            mean = means.loc[dataset, part, noise]
            cells = [_arrow(mean[loss, "standard"], mean[loss, "nearest"]) for loss in losses]
            pixels = _short(f"{mean['pixels', 'pixels']:.2f}")
            lines.append(f"| {title}, {parts[part]} | {noise:.0%} | {pixels} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _arrow(standard: float, nearest: float) -> str:
    return f"{_short(f'{standard:.2f}')} → {_short(f'{nearest:.2f}')}"


def _table(results: pd.DataFrame, dataset: str) -> str:
    counts = results.groupby("seed").size()
    results = results[results["seed"].isin(counts.index[counts == counts.max()])]
    results = results.sort_values(["part", "noise"], kind="stable")
    seeds = results["seed"].nunique()
    title, parts = TITLES[dataset]
    lines = [
        f"**{title}**, {seeds} seed{'s' if seeds > 1 else ''}\n",
        f"| items | wrong labels | loss | positives | {' | '.join(FIGURES.values())} |",
        "|---" * (4 + len(FIGURES)) + "|",
    ]
    for (part, noise, loss), rows in results.groupby(["part", "noise", "loss"], sort=False):
        by_arm = {arm: own.set_index("seed").sort_index()[[*FIGURES]] for arm, own in rows.groupby("arm", sort=False)}
        for arm, figures in by_arm.items():
            standard = by_arm["standard"] if arm == "nearest" else None
            cells = [_cell(figures[name], None if standard is None else standard[name]) for name in FIGURES]
            what = "raw pixels |" if arm == "pixels" else f"{loss} | {arm}"
            lines.append(f"| {parts[part]} | {noise:.0%} | {what} | {' | '.join(cells)} |")
    trained = results[results["arm"] != "pixels"]
    return "\n".join(lines) + f"\n\nProcessor seconds a training: {_spread(trained['cpu_seconds'], digits=1)}."


def _cell(values: pd.Series, standard: pd.Series | None) -> str:
    if standard is None:
        return _spread(values)
    gaps = values - standard
    gap = _spread(gaps, sign="+")
    agreed = len(gaps) > 1 and ((gaps > 0).all() or (gaps < 0).all())
    return f"{_spread(values)} ({f'**{gap}**' if agreed else gap})"


def _spread(values: pd.Series, *, sign: str = "", digits: int = 3) -> str:
    mean = _short(f"{values.mean():{sign}.{digits}f}")
    return mean if len(values) == 1 else f"{mean} ± {_short(f'{values.std():.{digits}f}')}"


def _short(number: str) -> str:
    """ ".123" for "0.123"."""
    return number.replace("0.", ".", 1) if number.lstrip("+-").startswith("0.") else number
