"""What SQLite says, in words for a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

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


def store_error(error: Exception, path: Path) -> StoreError:
    """The `StoreError` for what SQLAlchemy, SQLite or the file system raised."""
    reason = str(error.orig if isinstance(error, DBAPIError) else error)
    for words, says, hint in _REASONS:
        if any(word in reason.lower() for word in words):
            return StoreError(f"The file of runs, {path}, {says} ({reason}).", hint=hint)
    return StoreError(f"The file of runs, {path}, cannot be used: {reason}.")


@contextmanager
def told(path: Path) -> Iterator[None]:
    """What the database raises inside becomes a `StoreError`, but for broken constraints."""
    try:
        yield
    except IntegrityError:
        raise
    except (SQLAlchemyError, OSError) as error:
        raise store_error(error, path) from error
