"""The Compare page: which runs, their summary and timings."""

import colorsys
import csv
import io
import json
import tomllib
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from lfclient.console.store.run_record import RecordProblem
from lfclient.runs.components import ComponentRun, ComponentState, RunError, Usage
from lfclient.runs.model import Run, RunStatus
from pages._ui.compare import picker
from pages._ui.compare.runs import MAX_SIDE_BY_SIDE
from pages._ui.connection.app_context import app_context
from pages._ui.connection.server_session import ServerSession
from pages._ui.state import compare_page
from pages._ui.widgets.markdown import escape
from tests.support import flows
from tests.support.http_stand_in import flow
from tests.ui.support.compare_pages import (
    NOW,
    TEXT,
    message,
    open_comparison,
    run_in_progress,
    tables,
)
from tests.ui.support.history_page import history
from tests.ui.support.whole_pages import ONE, TWO, open_app, page_text

ROOT = Path(__file__).parents[3]


def menu_of(run):
    """Return the state in which the run's menu “Compare with…” is open."""
    return {compare_page.compare_key(f"with-{run.id}"): True}


def test_without_runs_in_the_address_recent_ones_can_be_chosen_and_compared(create_run):
    records = [create_run({TEXT: "a"}), create_run({TEXT: "b"})]
    app = open_app("pages/compare.py")
    assert app.multiselect[0].placeholder == "Choose 2 to 12"
    assert "Choose 2 to 12" not in page_text(app)
    assert next(each for each in app.button if each.label == "Compare").disabled
    app.multiselect[0].set_value([each.id for each in records]).run()
    next(each for each in app.button if each.label == "Compare").click().run()
    assert "## Inputs" in page_text(app)


def test_runs_that_cannot_be_compared_are_explained_and_others_offered(create_run):
    """Another owner's run looks like a missing one. No ids are shown."""
    records = [create_run() for _ in range(13)]
    other = create_run(owner="somebody else")
    one, gone = records[0].id, "f" * 32
    for ids, words in (
        ([each.id for each in records], "names 13 runs, but at most 12"),
        ([other.id], "One run in this link was not found"),
        ([one, "<script>"], "One run in this link was not found"),
        ([one, gone], "One run in this link was not found"),
        ([one, other.id], "deleted, or of another server or user"),
        ([one, other.id, gone], "2 runs in this link were not found"),
    ):
        app = open_comparison(*ids)
        assert words in page_text(app)
        assert "Can't compare these runs" in page_text(app)
        assert "## Outputs" not in page_text(app)
        assert gone not in page_text(app)
        assert other.id not in page_text(app)
        assert "<script>" not in page_text(app)
        assert (one in app.multiselect[0].value) == (one in ids)
        assert other.id not in app.multiselect[0].options


@pytest.mark.parametrize("times", [1, 2])
def test_others_are_chosen_beside_a_single_run(create_run, times):
    records = [create_run() for _ in range(2)]
    app = open_comparison(*[records[0]] * times)
    assert "Choose the runs to compare this run with." in page_text(app)
    assert "Can't compare" not in page_text(app)
    assert app.multiselect[0].value == [records[0].id]


def test_the_run_that_others_are_chosen_for_is_the_baseline(create_run):
    """It need not be the oldest."""
    old = create_run({TEXT: "old"})
    shown, other = (
        create_run({TEXT: word}, created_at=NOW + timedelta(hours=hours))
        for hours, word in enumerate(("shown", "other"), 1)
    )
    app = open_app(run=shown.id, session_state=menu_of(shown))
    links = [link.proto for link in app.get("page_link")]
    query = next(link.query_string for link in links if link.label == "Choose runs")
    app = open_app("pages/compare.py", **dict(parse_qsl(query)))
    chosen = app.multiselect[0]
    chosen.set_value([*chosen.value, other.id, old.id]).run()
    next(each for each in app.button if each.label == "Compare").click().run()
    box = next(each for each in app.selectbox if each.label == "Baseline")
    assert box.value == shown.id
    assert list(tables(app)[0].columns) == ["Run 2", "Run 1", "Run 3"]


def test_not_all_runs_are_offered_at_once(create_run):
    """Streamlit's "Select all" comes before the runs that are found by typing."""
    create_run()
    assert not open_app("pages/compare.py").multiselect[0].proto.select_all


