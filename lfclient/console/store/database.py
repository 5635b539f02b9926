"""The database of runs: a SQLite file, or PostgreSQL where several processes share it."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from lfclient.console.store.errors import StoreError, is_index_damaged, translate_db_errors
from lfclient.console.store.migrate import is_current, is_empty, rebuild_search_index, upgrade
from lfclient.console.store.raw_writes import Execute, Quick
from lfclient.console.store.secure_delete import changes, mark, marked, merge, unmark

FILE_NAME = "runs.db"
BUSY_SECONDS = 3
OVERWRITE_SECONDS = 0.2  # that whoever deletes waits for what was deleted to be overwritten
UPGRADE_SECONDS = 600  # that a process waits for another that upgrades, or works on it itself
MIN_SQLITE_VERSION = (3, 35)  # RETURNING, and an index of three letters each
_UPGRADING = 7_312_004  # the advisory lock under which one process upgrades a PostgreSQL database
_CLEANING = 7_312_005  # that under which one removes what is too much
PRAGMAS = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",  # what is deleted is overwritten
    "journal_size_limit=67108864",
)
_NOTICED = {  # a server that went away without a word is noticed within seconds
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}

log = logging.getLogger(__name__)


class Database:
    """An engine whose schema is current. `where` says in words which database it is.

    SQLite in `folder` unless `url` names a PostgreSQL database; that is one by psycopg. Raises
    `StoreError`, whose text never holds the password.
    """

    def __init__(self, folder: Path, url: SecretStr | None = None) -> None:
        self.path = folder / FILE_NAME
        self.is_shared = bool(url)  # processes on other machines may use it, too
        if url:
            self._address = postgres_url(url)
            host = self._address.host or "this machine"
            self.where = f"The database of runs, {self._address.database} at {host},"
        else:
            self.where = f"The file of runs, {self.path},"
        with translate_db_errors(self.where, server=self.is_shared):
            self.engine = self._connected(BUSY_SECONDS, statement_seconds=60)
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            # so that what is read in one transaction is of one moment
            self._reader = self.engine.execution_options(**options if self.is_shared else {})
            self._writer = self.engine.execution_options(immediate=True)
            self._quick = Quick(self.engine)
            self._upgrade()
            self._file = None if self.is_shared else self.path.stat().st_ino
        self._merging = 0  # the mark of what was deleted that is being overwritten

    def close(self) -> None:
        """Give the file, or the connections, back."""
        self.engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes, committed at the end. Raises `StoreError`."""
        with self._told(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def write_quickly(self, *, forced: bool = True) -> Iterator[Execute]:
        """One that writes what is put together beforehand; as `Quick.write`, but `StoreError`."""
        with self._told(), self._quick.write(forced=forced) as execute:
            yield execute

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that reads. Raises `StoreError`."""
        with self._told(), self._reader.begin() as connection:
            yield connection

    def insert_new(self, table: Any, *unique: str) -> Any:
        """An INSERT that does nothing where a row has the same values of `unique`."""
        dialect = postgresql if self.is_shared else sqlite
        columns = [table.c[name] for name in unique]
        return dialect.insert(table).on_conflict_do_nothing(index_elements=columns)

    def cleans(self, connection: Connection) -> bool:
        """Whether the transaction is the only one that cleans until it ends."""
        if not self.is_shared:
            return True  # it is the only one that writes
        wanted = text("SELECT pg_try_advisory_xact_lock(:key)")
        return bool(connection.execute(wanted, {"key": _CLEANING}).scalar_one())

    @contextmanager
    def delete(self) -> Iterator[Connection]:
        """As `write`, of what deletes runs; `overwrite` is to be called when all are."""
        with self.write() as connection:
            before = 0 if self.is_shared else changes(connection)
            yield connection
            if not self.is_shared and changes(connection) > before:
                mark(connection)

    def overwrite(self) -> None:
        """What was deleted goes from SQLite's index for searching and from its log, too: at once as
        far as nobody has to wait long for it, or reads. `overwrite_rest` does the rest.
        """
        if not self.is_shared:
            self._overwrite(OVERWRITE_SECONDS)

    def overwrite_rest(self, seconds: float) -> None:
        """Go on for so long with what was deleted and is not overwritten, by whichever process."""
        if self.is_shared:
            return
        with self.read() as connection:
            left = marked(connection)
        if left:
            self._overwrite(seconds)

    def _overwrite(self, seconds: float) -> None:
        with suppress(StoreError):  # it is deleted all the same, and a later call goes on
            merged = self._merge(seconds)
            if self._empty_log() and merged:
                with self.write() as connection:
                    unmark(connection, merged)

    def _merge(self, seconds: float) -> int:
        """Let what was deleted go from the index; the mark of what is gone, 0 if some is left."""
        until = time.monotonic() + seconds
        while True:
            began = time.monotonic()
            with self.read() as connection:
                if not marked(connection):
                    return 0
            with self.write() as connection:
                this = marked(connection)
                more = merge(connection, anew=this != self._merging)
            if not more:
                return this
            self._merging = this
            took = time.monotonic() - began
            if began + 2 * took > until:
                return 0
            time.sleep(took)  # others write meanwhile

    def _empty_log(self) -> bool:
        """Put all that is in SQLite's log into the file; whether nobody was reading it."""
        try:
            with self.engine.connect() as connection:
                # a checkpoint takes no transaction: the driver's own connection has none
                raw = connection.connection.driver_connection
                ((busy, *_),) = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except (SQLAlchemyError, sqlite3.Error):
            return False
        return not busy

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            with translate_db_errors(self.where, server=self.is_shared):
                if not self.is_shared:
                    self._same_file()
                yield
        except StoreError as error:
            if is_index_damaged(error.__cause__):
                log.warning("%s", error.message)
                self.engine.dispose()  # a connection has a part of the index in its memory
                with translate_db_errors(self.where), self._writer.begin() as connection:
                    rebuild_search_index(connection)
            raise

    def _same_file(self) -> None:
        """Go over to the file that is there. SQLite would go on with one that was moved away."""
        try:
            file = self.path.stat().st_ino
        except FileNotFoundError:
            self.engine.dispose()
            self._file = None
            raise StoreError(
                f"{self.where} is gone.",
                hint="Put it back: the console keeps trying. Or start the console again: it then "
                "begins a new file.",
            ) from None
        if file != self._file:
            self.engine.dispose()
            self._upgrade()
            self._file = file

    def _connected(self, busy_seconds: int, statement_seconds: int) -> Engine:
        if self.is_shared:
            return _postgres(self._address, busy_seconds, statement_seconds)
        return _sqlite(self.path, busy_seconds)

    def _upgrade(self) -> None:
        with self.engine.begin() as reader:
            if self.is_shared:
                _check_encoding(reader, self.where)
            if is_current(reader, self.where):
                return
            if not is_empty(reader):
                log.warning("%s is brought up to date, which may take minutes.", self.where)
        patient = self._connected(UPGRADE_SECONDS, UPGRADE_SECONDS)
        try:
            with patient.execution_options(immediate=True).begin() as writer:
                if self.is_shared:
                    writer.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADING})
                upgrade(writer)
        finally:
            patient.dispose()


