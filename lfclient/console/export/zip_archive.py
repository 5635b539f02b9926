"""The outputs of a run as a ZIP file, each as what it is, under a name that every system takes."""

from __future__ import annotations

import re
import shutil
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from tempfile import SpooledTemporaryFile
from typing import IO, Any, BinaryIO

from lfclient.common.filenames import safe_name
from lfclient.common.formatting import strip_credentials
from lfclient.common.redaction import Redactor
from lfclient.console.content import media_types
from lfclient.console.content.csv_writer import csv_chunks
from lfclient.console.content.images import FoundImage, find_images, image_bytes
from lfclient.console.content.json_writer import json_chunks
from lfclient.console.store import omissions
from lfclient.console.store.run_record import RunRecord
from lfclient.errors import LangflowError
from lfclient.flows.field import Variable
from lfclient.flows.model import Flow, stored_secrets
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.outputs.tables import is_rows
from lfclient.runs.model import Run

_MAX_STEM_LENGTH = 80  # characters of a name, before its number and its ending
_CHUNK_SIZE = 1_000_000  # characters or bytes that are written at once
_MAX_REASON_LENGTH = 500  # characters of an address or a reason
Fetch = Callable[[FileRef, BinaryIO], object]
_INPUTS_TOO_DEEP = "What the run was given is nested too deeply to be written."


