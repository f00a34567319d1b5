"""A page of another site reaches nothing of a server on this machine: not by a name bound to its address, which makes
the server's Host header foreign, and not from its own address, which makes the Origin foreign."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from core.access.policy import LOOPBACK
from tests.browser.conftest import Server, free_port
from tests.browser.widgets import ready
from tests.browser.wire import ask, open_stream

REPO = Path(__file__).parent.parent.parent
EVIL = "evil.example"
PATHS = [
    *("/", "/train", "/static/js/index.js", "/favicon.png", "/manifest.json", "/app/static/x", "/no/such/path"),
    *("/media/0.png", "/component/x/index.html", "/_stcore/bidi-components/x/y.js", "/_stcore/upload_file/x/y"),
    *("/_stcore/health", "/_stcore/host-config", "/_stcore/metrics", "/_stcore/agent/openapi.json"),
    *("/_stcore/script-health-check", "/auth/login", "/auth/logout", "/oauth2callback", "/sign-in", "//", "/%2e%2e/"),
    *(
        "/_stcore/health%3Fx",
        "/_stcore/health/",
        "/auth/login%23x",
        "/auth/login/x",
        "/sign-in%3F",
        "/media/../auth/login",
    ),
]
METHODS = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"]


@pytest.fixture
def media(page: Page, digits_url: str) -> str:
    """The address of a file that Streamlit serves to a page that is open now."""
    with page.expect_request("**/media/**") as asked:
        page.goto(digits_url)
    ready(page.get_by_role("button", name="Export"))
    return urlsplit(asked.value.url).path


@pytest.mark.parametrize("path", PATHS)
def test_foreign_requests_get_nothing(digits_url: str, path: str) -> None:
    here = urlsplit(digits_url).netloc
    for method in METHODS:
        assert ask(digits_url, path, host=EVIL, method=method).status == 421
        assert ask(digits_url, path, host=EVIL, origin=f"http://{EVIL}", method=method).status == 421
        assert ask(digits_url, path, origin=f"http://{EVIL}", method=method).status == 403
        assert ask(digits_url, path, host=here, origin="null", method=method).status == 403


def test_a_media_file_is_for_this_machine_s_names(digits_url: str, media: str) -> None:
    here = urlsplit(digits_url).netloc
    answer = ask(digits_url, media)
    assert answer.status == 200
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert ask(digits_url, media, origin=f"http://{here}").status == 200
    refused = ask(digits_url, media, host=EVIL)
    assert (refused.status, refused.text.count("\n")) == (421, 1)
    assert ask(digits_url, media, origin=f"http://{EVIL}").status == 403


def test_the_websocket_is_for_this_machine_s_names(digits_url: str) -> None:
    here = urlsplit(digits_url)
    assert open_stream(digits_url) == 101
    assert open_stream(digits_url, host=f"localhost:{here.port}", origin=f"http://localhost:{here.port}") == 101
    assert open_stream(digits_url, host=EVIL) == 421
    assert open_stream(digits_url, host=f"{EVIL}:{here.port}", origin=f"http://{EVIL}:{here.port}") == 421
    assert open_stream(digits_url, origin=f"http://{EVIL}") == 403
    assert open_stream(digits_url, origin="null") == 403


def test_every_answer_carries_the_headers(digits_url: str) -> None:
    for path in ["/", "/_stcore/health", "/media/none.png", "/_stcore/upload_file/x/y"]:
        for answer in [ask(digits_url, path), ask(digits_url, path, host=EVIL)]:
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            assert "unsafe-inline" not in answer.headers["content-security-policy"].partition("style-src")[0]
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize("name", sorted(LOOPBACK))
def test_a_page_opens_under_each_name_of_this_machine(digits_url: str, name: str) -> None:
    host = f"[{name}]" if ":" in name else name
    assert ask(digits_url, "/", host=f"{host}:{urlsplit(digits_url).port}").status == 200


def start(*flags: str, cwd: Path = REPO, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            str(REPO / "app" / "main.py"),
            "--server.port",
            str(free_port()),
            *flags,
        ],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPO), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_server_for_others_does_not_start_without_a_login(tmp_path: Path) -> None:
    broken = tmp_path / "secrets.toml"
    broken.write_text("[auth\n")
    refusals = {
        "it listens on 0.0.0.0": start("--server.address", "0.0.0.0", "--server.headless", "true"),
        "it listens on every interface": start("--server.headless", "true", cwd=tmp_path),  # config.toml is not there
        "it answers to lab.example": start("--server.headless", "true", UNCOLLAPSE_HOSTS="lab.example"),
        "secrets.toml cannot be read": start("--server.headless", "true", "--secrets.files", str(broken)),
    }
    for reason, run in refusals.items():
        assert run.returncode == 2, run.stderr
        assert reason in run.stderr
        assert "Traceback" not in run.stderr + run.stdout


def test_the_script_alone_shows_nothing(page: Page, serve: Callable[..., Server]) -> None:
    page.goto(serve("app/script.py").url)
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "nothing is shown without access control" in alert.inner_text()
