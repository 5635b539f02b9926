"""Lets the SQLite files of a process not grow; Python imports this if its folder is in PYTHONPATH.

FULL_DISK names a file: the disk is full for as long as that exists.
"""

import os
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.pool import Pool

IS_FULL = Path(os.environ["FULL_DISK"])
MAX_PAGES = 2**32 - 2  # SQLite's own limit


@event.listens_for(Pool, "checkout")
def limit(connection, *_):
    """Leave the file of this connection no room, or all that there is."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    room = pages if IS_FULL.exists() else MAX_PAGES
    connection.execute(f"PRAGMA max_page_count={room}").close()
