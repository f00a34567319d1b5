"""Search in a real browser: several pictures, the clipboard, filters that come before the nearest, the address."""

import base64
import io
import re
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from app.search.query_pictures import MAX_PICTURES
from core.analysis.search import is_far
from core.storage.study import Study
from tests.browser.widgets import at_rest, choose, ready, slide

HOSTILE = "<img src=x onerror=alert(1)>שלום👩🏽‍🚀" + "x" * 200 + ".png"
PASTE = """([data, name]) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([bytes], name, { type: "image/png" }));
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def ids(study: Study) -> list[int]:
    return np.flatnonzero(study.evaluated).tolist()


def opened(page: Page, address: str) -> Page:
    page.goto(address)
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(2, timeout=60_000)
    at_rest(page)
    return page


@pytest.fixture
def search(page: Page, digits_url: str) -> Page:
    return opened(page, f"{digits_url}/search")


def png(study: Study, id: int) -> bytes:
    buffer = io.BytesIO()
    study.picture(id).save(buffer, "PNG")
    return buffer.getvalue()


def upload(page: Page, files: dict[str, bytes]) -> None:
    expect(page.get_by_test_id("stFileUploader")).to_have_count(1, timeout=30_000)  # the one before goes late
    at_rest(page)
    page.get_by_test_id("stFileUploader").locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files.items()]
    )


def query_is(page: Page, text: str) -> None:
    expect(page.locator(".gallery .query .title")).to_contain_text(text, timeout=30_000)


def tiles(page: Page, arm: str) -> Locator:
    column = page.locator(".gallery .column").filter(has=page.get_by_role("heading", name=arm, exact=True))
    return column.locator(".tile")


def first_is(page: Page, arm: str, id: int) -> None:
    expect(tiles(page, arm).first).to_have_attribute("data-id", str(id), timeout=20_000)


def shown(page: Page, arm: str) -> list[int]:
    return [int(id) for id in tiles(page, arm).evaluate_all("tiles => tiles.map(tile => tile.dataset.id)")]


def nearest(study: Study, arm: str, item: int, passes: Callable[[int], bool], k: int = 10) -> list[int]:
    """By brute force among the items that pass."""
    points = study.arm(arm).embeddings.astype(float)
    candidates = [id for id in np.flatnonzero(study.evaluated).tolist() if id != item and passes(id)]
    return sorted(candidates, key=lambda id: (np.linalg.norm(points[id] - points[item]), id))[:k]


def test_several_pictures_the_bad_ones_apart(search: Page, study: Study, ids: list[int]) -> None:
    upload(search, {"one.png": png(study, ids[3]), "bad.png": b"nothing", HOSTILE: png(study, ids[8])})
    query_is(search, "one.png")
    first_is(search, "nearest", ids[3])
    row = search.locator(".pictures .tile")
    expect(row).to_have_count(3)
    expect(search.get_by_test_id("stAlert")).to_contain_text("bad.png")
    expect(row.nth(1).locator(".choose")).to_be_disabled()
    expect(row.nth(2)).to_contain_text("<img src=x onerror=alert(1)>")
    box = row.nth(2).bounding_box()
    assert box is not None
    assert box["width"] < 120
    row.nth(2).locator(".choose").click()
    query_is(search, "<img src=x onerror=alert(1)>")
    first_is(search, "standard", ids[8])
    expect(search.locator("img[onerror]")).to_have_count(0)
    row.nth(1).get_by_role("button", name="Remove bad.png").click()
    expect(row).to_have_count(2)
    expect(search.get_by_test_id("stAlert")).to_have_count(0)
    search.get_by_role("button", name="Random item").click()
    query_is(search, "Item #")
    row.nth(0).locator(".choose").press("Enter")
    query_is(search, "one.png")


def far_picture(study: Study) -> bytes:
    """Some picture that is far from everything in both arms."""
    noise = np.random.default_rng(0).integers(0, 256, (8, 8), dtype=np.uint8)
    ramps = [np.tile(np.linspace(0, 255, 8).astype(np.uint8), (8, 1)), np.eye(8, dtype=np.uint8) * 255]
    for pixels in (noise, *ramps, np.zeros_like(noise), np.full_like(noise, 255), 255 - noise):
        picture = Image.fromarray(pixels)
        if all(is_far(study, arm, vectors[0]) for arm, vectors in study.embed([picture]).items() if arm != "pixels"):
            buffer = io.BytesIO()
            picture.save(buffer, "PNG")
            return buffer.getvalue()
    raise AssertionError("no such picture")


def test_a_strange_picture_a_photograph_and_more_neighbours(
    new_page: Callable[..., Page], digits_url: str, study: Study, ids: list[int]
) -> None:
    page = opened(new_page(permissions=["camera"]), f"{digits_url}/search")
    upload(page, {"strange.png": far_picture(study)})
    query_is(page, "strange.png")
    far = page.locator(".gallery .far")
    expect(far).to_have_text(["Far from everything"] * 2)
    for badge in far.all():
        expect(badge).to_be_visible()
    upload(page, {"one.png": png(study, ids[3])})
    query_is(page, "one.png")
    for badge in far.all():
        expect(badge).to_be_hidden()
    slide(page, "Neighbours", "ArrowRight", to="15")
    expect(tiles(page, "nearest")).to_have_count(15, timeout=30_000)
    expect(page).to_have_url(re.compile(r"k=15\b"))
    ready(page.get_by_text("Camera", exact=True)).click()
    page.wait_for_function("document.querySelector('[data-testid=stCameraInput] video')?.readyState === 4")
    page.get_by_role("button", name="Take Photo").click()
    query_is(page, "photo")
    expect(page.locator(".pictures .tile")).to_have_count(3)


def test_pasting_and_dropping(search: Page, study: Study, ids: list[int]) -> None:
    search.evaluate(PASTE, [base64.b64encode(png(study, ids[5])).decode(), "clip.png"])
    query_is(search, "clip.png")
    first_is(search, "nearest", ids[5])
    search.evaluate(PASTE, [base64.b64encode(b"no picture").decode(), "broken.png"])
    expect(search.get_by_test_id("stAlert")).to_contain_text("broken.png", timeout=20_000)
    query_is(search, "clip.png")
    transfer = search.evaluate_handle(
        """(data) => {
            const transfer = new DataTransfer();
            const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
            transfer.items.add(new File([bytes], "dropped.png", { type: "image/png" }));
            return transfer;
        }""",
        base64.b64encode(png(study, ids[6])).decode(),
    )
    zone = search.get_by_test_id("stFileUploaderDropzone")
    for event in ("dragenter", "dragover", "drop"):
        zone.dispatch_event(event, {"dataTransfer": transfer})
    query_is(search, "dropped.png")
    first_is(search, "standard", ids[6])


def test_the_camera_is_asked_for_only_when_it_is_wanted(search: Page) -> None:
    expect(search.get_by_test_id("stCameraInput")).to_have_count(0)
    ready(search.locator(".st-key-camera label").first).click()
    expect(search.get_by_test_id("stCameraInput")).to_be_visible(timeout=20_000)


def test_filters_come_first_and_the_address_keeps_them(
    page: Page, new_page: Callable[..., Page], digits_url: str, study: Study, ids: list[int]
) -> None:
    item, label = ids[4], study.items["label"]
    opened(page, f"{digits_url}/search?item={item}")
    choose(page.locator(".st-key-hits").get_by_role("radio", name="Other classes"))
    expect(page.locator(".gallery .score").first).to_have_text(re.compile(r"^0 of"), timeout=20_000)
    others = nearest(study, "nearest", item, lambda id: label[id] != label[item])
    assert shown(page, "nearest") == others
    mode = study.items["sublabel"][others[-1]]
    modes = ready(page.locator(".st-key-in-mode input"))
    modes.fill(mode)
    modes.press("Enter")
    page.keyboard.press("Escape")
    passing = nearest(
        study, "nearest", item, lambda id: study.items["sublabel"][id] == mode and label[id] != label[item]
    )
    first_is(page, "nearest", passing[0])
    expect(tiles(page, "nearest")).to_have_count(len(passing))
    assert shown(page, "nearest") == passing
    again = opened(new_page(), page.url)
    first_is(again, "nearest", passing[0])
    assert shown(again, "nearest") == passing
    tiles(again, "nearest").first.click()
    query_is(again, f"Item #{passing[0]}")
    again.get_by_role("button", name="Back").click()
    query_is(again, f"Item #{item}")


def test_csls_ranks_otherwise(page: Page, digits_url: str, study: Study, ids: list[int]) -> None:
    from core.analysis.search import hits

    item = next(
        i
        for i in ids
        if hits(study, "standard", i, 10)["id"].tolist() != hits(study, "standard", i, 10, metric="csls")["id"].tolist()
    )
    opened(page, f"{digits_url}/search?item={item}")
    expect(tiles(page, "standard")).to_have_count(10, timeout=20_000)
    before = shown(page, "standard")
    choose(page.locator(".st-key-metric").get_by_role("radio", name="CSLS"))
    expected = hits(study, "standard", item, 10, metric="csls")["id"].tolist()
    changed = next(n for n in range(10) if before[n] != expected[n])
    tile = tiles(page, "standard").nth(changed)
    expect(tile).to_have_attribute("data-id", str(expected[changed]), timeout=20_000)
    assert shown(page, "standard") == expected


def test_breadcrumbs_name_the_queries_and_lead_back(search: Page, study: Study, ids: list[int]) -> None:
    upload(search, {"mine.png": png(study, ids[0])})
    query_is(search, "mine.png")
    trail = ["start"]
    for n in (1, 2, 3):
        id = shown(search, "nearest")[n]
        tiles(search, "nearest").nth(n).click()
        query_is(search, f"Item #{id}")
        trail.append(f"#{id}")
        expect(search.get_by_text(" › ".join(trail), exact=True)).to_be_visible(timeout=20_000)
    while len(trail) > 2:
        search.get_by_role("button", name="Back").click()
        trail.pop()
        expect(search.get_by_text(" › ".join(trail), exact=True)).to_be_visible(timeout=20_000)
        query_is(search, f"Item {trail[-1]}")
    search.get_by_role("button", name="Back").click()
    query_is(search, "mine.png")


def test_more_pictures_than_a_session_keeps_push_out_the_oldest_and_it_is_said(
    search: Page, study: Study, ids: list[int]
) -> None:
    upload(search, {f"{n}.png": png(study, ids[n]) for n in range(MAX_PICTURES + 2)})
    expect(
        search.get_by_text(f"2 older pictures were dropped to make room: this row holds {MAX_PICTURES}")
    ).to_be_visible(timeout=30_000)
    expect(search.locator(".pictures .tile")).to_have_count(MAX_PICTURES)
    upload(search, {"0.png": png(study, ids[0])})
    expect(search.get_by_text("1 older picture was dropped")).to_be_visible(timeout=30_000)
