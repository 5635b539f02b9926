"""Update a flow's outdated components from Setup: show first what is lost, and offer Undo."""

from contextlib import suppress
from dataclasses import dataclass, replace

import streamlit as st

from lfclient.client import LangflowClient
from lfclient.common.json_types import JsonObject
from lfclient.console.wording.flow_updates import describe_drawbacks, describe_update
from lfclient.errors import FlowChanged, FlowNotFound, LangflowError
from lfclient.flows.definitions import graph_data
from lfclient.flows.model import Flow
from lfclient.flows.need import Need
from lfclient.flows.outdated import FlowUpdate
from pages._ui.connection.app_context import app_context, permissions
from pages._ui.connection.flow_resources import CATALOGUE
from pages._ui.connection.loading import FLOWS_WAIT_SECONDS
from pages._ui.connection.server_session import ServerSession
from pages._ui.flows.adding import add_flows
from pages._ui.form.flow_form import FlowForm
from pages._ui.state import flow_choice
from pages._ui.state.flow_choice import Addition
from pages._ui.state.notices import notify_errors
from pages._ui.state.slot import Slot
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape


@dataclass(frozen=True)
class _Prepared:
    """An update that a person is asked about."""

    update: FlowUpdate
    addition: Addition


@dataclass(frozen=True)
class _Undo:
    """An update that can be undone: in place, with the `previous` graph, or the copy of `original`.

    `flow` is the updated flow.
    """

    flow: Flow
    message: str
    previous: JsonObject | None = None
    original: str = ""


_PREPARED: Slot[_Prepared] = Slot("flow-update-prepared")
_UNDO: Slot[_Undo] = Slot("flow-update-made")
_ERROR: Slot[LangflowError] = Slot("flow-update-error")


def has_result(form: FlowForm) -> bool:
    """Return whether an update has failed, or this flow's update can be undone."""
    return _ERROR.get() is not None or _find_undo(form) is not None


def _find_undo(form: FlowForm) -> _Undo | None:
    """Return this flow's update, None without one or if the flow has another graph by now."""
    undo = _UNDO.get()
    if undo is None or undo.flow.id != form.flow.id:
        return None
    return undo if graph_data(form.state.flow.stored) == graph_data(undo.flow) else None


def draw(need: Need, form: FlowForm) -> None:
    """Draw which components are outdated, with a button that updates them."""
    st.markdown(f":orange[:material/update:] {escape(need.message)}")
    if not permissions().install:
        st.caption("Only the operator of this console can update flows.")
        return
    prepared = _PREPARED.get()
    if prepared and prepared.update.flow.id == form.flow.id:
        _draw_question(prepared, form)
        return
    is_copy = not _is_own(form.server, form.flow)
    st.button(
        "Update a copy" if is_copy else "Update",
        key="update-flow",
        icon=":material/update:",
        help="Adds an updated copy. This flow stays as it is." if is_copy else None,
        on_click=_update,
        args=(form.flow.id, form.server, Addition()),
    )


def draw_result(form: FlowForm) -> None:
    """Draw why an update has failed, or what it has done, with a button that undoes it."""
    error = _ERROR.take()
    if error:
        alerts.show(error)
    undo = _find_undo(form)
    if undo is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":green[:material/check:] {escape(undo.message)}", width="content")
        st.button(
            "Undo",
            key="undo-update",
            type="tertiary",
            icon=":material/undo:",
            help="Deletes this copy" if undo.original else "Restores the previous components",
            on_click=_undo,
            args=(form.server,),
        )


def _draw_question(prepared: _Prepared, form: FlowForm) -> None:
    """Draw what the update loses, with buttons that confirm or cancel it."""
    update = prepared.update
    lines = [f"- {escape(line)}" for line in describe_drawbacks(update)]
    title = "The update loses:" if update.losses else "Not all components can be updated:"
    st.markdown("\n".join([title, "", *lines]))
    if update.updated:
        st.caption("You can undo the update.")
    with st.container(horizontal=True):
        if update.updated:
            st.button(
                "Update anyway",
                key="update-flow-anyway",
                icon=":material/update:",
                on_click=_confirm,
                args=(form.server,),
            )
        st.button("Cancel", key="update-flow-cancel", on_click=_PREPARED.clear)


