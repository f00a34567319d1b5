"""The logic of the page Train, without a browser; runs are a small script that works until it is told to end."""

import errno
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.access import changes
from app.train import runs
from app.widgets.markdown import escape_markdown
from core import jobs
from core.authoring.form_schema import recipe_keys
from core.jobs.job import Job
from core.jobs.status import StatusWriter
from core.recipe.recipe import Recipe

MAIN = str(Path(__file__).parents[3] / "app" / "script.py")
SLEEP = (sys.executable, "-c", "import time; time.sleep(300)")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "studies"
    monkeypatch.setenv("UNCOLLAPSE_STUDIES", str(folder))
    start = jobs.start
    monkeypatch.setattr(changes, "start", lambda recipe, **options: start(recipe, **options, command=SLEEP))
    yield folder
    for job in jobs.list_jobs(folder):
        job.cancel()


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60).switch_page("train/train.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def field(app: AppTest, path: str):
    """The widget of a recipe's key."""
    widgets = [*app.text_input, *app.number_input, *app.selectbox, *app.toggle]
    return next(widget for widget in widgets if widget.key == f"recipe.{path}")


def shown(app: AppTest) -> Recipe:
    return Recipe.from_dict(tomllib.loads(app.code[0].value))


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def finished(root: Path, study: Path) -> Job:
    """A run that is done, with its study."""
    job = jobs.start("digits-parity", root=root)
    job.cancel()
    writer = StatusWriter(job.folder / "status.json")
    writer.update(stage="train", arm="nearest", epoch=1, epochs=1, row={"loss": 0.5, "kappa": 1.0})
    writer.done(job.study)
    shutil.copytree(study, job.study)
    return job


def test_the_form_shows_the_default_recipe_and_gives_it_back(root: Path) -> None:
    app = open_page()
    assert shown(app) == Recipe.load("mnist-parity")
    assert not app.error
    assert "at least 8 samples per class" in app.info[0].value


@pytest.mark.parametrize(
    ("path", "value", "read"),
    [
        ("train.epochs", 7, lambda r: r.train.epochs == 7),
        ("train.loss", "margin", lambda r: r.train.loss == "margin"),
        ("train.negatives", None, lambda r: r.train.negatives is None),
        ("model.name", "resnet18", lambda r: r.model.name == "resnet18"),
        ("augment.flip", True, lambda r: r.augment.flip),
        ("arm1.positives", "hardest", lambda r: r.arms["nearest"].positives == "hardest"),
        ("arm0.name", "plain", lambda r: [*r.arms] == ["plain", "nearest"]),
    ],
)
def test_what_is_chosen_is_in_the_recipe(root: Path, path: str, value: object, read) -> None:
    app = open_page()
    field(app, path).set_value(value)
    app.run()
    assert not app.exception
    assert read(shown(app))


def test_an_option_of_no_arm_s_loss_is_closed_and_left_out(root: Path) -> None:
    app = open_page()
    field(app, "train.loss").set_value("nt-xent")
    field(app, "train.negatives").set_value(None)
    app.run()
    assert field(app, "train.margin").disabled
    assert shown(app).train.margin is None
    assert not app.error


def test_a_loss_of_all_pairs_asks_for_no_rule_and_one_of_two_views_for_augmentation(root: Path) -> None:
    app = open_page()
    field(app, "arm1.loss").set_value("l-spread")
    app.run()
    assert any("two random views" in error.value for error in app.error)
    field(app, "augment.crop").set_value(0.5)
    app.run()
    assert any("has no positive to choose; remove positives" in error.value for error in app.error)
    field(app, "arm1.positives").set_value(None)
    field(app, "train.spread").set_value(0.25)
    app.run()
    assert not app.error
    made = shown(app)
    assert (made.loss_of("nearest"), made.arms["nearest"].positives, made.train.spread) == ("l-spread", None, 0.25)


def test_the_prevention_study_fills_in_the_form_and_comes_back(root: Path) -> None:
    app = open_page()
    next(box for box in app.selectbox if box.key == "origin").select("recipe prevention").run()
    assert not app.exception
    assert not app.error
    assert shown(app) == Recipe.load("prevention")


def test_arms_are_added_and_removed_but_for_the_last(root: Path) -> None:
    app = open_page()
    app.button(key="add-arm").click().run()
    assert [*shown(app).arms] == ["standard", "nearest", "arm1"]
    for slot in (0, 2):
        app.button(key=f"recipe.remove{slot}").click().run()
    assert [*shown(app).arms] == ["nearest"]
    assert app.button(key="recipe.remove1").disabled


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("train.lr", 0.0, "train.lr must be above 0 and at most 10"),
        ("data.image_size", 7, "data.image_size must be 0 or 8 to 512"),
        ("train.memory", 63, "train.memory must be 0 or hold at least one batch"),
        ("name", "a b", "name must be letters"),
        ("arm0.name", "nearest", 'two arms are called "nearest"'),
        ("data.path", "/no/such/folder", "data.path: there is nothing at"),
    ],
)
def test_a_wrong_recipe_is_one_sentence_and_cannot_be_started(root: Path, path, value, sentence) -> None:
    app = open_page()
    field(app, path).set_value(value)
    app.run()
    assert not app.exception
    assert sentence in app.error[0].value.replace("\\", "")
    assert app.button(key="start").disabled


