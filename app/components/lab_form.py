"""The controls of one's own experiment: they begin as one of the presets has them."""

from typing import Any, get_args

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.config import NegativeRule, PositiveRule
from core.lab import PRESETS, Preset, arm_names
from core.schema import recipe_keys, serves, value_at

START = "noise"
SOURCES = {"synthetic-vectors": "Vectors", "synthetic-shapes": "Pictures of shapes"}
LOSSES = ("triplet", "margin", "contrastive", "multi-similarity", "nt-xent")
ATTRIBUTES = ("shape", "colour", "texture", "rotation")
SIDES = ("first", "second")
BOUNDARIES = {"one": "learned", "no": "fixed"}
GROUPS = {"data.": "data", "arms.": "arms", "train.": "training", "model.": "training"}
"""Beginning of a key -> the group of controls it is in."""

Values = dict[str, Any]
Arms = list[tuple[str, dict[str, Any]]]


def controls() -> tuple[Preset, Values, Arms, dict[str, DeltaGenerator]]:
    """Draw them; returns the preset begun with, values by path, arms, and each group's place for what is wrong."""
    if "own" not in st.session_state:
        _load(START)
    preset = _start_from()
    values: Values = {}
    with st.container(border=True):
        st.markdown("##### Data")
        values |= _data()
        data = st.container()
    with st.container(border=True):
        st.markdown("##### Arms and loss")
        losses, arms = _arms()
        values |= _loss(losses)
        comparison = st.container()
    with st.container(border=True):
        st.markdown("##### Training")
        values |= _training(values["data.synthetic.classes"])
        training = st.container()
    return preset, values, arms, {"data": data, "arms": comparison, "training": training}


def group_of(complaint: str) -> str:
    """The group of controls that a recipe's error is about."""
    places = {group: complaint.find(beginning) for beginning, group in GROUPS.items() if beginning in complaint}
    return min(places, key=lambda group: places[group], default="training")


def _start_from() -> Preset:
    presets = {preset.name: preset for preset in PRESETS}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Start from",
            [*presets],
            format_func=lambda name: presets[name].title,
            key=_restored("start"),
            on_change=lambda: _load(st.session_state["own.start"]),
            help="Sets every control as that experiment has it.",
        )
        st.button("Reset", icon=":material/restart_alt:", key="own.reset", on_click=_load, args=(name,))
    return presets[_kept("start", name)]


def _data() -> Values:
    source = st.segmented_control(
        "Kind of data",
        [*SOURCES],
        format_func=lambda source: SOURCES[source],
        key=_restored("data.source"),
        required=True,
        label_visibility="collapsed",
    )
    values = {"data.source": _kept("data.source", source)}
    left, right = st.columns(2)
    with left:
        values |= _slider("data.synthetic.classes", "Classes", 1, 20)
        values |= _slider("data.synthetic.spread", "Spread of a mode", 0.0, 1.0, step=0.05)
        values |= _slider("data.synthetic.imbalance", "Imbalance", 1.0, 20.0, step=0.5)
    with right:
        values |= _slider("data.synthetic.modes", "Modes of each class", 1, 50)
        if source == "synthetic-vectors":
            values |= _slider("data.synthetic.separation", "Distance of modes", 0.0, 6.0, step=0.1)
        values |= _slider("data.synthetic.shared_modes", "Shared modes", 0, 10)
    if source == "synthetic-shapes":
        chosen = st.pills(
            "Modes differ in",
            ATTRIBUTES,
            selection_mode="multi",
            key=_restored("data.synthetic.attributes"),
            help=_help("data.synthetic.attributes"),
        )
        values["data.synthetic.attributes"] = _kept("data.synthetic.attributes", list(chosen))
    left, right = st.columns(2)
    with left:
        values |= _number("data.synthetic.items", "Items", 4, 20_000, step=100)
    with right:
        if source == "synthetic-vectors":
            values |= _slider("data.synthetic.dimension", "Dimension", 2, 64)
    return values | _slider("data.label_noise", "Wrong labels", 0.0, 0.49, step=0.01, format="percent")