def _update(flow_id: str, server: ServerSession, addition: Addition) -> None:
    """Update the flow, or have the page ask first if the update has drawbacks.

    Streamlit runs the callbacks of two clicks one after the other.
    """
    with notify_errors(_ERROR):
        with server.open_client() as api:
            update = api.editor.prepare_update(flow_id)
        prepared = _Prepared(update, addition)
        if describe_drawbacks(update):
            _PREPARED.set(prepared)
        elif update.updated:
            _apply(prepared, server)
        else:  # updated by somebody else, or by the first of two clicks, or the server was upgraded
            server.refresh(CATALOGUE[0])
            _reload(server, flow_id)


def _confirm(server: ServerSession) -> None:
    with notify_errors(_ERROR):
        prepared = _PREPARED.take()
        if prepared:  # not after the first of two clicks
            _apply(prepared, server)


def _is_own(server: ServerSession, flow: Flow) -> bool:
    """Return whether an update changes the flow itself: it was added here and is not locked."""
    added = app_context().runner.store.added_flows
    return flow.raw.get("locked") is not True and added.contains(server.owner, flow.id)


def _apply(prepared: _Prepared, server: ServerSession) -> None:
    """Store the update, in the flow itself or as a copy. Raises `LangflowError`."""
    permissions().require_install()
    update = prepared.update
    message = describe_update(update)
    if not _is_own(server, update.flow):
        add_flows(server, lambda _: update.copy, prepared.addition)
        copy = server.cached_flow(prepared.addition.flows[0].id, FLOWS_WAIT_SECONDS)
        if copy:
            _UNDO.set(_Undo(copy, f"{message} This is a copy.", original=update.flow.id))
        return
    expected = replace(update.flow, raw={**update.flow.raw, "data": update.data})
    undo = _Undo(expected, message, previous=graph_data(update.flow))
    _UNDO.set(undo)  # the server may store the graph, and its response may be lost
    try:
        with server.open_client() as api:
            changed = api.editor.save_graph(update.flow, update.data)
        _UNDO.set(replace(undo, flow=changed))
    finally:
        _reload(server, update.flow.id)


def _reload(server: ServerSession, flow_id: str) -> None:
    """Load a flow again, and wait for it: large flows take seconds."""
    server.refresh(f"flow {flow_id}")
    with suppress(LangflowError):
        server.flow(flow_id, FLOWS_WAIT_SECONDS)


def _undo(server: ServerSession) -> None:
    undo = _UNDO.get()
    if undo is None:  # after the first of two clicks
        return
    with notify_errors(_ERROR):
        permissions().require_install()
        try:
            with server.open_client() as api:
                if undo.previous is not None:
                    api.editor.save_graph(undo.flow, undo.previous)
                else:
                    _delete_copy(api, undo.flow)
        except FlowChanged as changed:
            changed.hint = "The update can no longer be undone."
            _UNDO.clear()
            raise
        finally:
            _reload(server, undo.flow.id)
        _UNDO.clear()
        if undo.original:
            app_context().runner.store.added_flows.remove(server.owner, undo.flow.id)
            flow_choice.forget_flow(server.owner, undo.flow.id)
            flow_choice.REQUESTED.set(undo.original)
            server.refresh("flows")
            with suppress(LangflowError):
                server.flows(FLOWS_WAIT_SECONDS)


def _delete_copy(api: LangflowClient, copy: Flow) -> None:
    """Delete a copy. Raises `FlowChanged` if somebody has changed it."""
    with suppress(FlowNotFound):
        if graph_data(api.flow(copy.id)) != graph_data(copy):
            raise FlowChanged(f"“{copy.name}” has changed on the server.")
        api.editor.delete_flow(copy.id)
