"""The browser's identity and its drafts."""

import secrets

import streamlit as st

from lfclient.common.json_types import JsonObject
from lfclient.console.presets.drafts import Drafts
from pages._ui.app import browser_cookie

_BROWSER = "browser-id"


def browser_id() -> str:
    """Return the browser's random ID from its cookie, or one for this session if it has none."""
    token = st.context.cookies.get(browser_cookie.NAME)
    if browser_cookie.is_token(token):
        return token
    # not in the form of a token, so that nothing is saved on disk under an ID that gets lost
    return str(st.session_state.setdefault(_BROWSER, f"session-{secrets.token_urlsafe(32)}"))


@st.cache_resource(show_spinner=False)
def drafts() -> Drafts:
    """Return the drafts of all browsers, which the process shares."""
    return Drafts()


def load_draft(owner: str, name: str) -> JsonObject:
    """Return this browser's draft, {} if there is none."""
    return drafts().get((browser_id(), owner, name)) or {}


def save_draft(owner: str, name: str, draft: JsonObject) -> None:
    """Save this browser's draft; one without values removes the saved one."""
    drafts().save((browser_id(), owner, name), draft)
