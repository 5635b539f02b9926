"""What a Langflow server is, can do, and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lfclient.wire.schemas import ConfigResponse, VersionResponse

DEFAULT_CONCURRENCY = (
    5  # background runs at a time on 1.11+, by default; no endpoint tells the setting
)

_FIRST_SAFE_RELEASE = (1, 9, 2)
_FIRST_WORKFLOW_API = 8  # the Workflow API came with 1.8


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


def release_warnings(version: str) -> tuple[str, ...]:
    """What its owner should know about a release, with what to do."""
    number = tuple(int(part) for part in version.split(".")[:3] if part.isdigit())
    found = []
    if len(number) >= 2 and number < _FIRST_SAFE_RELEASE:
        found.append(
            f"Langflow {version} has known holes that let strangers run code on the server. "
            "Upgrade it to 1.9.2 or later, and until then let nobody reach it that you don't trust."
        )
    if len(number) >= 2 and number[:2] < (1, _FIRST_WORKFLOW_API):
        found.append(
            f"Langflow {version} has no Workflow API; it came with 1.8. Upgrade the server to run "
            "its flows from here."
        )
    return tuple(found)


_OWN_SESSIONS = 10  # the N of the first 1.N that keeps to one user's sessions


_MODES = 11  # the N of the first 1.N of this dialect


_TRACES = 12  # the N of the first 1.N that fills them


KEEPS_ALIVE = 13  # the N of the first 1.N that does


# The N of the first 1.N that says "in progress" by an UPDATE that gives the row back. What cancels
# the run between the two leaves SQLite locked, and the server answering nobody or refusing every
# key, until Python next collects garbage: for minutes, if there is little to do.
_LOCKS = 13


# the N of the first 1.N that has it, of each capability that came after the Workflow API
SINCE = {
    "events": _MODES,
    "keep_alive": KEEPS_ALIVE,
    "input_value": _MODES,
    "session_field": _MODES,
    "pending": _MODES,
    "idempotency": _MODES,
    "own_sessions": _OWN_SESSIONS,
    "message_pages": _MODES,
    "traces": _TRACES,
}


NO_EVENTS_MESSAGE = (
    "Langflow {} does not tell what happens in a run while it goes on: 1.11 and later do."
)


Dialect = Literal["inputs", "modes"]


def select_dialect(minor: int) -> Dialect:
    """Langflow 1.11 changed the request; `minor` is the N of 1.N."""
    return "modes" if minor >= _MODES else "inputs"


def parse_minor(version: VersionResponse) -> int | None:
    """The N of 1.N; langflow-base was numbered 0.N up to 0.11. None for an unreadable version."""
    parts = (version.main_version or version.version).split(".")
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else None


def read_limits(config: ConfigResponse, dialect: Dialect) -> Limits:
    """The limits that a server tells, and those that its releases have."""
    return Limits(
        max_text=config.serialization_max_text_length,
        max_items=config.serialization_max_items_length,
        max_upload_mb=config.max_file_size_upload,
        concurrency=DEFAULT_CONCURRENCY if dialect == "modes" else None,
    )


def build_server_info(version: VersionResponse, minor: int | None, dialect: Dialect) -> ServerInfo:
    """What a server is and can do. `version` is told as 1.N.p, whatever the package's number."""
    modes = dialect == "modes"
    number = version.version
    if minor is not None and number.startswith("0."):
        number = f"1.{number.removeprefix('0.')}"
    return ServerInfo(
        version=number,
        dialect=dialect,
        package=version.package,
        capabilities=Capabilities(
            events=modes,
            keep_alive=minor is not None and minor >= KEEPS_ALIVE,
            input_value=modes,
            session_field=modes,
            pending=modes,
            idempotency=modes,
            own_sessions=modes if minor is None else minor >= _OWN_SESSIONS,
            message_pages=modes,
            traces=minor is not None and minor >= _TRACES,
        ),
        limits=read_limits(ConfigResponse(), dialect),
        warnings=release_warnings(number),
        early_stop=minor is not None and minor < _LOCKS,
    )
