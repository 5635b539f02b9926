"""Errors in words for an audience: nothing of servers, ids or settings."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from lfclient.console.config.settings import SettingsError
from lfclient.console.store.errors import StoreError
from lfclient.errors import FlowNotFound, InvalidRequest, LangflowError
from pages._ui.connection import server_session
from pages._ui.connection.request_cache import StillLoading
from pages._ui.state.notices import NOTICE
from pages._ui.widgets import alerts

_GONE = "This flow is no longer here"
_GONE_HINT = "Ask the person who sent you this link for a new one."
_LATER = "Try again in a moment. If that doesn't help, tell the person who sent you this link."
POLL_SECONDS = 0.5


class NothingPresented(LangflowError):
    """The console has no server whose flows it could present."""


@contextmanager
def show_errors() -> Iterator[None]:
    """Draw an error of the block in its place."""
    try:
        yield
    except StillLoading as error:
        _draw_wait(error.name)
    except LangflowError as error:
        show(error)


def show(error: LangflowError) -> None:
    """Draw why the flow can't be shown."""
    with st.container(key="present-problem"):
        if isinstance(error, FlowNotFound):
            st.title("Nothing to show", anchor=False)
            alerts.show_message(_GONE, "It was deleted or moved.", _GONE_HINT, warning=True)
        elif isinstance(error, NothingPresented):
            st.title("Nothing to show", anchor=False)
            alerts.show_message("Nothing is presented here yet", "", _LATER, warning=True)
        elif isinstance(error, (StoreError, SettingsError)):
            alerts.show_message("This page can't be loaded right now", "", _LATER, warning=True)
        elif isinstance(error, InvalidRequest):
            alerts.show(error)
        else:
            alerts.show_message("The flow can't be reached right now", "", _LATER, warning=True)
            st.button("Try again", key="present-retry", on_click=_retry)


def draw_notice() -> None:
    """Draw what a press of Run left."""
    notice = NOTICE.take()
    if isinstance(notice, InvalidRequest):
        alerts.show(notice)
    elif isinstance(notice, LangflowError):
        show(notice)


def _retry() -> None:
    server = server_session.current()
    if server:
        server.refresh()


@st.fragment(run_every=POLL_SECONDS)
def _draw_wait(name: str) -> None:
    """Redraw the page once the server has responded."""
    server = server_session.current()
    if server is None or server.seconds_waiting(name, max_wait=POLL_SECONDS - 0.1) is None:
        st.rerun()
    st.caption(":material/hourglass_top: Loading")
