"""The address in a real browser: a link shows the same to anybody, on every page, and Back goes a step at a time."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from core.storage.study import Study
from tests.browser.widgets import LONG, at_rest, choose, pick, ready, slide

TITLE = "An older study"
TITLES = {
    "compare": "Compare",
    "search": "Search",
    "classes": "Classes",
    "lab": "Lab",
    "train": "Train",
    "data": "Data",
}
VIEW = {"study": "older", "left": "nearest", "right": "pixels"}
DEFAULTS = {"study": "digits", "left": "standard", "right": "nearest"}


@pytest.fixture(scope="module")
def root(own_root: Callable[[], Path]) -> Path:
    """Two studies; what opens by itself is the newer one, digits."""
    root = own_root()
    shutil.copytree(root / "digits", root / "older")
    path = root / "older" / "study.json"
    description = json.loads(path.read_text("utf-8"))
    description["recipe"]["title"] = TITLE
    description["created"] = "2001" + description["created"][4:]
    path.write_text(json.dumps(description), "utf-8")
    return root


@pytest.fixture(scope="module")
def ids(root: Path) -> list[int]:
    older = Study.load(root / "older")
    return older.items["id"][older.evaluated].tolist()


@pytest.fixture
def fresh(new_page: Callable[..., Page]) -> Callable[[], Page]:
    """Opens a page of a browser that has never been here."""
    return lambda: new_page(locale="en-GB")


def link(url: str, page: str, **query: object) -> str:
    return f"{url}/{'' if page == 'compare' else page}?{urlencode(query, doseq=True)}"


def is_at(page: Page, name: str, **query: object) -> None:
    """Wait for an address, with nothing more in it than this."""
    wanted = {key: [str(value)] for key, value in query.items()}

    def arrived(url: str) -> bool:
        parts = urlsplit(url)
        return parts.path.strip("/") == ("" if name == "compare" else name) and parse_qs(parts.query) == wanted

    page.wait_for_url(arrived, timeout=LONG, wait_until="commit")


def go(page: Page, name: str) -> None:
    at_rest(page)
    page.get_by_role("link", name=TITLES[name], exact=True).click()


def back(page: Page) -> None:
    at_rest(page)
    page.evaluate("history.back()")


def forward(page: Page) -> None:
    at_rest(page)
    page.evaluate("history.forward()")


def steps(page: Page) -> int:
    at_rest(page)
    return page.evaluate("history.length")


def box_shows(page: Page, key: str, text: str) -> None:
    box = page.locator(f".st-key-{key}:not([data-stale=true])")  # nor the one of the page before
    expect(box).to_be_visible(timeout=LONG)
    expect(box.locator("input").first).to_have_value(text, timeout=LONG)


def study_is(page: Page, title: str, left: str, right: str) -> None:
    box_shows(page, "study", title)
    box_shows(page, "left", left)
    box_shows(page, "right", right)


def query_is(page: Page, item: int) -> None:
    expect(page.locator(".gallery .query")).to_contain_text(f"Item #{item}", timeout=LONG)


def k_is(page: Page, k: int) -> None:
    expect(page.get_by_role("slider", name="Neighbours")).to_have_attribute("aria-valuetext", str(k), timeout=LONG)


def colour_is(page: Page, name: str) -> None:
    expect(page.get_by_label("Colour by")).to_have_value(name, timeout=LONG)


def is_chosen(page: Page, key: str, option: str) -> None:
    radio = page.locator(f".st-key-{key}").get_by_role("radio", name=option)
    expect(radio).to_be_checked(timeout=LONG)


def shows(page: Page, name: str, item: int) -> None:
    """What every page of the walk has in common."""
    if name == "lab":
        box_shows(page, "lab-study", TITLE)
        return
    study_is(page, TITLE, VIEW["left"], VIEW["right"])
    query_is(page, item)
    k_is(page, 15)
    if name != "classes":
        colour_is(page, "class")


def test_a_link_holds_from_page_to_page_and_copied_from_any(
    page: Page, fresh: Callable[[], Page], url: str, ids: list[int]
) -> None:
    query = VIEW | {"item": ids[4], "k": 15, "colour": "class"}
    own = {"classes": {"class": "even"}, "lab": {"lab": "theory"}}
    page.goto(link(url, "compare", **query))
    shows(page, "compare", ids[4])
    for name in ["search", "classes", "lab", "compare"]:
        expected = query | own.get(name, {})
        go(page, name)
        if name == "classes":
            pick(page.get_by_role("combobox", name="Class", exact=True), "even")
        is_at(page, name, **expected)
        shows(page, name, ids[4])
        other = fresh()
        other.goto(page.url)
        shows(other, name, ids[4])
        is_at(other, name, **expected)
        other.close()
        page.reload()
        shows(page, name, ids[4])
        is_at(page, name, **expected)


def test_each_gesture_is_a_step_that_back_undoes_and_forward_does_again(page: Page, url: str, ids: list[int]) -> None:
    query = VIEW | {"item": ids[4]}
    page.goto(link(url, "compare", **query))
    shows_all = [("compare", query)]
    colour_is(page, "mode")
    k_is(page, 10)
    query_is(page, ids[4])
    began = steps(page)

    page.get_by_label("Colour by").select_option("class")
    shows_all.append(("compare", query | {"colour": "class"}))
    is_at(page, *shows_all[-1][:1], **shows_all[-1][1])

    slide(page, "Neighbours", "ArrowRight", to="15")
    shows_all.append(("compare", query | {"colour": "class", "k": 15}))
    is_at(page, *shows_all[-1][:1], **shows_all[-1][1])

    at_rest(page)
    tile = page.locator(".gallery .tile").nth(3)
    second = int(tile.get_attribute("data-id") or -1)
    tile.click()
    query_is(page, second)
    shows_all.append(("compare", VIEW | {"item": second, "colour": "class", "k": 15}))
    is_at(page, *shows_all[-1][:1], **shows_all[-1][1])

    go(page, "search")
    shows_all.append(("search", shows_all[-1][1]))
    is_at(page, *shows_all[-1][:1], **shows_all[-1][1])
    query_is(page, second)

    choose(page.locator(".st-key-metric").get_by_role("radio", name="CSLS"))
    shows_all.append(("search", shows_all[-1][1] | {"metric": "csls"}))
    is_at(page, *shows_all[-1][:1], **shows_all[-1][1])

    at_rest(page)
    page.locator(".st-key-swap").get_by_role("button").click()
    shows_all.append(("search", shows_all[-1][1] | {"left": "pixels", "right": "nearest"}))
    is_at(page, *shows_all[-1][:1], **shows_all[-1][1])

    pick(page.get_by_role("combobox", name="Study", exact=True), re.compile("digits|MNIST|parity", re.IGNORECASE))
    other = shows_all[-1][1] | {"study": "digits"}
    del other["item"]
    shows_all.append(("search", other))
    is_at(page, *shows_all[-1][:1], **shows_all[-1][1])

    assert steps(page) == began + len(shows_all) - 1
    for name, expected in shows_all[-2::-1]:
        back(page)
        is_at(page, name, **expected)
        looks(page, expected)
    for name, expected in shows_all[1:]:
        forward(page)
        is_at(page, name, **expected)
        looks(page, expected)
    assert steps(page) == began + len(shows_all) - 1


def looks(page: Page, query: dict[str, object]) -> None:
    """The page is as its address says."""
    box_shows(page, "left", str(query["left"]))
    box_shows(page, "right", str(query["right"]))
    colour_is(page, str(query.get("colour", "mode")))
    if "item" in query:
        query_is(page, int(str(query["item"])))
        k_is(page, int(str(query.get("k", 10))))
    if urlsplit(page.url).path == "/search" and "item" in query:
        is_chosen(page, "metric", "CSLS" if query.get("metric") == "csls" else "Euclidean")


ON_ONE_PAGE: list[tuple[str, dict[str, object], Callable[[Page], None]]] = [
    ("compare", VIEW | {"maps-layout": "One large map"}, lambda p: is_chosen(p, "maps-layout", "One large map")),
    ("search", VIEW | {"item": -1, "hits": "other", "metric": "csls", "in-class": "odd"}, lambda p: search_is(p)),
    ("classes", VIEW | {"class": "odd"}, lambda p: box_shows(p, "class", "odd")),
    ("lab", VIEW | {"lab": "playback"}, lambda p: study_is(p, TITLE, "nearest", "pixels")),
    (
        "lab",
        VIEW | {"lab": "theory", "noise": 20, "samples": 4, "modes": 3, "loss": "margin", "margin": 0.4},
        lambda p: theory_is(p),
    ),
    ("train", {"view": "studies"}, lambda p: is_chosen(p, "view", "Studies")),
    ("data", {"kind": "embeddings"}, lambda p: is_chosen(p, "kind", "Embeddings of my own model")),
    ("data", {"kind": "pictures", "pictures-path": "/no/where"}, lambda p: box_shows(p, "pictures-path", "/no/where")),
]


def search_is(page: Page) -> None:
    is_chosen(page, "hits", "Other classes")
    is_chosen(page, "metric", "CSLS")
    expect(page.locator(".st-key-in-class")).to_contain_text("odd", timeout=LONG)


def theory_is(page: Page) -> None:
    for name, text in {"Wrong labels": "20", "Samples of a class": "4", "Modes of": "3", "Margin": "0.40"}.items():
        slider_is(page, name, text)
    is_chosen(page, "loss", "margin")


def slider_is(page: Page, name: str, text: str) -> None:
    expect(page.get_by_role("slider", name=name)).to_have_attribute("aria-valuetext", text, timeout=LONG)


@pytest.mark.parametrize(
    ("name", "query", "check"), ON_ONE_PAGE, ids=[f"{name}-{[*query][-1]}" for name, query, _ in ON_ONE_PAGE]
)
def test_a_page_is_as_its_link_says_and_when_it_is_returned_to(
    page: Page, url: str, ids: list[int], name: str, query: dict[str, object], check: Callable[[Page], None]
) -> None:
    query = {key: ids[2] if key == "item" else value for key, value in query.items()}
    page.goto(link(url, name, **query))
    check(page)
    is_at(page, name, **query)
    go(page, "train" if name == "data" else "data")
    is_at(
        page,
        *(("train",) if name == "data" else ("data",)),
        **({"view": "new"} if name == "data" else {"kind": "pictures"}),
    )
    go(page, name)
    check(page)
    is_at(page, name, **query)
    back(page)
    back(page)
    check(page)
    is_at(page, name, **query)


def test_a_study_named_by_its_title_is_rewritten_to_its_folder(page: Page, url: str) -> None:
    page.goto(link(url, "search", study=TITLE))
    is_at(page, "search", **DEFAULTS | {"study": "older"})
    study_is(page, TITLE, "standard", "nearest")
    assert steps(page) == 2  # the blank page, and this one


def test_a_study_that_is_gone_is_said_so_and_none_takes_its_place(page: Page, url: str) -> None:
    page.goto(link(url, "classes", study="<b>gone</b>", k=15))
    expect(page.get_by_test_id("stAlert")).to_contain_text("The study <b>gone</b> is not here", timeout=LONG)
    go(page, "search")
    is_at(page, "search", study="<b>gone</b>", k=15)
    expect(page.get_by_test_id("stAlert")).to_contain_text("The study <b>gone</b> is not here", timeout=LONG)
    expect(page.locator(".twin-map")).to_have_count(0)
    pick(page.get_by_role("combobox", name="Study", exact=True), TITLE)
    is_at(page, "search", **DEFAULTS | {"study": "older", "k": 15})
    study_is(page, TITLE, "standard", "nearest")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    back(page)
    expect(page.get_by_test_id("stAlert")).to_contain_text("is not here", timeout=LONG)


def test_open_in_compare_opens_that_study_in_one_step(page: Page, fresh: Callable[[], Page], url: str) -> None:
    page.goto(link(url, "train", view="studies"))
    opener = ready(page.locator(".st-key-open-older").get_by_role("button"))
    began = steps(page)
    opener.click()
    is_at(page, "compare", **DEFAULTS | {"study": "older"})
    study_is(page, TITLE, "standard", "nearest")
    assert steps(page) == began + 1
    go(page, "classes")
    study_is(page, TITLE, "standard", "nearest")
    other = fresh()
    other.goto(page.url)
    study_is(other, TITLE, "standard", "nearest")
    back(page)
    back(page)
    is_at(page, "train", view="studies")
    expect(page.locator(".st-key-open-older")).to_be_visible(timeout=LONG)


def test_a_visit_begins_with_the_study_of_the_last_one(
    page: Page, new_page: Callable[..., Page], fresh: Callable[[], Page], url: str
) -> None:
    page.goto(link(url, "search", study="older"))
    study_is(page, TITLE, "standard", "nearest")
    at_rest(page)
    again = new_page()
    again.goto(url)
    is_at(again, "compare", **DEFAULTS | {"study": "older"})
    first = fresh()
    first.goto(url)
    is_at(first, "compare", **DEFAULTS)
