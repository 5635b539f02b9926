"""Files on the server."""

import io
import mimetypes
import os
import re
from collections.abc import Callable
from typing import IO, BinaryIO

from lfclient.api.error_mapping import error_from_response
from lfclient.api.http import Response
from lfclient.api.operations.base import ApiContext, AsyncResource, Resource, awaitable
from lfclient.api.operations.server import get_server_or_default_limits
from lfclient.api.requests import FilePart, RequestSpec, id_segment, list_request
from lfclient.api.steps import ReadChunk, Steps, fetch, or_default, retry, send
from lfclient.common.filenames import safe_name, upload_size_error
from lfclient.common.formatting import format_size
from lfclient.errors import (
    FileRefused,
    FlowNotFound,
    InvalidRequest,
    LangflowError,
    Unreachable,
    Unsupported,
)
from lfclient.outputs.model import FileRef
from lfclient.wire.schemas import FileItem, FlowUploadResponse, UploadResponse, parse

OnProgress = Callable[[int], object]

_FILES = "/api/v2/files"
_STORE_SECONDS = 300.0  # how long a server may take to store a file of its maximum size
# An upload of the same name was committed after this one had looked for a free name. Nothing is
# stored then.
_NAME_TAKEN = b"Error inserting file metadata into database"
_NUMBER_OF_COPY = re.compile(r"(?: \(\d{1,9}\))?")
_SIZE_HINT = "Choose a smaller file, or raise LANGFLOW_MAX_FILE_SIZE_UPLOAD on the server."


class Files(Resource):
    """`client.files`: the files of the API key's user."""

    def upload(
        self,
        name: str,
        content: bytes | BinaryIO,
        *,
        flow_id: str | None = None,
        on_progress: OnProgress | None = None,
    ) -> FileRef:
        """Upload a file; the result's `path` is the value of a parameter that takes files.

        The file goes to the user's files or, with `flow_id`, next to that flow, as chat images do.
        `content` is read from its beginning during the upload, and never sent twice. `on_progress`
        is called with the bytes sent so far; an exception from it aborts the upload. Raises
        `FileRefused`.
        """
        return self._drive(_upload(self._context, name, content, flow_id, on_progress))

    def download(self, ref: FileRef, max_bytes: int | None = None) -> bytes:
        """Return the bytes of a file that a run wrote.

        Raises `LangflowError` if there are more than `max_bytes`, without reading the rest.
        """
        return self._drive(_download(ref, max_bytes))

    def save(self, ref: FileRef, target: IO[bytes], max_bytes: int | None = None) -> int:
        """Download a file into `target` in chunks and return its size in bytes.

        `target` is emptied first, and holds a part of the file if this fails. Raises
        `LangflowError` if there are more than `max_bytes`, without reading the rest.
        """
        return self._drive(_save(ref, target, max_bytes))

    def list(self) -> list[FileRef]:  # last: it hides the type
        """Return the files of the API key's user, newest first, under their stored names.

        `path` is the value of a parameter that takes files.
        """
        return self._drive(_list())


class AsyncFiles(AsyncResource):
    """The async counterpart of `Files`."""

    upload = awaitable(Files.upload)
    download = awaitable(Files.download)
    save = awaitable(Files.save)
    list = awaitable(Files.list)


