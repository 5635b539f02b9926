"""The database of runs: a SQLite file, or PostgreSQL where several processes share it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from lfclient.store.errors import StoreError, told
from lfclient.store.migrate import is_current, upgrade

FILE = "runs.db"
BUSY_SECONDS = 3
_UPGRADING = 7_312_004  # the advisory lock under which one process upgrades a PostgreSQL database
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",  # what is deleted is overwritten
    "journal_size_limit=67108864",
)


class Database:
    """An engine whose schema is current. `where` says in words which database it is.

    SQLite in `folder` unless `url` names a PostgreSQL database; that is one by psycopg. Raises
    `StoreError`, whose text never holds the password.
    """

    def __init__(self, folder: Path, url: SecretStr | None = None) -> None:
        self.path = folder / FILE
        if url:
            address = postgres_url(url)
            self.where = f"The database of runs, {address.database} at {address.host or 'here'},"
        else:
            self.where = f"The file of runs, {self.path},"
        with told(self.where, server=bool(url)):
            self.engine = _postgres(address) if url else _sqlite(folder, self.path)
            self._writer = self.engine.execution_options(immediate=True)
            self._upgrade()

    @property
    def is_shared(self) -> bool:
        """Whether processes on other machines may use it, too."""
        return self.engine.dialect.name == "postgresql"

    def close(self) -> None:
        """Give the file, or the connections, back."""
        self.engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes, committed at the end. Raises `StoreError`."""
        with told(self.where, server=self.is_shared), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that reads. Raises `StoreError`."""
        with told(self.where, server=self.is_shared), self.engine.begin() as connection:
            yield connection

    def _upgrade(self) -> None:
        with self.engine.begin() as reader:
            current = is_current(reader, self.where)
        if current:
            return
        with self._writer.begin() as writer:
            if self.is_shared:
                writer.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADING})
            upgrade(writer)


def postgres_url(url: SecretStr) -> URL:
    """The address for psycopg. Raises `StoreError` for anything but a PostgreSQL address."""
    hint = "Write postgresql://user:password@host:5432/database."
    try:
        address = make_url(url.get_secret_value())
        scheme = address.get_backend_name()
    except (ArgumentError, ValueError):
        raise StoreError("LFCONSOLE_DATABASE_URL is no address.", hint=hint) from None
    if scheme not in ("postgresql", "postgres") or not address.database:
        raise StoreError(
            "LFCONSOLE_DATABASE_URL is not the address of a PostgreSQL database.", hint=hint
        )
    return address.set(drivername="postgresql+psycopg")


def _postgres(address: URL) -> Engine:
    return create_engine(
        address,
        pool_pre_ping=True,  # a database that was gone is asked anew
        pool_size=5,
        max_overflow=15,
        connect_args={
            "connect_timeout": 5,
            "application_name": "langflow-console",
            "options": f"-c lock_timeout={BUSY_SECONDS}s -c statement_timeout=60s",
        },
    )


def _sqlite(folder: Path, path: Path) -> Engine:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin`, DDL included
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # a writer takes the lock at once: one that began as a reader could not wait for it
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
