"""The settings of a presentation while they are edited: in this tab, with a draft for a reload."""

from typing import Any

import streamlit as st

from lfclient.console.present.presentation import PURPOSE, Presentation
from lfclient.console.store.flow_settings import FlowSettings, SettingsConflict
from lfclient.errors import InvalidRequest
from pages._ui.connection.app_context import app_context
from pages._ui.state import browser
from pages._ui.state.drafts import drafts
from pages._ui.state.notices import notify_errors
from pages._ui.state.present import CONFLICT, EDITED, edit_key

_PARTS = ("title", "description", "accent", "large")


def start(owner: str, flow_id: str) -> None:
    """Edit the settings of a flow, from the draft of this browser if it left one; a callback."""
    draft = drafts().get(_draft_key(owner, flow_id)) or {}
    stored = app_context().runner.store.flow_settings.get(owner, flow_id, PURPOSE)
    content = draft.get("settings", stored.content)
    EDITED.set((owner, flow_id, draft.get("version", stored.version)))
    CONFLICT.clear()
    _seed(read_or_default(content))


def stop() -> None:
    """End editing, and forget what was not saved; a callback."""
    edited = EDITED.take()
    if edited:
        drafts().save(_draft_key(*edited[:2]), {})
    CONFLICT.clear()


def current(owner: str, flow_id: str) -> Presentation | None:
    """Return the settings as they are in the editor, None if this flow is not edited.

    Raise `InvalidRequest` if one is invalid.
    """
    edited = EDITED.get()
    if edited is None or edited[:2] != (owner, flow_id):
        return None
    state = st.session_state
    keys: list[str] | None = state.get(edit_key("inputs"))
    inputs = None
    if keys is not None:
        inputs = [
            {
                "key": key,
                "label": state.get(edit_key(f"label-{key}")) or "",
                "help": state.get(edit_key(f"help-{key}")) or "",
            }
            for key in keys
        ]
    return Presentation.from_json(
        {
            **{part: state[edit_key(part)] for part in _PARTS},
            "inputs": inputs,
            "outputs": state[edit_key("outputs")] or None,
            "examples": state[edit_key("examples")],
        }
    )


def keep_draft(settings: Presentation) -> None:
    """Keep the settings for a reload of the page."""
    edited = EDITED.get()
    if edited:
        draft = {"settings": settings.to_json(), "version": edited[2]}
        drafts().save(_draft_key(*edited[:2]), draft)


@notify_errors()
def save(*, overwrite: bool = False) -> None:
    """Save the settings, unless somebody else has saved meanwhile; a callback."""
    edited = EDITED.get()
    settings = current(*edited[:2]) if edited else None
    if edited is None or settings is None:
        return
    owner, flow_id, version = edited
    store = app_context().runner.store.flow_settings
    if overwrite:
        version = store.get(owner, flow_id, PURPOSE).version
    try:
        store.save(owner, flow_id, PURPOSE, FlowSettings(settings.to_json(), version))
    except SettingsConflict:
        CONFLICT.set(True)
        return
    stop()
    st.toast("Saved the presentation.")


@notify_errors()
def use_theirs() -> None:
    """Replace the settings in the editor by those that somebody else has saved; a callback."""
    edited = EDITED.get()
    if edited:
        stop()
        start(*edited[:2])


def read_or_default(content: Any) -> Presentation:
    """Return stored settings, or the default ones if they are invalid."""
    try:
        return Presentation.from_json(content)
    except InvalidRequest:
        return Presentation()


def _seed(settings: Presentation) -> None:
    """Let the widgets of the editor show these settings."""
    for key in [key for key in st.session_state if str(key).startswith(edit_key(""))]:
        del st.session_state[key]
    for part in _PARTS:
        st.session_state[edit_key(part)] = getattr(settings, part)
    st.session_state[edit_key("outputs")] = list(settings.outputs or ())
    st.session_state[edit_key("examples")] = list(settings.examples)
    if settings.inputs is not None:
        st.session_state[edit_key("inputs")] = [each.key for each in settings.inputs]
    for each in settings.inputs or ():
        st.session_state[edit_key(f"label-{each.key}")] = each.label
        st.session_state[edit_key(f"help-{each.key}")] = each.help


def _draft_key(owner: str, flow_id: str) -> tuple[str, str, str]:
    return browser.browser_id(), owner, f"{flow_id}-present-settings"
