"""New databases of runs for tests: copies of one whose schema is current.

An upgrade from nothing takes 45 ms on SQLite and more on PostgreSQL, a thousand times in a run of
the tests. Tests of the upgrade itself open an empty folder or database.
"""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import event

from lfclient.console.store.database import FILE_NAME
from lfclient.console.store.store import Store
from tests.support import servers
from tests.support.postgres import postgres

COPIES: set[str] = set()  # the paths of SQLite files whose schema is current


def create_sqlite(folder: Path) -> None:
    """Create the file of runs in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_sqlite_template(), folder / FILE_NAME)
    COPIES.add(str(folder / FILE_NAME))


def create_postgres() -> SecretStr:
    """Create a database and return its address."""
    return SecretStr(postgres().new_database(template=_postgres_template()))


@contextmanager
def open_store(kind: str, folder: Path) -> Iterator[Store]:
    """Open a store on a new database, "sqlite" or "postgresql"."""
    if kind == "sqlite":
        create_sqlite(folder)
    store = Store(folder, create_postgres() if kind == "postgresql" else None)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def full_disk(store: Store, room_bytes: int) -> Iterator[None]:
    """Let the file of runs grow by no more than some bytes."""
    engine = store.database.engine

    def limit(connection, _):
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages + room_bytes // size}")

    event.listen(engine, "connect", limit)
    engine.dispose()
    try:
        yield
    finally:
        event.remove(engine, "connect", limit)
        engine.dispose()


@functools.cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(dir=os.environ[servers.FOLDER]))
    Store(folder).close()
    return folder / FILE_NAME


@functools.cache
def _postgres_template() -> str:
    url = postgres().new_database()
    with tempfile.TemporaryDirectory() as folder:
        Store(Path(folder), SecretStr(url)).close()
    return url.rpartition("/")[2]
