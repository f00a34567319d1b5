"""The controls of one's own experiment: they begin as one of the presets has them."""

from itertools import chain
from typing import Any, get_args

import streamlit as st

from app.widgets.markdown import escape_markdown
from core.authoring.form_schema import Key, recipe_keys, serves, value_at
from core.authoring.presets import PRESETS, Preset, arm_names
from core.common.notices import Notice
from core.recipe.rules import DEFAULT_BETA_RULE, NegativeRule, PositiveRule
from core.recipe.synthetic import Attribute

START = "noise"
SOURCES = {"synthetic-vectors": "Vectors", "synthetic-shapes": "Pictures of shapes"}
LOSSES = ("triplet", "margin", "contrastive", "multi-similarity", "nt-xent")
SIDES = ("first", "second")
BOUNDARIES = {"one": "learned", "no": "fixed"}
DATA, COMPARISON, TRAINING = "Data", "Arms and loss", "Training"
PATHS = {
    DATA: (
        *("data.source", "data.label_noise"),
        *(f"data.synthetic.{name}" for name in ("items", "classes", "modes", "shared_modes", "spread", "imbalance")),
        *(f"data.synthetic.{name}" for name in ("separation", "dimension", "attributes")),
    ),
    COMPARISON: tuple(f"train.{name}" for name in ("negatives", "margin", "learn_beta", "beta")),
    TRAINING: ("seed", "model.dim", "train.epochs", "train.samples_per_class", "train.classes_per_batch"),
}
"""Group of controls -> the keys that are set there."""
TABLES = {"data": DATA, "arms": COMPARISON}
"""Table -> group of controls that shows the problems of its keys without a control."""
ONLY_WITH = {
    "data.synthetic.separation": "synthetic-vectors",
    "data.synthetic.dimension": "synthetic-vectors",
    "data.synthetic.attributes": "synthetic-shapes",
}
"""Path -> the one kind of data for which it has an effect."""

Values = dict[str, Any]
Arms = list[tuple[str, dict[str, Any]]]


def is_new() -> bool:
    """Whether this session has not had them on screen yet."""
    return "own" not in st.session_state


def chosen() -> tuple[Preset, Values, Arms]:
    """The values of the controls, known before they are drawn: the preset they began as, values by path, arms.

    Values without effect for this kind of data, or these losses, are left out.
    """
    if is_new():
        _load(START)
    kept: Values = st.session_state["own"]
    kept |= {path: st.session_state[_key(path)] for path in kept if _key(path) in st.session_state}
    kept["train.classes_per_batch"] = min(kept["train.classes_per_batch"], kept["data.synthetic.classes"])
    rules, losses = ([kept[f"{side} {what}"] for side in SIDES] for what in ("rule", "loss"))
    names = arm_names(rules, losses)
    arms: Arms = [
        (name, {"positives": rule, "loss": loss}) for name, rule, loss in zip(names, rules, losses, strict=True)
    ]
    values = {path: kept[path] for path in chain(*PATHS.values()) if _matters(path, kept["data.source"], set(losses))}
    return _preset(kept["start"]), values | {"train.loss": losses[0]}, arms


def _matters(path: str, source: str, losses: set[str]) -> bool:
    option = "train.learn_beta" if path == "train.beta" else path  # has a value with every loss, so is not one itself
    return ONLY_WITH.get(path, source) == source and serves(option, losses)


def controls(values: Values, problems: tuple[Notice, ...]) -> None:
    """Draw the controls, each problem of the recipe below the group that it is about."""
    _start_from()
    for name, draw in {DATA: _data, COMPARISON: _comparison, TRAINING: _training}.items():
        with st.container(border=True):
            st.markdown(f"##### {name}")
            draw(values)
            for problem in problems:
                if group_of(problem.key) == name:
                    st.error(escape_markdown(problem.message), icon=":material/error:")


def group_of(key: str) -> str:
    """The group of controls where a key is set, or where its problems are shown."""
    own = (group for group, paths in PATHS.items() if key in paths)
    return next(own, TABLES.get(key.partition(".")[0], TRAINING))


def _preset(name: str) -> Preset:
    return next(preset for preset in PRESETS if preset.name == name)


def _start_from() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Start from",
            [preset.name for preset in PRESETS],
            format_func=lambda name: _preset(name).title,
            key=_restored("start"),
            on_change=lambda: _load(st.session_state["own.start"]),
            help="Sets every control as that experiment has it.",
        )
        st.button("Reset", icon=":material/restart_alt:", key="own.reset", on_click=_load, args=(name,))


