"""The maps and the gallery in a real browser, on made-up items whose places on screen the tests work out."""

import re
import runpy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jaxtyping import Float
from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page, WebSocket, expect

from tests.browser.maps import DRAWING, settle
from tests.browser.widgets import at_rest

DEMO = Path(__file__).with_name("components_demo.py")
N = 400


@dataclass
class Demo:
    """The demo page, and what it shows."""

    page: Page
    items: Any
    positions: dict[str, Float[np.ndarray, "n 2"]]

    def stage(self, arm: str) -> Locator:
        return self.figure(arm).locator(".stage")

    def figure(self, arm: str) -> Locator:
        title = self.page.locator("h3.title", has_text=re.compile(f"^{arm}$"))
        return self.page.locator(".twin-map figure").filter(has=title)

    def pixel(self, arm: str, row: int, *, zoom: float = 1, stage: Locator | None = None) -> tuple[float, float]:
        """Where an item is drawn: the whole map in the middle, one scale for both axes, 8 % to spare."""
        place = self.positions[arm]
        low, high = place.min(axis=0), place.max(axis=0)
        box = (stage or self.stage(arm)).bounding_box()
        size = np.array([box["width"] - 2, box["height"] - 2])  # the border is no part of the map
        scale = ((high - low) / size).max() * 1.08 / zoom
        x, y = (place[row] - (low + high) / 2) / scale * (1, -1) + size / 2 + 1
        return box["x"] + x, box["y"] + y

    def id(self, row: int) -> int:
        return int(self.items["id"][row])

    def status(self, pattern: str) -> None:
        expect(self.page.get_by_test_id("stCode")).to_contain_text(re.compile(pattern), timeout=20_000)

    def runs(self) -> int:
        return int(re.search(r"runs=(\d+)", self.page.get_by_test_id("stCode").inner_text()).group(1))

    def rerun(self) -> None:
        """Run the script again, and wait for all that it sends: its status comes last."""
        at_rest(self.page)
        before = self.runs()
        self.page.get_by_role("button", name="rerun").click()
        self.status(rf"runs={before + 1}\b")

    def hover(self, arm: str, row: int) -> None:
        self.page.mouse.move(*self.pixel(arm, row))

    def click(self, arm: str, row: int) -> None:
        self.page.mouse.click(*self.pixel(arm, row))

    def tool(self, name: str) -> None:
        self.page.locator(f"[data-tool={name}].segments button, button[data-tool={name}]").click()

    def drag(self, corners: list[tuple[float, float]]) -> None:
        self.page.mouse.move(*corners[0])
        self.page.mouse.down()
        for corner in corners[1:]:
            self.page.mouse.move(*corner, steps=4)
        self.page.mouse.up()

    def lone(self, arm: str) -> int:
        """The item farthest from its nearest neighbour: pointing at it is unambiguous."""
        place = self.positions[arm]
        gaps = np.linalg.norm(place[:, None] - place[None], axis=2) + np.eye(len(place)) * 1e9
        return int(gaps.min(axis=1).argmax())

    def chip(self, name: str) -> Locator:
        return self.page.locator(".legend .chip").filter(
            has=self.page.locator(".name", has_text=re.compile(f"^{name}$"))
        )

    def colour_by(self, name: str) -> None:
        self.page.get_by_label("Colour by").select_option(name)


@pytest.fixture(scope="session")
def servers(serve: Callable[..., Any]) -> Callable[[str], str]:
    """Addresses of demo servers, one for each kind of data."""
    started: dict[str, str] = {}

    def url(kind: str) -> str:
        if kind not in started:
            started[kind] = serve(DEMO, env={"DEMO_N": str(N), "DEMO_KIND": kind}).url
        return started[kind]

    return url


