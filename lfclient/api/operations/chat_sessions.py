"""Sessions and their messages, as the server keeps them. Operations without I/O.

The servers' own endpoints for a session reach into all flows of the key's user, and on 1.8 into
those of every user. So they are used only where that makes no difference; else one message after
the other is changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from lfclient.api.operations.base import Steps
from lfclient.api.operations.flows import Account
from lfclient.api.requests import RequestSpec, get_request, id_segment, is_uuid
from lfclient.errors import BadAnswer, InvalidRequest, SessionNotFound
from lfclient.flows.model import Flow
from lfclient.runs.components import Message
from lfclient.runs.event_parser import read_message
from lfclient.runs.evidence import error_from_message
from lfclient.wire.schemas import MessageItem, parse

MESSAGES = "/api/v1/monitor/messages"
_PAGE = 200  # the most that 1.12 and later give at once
_IDS = 500  # messages that are deleted by one request


class History(Account):
    """Operations on what was said."""

    def sessions(self, flow: Flow | str) -> Steps[list[str]]:
        """The ids of a flow's sessions."""
        flow_id = yield from self._flow_id(flow)
        found: dict[str, None] = {}
        while True:
            page = {"limit": str(_PAGE), "offset": str(len(found))}
            spec = get_request(f"{MESSAGES}/sessions", flow_id=flow_id, **page)
            ids = parse(list[str], (yield from self.get(spec, "list of sessions")), "sessions")
            new = [one for one in ids if one not in found]
            found.update(dict.fromkeys(new))
            # before 1.13 there is no second page: the first comes again
            if len(ids) != _PAGE or not new:
                return list(found)

    def messages(
        self, flow: Flow | str, session_id: str | None, limit: int | None
    ) -> Steps[list[Message]]:
        """The latest messages, oldest first."""
        flow_id = yield from self._flow_id(flow)
        lines = yield from self._lines(flow_id, session_id, limit)
        return [_message(line) for line in lines]

    def rename_session(self, old: str, new: str, flow: Flow | str | None) -> Steps[None]:
        """Give a session another id."""
        new = new.strip()
        if not new:
            raise InvalidRequest("A session needs a name.", hint="Enter one.")
        lines, alone = yield from self._session(old, flow)
        renamed = 0
        if alone and lines:
            path = f"{MESSAGES}/session/{quote(old, safe='')}"
            renamed += yield from self._change(RequestSpec("PATCH", path, {"new_session_id": new}))
        elif not alone:
            body = {"session_id": new}
            for line in lines:
                spec = RequestSpec("PUT", f"{MESSAGES}/{_id_of(line)}", json=body, repeat=True)
                renamed += yield from self._change(spec)
        if not renamed:
            raise SessionNotFound(f"The server has no messages of the session “{old}”.")

    def delete_session(self, session_id: str, flow: Flow | str | None) -> Steps[None]:
        """Delete a session's messages; one that is gone already is no error."""
        lines, alone = yield from self._session(session_id, flow)
        if lines and alone:
            path = f"{MESSAGES}/session/{quote(session_id, safe='')}"
            yield from self._change(RequestSpec("DELETE", path, repeat=True))
            return
        for start in range(0, len(lines), _IDS):
            ids = [line.id for line in lines[start : start + _IDS]]
            yield from self._change(RequestSpec("DELETE", MESSAGES, json=ids, repeat=True))

    def _change(self, spec: RequestSpec) -> Steps[bool]:
        """Send it; False if what it should change is gone."""
        answer = yield from self.send(spec)
        if answer.status == 404:
            return False
        if not 200 <= answer.status < 300:
            raise self.fault(answer)
        return True

    def _session(
        self, session_id: str, flow: Flow | str | None
    ) -> Steps[tuple[list[MessageItem], bool]]:
        """What is to be changed, and whether the server's endpoint for the session changes that
        and nothing else.
        """
        server = yield from self.release()
        flow_id = (yield from self._flow_id(flow)) if flow else None
        lines = yield from self._lines(None, session_id, None)
        meant = [line for line in lines if flow_id in (None, line.flow_id)]
        # the id is a part of the path there, and some would make it another path
        fit = server.capabilities.own_sessions and "/" not in session_id
        fit = fit and session_id not in (".", "..")
        return meant, fit and len(meant) == len(lines)

    def _lines(
        self, flow_id: str | None, session_id: str | None, limit: int | None
    ) -> Steps[list[MessageItem]]:
        """The latest messages of the key's user, oldest first; None is all."""
        server = yield from self.release()
        asked = {"order_by": "timestamp"}
        if flow_id:
            asked["flow_id"] = flow_id
        if session_id is not None:
            # servers decode it twice
            asked["session_id"] = session_id.replace("%", "%25")
        if not server.capabilities.message_pages:
            lines = yield from self._page(asked)
            return lines if limit is None else lines[max(len(lines) - limit, 0) :]
        found: dict[str, MessageItem] = {}
        while limit is None or len(found) < limit:
            size = _PAGE if limit is None else min(limit - len(found), _PAGE)
            window = {"order": "DESC", "limit": str(size), "offset": str(len(found))}
            lines = yield from self._page(asked | window)
            # one that came meanwhile moves the others on, so that some come twice
            new = {line.id: line for line in lines if line.id not in found}
            found |= new
            if len(lines) < size or not new:
                break
        return list(found.values())[::-1]

    def _page(self, asked: dict[str, str]) -> Steps[list[MessageItem]]:
        body = yield from self.get(get_request(MESSAGES, **asked), "list of messages")
        return parse(list[MessageItem], body, "list of messages")

    def _flow_id(self, flow: Flow | str) -> Steps[str]:
        if isinstance(flow, Flow):
            return flow.id
        return flow if is_uuid(flow) else (yield from self.flow(flow)).id


def _id_of(line: MessageItem) -> str:
    return id_segment(line.id, BadAnswer("The list of messages has one without an id."))


def _message(line: MessageItem) -> Message:
    """A stored message. What failed may have its reason elsewhere than in its text."""
    data = line.model_dump()
    message = read_message({**data, "files": _files(line.files)})
    if message.category == "error" and not message.text.strip():
        message = replace(message, text=error_from_message(data).message)
    run_id = (line.session_metadata or {}).get("graph_run_id")
    job_id = run_id if isinstance(run_id, str) else None
    return replace(message, job_id=job_id, blocks=tuple(_contents(data.get("content_blocks"))))


def _contents(blocks: Any) -> Iterator[dict[str, Any]]:
    for block in blocks if isinstance(blocks, list) else ():
        contents = block.get("contents") if isinstance(block, dict) else None
        for content in contents if isinstance(contents, list) else ():
            if isinstance(content, dict):
                yield content


def _files(value: Any) -> list[str]:
    """Paths at the server; on the wire they are JSON within a text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = [value] if value else []
    if not isinstance(value, list):
        return []
    paths = (one.get("path") if isinstance(one, dict) else one for one in value)
    return [path for path in paths if isinstance(path, str) and path]
