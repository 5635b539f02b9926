"""A page watches whether the ended run that it shows is saved."""

from datetime import UTC, datetime, timedelta

import pytest

from lfclient.console.store.errors import StoreError
from lfclient.console.store.notes import quote
from pages._ui.connection.app_context import app_context
from pages._ui.run import details
from tests.ui.support.whole_pages import add_ended_run, lacks, open_app, page_text


@pytest.fixture
def saved(langflow_stand_in):
    """The id of a run that ended an hour ago."""
    ended_at = datetime.now(UTC) - timedelta(hours=1)
    return add_ended_run(langflow_stand_in.url, ended_at=ended_at).id


@pytest.fixture
def unsaved(saved):
    """The id of a run that is still being saved."""
    open_app(run=saved)
    runner = app_context().runner
    runner._maintenance_thread.close()  # it would save the run
    runner._cache.change(saved, notes=(quote("changed"),))
    return saved


def save():
    app_context().runner._writer.save_unsaved()


def fail_to_save():
    def fail(record, **options):
        raise StoreError("The disk is full.", hint="Make room.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app_context().runner.store, "update", fail)
        save()


def test_a_saved_run_is_not_watched(browser, saved):
    browser.open(run=saved)
    assert not browser.timers
    assert lacks(browser.page, "The console cannot save its runs", shows="Completed")


def test_a_run_is_watched_until_it_is_saved(browser, unsaved):
    browser.open(run=unsaved)
    browser.tick()
    browser.tick()
    save()
    browser.tick()
    assert not browser.timers


def test_the_warning_comes_if_a_save_fails_while_the_page_is_drawn(browser, unsaved, monkeypatch):
    """The place of the warning has been drawn by then."""
    monkeypatch.setattr(details, "draw_problems", lambda *_: fail_to_save())
    browser.open(run=unsaved)
    assert "The console cannot save its runs" in page_text(browser.page)


def test_a_saved_run_is_watched_while_its_details_are_fetched(browser, saved, monkeypatch):
    """They are saved, too."""
    with monkeypatch.context() as patch:
        patch.setattr(app_context().runner, "is_followed", lambda _: True)
        browser.open(run=saved)
        browser.tick()
        assert browser.timers
    browser.tick()
    assert not browser.timers
