"""Several keys of one user, on five real releases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from lfclient import LangflowClient, RunStatus
from lfclient.console.samples.spec import Link, Node, Sample
from lfclient.errors import InvalidKey, ServerFault
from tests.live.desk import Desk, ended
from tests.live.releases import Make
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for

SLOW = Sample(
    "slow",
    "",
    (Node("a", "ChatInput"), Node("w", "TimedStep", {"seconds": 8}), Node("b", "ChatOutput")),
    (Link("a", "message", "w", "after"), Link("w", "done", "b")),
)


@pytest.fixture
def api(langflow: LiveServer) -> httpx.Client:
    """Requests with the server's first key."""
    headers = {"x-api-key": langflow.api_key}
    return httpx.Client(base_url=langflow.url, headers=headers, timeout=60, follow_redirects=True)


@pytest.fixture
def new_key(api: httpx.Client) -> Callable[[], tuple[str, str]]:
    """Create a key of the same user; return it and its id."""

    def create() -> tuple[str, str]:
        response = api.post("/api/v1/api_key/", json={"name": uuid4().hex}).raise_for_status()
        return response.json()["api_key"], response.json()["id"]

    return create


def user_id(server: LiveServer, key: str) -> str:
    with LangflowClient(server.url, key, timeout=60) as client:
        return client.user_id()


def test_all_keys_of_a_user_tell_the_same_user_until_they_are_revoked(
    langflow: LiveServer, api: httpx.Client, new_key: Callable[[], tuple[str, str]]
):
    """Another user's key tells another one."""
    key, key_id = new_key()
    assert user_id(langflow, key) == user_id(langflow, langflow.api_key)
    name, password = f"bob{uuid4().hex[:8]}", f"Bob-{uuid4().hex}"
    made = api.post("/api/v1/users/", json={"username": name, "password": password})
    api.patch(f"/api/v1/users/{made.json()['id']}", json={"is_active": True}).raise_for_status()
    with LangflowClient(langflow.url, timeout=60) as other:
        theirs = other.create_key("bob", other.login(name, password))
    assert user_id(langflow, theirs) == made.json()["id"] != user_id(langflow, key)
    api.delete(f"/api/v1/api_key/{key_id}").raise_for_status()

    def is_revoked() -> bool:
        try:
            user_id(langflow, key)
        except ServerFault:  # its database is locked
            return False
        except InvalidKey:
            return True
        raise AssertionError("the server accepts a revoked key")

    wait_for(is_revoked)


def test_a_new_key_takes_on_a_run_whose_key_is_revoked(
    desk: Desk,
    make: Make,
    langflow: LiveServer,
    api: httpx.Client,
    new_key: Callable[[], tuple[str, str]],
):
    """It sees the run, and follows it to its end."""
    (first, first_id), (second, _) = new_key(), new_key()
    user = user_id(langflow, first)
    typed = replace(desk.connection, source="typed", user_id=user, api_key=SecretStr(first))
    desk.connection, desk.owner = typed, desk.runner.owner_of(typed)
    run_id = desk.start(make(SLOW))
    desk.until(run_id, lambda record: record.status is RunStatus.IN_PROGRESS)
    api.delete(f"/api/v1/api_key/{first_id}").raise_for_status()
    desk.runner.stop(run_id, typed)
    desk.until(run_id, lambda record: "rejects the API key" in record.note)
    other = replace(typed, user_id=user_id(langflow, second), api_key=SecretStr(second))
    assert desk.runner.get(run_id, desk.runner.owner_of(other))
    desk.runner.attach(other)
    assert desk.until(run_id, ended).status is RunStatus.COMPLETED
