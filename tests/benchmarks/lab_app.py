"""The lab as a person uses it, on the real server in a real browser: how long from a click to the result?

    python -m tests.benchmarks.lab_app [--runs 3]

Prints, for a full experiment of two arms on 2,000 items, the seconds from the click on "Run it" to the first sign of
progress and to the finished study; and the seconds from moving a slider that needs no training to the new answer.
Exits with an error where a budget is missed by the median.
"""

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect, sync_playwright

from tests.benchmarks.app_scale import served
from tests.browser.conftest import FLAGS, find_browser

FIRST_SIGN, WHOLE, SLIDER = 1.0, 20.0, 0.2
"""Budgets in seconds."""
THINKING = 20
"""Seconds a person looks at the page, or at the last result, before the click: libraries are loaded meanwhile."""
MOVES = 8
WATCH = """answer => {
    const said = () => [...document.querySelectorAll('p, h5')].map(p => p.textContent).filter(t => t.match(answer));
    const before = said().join(), pressed = new Promise(resolve =>
        addEventListener('keydown', () => resolve(performance.now()), {capture: true, once: true}));
    window.answered = new Promise(resolve => new MutationObserver(async (_, observer) => {
        if (!said().length || said().join() === before) return;
        observer.disconnect();
        const now = performance.now();
        resolve(now - await pressed);
    }).observe(document.body, {subtree: true, childList: true, characterData: true}));
}"""
"""In milliseconds, and in the page itself: whoever asks from outside asks ten times a second."""


def experiment(page: Page, again: bool) -> tuple[float, float]:
    """Seconds from the click to the first sign of progress, and to the study that can be opened."""
    page.get_by_role("button", name=re.compile("Run it again$" if again else "Run it$")).click()
    started = time.perf_counter()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible(timeout=30_000)
    expect(page.get_by_test_id("stProgress")).to_be_visible(timeout=30_000)
    sign = time.perf_counter() - started
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=120_000)
    expect(page.get_by_role("button", name="Open in Compare")).to_be_visible(timeout=30_000)
    return sign, time.perf_counter() - started


def slider_moves(page: Page, name: str, *, answer: str) -> list[float]:
    """Seconds from a key pressed on a slider until the page says something new where it matches `answer`."""
    page.get_by_role("slider", name=name).focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(2000)
    times = []
    for _ in range(MOVES):
        page.evaluate(WATCH, answer)
        page.keyboard.press("ArrowRight")
        times.append(page.evaluate("answered") / 1000)
        page.wait_for_timeout(1000)
    return times


def measure(root: Path, runs: int) -> bool:
    """Print every figure; whether all budgets hold."""
    with served(root) as (server, _), sync_playwright() as playwright:
        url = server.url
        browser = playwright.chromium.launch(
            executable_path=find_browser(playwright.chromium.executable_path), args=FLAGS
        )
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(f"{url}/lab?lab=own")
        expect(page.get_by_text("2,000 vectors")).to_be_visible(timeout=90_000)
        expect(page.get_by_role("button", name=re.compile("Run it$"))).to_be_enabled(timeout=30_000)
        timed = []
        for run in range(runs):
            page.wait_for_timeout(1000 * THINKING)
            timed.append(experiment(page, again=run > 0))
        signs, wholes = (np.array(times) for times in zip(*timed, strict=True))
        page.wait_for_timeout(1000 * THINKING)
        own = np.array(slider_moves(page, "Wrong labels", answer=" % wrong labels:"))
        page.goto(f"{url}/lab")
        expect(page.get_by_role("slider", name="Margin")).to_be_visible(timeout=60_000)
        page.wait_for_timeout(3000)
        theory = np.array(slider_moves(page, "Margin", answer="^Distance between its modes"))
        browser.close()
    ok = True
    for what, times, budget in (
        ("from the click to the first sign", signs, FIRST_SIGN),
        ("from the click to the finished study", wholes, WHOLE),
        ("from a slider of the theory to its answer", theory, SLIDER),
        ("from one of the own experiment", own, SLIDER),
    ):
        ok &= bool(np.median(times) < budget)
        print(f"{what:<42} {' '.join(f'{t:.2f}' for t in times)} s (budget {budget:g})")
    return ok


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ok = measure(Path(folder), arguments.runs)
    if not ok:
        sys.exit("a budget is missed")


if __name__ == "__main__":
    main()
