"""Errors of a PostgreSQL server that is down, locked, misconfigured or shared with others.

As in `test_faults`, the next call works, and no error contains a secret.
"""

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from lfclient.common.backoff import Backoff
from lfclient.console.runner.timings import Timings
from lfclient.console.store.errors import StoreError
from lfclient.console.store.store import Store
from lfclient.runs.model import RunStatus
from tests.support import postgres
from tests.support.fake_langflow import FakeLangflow
from tests.support.runner_harness import RunnerHarness
from tests.support.store_errors import PASSWORD, TYPED, raises_store_error, typed
from tests.support.waiting import wait_for

pytestmark = pytest.mark.live


@pytest.fixture
def url():
    return postgres.postgres().new_database()


@pytest.fixture
def shared(tmp_path, url):
    store = Store(tmp_path, SecretStr(url))
    yield store
    store.close()


def other(url):
    """Connect to the database as another program."""
    return psycopg.connect(url, autocommit=True)


def test_a_database_server_that_restarts_is_used_again(shared, url, caplog):
    """Open connections are replaced, and committed data is still there."""
    shared.create(typed("r1"))
    postgres.postgres().stop()
    try:
        for call in (lambda: shared.create(typed("r2")), lambda: shared.get("r1")):
            with raises_store_error("cannot be reached", "keeps trying"):
                call()
    finally:
        postgres.postgres().start()
    assert shared.get("r1") == typed("r1")
    assert shared.create(typed("r2")) == [typed("r2")]
    assert PASSWORD not in caplog.text


def test_a_connection_lost_during_a_statement_is_reported_without_its_values(shared, url):
    pid = text("SELECT pg_backend_pid() WHERE :typed <> ''")
    with (
        raises_store_error("cannot be reached", "keeps trying"),
        shared.database.write() as connection,
    ):
        own = connection.execute(pid, {"typed": TYPED}).scalar_one()
        with other(url) as another:
            another.execute("SELECT pg_terminate_backend(%s)", (own,))
        connection.execute(pid, {"typed": TYPED})
    assert shared.create(typed("r1")) == [typed("r1")]


WRONG_ADDRESSES = [
    ((PASSWORD, "wrong-word"), "denies the console access", "Check user, password"),
    (("console:", "nobody:"), "denies the console access", "Check user, password"),
    (("/runs_", "/gone_"), "denies the console access", "Check user, password"),
    (("127.0.0.1", "nowhere.invalid"), "cannot be reached", "keeps trying"),
    (("postgresql:", "mysql:"), "not the address of a PostgreSQL", "postgresql://user"),
    (("postgresql://", "postgresql:"), "LFCONSOLE_DATABASE_URL is", "postgresql://user"),
    ((PASSWORD, f"a@{PASSWORD}"), "an extra @", "%40"),
    ((f"{PASSWORD}@127.0.0.1", f"p@127.0.0.1/{PASSWORD}@127.0.0.1"), "an extra @", "%40"),
    (("127.0.0.1:", "127.0.0.1:no"), "not a valid address", "postgresql://user"),
]


def test_a_wrong_address_is_reported_without_its_password(tmp_path, url):
    for change, words, hint in WRONG_ADDRESSES:
        assert change[0] in url
        with raises_store_error(words, hint):
            Store(tmp_path, SecretStr(url.replace(*change)))


def test_no_description_of_a_store_contains_its_password(shared):
    engine = shared.database.engine
    shown = repr([shared, vars(shared), vars(shared.database), engine, engine.url, engine.pool])
    assert PASSWORD not in shown + shared.database.description


def test_a_read_only_database_is_reported(shared, url):
    shared.create(typed("r1"))
    with other(url) as another:
        name = another.info.dbname
        another.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        shared.close()
        with raises_store_error("is read-only", "primary server"):
            shared.create(typed("r2"))
        assert shared.get("r1") == typed("r1")
        another.execute("SET default_transaction_read_only = off")
        another.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    shared.close()
    assert shared.create(typed("r2")) == [typed("r2")]


