"""What a server has for flows, and what it answers if that can't be listed."""

from __future__ import annotations

import pytest

from tests.support.scripted import Server

VARIABLES = "/base/api/v1/variables/"
MODELS = "/base/api/v1/models"


@pytest.mark.parametrize("answer", [(404, {"detail": "Not Found"}), (500, {})])
def test_knowledge_and_memory_bases_that_cannot_be_listed_are_unknown(answer: tuple):
    server = Server().on("GET", VARIABLES, (200, [])).on("GET", MODELS, (200, []))
    server.on("GET", "/base/api/v1/knowledge_bases", answer)
    server.on("GET", "/base/api/v1/memories", answer)
    with server.client() as client:
        resources = client.resources("knowledge_base", "memory_base")
    assert resources.knowledge_bases is None
    assert resources.models == {}
