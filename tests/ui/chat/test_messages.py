"""The row below each run's answer: the Copy button and the details."""

from datetime import UTC, datetime, timedelta

import pytest

from pages._ui.widgets import copy_button
from tests.ui.support.chat_page import links, open_chat
from tests.ui.support.whole_pages import ONE, add_ended_run

HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def copied(monkeypatch):
    """The texts that the page offers to copy, in order."""
    texts = []
    monkeypatch.setattr(copy_button, "draw", lambda key, text: texts.append(text))
    return texts


def test_each_run_of_several_at_once_has_its_own_row(chat_langflow, copied):
    """Runs at once come from two tabs with a named session, or from *Number of runs*."""
    turns = [("User", "one", "j"), ("User", "two", "k")]
    turns += [("Machine", "to one", "j"), ("Machine", "to two", "k"), ("Machine", "more", "j")]
    for sender, text, job in turns:
        more = {"session_metadata": {"graph_run_id": job}}
        timestamp = f"{HOUR_AGO:%Y-%m-%d %H:%M:%S} UTC"
        chat_langflow.store_message("s", text, sender, timestamp=timestamp, **more)
    for number, job in enumerate("jk"):
        ids = {"id": f"{number:032x}", "submit_token": str(number), "job_id": job}
        at = HOUR_AGO - timedelta(minutes=2 - number)
        add_ended_run(chat_langflow.server.url, session_id="s", created_at=at, **ids)
    assert links(open_chat(flow=ONE, session="s")).count("Answer details") == 2
    assert copied == ["to one\n\nmore", "to two"]
