"""Transactions by the driver alone, for what is written so often that each microsecond counts.

SQLAlchemy words each statement once, keeps the connections, and names the errors; what else it
does for a statement takes longer than SQLite's work for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ClauseElement, Engine
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from lfclient.console.store.column_values import sanitize_text

Values = dict[str, Any]
# runs a statement with its values, or once for each of several; returns the rows it returns
Execute = Callable[[ClauseElement, Values | list[Values]], list[tuple[Any, ...]]]


class Quick:
    """Values may be text, numbers, bool, bytes and None: those that drivers take as they are."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._errors = engine.dialect.loaded_dbapi.Error
        is_sqlite = engine.dialect.name == "sqlite"
        self._is_sqlite = is_sqlite
        self._wording = sqlite.dialect(paramstyle="named") if is_sqlite else engine.dialect
        self._worded: dict[tuple[Any, ...], str] = {}

    @contextmanager
    def write(self, *, forced: bool = True) -> Iterator[Execute]:
        """A transaction, committed at the end. Raises SQLAlchemy's errors, without any values.

        Not `forced` to the disk, it outlasts this process, but perhaps not the machine's next fall.
        """
        connection = None
        try:
            connection = self._engine.raw_connection()
            cursor = connection.cursor()
            if self._is_sqlite:
                if not forced:
                    cursor.execute("PRAGMA synchronous=NORMAL")
                cursor.execute("BEGIN IMMEDIATE")
            elif not forced:  # psycopg begins by itself
                cursor.execute("SET LOCAL synchronous_commit TO OFF")

            def execute(statement: ClauseElement, values: Values | list[Values]) -> Any:
                if isinstance(values, list):
                    cursor.executemany(self._sql(statement, values[0]), map(_storable, values))
                else:
                    cursor.execute(self._sql(statement, values), _storable(values))
                return cursor.fetchall() if cursor.description else []

            yield execute
            connection.commit()
        except self._errors as error:
            if connection and self._engine.dialect.is_disconnect(error, connection, None):
                connection.invalidate(error)
            raise DBAPIError.instance(
                None, None, error, self._errors, hide_parameters=True
            ) from error
        finally:
            if connection and self._is_sqlite and not forced:
                self._force_again(connection)
            if connection:
                connection.close()  # the pool takes back what is not committed

    def _force_again(self, connection: Any) -> None:
        try:
            connection.rollback()  # of what failed: within a transaction it cannot be set
            connection.cursor().execute("PRAGMA synchronous=FULL")
        except self._errors as error:
            connection.invalidate(error)

    def _sql(self, statement: ClauseElement, values: Values) -> str:
        key = (statement, *values)
        if key not in self._worded:
            worded = statement.compile(dialect=self._wording, column_keys=list(values))
            self._worded[key] = str(worded)
        return self._worded[key]


def _storable(values: Values) -> Values:
    return {
        name: sanitize_text(value) if isinstance(value, str) else value
        for name, value in values.items()
    }
