"""A message as run details and the Chat page draw it."""

from streamlit.testing.v1 import AppTest


def test_a_long_message_has_a_save_button_once_it_is_final():
    def page(is_final):
        from lfclient import Message
        from pages._ui.run import messages

        messages.draw(Message("m", "x" * 60_000, "Machine"), is_final=is_final)

    for is_final in (False, True):
        app = AppTest.from_function(page, kwargs={"is_final": is_final}).run()
        assert bool(app.get("download_button")) == is_final
