"""A message as run details and the Chat page draw it."""

import pytest
from streamlit.testing.v1 import AppTest

from lfclient import Message
from pages._ui.run import messages


def test_a_long_message_has_a_save_button_once_it_is_final():
    def page(is_final):
        from lfclient import Message
        from pages._ui.run import messages

        messages.draw(Message("m", "x" * 60_000, "Machine"), is_final=is_final)

    for is_final in (False, True):
        app = AppTest.from_function(page, kwargs={"is_final": is_final}).run()
        assert bool(app.get("download_button")) == is_final


@pytest.mark.parametrize(
    ("max_count", "max_chars", "ids"),
    [(9, 100, "abc"), (2, 100, "bc"), (9, 25, "bc"), (9, 5, "c"), (0, 100, "c")],
)
def test_the_latest_messages_within_both_limits_are_drawn(max_count, max_chars, ids):
    """At least one, however long it is."""
    conversation = [Message(id, "x" * 10, "Machine") for id in "abc"]
    latest = messages.latest(conversation, max_count, max_chars)
    assert "".join(message.id for message in latest) == ids
