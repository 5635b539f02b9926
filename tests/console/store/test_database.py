"""Writes that are not flushed to disk at once."""

import pytest
from sqlalchemy import insert, text

from lfclient.console.store.errors import StoreError
from lfclient.console.store.tables import RESPONSE_CHUNKS


def test_a_write_without_durability_does_not_affect_the_next(any_store):
    """Even if it failed, for example because another process deleted the run."""
    database = any_store.database
    query = text("SHOW synchronous_commit" if database.is_shared else "PRAGMA synchronous")

    def setting(**options):
        with database.write(**options) as connection:
            return connection.execute(query).scalar_one()

    assert setting() in ("on", 2)
    assert setting(durable=False) in ("off", 1)
    assert setting() in ("on", 2)
    chunk = {"run_id": "nobody's", "seq": 0, "body": b""}
    with pytest.raises(StoreError), database.write(durable=False) as connection:
        connection.execute(insert(RESPONSE_CHUNKS), chunk)
    assert setting() in ("on", 2)
