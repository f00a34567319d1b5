"""The page Train in a real browser, with real runs of a tiny recipe: from the form to Compare, and away again."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from core import jobs
from core.jobs.status import StatusWriter
from core.recipe.recipe import Recipe
from tests.browser.widgets import choose, fill, pick, ready

SOON, LONG = 30_000, 120_000  # milliseconds; upper bounds for a busy machine
EPOCHS = Recipe.load("digits-parity").train.epochs
SMALL = ("data.max_items=200", "model.width=4", "model.dim=8")


@pytest.fixture(scope="module")
def root(own_root: Callable[[], Path]) -> Path:
    return own_root()


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def view(page: Page, name: str) -> None:
    choose(page.get_by_role("radio", name=re.compile(f"{name}$")))


def field(page: Page, label: str) -> Locator:
    return page.get_by_label(label, exact=True)


def paste(page: Page, toml: str) -> None:
    ready(page.get_by_role("button", name="From TOML")).click()
    area = ready(field(page, "Paste a recipe"))
    area.fill(toml)
    area.press("Control+Enter")
    ready(button(page, "Fill in the form")).click()


def recipe(name: str, epochs: int) -> str:
    return Recipe.load("digits-parity", (*SMALL, f"name={name}", f"train.epochs={epochs}")).to_toml()


def start(page: Page, name: str, epochs: int, label: str) -> None:
    paste(page, recipe(name, epochs))
    expect(field(page, "Epochs")).to_have_value(str(epochs), timeout=SOON)
    page.keyboard.press("Escape")
    ready(button(page, label)).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=SOON)
    page.wait_for_url(re.compile(f"run={name}"))


def test_the_form_checks_what_is_typed_before_anything_is_started(page: Page, url: str) -> None:
    page.goto(f"{url}/train")
    pick(field(page, "Start from"), "digits-parity (shipped)")
    expect(field(page, "Name")).to_have_value("digits-parity", timeout=SOON)
    fill(field(page, "Epochs"), "0")
    expect(page.get_by_text("Please enter a value between 1 and 10000.")).to_be_visible(timeout=SOON)
    expect(page.locator("code", has_text=f"epochs = {EPOCHS}")).to_be_visible()
    fill(field(page, "Epochs"), "3")
    expect(page.locator("code", has_text="epochs = 3")).to_be_visible(timeout=SOON)
    fill(field(page, "Held-out share"), "1")
    expect(page.get_by_text("data.test_fraction must be above 0 and below 1")).to_be_visible(timeout=SOON)
    expect(button(page, "Start the run")).to_be_disabled()
    fill(field(page, "Held-out share"), "0.3")
    expect(button(page, "Start the run")).to_be_enabled(timeout=SOON)
    fill(field(page, "Samples per class"), "4")
    expect(page.get_by_text("4 is too few")).to_be_visible(timeout=SOON)
    ready(page.locator(".st-key-recipe-remove0 button").first).click()
    expect(page.locator("code", has_text="[arms.standard]")).to_have_count(0, timeout=SOON)
    ready(button(page, "Add an arm")).click()
    expect(page.locator("code", has_text="[arms.arm1]")).to_be_visible(timeout=SOON)
    paste(page, 'name = "x\n<b>')
    expect(page.get_by_text("this is not valid TOML")).to_be_visible(timeout=SOON)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Search").click()
    page.get_by_role("link", name="Train").click()
    expect(field(page, "Epochs")).to_have_value("3", timeout=SOON)


def test_a_run_from_the_form_to_compare(page: Page, url: str, root: Path) -> None:
    page.goto(f"{url}/train?view=new")
    expect(field(page, "Epochs")).to_be_visible(timeout=LONG)
    start(page, "long", 200, "Start the run")
    expect(page.get_by_text(re.compile(r"epoch \d+ of 200"))).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile(r"\d:\d\d so far, about \d+:\d\d left"))).to_be_visible(timeout=SOON)
    expect(page.locator("[data-testid=stVegaLiteChart]")).to_have_count(6, timeout=SOON)
    page.reload()
    expect(page.get_by_text(re.compile(r"epoch \d+ of 200"))).to_be_visible(timeout=LONG)

    view(page, "New run")
    start(page, "short", 2, "Add to the queue")
    expect(page.get_by_text("queued, 1st in line").first).to_be_visible(timeout=SOON)
    page.locator(".st-key-run label", has_text="long").click()
    page.locator(".st-key-cancel-long button").click()  # by its key: the other run's button is still there for a moment
    expect(page.get_by_role("dialog")).to_contain_text("long ends at once", timeout=SOON)
    button(page, "Cancel and keep").click()
    expect(page.get_by_text("The run was cancelled. What it had done is kept")).to_be_visible(timeout=SOON)
    kept = len(jobs.get_job(root, "long").status().history)
    assert kept

    button(page, "Resume").click()  # goes to the end of the line, behind the short one, which ends first
    expect(page.get_by_text(re.compile(r"training|queued, 1st in line")).first).to_be_visible(timeout=SOON)
    expect(page.get_by_text(re.compile(r"epoch \d+ of 200"))).to_be_visible(timeout=LONG)
    assert jobs.get_job(root, "short").status().state == "done"
    goes_on = jobs.get_job(root, "long")
    assert len(goes_on.status().history) >= kept
    goes_on.cancel()  # that a resumed run comes to its end needs no browser
    page.locator(".st-key-run label", has_text="short").click()
    button(page, "Open in Compare").click(timeout=SOON)
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(2, timeout=LONG)
    expect(field(page, "Study")).to_have_value(re.compile(r"\(short\)"))


def finished(root: Path, id: str) -> None:
    """The record of a run that is done, and its study."""
    job = jobs.start(Recipe.load("digits-parity", (f"name={id}",)), root=root, command=("true",))
    job.wait(LONG / 1000)
    StatusWriter(job.folder / "status.json").done(job.study)
    shutil.copytree(root / "digits", job.study)


def test_runs_and_studies_are_deleted_once_that_is_confirmed(page: Page, url: str, root: Path) -> None:
    for id in ("alpha", "omega"):
        finished(root, id)
    page.goto(f"{url}/train?view=runs&run=alpha")
    button(page, "Delete").click(timeout=LONG)
    dialog = page.get_by_role("dialog")
    button(page, "Keep it").click()
    expect(dialog).to_have_count(0, timeout=SOON)
    assert (root / "alpha" / "study.json").exists()
    button(page, "Delete").click()
    dialog.get_by_text("Delete its study as well").click()
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog).to_have_count(0, timeout=SOON)
    expect(page.locator(".st-key-run label", has_text="alpha")).to_have_count(0, timeout=SOON)
    assert not (root / "alpha").exists()

    page.locator(".st-key-run label", has_text="omega").click()
    expect(page.get_by_role("heading", name="omega", exact=True)).to_be_visible(timeout=SOON)
    page.get_by_text("Recipe", exact=True).click()
    ready(button(page, "Use in a new run")).click()
    expect(field(page, "Name")).to_have_value("omega", timeout=SOON)
    view(page, "Studies")
    page.locator(".st-key-delete-omega button").click(timeout=SOON)
    button(page, "Delete for good").click()
    expect(page.locator(".st-key-delete-omega")).to_have_count(0, timeout=SOON)
    assert not (root / "omega").exists()
    assert not {"alpha", "omega"} & {job.id for job in jobs.list_jobs(root)}
    page.locator(".st-key-open-digits button").click()
    expect(field(page, "Study")).to_have_value(re.compile(r"even or odd"), timeout=LONG)


def test_a_run_that_is_not_there_is_said_so(page: Page, url: str) -> None:
    page.goto(f"{url}/train?view=runs&run=<b>gone</b>")
    expect(page.get_by_text("There is no run called <b>gone</b>")).to_be_visible(timeout=LONG)
