"""Why classes collapse, in theory: sliders, the expected loss over the distance of modes, and the phase diagram."""

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from app.lab.charts import energy_chart, energy_rows, paths_figure, phase_figure
from app.state import address, cache
from app.state.view import stamp_of
from app.widgets.markdown import escape_markdown
from app.widgets.opening import asked_study, warn_of_gone
from core.analysis.label_noise import PhasePoint, noise_in_theory, wrong_labels
from core.analysis.recommendations import samples_for_every_class
from core.common.errors import UncollapseError
from core.diagnostics import explain
from core.recipe.recipe import Recipe
from core.recipe.rules import DEFAULT_MARGINS
from core.storage.study import Study
from core.theory.slope import Setting, phase_diagram

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from core.theory.expected_loss import Landscape, Tendency

RULES = {"random": "Random positives", "nearest": "Nearest positives", "hardest": "Hardest positives"}
TENDENCIES = {
    "collapse": (
        "collapses",
        "red",
        "The class is drawn to one point: the expected loss is smallest with no distance between its modes.",
    ),
    "spread": ("keeps its modes apart", "green", "Moving the modes apart makes the loss smaller."),
    "indifferent": (
        "is not drawn together",
        "gray",
        "Drawing its modes together does not make the loss smaller.",
    ),
    "total collapse": ("collapses with all others", "red", "Everything at one point is best: all classes, all modes."),
}
KEYS = {
    "positives": 'positives = "{}"',
    "train.samples_per_class": "train.samples_per_class = {}",
    "train.loss": 'train.loss = "{}"',
    "train.learn_beta": 'train.learn_beta = "{}"',
    "train.beta": "train.beta = {}",
    "data.label_noise": "no wrong labels",
}
OUTCOMES = {"spread": "its modes move apart", "indifferent": "nothing draws its modes together"}


def show() -> None:
    st.markdown(
        "A class has several **modes**: the digits among *even*, the angles of one product. Some labels are **wrong**. "
        "A mislabelled item looks like the class it came from, but counts as one of another: the loss pushes it away "
        "from its own look-alikes. With random positives, the loss is smallest with the whole class at one point, "
        "where no two of its items can differ: the class **collapses**. An anchor that only needs to "
        "be near its *nearest* positive finds one in its own mode, and the modes can stay. The sliders show when."
    )
    _explore()
    _assessments()


@st.fragment
def _explore() -> None:
    """The sliders and all that depends on them, which rerun by themselves."""
    left, right = st.columns([1, 2.6], gap="large")
    with left:
        values = _sliders()
    with right:
        answers = _answers(**values)
        _verdicts(answers)
        energy, phase = st.columns(2, gap="medium")
        with energy:
            st.subheader("Loss over distance", anchor="energy")
            st.caption("Smallest expected loss with the modes this far apart. Training goes downhill, to the dot.")
            rows = energy_rows({rule: energy for rule, (_, energy) in answers.items()})
            st.vega_lite_chart(rows, energy_chart(rows), height=330, key="energy")
        with phase:
            st.subheader("When a class collapses", anchor="phase")
            st.caption(
                "Nearest positives, triplet loss. The cross marks the sliders' values; dots are your studies. Of the "
                "one chosen below, the band is the share of wrong labels as estimated, the diamond its batches."
            )
            st.plotly_chart(
                _phase(values["noise"], values["samples"], values["modes"], *_phase_points()),
                config={"displaylogo": False},
                key="phase",
            )
    _free_points(values)


def _sliders() -> dict[str, Any]:
    losses, margins = ["triplet", "margin"], [round(0.05 * n, 2) for n in range(1, 11)]
    noise = st.slider("Wrong labels, %", 0, 49, **address.bound("noise", range(50), 10))
    samples = st.slider("Samples of a class in a batch", 2, 64, **address.bound("samples", range(2, 65), 8))
    modes = st.slider("Modes of the class", 2, 10, **address.bound("modes", range(2, 11), 2))
    loss = st.segmented_control("Loss", losses, required=True, **address.bound("loss", losses, "triplet"))
    shown = address.bound("margin", margins, DEFAULT_MARGINS["triplet"])
    margin = st.slider("Margin", margins[0], margins[-1], step=0.05, **shown)
    fixed = loss == "margin" and st.toggle("Fixed boundary", key="fixed", help="Else beta is learned, as is usual.")
    beta = st.slider("Boundary beta", 0.2, 1.8, 1.2, step=0.1, key="beta") if fixed else None
    return {"noise": noise / 100, "samples": samples, "modes": modes, "loss": loss, "margin": margin, "beta": beta}


def _verdicts(answers: "dict[str, tuple[Tendency, Landscape]]") -> None:
    for column, (rule, title) in zip(st.columns(3, gap="small"), RULES.items(), strict=True):
        tendency, energy = answers[rule]
        word, colour, meaning = TENDENCIES[tendency]
        with column, st.container(border=True):
            st.markdown(f"**{title}**")
            st.badge(f"the class {word}", color=colour, help=meaning)
            st.caption(f"Distance between its modes at the smallest loss: {energy.best:.2f}")


