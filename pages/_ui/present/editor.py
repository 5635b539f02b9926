"""The editor of a presentation, beside its preview."""

from typing import Any

import streamlit as st

from lfclient.common.formatting import clip, remove_bidi_controls
from lfclient.console.present.presentation import (
    MAX_DESCRIPTION,
    MAX_HELP,
    MAX_INPUTS,
    MAX_LABEL,
    MAX_TITLE,
    Accent,
)
from lfclient.console.presets.share_links import page_url
from lfclient.console.store.run_record import RunRecord
from lfclient.flows.field import Field
from pages._ui.connection.app_context import app_context
from pages._ui.form.flow_form import FlowForm
from pages._ui.present import editing
from pages._ui.present.presented import (
    Presented,
    is_presentable,
    own_help,
    own_labels,
    shown_inputs,
)
from pages._ui.state.present import CONFLICT, edit_key
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape

_KEEP: dict[str, Any] = {"persist_state": "session"}  # also while a part is not drawn


def draw(presented: Presented, form: FlowForm, record: RunRecord | None) -> None:
    """Draw the settings with their buttons."""
    editing.keep_draft(presented.settings)
    with st.container(key="present-editor"):
        st.markdown("## Edit presentation", anchors=False)
        with st.container(horizontal=True):
            st.button("Save", key="present-save", type="primary", on_click=editing.save)
            st.button("Discard", key="present-discard", type="tertiary", on_click=editing.stop)
        if CONFLICT.get():
            _draw_conflict()
        _draw_texts(presented)
        _draw_inputs(presented, form)
        _draw_outputs(presented, record)
        _draw_presets(presented)
        _draw_looks()
        st.markdown(":small[Address]", width="content")
        preset = {"preset": presented.preset.id} if presented.preset else {}
        address = page_url(st.context.url or "", view="present", flow=presented.flow.id, **preset)
        st.code(address, language=None, wrap_lines=True)


def _draw_conflict() -> None:
    alerts.show_message(
        "Somebody else has saved this presentation",
        "Nothing was overwritten, and your settings are still here.",
        warning=True,
    )
    with st.container(horizontal=True):
        st.button(
            "Overwrite",
            key="present-overwrite",
            on_click=editing.save,
            kwargs={"overwrite": True},
        )
        st.button("Use theirs", key="present-theirs", on_click=editing.use_theirs)


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


def _draw_inputs(presented: Presented, form: FlowForm) -> None:
    fields = {key: each for key, each in form.state.fields.items() if is_presentable(each, form)}
    labels = own_labels(list(fields.values()))
    key = edit_key("inputs")
    if key not in st.session_state:
        st.session_state[key] = [field.key for field, _, _ in shown_inputs(presented, form)]
    # of those that the flow has no longer, nothing can be shown
    st.session_state[key] = [each for each in st.session_state[key] if each in fields]
    st.multiselect(
        "Inputs",
        list(fields),
        format_func=labels.__getitem__,
        key=key,
        max_selections=MAX_INPUTS,
        help="Shown in this order. Secrets can't be shown.",
        placeholder="Choose the inputs to show",
        **_KEEP,
    )
    chosen = st.session_state[key]
    for place, each in enumerate(chosen):
        _draw_input(fields[each], labels[each], place, len(chosen))


def _draw_input(field: Field, label: str, place: int, count: int) -> None:
    key = edit_key(f"open-{field.key}")
    opened = st.expander(escape(clip(label, 80)), key=key, on_change="rerun")
    if not opened.open:
        return
    with opened:
        st.text_input(
            "Label",
            key=edit_key(f"label-{field.key}"),
            max_chars=MAX_LABEL,
            placeholder=clip(label, MAX_LABEL),
            **_KEEP,
        )
        st.text_area(
            "Help",
            key=edit_key(f"help-{field.key}"),
            max_chars=MAX_HELP,
            placeholder=clip(own_help(field), 200),
            height=70,
            **_KEEP,
        )
        with st.container(horizontal=True):
            for word, step, is_end in (("Up", -1, place == 0), ("Down", 1, place == count - 1)):
                st.button(
                    word,
                    key=edit_key(f"{word}-{field.key}"),
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
    """Offer the components at the end of the flow, and those that have returned something."""
    flow = presented.flow
    sources = {edge.source for edge in flow.edges}
    returned = record.run.outputs if record and record.run else {}
    offered = {
        component.id: component.display_name
        for component in flow.components
        if component.runs and (component.id not in sources or component.id in returned)
    }
    key = edit_key("outputs")
    st.session_state[key] = [each for each in st.session_state[key] if each in offered]
    st.multiselect(
        "Outputs",
        list(offered),
        format_func=offered.__getitem__,
        key=key,
        placeholder="All",
        **_KEEP,
    )


def _draw_presets(presented: Presented) -> None:
    summaries = app_context().runner.store.presets.list_for_flow(
        presented.server.owner, presented.flow.id
    )
    names = {each.id: each.name for each in summaries}
    key = edit_key("examples")
    st.session_state[key] = [each for each in st.session_state[key] if each in names]
    if names:
        st.multiselect(
            "Examples",
            list(names),
            format_func=names.__getitem__,
            key=key,
            help="Presets that fill the form at a click",
            placeholder="Choose presets",
            **_KEEP,
        )
    else:
        st.caption("Presets of this flow can be offered as examples here.")
    preset = presented.preset
    origin = f"the preset “{escape(clip(preset.name, 60))}”" if preset else "the flow itself"
    st.caption(f"Values that are not shown come from {origin}.")


def _draw_looks() -> None:
    st.selectbox(
        "Color",
        list(Accent),
        format_func=lambda accent: accent.value.capitalize(),
        key=edit_key("accent"),
        **_KEEP,
    )
    st.toggle("Large type", key=edit_key("large"), help="For projectors", **_KEEP)
