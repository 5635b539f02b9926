"""The outputs of a run as a report shows them: bounded, and saying what was left out."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from markupsafe import Markup

from lfclient.common.filenames import safe_name
from lfclient.common.formatting import clip, extract_host, format_count, format_size
from lfclient.console.content import media_types
from lfclient.console.content.images import FoundImage, find_images, image_bytes
from lfclient.console.export.report import markdown
from lfclient.console.export.report.json_truncation import MAX_VALUE_LENGTH, JsonTruncator
from lfclient.errors import LangflowError
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.outputs.tables import is_rows
from lfclient.runs.model import Run

MAX_ROWS, MAX_COLUMNS, MAX_CELL_LENGTH = 1_000, 50, 1_000  # of a table; characters of a cell
MAX_TABLE_LENGTH = 1_000_000  # characters of a table
MAX_TEXT_LENGTH = 500_000  # characters of a text that is too long to be read as Markdown
MAX_JSON_LENGTH = 300_000  # characters of a value as JSON
MAX_IMAGE_BYTES, MAX_TOTAL_IMAGE_BYTES = 10_000_000, 40_000_000  # of one image, of all, as base64
MAX_FILE_BYTES, MAX_TOTAL_FILE_BYTES = 5_000_000, 20_000_000  # of one file, of all
MAX_FILES = 20  # that are fetched

_EMBEDDABLE = (media_types.MediaKind.IMAGE, media_types.MediaKind.SVG)


@dataclass(frozen=True)
class Table:
    """The cells of a table as texts; `numbers` says which columns hold nothing but numbers."""

    names: list[str]
    rows: list[list[str]]
    numbers: list[bool]


@dataclass
class OutputBlock:
    """An output, or one of a component's several. What it has of these is shown in this order."""

    title: str
    kind: str
    id: str = ""
    error: str = ""
    markdown: Markup | None = None
    text: str = ""
    table: Table | None = None
    pictures: list[tuple[str, Markup]] = field(default_factory=list)  # name, `data:` address
    file: tuple[str, str, Markup] | None = None  # name, size in words, `data:` address or ""
    notes: list[str] = field(default_factory=list)
    parts: list[OutputBlock] = field(default_factory=list)


