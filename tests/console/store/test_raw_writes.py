"""Writes that are put together once, and are not always forced to the disk."""

import pytest
from sqlalchemy import text

from lfclient.console.store import statements
from lfclient.console.store.errors import StoreError


def test_a_write_that_is_not_forced_leaves_the_next_one_forced(any_store):
    """Also after one that failed, as of a run that another process deletes meanwhile."""
    database = any_store.database

    asked = text("SHOW synchronous_commit" if database.is_shared else "PRAGMA synchronous")

    def setting():
        with database.read() as connection:
            return connection.execute(asked).scalar_one()

    before = setting()
    assert before in ("on", 2)
    with database.write_quickly(forced=False) as execute:
        assert execute(asked, {})[0][0] in ("off", 1)
    assert setting() == before
    piece = {"run_id": "nobody's", "seq": 0, "body": b""}
    with pytest.raises(StoreError), database.write_quickly(forced=False) as execute:
        execute(statements.NEW_PIECE, piece)
    assert setting() == before
