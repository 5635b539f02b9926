"""A form filled from elsewhere, as from an earlier run, with a way back to what was typed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.store.search_text import summarize_flow_inputs
from lfclient.flows.model import Flow
from lfclient.flows.validation import mask_secrets
from pages._ui.form.entries import Entries, PresetLink
from pages._ui.form.form_state import FormState, Prefill, load_values
from pages._ui.widgets.markdown import escape

MAX_PREVIOUS = 5  # that are kept of one form
MAX_SUMMARY_CHARS = 100  # of one of them, in the sentence that tells of it


def fill(
    form: FormState,
    flow: Flow,
    overrides: Mapping[str, Any],
    source: str,
    hints: Mapping[str, str],
) -> None:
    """Put overrides into a form in place of what it holds, which is kept.

    `source` is said above the form. `hints` are said at fields, by key, for as long as nothing
    else is entered there.
    """
    _read_form(form, flow)
    _save_current(form, len(form.previous))
    form.dropped_keys.clear()
    load_values(form, flow, overrides)
    form.preset_link = PresetLink()
    form.prefill = Prefill(source, _snapshot(form), dict(hints))


def restore_previous(form: FormState, flow: Flow) -> None:
    """Bring back what was typed before the form was filled. What was typed since is kept, behind
    all else: pressed often enough, it brings back each of them.
    """
    _read_form(form, flow)
    if not form.previous:
        return
    former = form.previous.pop()
    _save_current(form, 0)
    for key in list(form.live_widgets):
        form.discard_widget(key)
    form.values, form.invalid, form.errors = former.values, former.invalid, former.errors
    form.preset_link, form.uploads = former.preset_link, former.uploads
    # a person's own, so that nothing is what it was filled with
    form.prefill = Prefill("", Entries(), {}) if form.previous else None


def clear_source(form: FormState) -> None:
    """Where the form's values came from is not said any more; the way back stays."""
    if form.prefill:
        form.prefill.source = ""


def draw(form: FormState, flow: Flow) -> None:
    """Where the form's values come from, and the way back."""
    if form.prefill is None or not (form.prefill.source or form.previous):
        return
    source = form.prefill.source
    kept = _summary(form.previous[-1], flow) if form.previous else ""
    with st.container(key="form-filled", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/history: {escape(source or f'Kept, too: {kept}')}", width="stretch")
        if form.previous:
            st.button(
                "Back to what I had typed" if source else "Bring that back",
                key=f"form-back-{form.owner[:12]}-{form.name}",
                on_click=restore_previous,
                args=(form, flow),
                icon=":material/undo:",
                help=escape(kept),
            )
        st.button(
            "Dismiss",
            key=f"form-filled-{form.owner[:12]}-{form.name}",
            type="tertiary",
            on_click=_dismiss,
            args=(form,),
            help="Keep what the form holds now, and forget what was typed before"
            if form.previous
            else None,
        )


def active_hints(form: FormState) -> dict[str, str]:
    """What is to be said at fields in which nothing was entered since."""
    if form.prefill is None:
        return {}
    before = form.prefill.entries.values
    return {
        key: text
        for key, text in form.prefill.hints.items()
        if form.values.get(key) == before.get(key) and key not in form.invalid
    }


def _dismiss(form: FormState) -> None:
    form.prefill = None
    _drop_oldest(form, len(form.previous))


def _read_form(form: FormState, flow: Flow) -> None:
    """What was done since the form was last read belongs to what is kept."""
    fields = flow.fields_by_key
    form.read_widgets(fields)
    form.collect_uploads(fields)


def _summary(entries: Entries, flow: Flow) -> str:
    """What they are, in a line."""
    values = mask_secrets(flow, {key: entered.value for key, entered in entries.values.items()})
    given = {**values, **dict.fromkeys([*entries.invalid, *entries.uploads], "…")}
    return clip(summarize_flow_inputs(flow, given), MAX_SUMMARY_CHARS)


def _save_current(form: FormState, place: int) -> None:
    """Keep what the form holds in that place, if a person typed it; files on their way go on."""
    current = _snapshot(form)
    same = form.prefill is not None and form.prefill.entries == current
    if any(form.uploads.values()) or (current and not same):
        current.uploads, form.uploads = form.uploads, {}
        form.previous.insert(place, current)
        _drop_oldest(form, len(form.previous) - MAX_PREVIOUS)


def _drop_oldest(form: FormState, oldest: int) -> None:
    """Let go of so many of what is kept."""
    gone, form.previous = form.previous[: max(oldest, 0)], form.previous[max(oldest, 0) :]
    for upload in [each for former in gone for some in former.uploads.values() for each in some]:
        upload.cancel()


def _snapshot(form: FormState) -> Entries:
    return copy.deepcopy(Entries(form.values, form.invalid, form.errors, form.preset_link))
