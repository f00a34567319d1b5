"""One study whose every text is an attack, a joke or a poem in another direction, carried through all pages."""

import io
import json
import re
import shutil
import zipfile
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Dialog, Page, expect

from core import jobs
from core.common.notices import Notice
from core.recipe.recipe import Recipe
from core.storage.study import Study
from tests.browser.test_app import App
from tests.browser.widgets import choose, pick, ready

LONG = 30_000  # milliseconds; an upper bound for a busy machine
TAGS = (
    '<img src=x onerror="hacked=1"><b class=injected>b</b> **md** [link](javascript:hacked=1) $x^2$ :red[r] '
    "אבג \u202eesrever\u202c 👩🏽‍🚀"
)
SCRIPT = "</style></script><script>hacked=1</script>"
FITS = """() => [...document.querySelectorAll("html, body, [data-testid=stMain]")]
    .every((box) => box.scrollWidth <= innerWidth)"""
UNBROKEN = "W" * 300
FOLDER = "<img src=x onerror=hacked=1> **md** 🦊"
MODES = [f"{digit} {text}" for digit, text in enumerate([TAGS, SCRIPT, UNBROKEN, "אבג דהו", "🪐" * 80] * 2)]


@pytest.fixture(scope="module")
def root(study_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hostile study, a damaged one, and a run that failed with hostile last words."""
    folder = tmp_path_factory.mktemp("studies")
    study = folder / FOLDER
    shutil.copytree(study_folder, study)
    labels = {"even": TAGS, "odd": UNBROKEN}
    for name in ("items", "diagnostics"):
        table = pd.read_parquet(study / f"{name}.parquet")
        table["label"] = table["label"].map(labels)
        if "sublabel" in table:
            table["sublabel"] = table["sublabel"].map(lambda digit: MODES[int(digit)])
            table["name"] = [f"{TAGS} {i}.png" for i in range(len(table))]
        table.to_parquet(study / f"{name}.parquet", index=False)
    description = json.loads((study / "study.json").read_text())
    description["recipe"]["title"] = TAGS
    description["arms"][0]["warnings"] = [asdict(Notice("note", "warning", TAGS))]
    (study / "study.json").write_text(json.dumps(description))
    damaged = folder / f"{FOLDER} damaged"
    damaged.mkdir()
    (damaged / "study.json").write_text("{")
    script = f"import sys; sys.exit({TAGS + SCRIPT + UNBROKEN!r})"
    job = jobs.start(Recipe.load("digits-parity"), root=folder, command=("python3", "-c", script))
    job.wait(LONG / 1000)
    return folder


def shown_as_text(page: Page) -> None:
    """Nothing ran, no text became an element, and nothing is wider than the window: as it is, and dark and narrow."""
    stays_inside(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 1024, "height": 1000})
    stays_inside(page)
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.emulate_media(color_scheme="light")


def stays_inside(page: Page) -> None:
    assert page.evaluate("typeof hacked") == "undefined"
    for injected in ("img[src=x]", "[onerror]", ".injected", ".katex", "a[href^=javascript]"):
        expect(page.locator(injected)).to_have_count(0)
    expect(page.locator("strong, em, a", has_text=re.compile("^(md|link)$"))).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    page.wait_for_function(FITS, timeout=LONG)  # what was wider before the window was made narrow takes a moment


def maps(page: Page, n: int = 2) -> None:
    expect(page.locator(".twin-map canvas.drawn")).to_have_count(n, timeout=LONG)


def go(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).click()


@pytest.mark.timeout(400)
def test_every_page_shows_hostile_text_as_text(page: Page, url: str, root: Path, tmp_path: Path) -> None:
    study = Study.load(root / FOLDER)
    dialogs: list[Dialog] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog))
    look_at_compare(page, url, study, tmp_path)
    look_at_search(page, study)
    look_at_classes(page)
    look_at_train(page)
    look_at_data(page)
    assert not dialogs


def look_at_compare(page: Page, url: str, study: Study, tmp_path: Path) -> None:
    page.goto(f"{url}/?study={quote(FOLDER)}")
    maps(page)
    app = App(page, study)
    page.get_by_role("button", name=re.compile(r"\d+ warnings?$")).click()
    expect(page.get_by_test_id("stAlert").filter(has_text="**md** [link]")).to_be_visible()
    page.keyboard.press("Escape")
    id = app.lone("nearest")
    page.mouse.move(*app.pixel("nearest", id))
    expect(app.figure("nearest").locator(".card")).to_contain_text(f"#{id}")
    shown_as_text(page)
    page.mouse.click(*app.pixel("nearest", id))
    app.query_is("<img src=x")
    expect(app.tiles("standard")).to_have_count(10)
    page.locator("button[data-tool=box]").click()
    box = app.figure("standard").locator(".stage").bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + 3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + box["height"] - 3, steps=4)
    page.mouse.up()
    expect(page.get_by_text(re.compile(rf"^{study.evaluated.sum()} selected"))).to_be_visible(timeout=LONG)
    page.get_by_test_id("stDataFrame").first.scroll_into_view_if_needed()
    shown_as_text(page)
    ready(page.get_by_role("button", name="Export")).click()
    with page.expect_download(timeout=LONG) as caught:
        page.get_by_role("button", name="Report as HTML").click()
    shown_as_text(page)
    page.keyboard.press("Escape")
    report = tmp_path / "report.html"
    caught.value.save_as(report)
    leaf = page.context.new_page()
    leaf.on("dialog", lambda dialog: pytest.fail("the report opens a dialog"))
    leaf.goto(report.as_uri())
    expect(leaf.locator(".js-plotly-plot .main-svg").first).to_be_visible(timeout=LONG)
    expect(leaf.locator("body")).to_contain_text("<img src=x onerror")
    shown_as_text(leaf)
    leaf.close()


def look_at_search(page: Page, study: Study) -> None:
    go(page, "Search")
    picture = io.BytesIO()
    study.picture(int(np.flatnonzero(study.evaluated)[2])).save(picture, "PNG")
    uploads = page.get_by_test_id("stFileUploader").locator("input[type=file]")
    file = {"name": f"{TAGS.replace('/', ' ')}.png", "mimeType": "image/png", "buffer": picture.getvalue()}
    uploads.set_input_files(file, timeout=LONG)
    expect(page.locator(".gallery .query")).to_contain_text("<img src=x onerror", timeout=LONG)
    ready(page.locator(".st-key-in-class input")).fill("<img")
    page.get_by_role("option").filter(has_text="<img").click()
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-in-class")).to_contain_text("<img")
    expect(page.get_by_test_id("stFileUploader")).to_have_count(1, timeout=LONG)  # the one before goes late
    uploads.set_input_files(file | {"name": f"{UNBROKEN}.png", "buffer": b"no picture"})
    expect(page.get_by_test_id("stAlert").filter(has_text="WWWW")).to_be_visible(timeout=LONG)
    expect(page.locator(".pictures .tile")).to_have_count(2)
    maps(page)
    shown_as_text(page)


def look_at_classes(page: Page) -> None:
    go(page, "Classes")
    expect(page.locator(".strips .tile").first).to_be_visible(timeout=LONG)
    for words in ("<img", "WWWW"):
        pick(page.get_by_role("combobox", name="Class", exact=True), words)
        expect(page.get_by_role("combobox", name="Class", exact=True)).to_have_value(re.compile(words), timeout=LONG)
        expect(page.locator(".js-plotly-plot .sankey .node-label").first).to_be_visible(timeout=LONG)
        expect(page.locator("[data-testid=stVegaLiteChart] :is(canvas, svg)")).to_have_count(2, timeout=LONG)
        page.locator(".strips .tile").first.hover()
        shown_as_text(page)


def look_at_train(page: Page) -> None:
    go(page, "Train")
    expect(page.get_by_text("the run stopped unexpectedly").first).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stAlert").filter(has_text="**md** [link]")).to_be_visible()
    shown_as_text(page)
    choose(page.get_by_role("radio", name=re.compile("Studies$")))
    ready(page.locator('[class*="st-key-delete-"] button').first).click()
    expect(page.get_by_role("dialog")).to_contain_text("**md**", timeout=LONG)
    shown_as_text(page)
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=LONG)
    choose(page.get_by_role("radio", name=re.compile("New run$")))
    pick(page.get_by_role("combobox", name="Start from"), "<img")
    expect(page.locator("code", has_text="<img src=x").first).to_be_visible(timeout=LONG)
    shown_as_text(page)


def look_at_data(page: Page) -> None:
    go(page, "Data")
    archive = io.BytesIO()
    picture = io.BytesIO()
    Image.new("RGB", (9, 9), "red").save(picture, "PNG")
    with zipfile.ZipFile(archive, "w") as file:
        for kind in (TAGS.replace("/", "|")[:80], "W" * 200, "אבג 🪐"):
            for number in range(5):
                file.writestr(f"{kind}/{number} {kind[:40]}.png", picture.getvalue() + bytes([number]))
            file.writestr(f"{kind}/broken {kind[:40]}.png", b"nothing")
    file = {"name": "<img src=x onerror=hacked=1>.zip", "mimeType": "application/zip", "buffer": archive.getvalue()}
    page.locator("input[type=file]").set_input_files(file, timeout=LONG)
    expect(page.get_by_text(re.compile("cannot be used yet"))).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    shown_as_text(page)
    choose(page.get_by_role("radio", name=re.compile("Embeddings of my own model$")))
    table = f'label,sublabel\n"{TAGS.replace(chr(34), chr(34) * 2)}",{UNBROKEN}\n' * 5
    matrix = io.BytesIO()
    np.save(matrix, np.eye(11, 8, dtype=np.float32))
    regions = [page.get_by_role("region", name=name) for name in ("Table of items", "Matrices")]
    name = "<img src=x onerror=hacked=1>" + "W" * 150
    for region, ending, data in zip(regions, ("csv", "npy"), (table.encode(), matrix.getvalue()), strict=True):
        file = {"name": f"{name}.{ending}", "mimeType": "application/octet-stream", "buffer": data}
        region.locator("input[type=file]").set_input_files(file, timeout=LONG)
        expect(page.get_by_role("button", name=f"Remove {name}.{ending}")).to_be_visible(timeout=LONG)
    expect(page.get_by_test_id("stAlert").filter(has_text="a label has characters")).to_be_visible(timeout=LONG)
    shown_as_text(page)
