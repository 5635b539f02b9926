"""Flows as files: read what Langflow exports, and export a flow without its secrets. Pure."""

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from pydantic_core import from_json

from lfclient.common import json_text
from lfclient.common.coerce import as_dict, as_str
from lfclient.common.formatting import clip, format_size
from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import remove_keys, replace_secrets
from lfclient.errors import BadResponse, FileRefused
from lfclient.flows.credentials import is_secret_entry
from lfclient.flows.field import MCP_TYPE
from lfclient.flows.model import Flow
from lfclient.wire.server_info import parse_minor

MAX_FILE_BYTES = 50_000_000  # of a file, and of all files in a ZIP

# as many as 50 MB of real flows have; to parse more would hold up the whole process for seconds
_MAX_CONTAINERS = 300_000  # lists and objects
_MAX_VALUES = 1_200_000  # commas
_MAX_ZIP_ENTRIES = 1_000
_ZIP_START, _ZIP_ENTRY, _BOM = b"PK", b"PK\x01\x02", b"\xef\xbb\xbf"
_ENDPOINT_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}")  # Langflow refuses others
_HINT = "Choose what Langflow exported: a flow as JSON, or a project as ZIP."
_FAULT_HINT = "Correct it, or export the flow from Langflow again."
_BROKEN_ZIP = (BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


def read_flows(data: Json | bytes | str) -> list[Flow]:
    """Return the flows in a file: one flow, `{"flows": […]}`, or a project's ZIP of such files.

    Saved components and flows without components are left out. Raises `FileRefused` if that leaves
    none, or for more than `MAX_FILE_BYTES`.
    """
    if isinstance(data, str):
        data = data.encode("utf-8", "surrogatepass")
    documents = _read_documents(data) if isinstance(data, bytes) else [data]
    candidates = [each for document in documents for each in _candidates(document)]
    flows = list(filter(None, map(parse_flow, map(_join_code, candidates))))
    if not flows:
        names = [as_str(each.get("name")) for each in candidates if each.get("is_component")]
        raise FileRefused(
            f"“{names[0]}” is a component, not a flow." if names else "The file contains no flow.",
            hint=_HINT,
        )
    return flows


def parse_flow(raw: JsonObject) -> Flow | None:
    """Return a flow, or None for a saved component or a flow without components."""
    try:
        flow = Flow.from_json(raw)
    except BadResponse:
        return None
    return flow if flow.components and not raw.get("is_component") else None


def upload_content(flows: Sequence[Flow]) -> bytes:
    """Return the file with which Langflow creates these flows as new ones.

    It has no ids: a file with the id of an existing flow would overwrite that flow (1.10+).
    """
    return json.dumps({"flows": [_portable(flow) for flow in flows]}).encode()


def export_content(flow: Flow, version: str) -> JsonObject:
    """Return a flow as Langflow's editor exports it from a server of this release.

    Without its id, so that an import never overwrites a flow, and without secrets: fields for
    passwords and keys are empty, other values have no named secrets or texts in the form of a key.
    Names of server variables stay, and so does the components' code.
    """
    exported: JsonObject = _without_secrets(_portable(flow))
    return {**exported, "is_component": False, "last_tested_version": version}


def newer_release(flow: Flow, version: str) -> str:
    """Return the release that a flow was made with if it is newer than the server's, else ""."""
    made_with = as_str(flow.raw.get("last_tested_version"))
    return made_with if (parse_minor(made_with) or 0) > (parse_minor(version) or 99) else ""


def _read_documents(content: bytes) -> list[Json]:
    if len(content) > MAX_FILE_BYTES:
        raise _too_large()
    files = list(_read_zip(content)) if content.startswith(_ZIP_START) else [("", content)]
    _check_count(files, b"[{", _MAX_CONTAINERS, "lists and objects")
    _check_count(files, b",", _MAX_VALUES, "values")
    return [_parse(text.removeprefix(_BOM), name) for name, text in files]


def _check_count(files: Iterable[tuple[str, bytes]], marks: bytes, limit: int, what: str) -> None:
    """Raise `FileRefused` if more than `limit` of these marks are in the files, also in texts."""
    if sum(text.count(mark) for _, text in files for mark in marks) > limit:
        raise FileRefused(f"The file has more than {limit:,} {what}, the limit.", hint=_HINT)


def _parse(text: bytes, name: str) -> Json:
    """Return the JSON of a file; `name` is its name in a ZIP, "" outside."""
    try:
        return from_json(text)
    except ValueError as error:
        if not name and not text.lstrip().startswith((b"{", b"[")):
            raise FileRefused("The file is neither JSON nor a ZIP.", hint=_HINT) from error
        fault = f"This is not valid JSON: {error}."
    try:  # this parser counts the columns in characters, as editors do
        json_text.from_json(text.decode(errors="replace"))
    except ValueError as error:
        fault = str(error)
    place = f"“{clip(name, 80)}”: " if name else ""
    raise FileRefused(place + fault, hint=_FAULT_HINT)


def _read_zip(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the JSON files in a ZIP, by name."""
    # counted before the ZIP is opened, which takes 500 bytes of memory for each
    if content.count(_ZIP_ENTRY) > _MAX_ZIP_ENTRIES:
        raise FileRefused(f"The ZIP contains more than {_MAX_ZIP_ENTRIES:,} files.", hint=_HINT)
    remaining = MAX_FILE_BYTES
    try:
        with ZipFile(BytesIO(content)) as archive:
            for entry in archive.infolist():
                folder, _, name = entry.filename.rpartition("/")
                if not name.lower().endswith(".json") or folder.startswith("__MACOSX"):
                    continue
                if entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                    raise BadZipFile  # other methods may take any amount of memory
                with archive.open(entry) as part:
                    text = part.read(remaining + 1)  # whatever size the ZIP claims
                remaining -= len(text)
                if remaining < 0:
                    raise _too_large()
                yield entry.filename, text
    except _BROKEN_ZIP as error:
        raise FileRefused("The ZIP is damaged or encrypted.", hint=_HINT) from error


def _too_large() -> FileRefused:
    size = format_size(MAX_FILE_BYTES)
    return FileRefused(f"The file is larger than {size}, the limit for imports.")


def _candidates(document: Json) -> list[JsonObject]:
    """Return the objects of a file that may be flows."""
    flows = document.get("flows", document) if isinstance(document, dict) else document
    return [each for each in (flows if isinstance(flows, list) else [flows]) if as_dict(each)]


def _join_code(value: Json) -> Json:
    """Return the JSON with code as text: ZIPs of 1.10 and later have it as a list of lines.

    1.8 stores such a list as it is, and fails to run it.
    """
    if isinstance(value, list):
        return [_join_code(part) for part in value]
    if not isinstance(value, dict):
        return value
    lines = value.get("value")
    if value.get("type") == "code" and isinstance(lines, list):
        return {**value, "value": "\n".join(map(str, lines))}
    return {name: _join_code(part) for name, part in value.items()}


def _portable(flow: Flow) -> JsonObject:
    """Return what makes up a flow, without what belongs to its server."""
    portable: JsonObject = {
        "name": flow.name,
        "description": flow.description,
        "data": flow.raw.get("data") or {key: flow.raw.get(key) for key in ("nodes", "edges")},
        "tags": flow.tags,
    }
    if _ENDPOINT_NAME.fullmatch(flow.endpoint_name or ""):
        portable["endpoint_name"] = flow.endpoint_name
    return portable


def _without_secrets(value: Json) -> Json:
    if isinstance(value, str):
        return remove_keys(value)
    if isinstance(value, list):
        return [_without_secrets(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        name: {key: _clean_entry(key, entry) for key, entry in part.items()}
        if name == "template" and isinstance(part, dict)
        else _without_secrets(part)
        for name, part in value.items()
    }


def _clean_entry(name: str, entry: Json) -> Json:
    """Return a parameter without the secret in its value."""
    if not isinstance(entry, dict) or entry.get("type") == "code":
        return entry  # changed code would be code of its own, which some servers refuse
    value = entry.get("value")
    if entry.get("load_from_db"):
        pass  # the name of a variable
    elif is_secret_entry(name, entry):
        value = value and ""
    elif entry.get("type") == MCP_TYPE and isinstance(value, dict):
        value = {"name": value.get("name"), "config": {}}  # the command may contain keys
    elif entry.get("type") != "model":  # a model names the parameter that takes the key
        value = replace_secrets(value, lambda _: "")
    return _without_secrets({**entry, "value": value} if "value" in entry else entry)
