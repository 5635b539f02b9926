"""What a visitor sees when the database of runs is away, and of runs that were not kept whole."""

from datetime import UTC, datetime

import pytest

from lfclient.console.config.retention import RetentionSettings
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection.app_context import app_context
from tests.ui.support.whole_pages import ONE, kept_run, opened, said


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
    folder = app_context().settings.data_dir
    folder.rename(folder.with_name("elsewhere"))
    words = said(opened(page, run=record.id) if page is None else opened(page))
    assert "is missing" in words
    assert "Put it back" in words
    folder.with_name("elsewhere").rename(folder)
    assert "is missing" not in said(opened(page))


@pytest.mark.parametrize(
    ("keeping", "words", "shown"),
    [
        (RetentionSettings(), "", True),
        (RetentionSettings(max_run_bytes=3_000), "raw response is not stored", True),
        (RetentionSettings(max_run_bytes=300), "exceeds this console's size limit", False),
        (RetentionSettings(store_outputs=False), "this console stores no outputs", False),
        (RetentionSettings(store_inputs=False), "This console stores no inputs", True),
        (RetentionSettings(max_total_bytes=1), "to make room for", False),
    ],
)
def test_what_of_a_run_was_not_kept_is_said_where_it_is_shown(
    langflow_stand_in, keeping, words, shown
):
    """And why; what was kept is there."""
    store = app_context().runner.store
    store.retention = store.cleaner.retention = keeping
    outputs = {"C": Output("C", OutputKind.MESSAGE, "the answer " * 10)}
    raw = {"outputs": "x" * 4_000}
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs=outputs, raw=raw)
    record = kept_run(langflow_stand_in.url, run=run)
    store.cleaner.clean(datetime.now(UTC))
    page = said(opened(run=record.id))
    assert words in page
    assert ("the answer the answer" in page) == shown
    assert (":material/inventory_2:" in page) == bool(words)
