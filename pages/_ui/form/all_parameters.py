"""All parameters: what a person need not enter for a run, folded, searched, by component."""

from collections.abc import Mapping, Sequence

import streamlit as st

from lfclient.common.formatting import list_names
from lfclient.console.wording.statuses import DOES_NOT_RUN
from lfclient.flows.field import Field
from lfclient.flows.graph import Component
from lfclient.flows.run_inputs import field_label
from pages._ui.app.streamlit_patches import ExpanderContainer
from pages._ui.form.fields import draw_field
from pages._ui.form.flow_form import FlowForm
from pages._ui.form.form_state import FormState
from pages._ui.widgets.markdown import escape, inline_code

COMPONENTS_PAGE_SIZE = 100  # a rerun with 2,000 took 7 s on a busy machine
PAGE_SIZE = 30  # fields of one component or search drawn at once
MAX_DRAWN_FIELDS = 60  # the cost of text boxes in a rerun grows with the square of their number


def draw(form: FlowForm) -> None:
    """Draw the fields that are not drawn yet, in one expander that is closed at first.

    Opens by itself for fields that a person must see. A chat draws the whole form in an expander,
    and needs no other.
    """
    state = form.state
    fields = [field for key, field in state.fields.items() if key not in form.drawn]
    _open(fields, state)
    if not fields:
        _draw_out_of_reach(form)
    elif state.use == "chat":
        _draw_content(fields, form)
    else:
        with st.container(key="all-parameters", gap=None):
            label = f"All parameters :gray[· {len(fields)}]"
            opened = _draw_expander(label, state.all_parameters_key, fields, form)
            if opened.open:
                with opened:
                    _draw_content(fields, form)


def _open(fields: Sequence[Field], state: FormState) -> None:
    """Open the expanders of the fields to open, and clear a search that would hide them."""
    wanted = [field for field in fields if field.key in state.keys_to_open]
    if wanted:
        opened = [state.all_parameters_key, *(state.component_key(f.component) for f in wanted)]
        st.session_state.update(dict.fromkeys(opened, True))
        st.session_state[_search_key(state)] = ""


def _draw_expander(
    label: str, key: str, fields: Sequence[Field], form: FlowForm
) -> ExpanderContainer:
    """Draw an expander for these fields, with badges over its label.

    A changed label creates a new, closed expander: so the badges are not part of it, and one whose
    number of fields or distinction has changed is opened again.
    """
    label_key = f"{key}-label"
    if st.session_state.get(label_key, label) != label:
        st.session_state[key] = bool(st.session_state.get(key))
    st.session_state[label_key] = label
    opened = st.expander(label, key=key, on_change="rerun")
    changed = sum(form.state.is_modified(field.key) for field in fields)
    wrong = any(form.has_error(field.key) for field in fields)
    has_warning = any(form.has_warning(field.key) for field in fields)
    if changed or wrong or has_warning:
        with st.container(key=f"marks-{key}", horizontal=True, gap="xsmall"):
            if wrong:
                st.badge("Check", color="red", help="Contains an invalid value")
            elif has_warning:
                st.badge("Check", color="orange", help="Contains a value to check or enter again")
            if changed:
                st.badge(f"{changed} changed", color="violet")
    return opened


def _draw_content(fields: Sequence[Field], form: FlowForm) -> None:
    text = _draw_search(form.state) if len(form.state.fields) > 1 else ""
    if text:
        _draw_matches(text, fields, form)
    else:
        _draw_components(fields, form)


def _search_key(state: FormState) -> str:
    return state.key("param-search")


