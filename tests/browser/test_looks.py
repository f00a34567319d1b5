"""Every page as it looks: nothing said in the console, nothing that fails to load, nothing wider than the screen, and
nothing that axe calls a serious barrier."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from core.storage.study import Study
from tests.browser.widgets import LONG, at_rest

PAGES = {
    "": ".twin-map .points.drawn",
    "?item={item}": ".gallery .tile",
    "?study=nothing": ".stAlert",
    "search?item={item}": ".gallery .tile",
    "classes": "[data-testid=stVegaLiteChart] svg >> nth=1",
    "lab?lab=theory": "[data-testid=stVegaLiteChart] :is(canvas, svg)",
    "lab?lab=experiments": ".stButton",
    "lab?lab=playback": ".stAlert, .playback .charts",
    "lab?lab=own": ".stPlotlyChart",
    "data?kind=pictures": ".stCode",
    "data?kind=pictures&pictures-path=/nowhere": ".stDataFrame",
    "data?kind=embeddings": ".stFileUploader >> nth=1",
    "train?view=new": ".stCode",
    "train?view=runs": ".stAlert",
    "train?view=studies": ".stButton",
}
"""Address -> what is on the page once it is whole."""
SCREENS: dict[str, tuple[ViewportSize, str]] = {
    "desk": ({"width": 1440, "height": 900}, "light"),
    "phone": ({"width": 390, "height": 844}, "dark"),
}
NOT_OURS = ("GL Driver Message",)
"""Chromium on its own drawing, where there is no graphics card."""
WIDER = """() => [document.documentElement, ...document.querySelectorAll("[data-testid=stMain]")]
    .some((box) => box.scrollWidth > box.clientWidth + 1)"""


def barriers(page: Page) -> list[str]:
    """What axe calls serious or critical: its rule, and where it is broken."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("address", PAGES)
def test_a_page_says_and_breaks_nothing_and_fits(
    address: str, screen: str, new_page: Callable[..., Page], digits_url: str, study: Study
) -> None:
    viewport, scheme = SCREENS[screen]
    page = new_page(viewport=viewport, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda m: said.append(m.text) if m.type == "warning" else None)
    page.on("response", lambda reply: said.append(f"{reply.status} {reply.url}") if reply.status >= 400 else None)
    page.goto(f"{digits_url}/{address.format(item=study.evaluated.argmax())}")
    expect(page.locator(PAGES[address]).first).to_be_visible(timeout=LONG)
    at_rest(page)
    assert [text for text in said if not any(known in text for known in NOT_OURS)] == []
    assert not page.evaluate(WIDER), "the page scrolls sideways"
    assert barriers(page) == []
