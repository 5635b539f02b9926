"""The preset menus: save, rename, delete, export, import, and the flow's default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.presets.fitting import FittedValues, fit_values
from lfclient.console.presets.names import find_by_name, validate_name
from lfclient.console.presets.preset_file import dump_preset
from lfclient.console.store.presets import Preset, PresetSummary
from lfclient.flows.field import Field, FieldKind
from lfclient.flows.model import Flow
from lfclient.flows.validation import mask_secrets
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.form.entries import PresetLink
from pages._ui.form.form_state import form_state
from pages._ui.form.prefill import clear_source
from pages._ui.presets import import_dialog
from pages._ui.presets.preset_state import (
    close_menu,
    field_names,
    link_preset,
    masked_values,
    menu_errors,
    report_saved,
    save_preset,
    secret_warning,
    show_menu_error,
    snapshot_form,
    with_pending_secrets,
)
from pages._ui.state import preset_keys
from pages._ui.widgets.downloads import file_name
from pages._ui.widgets.markdown import escape


def draw(
    server: ServerSession, flow: Flow, presets: Sequence[PresetSummary], chosen: Preset | None
) -> None:
    """Draw the Save menu and the More menu."""
    for part, label, help_text in (
        ("save", "Save", "Save the form's values as a preset"),
        ("more", "More", "Rename, delete, export or import presets, or set the flow's default"),
    ):
        key = preset_keys.preset_key(part, server.owner, flow.id)
        opened = st.popover(label, help=help_text, key=key, on_change="rerun")
        if not opened.open:
            continue
        with opened:
            show_menu_error(server, flow)
            if part == "save":
                _draw_save(server, flow, presets, chosen)
            else:
                _draw_more(server, flow, presets, chosen)


def _draw_save(
    server: ServerSession, flow: Flow, presets: Sequence[PresetSummary], chosen: Preset | None
) -> None:
    key = preset_keys.preset_key("name", server.owner, flow.id)
    same = find_by_name(presets, st.session_state.get(key, ""))
    with st.form(preset_keys.preset_key("save-form", server.owner, flow.id), border=False):
        st.text_input("Save as preset", key=key, placeholder="A name for these values")
        st.form_submit_button(
            "Replace" if same else "Save",
            key=preset_keys.preset_key("save-it", server.owner, flow.id),
            type="primary",
            on_click=_save_form,
            args=(server, flow, key, same, chosen),
        )
    fields = flow.fields_by_key
    fitted = fit_values(flow, mask_secrets(flow, form_state(server.owner, flow).overrides(fields)))
    warning = secret_warning(fields, fitted)
    if warning:
        st.warning(escape(warning), icon=":material/warning:")
    for line in _save_notes(fields, fitted):
        st.caption(line)


def _save_notes(fields: Mapping[str, Field], fitted: FittedValues) -> list[str]:
    lines = ["Visible to anyone with the same server and key."]
    if fitted.secrets:
        names = escape(field_names(fields, fitted.secrets))
        lines.append(f"Secrets are not saved and must be entered again: {names}.")
    if any(fields[key].kind is FieldKind.FILE for key in fitted.values):
        lines.append("Files are saved as paths on the server.")
    return lines


def _save_form(
    server: ServerSession, flow: Flow, key: str, drawn: PresetSummary | None, chosen: Preset | None
) -> None:
    """Save the form's values, replacing `drawn` if the button offered to."""
    with menu_errors(server, flow):
        name = validate_name(st.session_state[key])
        fitted = snapshot_form(server, flow)
        same = drawn if drawn and drawn.name == name else None
        saved = save_preset(
            server, flow, name, with_pending_secrets(flow, fitted.fit, chosen), same
        )
        st.session_state[key] = ""
        close_menu(server, flow, "save")
        report_saved(server, flow, "Replaced" if same else "Saved", saved, fitted)


