"""The app in a real browser, on a study really trained: from the first run to the last tile."""

import io
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from core.analysis.selected import selected
from core.storage.study import Study
from tests.browser.widgets import at_rest, ready

REPO = Path(__file__).parent.parent.parent
ARMS = ("standard", "nearest")
TRAINING = r"training standard and nearest, epoch \d+ of 12"


@dataclass
class App:
    """A page of the app, and the study it shows."""

    page: Page
    study: Study

    def figure(self, arm: str) -> Locator:
        title = self.page.locator("h3.title", has_text=re.compile(f"^{arm}$"))
        return self.page.locator(".twin-map figure").filter(has=title)

    def pixel(self, arm: str, id: int) -> tuple[float, float]:
        """Where an item is drawn: the whole map in the middle, one scale for both axes, 8 % to spare."""
        layout = self.study.map(arm)[self.study.evaluated]
        low, high = layout.min(axis=0), layout.max(axis=0)
        stage = self.figure(arm).locator(".stage")
        stage.scroll_into_view_if_needed()
        box = stage.bounding_box()
        size = np.array([box["width"] - 2, box["height"] - 2])
        scale = ((high - low) / size).max() * 1.08
        x, y = (self.study.map(arm)[id] - (low + high) / 2) / scale * (1, -1) + size / 2 + 1
        return box["x"] + x, box["y"] + y

    def lone(self, arm: str) -> int:
        """The item farthest from its nearest neighbour on a map: pointing at it is unambiguous."""
        ids = np.flatnonzero(self.study.evaluated)
        place = self.study.map(arm)[ids]
        gaps = np.linalg.norm(place[:, None] - place[None], axis=2) + np.eye(len(place)) * 1e9
        return int(ids[gaps.min(axis=1).argmax()])

    def column(self, arm: str) -> Locator:
        return self.page.locator(".gallery .column").filter(has=self.page.get_by_role("heading", name=arm, exact=True))

    def tiles(self, arm: str) -> Locator:
        return self.column(arm).locator(".tile")

    def query_is(self, text: str) -> None:
        expect(self.page.locator(".gallery .query")).to_contain_text(text, timeout=30_000)


def open_app(page: Page, address: str, study: Study, *, maps: int = 2) -> App:
    page.goto(address)
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(maps, timeout=60_000)
    at_rest(page)
    return App(page, study)


@pytest.fixture
def app(page: Page, digits_url: str, study: Study) -> App:
    return open_app(page, digits_url, study)


def picture(study: Study, id: int, format: str) -> bytes:
    buffer = io.BytesIO()
    study.picture(id).save(buffer, format, quality=95)
    return buffer.getvalue()


def upload(page: Page, name: str, data: bytes, mime: str) -> None:
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": mime, "buffer": data})


def expected_hits(study: Study, arm: str, id: int, k: int) -> list[int]:
    """Nearest first, by brute force."""
    ids = np.flatnonzero(study.evaluated)
    distances = np.linalg.norm(study.arm(arm).embeddings[ids].astype(float) - study.arm(arm).embeddings[id], axis=1)
    return [int(i) for i in ids[np.argsort(distances, kind="stable")] if i != id][:k]


def ids_of(tiles: Locator) -> list[int]:
    return [int(text) for text in tiles.evaluate_all("tiles => tiles.map(t => t.dataset.id)")]


def test_hovering_an_item_shows_it_on_both_maps(app: App) -> None:
    id = app.lone("standard")
    app.page.mouse.move(*app.pixel("standard", id))
    for arm in ARMS:
        card = app.figure(arm).locator(".card")
        expect(card).to_contain_text(f"#{id}")
        expect(card).to_contain_text(app.study.items["label"][id])


