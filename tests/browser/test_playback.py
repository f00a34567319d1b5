"""The epoch scrubber in a real browser: play, scrub by slider and keys, colours, the charts' marks, live maps."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from core.storage.snapshots import Snapshots, write_snapshot
from tests.browser.widgets import ready

LAST = 6


@pytest.fixture(scope="module")
def url(serve: Callable[..., Any], study_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A study with snapshots of epochs 0 to LAST, between the trained ones' first and last, and one without."""
    root = tmp_path_factory.mktemp("studies")
    for name in ("kept", "bare"):
        shutil.copytree(study_folder, root / name)
        for arm in ("standard", "nearest"):
            folder = root / name / "arms" / arm / "snapshots"
            kept = Snapshots(folder)
            first, last = kept[0].astype("float32"), kept[len(kept) - 1].astype("float32")
            shutil.rmtree(folder)
            for epoch in range(LAST + 1) if name == "kept" else ():
                write_snapshot(folder, epoch, first + (last - first) * epoch / LAST)
    return serve("app/main.py", env={"UNCOLLAPSE_STUDIES": str(root)}).url


def open_player(page: Page, url: str) -> Locator:
    page.goto(f"{url}/lab?lab=playback&study=kept")
    player = page.locator("section.playback")
    expect(player).to_have_attribute("data-epoch", "0", timeout=90_000)
    return ready(player)


def pixels(player: Locator, place: int = 0) -> str:
    return player.locator("canvas").nth(place).evaluate("canvas => canvas.toDataURL()")


def mark(player: Locator) -> float:
    return float(player.locator("line.mark").first.get_attribute("x1"))


def test_play_moves_both_maps_and_ends_at_the_last_epoch(page: Page, url: str) -> None:
    player = open_player(page, url)
    before, at = [pixels(player, 0), pixels(player, 1)], mark(player)
    player.get_by_role("button", name="Play").click()
    expect(player.get_by_role("button", name="Pause")).to_be_visible()
    expect(player).to_have_attribute("data-epoch", str(LAST), timeout=30_000)
    expect(player).to_have_attribute("data-playing", "false", timeout=10_000)
    expect(player.locator("output")).to_have_text(f"Epoch {LAST} of {LAST}")
    assert pixels(player, 0) != before[0]
    assert pixels(player, 1) != before[1]
    assert mark(player) > at


def test_space_pauses_and_keys_and_slider_scrub(page: Page, url: str) -> None:
    player = open_player(page, url)
    slider = player.get_by_role("slider", name="Epoch")
    slider.focus()
    page.keyboard.press("Space")
    expect(player).to_have_attribute("data-playing", "true")
    page.keyboard.press("Space")
    expect(player).to_have_attribute("data-playing", "false")
    page.keyboard.press("Home")
    expect(player).to_have_attribute("data-epoch", "0")
    at = mark(player)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(player).to_have_attribute("data-epoch", "2")
    expect(slider).to_have_attribute("aria-valuetext", f"Epoch 2 of {LAST}")
    page.keyboard.press("ArrowLeft")
    expect(player).to_have_attribute("data-epoch", "1")
    slider.fill("4")
    expect(player).to_have_attribute("data-epoch", "4")
    assert mark(player) > at
    page.keyboard.press("End")
    expect(player).to_have_attribute("data-epoch", str(LAST))


def test_colours_legend_and_what_an_item_is(page: Page, url: str) -> None:
    player = open_player(page, url)
    expect(player.locator(".legend li")).to_have_count(10)
    before = pixels(player)
    player.get_by_label("Colour by").select_option("class")
    expect(player.locator(".legend li")).to_have_text(["even", "odd"])
    assert pixels(player) != before
    expect(page).to_have_url(re.compile("colour=class"), timeout=30_000)
    page.keyboard.press("Escape")
    player.get_by_role("slider", name="Epoch").press("End")
    expect(player).to_have_attribute("data-epoch", str(LAST))
    box = player.locator(".stage").first.bounding_box()
    card = player.locator(".card").first
    for step in range(1, 60):  # across the middle, until there is an item
        page.mouse.move(box["x"] + box["width"] * step / 60, box["y"] + box["height"] / 2)
        if card.is_visible():
            break
    expect(card).to_contain_text(re.compile(r"Item#\d+Mode\dClass(even|odd)"))


def test_colours_are_as_the_address_says(page: Page, url: str) -> None:
    page.goto(f"{url}/lab?lab=playback&study=kept&colour=class")
    player = page.locator("section.playback")
    expect(player.locator(".legend li")).to_have_text(["even", "odd"], timeout=60_000)
    expect(player.get_by_label("Colour by")).to_have_value("class")
    page.goto(f"{url}/lab?lab=playback&study=kept&colour=verdict")  # which items have on Compare only
    expect(player.locator(".legend li")).to_have_count(10, timeout=60_000)


def test_counts_come_in_without_moving_the_player(page: Page, url: str) -> None:
    player = open_player(page, url)
    player.get_by_role("slider", name="Epoch").press("ArrowRight")
    expect(player.get_by_text("no separate modes")).to_be_visible(timeout=90_000)
    expect(player).to_have_attribute("data-epoch", "1")
    expect(player.locator(".chart")).to_have_count(3)


def test_reduced_motion_jumps(new_page: Callable[..., Page], url: str) -> None:
    player = open_player(new_page(reduced_motion="reduce"), url)
    player.get_by_role("slider", name="Epoch").press("ArrowRight")
    assert player.get_attribute("data-epoch") == "1"  # at once


def test_compare_leads_here_and_a_study_without_snapshots_says_what_to_do(page: Page, url: str) -> None:
    page.goto(f"{url}/?study=kept")
    ready(page.locator(".st-key-watch-training button"), timeout=90_000).click()
    expect(page.locator("section.playback")).to_be_visible(timeout=60_000)
    expect(page).to_have_url(re.compile(r"lab=playback"))
    expect(page).to_have_url(re.compile(r"study=.*kept"))
    page.goto(f"{url}/lab?lab=playback&study=bare")
    expect(page.get_by_text("train.snapshots")).to_be_visible(timeout=60_000)
    expect(page.locator("section.playback")).to_have_count(0)
    page.goto(f"{url}/?study=bare")
    expect(page.locator(".st-key-headline")).to_be_visible(timeout=60_000)
    expect(page.locator(".st-key-watch-training")).to_have_count(0)


def test_an_experiment_s_maps_follow_it_while_it_trains(page: Page, url: str) -> None:
    page.goto(f"{url}/lab?lab=experiments")
    ready(page.locator(".st-key-start-clean button"), timeout=90_000).click()
    live = page.locator("section.playback")
    expect(live).to_be_visible(timeout=90_000)
    expect(live).to_have_attribute("data-epoch", re.compile(r"[2-9]|1\d"), timeout=60_000)
    expect(page.get_by_role("button", name="Open in Compare")).to_be_visible(timeout=90_000)
    expect(live).to_have_attribute("data-epoch", "15", timeout=30_000)
