"""What SQLite and PostgreSQL say, in words for a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from lfclient.errors import LangflowError


class StoreError(LangflowError):
    """Records of runs cannot be read or written; the message says which file and why."""

    default_hint = "Check the console's data folder (LFCONSOLE_DATA_DIR)."


class NewerStore(StoreError):
    """The file was written by a later release of the console."""

    default_hint = (
        "Update the console, or give this release a data folder of its own "
        "by setting LFCONSOLE_DATA_DIR."
    )


_SERVER_REASONS = (
    (
        ("authentication failed", "no pg_hba.conf entry", "permission denied", "does not exist"),
        "refuses the console",
        "Check user, password and database in LFCONSOLE_DATABASE_URL, and that the user may create "
        "tables there.",
    ),
    (
        ("read-only",),
        "may only be read",
        "Connect the console with the primary server, not with a standby.",
    ),
    (
        ("lock timeout", "deadlock"),
        "is held by another program",
        "Try again; if it stays so, look for open transactions at the database.",
    ),
    (
        ("statement timeout",),
        "took too long",
        "Narrow the search, or try again when the database is less busy.",
    ),
    (
        ("no space", "disk full", "could not extend"),
        "cannot grow: its disk is full",
        "Make room on the database's disk.",
    ),
    (
        ("too many clients", "too many connections", "remaining connection slots"),
        "takes no more connections",
        "Raise max_connections there, or run fewer console processes.",
    ),
)
_AWAY = (
    "cannot be reached",
    "Check that the database server runs and can be reached from here (LFCONSOLE_DATABASE_URL); "
    "the console keeps trying.",
)
_REASONS = (
    (
        ("readonly", "read-only", "permission"),
        "may only be read",
        "Give the console's user the right to write there, or set LFCONSOLE_DATA_DIR to a folder "
        "that it may write to.",
    ),
    (
        ("is locked", "busy"),
        "is held by another program",
        "Close whatever has the file open (a backup, a database browser), then try again.",
    ),
    (
        ("is full", "no space", "disk quota"),
        "cannot grow: the disk is full",
        "Make room on that disk, or set LFCONSOLE_DATA_DIR to a folder on another one.",
    ),
    (
        ("not a database", "malformed", "corrupt", "no such table", "no such column"),
        "is damaged",
        "Move the file away, with those beside it that end in -wal and -shm; the console then "
        "begins a new one. Earlier runs are no longer listed.",
    ),
    (
        ("unable to open", "not a directory", "file exists"),
        "cannot be opened",
        "Check that the folder exists and may be written to, or set LFCONSOLE_DATA_DIR to another.",
    ),
)


def store_error(error: Exception, where: str, *, server: bool = False) -> StoreError:
    """The `StoreError` for what SQLAlchemy, a database or the file system raised.

    `where` names the database, `server` says that it is one on a server.
    """
    if isinstance(error, DBAPIError):
        reason = str(error.orig).strip().partition("\n")[0]
    elif isinstance(error, PoolTimeout):
        reason = "all connections are in use"
    else:
        reason = str(error)
    for words, says, hint in _SERVER_REASONS if server else _REASONS:
        if any(word in reason.lower() for word in words):
            return StoreError(f"{where} {says} ({reason}).", hint=hint)
    if server and isinstance(error, (OperationalError, InterfaceError)):
        says, hint = _AWAY
        return StoreError(f"{where} {says} ({reason}).", hint=hint)
    return StoreError(f"{where} cannot be used: {reason}.")


@contextmanager
def told(where: str, *, server: bool = False) -> Iterator[None]:
    """What the database raises inside becomes a `StoreError`, but for broken constraints."""
    try:
        yield
    except IntegrityError:
        raise
    except (SQLAlchemyError, OSError) as error:
        raise store_error(error, where, server=server) from error
