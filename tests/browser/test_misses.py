"""The misses of both arms are explained when asked to, and a picked cause is selected on the maps and shown."""

import re

import numpy as np
from playwright.sync_api import Page, expect

from core.storage.study import Study
from tests.browser.widgets import at_rest, ready

ROW = 35
"""Height of a row of a table, drawn on a canvas."""


def test_a_picked_cause_is_selected_on_the_maps(page: Page, digits_url: str, study: Study) -> None:
    page.goto(digits_url)
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(2, timeout=60_000)
    ready(page.get_by_role("button", name="Explain the misses")).click()
    table = page.locator(".st-key-misses [data-testid=stDataFrame]")
    expect(table.locator("canvas").first).to_be_visible(timeout=60_000)
    at_rest(page)
    table.click(position={"x": 15, "y": 2.5 * ROW})  # below two rows of headings: all misses
    missed = [study.queries(arm).query("`recall@1` < 1").index for arm in ("standard", "nearest")]
    count = len(np.union1d(*missed))
    expect(page.locator(".twin-map .summary")).to_have_text(re.compile(rf"^{count} / \d+ selected$"), timeout=30_000)
    expect(page.get_by_text(re.compile(rf"^{count} selected"))).to_be_visible()
    both = len(np.intersect1d(*missed))
    said = f"{len(missed[0])} queries in standard, {len(missed[1])} queries in nearest, {both} of them in both."
    expect(page.get_by_text(f"All, as it is: {said}")).to_be_visible()
