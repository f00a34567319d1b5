"""Compare: two arms side by side, from the headline down to single items."""

import pandas as pd
import streamlit as st

from app import first_run, state
from app.components.galleries import galleries
from app.components.twin_map import twin_map
from core.study import Study, list_studies, studies_root
from core.summary import summarise

CARDS = {
    "sub_recall@1": ("Fine R@1", "How often an item's nearest neighbour has the same mode. 0 to 1, higher is better."),
    "sub_map@r": (
        "Fine MAP@R",
        "How well all items of the same mode rank first (Musgrave et al. 2020). 0 to 1, higher is better.",
    ),
    "recall@1": ("Coarse R@1", "How often an item's nearest neighbour has the same class. 0 to 1, higher is better."),
    "map@r": (
        "Coarse MAP@R",
        "How well all items of the same class rank first. 0 to 1. Keeping modes apart costs some of it.",
    ),
    "kappa": (
        "kappa",
        "Spread of a class over the distance to the nearest other class mean, class average. 0 = a single point.",
    ),
    "subclusters": ("Sub-clusters", "Groups found inside a class, averaged over classes; counted in the embedding."),
}
NEUTRAL = {"kappa", "subclusters"}  # more is not better by itself


def page() -> None:
    if first_run.needed():
        first_run.show()
        return
    view = state.choose_view(list_studies(studies_root()))
    if view is None:
        return
    _warnings(view)
    _cards(view)
    _maps(view)
    galleries(view, state.chosen_item(view.study))
    _classes(view)


def _warnings(view: state.View) -> None:
    for name in view.arms:
        for warning in view.study.arm(name).warnings:
            st.warning(f"**{name}**: {warning}", icon=":material/warning:")


def _cards(view: state.View) -> None:
    """The right arm's figures, what they differ by from the left arm's, and the reference."""
    table = summarise(view.study)
    held_out = int(view.study.evaluated.sum())
    st.markdown(f"**{view.right}** against **{view.left}**, on {held_out:,} held-out items")
    shown = [name for name in CARDS if name in table]
    for column, name in zip(st.columns(len(shown), gap="small"), shown, strict=True):
        title, meaning = CARDS[name]
        left, right = table.at[view.left, name], table.at[view.right, name]
        with column:
            st.metric(
                title,
                f"{right:.3f}",
                f"{right - left:+.3f}",
                delta_color="off" if name in NEUTRAL else "normal",
                delta_description=f"{view.left} {left:.3f}",
                help=meaning,
                border=True,
            )
    others = [name for name in view.study.references if name not in view.arms]
    for name in others:
        figures = " · ".join(f"{CARDS[column][0]} {table.at[name, column]:.3f}" for column in shown)
        st.caption(f"For reference, {_described(name)} without any training: {figures}")


def _described(reference: str) -> str:
    return "raw pixels" if reference == "pixels" else reference


def _maps(view: state.View) -> None:
    kappas = [_kappa_caption(view.study, name) for name in view.arms]
    same = view.left == view.right
    result = twin_map(
        state.map_points(view),
        left=view.left,
        right=None if same else view.right,
        captions=(kappas[0], kappas[1]),
        colour=st.query_params.get("colour"),
        selected=_selected_class(view),
        focus=state.chosen_item(view.study),
        key="maps",
    )
    if result.colour is not None:
        st.query_params["colour"] = result.colour
    if result.turned:
        st.session_state["_swap"] = True
        st.rerun()
    if result.clicked is not None or result.cleared:
        state.choose_item(result.clicked)
        st.rerun()
    if len(result.selected):
        _selection(view, result.selected)


def _kappa_caption(study: Study, name: str) -> str:
    kappa = study.diagnostics.loc[study.diagnostics["arm"] == name, "kappa"]
    span = f"{kappa.min():.2f}" if kappa.nunique() < 2 else f"{kappa.min():.2f} to {kappa.max():.2f}"
    return f"kappa {span}: a map shows no scale, so its gaps are not distances"


def _selected_class(view: state.View) -> list[int] | None:
    """Items of the class just picked in the table; None leaves the selection to the maps."""
    rows = st.session_state.get("classes", {}).get("selection", {}).get("rows", [])
    labels = _class_table(view)["class"]
    chosen = labels.iloc[rows[0]] if rows and rows[0] < len(labels) else None
    if chosen == st.session_state.get("class_shown"):
        return None
    st.session_state["class_shown"] = chosen
    if chosen is None:
        return []
    items = view.study.items[view.study.evaluated]
    return items.loc[items["label"] == chosen, "id"].tolist()


def _selection(view: state.View, ids: "pd.Series") -> None:
    """What is inside the lasso, and its export."""
    chosen = view.study.items.iloc[ids]
    with st.container(horizontal=True, vertical_alignment="center"):
        counts = chosen.groupby("sublabel" if "sublabel" in chosen else "label").size().sort_values(ascending=False)
        most = ", ".join(f"{name}: {count}" for name, count in counts.head(6).items())
        st.caption(f"{len(chosen):,} selected. {most}{' ...' if len(counts) > 6 else ''}")
        st.download_button(
            "Selection as CSV",
            chosen.to_csv(index=False).encode(),
            file_name=f"{view.id}-selection.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _class_table(view: state.View) -> pd.DataFrame:
    """One row per class, both arms side by side."""
    tables = {name: view.study.diagnostics[view.study.diagnostics["arm"] == name] for name in dict.fromkeys(view.arms)}
    first = tables[view.left]
    columns: dict[str, pd.Series] = {"class": first["label"], "items": first["n"]}
    reference = first.get("reference_subclusters")
    for figure in ("verdict", "subclusters", "kappa", "sublabel_excess"):
        for name, table in tables.items():
            if figure in table and table[figure].notna().any():
                columns[f"{figure}|{name}"] = table[figure].set_axis(first.index)
    if reference is not None and reference.notna().any():
        columns["subclusters|pixels"] = reference
    return pd.DataFrame(columns).reset_index(drop=True)


def _classes(view: state.View) -> None:
    st.subheader("Classes", anchor="classes")
    st.caption(
        "Pick a row to select the class on the maps. **destroyed**: one group is left although the class has several "
        "modes, and neighbours do not tell them apart. **compressed**: the modes are there, at a small scale. "
        "**preserved**: they are there in full."
    )
    table = _class_table(view)
    headings = {
        "verdict": ("Verdict", None),
        "subclusters": ("Sub-clusters", "%d"),
        "kappa": ("kappa", "%.3f"),
        "sublabel_excess": ("Mode recall over chance", "%.3f"),
    }
    config: dict[str, object] = {"class": st.column_config.TextColumn("Class"), "items": "Items"}
    for column in table.columns[2:]:
        figure, name = column.split("|")
        title, format = headings[figure]
        heading = f"{title}, {name}"
        config[column] = (
            st.column_config.TextColumn(heading)
            if format is None
            else st.column_config.NumberColumn(heading, format=format)
        )
    st.dataframe(
        table,
        column_config=config,
        hide_index=True,
        key="classes",
        on_select="rerun",
        selection_mode="single-row",
    )


page()
