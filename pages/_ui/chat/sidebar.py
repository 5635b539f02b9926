"""The Chat page's sidebar: a flow's sessions, and the parameters of its messages."""

import time
import uuid
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from lfclient.client import LangflowClient
from lfclient.common.formatting import clip
from lfclient.console.config.connection import Connection
from lfclient.console.runner.runner import Runner
from lfclient.errors import InvalidKey, InvalidRequest, LangflowError, SessionNotFound
from lfclient.flows.model import Flow
from lfclient.flows.run_inputs import SECRET_HINT
from pages._ui.app import navigation
from pages._ui.chat import conversation
from pages._ui.chat.conversation import Conversation
from pages._ui.chat.sessions import (
    UNTITLED,
    SessionEntry,
    list_sessions,
    session_label,
    with_local_sessions,
)
from pages._ui.connection import loading, request_cache
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.form import form as form_view
from pages._ui.form import setup
from pages._ui.form.flow_form import FlowForm
from pages._ui.run import run_form
from pages._ui.state import chat as chat_state
from pages._ui.state import query_params
from pages._ui.state.notices import notify_errors
from pages._ui.state.slot import Slot
from pages._ui.widgets import alerts, controls, focus
from pages._ui.widgets.markdown import escape
from pages._ui.widgets.times import format_short_time

SEARCH_FROM = 8  # the number of sessions from which there is a search box
MAX_LISTED = 30  # sessions listed at once
_MAX_NAME_LENGTH = 120  # characters of a new name
_OPENED: Slot[str] = Slot("chat-sidebar-opened")


@dataclass(frozen=True)
class SessionChange:
    """A new name for a session, or its deletion if `name` is empty."""

    flow_id: str
    session_id: str
    name: str = ""

    def apply(self, api: LangflowClient, runner: Runner, connection: Connection) -> int:
        """Change the session on the server, then its runs in this console.

        Return the number of runs that were kept because they are still running.
        """
        if not self.name:
            api.sessions.delete(self.session_id, flow=self.flow_id)
            return runner.delete_session_runs(connection, self.flow_id, self.session_id)
        owner = runner.owner_of(connection)
        if api.sessions.messages(self.flow_id, self.name, limit=1):
            raise InvalidRequest(
                f"Couldn't rename: a session “{self.name}” already exists.",
                hint="Use another name.",
            )
        if runner.recent(owner, 1, self.flow_id, self.name):
            # the list lacks the session if it was deleted in Langflow
            raise InvalidRequest(
                f"Couldn't rename: a session “{self.name}” has runs in this console.",
                hint="Delete them in History, or use another name.",
            )
        try:
            api.sessions.rename(self.session_id, self.name, flow=self.flow_id)
        except SessionNotFound:  # the session may exist only in this console
            if not runner.recent(owner, 1, self.flow_id, self.session_id):
                raise
        runner.rename_session(connection, self.flow_id, self.session_id, self.name)
        return 0


@dataclass(frozen=True)
class StartedChange:
    """A change in progress. Its result is the number of kept runs."""

    change: SessionChange
    result: Future[int]
    started_at: float = field(default_factory=time.monotonic)

    def seconds_waiting(self, max_wait: float) -> float | None:
        """Wait at most `max_wait` seconds. Return the change's seconds so far, or None if it ended.

        An error is an end.
        """
        with suppress(TimeoutError):
            self.result.exception(max(0.0, max_wait))
        return None if self.result.done() else time.monotonic() - self.started_at


_CHANGE: Slot[StartedChange] = Slot("talk-change")


@notify_errors()
def _start(server: ServerSession, change: SessionChange) -> None:
    """Start a change, as a callback. A repeated click starts it once."""
    started = _CHANGE.get()
    if started:
        if started.change != change:
            raise InvalidRequest(
                "Another change of a session has not finished yet.",
                hint="Wait for it, then try again.",
            )
        return
    runner, connection = app_context().runner, server.live_connection()
    result = server.start(lambda api: change.apply(api, runner, connection))
    _CHANGE.set(StartedChange(change, result))


