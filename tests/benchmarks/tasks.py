"""Five things that people come for, done in a real browser: how many gestures and seconds each takes.

    python -m tests.benchmarks.tasks [--app CHECKOUT] [--studies DIR]

A gesture is a click, a drag, a text that is typed, or one turn of the wheel by 400 pixels; looking costs nothing. A
task ends when its answer is on the screen, 1440 x 900, or has turned out not to be given. --app runs another checkout's
app with this file's hand, to tell before from after; what a task needs is found by the words that both have on screen.
--studies keeps the two studies that are looked at. The own pictures of the last task are digits, 600 of them.
"""

import argparse
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, TimeoutError, expect, sync_playwright
from sklearn.datasets import load_digits

from core.common.places import REPO
from core.pipeline.run import run
from core.recipe.recipe import Recipe
from core.storage.study import Study
from tests.browser.conftest import FLAGS, Server, find_browser, start_server, stop_runs
from tests.browser.test_app import App
from tests.browser.widgets import at_rest

SIZE = {"width": 1440, "height": 900}
OLDER, NEWER = "mnist-parity", "digits-parity"
TURN = 400
PICTURES = 600
MOST_TURNS = 12
LONG = 120_000


@dataclass
class Hand:
    """What a person does on a page, counted."""

    page: Page
    gestures: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def click(self, target: Locator | tuple[float, float]) -> None:
        if isinstance(target, Locator):
            target.click(timeout=LONG)
        else:
            self.page.mouse.click(*target)
        self.gestures.append("click")

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(*end, steps=8)
        self.page.mouse.up()
        self.gestures.append("drag")

    def type(self, target: Locator, text: str) -> None:
        target.fill(text)
        target.press("Enter")
        self.gestures.append("text")

    def bring(self, target: Locator) -> bool:
        """Turn the wheel until the whole of it is on screen; False where it does not come."""
        at_rest(self.page)
        self.page.wait_for_timeout(500)  # what has just come may be drawn once more
        for _ in range(MOST_TURNS):
            box = target.bounding_box() if target.count() else None
            if box and box["y"] >= 0 and box["y"] + min(box["height"], 300) <= SIZE["height"]:
                return True
            self.page.mouse.move(10, 450)  # beside the maps, which take the wheel for themselves
            self.page.mouse.wheel(0, -TURN if box and box["y"] < 0 else TURN)
            self.page.wait_for_timeout(150)
            self.gestures.append("turn")
        return False

    def done(self, answer: str) -> tuple[str, str, float]:
        counts = {kind: self.gestures.count(kind) for kind in dict.fromkeys(self.gestures)}
        said = ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in counts.items()) or "none"
        return f"{len(self.gestures)} ({said})", answer, time.perf_counter() - self.started


def opened(browser: Browser, address: str) -> Page:
    page = browser.new_context(viewport=SIZE, permissions=["clipboard-read", "clipboard-write"]).new_page()
    page.goto(address)
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(2, timeout=LONG)
    expect(page.get_by_test_id("stDataFrame").first).to_be_attached(timeout=LONG)
    at_rest(page)
    return page


def why_an_item_fails(browser: Browser, url: str, study: Study) -> tuple[str, str, float]:
    """Why does this item fail in standard? Its neighbours in both arms."""
    page = opened(browser, f"{url}/?study={OLDER}")
    app = App(page, study)
    place = app.pixel("standard", app.lone("nearest"))
    page.evaluate("scrollTo(0, 0)")
    hand = Hand(page)
    hand.click(place)
    expect(page.locator(".gallery .tile")).to_have_count(20, timeout=LONG)
    hand.bring(page.locator(".gallery .column .tile").first)
    hand.bring(page.locator(".gallery .column .tile").nth(10))
    return hand.done(f"standard: {page.locator('.gallery .score').first.text_content()}")


def share_this_view(browser: Browser, url: str, study: Study) -> tuple[str, str, float]:
    """Share what is on screen: an item, coloured by class, of a study that is not the newest."""
    page = opened(browser, f"{url}/?study={OLDER}")
    item = int(np.flatnonzero(study.evaluated)[5])
    page.get_by_label("Colour by").select_option("class")
    page.mouse.click(*App(page, study).pixel("standard", item))
    expect(page.locator(".gallery .query")).to_be_visible(timeout=LONG)
    at_rest(page)
    query, before = page.locator(".gallery .query .title").text_content() or "", shown_study(page)
    hand = Hand(page)
    hand.click(page.get_by_role("button", name="Export"))
    hand.click(page.get_by_role("button", name=re.compile("Copy (link|the address)")))
    page.wait_for_timeout(300)
    seconds = hand.done("")
    other = opened(browser, page.evaluate("navigator.clipboard.readText()"))
    wrong = []
    if other.get_by_label("Colour by").input_value() != "class":
        wrong.append("the colour")
    if shown_study(other) != before:
        wrong.append("the study")
    try:
        expect(other.locator(".gallery .query .title")).to_have_text(query, timeout=20_000)
    except AssertionError:
        wrong.append("the item")
    return seconds[0], f"who opens it sees {'another: ' + ', '.join(wrong) if wrong else 'the same'}", seconds[2]


