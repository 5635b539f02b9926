"""Which records identify the job of a submit without a response."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from lfclient import BadResponse, FoundJob
from lfclient.runs.lost_jobs import MAX_TRANSACTIONS, JobIndex, read_record_time
from lfclient.wire.schemas import BuildList, TraceList, TransactionList
from tests.support.scripted import OLD, VERSION, Server, call_client

CLICK = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
FLOW = "00000000-0000-4000-8000-00000000000a"
MONITOR = "/base/api/v1/monitor"


def at(seconds: float) -> str:
    """Return a server's time, in seconds after the click."""
    return (CLICK + timedelta(seconds=seconds)).isoformat()


def builds(*records: tuple[str, str, float, str]) -> dict[str, Any]:
    """Return a list of builds: component, job, seconds after the click, session."""
    found: dict[str, list[dict[str, Any]]] = {}
    for component, job, seconds, session in records:
        data = {"results": {"message": {"data": {"session_id": session}}}}
        record = {"job_id": job, "timestamp": at(seconds), "data": data}
        found.setdefault(component, []).append(record)
    return {"vertex_builds": found}


def transactions(*records: tuple[str, float]) -> dict[str, Any]:
    """Return a list of transactions: component, seconds after the click."""
    return {"items": [{"vertex_id": name, "timestamp": at(seconds)} for name, seconds in records]}


def by_time(builds_body: dict[str, Any], transactions_body: dict[str, Any]) -> list[FoundJob]:
    index = JobIndex()
    index.add_builds(BuildList.model_validate(builds_body))
    return index.find_by_time(TransactionList.model_validate(transactions_body), CLICK)


ONE = builds(("A-a", "job", 0.5, ""), ("B-b", "job", 0.6, ""))
WORKED = [("A-a", 0.5), ("B-b", 0.6)]


def test_the_only_run_since_the_submit_is_found_by_its_time():
    assert by_time(ONE, transactions(*WORKED, ("A-a", -60))) == [FoundJob("job", "time")]


@pytest.mark.parametrize(
    ("builds_body", "transactions_body"),
    [
        (builds(("A-a", "job", 0.5, ""), ("B-b", "other", 0.6, "")), WORKED),
        (builds(("A-a", "job", 0.5, "another's"), ("B-b", "job", 0.6, "")), WORKED),
        (builds(("A-a", "job", -0.5, ""), ("B-b", "job", 0.6, "")), WORKED),
        (builds(("A-a", "job", 61, ""), ("B-b", "job", 62, "")), [("A-a", 61), ("B-b", 62)]),
        (ONE, [*WORKED, ("A-a", 3)]),
        (ONE, [*WORKED, ("C-c", 3)]),
        (ONE, [("A-a", -0.1), ("B-b", 0.6)]),
        (ONE, [*WORKED, *[("A-a", -9)] * MAX_TRANSACTIONS]),
        (builds(), []),
    ],
    ids=[
        "two jobs",
        "a session",
        "before",
        "too late",
        "ran again",
        "more ran",
        "began before",
        "many",
        "none",
    ],
)
def test_an_ambiguous_run_is_not_found_by_its_time(
    builds_body: dict[str, Any], transactions_body: list[tuple[str, float]]
):
    assert by_time(builds_body, transactions(*transactions_body)) == []


def test_a_session_is_found_in_all_kinds_of_records():
    """Without earlier runs of the same session."""
    index = JobIndex()
    builds_body = builds(("A-a", "early", -9, "s"), ("B-b", "built", 1, "s"))
    index.add_builds(BuildList.model_validate(builds_body))
    traces_body = {"traces": [{"id": "traced", "sessionId": "s", "startTime": at(0)}]}
    index.add_traces(TraceList.model_validate(traces_body))
    found = index.find_by_session("s", CLICK)
    assert found == [FoundJob("built", "session"), FoundJob("traced", "session")]
    assert [one.delay.total_seconds() for one in found] == [1, 0]
    assert index.find_by_session("", CLICK) == []


def test_record_times_of_all_releases_are_parsed():
    texts = ["2026-11-25 10:00:00 UTC", "2026-11-25T10:00:00.000000", "2026-11-25T10:00:00Z"]
    assert [read_record_time(text) for text in texts] == [CLICK] * 3
    assert (read_record_time(None), read_record_time("soon")) == (None, None)


@pytest.mark.parametrize("behind", [0, -600, 600])
def test_a_servers_clock_may_differ_for_a_match_by_session(behind: int):
    """It rules out a match by time."""
    sent_at = datetime.now(UTC)
    server_now = sent_at + timedelta(seconds=behind + 1)
    date = {"date": format_datetime(server_now, usegmt=True)}
    shown = server_now.isoformat()

    def answers(session: str) -> Server:
        builds_body = builds(("A-a", "job", 0, session))
        builds_body["vertex_builds"]["A-a"][0]["timestamp"] = shown
        transactions_body = {"items": [{"vertex_id": "A-a", "timestamp": shown}]}
        server = Server(OLD)
        server.on(
            "GET",
            f"{MONITOR}/builds",
            lambda _: httpx.Response(200, json=builds_body, headers=date),
        )
        server.on("GET", f"{MONITOR}/messages", (200, []))
        return server.on("GET", f"{MONITOR}/transactions", (200, transactions_body))

    assert answers("s").client().runs.find_jobs(FLOW, "s", sent_at) == [FoundJob("job", "session")]
    found = answers("").client().runs.find_jobs(FLOW, "s", sent_at)
    assert found == ([FoundJob("job", "time")] if behind == 0 else [])


@pytest.mark.parametrize("zone", ["GMT", "-0000", ""])
def test_a_date_header_without_a_zone_is_utc(zone: str):
    sent_at = datetime.now(UTC)
    date = {"date": f"{sent_at:%a, %d %b %Y %H:%M:%S} {zone}".strip()}
    builds_body = builds(("A-a", "job", 0, "s"))
    builds_body["vertex_builds"]["A-a"][0]["timestamp"] = sent_at.isoformat()
    server = Server(OLD)
    server.on(
        "GET", f"{MONITOR}/builds", lambda _: httpx.Response(200, json=builds_body, headers=date)
    )
    server.on("GET", f"{MONITOR}/messages", (200, []))
    assert server.client().runs.find_jobs(FLOW, "s", sent_at) == [FoundJob("job", "session")]


def test_malformed_lists_raise_bad_answer():
    server = Server(VERSION)
    server.on("GET", f"{MONITOR}/builds", (200, builds()))
    server.on("GET", f"{MONITOR}/messages", (200, []))
    server.on("GET", f"{MONITOR}/traces", (200, {"traces": [{"id": 5}]}))
    with pytest.raises(BadResponse, match="list of traces"):
        server.client().runs.find_jobs(FLOW, "s", CLICK)


def test_a_release_with_traces_never_matches_by_time():
    """Its traces have the session of every run."""
    server = Server(VERSION)
    server.on("GET", f"{MONITOR}/builds", (200, builds(("A-a", "job", 0, ""))))
    server.on("GET", f"{MONITOR}/messages", (200, []))
    server.on("GET", f"{MONITOR}/traces", (200, {"traces": []}))

    found = call_client(
        "async", lambda client: client.runs.find_jobs(FLOW, "s", CLICK), handler=server
    )
    assert found == []
    assert "GET /api/v1/monitor/transactions" not in server.paths()
