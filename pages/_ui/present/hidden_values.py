"""The values of inputs that are not shown: the audience's, and those that only this tab has."""

import streamlit as st

from lfclient.common.formatting import clip, replace_surrogates
from lfclient.console.presets.fitting import changed_keys, fit_values
from lfclient.console.store.presets import Preset
from lfclient.console.wording.input_values import MAX_LINE_LENGTH, full_text
from lfclient.flows.run_inputs import describe_inputs, qualified_label_for_key
from lfclient.flows.validation import mask_secrets
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.form_state import FormState
from pages._ui.present.presented import Presented, entered_keys, shown_keys
from pages._ui.presets.preset_state import masked_values, store_preset
from pages._ui.state.notices import notify_errors
from pages._ui.state.present import VALUES_PROBLEM
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape

_MAX_NAMED = 8  # values in the list
_WARNING = ":orange[:material/warning:]"


def draw_hint(presented: Presented, form: FlowForm) -> None:
    """Say beside *Save* that it leaves out values: what `draw` says may be out of sight there."""
    if _own_keys(presented, form):
        st.caption(f"{_WARNING} *Save* leaves out values that only your tab has: see *Inputs*.")


def draw(presented: Presented, form: FlowForm) -> None:
    """Draw which values inputs that are not shown get, and a button that saves this tab's values.

    Without a preset, the caption describes how to save them.
    """
    preset, state = presented.preset, form.state
    origin = f"the preset “{escape(clip(preset.name, 60))}”" if preset else "the flow"
    st.caption(f"Inputs that are not shown use the values of {origin}.")
    # also without own values: the preset may have been changed to have them
    problem = VALUES_PROBLEM.take()
    if problem:
        alerts.show(problem)
    own = _own_keys(presented, form)
    if not own:
        return
    label = f"Save in “{escape(clip(preset.name, 40))}”" if preset else ""
    advice = (
        f"*{label}* gives them to all who open the presentation."
        if preset
        else "On the Run page, save them as the flow's default preset to give them to all."
    )
    lines = [f"- {line}" for line in _describe(state, own[:_MAX_NAMED])]
    if len(own) > _MAX_NAMED:
        lines.append(f"- {len(own) - _MAX_NAMED} more")
    st.caption(
        "\n".join(
            [
                f"{_WARNING} Only your tab has these values. Your audience does not get them:\n",
                *lines,
                f"\n{advice}",
            ]
        )
    )
    if preset:
        st.button(label, key="present-save-values", on_click=_save, args=(presented, form, preset))


def _describe(state: FormState, keys: list[str]) -> list[str]:
    """Return labels and values as Markdown, a line each, without secrets."""
    own = {key: state.value(state.fields[key]) for key in keys}
    masked = mask_secrets(state.flow, state.overrides() | own, state.secrets)
    lines = []
    for item in describe_inputs({key: masked[key] for key in keys}, None, state.flow):
        line = escape(qualified_label_for_key(state.fields, item.key))
        if item.key not in state.entries.invalid and not state.entries.uploads.get(item.key):
            value = " ".join(replace_surrogates(full_text(item)).split())
            line += f": {escape(clip(value, MAX_LINE_LENGTH))}"
        lines.append(line)
    return lines


def _own_keys(presented: Presented, form: FlowForm) -> list[str]:
    """Return the keys of values of this tab that are neither shown nor in the preset."""
    state, preset = form.state, presented.preset
    own = entered_keys(state) - shown_keys(presented, form)
    saved, entered = masked_values(preset) if preset else {}, state.masked_overrides()
    own -= entered.keys() - set(changed_keys(state.flow, saved, entered))
    return [key for key in state.fields if key in own]


@notify_errors(VALUES_PROBLEM)
def _save(presented: Presented, form: FlowForm, preset: Preset) -> None:
    """Save this tab's values that are not shown in the preset."""
    state = form.state
    entered, keys = state.masked_overrides(), _own_keys(presented, form)
    kept = {key: each for key, each in masked_values(preset).items() if key not in keys}
    fitted = fit_values(state.flow, kept | {key: entered[key] for key in entered if key in keys})
    saved = store_preset(state, preset.name, fitted, preset)
    st.toast(f"Saved in the preset “{escape(clip(saved.name, 60))}”.")
