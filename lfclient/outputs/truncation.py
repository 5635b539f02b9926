"""Marks what a server has cut, and puts back what can still be had. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lfclient.common.coerce import with_changes
from lfclient.outputs.model import Output, OutputKind, with_content
from lfclient.wire.server_info import Limits

DEFAULT_MAX_TEXT_LENGTH = 6000  # characters, where the server does not tell its limit
_ELLIPSIS = "..."


def is_truncated_text(text: str, limits: Limits) -> bool:
    """Whether a text looks cut: exactly the limit long, then three dots."""
    limit = limits.max_text or DEFAULT_MAX_TEXT_LENGTH
    return len(text) == limit + len(_ELLIPSIS) and text.endswith(_ELLIPSIS)


def is_truncated(output: Output, limits: Limits) -> bool:
    """Whether an output is a message that looks cut."""
    is_text = output.kind is OutputKind.MESSAGE and isinstance(output.value, str)
    return is_text and is_truncated_text(output.value, limits)


def restore_text(output: Output, texts: Iterable[str], limits: Limits) -> Output:
    """A cut message with its full text, if that is among `texts`; else the same object."""
    if not is_truncated(output, limits):
        return output
    start = output.value[: -len(_ELLIPSIS)]
    full = [text for text in texts if len(text) > len(start) and text.startswith(start)]
    return with_content(with_changes(output, extras=()), full[-1]) if full else output


def mark_truncation(output: Output, limits: Limits) -> Output:
    """The output with what is missing said, and which setting of the server lifts it."""
    if output.truncated:
        rows = "further rows" if output.missing is None else f"{output.missing:,} rows"
        return with_changes(
            output,
            note=f"The server left out {rows}. LANGFLOW_MAX_ITEMS_LENGTH on the server raises its "
            "limit.",
        )
    holds_text = output.kind in (OutputKind.TABLE, OutputKind.DATA)
    if not is_truncated(output, limits) and not (
        holds_text and _contains_truncated_text(output.value, limits, 4)
    ):
        return output
    limit = limits.max_text or DEFAULT_MAX_TEXT_LENGTH
    return with_changes(
        output,
        truncated=True,
        note=f"The server cut text after {limit:,} characters. LANGFLOW_MAX_TEXT_LENGTH on the "
        "server raises its limit.",
    )


def _contains_truncated_text(value: Any, limits: Limits, depth: int) -> bool:
    if isinstance(value, str):
        return is_truncated_text(value, limits)
    if not depth:
        return False
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_contains_truncated_text(part, limits, depth - 1) for part in parts)
