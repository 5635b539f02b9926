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


class NewerDatabase(StoreError):
    """The file was written by a later release of the console."""

    default_hint = (
        "Update the console, or give this release a data folder or a database of its own "
        "(LFCONSOLE_DATA_DIR, LFCONSOLE_DATABASE_URL)."
    )


class UnreadableResponse(StoreError):
    """What is kept of a run's answer is damaged; all other runs can be read."""

    default_hint = (
        "Delete the run on the History page. If others are damaged too, take the database from a "
        "backup."
    )


class ConstraintViolated(StoreError):
    """What may be there once is there, or what it belongs to is gone."""

    default_hint = "Load the page again, then try again."


class JobTaken(LangflowError):
    """Another run of the same owner has the job. Nothing of the record was written.

    Not a `StoreError`: the database works, and other records can be written.
    """

    default_hint = "Look for another job of this run."


JOB_INDEX = "uq_runs_owner_job_id"

# PostgreSQL's codes (a class is two letters long), words of its messages where there is no code:
# those of a connection that was refused; what that means, and what to do
_SERVER_REASONS = (
    (
        ("28", "3D", "42501"),
        (
            *("authentication failed", "pg_hba.conf", "permission denied", "no password supplied"),
            '" does not exist',
        ),
        "refuses the console",
        "Check user, password and database in LFCONSOLE_DATABASE_URL, and that the user may create "
        "tables there.",
    ),
    (
        ("25006",),
        ("read-only",),
        "may only be read",
        "Connect the console with the primary server, not with a standby.",
    ),
    (
        ("55P03", "40"),
        (),
        "is held by another program",
        "Try again; if it stays so, look for open transactions at the database.",
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
        "cannot grow: its disk is full",
        "Make room on the database's disk.",
    ),
    (
        ("53300",),
        ("too many clients", "too many connections", "connection slots", "connections are in use"),
        "takes no more connections",
        "Raise max_connections there, or run fewer console processes.",
    ),
    (
        ("42P01", "42703"),
        (),
        "lacks tables of the console",
        "Restore them from a backup, or name another, empty database in LFCONSOLE_DATABASE_URL and "
        "start the console again. Earlier runs are then no longer listed.",
    ),
    (
        ("58030", "XX001", "XX002"),
        (),
        "is damaged",
        "Restore it from a backup; the database's log says more.",
    ),
    (
        ("54", "22"),
        (),
        "cannot hold what is to be kept",
        "Make the longest of the values shorter.",
    ),
)
_AWAY = (
    "cannot be reached",
    "Check that the database server runs and can be reached from here (LFCONSOLE_DATABASE_URL); "
    "the console keeps trying.",
)
_SERVER_HINT = "Check the database that LFCONSOLE_DATABASE_URL names; its log may say more."
_BUSY = "all connections are in use"
_SQLITE_CORRUPT_VTAB = 267

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


def to_store_error(error: Exception, where: str, *, server: bool = False) -> StoreError:
    """The `StoreError` for what SQLAlchemy, a database or the file system raised.

    `where` names the database, `server` says that it is one on a server.
    """
    reason = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    # what follows the first line quotes rows and statements
    reason = _BUSY if isinstance(error, PoolTimeout) else reason.strip().partition("\n")[0]
    if server:
        says, hint = _of_server(error, reason)
    elif is_index_damaged(error):
        says, hint = "has a damaged index for searching", "It is made anew. Try again."
    else:
        says, hint = next(
            ((says, hint) for words, says, hint in _REASONS if _any(words, reason)), ("", "")
        )
    if says:
        return StoreError(f"{where} {says} ({reason}).", hint=hint)
    return StoreError(f"{where} cannot be used: {reason}.", hint=hint or None)


def _of_server(error: Exception, reason: str) -> tuple[str, str]:
    code = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    for codes, words, says, hint in _SERVER_REASONS:
        if code.startswith(codes) if code else _any(words, reason):
            return says, hint
    if isinstance(error, (OperationalError, InterfaceError, PoolTimeout)):
        return _AWAY
    return "", _SERVER_HINT


def _any(words: tuple[str, ...], reason: str) -> bool:
    return any(word in reason.lower() for word in words)


def is_index_damaged(error: BaseException | None) -> bool:
    """Whether it is SQLite's index for searching that is damaged, which can be made anew."""
    code = getattr(error.orig, "sqlite_errorcode", None) if isinstance(error, DBAPIError) else None
    return code == _SQLITE_CORRUPT_VTAB


def _is_job_taken(error: IntegrityError) -> bool:
    """Return whether two runs of an owner would have had the same job."""
    diagnostics = getattr(error.orig, "diag", None)  # psycopg's; SQLite names the columns
    if diagnostics is not None:
        return bool(diagnostics.constraint_name == JOB_INDEX)
    return str(error.orig).endswith("runs.owner, runs.job_id")


@contextmanager
def translate_db_errors(where: str, *, server: bool = False) -> Iterator[None]:
    """What the database raises inside becomes a `StoreError`."""
    try:
        yield
    except IntegrityError as error:
        if _is_job_taken(error):
            raise JobTaken("Another run already has this job.") from error
        raise ConstraintViolated(f"{where} has that already.") from error
    except (SQLAlchemyError, OSError) as error:
        raise to_store_error(error, where, server=server) from error
