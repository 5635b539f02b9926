"""The database of runs: a SQLite file, or PostgreSQL where several machines share it."""

import logging
import math
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.dml import ReturningDelete

from lfclient.console.store.errors import (
    StoreError,
    is_locked,
    is_search_index_damaged,
    translate_db_errors,
)
from lfclient.console.store.schema import (
    VERSION_OF_0_2_0,
    merge_search_index,
    needs_upgrade,
    read_version,
    rebuild_search_index,
    upgrade,
)

FILE_NAME = "runs.db"
BACKUP_NAME = "runs-0.2.0.db"  # of a file before its conversion
BUSY_SECONDS = 3.0  # how long to wait for another program's lock
QUEUE_SECONDS = 60.0  # how long to wait for this process's own writes
ERASE_SECONDS = 0.2  # how long a delete waits for its text to be erased
STATEMENT_SECONDS = 60.0
UPGRADE_SECONDS = 600.0  # time to upgrade, or to wait for another process's upgrade
MIN_SQLITE_VERSION = (3, 35)  # has RETURNING and the trigram index
PRAGMAS = (
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
    "journal_size_limit=67108864",
)

_DELETED_MARK = "PRAGMA user_version"  # a random value after a delete, 0 once the text is erased
_UPGRADE_LOCK = 7_312_004  # PostgreSQL's advisory lock for upgrading the schema
_KEEPALIVE = {  # options that detect within seconds that a server has disappeared
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}

log = logging.getLogger(__name__)


