"""Selections that are kept: under a name, in the address, for the next visitor too, and back by undo."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.storage.kept import KeptSelections, kept_path
from core.storage.study import Study
from tests.browser.widgets import at_rest, fill, ready


@pytest.fixture
def kept(study: Study) -> KeptSelections:
    kept_path(study.path).unlink(missing_ok=True)
    return KeptSelections.of(study)


def opened(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(2, timeout=60_000)
    at_rest(page)


def select_even(page: Page) -> int:
    """Select by the search of the maps; returns how many items that are."""
    find = page.get_by_placeholder("Find a label")
    find.fill("even")
    find.press("Enter")
    summary = page.locator(".twin-map .summary")
    expect(summary).to_have_text(re.compile(r"^\d+ / \d+ selected$"))
    expect(page.get_by_text(re.compile(r"^\d+ selected"))).to_be_visible(timeout=30_000)
    at_rest(page)
    return int((summary.text_content() or "").split()[0])


def keep(page: Page, name: str) -> None:
    ready(page.get_by_role("button", name="Keep it")).click()
    fill(page.get_by_label("Name", exact=True), name)
    ready(page.locator(".st-key-keep button")).click()
    expect(page.get_by_role("button", name=re.compile(r"Kept \(\d"))).to_be_visible(timeout=30_000)
    at_rest(page)
    page.keyboard.press("Escape")


def test_a_kept_selection_is_in_the_address_and_for_everybody(
    new_page: Callable[..., Page], digits_url: str, kept: KeptSelections
) -> None:
    page = new_page()
    opened(page, digits_url)
    count = select_even(page)
    keep(page, "even ones, <b>")
    page.wait_for_url(re.compile("kept=even"))
    (one,) = kept.all()
    assert (one.name, len(one)) == ("even ones, <b>", count)
    other = new_page()
    opened(other, page.url)
    expect(other.locator(".twin-map .summary")).to_have_text(f"{count} / {page_items(other)} selected", timeout=30_000)
    other.locator(".twin-map").first.press("Escape")
    expect(other.locator(".twin-map .summary")).to_have_text(re.compile("items$"))
    other.wait_for_url(lambda url: "kept=" not in url)


def page_items(page: Page) -> int:
    return int((page.locator(".twin-map .summary").text_content() or "").split(" / ")[1].split()[0])


def test_shown_again_removed_and_undone(page: Page, digits_url: str, kept: KeptSelections) -> None:
    opened(page, digits_url)
    count = select_even(page)
    keep(page, "mine")
    page.locator(".twin-map").first.press("Escape")
    expect(page.locator(".twin-map .summary")).to_have_text(re.compile("items$"))
    at_rest(page)
    ready(page.get_by_role("button", name="Kept (1)")).click()
    ready(page.get_by_role("button", name="Show", exact=True)).click()
    expect(page.locator(".twin-map .summary")).to_have_text(re.compile(rf"^{count} / "), timeout=30_000)
    ready(page.locator(".st-key-remove-kept-0 button")).click()
    expect(page.get_by_text("Nothing is kept now.")).to_be_visible(timeout=30_000)
    assert kept.all() == []
    ready(page.locator(".st-key-undo-kept button")).click()
    expect(page.get_by_role("button", name="Show", exact=True)).to_be_visible(timeout=30_000)
    assert [one.name for one in kept.all()] == ["mine"]


def test_a_name_that_is_no_longer_kept_selects_nothing(page: Page, digits_url: str, kept: KeptSelections) -> None:
    opened(page, f"{digits_url}{'&' if '?' in digits_url else '?'}kept=gone")
    expect(page.locator(".twin-map .summary")).to_have_text(re.compile("items$"))
    page.wait_for_url(lambda url: "kept=" not in url)


def test_what_cannot_be_written_is_said(page: Page, digits_url: str, kept: KeptSelections) -> None:
    kept.path.parent.mkdir(exist_ok=True)
    Path(kept.path).mkdir()
    try:
        opened(page, digits_url)
        select_even(page)
        ready(page.get_by_role("button", name="Keep it")).click()
        fill(page.get_by_label("Name", exact=True), "mine")
        ready(page.locator(".st-key-keep button")).click()
        expect(page.get_by_text("the selection cannot be kept")).to_be_visible(timeout=30_000)
    finally:
        Path(kept.path).rmdir()