def _upload(
    context: ApiContext,
    name: str,
    content: bytes | BinaryIO,
    flow_id: str | None,
    on_progress: OnProgress | None,
) -> Steps[FileRef]:
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    size = stream.seek(0, os.SEEK_END)
    server = yield from get_server_or_default_limits(context)
    size_error = upload_size_error(name, size, server.limits.max_upload_mb)
    if size_error:
        raise FileRefused(size_error, hint=_SIZE_HINT)
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    part = FilePart(safe_name(name), stream, media_type, on_progress)
    path = _FILES
    if flow_id:
        invalid_id = FlowNotFound(f"“{flow_id}” is not a flow id.")
        path = f"/api/v1/files/upload/{id_segment(flow_id, invalid_id)}"
    spec = RequestSpec("POST", path, files=(part,), new_connection=True, min_timeout=_STORE_SECONDS)
    try:
        response = yield from send(spec)
        if not response.is_success and _NAME_TAKEN in response.content:
            response = yield from send(spec)
    except Unreachable as lost:
        if lost.sent and not lost.timed_out:  # a server or proxy may just hang up
            lost.hint = (
                "Try again. If it fails at the same point, a proxy in front of the server may "
                "accept only smaller files."
            )
        raise
    if not response.is_success:
        raise _refused(name, error_from_response(response, subject=flow_id or ""))
    body = response.json("upload response")
    if flow_id:
        path = parse(FlowUploadResponse, body, "upload response").file_path
        return FileRef(name, None, path, size, media_type)
    uploaded = parse(UploadResponse, body, "upload response")
    return FileRef(name, uploaded.id, uploaded.path, size, media_type)


def list_file_items() -> Steps[list[FileItem]]:
    """Return the server's entries of the files of the API key's user, newest last."""
    items = yield from fetch(list_request(_FILES), list[FileItem], "list of files")
    return sorted(items, key=lambda item: item.created_at or "")


def list_paths() -> Steps[set[str] | None]:
    """Return the paths of the files of the API key's user, None if the list fails."""
    items = yield from or_default(list_file_items(), None)
    return None if items is None else {item.path for item in items}


def _list() -> Steps[list[FileRef]]:
    items = yield from list_file_items()
    return [
        FileRef(item.path.rpartition("/")[2] or item.name, item.id, item.path, item.size)
        for item in reversed(items)
    ]


def _download(ref: FileRef, max_bytes: int | None) -> Steps[bytes]:
    target = io.BytesIO()
    yield from _save(ref, target, max_bytes)
    return target.getvalue()


def _save(ref: FileRef, target: IO[bytes], max_bytes: int | None) -> Steps[int]:
    unknown = Unsupported(
        f"The server did not report where it stored “{ref.name}”.",
        hint="Look for it in Langflow under Files.",
    )
    path = f"{_FILES}/{id_segment(ref.id or '', unknown)}"
    spec = RequestSpec("GET", path, streamed=True)

    def attempt() -> Steps[int]:
        response: Response = yield spec
        _check_download(ref, response)
        target.seek(0)
        target.truncate()  # a failed attempt may have left a part
        size = 0
        while chunk := (yield ReadChunk(response)):
            target.write(chunk)
            size += len(chunk)
            if max_bytes is not None and size > max_bytes:
                limit = format_size(max_bytes)
                raise LangflowError(f"“{ref.name}” is too large: more than {limit}.")
        return size

    return (yield from retry(attempt, idempotent=True))


def find_files(items: list[FileItem], ref: FileRef, before: frozenset[str] | None) -> list[FileRef]:
    """Return the files that a run may have written, with their ids.

    They have the name of `ref` and, if `before` is known, an id that is not in `before`. A second
    `out.txt`, of this run or of another one at the same time, is listed as `out (1)`.
    """
    stem, _, extension = ref.name.rpartition(".")
    stem = stem or extension

    def has_name(listed: str) -> bool:
        rest = listed.removeprefix(stem).removesuffix(f".{extension}")
        return listed.startswith(stem) and _NUMBER_OF_COPY.fullmatch(rest) is not None

    return [
        FileRef(ref.name, item.id, item.path, item.size, ref.media_type)
        for item in items
        if (before is None or item.id not in before) and has_name(item.name)
    ]


def _check_download(ref: FileRef, response: Response) -> None:
    if response.status == 404:
        raise LangflowError(
            f"“{ref.name}” is no longer on the server.",
            hint="Run the flow again to create it again.",
            response=response.for_error(),
        )
    if response.status != 200:
        raise error_from_response(response)


def _refused(name: str, error: LangflowError) -> LangflowError:
    if not isinstance(error, InvalidRequest):
        return error
    return FileRefused(
        f"The server refused “{name}”. {error.message}",
        hint=_SIZE_HINT if error.status_code == 413 else None,
        response=error.response,
        code=error.code,
    )
