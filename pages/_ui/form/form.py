"""The form of a flow's parameters."""

import uuid
from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from lfclient.common.formatting import clip
from lfclient.console.wording.statuses import DOES_NOT_RUN
from lfclient.flows.field import Field, Problem
from lfclient.flows.graph import Component
from lfclient.flows.needs import Need, NeedKind
from lfclient.flows.run_inputs import field_label
from pages._ui.form import json_editor, prefill, provider_settings, setup
from pages._ui.form.fields import draw_chat_files, draw_field
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.form_state import FormState
from pages._ui.state.run_page import SHOWN_FIELD
from pages._ui.widgets import focus
from pages._ui.widgets.markdown import escape, inline_code

MAX_TOP_FIELDS = 24  # fields at the top; the others are in their components
COMPONENTS_PAGE_SIZE = 100  # a rerun with 2,000 took 7 s on a busy machine
PAGE_SIZE = 30  # fields of one component or search drawn at once
MAX_DRAWN_FIELDS = 60  # the cost of text boxes in a rerun grows with the square of their number


def draw(form: FlowForm) -> None:
    """Draw the form."""
    state = form.state
    _open_shown_field(form)
    prefill.draw(state)
    _draw_fields(form)
    json_editor.draw(state)
    state.discard_undrawn(form.drawn)
    state.save()
    if state.scroll_token:
        _scroll_to_first_problem(form)
    _scroll_to_shown_field(form)


def mark_started(state: FormState) -> None:
    """Clear the form's messages after a run has started."""
    prefill.clear_source(state)
    state.was_refused = False


def mark_refused(form: FlowForm, problems: Sequence[Problem]) -> None:
    """Mark the form after a refused run: fields show their problems, and the page scrolls there."""
    form.state.was_refused, form.state.scroll_token = True, uuid.uuid4().hex
    wrong = {problem.key for problem in problems if problem.level == "error"}
    shown = [*setup.setup_fields(form), *_top_fields(form)]
    fields = [f for f in form.flow.fields if not (f.chat_input or f.chat_files)]
    form.state.open_components([f for f in fields if f.key in wrong and f not in shown])


def _open_shown_field(form: FlowForm) -> None:
    """Open what hides the field that a button elsewhere on the page leads to."""
    field = form.state.fields.get(SHOWN_FIELD.get() or "")
    if field is None:
        return
    form.state.shown_key = field.key
    need = provider_settings.find_need(field.key, form)
    if need and need.provider:
        provider_settings.open_settings(need.provider, form)
    elif field not in (*setup.setup_fields(form), *_top_fields(form)):
        form.state.open_components([field])


def input_fields(fields: Mapping[str, Field], needs: Iterable[Need]) -> list[Field]:
    """Return what a person brings to a run: message, files, what the flow's author exposed.

    Without the message's attachments, which most runs lack.
    """
    needed = {
        need.keys[0]: need.kind
        for need in needs
        if need.keys and need.kind is not NeedKind.PROVIDER
    }
    brought = (NeedKind.FILE, NeedKind.VALUE)
    exposed = [
        field
        for key, field in fields.items()
        if field.api_editable and key not in needed and not (field.chat_input or field.chat_files)
    ]
    return [
        *(field for field in fields.values() if field.chat_input),
        *(fields[key] for key, kind in needed.items() if kind in brought and key in fields),
        *exposed[:MAX_TOP_FIELDS],
    ]


def _scroll_to_first_problem(form: FlowForm) -> None:
    """Scroll to the first drawn field with an error."""
    mark, form.state.scroll_token = form.state.scroll_token, ""
    for key in form.drawn:
        if _has_error(form, key):
            component, _, parameter = key.rpartition(".")
            part = f"param-{component}-{parameter}"
            focus.scroll_to(mark, part, part)
            return


def _scroll_to_shown_field(form: FlowForm) -> None:
    """Scroll to the field that a button elsewhere on the page leads to, and focus it."""
    key = SHOWN_FIELD.take()
    field = form.state.fields.get(key) if key else None
    if field is None:
        return
    need = provider_settings.find_need(field.key, form)
    part = f"param-{field.component}-{field.parameter}"
    if need:
        part = provider_settings.container_key(need)
    token = uuid.uuid4().hex
    focus.scroll_to(token, part, part)
    focus.focus_input(token, part)


def _has_error(form: FlowForm, key: str) -> bool:
    return any(problem.level == "error" for problem in form.problems.get(key, ()))


def _draw_fields(form: FlowForm) -> None:
    fields = form.state.fields
    if not fields:
        setup.draw(form)  # a package may be missing
        st.caption(":material/info: This flow has no parameters. Press Run.")
        return
    chat = [field for field in fields.values() if field.chat_input]
    for field in chat:
        draw_field(field, form)
    with_text = {field.component for field in chat}
    for field in fields.values():
        if field.chat_files and field.component in with_text:
            draw_chat_files(field, form)
    setup.draw(form)
    for field in _top_fields(form):
        draw_field(field, form, with_component=True)
    rest = [field for key, field in fields.items() if key not in form.drawn]
    _draw_dropped(form.state)
    text = _draw_search(form.state) if len(fields) > 1 else ""
    if text:
        _draw_matches(text, rest, form)
    else:
        _draw_components(rest, form)


def _top_fields(form: FlowForm) -> list[Field]:
    """Return the fields that the flow's author exposed and that are not in Setup."""
    above = [field.key for field in setup.setup_fields(form)]
    fields = [
        field
        for key, field in form.state.fields.items()
        if field.api_editable and key not in above and not (field.chat_input or field.chat_files)
    ]
    return fields[:MAX_TOP_FIELDS]


