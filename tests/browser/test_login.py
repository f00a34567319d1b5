"""A server with a login: nothing without one, and what each kind of visitor sees, against a real provider."""

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser import provider
from tests.browser.conftest import Server, free_port
from tests.browser.provider import Provider
from tests.browser.test_rebinding import PATHS
from tests.browser.widgets import LONG, at_rest
from tests.browser.wire import ask, open_stream

OPEN = ("/_stcore/health", "/auth/login", "/auth/logout", "/oauth2callback", "/sign-in")


@pytest.fixture(scope="module")
def oidc() -> Iterator[Provider]:
    with provider.running(free_port()) as running:
        yield running


@pytest.fixture(scope="module")
def shared_url(
    oidc: Provider, serve: Callable[..., Server], digits_root: Path, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """An app that lets in ada, who may do everything, and the lab, who may look."""
    port, file = free_port(), tmp_path_factory.mktemp("login") / "secrets.toml"
    file.write_text(provider.secrets_toml(oidc, f"http://127.0.0.1:{port}"))
    return serve(
        env={
            "UNCOLLAPSE_STUDIES": str(digits_root),
            "UNCOLLAPSE_DATA": "",
            "UNCOLLAPSE_EDITORS": "ada@lab.example",
            "UNCOLLAPSE_VIEWERS": "@lab.example",
        },
        options={"server.port": port, "secrets.files": str(file)},
    ).url


@pytest.fixture
def sign_in(
    new_page: Callable[..., Page], oidc: Provider, shared_url: str, console_errors: list[str]
) -> Callable[..., Page]:
    """Signs in with these claims, in a browser of its own; returns the page after that."""

    def signed_in(**claims: object) -> Page:
        oidc.claims = claims
        page = new_page(locale="en-GB")
        page.goto(shared_url)
        page.get_by_role("link", name="Sign in").click()
        inside = page.get_by_test_id("stApp").or_(page.get_by_text("may not use this server"))
        expect(inside.first).to_be_visible(timeout=LONG)
        console_errors.clear()  # the browser reports 401, which is how the page of the login is answered
        return page

    return signed_in


def cookies(context: BrowserContext) -> str:
    return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in context.cookies())


@pytest.mark.parametrize("path", sorted({*PATHS} - {*OPEN}))
def test_nothing_is_served_without_a_login(shared_url: str, path: str) -> None:
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
        assert ask(shared_url, path, method=method).status == 401
        assert ask(shared_url, path, method=method, cookies="_streamlit_user=forged").status == 401


def test_nor_by_the_websocket(shared_url: str) -> None:
    assert open_stream(shared_url) == 401
    assert open_stream(shared_url, origin=shared_url, cookies='_streamlit_user="forged"') == 401
    assert ask(shared_url, "/_stcore/health").text == "ok"


def test_who_may_change_something_sees_all_pages_and_signs_out(
    sign_in: Callable[..., Page], shared_url: str, console_errors: list[str]
) -> None:
    page = sign_in(email="ada@lab.example", email_verified=True)
    with page.expect_request("**/media/**", timeout=LONG) as media:
        page.goto(f"{shared_url}/data")
    expect(page.get_by_text("Signed in as ada@lab.example")).to_be_visible(timeout=LONG)
    for name in ("Compare", "Data", "Train"):
        expect(page.get_by_role("link", name=name)).to_be_visible(timeout=LONG)
    path, known = urlsplit(media.value.url).path, cookies(page.context)
    assert ask(shared_url, path, cookies=known).status == 200
    assert ask(shared_url, path).status == 401
    assert open_stream(shared_url, origin=shared_url, cookies=known) == 101
    assert open_stream(shared_url, origin="http://evil.example", cookies=known) == 403
    at_rest(page)
    assert not console_errors
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Sign in to see the studies on this server.")).to_be_visible(timeout=LONG)
    assert ask(shared_url, path, cookies=cookies(page.context)).status == 401
    console_errors.clear()


def test_who_may_look_sees_nothing_that_changes_anything(
    sign_in: Callable[..., Page], shared_url: str, console_errors: list[str]
) -> None:
    page = sign_in(email="eve@lab.example")
    page.goto(f"{shared_url}/lab?lab=experiments")
    expect(page.get_by_text("Synthetic classes of four groups each")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("Signed in as eve@lab.example")).to_be_visible(timeout=LONG)
    expect(page.get_by_role("link", name="Classes")).to_be_visible(timeout=LONG)
    for name in ("Train", "Data"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
    expect(page.get_by_role("button", name="Run it")).to_have_count(0)
    assert not console_errors
    page.goto(f"{shared_url}/train")
    expect(page.get_by_text("Page not found").first).to_be_visible(timeout=LONG)
    console_errors.clear()


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "eve@evil.example"},
        {"email": "ada@lab.example", "email_verified": False},
        {"name": "<b>nobody</b>"},
    ],
)
def test_who_is_on_no_list_is_told_so(
    sign_in: Callable[..., Page], shared_url: str, claims: dict[str, object], console_errors: list[str]
) -> None:
    page = sign_in(**claims)
    name = claims.get("email") or claims["name"]
    expect(page.get_by_text(f"{name} may not use this server")).to_be_visible(timeout=LONG)
    known = cookies(page.context)
    assert open_stream(shared_url, origin=shared_url, cookies=known) == 403
    assert ask(shared_url, "/_stcore/host-config", cookies=known).status == 403
    page.get_by_role("link", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible(timeout=LONG)
    page.wait_for_load_state()
    page.goto("about:blank")  # ends what was still asked for, so that all that the browser has to say has come
    console_errors.clear()