def finish_change(server: ServerSession) -> None:
    """Draw the progress or result of the last change."""
    started = _CHANGE.get()
    if started is None:
        return
    first_wait = started.started_at + request_cache.MAX_WAIT_SECONDS - time.monotonic()
    if started.seconds_waiting(first_wait) is not None:
        loading.draw_wait(server, "to respond", started.seconds_waiting)
        return
    _CHANGE.clear()
    change = started.change
    try:
        running = started.result.result()
    except LangflowError as error:
        alerts.show(error)
        return
    server.refresh(conversation.sessions_cache_key(change.flow_id))
    if chat_state.current_session(server.owner, change.flow_id) == change.session_id:
        conversation.discard_history(server)
        if change.name:
            chat_state.open_session(change.name)
        else:
            chat_state.close_session()
    if running:
        st.info(
            "A run of this session is still running and stays under Recent runs.",
            icon=":material/info:",
        )


def draw_new_button() -> None:
    """Draw the button for a new session."""
    st.button(
        "New session",
        key=chat_state.NEW_BUTTON,
        icon=":material/add_comment:",
        on_click=chat_state.choose_session,
        args=(None,),
        width="stretch",
    )


def draw_sessions(current: Conversation) -> None:
    """Draw the list of sessions."""
    server, flow = current.form.server, current.form.flow
    load = partial(list_sessions, current)
    try:
        sessions = load()
    except LangflowError as error:
        if not (current.is_refused and isinstance(error, InvalidKey)):  # shown next to the messages
            loading.show(server, error, load, retry="retry-sessions")
        return
    _draw_list(with_local_sessions(sessions, current), current)
    loading.show_refreshing(server, conversation.sessions_cache_key(flow.id))


def _draw_list(sessions: list[SessionEntry], current: Conversation) -> None:
    key = chat_state.chat_key("runs", current.form.server.owner, current.form.flow.id)
    runs = {one.id for one in sessions if one.is_single_run and one.id != current.id}
    if not st.session_state.get(key):
        sessions = [one for one in sessions if one.id not in runs]
    if sessions:
        st.caption(f"Sessions · {len(sessions)}")
    else:
        st.caption("No sessions yet. Your first message starts one.")
    if runs:
        st.toggle(
            f"Show single runs ({len(runs)})",
            key=key,
            help="Runs from forms, each in a session of its own",
            persist_state="session",
        )
    if not sessions:
        return
    matches = _filtered(sessions, current)
    with st.container(key="talk-sessions", gap="xxsmall"):
        for session in matches[:MAX_LISTED]:
            _draw_entry(session, session.id == current.id)
    if len(matches) > MAX_LISTED:
        st.caption(f"{len(matches) - MAX_LISTED} more. Search to find them.")
    elif not matches:
        st.caption("No session with this name")


def _filtered(sessions: list[SessionEntry], current: Conversation) -> list[SessionEntry]:
    if len(sessions) < SEARCH_FROM:
        return sessions
    text = st.text_input(
        "Search session names",
        key=chat_state.chat_key("search", current.form.server.owner, current.form.flow.id),
        placeholder="Search session names",
        label_visibility="collapsed",
        icon=":material/search:",
        live=True,
    )
    words = (text or "").casefold().split()
    return [
        session
        for session in sessions
        if all(word in f"{session.label} {session.id}".casefold() for word in words)
    ]


def _draw_entry(session: SessionEntry, is_open: bool) -> None:
    name = escape(clip(session.label, 60))
    mark = ""
    if session.last_message_at:
        mark = f" :gray[{format_short_time(session.last_message_at)}]"
    elif session.label == UNTITLED:
        mark = f" :gray[{session.id[-6:]}]"  # distinguishes sessions with the same label
    st.button(
        f"{f'**{name}**' if is_open else name}{mark}",
        key=f"talk-open-{session.id}",
        type="tertiary",
        icon=":material/chat_bubble:",
        on_click=chat_state.choose_session,
        args=(session.id,),
        width="stretch",
        wrap=False,
    )


