"""The Compare page under AppTest: opens comparisons and makes their outputs."""

from datetime import UTC, datetime

from lfclient.outputs.model import Output, OutputKind
from tests.ui.support.whole_pages import add_running_run, open_app

TEXT = "ChatInput-a.input_value"
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


def message(text, **more):
    return Output("Out-a", OutputKind.MESSAGE, text, display_name="Out", **more)


def output(kind, value):
    return Output("Out-a", kind, value, display_name="Out")


def open_comparison(*records, **more):
    """Open the comparison of these runs, or of these run IDs."""
    ids = ",".join(record if isinstance(record, str) else record.id for record in records)
    return open_app("pages/compare.py", runs=ids, **more)


def run_in_progress(**more):
    """Return a run that the runner holds in memory only."""
    return add_running_run("http://x", **{"id": "e" * 32, "submit_token": "memory", **more})


def tables(app):
    """Return the tables of inputs and facts."""
    return [each.value for each in app.table]
