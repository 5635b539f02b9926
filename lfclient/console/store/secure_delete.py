"""Lets go what was deleted from SQLite's index for searching, where it is only marked as deleted.

It goes when the parts of the index are merged, which writes all of it anew: in small steps, the
first ones at once, the others by and by. Until then a mark in the head of the file
(`user_version`) tells that there is something to do, whatever becomes of the process.
"""

from __future__ import annotations

import random

from sqlalchemy import Connection

_PAGES = 100  # of the index that one step writes, in some 20 ms


def mark(connection: Connection) -> None:
    """Tell that this transaction deletes. Each mark is another, so that none is taken for it."""
    connection.exec_driver_sql(f"PRAGMA user_version = {random.randrange(1, 2**31)}")


def marked(connection: Connection) -> int:
    """The mark of the last that was deleted, 0 once that is gone from the index."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def unmark(connection: Connection, done: int) -> None:
    """Tell that what was deleted up to that mark is gone."""
    if marked(connection) == done:
        connection.exec_driver_sql("PRAGMA user_version = 0")


def merge(connection: Connection, *, anew: bool) -> bool:
    """Take one step; whether there are more. `anew`: the first one, with all that there is."""
    command = "INSERT INTO run_search(run_search, rank) VALUES (?, ?)"
    if anew:
        # else new parts, which are written meanwhile, might end it too early
        connection.exec_driver_sql(command, ("usermerge", 2))
    before = changes(connection)
    connection.exec_driver_sql(command, ("merge", -_PAGES if anew else _PAGES))
    return changes(connection) - before > 1  # the command itself is one


def changes(connection: Connection) -> int:
    """How many rows this connection has changed since it was opened."""
    driver = connection.connection.driver_connection
    assert driver is not None
    return int(driver.total_changes)
