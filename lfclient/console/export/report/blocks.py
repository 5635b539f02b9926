"""The outputs of a run, for its report: limited in size, with notes of what was omitted."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup

from lfclient.common.filenames import safe_name
from lfclient.common.formatting import clip, extract_host, format_count, format_size
from lfclient.common.json_types import Json, JsonObject
from lfclient.common.redaction import REDACTED
from lfclient.console.content import media_types
from lfclient.console.content.images import FoundImage, find_images, image_bytes, undrawable_reason
from lfclient.console.content.markdown import UnreadableMarkdown
from lfclient.console.content.output_kinds import handler_for
from lfclient.console.export.report import markdown
from lfclient.console.wording.component_names import ComponentNames
from lfclient.errors import LangflowError
from lfclient.outputs.model import FileRef, Output
from lfclient.runs.model import Run

MAX_ROWS, MAX_COLUMNS, MAX_CELL_LENGTH = 1_000, 50, 1_000
MAX_TABLE_LENGTH = 1_000_000  # characters of a table
MAX_TEXT_LENGTH = 500_000  # characters of a text that is too long to be rendered as Markdown
MAX_JSON_LENGTH = 300_000  # characters of a value as JSON
MAX_IMAGE_BYTES, MAX_TOTAL_IMAGE_BYTES = 10_000_000, 40_000_000  # as base64
MAX_FILE_BYTES, MAX_TOTAL_FILE_BYTES = 5_000_000, 20_000_000
MAX_FILES = 20

_EMBEDDABLE = (media_types.MediaKind.IMAGE, media_types.MediaKind.SVG)
MAX_DATA_URL_LENGTH = 60  # characters
MAX_VALUES, MAX_VALUE_LENGTH = 20_000, 10_000
MAX_DEPTH = 60  # writing deeper values could exceed the recursion limit
_NUMERIC = (int, float, type(None))


@dataclass(frozen=True)
class Table:
    """The cells of a table as text; `is_numeric` marks columns that contain only numbers."""

    names: list[str]
    rows: list[list[str]]
    is_numeric: list[bool]


@dataclass
class OutputBlock:
    """An output, or a part of one. Its contents are shown in this order."""

    title: str
    kind: str
    id: str = ""
    error: str = ""
    markdown: Markup | None = None
    text: str = ""
    table: Table | None = None
    images: list[tuple[str, Markup]] = field(default_factory=list)  # name, `data:` URL
    file: tuple[str, str, Markup] | None = None  # name, size, `data:` URL or ""
    notes: list[str] = field(default_factory=list)
    parts: list[OutputBlock] = field(default_factory=list)


class BlockBuilder:
    """Builds the blocks of one report, within its limits for images and files.

    Files are fetched one by one, and only while they fit.
    """

    def __init__(
        self, redact: Callable[[str], str], fetch: Callable[[FileRef, int], bytes] | None
    ) -> None:
        self._redact, self._fetch = redact, fetch
        self._image_bytes_left, self._file_bytes_left = MAX_TOTAL_IMAGE_BYTES, MAX_TOTAL_FILE_BYTES
        self._fetched_files = 0
        self._embedded_images: set[str] = set()
        self._omitted_images = 0

    def build(self, run: Run | None, names: ComponentNames) -> list[OutputBlock]:
        """Return the outputs of a run, except those that only repeat an error of the run."""
        blocks = []
        for output in run.distinct_outputs.values() if run else ():
            block = self._block(output)
            block.title = names.label(output.component_id, output.component_name)
            blocks.append(block)
        return blocks

    def _block(self, output: Output) -> OutputBlock:
        block = OutputBlock(output.component_name, output.kind.value)
        block.id = output.component_id
        if output.parts:
            for name, part in output.parts.items():
                inner = self._block(replace(part, parts={}))
                inner.title, inner.id = name, ""
                block.parts.append(inner)
            return block
        self._embedded_images, self._omitted_images = set(), 0
        if output.value is None:
            block.notes.append("No value.")
        else:
            handler_for(output).write(output.value, block, self)
        self._add_images(block, find_images(output))
        block.notes += self._notes(output)
        return block

    def add_error(self, block: OutputBlock, text: str) -> None:
        """Show the reason of a failure."""
        block.error = text

    def add_markdown(self, block: OutputBlock, text: str) -> None:
        """Show a message as Markdown, or as plain text if it is too long for that."""
        text = markdown.redact_text(text, self._redact)
        length = len(markdown.without_images(text))
        reason = f"{length:,} characters are too many to render as Markdown"
        if length <= markdown.MAX_MARKDOWN_LENGTH:
            reason = "it takes too long to render as Markdown"
            with suppress(UnreadableMarkdown):
                block.markdown = markdown.to_html(text, self._embed, self._redact)
                return
        block.text = text[:MAX_TEXT_LENGTH]
        block.notes.append(f"Shown as plain text: {reason}.")
        if len(text) > MAX_TEXT_LENGTH:
            block.notes.append(f"The last {len(text) - MAX_TEXT_LENGTH:,} characters are omitted.")

    def add_rows(self, block: OutputBlock, rows: list[JsonObject]) -> None:
        """Show the beginning of a table."""
        all_names = list(dict.fromkeys(name for row in rows for name in row))
        names = all_names[:MAX_COLUMNS]
        body: list[list[str]] = []
        is_numeric = [True] * len(names)
        truncated = size = 0
        for row in rows[:MAX_ROWS]:
            cells = []
            for place, name in enumerate(names):
                value = row.get(name)
                is_numeric[place] &= value is None or _is_number(value)
                text = self._cell(value)
                truncated += len(text) > MAX_CELL_LENGTH
                cells.append(clip(text, MAX_CELL_LENGTH))
            size += sum(map(len, cells))
            if size > MAX_TABLE_LENGTH and body:
                break
            body.append(cells)
        block.table = Table(names, body, is_numeric)
        all_rows, shown_rows = format_count(len(rows), "row"), format_count(len(body), "row")
        block.notes.append(f"{all_rows} × {format_count(len(all_names), 'column')}.")
        if len(rows) > len(body):
            omitted = f"{len(rows) - len(body):,} are omitted"
            block.notes.append(f"Only the first {shown_rows} are shown; {omitted}.")
        if len(all_names) > MAX_COLUMNS:
            block.notes.append(f"{format_count(len(all_names) - MAX_COLUMNS, 'column')} omitted.")
        if truncated:
            cell_count = format_count(truncated, "cell")
            block.notes.append(f"{cell_count} truncated at {MAX_CELL_LENGTH:,} characters.")

    def _cell(self, value: Any) -> str:
        if value is None or value != value:
            return ""
        if isinstance(value, str):
            return self._redact(value)
        value = JsonTruncator(self._redact).truncate(value)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def add_json(self, block: OutputBlock, value: Json) -> None:
        """Show the beginning of structured data."""
        truncator = JsonTruncator(self._redact)
        text = json.dumps(truncator.truncate(value), indent=2, ensure_ascii=False)
        block.text = text[:MAX_JSON_LENGTH]
        omitted = [format_count(truncator.omitted, "value")] if truncator.omitted else []
        if len(text) > MAX_JSON_LENGTH:
            omitted.append(f"the last {len(text) - MAX_JSON_LENGTH:,} characters")
        if omitted:
            block.notes.append(f"Omitted: {' and '.join(omitted)}.")
        if truncator.truncated:
            count = format_count(truncator.truncated, "text")
            block.notes.append(f"{count} truncated at {MAX_VALUE_LENGTH:,} characters.")

    def add_file(self, block: OutputBlock, ref: FileRef) -> None:
        """Embed a file, or note why it can't be embedded."""
        name = safe_name(self._redact(ref.name))
        content = self._bytes_or_reason(ref)
        if isinstance(content, str):
            block.file = (name, format_size(ref.size), Markup())
            block.notes.append(f"The file is not included in this report. {content}")
            return
        # a media type that browsers save instead of opening
        data = Markup("data:application/octet-stream;base64," + _base64(content))
        block.file = (name, format_size(len(content)), data)

    def _bytes_or_reason(self, ref: FileRef) -> bytes | str:
        max_bytes = min(MAX_FILE_BYTES, self._file_bytes_left)
        if self._fetch is None or self._fetched_files == MAX_FILES:
            return "It was not downloaded."
        if (1 if ref.size is None else ref.size) > max_bytes:
            return "It is too large."
        self._fetched_files += 1
        try:
            content = self._fetch(ref, max_bytes)
        except LangflowError as error:
            return error.message
        self._file_bytes_left -= len(content)
        return content

    def _add_images(self, block: OutputBlock, images: list[FoundImage]) -> None:
        for image in images:
            if isinstance(image.source, str) and not image.source.startswith("data:"):
                address = clip(self._redact(image.source), 500)
                if extract_host(image.source):
                    block.notes.append(f"Image at {address} not loaded.")
                else:
                    block.notes.append(f"Invalid image address: {address}")
                continue
            if image.source in self._embedded_images:
                continue  # already shown in the text
            data = image_bytes(image.source)
            media_type = media_types.detect_media_type(data) if data else None
            if media_type is None or media_type.kind not in _EMBEDDABLE:
                block.notes.append(f"Couldn't show an image: {image.name or block.title}.")
                continue
            source = self._embed(f"data:{media_type.mime};base64,{_base64(data)}")
            if source:
                block.images.append((image.name, Markup(source)))
        if self._omitted_images:
            image_count = format_count(self._omitted_images, "image")
            block.notes.append(f"{image_count} omitted: too large for this report.")

    def _embed(self, source: str) -> str:
        """Return the `data:` URL of an image, or "" if it does not fit."""
        self._embedded_images.add(source)
        is_too_long = len(source) > min(MAX_IMAGE_BYTES, self._image_bytes_left)
        if is_too_long or undrawable_reason(image_bytes(source)):
            self._omitted_images += 1
            return ""
        self._image_bytes_left -= len(source)
        return source

    def _notes(self, output: Output) -> Iterator[str]:
        if output.truncated:
            missing = f"{output.missing:,} rows are" if output.missing else "the rest is"
            yield f"Truncated by the server: {missing} missing."
        if output.note:
            yield output.note


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


