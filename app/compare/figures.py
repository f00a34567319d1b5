"""The top of Compare: what is seen in one sentence, and the figures behind it in one line that opens."""

import pandas as pd
import streamlit as st

from app.state import cache
from app.state.view import View
from app.widgets.markdown import escape_markdown
from app.widgets.notices import show_notices
from app.widgets.numbers import fixed, signed
from app.widgets.words import show_words
from core.analysis.headline import headline
from core.analysis.summary import COLUMNS, summarise
from core.diagnostics import explain
from core.storage.study import Study

CARDS = ("sub_recall@1", "sub_map@r", "recall@1", "map@r", "kappa", "subclusters")
IN_LINE = 4
"""Figures that the line has room for; the others wait behind it."""
DIGITS = {"kappa": 2, "subclusters": 1}
NEUTRAL = {"kappa", "subclusters"}  # more is not better by itself
SIGNIFICANT = 0.05  # differences with a p-value from here on are marked as not significant, and get no colour


def show_sentence(view: View) -> None:
    """What is seen."""
    study = view.study
    items = study.items[study.evaluated]
    modes = items.set_index("label")["sublabel"] if "sublabel" in items else None
    said = headline(study.diagnostics, view.left, view.right, references=study.references, modes=modes)
    st.markdown(f"**{escape_markdown(said)}.**")


def show_line(view: View) -> None:
    """The figures in one line, beside what opens: all of them, the words, and what is doubtful."""
    table, tests = summarise(view.study), cache.comparison(view)
    shown = [name for name in CARDS if name in table and table.loc[list(view.arms), name].notna().all()]
    st.markdown(" · ".join(_short(view, table, tests, name) for name in _for_line(shown)), width="stretch")
    with st.popover("All figures", icon=":material/query_stats:", key="all-figures"):
        _cards(view, table, tests, shown)
    show_words()
    _warnings(view)


def meaning(name: str, test: pd.Series | None = None) -> str:
    """What a figure says; test: of the difference of two arms."""
    measure = explain(name)
    target = " Here of modes." if name.startswith("sub_") else ""
    text = f"{measure.definition}{target} Range: {measure.range}; {measure.direction}."
    if test is None:
        return text
    p_value = "below 0.001" if test["p_value"] < 0.001 else fixed(test["p_value"], 3)
    note = ", n.s.: it may be chance" if not test["p_value"] < SIGNIFICANT else ""
    low, high = signed(test["low"], 3), signed(test["high"], 3)
    return f"{text}\n\nDifference, 95 % interval: {low} to {high} (p {p_value}, paired{note})."


def _for_line(shown: list[str]) -> list[str]:
    """Of modes where they are known, for classes hide what matters."""
    retrieval = [name for name in shown if name not in NEUTRAL][: IN_LINE - 2]
    return retrieval + [name for name in shown if name in NEUTRAL]


def _short(view: View, table: pd.DataFrame, tests: pd.DataFrame, name: str) -> str:
    digits = DIGITS.get(name, 3)
    left, right = (fixed(table.at[arm, name], digits) for arm in view.arms)
    title = COLUMNS[name]
    if view.is_single:
        return f"{title} **{left}**"
    text = f"{left} → **{right}**"
    test = _test(view, tests, name)
    if test is not None and not test["p_value"] < SIGNIFICANT:
        return f"{title} {text} n.s."
    if name in NEUTRAL or left == right:
        return f"{title} {text}"
    better = table.at[view.right, name] > table.at[view.left, name]
    return f"{title} :{'green' if better else 'red'}[{text}]"


def _test(view: View, tests: pd.DataFrame, name: str) -> pd.Series | None:
    return tests.loc[name] if name in tests.index and not view.is_single else None


def _cards(view: View, table: pd.DataFrame, tests: pd.DataFrame, shown: list[str]) -> None:
    """The right arm's figures, their differences from the left arm's, and the reference's figures."""
    evaluated = view.study.evaluated
    right, left = escape_markdown(view.right), escape_markdown(view.left)
    arms = f"**{right}**" if view.is_single else f"**{right}** against **{left}**"
    st.markdown(f"{arms}, on {evaluated.sum():,} {'' if evaluated.all() else 'held-out '}items")
    with st.container(key="cards", horizontal=True, gap="small"):
        for name in shown:
            _card(view, table, name, _test(view, tests, name))
    for name in view.study.references:
        if name not in view.arms:
            figures = " · ".join(f"{COLUMNS[c]} {fixed(table.at[name, c], DIGITS.get(c, 3))}" for c in shown)
            st.caption(f"For reference, {_described(view.study, name)}: {figures}")


def _card(view: View, table: pd.DataFrame, name: str, test: pd.Series | None) -> None:
    left, right = table.at[view.left, name], table.at[view.right, name]
    digits = DIGITS.get(name, 3)
    change = signed(right - left, digits)
    same = change == fixed(0, digits)
    by_chance = test is not None and not test["p_value"] < SIGNIFICANT
    st.metric(
        COLUMNS[name],
        fixed(right, digits),
        None if view.is_single else change,
        delta_color="off" if name in NEUTRAL or same or by_chance else "normal",
        delta_arrow="off" if same else "auto",
        delta_description=None if view.is_single else f"from {fixed(left, digits)}{', n.s.' if by_chance else ''}",
        help=meaning(name, test),
        border=True,
        width=170,
    )


def _described(study: Study, reference: str) -> str:
    if study.arm(reference).pixels:
        return "raw pixels without any training"
    return f"**{escape_markdown(reference)}**"


def _warnings(view: View) -> None:
    """What is doubtful about the items or a training, behind one button that says how much there is."""
    own = [(name, notice) for name in view.shown for notice in view.study.arm(name).warnings]
    left_out = view.study.left_out
    count = len(view.study.warnings) + len(own) + bool(len(left_out))
    if not count:
        return
    label = f":orange[{count} warning{'' if count == 1 else 's'}]"
    with st.popover(label, icon=":material/warning:", key="warnings"):
        show_notices(view.study.warnings)
        for name, notice in own:
            st.warning(f"**{escape_markdown(name)}**: {escape_markdown(notice.message)}", icon=":material/warning:")
        if len(left_out):
            view.exports.table("Left out", "left-out", lambda: left_out)
            st.warning(f"Left out, because it could not be used: {len(left_out):,}", icon=":material/warning:")
            st.dataframe(left_out, hide_index=True, height=min(240, 36 * (1 + len(left_out))), width=600)