def shown_study(page: Page) -> str:
    """What the box of the study says, the first on the page."""
    return page.get_by_test_id("stSelectbox").first.inner_text()


def which_classes_lost_modes(browser: Browser, url: str, study: Study) -> tuple[str, str, float]:
    """Which classes lost modes, and how many?"""
    page = opened(browser, f"{url}/?study={OLDER}")
    hand = Hand(page)
    sentence = page.get_by_text(re.compile(r"keeps? .* apart"))
    if sentence.count():
        return hand.done(f"“{sentence.first.text_content()}”")
    hand.bring(page.get_by_test_id("stDataFrame").first)
    return hand.done("a table of kappa, recovery and verdicts by class")


def one_kind_of_thing(browser: Browser, url: str, study: Study) -> tuple[str, str, float]:
    """Are these some 40 selected items one kind of thing?"""
    page = opened(browser, f"{url}/?study={OLDER}")
    app = App(page, study)
    app.figure("standard").locator(".stage").scroll_into_view_if_needed()
    page.locator(".twin-map button[data-tool=box]").click()
    x, y = app.pixel("standard", app.lone("nearest"))
    hand = Hand(page)
    hand.drag((x - 12, y - 12), (x + 12, y + 12))
    expect(page.locator(".twin-map .summary")).to_contain_text("selected", timeout=LONG)
    count = re.match(r"[\d,]+", page.locator(".twin-map .summary").text_content() or "")
    at_rest(page)
    strip = page.locator(".strips .tile")
    try:
        strip.first.wait_for(timeout=5_000)
    except TimeoutError:
        return hand.done(f"a number ({count and count[0]}); their pictures only one by one, by pointing at each")
    hand.bring(strip.first)
    said = page.locator(".strips").first.inner_text().splitlines()
    return hand.done(f"pictures in both arms; {' '.join(said)[:160]}")


def own_pictures(browser: Browser, url: str, folder: Path) -> tuple[str, str, float]:
    """Bring 600 pictures of my own: from the first page to their maps."""
    page = opened(browser, f"{url}/?study={OLDER}")
    hand = Hand(page)
    hand.click(page.get_by_role("link", name="Data"))
    path = page.get_by_label("Folder, zip or table on the machine that runs the app")
    path.wait_for(timeout=LONG)
    at_rest(page)
    hand.type(path, str(folder))
    usable = page.get_by_text("can be used")
    usable.wait_for(timeout=LONG)
    at_rest(page)
    recipe = page.get_by_role("button", name="Write a recipe for it")
    hand.bring(recipe)
    hand.click(recipe)
    begin = page.get_by_role("button", name="Start the run")
    begin.wait_for(timeout=LONG)
    at_rest(page)
    hand.bring(begin)
    hand.click(begin)
    done = page.get_by_role("button", name=re.compile("Open in Compare"))
    done.wait_for(timeout=600_000)
    at_rest(page)
    hand.bring(done)
    hand.click(done)
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(2, timeout=LONG)
    return hand.done("maps of my pictures, training included")


def write_pictures(folder: Path) -> Path:
    """Digits in a folder for each class, and in it one for each mode."""
    data = load_digits()
    for i in range(PICTURES):
        digit = int(data.target[i])
        path = folder / ("odd" if digit % 2 else "even") / str(digit) / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray((data.images[i] * 15.9).astype(np.uint8)).resize((28, 28)).save(path)
    return folder


def studies(root: Path) -> Study:
    """The two that are looked at; the one that is asked about is the older."""
    for name in (OLDER, NEWER):
        if not (root / name).exists():
            run(Recipe.load(name), root / name)
    return Study.load(root / OLDER)


TASKS: list[Callable[[Browser, str, Study], tuple[str, str, float]]] = [
    why_an_item_fails,
    share_this_view,
    which_classes_lost_modes,
    one_kind_of_thing,
]


def measure(server: Server, study: Study, folder: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(playwright.chromium.executable_path), args=FLAGS
        )
        say("warmed up", *which_classes_lost_modes(browser, server.url, study))
        for task in TASKS:
            say(task.__doc__ or "", *task(browser, server.url, study))
        say(own_pictures.__doc__ or "", *own_pictures(browser, server.url, write_pictures(folder)))
        browser.close()


def say(task: str, gestures: str, answer: str, seconds: float) -> None:
    print(f"{task}\n    {gestures} gestures, {seconds:.1f} s: {answer}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.tasks", description=__doc__.splitlines()[0])
    parser.add_argument("--app", type=Path, default=REPO, help="a checkout")
    parser.add_argument("--studies", type=Path, help="a folder to keep the studies in, or where they lie already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = options.studies or Path(scratch) / "studies"
        study, log = studies(root), Path(scratch) / "server.log"
        script = options.app.resolve() / "app" / "main.py"
        server = start_server(script, {"UNCOLLAPSE_STUDIES": str(root)}, log, cwd=options.app)
        try:
            server.wait_until_up()
            measure(server, study, Path(scratch) / "pictures")
        finally:
            stop_runs(root)
            server.stop()


if __name__ == "__main__":
    main()
