"""Import a preset from a file. Before it is saved, a summary shows which values fit the flow."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from streamlit.typing import UploadedFile

from lfclient.common.formatting import clip
from lfclient.common.json_types import JsonObject
from lfclient.console.present.presentation import PURPOSE, Presentation, read_or_default
from lfclient.console.presets.fitting import FittedValues, fit_values
from lfclient.console.presets.preset_file import (
    MAX_FILE_BYTES,
    PresetFile,
    find_by_name,
    load_preset,
    validate_name,
)
from lfclient.console.presets.sources import Source, values_to_confirm
from lfclient.console.store.flow_settings import FlowSettings
from lfclient.console.store.presets import Preset, PresetSummary
from lfclient.errors import InvalidRequest, LangflowError
from lfclient.flows import refreshing
from pages._ui.connection.app_context import app_context
from pages._ui.form.choices import show_fields_of
from pages._ui.form.form_state import FormState
from pages._ui.presets.preset_state import (
    apply_preset,
    banner,
    close_menu,
    describe_mismatch,
    draw_values,
    draw_warning,
    field_names,
    menu_error,
    report_mismatch,
    save_preset,
)
from pages._ui.state.notices import notify_errors
from pages._ui.widgets import alerts, controls
from pages._ui.widgets.markdown import escape


def draw(state: FormState, presets: Sequence[PresetSummary]) -> None:
    """Draw the file field, the summary of the chosen file and the import button."""
    imports = st.session_state.get(
        state.key("preset-imported"), 0
    )  # a new key gives an empty field
    chosen: UploadedFile | None = controls.file_uploader(
        "Import a preset (JSON)",
        type="json",
        max_upload_size=1,  # MB
        key=state.key(f"preset-file-{imports}"),
    )
    if chosen is None:
        return
    try:
        # one byte over the limit shows that the file is too large
        preset_file = load_preset(chosen.read(MAX_FILE_BYTES + 1))
    except InvalidRequest as error:
        alerts.show_message(f"{clip(chosen.name, 60)} was not imported", error.message, error.hint)
        return
    flow = state.flow.stored  # a file's values are not sent before its import
    fitted = fit_values(flow, preset_file.values, preset_file.components)
    moved = {fitted.moved.get(key, key): value for key, value in preset_file.values.items()}
    looked_up = refreshing.looked_up(flow, moved)
    rejected = {key: why for key, why in fitted.rejected.items() if key not in looked_up}
    fitted = replace(fitted, rejected=rejected)
    _draw_summary(state, preset_file, fitted, looked_up)
    if not fitted.masked and preset_file.values:
        return
    key = state.key(f"preset-import-name-{chosen.file_id}")
    st.session_state.setdefault(key, preset_file.name)
    st.text_input("Name", key=key)
    presentation = _draw_presentation_choice(state, preset_file)
    replaced = find_by_name(presets, st.session_state[key])
    if replaced:
        st.caption("A preset with this name exists. Replace it, or enter another name.")
    st.button(
        "Replace" if replaced else "Import matching values" if fitted.rejected else "Import",
        key=state.key("preset-import"),
        type="primary",
        on_click=_import_preset,
        args=(state, key, replaced, fitted, looked_up, imports, preset_file, presentation),
    )


def _draw_presentation_choice(state: FormState, file: PresetFile) -> Presentation | None:
    """Draw the choice to use the file's presentation. Return the presentation if it is chosen."""
    presentation = file.presentation_for(state.flow)
    if presentation is None:
        return None
    settings = app_context().runner.store.flow_settings.get(state.owner, state.flow.id, PURPOSE)
    uses = st.toggle(
        "Use its presentation",
        value=not settings.version,
        key=state.key("preset-presentation"),
        help="Replaces the flow's presentation" if settings.version else None,
    )
    return presentation if uses else None


def _draw_summary(
    state: FormState, preset_file: PresetFile, fitted: FittedValues, looked_up: JsonObject
) -> None:
    name, of_flow = escape(clip(preset_file.name, 60)), escape(clip(preset_file.flow_name, 60))
    st.markdown(f"**“{name}”**" + (f", of the flow “{of_flow}”" if of_flow else ""))
    if preset_file.flow_id != state.flow.id:
        st.caption(
            "From another flow: values are matched by component id"
            + (", or by component type and name." if fitted.moved else ".")
        )
    values = fitted.values | looked_up
    if values:
        flow = state.flow.stored
        st.caption(":material/link: Import these values? Langflow may connect to what they name:")
        draw_values(flow, values_to_confirm(flow, values, Source.OUTSIDE) | values)
    if fitted.secrets:
        names = field_names(state, fitted.secrets)
        st.caption(f":material/key: Enter these yourself: {names}")
    if fitted.rejected:
        draw_warning(*describe_mismatch(state, fitted, "Of this file"))
    if not preset_file.values:
        st.caption("No values: this preset uses the flow's defaults.")


def _import_preset(
    state: FormState,
    key: str,
    drawn: PresetSummary | None,
    fitted: FittedValues,
    looked_up: JsonObject,
    imports: int,
    preset_file: PresetFile,
    presentation: Presentation | None,
) -> None:
    with notify_errors(menu_error(state)):
        name = validate_name(st.session_state[key], state.secrets)
        if looked_up:
            show_fields_of(state, looked_up)
            fitted = fit_values(state.flow, preset_file.values, preset_file.components)
        saved = save_preset(state, name, fitted, drawn if drawn and drawn.name == name else None)
        apply_preset(state, saved, f"Filled with the imported preset “{saved.name}”.")
        if not fitted.rejected.keys().isdisjoint(looked_up):
            report_mismatch(state, fitted, "Of this file")
        try:
            _save_presentation(state, saved, presentation, is_example=preset_file.is_example)
        except LangflowError as error:
            lines = [error.message, "Import the file again to save it."]
            banner(state).set(("The presentation in the file was not saved.", lines))
        st.session_state[state.key("preset-imported")] = imports + 1
        close_menu(state, "more")
        st.toast(f"Imported “{escape(saved.name)}”.")


def _save_presentation(
    state: FormState, preset: Preset, presentation: Presentation | None, *, is_example: bool
) -> None:
    """Save the imported presentation, and the preset as its example if `is_example`."""
    store = app_context().runner.store.flow_settings
    stored = store.get(state.owner, state.flow.id, PURPOSE)
    settings = read_or_default(stored.content)
    examples = settings.examples
    if is_example and preset.id not in examples:
        examples = (*examples, preset.id)
    new = (presentation or settings).model_copy(update={"examples": examples})
    if new != settings:
        content = FlowSettings(new.to_json(), stored.version)
        store.save(state.owner, state.flow.id, PURPOSE, content)
