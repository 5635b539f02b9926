"""How often sessions redraw a run: the more watch, the less often."""

from contextlib import ExitStack
from dataclasses import replace
from types import SimpleNamespace

import pytest
import streamlit as st

from lfclient.console.store.run_record import RecordProblem
from lfclient.runs.model import RunStatus
from pages._ui.connection.app_context import app_context
from pages._ui.run import pace
from tests.ui.support.whole_pages import add_running_run, open_app, page_text


@pytest.fixture
def crowd():
    """The watchers of 200 other sessions."""
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(pace.watching())
        yield


@pytest.fixture
def sleeps(monkeypatch):
    """The seconds that the console would have slept; its clock stands still."""
    taken = []
    for name in ("result_turns", "page_turns"):
        monkeypatch.setattr(pace, name, pace.Turns(getattr(pace, name)._seconds))
    clock = SimpleNamespace(monotonic=lambda: 100.0, sleep=taken.append)
    monkeypatch.setattr(pace, "time", clock)
    return taken


def test_a_single_watcher_follows_every_change_in_short_ticks():
    with pace.watching():
        assert pace.tick_seconds() == pace.WAIT_SECONDS
        assert pace.update_pause() == 0


def test_many_watchers_follow_in_longer_ticks_with_pauses(crowd):
    assert pace.tick_seconds() == 200 * pace.TICK_SECONDS
    assert pace.update_pause() == pytest.approx(199 * pace.UPDATE_SECONDS)


def test_a_session_that_leaves_with_an_error_is_not_counted():
    with pytest.raises(LookupError), pace.watching():
        raise LookupError
    assert pace.update_pause() == 0


def test_pages_are_redrawn_one_after_the_other(sleeps, monkeypatch):
    reruns = []
    monkeypatch.setattr(st, "rerun", lambda: reruns.append(len(sleeps)))
    monkeypatch.setattr(st, "empty", lambda: None)
    for _ in range(3):
        pace.rerun_page()
    assert sleeps == pytest.approx([pace.PAGE_SECONDS, 2 * pace.PAGE_SECONDS])
    assert reruns == [0, 1, 2]  # the first page waits for none


def test_no_page_is_redrawn_before_all_watchers_show_the_end(crowd, sleeps, monkeypatch):
    """Pages that were redrawn meanwhile made the last of 200 screens wait for four seconds."""
    monkeypatch.setattr(st, "rerun", lambda: None)
    monkeypatch.setattr(st, "empty", lambda: None)
    pace.rerun_page()
    assert sleeps == pytest.approx([199 * pace.UPDATE_SECONDS])


def test_all_results_are_drawn_in_turn_before_the_first_page_is(crowd, sleeps, monkeypatch):
    monkeypatch.setattr(st, "rerun", lambda: None)
    monkeypatch.setattr(st, "empty", lambda: None)
    end = 199 * pace.UPDATE_SECONDS  # when all show the end of the run
    results = [pace.result_turns.wait(100 + end) for _ in range(2)]
    pace.rerun_page(lambda: results.append("drawn"))
    assert results == [True, True, "drawn"]
    assert sleeps == pytest.approx(
        [
            end,
            end + pace.RESULT_SECONDS,
            end + 2 * pace.RESULT_SECONDS,
            end + 3 * pace.RESULT_SECONDS,
        ]
    )


def test_who_watches_alone_gets_the_page_at_once(sleeps, monkeypatch):
    monkeypatch.setattr(st, "rerun", lambda: None)
    pace.rerun_page(lambda: pytest.fail("the page draws the result"))
    assert sleeps == []


def test_the_result_is_on_the_screen_while_the_page_waits_for_its_turn(
    crowd, langflow_stand_in, monkeypatch
):
    record = add_running_run(langflow_stand_in.url)
    ended = replace(record, version=9, status=RunStatus.FAILED, problem=RecordProblem("It broke."))
    monkeypatch.setattr(app_context().runner, "wait_for_change", lambda *_: ended)
    monkeypatch.setattr(pace.result_turns, "wait", lambda _: True)
    monkeypatch.setattr(pace.page_turns, "wait", lambda _: st.stop())
    assert "It broke." in page_text(open_app(run=record.id))


def test_the_end_is_on_the_screen_before_the_page_waits_for_its_turn(
    langflow_stand_in, monkeypatch
):
    record = add_running_run(langflow_stand_in.url)
    ended = replace(record, version=9, status=RunStatus.COMPLETED)
    monkeypatch.setattr(app_context().runner, "wait_for_change", lambda *_: ended)
    monkeypatch.setattr(pace, "rerun_page", lambda *_: st.stop())
    assert "Completed" in page_text(open_app(run=record.id))
