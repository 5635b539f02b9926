"""Pages when the database is unreachable, and runs stored only in part."""

from datetime import UTC, datetime

import pytest

from lfclient.console.config.settings import RetentionSettings
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.model import Run, RunStatus
from pages._ui.connection.app_context import app_context
from tests.ui.support.whole_pages import ONE, add_ended_run, open_app, page_text


def test_an_unreachable_database_shows_an_error_at_the_start(langflow_stand_in, monkeypatch):
    """Without its password. The next visit tries again."""
    address = "postgresql://console:secret-word@127.0.0.1:9/runs"
    monkeypatch.setenv("LFCONSOLE_DATABASE_URL", address)
    monkeypatch.setenv("LFCONSOLE_SECRET", "s" * 32)
    words = page_text(open_app())
    assert "The console's database can't be used" in words
    assert "cannot be reached" in words
    assert "LFCONSOLE_DATABASE_URL" in words
    assert "secret-word" not in words
    monkeypatch.delenv("LFCONSOLE_DATABASE_URL")
    assert "cannot be used" not in page_text(open_app())


@pytest.mark.parametrize("page", [None, "pages/history.py"])
def test_a_database_lost_later_shows_an_error_in_place_of_its_runs(langflow_stand_in, page):
    """The runs are back once the database is."""
    record = add_ended_run(langflow_stand_in.url)
    open_app(page)
    folder = app_context().settings.data_dir
    folder.rename(folder.with_name("elsewhere"))
    words = page_text(open_app(page, run=record.id) if page is None else open_app(page))
    assert "is missing" in words
    assert "Put it back" in words
    folder.with_name("elsewhere").rename(folder)
    assert "is missing" not in page_text(open_app(page))


@pytest.mark.parametrize(
    ("retention", "words", "is_shown"),
    [
        (RetentionSettings(store_inputs=False), "This console stores no inputs", True),
        (RetentionSettings(max_run_bytes=3_000), "raw response is not stored", True),
        (RetentionSettings(max_total_bytes=1), "to make room for", False),
    ],
)
def test_a_run_stored_in_part_shows_what_is_missing_and_why(
    langflow_stand_in, retention, words, is_shown
):
    store = app_context().runner.store
    store.retention = store.cleaner.retention = retention
    outputs = {"C": Output("C", OutputKind.MESSAGE, "the answer " * 10)}
    raw = {"outputs": "x" * 4_000}
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs=outputs, raw=raw)
    record = add_ended_run(langflow_stand_in.url, run=run)
    store.cleaner.clean(datetime.now(UTC))
    page = page_text(open_app(run=record.id))
    assert words in page
    assert ("the answer the answer" in page) == is_shown
    assert ":material/inventory_2:" in page
