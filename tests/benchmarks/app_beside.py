"""What goes on beside sessions that click: a person in a real browser who uploads and exports, and trainings."""

import asyncio
import io
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.async_api import Page, async_playwright, expect

from core.pipeline.run import run
from core.recipe.recipe import Recipe
from tests.browser.conftest import FLAGS, find_browser

RECIPE = "digits-parity"
LONG = 120_000


@dataclass
class Beside:
    """A person and trainings, and what they met."""

    url: str
    study: str
    """The large one, of which tables are exported."""
    done: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)

    @staticmethod
    def prepare(root: Path) -> None:
        """A study that takes pictures."""
        if not (root / RECIPE).exists():
            run(Recipe.load(RECIPE, ("train.epochs=2",)), root / RECIPE)

    async def train(self, folder: Path, until: float) -> None:
        """One training after another, in a process of its own as the app starts them."""
        while time.monotonic() < until:
            out = folder / f"training-{self.done['trainings']}"
            command = ["-m", "core", "run", RECIPE, "--out", str(out)]
            quiet = asyncio.subprocess.DEVNULL
            process = await asyncio.create_subprocess_exec(sys.executable, *command, stdout=quiet, stderr=quiet)
            try:
                code = await asyncio.wait_for(process.wait(), max(1.0, until - time.monotonic()))
            except TimeoutError:
                process.terminate()
                await process.wait()
                return
            self.done["trainings"] += 1
            if code:
                self.errors[f"a training ended with {code}"] += 1

    async def visit(self, until: float) -> None:
        """Upload a picture, export tables and the report, again and again."""
        async with async_playwright() as playwright:
            path = find_browser(playwright.chromium.executable_path)
            browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
            page = await browser.new_page()
            while time.monotonic() < until:
                for do in (self._upload, self._export):
                    try:
                        await do(page)
                        self.done[do.__name__.strip("_")] += 1
                    except Exception as error:  # counted, as the sessions' own are
                        self.errors[f"{do.__name__}: {type(error).__name__}: {error}"[:200]] += 1
            await browser.close()

    async def _upload(self, page: Page) -> None:
        await page.goto(f"{self.url}/search?study={RECIPE}")
        noise = np.random.default_rng().integers(0, 256, (28, 28), dtype=np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(noise).save(buffer, "PNG")
        field = page.locator("input[type=file]").first
        await field.wait_for(state="attached", timeout=LONG)
        await field.set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": buffer.getvalue()})
        await expect(page.locator(".gallery .query")).to_contain_text("mine.png", timeout=LONG)

    async def _export(self, page: Page) -> None:
        await page.goto(f"{self.url}/?study={self.study}")
        await expect(page.locator(".twin-map canvas.drawn")).to_have_count(2, timeout=LONG)
        await page.get_by_role("button", name="Export").click(timeout=LONG)
        for name in ("CSV", "Report as HTML"):
            async with page.expect_download(timeout=LONG) as caught:
                await page.get_by_role("button", name=name, exact=True).first.click(timeout=LONG)
            await (await caught.value).path()