def _draw_more(
    server: ServerSession, flow: Flow, presets: Sequence[PresetSummary], chosen: Preset | None
) -> None:
    if chosen:
        _draw_rename(server, flow, chosen)
        _draw_default(server, flow, presets, chosen)
    else:
        st.caption("Choose a preset to rename it, delete it or open the flow with it.")
    confirm_key = preset_keys.preset_key("delete-asked", server.owner, flow.id)
    with st.container(horizontal=True, gap="small"):
        _draw_export(server, flow, chosen)
        if chosen:
            st.button(
                "Delete…",
                key=preset_keys.preset_key("delete", server.owner, flow.id),
                type="tertiary",
                on_click=st.session_state.update,
                args=({confirm_key: chosen.id},),
            )
    if chosen and st.session_state.get(confirm_key) == chosen.id:
        _draw_delete(server, flow, chosen, confirm_key)
    st.divider()
    import_dialog.draw(server, flow, presets)


def _draw_rename(server: ServerSession, flow: Flow, chosen: Preset) -> None:
    # a new version gets a new field, which shows the new name
    key = preset_keys.preset_key(f"rename-{chosen.id}-{chosen.version}", server.owner, flow.id)
    st.session_state.setdefault(key, chosen.name)
    with (
        st.form(preset_keys.preset_key("rename-form", server.owner, flow.id), border=False),
        st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
    ):
        st.text_input("Name", key=key)
        st.form_submit_button(
            "Rename",
            key=preset_keys.preset_key("rename", server.owner, flow.id),
            on_click=_rename_preset,
            args=(server, flow, chosen, key),
        )


def _rename_preset(server: ServerSession, flow: Flow, chosen: Preset, key: str) -> None:
    with menu_errors(server, flow):
        name = validate_name(st.session_state[key])
        form = form_state(server.owner, flow)
        known = form.entries.preset_link
        saved = app_context().runner.store.presets.update(replace(chosen, name=name))
        clear_source(form)  # it shows the old name
        if known and known.version == chosen.version:
            link_preset(server, flow, replace(known, version=saved.version))
        st.toast(f"Renamed to “{escape(saved.name)}”.")


def _draw_default(
    server: ServerSession, flow: Flow, presets: Sequence[PresetSummary], chosen: Preset
) -> None:
    key = preset_keys.preset_key(f"default-{chosen.id}", server.owner, flow.id)
    st.session_state[key] = chosen.is_default
    st.toggle(
        "Use as the flow's default",
        key=key,
        on_change=_set_default,
        args=(server, flow, chosen, key),
        help="The form opens with this preset for anyone with the same server and key, unless "
        "they have entered values.",
    )
    other = next((preset for preset in presets if preset.is_default), None)
    if other and other.id != chosen.id:
        st.caption(f"Current default: “{escape(clip(other.name, 60))}”")


def _set_default(server: ServerSession, flow: Flow, chosen: Preset, key: str) -> None:
    with menu_errors(server, flow):
        preset_id = chosen.id if st.session_state[key] else None
        app_context().runner.store.presets.set_default(server.owner, flow.id, preset_id)


def _draw_export(server: ServerSession, flow: Flow, chosen: Preset | None) -> None:
    fields = flow.fields_by_key
    held_now = form_state(server.owner, flow).overrides(fields)
    name = chosen.name if chosen else flow.name
    values = masked_values(chosen) if chosen else mask_secrets(flow, held_now)
    st.download_button(
        "Export",
        dump_preset(flow, name, values),
        file_name(name, extension="json"),
        mime="application/json",
        key=preset_keys.preset_key("export", server.owner, flow.id),
        icon=":material/download:",
        on_click="ignore",
        help="The preset as JSON" if chosen else "The form's values as JSON",
    )


def _draw_delete(server: ServerSession, flow: Flow, chosen: Preset, confirm_key: str) -> None:
    st.markdown(
        f"Delete “{escape(clip(chosen.name, 60))}” for anyone with the same server and key? "
        "The form keeps its values."
    )
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Delete",
            key=preset_keys.preset_key("delete-it", server.owner, flow.id),
            type="primary",
            on_click=_delete_preset,
            args=(server, flow, chosen),
        )
        st.button(
            "Cancel",
            key=preset_keys.preset_key("delete-not", server.owner, flow.id),
            on_click=st.session_state.update,
            args=({confirm_key: None},),
        )


def _delete_preset(server: ServerSession, flow: Flow, chosen: Preset) -> None:
    with menu_errors(server, flow):
        app_context().runner.store.presets.delete(server.owner, chosen.id)
        link_preset(server, flow, PresetLink())
        close_menu(server, flow, "more")
        st.toast(f"Deleted “{escape(chosen.name)}”.")
