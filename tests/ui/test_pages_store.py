"""What a visitor sees when the database of runs is away, and of runs that were not kept whole."""

import pytest

from pages._ui.backend import backend
from tests.ui.whole_pages import fresh_process, kept_run, langflow_stand_in, opened, said

__all__ = ["fresh_process", "langflow_stand_in"]


def test_a_database_that_cannot_be_reached_is_said_when_the_console_starts(
    langflow_stand_in, monkeypatch
):
    """With what to do, and without its password; the next visit tries again."""
    address = "postgresql://console:secret-word@127.0.0.1:9/runs"
    monkeypatch.setenv("LFCONSOLE_DATABASE_URL", address)
    monkeypatch.setenv("LFCONSOLE_SECRET", "s" * 32)
    words = said(opened())
    assert "The console's records cannot be used" in words
    assert "cannot be reached" in words
    assert "LFCONSOLE_DATABASE_URL" in words
    assert "secret-word" not in words
    monkeypatch.delenv("LFCONSOLE_DATABASE_URL")
    assert "cannot be used" not in said(opened())


@pytest.mark.parametrize("page", [None, "pages/history.py"])
def test_a_database_that_goes_away_later_is_said_where_its_runs_are_shown(langflow_stand_in, page):
    """The page stands, and has the run again once the database is back."""
    record = kept_run(langflow_stand_in.url)
    opened(page)
    folder = backend().settings.data_dir
    folder.rename(folder.with_name("elsewhere"))
    words = said(opened(page, run=record.id) if page is None else opened(page))
    assert "is gone" in words
    assert "Put it back" in words
    folder.with_name("elsewhere").rename(folder)
    assert "is gone" not in said(opened(page))
