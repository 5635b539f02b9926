"""Where a run starts decides in which modes a flow runs, and whether its message is read."""

import pytest

from lfclient.flows.validation import check_overrides
from lfclient.wire.server_info import ServerInfo
from tests.support.flows import chat_input, edge, flow, node

WEBHOOK = "This run starts at the webhook and ignores the message."
OLD, NEW = ("1.10.3", "inputs"), ("1.13.0", "modes")


def test_several_chat_inputs_cannot_run_in_background():
    """From 1.11 on such a run fails; a synchronous run succeeds."""
    found = flow(chat_input("ChatInput-a"), chat_input("ChatInput-b"))
    assert [p.level for p in check_overrides(found, {}, "background")] == ["error"]
    assert check_overrides(found, {}, "sync") == []


def test_several_chat_inputs_and_an_approval_run_in_no_mode():
    """Only background runs wait for the approval."""
    found = flow(
        chat_input("ChatInput-a"),
        chat_input("ChatInput-b"),
        node("HumanInput-h"),
        edges=[edge("ChatInput-a", "HumanInput-h")],
    )
    (problem,) = check_overrides(found, {}, "background")
    assert problem.message.endswith(
        "fail. Other modes don't wait for its approval. Remove all chat inputs but one."
    )


def webhook_problems(mode, version="1.13.0", dialect="modes", message="", stored=""):
    """Return the levels and texts of the problems of a flow with a webhook beside its chat."""
    overrides = {"ChatInput-a.input_value": message} if message else {}
    found = flow(chat_input(value=stored), node("Webhook-w"))
    problems = check_overrides(found, overrides, mode, ServerInfo(version, dialect))
    return [(each.level, each.message) for each in problems]


@pytest.mark.parametrize(
    ("mode", "server", "ignored"),
    [
        ("sync", NEW, True),
        ("background", NEW, False),
        ("stream", NEW, False),
        ("sync", OLD, True),
        ("background", OLD, True),
    ],
)
def test_a_run_that_starts_at_a_webhook_says_that_it_ignores_the_message(mode, server, ignored):
    """It runs all the same: the webhook may be what it is for."""
    expected = [("warning", WEBHOOK)] * ignored
    assert webhook_problems(mode, *server) == expected
    assert webhook_problems(mode, *server, message="as stored", stored="as stored") == expected


@pytest.mark.parametrize(
    ("server", "advice"),
    [
        (NEW, "Use background mode, or leave the message empty."),
        (OLD, "Remove the webhook from the flow, or leave the message empty."),
    ],
)
def test_a_run_that_would_ignore_an_entered_message_is_refused(server, advice):
    assert webhook_problems("sync", *server, message="hi") == [("error", f"{WEBHOOK} {advice}")]


def test_a_chat_input_that_feeds_what_follows_a_webhook_is_read_in_each_mode():
    edges = [edge("ChatInput-a", "Out-o"), edge("Webhook-w", "Out-o")]
    found = flow(chat_input(), node("Webhook-w"), node("Out-o"), edges=edges)
    assert check_overrides(found, {"ChatInput-a.input_value": "hi"}, "sync") == []
