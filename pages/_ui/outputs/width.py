"""Whether outputs need more than their part of the window."""

import reprlib
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from lfclient.console.content.images import find_images, image_bytes, image_size
from lfclient.outputs.model import Output
from lfclient.outputs.tables import internal_names, is_rows
from lfclient.runs.model import Run
from pages._ui.outputs.image import is_remote

_PART_WIDTH = 680  # pixels of an output beside the form in a window of 1440
_MAX_SAMPLED_ROWS = 20
# pixels of a column: Streamlit's limit is 31.25 rem of 15 pixels; the others are approximate
_MAX_COLUMN_WIDTH = 469
_CELL_PADDING = 20
_LETTER_WIDTH = 7


def are_wide(run: Run) -> bool:
    """Return whether a table or an image of the run is too wide for the part beside the form.

    A table's width is estimated from its first rows, without its internal columns: they are hidden
    until a person wants to see them.
    """
    outputs = chain.from_iterable(map(_forms, run.distinct_outputs.values()))
    return any(_is_wide(output) for output in outputs)


def _forms(output: Output) -> Iterator[Output]:
    for part in output.parts.values() or [output]:
        yield part
        yield from part.extras


def _is_wide(output: Output) -> bool:
    if output.value and is_rows(output.value):
        return _table_width(output.value) > _PART_WIDTH
    sources = [image.source for image in find_images(output)]
    return (
        len(sources) == 1 and not is_remote(sources[0]) and _image_width(sources[0]) > _PART_WIDTH
    )


def _table_width(rows: list[dict[str, Any]]) -> int:
    widths: dict[str, int] = {}
    for row in rows[:_MAX_SAMPLED_ROWS]:
        for name, cell in islice(row.items(), _PART_WIDTH // _CELL_PADDING):
            text = cell if isinstance(cell, str) else reprlib.repr(cell)
            letters = max(len(str(name)), len(text))
            width = _CELL_PADDING + _LETTER_WIDTH * letters
            widths[name] = max(widths.get(name, 0), min(width, _MAX_COLUMN_WIDTH))
    return sum(widths.values()) - sum(widths[name] for name in internal_names(widths))


def _image_width(source: bytes | str) -> int:
    size = image_size(image_bytes(source))
    return size[0] if size else 0
