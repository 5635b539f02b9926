"""The preset menus: save, rename, delete, export, import, and the flow's default."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.form.entries import PresetLink
from lfclient.console.present.presentation import PURPOSE, read_or_default
from lfclient.console.presets.preset_file import dump_preset, find_by_name, validate_name
from lfclient.console.store.presets import Preset, PresetSummary
from pages._ui.connection.app_context import app_context
from pages._ui.connection.servers import require_access
from pages._ui.form.form_state import FormState
from pages._ui.form.prefill import clear_source
from pages._ui.presets import import_dialog
from pages._ui.presets.preset_state import (
    close_menu,
    draw_notes,
    fit_current,
    masked_values,
    menu_error,
    save_form,
)
from pages._ui.state.notices import notify_errors
from pages._ui.widgets import alerts, controls, downloads
from pages._ui.widgets.markdown import escape


def draw(state: FormState, presets: Sequence[PresetSummary], chosen: Preset | None) -> None:
    """Draw the menus *Save preset* and *Presets*."""
    more_help = "Rename, delete, export or import presets, or set the flow's default"
    for part, label, help_text, draw_menu in (
        ("save", "Save preset", "Save the form's values as a preset", _draw_save),
        ("more", "Presets", more_help, _draw_more),
    ):
        key = state.key(f"preset-{part}")
        opened = st.popover(label, help=help_text, key=key, on_change="rerun", type="tertiary")
        if opened.open:
            with opened:
                error = menu_error(state).take()
                if error:
                    alerts.show(error)
                draw_menu(state, presets, chosen)


def _draw_save(state: FormState, presets: Sequence[PresetSummary], chosen: Preset | None) -> None:
    key = state.key("preset-name")
    same = find_by_name(presets, st.session_state.get(key, ""))
    with st.form(state.key("preset-save-form"), border=False):
        st.text_input("Save as preset", key=key, placeholder="A name for these values")
        st.form_submit_button(
            "Replace" if same else "Save",
            key=state.key("preset-save-it"),
            type="primary",
            on_click=_save_form,
            args=(state, key, same, chosen),
        )
    st.caption("Visible to anyone with the same server and key.")
    draw_notes(state, fit_current(state), "saved")


def _save_form(
    state: FormState, key: str, drawn: PresetSummary | None, chosen: Preset | None
) -> None:
    """Save the form's values, replacing `drawn` if the button offered to."""
    with notify_errors(menu_error(state)):
        name = validate_name(st.session_state[key], state.secrets)
        same = drawn if drawn and drawn.name == name else None
        save_form(state, name, "Replaced" if same else "Saved", chosen, same)
        st.session_state[key] = ""
        close_menu(state, "save")


def _draw_more(state: FormState, presets: Sequence[PresetSummary], chosen: Preset | None) -> None:
    if chosen:
        _draw_rename(state, chosen)
        _draw_default(state, presets, chosen)
    elif presets:
        st.caption("Choose a preset to rename it, delete it or open the flow with it.")
    else:
        st.caption("No presets yet")
    confirm_key = state.key("preset-delete-asked")
    with st.container(horizontal=True):
        _draw_export(state, chosen)
        if chosen:
            st.button(
                "Delete…",
                key=state.key("preset-delete"),
                type="tertiary",
                on_click=st.session_state.update,
                args=({confirm_key: chosen.id},),
            )
    if chosen and st.session_state.get(confirm_key) == chosen.id:
        _draw_delete(state, chosen, confirm_key)
    import_dialog.draw(state, presets)


def _draw_rename(state: FormState, chosen: Preset) -> None:
    # a new version gets a new field, which shows the new name
    key = state.key(f"preset-rename-{chosen.id}-{chosen.version}")
    st.session_state.setdefault(key, chosen.name)
    with (
        st.form(state.key("preset-rename-form"), border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input("Name", key=key)
        st.form_submit_button(
            "Rename",
            key=state.key("preset-rename"),
            on_click=_rename_preset,
            args=(state, chosen, key),
        )


def _rename_preset(state: FormState, chosen: Preset, key: str) -> None:
    with notify_errors(menu_error(state)):
        require_access(state.owner)
        name = validate_name(st.session_state[key], state.secrets)
        saved = app_context().runner.store.presets.update(replace(chosen, name=name))
        clear_source(state)  # the source shows the old name
        link = state.entries.preset_link
        if link and link.version == chosen.version:
            state.entries.preset_link = replace(link, version=saved.version)
        st.toast(f"Renamed to “{escape(saved.name)}”.")


def _draw_default(state: FormState, presets: Sequence[PresetSummary], chosen: Preset) -> None:
    key = state.key(f"preset-default-{chosen.id}")
    st.session_state[key] = chosen.is_default
    st.toggle(
        "Use as the flow's default",
        key=key,
        on_change=_set_default,
        args=(state, chosen, key),
        help="The form opens with this preset for anyone with the same server and key, unless "
        "they have entered values.",
    )
    other = next((preset for preset in presets if preset.is_default), None)
    if other and other.id != chosen.id:
        st.caption(f"Current default: “{escape(clip(other.name, 60))}”")


def _set_default(state: FormState, chosen: Preset, key: str) -> None:
    with notify_errors(menu_error(state)):
        require_access(state.owner)
        preset_id = chosen.id if st.session_state[key] else None
        app_context().runner.store.presets.set_default(state.owner, state.flow.id, preset_id)


def _draw_export(state: FormState, chosen: Preset | None) -> None:
    settings = app_context().runner.store.flow_settings.get(state.owner, state.flow.id, PURPOSE)
    presentation = read_or_default(settings.content) if settings.version else None
    is_example = bool(chosen and presentation and chosen.id in presentation.examples)
    name = chosen.name if chosen else state.flow.name
    values = masked_values(chosen) if chosen else state.masked_overrides()
    if not (chosen or values or presentation):
        return
    downloads.draw_button(
        "Export",
        dump_preset(state.flow, name, values, presentation, is_example=is_example),
        downloads.file_name(name, extension="json"),
        state.key("preset-export"),
        mime="application/json",
        type="secondary",
        help=("The preset as JSON" if chosen else "The form's values as JSON")
        + (", with the flow's presentation" if presentation else ""),
    )


def _draw_delete(state: FormState, chosen: Preset, confirm_key: str) -> None:
    st.markdown(
        f"Delete “{escape(clip(chosen.name, 60))}” for anyone with the same server and key? "
        "The form keeps its values."
    )
    with st.container(horizontal=True):
        controls.danger_button(
            "Delete",
            key=state.key("preset-delete-it"),
            on_click=_delete_preset,
            args=(state, chosen),
        )
        st.button(
            "Cancel",
            key=state.key("preset-delete-not"),
            on_click=st.session_state.update,
            args=({confirm_key: None},),
        )


def _delete_preset(state: FormState, chosen: Preset) -> None:
    with notify_errors(menu_error(state)):
        require_access(state.owner)
        app_context().runner.store.presets.delete(state.owner, chosen.id)
        state.entries.preset_link = PresetLink()
        close_menu(state, "more")
        st.toast(f"Deleted “{escape(chosen.name)}”.")
