"""Transactions that are not forced to the disk."""

import pytest
from sqlalchemy import insert, text

from lfclient.console.store.errors import StoreError
from lfclient.console.store.tables import RESPONSE_CHUNKS


def test_a_write_that_is_not_durable_leaves_the_next_one_durable(any_store):
    """Also after a failed one, for example of a run that another process deletes meanwhile."""
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
