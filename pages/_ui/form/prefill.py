"""Fill a form from elsewhere, such as an earlier run, and restore the earlier input."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip, list_names, summary_line
from lfclient.console.form.entries import Entries, PresetLink
from lfclient.console.store.search_text import summarize_flow_inputs
from lfclient.flows.run_inputs import qualified_label_for_key
from lfclient.flows.validation import mask_secrets
from pages._ui.connection.app_context import close_run
from pages._ui.form.form_state import FormState
from pages._ui.state.run_page import SHOWN_FIELD
from pages._ui.widgets.markdown import escape

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
    _keep_typed(state)
    state.dropped_keys.clear()
    state.load_values(overrides)
    state.entries.preset_link = PresetLink()
    state.source, state.hints, state.edited = source, dict(hints), set()
    state.keys_to_open.update(state.active_hints)


def take_over(state: FormState, other: FormState) -> None:
    """Move the entries of another form of the flow into this one; its own can be restored."""
    _read_form(state)
    own, new = state.entries, other.entries
    if any(own.uploads.values()) or (own.values, own.invalid) != (new.values, new.invalid):
        _keep_typed(state)
    state.discard_undrawn(())
    state.entries, other.entries = new, Entries()
    state.flow, state.has_unapplied_choices = other.flow, other.has_unapplied_choices
    state.seen_keys |= other.seen_keys
    state.files |= other.files
    for each in (state, other):
        clear_source(each)
        each.edited = set()
    if other.saved_draft:
        other.save()


def restore(state: FormState) -> None:
    """Restore the entries before the last fill; those typed since can be restored in turn."""
    _read_form(state)
    restored, state.replaced = state.replaced, None
    if restored is None:
        return
    _keep_typed(state)
    state.discard_undrawn(())
    state.entries = restored
    clear_source(state)
    _count_as_typed(state)


def clear_source(state: FormState) -> None:
    """Stop showing where the form's values came from and what to check; they can be undone."""
    state.source, state.hints = "", {}


def draw(state: FormState, hints: Mapping[str, str]) -> None:
    """Draw the source of the form's values and the buttons to undo, leave or dismiss.

    Name the fields that have `hints`, with a button that leads to the first.
    """
    source, replaced = state.source, state.replaced
    if not (source or replaced or hints):
        return
    summary = _summary(replaced, state) if replaced else ""
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
            if replaced:
                st.button(
                    "Restore my input" if source else "Restore",
                    key=state.key("form-back"),
                    on_click=restore,
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
                help="Keep the current values and forget the earlier ones" if replaced else None,
            )


def _name_fields(state: FormState, hints: Mapping[str, str]) -> str:
    """Return which fields have hints, as a sentence, or ""."""
    if not hints:
        return ""
    labels = [clip(qualified_label_for_key(state.fields, key), 80) for key in hints]
    return f"Check {list_names(labels, _MAX_NAMED)} before you run."


def forget(state: FormState) -> None:
    """Keep the current entries and forget the replaced ones, with their uploads."""
    clear_source(state)
    _count_as_typed(state)
    _forget_replaced(state)


def _count_as_typed(state: FormState) -> None:
    state.edited = {*state.entries.values, *state.entries.invalid}


def _read_form(state: FormState) -> None:
    """Read edits made since the last rerun, so that they are stored."""
    state.read_widgets()
    state.collect_uploads()


def _summary(entries: Entries, state: FormState) -> str:
    """Return the entries in one line, without secrets."""
    entered = {key: each.value for key, each in entries.values.items()}
    values = mask_secrets(state.flow, entered, state.secrets)
    shown = {**values, **dict.fromkeys([*entries.invalid, *entries.uploads], "…")}
    return summary_line(summarize_flow_inputs(state.flow, shown), MAX_SUMMARY_CHARS)


def _keep_typed(state: FormState) -> None:
    """Keep the current entries, which are about to be replaced, if a person typed any.

    Their uploads continue.
    """
    entries = state.entries
    if entries and (state.edited or any(entries.uploads.values())):
        _forget_replaced(state)
        state.replaced = replace(
            entries, values=dict(entries.values), invalid=dict(entries.invalid)
        )
        entries.uploads = {}


def _forget_replaced(state: FormState) -> None:
    """Forget the replaced entries and cancel their uploads."""
    uploads = state.replaced.uploads if state.replaced else {}
    for upload in [each for started in uploads.values() for each in started]:
        upload.cancel()
    state.replaced = None
