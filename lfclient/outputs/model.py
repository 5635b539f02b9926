"""A component's output: its kind, and its value in one shape per kind.

`OUTPUT_READERS` has a reader per kind. The kinds' summaries, exports and comparisons are in
`lfclient.console.content.output_kinds`.
"""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from lfclient.common.coerce import as_list, with_changes
from lfclient.common.json_types import Json, JsonObject
from lfclient.outputs.extras import find_extras, parse_image
from lfclient.outputs.tables import parse_rows, strip_truncation_mark


class OutputKind(StrEnum):
    """The kind of an output. `Output.type` is the server's name for the type."""

    MESSAGE = "message"  # value: str (Markdown)
    IMAGE = "image"  # value: bytes, or a URL as str
    TABLE = "table"  # value: list[dict[str, Any]], one dict per row
    DATA = "data"  # value: any JSON value
    FILE = "file"  # value: FileRef
    ERROR = "error"  # value: str, the reason
    UNKNOWN = "unknown"  # value: any JSON value, as the server sent it


@dataclass(frozen=True)
class FileRef:
    """A file that a flow produced. Fetch it with `client.files.download(ref)`.

    `id` is the id in `/api/v2/files`, `size` is in bytes. None if the server doesn't report it.
    """

    name: str
    id: str | None = None
    path: str | None = None
    size: int | None = None
    media_type: str | None = None


@dataclass(frozen=True)
class Output:
    """The output of a terminal component.

    `truncated`: the server cut the value; `missing` is the number of lost rows, None if unknown.
    `note` explains an empty or partial value. `parts` are a component's named outputs if it has
    several; the `Output` itself is then the first of them. `extras` are the same value as other
    kinds: a message that consists of a table, JSON or an image.
    """

    component_id: str
    kind: OutputKind
    value: Any  # its type depends on `kind`
    type: str = ""
    display_name: str = ""
    component_type: str = ""
    status: str = ""
    truncated: bool = False
    missing: int | None = None
    note: str = ""
    parts: dict[str, Output] = field(default_factory=dict)
    extras: tuple[Output, ...] = ()

    @property
    def component_name(self) -> str:
        """The component's name, or its id if it has none."""
        return self.display_name or self.component_id

    @property
    def is_error(self) -> bool:
        """Whether the value is the reason why the component failed."""
        return OUTPUT_READERS[self.kind].is_error

    @property
    def markdown(self) -> str | None:
        """The text of a message, None for other kinds."""
        return self.value if OUTPUT_READERS[self.kind].is_markdown else None


# The server's type of an output, by the class that its component declares.
_TYPES_BY_CLASS = {
    "Message": "message",
    "Data": "data",
    "JSON": "json",
    "DataFrame": "dataframe",
    "Table": "table",
}

_SAVED_AS = re.compile(r"saved successfully as '(?P<name>[^']+)' at (?P<path>.+)$", re.DOTALL)


def output_type(classes: Json) -> str:
    """Return the type that `outputs` would have for a component's declared classes, or ""."""
    return next((_TYPES_BY_CLASS[name] for name in as_list(classes) if name in _TYPES_BY_CLASS), "")


def read_output(
    component_id: str,
    *,
    type: str,
    content: Json,
    status: str = "",
    display_name: str = "",
    component_type: str = "",
    metadata: JsonObject | None = None,
) -> Output:
    """Return the output for a terminal component's entry in a response.

    Never raises: the kind of an unreadable output is `OutputKind.UNKNOWN`.
    """
    base = Output(
        component_id,
        KINDS_BY_TYPE.get(type, OutputKind.UNKNOWN),
        None,
        type=type,
        display_name=display_name or component_type or component_id,
        component_type=component_type,
        status=status,
    )
    file = _parse_saved_file(metadata) if metadata and content is None else None
    if file:
        return with_changes(base, kind=OutputKind.FILE, value=file)
    return with_content(base, content)


