"""A real Chromium and real Streamlit servers for the tests under tests/browser."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, sync_playwright

from app.widgets import errors
from core.storage.study import Study

REPO = Path(__file__).parent.parent.parent
SCREENSHOTS = REPO / "build" / "screenshots"
BROWSERS = ["chromium", "google-chrome", "google-chrome-stable", "chromium-browser", "chrome"]
FLAGS = [
    "--no-sandbox",  # as root, and where user namespaces are closed
    "--disable-dev-shm-usage",  # containers have a small /dev/shm
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--enable-unsafe-swiftshader",  # WebGL without a graphics card
    "--use-fake-device-for-media-stream",  # a camera, and nobody to be asked about it
    "--use-fake-ui-for-media-stream",
]
START_SECONDS = 60
VIEWPORT: ViewportSize = {"width": 1440, "height": 1000}


def find_browser(bundled: str) -> str | None:
    """Path of a Chromium or Chrome; `bundled` is where Playwright would have put its own."""
    if named := os.environ.get("UNCOLLAPSE_CHROME"):
        return named
    candidates = [*filter(None, map(shutil.which, BROWSERS)), bundled]
    return next((path for path in candidates if Path(path).exists()), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = find_browser(playwright.chromium.executable_path)
        if path is None:
            (pytest.fail if os.environ.get("CI") else pytest.skip)("there is no Chromium or Chrome here")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def console_errors() -> Iterator[list[str]]:
    """What the pages of this test report as errors; a test clears the list of those that it provokes."""
    errors: list[str] = []
    yield errors
    assert not errors, "the browser's console shows errors"


def is_error(message: ConsoleMessage) -> bool:
    """Opened below its root, Streamlit first asks there where its server is, and is told 404 by design."""
    probes = ("/_stcore/health", "/_stcore/host-config")
    return message.type == "error" and not message.location["url"].endswith(probes)


@pytest.fixture(scope="session")
def shared(browser: Browser) -> Iterator[BrowserContext]:
    """One context for most tests: what its pages have fetched and compiled makes the next one three times as fast."""
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def pages() -> Iterator[list[Page]]:
    """The pages a test has open."""
    opened: list[Page] = []
    yield opened
    for page in opened:
        page.close()


@pytest.fixture
def new_page(
    browser: Browser, shared: BrowserContext, console_errors: list[str], pages: list[Page]
) -> Iterator[Callable[..., Page]]:
    """Opens a page: new_page(color_scheme="dark", viewport={...}); with any other option in a context of its own."""
    own: list[BrowserContext] = []

    def open_page(
        *, viewport: ViewportSize = VIEWPORT, color_scheme: Literal["light", "dark"] = "light", **options: Any
    ) -> Page:
        if options:
            own.append(browser.new_context(**options))
        page = (own[-1] if options else shared).new_page()
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=color_scheme)
        page.on("console", lambda m: console_errors.append(m.text) if is_error(m) else None)
        page.on("pageerror", lambda error: console_errors.append(str(error)))
        pages.append(page)
        return page

    yield open_page
    shared.clear_cookies()
    for context in own:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    return new_page()


@dataclass(frozen=True)
class Server:
    """A running `streamlit run`."""

    url: str
    process: subprocess.Popen[bytes]
    log_file: Path

    def log(self) -> str:
        return self.log_file.read_text("utf-8", errors="replace")

    def healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as reply:
                return reply.status == 200
        except OSError:
            return False

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.healthy():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"streamlit did not come up:\n{self.log()}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


SERVERS = pytest.StashKey[list[Server]]()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server(
    script: Path,
    env: Mapping[str, str],
    log_file: Path,
    *,
    module: str = "streamlit",
    options: Mapping[str, Any] = {},
    cwd: Path = REPO,
) -> Server:
    defaults = {"server.address": "127.0.0.1", "server.port": free_port(), "server.headless": "true"}
    defaults |= {"server.fileWatcherType": "none", "browser.gatherUsageStats": "false"}
    options = defaults | options
    flags = [part for key, value in options.items() for part in (f"--{key}", str(value))]
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, "run", str(script), *flags],
            cwd=cwd,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Server(f"http://127.0.0.1:{options['server.port']}", process, log_file)


def stop_runs(root: Path) -> None:
    """Runs outlive the app on purpose, so those that a test's app has started are ended here."""
    from core import jobs

    for job in jobs.list_jobs(root):
        job.cancel()


@pytest.fixture(scope="session")
def serve(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Starts an app: serve("app/main.py", env={"UNCOLLAPSE_STUDIES": ...}).url; all end with the session."""
    servers = request.session.stash.setdefault(SERVERS, [])
    roots: set[Path] = set()

    def start(
        script: str | Path = "app/main.py",
        *,
        env: Mapping[str, str] | None = None,
        module: str = "streamlit",
        options: Mapping[str, Any] = {},
    ) -> Server:
        log_file = tmp_path_factory.mktemp("server") / "log.txt"
        server = start_server(REPO / script, env or {}, log_file, module=module, options=options)
        servers.append(server)
        roots.add(Path((env or {}).get("UNCOLLAPSE_STUDIES", os.environ["UNCOLLAPSE_STUDIES"])))
        server.wait_until_up()
        return server

    yield start
    for server in servers:
        server.stop()
    for root in roots:
        stop_runs(root)
    for server in servers:
        assert errors.UNEXPECTED not in server.log(), f"a page met a bug:\n{server.log()[-4000:]}"


@pytest.fixture(scope="session")
def own_root(study_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Makes folders with one study, `digits`: without any, Compare would begin to make the default one."""

    def make() -> Path:
        folder = tmp_path_factory.mktemp("studies")
        shutil.copytree(study_folder, folder / "digits")
        return folder

    return make


@pytest.fixture(scope="session")
def digits_root(own_root: Callable[[], Path]) -> Path:
    """One for all tests that change nothing in it."""
    return own_root()


@pytest.fixture(scope="session")
def digits_url(serve: Callable[..., Server], digits_root: Path) -> str:
    """An app that shows it, one for all of these tests."""
    return serve("app/main.py", env={"UNCOLLAPSE_STUDIES": str(digits_root)}).url


@pytest.fixture(scope="module")
def url(serve: Callable[..., Server], root: Path) -> str:
    """An app of a test file's own, for the studies in its fixture `root`."""
    return serve("app/main.py", env={"UNCOLLAPSE_STUDIES": str(root)}).url


@pytest.fixture
def study(digits_root: Path) -> Study:
    """The study as it lies there."""
    return Study.load(digits_root / "digits")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    """A failed test shows the servers' logs and leaves a screenshot of every page it had open."""
    report = (yield).get_result()
    if report.when != "call" or not report.failed:
        return
    for server in item.session.stash.get(SERVERS, []):
        report.sections.append((f"log of {server.url}", server.log()[-4000:]))
    for number, page in enumerate(getattr(item, "funcargs", {}).get("pages", [])):
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"failed-{item.name.replace('/', '_')[:80]}-{number}.png"
        with contextlib.suppress(Exception):  # a crashed page has no picture, and its test has failed already
            page.screenshot(path=path)
            report.sections.append(("screenshot", str(path)))