@st.cache_data(max_entries=512, show_spinner="Loading the theory")
def _answers(**values: Any) -> "dict[str, tuple[Tendency, Landscape]]":
    """Tendency and energy of each rule, by theory."""
    from core.theory import expected_loss  # imports torch

    settings = {rule: Setting(positives=rule, **values) for rule in RULES}
    return {
        rule: (expected_loss.tendency(setting), expected_loss.landscape(setting)) for rule, setting in settings.items()
    }


@st.cache_data(max_entries=64, show_spinner=False)
def _phase(noise: float, samples: int, modes: int, studies: list[PhasePoint], chosen: PhasePoint | None) -> "Figure":
    share, size = np.geomspace(0.001, 0.49, 120), np.arange(2, 65)
    slopes = phase_diagram(share, size, modes=modes)
    return phase_figure(share, size, slopes, here=(noise, samples), studies=studies, chosen=chosen)


def _studies() -> dict[str, str]:
    """Id and name of every study whose labels something is known of."""
    return {s.id: s.name or s.id for s in cache.studies() if cache.phase_point(s.id) is not None}


def _phase_points() -> tuple[list[PhasePoint], PhasePoint | None]:
    """Of all of them, and of the chosen one."""
    studies = _studies()
    found = {id: phase_point for id in studies if (phase_point := cache.phase_point(id)) is not None}
    return [*found.values()], found.get(asked_study(studies) or "") if studies else None


def _assessments() -> None:
    """What theory expects of one of the user's studies, and what would avoid collapse."""
    st.subheader("Your study", anchor="study")
    studies = _studies()
    if not studies:
        st.info("Train or import a study to see where it lies and what would keep its classes from collapsing.")
        return
    asked = asked_study(studies)
    if asked is None and address.text("study") not in [summary.id for summary in cache.studies()]:
        warn_of_gone()
    address.set_widget("lab-study", asked, studies)
    id = st.selectbox(
        "Study",
        [*studies],
        format_func=studies.get,
        placeholder="Nothing is known of the labels of the one on the other pages: choose another",
        key="lab-study",
        on_change=lambda: address.write(**address.another_study(st.session_state["lab-study"])),
        width=520,
    )
    if id is None:
        return
    try:
        study = cache.cached_study(id, stamp_of(id))
        _labels(study)
    except UncollapseError as error:
        st.error(escape_markdown(str(error)), icon=":material/error:")
        return
    if study.recipe is None:
        return
    noise = noise_in_theory(study)
    for column, arm in zip(st.columns(len(study.recipe.arms), gap="medium"), study.recipe.arms, strict=True):
        with column, st.container(border=True):
            show_arm(study.recipe, arm, noise=noise)
    st.caption(
        "Theory assumes random negatives, endless batches and points that move freely, which a network does not allow."
    )


def _labels(study: Study) -> None:
    """How many of a study's labels are wrong, and how many samples of a class that asks for."""
    said = [found.sentence for found in (wrong_labels(study), samples_for_every_class(study)) if found is not None]
    if said:
        st.markdown(escape_markdown(" ".join(said)), help=explain("label_noise").definition)


def show_arm(recipe: Recipe, arm: str, *, noise: float | None = None) -> None:
    """Where one arm of a recipe goes in theory, and what would avoid collapse; noise: if known better than from it."""
    from core.theory.assessment import assess  # imports torch

    found = assess(recipe, arm, noise=noise)
    st.markdown(f"**{escape_markdown(arm)}**")
    if found.tendency is None:
        st.caption(f"Theory has nothing to say: {escape_markdown(found.reason)}.")
        return
    word, colour, meaning = TENDENCIES[found.tendency]
    st.badge(f"in theory, a class {word}", color=colour, help=meaning)
    if not found.modes_known:
        st.caption("How many modes a class has is not known; two are assumed.")
    if found.remedies:
        st.markdown("What would avoid it:")
        for remedy in found.remedies:
            changes = " and ".join(f"`{KEYS[key].format(value)}`" for key, value in remedy.changes.items())
            st.markdown(f"- {changes}: {OUTCOMES[remedy.tendency]}")


def _free_points(values: dict[str, Any]) -> None:
    st.subheader("Let points find their place", anchor="free-points")
    st.caption(
        "One free point for every mode of two classes, moved by gradient descent on this very loss. Nothing but the "
        "sampling rule differs between the two sides."
    )
    if st.button("Let them move", icon=":material/play_arrow:", key="move") or st.session_state.get("moved") == values:
        st.session_state["moved"] = values
        with st.spinner("Moving the points"):
            paths = {RULES[rule]: _paths(rule, **values) for rule in ("random", "nearest")}
        st.plotly_chart(paths_figure(paths, modes=values["modes"]), config={"displaylogo": False}, key="paths")


@st.cache_data(max_entries=32, show_spinner=False)
def _paths(rule: str, **values: Any) -> np.ndarray:
    from core.theory import expected_loss

    return expected_loss.free_points(Setting(positives=rule, **values))
