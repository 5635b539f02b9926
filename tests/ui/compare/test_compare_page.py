"""The Compare page."""

import colorsys
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lfclient.console.store.run_record import StoredParts
from lfclient.flows.validation import SECRET_MASK
from lfclient.outputs.model import Output, OutputKind
from lfclient.runs.components import ComponentRun, ComponentState, NotRun, RunError, Usage
from lfclient.runs.model import Run, RunStatus
from pages._ui.compare import picker
from pages._ui.state import compare_page
from pages._ui.widgets.markdown import escape, escape_lines
from tests.support.flows import node, text
from tests.ui.support.http_stand_in import flow
from tests.ui.support.whole_pages import (
    ONE,
    TWO,
    add_ended_run,
    add_running_run,
    open_app,
    page_text,
)

ROOT = Path(__file__).parents[3]
TEXT = "ChatInput-a.input_value"
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def create_run(langflow_stand_in):
    """Create ended runs of the stand-in's flow."""
    created = []

    def make(overrides=None, outputs=(), *, seconds=None, not_run=(), usage=None, **more):
        number = len(created) + 1
        found = {output.component_id: output for output in outputs}
        components = {
            "ChatInput-a": ComponentRun(
                "ChatInput-a", ComponentState.DONE, "Chat Input", seconds, usage=usage
            )
        }
        run = Run(
            more.get("flow_id", ONE),
            "sync",
            RunStatus.COMPLETED,
            outputs=found,
            not_run=not_run,
            components=components if seconds else {},
        )
        record = add_ended_run(
            langflow_stand_in.url,
            **{
                "id": f"{number:032x}",
                "submit_token": f"c{number}",
                "overrides": overrides or {},
                "created_at": NOW,
                "ended_at": NOW + timedelta(seconds=number),
                "run": run,
                **more,
            },
        )
        created.append(record)
        return record

    return make


def message(text, **more):
    return Output("Out-a", OutputKind.MESSAGE, text, display_name="Out", **more)


def output(kind, value):
    return Output("Out-a", kind, value, display_name="Out")


def open_comparison(*records, **more):
    ids = ",".join(record if isinstance(record, str) else record.id for record in records)
    return open_app("pages/compare.py", runs=ids, **more)


def run_in_progress(**more):
    """Return a run that the runner holds in memory only."""
    return add_running_run("http://x", **{"id": "e" * 32, "submit_token": "memory", **more})


def tables(app):
    return [each.value for each in app.table]


# which runs


def test_without_runs_in_the_address_recent_ones_can_be_chosen_and_compared(create_run):
    records = [create_run({TEXT: "a"}), create_run({TEXT: "b"})]
    app = open_app("pages/compare.py")
    assert "Choose two to four runs" in page_text(app)
    assert next(each for each in app.button if each.label == "Compare").disabled
    app.multiselect[0].set_value([each.id for each in records]).run()
    next(each for each in app.button if each.label == "Compare").click().run()
    assert "## Inputs" in page_text(app)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("1", "names only one run"),
        ("1,1", "names only one run"),
        ("1,2,3,4,5", "names 5 runs, but at most 4"),
        ("1,<script>", "find “<script>”"),
        ("1," + "f" * 32, "find “" + "f" * 32 + "”"),
        ("1,other", "belongs to another server or user"),
    ],
)
def test_runs_that_cannot_be_compared_are_explained_and_others_offered(create_run, names, words):
    """Another owner's run looks like a missing one."""
    records = [create_run() for _ in range(5)]
    other = create_run(owner="somebody else")
    ids = {"other": other.id, **{str(n): each.id for n, each in enumerate(records, 1)}}
    app = open_comparison(*(ids.get(name, name) for name in names.split(",")))
    assert words in page_text(app)
    assert "## Outputs" not in page_text(app)
    chosen = app.multiselect[0].value
    assert records[0].id in chosen
    assert other.id not in app.multiselect[0].options


def test_a_console_without_runs_links_to_the_run_page(langflow_stand_in):
    app = open_app("pages/compare.py")
    assert "No runs yet" in page_text(app)
    assert "Run a flow" in [link.proto.label for link in app.get("page_link")]


