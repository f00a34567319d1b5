"""What a single value of a recipe may be: every key's range at its ends, and kinds that are not mistaken."""

import math
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from core.authoring.form_schema import Key, recipe_keys
from core.common.errors import RecipeError
from core.recipe.constraints import Range, Real, Whole
from core.recipe.data import DataConfig
from core.recipe.reading import checked
from core.recipe.recipe import Recipe

NUMERIC = {key.path: key for key in recipe_keys() if key.kind in {"integer", "number"}}
MANY = {"data.synthetic.items": 2_000_000}
BESIDE: dict[str, dict[str, Any]] = {
    "data.synthetic.items": {"data.synthetic.modes": 1},
    "data.synthetic.classes": MANY,
    "data.synthetic.modes": MANY,
    "data.synthetic.shared_modes": MANY | {"data.synthetic.modes": 200},
    "train.temperature": {"train.loss": "nt-xent"},
    "train.spread": {"arms.b.loss": "anti-collapse"},
    "train.loss_lr": {"train.loss": "margin"},
    "train.memory": {"train.samples_per_class": 2},
}
"""Key -> what the rules about several keys ask for beside it."""


def recipe(path: str, value: Any) -> Recipe:
    source = "synthetic-vectors" if path.startswith("data.synthetic") else "digits"
    values: dict[str, Any] = {"name": "a", "data": {"source": source}, "arms": {"nearest": {"positives": "nearest"}}}
    for key, given_value in {**BESIDE.get(path, {}), path: value}.items():
        *tables, name = key.split(".")
        table = values
        for part in tables:
            table = table.setdefault(part, {})
        table[name] = given_value
    return Recipe.from_dict(values)


def value_of(made: Recipe, path: str) -> Any:
    value: Any = made
    for part in path.split("."):
        value = getattr(value, part)
    return value


def inside(key: Key) -> st.SearchStrategy[float]:
    bounds = key.bounds
    assert bounds is not None
    if key.kind == "integer":
        numbers: st.SearchStrategy[float] = st.integers(int(bounds.min), bounds.max)  # type: ignore[arg-type]
    else:
        numbers = st.floats(bounds.min, bounds.max, exclude_min=bounds.open_min, exclude_max=bounds.open_max)
    return st.just(0) | numbers if bounds.or_zero else numbers


def outside(key: Key) -> list[float]:
    """The nearest numbers that are not allowed, and none at all."""
    bounds = key.bounds
    assert bounds is not None
    low: float = bounds.min if bounds.open_min else bounds.min - 1
    high = bounds.max if bounds.max is None or bounds.open_max else bounds.max + 1
    if key.kind == "number":
        low = bounds.min if bounds.open_min else math.nextafter(bounds.min, -math.inf)
        high = bounds.max if bounds.max is None or bounds.open_max else math.nextafter(bounds.max, math.inf)
    odd = [math.nan, math.inf, -math.inf] if key.kind == "number" else [-1] if bounds.or_zero else []
    return [low, *([] if high is None else [high]), *odd]


def test_every_number_has_a_range():
    assert len(NUMERIC) > 25
    assert all(key.bounds for key in NUMERIC.values())


@pytest.mark.parametrize("path", NUMERIC)
@given(data=st.data())
def test_what_lies_inside_a_range_is_accepted(path: str, data: st.DataObject):
    value = data.draw(inside(NUMERIC[path]))
    assert value_of(recipe(path, value), path) == value


@pytest.mark.parametrize("path", NUMERIC)
def test_just_outside_is_refused_with_the_key_and_both_ends(path: str):
    bounds = NUMERIC[path].bounds
    assert bounds is not None
    ends = [str(end) for end in (bounds.min, bounds.max) if end is not None]
    for value in outside(NUMERIC[path]):
        with pytest.raises(RecipeError) as caught:
            recipe(path, value)
        (problem,) = caught.value.problems
        assert (problem.key, problem.code, problem.message) == (path, "broken-rule", f"{path} {bounds.rule}")
        assert all(end in problem.message for end in ends)