def test_a_lock_of_another_program_is_reported_after_a_wait(tmp_path, url, monkeypatch):
    monkeypatch.setattr("lfclient.console.store.database.BUSY_SECONDS", 0.2)
    store = Store(tmp_path, SecretStr(url))
    with psycopg.connect(url) as another:
        another.execute("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE")
        for call in (lambda: store.create(typed("r1")), lambda: store.get("r1")):
            with raises_store_error("locked by another program", "Try again"):
                call()
    assert store.create(typed("r1")) == [typed("r1")]
    store.close()


CODES = {
    "53100": ("its disk is full", "Free up space"),
    "53300": ("accepts no more connections", "max_connections"),
    "40P01": ("locked by another program", "Try again"),
    "57014": ("took too long", "Narrow the search"),
    "57P01": ("cannot be reached", "keeps trying"),
    "XX001": ("is damaged", "backup"),
    "58030": ("is damaged", "backup"),
    "42501": ("denies the console access", "Check user"),
    "54000": ("cannot store", "Shorten"),
    "P0001": ("cannot be used", "its log"),
}


def test_database_errors_are_recognized_by_their_codes(shared, url):
    """In any language. Only the first line is shown, since later ones quote values."""
    for code, (words, hint) in CODES.items():
        with other(url) as another:
            another.execute(
                "CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"RAISE EXCEPTION 'Es geht nicht' USING ERRCODE = '{code}', DETAIL = '{TYPED}'; "
                "END $$"
            )
            another.execute("CREATE TRIGGER t BEFORE INSERT ON runs EXECUTE FUNCTION fail()")
            with pytest.raises(StoreError, match=words) as caught:
                shared.create(typed("r1"))
            assert hint in caught.value.hint
            assert "Es geht nicht" in caught.value.message
            assert TYPED not in caught.value.message
            another.execute("DROP TRIGGER t ON runs")
    assert shared.create(typed("r1")) == [typed("r1")]


def test_missing_tables_are_reported(shared, url):
    with other(url) as another:
        another.execute("DROP TABLE run_texts")
    with raises_store_error("lacks tables", "Restore them"):
        shared.create(typed("r1"))


def test_a_database_with_another_encoding_is_refused(tmp_path):
    with other(postgres.postgres().url()) as another:
        another.execute("DROP DATABASE IF EXISTS latin")
        another.execute("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with raises_store_error("its encoding is LATIN1", "UTF8"):
        Store(tmp_path, SecretStr(postgres.postgres().url("latin")))


def test_a_run_continues_while_its_database_is_down_and_is_saved_afterwards(tmp_path, url):
    quick = Backoff(0.1, 0.2)
    timings = Timings(maintenance_seconds=0.1, listening=quick)
    harness = RunnerHarness(tmp_path, FakeLangflow(seconds=60), SecretStr(url), timings)
    run_id = harness.start()
    harness.wait_until_saved(run_id, lambda stored: stored.status is RunStatus.IN_PROGRESS)
    postgres.postgres().stop()
    try:
        next(iter(harness.server.jobs.values())).ends_at = 0
        record = harness.wait_for_end(run_id)
        assert record.status is RunStatus.COMPLETED
        wait_for(lambda: harness.runner.save_error)
        assert "cannot be reached" in harness.runner.save_error.message
        with raises_store_error("cannot be reached", "keeps trying"):
            harness.start(submit_token="another")
        sent = len(harness.server.jobs)
    finally:
        postgres.postgres().start()
    stored = harness.wait_until_saved(run_id, lambda record: record.ended and record.run)
    assert stored.run == harness.runner.get(run_id, harness.owner).run
    assert len(harness.server.jobs) == sent == 1
    harness.server.seconds = 0.1
    assert harness.wait_for_end(harness.start(submit_token="another")).status is RunStatus.COMPLETED
    assert harness.runner.save_error is None
    harness.runner.close()
