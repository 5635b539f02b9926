"""The display of a wait for a server, which reruns the page after the response."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lfclient.errors import InvalidKey, LangflowError
from lfclient.flows.model import Flow
from pages._ui.app import navigation
from pages._ui.connection import flow_resources
from pages._ui.connection.request_cache import StillLoading, may_serve_stale
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import notices
from pages._ui.widgets import alerts
from pages._ui.widgets.markdown import escape

FLOWS_WAIT_SECONDS = 10.0  # how long to wait for the list of flows after flows were added
POLL_SECONDS = 0.5
_WAIT_SECONDS = 0.4  # of each poll, so that a response is shown as soon as it arrives
RETRY_SECONDS = 5.0  # pause between attempts at first; also the interval of the timer
_MAX_RETRY_SECONDS = 30.0


def show(
    server: ServerSession,
    error: LangflowError,
    request: Callable[[], object],
    *,
    retry: str,
    warning: bool = False,
    has_key_field: bool = False,
) -> None:
    """Draw why a response is missing: a wait, or an error with a button that has the key `retry`.

    `request` is as for `retry_automatically`. If a local Langflow is stopped, or if the key is
    refused and the page has no key field, draw a link to the Connection page. A `warning` is for
    a page that shows its main part despite the error.
    """
    if isinstance(error, StillLoading):
        place = _over_page(retry) if warning else st.container()
        with place:
            draw_wait(server, "to respond", partial(_seconds_waiting, server, (error.name,)))
        return
    alerts.show_message(alerts.title(error), error.message, error.hint, warning=warning)
    connection = navigation.page("connection")
    if server.is_stopped:
        st.page_link(connection, label="Open Connection", icon=":material/dns:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Try again", key=retry, icon=":material/refresh:", on_click=server.refresh)
        if isinstance(error, InvalidKey) and not has_key_field:
            st.page_link(connection, label="Open Connection", icon=":material/key:")
    retry_automatically(error, request)


@dataclass
class _Retry:
    """The time of a request's next retry: after a tenth of the time since the error was drawn.

    The pause is at least `RETRY_SECONDS` and at most `_MAX_RETRY_SECONDS`.
    """

    since: float = field(default_factory=time.monotonic)
    previous: float = field(default_factory=time.monotonic)

    def is_due(self) -> bool:
        """Return whether the next attempt is due at this tick rather than at the next tick."""
        now = time.monotonic()
        pause = min(max((now - self.since) / 10, RETRY_SECONDS), _MAX_RETRY_SECONDS)
        return now - self.previous >= pause - RETRY_SECONDS / 2


def retry_automatically(error: LangflowError, request: Callable[[], object]) -> None:
    """Rerun the page once `request` succeeds or fails differently, if the error may be temporary.

    `request` is the failed request. It raises `LangflowError` as long as it fails, even if the page
    shows a previous response.
    """
    if may_serve_stale(error):
        _retry(alerts.title(error), request, _Retry())  # kept while the page is open


@st.fragment(run_every=RETRY_SECONDS)
def _retry(shown: str, request: Callable[[], object], retry: _Retry) -> None:
    st.caption("Retrying automatically.")
    if not retry.is_due():
        return
    try:
        request()
    except StillLoading:
        return  # the next tick has its response
    except LangflowError as error:
        if alerts.title(error) == shown:
            retry.previous = time.monotonic()
            return
    notices.rerun()


def show_refreshing_flow(server: ServerSession, flow: Flow) -> None:
    """Show a note while a slow server refreshes the data of a flow's form."""
    names = ("server.info", "flows", f"flow {flow.id}", "variables")
    resources = " ".join(flow_resources.request(flow))
    show_refreshing(server, *names, resources, flow_resources.CATALOGUE[0])


def show_refreshing(server: ServerSession, *names: str) -> None:
    """Show a note while a slow server responds to these requests, then rerun the page.

    The page shows the previous responses until then.
    """
    if server.seconds_waiting(*names) is not None:
        text = "to respond. The data shown may be outdated"
        with _over_page("-".join(names)):
            draw_wait(server, text, partial(_seconds_waiting, server, names))


def _over_page(key: str) -> DeltaGenerator:
    """Return a container at the window's end, which moves no other part of the page."""
    return st.container(key=f"awaited-{key}")


def _seconds_waiting(
    server: ServerSession, names: tuple[str, ...], max_wait: float
) -> float | None:
    return server.seconds_waiting(*names, max_wait=max_wait)


@st.fragment(run_every=POLL_SECONDS)
def draw_wait(
    server: ServerSession, what: str, seconds_waiting: Callable[[float], float | None]
) -> None:
    """Draw the wait for a server, and rerun the page at its end.

    `seconds_waiting` waits at most the given seconds. It returns how long the page has been
    waiting, or None at the end.
    """
    seconds = seconds_waiting(_WAIT_SECONDS)
    if seconds is None:
        notices.rerun()
    text = f"Waiting for {escape(server.connection.name)} {what}."
    st.markdown(f":material/hourglass_top: {text} :gray[{seconds:.0f} s]")
