"""Several keys of one user, on the oldest and the newest release."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import httpx

from lfclient import LangflowClient
from lfclient.errors import InvalidKey, ServerFault
from tests.live.releases import oldest_and_newest
from tests.support.servers import LiveServer
from tests.support.waiting import wait_for


def user_id(server: LiveServer, key: str) -> str:
    with LangflowClient(server.url, key, timeout=60) as client:
        return client.auth.user_id()


@oldest_and_newest
def test_all_keys_of_a_user_tell_the_same_user_until_they_are_revoked(
    langflow: LiveServer, api: httpx.Client, new_key: Callable[[], tuple[str, str]]
):
    key, key_id = new_key()
    assert user_id(langflow, key) == user_id(langflow, langflow.api_key)
    name, password = f"bob{uuid4().hex[:8]}", f"Bob-{uuid4().hex}"
    made = api.post("/api/v1/users/", json={"username": name, "password": password})
    api.patch(f"/api/v1/users/{made.json()['id']}", json={"is_active": True}).raise_for_status()
    with LangflowClient(langflow.url, timeout=60) as other:
        theirs = other.auth.create_key("bob", other.auth.login(name, password))
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