def _data(values: Values) -> None:
    st.segmented_control(
        "Kind of data",
        [*SOURCES],
        format_func=SOURCES.get,
        key=_restored("data.source"),
        required=True,
        label_visibility="collapsed",
    )
    left, right = st.columns(2)
    with left:
        _slider("data.synthetic.classes", "Classes", high=20)
        _slider("data.synthetic.spread", "Spread of a mode", step=0.05)
        _slider("data.synthetic.imbalance", "Imbalance", high=20.0, step=0.5)
    with right:
        _slider("data.synthetic.modes", "Modes of each class", high=50)
        if "data.synthetic.separation" in values:
            _slider("data.synthetic.separation", "Distance of modes", high=6.0, step=0.1)
        _slider("data.synthetic.shared_modes", "Shared modes", high=10)
    if "data.synthetic.attributes" in values:
        st.pills(
            "Modes differ in",
            get_args(Attribute),
            selection_mode="multi",
            key=_restored("data.synthetic.attributes"),
            help=_help("data.synthetic.attributes"),
        )
    left, right = st.columns(2)
    with left:
        _number("data.synthetic.items", "Items", high=20_000, step=100)
    with right:
        if "data.synthetic.dimension" in values:
            _slider("data.synthetic.dimension", "Dimension", high=64)
    _slider("data.label_noise", "Wrong labels", high=0.49, step=0.01, format="percent")


def _comparison(values: Values) -> None:
    for side in SIDES:
        rule, loss = st.columns(2)
        with rule:
            _choice(f"{side} rule", f"{side.capitalize()} arm: positives", get_args(PositiveRule))
        with loss:
            _choice(f"{side} loss", f"{side.capitalize()} arm: loss", LOSSES)
    left, right = st.columns(2)
    with left:
        _choice("train.negatives", "Negatives", get_args(NegativeRule))
    with right:
        if "train.margin" in values:
            _slider("train.margin", "Margin", low=0.05, high=1.0, step=0.05)
    if "train.beta" in values:
        left, right = st.columns(2, vertical_alignment="bottom")
        with left:
            st.segmented_control(
                "Boundary of the margin loss",
                [*BOUNDARIES],
                format_func=BOUNDARIES.get,
                key=_restored("train.learn_beta"),
                required=True,
                help=_help("train.learn_beta"),
            )
        with right:
            _slider("train.beta", "Boundary beta", low=0.2, high=1.8, step=0.1)


def _training(values: Values) -> None:
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        _slider("train.samples_per_class", "Samples of a class in a batch", high=128)
    with right:
        _slider("train.epochs", "Epochs", high=60)
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        _slider("model.dim", "Embedding dimension", high=64)
    with right:
        _number("seed", "Seed")
    if (classes := values["data.synthetic.classes"]) > 2:
        _slider("train.classes_per_batch", "Classes in a batch", high=classes)
    if values["model.dim"] == 2:
        st.caption("With two dimensions the map is the embedding itself: nothing is projected.")


# The ranges are those of the recipe, or narrower ones in which the effects can be seen.


def _slider(
    path: str, label: str, *, low: Any = None, high: Any = None, step: Any = 1, format: str | None = None
) -> None:
    low, high = _ends(path, low, high)
    st.slider(label, low, high, step=step, format=format, key=_restored(path), help=_help(path))


def _number(path: str, label: str, *, high: int | None = None, step: int = 1) -> None:
    low, high = _ends(path, None, high)
    st.number_input(label, low, high, step=step, key=_restored(path), help=_help(path))


def _ends(path: str, low: Any, high: Any) -> tuple[Any, Any]:
    key = _recipe_key(path)
    kind = int if key.kind == "integer" else float
    return kind(key.bounds.lowest if low is None else low), kind(key.bounds.max if high is None else high)


def _choice(path: str, label: str, choices: tuple[str, ...]) -> None:
    st.selectbox(label, choices, key=_restored(path), help=_help(path))


def _help(path: str) -> str | None:
    key = _recipe_key(path)
    return key and key.explanation


def _recipe_key(path: str) -> Key | None:
    """None for controls that are no key of a recipe by themselves."""
    return next((key for key in recipe_keys() if key.path == path), None)


# Streamlit forgets a widget's value once the widget is not drawn, so all of them are kept in one place.


def _load(name: str) -> None:
    """Set every control as a preset has it; call it before they are drawn, as callbacks are."""
    recipe = _preset(name).recipe()
    written = recipe.to_dict()
    kept: Values = {key.path: key.default if (v := value_at(written, key.path)) is None else v for key in recipe_keys()}
    kept |= {"start": name, "train.learn_beta": recipe.train.learn_beta or DEFAULT_BETA_RULE}
    kept["data.synthetic.attributes"] = list(recipe.data.synthetic.attributes) if recipe.data.synthetic else []
    for side, (arm, config) in zip(SIDES, recipe.arms.items(), strict=True):
        kept |= {f"{side} rule": config.positives, f"{side} loss": recipe.loss_of(arm)}
    st.session_state["own"] = kept
    for path, value in kept.items():
        st.session_state[_key(path)] = value


def _key(path: str) -> str:
    return f"own.{path}"


def _restored(path: str) -> str:
    """The key of a widget that shows what was last chosen."""
    key, kept = _key(path), st.session_state["own"][path]
    if st.session_state.get(key) != kept:  # else setting it would overwrite what the user is just dragging to
        st.session_state[key] = kept
    return key
