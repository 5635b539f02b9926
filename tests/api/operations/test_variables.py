"""The requests for variables, and what servers answer to them."""

from __future__ import annotations

import json

import pytest

from lfclient import InvalidRequest
from tests.support.scripted import Server

VARIABLES = "/base/api/v1/variables/"
ID = "89e14b05-22af-4aa7-9f60-964ec0308eb1"
KEY = {"id": ID, "name": "OPENAI_API_KEY", "type": "Credential", "value": None}


def body(server: Server) -> object:
    return json.loads(server.requests[-1].content)


def test_a_new_variable_is_created():
    server = Server().on("GET", VARIABLES, (200, [])).on("POST", VARIABLES, (201, KEY))
    with server.client() as client:
        saved = client.settings.save_variable("OPENAI_API_KEY", "sk-1")
    assert (saved.id, saved.name, saved.is_secret) == (ID, "OPENAI_API_KEY", True)
    assert body(server) == {
        "name": "OPENAI_API_KEY",
        "value": "sk-1",
        "type": "Credential",
        "default_fields": [],
    }


def test_an_existing_variable_gets_another_value():
    server = Server().on("GET", VARIABLES, (200, [KEY])).on("PATCH", VARIABLES + ID, (200, KEY))
    with server.client() as client:
        client.settings.save_variable("OPENAI_API_KEY", "sk-2")
    sent = {"id": ID, "name": "OPENAI_API_KEY", "value": "sk-2", "type": "Credential"}
    assert body(server) == sent


def test_a_variable_that_was_readable_becomes_secret_with_its_first_secret():
    plain = {**KEY, "type": "Generic", "value": "http://gateway"}
    server = Server().on("GET", VARIABLES, (200, [plain])).on("PATCH", VARIABLES + ID, (200, KEY))
    with server.client() as client:
        assert client.settings.save_variable("OPENAI_API_KEY", "sk-2").is_secret
    assert body(server)["type"] == "Credential"


def test_another_value_leaves_a_secret_variable_secret():
    server = Server().on("GET", VARIABLES, (200, [KEY])).on("PATCH", VARIABLES + ID, (200, KEY))
    with server.client() as client:
        client.settings.save_variable("OPENAI_API_KEY", "plain", is_secret=False)
    assert "type" not in body(server)


def test_a_key_that_the_provider_refuses_is_refused_in_its_words():
    refusal = (400, {"detail": "Invalid API key for OpenAI"})
    server = Server().on("GET", VARIABLES, (200, [])).on("POST", VARIABLES, refusal)
    with server.client() as client, pytest.raises(InvalidRequest) as caught:
        client.settings.save_variable("OPENAI_API_KEY", "sk-wrong")
    assert caught.value.message == "Invalid API key for OpenAI"


def test_a_variable_that_is_gone_counts_as_deleted():
    server = Server().on("GET", VARIABLES, (200, [KEY]))
    server.on("DELETE", VARIABLES + ID, (204, b""), (404, {"detail": "Variable not found"}))
    with server.client() as client:
        (variable,) = client.variables()
        client.settings.delete_variable(variable)
        client.settings.delete_variable(variable)