def _draw_search(state: FormState) -> str:
    with st.container(key="param-search"):
        text = st.text_input(
            "Search all parameters",
            key=_search_key(state),
            placeholder="Search all parameters",
            label_visibility="collapsed",
            icon=":material/search:",
            live=True,
            persist_state="session",
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
    names = " ".join((*labels, field.component_label(), field.component)).casefold()
    return all(word in names for word in text.split())


def _draw_components(fields: Sequence[Field], form: FlowForm) -> None:
    own: dict[str, list[Field]] = {}
    for field in fields:
        own.setdefault(field.component, []).append(field)
    with_fields = [each for each in form.run_flow.components_in_reading_order if each.id in own]
    for component in _page_of_components(with_fields, own, form):
        _draw_component(component, own[component.id], form, is_alone=len(own) == 1)
    _draw_out_of_reach(form)


def _draw_out_of_reach(form: FlowForm) -> None:
    """Name the components that no entered value reaches, and those that take some only.

    Components that will not run are left out where their fields say so.
    """
    flow = form.run_flow
    with_fields = {field.component for field in form.state.fields.values()}
    running = [leaf for leaf in flow.leaves_in_reading_order if leaf.runs]
    notes = {
        f":material/link_off: Will not run, {escape(flow.idle_reason)}": [
            component for component in flow.unconnected if component.id not in with_fields
        ],
        ":material/ac_unit: Frozen, returns a cached result": [
            leaf for leaf in running if leaf.frozen
        ],
        ":material/smart_toy: The agent fills in the other inputs of its tools": [
            leaf for leaf in running if leaf.tool_mode and not leaf.frozen
        ],
        ":material/account_tree: Runs another flow, with the models and keys stored there": [
            leaf for leaf in running if leaf.has_type("RunFlow")
        ],
    }
    for words, components in notes.items():
        if components:
            names = list_names([escape(flow.component_label(each.id)) for each in components], 20)
            st.caption(f"{words}: {names}")


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
        or any(form.has_error(field.key) for field in fields[component.id])
    ]


def _draw_component(
    component: Component, fields: Sequence[Field], form: FlowForm, *, is_alone: bool
) -> None:
    """Draw a component's fields: in an expander, unless it `is_alone`."""
    silent = "" if component.runs else f" :gray-badge[{DOES_NOT_RUN}]"
    title = escape(form.flow.component_label(component.id, 80))
    words = form.distinctions.get(component.id)
    if words:
        title += f" :gray[· {escape(words)}]"
    if is_alone:
        st.markdown(f"**{title}**{silent}")
        _draw_component_fields(component, fields, form, is_alone=is_alone)
        return
    with st.container(key=f"component-{component.id}", gap=None):
        label = f"{title} :gray[· {len(fields)}]{silent}"
        opened = _draw_expander(label, form.state.component_key(component.id), fields, form)
        if opened.open:
            with opened:
                _draw_component_fields(component, fields, form, is_alone=is_alone)


def _draw_component_fields(
    component: Component, fields: Sequence[Field], form: FlowForm, *, is_alone: bool
) -> None:
    if not component.runs:
        st.caption(f"These values have no effect: {escape(form.run_flow.idle_reason)}.")
    in_order = sorted(fields, key=lambda field: field.advanced)
    shown = _page_of_fields(component, in_order, form, is_alone=is_alone)
    wanted = [f for f in in_order if f.key == form.state.shown_key or form.has_error(f.key)]
    for field in [*[field for field in wanted[:PAGE_SIZE] if field not in shown], *shown]:
        draw_field(field, form)
    st.caption(f"ID {inline_code(component.id)}")


def _page_of_fields(
    component: Component, fields: Sequence[Field], form: FlowForm, *, is_alone: bool
) -> Sequence[Field]:
    """Return the fields of the chosen page; none if other components show too many already."""
    is_full = len(form.drawn) + min(len(fields), PAGE_SIZE) > MAX_DRAWN_FIELDS
    if is_full and form.drawn and not is_alone:
        st.caption("Close another component first, or search for the parameter.")
        return ()
    pages = -(-len(fields) // PAGE_SIZE)
    page = 1
    if pages > 1:
        page = st.pagination(pages, key=f"page-{form.flow.id}-{component.id}")
    return fields[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