class Database:
    """Connections to a database whose schema is current.

    SQLite in `folder`, or PostgreSQL (psycopg) at `url`. `description` names it in errors. Raises
    `StoreError`, whose text never contains the password.
    """

    def __init__(self, folder: Path, url: SecretStr | None = None) -> None:
        self.path = folder / FILE_NAME
        self.is_shared = bool(url)  # with other machines
        if url:
            self._address = postgres_url(url)
            host = self._address.host or "this machine"
            self.description = f"The database of runs, {self._address.database} at {host},"
        else:
            self.description = f"The file of runs, {self.path},"
        with translate_db_errors(self.description, server=self.is_shared):
            self.engine = self._connect(BUSY_SECONDS, STATEMENT_SECONDS)
            # All reads of a transaction see the same moment. SQLite does this by default.
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            self._reader = self.engine.execution_options(**options if self.is_shared else {})
            self._writer = self.engine.execution_options(immediate=True)
            self._upgrade()
            self._inode = None if self.is_shared else self.path.stat().st_ino
        self._turn = threading.Lock()  # SQLite polls for its own: of many writers, some would fail
        self._locked_at = -math.inf  # when a write last failed because of another program's lock
        self._merging: int | None = None  # the mark for which the search index is being rewritten
        self._merged: int | None = None  # the mark for which it was

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Connection]:
        """Open a transaction that writes and is committed at the end. Raises `StoreError`.

        Unless `durable`, it survives this process but perhaps not a power failure. The writes of a
        process to a SQLite file wait for each other.
        """
        began = time.monotonic()
        with self._in_turn(), self._translate_errors():
            busy_seconds = BUSY_SECONDS
            if self._locked_at > began:  # then this write has waited for the same lock
                busy_seconds = max(began + BUSY_SECONDS - time.monotonic(), 0.0)
            writer = self._writer.execution_options(durable=durable, busy_seconds=busy_seconds)
            with writer.begin() as connection:
                if self.is_shared and not durable:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit TO OFF")
                yield connection

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Wait for this process's earlier writes to a SQLite file."""
        if self.is_shared:
            yield
            return
        if not self._turn.acquire(timeout=QUEUE_SECONDS):
            raise StoreError(
                f"{self.description} is busy: an earlier write has not ended.",
                hint="Try again. If this persists, check the disk that it is on.",
            )
        try:
            yield
        except StoreError as error:
            if is_locked(error.__cause__):
                self._locked_at = time.monotonic()
            raise
        finally:
            self._turn.release()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that reads. Raises `StoreError`."""
        with self._translate_errors(), self._reader.begin() as connection:
            yield connection

    def insert_if_new(self, table: Table, *unique: str) -> postgresql.Insert | sqlite.Insert:
        """Return an INSERT that does nothing if a row has the same values of `unique`."""
        columns = [table.c[name] for name in unique]
        if self.is_shared:
            return postgresql.insert(table).on_conflict_do_nothing(index_elements=columns)
        return sqlite.insert(table).on_conflict_do_nothing(index_elements=columns)

    def delete(self, connection: Connection, statement: ReturningDelete[str]) -> list[str]:
        """Execute a DELETE that returns ids, and return them.

        SQLite's search index and log still have the text, so the file is marked until any process
        has erased it there.
        """
        ids = list(connection.execute(statement).scalars())
        if ids and not self.is_shared:
            connection.exec_driver_sql(f"{_DELETED_MARK} = {random.randrange(1, 2**31)}")
        return ids

    def erase_deleted(self) -> None:
        """Erase deleted text from SQLite's search index and log, whichever process deleted it.

        Takes about `ERASE_SECONDS` at most; the next call continues.
        """
        if self.is_shared:
            return
        with suppress(StoreError):  # the rows are deleted in any case, and a later call retries
            with self.read() as connection:
                mark = connection.exec_driver_sql(_DELETED_MARK).scalar_one()
            if not mark:
                return
            is_merged = self._merged == mark or self._merge_search_index(mark)
            if self._truncate_log() and is_merged:
                with self.write() as connection:
                    if connection.exec_driver_sql(_DELETED_MARK).scalar_one() == mark:
                        connection.exec_driver_sql(f"{_DELETED_MARK} = 0")

    def _merge_search_index(self, mark: int) -> bool:
        """Rewrite parts of the search index without deleted text. Return whether all of it is.

        FTS5's secure-delete option would erase it at once, but in up to 150 ms a run, and makes
        the end of each run's record three times slower. Here others can write meanwhile.
        """
        until = time.monotonic() + ERASE_SECONDS
        while True:
            with self.write() as connection:
                has_more = merge_search_index(connection, restart=self._merging != mark)
            self._merging = mark
            if not has_more:
                self._merged = mark
                return True
            if time.monotonic() >= until:
                return False

    def _truncate_log(self) -> bool:
        """Move SQLite's log into the file and truncate it. Return False if a reader uses it."""
        try:
            # a checkpoint needs a connection without a transaction, which is the driver's
            with closing(self.engine.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute(f"PRAGMA busy_timeout={ERASE_SECONDS * 1000:.0f}")
                try:
                    busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                finally:
                    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000:.0f}")
        except (SQLAlchemyError, sqlite3.Error):
            return False
        return not busy

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            with translate_db_errors(self.description, server=self.is_shared):
                if not self.is_shared:
                    self._reopen_if_replaced()
                yield
        except StoreError as error:
            if is_search_index_damaged(error.__cause__):
                log.warning("%s", error.message)
                self.engine.dispose()  # connections cache parts of the index
                with translate_db_errors(self.description), self._writer.begin() as connection:
                    rebuild_search_index(connection)
            raise

    def _reopen_if_replaced(self) -> None:
        """Open the file at the path if it is another one: SQLite keeps using a moved file."""
        try:
            inode = self.path.stat().st_ino
        except FileNotFoundError:
            self.engine.dispose()
            self._inode = None
            raise StoreError(
                f"{self.description} is missing.",
                hint="Put it back: the console retries. Or restart the console, which creates a "
                "new file.",
            ) from None
        if inode != self._inode:
            self.engine.dispose()
            self._upgrade()
            self._inode = inode
            self._merging = self._merged = None

    def _connect(self, busy_seconds: float, statement_seconds: float) -> Engine:
        if self.is_shared:
            return _connect_postgres(self._address, busy_seconds, statement_seconds)
        return _connect_sqlite(self.path, busy_seconds)

    def _upgrade(self) -> None:
        """Upgrade the schema if needed, by one process at a time."""
        with self.engine.begin() as reader:
            if self.is_shared:
                _check_encoding(reader, self.description)
            if not needs_upgrade(reader, self.description):
                return
        patient = self._connect(UPGRADE_SECONDS, UPGRADE_SECONDS)
        try:
            with patient.execution_options(immediate=True).begin() as writer:
                if self.is_shared:
                    lock = text("SELECT pg_advisory_xact_lock(:key)")
                    writer.execute(lock, {"key": _UPGRADE_LOCK})
                if read_version(writer) == VERSION_OF_0_2_0:
                    log.warning("%s is being converted from version 0.2.0.", self.description)
                    if not self.is_shared:
                        self._back_up()
                upgrade(writer)
        finally:
            patient.dispose()

    def _back_up(self) -> None:
        """Copy the SQLite file as it was before the open transaction, to `BACKUP_NAME`."""
        backup = self.path.with_name(BACKUP_NAME)
        incomplete = self.path.with_name(f"{BACKUP_NAME}.incomplete")
        incomplete.unlink(missing_ok=True)
        incomplete.touch(mode=0o600)
        try:
            with closing(self.engine.raw_connection()) as connection:
                connection.cursor().execute("VACUUM INTO ?", (str(incomplete),))
            incomplete.replace(backup)
        finally:
            incomplete.unlink(missing_ok=True)
        log.warning("The file from before the conversion is %s.", backup)


