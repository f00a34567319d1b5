"""The server's access settings, and the visitor for whom a script runs."""

import os

import streamlit as st
from streamlit import config
from streamlit.auth_util import get_redirect_uri, get_secrets_auth_section, validate_auth_credentials
from streamlit.errors import StreamlitAuthError, StreamlitSecretNotFoundError

from core.access.policy import Policy, Role
from core.common.errors import AccessError

COOKIE_SECRET_LENGTH = 32
"""Characters; with a shorter one, somebody could guess it and sign in as anyone."""


def policy() -> Policy:
    """The settings of this server. Raises AccessError where they would let in people nobody has named."""
    return Policy.read(os.environ, address=config.get_option("server.address"), public_url=_public_url())


def role() -> Role:
    """What the visitor may do."""
    return policy().role(st.user.to_dict())


def name() -> str | None:
    """What to call the visitor who has signed in; None on a server without a login."""
    return str(st.user.get("email") or st.user.get("name") or "?") if policy().has_login else None


def may_change() -> bool:
    """Whether to offer what changes anything on the server."""
    return role() is Role.EDITOR


def require_change() -> None:
    """Raises AccessError where the visitor may not change anything on the server."""
    if not may_change():
        raise AccessError("you may look at everything here, but not change it; ask whoever runs this server")


def providers() -> list[str]:
    """Names of the login's providers: "default" for the one in [auth] itself, then those of its sub-tables."""
    auth = get_secrets_auth_section().to_dict()
    own = ["default"] if "client_id" in auth else []
    return own + [name for name, value in auth.items() if isinstance(value, dict) and "client_id" in value]


def _public_url() -> str | None:
    """Scheme, host and port of the address that the login returns to; None without a login."""
    if not _has_login():
        return None
    for provider in providers() or ["default"]:
        try:
            validate_auth_credentials(provider)
        except StreamlitAuthError as error:
            raise AccessError(" ".join(str(error).split())) from None
    auth = get_secrets_auth_section()
    if len(auth["cookie_secret"]) < COOKIE_SECRET_LENGTH:
        raise AccessError(
            f"the cookie_secret in secrets.toml is shorter than {COOKIE_SECRET_LENGTH} characters; make a random one, "
            "as by: openssl rand -hex 32"
        )
    url = get_redirect_uri(auth) or ""
    if not url.endswith("/oauth2callback"):
        raise AccessError(
            f'the redirect_uri "{url}" in secrets.toml must be the address of this server followed by /oauth2callback'
        )
    return url.removesuffix("/oauth2callback")


def _has_login() -> bool:
    try:
        return "auth" in st.secrets
    except StreamlitSecretNotFoundError as error:
        if error.error_id == "no-secrets-found":
            return False
        raise AccessError(f"secrets.toml cannot be read, so that who may come in is not known: {error}") from None
