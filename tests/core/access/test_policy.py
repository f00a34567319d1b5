"""Who may come in, by the settings; and which settings a server does not start with."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.access.policy import Policy, Role
from core.common.errors import AccessError

LOGIN = {"UNCOLLAPSE_EDITORS": "ada@lab.example, @ops.example", "UNCOLLAPSE_VIEWERS": "@lab.example\nbob@guest.example"}
SHARED = {"UNCOLLAPSE_DATA": "/data"}
URL = "https://uncollapse.example"


def read(address: str | None = "127.0.0.1", url: str | None = None, **environment: str) -> Policy:
    return Policy.read(environment, address=address, public_url=url)


@pytest.fixture
def policy() -> Policy:
    return read(url=URL, **LOGIN, **SHARED)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8501", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8501"])
def test_the_machine_s_own_names_are_answered(host: str) -> None:
    assert read().accepts_host(host)
    assert read().accepts_origin(f"http://{host}")
    assert read().accepts_origin(f"https://{host}")


FOREIGN = [
    *("evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1.evil.example", "evil@localhost"),
    *("localhost@evil.example", "localhost/evil", "localhost?evil", "localhost#evil", "localhost:x", "localhost:-1"),
    *(
        "",
        " ",
        ":8501",
        "[::1",
        "[::1]evil",
        "::1",
        "localhost localhost",
        "localhost,evil.example",
        "0.0.0.0",
        "2130706433",
    ),
    *("localhost\\@evil.example", "*", "localhost.", "lоcalhost"),
]


@pytest.mark.parametrize("host", FOREIGN)
def test_other_names_are_not(host: str) -> None:
    assert not read().accepts_host(host)
    assert not read().accepts_origin(f"http://{host}")


@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=30))
def test_any_header_is_answered_or_not_but_breaks_nothing(header: str) -> None:
    known = {"localhost", "127.0.0.1", "[::1]"}
    if read().accepts_host(header):
        assert re.sub(r":\d*$", "", header.lower()) in known
    read().accepts_origin(header)


@pytest.mark.parametrize("origin", ["null", "localhost", "file://", "chrome-extension://localhost", "http://", ""])
def test_what_is_no_page_of_this_server_s_is_no_origin(origin: str) -> None:
    assert not read().accepts_origin(origin)


def test_a_request_needs_a_host_but_no_origin() -> None:
    assert not read().accepts_host(None)
    assert read().accepts_origin(None)


def test_names_are_added_by_the_setting_and_by_the_login(policy: Policy) -> None:
    named = read(UNCOLLAPSE_HOSTS="Lab.Example, [fd00::1]", UNCOLLAPSE_WITHOUT_LOGIN="1", **SHARED)
    assert all(map(named.accepts_host, ["lab.example", "LAB.example:443", "[fd00::1]:8501", "localhost"]))
    assert not named.accepts_host("example")
    assert policy.accepts_host("uncollapse.example")


@pytest.mark.parametrize("host", ["https://lab.example", "lab.example:8501", "*", "*.example", "a/b", "fd00::1"])
def test_a_host_that_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(AccessError, match="UNCOLLAPSE_HOSTS has"):
        read(UNCOLLAPSE_HOSTS=host, UNCOLLAPSE_WITHOUT_LOGIN="1", **SHARED)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "localhost", "::1"])
def test_a_server_for_one_needs_no_settings(address: str) -> None:
    policy = read(address)
    assert not policy.is_shared
    assert policy.role(None) is Role.EDITOR


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "", None, "192.168.0.7", "lab.example", "unix:///tmp/x"])
def test_one_that_others_can_reach_does_not_start_without_login(address: str | None) -> None:
    with pytest.raises(AccessError, match="UNCOLLAPSE_WITHOUT_LOGIN=1") as caught:
        read(address, **SHARED)
    assert len(str(caught.value)) <= 300
    with pytest.raises(AccessError, match="UNCOLLAPSE_WITHOUT_LOGIN=1"):
        read(address, UNCOLLAPSE_WITHOUT_LOGIN="yes", **SHARED)
    assert read(address, UNCOLLAPSE_WITHOUT_LOGIN="1", **SHARED).is_shared


def test_nor_does_one_behind_a_proxy() -> None:
    with pytest.raises(AccessError, match=r"it answers to lab\.example"):
        read(UNCOLLAPSE_HOSTS="lab.example", **SHARED)
    assert not read(UNCOLLAPSE_HOSTS="localhost").is_shared


@pytest.mark.parametrize("settings", [LOGIN, {"UNCOLLAPSE_WITHOUT_LOGIN": "1"}])
def test_a_shared_one_names_its_folders(settings: dict[str, str]) -> None:
    url = URL if settings is LOGIN else None
    with pytest.raises(AccessError, match="UNCOLLAPSE_DATA must name"):
        read("0.0.0.0", url, **settings)
    assert read("0.0.0.0", url, **settings, UNCOLLAPSE_DATA="").is_shared


def test_a_login_says_who_may_come_in() -> None:
    with pytest.raises(AccessError, match="nobody may come in") as caught:
        read(url=URL, **SHARED)
    assert len(str(caught.value)) <= 300


@pytest.mark.parametrize("entry", ["bob", "lab.example", "bob@", "@", "a@b@c"])
def test_people_are_addresses_or_domains(entry: str) -> None:
    with pytest.raises(AccessError, match="UNCOLLAPSE_VIEWERS has"):
        read(url=URL, UNCOLLAPSE_VIEWERS=entry, **SHARED)


@pytest.mark.parametrize(
    ("email", "role"),
    [
        ("ada@lab.example", Role.EDITOR),
        ("ADA@Lab.Example", Role.EDITOR),
        ("root@ops.example", Role.EDITOR),
        ("eve@lab.example", Role.VIEWER),
        ("bob@guest.example", Role.VIEWER),
        ("eve@guest.example", Role.NOBODY),
        ("eve@not-lab.example", Role.NOBODY),
        ("eve@lab.example.evil", Role.NOBODY),
        ("eve@evil.example@lab.example", Role.VIEWER),  # the domain that the provider delivers to is the last
        ("root@ops.example\u212a", Role.NOBODY),
        ("@", Role.NOBODY),
        ("lab.example", Role.NOBODY),
        (7, Role.NOBODY),
        (None, Role.NOBODY),
    ],
)
def test_roles(policy: Policy, email: object, role: Role) -> None:
    assert policy.role({"is_logged_in": True, "email": email}) is role
    assert policy.role({"is_logged_in": False, "email": email}) is Role.NOBODY
    assert policy.role({"email": email}) is Role.NOBODY


@pytest.mark.parametrize(
    ("verified", "role"), [(True, Role.EDITOR), ("true", Role.EDITOR), (False, Role.NOBODY), ("no", Role.NOBODY)]
)
def test_an_address_counts_once_its_provider_has_verified_it(policy: Policy, verified: object, role: Role) -> None:
    assert policy.role({"is_logged_in": True, "email": "ada@lab.example", "email_verified": verified}) is role


def test_letters_that_only_look_alike_are_others() -> None:
    policy = read(url=URL, UNCOLLAPSE_EDITORS="kim@lab.example", **SHARED)
    assert policy.role({"is_logged_in": True, "email": "\u212aim@lab.example"}) is Role.NOBODY


def test_everybody_is_whoever_can_sign_in() -> None:
    policy = read(url=URL, UNCOLLAPSE_VIEWERS="*", **SHARED)
    assert policy.role({"is_logged_in": True}) is Role.VIEWER
    assert policy.role({}) is policy.role(None) is Role.NOBODY
