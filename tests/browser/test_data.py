"""The Data page in a real browser: pictures checked and handed to the form, embeddings checked and imported."""

import io
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.storage.study import Study
from tests.browser.widgets import fill, pick, ready


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("studies")


def zipped(*, broken: bool) -> bytes:
    rng, buffer = np.random.default_rng(0), io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in [f"shop/{kind}/{number}.png" for kind in ("bags", "hats") for number in range(8)]:
            picture = io.BytesIO()
            Image.fromarray(rng.integers(0, 255, (12, 12, 3)).astype(np.uint8)).save(picture, "PNG")
            archive.writestr(name, b"nothing" if broken and name.endswith("hats/3.png") else picture.getvalue())
    return buffer.getvalue()


def matrix(points: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, points.astype(np.float32))
    return buffer.getvalue()


def test_pictures_are_checked_and_become_a_recipe(page: Page, url: str) -> None:
    page.goto(f"{url}/data")
    upload = page.locator("input[type=file]")
    upload.set_input_files({"name": "shop.zip", "mimeType": "application/zip", "buffer": zipped(broken=True)})
    expect(page.get_by_text("cannot be used yet: 1 error")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="Write a recipe for it")).to_have_count(0)
    ready(page.get_by_role("button", name="Remove").first).click()
    expect(page.get_by_text("Nothing is trained or changed here")).to_be_visible(timeout=30_000)
    upload.set_input_files({"name": "shop.zip", "mimeType": "application/zip", "buffer": zipped(broken=False)})
    expect(page.get_by_text("16 pictures of 2 classes can be used")).to_be_visible(timeout=60_000)
    ready(page.get_by_role("button", name="Write a recipe for it")).click()
    expect(page.get_by_role("heading", name="The recipe")).to_be_visible(timeout=60_000)
    expect(page.locator("code", has_text="shop.zip").first).to_be_visible()
    expect(page.get_by_role("button", name="Start the run")).to_be_enabled()


def test_a_folder_is_checked_mended_and_becomes_a_recipe(page: Page, url: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(broken=True))) as archive:
        archive.extractall(tmp_path)
    page.goto(f"{url}/data")
    field = page.get_by_label("Folder, zip or table on the machine that runs the app")
    fill(field, str(tmp_path / "shop"))
    expect(page.get_by_text("cannot be used yet: 1 error")).to_be_visible(timeout=60_000)
    cells = page.get_by_test_id("stDataFrame").locator("table tbody td")
    expect(cells.filter(has_text="hats/3.png").first).to_be_attached(timeout=30_000)
    shutil.rmtree(tmp_path / "shop" / "hats")
    shutil.copytree(tmp_path / "shop" / "bags", tmp_path / "shop" / "hats")
    page.reload()  # the folder is in the address
    expect(page.get_by_text("16 pictures of 2 classes can be used")).to_be_visible(timeout=60_000)
    ready(page.get_by_role("button", name="Write a recipe for it")).click()
    expect(page.locator("code", has_text=f'path = "{tmp_path / "shop"}"').first).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="Start the run")).to_be_enabled()


def test_a_path_that_leads_nowhere_is_a_sentence(page: Page, url: str) -> None:
    page.goto(f"{url}/data")
    field = page.get_by_label("Folder, zip or table on the machine that runs the app")
    fill(field, "/no/such/folder")
    expect(page.get_by_text("cannot be used yet")).to_be_visible(timeout=60_000)


def test_embeddings_are_checked_imported_and_opened(page: Page, url: str, root: Path) -> None:
    rng = np.random.default_rng(1)
    labels, modes = rng.integers(0, 3, 90), rng.integers(0, 2, 90)
    points = 3 * np.eye(8)[labels] + np.eye(8)[3 + modes] + 0.1 * rng.normal(size=(90, 8))
    holed = points.copy()
    holed[7] = np.nan
    table = "label,sublabel\n" + "".join(f"c{a},m{b}\n" for a, b in zip(labels, modes, strict=True))
    page.goto(f"{url}/data?kind=embeddings")
    table_upload, upload = (page.get_by_role("region", name=name) for name in ("Table of items", "Matrices"))
    file = {"name": "items.csv", "mimeType": "text/csv", "buffer": table.encode()}
    table_upload.locator("input[type=file]").set_input_files(file, timeout=60_000)
    expect(page.get_by_role("button", name="Remove items.csv")).to_be_visible(timeout=60_000)
    binary = "application/octet-stream"
    upload.locator("input[type=file]").set_input_files(
        [{"name": "holed.npy", "mimeType": binary, "buffer": matrix(holed)}]
    )
    expect(page.get_by_text("holed.npy: 1 row holds NaN")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    ready(page.get_by_role("button", name="Remove").last).click()
    good = [{"name": f"{name}.npy", "mimeType": binary, "buffer": matrix(points)} for name in ("My Model", "before")]
    upload.locator("input[type=file]").set_input_files(good)
    expect(page.get_by_label("Name of My Model.npy")).to_have_value("my-model", timeout=60_000)
    pick(page.get_by_role("combobox", name="Reference"), "before")
    expect(page.get_by_text("90 items of 3 classes, 6 modes; 1 arm.")).to_be_visible(timeout=60_000)
    ready(page.get_by_role("button", name="Import", exact=True)).click()
    ready(page.get_by_role("button", name="Open in Compare"), timeout=120_000).click()
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(2, timeout=60_000)
    study = Study.load(root / "items")
    assert (study.arms, study.references, len(study.items)) == (["my-model"], ["before"], 90)
    page.goto(f"{url}/data?kind=embeddings")
    ready(page.get_by_role("button", name="Clear")).click()
    expect(page.get_by_role("heading", name="Imports")).to_have_count(0, timeout=30_000)
    assert (root / "items" / "study.json").exists()
