"""Studies of imported embeddings in a real browser: without pictures, and with them."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.pipeline.importing import import_study
from core.storage.study import Study
from tests.browser.test_app import App, expected_hits, ids_of, open_app, picture, upload

N = 120


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`plain`: one arm of named items. `pictures`: two arms and raw pixels, with modes and a split."""
    folder, studies = tmp_path_factory.mktemp("mine"), tmp_path_factory.mktemp("studies")
    rng = np.random.default_rng(0)
    mode = np.arange(N) % 4
    points = rng.normal(size=(4, 16))[mode] + 0.3 * rng.normal(size=(N, 16))
    np.save(folder / "a.npy", points)
    np.save(folder / "b.npy", points[:, :8] + 0.2)
    for i, brightness in enumerate(mode * 60 + rng.integers(0, 40, N)):
        Image.new("RGB", (16, 12), (int(brightness), i, 90)).save(folder / f"{i}.png")
    label = np.where(mode % 2, "odd", "even")
    pd.DataFrame({"id": [f"sku-{i}" for i in range(N)], "label": label}).to_csv(folder / "plain.csv", index=False)
    paths = [f"{i}.png" for i in range(N)]
    split = np.where(np.arange(N) % 3, "test", "train")
    table = pd.DataFrame({"path": paths, "label": label, "sublabel": mode.astype(str), "split": split})
    table.to_csv(folder / "pictures.csv", index=False)
    import_study(folder / "plain.csv", {"mine": folder / "a.npy"}, studies / "plain")
    arms = {"standard": folder / "a.npy", "nearest": folder / "b.npy"}
    import_study(folder / "pictures.csv", arms, studies / "pictures", images=folder, title="With pictures")
    return studies


def test_one_arm_without_pictures(page: Page, url: str, root: Path) -> None:
    app = open_app(page, f"{url}/?study=plain", Study.load(root / "plain"), maps=1)
    expect(page.get_by_text(re.compile(r"^mine shows .* groups? "))).to_be_visible()
    expect(page.get_by_text("Right arm")).to_have_count(0)
    id = app.lone("mine")
    page.mouse.move(*app.pixel("mine", id))
    expect(app.figure("mine").locator(".card")).to_contain_text(f"#{id} · sku-{id}")
    page.mouse.click(*app.pixel("mine", id))
    app.query_is(f"Item #{id} · sku-{id}")
    expect(app.tiles("mine")).to_have_count(10)
    assert ids_of(app.tiles("mine")) == expected_hits(app.study, "mine", id, 10)
    nearest = ids_of(app.tiles("mine"))[0]
    expect(app.tiles("mine").first).to_contain_text(f"sku-{nearest}")
    expect(page.locator(".gallery canvas, .gallery img")).to_have_count(0)
    page.get_by_role("link", name="Search").click()
    expect(page.get_by_text("A picture cannot be uploaded")).to_be_visible(timeout=30_000)
    expect(page.locator("input[type=file]:not([accept*=npy])")).to_have_count(0)
    page.get_by_text("Search by a vector", exact=True).click()
    field = page.get_by_role("textbox", name="16 numbers")
    field.fill("1, 2, 3")
    field.press("Control+Enter")
    expect(page.get_by_text("This vector has 3 numbers, and mine takes 16.")).to_be_visible(timeout=30_000)
    field.fill(", ".join(map(str, app.study.arm("mine").embeddings[id].tolist())))
    field.press("Control+Enter")
    app.query_is("Your vector")
    assert ids_of(app.tiles("mine"))[0] == id
    page.get_by_role("button", name="Random item").click()
    app.query_is("sku-")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_two_arms_with_pictures(page: Page, url: str, root: Path) -> None:
    study = Study.load(root / "pictures")
    app: App = open_app(page, f"{url}/?study=pictures", study)
    page.get_by_role("button", name="All figures").click()
    expect(page.get_by_text("nearest against standard, on 80 held-out items")).to_be_visible()
    page.keyboard.press("Escape")
    id = app.lone("standard")
    page.mouse.click(*app.pixel("standard", id))
    app.query_is(f"Item #{id}")
    for arm in study.arms:
        expect(app.tiles(arm)).to_have_count(10)
        assert ids_of(app.tiles(arm)) == expected_hits(study, arm, id, 10)
    expect(app.tiles("nearest").first.locator("canvas")).to_have_count(1)
    page.goto(f"{url}/search?study=pictures&right=pixels")
    item = int(np.flatnonzero(study.evaluated)[7])
    upload(page, "mine.png", picture(study, item, "PNG"), "image/png")
    app.query_is("mine.png")
    expect(page.get_by_text("standard was imported without its network")).to_be_visible()
    expect(page.locator(".gallery .column")).to_have_count(1)
    assert ids_of(app.tiles("pixels"))[0] == item
