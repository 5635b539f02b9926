"""The preset bar below a form: the chosen preset, its differences and the actions on it."""

from collections.abc import Container, Sequence
from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.common.formatting import clip
from lfclient.console.form.entries import PresetLink
from lfclient.console.presets.fitting import FittedValues, changed_keys
from lfclient.console.presets.sources import Source
from lfclient.console.store.errors import StoreError
from lfclient.console.store.presets import Preset, PresetConflict, PresetSummary
from lfclient.errors import LangflowError
from pages._ui.connection.app_context import app_context
from pages._ui.form import form as form_view
from pages._ui.form.form_state import FormState
from pages._ui.form.prefill import clear_source
from pages._ui.presets import menu as preset_menu
from pages._ui.presets import share_link
from pages._ui.presets.offer import offer
from pages._ui.presets.preset_state import (
    apply_preset,
    banner,
    draw_banner,
    field_names,
    fill_form,
    masked_values,
    save_form,
)
from pages._ui.state.slot import first_time
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape


def apply_initial_values(state: FormState) -> None:
    """Fill the form from the URL, or with the default preset if the form is untouched.

    Call it before the form is read.
    """
    if share_link.apply_shared_link(state) or not _is_untouched(state):
        return
    if not first_time(state.key("preset-default-looked-for")):
        return
    try:
        preset = app_context().runner.store.presets.default(state.owner, state.flow.id)
    except StoreError:
        return  # `draw` shows the error
    if preset:
        _apply_preset(state, preset, opened=True)


def _is_untouched(state: FormState) -> bool:
    """Return whether this browser has neither entered values nor chosen a preset."""
    is_filled = state.entries or state.json_text or state.hints
    return not is_filled and state.entries.preset_link is None


def draw(state: FormState, notes: DeltaGenerator) -> Preset | None:
    """Draw the bar, and in `notes` how the form was filled. Return the chosen preset, or None."""
    link = state.entries.preset_link or PresetLink()
    presets = app_context().runner.store.presets
    try:
        summaries = presets.list_for_flow(state.owner, state.flow.id)
        chosen = presets.get(state.owner, link.preset) if link.preset else None
    except StoreError as error:
        with notes:
            alerts.show(error)
            draw_banner(state)
        return None
    if link.preset and chosen is None:
        _report_deleted(state)
    with notes:
        draw_banner(state)
    with st.container(key="preset-bar", horizontal=True, vertical_alignment="center"):
        # the menus keep their places: the browser would recreate a moved menu and open it again
        # with the next click
        with st.container():
            if summaries:
                _draw_picker(state, summaries, chosen)
        preset_menu.draw(state, summaries, chosen)
        form_view.draw_reset(state)
    if chosen:
        _draw_comparison(state, chosen, link, notes)
    return chosen


def _draw_picker(
    state: FormState, summaries: Sequence[PresetSummary], chosen: Preset | None
) -> None:
    labels = {each.id: each.name + (" · default" if each.is_default else "") for each in summaries}
    key = state.key("preset-choice")
    st.session_state[key] = chosen.id if chosen else None
    st.selectbox(
        "Preset",
        list(labels),
        index=None,
        format_func=labels.__getitem__,
        key=key,
        on_change=_on_choice,
        args=(state, key),
        placeholder="Choose a preset",
        label_visibility="collapsed",
    )


def _on_choice(state: FormState, key: str) -> None:
    preset_id = st.session_state[key]
    if preset_id is None:
        state.entries.preset_link = PresetLink()
    else:
        _apply_preset_by_id(state, preset_id)


def _apply_preset_by_id(state: FormState, preset_id: str) -> None:
    try:
        preset = app_context().runner.store.presets.get(state.owner, preset_id)
    except StoreError as error:
        banner(state).set((error.message, [error.hint]))
        return
    if preset is None:
        _report_deleted(state)
    else:
        _apply_preset(state, preset)


def _apply_preset(state: FormState, preset: Preset, *, opened: bool = False) -> None:
    origin = f"the preset “{clip(preset.name, 60)}”"
    source = "" if opened else f"Filled with {origin}."

    def fill(omit: Container[str]) -> None:
        apply_preset(state, preset, source, omit, opened=opened)
        if not state.replaced:
            clear_source(state)  # the select box shows the preset

    offer(state, masked_values(preset), Source.STORED, origin, fill)


def _report_deleted(state: FormState) -> None:
    state.entries.preset_link = PresetLink()
    line = "The form keeps its values. Save them as a new preset if you need them."
    banner(state).set(("The preset was deleted.", [line]))


def _draw_comparison(
    state: FormState, chosen: Preset, link: PresetLink, notes: DeltaGenerator
) -> None:
    """Draw how the form differs from its preset, with the actions to resolve it."""
    changed = changed_keys(state.flow, masked_values(chosen), state.overrides())
    changed = list(dict.fromkeys([*changed, *state.entries.invalid]))
    changed_elsewhere = chosen.version != link.version
    if changed_elsewhere and not changed:
        state.entries.preset_link = replace(link, version=chosen.version)
    elif changed:
        _draw_difference(state, chosen, changed, changed_elsewhere)
    elif link.opened:
        with notes:
            _draw_default_note(state, chosen)
    entered = state.entries.values
    missing = [key for key in chosen.secrets if key in state.fields and key not in entered]
    if missing:
        names = field_names(state, missing)
        notes.caption(f":material/key: Enter these yourself: {names}. Presets store no secrets.")


def _draw_difference(
    state: FormState, chosen: Preset, keys: Sequence[str], changed_elsewhere: bool
) -> None:
    name = escape(clip(chosen.name, 40))
    values = f"{len(keys)} value{'s' if len(keys) > 1 else ''}"
    with st.container(key="preset-differs", horizontal=True, vertical_alignment="center"):
        words = (
            f":material/group: “{name}” was changed by someone else. Your form differs in {values}."
            if changed_elsewhere
            else f":material/edit: Differs from “{name}” in {values}."
        )
        st.caption(words, width="stretch", help=field_names(state, keys))
        st.button(
            "Overwrite" if changed_elsewhere else "Update",
            key=state.key("preset-update"),
            on_click=_update_preset,
            args=(state, chosen),
            help="Save the form's values in the preset",
        )
        st.button(
            "Use theirs" if changed_elsewhere else "Undo",
            key=state.key("preset-again"),
            type="tertiary",
            on_click=_apply_preset_by_id,
            args=(state, chosen.id),
            help="Fill the form with the saved preset. You can restore your input.",
        )


def _draw_default_note(state: FormState, chosen: Preset) -> None:
    with st.container(key="preset-opened", horizontal=True, vertical_alignment="center"):
        name = escape(clip(chosen.name, 40))
        st.caption(
            f":material/bookmark: Opened with “{name}”, the flow's default preset.", width="stretch"
        )
        st.button(
            "Use flow defaults",
            key=state.key("preset-own"),
            type="tertiary",
            on_click=fill_form,
            args=(state, FittedValues({}), ""),
        )


def _update_preset(state: FormState, drawn: Preset) -> None:
    """Save the form's values in the preset, unless it has changed since it was drawn."""
    try:
        save_form(state, drawn.name, "Updated", drawn, drawn)
    except PresetConflict:  # the comparison below the bar offers the next steps
        line = "Nothing was overwritten, and your input is still here."
        banner(state).set(("Not updated.", [line]))
    except LangflowError as error:
        banner(state).set(("Not updated.", [error.message, error.hint]))
