"""Flows, variables, files and keys of a server, as operations without I/O."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, BinaryIO

from lfclient.api.http import Response
from lfclient.api.operations.base import Steps
from lfclient.api.operations.uploads import FILES, Uploads
from lfclient.api.requests import RequestSpec, get_request, id_segment, is_uuid
from lfclient.common.formatting import format_size
from lfclient.errors import BadAnswer, FlowNotFound, InvalidKey, LangflowError, Unsupported
from lfclient.flows.model import Flow, FlowSummary
from lfclient.outputs.model import FileRef
from lfclient.wire.schemas import CustomComponentResponse, FileItem, FlowItem, parse

_FLOWS = "/api/v1/flows/"


class Account(Uploads):
    """What belongs to the key's user."""

    def flows(self) -> Steps[list[FlowSummary]]:
        """All flows but the starter projects, by name."""
        # without the graphs this is 25 kB instead of 5 MB
        spec = get_request(_FLOWS, get_all="true", header_flows="true", remove_example_flows="true")
        body = yield from self.get(spec, "list of flows")
        lines = parse(list[FlowItem], body, "list of flows")
        found = [_summary(line) for line in lines if not line.is_component]
        return sorted(found, key=lambda flow: flow.name.casefold())

    def flow(self, name: str) -> Steps[Flow]:
        """A flow by its id, endpoint name or, if only one has it, name."""
        if not is_uuid(name):
            flows = yield from self.flows()
            ids = [one.id for one in flows if one.endpoint_name == name]
            ids = ids or [one.id for one in flows if one.name == name]
            if len(ids) != 1:
                several = f"{len(ids)} flows are" if ids else "no flow is"
                raise FlowNotFound(f"On this server {several} called “{name}”.")
            name = ids[0]
        body = yield from self.get(get_request(_flow_path(name)), "flow", subject=name)
        return self.memory.keep_flow(Flow.from_json(body))

    def create_flow(
        self, name: str, data: dict[str, Any], description: str, endpoint_name: str | None
    ) -> Steps[FlowSummary]:
        """A new flow of the key's user."""
        body = {"name": name, "data": data, "description": description}
        if endpoint_name:
            body["endpoint_name"] = endpoint_name
        answer = yield from self.get(RequestSpec("POST", _FLOWS, json=body), "new flow")
        return _summary(parse(FlowItem, answer, "new flow"))

    def delete_flow(self, flow_id: str) -> Steps[None]:
        """Delete a flow; deleting what is gone raises FlowNotFound."""
        answer = yield from self.send(RequestSpec("DELETE", _flow_path(flow_id)))
        if not 200 <= answer.status < 300:
            raise self.fault(answer, subject=flow_id)

    def variables(self) -> Steps[list[str]]:
        """The names of the server's variables; their values stay there."""
        body = yield from self.get(get_request("/api/v1/variables/"), "list of variables")
        lines = parse(list[dict[str, Any]], body, "list of variables")
        return sorted(line["name"] for line in lines if isinstance(line.get("name"), str))

    def catalogue(self, own: Mapping[str, str]) -> Steps[dict[str, Any]]:
        """All components of the server, by category and type; about 2 MB.

        `own` has the code of further ones by their type, which come in a category of their own.
        """
        body = yield from self.get(get_request("/api/v1/all"), "catalogue of components")
        catalogue = parse(dict[str, Any], body, "catalogue of components")
        built = {}
        for type_, code in own.items():
            component = yield from self._built(code)
            if component is not None:
                built[type_] = component
        return {**catalogue, "own code": built} if built else catalogue

    def _built(self, code: str) -> Steps[dict[str, Any] | None]:
        """The component that the server makes of its code, changing nothing there."""
        spec = RequestSpec("POST", "/api/v1/custom_component", json={"code": code}, repeat=True)
        answer = yield from self.send(spec)
        if answer.status in (400, 403):
            return None  # the code does not fit this release, or its admin allows no such code
        if answer.status != 200:
            raise self.fault(answer)
        body = answer.json(self.redactor, "built component")
        return parse(CustomComponentResponse, body, "built component").data

    def files(self) -> Steps[list[FileItem]]:
        """The files of the key's user, the newest last."""
        body = yield from self.get(get_request(FILES), "list of files")
        lines = parse(list[FileItem], body, "list of files")
        return sorted(lines, key=lambda line: line.created_at or "")

    def own_files(self) -> Steps[list[FileRef]]:
        """The same as a person looks for them: the newest first, under the names they have."""
        lines = yield from self.files()
        return [
            FileRef(line.path.rpartition("/")[2] or line.name, line.id, line.path, line.size)
            for line in reversed(lines)
        ]

    def download(self, ref: FileRef, most: int | None = None) -> Steps[bytes]:
        """A file's bytes; raises LangflowError if they are more than `most`."""
        answer = yield from self._file(ref, most)
        if most is not None and len(answer.content) > most:
            raise _too_large(ref, most)
        return answer.content

    def save(self, ref: FileRef, target: BinaryIO, most: int | None = None) -> Steps[int]:
        """The same into a file, from its beginning on; how many they are."""
        yield from self._file(ref, most, target)
        size = target.seek(0, os.SEEK_END)
        if most is not None and size > most:
            raise _too_large(ref, most)
        return size

    def _file(
        self, ref: FileRef, most: int | None, into: BinaryIO | None = None
    ) -> Steps[Response]:
        unsaid = Unsupported(
            f"The server has not said where “{ref.name}” is.",
            hint="Look for it under Files in Langflow.",
        )
        spec = replace(
            get_request(f"{FILES}/{id_segment(ref.id or '', unsaid)}"), most=most, into=into
        )
        answer = yield from self.send(spec)
        if answer.status == 404:
            raise LangflowError(
                f"“{ref.name}” is no longer on the server.",
                hint="Run the flow again to have it made again.",
                status=404,
            )
        if answer.status != 200:
            raise self.fault(answer)
        return answer

    def auto_login(self) -> Steps[str | None]:
        """A token, if the server logs everybody in; None if it asks for a password."""
        answer = yield from self.send(get_request("/api/v1/auto_login"))
        if answer.status in (400, 401, 403):
            return None
        if answer.status != 200:
            raise self.fault(answer)
        return self._token(answer)

    def login(self, user: str, password: str) -> Steps[str]:
        """A token for a user's password; the server takes 5 tries a minute."""
        self.redactor.add(password)
        form = {"username": user, "password": password}
        answer = yield from self.send(RequestSpec("POST", "/api/v1/login", form=form))
        if answer.status in (400, 401, 403):
            raise InvalidKey(
                "The server does not accept that user and password.",
                hint="Check both, then try again.",
                status=answer.status,
            )
        if answer.status != 200:
            raise self.fault(answer)
        return self._token(answer)

    def create_key(self, name: str, token: str) -> Steps[str]:
        """A new API key; the server shows it this once."""
        self.redactor.add(token)
        headers = {"authorization": f"Bearer {token}"}
        spec = RequestSpec("POST", "/api/v1/api_key/", json={"name": name}, headers=headers)
        body = yield from self.get(spec, "new API key")
        key = body.get("api_key") if isinstance(body, dict) else None
        if not isinstance(key, str):
            raise BadAnswer("The server's answer holds no API key.")
        self.redactor.add(key)
        return key

    def _token(self, answer: Response) -> str:
        body = answer.json(self.redactor, "answer to the login")
        token = body.get("access_token") if isinstance(body, dict) else None
        if not isinstance(token, str):
            raise BadAnswer("The server's answer to the login holds no token.")
        self.redactor.add(token)
        return token


def find_file(
    files: list[FileItem], wanted: FileRef, before: frozenset[str] | None
) -> FileRef | None:
    """The listed file that a run wrote: new since `before` if somebody looked, of that name.

    A second `out.txt` is listed as `out (1)`; the newest of the name is taken.
    """
    stem, _, extension = wanted.name.rpartition(".")
    stem = stem or extension
    pattern = re.compile(rf"{re.escape(stem)}(?: \(\d+\))?(?:\.{re.escape(extension)})?")
    fitting = [
        line
        for line in files
        if (before is None or line.id not in before) and pattern.fullmatch(line.name)
    ]
    if not fitting:
        return None
    line = fitting[-1]
    return FileRef(wanted.name, line.id, line.path, line.size, wanted.media_type)


def _summary(line: FlowItem) -> FlowSummary:
    return FlowSummary(line.id, line.name, line.description or "", line.endpoint_name)


def _too_large(ref: FileRef, most: int) -> LangflowError:
    return LangflowError(f"“{ref.name}” is too large: more than {format_size(most)}.")


def _flow_path(flow_id: str) -> str:
    return _FLOWS + id_segment(flow_id, FlowNotFound(f"“{flow_id}” is not the id of a flow."))
