"""How the console lists, searches, exports and compares each kind of output.

To add a kind, add a member to `OutputKind` and its reader to `OUTPUT_READERS`, its handler to
`OUTPUT_HANDLERS`, and its viewer to `VIEWERS` of the pages.
"""

from collections.abc import Iterator
from typing import Any, Protocol, TypeVar

from lfclient.common.formatting import clip, format_count
from lfclient.common.json_types import Json, JsonObject
from lfclient.console.content.markdown import one_line, plain_markdown, texts_in, truncate_texts
from lfclient.outputs.model import FileRef, Output, OutputKind
from lfclient.outputs.tables import without_internals

MAX_TABLE_SUMMARY = 80  # characters of the values of a table
IMAGE_SUMMARY = "Image"

Target = TypeVar("Target", contravariant=True)
Result = TypeVar("Result", covariant=True)


class OutputWriter(Protocol[Target]):
    """Adds values to a part of an export, the `target`. Images are added without it."""

    def add_markdown(self, target: Target, text: str) -> None: ...
    def add_error(self, target: Target, text: str) -> None: ...
    def add_rows(self, target: Target, rows: list[JsonObject]) -> None: ...
    def add_json(self, target: Target, value: Json) -> None: ...
    def add_file(self, target: Target, ref: FileRef) -> None: ...


class Differ(Protocol[Result]):
    """Compares two values of the same shape."""

    def compare_texts(self, before: str, after: str) -> Result: ...
    def compare_rows(self, before: list[JsonObject], after: list[JsonObject]) -> Result: ...
    def compare_trees(self, before: Json, after: Json) -> Result: ...
    def compare_images(self, before: Json, after: Json) -> Result: ...
    def compare_files(self, before: FileRef, after: FileRef) -> Result: ...


class OutputHandler:
    """How one kind is treated; by itself, as JSON. Values are in the kind's shape, never None.

    `has_names`: a value may have columns or keys. `has_text`: a value can be a cell of a CSV file.
    `is_image`: the value is an image. `is_comparable`: the value can be compared with another
    kind's.
    """

    has_names = True
    has_text = True
    is_image = False
    is_comparable = True

    def summarize(self, output: Output) -> str:
        """Return the beginning of the value on one line."""
        return one_line(output.value)

    def texts(self, value: Any) -> Iterator[str]:
        """Yield the searchable texts of a value."""
        return texts_in(value)

    def write(self, value: Any, target: Target, writer: OutputWriter[Target]) -> None:
        """Add a value to an export, except its images."""
        writer.add_json(target, value)

    def compare(self, before: Any, after: Any, differ: Differ[Result]) -> Result:
        """Return what `differ` returns for two values of this kind."""
        if isinstance(before, str) and isinstance(after, str):
            return differ.compare_texts(before, after)
        return differ.compare_trees(before, after)


class MessageHandler(OutputHandler):
    has_names = False

    def summarize(self, output: Output) -> str:
        return plain_markdown(output.value)

    def write(self, value: Any, target: Target, writer: OutputWriter[Target]) -> None:
        writer.add_markdown(target, value)


class ErrorHandler(OutputHandler):
    has_names = False
    is_comparable = False

    def write(self, value: Any, target: Target, writer: OutputWriter[Target]) -> None:
        writer.add_error(target, value)


class TableHandler(OutputHandler):
    def summarize(self, output: Output) -> str:
        """Return the size and the first values: `2 rows × 2 columns: Berlin, 3.5; Paris, 4`."""
        rows = without_internals(output.value)
        columns = set[str]().union(*rows)
        size = format_count(len(rows) + (output.missing or 0), "row")
        if columns:
            size += f" × {format_count(len(columns), 'column')}"
        lines = (", ".join(filter(None, map(one_line, row.values()))) for row in rows)
        values = "; ".join(truncate_texts(filter(None, lines), MAX_TABLE_SUMMARY + 2))
        return f"{size}: {clip(values, MAX_TABLE_SUMMARY)}" if values else size

    def write(self, value: Any, target: Target, writer: OutputWriter[Target]) -> None:
        writer.add_rows(target, value)

    def compare(self, before: Any, after: Any, differ: Differ[Result]) -> Result:
        return differ.compare_rows(before, after)


class ImageHandler(OutputHandler):
    has_names = False
    has_text = False
    is_image = True
    is_comparable = False

    def summarize(self, output: Output) -> str:
        return IMAGE_SUMMARY

    def write(self, value: Any, target: Target, writer: OutputWriter[Target]) -> None:
        """Add nothing: an export finds the images in all outputs."""

    def compare(self, before: Any, after: Any, differ: Differ[Result]) -> Result:
        return differ.compare_images(before, after)


class FileHandler(OutputHandler):
    has_names = False
    has_text = False
    is_comparable = False

    def write(self, value: Any, target: Target, writer: OutputWriter[Target]) -> None:
        writer.add_file(target, value)

    def compare(self, before: Any, after: Any, differ: Differ[Result]) -> Result:
        return differ.compare_files(before, after)


OUTPUT_HANDLERS: dict[OutputKind, OutputHandler] = {
    OutputKind.MESSAGE: MessageHandler(),
    OutputKind.IMAGE: ImageHandler(),
    OutputKind.TABLE: TableHandler(),
    OutputKind.DATA: OutputHandler(),
    OutputKind.FILE: FileHandler(),
    OutputKind.ERROR: ErrorHandler(),
    OutputKind.UNKNOWN: OutputHandler(),
}


def handler_for(output: Output) -> OutputHandler:
    """Return the handler of an output's kind."""
    return OUTPUT_HANDLERS[output.kind]
