"""The settings of a presentation while they are edited: in this tab, with a draft for a reload."""

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from lfclient.common.json_types import JsonObject
from lfclient.console.present.presentation import PURPOSE, Presentation, read_or_default
from lfclient.console.store.flow_settings import FlowSettings, FlowSettingsStore, SettingsConflict
from pages._ui.connection.app_context import app_context
from pages._ui.connection.servers import require_access
from pages._ui.state.browser import load_draft, save_draft
from pages._ui.state.notices import notify_errors
from pages._ui.state.present import (
    CONFLICT,
    EDITED,
    ENTERED,
    EXAMPLE_PROBLEM,
    PROBLEM,
    Edited,
    edit_key,
)

_PARTS = ("title", "description", "accent", "large")


@notify_errors()
def start(owner: str, flow_id: str) -> None:
    """Edit the settings of a flow, from the draft of this browser if it left one; a callback."""
    _open(owner, flow_id, load_draft(owner, _draft_name(flow_id)))


def stop(owner: str, flow_id: str) -> None:
    """End editing, and forget what was not saved; a callback."""
    save_draft(owner, _draft_name(flow_id), {})
    for slot in (EDITED, CONFLICT, PROBLEM, EXAMPLE_PROBLEM):
        slot.clear()


def has_draft(owner: str, flow_id: str) -> bool:
    """Return whether this browser left settings that were not saved."""
    return bool(load_draft(owner, _draft_name(flow_id)))


def is_edited(owner: str, flow_id: str) -> bool:
    """Return whether the settings of this flow are in the editor."""
    edited = EDITED.get()
    return edited is not None and (edited.owner, edited.flow_id) == (owner, flow_id)


def current(owner: str, flow_id: str) -> Presentation | None:
    """Return the settings as they are in the editor, None if this flow is not edited.

    Raise `InvalidRequest` if one is invalid.
    """
    edited = EDITED.get()
    if edited is None or not is_edited(owner, flow_id):
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
            "values": edited.values,
        }
    )


@notify_errors(PROBLEM)
def keep_draft(owner: str, flow_id: str) -> None:
    """Keep the settings for a reload of the page if they were changed.

    Call it before the page is drawn: going back in the browser ends the drawing.
    """
    edited, settings = EDITED.get(), current(owner, flow_id)
    if edited is None or settings is None or edited.first is None:
        return
    is_changed = edited.is_draft or settings != edited.first
    draft = {"settings": settings.to_json(), "version": edited.version} if is_changed else {}
    save_draft(owner, _draft_name(flow_id), draft)


@notify_errors(PROBLEM)
def note_first(owner: str, flow_id: str) -> None:
    """Note the settings as the editor first shows them. Call it once that is drawn."""
    edited, settings = EDITED.get(), current(owner, flow_id)
    if edited and settings and edited.first is None:
        EDITED.set(replace(edited, first=settings))


@notify_errors(PROBLEM)
def save(
    owner: str,
    flow_id: str,
    read_values: Callable[[], JsonObject | None],
    *,
    overwrite: bool = False,
) -> None:
    """Save the settings with the form's values, unless somebody else has saved; a callback."""
    edited, settings = EDITED.get(), current(owner, flow_id)
    if edited is None or settings is None:
        return
    require_access(owner)
    settings = settings.model_copy(update={"values": read_values()})
    version = _store().get(owner, flow_id, PURPOSE).version if overwrite else edited.version
    try:
        _store().save(owner, flow_id, PURPOSE, FlowSettings(settings.to_json(), version))
    except SettingsConflict:
        CONFLICT.set(True)
        return
    stop(owner, flow_id)
    ENTERED.clear()
    st.toast("Saved the presentation.")


@notify_errors(PROBLEM)
def use_theirs(owner: str, flow_id: str) -> None:
    """Replace the settings in the editor by those that somebody else has saved; a callback."""
    _open(owner, flow_id, None)
    save_draft(owner, _draft_name(flow_id), {})


def _open(owner: str, flow_id: str, draft: JsonObject | None) -> None:
    stored = _store().get(owner, flow_id, PURPOSE)
    content, version = stored.content, stored.version
    if draft:
        content, version = draft["settings"], draft["version"]
    settings = read_or_default(content)
    EDITED.set(Edited(owner, flow_id, version, is_draft=bool(draft), values=settings.values))
    CONFLICT.clear()
    _seed(settings)


def _store() -> FlowSettingsStore:
    return app_context().runner.store.flow_settings


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


def _draft_name(flow_id: str) -> str:
    return f"{flow_id}-present-settings"
