"""Using Streamlit's widgets in a browser: only when the script rests, and seeing that they have taken the value.

A widget is on screen before its script has ended, and in its first frames it shows a default before it is given the
script's value: what is typed or chosen until then can be lost.
"""

import re

from playwright.sync_api import Locator, Page, expect

LONG = 60_000  # milliseconds; an upper bound for a busy machine

SETTLED = """widget => new Promise((done, fail) => {
    const end = performance.now() + 15_000;
    let [last, same] = ["", 0];
    const look = () => {
        const now = `${widget.outerHTML} ${widget.value}`;
        same = now === last ? same + 1 : 0;
        last = now;
        if (same === 5) done();
        else if (performance.now() > end) fail(new Error(`the widget does not settle: ${now}`));
        else requestAnimationFrame(look);
    };
    look();
})"""
"""Five frames in which a widget stays as it is."""


def at_rest(page: Page, timeout: float = LONG) -> None:
    """Wait until no script runs; a widget of the page is to be on screen by then, or it is too early to ask."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=timeout)


def ready(widget: Locator, timeout: float = LONG) -> Locator:
    """The widget, once it is on screen, no script runs, and it shows the value that the script gave it."""
    expect(widget).to_be_visible(timeout=timeout)
    at_rest(widget.page, timeout)
    widget.evaluate(SETTLED)
    return widget


def slide(page: Page, name: str, key: str, *, to: str, times: int = 1) -> None:
    """Press a key on a slider until it says `to`, which takes so many presses."""
    slider = ready(page.get_by_role("slider", name=name))
    slider.focus()
    for _ in range(times):
        page.keyboard.press(key)
    expect(slider).to_have_attribute("aria-valuetext", to)


def fill(field: Locator, value: str) -> None:
    """Write into a field that then holds it, and hand it over."""
    ready(field).fill(value)
    field.press("Enter")
    expect(field).to_have_value(value)


def choose(radio: Locator) -> None:
    """Choose one of a group, or a section of a page."""
    ready(radio).click()
    expect(radio).to_be_checked()


def pick(box: Locator, option: str | re.Pattern[str]) -> None:
    """Pick an option of a selectbox by (a part of) its text."""
    ready(box).click()
    box.page.get_by_role("option").filter(has_text=option).click()
