"""Fill a form from elsewhere, such as an earlier run, and restore the earlier input."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.store.search_text import summarize_flow_inputs
from lfclient.flows.model import Flow
from lfclient.flows.validation import mask_secrets
from pages._ui.form.entries import Entries, PresetLink
from pages._ui.form.form_state import FormState, Prefill
from pages._ui.widgets.markdown import escape

MAX_PREVIOUS = 5  # sets of entries stored for one form
MAX_SUMMARY_CHARS = 100


def fill(
    form: FormState, overrides: Mapping[str, Any], source: str, hints: Mapping[str, str]
) -> None:
    """Fill a form with overrides; the earlier entries can be restored.

    `source` is a sentence about their origin, shown above the form. `hints` are shown at fields,
    by key, until the field changes; the components of those fields are opened.
    """
    _read_form(form)
    _save_current(form, len(form.previous))
    form.dropped_keys.clear()
    form.load_values(overrides)
    form.entries.preset_link = PresetLink()
    form.prefill = Prefill(source, _snapshot(form), dict(hints))
    form.open_components(field for key, field in form.fields.items() if key in hints)


def restore_previous(form: FormState) -> None:
    """Restore the latest stored entries.

    The current entries are stored as the oldest, so that repeated presses cycle through all.
    """
    _read_form(form)
    if not form.previous:
        return
    restored = form.previous.pop()
    _save_current(form, 0)
    form.discard_undrawn(())
    form.entries = restored
    # the user's own entries: they must not count as filled from elsewhere
    form.prefill = Prefill("", Entries(), {}) if form.previous else None


def clear_source(form: FormState) -> None:
    """Stop showing where the form's values came from; they can still be undone."""
    if form.prefill:
        form.prefill.source = ""


def draw(form: FormState) -> None:
    """Draw the source of the form's values and the buttons to undo or dismiss."""
    if form.prefill is None or not (form.prefill.source or form.previous):
        return
    source = form.prefill.source
    summary = _summary(form.previous[-1], form.flow) if form.previous else ""
    with st.container(key="form-filled", horizontal=True, vertical_alignment="center", gap="small"):
        words = source or f"Also saved: {summary}"
        st.markdown(f":material/history: {escape(words)}", width="stretch")
        if form.previous:
            st.button(
                "Restore my input" if source else "Restore",
                key=form.key("form-back"),
                on_click=restore_previous,
                args=(form,),
                icon=":material/undo:",
                help=escape(summary),
            )
        st.button(
            "Dismiss",
            key=form.key("form-filled"),
            type="tertiary",
            on_click=_dismiss,
            args=(form,),
            help="Keep the current values and forget the earlier ones" if form.previous else None,
        )


def active_hints(form: FormState) -> dict[str, str]:
    """Return the hints of fields that have not changed since the form was filled."""
    if form.prefill is None:
        return {}
    before = form.prefill.entries.values
    return {
        key: text
        for key, text in form.prefill.hints.items()
        if form.entries.values.get(key) == before.get(key) and key not in form.entries.invalid
    }


def _dismiss(form: FormState) -> None:
    form.prefill = None
    _drop_oldest(form, len(form.previous))


def _read_form(form: FormState) -> None:
    """Read edits made since the last rerun, so that they are stored."""
    form.read_widgets()
    form.collect_uploads()


def _summary(entries: Entries, flow: Flow) -> str:
    """Return the entries in one line, without secrets."""
    values = mask_secrets(flow, {key: entered.value for key, entered in entries.values.items()})
    shown = {**values, **dict.fromkeys([*entries.invalid, *entries.uploads], "…")}
    return clip(summarize_flow_inputs(flow, shown), MAX_SUMMARY_CHARS)


def _save_current(form: FormState, place: int) -> None:
    """Store the current entries at `place` if the user typed any; uploads continue."""
    current = _snapshot(form)
    is_prefill = form.prefill is not None and form.prefill.entries == current
    if any(form.entries.uploads.values()) or (current and not is_prefill):
        current.uploads, form.entries.uploads = form.entries.uploads, {}
        form.previous.insert(place, current)
        _drop_oldest(form, len(form.previous) - MAX_PREVIOUS)


def _drop_oldest(form: FormState, count: int) -> None:
    """Drop the `count` oldest stored entries and cancel their uploads."""
    for _ in range(count):
        for uploads in form.previous.pop(0).uploads.values():
            for upload in uploads:
                upload.cancel()


def _snapshot(form: FormState) -> Entries:
    return copy.deepcopy(dataclasses.replace(form.entries, uploads={}))
