"""A Langflow server's version, capabilities and limits."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from lfclient.wire.modes import MODES
from lfclient.wire.schemas import ConfigResponse, VersionResponse

Dialect = Literal["inputs", "modes"]  # the two formats of a run request, before 1.11 and since

# The default number of parallel background runs on 1.11+. No endpoint reports the setting.
DEFAULT_CONCURRENCY = 5
NO_EVENTS_MESSAGE = "Langflow {} doesn't report events during a run. 1.11 and later do."

_FIRST_SAFE_RELEASE = (1, 9, 2)

# The constants below are the N of the first version 1.N that …
_FIRST_WORKFLOW_API = 8  # … has the Workflow API
_FIRST_MODES = 11  # … uses the dialect "modes"
_OLDEST: dict[Dialect, int] = {"inputs": _FIRST_WORKFLOW_API, "modes": _FIRST_MODES}
# … marks a run as in progress by an UPDATE that returns the row. Cancelling the run between the
# two leaves SQLite locked: the server answers no request, or refuses every key, until Python next
# collects garbage, which takes minutes on an idle server.
_LOCKS_ON_EARLY_STOP = 13

# … has the capability. Capabilities that came with the Workflow API are not listed.
SINCE: dict[str, int] = {
    "own_sessions": 10,
    "ingestion": 10,
    "events": _FIRST_MODES,
    "session_field": _FIRST_MODES,
    "pending": _FIRST_MODES,
    "idempotency": _FIRST_MODES,
    "message_pages": _FIRST_MODES,
    "traces": 12,
    "tokens": 10,
    "keep_alive": 13,
}


@dataclass(frozen=True)
class Capabilities:
    """Features of a server's version (`SINCE`) and of its settings (`background`, `stop`).

    - `events`: jobs report their events, and streamed calls are possible.
    - `keep_alive`: an idle event stream sends a comment every 15 s.
    - `session_field`: the request has a field for the session ID, so no component needs to take it.
    - `pending`: a run can wait for a person's decision.
    - `idempotency`: a submit with an earlier submit's key returns the same job.
    - `own_sessions`: renaming or deleting a session doesn't change other users' sessions.
    - `ingestion`: files can be added to a knowledge base.
    - `message_pages`: the newest messages can be requested separately.
    - `traces`: every run has a trace.
    - `tokens`: components' token usage is recorded.
    """

    background: bool = True
    stop: bool = True
    events: bool = False
    keep_alive: bool = False
    session_field: bool = False
    pending: bool = False
    idempotency: bool = False
    own_sessions: bool = False
    ingestion: bool = False
    message_pages: bool = False
    traces: bool = False
    tokens: bool = False


@dataclass(frozen=True)
class Limits:
    """A server's limits. None means no limit, or that the server doesn't report it.

    Background runs truncate text after `max_text` characters and tables after `max_items` rows.
    LANGFLOW_MAX_TEXT_LENGTH and LANGFLOW_MAX_ITEMS_LENGTH on the server set the limits.
    """

    max_text: int | None = None
    max_items: int | None = None
    max_upload_mb: float | None = None
    concurrency: int | None = None


@dataclass(frozen=True)
class ServerInfo:
    """A server's version, as 1.N.p, and what follows from it.

    `is_early_stop_safe`: stopping a run right after its start does not harm the server.
    """

    version: str
    dialect: Dialect
    package: str = "Langflow"
    capabilities: Capabilities = Capabilities()
    limits: Limits = Limits()
    warnings: tuple[str, ...] = ()
    is_early_stop_safe: bool = True

    def has_mode(self, mode: str) -> bool:
        """Return whether this version of Langflow has a run mode."""
        return MODES[mode].since <= max(parse_minor(self.version) or 0, _OLDEST[self.dialect])


def parse_minor(version: str) -> int | None:
    """Return the N of 1.N, or None for an unreadable version.

    langflow-base was numbered 0.N up to 0.11.
    """
    numbers = _release_numbers(version)
    return numbers[1] if len(numbers) > 1 else None


def _release_numbers(version: str) -> list[int]:
    """Return the numbers at the start of a version."""
    match = re.match(r"\d{1,9}(?:\.\d{1,9}){0,2}(?!\d)", version)
    return [int(part) for part in match[0].split(".")] if match else []


def read_limits(config: ConfigResponse, dialect: Dialect) -> Limits:
    """Return the limits that a server reports, with its version's default concurrency."""
    return Limits(
        max_text=config.serialization_max_text_length,
        max_items=config.serialization_max_items_length,
        max_upload_mb=config.max_file_size_upload,
        concurrency=DEFAULT_CONCURRENCY if dialect == "modes" else None,
    )


def build_server_info(version: VersionResponse) -> ServerInfo:
    """Return the info that follows from a version, without the server's own limits.

    An unreadable version counts as the first version with the dialect "modes".
    """
    number = version.version
    minor = parse_minor(version.main_version or number)
    if minor is not None and number.startswith("0."):
        number = f"1.{number.removeprefix('0.')}"
    release = _FIRST_MODES if minor is None else minor
    dialect: Dialect = "modes" if release >= _FIRST_MODES else "inputs"
    return ServerInfo(
        version=number,
        dialect=dialect,
        package=version.package,
        capabilities=_release_capabilities(release),
        limits=read_limits(ConfigResponse(), dialect),
        warnings=_release_warnings(number),
        is_early_stop_safe=minor is not None and minor < _LOCKS_ON_EARLY_STOP,
    )


def with_other_dialect(server: ServerInfo) -> ServerInfo:
    """Return the info of a server whose version doesn't show its dialect.

    The capabilities are the capabilities of the first version with the other dialect.
    """
    dialect: Dialect = "inputs" if server.dialect == "modes" else "modes"
    return replace(
        server,
        dialect=dialect,
        capabilities=_release_capabilities(_OLDEST[dialect]),
        limits=read_limits(ConfigResponse(), dialect),
    )


def _release_capabilities(release: int) -> Capabilities:
    """Return the capabilities of version 1.N, without the server's settings."""
    return Capabilities(**{name: release >= since for name, since in SINCE.items()})


def _release_warnings(version: str) -> tuple[str, ...]:
    """Return warnings for the server's owner, each with the next step."""
    number = tuple(_release_numbers(version))
    warnings = []
    if len(number) >= 2 and number < _FIRST_SAFE_RELEASE:
        warnings.append(
            f"Langflow {version} has known vulnerabilities that let strangers run code on the "
            "server. Upgrade to 1.9.2 or later. Until then, let only people you trust reach it."
        )
    if len(number) >= 2 and number[:2] < (1, _FIRST_WORKFLOW_API):
        warnings.append(
            f"Langflow {version} has no Workflow API, which came with 1.8. Upgrade the server to "
            "run its flows from here."
        )
    return tuple(warnings)
