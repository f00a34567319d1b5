"""Who may use the app, and under which names it answers: the one place that reads these settings.

Nobody comes in by default: a server that others can reach has a login, or says in its settings that it has none.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Self
from urllib.parse import urlsplit

from core.access.allowed_paths import DATA_VARIABLE
from core.common.errors import AccessError

HOSTS = "UNCOLLAPSE_HOSTS"
EDITORS = "UNCOLLAPSE_EDITORS"
VIEWERS = "UNCOLLAPSE_VIEWERS"
WITHOUT_LOGIN = "UNCOLLAPSE_WITHOUT_LOGIN"

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
EVERYBODY = "*"

_NAME = r"(?P<host>[a-z0-9._-]+|\[[0-9a-f:.]+\])"
_HOST = re.compile(rf"{_NAME}(:\d*)?", re.IGNORECASE | re.ASCII)
_ORIGIN = re.compile(rf"https?://{_HOST.pattern}", re.IGNORECASE | re.ASCII)


class Role(Enum):
    """What a visitor may do."""

    NOBODY = "nothing"
    VIEWER = "look"
    EDITOR = "look, run and delete"


@dataclass(frozen=True)
class Policy:
    """The access settings of a server."""

    hosts: frozenset[str]
    """Host names that requests may be addressed to and may come from, in lower case, without port."""
    has_login: bool
    is_shared: bool
    """Whether people other than the user of this machine can reach the server."""
    editors: frozenset[str]
    """E-mail addresses, domains as "@example.org", or EVERYBODY; they may do everything."""
    viewers: frozenset[str]
    """The same, for those who may only look."""

    @classmethod
    def read(cls, environment: Mapping[str, str], *, address: str | None, public_url: str | None) -> Self:
        """The settings of a server bound to `address` (None: every interface); public_url: of its login, if any.

        Raises AccessError where others could reach the server and it is not said who of them may.
        """
        named = _hosts(environment)
        policy = cls(
            hosts=LOOPBACK | named | frozenset(filter(None, [urlsplit(public_url or "").hostname])),
            has_login=public_url is not None,
            is_shared=not is_loopback(address) or bool(named - LOOPBACK) or public_url is not None,
            editors=_people(environment, EDITORS),
            viewers=_people(environment, VIEWERS),
        )
        policy._check(environment, address)
        return policy

    def _check(self, environment: Mapping[str, str], address: str | None) -> None:
        if not self.is_shared:
            return
        if not self.has_login and environment.get(WITHOUT_LOGIN) != "1":
            raise AccessError(
                f"others could reach this server ({_reach(self, address)}) and it has no login; set one up "
                f"(docs/serving.md), or set {WITHOUT_LOGIN}=1 if a proxy in front of it checks who comes in"
            )
        if self.has_login and not (self.editors or self.viewers):
            raise AccessError(
                f"there is a login, but nobody may come in; set {EDITORS} and {VIEWERS} to e-mail addresses, to "
                f'domains ("@example.org"), or to "{EVERYBODY}" for all who can sign in'
            )
        if DATA_VARIABLE not in environment:
            raise AccessError(
                f"others can reach this server, so that {DATA_VARIABLE} must name the folders that they may read; "
                "set it empty if they are to upload everything"
            )

    def role(self, claims: Mapping[str, Any] | None) -> Role:
        """The role of who signed in with these claims of the provider (None: nobody did)."""
        if not self.has_login:
            return Role.EDITOR
        if not claims or claims.get("is_logged_in") is not True:
            return Role.NOBODY
        names = _names(claims)
        return Role.EDITOR if names & self.editors else Role.VIEWER if names & self.viewers else Role.NOBODY

    def accepts_host(self, header: str | None) -> bool:
        """Whether a request with this Host header is meant for this server; a foreign name was bound to its address."""
        return header is not None and _host_in(_HOST, header) in self.hosts

    def accepts_origin(self, header: str | None) -> bool:
        """Whether a page of this Origin may talk to this server; None: it was no page that asked."""
        return header is None or _host_in(_ORIGIN, header) in self.hosts


def _host_in(pattern: re.Pattern[str], header: str) -> str | None:
    match = pattern.fullmatch(header)
    return match["host"].strip("[]").lower() if match else None


def is_loopback(address: str | None) -> bool:
    try:
        return address == "localhost" or ipaddress.ip_address(address or "::").is_loopback
    except ValueError:  # a name, or a path: who can reach it is not known
        return False


def _reach(policy: Policy, address: str | None) -> str:
    if not is_loopback(address):
        return f"it listens on {address or 'every interface'}"
    return f"it answers to {', '.join(sorted(policy.hosts - LOOPBACK))}"


def _entries(environment: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(part.lower() for part in re.split(r"[\s,]+", environment.get(name, "")) if part)


def _hosts(environment: Mapping[str, str]) -> frozenset[str]:
    named = _entries(environment, HOSTS)
    for entry in named:
        if not re.fullmatch(_NAME, entry):
            raise AccessError(f'{HOSTS} has "{entry}"; give host names without port, as in lab.example.org')
    return frozenset(entry.strip("[]") for entry in named)


def _people(environment: Mapping[str, str], name: str) -> frozenset[str]:
    people = _entries(environment, name)
    for entry in people:
        if entry != EVERYBODY and not re.fullmatch(r"[^@]*@[^@]+", entry):
            raise AccessError(
                f'{name} has "{entry}"; give e-mail addresses, domains as "@example.org", or "{EVERYBODY}"'
            )
    return people


def _names(claims: Mapping[str, Any]) -> frozenset[str]:
    """What a visitor is listed by; an address that its provider has not verified may be somebody else's."""
    email = claims.get("email")
    if not isinstance(email, str) or "@" not in email or str(claims.get("email_verified", True)).lower() != "true":
        return frozenset({EVERYBODY})
    email = email.lower() if email.isascii() else email  # "K", the sign of the kelvin, is a small k in lower case
    return frozenset({EVERYBODY, email, f"@{email.rpartition('@')[2]}"})