# inputs and summary


def test_different_inputs_are_listed_and_identical_ones_on_request(create_run):
    """One row per parameter, one column per run."""
    one = create_run({TEXT: "Oslo", "T.n": 1})
    app = open_comparison(one, create_run({TEXT: "Oslo", "T.n": 2}), create_run({TEXT: "Oslo"}))
    inputs = tables(app)[0]
    assert list(inputs.columns) == ["Run 1", "Run 2", "Run 3"]
    assert [list(row) for row in inputs.to_numpy()] == [["1", "2", "*flow default*"]]
    next(each for each in app.toggle if each.label == "Show identical inputs (1)").set_value(True)
    app.run()
    assert list(tables(app)[1].iloc[0]) == ["Oslo", "Oslo", "Oslo"]


def test_secrets_are_reported_as_not_comparable(create_run):
    """Their values are not saved."""
    app = open_comparison(
        create_run({"T.api_key": SECRET_MASK}), create_run({"T.api_key": SECRET_MASK})
    )
    assert "Inputs are identical" in page_text(app)
    assert "Can't compare 1 secret" in page_text(app)


def test_unknown_inputs_are_not_a_difference(create_run):
    app = open_comparison(
        create_run({TEXT: "a"}), create_run({TEXT: "b"}), create_run(inputs_stored=False)
    )
    assert list(tables(app)[0].iloc[0]) == ["a", "b", "*unknown*"]
    assert "Run 3: The inputs are not stored" in page_text(app)


def test_long_inputs_are_compared_word_by_word_on_request(create_run):
    text = "You are a guide.\nAnswer {}, and name your sources."
    one, other = (
        create_run({TEXT: text.format("briefly")}),
        create_run({TEXT: text.format("at length")}),
    )
    app = open_app("pages/compare.py", runs=f"{one.id},{other.id}")
    panel = next(each for each in app.expander if each.label.startswith("Differences in"))
    app.session_state[compare_page.compare_key("input-0-Message \\(Chat Input\\)")] = True
    app.run()
    assert panel.label == "Differences in Message \\(Chat Input\\)"
    assert ":red-background[− briefly]" in page_text(app)
    assert ":green-background[+ at length]" in page_text(app)


def test_the_summary_has_tokens_if_one_of_the_runs_has_any(create_run):
    """Also if all have the same."""
    runs = [create_run({TEXT: "a"}, seconds=1, usage=Usage(20, 2, 22)) for _ in range(2)]
    facts = tables(open_comparison(*runs))[0]
    assert list(facts.loc["**Tokens**"]) == ["22 tokens (20 in, 2 out)"] * 2


def test_the_summary_shows_flow_and_server_only_if_they_differ(create_run):
    facts = tables(
        open_comparison(create_run({TEXT: "a"}), create_run({TEXT: "b"}, status=RunStatus.FAILED))
    )[1]
    assert list(facts.index) == [
        f"**{n}**" for n in ("Status", "Duration", "Mode", "Started", "Session")
    ]
    assert list(facts.loc["**Duration**"]) == ["1.0 s", "2.0 s"]
    assert list(facts.loc["**Status**"]) == ["Completed", "Failed"]


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


def test_the_summary_says_in_words_why_a_run_failed(create_run):
    errors = (RunError("Error building Component File: \n\nNo files to process."),)
    failed = Run(ONE, "sync", RunStatus.FAILED, errors=errors)
    runs = [create_run(), create_run(status=RunStatus.FAILED, run=failed)]
    facts = tables(open_comparison(*runs))[0]
    assert list(facts.loc["**Status**"]) == [
        "Completed",
        f"Failed — {escape('No file was given.')}",
    ]


def test_runs_of_different_flows_are_matched_by_component_name_with_a_note(
    create_run, langflow_stand_in
):
    langflow_stand_in.set_flows(flow(ONE, "Echo"), flow(TWO, "Other"))
    there = Output("Else-z", OutputKind.MESSAGE, "x", display_name="Else")
    app = open_comparison(
        create_run({TEXT: "a"}, [message("x")]),
        create_run({TEXT: "b"}, [there], flow_id=TWO, flow_name="Other"),
    )
    assert any("These runs are of different flows" in each.value for each in app.info)
    assert "**Flow**" in tables(app)[1].index
    assert "Outputs are identical" in page_text(app)


