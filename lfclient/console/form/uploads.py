"""Uploads of a form's files to a server, in background threads."""

import dataclasses
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

from lfclient.common.formatting import end_sentence
from lfclient.errors import LangflowError
from lfclient.flows.field import Field
from lfclient.flows.file_fields import check_upload
from lfclient.outputs.model import FileRef

SendFile = Callable[..., FileRef]  # `client.files.upload`

WAIT_SECONDS = 0.3  # how long a page waits for uploads: most finish in that time


class LocalFile(Protocol):
    """A file in memory, open for reading, with its size in bytes."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    def read(self, size: int = -1, /) -> bytes: ...
    def truncate(self, size: int | None = None, /) -> int: ...


File = TypeVar("File", bound=LocalFile)


class _UploadCancelled(Exception):
    """Raised inside an upload to end it after `cancel`."""


@dataclass(eq=False)
class Upload:
    """One upload: in progress, finished (`ref`), or failed or refused (`errors`)."""

    name: str
    size: int
    errors: tuple[str, ...] = ()
    sent_bytes: int = 0
    ref: FileRef | None = None
    ended: threading.Event = dataclasses.field(default_factory=threading.Event)
    _dropped: bool = False

    def cancel(self) -> None:
        """Stop sending the file."""
        self._dropped = True

    def send(self, content: LocalFile, send: SendFile, release: Callable[[], object]) -> None:
        """Send the file; a failure is stored in `errors`.

        `content` is emptied and `release` called once everything is sent: a server may take minutes
        to respond, and what was sent is never sent again.
        """

        def progress(sent: int) -> None:
            self._progress(sent)
            if sent >= self.size:
                content.truncate(0)
                release()

        try:
            self.ref = send(self.name, content, on_progress=progress)
        except _UploadCancelled:
            self.errors = (self._lost(),)
        except LangflowError as error:
            prefix = "" if self.name in error.message else self._lost()
            self.errors = (f"{prefix} {end_sentence(error.message)} {error.hint}".strip(),)
        finally:
            self.ended.set()

    def fail(self) -> None:
        """Mark the upload as failed without sending it."""
        self.errors = (self._lost(),)
        self.ended.set()

    def _lost(self) -> str:
        return f"“{self.name}” was not uploaded."

    def _progress(self, sent: int) -> None:
        self.sent_bytes = sent
        if self._dropped:
            raise _UploadCancelled


def start_uploads(
    field: Field,
    files: Iterable[File],
    send: SendFile,
    limit_mb: float | None,
    release: Callable[[File], object],
) -> list[Upload]:
    """Check files and send the valid ones one after the other, in a background thread.

    `release` is called with each file once it is sent or refused, and may be called again.
    """
    started: list[Upload] = []
    sending: list[tuple[Upload, File]] = []
    for file in files:
        problems = check_upload(field, file.name, file.size, limit_mb)
        errors = tuple(each.message for each in problems if each.level == "error")
        upload = Upload(file.name, file.size, errors)
        started.append(upload)
        if errors:
            upload.ended.set()
            release(file)
        else:
            sending.append((upload, file))
    if sending:
        # a daemon thread, so that a hanging server does not keep the console from exiting
        threading.Thread(
            target=_send_all, args=(sending, send, release), name="uploads", daemon=True
        ).start()
    return started


def wait_for_uploads(uploads: Sequence[Upload]) -> None:
    """Wait up to `WAIT_SECONDS` in total for the uploads to end."""
    until = time.monotonic() + WAIT_SECONDS
    for upload in uploads:
        upload.ended.wait(max(0.0, until - time.monotonic()))


def _send_all(
    sending: list[tuple[Upload, File]], send: SendFile, release: Callable[[File], object]
) -> None:
    try:
        while sending:
            upload, file = sending.pop(0)
            try:
                upload.send(file, send, partial(release, file))
            finally:
                release(file)
            del file  # frees its memory before the next one
    finally:
        for upload, file in sending:
            upload.fail()
            release(file)
