"""Decisions that collide with others or with a stop, or are invalid, on real servers."""

from __future__ import annotations

import pytest

from lfclient import (
    HumanInputRequired,
    InvalidRequest,
    LangflowClient,
    NotWaiting,
    RunEnded,
    RunStatus,
)
from tests.live.live_runner import LiveRunner, ended, is_waiting
from tests.live.releases import Make, with_events

pytestmark = with_events


def test_of_two_simultaneous_decisions_one_counts(
    live_runner: LiveRunner, other: LiveRunner, make: Make, client: LangflowClient
):
    """The other console gets an error. Both show the outcome."""
    flow = make("Wait for an approval")
    mine = live_runner.start(flow)
    my_question = live_runner.until(mine, is_waiting).run.waiting_for
    (waiting,) = client.pending(flow)
    theirs = other.runner.adopt(other.connection, flow, waiting)
    their_question = other.until(theirs, is_waiting).run.waiting_for
    live_runner.runner.decide(mine, live_runner.connection, my_question, "approve")
    other.runner.decide(theirs, other.connection, their_question, "reject")
    first, second = live_runner.until(mine, ended), other.until(theirs, ended)
    assert first.status is second.status is RunStatus.COMPLETED
    assert list(first.run.outputs) == list(second.run.outputs)
    assert len(first.run.outputs) == 1


def test_invalid_decisions_raise_an_error(client: LangflowClient, make: Make):
    flow = make("Wait for an approval")
    job = client.submit(flow)
    (*_, question) = client.events(job, flow=flow)
    assert isinstance(question, HumanInputRequired)
    request = question.request.request_id
    with pytest.raises(InvalidRequest):
        client.resume(job, request, "perhaps")
    with pytest.raises(NotWaiting):
        client.resume(job, "HumanInput-other:1", "approve")
    client.resume(job, request, "approve")
    with pytest.raises(NotWaiting):
        client.resume(job, request, "approve")
    (*_, last) = client.events(job, question.id, flow=flow)
    assert (type(last), last.status) == (RunEnded, RunStatus.COMPLETED)
    stopped = client.submit(flow)
    (*_, question) = client.events(stopped, flow=flow)
    client.stop(stopped, flow=flow)
    with pytest.raises(NotWaiting):
        client.resume(stopped, question.request.request_id, "approve")
    assert client.pending(flow) == []


def test_a_decision_after_a_stop_changes_nothing(
    live_runner: LiveRunner, make: Make, client: LangflowClient
):
    """Somebody else stopped the run just before."""
    flow = make("Wait for an approval")
    run_id = live_runner.start(flow)
    record = live_runner.until(run_id, is_waiting)
    client.stop(record.job_id, flow=flow)
    live_runner.runner.decide(run_id, live_runner.connection, record.run.waiting_for, "approve")
    record = live_runner.until(run_id, ended)
    assert (record.status, record.run.waiting_for) == (RunStatus.CANCELLED, None)
    assert "ChatOutput-yes" not in record.run.outputs
