"""What the maps offer beside pointing: the strip of change, search by label, linked zoom, one large map, the report."""

import base64
import itertools
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from core.storage.study import Study
from tests.browser.maps import DRAWING, settle
from tests.browser.test_app import App, expected_hits, open_app
from tests.browser.widgets import at_rest, ready


@pytest.fixture
def compare(page: Page, digits_url: str) -> Page:
    page.goto(digits_url)
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(2, timeout=60_000)
    at_rest(page)
    return page


def selected(page: Page, n: int, of: int) -> None:
    text = f"{n} / {of} selected" if n else f"{of} items"
    expect(page.locator(".twin-map .summary")).to_have_text(text)


def changes(study: Study) -> np.ndarray:
    """Neighbourhood change of the evaluated items, as the number of neighbours lost (0 to 10)."""
    shared = study.overlap("standard", "nearest")[study.evaluated]
    return np.round(10 * (1 - shared)).astype(int)


def boxes(parts: Locator) -> list[dict[str, float]]:
    """Where they are on the page that is not scrolled."""
    return parts.evaluate_all("all => all.map(one => one.getBoundingClientRect().toJSON())")


def choose_lone(page: Page, app: App) -> None:
    """Click an item of the right map, without scrolling to it."""
    page.evaluate("scrollTo(0, 0)")
    page.mouse.click(*app.pixel("nearest", app.lone("nearest")))
    expect(page.locator(".gallery button.tile")).to_have_count(20, timeout=30_000)
    at_rest(page)


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 720), (1024, 768)])
def test_maps_and_galleries_share_the_first_screen(
    new_page: Callable[..., Page], digits_url: str, study: Study, width: int, height: int
) -> None:
    page = new_page(viewport={"width": width, "height": height})
    app = open_app(page, digits_url, study)
    choose_lone(page, app)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
    stages = boxes(page.locator(".twin-map .stage"))
    assert len(stages) == 2
    for stage in stages:
        assert stage["top"] < height / 2
        assert stage["height"] >= 240
        assert stage["bottom"] <= height
    first = boxes(page.locator(".gallery .column .tile:first-child"))
    scores = boxes(page.locator(".gallery .score:not(.other)"))
    assert len(first) == len(scores) == 2
    for box in (*first, *scores):
        assert box["bottom"] <= height
        assert box["right"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_galleries_count_classes_and_modes_beside_the_other_arm_s(compare: Page, study: Study) -> None:
    app = App(compare, study)
    item = app.lone("nearest")
    choose_lone(compare, app)
    right = {}
    for arm in study.arms:
        hits = expected_hits(study, arm, item, 10)
        own = study.items.loc[hits]
        right[arm] = [int((own[column] == study.items[column][item]).sum()) for column in ("label", "sublabel")]
    for arm, other in (study.arms, study.arms[::-1]):
        classes, modes = right[arm]
        scores = app.column(arm).locator(".score")
        expect(scores.first).to_have_text(f"{classes} of 10 same class, {modes} of 10 same mode")
        expect(scores.last).to_have_text(f"{other}: {right[other][0]} and {right[other][1]}")


def test_a_phone_shows_the_arms_names_and_nothing_lies_over_another(
    new_page: Callable[..., Page], digits_url: str, study: Study
) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    app = open_app(page, digits_url, study)
    app.figure("nearest").scroll_into_view_if_needed()
    page.mouse.click(*app.pixel("nearest", app.lone("nearest")))
    expect(page.locator(".gallery button.tile")).to_have_count(20, timeout=30_000)
    for arm in study.arms:
        expect(app.figure(arm).locator("h3")).to_be_visible()
        expect(app.column(arm).locator("h3")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for header in page.locator(".twin-map figure header").all():
        parts = [box for box in boxes(header.locator(":scope > *")) if box["width"]]
        for before, after in itertools.pairwise(parts):
            assert before["right"] <= after["left"] + 1
    for part in boxes(page.locator(".twin-map .stage, .twin-map header, .gallery .tile")):
        assert part["right"] <= 390


def test_the_strip_selects_by_drag_key_and_end(compare: Page, study: Study) -> None:
    lost = changes(study)
    bars = compare.locator(".strip-bar")
    expect(bars).to_have_count(11)
    titles = bars.evaluate_all("bars => bars.map(bar => bar.title)")
    assert [int(re.search(r": (\d+) items", title).group(1)) for title in titles] == np.bincount(
        lost, minlength=11
    ).tolist()
    low, high = int(lost.min()), int(lost.max())
    first, last = bars.nth(low).bounding_box(), bars.nth(high - 1).bounding_box()
    compare.mouse.move(first["x"] + 4, first["y"] + 30)
    compare.mouse.down()
    compare.mouse.move(last["x"] + 4, last["y"] + 30, steps=5)
    compare.mouse.up()
    selected(compare, int((lost < high).sum()), len(lost))
    expect(compare.get_by_text(f"{(lost < high).sum()} selected")).to_be_visible(timeout=30_000)  # Python has heard
    compare.get_by_role("button", name="Select the least changed").click()
    selected(compare, int((lost == low).sum()), len(lost))
    compare.get_by_role("button", name="Select the most changed").click()
    selected(compare, int((lost == high).sum()), len(lost))
    bars.nth(high).focus()
    compare.keyboard.press("ArrowLeft")
    expect(bars.nth(high - 1)).to_be_focused()
    compare.keyboard.press("Shift+Enter")
    selected(compare, int((lost >= high - 1).sum()), len(lost))
    compare.keyboard.press("Escape")
    selected(compare, 0, len(lost))


def test_search_selects_what_holds_the_text(compare: Page, study: Study) -> None:
    items = study.items[study.evaluated]
    compare.locator("body").press("/")
    field = compare.locator(".twin-map input[type=search]")
    expect(field).to_be_focused()
    field.fill("ODD")
    field.press("Enter")
    selected(compare, int((items["label"] == "odd").sum()), len(items))
    field.fill(f"#{items['id'].iloc[3]}")
    field.press("Shift+Enter")
    more = set(items["id"][items["label"] == "odd"]) | {items["id"].iloc[3]}
    selected(compare, len(more), len(items))
    field.fill("no such thing")
    field.press("Enter")
    expect(field).to_have_attribute("aria-invalid", "")
    selected(compare, len(more), len(items))
    field.press("Escape")
    expect(field).to_have_value("")


def ranges(page: Page) -> list[float]:
    """Width of what each map shows, in its own units."""
    return page.locator(".twin-map figure").evaluate_all(f"maps => maps.map({DRAWING}).map(({{ x0, x1 }}) => x1 - x0)")


def settled(page: Page) -> list[float]:
    settle(page)
    return ranges(page)


def test_zoom_is_free_or_linked(compare: Page) -> None:
    before = settled(compare)
    zoom_in = compare.locator(".twin-map figure").first.get_by_role("button", name="Zoom in")
    zoom_in.click()
    free = settled(compare)
    assert free[0] < before[0]
    assert free[1] == before[1]
    compare.get_by_role("button", name="Zoom both maps together").click()
    linked = settled(compare)
    assert linked[1] / before[1] == pytest.approx(free[0] / before[0], rel=1e-3)
    zoom_in.click()
    both = settled(compare)
    assert both[1] / linked[1] == pytest.approx(both[0] / linked[0], rel=1e-3)
    assert both[1] < linked[1]


def drawn_x(map: Locator) -> np.ndarray:
    drawn = map.evaluate(
        f"""map => {{
            const {{ layers, position }} = ({DRAWING})(map);
            return layers.flatMap(({{ rows }}) => rows.map(row => position.x[row]));
        }}"""
    )
    return np.sort(np.array(drawn, dtype=np.float32))


def test_one_large_map_turns_into_the_other_and_the_address_keeps_it(compare: Page, study: Study) -> None:
    ready(compare.get_by_text("One large map")).click()
    maps = compare.locator(".twin-map figure")
    expect(maps).to_have_count(1, timeout=30_000)
    expect(compare.get_by_role("button", name="Show standard (t)")).to_have_attribute("aria-pressed", "true")
    compare.locator("body").press("t")
    expect(compare.get_by_role("button", name="Show nearest (t)")).to_have_attribute("aria-pressed", "true")
    rows = study.evaluated
    expected = np.sort(study.map("nearest")[rows][:, 0])
    deadline = time.monotonic() + 15  # the points are on their way
    while not np.allclose(drawn_x(maps.first), expected, atol=1e-5):
        assert time.monotonic() < deadline
        compare.wait_for_timeout(100)
    compare.reload()
    expect(compare.locator(".twin-map canvas.drawn")).to_have_count(1, timeout=60_000)


def test_a_click_draws_the_galleries_again_but_not_the_page(compare: Page, study: Study) -> None:
    first, *_ = np.flatnonzero(study.evaluated)
    compare.goto(f"{compare.url.split('?')[0]}?item={first}")
    tiles = compare.locator(".gallery .tile")
    expect(tiles).to_have_count(20, timeout=60_000)
    expect(compare.get_by_test_id("stDataFrame").first).to_be_visible(timeout=30_000)
    at_rest(compare)
    sent: list[bytes | str] = []
    session = compare.context.new_cdp_session(compare)
    session.on("Network.webSocketFrameReceived", lambda event: sent.append(event["response"]["payloadData"]))
    session.send("Network.enable")
    title = compare.locator(".gallery .query .title")
    before = title.text_content()
    tiles.nth(2).click()
    expect(title).not_to_have_text(before, timeout=20_000)
    at_rest(compare)
    messages = b"".join(base64.b64decode(text) for text in sent)
    assert messages.count(b"maps") > 0  # what is sent can be read
    for outside in (b"Pick a row to select the class", b"held-out items"):
        assert outside not in messages


def test_the_report_is_downloaded_whole(compare: Page, study: Study) -> None:
    ready(compare.get_by_role("button", name="Export")).click()
    with compare.expect_download(timeout=60_000) as caught:
        compare.get_by_role("button", name="Report as HTML").click()
    text = Path(caught.value.path()).read_text(encoding="utf-8")
    assert caught.value.suggested_filename == "digits-report.html"
    assert study.name in text
    assert text.rstrip().endswith("</html>")
