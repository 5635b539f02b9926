"""Presses on the list of runs that meet a page which is not the newest any more."""

from __future__ import annotations

import pytest

from lfclient.store import RunFilter
from pages._ui import state_history
from pages._ui.backend import backend
from tests.ui.test_history import add, history, left, press, ticked, url
from tests.ui.whole_pages import fresh_process, langflow_stand_in, said

__all__ = ["fresh_process", "langflow_stand_in", "url"]


@pytest.mark.parametrize("button", ["Delete 1 run", "Star"])
def test_a_press_before_the_page_shows_what_is_ticked_now_does_nothing(url, button):
    """It is on a button of the runs that were ticked before."""
    run = add(url, "a")
    add(url, "b", 1)
    app = ticked(history(), "a")
    app.session_state[state_history.part("selected")] = ["b"]
    press(app, button)
    assert "Nothing was done" in said(app)
    assert left(app) == {"a", "b"}
    assert not backend().runner.past.page([run.owner], RunFilter(starred=True)).entries
