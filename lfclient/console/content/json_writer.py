"""Write indented JSON in chunks, so that a large value's text is never in memory as a whole."""

import json
from collections.abc import Callable, Iterator

from lfclient.common.json_types import Json

_CHUNK_LENGTH = 100_000  # characters


def json_chunks(value: Json, redact: Callable[[Json], Json] = lambda value: value) -> Iterator[str]:
    """Yield a value's redacted JSON in chunks. Values that are not JSON are written as their text.

    Raise `RecursionError` if the value is nested too deeply.
    """
    encoder = json.JSONEncoder(ensure_ascii=False, indent=2, default=lambda item: redact(str(item)))
    parts: list[str] = []
    length = 0
    for part in encoder.iterencode(redact(value)):
        parts.append(part)
        length += len(part)
        if length >= _CHUNK_LENGTH:
            yield "".join(parts)
            parts, length = [], 0
    yield "".join(parts)
