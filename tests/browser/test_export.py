"""What the Export popover gives, from the file's first byte on."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from playwright.sync_api import Page, expect

from core.analysis.search import hits
from core.storage.study import Study
from tests.browser.widgets import ready


def test_link_tables_and_maps(new_page: Callable[..., Page], digits_url: str, study: Study) -> None:
    item = int(np.flatnonzero(study.evaluated)[3])
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{digits_url}/?item={item}")
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(2, timeout=60_000)
    expect(page.locator(".gallery .query")).to_be_visible(timeout=30_000)

    def saved(key: str, name: str) -> bytes:
        with page.expect_download(timeout=30_000) as caught:
            page.locator(f".st-key-{key}").get_by_role("button", name=name).click()
        return Path(caught.value.path()).read_bytes()

    ready(page.get_by_role("button", name="Export")).press("Enter")
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
    page.keyboard.press("Escape")
    page.locator(".twin-map input[type=search]").fill("odd")
    page.keyboard.press("Enter")
    odd = study.items.loc[study.evaluated & (study.items["label"] == "odd").to_numpy(), "id"]
    expect(page.get_by_text(f"{len(odd)} selected", exact=True)).to_be_visible(timeout=30_000)
    ready(page.get_by_role("button", name="Export")).press("Enter")
    assert pd.read_parquet(io.BytesIO(saved("export-selection", "Parquet")))["id"].tolist() == odd.tolist()
    picture = Image.open(io.BytesIO(saved("export-maps", "PNG")))
    assert picture.width > 1500
    assert len(picture.convert("RGB").getcolors(1 << 24) or []) > 100
    drawing = saved("export-maps", "SVG").decode()
    assert drawing.count('class="point"') >= 2 * int(study.evaluated.sum())
    assert "<image" not in drawing
    assert all(name in drawing for name in ("standard", "nearest"))


def test_where_the_clipboard_is_closed_the_address_is_shown(page: Page, digits_url: str) -> None:
    page.add_init_script(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined }); document.execCommand = () => false;"
    )
    page.goto(f"{digits_url}/classes")
    ready(page.get_by_role("button", name="Export")).click()
    page.get_by_role("button", name="Copy the address").click()
    field = page.get_by_label("Address of this page")
    expect(field).to_be_visible()
    expect(field).to_have_value(page.url)
