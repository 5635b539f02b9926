"""Detect outputs that a server truncated, and restore text from other evidence."""

from collections.abc import Iterable

from lfclient.common.coerce import with_changes
from lfclient.common.json_types import Json
from lfclient.outputs.model import Output, with_content
from lfclient.wire.server_info import Limits

DEFAULT_MAX_TEXT_LENGTH = 6000  # characters, if the server doesn't report its limit
_ELLIPSIS = "..."


def is_truncated_text(text: str, limits: Limits) -> bool:
    """Return whether a text looks truncated: exactly as long as the limit, plus three dots."""
    limit = limits.max_text or DEFAULT_MAX_TEXT_LENGTH
    return len(text) == limit + len(_ELLIPSIS) and text.endswith(_ELLIPSIS)


def is_truncated(output: Output, limits: Limits) -> bool:
    """Return whether an output is a message that looks truncated."""
    return output.markdown is not None and is_truncated_text(output.markdown, limits)


def restore_text(output: Output, texts: Iterable[str], limits: Limits) -> Output:
    """Return a truncated message with its full text from `texts`, or else the same object."""
    if not is_truncated(output, limits):
        return output
    start = output.value[: -len(_ELLIPSIS)]
    matches = [text for text in texts if len(text) > len(start) and text.startswith(start)]
    return with_content(with_changes(output, extras=()), matches[-1]) if matches else output


def mark_truncation(output: Output, limits: Limits) -> Output:
    """Return a truncated output with a note on the loss and the server's setting, else `output`."""
    if output.truncated:
        rows = "further rows" if output.missing is None else f"{output.missing:,} rows"
        loss, setting = f"omitted {rows}", "LANGFLOW_MAX_ITEMS_LENGTH"
    elif _contains_truncated_text(output.value, limits, 4):
        limit = limits.max_text or DEFAULT_MAX_TEXT_LENGTH
        loss, setting = f"truncated text after {limit:,} characters", "LANGFLOW_MAX_TEXT_LENGTH"
    else:
        return output
    note = f"The server {loss}. {setting} on the server raises the limit."
    return with_changes(output, truncated=True, note=note)


def _contains_truncated_text(value: Json, limits: Limits, max_depth: int) -> bool:
    if isinstance(value, str):
        return is_truncated_text(value, limits)
    if not max_depth:
        return False
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_contains_truncated_text(part, limits, max_depth - 1) for part in parts)
