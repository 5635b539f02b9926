"""Shared results."""

import pytest
from sqlalchemy import select

from lfclient.console.store.errors import ConstraintViolated
from lfclient.console.store.tables import ShareRow
from tests.console.store.test_owners import record

CONTENT = {"title": "ü", "inputs": [{"label": "City", "value": "Lisbon"}]}


def test_a_token_returns_what_was_shared_until_it_is_revoked(store):
    store.create(record("run", owner="me"))
    shares = store.shares
    first, second = (shares.create("me", "run", CONTENT) for _ in range(2))
    assert (shares.get(first).run_id, shares.get(first).owner) == ("run", "me")
    assert shares.get(second).content == CONTENT
    assert shares.count("me", "run") == 2
    shares.revoke("you", "run")
    assert shares.get(first)
    shares.revoke("me", "run")
    assert shares.get(first) is shares.get(second) is None
    assert shares.count("me", "run") == 0


def test_shared_runs_are_those_of_the_owners_that_a_token_shares(store):
    shares = store.shares
    for id, owner in (("a", "me"), ("b", "me"), ("c", "you")):
        store.create(record(id, owner=owner))
    for id, owner in (("a", "me"), ("a", "me"), ("c", "you")):
        shares.create(owner, id, CONTENT)
    assert shares.shared_runs(["me"], ["a", "b", "c"]) == {"a"}
    assert shares.shared_runs(["me", "you"], ["b", "c"]) == {"c"}
    shares.revoke("me", "a")
    assert shares.shared_runs(["me"], ["a", "b"]) == set()


def test_a_share_ends_with_its_run(any_store):
    any_store.create(record("run", owner="me"))
    token = any_store.shares.create("me", "run", CONTENT)
    any_store.history.delete(["me"], ["run"])
    assert any_store.shares.get(token) is None


def test_a_run_that_is_not_stored_can_not_be_shared(any_store):
    with pytest.raises(ConstraintViolated):
        any_store.shares.create("me", "gone", CONTENT)


def test_tokens_differ_are_long_and_are_stored_as_hashes_only(store):
    store.create(record("run", owner="me"))
    tokens = {store.shares.create("me", "run", CONTENT) for _ in range(3)}
    assert len(tokens) == 3
    assert all(len(token) >= 43 for token in tokens)
    with store.database.read() as connection:
        hashes = set(connection.execute(select(ShareRow.token_hash)).scalars())
    assert len(hashes) == 3
    assert not tokens & hashes