@pytest.fixture(scope="module")
def warm_page(browser: Browser) -> Iterator[Page]:
    """One page for all tests here: what it has fetched and compiled once makes the next test three times as fast."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def page(warm_page: Page, console_errors: list[str]) -> Iterator[Page]:
    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            console_errors.append(message.text)

    def on_error(error: Error) -> None:
        console_errors.append(str(error))

    warm_page.set_viewport_size({"width": 1440, "height": 1000})
    warm_page.emulate_media(color_scheme="light")
    warm_page.on("console", on_console)
    warm_page.on("pageerror", on_error)
    yield warm_page
    warm_page.remove_listener("console", on_console)
    warm_page.remove_listener("pageerror", on_error)


@pytest.fixture
def open_demo(servers: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Demo]:
    def open_page(page: Page, kind: str = "plain") -> Demo:
        monkeypatch.setenv("DEMO_N", str(N))
        monkeypatch.setenv("DEMO_KIND", kind)
        made_up = runpy.run_path(str(DEMO))
        standard, nearest = made_up["positions"]()
        page.goto(servers(kind))
        page.wait_for_selector(".twin-map .stage", timeout=60_000)
        if kind in ("plain", "hostile", "many"):
            expect(page.locator(".twin-map canvas.drawn")).to_have_count(2, timeout=30_000)
        expect(page.get_by_test_id("stCode")).to_be_visible(timeout=30_000)
        return Demo(page, made_up["items"](), {"standard": standard, "nearest": nearest})

    return open_page


@pytest.fixture
def demo(page: Page, open_demo: Callable[..., Demo]) -> Iterator[Demo]:
    return open_demo(page)


def ring_at(stage: Locator, kind: str) -> tuple[float, float]:
    box = stage.locator(f".{kind}-ring circle.line").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


# ---- the maps --------------------------------------------------------------------------------------------------


def test_hover_previews_the_item_on_both_maps(demo: Demo) -> None:
    row = demo.lone("standard")
    demo.hover("standard", row)
    for arm in ("standard", "nearest"):
        card = demo.stage(arm).locator(".card")
        expect(card).to_be_visible()
        expect(card).to_contain_text(f"#{demo.id(row)}")
        expect(card.locator(".line", has_text="Class")).to_contain_text(demo.items["label"][row])
        expect(card.locator(".line", has_text="Mode")).to_contain_text(demo.items["sublabel"][row])
        assert ring_at(demo.stage(arm), "hover") == pytest.approx(demo.pixel(arm, row), abs=2)
        lit = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 < 3 && v > 200)"
        demo.page.wait_for_function(lit, arg=card.locator("canvas").element_handle())
    digit = int(demo.items["sublabel"][row])
    expect(demo.stage("standard").locator(".line", has_text="Sub-cluster")).to_contain_text(str(digit % 2))
    expect(demo.stage("nearest").locator(".line", has_text="Sub-cluster")).to_contain_text(str(digit // 2))
    expect(demo.page.locator(".twin-map .sr-only")).to_contain_text(f"#{demo.id(row)}")
    demo.page.mouse.move(5, 5)
    expect(demo.stage("nearest").locator(".card")).to_be_hidden()


def test_click_chooses_an_item_and_escape_drops_it(demo: Demo) -> None:
    row = demo.lone("nearest")
    demo.click("nearest", row)
    demo.status(f"focus={demo.id(row)} ")
    for arm in ("standard", "nearest"):
        assert ring_at(demo.stage(arm), "focus") == pytest.approx(demo.pixel(arm, row), abs=2)
    expect(demo.page.locator(".gallery .query .title")).to_have_text(f"Item #{demo.id(row)}")
    demo.page.keyboard.press("Escape")
    demo.status("focus=None ")
    expect(demo.stage("standard").locator(".focus-ring")).to_be_hidden()


def test_lasso_and_box_select_on_both_maps(demo: Demo) -> None:
    stage = demo.stage("standard").bounding_box()
    pixels = np.array([demo.pixel("standard", row) for row in range(N)])
    edge = stage["x"] + stage["width"] * 0.3
    inside = pixels[:, 0] < edge
    demo.tool("lasso")
    left, top, bottom = stage["x"] + 3, stage["y"] + 3, stage["y"] + stage["height"] - 3
    demo.drag([(left, top), (edge, top), (edge, bottom), (left, bottom)])
    ids = demo.items["id"].to_numpy()[inside]
    demo.status(re.escape(f"selected={inside.sum()} first={ids[:3].tolist()}"))
    expect(demo.page.locator(".selection")).to_contain_text(f"{inside.sum()} / {N} selected")
    even = (demo.items["label"] == "even").to_numpy()
    expect(demo.chip("even").locator(".number")).to_have_text(f"{(inside & even).sum()} / {even.sum()}")

    # Shift adds, here with a box on the other map.
    demo.tool("box")
    stage = demo.stage("nearest").bounding_box()
    middle = stage["y"] + stage["height"] / 2
    pixels = np.array([demo.pixel("nearest", row) for row in range(N)])
    both = inside | (pixels[:, 1] < middle)
    demo.page.keyboard.down("Shift")
    demo.drag([(stage["x"] + 3, stage["y"] + 3), (stage["x"] + stage["width"] - 3, middle)])
    demo.page.keyboard.up("Shift")
    demo.status(f"selected={both.sum()} ")
    demo.page.keyboard.press("Escape")
    demo.status("selected=0 ")
    expect(demo.page.locator(".selection .clear")).to_be_hidden()


def test_escape_abandons_a_lasso_under_way(demo: Demo) -> None:
    stage = demo.stage("standard").bounding_box()
    demo.tool("lasso")
    demo.page.mouse.move(stage["x"] + 20, stage["y"] + 20)
    demo.page.mouse.down()
    demo.page.mouse.move(stage["x"] + 300, stage["y"] + 300, steps=5)
    expect(demo.stage("standard").locator(".outline")).to_have_attribute("d", re.compile("^M"))
    demo.page.keyboard.press("Escape")
    demo.page.mouse.up()
    expect(demo.stage("standard").locator(".outline")).to_have_attribute("d", "")
    expect(demo.page.locator(".selection .summary")).to_have_text(f"{N} items")


def test_python_can_select_and_the_user_has_the_last_word(demo: Demo) -> None:
    demo.page.get_by_role("button", name="select three").click()
    demo.status(re.escape("selected=3 first=[7, 10, 13]"))
    expect(demo.page.locator(".selection")).to_contain_text(f"3 / {N} selected")
    demo.page.get_by_role("button", name="Clear the selection").click()
    demo.status("selected=0 ")


def drawn(demo: Demo, arm: str, row: int) -> list[int]:
    """Red, green and blue on the canvas in the middle of where an item lies."""
    return pixel(demo, arm, *demo.pixel(arm, row))


def pixel(demo: Demo, arm: str, x: float, y: float) -> list[int]:
    """Red, green and blue on the canvas at a place on the page."""
    canvas = demo.stage(arm).locator("canvas")
    box = canvas.bounding_box()
    place = [x - box["x"], y - box["y"]]
    read = "(c, [x, y]) => [...c.getContext('2d').getImageData(Math.floor(x), Math.floor(y), 1, 1).data].slice(0, 3)"
    return canvas.evaluate(read, place)


def test_items_are_drawn_where_they_are_in_the_colour_of_their_group(demo: Demo) -> None:
    row = demo.lone("standard")
    chip = demo.chip(demo.items["label"][row])
    shade = chip.locator(".swatch").evaluate("c => getComputedStyle(c).backgroundColor")
    colour = np.array([int(part) for part in re.findall(r"\d+", shade)])
    for arm in ("standard", "nearest"):
        assert drawn(demo, arm, row) == pytest.approx(0.85 * colour + 0.15 * 255, abs=3)  # what is dense shines through
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    assert drawn(demo, "standard", row) == [255, 255, 255]
    chip.click()


def test_legend_hides_and_isolates(demo: Demo) -> None:
    row = demo.lone("standard")
    label = demo.items["label"][row]
    other = {"even": "odd", "odd": "even"}[label]
    demo.chip(label).click()
    expect(demo.chip(label)).to_have_attribute("aria-pressed", "false")
    demo.hover("standard", row)
    expect(demo.stage("standard").locator(".card")).to_be_hidden()
    demo.chip(label).dblclick()
    expect(demo.chip(label)).to_have_attribute("aria-pressed", "true")
    expect(demo.chip(other)).to_have_attribute("aria-pressed", "false")
    demo.hover("standard", row)
    expect(demo.stage("nearest").locator(".card")).to_contain_text(f"#{demo.id(row)}")
    demo.chip(label).dblclick()
    expect(demo.chip(other)).to_have_attribute("aria-pressed", "true")


def test_a_legend_of_many_lists_all_when_asked(page: Page, open_demo: Callable[..., Demo]) -> None:
    demo = open_demo(page, "many")
    names = sorted(set(demo.items["sublabel"]))
    expect(page.get_by_label("Colour by")).to_have_value("class")  # there are more modes than colours
    demo.colour_by("mode")
    expect(page.locator(".legend .chip")).to_have_count(20)
    page.get_by_role("button", name="List every category").click()
    chips = page.locator(".legend .chip")
    expect(chips).to_have_count(len(names))
    box = page.locator(".legend .chips")
    assert box.evaluate("e => e.scrollHeight > e.clientHeight && getComputedStyle(e).overflowY") == "scroll"
    page.get_by_role("searchbox", name="Find a category").fill(names[70])
    expect(chips.filter(visible=True)).to_have_text([re.compile(names[70])])
    demo.chip(names[70]).dblclick()
    expect(demo.chip(names[70])).to_have_attribute("aria-pressed", "true")
    expect(demo.chip(names[0])).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Fold the rarest").click()
    expect(chips).to_have_count(20)


def test_colours_change_at_once_and_python_is_told_of_each_once(page: Page, open_demo: Callable[..., Demo]) -> None:
    sockets: list[WebSocket] = []
    page.on("websocket", lambda socket: sockets.append(socket))
    demo = open_demo(page)
    sent: list[object] = []
    sockets[-1].on("framesent", lambda frame: sent.append(frame))
    demo.colour_by("mode")
    expect(page.locator(".legend .chip")).to_have_count(10)
    expect(demo.chip("3").locator(".number")).to_have_text(str((demo.items["sublabel"] == "3").sum()))
    shades = {chip.evaluate("c => getComputedStyle(c).backgroundColor") for chip in page.locator(".swatch").all()}
    assert len(shades) == 10
    demo.colour_by("change")
    expect(page.locator(".legend .bar")).to_be_visible()
    expect(page.locator(".legend")).to_contain_text("share of neighbours that differ")
    assert len(sent) <= 2  # the page's address names the colour


def test_reruns_leave_zoom_legend_and_selection_alone(page: Page, open_demo: Callable[..., Demo]) -> None:
    sockets: list[WebSocket] = []
    page.on("websocket", lambda socket: sockets.append(socket))
    demo = open_demo(page)
    demo.page.get_by_role("button", name="select three").click()
    demo.status("selected=3 ")
    demo.figure("nearest").get_by_label("Zoom in").click()
    demo.colour_by("mode")
    demo.chip("3").click()
    demo.rerun()  # the selection argument goes: sent again this once
    received: list[bytes | str] = []
    sockets[-1].on("framereceived", lambda frame: received.append(frame))
    demo.rerun()
    assert received
    assert sum(map(len, received)) < 20_000, "points or code were sent again"
    expect(demo.chip("3")).to_have_attribute("aria-pressed", "false")
    expect(demo.page.locator(".selection")).to_contain_text(f"3 / {N} selected")
    middle = demo.positions["nearest"].mean(axis=0)
    near = np.argsort(np.linalg.norm(demo.positions["nearest"] - middle, axis=1))
    row = next(int(r) for r in near if demo.items["sublabel"][r] != "3")
    page.mouse.move(*demo.pixel("nearest", row, zoom=1.35))
    expect(demo.stage("standard").locator(".card")).to_contain_text(f"#{demo.id(row)}")
    assert ring_at(demo.stage("nearest"), "hover") == pytest.approx(demo.pixel("nearest", row, zoom=1.35), abs=2)


def test_wheel_zooms_at_once(demo: Demo) -> None:
    row = demo.lone("nearest")
    before = demo.pixel("nearest", row)
    demo.page.mouse.move(*before)
    [_, whole] = ranges(demo.page)
    demo.page.mouse.wheel(0, -100)
    settle(demo.page)
    assert ranges(demo.page)[1] < 0.9 * whole
    assert demo.page.evaluate("scrollY") == 0
    demo.page.mouse.move(before[0] + 1, before[1])
    # The point under the pointer stays, but for the wheel event's whole pixels.
    assert ring_at(demo.stage("nearest"), "hover") == pytest.approx(before, abs=4)
    demo.stage("nearest").focus()
    demo.page.keyboard.press("0")
    demo.page.mouse.move(*before)
    assert ring_at(demo.stage("nearest"), "hover") == pytest.approx(before, abs=2)


def ranges(page: Page) -> list[float]:
    """Width of what each map shows, in its own units."""
    return page.locator(".twin-map figure").evaluate_all(f"maps => maps.map({DRAWING}).map(({{ x0, x1 }}) => x1 - x0)")


def test_a_map_moved_out_of_sight_comes_back(demo: Demo) -> None:
    fit = demo.stage("standard").get_by_role("button", name="Show the whole map")
    expect(fit).to_be_hidden()
    box = demo.stage("standard").bounding_box()
    for _ in range(2):
        demo.drag([(box["x"] + 10, box["y"] + 10), (box["x"] + box["width"] - 10, box["y"] + box["height"] - 10)])
    expect(fit).to_be_visible()
    expect(demo.stage("nearest").get_by_role("button", name="Show the whole map")).to_be_hidden()
    fit.click()
    expect(fit).to_be_hidden()
    row = demo.lone("standard")
    demo.hover("standard", row)
    assert ring_at(demo.stage("standard"), "hover") == pytest.approx(demo.pixel("standard", row), abs=2)


def test_the_selected_are_seen_and_can_be_zoomed_to(demo: Demo) -> None:
    zoom = demo.page.get_by_role("button", name="Zoom to selection")
    expect(zoom).to_be_hidden()
    demo.page.get_by_role("button", name="select three").click()
    demo.status("selected=3 ")
    expect(demo.page.locator(".twin-map .summary")).to_have_text(f"3 / {N} selected")
    for arm in ("standard", "nearest"):
        x, y = demo.pixel(arm, 1)  # the second item is selected
        around = [pixel(demo, arm, x + dx, y + dy) for dx in range(-6, 7) for dy in range(-6, 7)]
        assert [230, 0, 126] in around  # the outline's own colour
    before = ranges(demo.page)
    zoom.click()
    settle(demo.page)
    for after, whole in zip(ranges(demo.page), before, strict=True):
        assert after < whole
    for map in demo.page.locator(".twin-map figure").all():
        seen = map.evaluate(
            f"""map => {{
                const {{ layers, position, x0, x1, y0, y1 }} = ({DRAWING})(map);
                const {{ x, y }} = position;
                return layers.at(-1).rows.map(row => x[row] > x0 && x[row] < x1 && y[row] > y0 && y[row] < y1);
            }}"""
        )
        assert seen == [True] * 3


def test_drag_pans_its_own_map_only(demo: Demo) -> None:
    row = demo.lone("standard")
    demo.hover("standard", row)
    x, y = demo.pixel("standard", row)
    demo.drag([(x + 30, y), (x + 70, y + 25)])
    demo.page.mouse.move(x + 40, y + 25)
    expect(demo.stage("nearest").locator(".card")).to_contain_text(f"#{demo.id(row)}")
    assert ring_at(demo.stage("standard"), "hover") == pytest.approx((x + 40, y + 25), abs=2)
    assert ring_at(demo.stage("nearest"), "hover") == pytest.approx(demo.pixel("nearest", row), abs=2)


def test_selection_survives_a_change_of_arms(demo: Demo) -> None:
    demo.page.get_by_role("button", name="select three").click()
    demo.status("selected=3 ")
    demo.page.get_by_text("swap arms").click()
    expect(demo.page.locator("h3.title").first).to_have_text("nearest")
    expect(demo.page.locator(".selection")).to_contain_text(f"3 / {N} selected")
    row = demo.lone("nearest")
    demo.hover("nearest", row)
    expect(demo.stage("standard").locator(".card")).to_contain_text(f"#{demo.id(row)}")


def test_single_map_turns_into_the_other_arm(demo: Demo) -> None:
    demo.page.get_by_text("single", exact=True).click()
    stage = demo.page.locator(".twin-map .stage")
    expect(stage).to_have_count(1)
    demo.page.keyboard.press("t")
    expect(demo.page.get_by_role("button", name="Show nearest")).to_have_attribute("aria-pressed", "true")
    row = demo.lone("nearest")
    settle(demo.page, row, demo.positions["nearest"][row])
    demo.page.mouse.move(*demo.pixel("nearest", row, stage=stage))
    expect(stage.locator(".card")).to_contain_text(f"#{demo.id(row)}")


def test_t_over_two_maps_is_left_to_the_page(demo: Demo) -> None:
    demo.stage("standard").focus()
    demo.page.keyboard.press("t")
    expect(demo.page.get_by_test_id("stToast")).to_contain_text("swapped")


def test_map_works_by_keyboard(demo: Demo) -> None:
    demo.stage("standard").focus()
    demo.page.keyboard.press("ArrowRight")
    card = demo.stage("standard").locator(".card")
    expect(card).to_be_visible()
    first = ring_at(demo.stage("standard"), "hover")
    demo.page.keyboard.press("ArrowRight")
    assert ring_at(demo.stage("standard"), "hover")[0] > first[0]
    chosen = re.search(r"#(\d+)", card.inner_text())[1]
    demo.page.keyboard.press("Enter")
    demo.status(f"focus={chosen} ")


def test_query_marks_say_that_they_are_approximate(demo: Demo) -> None:
    for arm in ("standard", "nearest"):
        expect(demo.stage(arm).locator(".query text")).to_have_text("upload.png (approximate)")


def test_map_saves_as_png(demo: Demo) -> None:
    with demo.page.expect_download() as download:
        demo.figure("standard").get_by_label("Save as PNG").click()
    assert download.value.suggested_filename == "map-standard.png"


@pytest.mark.parametrize("width", [1440, 1024])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_layout_fits_in_both_themes(page: Page, open_demo: Callable[..., Demo], scheme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    page.emulate_media(color_scheme=scheme)
    demo = open_demo(page)
    demo.click("nearest", demo.lone("nearest"))
    expect(demo.page.locator(".gallery .tile").first).to_be_visible(timeout=20_000)
    ground = demo.stage("nearest").evaluate("e => getComputedStyle(e).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", ground)[:3])) < 60) == (scheme == "dark")
    for box in ("figure", ".stage", ".tile", ".toolbar"):
        for right in demo.page.locator(box).evaluate_all("all => all.map((e) => e.getBoundingClientRect().right)"):
            assert right <= width
    assert demo.page.evaluate("document.documentElement.scrollWidth") <= width


def test_theme_changes_under_way(demo: Demo) -> None:
    swatch = "c => getComputedStyle(c).backgroundColor"
    light = demo.page.locator(".swatch").first.evaluate(swatch)
    demo.page.emulate_media(color_scheme="dark")
    expect(demo.page.locator(".twin-map.dark")).to_be_visible()
    assert demo.page.locator(".swatch").first.evaluate(swatch) != light


# ---- the gallery -----------------------------------------------------------------------------------------------


def expected_neighbours(demo: Demo, arm: str, row: int, k: int = 10) -> list[int]:
    distance = np.linalg.norm(demo.positions[arm] - demo.positions[arm][row], axis=1)
    return [demo.id(r) for r in np.argsort(distance) if r != row][:k]


def tiles(demo: Demo, column: int) -> Locator:
    return demo.page.locator(".gallery .column").nth(column).locator("button.tile")


def test_gallery_ranks_and_marks_neighbours(demo: Demo) -> None:
    row = demo.lone("nearest")
    demo.click("nearest", row)
    expect(tiles(demo, 0)).to_have_count(10, timeout=20_000)
    ranked = [expected_neighbours(demo, arm, row) for arm in ("standard", "nearest")]
    for column, other in ((0, 1), (1, 0)):
        for place, tile in enumerate(tiles(demo, column).all()):
            id_ = ranked[column][place]
            hit = int(np.flatnonzero(demo.items["id"] == id_)[0])
            assert tile.get_attribute("data-id") == str(id_)
            same = demo.items["label"][hit] == demo.items["label"][row]
            mode = demo.items["sublabel"][hit] == demo.items["sublabel"][row]
            name = tile.get_attribute("aria-label")
            assert ("same class" if same else "another class") in name
            assert ("same mode" if mode else "another mode") in name
            there = ranked[other].index(id_) + 1 if id_ in ranked[other] else None
            moved = f"#{place + 1} → #{there}" if there else "only here"
            expect(tile.locator(".movement")).to_have_text(moved)
            distance = np.linalg.norm(np.diff(list(demo.positions.values())[column][[row, hit]], axis=0))
            shown = float(tile.locator(".distance").inner_text())
            assert shown == pytest.approx(distance, rel=6e-3)


def test_click_on_a_tile_makes_it_the_query(demo: Demo) -> None:
    row = demo.lone("nearest")
    demo.click("nearest", row)
    expect(tiles(demo, 1)).to_have_count(10, timeout=20_000)
    id_ = tiles(demo, 1).nth(3).get_attribute("data-id")
    tiles(demo, 1).nth(3).click()
    demo.status(f"focus={id_} ")
    expect(demo.page.locator(".gallery .query .title")).to_have_text(f"Item #{id_}")
    new = int(np.flatnonzero(demo.items["id"] == int(id_))[0])
    assert ring_at(demo.stage("standard"), "focus") == pytest.approx(demo.pixel("standard", new), abs=2)


def test_arrow_keys_move_in_the_gallery_and_across_arms(demo: Demo) -> None:
    demo.click("nearest", demo.lone("nearest"))
    expect(tiles(demo, 0)).to_have_count(10, timeout=20_000)
    keyboard = demo.page.keyboard
    tiles(demo, 0).first.focus()
    keyboard.press("ArrowRight")
    expect(tiles(demo, 0).nth(1)).to_be_focused()
    keyboard.press("End")
    expect(tiles(demo, 0).last).to_be_focused()
    keyboard.press("Home")
    expect(tiles(demo, 0).first).to_be_focused()
    tops = tiles(demo, 0).evaluate_all("all => all.map((e) => e.offsetTop)")
    wide = tops.count(tops[0])
    keyboard.press("ArrowDown")
    expect(tiles(demo, 0).nth(wide)).to_be_focused()
    keyboard.press("ArrowUp")
    for _ in range(wide):
        keyboard.press("ArrowRight")
    expect(tiles(demo, 1).first).to_be_focused()
    keyboard.press("ArrowLeft")
    expect(tiles(demo, 0).nth(wide - 1)).to_be_focused()
    id_ = tiles(demo, 0).nth(wide - 1).get_attribute("data-id")
    keyboard.press("Enter")
    demo.status(f"focus={id_} ")
    expect(tiles(demo, 0).first).to_be_focused()


def test_gallery_says_when_it_waits_or_has_nothing(demo: Demo) -> None:
    gallery = demo.page.locator(".gallery")
    expect(gallery).to_contain_text("Click an item on a map")
    demo.click("nearest", demo.lone("nearest"))
    expect(tiles(demo, 0)).to_have_count(10, timeout=20_000)
    demo.page.get_by_text("loading", exact=True).click()
    expect(gallery.locator("[aria-busy=true]")).to_be_visible(timeout=20_000)
    demo.page.get_by_text("no hits").click()
    expect(gallery).to_contain_text("There are no neighbours to show.", timeout=20_000)


# ---- awkward data ----------------------------------------------------------------------------------------------


def test_hostile_labels_are_shown_as_text(page: Page, open_demo: Callable[..., Demo]) -> None:
    demo = open_demo(page, "hostile")
    names = sorted(set(demo.items["label"]))
    assert sorted(page.locator(".legend .name").all_inner_texts()) == sorted(" ".join(name.split()) for name in names)
    for name in names:
        row = int(np.flatnonzero(demo.items["label"] == name)[0])
        demo.click("nearest", row)
        expect(page.locator(".gallery .facts")).to_contain_text(name.strip()[:40], timeout=20_000)
    assert page.title() != "pwned"
    assert page.locator(".uncollapse img, .uncollapse script").count() == 0
    for chip in page.locator(".legend .chip").all():
        assert chip.bounding_box()["width"] <= 190
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440


def test_maps_without_positions_say_so(page: Page, open_demo: Callable[..., Demo]) -> None:
    demo = open_demo(page, "degenerate")
    expect(demo.stage("standard")).to_contain_text("No item has a position on this map yet.")
    stage = demo.stage("nearest").bounding_box()
    page.mouse.move(stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)  # all items at one point
    expect(demo.stage("nearest").locator(".card")).to_be_visible()


def test_no_items_at_all(page: Page, open_demo: Callable[..., Demo]) -> None:
    demo = open_demo(page, "none")
    for arm in ("standard", "nearest"):
        expect(demo.stage(arm)).to_contain_text("There are no items to show.")
