"""A preset from a file: what of it fits the flow is said before anything is kept."""

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


def draw(server: ServerSession, flow: Flow, kept: Sequence[PresetSummary]) -> None:
    """Choose a file, read what would come of it, import it."""
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
        # one byte more than is taken tells that there is too much
        found = load_preset(chosen.read(MAX_FILE_BYTES + 1))
    except InvalidRequest as error:
        alerts.show_message(f"{clip(chosen.name, 60)} was not imported", error.message, error.hint)
        return
    fitting = fit_values(flow, found.values, found.components)
    _draw_summary(flow, found, fitting)
    if not fitting.masked and found.values:
        return
    _draw_import_form(server, flow, kept, found, fitting, chosen.file_id)


def _import_count_key(server: ServerSession, flow: Flow) -> str:
    return preset_keys.preset_key("imported", server.owner, flow.id)


def _draw_summary(flow: Flow, found: PresetFile, fitting: FittedValues) -> None:
    fields = flow.fields_by_key
    name, of_flow = escape(clip(found.name, 60)), escape(clip(found.flow_name, 60))
    st.markdown(f"**“{name}”**" + (f", of the flow “{of_flow}”" if of_flow else ""))
    if found.flow_id != flow.id:
        st.caption(
            "It is of another flow: values were matched by component id"
            + (", or by the type and name of the component." if fitting.moved else ".")
        )
    if fitting.values:
        st.caption(f":material/check: Fits: {escape(field_names(fields, fitting.values))}")
    if fitting.secrets:
        names = escape(field_names(fields, fitting.secrets))
        st.caption(f":material/key: To be entered by yourself: {names}")
    if fitting.rejected:
        told = mismatch_banner("Of this file", flow, fitting)
        lines = "  \n".join(map(escape, told.lines))
        st.warning(f"**{escape(told.heading)}**  \n{lines}", icon=":material/warning:")
    if not found.values:
        st.caption("It holds no values: it stands for the flow's own.")


def _draw_import_form(
    server: ServerSession,
    flow: Flow,
    kept: Sequence[PresetSummary],
    found: PresetFile,
    fitting: FittedValues,
    file_id: str,
) -> None:
    key = preset_keys.preset_key(f"import-name-{file_id}", server.owner, flow.id)
    st.session_state.setdefault(key, found.name)
    st.text_input("Name", key=key)
    same = find_by_name(kept, st.session_state[key])
    if same:
        st.caption("There is one of that name: replace it, or type another name.")
    st.button(
        "Replace it" if same else "Import what fits" if fitting.rejected else "Import",
        key=preset_keys.preset_key("import", server.owner, flow.id),
        type="primary",
        on_click=_import_preset,
        args=(server, flow, key, same, fitting),
    )


def _import_preset(
    server: ServerSession, flow: Flow, key: str, drawn: PresetSummary | None, fitting: FittedValues
) -> None:
    with menu_errors(server, flow):
        name = validate_name(st.session_state[key])
        same = drawn if drawn and drawn.name == name else None
        made = save_preset(server, flow, name, fitting, same)
        fill_form(
            server, flow, masked_values(made), f"Filled with the imported preset “{made.name}”."
        )
        link_preset(server, flow, PresetLink(made.id, made.version))
        set_banner(server.owner, flow.id, None)
        st.session_state[_import_count_key(server, flow)] = (
            st.session_state.get(_import_count_key(server, flow), 0) + 1
        )
        close_menu(server, flow, "more")
        st.toast(f"Imported “{escape(made.name)}”.")