def test_a_parameter_missing_in_another_flow_is_not_shown_as_its_default(
    create_run, langflow_stand_in
):
    langflow_stand_in.set_flows(flow(ONE, "Echo"), flow(TWO, "Other", []))
    app = open_comparison(create_run({TEXT: "a"}), create_run({}, flow_id=TWO, flow_name="Other"))
    assert list(tables(app)[0].iloc[0]) == ["a", "*not in this flow*"]


def test_parameters_of_components_with_the_same_name_show_their_ids(create_run, langflow_stand_in):
    """Langflow's ids are long and differ only at their ends."""
    names = [f"LanguageModelComponent-{end}" for end in ("kT8z1", "Qw2x3")]
    nodes = [node(name, "Language Model", heat=text("x")) for name in names]
    langflow_stand_in.set_flows(flow(ONE, "Echo", nodes))
    app = open_comparison(create_run({f"{name}.heat": name for name in names}), create_run())
    rows = list(tables(app)[0].index)
    assert [name for name in names if any(escape(name) in row for row in rows)] == names
    assert len(set(rows)) == 2


def test_runs_are_ordered_by_age_whatever_their_order_in_the_address(create_run):
    young = create_run({TEXT: "young"}, created_at=NOW + timedelta(hours=1))
    app = open_comparison(young, create_run({TEXT: "old"}))
    assert list(tables(app)[0].iloc[0]) == ["old", "young"]


# outputs


def test_identical_outputs_are_drawn_only_on_request(create_run):
    app = open_comparison(
        create_run({}, [message("the same text")]), create_run({}, [message("the same text")])
    )
    assert "Outputs are identical" in page_text(app)
    assert "the same text" not in page_text(app)
    next(each for each in app.toggle if each.label == "Show").set_value(True).run()
    assert "the same text" in page_text(app)


def test_texts_are_compared_by_words_or_lines(create_run):
    """Signs mark the differences, not color alone. The text's own markup is escaped."""
    app = open_comparison(
        create_run({}, [message("Lisbon is the *capital* of Portugal")]),
        create_run({}, [message("Lisbon is the :red[largest] of Portugal")]),
    )
    shown = " ".join(each.value for each in app.markdown)
    assert r":red-background[− \*capital\*]" in shown
    assert ":red[largest]" not in shown
    by = next(each for each in app.segmented_control if each.label == "Differences by")
    by.set_value("Lines").run()
    (lines,) = [each.value for each in app.code]
    assert lines.splitlines()[0] == "- Lisbon is the *capital* of Portugal"
    assert lines.splitlines()[1].startswith("+ ")


def test_differences_of_markdown_explain_that_the_source_is_compared(create_run):
    words = "“Side by side” shows it formatted"
    app = open_comparison(create_run({}, [message("**a**")]), create_run({}, [message("**b**")]))
    assert words in page_text(app)
    app = open_comparison(
        create_run({}, [message("2 * 3 = 6")]), create_run({}, [message("2 * 3 is 6")])
    )
    assert words not in page_text(app)


def test_table_rows_are_matched_by_the_best_column_or_a_chosen_one(create_run):
    rows = [{"id": number, "city": f"City {number // 2}"} for number in range(20)]
    other = [dict(row) for row in rows if row["id"] != 3]
    other[7]["city"] = "Town"
    app = open_comparison(
        create_run({}, [output(OutputKind.TABLE, rows)]),
        create_run({}, [output(OutputKind.TABLE, other)]),
    )
    assert "≠ 1 cell in 1 row changed · − 1 row removed" in page_text(app)
    by = next(each for each in app.selectbox if each.label == "Match rows by")
    assert by.value == "id"
    by.set_value("").run()
    assert "− 1 row removed" in page_text(app)
    assert "16 rows changed" in page_text(app)


