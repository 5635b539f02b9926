"""The secrets that runs were started with."""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from lfclient.console.config.connection import Connection
from lfclient.console.config.key_vault import MAX_SECRETS, SentSecrets

UNKNOWN = Connection("typed", "http://langflow.test", SecretStr("sk-one"), "typed")
KNOWN = replace(UNKNOWN, user_id="u")
SECRET = {"ChatInput-a.input_value": "hi", "ChatInput-a.key": "hunter2-hunter2"}


def test_the_secrets_of_a_run_are_known_to_its_owner_only(harness):
    harness.start(SECRET, connection=KNOWN)
    assert harness.runner.sent_secrets(KNOWN) == {"hunter2-hunter2"}
    assert harness.runner.sent_secrets(replace(KNOWN, user_id="v")) == set()


@pytest.mark.parametrize("key", ["sk-one", "sk-two"])
def test_secrets_that_were_sent_while_the_user_was_unknown_are_the_users(harness, key):
    harness.start(SECRET, connection=UNKNOWN)
    harness.runner.assign_user(KNOWN)
    assert harness.runner.sent_secrets(replace(KNOWN, api_key=SecretStr(key))) == {
        "hunter2-hunter2"
    }


def test_a_session_whose_user_is_still_unknown_sends_the_users_secrets(harness):
    harness.runner.assign_user(KNOWN)
    harness.start(SECRET, connection=UNKNOWN)
    assert harness.runner.sent_secrets(KNOWN) == {"hunter2-hunter2"}


def test_of_many_secrets_the_last_sent_are_known():
    sent = SentSecrets()
    sent.add("other", ["secret of another"])
    sent.add("me", ["secret-first", "secret-second"])
    sent.add("me", (f"secret-{number}" for number in range(MAX_SECRETS - 2)))
    sent.add("me", ["secret-first", "short", "long" * 10_000])
    sent.add("me", ["secret-last"])
    found = sent.find("me")
    assert len(found) == MAX_SECRETS
    assert found >= {"secret-first", "secret-0", "secret-last"}
    assert not found & {"secret-second", "short"}
    assert sent.find("other") == {"secret of another"}
