"""The Compare page under AppTest: opens comparisons and makes their outputs."""

from datetime import UTC, datetime, timedelta

from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState
from lfclient.runs.model import Run, RunStatus
from tests.ui.support.whole_pages import ONE, add_running_run, open_app

TEXT = "ChatInput-a.input_value"
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


def message(text, **more):
    return Output("Out-a", OutputKind.MESSAGE, text, display_name="Out", **more)


def output(kind, value):
    return Output("Out-a", kind, value, display_name="Out")


def run_values(number, overrides=None, outputs=(), *, seconds=None, not_run=(), usage=None, **more):
    """Return the values of the record of the ended run with this number.

    `seconds` and `usage` are those of its chat input.
    """
    chat_input = ComponentRun(
        "ChatInput-a", ComponentState.DONE, "Chat Input", seconds, usage=usage
    )
    run = Run(
        more.get("flow_id", ONE),
        "sync",
        RunStatus.COMPLETED,
        outputs={each.component_id: each for each in outputs},
        not_run=not_run,
        components={chat_input.component_id: chat_input} if seconds else {},
    )
    return {
        "id": f"{number:032x}",
        "submit_token": f"c{number}",
        "overrides": overrides or {},
        "created_at": NOW,
        "ended_at": NOW + timedelta(seconds=1),
        "run": run,
        **more,
    }


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
