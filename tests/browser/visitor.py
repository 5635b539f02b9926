"""A client without a browser that speaks Streamlit's protocol.

It makes runs for tests faster than a browser. For attacks, it sends what no browser sends: other
origins and cookies, and widgets that are not drawn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect

from tests.support.console_process import Console
from tests.support.waiting import wait_for

_SECONDS = 60.0


def new_cookie(console: Console) -> str:
    """Return the cookie that the console gives to a new browser, as `name=value`."""
    response = httpx.get(f"{console.url}/_stcore/health", trust_env=False, timeout=_SECONDS)
    ((name, value),) = [item for item in response.cookies.items() if "console" in item[0]]
    return f"{name}={value}"


def _key_of(id: str) -> str:
    """Return the key of a widget, which follows a hash in its id.

    Without the number of a form's field, which grows each time that a page is drawn anew.
    """
    return re.sub(r"^field-\d+-", "field-", id.split("-", 2)[-1])


class Visitor:
    """A session, as a context manager. `seen` has all messages that it received."""

    def __init__(
        self,
        console: Console,
        cookie: str = "",
        headers: Mapping[str, str] | None = None,
        session_id: str = "",
    ) -> None:
        self.seen = b""
        self.session_id = ""
        self._elements: dict[str, Any] = {}  # those of the last page, by the widget's id
        self._widgets: dict[str, WidgetState] = {}
        self._page = ""
        # the third is the session that a browser resumes
        protocols = ["streamlit", *(["-", session_id] if session_id else [])]
        self._connection = connect(
            f"{console.url.replace('http', 'ws', 1)}/_stcore/stream",
            subprotocols=protocols,
            additional_headers={**({"cookie": cookie} if cookie else {}), **(headers or {})},
            proxy=None,
            max_size=None,
            max_queue=None,  # else unread messages would hold up the end
            open_timeout=_SECONDS,
        )

    def __enter__(self) -> Visitor:
        self._socket = self._connection.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._connection.__exit__(*error)

    def open(self, page: str = "", **query: str) -> str:
        """Open a page of the console; return the text of all messages until it is drawn."""
        self.ask(page, **query)
        return self.read()

    def ask(self, page: str = "", **query: str) -> None:
        """Ask for a page, which `read` then returns."""
        self._widgets.clear()
        self._page = ""
        self._ask(page, urlencode(query))

    def read(self) -> str:
        """Return the text of all messages until the page is drawn, without Markdown's escapes."""
        began = len(self.seen)
        while not self._read():
            pass
        return self.seen[began:].decode("utf-8", "replace").replace("\\", "")

    def type(self, key: str, text: str) -> None:
        """Type into the field whose key begins so; sent with the next press."""
        self.type_id(self.widget_id(key), text)

    def type_id(self, id: str, text: str) -> None:
        """Type into a field that need not be drawn."""
        self._widgets[id] = WidgetState(id=id, string_value=text)

    def press(self, key: str) -> str:
        """Press the button whose key begins so; return what is then drawn."""
        return self.press_id(self.widget_id(key))

    def press_id(self, id: str) -> str:
        """Press a button that need not be drawn."""
        self._widgets[id] = WidgetState(id=id, trigger_value=True)
        try:
            return self._rerun()
        finally:
            del self._widgets[id]

    def unfold(self, key: str) -> str:
        """Open the menu whose key begins so; return what is then drawn."""
        menu = self.widget_id(key)
        self._widgets[menu] = WidgetState(id=menu, bool_value=True)
        return self._rerun()

    def send(self, message: BackMsg | bytes) -> None:
        """Send any message."""
        self._socket.send(message if isinstance(message, bytes) else message.SerializeToString())

    def is_offered(self, key: str) -> bool:
        """Return whether the page has an enabled widget whose key begins so."""
        return any(not getattr(self._elements[id], "disabled", False) for id in self._ids(key))

    def widget_id(self, key: str) -> str:
        """Return the id of the widget with this key, else of the first whose key begins so."""
        ids = self._ids(key)
        return next((id for id in ids if _key_of(id) == key), ids[0])

    def _ids(self, key: str) -> list[str]:
        return [id for id in self._elements if _key_of(id).startswith(key)]

    def _rerun(self) -> str:
        self._ask("", "")
        return self.read()

    def _ask(self, page: str, query: str) -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name, state.page_script_hash = query, page, self._page
        state.widget_states.widgets.extend(self._widgets.values())
        state.context_info.timezone, state.context_info.locale = "UTC", "en"
        self._elements.clear()
        self.send(message)

    def _read(self) -> bool:
        """Read a message; return whether it says that the page is drawn."""
        data = self._socket.recv(_SECONDS)
        assert isinstance(data, bytes)
        self.seen += data
        message = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._page = message.new_session.page_script_hash
            self.session_id = message.new_session.initialize.session_id or self.session_id
        elif kind == "delta":
            self._note(message.delta)
        has_ended = kind == "script_finished" and not message.metadata.run.fragment_ids
        return has_ended and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def _note(self, delta: Any) -> None:
        part = getattr(delta, delta.WhichOneof("type") or "new_element")
        inner = part.WhichOneof("type") if hasattr(part, "WhichOneof") else None
        element = getattr(part, inner) if inner else None
        if getattr(element, "id", ""):
            self._elements[element.id] = element


def start_run(visitor: Visitor, flow: str, text: str = "", **query: str) -> str:
    """Run a flow, with a text in its first field; return the id of the run."""
    needed = "field-" if text else "run"  # a busy server: the page is first drawn without its form
    wait_for(lambda: visitor.open(flow=flow, **query) and visitor.is_offered(needed))
    if "values" in query:
        visitor.press("offer-fill")
    if text:
        visitor.type("field-", text)
    return re.search(r"run=([0-9a-f]{32})", visitor.press("run"))[1]  # type: ignore[index]


def wait_for_end(visitor: Visitor, run: str) -> None:
    """Wait until a run has ended."""
    wait_for(lambda: "stop-button" not in visitor.open(run=run))


def session_of(visitor: Visitor, run: str) -> str:
    """Return the session of a run, which its page links to."""
    link = re.compile(r"session=([\w-]+)")
    # a busy server: the page is first drawn without it
    wait_for(lambda: link.search(visitor.open(run=run)), seconds=180)
    return link.search(visitor.open(run=run))[1]  # type: ignore[index]


def run_to_end(console: Console, flow: str, text: str = "") -> str:
    """Run a flow in a session of its own; return the address of the ended run."""
    with Visitor(console) as visitor:
        run = start_run(visitor, flow, text)
        wait_for_end(visitor, run)
    return f"{console.url}/?run={run}"
