"""Chat sessions and their messages on the server.

Langflow's endpoints for a whole session affect all flows of the API key's user, and on 1.8 those of
every user. They are used only if that affects no other messages; otherwise messages are changed one
by one.
"""

import json
from dataclasses import replace
from urllib.parse import quote

from lfclient.api.error_mapping import error_from_response
from lfclient.api.operations.base import ApiContext, AsyncResource, Resource, awaitable
from lfclient.api.operations.flows import get_flow_id
from lfclient.api.operations.server import get_server_without_limits
from lfclient.api.requests import RequestSpec, id_segment, list_request, run_data_request
from lfclient.api.steps import Steps, fetch, send
from lfclient.common.coerce import as_list
from lfclient.common.json_types import Json
from lfclient.errors import BadResponse, InvalidRequest, SessionNotFound
from lfclient.flows.model import Flow
from lfclient.runs.components import Message
from lfclient.runs.event_parser import read_message
from lfclient.runs.evidence import error_from_message
from lfclient.wire.bodies import RUN
from lfclient.wire.schemas import MessageItem

_MESSAGES = "/api/v1/monitor/messages"
_PAGE_SIZE = 200  # the maximum from 1.12 on
_DELETE_BATCH = 500  # messages deleted by one request


class Sessions(Resource):
    """`client.sessions`: the sessions of flows and their messages."""

    def messages(
        self, flow: Flow | str, session_id: str | None = None, limit: int | None = None
    ) -> list[Message]:
        """Return the latest `limit` messages of a session, or of a whole flow; oldest first."""
        return self._drive(_list_messages(self._context, flow, session_id, limit))

    def rename(self, old: str, new: str, flow: Flow | str | None = None) -> None:
        """Give a session another id, in one flow or in all flows of the API key's user.

        Merges it with a session that has this id already. Raises `SessionNotFound`.
        """
        return self._drive(_rename_session(self._context, old, new, flow))

    def delete(self, session_id: str, flow: Flow | str | None = None) -> None:
        """Delete a session's messages, in one flow or in all flows of the API key's user."""
        return self._drive(_delete_session(self._context, session_id, flow))

    def list(self, flow: Flow | str) -> list[str]:  # last: it hides the type
        """Return the ids of a flow's sessions, latest first from 1.12 on.

        Empty if there is no such flow. 1.12 returns only the latest 200.
        """
        return self._drive(_list_sessions(self._context, flow))


class AsyncSessions(AsyncResource):
    """The async counterpart of `Sessions`."""

    messages = awaitable(Sessions.messages)
    rename = awaitable(Sessions.rename)
    delete = awaitable(Sessions.delete)
    list = awaitable(Sessions.list)


def _list_sessions(context: ApiContext, flow: Flow | str) -> Steps[list[str]]:
    flow_id = yield from get_flow_id(context, flow)
    session_ids: dict[str, None] = {}
    while True:
        page = {"limit": str(_PAGE_SIZE), "offset": str(len(session_ids))}
        spec = list_request(f"{_MESSAGES}/sessions", flow_id=flow_id, **page)
        ids = yield from fetch(spec, list[str], "list of sessions")
        new = [session_id for session_id in ids if session_id not in session_ids]
        session_ids.update(dict.fromkeys(new))
        # before 1.13 every page is the first one
        if len(ids) != _PAGE_SIZE or not new:
            return list(session_ids)


def _list_messages(
    context: ApiContext, flow: Flow | str, session_id: str | None, limit: int | None
) -> Steps[list[Message]]:
    flow_id = yield from get_flow_id(context, flow)
    items = yield from fetch_messages(context, flow_id, session_id, limit)
    return [read_stored_message(item) for item in items]


def _rename_session(
    context: ApiContext, old: str, new: str, flow: Flow | str | None
) -> Steps[None]:
    new = new.strip()
    if not new:
        raise InvalidRequest("A session needs a name.", hint="Enter a name.")
    items, is_whole_session = yield from _select_messages(context, old, flow)
    renamed = 0
    if is_whole_session:
        spec = RequestSpec("PATCH", _session_path(old), {"new_session_id": new})
        renamed += yield from _change(spec)
    else:
        missing_id = BadResponse("The list of messages contains one without an id.")
        for item in items:
            path = f"{_MESSAGES}/{id_segment(item.id, missing_id)}"
            spec = RequestSpec("PUT", path, json={"session_id": new}, idempotent=True)
            renamed += yield from _change(spec)
    if not renamed:
        raise SessionNotFound(f"The server has no messages of the session “{old}”.")