def test_everything_that_is_wrong_is_named(root: Path) -> None:
    app = open_page()
    field(app, "train.lr").set_value(0.0)
    field(app, "data.image_size").set_value(7).run()
    assert [box.value.split(" must")[0].replace("\\", "") for box in app.error] == ["data.image_size", "train.lr"]


def test_numbers_are_asked_for_within_the_ranges_of_the_recipe(root: Path) -> None:
    app = open_page()
    asked = {widget.key: widget for widget in app.number_input}
    numbers = [key for key in recipe_keys() if key.kind in {"integer", "number"}]
    assert {f"recipe.{key.path}" for key in numbers} == set(asked)
    for key in numbers:
        widget = asked[f"recipe.{key.path}"]
        assert (widget.min, widget.max) == (key.bounds.lowest, key.bounds.max), key.path
        assert f"Range: {key.bounds}." in widget.help


@pytest.mark.parametrize("text", ['name = "x', "name = 1", "[" * 3000, 'name = "x"\nlr = 1'])
def test_broken_toml_is_one_sentence_and_the_form_stays(root: Path, text: str) -> None:
    app = open_page()
    app.session_state["toml"] = text
    app.run()
    next(button for button in app.button if button.label == "Fill in the form").click().run()
    assert not app.exception
    assert len(app.error) == 1
    assert shown(app) == Recipe.load("mnist-parity")


def test_any_valid_recipe_fills_the_form(root: Path) -> None:
    recipe = Recipe.load("digits-parity", ("arms.old.checkpoint=pretrained", "model.weights=w", "data.max_items=50"))
    app = open_page()
    app.text_area(key="toml").set_value(recipe.to_toml()).run()
    next(button for button in app.button if button.label == "Fill in the form").click().run()
    assert not app.exception
    assert shown(app) == recipe


def test_the_recipe_of_a_study_can_be_started_from(root: Path, study_folder: Path) -> None:
    shutil.copytree(study_folder, root / "tiny")
    app = open_page()
    app.selectbox(key="origin").set_value("study tiny").run()
    assert not app.exception
    assert shown(app).data.max_items == 300


def test_the_second_run_waits_and_may_skip_the_line(root: Path) -> None:
    app = open_page()
    assert app.button(key="start").label == "Start the run"
    app.button(key="start").click().run()
    assert app.radio(key="run").value == "mnist-parity"
    assert "Cancel" in labels(app)
    app = open_page(view="new")
    assert (app.button(key="start").label, "Start now" in labels(app)) == ("Add to the queue", True)
    app.button(key="start").click().run()
    second = jobs.get_job(root, "mnist-parity-2")
    assert len(second.ahead()) == 1
    next(button for button in app.button if button.label == "Start now").click().run()
    assert not app.exception
    assert second.ahead() == []
    app.button(key="cancel-mnist-parity-2").click().run()
    assert second.status().state == "cancelled"
    assert {"Resume", "Delete"} <= set(labels(app))


