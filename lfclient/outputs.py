"""A component's output: what kind of thing it is, and its value in one shape per kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class OutputKind(str, Enum):
    """How an output is to be read; `Output.type` keeps the server's own word."""

    MESSAGE = "message"  # value: str (Markdown)
    IMAGE = "image"  # value: bytes, or a URL as str
    TABLE = "table"  # value: list[dict[str, Any]], one dict a row
    DATA = "data"  # value: any JSON value
    FILE = "file"  # value: FileRef
    ERROR = "error"  # value: str, the reason
    UNKNOWN = "unknown"  # value: any JSON value, as the server sent it


@dataclass(frozen=True)
class FileRef:
    """A file that a flow produced; fetch it with `client.download(ref)`.

    `id` is that of `/api/v2/files`; `size` is in bytes; None where the server has not said.
    """

    name: str
    id: str | None = None
    path: str | None = None
    size: int | None = None
    media_type: str | None = None


@dataclass(frozen=True)
class Output:
    """What one terminal component returned.

    `truncated` means that the server cut the value; `missing` is how many rows (tables) or
    characters (text) are known to be gone, None if unknown. `note` says in words why a value is
    empty or partial. `parts` holds a component's several named outputs, by name, where it has more
    than one; the `Output` itself is then the first of them. `extras` are readings of the same
    value as something else: a message that is only a table, a JSON block or an image.
    """

    component_id: str
    kind: OutputKind
    value: Any
    type: str = ""
    display_name: str = ""
    component_type: str = ""
    status: str = ""
    truncated: bool = False
    missing: int | None = None
    note: str = ""
    parts: dict[str, Output] = field(default_factory=dict)
    extras: tuple[Output, ...] = ()
