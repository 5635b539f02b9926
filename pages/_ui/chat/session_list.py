"""The sessions of a flow: list, search, new, rename and delete."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from lfclient.client import LangflowClient
from lfclient.common.formatting import clip
from lfclient.console.config.connection import Connection
from lfclient.errors import InvalidRequest, LangflowError
from pages._ui.chat import conversation
from pages._ui.chat.conversation import Conversation, SessionEntry
from pages._ui.connection import loading
from pages._ui.connection.app_context import app_context
from pages._ui.connection.request_cache import StillLoading
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import chat as chat_state
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape, format_time

SEARCH_FROM = 8  # sessions from which on there is a search box
MAX_LISTED = 30  # listed at once
_MAX_NAME_LENGTH = 120  # characters of a new name


@dataclass(frozen=True)
class SessionChange:
    """A rename or deletion of a session; its request runs in a thread."""

    what: Literal["rename", "delete"]
    flow_id: str
    session_id: str
    name: str = ""
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def work(self, connection: Connection) -> Callable[[LangflowClient], int]:
        """Return the function that changes the session on the server, then its runs here.

        It returns how many runs were kept because they are still running.
        """
        runner, at = app_context().runner, (self.flow_id, self.session_id)

        def rename(api: LangflowClient) -> int:
            self._rename(api)
            runner.rename_session(connection, *at, self.name)
            return 0

        def delete(api: LangflowClient) -> int:
            api.delete_session(self.session_id, flow=self.flow_id)
            return runner.delete_session_runs(connection, *at)

        return rename if self.what == "rename" else delete

    def _rename(self, api: LangflowClient) -> None:
        if api.messages(self.flow_id, self.name, limit=1):
            raise InvalidRequest(
                f"Couldn't rename: a session “{self.name}” already exists.",
                hint="Use another name.",
            )
        api.rename_session(self.session_id, self.name, flow=self.flow_id)


def finish_change(server: ServerSession) -> None:
    """Draw the progress or result of the last change."""
    change = chat_state.pending_change()
    if not isinstance(change, SessionChange):
        return
    try:
        work = change.work(server.connection)
        left = server.fetch(f"change {change.token}", math.inf, work).value
    except StillLoading as error:
        loading.show(server, error, retry="retry-change")
        return
    except LangflowError as error:
        chat_state.clear_change()
        alerts.show(error)
        return
    chat_state.clear_change()
    server.refresh(conversation.sessions_cache_key(change.flow_id))
    if chat_state.current_session(change.flow_id) == change.session_id:
        conversation.discard_history(server)
        if change.what == "rename":
            chat_state.open_session(change.name)
        else:
            chat_state.close_session()
    if left:
        st.info(
            "A run of this session is still running and stays under Recent runs.",
            icon=":material/info:",
        )


def draw(current: Conversation) -> None:
    """Draw the button for a new session, and the list."""
    st.button(
        "New session",
        key="talk-new",
        icon=":material/add_comment:",
        on_click=chat_state.close_session,
        width="stretch",
    )
    try:
        lines = conversation.list_sessions(current.server, current.form.flow.id)
    except LangflowError as error:
        loading.show(current.server, error, retry="retry-sessions")
        return
    if not lines:
        st.caption("No sessions yet. Your first message starts one.")
        return
    st.caption(f"Sessions · {len(lines)}")
    found = _filtered(lines, current)
    with st.container(key="talk-sessions", gap="xxsmall"):
        for line in found[:MAX_LISTED]:
            _draw_entry(line, line.id == current.id)
    if len(found) > MAX_LISTED:
        st.caption(f"{len(found) - MAX_LISTED} more. Search to find them.")
    elif not found:
        st.caption("No session with this name")


def _filtered(lines: list[SessionEntry], current: Conversation) -> list[SessionEntry]:
    if len(lines) < SEARCH_FROM:
        return lines
    owner, flow_id, _ = current.key
    text = st.text_input(
        "Search sessions",
        key=chat_state.chat_key("search", owner, flow_id),
        placeholder="Search sessions",
        label_visibility="collapsed",
        icon=":material/search:",
        live=True,
    )
    words = (text or "").casefold().split()
    return [
        line
        for line in lines
        if all(word in f"{line.label} {line.id}".casefold() for word in words)
    ]


def _draw_entry(line: SessionEntry, shown: bool) -> None:
    name = escape(clip(line.label, 30 if line.last_message_at else 48))
    at = (
        f" :gray[{format_time(line.last_message_at, datetime.now(UTC))}]"
        if line.last_message_at
        else ""
    )
    st.button(
        f"{f'**{name}**' if shown else name}{at}",
        key=f"talk-open-{line.id}",
        type="tertiary",
        icon=":material/chat_bubble:",
        on_click=chat_state.open_session,
        args=(line.id,),
        wrap=False,
    )


def draw_header(current: Conversation) -> None:
    """Draw the flow and session, with Rename and Delete."""
    flow = escape(clip(current.form.flow.name, 60))
    with st.container(key="talk-head", horizontal=True, vertical_alignment="center", gap="small"):
        if not current.history:
            st.markdown(f"**{flow}** :gray[· New session]", width="stretch")
            return
        said = next((one.text for one in current.history if one.sender == conversation.USER), "")
        title = conversation.session_label(current.id, said if current.is_complete else "")
        st.markdown(f"**{flow}** :gray[· {escape(clip(title, 60))}]", width="stretch")
        if current.is_answering:
            return
        _rename(current, title)
        _delete(current)


def _rename(current: Conversation, title: str) -> None:
    owner, flow_id, session_id = current.key
    key = chat_state.chat_key("name", owner, flow_id, session_id)
    panel = st.popover("Rename", icon=":material/edit:", type="tertiary", key=f"{key}-panel")
    with panel, st.form(f"{key}-form", border=False):
        st.text_input(
            "Session name",
            clip(title, _MAX_NAME_LENGTH),
            key=key,
            max_chars=_MAX_NAME_LENGTH,
        )
        st.form_submit_button("Rename", on_click=_on_rename, args=(flow_id, session_id, key))


def _on_rename(flow_id: str, session_id: str, key: str) -> None:
    name = st.session_state[key].strip()
    if name and name != session_id:
        chat_state.set_change(SessionChange("rename", flow_id, session_id, name))


def _delete(current: Conversation) -> None:
    owner, flow_id, session_id = current.key
    key = chat_state.chat_key("delete", owner, flow_id, session_id)
    with st.popover("Delete", icon=":material/delete:", type="tertiary", key=f"{key}-panel"):
        st.markdown(
            "Delete this session? Its messages are deleted on the server, and its runs in this "
            "console. This can't be undone."
        )
        st.button(
            "Delete session",
            key=key,
            type="primary",
            on_click=chat_state.set_change,
            args=(SessionChange("delete", flow_id, session_id),),
        )
