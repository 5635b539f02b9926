"""Export the outputs of a run as a ZIP archive, with file names that every system accepts."""

import re
import shutil
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from pathlib import PurePath
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from lfclient.common.filenames import safe_name
from lfclient.common.formatting import strip_credentials
from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import Redactor
from lfclient.console.config.prices import PriceTable
from lfclient.console.content import media_types
from lfclient.console.content.images import FoundImage, find_images, image_bytes
from lfclient.console.content.output_kinds import handler_for
from lfclient.console.content.tables import csv_chunks, json_chunks
from lfclient.console.store import run_record
from lfclient.console.store.run_record import RunRecord
from lfclient.console.wording.component_names import ComponentNames
from lfclient.console.wording.statuses import run_status_label
from lfclient.errors import LangflowError
from lfclient.flows.field import Variable
from lfclient.flows.model import Flow, stored_secrets
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.runs.components import Message, Usage

_MAX_STEM_LENGTH = 80  # characters of a file name before its number and extension
_CHUNK_SIZE = 1_000_000  # characters or bytes written at once
_MAX_REASON_LENGTH = 500  # characters, also of a URL
Fetch = Callable[[FileRef, IO[bytes]], object]


def write_archive(
    record: RunRecord,
    target: IO[bytes],
    fetch: Fetch,
    *,
    flow: Flow | None = None,
    secrets: Iterable[str] = (),
    prices: PriceTable | None = None,
) -> None:
    """Write the ZIP archive of a run to `target`, in chunks.

    `fetch(ref, file)`, such as a client's `save`, writes an output file to `file`, or raises
    `LangflowError`. `README.txt` lists everything omitted, with the reason; `run.json` has the
    inputs and the outcome. The archive contains none of `secrets` nor of the secrets that the flow
    stores; without the flow, `README.txt` says so. Files and images are not redacted.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        redactor = Redactor([*secrets, *stored_secrets(flow)])
        record = record.with_tool_states(flow)
        _ArchiveWriter(record, file, fetch, redactor, prices).write(flow)


@dataclass
class _OutputEntry:
    """An output, its files in the archive, and what was omitted."""

    output: Output
    part: str = ""
    files: list[str] = field(default_factory=list)
    omitted: list[str] = field(default_factory=list)


class _ArchiveWriter:
    def __init__(
        self,
        record: RunRecord,
        file: zipfile.ZipFile,
        fetch: Fetch,
        redactor: Redactor,
        prices: PriceTable | None,
    ) -> None:
        self._record, self._file, self._fetch, self._prices = record, file, fetch, prices
        self._redact, self._redact_value = redactor.redact_text, redactor.redact_value
        self._names = {"readme.txt", "run.json"}
        at = record.created_at.astimezone(UTC)
        self._date = (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second)

    def write(self, flow: Flow | None) -> None:
        """Write all outputs, by the names that the flow gives them, `run.json` and `README.txt`."""
        run = self._record.run
        names = ComponentNames(flow, {})
        entries = [
            self._entry(replace(part, display_name=names.label(id, output.component_name)), name)
            for id, output in (run.outputs.items() if run else ())
            for name, part in (output.parts or {"": output}).items()
        ]
        entries += [
            self._partial(message, names.message_label(message))
            for message in (run.unfinished_messages if run else ())
        ]
        facts = self._redact_values(self._facts(entries))
        try:
            known = _inputs(self._record)
            inputs = {name: self._redact_value(values) for name, values in known.items()}
            self._put("run.json", _json(facts | inputs))
        except RecursionError:
            facts["left_out"] = ["The inputs are nested too deeply to export."]
            self._put("run.json", _json(facts))
        readme = _readme(self._record, flow, entries, facts["left_out"])
        self._put("README.txt", _encode([self._redact(readme)]))

    def _entry(self, output: Output, part: str) -> _OutputEntry:
        entry = _OutputEntry(output, part)
        try:
            for form in (output, *output.extras):
                if form.value is None:
                    entry.omitted.append("No value.")
                else:
                    handler_for(form).write(form.value, entry, self)
            is_image = handler_for(output).is_image
            for number, image in enumerate(find_images(output), 1):
                self._add_image(entry, image, "" if is_image else f"-image-{number}")
        except RecursionError:
            entry.omitted.append("Nested too deeply to export.")
        if output.truncated:
            missing = f"{output.missing:,} rows" if output.missing else "the rest"
            entry.omitted.append(f"Truncated by the server: {missing} missing.")
        if output.note:
            entry.omitted.append(output.note)
        return entry

    def add_markdown(self, entry: _OutputEntry, text: str) -> None:
        """Write a message."""
        self._add(entry, "md", _encode([self._redact(text)]))

    def add_error(self, entry: _OutputEntry, text: str) -> None:
        """Write the reason of a failure."""
        self._add(entry, "txt", _encode([self._redact(text)]))

    def add_rows(self, entry: _OutputEntry, rows: list[JsonObject]) -> None:
        """Write a table."""
        self._add(entry, "csv", csv_chunks(rows, self._redact_value))

    def add_json(self, entry: _OutputEntry, value: Json) -> None:
        """Write structured data."""
        self._add(entry, "json", _json(value, self._redact_value))

    def add_file(self, entry: _OutputEntry, ref: FileRef) -> None:
        """Fetch a file and write it, or note why it can't be fetched."""
        with SpooledTemporaryFile(_CHUNK_SIZE) as whole:
            try:
                self._fetch(ref, whole)
            except LangflowError as error:
                reason = self._redact(f"Couldn't download “{ref.name}”: {error.message}")
                entry.omitted.append(reason[:_MAX_REASON_LENGTH])
                return
            name = self._unused_name(safe_name(self._redact(ref.name)))
            self._pack(name, whole)
        entry.files.append(name)

    def _add_image(self, entry: _OutputEntry, image: FoundImage, after: str) -> None:
        source = image.source
        if isinstance(source, str) and not source.startswith("data:"):
            entry.omitted.append(
                f"Image at {self._redact(source)[:_MAX_REASON_LENGTH]} not loaded: "
                "remote images are not exported."
            )
            return
        data = image_bytes(source)
        if not data:
            entry.omitted.append("Damaged image.")
            return
        self._add(entry, media_types.detect_media_type(data).extension, [data], after)

    def _partial(self, message: Message, label: str) -> _OutputEntry:
        """Add a message that was incomplete when the run ended."""
        id, name = message.component_id or message.id, f"{label} (partial)"
        output = Output(id, OutputKind.MESSAGE, message.visible_text, display_name=name)
        return self._entry(output, "")

    def _add(
        self, entry: _OutputEntry, ending: str, pieces: Iterable[bytes], after: str = ""
    ) -> None:
        stem = entry.output.component_name
        stem = self._redact(f"{stem}-{entry.part}" if entry.part else stem)
        stem = "-".join(safe_name(re.sub(r"[/\\]", "-", stem)).split())
        stem = stem[:_MAX_STEM_LENGTH].strip("-. ")
        # again, since the shortened name may be that of a device
        stem = safe_name(stem) if stem else "output"
        name = self._unused_name(f"{stem}{after}.{ending}")
        self._put(name, pieces)
        entry.files.append(name)

    def _unused_name(self, name: str) -> str:
        """Return the name, numbered if it is taken.

        Some systems ignore case and Unicode normalization.
        """
        path = PurePath(name)
        number = 1
        while _comparable_name(name) in self._names:
            number += 1
            name = f"{path.stem}-{number}{path.suffix}"
        return name

    def _redact_values(self, value: Any) -> Any:
        """Redact the values of `run.json`, but not its own keys."""
        if isinstance(value, dict):
            return {name: self._redact_values(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self._redact_values(part) for part in value]
        return self._redact_value(value)

    def _put(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write a file, or none if `pieces` raises an error."""
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
            "flow_defaults": None,
            "left_out": [],
            "outputs": [
                {
                    "component": entry.output.component_id,
                    "name": entry.output.display_name,
                    "part": entry.part or None,
                    "kind": entry.output.kind.value,
                    "files": entry.files,
                    "left_out": entry.omitted,
                }
                for entry in entries
            ],
            "not_run": [
                {
                    "component": skipped.component_id,
                    "name": skipped.display_name,
                    "reason": skipped.reason,
                }
                for skipped in (run.not_run if run else ())
            ],
            "problem": record.problem.message if record.problem else None,
            "errors": [
                {"component": error.component_id, "message": error.message}
                for error in (run.errors if run else ())
            ],
            "warnings": list(run.warnings if run else ()),
            "tokens": _tokens(record.usage),
            **self._cost(run.usage_by_model if run else {}),
            "components": [
                {
                    "component": component.component_id,
                    "name": component.display_name,
                    "state": component.state.value,
                    "seconds": component.seconds,
                    "tokens": _tokens(component.usage),
                    "models": list(filter(None, component.usage_by_model)),
                    **self._cost(component.usage_by_model),
                    "ended": component.ended_at.isoformat() if component.ended_at else None,
                }
                for component in (run.components.values() if run else ())
            ],
        }

    def _cost(self, usage_by_model: Mapping[str, Usage]) -> dict[str, JsonObject | None]:
        """Return an entry for the cost if prices are configured; None in it if it is unknown."""
        if self._prices is None:
            return {}
        amount = self._prices.cost(usage_by_model).amount
        if amount is None:
            return {"cost": None}
        return {"cost": {"amount": f"{amount:f}", "currency": self._prices.currency}}


def _tokens(usage: Usage | None) -> dict[str, int] | None:
    return vars(usage) if usage else None


def _inputs(record: RunRecord) -> dict[str, Any]:
    """Return the inputs of the run, those that it sent and the flow's own, if known."""
    if run_record.explain_missing_inputs(record):
        return {}
    known = {"inputs": record.overrides, "flow_defaults": record.flow_defaults or {}}
    return {
        name: {
            key: {"variable": value.name} if isinstance(value, Variable) else value
            for key, value in values.items()
        }
        for name, values in known.items()
    }


def _readme(
    record: RunRecord, flow: Flow | None, entries: list[_OutputEntry], omitted: list[str]
) -> str:
    lines = [
        f"Outputs of a run of “{record.flow_name}”.",
        f"Status: {run_status_label(record)}.",
        "run.json contains the inputs and the outcome of the run. Known secrets are omitted.",
        "In CSV files, an apostrophe marks text that a spreadsheet would read as a formula.",
    ]
    if not record.ended:
        lines.append("The run was still in progress when this archive was created.")
    if flow is None:
        lines.append(run_record.FLOW_MISSING)
    lines += [f"Omitted: {reason}" for reason in omitted]
    for entry in entries:
        name = entry.output.component_name
        lines += ["", f"{name} / {entry.part}" if entry.part else name]
        lines += [f"  {file}" for file in entry.files]
        lines += [f"  Omitted: {reason}" for reason in entry.omitted]
    if not entries:
        lines += ["", "No outputs"]
    return "\n".join([*lines, ""])


def _json(value: Any, *clean: Callable[[Any], Any]) -> Iterator[bytes]:
    # a lone surrogate becomes an escape sequence
    return _encode(json_chunks(value, *clean), "backslashreplace")


def _encode(pieces: Iterable[str], errors: str = "replace") -> Iterator[bytes]:
    for piece in pieces:
        for start in range(0, len(piece), _CHUNK_SIZE):
            yield piece[start : start + _CHUNK_SIZE].encode("utf-8", errors)


def _comparable_name(name: str) -> str:
    return unicodedata.normalize("NFC", name.casefold())