def test_runs_that_look_alike_are_told_apart(create_run):
    """Of one flow, begun in the same second, with the same inputs."""
    records = [create_run({TEXT: "a"}, ended_at=NOW + timedelta(seconds=1)) for _ in range(2)]
    app = open_app("pages/compare.py")
    box = app.multiselect[0]
    assert len(set(box.options)) == 2
    box.select(box.options[1]).run()
    assert app.multiselect[0].value == [records[0].id]


def test_only_recent_runs_are_said_to_be_offered(create_run, monkeypatch):
    monkeypatch.setattr(picker, "MAX_OFFERED", 2)
    records = [create_run() for _ in range(2)]
    assert "Shows the 2 most recent runs." in page_text(open_comparison(records[0]))
    # the chosen run is beside them, as one of another server is
    monkeypatch.setattr(app_context().runner, "recent", lambda *_: records[1:])
    assert "most recent" not in page_text(open_comparison(records[0]))


def test_a_console_without_runs_links_to_the_run_page(langflow_stand_in):
    app = open_app("pages/compare.py")
    assert "No runs yet" in page_text(app)
    assert "Run a flow" in [link.proto.label for link in app.get("page_link")]


def test_the_summary_has_tokens_if_one_of_the_runs_has_any(create_run):
    """Also if all have the same."""
    runs = [create_run({TEXT: "a"}, seconds=1, usage=Usage(20, 2, 22)) for _ in range(2)]
    facts = tables(open_comparison(*runs))[0]
    assert list(facts.loc["**Tokens**"]) == ["22 tokens (20 in, 2 out)"] * 2


def test_the_summary_shows_flow_and_server_only_if_they_differ(create_run):
    facts = tables(
        open_comparison(create_run({TEXT: "a"}), create_run({TEXT: "b"}, status=RunStatus.FAILED))
    )[1]
    assert list(facts.index) == [f"**{n}**" for n in ("Status", "Duration", "Mode", "Started")]
    assert list(facts.loc["**Duration**"]) == ["1.0 s", "2.0 s"]
    assert list(facts.loc["**Status**"]) == ["Completed", "Failed"]


def test_the_summary_names_the_sessions_that_a_person_named(create_run):
    sessions = ("console-0123456789ab", "console-demo")
    runs = [create_run({TEXT: "a"}, session_id=session) for session in sessions]
    facts = tables(open_comparison(*runs))[0]
    assert list(facts.loc["**Session**"]) == ["–", r"console\-demo"]


def test_the_summary_has_costs_if_prices_are_configured(create_run, price_file):
    usage = Usage(20, 2, 22)
    priced = ComponentRun("M-1", ComponentState.DONE, usage=usage, usage_by_model={"mini": usage})
    other = ComponentRun("M-1", ComponentState.DONE, usage=usage, usage_by_model={"big": usage})
    runs = [
        create_run(run=Run(ONE, "sync", RunStatus.COMPLETED, components={"M-1": component}))
        for component in (priced, other)
    ]
    costs = list(tables(open_comparison(*runs))[0].loc["**Cost**"])
    assert costs[0] == escape("0.000024 EUR")
    assert "no price is configured for big" in costs[1]


def test_the_summary_and_the_csv_say_in_words_why_a_run_failed(create_run, downloads):
    errors = (RunError("Error building Component File: \n\nNo files to process."),)
    failed = Run(ONE, "sync", RunStatus.FAILED, errors=errors)
    away = RecordProblem("The server was away.")
    runs = [
        create_run(),
        create_run(status=RunStatus.FAILED, run=failed),
        create_run(status=RunStatus.FAILED, run=None, problem=away),
    ]
    app = open_comparison(*runs)
    reasons = ["No file was given.", away.message]
    facts = next(table for table in tables(app) if "**Status**" in table.index)
    assert list(facts.loc["**Status**"]) == [
        "Completed",
        *(f"Failed — {escape(reason)}" for reason in reasons),
    ]
    assert list(saved_table(downloads)["Run", "Error"]) == ["", *reasons]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_compared_run_has_the_color_of_a_failure(scheme):
    """Red and orange have hues up to 60 degrees."""
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    for color in config["theme"][scheme]["chartCategoricalColors"][:MAX_SIDE_BY_SIDE]:
        red, green, blue = (int(color[n : n + 2], 16) / 255 for n in (1, 3, 5))
        assert 60 < 360 * colorsys.rgb_to_hsv(red, green, blue)[0] < 345