def write_archive(
    record: RunRecord,
    target: BinaryIO,
    fetch: Fetch,
    *,
    flow: Flow | None = None,
    secrets: Iterable[str] = (),
) -> None:
    """Write the ZIP file of a run into `target`; takes little memory beside it.

    `fetch`, as a client's `save`, writes a file that the run returned into another, or raises a
    `LangflowError`, which is then said in `README.txt`, as is whatever else is left out.
    `run.json` holds what the run was given and how it went. None of `secrets` is in it, nor those
    that the flow stores; files and images are left as they are.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        _ArchiveWriter(record, file, fetch, Redactor([*secrets, *stored_secrets(flow)])).write()


@dataclass
class _OutputEntry:
    """An output, the files that it became, and what of it is left out."""

    output: Output
    part: str = ""
    files: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


class _ArchiveWriter:
    def __init__(
        self,
        record: RunRecord,
        file: zipfile.ZipFile,
        fetch: Fetch,
        redactor: Redactor,
    ) -> None:
        self._record, self._file, self._fetch = record, file, fetch
        self._redactor, self._clean = redactor, redactor.redact_text
        self._names = {"readme.txt", "run.json"}
        at = record.created_at.astimezone(UTC)
        self._date = (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second)

    def write(self) -> None:
        """All outputs, then what tells of them."""
        entries = [
            self._entry(part, name if output.parts else "")
            for output in (self._record.run.outputs.values() if self._record.run else ())
            for name, part in (output.parts or {"": output}).items()
        ]
        entries += self._partial(self._record.run)
        facts = self._own(self._facts(entries))
        try:
            inputs = self._redactor.redact_value(_inputs(self._record))
            self._put("run.json", _json(facts | {"inputs": inputs}))
        except RecursionError:
            facts["left_out"] = [_INPUTS_TOO_DEEP]
            self._put("run.json", _json(facts))
        readme = _readme(self._record, entries, facts["left_out"])
        self._put("README.txt", _encode([self._clean(readme)]))

    def _entry(self, output: Output, part: str) -> _OutputEntry:
        entry = _OutputEntry(output, part)
        try:
            self._value(entry)
            for extra in output.extras:
                if extra.kind is not OutputKind.IMAGE:
                    self._value(entry, extra)
            if output.kind not in (OutputKind.IMAGE, OutputKind.FILE):
                for number, picture in enumerate(find_images(output), 1):
                    self._picture(entry, picture, f"-image-{number}")
        except RecursionError:
            entry.left_out.append("It is nested too deeply to be written.")
        if output.truncated:
            gone = f"{output.missing:,} rows or characters" if output.missing else "the rest"
            entry.left_out.append(f"The server has cut it: {gone} missing.")
        if output.note:
            entry.left_out.append(output.note)
        return entry

    def _value(self, entry: _OutputEntry, reading: Output | None = None) -> None:
        output = reading or entry.output
        value = output.value
        if value is None:
            entry.left_out.append("It has no value.")
        elif output.kind is OutputKind.FILE and isinstance(value, FileRef):
            self._fetched(entry, value)
        elif output.kind is OutputKind.IMAGE and isinstance(value, (str, bytes)):
            self._picture(entry, FoundImage("", value), "")
        elif output.kind is OutputKind.TABLE and is_rows(value):
            self._add(entry, "csv", csv_chunks(_RedactedRows(value, self._redactor)))
        elif isinstance(value, str) and output.kind in (OutputKind.MESSAGE, OutputKind.ERROR):
            ending = "md" if output.kind is OutputKind.MESSAGE else "txt"
            self._add(entry, ending, _encode([self._clean(value)]))
        else:
            self._add(entry, "json", _json(value, self._redactor.redact_value))

    def _fetched(self, entry: _OutputEntry, ref: FileRef) -> None:
        with SpooledTemporaryFile(_CHUNK_SIZE) as whole:
            try:
                self._fetch(ref, whole)
            except LangflowError as error:
                why = self._clean(f"“{ref.name}” could not be fetched: {error.message}")
                entry.left_out.append(why[:_MAX_REASON_LENGTH])
                return
            name = self._free(safe_name(self._clean(ref.name)))
            self._pack(name, whole)
        entry.files.append(name)

    def _picture(self, entry: _OutputEntry, picture: FoundImage, after: str) -> None:
        source = picture.source
        if isinstance(source, str) and not source.startswith("data:"):
            entry.left_out.append(
                f"The image at {self._clean(source)[:_MAX_REASON_LENGTH]} was not fetched: "
                "nothing is loaded from elsewhere."
            )
            return
        data = image_bytes(source)
        if not data:
            entry.left_out.append("An image of it is damaged.")
            return
        self._add(entry, media_types.detect_media_type(data).extension, [data], after)

    def _partial(self, run: Run | None) -> Iterator[_OutputEntry]:
        """What was being written when the run ended."""
        for message in run.unfinished_messages if run else ():
            output = Output(
                message.component_id or message.id,
                OutputKind.MESSAGE,
                message.visible_text,
                display_name=f"{message.sender_name or 'message'} (partial)",
            )
            yield self._entry(output, "")

    def _add(
        self, entry: _OutputEntry, ending: str, pieces: Iterable[bytes], after: str = ""
    ) -> None:
        stem = entry.output.display_name or entry.output.component_id
        stem = self._clean(f"{stem}-{entry.part}" if entry.part else stem)
        stem = "-".join(safe_name(re.sub(r"[/\\]", "-", stem)).split())[:_MAX_STEM_LENGTH].strip(
            "-. "
        )
        # once more: what is left may be a device's name
        stem = safe_name(stem) if stem else "output"
        name = self._free(f"{stem}{after}.{ending}")
        self._put(name, pieces)
        entry.files.append(name)

    def _free(self, name: str) -> str:
        """The name, with a number where it is taken; some systems do not tell A from a, nor how an
        accent is written.
        """
        stem, dot, ending = name.rpartition(".")
        if not stem:
            stem, dot, ending = name, "", ""
        number = 1
        while _comparable_name(name) in self._names:
            number += 1
            name = f"{stem}-{number}{dot}{ending}"
        return name

    def _own(self, value: Any) -> Any:
        """A value of `run.json` without secrets, but for its names, which are the file's own."""
        if isinstance(value, dict):
            return {name: self._own(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self._own(part) for part in value]
        return self._redactor.redact_value(value)

    def _put(self, name: str, pieces: Iterable[bytes]) -> None:
        """A file of the archive, or none where a fault comes between its pieces."""
        with SpooledTemporaryFile(_CHUNK_SIZE) as whole:
            for piece in pieces:
                whole.write(piece)
            self._pack(name, whole)

    def _pack(self, name: str, whole: IO[bytes]) -> None:
        info = zipfile.ZipInfo(name, self._date)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        whole.seek(0)
        with self._file.open(info, "w", force_zip64=True) as entry:
            shutil.copyfileobj(whole, entry, _CHUNK_SIZE)
        self._names.add(_comparable_name(name))

    def _facts(self, entries: list[_OutputEntry]) -> dict[str, Any]:
        record, run = self._record, self._record.run
        return {
            "flow": {"id": record.flow_id, "name": record.flow_name},
            "server": {
                "name": record.server_name,
                "address": strip_credentials(record.server_url),
            },
            "run": record.id,
            "job": record.job_id,
            "mode": record.mode,
            "session": record.session_id or (run.session_id if run else None),
            "status": record.status.value,
            "begun": record.created_at.isoformat(),
            "ended": record.ended_at.isoformat() if record.ended_at else None,
            "inputs": None,
            "left_out": [],
            "outputs": [
                {
                    "component": entry.output.component_id,
                    "name": entry.output.display_name,
                    "part": entry.part or None,
                    "kind": entry.output.kind.value,
                    "files": entry.files,
                    "left_out": entry.left_out,
                }
                for entry in entries
            ],
            "not_run": [
                {"component": one.component_id, "name": one.display_name, "reason": one.reason}
                for one in (run.not_run if run else ())
            ],
            "problem": record.problem.message if record.problem else None,
            "errors": [
                {"component": one.component_id, "message": one.message}
                for one in (run.errors if run else ())
            ],
            "warnings": list(run.warnings if run else ()),
            "components": [
                {
                    "component": one.component_id,
                    "name": one.display_name,
                    "state": one.state.value,
                    "seconds": one.seconds,
                    "ended": one.ended_at.isoformat() if one.ended_at else None,
                }
                for one in (run.components.values() if run else ())
            ],
        }


def _inputs(record: RunRecord) -> dict[str, Any] | None:
    """What the run was given; None where that is not known."""
    if omissions.explain_missing_inputs(record):
        return None
    return {
        key: {"variable": value.name} if isinstance(value, Variable) else value
        for key, value in record.overrides.items()
    }


class _RedactedRows:
    """Rows without secrets, each made when it is asked for."""

    def __init__(self, rows: list[dict[str, Any]], redactor: Redactor) -> None:
        self._rows, self._redactor = rows, redactor

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return map(self._redactor.redact_value, self._rows)


def _readme(record: RunRecord, entries: list[_OutputEntry], left_out: list[str]) -> str:
    lines = [
        f"Outputs of a run of “{record.flow_name}”, {record.status.value.replace('_', ' ')}.",
        "run.json tells what the run was given and how it went; secrets are left out of it.",
        "In a CSV file an apostrophe stands before what a spreadsheet would take for a formula.",
    ]
    if not record.ended:
        lines.append("The run still went on when this was made.")
    lines += [f"Left out: {reason}" for reason in left_out]
    for entry in entries:
        name = entry.output.display_name or entry.output.component_id
        lines += ["", f"{name} / {entry.part}" if entry.part else name]
        lines += [f"  {file}" for file in entry.files]
        lines += [f"  Left out: {reason}" for reason in entry.left_out]
    if not entries:
        lines += ["", "This run has no outputs."]
    return "\n".join([*lines, ""])


def _json(value: Any, *clean: Callable[[Any], Any]) -> Iterator[bytes]:
    # half a character is an escape in JSON, too
    return _encode(json_chunks(value, *clean), "backslashreplace")


def _encode(pieces: Iterable[str], halves: str = "replace") -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), _CHUNK_SIZE):
            yield piece[start : start + _CHUNK_SIZE].encode("utf-8", halves)


def _comparable_name(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())
