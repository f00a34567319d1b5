"""More than two arms in a real browser: up to six linked maps at once."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from core.pipeline.importing import import_study
from core.storage.study import Study
from tests.browser.maps import settle
from tests.browser.test_app import App, open_app
from tests.browser.widgets import LONG, at_rest, pick, ready

N = 100
ARMS = [f"arm-{name}" for name in "abcdefg"]
ALL = "maps-layout=All+arms"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`seven`: as many arms, each noisier than the one before."""
    folder, studies = tmp_path_factory.mktemp("mine"), tmp_path_factory.mktemp("studies")
    rng = np.random.default_rng(0)
    mode = np.arange(N) % 4
    points = 3 * rng.normal(size=(4, 8))[mode]
    for i, arm in enumerate(ARMS):
        np.save(folder / f"{arm}.npy", points + (0.3 + i / 4) * rng.normal(size=points.shape))
    label = np.where(mode % 2, "odd", "even")
    pd.DataFrame({"label": label, "sublabel": mode.astype(str)}).to_csv(folder / "items.csv", index=False)
    import_study(folder / "items.csv", {arm: folder / f"{arm}.npy" for arm in ARMS}, studies / "seven")
    return studies


def arms_on_maps(page: Page) -> list[str]:
    return page.locator(".twin-map figure h3").all_text_contents()


def test_six_maps_share_colours_selection_item_and_the_pointer(page: Page, url: str, root: Path) -> None:
    app: App = open_app(page, f"{url}/?study=seven", Study.load(root / "seven"))
    ready(page.get_by_role("radio", name="All arms")).click()
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(6, timeout=LONG)
    assert arms_on_maps(page) == ARMS[:6]
    at_rest(page)
    settle(page)
    page.mouse.move(*app.pixel("arm-f", item := app.lone("arm-f")))
    expect(page.locator(".twin-map .hover-ring:visible")).to_have_count(6)
    expect(page.locator(".twin-map .card:visible")).to_have_count(1)
    page.mouse.down()
    page.mouse.up()
    app.query_is(f"Item #{item}")
    expect(page.locator(".twin-map .focus-ring:visible")).to_have_count(6)
    search = page.get_by_role("searchbox", name="Find items by label")
    search.fill("odd")
    search.press("Enter")
    expect(page.locator(".twin-map .summary")).to_have_text(f"{N // 2} / {N} selected")
    drawn = page.locator(".twin-map figure").evaluate_all(
        """maps => maps.map(map => {
            const request = Object.assign(new Event("uncollapse-drawing"), { drawing: null });
            map.dispatchEvent(request);
            return request.drawing.layers.at(-1).rows.length;
        })"""
    )
    assert drawn == [N // 2] * 6


def test_which_arms_are_shown_is_in_the_address(page: Page, url: str) -> None:
    page.goto(f"{url}/?study=seven&{ALL}&maps-arms=arm-g&maps-arms=arm-b&maps-arms=no-such")
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(2, timeout=LONG)
    assert arms_on_maps(page) == ["arm-b", "arm-g"]
    at_rest(page)
    box = page.get_by_role("combobox", name=re.compile("Arms on the maps"))
    pick(box, "arm-d")
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(3, timeout=LONG)
    assert arms_on_maps(page) == ["arm-b", "arm-d", "arm-g"]
    at_rest(page)
    assert parse_qs(urlsplit(page.url).query)["maps-arms"] == ["arm-b", "arm-g", "arm-d"]
    page.keyboard.press("Escape")
    page.reload()
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(3, timeout=LONG)


def test_an_address_that_names_too_many_shows_six(page: Page, url: str) -> None:
    page.goto(f"{url}/?study=seven&{ALL}" + "".join(f"&maps-arms={arm}" for arm in ARMS))
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(6, timeout=LONG)
    at_rest(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    assert arms_on_maps(page) == ARMS[:6]


@pytest.mark.parametrize(("width", "height", "rows"), [(1440, 900, 2), (1024, 768, 2), (390, 844, 3)])
def test_the_maps_lie_in_rows_that_fit(
    new_page: Callable[..., Page], url: str, width: int, height: int, rows: int
) -> None:
    page = new_page(viewport={"width": width, "height": height})
    page.goto(f"{url}/?study=seven&{ALL}")
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(6, timeout=LONG)
    at_rest(page)
    settle(page)
    stages = page.locator(".twin-map .stage").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().toJSON())"
    )
    assert len({round(stage["top"]) for stage in stages}) == rows
    assert all(stage["height"] >= 160 and stage["right"] <= width for stage in stages)
    if width > 390:
        assert max(stage["bottom"] for stage in stages) <= height
    assert page.evaluate("document.documentElement.scrollWidth") <= width