def postgres_url(url: SecretStr) -> URL:
    """The address for psycopg. Raises `StoreError` for anything but a PostgreSQL address."""
    hint = (
        "Write postgresql://user:password@host:5432/database, with %40 for an @ in the password, "
        "%2F for a / and %25 for a %."
    )
    try:
        address = make_url(url.get_secret_value())
        scheme = address.get_backend_name()
    except (ArgumentError, ValueError):
        raise StoreError("LFCONSOLE_DATABASE_URL is no address.", hint=hint) from None
    if scheme not in ("postgresql", "postgres") or not address.database:
        raise StoreError(
            "LFCONSOLE_DATABASE_URL is not the address of a PostgreSQL database.", hint=hint
        )
    # the rest of a password, which must not be shown
    if "@" in f"{address.host or ''}{address.database}":
        raise StoreError("LFCONSOLE_DATABASE_URL has an @ too many.", hint=hint)
    return address.set(drivername="postgresql+psycopg")


def _postgres(address: URL, busy_seconds: int, statement_seconds: int) -> Engine:
    options = (
        f"-c lock_timeout={busy_seconds}s -c statement_timeout={statement_seconds}s "
        # a console that hangs holds nobody up
        f"-c idle_in_transaction_session_timeout={statement_seconds}s "
        # what a search finds differs too much for one plan
        "-c plan_cache_mode=force_custom_plan"
    )
    given = address.query.get("options", "")
    return create_engine(
        address,
        hide_parameters=True,
        pool_pre_ping=True,  # a database that was gone is asked anew
        pool_size=5,
        max_overflow=15,
        connect_args={
            "connect_timeout": 5,
            "application_name": "langflow-console",
            "options": " ".join((options, *([given] if isinstance(given, str) else given))),
            **_NOTICED,
        },
    )


def _check_encoding(connection: Connection, where: str) -> None:
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise StoreError(
            f"{where} cannot hold every text: its encoding is {encoding}.",
            hint="Make a database with ENCODING 'UTF8', and name it in LFCONSOLE_DATABASE_URL.",
        )


def _sqlite(path: Path, busy_seconds: int) -> Engine:
    if sqlite3.sqlite_version_info < MIN_SQLITE_VERSION:
        raise StoreError(
            f"This Python's SQLite is too old: {sqlite3.sqlite_version}.",
            hint="Use a Python with SQLite 3.35 or later, or set LFCONSOLE_DATABASE_URL.",
        )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    address = URL.create("sqlite", database=str(path))
    engine = create_engine(address, hide_parameters=True, connect_args={"timeout": busy_seconds})
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are begun by `_begin`, DDL included
    _use_log(connection)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _use_log(connection: sqlite3.Connection) -> None:
    """Write ahead, into a log. For a process that does the same to a new file, SQLite does not wait
    by itself.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > until:
                raise
            time.sleep(0.02)


def _begin(connection: Connection) -> None:
    # a writer takes the lock at once: one that began as a reader could not wait for it
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
