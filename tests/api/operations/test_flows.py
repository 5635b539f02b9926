"""The list of flows."""

from __future__ import annotations

from tests.support.scripted import Server

FLOWS = "/base/api/v1/flows/"


def test_flows_are_listed_without_their_graphs():
    """With them, 50 flows are 5 MB."""
    server = Server().on("GET", FLOWS, (200, [{"id": "1", "name": "Echo"}]))
    with server.client() as client:
        assert [flow.name for flow in client.flows()] == ["Echo"]
    (request,) = server.requests
    query = {"get_all": "true", "header_flows": "true", "remove_example_flows": "true"}
    assert dict(request.url.params) == query


def test_a_long_list_of_flows_has_a_minute():
    """2,000 flows take an idle server a second, and a busy one more than ten."""
    server = Server().on("GET", FLOWS, (200, []))
    with server.client(timeout=5) as client:
        client.flows()
    with server.client(timeout=None) as client:
        client.flows()
    first, second = (request.extensions["timeout"] for request in server.requests)
    assert (first["connect"], first["read"]) == (5, 60)
    assert second["read"] is None
