"""The recipe as a form: its fields, explanations and choices come from the recipe's dataclasses."""

import math
from typing import Any

import streamlit as st

from core.authoring.form_schema import Key, arm_keys, losses, recipe_keys, serves, usual, value_at
from core.recipe.recipe import Recipe

DATA = ("data.source", "data.path", "data.label", "data.split", "data.test_fraction", "data.label_noise")
TRAINING = (
    "train.loss",
    "train.epochs",
    "train.samples_per_class",
    "train.classes_per_batch",
    "model.name",
    "model.dim",
)
ARM = ("positives", "loss")
GROUPS = {
    "": "Study",
    "data": "Data",
    "data.synthetic": "Synthetic data",
    "model": "Network",
    "train": "Training",
    "augment": "Augmentation",
}
LABELS = {
    "model.name": "Network",
    "model.dim": "Embedding dimension",
    "data.test_fraction": "Held-out share",
    "train.lr": "Learning rate",
    "train.loss_lr": "Learning rate of the loss",
    "train.spread": "Weight of the spreading term",
    "model.backbone_lr": "Learning rate of the backbone",
    "model.freeze_bn": "Freeze batch statistics",
    "loss": "Another loss",
}
MAX_INTEGER = 2**53 - 1  # the largest that is exact in a browser
STEP = 0.05

Arms = list[tuple[str, dict[str, Any]]]


def fill(recipe: Recipe) -> None:
    """Show this recipe in the form; call it before the form is drawn, as callbacks are."""
    values = recipe.to_dict()
    for key in recipe_keys():
        _put(f"recipe.{key.path}", key, value_at(values, key.path))
    st.session_state["recipe.slots"] = [*range(len(values["arms"]))]
    for slot, (name, arm) in enumerate(values["arms"].items()):
        _put_arm(slot, name, arm)


def recipe_form() -> tuple[dict[str, Any], Arms]:
    """The form; returns the values by path and the arms, None = the default."""
    keys = {key.path: key for key in recipe_keys()}
    slots = st.session_state["recipe.slots"]
    used = _losses(slots)
    values: dict[str, Any] = {}

    def fields(paths: list[str], columns: int) -> None:
        for begin in range(0, len(paths), columns):
            row = st.columns(columns, vertical_alignment="bottom")
            for column, path in zip(row, paths[begin : begin + columns], strict=False):
                with column:
                    values[path] = _field(f"recipe.{path}", keys[path], disabled=not serves(path, used))

    name, title = st.columns([1, 2])
    with name:
        values["name"] = _field("recipe.name", keys["name"])
    with title:
        values["title"] = _field("recipe.title", keys["title"])
    st.markdown("##### Data")
    fields([*DATA], 3)
    st.markdown("##### Training")
    fields([*TRAINING], 3)
    st.markdown("##### Arms")
    arms = [_arm(slot, removable=len(slots) > 1) for slot in slots]
    st.button("Add an arm", icon=":material/add:", on_click=_add_arm, key="add-arm")
    with st.expander("More", icon=":material/tune:", key="recipe.more"):
        for table, heading in GROUPS.items():
            rest = [path for path in keys if path.rpartition(".")[0] == table and path not in values]
            if rest:
                st.markdown(f"###### {heading}")
                fields(rest, 2)
        for slot, (arm, options) in zip(slots, arms, strict=True):
            st.markdown(f"###### Arm {arm}")
            options |= {key.path: _arm_field(slot, key) for key in arm_keys() if key.path not in ARM}
    return values, arms


def _arm(slot: int, *, removable: bool) -> tuple[str, dict[str, Any]]:
    columns = st.columns([3, 3, 3, 1], vertical_alignment="bottom")
    keys = {key.path: key for key in arm_keys()}
    with columns[0]:
        _restore(f"recipe.arm{slot}.name")
        name = st.text_input("Arm", key=f"recipe.arm{slot}.name", help="Lower-case letters, digits and dashes.")
    options = {}
    for column, path in zip(columns[1:3], ARM, strict=True):
        with column:
            options[path] = _arm_field(slot, keys[path])
    columns[3].button(
        "",
        icon=":material/delete:",
        help=f"Remove the arm {name}" if removable else "A recipe needs at least one arm",
        key=f"recipe.remove{slot}",
        on_click=_remove_arm,
        args=(slot,),
        disabled=not removable,
    )
    _keep(f"recipe.arm{slot}.name", name)
    return name, options


