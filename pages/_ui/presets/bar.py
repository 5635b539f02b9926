"""The preset bar above a form: the chosen preset, its differences and the actions on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.presets.fitting import changed_keys
from lfclient.console.store.errors import StoreError
from lfclient.console.store.presets import Preset, PresetConflict, PresetSummary
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.form.entries import PresetLink
from pages._ui.form.form_state import form_state
from pages._ui.form.prefill import clear_source
from pages._ui.presets import menu as preset_menu
from pages._ui.presets import share_link
from pages._ui.presets.preset_state import (
    Banner,
    current_banner,
    field_names,
    fill_form,
    is_untouched,
    link_preset,
    masked_values,
    mismatch_banner,
    missing_secrets,
    report_saved,
    save_preset,
    set_banner,
    snapshot_form,
    with_pending_secrets,
)
from pages._ui.state import preset_keys
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape


def apply_initial_values(server: ServerSession, flow: Flow) -> None:
    """Fill the form from the URL, or with the default preset if the form is untouched.

    Call it before the form is read.
    """
    owner = server.owner
    if share_link.apply_shared_link(server, flow) or not is_untouched(server, flow):
        return
    key = preset_keys.preset_key("default-looked-for", owner, flow.id)
    if key in st.session_state:
        return
    st.session_state[key] = True
    presets = app_context().runner.store.presets
    try:
        defaults = [each for each in presets.list_for_flow(owner, flow.id) if each.is_default]
        default = presets.get(owner, defaults[0].id) if defaults else None
    except StoreError:
        return  # `draw` shows the error
    if default:
        _apply_preset(server, flow, default, opened=True)


def draw(server: ServerSession, flow: Flow) -> None:
    """Draw the bar, and below it the banner and notes."""
    link = form_state(server.owner, flow).entries.preset_link or PresetLink()
    presets = app_context().runner.store.presets
    try:
        summaries = presets.list_for_flow(server.owner, flow.id)
        chosen = presets.get(server.owner, link.preset) if link.preset else None
    except StoreError as error:
        alerts.show(error)
        _draw_banner(server, flow)
        return
    if link.preset and chosen is None:
        _report_deleted(server, flow)
    with st.container(key="preset-bar", horizontal=True, vertical_alignment="center", gap="small"):
        _draw_picker(server, flow, summaries, chosen)
        preset_menu.draw(server, flow, summaries, chosen)
        share_link.draw(server, flow, chosen)
    _draw_banner(server, flow)
    if chosen:
        _draw_comparison(server, flow, chosen, link)


def _draw_picker(
    server: ServerSession, flow: Flow, summaries: Sequence[PresetSummary], chosen: Preset | None
) -> None:
    by_id = {preset.id: preset for preset in summaries}
    key = preset_keys.preset_key("choice", server.owner, flow.id)
    st.session_state[key] = chosen.id if chosen else None

    def label(preset_id: str) -> str:
        preset = by_id[preset_id]
        return f"{preset.name} · default" if preset.is_default else preset.name

    st.selectbox(
        "Preset",
        list(by_id),
        index=None,
        format_func=label,
        key=key,
        on_change=_on_choice,
        args=(server, flow, key),
        placeholder="Choose a preset" if summaries else "No presets yet",
        disabled=not summaries,
        label_visibility="collapsed",
    )


def _on_choice(server: ServerSession, flow: Flow, key: str) -> None:
    preset_id = st.session_state[key]
    if preset_id is None:
        link_preset(server, flow, PresetLink())
        return
    _apply_preset_by_id(server, flow, preset_id)


def _apply_preset_by_id(server: ServerSession, flow: Flow, preset_id: str) -> None:
    try:
        preset = app_context().runner.store.presets.get(server.owner, preset_id)
    except StoreError as error:
        set_banner(server.owner, flow.id, Banner(error.message, (error.hint,), is_warning=True))
        return
    if preset is None:
        _report_deleted(server, flow)
    else:
        _apply_preset(server, flow, preset)


def _apply_preset(
    server: ServerSession, flow: Flow, preset: Preset, *, opened: bool = False
) -> None:
    source = "" if opened else f"Filled with the preset “{clip(preset.name, 60)}”."
    fitted = fill_form(server, flow, masked_values(preset), source)
    form = form_state(server.owner, flow)
    if not form.previous:
        clear_source(form)  # the select box shows the preset
    link_preset(server, flow, PresetLink(preset.id, preset.version, opened))
    message = mismatch_banner(f"Of “{preset.name}”", flow, fitted) if fitted.rejected else None
    set_banner(server.owner, flow.id, message)


def _report_deleted(server: ServerSession, flow: Flow) -> None:
    link_preset(server, flow, PresetLink())
    lines = ("The form keeps its values. Save them as a new preset if you need them.",)
    set_banner(server.owner, flow.id, Banner("The preset was deleted.", lines, is_warning=True))


def _draw_banner(server: ServerSession, flow: Flow) -> None:
    message = current_banner(server.owner, flow.id)
    if message is None:
        return
    with st.container(key="preset-told", gap="xxsmall"):
        words = "  \n".join(
            [f"**{escape(message.heading)}**", *map(escape, filter(None, message.lines))]
        )
        draw, icon = (st.warning, "warning") if message.is_warning else (st.info, "info")
        draw(words, icon=f":material/{icon}:")
        st.button(
            "OK",
            key=preset_keys.preset_key("told-ok", server.owner, flow.id),
            type="tertiary",
            on_click=set_banner,
            args=(server.owner, flow.id, None),
        )


def _draw_comparison(server: ServerSession, flow: Flow, chosen: Preset, link: PresetLink) -> None:
    """Draw how the form differs from its preset, with the actions to resolve it."""
    form = form_state(server.owner, flow)
    fields = flow.fields_by_key
    changed = changed_keys(flow, masked_values(chosen), form.overrides(fields))
    changed = list(dict.fromkeys([*changed, *form.entries.invalid]))
    changed_elsewhere = chosen.version != link.version
    if changed_elsewhere and not changed:
        link_preset(server, flow, replace(link, version=chosen.version))
    elif changed:
        _draw_difference(server, flow, chosen, changed, changed_elsewhere)
    elif link.opened:
        _draw_default_note(server, flow, chosen)
    missing = missing_secrets(form, [key for key in chosen.secrets if key in fields])
    if missing:
        names = escape(field_names(fields, missing))
        st.caption(f":material/key: Enter these yourself: {names}. Presets store no secrets.")


def _draw_difference(
    server: ServerSession, flow: Flow, chosen: Preset, keys: Sequence[str], changed_elsewhere: bool
) -> None:
    names = field_names(flow.fields_by_key, keys)
    name = escape(clip(chosen.name, 40))
    values = f"{len(keys)} value{'s' if len(keys) > 1 else ''}"
    with st.container(
        key="preset-differs", horizontal=True, vertical_alignment="center", gap="small"
    ):
        words = (
            f":material/group: “{name}” was changed by someone else. Your form differs in {values}."
            if changed_elsewhere
            else f":material/edit: Differs from “{name}” in {values}."
        )
        st.caption(words, width="stretch", help=escape(names))
        st.button(
            "Overwrite" if changed_elsewhere else "Update",
            key=preset_keys.preset_key("update", server.owner, flow.id),
            on_click=_update_preset,
            args=(server, flow, chosen),
            help="Save the form's values in the preset",
        )
        st.button(
            "Use theirs" if changed_elsewhere else "Undo",
            key=preset_keys.preset_key("again", server.owner, flow.id),
            type="tertiary",
            on_click=_apply_preset_by_id,
            args=(server, flow, chosen.id),
            help="Fill the form with the saved preset. You can restore your input.",
        )


def _draw_default_note(server: ServerSession, flow: Flow, chosen: Preset) -> None:
    with st.container(
        key="preset-opened", horizontal=True, vertical_alignment="center", gap="small"
    ):
        name = escape(clip(chosen.name, 40))
        st.caption(
            f":material/bookmark: Opened with “{name}”, the flow's default preset.", width="stretch"
        )
        st.button(
            "Use flow defaults",
            key=preset_keys.preset_key("own", server.owner, flow.id),
            type="tertiary",
            on_click=_use_flow_defaults,
            args=(server, flow),
        )


def _use_flow_defaults(server: ServerSession, flow: Flow) -> None:
    fill_form(server, flow, {}, "")
    link_preset(server, flow, PresetLink())


def _update_preset(server: ServerSession, flow: Flow, drawn: Preset) -> None:
    """Save the form's values in the preset, unless it has changed since it was drawn."""
    try:
        snapshot = snapshot_form(server, flow)
        summary = PresetSummary(drawn.id, drawn.name, drawn.is_default, drawn.version)
        saved = save_preset(
            server, flow, drawn.name, with_pending_secrets(flow, snapshot.fit, drawn), summary
        )
    except PresetConflict:  # the comparison below the bar offers what to do
        lines: tuple[str, ...] = ("Nothing was overwritten, and your input is still here.",)
        set_banner(server.owner, flow.id, Banner("Not updated.", lines, is_warning=True))
        return
    except LangflowError as error:
        lines = (error.message, error.hint)
        set_banner(server.owner, flow.id, Banner("Not updated.", lines, is_warning=True))
        return
    report_saved(server, flow, "Updated", saved, snapshot)