def test_click_then_tile_then_back(app: App) -> None:
    id = app.lone("nearest")
    app.page.mouse.click(*app.pixel("nearest", id))
    app.query_is(f"Item #{id}")
    for arm in ARMS:
        expect(app.tiles(arm)).to_have_count(10)
        assert ids_of(app.tiles(arm)) == expected_hits(app.study, arm, id, 10)
    second = ids_of(app.tiles("standard"))[2]
    app.tiles("standard").nth(2).click()
    app.query_is(f"Item #{second}")
    assert f"item={second}" in app.page.url
    app.page.get_by_role("button", name="Back").click()
    app.query_is(f"Item #{id}")
    expect(app.tiles("nearest").first).to_have_attribute("data-id", str(expected_hits(app.study, "nearest", id, 1)[0]))


def test_lasso_selects_on_both_maps_and_names_what_it_holds(app: App) -> None:
    app.page.locator("button[data-tool=box]").click()
    box = app.figure("standard").locator(".stage").bounding_box()
    app.page.mouse.move(box["x"] + 3, box["y"] + 3)
    app.page.mouse.down()
    app.page.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] - 3, steps=6)
    app.page.mouse.up()
    n = int(app.study.evaluated.sum())
    expect(app.page.get_by_text(re.compile(rf"^{n} selected"))).to_be_visible(timeout=20_000)
    strip = app.page.locator(".strips .column")
    expect(strip).to_have_count(2)
    for column, arm in zip(strip.all(), ARMS, strict=True):
        found = selected(app.study, arm, np.flatnonzero(app.study.evaluated), shown=12)
        assert ids_of(column.locator(".tile")) == found.middle.tolist()
        expect(column).to_contain_text(f"{found.mutual} of {n} are each other's neighbours")
    ready(app.page.get_by_role("button", name="Export")).click()
    with app.page.expect_download() as download:
        app.page.locator(".st-key-export-selection").get_by_role("button", name="CSV").click()
    assert len(Path(download.value.path()).read_text().splitlines()) == n + 1


def test_the_address_restores_the_view(app: App, new_page: Callable[..., Page]) -> None:
    id = int(np.flatnonzero(app.study.evaluated)[5])
    address = f"{app.page.url.split('?')[0]}?study=digits&left=pixels&right=standard&item={id}&k=20&colour=class"
    again = open_app(new_page(), address, app.study)
    again.query_is(f"Item #{id}")
    expect(again.figure("pixels")).to_be_visible()
    expect(again.tiles("standard")).to_have_count(20)
    assert ids_of(again.tiles("pixels")) == expected_hits(app.study, "pixels", id, 20)
    expect(again.page.get_by_label("Colour by")).to_have_value("class")


def test_an_address_that_makes_no_sense_is_harmless(
    new_page: Callable[..., Page], digits_url: str, study: Study
) -> None:
    address = f"{digits_url}/?left=nobody&right=%3Cscript%3E&item=-7&k=9999&colour=none"
    app = open_app(new_page(), address, study)
    expect(app.figure("standard")).to_be_visible()
    expect(app.page.get_by_test_id("stException")).to_have_count(0)
    app.page.goto(f"{digits_url}/?study=../../etc")
    expect(app.page.get_by_test_id("stAlert")).to_contain_text("The study ../../etc is not here", timeout=60_000)


def test_swapping_the_arms(app: App) -> None:
    app.page.get_by_test_id("stButton").filter(has_text="swap_horiz").get_by_role("button").click()
    expect(app.page.locator(".twin-map h3.title").first).to_have_text("nearest", timeout=20_000)
    app.page.locator("body").press("t")
    expect(app.page.locator(".twin-map h3.title").first).to_have_text("standard", timeout=20_000)


def test_choosing_a_class_selects_its_items(app: App) -> None:
    table = app.page.get_by_test_id("stDataFrame").first
    table.scroll_into_view_if_needed()
    box = table.bounding_box()
    app.page.mouse.click(box["x"] + 15, box["y"] + 83)  # the box before the first row, below two lines of headings
    items = app.study.items[app.study.evaluated]
    n = int((items["label"] == "even").sum())
    expect(app.page.get_by_text(re.compile(rf"^{n} selected"))).to_be_visible(timeout=20_000)


