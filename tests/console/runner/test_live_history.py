"""Lists of runs as they stand, and deleting."""

from dataclasses import replace
from datetime import timedelta

from lfclient.console.config.retention import RetentionSettings
from lfclient.console.runner import live_history
from lfclient.console.runner.clock import now
from lfclient.console.store.run_queries import RunFilter
from lfclient.console.store.store import Store
from lfclient.runs.model import RunStatus
from tests.console.store.test_retention import indexed

DRAFT = ("browser", "owner", "flow")


def test_a_run_is_listed_as_it_stands_and_with_what_it_was_given(bench):
    """Also what is not on disk yet."""
    bench.server.hold_submits = True
    run_id = bench.start({"ChatInput-a.input_value": "Hello there"})
    (entry,) = bench.runner.history.page([bench.owner]).runs
    assert (entry.id, entry.status, entry.input_summary) == (
        run_id,
        RunStatus.QUEUED,
        "Message: Hello there",
    )
    bench.server.hold_submits = False
    bench.ended(run_id)
    entry = bench.runner.history.get([bench.owner], run_id)
    assert (entry.status, entry.seconds is not None) == (RunStatus.COMPLETED, True)
    bench.kept(run_id, lambda record: record.ended)
    assert bench.runner.history.get([bench.owner], run_id).output_summary == "echo"
    found = bench.runner.history.page([bench.owner], RunFilter(text="there echo"))
    assert [one.id for one in found.runs] == [run_id]


def test_a_deleted_run_is_gone_from_memory_and_disk(bench):
    """One that goes on stays."""
    done = bench.start()
    bench.ended(done)
    bench.kept(done, lambda record: record.ended)
    bench.server.hold_submits = True
    going = bench.start()
    removed = bench.runner.history.delete([bench.owner], [done, going])
    assert (removed.deleted, removed.still_running) == ([done], [going])
    assert bench.runner.get(done, bench.owner) is None
    assert bench.runner.get(going, bench.owner)


def test_what_was_deleted_is_overwritten_by_and_by(bench, monkeypatch):
    """As far as whoever deletes does not wait for it."""
    store = bench.runner.store
    run_id = bench.start({"ChatInput-a.input_value": "Hello there"})
    bench.kept(run_id, lambda record: record.ended)
    monkeypatch.setattr(store.database, "overwrite", lambda: None)
    assert bench.runner.history.delete([bench.owner], [run_id]).deleted
    assert indexed(store)
    bench.runner.history.tidy()
    assert not indexed(store)


def test_inputs_that_are_not_to_be_kept_are_not(bench):
    """They are sent all the same."""
    bench.runner.store.retention = RetentionSettings(store_inputs=False)
    run_id = bench.start({"ChatInput-a.input_value": "Hello there"})
    record = bench.ended(run_id)
    assert (record.overrides, record.input_summary, record.inputs_stored) == ({}, "", False)
    assert record.run.outputs["ChatOutput-b"].value == "echo"


def after(monkeypatch, **time):
    """Let so much have gone by, whatever the clock is set to; cleaning is due then."""
    at = live_history.uptime() + timedelta(**time)
    monkeypatch.setattr(live_history, "uptime", lambda: at)
    monkeypatch.setattr(live_history, "RETENTION_SECONDS", 0)


def started_ahead(bench, monkeypatch, **time):
    """The lists of a console that has just been started, with a clock that is so much ahead."""
    ahead = now() + timedelta(**time)
    monkeypatch.setattr(live_history, "now", lambda: ahead)
    return live_history.LiveHistory(bench.runner.store, bench.runner.history._cache, lambda _: None)


def a_run(bench):
    """One that is done and kept."""
    run_id = bench.start()
    return bench.kept(run_id, lambda record: record.ended)


def test_what_is_too_old_is_tidied_away(bench, monkeypatch):
    """From memory, too; and runs of a release without search are found from then on."""
    record = a_run(bench)
    store = bench.runner.store
    old = replace(record, id="old", submit_token="old", created_at=now() - timedelta(days=3))
    store.create(old)
    with store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM run_texts")
    store.cleaner.retention = RetentionSettings(max_age_days=2)
    after(monkeypatch, hours=1)
    bench.runner.history.tidy()
    entries = bench.runner.history.page([bench.owner], RunFilter(text="echo")).runs
    assert [entry.id for entry in entries] == [record.id]
    assert Store(bench.folder).get("old") is None


def test_a_clock_that_is_set_ahead_makes_no_run_too_old(bench, monkeypatch):
    """What was removed would not come back with the right time; what is old by both is removed."""
    run_id = a_run(bench).id
    bench.runner.store.cleaner.retention = RetentionSettings(max_age_days=2)
    ahead = now() + timedelta(days=3)
    monkeypatch.setattr(live_history, "now", lambda: ahead)
    after(monkeypatch, hours=1)
    bench.runner.history.tidy()
    assert Store(bench.folder).get(run_id)
    after(monkeypatch, days=3)
    bench.runner.history.tidy()
    assert Store(bench.folder).get(run_id) is None


def test_a_clock_that_is_ahead_at_the_start_makes_nothing_too_old_at_once(bench, monkeypatch):
    """It has an hour to be set right, in which neither runs nor drafts are removed."""
    run_id = a_run(bench).id
    store = bench.runner.store
    store.drafts.write({DRAFT: "typed"})
    store.cleaner.retention = RetentionSettings(max_age_days=2)
    lists = started_ahead(bench, monkeypatch, days=3)
    lists.tidy()
    assert Store(bench.folder).get(run_id)
    assert store.drafts.get(DRAFT) == "typed"
    after(monkeypatch, hours=1)
    lists.tidy()
    assert Store(bench.folder).get(run_id) is None
    assert store.drafts.get(DRAFT) is None


def test_drafts_without_any_run_do_not_go_by_a_clock_that_is_ahead(bench, monkeypatch):
    bench.runner.store.drafts.write({DRAFT: "typed"})
    started_ahead(bench, monkeypatch, days=40).tidy()
    assert bench.runner.store.drafts.get(DRAFT) == "typed"


def test_a_console_that_is_started_again_gives_its_clock_another_hour(bench, monkeypatch):
    """Although a run that was made by it is not old."""
    record = a_run(bench)
    store = bench.runner.store
    store.cleaner.retention = RetentionSettings(max_age_days=2)
    started_ahead(bench, monkeypatch, days=3).tidy()
    store.create(
        replace(record, id="new", submit_token="new", created_at=now() + timedelta(days=3))
    )
    started_ahead(bench, monkeypatch, days=3).tidy()
    assert Store(bench.folder).get(record.id)


def test_what_is_too_much_or_not_to_be_kept_is_removed_at_once(bench, monkeypatch):
    """No clock makes it so; although all is too old by this one."""
    record = a_run(bench)
    store = bench.runner.store
    store.create(
        replace(record, id="old", submit_token="old", created_at=now() - timedelta(days=1))
    )
    store.drafts.write({DRAFT: "typed"})
    store.cleaner.retention = RetentionSettings(max_age_days=2, max_runs=1, store_inputs=False)
    started_ahead(bench, monkeypatch, days=40).tidy()
    assert store.drafts.get(DRAFT) is None
    assert [one.id for one in store.recent(bench.owner)] == [record.id]
