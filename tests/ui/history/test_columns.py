"""The list's columns, for runs in memory."""

from datetime import UTC, datetime
from types import SimpleNamespace

from lfclient.console.store.search_text import summarize_inputs, summarize_outputs
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import Usage
from lfclient.runs.model import Run, RunStatus
from pages._ui.history.columns import COLUMNS, ListContext, table_columns
from pages._ui.history.rows import build_rows
from tests.support import store_records
from tests.support.store_records import record
from tests.ui.support.whole_pages import ONE

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


def summary(id="a", **more):
    """Return a run as `RunSummary`."""
    return store_records.summary(
        id, **{"flow_name": "Echo", "flow_id": ONE, "created_at": NOW, **more}
    )


def columns(*runs, shared=()):
    """Return the columns of these runs. `shared` has the IDs of the runs with shared results."""
    return table_columns(list_context(*runs, shared=shared))


def list_context(*runs, shared=()):
    view = SimpleNamespace(load_snippets=lambda _: {}, load_shared=lambda _: set(shared))
    return ListContext(build_rows(view, runs), now=NOW)


def widths(*runs):
    """Return the columns' widths in pixels, by name."""
    context = list_context(*runs)
    return {column.name: column.configure(context)["width"] for column in COLUMNS}


def test_the_session_column_has_only_named_sessions():
    runs = [summary(session_id=id) for id in ("console-demo", "console-0123456789ab")]
    assert columns(*runs)["Session"] == ["console-demo", ""]


def test_runs_whose_results_are_shared_are_marked():
    statuses = columns(summary("a"), summary("b"), shared=["a"])["Status"]
    assert statuses == [["✓ Completed", "Shared"], ["✓ Completed"]]


def test_cells_cannot_reverse_the_text_after_them():
    text = "\u202egnp.exe"
    shown = columns(summary(flow_name=text, input_summary=(("", text),), session_id=text))
    assert [shown[name] for name in ("Flow", "Inputs", "Session")] == [["gnp.exe"]] * 3


def test_without_prices_or_known_models_there_is_no_column_of_costs():
    assert "Cost" not in columns(summary(usage_by_model={"mini": Usage(1, 33, 34)}))


def test_a_list_has_its_main_columns_whichever_of_them_its_runs_fill():
    """Columns don't move from page to page. Rare columns, such as images, may be absent."""
    names = list(columns(summary()))
    assert names[:5] == ["Flow", "Status", "Started", "Duration", "Output"]
    assert names[5:] == ["Inputs", "Tokens", "Mode"]
    filled = summary("b", tokens=0, input_summary=(("Shop", "Oslo"),))
    assert list(columns(summary(), filled)) == names


def test_a_wider_column_shows_more_of_a_text():
    """The browser cuts the texts at the column's end."""
    shop, report = "word by word " * 9 + "on", "The report is long, " * 8 + "and ends."
    outputs = {id: Output(id, OutputKind.MESSAGE, report) for id in "CD"}
    run = Run(ONE, "sync", RunStatus.COMPLETED, outputs=outputs)
    shown = columns(
        summary(
            input_summary=summarize_inputs({"T.shop": shop, "T.days": 7}),
            output_summary=summarize_outputs(record(run=run)),
        )
    )
    assert shown["Inputs"] == [f"shop: {shop} · days: 7"]
    assert shown["Output"] == [f"{report} · +1 output"]


def test_columns_fit_the_texts():
    """A window of 900 pixels shows the output's beginning. A Chinese character is wide."""
    run = summary(flow_name="Stock")
    shown = widths(run)
    assert sum(shown[name] for name in ("Flow", "Status", "Started", "Duration")) < 460
    assert widths(summary(flow_name="天气预报分析流程"))["Flow"] >= 130