def draw_header(current: Conversation) -> None:
    """Draw the session's name, with Rename and Delete."""
    with st.container(key="talk-head", horizontal=True, vertical_alignment="center"):
        history = current.history
        if not history and history is not None and current.record is None:
            st.caption("New session", width="stretch")
            return
        title = session_label(current.id, conversation.first_words(current))
        st.caption(escape(clip(title, 60)), width="stretch")
        if history is None or current.is_answering:
            return
        _draw_rename(current, title)
        _draw_delete(current)


def _draw_rename(current: Conversation, title: str) -> None:
    key = current.key("name")
    panel = st.popover("Rename", icon=":material/edit:", type="tertiary", key=f"{key}-panel")
    with panel, st.form(f"{key}-form", border=False):
        st.text_input(
            "Session name",
            "" if title == UNTITLED else clip(title, _MAX_NAME_LENGTH),
            key=key,
            max_chars=_MAX_NAME_LENGTH,
        )
        st.form_submit_button("Rename", on_click=_on_rename, args=(current, key))


def _on_rename(current: Conversation, key: str) -> None:
    name = st.session_state[key].strip()
    if name and name != current.id:
        _start(current.form.server, SessionChange(current.form.flow.id, current.id, name))


def _draw_delete(current: Conversation) -> None:
    key = current.key("delete")
    with st.popover("Delete", icon=":material/delete:", type="tertiary", key=f"{key}-panel"):
        st.markdown(
            "Delete this session? Its messages are deleted on the server, and its runs in this "
            "console. This can't be undone."
        )
        controls.danger_button(
            "Delete session",
            key=key,
            on_click=_start,
            args=(current.form.server, SessionChange(current.form.flow.id, current.id)),
        )


def draw_opener() -> None:
    """Draw a button that opens the sidebar. CSS shows it in narrow windows only."""
    with st.container(key="chat-side"):
        st.button(
            "Sessions and parameters",
            key="open-sidebar",
            icon=":material/left_panel_open:",
            type="tertiary",
            on_click=lambda: _OPENED.set(uuid.uuid4().hex),
        )
    focus.scroll_to(_OPENED.take(), chat_state.NEW_BUTTON, chat_state.NEW_BUTTON)


def prepare_form(server: ServerSession, flow: Flow | None) -> FlowForm | None:
    """Return the flow's form without its message.

    For a flow without chat, draw a note and return None.
    """
    if flow is None:
        return None
    if flow.has_chat:
        return run_form.prepare(server, flow, chat=True)
    with st.container(border=True, key="no-chat"):
        st.markdown("## This flow can't be used in Chat", anchors=False)
        st.markdown(
            "Chat needs a flow with a Chat Input and a Chat Output component. Choose another flow "
            "above, or run this one on the Run page."
        )
        with controls.main_link("run"):
            st.page_link(
                navigation.page("run"),
                label="Run this flow",
                icon=":material/play_circle:",
                query_params={query_params.FLOW: flow.id},
            )
    return None


def open_parameters(form: FlowForm) -> None:
    """Open the parameters when the page is next drawn."""
    st.session_state[_parameters_key(form)] = True


def _parameters_key(form: FlowForm) -> str:
    return chat_state.chat_key("parameters", form.server.owner, form.flow.id)


def draw_parameters(form: FlowForm) -> None:
    """Draw Setup, and in an expander the parameters, which are sent with every message."""
    setup.draw(form)
    changed = len(form.state.overrides())
    key = _parameters_key(form)
    controls.lazy_expander("Parameters", key, lambda: run_form.draw_fields(form))
    form.state.save()  # Setup also changes values while the form is closed
    if changed:
        form_view.draw_reset(form.state)
        st.caption(f"{changed} changed, here and on the Run page. Sent with every message.")
    if form.hints:
        st.caption(SECRET_HINT)