def _delete_session(context: ApiContext, session_id: str, flow: Flow | str | None) -> Steps[None]:
    items, is_whole_session = yield from _select_messages(context, session_id, flow)
    if is_whole_session:
        yield from _change(RequestSpec("DELETE", _session_path(session_id), idempotent=True))
        return
    for start in range(0, len(items), _DELETE_BATCH):
        ids = [item.id for item in items[start : start + _DELETE_BATCH]]
        yield from _change(RequestSpec("DELETE", _MESSAGES, json=ids, idempotent=True))


def fetch_messages(
    context: ApiContext, flow_id: str | None, session_id: str | None, limit: int | None
) -> Steps[list[MessageItem]]:
    """Return the latest messages of the API key's user, oldest first; all without a limit."""
    server = yield from get_server_without_limits(context)
    params = {"order_by": "timestamp"}
    if flow_id:
        params["flow_id"] = flow_id
    if session_id is not None:
        params["session_id"] = session_id.replace("%", "%25")  # servers decode it twice
    if not server.capabilities.message_pages:
        items = yield from list_message_items(**params)
        return items if limit is None else items[max(len(items) - limit, 0) :]
    by_id: dict[str, MessageItem] = {}
    while limit is None or len(by_id) < limit:
        size = _PAGE_SIZE if limit is None else min(limit - len(by_id), _PAGE_SIZE)
        window = {"order": "DESC", "limit": str(size), "offset": str(len(by_id))}
        items = yield from list_message_items(**params, **window)
        # a message added in the meantime shifts the pages, so that some items repeat
        new = {item.id: item for item in items if item.id not in by_id}
        by_id |= new
        if len(items) < size or not new:
            break
    return list(by_id.values())[::-1]


def list_message_items(**params: str) -> Steps[list[MessageItem]]:
    """Return the messages that one request with these parameters lists."""
    spec = run_data_request(_MESSAGES, **params)
    return (yield from fetch(spec, list[MessageItem], "list of messages"))


def _session_path(session_id: str) -> str:
    return f"{_MESSAGES}/session/{quote(session_id, safe='')}"


def _change(spec: RequestSpec) -> Steps[bool]:
    """Send a change; return False if its target no longer exists."""
    # the response repeats the changed messages
    response = yield from send(replace(spec, limit=RUN))
    if response.status == 404:
        return False
    if not response.is_success:
        raise error_from_response(response)
    return True


def _select_messages(
    context: ApiContext, session_id: str, flow: Flow | str | None
) -> Steps[tuple[list[MessageItem], bool]]:
    """Return the messages to change, and whether the endpoint for a session changes only these."""
    server = yield from get_server_without_limits(context)
    flow_id = (yield from get_flow_id(context, flow)) if flow else None
    items = yield from fetch_messages(context, None, session_id, None)
    selected = [item for item in items if flow_id in (None, item.flow_id)]
    # the id is a segment of that endpoint's path, and these would change the path
    is_segment = "/" not in session_id and session_id not in (".", "..")
    is_whole_session = 0 < len(selected) == len(items)
    return selected, server.capabilities.own_sessions and is_segment and is_whole_session


def read_stored_message(item: MessageItem) -> Message:
    """Return a stored message; the text of a failure is its reason."""
    data = item.model_dump()
    message = read_message({**data, "files": _file_paths(item.files)})
    if message.category == "error":
        message = replace(message, text=error_from_message(data).message)
    return message


def _file_paths(files: Json) -> list[str]:
    """Return paths on the server, which sends them as a list or as JSON in a string."""
    if isinstance(files, str):
        try:
            files = json.loads(files)
        except ValueError:
            files = [files] if files else []
    paths = (file.get("path") if isinstance(file, dict) else file for file in as_list(files))
    return [path for path in paths if isinstance(path, str) and path]
