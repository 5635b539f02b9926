"""Fill a form from elsewhere, such as an earlier run, and restore the earlier input."""

import copy
import dataclasses
from collections.abc import Mapping
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip, list_names
from lfclient.console.store.search_text import summarize_flow_inputs
from lfclient.flows.run_inputs import SECRET_HINT, qualified_label_for_key
from lfclient.flows.validation import mask_secrets
from pages._ui.connection.app_context import close_run
from pages._ui.form.entries import Entries, Prefill, PresetLink
from pages._ui.form.form_state import FormState
from pages._ui.state.run_page import SHOWN_FIELD
from pages._ui.widgets.markdown import escape

MAX_PREVIOUS = 5  # sets of entries stored for one form
MAX_SUMMARY_CHARS = 100
_MAX_NAMED = 5  # fields to check


def fill(
    state: FormState, overrides: Mapping[str, Any], source: str, hints: Mapping[str, str]
) -> None:
    """Fill a form with overrides; the earlier entries can be restored.

    `source` is a sentence about their origin, shown above the form. `hints` are shown at fields,
    by key, until the field changes; what hides those fields is opened.
    """
    _read_form(state)
    _save_current(state, len(state.previous))
    state.dropped_keys.clear()
    state.load_values(overrides)
    state.entries.preset_link = PresetLink()
    needed = {
        key: hint
        for key, hint in hints.items()
        if hint != SECRET_HINT or key not in state.entries.values  # a secret that stayed
    }
    state.prefill = Prefill(source, _snapshot(state), needed)
    state.keys_to_open.update(needed)


def take_over(state: FormState, other: FormState) -> None:
    """Move the entries of another form of the flow into this one; its own can be restored."""
    _read_form(state)
    own, new = state.entries, other.entries
    if any(own.uploads.values()) or (own.values, own.invalid) != (new.values, new.invalid):
        _save_current(state, len(state.previous))
    state.discard_undrawn(())
    state.entries, other.entries = new, Entries()
    state.flow, state.has_unapplied_choices = other.flow, other.has_unapplied_choices
    state.seen_keys |= other.seen_keys
    state.files |= other.files
    state.prefill, other.prefill = Prefill("", _snapshot(state), {}), None
    if other.saved_draft:
        other.save()


def restore_previous(state: FormState) -> None:
    """Restore the latest stored entries.

    The current entries are stored as the oldest, so that repeated presses cycle through all.
    """
    _read_form(state)
    if not state.previous:
        return
    restored = state.previous.pop()
    _save_current(state, 0)
    state.discard_undrawn(())
    state.entries = restored
    # the user's own entries: they must not count as filled from elsewhere
    state.prefill = Prefill("", Entries(), {}) if state.previous else None


def clear_source(state: FormState) -> None:
    """Stop showing where the form's values came from and what to check; they can be undone."""
    if state.prefill:
        state.prefill.source = ""
        state.prefill.hints.clear()


def draw(state: FormState, hints: Mapping[str, str]) -> None:
    """Draw the source of the form's values and the buttons to undo, leave or dismiss.

    Name the fields that have `hints`, with a button that leads to the first.
    """
    prefill = state.prefill
    if prefill is None or not (prefill.source or state.previous or hints):
        return
    source = prefill.source
    summary = _summary(state.previous[-1], state) if state.previous else ""
    before = source or (f"You entered before: {summary}" if summary else "")
    with st.container(key="form-filled", horizontal=True, vertical_alignment="center"):
        words = " ".join(filter(None, [before, _name_fields(state, hints)]))
        st.markdown(f":material/history: {escape(words)}", width="stretch")
        with st.container(horizontal=True, width="content"):  # they break into one line
            if hints:
                st.button(
                    "Go to the marked field" if len(hints) == 1 else "Go to the marked fields",
                    key=state.key("form-marked"),
                    icon=":material/arrow_downward:",
                    on_click=SHOWN_FIELD.set,
                    args=(next(iter(hints)),),
                )
            if state.previous:
                st.button(
                    "Restore my input" if source else "Restore",
                    key=state.key("form-back"),
                    on_click=restore_previous,
                    args=(state,),
                    icon=":material/undo:",
                    help=escape(summary),
                )
            if not before:
                return
            if source and state.run_id:  # the person's own form is another one
                st.button(
                    "Back to my form",
                    key=state.key("form-own"),
                    type="tertiary",
                    icon=":material/arrow_back:",
                    on_click=close_run,
                    help="Closes the run. It stays in Recent runs and History",
                )
                return
            st.button(
                "Dismiss" if source else "Discard",
                key=state.key("form-filled"),
                type="tertiary",
                on_click=forget,
                args=(state,),
                help="Keep the current values and forget the earlier ones"
                if state.previous
                else None,
            )


def _name_fields(state: FormState, hints: Mapping[str, str]) -> str:
    """Return which fields have hints, as a sentence, or ""."""
    if not hints:
        return ""
    labels = [clip(qualified_label_for_key(state.fields, key), 80) for key in hints]
    return f"Check {list_names(labels, _MAX_NAMED)} before you run."


def active_hints(state: FormState) -> dict[str, str]:
    """Return the hints of fields that have not changed since the form was filled."""
    if state.prefill is None:
        return {}
    before, fields = state.prefill.entries.values, state.fields
    return {
        key: text
        for key, text in state.prefill.hints.items()
        if state.entries.values.get(key) == before.get(key)
        and key not in state.entries.invalid
        and key in fields
    }


def forget(state: FormState) -> None:
    """Keep the current entries and forget the earlier ones, with their uploads."""
    state.prefill = Prefill("", Entries(), {})
    _drop_oldest(state, len(state.previous))


def _read_form(state: FormState) -> None:
    """Read edits made since the last rerun, so that they are stored."""
    state.read_widgets()
    state.collect_uploads()


def _summary(entries: Entries, state: FormState) -> str:
    """Return the entries in one line, without secrets."""
    entered = {key: each.value for key, each in entries.values.items()}
    values = mask_secrets(state.flow, entered, state.secrets)
    shown = {**values, **dict.fromkeys([*entries.invalid, *entries.uploads], "…")}
    return clip(summarize_flow_inputs(state.flow, shown), MAX_SUMMARY_CHARS)


def _save_current(state: FormState, place: int) -> None:
    """Store the current entries at `place` if the user typed any; uploads continue."""
    current = _snapshot(state)
    is_prefill = state.prefill is not None and state.prefill.entries == current
    if any(state.entries.uploads.values()) or (current and not is_prefill):
        current.uploads, state.entries.uploads = state.entries.uploads, {}
        state.previous.insert(place, current)
        _drop_oldest(state, len(state.previous) - MAX_PREVIOUS)


def _drop_oldest(state: FormState, count: int) -> None:
    """Drop the `count` oldest stored entries and cancel their uploads."""
    for _ in range(count):
        for uploads in state.previous.pop(0).uploads.values():
            for upload in uploads:
                upload.cancel()


def _snapshot(state: FormState) -> Entries:
    return copy.deepcopy(dataclasses.replace(state.entries, uploads={}))
