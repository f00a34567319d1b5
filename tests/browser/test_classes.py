"""The Classes page in a real browser: choose a class, walk, click an example, read where the modes went."""

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from core.analysis import class_report
from core.diagnostics import explain
from core.storage.study import Study
from tests.browser.widgets import pick, ready

SVG = "http://www.w3.org/2000/svg"
HOSTILE = '<img src=x onerror="window.hacked = true"> \u202b\u05d0\u05d1 **b** ' + "long " * 60


@pytest.fixture(scope="module")
def root(own_root: Callable[[], Path]) -> Path:
    """The tiny study, and a copy of it whose labels no page would wish for."""
    folder = own_root()
    shutil.copytree(folder / "digits", folder / "hostile")
    for name in ("items", "diagnostics"):
        path = folder / "hostile" / f"{name}.parquet"
        table = pd.read_parquet(path)
        table["label"] = table["label"].replace("even", HOSTILE)
        if "sublabel" in table:
            table["sublabel"] = table["sublabel"].replace("4", HOSTILE)
        table.to_parquet(path, index=False)
    return folder


@pytest.fixture
def study(root: Path) -> Study:
    return Study.load(root / "digits")


def open_classes(page: Page, url: str, **query: str) -> None:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    page.goto(f"{url}/classes?study=digits&{asked}")
    ready(page.locator(".strips .tile").first)


def chosen_class(page: Page) -> str:
    return page.get_by_role("combobox", name="Class").input_value()


def test_strips_show_every_sub_cluster_from_its_medoid(page: Page, url: str, study: Study) -> None:
    open_classes(page, url, **{"class": "odd"})
    for column, arm in enumerate(("standard", "nearest")):
        expected = [group.exemplars.tolist() for group in class_report.groups(study, arm, "odd")]
        strips = page.locator(".strips .column").nth(column).locator(".strip")
        expect(strips).to_have_count(len(expected))
        for strip, ids in zip(strips.all(), expected, strict=True):
            assert [int(tile.get_attribute("data-id")) for tile in strip.locator(".tile").all()] == ids
        painted = strips.first.locator("canvas").first
        expect(painted).to_be_visible()
        page.wait_for_function(
            "c => c.getContext('2d').getImageData(0, 0, 8, 8).data.some(v => v)", arg=painted.element_handle()
        )


def test_a_clicked_example_shows_its_neighbours_and_stays_in_the_address(page: Page, url: str, study: Study) -> None:
    open_classes(page, url, **{"class": "even"})
    id = int(class_report.groups(study, "nearest", "even")[0].exemplars[1])
    page.locator(f".strips .column >> nth=1 >> .tile[data-id='{id}']").click()
    expect(page.locator(".gallery .query")).to_contain_text(f"Item #{id}", timeout=30_000)
    assert f"item={id}" in page.url
    expect(page.locator(f".strips .column >> nth=1 >> .tile[data-id='{id}']")).to_have_class(re.compile("chosen"))
    page.reload()
    expect(page.locator(".gallery .query")).to_contain_text(f"Item #{id}", timeout=60_000)
    assert chosen_class(page) == "even"


def test_keys_walk_through_classes_and_tiles(page: Page, url: str) -> None:
    open_classes(page, url)
    first = chosen_class(page)
    page.keyboard.press("j")
    page.wait_for_function("old => !location.search.includes('class=' + old)", arg=first)
    ready(page.locator(".st-key-previous-class button").first)
    page.keyboard.press("k")
    page.wait_for_function("old => location.search.includes('class=' + old)", arg=first)
    tiles = page.locator(".strips .column").first.locator(".tile")
    ready(tiles.first).focus()
    page.keyboard.press("ArrowRight")
    expect(tiles.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".gallery .query")).to_contain_text(
        f"Item #{tiles.nth(1).get_attribute('data-id')}", timeout=30_000
    )


def test_charts_and_advice_are_there(page: Page, url: str, study: Study) -> None:
    open_classes(page, url, **{"class": "even"})
    sankey = page.locator(".js-plotly-plot .sankey")
    expect(sankey).to_be_visible(timeout=30_000)
    modes = set(study.items["sublabel"][class_report.class_rows(study, "even")])
    labels = set(page.locator(".sankey .node-label").all_text_contents())
    assert modes | {"s1"} <= labels
    expect(page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg")).to_have_count(
        2, timeout=30_000
    )
    expect(page.get_by_text("What to try next").first).to_be_visible()