class JsonTruncator:
    """Copies JSON values up to a total size and depth.

    `redact` removes secrets from each text and number before it is truncated, since half a secret
    would not be recognised. `omitted` counts the omitted values, `truncated` the truncated texts.
    """

    def __init__(self, redact: Callable[[str], str]) -> None:
        self._redact = redact
        self.omitted = self.truncated = 0
        self._values_left = MAX_VALUES

    def truncate(self, value: Any, depth: int = 0) -> Any:
        """Return a truncated copy of the value."""
        if isinstance(value, str):
            return self._text(value)
        if not isinstance(value, (dict, list)):
            text = self._text(str(value))
            return value if isinstance(value, _NUMERIC) and text != REDACTED else text
        if depth == MAX_DEPTH and value:
            self.omitted += len(value)
            return "…"
        count = max(0, min(len(value), self._values_left))
        self._values_left -= count
        self.omitted += len(value) - count
        if isinstance(value, list):
            return [self.truncate(inner, depth + 1) for inner in value[:count]]
        items = list(value.items())[:count]
        return {self._text(name): self.truncate(inner, depth + 1) for name, inner in items}

    def _text(self, text: str) -> str:
        text = self._redact(text)
        if len(text) > MAX_DATA_URL_LENGTH and text.startswith("data:"):
            return clip(text, MAX_DATA_URL_LENGTH)  # of an image, which is shown elsewhere
        if len(text) > MAX_VALUE_LENGTH:
            self.truncated += 1
            return clip(text, MAX_VALUE_LENGTH)
        return text