@pytest.mark.parametrize(
    ("bounds", "text", "rule"),
    [
        (Range(1, 10_000), "1 to 10000", "must lie between 1 and 10000"),
        (Range(0.01, 1), "0.01 to 1", "must lie between 0.01 and 1"),
        (Range(0, 10, open_min=True), "above 0 and at most 10", "must be above 0 and at most 10"),
        (Range(0, 1, open_max=True), "at least 0 and below 1", "must be at least 0 and below 1"),
        (Range(0, 1, open_min=True, open_max=True), "above 0 and below 1", "must be above 0 and below 1"),
        (Range(8, 512, or_zero=True), "0 or 8 to 512", "must be 0 or 8 to 512"),
        (Range(2, reason="else no negatives"), "at least 2", "must be at least 2: else no negatives"),
        (Range(2, 1000, reason="one has none"), "2 to 1000", "must lie between 2 and 1000: one has none"),
    ],
)
def test_a_range_in_words(bounds: Range, text: str, rule: str):
    assert (str(bounds), bounds.rule) == (text, rule)


def test_the_lowest_number_of_a_range():
    assert Range(8, 512, or_zero=True).lowest == 0
    assert Range(2, 5).lowest == 2


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        ("train.epochs", "5", "integer"),
        ("train.epochs", True, "integer"),
        ("train.epochs", 5.5, "integer"),
        ("train.epochs", math.inf, "integer"),
        ("train.snapshots", False, "integer"),
        ("data.channels", True, "integer"),
        ("seed", "1", "integer"),
        ("train.lr", "0.1", "number"),
        ("train.lr", True, "number"),
        ("train.margin", "0.1", "number"),
    ],
)
def test_what_is_no_number_is_not_taken_for_one(path: str, value: Any, kind: str):
    with pytest.raises(RecipeError) as caught:
        recipe(path, value)
    (problem,) = caught.value.problems
    assert (problem.key, problem.message) == (path, f"{path}: input should be a valid {kind}, not {value!r}")


@pytest.mark.parametrize(
    ("path", "value", "meant"), [("train.epochs", 5.0, 5), ("data.channels", 3.0, 3), ("train.lr", 1, 1.0)]
)
def test_whole_numbers_may_be_written_with_or_without_a_point(path: str, value: float, meant: float):
    made = value_of(recipe(path, value), path)
    assert (made, type(made)) == (meant, type(meant))


def test_every_wrong_number_of_a_table_is_named():
    with pytest.raises(RecipeError) as caught:
        Recipe.load("digits-parity", ("train.epochs=0", "train.lr=0", "train.memory_warmup=-1"))
    assert [p.key for p in caught.value.problems] == ["train.epochs", "train.lr", "train.memory_warmup"]


def test_a_table_alone_names_its_keys_in_full():
    with pytest.raises(RecipeError) as caught:
        checked(DataConfig, {"source": "digits", "label_noise": 1, "depth": 3}, table="data")
    assert {problem.key for problem in caught.value.problems} == {"data.label_noise", "data.depth"}


def test_a_range_can_be_read_from_a_type_of_ones_own():
    whole = TypeAdapter(Annotated[Whole, Range(1, 3)] | None)
    assert (whole.validate_python(None), whole.validate_python(2)) == (None, 2)
    with pytest.raises(ValidationError, match="must lie between 1 and 3"):
        whole.validate_python(4)
    with pytest.raises(ValidationError, match="must be above 0 and below 1"):
        TypeAdapter(Annotated[Real, Range(0, 1, open_min=True, open_max=True)]).validate_python(1)


@pytest.mark.parametrize("path", [key.path for key in recipe_keys() if key.kind != "text" and "arms" not in key.path])
@pytest.mark.parametrize("value", ["5", "true", "", [1], {"a": 1}])
def test_a_value_of_another_kind_is_refused_by_its_key(path: str, value: Any):
    with pytest.raises(RecipeError, match=path.replace(".", r"\.")):
        recipe(path, value)


@pytest.mark.parametrize("path", [key.path for key in recipe_keys() if key.kind in {"integer", "number"}])
def test_true_is_no_number(path: str):
    with pytest.raises(RecipeError, match=path.replace(".", r"\.")):
        recipe(path, True)


@pytest.mark.parametrize("path", [key.path for key in recipe_keys() if key.kind == "flag"])
@pytest.mark.parametrize("value", [1, 0, "yes", "false", 1.0])
def test_a_number_or_word_is_no_flag(path: str, value: Any):
    with pytest.raises(RecipeError, match=path.replace(".", r"\.")):
        recipe(path, value)
