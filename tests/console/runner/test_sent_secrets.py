"""The secrets that runs were started with."""

from dataclasses import replace

from pydantic import SecretStr

from lfclient.console.config.connection import Connection
from lfclient.console.runner.sent_secrets import MAX_SECRETS, SentSecrets

UNKNOWN = Connection("typed", "http://langflow.test", SecretStr("sk-one"), "typed")
KNOWN = replace(UNKNOWN, user_id="u")
OTHER = replace(UNKNOWN, api_key=SecretStr("sk-two"), user_id="v")
SECRET = {"ChatInput-a.input_value": "hi", "ChatInput-a.key": "hunter2-hunter2"}


def test_the_secrets_of_a_run_are_known_to_its_owner_for_its_flow(bench):
    bench.start(SECRET, connection=KNOWN)
    flow_id = bench.flow.id
    assert bench.runner.sent_secrets(KNOWN, flow_id) == {"hunter2-hunter2"}
    assert bench.runner.sent_secrets(KNOWN, "another flow") == set()
    assert bench.runner.sent_secrets(OTHER, flow_id) == set()


def test_secrets_that_were_sent_while_the_user_was_unknown_are_the_users(bench):
    bench.start(SECRET, connection=UNKNOWN)
    assert bench.runner.sent_secrets(KNOWN, bench.flow.id) == {"hunter2-hunter2"}


def test_of_many_secrets_the_last_sent_are_known():
    sent = SentSecrets()
    sent.add("me", "flow", ["first"])
    sent.add("me", "flow", map(str, range(MAX_SECRETS - 1)))
    sent.add("me", "flow", ["first"])
    sent.add("me", "flow", ["last"])
    found = sent.find({"me"}, "flow")
    assert len(found) == MAX_SECRETS
    assert found >= {"first", "1", "last"}
