"""The flows of exported runs."""

import time
import uuid

import pytest

from pages._ui.connection import exported_flows, servers
from tests.ui.support.http_stand_in import flow

IDS = [str(uuid.UUID(int=number)) for number in range(12)]


@pytest.fixture
def load(fields_server):
    """Load these flows of twelve and return the ids of those that have come."""
    fields_server.set_flows(*(flow(id, "Flow") for id in IDS))

    def load(delays):
        fields_server.delays = {f"GET /api/v1/flows/{id}": delays.get(id, 0) for id in IDS}
        server = servers.attach(servers.available_connections()[0])
        return [id for _, id in exported_flows.load_flows((server, id) for id in IDS)]

    return load


def test_all_flows_are_loaded_however_many_there_are(load, monkeypatch):
    monkeypatch.setattr(exported_flows, "MAX_REQUESTS", 5)
    assert load({}) == IDS


def test_flows_are_waited_for_at_once_and_late_ones_are_missing(load, monkeypatch):
    monkeypatch.setattr(exported_flows, "MAX_SECONDS", 3)
    started_at = time.monotonic()
    assert load(dict.fromkeys(IDS[:5], 0.5) | dict.fromkeys(IDS[5:], 20)) == IDS[:5]
    assert time.monotonic() - started_at < 6  # one after the other: 18


def test_a_deleted_flow_is_missing(load, fields_server):
    fields_server.answers[f"GET /api/v1/flows/{IDS[3]}"] = (404, {"detail": "Flow not found"})
    assert load({}) == IDS[:3] + IDS[4:]
