"""The form of one's own experiment, without a browser: presets, extremes, and what is asked for when."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from app.lab import form
from core.authoring.form_schema import recipe_keys
from core.authoring.presets import PRESETS

KINDS = ("slider", "number_input", "selectbox", "button_group")
PAGE = str(Path(__file__).parents[3] / "app" / "lab" / "lab.py")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("UNCOLLAPSE_STUDIES", str(tmp_path))
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params["lab"] = "own"
    return app.run()


def control(app: AppTest, path: str) -> Any:
    widgets = [*app.slider, *app.number_input, *app.selectbox, *app.button_group, *app.button]
    return next(widget for widget in widgets if widget.key == f"own.{path}")


def asked(app: AppTest) -> set[str]:
    return {widget.label for widget in [*app.slider, *app.number_input, *app.selectbox]}


def runs(app: AppTest) -> bool:
    return not next(button for button in app.button if button.label == "Run it").disabled


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_every_preset_is_a_start_that_can_be_run(app: AppTest, preset: Any):
    control(app, "start").set_value(preset.name).run()
    assert not app.exception
    assert not app.error
    assert runs(app)
    assert control(app, "train.epochs").value == preset.recipe().train.epochs


def test_reset_goes_back_to_the_preset(app: AppTest):
    control(app, "data.label_noise").set_value(0.3).run()
    assert any("30 % wrong labels" in text.value for text in app.markdown)
    control(app, "reset").click().run()
    assert control(app, "data.label_noise").value == 0.1


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("data.synthetic.shared_modes", 4, "else all classes are the same"),
        ("data.synthetic.items", 15, "two of every mode"),
        ("train.negatives", "own", "has no mining of its own"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(app: AppTest, path: str, value: Any, complaint: str):
    control(app, path).set_value(value).run()
    assert not app.exception
    assert len(app.error) == 1
    assert complaint in app.error[0].value
    assert not runs(app)


def test_controls_stay_within_the_ranges_of_the_recipe(app: AppTest):
    control(app, "first loss").set_value("margin")
    control(app, "data.synthetic.classes").set_value(3).run()
    bounds = {key.path: key.bounds for key in recipe_keys() if key.bounds}
    widgets = {widget.key.removeprefix("own."): widget for widget in [*app.slider, *app.number_input]}
    assert set(widgets) == set(bounds) & {*chain(*form.PATHS.values())}
    for path, widget in widgets.items():
        assert widget.min in bounds[path], path
        assert widget.max in bounds[path], path


def groups_of(block: Block) -> Iterator[tuple[str, str]]:
    """What each control sets, and the heading of the frame it is in."""
    heading = next((child.value for child in block.children.values() if child.type == "markdown"), "")
    if heading.removeprefix("##### ") in form.PATHS:
        inside = [widget for kind in KINDS for widget in block.get(kind)]
        yield from ((widget.key.removeprefix("own."), heading.removeprefix("##### ")) for widget in inside)
        return
    for child in block.children.values():
        if isinstance(child, Block):
            yield from groups_of(child)


def test_every_control_is_in_the_group_where_what_is_wrong_with_it_is_told(app: AppTest):
    control(app, "first loss").set_value("margin")
    control(app, "data.synthetic.classes").set_value(3).run()
    drawn = dict(groups_of(app.main))
    control(app, "data.source").set_value("synthetic-shapes").run()
    drawn |= groups_of(app.main)
    assert set(drawn) - {"first rule", "first loss", "second rule", "second loss"} == {*chain(*form.PATHS.values())}
    for path, group in drawn.items():
        assert path.endswith((" rule", " loss")) or form.group_of(path) == group


@pytest.mark.parametrize(
    ("key", "group"),
    [
        ("train.margin", "Arms and loss"),
        ("arms.nearest", "Arms and loss"),
        ("arms", "Arms and loss"),
        ("data.synthetic", "Data"),
        ("data.channels", "Data"),
        ("train.memory", "Training"),
        ("model.width", "Training"),
    ],
)
def test_where_what_is_wrong_is_told(key: str, group: str):
    assert form.group_of(key) == group


def test_fifty_modes_and_half_wrong_labels_are_drawn_and_can_be_run(app: AppTest):
    control(app, "data.synthetic.modes").set_value(50)
    control(app, "data.label_noise").set_value(0.49)
    control(app, "model.dim").set_value(2).run()
    assert not app.exception
    assert not app.error
    assert runs(app)


def test_only_what_matters_is_asked_for(app: AppTest):
    assert {"Distance of modes", "Margin"} <= asked(app)
    assert "Boundary beta" not in asked(app)
    control(app, "first loss").set_value("margin").run()
    assert "Boundary beta" in asked(app)
    for side in ("first", "second"):
        control(app, f"{side} loss").set_value("multi-similarity").run()
    assert not asked(app) & {"Boundary beta", "Margin"}
    control(app, "data.source").set_value("synthetic-shapes").run()
    assert not app.exception
    assert "Distance of modes" not in asked(app)
    control(app, "data.synthetic.attributes").set_value([]).run()
    assert "must name at least one of" in app.error[0].value
