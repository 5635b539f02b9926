"""Where a run starts decides in which modes a flow runs, and whether its message is read."""

import pytest

from lfclient.flows.needs import find_needs
from lfclient.flows.validation import check_overrides
from lfclient.resources.server_resources import ServerResources
from lfclient.wire.server_info import ServerInfo
from tests.support.flows import chat_input, edge, entry, flow, node, text

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


def test_attachments_that_a_run_would_ignore_are_refused():
    message = chat_input()
    files = entry("FileInput", "file", list=True)
    message["data"]["node"]["template"]["files"] = files
    found = flow(message, node("Webhook-w"))
    overrides = {"ChatInput-a.files": ["f/x.txt"]}
    assert [
        (each.key, each.level, each.message)
        for each in check_overrides(found, overrides, "sync", ServerInfo(*NEW))
    ] == [
        ("ChatInput-a.input_value", "warning", WEBHOOK),
        (
            "ChatInput-a.files",
            "error",
            "This run starts at the webhook and ignores the attachments. "
            "Use background mode, or remove the attachments.",
        ),
    ]
    assert check_overrides(found, overrides, "background", ServerInfo(*NEW)) == []


def test_a_flow_with_a_webhook_and_several_chat_inputs_reads_a_message_in_no_mode():
    found = flow(chat_input("ChatInput-a"), chat_input("ChatInput-b"), node("Webhook-w"))
    overrides = {"ChatInput-a.input_value": "hi"}
    (background,) = check_overrides(found, overrides, "background", ServerInfo(*NEW))
    (sync,) = check_overrides(found, overrides, "sync", ServerInfo(*NEW))
    assert background.message.endswith("fail. Remove all chat inputs but one.")
    assert "Remove the webhook from the flow" in sync.message


CHAT_AND_WEBHOOK = flow(
    chat_input(),
    node("A-a", p=text("", required=True)),
    node("Webhook-w"),
    node("B-b", q=text("", required=True)),
    edges=[edge("ChatInput-a", "A-a"), edge("Webhook-w", "B-b")],
)


@pytest.mark.parametrize(
    ("mode", "server", "key"),
    [
        ("sync", NEW, "B-b.q"),
        ("background", NEW, "A-a.p"),
        ("stream", NEW, "A-a.p"),
        ("sync", OLD, "B-b.q"),
        ("background", OLD, "B-b.q"),
    ],
)
def test_only_what_runs_has_to_be_filled_in(mode, server, key):
    info = ServerInfo(*server)
    problems = check_overrides(CHAT_AND_WEBHOOK, {}, mode, info)
    assert [each.key for each in problems if each.level == "error"] == [key]
    needs = find_needs(CHAT_AND_WEBHOOK, {}, ServerResources(), mode, info)
    assert [need.keys for need in needs] == [(key,)]


def running(found, mode, server=NEW):
    marked = found.for_mode(mode, ServerInfo(*server))
    return [leaf.id for leaf in marked.leaves if leaf.runs], marked.idle_reason


def test_a_run_that_starts_at_a_webhook_includes_what_follows_it_and_what_feeds_that():
    from_webhook = ["Webhook-w", "B-b"], "not reached from Webhook, which starts the run"
    assert running(CHAT_AND_WEBHOOK, "sync") == from_webhook
    assert running(CHAT_AND_WEBHOOK, "background", OLD) == from_webhook
    from_chat = ["ChatInput-a", "A-a"], "not connected to the chat input"
    assert running(CHAT_AND_WEBHOOK, "background") == from_chat
    assert running(CHAT_AND_WEBHOOK, "stream") == from_chat


def test_a_webhook_comes_before_a_chat_input_that_it_needs_and_before_a_second_webhook():
    found = flow(
        chat_input(),
        node("A-a"),
        node("Webhook-v"),
        node("Both-o"),
        node("Webhook-w"),
        edges=[
            edge("ChatInput-a", "A-a"),
            edge("ChatInput-a", "Both-o"),
            edge("Webhook-v", "Both-o", "other"),
        ],
    )
    assert running(found, "sync")[0] == ["ChatInput-a", "Webhook-v", "Both-o"]


def test_a_webhook_also_starts_the_run_of_a_flow_without_a_chat_input():
    found = flow(node("A-a"), node("Webhook-w"))
    assert running(found, "sync")[0] == ["Webhook-w"]
    assert running(found, "background")[0] == ["A-a", "Webhook-w"]


def test_a_chat_input_that_feeds_what_follows_a_webhook_is_read_in_each_mode():
    edges = [edge("ChatInput-a", "Out-o"), edge("Webhook-w", "Out-o")]
    found = flow(chat_input(), node("Webhook-w"), node("Out-o"), edges=edges)
    assert check_overrides(found, {"ChatInput-a.input_value": "hi"}, "sync") == []
