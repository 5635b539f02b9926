"""Chat sessions and their messages, on five real releases."""

from __future__ import annotations

from uuid import uuid4

import pytest

from lfclient import LangflowClient, SessionNotFound
from lfclient.runs.answers import outputs_by_message
from tests.live.flows import ECHO, TWO_OUTPUTS
from tests.live.releases import Make


def senders_and_texts(client: LangflowClient, flow, session: str) -> list[tuple[str, str]]:
    return [(one.sender, one.text) for one in client.sessions.messages(flow, session)]


def test_renaming_and_deleting_a_session_leaves_the_same_name_in_another_flow(
    client: LangflowClient, make: Make
):
    one, other, name = make(ECHO), make(ECHO), f"test {uuid4().hex}"
    for flow, text in ((one, "first"), (other, "elsewhere"), (one, "second")):
        client.run(flow, {"ChatInput-a.input_value": text}, session_id=name)
    talk = [(who, text) for text in ("first", "second") for who in ("User", "Machine")]
    assert senders_and_texts(client, one, name) == talk
    assert client.sessions.list(one) == [name]
    assert [message.text for message in client.sessions.messages(one, limit=1)] == ["second"]
    new = f"50%41 a/b ü {uuid4().hex}"
    client.sessions.rename(name, new, flow=one)
    assert (client.sessions.list(one), client.sessions.list(other)) == ([new], [name])
    assert senders_and_texts(client, one, new) == talk
    client.sessions.delete(new, flow=one)
    assert client.sessions.list(one) == []
    assert senders_and_texts(client, other, name) == [
        ("User", "elsewhere"),
        ("Machine", "elsewhere"),
    ]


def test_a_session_of_one_flow_is_renamed_and_deleted(client: LangflowClient, make: Make):
    flow, name, new = make(ECHO), uuid4().hex, uuid4().hex
    client.run(flow, {"ChatInput-a.input_value": "hello"}, session_id=name)
    client.sessions.rename(name, new, flow=flow)
    assert len(client.sessions.messages(flow, new)) == 2
    with pytest.raises(SessionNotFound):
        client.sessions.rename(name, "x", flow=flow)
    client.sessions.delete(new)
    client.sessions.delete(new)
    assert client.sessions.messages(flow) == []
    assert client.sessions.list(str(uuid4())) == []


def test_a_message_names_the_component_that_feeds_its_output(client: LangflowClient, make: Make):
    flow, session = make(TWO_OUTPUTS), uuid4().hex
    run = client.wait(client.submit(flow, session_id=session))
    stored = client.sessions.messages(flow, session)
    for messages in (stored, run.answers or stored):
        outputs = outputs_by_message(messages, flow)
        texts = {outputs[one.id].id: one.text for one in messages}
        assert texts == {"ChatOutput-b": "Oslo", "ChatOutput-d": "Paris"}
