"""Translate the errors of SQLite and PostgreSQL into messages for people."""

import sqlite3
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

JOB_INDEX = "uq_runs_owner_job_id"


class StoreError(LangflowError):
    """The database cannot be read or written; the message says which one and why."""

    default_hint = "Check the console's data folder (LFCONSOLE_DATA_DIR)."


class NewerDatabase(StoreError):
    """The database was written by a later release of the console."""

    default_hint = (
        "Update the console, or give this release its own data folder or database "
        "(LFCONSOLE_DATA_DIR, LFCONSOLE_DATABASE_URL)."
    )


class DiskFull(StoreError):
    """The database can't grow. Small changes may still be written."""


class UnreadableResponse(StoreError):
    """The stored response of a run is damaged; all other runs can be read."""

    default_hint = (
        "Delete the run on the History page. If other runs are damaged, restore the database from "
        "a backup."
    )


class ConstraintViolated(StoreError):
    """A unique row already exists, or the row that a new one refers to is gone."""

    default_hint = "Reload the page, then try again."


class JobTaken(LangflowError):
    """Another run of the same owner has the job, so the record was not written.

    Not a `StoreError`: the database works, and other records can be written.
    """

    default_hint = "Look for another job of this run."


_CANNOT_GROW = "cannot grow"
# Each entry: PostgreSQL's error codes, or a class's first two characters; words in messages
# without a code, such as SQLite's and of refused connections; the reason; the hint.
_SERVER_REASONS = (
    (
        ("28", "3D", "42501"),
        (
            *("authentication failed", "pg_hba.conf", "permission denied", "no password supplied"),
            '" does not exist',
        ),
        "denies the console access",
        "Check user, password and database in LFCONSOLE_DATABASE_URL, and that the user may create "
        "tables there.",
    ),
    (
        ("25006",),
        ("read-only",),
        "is read-only",
        "Connect the console to the primary server, not to a standby.",
    ),
    (
        ("55P03", "40"),
        (),
        "is locked by another program",
        "Try again. If this persists, look for open transactions in the database.",
    ),
    (
        ("57014",),
        (),
        "took too long",
        "Narrow the search, or try again when the database is less busy.",
    ),
    (
        ("53100",),
        ("no space left",),
        f"{_CANNOT_GROW}: its disk is full",
        "Free up space on the database's disk.",
    ),
    (
        ("53300",),
        ("too many clients", "too many connections", "connection slots", "connections are in use"),
        "accepts no more connections",
        "Raise max_connections there, or run fewer console processes.",
    ),
    (
        ("42P01", "42703"),
        (),
        "lacks tables of the console",
        "Restore them from a backup, or set LFCONSOLE_DATABASE_URL to another, empty database and "
        "restart the console. Earlier runs are then no longer listed.",
    ),
    (
        ("58030", "XX001", "XX002"),
        (),
        "is damaged",
        "Restore it from a backup. The database's log may have details.",
    ),
    (
        ("54", "22"),
        (),
        "cannot store these values",
        "Shorten the longest one.",
    ),
)
_UNREACHABLE = (
    "cannot be reached",
    "Check that the database server is running and reachable from here (LFCONSOLE_DATABASE_URL); "
    "the console keeps trying.",
)
_SERVER_HINT = "Check the database in LFCONSOLE_DATABASE_URL; its log may have details."
_POOL_EXHAUSTED = "all connections are in use"
_SQLITE_CORRUPT_VTAB = 267

_FILE_REASONS = (
    (
        (),
        ("readonly", "read-only", "permission"),
        "is read-only",
        "Give the console's user write permission, or set LFCONSOLE_DATA_DIR to a folder that has "
        "it.",
    ),
    (
        (),
        ("is locked", "busy"),
        "is locked by another program",
        "Try again. If this persists, close the program that has the file open, such as a backup "
        "or a database browser.",
    ),
    (
        (),
        ("is full", "no space", "disk quota"),
        f"{_CANNOT_GROW}: the disk is full",
        "Free up space on that disk, or set LFCONSOLE_DATA_DIR to a folder on another one.",
    ),
    (
        (),
        ("not a database", "malformed", "corrupt", "no such table", "no such column"),
        "is damaged",
        "Move the file away, together with its -wal and -shm files. The console then creates a new "
        "one; earlier runs are no longer listed.",
    ),
    (
        (),
        ("unable to open", "not a directory", "file exists"),
        "cannot be opened",
        "Check that the folder exists and is writable, or set LFCONSOLE_DATA_DIR to another one.",
    ),
)


def _to_store_error(error: Exception, description: str, server: bool) -> StoreError:
    original = error.orig if isinstance(error, DBAPIError) else error
    # the lines after the first quote rows and statements
    cause = str(original).strip().partition("\n")[0]
    if isinstance(error, PoolTimeout):
        cause = _POOL_EXHAUSTED
    code = getattr(original, "sqlstate", None)
    reason, hint = "", _SERVER_HINT if server else None
    if server and isinstance(error, (OperationalError, InterfaceError, PoolTimeout)):
        reason, hint = _UNREACHABLE
    for codes, words, known_reason, known_hint in _SERVER_REASONS if server else _FILE_REASONS:
        if code.startswith(codes) if code else any(word in cause.lower() for word in words):
            reason, hint = known_reason, known_hint
            break
    if is_search_index_damaged(error):
        reason, hint = "has a damaged search index", "It is being rebuilt. Try again."
    text = f"{reason} ({cause})" if reason else f"cannot be used: {cause}"
    kind = DiskFull if reason.startswith(_CANNOT_GROW) else StoreError
    return kind(f"{description} {text}.", hint=hint)


def is_search_index_damaged(error: BaseException | None) -> bool:
    """Return whether only SQLite's search index is damaged, which can be rebuilt."""
    code = getattr(error.orig, "sqlite_errorcode", None) if isinstance(error, DBAPIError) else None
    return code == _SQLITE_CORRUPT_VTAB


def is_locked(error: BaseException | None) -> bool:
    """Return whether another program has locked SQLite's file."""
    code = getattr(error.orig, "sqlite_errorcode", 0) if isinstance(error, DBAPIError) else 0
    return code & 0xFF == sqlite3.SQLITE_BUSY


def _is_job_taken(error: IntegrityError) -> bool:
    """Return whether another run of the owner already has the job."""
    diagnostics = getattr(error.orig, "diag", None)  # psycopg's; SQLite names the columns
    if diagnostics is not None:
        return bool(diagnostics.constraint_name == JOB_INDEX)
    return str(error.orig).endswith("runs.owner, runs.job_id")


@contextmanager
def translate_db_errors(description: str, *, server: bool = False) -> Iterator[None]:
    """Turn errors of the database into `StoreError` or `JobTaken`."""
    try:
        yield
    except IntegrityError as error:
        if _is_job_taken(error):
            raise JobTaken("Another run already has this job.") from error
        raise ConstraintViolated(f"{description} already has this entry.") from error
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise _to_store_error(error, description, server) from error
