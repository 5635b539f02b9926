"""Queries of lists use an index and never sort a whole table."""

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import event

from lfclient.console.store.run_queries import Cursor, RunFilter
from lfclient.console.store.store import Store
from lfclient.runs.model import RunStatus
from tests.support import postgres
from tests.support.many_runs import FLOWS, OWNER, RARE, START, fill

COUNT = 1_500
FROM, MIDDLE, TO = (START + timedelta(minutes=COUNT * n // 4) for n in (1, 2, 3))
FILTERS = {
    "flow": {"flow_id": "flow-1"},
    "status": {"statuses": (RunStatus.FAILED,)},
    "statuses": {"statuses": (RunStatus.FAILED, RunStatus.CANCELLED)},
    "mode": {"mode": "sync"},
    "star": {"starred": True},
    "since": {"since": FROM},
    "until": {"until": TO},
    "common": {"text": "flow"},  # in every run
    "rare": {"text": RARE},
    "short": {"text": "fl"},  # in every run, and too short for SQLite's index
}
NOTHING = [pytest.param(RunFilter(), id="all")]
ALONE = [pytest.param(RunFilter(**values), id=name) for name, values in FILTERS.items()]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def full_store(request, tmp_path_factory):
    url = SecretStr(postgres.postgres().new_database()) if request.param == "postgresql" else None
    store = Store(tmp_path_factory.mktemp("full"), url)
    fill(store, COUNT)
    yield store
    store.close()


@contextmanager
def plans(store):
    """Collect the queries on runs that are executed in the block, with their plans."""
    statements, queries = [], []

    def note(connection, cursor, statement, parameters, context, executemany):
        statements.append((statement, parameters))

    event.listen(store.database.engine, "before_cursor_execute", note)
    yield queries
    event.remove(store.database.engine, "before_cursor_execute", note)
    how = "EXPLAIN" if store.database.is_shared else "EXPLAIN QUERY PLAN"
    with store.database.engine.connect() as connection:
        for statement, parameters in statements:
            if statement.startswith(("SELECT", "WITH")) and "run" in statement:
                if store.database.is_shared:
                    # plan as for a large table
                    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
                rows = connection.exec_driver_sql(f"{how} {statement}", parameters)
                queries.append((statement, "\n".join(str(row[-1]) for row in rows)))


def bad(plan):
    """Return the lines of a plan that read or sort a whole table; sorting a few rows is fine."""
    lines = []
    for line in plan.splitlines():
        sorts = re.search(r"(?<!Incremental )Sort  \(.* rows=(\d+)", line)
        if sorts and int(sorts[1]) > COUNT // 20:
            lines.append(line)
        if "USE TEMP B-TREE FOR ORDER BY" in line or "Seq Scan on run" in line:
            lines.append(line)
        whole = line.startswith("SCAN run") and "VIRTUAL TABLE" not in line
        if whole and "ix_runs_unfinished" not in line:
            lines.append(line)
    return lines


@pytest.mark.parametrize("which", [*NOTHING, *ALONE])
def test_each_page_of_a_list_uses_an_index(full_store, which):
    """The first page and those around a cursor. Only matches of a rare word are sorted."""
    middle = Cursor(MIDDLE, "")
    with plans(full_store) as queries:
        full_store.history.page([OWNER], which)
        full_store.history.page([OWNER], which, older_than=middle)
        full_store.history.page([OWNER], which, newer_than=middle)
    listed = [
        plan
        for statement, plan in queries
        if "ORDER BY" in statement and "FROM (SELECT" not in statement
    ]
    assert bool(listed) == (which.text != RARE)
    assert "\n".join(plan for plan in listed if bad(plan)) == ""


def test_filter_choices_are_found_without_reading_all_runs(full_store):
    """Flows, and unfinished and recent runs."""
    with plans(full_store) as queries:
        assert len(full_store.history.flows([OWNER])) == FLOWS
        full_store.unfinished()
        full_store.recent(OWNER)
        full_store.find_by_job(OWNER, "job-1")
    assert len(queries) == FLOWS + 1 + 3
    assert "\n".join(plan for _, plan in queries if bad(plan)) == ""


def test_unfinished_runs_are_found_by_their_own_index(full_store):
    """The console reads them at start; ended runs cost nothing."""
    with plans(full_store) as queries:
        full_store.unfinished()
    assert "ix_runs_unfinished" in queries[0][1]


def test_the_runs_of_a_batch_are_found_by_their_own_index(full_store):
    with plans(full_store) as queries:
        full_store.history.batch(OWNER, "click-1")
    assert "ix_runs_batch_id" in queries[0][1]


def test_the_continued_sessions_of_a_flow_are_found_among_its_runs_alone(full_store):
    with plans(full_store) as queries:
        full_store.continued_sessions(OWNER, "flow-1")
    assert "ix_runs_owner_flow_id" in queries[0][1]


def test_a_sessions_runs_are_found_without_reading_the_runs_of_its_flow(full_store):
    (session,) = {run.session_id for run in full_store.history.page([OWNER], limit=1).runs}
    with plans(full_store) as queries:
        full_store.recent(OWNER, flow_id="flow-1", session_id=session)
    assert "ix_runs_session_id" in queries[0][1]
