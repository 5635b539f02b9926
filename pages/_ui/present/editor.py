"""The editor of a presentation, beside its preview."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from lfclient.common.formatting import clip, remove_bidi_controls
from lfclient.common.json_types import JsonObject
from lfclient.console.present.presentation import (
    MAX_DESCRIPTION,
    MAX_HELP,
    MAX_INPUTS,
    MAX_ITEMS,
    MAX_LABEL,
    MAX_TITLE,
    Accent,
)
from lfclient.console.presets.fitting import fit_values
from lfclient.console.presets.preset_file import check_size, validate_name
from lfclient.console.presets.share_links import page_url
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.field import Field, value_to_json
from pages._ui.connection.app_context import app_context
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.form_state import FormState
from pages._ui.present import editing, readiness
from pages._ui.present.presented import (
    Presented,
    is_presentable,
    own_help,
    own_labels,
    shown_inputs,
    shown_keys,
)
from pages._ui.presets.preset_state import store_preset
from pages._ui.state.notices import notify_errors
from pages._ui.state.present import (
    CONFLICT,
    EXAMPLE_PROBLEM,
    PROBLEM,
    edit_key,
)
from pages._ui.widgets import alerts, controls, copy_button
from pages._ui.widgets.markdown import escape

_EXAMPLE_NAME = edit_key("example-name")
_DRAWN_CLOSED = 20  # inputs; a box takes 4 ms of each rerun
_KEEP: dict[str, Any] = {"persist_state": "session"}  # also while a part is not drawn


def draw(presented: Presented, form: FlowForm, record: RunRecord | None) -> None:
    """Draw the settings with their buttons."""
    flow = (presented.server.owner, presented.flow.id)
    saved = (*flow, partial(_read_values, form.state))
    with st.container(key="present-editor"):
        st.markdown("## Edit presentation", anchors=False)
        with st.container(key="present-editor-bar"):
            with st.container(horizontal=True):
                _draw_button("Save", editing.save, saved, type="primary")
                _draw_button("Discard", editing.stop, flow, type="tertiary")
            problems = st.container()
            if CONFLICT.get():
                _draw_conflict(flow, saved)
            st.caption(
                "*Save* also saves the values in the preview for your audience. It leaves out "
                "secrets, and URLs that receive stored keys."
            )
        with controls.place_above_fields():
            _draw_tab_needs(form)
        _draw_texts(presented)
        _draw_looks()
        _draw_inputs(presented, form)
        _draw_outputs(presented, record)
        _draw_presets(presented, form)
        st.markdown(":small[Address]", width="content")
        address = page_url(st.context.url or "", view="present", flow=presented.flow.id)
        copy_button.draw_address("present-address", address)
    editing.note_first(*flow)
    problem = PROBLEM.take()
    if problem:
        with problems:
            alerts.show(problem)


def _read_values(state: FormState) -> JsonObject:
    """Return the values of the preview to save, as JSON."""
    state.read_widgets()
    values = {
        key: value
        for key, value in fit_values(state.flow, state.masked_overrides()).values.items()
        if not state.flow.takes_credentials(key)
    }
    check_size(state.flow, values)
    return {key: value_to_json(value) for key, value in values.items()}


def _draw_button(
    label: str, on_click: Callable[..., None], args: tuple[Any, ...], **kwargs: Any
) -> None:
    """Draw a button that does something to the settings of a flow: `args` begin with its owner."""
    key = f"present-{label.lower().replace(' ', '-')}"
    st.button(label, key=key, on_click=on_click, args=args, **kwargs)


def _draw_conflict(flow: tuple[str, str], saved: tuple[Any, ...]) -> None:
    alerts.show_message(
        "Somebody else has saved this presentation",
        "Nothing was overwritten, and your settings are still here.",
        warning=True,
    )
    with st.container(horizontal=True):
        _draw_button("Overwrite", editing.save, saved, kwargs={"overwrite": True})
        _draw_button("Use theirs", editing.use_theirs, flow)


def _draw_texts(presented: Presented) -> None:
    flow = presented.flow
    st.text_input(
        "Title",
        key=edit_key("title"),
        max_chars=MAX_TITLE,
        placeholder=clip(remove_bidi_controls(flow.name), MAX_TITLE),
        **_KEEP,
    )
    st.text_area(
        "Description",
        key=edit_key("description"),
        max_chars=MAX_DESCRIPTION,
        placeholder=clip(flow.description, 200) or "Markdown",
        help="Markdown",
        height=100,
        **_KEEP,
    )


def _choose(
    label: str, part: str, offered: Mapping[str, str], max_selections: int, **kwargs: Any
) -> list[str]:
    """Draw a choice of several, whose labels differ, and return it without what isn't offered."""
    key = edit_key(part)
    st.session_state[key] = [each for each in st.session_state[key] if each in offered]
    chosen: list[str] = st.multiselect(
        label,
        list(offered),
        format_func=offered.__getitem__,
        key=key,
        max_selections=max_selections,
        **kwargs,
        **_KEEP,
    )
    return chosen