def rows(page: Page) -> dict[str, list[str]]:
    """The table of all figures as it is drawn: title -> the arms' figures, then its meaning."""
    lines = page.get_by_test_id("stDataFrame").locator("table tbody tr")
    texts = lines.evaluate_all("lines => lines.map(line => [...line.cells].map(cell => cell.textContent))")
    return {title: figures for title, *figures in texts}


def test_all_figures_are_those_of_the_diagnostics(page: Page, url: str, study: Study) -> None:
    open_classes(page, url, **{"class": "odd"})
    ready(page.get_by_text("All figures of this class")).click()
    page.get_by_test_id("stDataFrame").scroll_into_view_if_needed()
    expect(page.get_by_test_id("stDataFrame").locator("table tbody tr").first).to_be_attached(timeout=30_000)
    table = study.diagnostics.query("label == 'odd'").set_index("arm")
    shown, arms = rows(page), ["standard", "nearest", "pixels"]
    for name in ("kappa", "fragmentation", "participation_ratio", "foreign"):
        figures = shown[explain(name).title]
        assert [float(figure) for figure in figures[:3]] == pytest.approx(table.loc[arms, name].tolist()), name
        assert explain(name).definition in figures[3]
    heading = page.get_by_test_id("stDataFrame").bounding_box()
    before = [*shown]
    assert before != sorted(before, key=str.casefold)
    page.mouse.click(heading["x"] + 40, heading["y"] + 15)  # sorts by the first column
    page.wait_for_function(
        "first => document.querySelector('[data-testid=stDataFrame] table tbody tr').cells[0].textContent === first",
        arg=min(before, key=str.casefold),
    )
    assert [*rows(page)] == sorted(before, key=str.casefold)


def test_charts_are_saved_as_png_and_svg(page: Page, url: str) -> None:
    open_classes(page, url, **{"class": "even"})
    expect(page.locator("[data-testid=stVegaLiteChart] svg.marks")).to_have_count(2, timeout=30_000)

    def saved(click: Callable[[], None]) -> bytes:
        with page.expect_download(timeout=30_000) as caught:
            click()
        return Path(caught.value.path()).read_bytes()

    page.locator(".js-plotly-plot").hover()
    flows = saved(page.locator(".modebar-btn[data-title*='ownload']").click)
    assert SVG in ElementTree.fromstring(flows).tag
    assert b"standard" in flows
    ready(page.get_by_role("button", name="Export")).click()
    for key, title in (("survival", "Share whose nearest item"), ("spectrum", "Share of variance")):
        exports = page.locator(f".st-key-export-{key}")
        drawing = saved(exports.get_by_role("button", name="SVG").click)
        root = ElementTree.fromstring(drawing)
        assert root.tag == f"{{{SVG}}}svg"
        assert title in "".join(root.itertext())
        picture = Image.open(io.BytesIO(saved(exports.get_by_role("button", name="PNG").click)))
        assert picture.format == "PNG"
        assert len(picture.convert("RGB").getcolors(1 << 24)) > 10


def test_hostile_labels_are_text(page: Page, url: str) -> None:
    page.goto(f"{url}/classes?study=hostile")
    expect(page.locator(".strips .tile").first).to_be_visible(timeout=60_000)
    pick(page.get_by_role("combobox", name="Class"), "<img")
    expect(page.locator(".js-plotly-plot .sankey").filter(has_text="<img")).to_be_visible(timeout=30_000)
    assert page.evaluate("window.hacked") is None
    width = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= page.viewport_size["width"]


def test_a_narrow_window_holds_everything(new_page: Callable[..., Page], url: str) -> None:
    page = new_page(viewport={"width": 1024, "height": 900}, color_scheme="dark")
    open_classes(page, url)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 1024
    lines = page.locator(".strips .tiles").evaluate_all(
        "rows => rows.map(r => new Set([...r.children].map(t => t.offsetTop)).size)"
    )
    assert np.max(lines) == 1
