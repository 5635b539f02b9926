"""Langflow's editor: links to flows, and the sign-in to the local Langflow.

The local Langflow has a generated password, so the console signs the browser in. Cookies count for
all ports of a host, so the console can set the cookies of Langflow's login form. It does so once
for a link, and only in the browser whose page has the link.
"""

import asyncio
import re
import secrets
from contextlib import suppress
from typing import Literal
from urllib.parse import quote, urlencode, urlsplit

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from lfclient.console.config.connection import Connection
from lfclient.console.config.permissions import is_at_this_machine, visitor_permissions
from lfclient.console.local_langflow.process import LOOPBACK
from lfclient.errors import LangflowError
from lfclient.wire.addresses import is_loopback
from pages._ui.app.browser_cookie import NAME
from pages._ui.connection.app_context import app_context, permissions
from pages._ui.state import browser
from pages._ui.state.slot import Slot

LABEL = "Edit in Langflow"
_LOCAL_PATH = "local-editor"
_FLOW = "flow"  # the query parameter with a flow's ID
_TOKEN = "token"
_LINK_TOKEN: Slot[str] = Slot("editor-token")  # of the links on the page, until one is opened
_FLOW_ID = re.compile(r"[0-9a-f-]{36}", re.I)


def draw_link(connection: Connection, flow_id: str) -> None:
    """Draw a link that opens the flow in the server's editor, if this browser can reach it."""
    _draw_link(LABEL, _link(connection, flow_id), _help(connection))


def draw_home_link(connection: Connection) -> None:
    """Draw a link that opens Langflow without a flow, if this browser can reach it."""
    _draw_link("Open Langflow", _link(connection, ""))


def draw_local_link() -> None:
    """Draw a link to the local Langflow's editor, if this visitor may use it."""
    _draw_link("Open editor", _local_link(), type="secondary")


def _draw_link(
    label: str,
    link: str | None,
    help_text: str | None = None,
    type: Literal["secondary", "tertiary"] = "tertiary",
) -> None:
    if link:
        st.link_button(
            label,
            link,
            icon=":material/open_in_new:",
            type=type,
            width="content",
            help=help_text,
            on_click=_LINK_TOKEN.clear if link.startswith(_LOCAL_PATH) else "ignore",
        )


def _local_link(flow_id: str = "") -> str | None:
    context = app_context()
    at_console = is_at_this_machine(context.settings, st.context.headers)
    if not at_console or not permissions().install:
        return None
    token = _LINK_TOKEN.get() or ""
    with context.lock:
        if token not in context.editor_tokens:
            token = secrets.token_urlsafe(16)
            context.editor_tokens[token] = browser.browser_id()
    _LINK_TOKEN.set(token)
    flow = {_FLOW: flow_id} if flow_id else {}
    return f"{_LOCAL_PATH}?{urlencode({**flow, _TOKEN: token})}"


def _link(connection: Connection, flow_id: str) -> str | None:
    if connection.source == "local":
        return _local_link(flow_id)
    url = connection.editor_url or connection.url
    host = urlsplit(url).hostname or ""
    if is_loopback(host) and not is_at_this_machine(app_context().settings, st.context.headers):
        return None
    return f"{url}/flow/{quote(flow_id, safe='')}" if flow_id else url


def _help(connection: Connection) -> str:
    if connection.source == "local":
        return "Opens the flow in the editor of the local Langflow, signed in"
    if connection.editor_url:
        return "Opens the flow in Langflow's editor"
    return (
        f"Opens the flow at {connection.url}. If your browser reaches Langflow under another "
        "address, set `LANGFLOW_EDITOR_URL`."
    )


async def open_local_editor(request: Request) -> Response:
    """Sign the browser in to the local Langflow and redirect it to the editor."""
    return await asyncio.to_thread(_open_local_editor, request)


def _open_local_editor(request: Request) -> Response:
    context = app_context()
    at_console = is_at_this_machine(context.settings, request.headers)
    if not at_console or not visitor_permissions(context.settings, request.headers).install:
        return PlainTextResponse("Only the operator of this console can do this.", 403)
    connection = context.local.connection()
    if connection is None:
        return PlainTextResponse("The local Langflow is not running. Start it, then reload.", 409)
    token, browser_id = request.query_params.get(_TOKEN, ""), request.cookies.get(NAME)
    with context.lock:
        is_own = browser_id is not None and context.editor_tokens.get(token) == browser_id
        if is_own:
            del context.editor_tokens[token]
    # under the host name of the cookies
    host = "localhost" if request.url.hostname == "localhost" else LOOPBACK
    flow_id = request.query_params.get(_FLOW, "")
    path = f"flow/{flow_id}" if _FLOW_ID.fullmatch(flow_id) else ""
    response = RedirectResponse(f"http://{host}:{urlsplit(connection[0]).port}/{path}", 303)
    cookies = {}
    if is_own:  # an already used link redirects as well, because earlier cookies still count
        with suppress(LangflowError):  # such as too many logins in a minute
            cookies = context.local.sign_in()
    for name, value in cookies.items():
        response.set_cookie(name, value, httponly=True, samesite="lax")
    return response


def routes() -> list[Route]:
    """Return the console's own routes."""
    base = st.get_option("server.baseUrlPath").strip("/")
    return [Route(f"/{base}/{_LOCAL_PATH}".replace("//", "/"), open_local_editor)]
