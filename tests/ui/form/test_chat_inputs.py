"""The messages of a flow with several chat inputs or a webhook, and which of them a run reads."""

from __future__ import annotations

import pytest

from tests.support.flows import chat_input, edge, entry, node, text
from tests.ui.support.forms import form

FILES = entry("FileInput", "file", list=True, file_path=[], temp_file=True, fileTypes=["png"])
START = "Not reached from ChatInput 1, which starts the run"


def with_files(id: str) -> dict:
    """Return a chat input with a text of its own that takes files."""
    box = chat_input(id, f"text of {id}")
    box["data"]["node"]["template"]["files"] = FILES
    return box


def apart(**more):
    """Return the form of a flow with two chat inputs, each with an output of its own."""
    return form(
        with_files("ChatInput-a"),
        with_files("ChatInput-b"),
        node("ChatOutput-c", sender=text("AI")),
        node("ChatOutput-d", sender=text("AI")),
        edges=[edge("ChatInput-a", "ChatOutput-c"), edge("ChatInput-b", "ChatOutput-d")],
        mode="sync",
        **more,
    )


def together():
    """Return the form of a flow with two chat inputs that one output reads."""
    return form(
        with_files("ChatInput-a"),
        with_files("ChatInput-b"),
        node("Join-j", a=text(), b=text()),
        edges=[edge("ChatInput-a", "Join-j", "a"), edge("ChatInput-b", "Join-j", "b")],
        mode="sync",
    )


def test_a_message_that_no_run_reads_is_among_all_parameters_and_not_sent():
    """A record would name it as an input of the run."""
    found = apart()
    assert [box.key.rpartition("-ChatInput-")[2] for box in found.at.text_area] == ["a.input_value"]
    attachments = [each.label for each in found.at.expander if "Attachments" in each.label]
    assert attachments == ["Attachments :gray[· ChatInput 1]"]
    words = "The run starts at ChatInput 1. ChatInput 2 and what follows it do not run."
    assert words in found.text()
    found.open("ChatInput-b")
    assert f"These values have no effect: {START[0].lower()}{START[1:]}." in found.text()
    found.set("text_area", "ChatInput-b.input_value", "nobody reads this")
    assert found.overrides == {"ChatInput-a.input_value": "text of ChatInput-a"}
    found.search("ChatInput 2 Message")
    badge = next(each for each in found.at.markdown if "Does not run" in each.value)
    assert badge.help == START


def test_several_messages_are_told_apart_and_each_has_its_attachments_below():
    found = together()
    assert [each.value for each in found.at.markdown if "**Message**" in each.value] == [
        "**Message** :gray[· ChatInput 1]",
        "**Message** :gray[· ChatInput 2]",
    ]
    labels = [getattr(each, "label", "") for each in found.at.main]
    assert [label for label in labels if label.startswith(("Message", "Attachments"))] == [
        "Message, ChatInput 1",
        "Attachments :gray[· ChatInput 1]",
        "Message, ChatInput 2",
        "Attachments :gray[· ChatInput 2]",
    ]
    assert "do not run" not in found.text()


@pytest.mark.parametrize(
    ("mode", "idle", "runs", "reason"),
    [
        ("sync", "A-a", "B-b", "not reached from Webhook, which starts the run"),
        ("background", "B-b", "A-a", "not connected to the chat input"),
    ],
)
def test_beside_a_webhook_the_form_marks_what_does_not_run_in_its_mode(mode, idle, runs, reason):
    nodes = [chat_input(), node("Webhook-w"), node("Lone-l")]
    nodes += [node(id, p=text("", required=True), q=text()) for id in ("A-a", "B-b")]
    edges = [edge("ChatInput-a", "A-a"), edge("Webhook-w", "B-b")]
    found = form(*nodes, edges=edges, mode=mode)
    errors = [each.key for each in found.result.problems if each.level == "error"]
    assert errors == [f"{runs}.p"]
    assert found.find("text_input", f"{runs}.p")  # in Setup
    assert f"Will not run, {reason}: " in found.open_all_parameters().text()
    assert f"These values have no effect: {reason}." in found.open(idle).text()
