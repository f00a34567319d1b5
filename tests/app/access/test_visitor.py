"""The login as secrets.toml describes it: with one that is incomplete or weak, the server does not start."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit import config

from app.access import visitor
from core.common.errors import AccessError

COMPLETE = {
    "redirect_uri": "https://uncollapse.example/oauth2callback",
    "cookie_secret": "0123456789abcdef" * 4,
    "client_id": "uncollapse",
    "client_secret": "secret",
    "server_metadata_url": "https://login.example/.well-known/openid-configuration",
}


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Writes secrets.toml; without a call there is none."""
    before, file = config.get_option("secrets.files"), tmp_path / "secrets.toml"
    config.set_option("secrets.files", [str(file)])
    st.secrets._reset()
    monkeypatch.setenv("UNCOLLAPSE_DATA", "")
    monkeypatch.setenv("UNCOLLAPSE_VIEWERS", "@lab.example")

    def written(text: str) -> None:
        file.write_text(text, "utf-8")
        st.secrets._reset()

    yield written
    st.secrets._reset()
    config.set_option("secrets.files", before)


def auth(**changes: str | None) -> str:
    values = {key: value for key, value in (COMPLETE | changes).items() if value is not None}
    return "[auth]\n" + "\n".join(f'{key} = "{value}"' for key, value in values.items())


def test_without_secrets_there_is_no_login(write: Callable[[str], None]) -> None:
    assert not visitor.policy().is_shared
    write('password = "of something else"')
    assert not visitor.policy().has_login


def test_a_complete_login_adds_its_host(write: Callable[[str], None]) -> None:
    write(auth())
    policy = visitor.policy()
    assert policy.has_login
    assert policy.accepts_host("uncollapse.example")
    assert visitor.providers() == ["default"]


def test_several_providers(write: Callable[[str], None]) -> None:
    own = ("client_id", "client_secret", "server_metadata_url")
    shared = auth(**dict.fromkeys(own))
    tables = [
        f"\n[auth.{name}]\n" + "\n".join(f'{key} = "{COMPLETE[key]}"' for key in own) for name in ("here", "there")
    ]
    write(shared + "".join(tables))
    assert visitor.policy().has_login
    assert visitor.providers() == ["here", "there"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[auth\n", "secrets.toml cannot be read"),
        ("[auth]\n", "redirect_uri"),
        (auth(redirect_uri=None), "redirect_uri"),
        (auth(redirect_uri="https://uncollapse.example/"), "followed by /oauth2callback"),
        (auth(cookie_secret=None), "cookie_secret"),
        (auth(cookie_secret="short"), "shorter than 32 characters"),
        (auth(client_id=None), "client_id"),
        (auth(client_secret=None), "client_secret"),
        (auth(server_metadata_url=None), "server_metadata_url"),
    ],
)
def test_one_that_lacks_something_is_refused(write: Callable[[str], None], text: str, reason: str) -> None:
    write(text)
    with pytest.raises(AccessError, match=reason) as caught:
        visitor.policy()
    assert "\n" not in str(caught.value)
