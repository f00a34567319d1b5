"""The Lab in a real browser: the sliders answer at once, points move, an experiment runs and opens in Compare."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from core.analysis.label_noise import wrong_labels
from core.analysis.recommendations import samples_for_every_class
from core.storage.study import Study
from tests.browser.widgets import choose, fill, ready, slide


@pytest.fixture(scope="module")
def url(serve: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> str:
    return serve("app/main.py", env={"UNCOLLAPSE_STUDIES": str(tmp_path_factory.mktemp("studies"))}).url


def badge(page: Page, rule: str) -> Locator:
    card = page.locator("[data-testid=stVerticalBlock]").filter(has=page.get_by_text(f"{rule} positives", exact=True))
    return card.last.locator(".stMarkdownBadge").first


def test_sliders_say_who_collapses(page: Page, url: str) -> None:
    page.goto(f"{url}/lab?samples=8&noise=10")
    expect(badge(page, "Random")).to_have_text("the class collapses", timeout=90_000)
    expect(badge(page, "Nearest")).to_have_text("the class keeps its modes apart")
    slide(page, "Samples of a class in a batch", "ArrowLeft", times=6, to="2")  # where the nearest is the only one
    expect(badge(page, "Nearest")).to_have_text("the class collapses", timeout=30_000)
    expect(page).to_have_url(re.compile(r"samples=2\b"))
    slide(page, "Wrong labels", "Home", to="0")
    expect(badge(page, "Random")).to_have_text("the class is not drawn together", timeout=30_000)


def test_the_study_on_screen_is_marked_by_its_wrong_labels(page: Page, digits_url: str, study: Study) -> None:
    noise, samples = wrong_labels(study), samples_for_every_class(study)
    assert noise is not None
    assert samples is not None
    page.goto(f"{digits_url}/classes?study=digits")
    expect(page.get_by_text("training labels are wrong")).to_be_visible(timeout=90_000)
    page.get_by_role("link", name="Lab").click()
    expect(page.get_by_text(f"{noise.sentence} {samples.sentence}")).to_be_visible(timeout=90_000)
    plot = page.locator(".st-key-phase .js-plotly-plot")
    expect(plot).to_be_visible(timeout=30_000)
    band = plot.evaluate("plot => Array.from(plot._fullData.find(t => t.fill === 'toself').x)")
    assert (band[0], band[2]) == pytest.approx((max(0.1, 100 * noise.low), 100 * noise.high))


def test_free_points_move_and_can_be_scrubbed(page: Page, url: str) -> None:
    page.goto(f"{url}/lab")
    ready(page.get_by_role("button", name="Let them move")).click()
    plot = page.locator(".js-plotly-plot").last
    expect(plot.locator(".slider-group")).to_be_visible(timeout=60_000)
    places = "plot => plot._fullData.map(t => [Array.from(t.x), Array.from(t.y)])"
    before = plot.evaluate(places)
    plot.locator(".updatemenu-button").first.click()
    deadline = time.monotonic() + 20
    while plot.evaluate(places) == before:
        assert time.monotonic() < deadline, "the points do not move"
        page.wait_for_timeout(100)


def test_an_experiment_is_watched_over_a_reload_and_cancelled(page: Page, url: str) -> None:
    page.goto(f"{url}/lab?lab=experiments")
    card = page.locator(".st-key-preset-noise")
    ready(card.get_by_role("button", name="Run it")).click()
    expect(card.get_by_text(re.compile(r"epoch \d+ of"))).to_be_visible(timeout=90_000)
    expect(card.locator("[data-testid=stVegaLiteChart]")).to_have_count(2, timeout=30_000)
    page.reload()
    card.get_by_role("button", name="Cancel").click(timeout=60_000)
    expect(card.get_by_text("The run was cancelled")).to_be_visible(timeout=60_000)
    card.get_by_role("button", name="Run it again").click()
    card.get_by_role("button", name="Cancel").click(timeout=30_000)
    expect(card.get_by_text("The run was cancelled")).to_be_visible(timeout=60_000)


def test_an_experiment_of_ones_own_runs_and_opens_in_compare(page: Page, url: str) -> None:
    page.goto(f"{url}/lab?lab=own")
    expect(page.get_by_text("2,000 vectors, 10 % wrong labels")).to_be_visible(timeout=90_000)
    slide(page, "Wrong labels", "End", to="49%")
    slide(page, "Epochs", "Home", to="1")
    slide(page, "Embedding dimension", "Home", to="2")
    expect(page.get_by_text("With two dimensions the map is the embedding itself")).to_be_visible(timeout=30_000)
    items = page.get_by_role("spinbutton", name="Items")
    fill(items, "9")
    expect(page.get_by_text("data.synthetic.items must be at least 16")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name="Run it")).to_be_disabled()
    fill(items, "64")
    expect(page.get_by_text("64 vectors, 49 % wrong labels")).to_be_visible(timeout=30_000)
    choose(page.get_by_role("radio", name="Pictures of shapes"))
    expect(page.get_by_text("64 pictures, 49 % wrong labels")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Pictures in a frame carry the wrong label")).to_be_visible(timeout=30_000)
    ready(page.get_by_role("button", name="Run it")).click()
    expect(page.get_by_text("so far")).to_be_visible(timeout=30_000)
    ready(page.get_by_role("button", name="Open in Compare"), timeout=90_000).click()
    expect(page.get_by_role("combobox", name="Study")).to_have_value(re.compile("64 pictures"), timeout=30_000)
    expect(page.locator(".st-key-headline")).to_be_visible(timeout=60_000)