class BlockBuilder:
    """Makes the blocks of one report, which has room for so many images and files. A file is
    fetched when its turn comes, and only while there is room.
    """

    def __init__(
        self, clean: Callable[[str], str], fetch: Callable[[FileRef, int], bytes] | None
    ) -> None:
        self._clean, self._fetch = clean, fetch
        self._pictures_left, self._files_left = MAX_TOTAL_IMAGE_BYTES, MAX_TOTAL_FILE_BYTES
        self._fetched = 0
        self._drawn: set[str] = set()
        self._left_out = 0

    def build(self, run: Run | None) -> list[OutputBlock]:
        """The outputs of a run; those that only repeat why their component failed are left out."""
        if run is None:
            return []
        told = {(error.component_id, error.message) for error in run.errors}
        return [
            self._block(output)
            for output in run.outputs.values()
            if output.kind is not OutputKind.ERROR
            or (output.component_id, str(output.value)) not in told
        ]

    def _block(self, output: Output) -> OutputBlock:
        block = OutputBlock(output.display_name or output.component_id, output.kind.value)
        block.id = output.component_id
        if output.parts:
            for name, part in output.parts.items():
                inner = self._block(replace(part, parts={}))
                inner.title, inner.id = name, ""
                block.parts.append(inner)
            return block
        self._drawn, self._left_out = set(), 0
        self._fill(block, output)
        if output.kind is not OutputKind.FILE:
            self._pictures(block, find_images(output))
        block.notes += self._notes(output)
        return block

    def _fill(self, block: OutputBlock, output: Output) -> None:
        value = output.value
        if output.kind is OutputKind.ERROR:
            block.error = str(value)
        elif value is None:
            block.notes.append("No value.")
        elif output.kind is OutputKind.MESSAGE and isinstance(value, str):
            self._message(block, value)
        elif output.kind is OutputKind.TABLE and is_rows(value):
            self._table(block, value)
        elif output.kind is OutputKind.FILE and isinstance(value, FileRef):
            self._file(block, value)
        elif output.kind is not OutputKind.IMAGE or not isinstance(value, (str, bytes)):
            self._json(block, value)

    def _message(self, block: OutputBlock, text: str) -> None:
        text = markdown.redact_text(text, self._clean)
        length = (
            len(text)
            if len(text) <= markdown.MAX_MARKDOWN_LENGTH
            else len(markdown.without_images(text))
        )
        if length <= markdown.MAX_MARKDOWN_LENGTH:
            block.markdown = markdown.to_html(text, self._embedded, self._clean)
            return
        block.text = text[:MAX_TEXT_LENGTH]
        block.notes.append(f"{len(text):,} characters: too long to be read as Markdown.")
        if len(text) > MAX_TEXT_LENGTH:
            block.notes.append(f"The last {len(text) - MAX_TEXT_LENGTH:,} characters are left out.")

    def _table(self, block: OutputBlock, rows: list[dict[str, Any]]) -> None:
        every = list(dict.fromkeys(name for row in rows for name in row))
        names = every[:MAX_COLUMNS]
        shown: list[list[str]] = []
        numbers = [True] * len(names)
        cut = size = 0
        for row in rows[:MAX_ROWS]:
            cells = []
            for place, name in enumerate(names):
                value = row.get(name)
                numbers[place] &= value is None or _is_number(value)
                text = self._cell(value)
                cut += len(text) > MAX_CELL_LENGTH
                cells.append(clip(text, MAX_CELL_LENGTH))
            size += sum(map(len, cells))
            if size > MAX_TABLE_LENGTH and shown:
                break
            shown.append(cells)
        block.table = Table(names, shown, numbers)
        block.notes.append(
            f"{format_count(len(rows), 'row')} × {format_count(len(every), 'column')}."
        )
        if len(rows) > len(shown):
            left = len(rows) - len(shown)
            block.notes.append(
                f"The first {format_count(len(shown), 'row')} are shown, {left:,} are left out."
            )
        if len(every) > MAX_COLUMNS:
            block.notes.append(f"{format_count(len(every) - MAX_COLUMNS, 'column')} left out.")
        if cut:
            block.notes.append(
                f"{format_count(cut, 'cell')} cut at {MAX_CELL_LENGTH:,} characters."
            )

    def _cell(self, value: Any) -> str:
        if value is None or value != value:
            return ""
        if isinstance(value, str):
            return self._clean(value)
        value = JsonTruncator(self._clean).truncate(value)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def _json(self, block: OutputBlock, value: Any) -> None:
        bounded = JsonTruncator(self._clean)
        text = json.dumps(bounded.truncate(value), indent=2, ensure_ascii=False)
        block.text = text[:MAX_JSON_LENGTH]
        if bounded.left_out or len(text) > MAX_JSON_LENGTH:
            block.notes.append(
                f"Left out: {format_count(bounded.left_out, 'value')}"
                + (
                    f" and the last {len(text) - MAX_JSON_LENGTH:,} characters."
                    if len(text) > MAX_JSON_LENGTH
                    else "."
                )
            )
        if bounded.cut:
            block.notes.append(
                f"{format_count(bounded.cut, 'text')} cut at {MAX_VALUE_LENGTH:,} characters."
            )

    def _file(self, block: OutputBlock, ref: FileRef) -> None:
        name = safe_name(self._clean(ref.name))
        found = self._bytes_or_why(ref)
        if isinstance(found, str):
            block.file = (name, format_size(ref.size), Markup())
            block.notes.append(f"The file itself is not in this report. {found}")
            return
        # of no kind that a browser opens: it is saved
        data = Markup("data:application/octet-stream;base64," + _base64(found))
        block.file = (name, format_size(len(found)), data)

    def _bytes_or_why(self, ref: FileRef) -> bytes | str:
        room = min(MAX_FILE_BYTES, self._files_left)
        if self._fetch is None or self._fetched == MAX_FILES:
            return "It was not fetched."
        if (1 if ref.size is None else ref.size) > room:
            return "It is too large."
        self._fetched += 1
        try:
            found = self._fetch(ref, room)
        except LangflowError as error:
            return error.message
        self._files_left -= len(found)
        return found

    def _pictures(self, block: OutputBlock, pictures: list[FoundImage]) -> None:
        for picture in pictures:
            if isinstance(picture.source, str) and not picture.source.startswith("data:"):
                host = extract_host(picture.source)
                address = clip(self._clean(picture.source), 500)
                block.notes.append(
                    f"An image at {address} is not loaded."
                    if host
                    else f"No address of an image: {address}"
                )
                continue
            if isinstance(picture.source, str) and picture.source in self._drawn:
                continue  # it stands in the text
            data = image_bytes(picture.source)
            found = media_types.detect_media_type(data) if data else None
            if found is None or found.kind not in _EMBEDDABLE:
                block.notes.append(f"An image that cannot be drawn: {picture.name or block.title}.")
                continue
            source = self._embedded(f"data:{found.mime};base64,{_base64(data)}")
            if source:
                block.pictures.append((picture.name, Markup(source)))
        if self._left_out:
            block.notes.append(
                f"{format_count(self._left_out, 'image')} left out: too large for this report."
            )

    def _embedded(self, source: str) -> str:
        """The address of an image that came along, or "" where there is no room for it."""
        self._drawn.add(source)
        if len(source) > min(MAX_IMAGE_BYTES, self._pictures_left):
            self._left_out += 1
            return ""
        self._pictures_left -= len(source)
        return source

    def _notes(self, output: Output) -> Iterator[str]:
        if output.truncated:
            unit = "rows" if output.kind in (OutputKind.TABLE, OutputKind.DATA) else "characters"
            gone = f"{output.missing:,} {unit} are" if output.missing else "the rest is"
            yield f"The server cut this: {gone} missing."
        if output.note:
            yield output.note


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