def with_content(output: Output, content: Json) -> Output:
    """Return the output with `content` read as its type, and named outputs within as `parts`."""
    if content is None:
        return output
    named_parts = as_named_parts(content)
    if named_parts is None:
        return _read(output, content)
    parts = {
        name: _read(_apply_part_type(output, part.get("type"), part["message"]), part["message"])
        for name, part in named_parts.items()
    }
    first = next(iter(parts.values()))
    return first if len(parts) == 1 else with_changes(first, parts=parts)


def as_named_parts(content: Json) -> dict[str, JsonObject] | None:
    """Return content of the shape `{"<output name>": {"message": value, "type": type}}`, or None.

    `type` is optional.
    """
    if not isinstance(content, dict) or not content:
        return None
    for part in content.values():
        if not isinstance(part, dict) or not {"message", "type"} >= part.keys() >= {"message"}:
            return None
    return content


def is_empty(output: Output) -> bool:
    """Return whether the server omitted the value, as it does for most types from 1.10 on."""
    return output.value is None and not output.is_error


def _apply_part_type(output: Output, type: Json, content: Json) -> Output:
    """Return the output with a part's own type where the component's type leaves it open."""
    kind = KINDS_BY_TYPE.get(type) if isinstance(type, str) else None
    if kind is None:
        return output
    is_error = OUTPUT_READERS[kind].is_error
    if is_error or OUTPUT_READERS[output.kind].yields_to_part(output, kind, content):
        return with_changes(output, kind=kind, type=type)
    return output


def _read(output: Output, content: Json) -> Output:
    reason = content.get("errorMessage") if isinstance(content, dict) else None
    if isinstance(reason, str):
        return with_changes(output, kind=OutputKind.ERROR, value=reason)
    return OUTPUT_READERS[output.kind].read(output, content)


class OutputReader:
    """How one kind is read; by itself, as a value of an unknown kind.

    `types` are the server's names for the kind, from its versions and its documentation. The
    component's build record may have a missing value (`is_filled_by_builds`), and an error that
    replaces the value (`yields_to_errors`).
    """

    types: tuple[str, ...] = ()
    is_error = False
    is_markdown = False
    is_filled_by_builds = True
    yields_to_errors = False

    def read(self, output: Output, content: Json) -> Output:
        """Return the output with `content` in the kind's shape, as another kind if it has none."""
        return with_changes(output, kind=OutputKind.UNKNOWN, value=content)

    def yields_to_part(self, output: Output, kind: OutputKind, content: Json) -> bool:
        """Return whether a part of `kind` with this content has that kind, not the output's."""
        return False


class UnknownReader(OutputReader):
    yields_to_errors = True

    def yields_to_part(self, output: Output, kind: OutputKind, content: Json) -> bool:
        return not output.type


class MessageReader(OutputReader):
    types = ("message", "text")
    is_markdown = True

    def read(self, output: Output, content: Json) -> Output:
        text = extract_text(content)
        if text is None:
            output, text = with_changes(output, kind=OutputKind.DATA), unwrap_data(content)
        return _with_extras(with_changes(output, value=text))

    def yields_to_part(self, output: Output, kind: OutputKind, content: Json) -> bool:
        return kind is OutputKind.DATA


class ImageReader(OutputReader):
    types = ("image",)

    def read(self, output: Output, content: Json) -> Output:
        image = parse_image(content)
        return super().read(output, content) if image is None else with_changes(output, value=image)


class TableReader(OutputReader):
    types = ("sql", "dataframe", "table")

    def read(self, output: Output, content: Json) -> Output:
        content, truncated, missing = strip_truncation_mark(unwrap_data(content))
        rows = parse_rows(content)
        if rows is None:
            return super().read(output, content)
        return with_changes(output, value=rows, truncated=truncated, missing=missing)

    def yields_to_part(self, output: Output, kind: OutputKind, content: Json) -> bool:
        is_prose = isinstance(content, str) and parse_rows(content) is None
        return kind is OutputKind.MESSAGE and is_prose


