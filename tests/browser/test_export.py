"""What the Export popover gives, from the file's first byte on."""

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.search import hits
from core.study import Study


@pytest.fixture(scope="module")
def root(study_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studies")
    shutil.copytree(study_folder, folder / "digits")
    return folder


@pytest.fixture(scope="module")
def url(serve: Callable[..., Any], root: Path) -> str:
    return serve("app/main.py", env={"UNCOLLAPSE_STUDIES": str(root)}).url


def test_link_tables_and_maps(new_page: Callable[..., Page], url: str, root: Path) -> None:
    study = Study.load(root / "digits")
    item = int(np.flatnonzero(study.evaluated)[3])
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{url}/?item={item}")
    expect(page.locator(".twin-map canvas.gl-canvas-context")).to_have_count(2, timeout=60_000)
    expect(page.locator(".gallery .query")).to_be_visible(timeout=30_000)

    def saved(key: str, name: str) -> bytes:
        with page.expect_download(timeout=30_000) as caught:
            page.locator(f".st-key-{key}").get_by_role("button", name=name).click()
        return Path(caught.value.path()).read_bytes()

    page.get_by_role("button", name="Export").press("Enter")
    copy = page.get_by_role("button", name="Copy the address")
    copy.focus()
    copy.press("Enter")
    expect(page.get_by_text("Link copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    found = pd.read_parquet(io.BytesIO(saved("export-hits", "Parquet")))
    for arm in ("standard", "nearest"):
        assert found.loc[found["arm"] == arm, "id"].tolist() == hits(study, arm, item, 10)["id"].tolist()
    rows = list(csv.DictReader(io.StringIO(saved("export-classes", "CSV").decode())))
    assert [row["class"] for row in rows] == ["even", "odd"]
    picture = Image.open(io.BytesIO(saved("export-maps", "PNG")))
    assert picture.width > 1500
    assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 100
    drawing = saved("export-maps", "SVG").decode()
    assert drawing.count('class="point"') >= 2 * int(study.evaluated.sum())
    assert "<image" not in drawing
    assert all(name in drawing for name in ("standard", "nearest"))


def test_where_the_clipboard_is_closed_the_address_is_shown(page: Page, url: str) -> None:
    page.add_init_script(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined }); document.execCommand = () => false;"
    )
    page.goto(f"{url}/classes")
    page.get_by_role("button", name="Export").click(timeout=60_000)
    page.get_by_role("button", name="Copy the address").click()
    field = page.get_by_label("Address of this page")
    expect(field).to_be_visible()
    expect(field).to_have_value(page.url)