def _arms() -> tuple[list[str], Arms]:
    """The losses in use, and both arms."""
    rules, losses = [], []
    for side in SIDES:
        rule, loss = st.columns(2)
        with rule:
            rules += _choice(f"{side} rule", f"{side.capitalize()} arm: positives", get_args(PositiveRule)).values()
        with loss:
            losses += _choice(f"{side} loss", f"{side.capitalize()} arm: loss", LOSSES).values()
    arms: Arms = [
        (name, {"positives": rule, "loss": loss})
        for name, rule, loss in zip(arm_names(rules, losses), rules, losses, strict=True)
    ]
    return losses, arms


def _loss(losses: list[str]) -> Values:
    """What only some losses have is asked for only with those."""
    used = set(losses)
    values: Values = {"train.loss": losses[0]}
    left, right = st.columns(2)
    with left:
        values |= _choice("train.negatives", "Negatives", get_args(NegativeRule))
    with right:
        if serves("train.margin", used):
            values |= _slider("train.margin", "Margin", 0.05, 1.0, step=0.05)
    if serves("train.learn_beta", used):
        left, right = st.columns(2, vertical_alignment="bottom")
        with left:
            boundary = st.segmented_control(
                "Boundary of the margin loss",
                [*BOUNDARIES],
                format_func=lambda name: BOUNDARIES[name],
                key=_restored("train.learn_beta"),
                required=True,
                help=_help("train.learn_beta"),
            )
            values["train.learn_beta"] = _kept("train.learn_beta", boundary)
        with right:
            values |= _slider("train.beta", "Boundary beta", 0.2, 1.8, step=0.1)
    return values


def _training(classes: int) -> Values:
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        values = _slider("train.samples_per_class", "Samples of a class in a batch", 2, 128)
    with right:
        values |= _slider("train.epochs", "Epochs", 1, 60)
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        values |= _slider("model.dim", "Embedding dimension", 2, 64)
    with right:
        values |= _number("seed", "Seed", 0, 2**32 - 1)
    together = _slider("train.classes_per_batch", "Classes in a batch", 2, classes) if classes > 2 else {}
    values |= together or {"train.classes_per_batch": 2}
    if values["model.dim"] == 2:
        st.caption("With two dimensions the map is the embedding itself: nothing is projected.")
    return values


def _slider(path: str, label: str, low: Any, high: Any, *, step: Any = 1, format: str | None = None) -> Values:
    key = _restored(path)
    st.session_state[key] = min(max(st.session_state[key], low), high)
    return {path: _kept(path, st.slider(label, low, high, step=step, format=format, key=key, help=_help(path)))}


def _number(path: str, label: str, low: int, high: int, *, step: int = 1) -> Values:
    key = _restored(path)
    return {path: _kept(path, st.number_input(label, low, high, step=step, key=key, help=_help(path)))}


def _choice(path: str, label: str, choices: tuple[str, ...]) -> Values:
    return {path: _kept(path, st.selectbox(label, choices, key=_restored(path), help=_help(path)))}


def _help(path: str) -> str | None:
    return next((f"`{path}` {key.help}" for key in recipe_keys() if key.path == path), None)


# Streamlit forgets a widget's value once the widget is not drawn, so all of them are kept in one place.


def _load(name: str) -> None:
    """Set every control as a preset has it; before they are drawn, as in callbacks."""
    preset = next(preset for preset in PRESETS if preset.name == name)
    recipe = preset.recipe()
    written = recipe.to_dict()
    kept: Values = {key.path: key.default if (v := value_at(written, key.path)) is None else v for key in recipe_keys()}
    kept |= {"start": name, "train.learn_beta": recipe.train.learn_beta or "one"}
    kept["data.synthetic.attributes"] = list(recipe.data.synthetic.attributes) if recipe.data.synthetic else []
    for side, (arm, config) in zip(SIDES, recipe.arms.items(), strict=True):
        kept |= {f"{side} rule": config.positives, f"{side} loss": recipe.loss_of(arm)}
    st.session_state["own"] = kept
    for path, value in kept.items():
        st.session_state[f"own.{path}"] = value


def _restored(path: str) -> str:
    """The key of a widget that shows what was last chosen."""
    key = f"own.{path}"
    if key not in st.session_state:
        st.session_state[key] = st.session_state["own"][path]
    return key


def _kept(path: str, value: Any) -> Any:
    st.session_state["own"][path] = value
    return value
