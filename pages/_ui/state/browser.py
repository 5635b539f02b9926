"""The browser's identity."""

import secrets

import streamlit as st

from pages._ui.app import browser_cookie

_BROWSER = "browser-id"


def browser_id() -> str:
    """Return the browser's random ID from its cookie, or one for this session if it has none."""
    token = st.context.cookies.get(browser_cookie.NAME)
    if browser_cookie.is_token(token):
        return token
    # not in the form of a token, so that nothing is saved on disk under an ID that gets lost
    return str(st.session_state.setdefault(_BROWSER, f"session-{secrets.token_urlsafe(32)}"))