def test_only_the_differing_paths_of_data_are_listed(create_run):
    app = open_comparison(
        create_run({}, [output(OutputKind.DATA, {"a": {"b": 1}, "c": 2})]),
        create_run({}, [output(OutputKind.DATA, {"a": {"b": 5}, "c": 2})]),
    )
    listed = app.dataframe[0].value
    assert listed.to_dict("records") == [
        {"±": "≠ changed", "Path": "a.b", "Run 1": "1", "Run 2": "5"}
    ]


def test_outputs_of_different_kinds_are_drawn_side_by_side_with_a_note(create_run):
    app = open_comparison(
        create_run({}, [message("text")]), create_run({}, [output(OutputKind.TABLE, [{"a": 1}])])
    )
    assert "Run 1: message, Run 2: table" in page_text(app)


def test_a_missing_output_is_marked_with_its_reason(create_run):
    skipped = NotRun("Out-a", "Out", "It is on a branch that was not taken.")
    app = open_comparison(create_run({}, [message("x")]), create_run({}, not_run=(skipped,)))
    assert ":orange-badge[:material/remove: missing]" in page_text(app)
    assert "Not run: It is on a branch that was not taken." in page_text(app)


def test_three_runs_are_compared_with_the_first_or_a_chosen_one(create_run):
    app = open_comparison(
        *(create_run({}, [message(text)]) for text in ("one x", "two x", "two x"))
    )
    assert "Run 1 → Run 2" in page_text(app)
    assert "Run 1 → Run 3" in page_text(app)
    base = next(each for each in app.segmented_control if each.label == "Compare with")
    base.set_value("Run 3").run()
    assert "Run 3 → Run 1" in page_text(app)
    assert "Identical text" in page_text(app)
    view = next(each for each in app.segmented_control if each.label == "View")
    view.set_value("Side by side").run()
    assert "same as Run 2" in page_text(app)


def test_an_output_truncated_by_the_server_has_a_note(create_run):
    app = open_comparison(
        create_run({}, [message("a b", truncated=True)]), create_run({}, [message("a c")])
    )
    assert "The server truncated the output of Run 1" in page_text(app)


def test_outputs_that_were_not_stored_are_explained(create_run):
    gone = create_run({}, stored_parts=StoredParts.NOT_WANTED)
    assert "has no outputs: this console stores no outputs" in page_text(
        open_comparison(create_run({}, [message("x")]), gone)
    )


def test_values_nested_too_deeply_show_a_note_instead_of_an_error(create_run):
    deep = other = 1
    for _ in range(100_000):
        deep, other = [deep], [other]
    runs = [output(OutputKind.DATA, deep), output(OutputKind.DATA, [other])]
    with pytest.raises(RecursionError):
        _ = runs[0].value == runs[1].value
    first, second = (
        run_in_progress(id=id, run=Run(ONE, "sync", RunStatus.IN_PROGRESS, outputs={"Out-a": one}))
        for id, one in zip(("a" * 32, "b" * 32), runs, strict=True)
    )
    assert "nested too deeply" in page_text(open_comparison(first, second))


# timings, and runs in progress


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_compared_run_has_the_color_of_a_failure(scheme):
    """Red and orange have hues up to 60 degrees."""
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    for color in config["theme"][scheme]["chartCategoricalColors"][: picker.MAX_RUNS]:
        red, green, blue = (int(color[n : n + 2], 16) / 255 for n in (1, 3, 5))
        assert 60 < 360 * colorsys.rgb_to_hsv(red, green, blue)[0] < 345


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


# links to the comparison


def test_an_open_run_links_to_comparisons_with_other_runs_of_its_flow(create_run):
    shown, other = create_run({TEXT: "a"}), create_run({TEXT: "b"})
    create_run({TEXT: "c"}, flow_id=TWO)
    app = open_app(run=shown.id)
    app.session_state[compare_page.compare_key(f"with-{shown.id}")] = True
    app.run()
    links = [each.proto.query_string for each in app.get("page_link")]
    assert f"runs={shown.id}%2C{other.id}" in links
    assert sum("%2C" in link for link in links) == 1


def test_escaped_lines_keep_line_breaks_and_spaces_but_no_markup():
    assert escape_lines("a  b\n\n*c* :red[d]") == "a \u00a0b  \n\u2060  \n\\*c\\* \\:red\\[d\\]"
