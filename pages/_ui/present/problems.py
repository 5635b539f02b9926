"""Errors in words for an audience: nothing of servers, ids or settings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.console.config.settings import SettingsError
from lfclient.console.store.errors import StoreError
from lfclient.errors import FlowNotFound, InvalidKey, InvalidRequest, LangflowError, MissingKey
from pages._ui.connection import loading, servers
from pages._ui.connection.request_cache import StillLoading
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import notices
from pages._ui.state.present import visitor_presents
from pages._ui.widgets import alerts

_SENDER = "the person who sent you this link"
ASK_FOR_LINK = f"Ask {_SENDER} for a new one."
TELL_SENDER = f"Tell {_SENDER}."
CHECK_VALUES = "Check what you entered, then run again."
TRY_AGAIN = "Try again in a moment."
CHECK_CONNECTION = "Check the connection on the Connection page."
WAITING = "Waits for the server and goes on by itself."
NOT_SENT = "Waits for the server and starts by itself."
DECIDE_AGAIN = "The decision was not accepted. Decide again."
NOT_SHOWN = "A value that can't be entered here is missing or not valid."
NO_ACCESS = "The server refuses access to the flow."
NOT_FOLLOWED = "No access to the server."


class NothingPresented(LangflowError):
    """There is no flow that could be presented; the message is a heading without a full stop."""


class OwnKeyRefused(InvalidKey):
    """The server refuses the key that this visitor has entered."""

    default_hint = "Enter another key on the Connection page, then try again."


class OwnKeyMissing(MissingKey):
    """The server requires a key, which this visitor may enter and has not."""

    default_hint = "Enter one on the Connection page, then try again."


def own_key_error(server: ServerSession) -> InvalidKey:
    """Return the error of a server that refuses access and takes this visitor's own key."""
    if not server.connection.api_key:
        return OwnKeyMissing("Langflow requires an API key.")
    return OwnKeyRefused("Langflow rejected the key that you entered.")


@contextmanager
def show_errors(request: Callable[[], object]) -> Iterator[None]:
    """Draw an error of the page in its place.

    `request` raises the error for as long as it lasts, as for `loading.retry_automatically`.
    """
    try:
        yield
    except LangflowError as error:
        show(error, request)


@contextmanager
def show_part_errors() -> Iterator[None]:
    """Draw an error of a part of the page in its place."""
    try:
        yield
    except LangflowError:
        alerts.show_message("This can't be shown right now", "", advise(TRY_AGAIN), warning=True)


def show(
    error: LangflowError, request: Callable[[], object], server: ServerSession | None = None
) -> None:
    """Draw why the flow, or a part of its form, can't be shown. `request` is as above.

    `server` is the flow's, None if the flow was not found: it is looked for on all servers.
    """
    if isinstance(error, StillLoading):
        _draw_wait(request)
    elif isinstance(error, FlowNotFound):
        st.title("Nothing to show", anchor=False)
        heading = "This flow is no longer here"
        hint = "Present another flow from the Run page." if visitor_presents() else ASK_FOR_LINK
        alerts.show_message(heading, "It was deleted or moved.", hint, warning=True)
    elif isinstance(error, NothingPresented):
        st.title("Nothing to show", anchor=False)
        alerts.show_message(error.message, "", error.hint, warning=True)
    elif isinstance(error, (StoreError, SettingsError, InvalidRequest)):
        heading = "This page can't be loaded right now"
        alerts.show_message(heading, "", advise(TRY_AGAIN), warning=True)
    elif isinstance(error, (OwnKeyRefused, OwnKeyMissing)):
        alerts.show_message(alerts.title(error), error.message, error.hint, warning=True)
        with st.container(horizontal=True):
            _draw_retry_button(server)
            draw_connection_link()
    else:
        text, hint = "", advise(TRY_AGAIN)
        if isinstance(error, InvalidKey):
            text, hint = NO_ACCESS, CHECK_CONNECTION if visitor_presents() else TELL_SENDER
        alerts.show_message("The flow can't be reached right now", text, hint, warning=True)
        _draw_retry_button(server)
        loading.retry_automatically(error, request)


def show_field_error(error: LangflowError, request: Callable[[], object]) -> None:
    """Draw why a field's choices can't be shown. `request` is as above."""
    if isinstance(error, StillLoading):
        _draw_wait(request)
    else:
        alerts.show_message("This can't be shown right now", "", advise(TRY_AGAIN), warning=True)
        loading.retry_automatically(error, request)


def show_refusal(error: LangflowError) -> None:
    """Draw why a click had no effect."""
    if isinstance(error, InvalidRequest):
        alerts.show(error)
    else:
        alerts.show_message("That can't be done right now", "", advise(TRY_AGAIN), warning=True)


def advise(step: str) -> str:
    """Return a step to take, and for an audience whom to tell, in case it doesn't help."""
    return step if visitor_presents() else f"{step} If that doesn't help, tell {_SENDER}."


def place_for_presenter(name: str) -> DeltaGenerator:
    """Return a place for what a presenter alone needs to know: full screen hides it.

    An audience sees it at any time.
    """
    return st.container(key=f"presenter-{name}" if visitor_presents() else None)


def draw_notice() -> bool:
    """Draw the error that a click left, and return whether there was one."""
    notice = notices.take_notice()
    if not isinstance(notice, LangflowError):
        return False
    show_refusal(notice)
    return True


def draw_connection_link() -> None:
    """Draw the link to Connection, in a tab of its own: the view is the only page here."""
    st.link_button("Open Connection", "connection", icon=":material/key:")


def _draw_retry_button(server: ServerSession | None) -> None:
    st.button("Try again", key="present-retry", on_click=_retry, args=(server,))


def _retry(server: ServerSession | None) -> None:
    searched = [server] if server else map(servers.attach, servers.available_connections())
    for each in searched:
        each.refresh()


@st.fragment(run_every=loading.POLL_SECONDS)
def _draw_wait(request: Callable[[], object]) -> None:
    """Redraw the page once the server, whichever the flow is on, has responded to `request`."""
    try:
        request()
    except StillLoading:
        st.caption(":material/hourglass_top: Loading")
        return
    except LangflowError:
        pass  # the page shows it
    notices.rerun()