def test_a_run_has_the_same_color_in_the_timings_whichever_is_the_baseline(create_run):
    runs = [create_run({}, seconds=seconds).id for seconds in (1, 2)]
    colors = []
    for baseline in runs:
        (chart,) = open_comparison(*runs, baseline=baseline).get("echarts_chart")
        spec = json.loads(chart.proto.spec)
        names = [series["name"] for series in spec["series"]]
        colors.append(dict(zip(names, spec["color"], strict=True)))
    assert colors[0] == colors[1]
    assert len(set(colors[0].values())) == len(runs)


def test_a_run_in_progress_is_labeled_and_its_outputs_are_not_missing(create_run):
    app = open_comparison(
        create_run({TEXT: "x"}, [message("x")]), run_in_progress(overrides={TEXT: "x"})
    )
    assert "Run 2 is still running" in page_text(app)
    assert "No such output" not in page_text(app)
    assert "No output yet" in page_text(app)


def test_a_run_without_timings_is_named(create_run):
    app = open_comparison(create_run({}, seconds=1.5), create_run({}))
    assert "No component timings for Run 2" in page_text(app)


def test_an_open_run_links_to_comparisons_with_other_runs_of_its_flow(create_run):
    shown, other = create_run({TEXT: "a"}), create_run({TEXT: "b"})
    create_run({TEXT: "c"}, flow_id=TWO)
    app = open_app(run=shown.id, session_state=menu_of(shown))
    links = [each.proto.query_string for each in app.get("page_link")]
    assert [link for link in links if "%2C" in link] == [
        f"runs={shown.id}%2C{other.id}&baseline={shown.id}"
    ]


def saved_table(downloads):
    """Return the cells of the CSV by part and name, those of its header too."""
    (create,) = (create for name, create in downloads.items() if name.endswith("comparison.csv"))
    lines = csv.reader(io.StringIO(create().decode("utf-8-sig")))
    return {(part, name): cells for part, name, *cells in lines}


def test_a_comparison_is_saved_as_csv_without_secrets(create_run, downloads):
    """It has the whole values, the baseline's first, and says how they differ."""
    runs = [
        create_run({TEXT: f"Hello {name}"}, [message(f"Bye {name}, sk-configured-key")])
        for name in ("Ada", "Ben")
    ]
    open_comparison(*runs, baseline=runs[1].id)
    table = saved_table(downloads)
    assert [name[:5] for name in table["Part", "Name"]] == ["Run 2", "Run 1"]
    assert table["Run", "Run"] == [runs[1].id, runs[0].id]
    assert table["Run", "Seconds"] == ["2.000", "1.000"]
    (values,) = (cells for (part, _), cells in table.items() if part == "Input")
    assert values == ["Hello Ben", "Hello Ada"]
    assert table["Comparison", "Out"] == ["baseline", "≠ 1 word"]
    assert table["Output", "Out"] == ["Bye Ben, ••••", "Bye Ada, ••••"]


def test_the_csv_has_no_secret_of_a_flow_that_was_not_loaded_when_the_page_was_drawn(
    create_run, downloads, langflow_stand_in, monkeypatch
):
    monkeypatch.setattr(ServerSession, "cached_flow", lambda *_, **__: None)
    key = flows.entry("SecretStrInput", "str", "sk-stored-123456", password=True)
    langflow_stand_in.set_flows(flow(ONE, "Keys", [flows.node("M-1", key=key)]))
    runs = [create_run({}, [message(f"with sk-stored-123456 {n}")]) for n in range(2)]
    open_comparison(*runs)
    assert saved_table(downloads)["Output", "Out"] == ["with •••• 0", "with •••• 1"]


def test_the_way_back_to_history_keeps_its_filters(create_run):
    runs = [create_run(), create_run()]
    app = history(status="completed", starred="yes")
    app.query_params.clear()
    app.query_params["runs"] = ",".join(run.id for run in runs)
    app.switch_page("pages/compare.py").run()
    (link,) = (one for one in app.get("page_link") if one.proto.label == "History")
    assert link.proto.query_string == "status=completed&starred=yes"
