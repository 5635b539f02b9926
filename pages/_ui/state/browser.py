"""The browser's identity."""

from __future__ import annotations

import secrets

import streamlit as st

from pages._ui.app.security import COOKIE, is_valid_token

_BROWSER = "browser-id"


def browser_id() -> str:
    """The random name of this browser, by its cookie; of this session only, where it has none."""
    token = st.context.cookies.get(COOKIE)
    if is_valid_token(token):
        return token
    # not in the form of a cookie's, so that nothing is kept on disk that is never found again
    return st.session_state.setdefault(_BROWSER, f"session-{secrets.token_urlsafe(32)}")
