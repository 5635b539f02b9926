"""A browser that runs the timers of the Run page."""

from functools import partial

import pytest
from streamlit.runtime.scriptrunner import RerunData
from streamlit.testing.v1 import local_script_runner
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

from pages._ui.connection import server_link
from tests.ui.support.whole_pages import open_app


class Browser:
    """Shows the Run page, and requests its fragments at intervals."""

    def __init__(self):
        self.timers, self.page = set(), None

    def open(self, **query):
        self.page = open_app(**query)

    def receive(self, messages):
        for one in messages:
            if one.HasField("auto_rerun"):
                self.timers.add(one.auto_rerun.fragment_id)
            self.timers.difference_update(one.stop_auto_rerun.fragment_ids)

    def tick(self):
        """Request the only fragment that has a timer."""
        (fragment_id,) = self.timers
        request = partial(RerunData, fragment_id=fragment_id, is_auto_rerun=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(local_script_runner, "RerunData", request)
            self.page.run()


@pytest.fixture
def browser(monkeypatch):
    browser, forward_msgs = Browser(), LocalScriptRunner.forward_msgs

    def send(script):
        messages = forward_msgs(script)
        browser.receive(messages)
        return messages

    monkeypatch.setattr(LocalScriptRunner, "forward_msgs", send)
    monkeypatch.setattr(server_link, "draw", lambda _: None)  # it has a timer, too
    return browser