def postgres_url(url: SecretStr) -> URL:
    """Return the address for psycopg. Raise `StoreError` unless it is one of PostgreSQL."""
    hint = (
        "Write postgresql://user:password@host:5432/database, with %40 for an @ in the password, "
        "%2F for a / and %25 for a %."
    )
    try:
        address = make_url(url.get_secret_value())
        scheme = address.get_backend_name()
    except (ArgumentError, ValueError):
        raise StoreError("LFCONSOLE_DATABASE_URL is not a valid address.", hint=hint) from None
    if scheme not in ("postgresql", "postgres") or not address.database:
        raise StoreError(
            "LFCONSOLE_DATABASE_URL is not the address of a PostgreSQL database.", hint=hint
        )
    # then these are parts of a password, which errors must not quote
    if "@" in f"{address.host or ''}{address.database}":
        raise StoreError("LFCONSOLE_DATABASE_URL has an extra @.", hint=hint)
    return address.set(drivername="postgresql+psycopg")


def _connect_postgres(address: URL, busy_seconds: float, statement_seconds: float) -> Engine:
    busy, statement = round(busy_seconds * 1000), round(statement_seconds * 1000)
    options = (
        f"-c lock_timeout={busy}ms -c statement_timeout={statement}ms "
        # a console that hangs must not hold locks
        f"-c idle_in_transaction_session_timeout={statement}ms "
        # the number of matches of a search differs too much for one plan
        "-c plan_cache_mode=force_custom_plan"
    )
    own = address.query.get("options", "")
    return create_engine(
        address,
        hide_parameters=True,
        pool_pre_ping=True,  # reconnects after the database was away
        pool_size=5,
        max_overflow=15,
        connect_args={
            "connect_timeout": 5,
            "application_name": "langflow-console",
            "options": " ".join((options, *([own] if isinstance(own, str) else own))),
            **_KEEPALIVE,
        },
    )


def _check_encoding(connection: Connection, description: str) -> None:
    encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise StoreError(
            f"{description} cannot store all texts: its encoding is {encoding}.",
            hint="Create a database with ENCODING 'UTF8' and set LFCONSOLE_DATABASE_URL to it.",
        )


def _connect_sqlite(path: Path, busy_seconds: float) -> Engine:
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
    connection.isolation_level = None  # `_begin` begins all transactions, also those with DDL
    _enable_write_ahead_log(connection)
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _enable_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log. SQLite does not wait for another process that does the same."""
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
    options = connection.get_execution_options()
    if not options.get("immediate"):
        connection.exec_driver_sql("BEGIN")
        return
    # can be set outside of a transaction only, and lasts until it is set again
    level = "FULL" if options.get("durable", True) else "NORMAL"
    if connection.info.get("synchronous", "FULL") != level:
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.info["synchronous"] = level
    busy_seconds = options.get("busy_seconds")
    if busy_seconds is not None:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={busy_seconds * 1000:.0f}")
    # takes the lock at once: a transaction that began by reading could not wait for it
    connection.exec_driver_sql("BEGIN IMMEDIATE")
