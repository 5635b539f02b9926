"""What a Langflow server is, can do, and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CONCURRENCY = 5  # background runs at a time on 1.11+, by default; no endpoint tells the setting

_SAFE_FROM = (1, 9, 2)
_FIRST_API = 8  # the Workflow API came with 1.8


@dataclass(frozen=True)
class Capabilities:
    """What this release has. `session_field`: a session id needs no component to carry it;
    `own_sessions`: renaming and deleting one leaves those of other users alone; `message_pages`:
    the latest messages can be had without the others; `traces`: every run leaves one; `keep_alive`:
    a stream of events that has nothing to tell says so every 15 s.
    """

    background: bool = True
    stop: bool = True
    events: bool = False
    keep_alive: bool = False
    input_value: bool = False
    session_field: bool = False
    pending: bool = False
    idempotency: bool = False
    own_sessions: bool = False
    message_pages: bool = False
    traces: bool = False
    file_upload: bool = True
    variables: bool = True


@dataclass(frozen=True)
class Limits:
    """None where the server has no such limit or does not tell it.

    `max_text` (characters) and `max_items` (rows) cut what background runs return;
    `LANGFLOW_MAX_TEXT_LENGTH` and `LANGFLOW_MAX_ITEMS_LENGTH` on the server raise them.
    """

    max_text: int | None = None
    max_items: int | None = None
    max_upload_mb: float | None = None
    concurrency: int | None = None


@dataclass(frozen=True)
class ServerInfo:
    """A server's release, as 1.N.p, and what follows from it.

    `early_stop`: a stop may meet the beginning of a run without harm.
    """

    version: str
    dialect: Literal["inputs", "modes"]
    package: str = "Langflow"
    capabilities: Capabilities = Capabilities()
    limits: Limits = Limits()
    warnings: tuple[str, ...] = ()
    early_stop: bool = True


def warnings_for(version: str) -> tuple[str, ...]:
    """What its owner should know about a release, with what to do."""
    number = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    found = []
    if len(number) >= 2 and number < _SAFE_FROM:
        found.append(
            f"Langflow {version} has known holes that let strangers run code on the server. "
            "Upgrade it to 1.9.2 or later, and until then let nobody reach it that you don't trust."
        )
    if len(number) >= 2 and number[:2] < (1, _FIRST_API):
        found.append(
            f"Langflow {version} has no Workflow API; it came with 1.8. Upgrade the server to run "
            "its flows from here."
        )
    return tuple(found)