def test_a_failed_run_shows_why_and_the_end_of_its_log(root: Path) -> None:
    job = jobs.start("digits-parity", root=root)
    job.cancel()
    StatusWriter(job.folder / "status.json").failed("the folder `x` is empty")
    (job.folder / "log.txt").write_text("first\nlast words")
    app = open_page(view="runs")
    assert "is empty" in app.error[0].value
    assert "last words" in app.code[0].value
    assert "Resume" in labels(app)


def test_a_run_deleted_under_the_page_is_one_sentence(root: Path) -> None:
    job = jobs.start("digits-parity", root=root)
    job.cancel()
    app = open_page(view="runs", run=job.id)
    shutil.rmtree(job.folder)
    app.button(key=f"resume-{job.id}").click().run()
    assert not app.exception
    assert "there is no run called" in app.error[0].value
    assert "no runs yet" in app.info[0].value


def test_a_full_disk_is_one_sentence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    app = open_page()
    monkeypatch.setattr(Path, "write_text", full)
    app.button(key="start").click().run()
    assert not app.exception
    assert "No space left on device" in app.error[0].value


@pytest.mark.parametrize("too", [False, True])
def test_a_run_is_deleted_once_that_is_confirmed(root: Path, study_folder: Path, too: bool) -> None:
    job = finished(root, study_folder)
    app = open_page(view="runs")
    app.button(key=f"delete-{job.id}").click().run()
    assert jobs.list_jobs(root) == [job]
    app.checkbox[0].set_value(too)
    app.button(key="answer-really-delete").click().run()
    assert not app.exception
    assert jobs.list_jobs(root) == []
    assert job.study.exists() is not too


def test_a_study_is_deleted_with_the_record_of_its_run(root: Path, study_folder: Path) -> None:
    job = finished(root, study_folder)
    app = open_page(view="studies")
    app.button(key=f"delete-{job.id}").click().run()
    assert job.study.exists()
    app.button(key="really-delete-study").click().run()
    assert not app.exception
    assert not job.study.exists()
    assert jobs.list_jobs(root) == []
    assert "no studies" in app.info[0].value


def test_without_runs_the_page_says_what_to_do(root: Path) -> None:
    app = open_page(view="runs")
    assert "no runs yet" in app.info[0].value
    app.button(key="first-run").click().run()
    assert not app.exception
    assert app.button(key="start").label == "Start the run"


def test_older_runs_are_shown_on_demand(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "SHOWN", 2)
    for _ in range(5):
        jobs.start("digits-parity", root=root).cancel()
    ids = [job.id for job in jobs.list_jobs(root)]
    app = open_page(view="runs")
    assert app.radio(key="run").options == [escape_markdown(id) for id in ids[:2]]
    app.button(key="older-runs").click().run()
    assert len(app.radio(key="run").options) == 4
    app.button(key="older-runs").click().run()
    assert len(app.radio(key="run").options) == 5
    assert "older-runs" not in [button.key for button in app.button]
    again = open_page(view="runs", run=ids[3])  # an address leads to an older one too
    assert again.radio(key="run").value == ids[3]


def test_a_recipe_that_reads_outside_of_the_configured_folders_is_refused(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNCOLLAPSE_DATA", str(tmp_path / "data"))
    app = open_page()
    assert not app.error
    field(app, "data.source").set_value("folder")
    field(app, "data.path").set_value("/etc/<b>secret</b>").run()
    assert "outside of what this server may read" in app.error[0].value
    assert "<b>" not in app.error[0].value
    assert app.button(key="start").disabled