@pytest.mark.parametrize(("format", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
def test_an_uploaded_picture_finds_its_like(app: App, digits_url: str, format: str, mime: str) -> None:
    id = int(np.flatnonzero(app.study.evaluated)[7])
    app.page.goto(f"{digits_url}/search")
    upload(app.page, f"mine.{format.lower()}", picture(app.study, id, format), mime)
    app.query_is(f"mine.{format.lower()}")
    for arm in ARMS:
        expect(app.tiles(arm)).to_have_count(10)
        assert id in ids_of(app.tiles(arm))[: 1 if format == "PNG" else 5]  # the picture itself, JPEG with loss
    for arm in ARMS:
        stage, label = app.figure(arm).locator(".stage").bounding_box(), app.figure(arm).locator(".query text")
        expect(label).to_contain_text("approximate")
        box = label.bounding_box()
        assert stage["x"] <= box["x"]
        assert box["x"] + box["width"] <= stage["x"] + stage["width"] + 1
    app.tiles("nearest").first.click()
    app.query_is("Item #")
    app.page.get_by_role("button", name="Back").click()
    app.query_is(f"mine.{format.lower()}")


@pytest.mark.parametrize("data", [b"this is no picture", b"", b"\x89PNG\r\n\x1a\n" + b"\0" * 50])
def test_an_upload_that_is_no_picture_says_so(app: App, digits_url: str, data: bytes) -> None:
    app.page.goto(f"{digits_url}/search")
    upload(app.page, "notes.png", data, "image/png")
    alert = app.page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("notes.png", timeout=20_000)
    expect(app.page.get_by_test_id("stException")).to_have_count(0)
    expect(app.page.locator(".twin-map canvas.drawn")).to_have_count(2)


def test_a_fresh_server_opens_at_any_page(page: Page, serve: Callable[..., Any], digits_root: Path) -> None:
    address = serve("app/main.py", env={"UNCOLLAPSE_STUDIES": str(digits_root)}).url
    open_app(page, f"{address}/search", Study.load(digits_root / "digits"))
    expect(page.get_by_role("link", name="Compare")).to_be_visible()
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)


def test_a_broken_study_leaves_the_others_usable(
    page: Page, serve: Callable[..., Any], digits_root: Path, tmp_path: Path
) -> None:
    shutil.copytree(digits_root / "digits", tmp_path / "good")
    shutil.copytree(digits_root / "digits", tmp_path / "bad")
    (tmp_path / "bad" / "items.parquet").write_bytes(b"gone wrong")
    address = serve("app/main.py", env={"UNCOLLAPSE_STUDIES": str(tmp_path)}).url
    page.goto(f"{address}/?study=bad")
    expect(page.get_by_test_id("stAlert")).to_contain_text("bad", timeout=30_000)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    open_app(page, f"{address}/?study=good", Study.load(tmp_path / "good"))


def test_the_first_run_makes_the_default_study(page: Page, serve: Callable[..., Any], tmp_path: Path) -> None:
    """Nothing there yet: the default study is trained under the user's eyes, can be stopped, and opens when done.

    Of fewer items here; tests/benchmarks/default_study.py measures what it shows in full.
    """
    env = {"UNCOLLAPSE_STUDIES": str(tmp_path), "OMP_NUM_THREADS": "1"}
    page.goto(serve("app/main.py", env=env, module="tests.browser.small_default").url)
    expect(page.get_by_text("Your first study is being made")).to_be_visible(timeout=30_000)
    expect(page.get_by_text(re.compile(TRAINING))).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("The run was cancelled")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text(re.compile(TRAINING))).to_be_visible(timeout=120_000)
    page.reload()
    expect(page.get_by_text(re.compile(TRAINING))).to_be_visible(timeout=60_000)
    curves = page.locator("[data-testid=stVegaLiteChart]").first
    expect(curves).to_be_visible(timeout=60_000)
    assert curves.bounding_box()["height"] > 300  # with its title, axis and legend: less leaves no room for the lines
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(2, timeout=120_000)
    app = App(page, Study.load(tmp_path / "mnist-parity"))
    id = app.lone("nearest")
    page.mouse.click(*app.pixel("nearest", id))
    app.query_is(f"Item #{id}")
    assert os.listdir(tmp_path / ".jobs") == ["mnist-parity"]
