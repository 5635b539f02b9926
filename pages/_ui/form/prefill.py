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
from pages._ui.form.form_state import Filled, FormState, enter
from pages._ui.widgets.markdown import escape

MOST_FORMER = 5  # that are kept of one form
LETTERS = 100  # of one of them, in the sentence that tells of it


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
    _settle(form, flow)
    _put_by(form, len(form.former))
    form.dropped.clear()
    enter(form, flow, overrides)
    form.tie = PresetLink()
    form.filled = Filled(source, _now(form), dict(hints))


def go_back(form: FormState, flow: Flow) -> None:
    """Bring back what was typed before the form was filled. What was typed since is kept, behind
    all else: pressed often enough, it brings back each of them.
    """
    _settle(form, flow)
    if not form.former:
        return
    former = form.former.pop()
    _put_by(form, 0)
    for key in list(form.live):
        form.forget_widget(key)
    form.values, form.wrong, form.faults = former.values, former.wrong, former.faults
    form.tie, form.uploads = former.tie, former.uploads
    # a person's own, so that nothing is what it was filled with
    form.filled = Filled("", Entries(), {}) if form.former else None


def forget_source(form: FormState) -> None:
    """Where the form's values came from is not said any more; the way back stays."""
    if form.filled:
        form.filled.source = ""


def draw(form: FormState, flow: Flow) -> None:
    """Where the form's values come from, and the way back."""
    if form.filled is None or not (form.filled.source or form.former):
        return
    source = form.filled.source
    kept = _words(form.former[-1], flow) if form.former else ""
    with st.container(key="form-filled", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/history: {escape(source or f'Kept, too: {kept}')}", width="stretch")
        if form.former:
            st.button(
                "Back to what I had typed" if source else "Bring that back",
                key=f"form-back-{form.owner[:12]}-{form.name}",
                on_click=go_back,
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
            if form.former
            else None,
        )


def hints_of(form: FormState) -> dict[str, str]:
    """What is to be said at fields in which nothing was entered since."""
    if form.filled is None:
        return {}
    before = form.filled.entries.values
    return {
        key: text
        for key, text in form.filled.hints.items()
        if form.values.get(key) == before.get(key) and key not in form.wrong
    }


def _dismiss(form: FormState) -> None:
    form.filled = None
    _forget(form, len(form.former))


def _settle(form: FormState, flow: Flow) -> None:
    """What was done since the form was last read belongs to what is kept."""
    fields = flow.fields_by_key
    form.harvest(fields)
    form.collect(fields)


def _words(entries: Entries, flow: Flow) -> str:
    """What they are, in a line."""
    values = mask_secrets(flow, {key: entered.value for key, entered in entries.values.items()})
    given = {**values, **dict.fromkeys([*entries.wrong, *entries.uploads], "…")}
    return clip(summarize_flow_inputs(flow, given), LETTERS)


def _put_by(form: FormState, place: int) -> None:
    """Keep what the form holds in that place, if a person typed it; files on their way go on."""
    current = _now(form)
    same = form.filled is not None and form.filled.entries == current
    if any(form.uploads.values()) or (current and not same):
        current.uploads, form.uploads = form.uploads, {}
        form.former.insert(place, current)
        _forget(form, len(form.former) - MOST_FORMER)


def _forget(form: FormState, oldest: int) -> None:
    """Let go of so many of what is kept."""
    gone, form.former = form.former[: max(oldest, 0)], form.former[max(oldest, 0) :]
    for upload in [each for former in gone for some in former.uploads.values() for each in some]:
        upload.drop()


def _now(form: FormState) -> Entries:
    return copy.deepcopy(Entries(form.values, form.wrong, form.faults, form.tie))
