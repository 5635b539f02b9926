"""JSON values that may be of any size, made small enough to be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lfclient.common.formatting import clip
from lfclient.common.redaction import REDACTED

MAX_DATA_URL_LENGTH = 60  # characters of a `data:` address
MAX_VALUES, MAX_VALUE_LENGTH, MAX_DEPTH = 20_000, 10_000, 60  # deeper, writing them could overflow
_NUMERIC = (int, float, type(None))


class JsonTruncator:
    """Makes a copy of a JSON value that is neither too long nor too deep.

    `clean` takes the secrets out of a text, before it is cut: half a secret is one, too; so it does
    with a number that is one.
    `left_out` counts the values that are not in it, `cut` the texts that are not whole.
    """

    def __init__(self, clean: Callable[[str], str]) -> None:
        self._clean = clean
        self.left_out = self.cut = 0
        self._room = MAX_VALUES

    def truncate(self, value: Any, depth: int = 0) -> Any:
        """The value, or what is left of it."""
        if isinstance(value, str):
            return self._text(value)
        if not isinstance(value, (dict, list)):
            text = self._text(str(value))
            return value if isinstance(value, _NUMERIC) and text != REDACTED else text
        if depth == MAX_DEPTH and value:
            self.left_out += len(value)
            return "…"
        room = max(0, min(len(value), self._room))
        self._room -= room
        self.left_out += len(value) - room
        if isinstance(value, list):
            return [self.truncate(inner, depth + 1) for inner in value[:room]]
        items = list(value.items())[:room]
        return {self._text(name): self.truncate(inner, depth + 1) for name, inner in items}

    def _text(self, text: str) -> str:
        text = self._clean(text)
        if len(text) > MAX_DATA_URL_LENGTH and text.startswith("data:"):
            return clip(text, MAX_DATA_URL_LENGTH)  # an image, which is shown
        if len(text) > MAX_VALUE_LENGTH:
            self.cut += 1
            return clip(text, MAX_VALUE_LENGTH)
        return text