def _draw_inputs(presented: Presented, form: FlowForm) -> None:
    key = edit_key("inputs")
    if key not in st.session_state:
        st.session_state[key] = [field.key for field, _, _ in shown_inputs(presented, form)]
    fields = {**form.state.flow.stored.fields_by_key, **form.state.fields}
    offered = _offered_inputs(form, fields, st.session_state[key])
    names = controls.unique_labels(
        {key: _own_label(key) or label for key, label in offered.items()}
    )
    chosen = _choose(
        "Inputs",
        "inputs",
        names,
        MAX_INPUTS,
        help="Shown in this order. Secrets can't be shown.",
        placeholder="Choose the inputs to show",
    )
    for place, each in enumerate(chosen):
        _draw_input(each, fields.get(each), offered[each], names[each], place, len(chosen))


def _own_label(key: str) -> str:
    label: str = st.session_state.get(edit_key(f"label-{key}")) or ""
    return label


def _offered_inputs(
    form: FlowForm, fields: Mapping[str, Field], chosen: Sequence[str]
) -> dict[str, str]:
    """Return the labels, by key, of what an audience may fill in, if runs include it.

    Of what is chosen already also what a choice hides, and what has a variable's value now.
    """
    state = form.state
    keys = [
        key
        for key, field in state.fields.items()
        if (field.runs and is_presentable(field, state.value(field)))
        or (key in chosen and not field.secret)
    ]
    keys += [key for key in chosen if state.is_hidden(key)]
    labels = own_labels([fields[key] for key in keys if key in fields])
    return {key: labels.get(key, key) for key in keys}


def _draw_input(
    key: str, field: Field | None, label: str, name: str, place: int, count: int
) -> None:
    """Draw the settings of an input; its field is None if only a choice brings it.

    `label` is the flow's, `name` the one that the audience reads.
    """
    # drawn also while it is closed: one that tells whether it is open closes with a new title
    if place < _DRAWN_CLOSED:
        box = st.expander(escape(clip(name, 80)), key=edit_key(f"box-{key}"))
    else:
        title = escape(clip(label, 80))
        box = st.expander(title, key=edit_key(f"open-{key}"), on_change="rerun")
        if not box.open:
            return
    with box:
        st.text_input(
            "Label",
            key=edit_key(f"label-{key}"),
            max_chars=MAX_LABEL,
            placeholder=clip(label, MAX_LABEL),
            **_KEEP,
        )
        st.text_area(
            "Help",
            key=edit_key(f"help-{key}"),
            max_chars=MAX_HELP,
            placeholder=clip(own_help(field), 200) if field else None,
            height=70,
            **_KEEP,
        )
        with st.container(horizontal=True):
            for way, step, is_end in (("up", -1, place == 0), ("down", 1, place == count - 1)):
                st.button(
                    f"Move “{escape(clip(name, 80))}” {way}",
                    key=edit_key(f"move-{way}-{key}"),
                    icon=f":material/arrow_{way}ward:",
                    type="tertiary",
                    disabled=is_end,
                    on_click=_move,
                    args=(place, step),
                )