class DataReader(OutputReader):
    types = ("data", "json", "object", "array")

    def read(self, output: Output, content: Json) -> Output:
        value, truncated, missing = strip_truncation_mark(_unwrap_result(content))
        return _with_extras(
            with_changes(output, value=unwrap_data(value), truncated=truncated, missing=missing)
        )


class FileReader(OutputReader):
    types = ("file",)
    is_filled_by_builds = False

    def read(self, output: Output, content: Json) -> Output:
        ref = parse_file_ref(content)
        return super().read(output, content) if ref is None else with_changes(output, value=ref)


class ErrorReader(OutputReader):
    types = ("error",)
    is_error = True
    yields_to_errors = True

    def read(self, output: Output, content: Json) -> Output:
        text = extract_text(content)
        return with_changes(output, value=str(content) if text is None else text)


OUTPUT_READERS: dict[OutputKind, OutputReader] = {
    OutputKind.MESSAGE: MessageReader(),
    OutputKind.IMAGE: ImageReader(),
    OutputKind.TABLE: TableReader(),
    OutputKind.DATA: DataReader(),
    OutputKind.FILE: FileReader(),
    OutputKind.ERROR: ErrorReader(),
    OutputKind.UNKNOWN: UnknownReader(),
}
KINDS_BY_TYPE = {type: kind for kind, reader in OUTPUT_READERS.items() for type in reader.types}


def extract_text(content: Json) -> str | None:
    """Return a message's text: plain, or from an object with `text` or `message`, nested too."""
    for _ in range(4):
        if isinstance(content, str):
            return content
        if not isinstance(content, dict):
            return None
        content = next((content[key] for key in ("text", "message") if key in content), None)
    return None


def unwrap_data(content: Json) -> Json:
    """Return JSON without the envelope of Langflow's `Data` objects."""
    if isinstance(content, list):
        return [_unwrap_item(item) for item in content]
    return _unwrap_item(content)


def _unwrap_item(item: Json) -> Json:
    if isinstance(item, dict) and "data" in item and "text_key" in item:
        return item["data"]
    return item


def _unwrap_result(content: Json) -> Json:
    """Return the value of an object whose only key is `result` or `results`."""
    for name in ("result", "results"):
        if isinstance(content, dict) and content.keys() == {name}:
            return content[name]
    return content


def parse_file_ref(content: Json) -> FileRef | None:
    """Return a file from its path, or from an object with a name or path, else None."""
    if isinstance(content, str) and content.strip():
        return _file_ref(content, path=content)
    if not isinstance(content, dict):
        return None
    path = next((content[key] for key in ("path", "file_path") if content.get(key)), None)
    name = content.get("name") or content.get("file_name") or path
    if not isinstance(name, str):
        return None
    size = content.get("size")
    return _file_ref(
        name,
        id=content["id"] if isinstance(content.get("id"), str) else None,
        path=path if isinstance(path, str) else None,
        size=size if isinstance(size, int) else None,
    )


def _parse_saved_file(metadata: JsonObject) -> FileRef | None:
    """Return the file of Write File, which reports "... saved successfully as 'a' at /b/a"."""
    sentence = metadata.get("file_path")
    if not isinstance(sentence, str) or not sentence.strip():
        return None
    match = _SAVED_AS.search(sentence)
    return _file_ref(match["name"] if match else sentence)


def _file_ref(name: str, **details: Any) -> FileRef:
    name = re.split(r"[/\\]", name.rstrip("/\\"))[-1] or name
    return FileRef(name, media_type=mimetypes.guess_type(name)[0], **details)


def _with_extras(output: Output) -> Output:
    """Return the output with its value as other kinds in `extras`."""
    extras = tuple(
        with_changes(output, kind=OutputKind(kind), type=kind, value=value, extras=())
        for kind, value in find_extras(output.value)
    )
    return with_changes(output, extras=extras) if extras else output