def _arm_field(slot: int, key: Key) -> Any:
    return _field(f"recipe.arm{slot}.{key.path}", key)


def _add_arm() -> None:
    slots = st.session_state["recipe.slots"]
    slot = max(slots) + 1
    taken = {_state(f"recipe.arm{other}.name") for other in slots}
    name = next(name for n in range(len(slots) + 1) if (name := f"arm{n + 1}") not in taken)
    _put_arm(slot, name, {"positives": "random"})
    st.session_state["recipe.slots"] = [*slots, slot]


def _remove_arm(slot: int) -> None:
    st.session_state["recipe.slots"] = [other for other in st.session_state["recipe.slots"] if other != slot]


def _put_arm(slot: int, name: str, arm: dict[str, Any]) -> None:
    _set(f"recipe.arm{slot}.name", name)
    for key in arm_keys():
        _put(f"recipe.arm{slot}.{key.path}", key, arm.get(key.path))


def _losses(slots: list[int]) -> set[str]:
    arms = [{key.path: _state(f"recipe.arm{slot}.{key.path}") for key in arm_keys()} for slot in slots]
    return losses({"train.loss": _state("recipe.train.loss")}, arms)


def _field(id: str, key: Key, *, disabled: bool = False) -> Any:
    """The widget for one key; it shows the last value, also after another page was open."""
    _restore(id)
    path, help = key.path, key.explanation + (" No arm's loss has this option." if disabled else "")
    label = LABELS.get(path, key.name.replace("_", " ").capitalize())
    common: dict[str, Any] = {"key": id, "help": help, "disabled": disabled}
    default = usual(path, _Shown()) if key.optional else ""
    hint = f"default: {default}" if default != "none" else default
    match key.kind:
        case "choice":
            value = st.selectbox(label, key.choices, index=None if key.optional else 0, placeholder=hint, **common)
        case "flag":
            value = st.toggle(label, **common)
        case "text" | "toml":
            value = st.text_input(label, **common)
        case "integer" | "number":
            number = {"value": None, "placeholder": hint} if key.optional else {}
            if key.kind == "number":
                number |= {"step": _step(_state(id) or key.default or default), "format": "%g"}
            value = st.number_input(label, **_bounds(key), **number, **common)
    _keep(id, value)
    return value


def _bounds(key: Key) -> dict[str, Any]:
    """Ends of a number's range for the browser to enforce; one that is itself not allowed is left to the recipe."""
    kind, bounds = int if key.kind == "integer" else float, key.bounds
    return {"min_value": kind(bounds.lowest), "max_value": None if bounds.max is None else kind(bounds.max)}


class _Shown(dict[str, Any]):
    """The values in the form now, by path."""

    def __missing__(self, path: str) -> Any:
        return _state(f"recipe.{path}")


def _step(value: Any) -> float:
    """A step of the size of small values, such as learning rates."""
    try:
        return min(STEP, 10.0 ** math.floor(math.log10(float(value))))
    except ValueError:
        return STEP


def _put(id: str, key: Key, value: Any) -> None:
    value = key.default if value is None and not key.optional else value
    if key.kind == "integer" and value is not None:
        value = min(int(value), MAX_INTEGER)
    elif key.kind == "number" and value is not None:
        value = float(value)
    _set(id, value)


# Streamlit forgets a widget's value once the widget is not drawn, so a copy is kept beside it.


def _set(id: str, value: Any) -> None:
    st.session_state[id] = value
    _keep(id, value)


def _keep(id: str, value: Any) -> None:
    st.session_state[f"kept {id}"] = value


def _restore(id: str) -> None:
    if id not in st.session_state:
        st.session_state[id] = st.session_state[f"kept {id}"]


def _state(id: str) -> Any:
    return st.session_state.get(id, st.session_state.get(f"kept {id}"))
