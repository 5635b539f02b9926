"""The gallery of the server's templates."""

import uuid
from functools import partial

import streamlit as st

from lfclient.client import LangflowClient
from lfclient.common.formatting import clip
from lfclient.console.wording.flow_outline import FlowOutline, outline_flow
from lfclient.errors import LangflowError
from lfclient.flows.model import Flow
from pages._ui.components.graph import draw_plan
from pages._ui.connection import loading
from pages._ui.connection.server_session import ServerSession
from pages._ui.flows.adding import add_flows, existing_names
from pages._ui.state.flow_choice import Addition
from pages._ui.state.slot import Slot
from pages._ui.widgets import alerts, focus
from pages._ui.widgets.markdown import escape

_TTL_SECONDS = 300.0
_MAX_SHOWN = 40
_PREVIEWED: Slot[int] = Slot("previewed-template")  # its place in the list
_OPENED: Slot[str] = Slot("opened-preview")  # until it is scrolled into sight
_SEARCH = "template-search"


def draw(server: ServerSession, addition: Addition) -> None:
    """Draw the search box and the templates, each with what it needs and a button to add it.

    `addition` is as for `add_flows`.
    """
    load = partial(server.fetch, "templates", _TTL_SECONDS, _load_outlines)
    try:
        templates = load().value
    except LangflowError as error:
        loading.show(server, error, load, retry="retry-templates")
        return
    if not templates:
        st.caption(
            "This server offers no templates. Its administrator can set "
            "`LANGFLOW_CREATE_STARTER_PROJECTS=true`."
        )
        st.button("Check again", on_click=server.refresh, args=("templates",))
        return
    text = st.text_input(
        "Search templates",
        key=_SEARCH,
        placeholder=f"Search {len(templates)} templates",
        label_visibility="collapsed",
        icon=":material/search:",
        live=True,
    )
    matches = [(n, each) for n, each in enumerate(templates) if each.matches(text or "")]
    matches.sort(key=lambda match: not match[1].is_named(text or ""))
    if not matches:
        st.caption("No template found")
    names = existing_names(server)
    chosen = None
    with st.container(key="templates", gap="small"):
        for number, outline in matches[:_MAX_SHOWN]:
            if _draw_template(number, outline, is_copy=outline.flow.name in names):
                chosen = outline.flow
    previewed = _PREVIEWED.get()
    focus.scroll_to(_OPENED.take(), f"template-{previewed}", f"template-graph-{previewed}")
    if chosen:
        with alerts.show_errors(), st.spinner("Adding the flow…"):
            add_flows(server, partial(_find_template, chosen), addition)
            st.rerun()
    if len(matches) > _MAX_SHOWN:
        st.caption(f"{len(matches) - _MAX_SHOWN} more. Refine your search.")


def _load_outlines(api: LangflowClient) -> list[FlowOutline]:
    return [outline_flow(flow) for flow in api.templates()]


def _draw_template(number: int, outline: FlowOutline, *, is_copy: bool) -> bool:
    """Draw a template; return whether its button was clicked."""
    flow = outline.flow
    with st.container(border=True, key=f"template-{number}", gap="xsmall"):
        st.markdown(f"**{escape(clip(flow.name, 80))}**")
        if flow.description:
            st.caption(escape(clip(flow.description, 300)))
        with st.container(horizontal=True, vertical_alignment="center"):
            is_chosen = st.button(
                "Add a copy" if is_copy else "Add",
                key=f"add-template-{number}",
                icon=":material/add:",
                help="A flow with this name exists; the new one gets a number" if is_copy else None,
            )
            is_previewed = _PREVIEWED.get() == number
            st.button(
                "Hide" if is_previewed else "Preview",
                key=f"preview-template-{number}",
                type="tertiary",
                icon=":material/account_tree:",
                on_click=_PREVIEWED.clear if is_previewed else _open_preview,
                args=() if is_previewed else (number,),
            )
            st.caption(escape(outline.facts), width="content")
        if is_previewed:
            draw_plan(flow, key=f"template-graph-{number}")
    return is_chosen


def _open_preview(number: int) -> None:
    _PREVIEWED.set(number)
    _OPENED.set(uuid.uuid4().hex)


def _find_template(outline: Flow, api: LangflowClient) -> Flow:
    """Return the whole template."""
    same = (each for each in api.templates() if (each.id, each.name) == (outline.id, outline.name))
    template = next(same, None)
    if template is None:
        raise LangflowError("The server no longer offers this template.", hint="Choose another.")
    return template