def _draw_search(state: FormState) -> str:
    fields = state.fields
    changed = [field for key, field in fields.items() if state.is_modified(key)]
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(key="param-search"):
            text = st.text_input(
                "Search all parameters",
                key=state.key("param-search"),
                placeholder=f"Search all {len(fields)} parameters",
                label_visibility="collapsed",
                icon=":material/search:",
                live=True,
                persist_state="session",
            )
        st.button(
            f"Reset all ({len(changed)})" if changed else "Reset all",
            key="reset-all",
            type="tertiary",
            disabled=not changed,
            on_click=prefill.fill,
            args=(state, {}, "All values are the flow's own again.", {}),
        )
    return (text or "").strip().casefold()


def _draw_matches(text: str, fields: Sequence[Field], form: FlowForm) -> None:
    matches = [field for field in fields if _matches(field, text)]
    if not matches:
        is_above = any(_matches(form.flow.fields_by_key[key], text) for key in form.drawn)
        st.caption("Found above" if is_above else "No parameter found")
    for field in matches[:PAGE_SIZE]:
        draw_field(field, form, with_component=True)
    if len(matches) > PAGE_SIZE:
        st.caption(f"{len(matches) - PAGE_SIZE} more. Refine your search.")


def _matches(field: Field, text: str) -> bool:
    """Return whether a field's names contain each word of a text in lower case."""
    labels = (field_label(field), field.label, field.parameter)
    names = " ".join((*labels, field.component_name, field.component)).casefold()
    return all(word in names for word in text.split())


def _draw_components(fields: Sequence[Field], form: FlowForm) -> None:
    own: dict[str, list[Field]] = {}
    for field in fields:
        own.setdefault(field.component, []).append(field)
    with_fields = [each for each in form.flow.components if each.id in own]
    for component in _page_of_components(with_fields, own, form):
        _draw_component(component, own[component.id], form)
    silent = [c.display_name for c in form.flow.unconnected if c.id not in own]
    if silent:
        names = ", ".join(map(escape, silent[:20]))
        st.caption(f":material/link_off: Will not run, not connected to the chat input: {names}")


def _page_of_components(
    components: Sequence[Component], fields: Mapping[str, Sequence[Field]], form: FlowForm
) -> list[Component]:
    """Return the components of the chosen page, and those that are open or have an error."""
    pages = -(-len(components) // COMPONENTS_PAGE_SIZE)
    if pages < 2:
        return list(components)
    st.caption(f"{len(components):,} components. Search finds the parameters of all.")
    page = st.pagination(pages, key=f"components-{form.flow.id}")
    start = (page - 1) * COMPONENTS_PAGE_SIZE
    return [
        component
        for place, component in enumerate(components)
        if start <= place < start + COMPONENTS_PAGE_SIZE
        or st.session_state.get(form.state.component_key(component.id))
        or any(_has_error(form, field.key) for field in fields[component.id])
    ]


def _draw_component(component: Component, fields: Sequence[Field], form: FlowForm) -> None:
    changed = sum(form.state.is_modified(field.key) for field in fields)
    wrong = any(_has_error(form, field.key) for field in fields)
    silent = "" if component.runs else f" :gray-badge[{DOES_NOT_RUN}]"
    title = escape(clip(component.display_name, 80))
    if fields[0].has_shared_name:
        words = form.distinctions.get(component.id)
        title += f" :gray[· {escape(words) if words else inline_code(component.id)}]"
    key = form.state.component_key(component.id)
    count_key = f"{key}-count"
    # a changed label creates a new, closed expander: so the badges are drawn over it, and one whose
    # fields have changed is opened again
    if st.session_state.get(count_key, len(fields)) != len(fields):
        st.session_state[key] = bool(st.session_state.get(key))
    st.session_state[count_key] = len(fields)
    with st.container(key=f"component-{component.id}", gap=None):
        label = f"{title} :gray[{len(fields)}]{silent}"
        opened = st.expander(label, key=key, on_change="rerun")
        if changed or wrong:
            with st.container(key=f"marks-{component.id}", horizontal=True, gap="xsmall"):
                if wrong:
                    st.badge("Check", color="red", help="Contains an invalid value")
                if changed:
                    st.badge(f"{changed} changed", color="violet")
        if opened.open:
            with opened:
                _draw_component_fields(component, fields, form)


def _draw_component_fields(component: Component, fields: Sequence[Field], form: FlowForm) -> None:
    st.code(component.id, language=None, width="content")
    if not component.runs:
        st.caption("These values have no effect: not connected to the chat input.")
    in_order = sorted(fields, key=lambda field: field.advanced)
    shown = _page_of_fields(component, in_order, form)
    wanted = [f for f in in_order if f.key == form.state.shown_key or _has_error(form, f.key)]
    for field in [*[field for field in wanted[:PAGE_SIZE] if field not in shown], *shown]:
        draw_field(field, form)


def _page_of_fields(
    component: Component, fields: Sequence[Field], form: FlowForm
) -> Sequence[Field]:
    """Return the fields of the chosen page; none if the form shows too many already."""
    if len(form.drawn) + min(len(fields), PAGE_SIZE) > MAX_DRAWN_FIELDS and form.drawn:
        st.caption("Close another component first, or search for the parameter.")
        return ()
    pages = -(-len(fields) // PAGE_SIZE)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=f"page-{form.flow.id}-{component.id}")
    return fields[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]


def _draw_dropped(state: FormState) -> None:
    if not state.dropped_keys:
        return
    names = ", ".join(inline_code(key) for key in state.dropped_keys[:10])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            f":material/info: The flow has changed. These values were dropped: {names}",
            width="stretch",
        )
        st.button("OK", key="form-dropped", type="tertiary", on_click=state.dropped_keys.clear)
