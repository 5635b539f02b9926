"""Sending files to a server, as operations without I/O."""

from __future__ import annotations

import io
import mimetypes
import os
from collections.abc import Callable
from typing import BinaryIO

from lfclient.api.operations.base import Base, Steps
from lfclient.api.requests import FilePart, RequestSpec, id_segment
from lfclient.common.filenames import safe_name, upload_size_error
from lfclient.errors import FileRefused, FlowNotFound, InvalidRequest, LangflowError, Unreachable
from lfclient.outputs.model import FileRef
from lfclient.wire.schemas import FlowUploadResponse, UploadResponse, parse

FILES = "/api/v2/files"
OnProgress = Callable[[int], object]

_TO_STORE = 300.0  # seconds that a server may take to put a file of its limit where it keeps it
_RAISE = "Choose a smaller one, or have LANGFLOW_MAX_FILE_SIZE_UPLOAD raised on the server."


class Uploads(Base):
    """Operations that send files."""

    def upload(
        self,
        name: str,
        content: bytes | BinaryIO,
        flow_id: str | None,
        on_progress: OnProgress | None,
    ) -> Steps[FileRef]:
        """Send a file: among the files of the key's user, or beside a flow. Never sent twice once
        a byte of it was written.
        """
        stream = io.BytesIO(content) if isinstance(content, bytes) else content
        size = stream.seek(0, os.SEEK_END)
        server = yield from self.full_limits()
        refusal = upload_size_error(name, size, server.limits.max_upload_mb)
        if refusal:
            raise FileRefused(refusal, hint=_RAISE)
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        part = FilePart(safe_name(name), stream, media_type, on_progress)
        path = FILES
        if flow_id:
            unknown = FlowNotFound(f"“{flow_id}” is not the id of a flow.")
            path = f"/api/v1/files/upload/{id_segment(flow_id, unknown)}"
        try:
            answer = yield from self.send(
                RequestSpec("POST", path, file=part, fresh=True, seconds=_TO_STORE)
            )
        except Unreachable as error:
            raise _broken(error) from error
        if not 200 <= answer.status < 300:
            raise _refused(name, self.fault(answer, subject=flow_id or ""))
        body = answer.json(self.redactor, "answer to the upload")
        if flow_id:
            kept = parse(FlowUploadResponse, body, "answer to the upload")
            return FileRef(name, None, kept.file_path, size, media_type)
        line = parse(UploadResponse, body, "answer to the upload")
        return FileRef(name, line.id, line.path, size, media_type)


def _refused(name: str, error: LangflowError) -> LangflowError:
    if not isinstance(error, InvalidRequest):
        return error
    return FileRefused(
        f"“{name}” was refused. {error.message}",
        hint=_RAISE if error.status == 413 else None,
        status=error.status,
        code=error.code,
        body=error.body,
    )


def _broken(error: Unreachable) -> Unreachable:
    """A server or a proxy that thinks a file too large may just hang up."""
    if not error.sent:
        return error
    return Unreachable(
        error.message,
        hint="Try again. If it breaks again at the same place, a proxy before the server may take "
        "only smaller files.",
    )
