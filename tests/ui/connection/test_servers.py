"""Requests to several servers: the flows of exported runs."""

import uuid

import pytest

from pages._ui.connection import request_cache, servers
from pages._ui.connection.app_context import app_context
from tests.support.http_stand_in import StandIn, flow

IDS = [str(uuid.UUID(int=number)) for number in range(12)]


@pytest.fixture
def load(fields_server):
    """Return a function that loads some of twelve flows and returns the IDs of the loaded flows."""
    fields_server.set_flows(*(flow(id, "Flow") for id in IDS))

    def load(delays):
        fields_server.delays = {f"GET /api/v1/flows/{id}": delays.get(id, 0) for id in IDS}
        server = servers.attach(servers.available_connections()[0])
        return [id for _, id in servers.load_flows((server, id) for id in IDS)]

    return load


def test_any_number_of_flows_is_loaded(load, monkeypatch):
    monkeypatch.setattr(servers, "MAX_FLOW_REQUESTS", 5)
    assert load({}) == IDS


def test_flows_that_no_longer_fit_into_the_cache_are_not_lost(load, fields_server, monkeypatch):
    """Neither newly loaded flows nor cached flows are lost, even if they fail now."""
    monkeypatch.setattr(servers, "MAX_FLOW_REQUESTS", 2)
    monkeypatch.setattr(request_cache, "_MAX_RESPONSES", 6)
    assert load({}) == IDS
    late = IDS[-2:]  # the cache has these, until the others come again
    servers.attach(servers.available_connections()[0]).refresh()
    failed = (503, {"detail": "no"})
    fields_server.answers |= {f"GET /api/v1/flows/{id}": failed for id in late}
    assert load({}) == IDS


def test_a_server_that_hangs_does_not_delay_other_servers(load, fields_server, monkeypatch):
    monkeypatch.setattr(servers, "MAX_FLOW_REQUESTS", 5)
    monkeypatch.setattr(servers, "MAX_FLOWS_SECONDS", 1)
    fields_server.delays = {f"GET /api/v1/flows/{id}": 20 for id in IDS}
    first = servers.attach(servers.available_connections()[0])
    with StandIn() as other:
        other.set_flows(*(flow(id, "Flow") for id in IDS))
        connection = servers.typed_connection(other.url, "sk-typed")
        second = servers.attach(connection)
        app_context().vault.save(second.browser_id, connection)
        wanted = [(server, id) for server in (first, second) for id in IDS]
        flows = servers.load_flows(wanted)
    assert [*flows] == [(second.owner, id) for id in IDS]


def test_a_deleted_flow_is_missing(load, fields_server):
    fields_server.answers[f"GET /api/v1/flows/{IDS[3]}"] = (404, {"detail": "Flow not found"})
    assert load({}) == IDS[:3] + IDS[4:]