def _move(place: int, step: int) -> None:
    keys = list(st.session_state[edit_key("inputs")])
    keys.insert(place + step, keys.pop(place))
    st.session_state[edit_key("inputs")] = keys


def _draw_outputs(presented: Presented, record: RunRecord | None) -> None:
    """Offer the components at the end of the flow, those that have returned something, and those
    that are chosen already.
    """
    flow = presented.flow
    sources = {edge.source for edge in flow.edges}
    returned = record.run.outputs if record and record.run else {}
    ids = [
        component.id
        for component in flow.components_in_reading_order
        if component.runs and (component.id not in sources or component.id in returned)
    ]
    offered = {}
    for id in (*ids, *st.session_state[edit_key("outputs")]):
        if flow.component(id):
            offered[id] = flow.component_label(id)
    _choose("Outputs", "outputs", offered, MAX_ITEMS, placeholder="All")


def _draw_presets(presented: Presented, form: FlowForm) -> None:
    summaries = app_context().runner.store.presets.list_for_flow(
        presented.server.owner, presented.flow.id
    )
    names = {each.id: each.name for each in summaries}
    help = "Presets that fill the form at a click"
    if names:
        _choose("Examples", "examples", names, MAX_ITEMS, help=help, placeholder="Choose presets")
    else:
        st.session_state[edit_key("examples")] = []
    has_values = bool(_example_values(presented, form))
    with st.form(edit_key("example"), border=False):
        label = "New example"
        st.text_input(label, key=_EXAMPLE_NAME, placeholder="Name")
        # above the button: below it, the reason would be out of sight
        if not has_values:
            st.caption("To add an example, first change an input in the preview.")
        problem = EXAMPLE_PROBLEM.take()
        if problem:
            alerts.show(problem)
        st.form_submit_button(
            "Add example",
            key=edit_key("add-example"),
            on_click=_add_example,
            args=(presented, form),
            disabled=not has_values,
            help="Saves what is entered in the preview as a preset that fills the form at a click",
        )


def _draw_tab_needs(form: FlowForm) -> None:
    """Warn of settings of providers, such as keys, that the audience's runs don't have."""
    for need in readiness.find_tab_needs(form):
        labels = escape(" and ".join(setting.label for setting in need.missing))
        what = "it" if len(need.missing) == 1 else "them"
        st.caption(
            f":orange[:material/warning:] Only your tab has the {labels}. The audience's runs fail "
            f"without {what}. {readiness.saving_advice(form, what)}"
        )


@notify_errors(EXAMPLE_PROBLEM)
def _add_example(presented: Presented, form: FlowForm) -> None:
    """Save what is entered in the shown inputs as a preset, and offer that as an example."""
    state = form.state
    state.read_widgets()
    name = validate_name(st.session_state[_EXAMPLE_NAME], state.secrets)
    values = _example_values(presented, form)
    if not values:  # the click removed them: the redrawn form says to enter some
        return
    preset = store_preset(state, name, fit_values(state.flow, values))
    st.session_state[edit_key("examples")] = [*st.session_state[edit_key("examples")], preset.id]
    st.session_state[_EXAMPLE_NAME] = ""


def _example_values(presented: Presented, form: FlowForm) -> JsonObject:
    """Return what is entered in the shown inputs, with masked secrets."""
    shown = shown_keys(presented, form)
    return {key: value for key, value in form.state.masked_overrides().items() if key in shown}


def _draw_looks() -> None:
    st.selectbox(
        "Color",
        list(Accent),
        format_func=lambda accent: accent.value.capitalize(),
        key=edit_key("accent"),
        **_KEEP,
    )
    st.toggle("Large type", key=edit_key("large"), help="For projectors", **_KEEP)
