"""Truncate JSON values of any size to a readable size."""

from collections.abc import Callable
from typing import Any

from lfclient.common.formatting import clip
from lfclient.common.redaction import REDACTED

MAX_DATA_URL_LENGTH = 60  # characters
MAX_VALUES, MAX_VALUE_LENGTH = 20_000, 10_000
MAX_DEPTH = 60  # writing deeper values could exceed the recursion limit
_NUMERIC = (int, float, type(None))


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
