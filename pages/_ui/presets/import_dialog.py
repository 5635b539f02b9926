"""Import a preset from a file, with a summary of what fits the flow before it is saved."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.presets.fitting import FittedValues, fit_values
from lfclient.console.presets.names import find_by_name, validate_name
from lfclient.console.presets.preset_file import MAX_FILE_BYTES, PresetFile, load_preset
from lfclient.console.store.presets import PresetSummary
from lfclient.errors import InvalidRequest
from lfclient.flows.model import Flow
from pages._ui.connection.server_session import ServerSession
from pages._ui.form.entries import PresetLink
from pages._ui.presets.preset_state import (
    close_menu,
    field_names,
    fill_form,
    link_preset,
    masked_values,
    menu_errors,
    mismatch_banner,
    save_preset,
    set_banner,
)
from pages._ui.state import preset_keys
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape


def draw(server: ServerSession, flow: Flow, presets: Sequence[PresetSummary]) -> None:
    """Draw the file field, the summary of the chosen file and the import button."""
    turn = st.session_state.get(_import_count_key(server, flow), 0)  # another key is an empty field
    chosen = st.file_uploader(
        "Import a preset (JSON)",
        type="json",
        max_upload_size=1,  # MB
        key=preset_keys.preset_key(f"file-{turn}", server.owner, flow.id),
    )
    if chosen is None:
        return
    try:
        # one byte over the limit shows that the file is too large
        preset_file = load_preset(chosen.read(MAX_FILE_BYTES + 1))
    except InvalidRequest as error:
        alerts.show_message(f"{clip(chosen.name, 60)} was not imported", error.message, error.hint)
        return
    fitted = fit_values(flow, preset_file.values, preset_file.components)
    _draw_summary(flow, preset_file, fitted)
    if not fitted.masked and preset_file.values:
        return
    _draw_import_form(server, flow, presets, preset_file, fitted, chosen.file_id)


def _import_count_key(server: ServerSession, flow: Flow) -> str:
    return preset_keys.preset_key("imported", server.owner, flow.id)


def _draw_summary(flow: Flow, preset_file: PresetFile, fitted: FittedValues) -> None:
    fields = flow.fields_by_key
    name, of_flow = escape(clip(preset_file.name, 60)), escape(clip(preset_file.flow_name, 60))
    st.markdown(f"**“{name}”**" + (f", of the flow “{of_flow}”" if of_flow else ""))
    if preset_file.flow_id != flow.id:
        st.caption(
            "From another flow: values are matched by component id"
            + (", or by component type and name." if fitted.moved else ".")
        )
    if fitted.values:
        st.caption(f":material/check: Fits: {escape(field_names(fields, fitted.values))}")
    if fitted.secrets:
        names = escape(field_names(fields, fitted.secrets))
        st.caption(f":material/key: Enter these yourself: {names}")
    if fitted.rejected:
        mismatch = mismatch_banner("Of this file", flow, fitted)
        lines = "  \n".join(map(escape, mismatch.lines))
        st.warning(f"**{escape(mismatch.heading)}**  \n{lines}", icon=":material/warning:")
    if not preset_file.values:
        st.caption("No values: this preset uses the flow's defaults.")


def _draw_import_form(
    server: ServerSession,
    flow: Flow,
    presets: Sequence[PresetSummary],
    preset_file: PresetFile,
    fitted: FittedValues,
    file_id: str,
) -> None:
    key = preset_keys.preset_key(f"import-name-{file_id}", server.owner, flow.id)
    st.session_state.setdefault(key, preset_file.name)
    st.text_input("Name", key=key)
    replaced = find_by_name(presets, st.session_state[key])
    if replaced:
        st.caption("A preset with this name exists. Replace it, or enter another name.")
    st.button(
        "Replace" if replaced else "Import matching values" if fitted.rejected else "Import",
        key=preset_keys.preset_key("import", server.owner, flow.id),
        type="primary",
        on_click=_import_preset,
        args=(server, flow, key, replaced, fitted),
    )


def _import_preset(
    server: ServerSession, flow: Flow, key: str, drawn: PresetSummary | None, fitted: FittedValues
) -> None:
    with menu_errors(server, flow):
        name = validate_name(st.session_state[key])
        replaced = drawn if drawn and drawn.name == name else None
        saved = save_preset(server, flow, name, fitted, replaced)
        fill_form(
            server, flow, masked_values(saved), f"Filled with the imported preset “{saved.name}”."
        )
        link_preset(server, flow, PresetLink(saved.id, saved.version))
        set_banner(server.owner, flow.id, None)
        st.session_state[_import_count_key(server, flow)] = (
            st.session_state.get(_import_count_key(server, flow), 0) + 1
        )
        close_menu(server, flow, "more")
        st.toast(f"Imported “{escape(saved.name)}”.")
