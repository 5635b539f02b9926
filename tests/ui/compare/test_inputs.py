"""The compared runs' inputs."""

from datetime import timedelta

from lfclient.flows.validation import SECRET_MASK
from lfclient.outputs.model import Output, OutputKind
from pages._ui.state import compare_page
from pages._ui.widgets.markdown import escape_lines
from tests.support.http_stand_in import flow
from tests.ui.support.compare_pages import (
    NOW,
    TEXT,
    draw_inputs,
    make_run,
    message,
    open_comparison,
    tables,
)
from tests.ui.support.whole_pages import (
    ONE,
    TWO,
    page_text,
)


def test_different_inputs_are_listed_and_identical_ones_on_request():
    """One row per parameter, one column per run."""
    one = make_run({TEXT: "Oslo", "T.n": 1})
    app = draw_inputs(one, make_run({TEXT: "Oslo", "T.n": 2}), make_run({TEXT: "Oslo"}))
    inputs = tables(app)[0]
    assert list(inputs.columns) == ["Run 1", "Run 2", "Run 3"]
    assert [list(row) for row in inputs.to_numpy()] == [["1", "2", "*flow default*"]]
    next(each for each in app.toggle if each.label == "Show identical inputs (1)").set_value(True)
    app.run()
    assert list(tables(app)[1].iloc[0]) == ["Oslo", "Oslo", "Oslo"]


def test_the_flows_defaults_of_inputs_are_compared_as_values():
    runs = [make_run(flow_defaults={TEXT: place}) for place in ("Oslo", "Rome")]
    marked = [f"{place} :gray[(flow default)]" for place in ("Oslo", "Rome")]
    assert list(tables(draw_inputs(*runs))[0].iloc[0]) == marked
    same = draw_inputs(runs[0], make_run({TEXT: "Oslo"}))
    assert "Inputs are identical." in page_text(same)


def test_secrets_are_reported_as_not_comparable():
    """Their values are not saved."""
    app = draw_inputs(make_run({"T.api_key": SECRET_MASK}), make_run({"T.api_key": SECRET_MASK}))
    assert "Inputs are identical" not in page_text(app)
    assert "No other input differs." in page_text(app)
    assert "Can't compare 1 secret" in page_text(app)
    assert [each.label for each in app.toggle if each.label.startswith("Show")] == []


def test_inputs_are_identical_only_if_those_of_all_runs_are_known():
    runs = [make_run({TEXT: "a"}), make_run({TEXT: "a"})]
    assert "Inputs are identical." in page_text(draw_inputs(*runs))
    app = draw_inputs(*runs, make_run(inputs_stored=False))
    assert "Inputs are identical" not in page_text(app)
    assert "No other input differs." in page_text(app)


def test_unknown_inputs_are_not_a_difference():
    app = draw_inputs(make_run({TEXT: "a"}), make_run({TEXT: "b"}), make_run(inputs_stored=False))
    assert list(tables(app)[0].iloc[0]) == ["a", "b", "*unknown*"]
    assert "Run 3: The inputs are not stored" in page_text(app)


def test_long_inputs_are_compared_word_by_word_on_request():
    text = "You are a guide.\nAnswer {}, and name your sources."
    app = draw_inputs(*(make_run({TEXT: text.format(end)}) for end in ("briefly", "at length")))
    panel = next(each for each in app.expander if each.label.startswith("Differences in"))
    app.session_state[compare_page.compare_key("input-0-Message \\(ChatInput\\)")] = True
    app.run()
    assert panel.label == "Differences in Message \\(ChatInput\\)"
    assert ":red-background[− briefly]" in page_text(app)
    assert ":green-background[+ at length]" in page_text(app)


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


def test_runs_are_ordered_by_age_whatever_their_order_in_the_address(create_run):
    young = create_run({TEXT: "young"}, created_at=NOW + timedelta(hours=1))
    app = open_comparison(young, create_run({TEXT: "old"}))
    assert list(tables(app)[0].iloc[0]) == ["old", "young"]


def test_the_lines_of_an_input_are_kept():
    app = draw_inputs(make_run({TEXT: "one\ntwo"}), make_run({TEXT: "one"}))
    assert list(tables(app)[0].iloc[0]) == [escape_lines("one\ntwo"), "one"]


REPORT = (
    "The quarterly report of the harbour office, first draft\n"
    "Ships arrived: 412, of which 38 needed a pilot\n"
    "Average time at the quay was nineteen hours and the longest stay took six days\n"
    "Complaints: none about the staff, two about the noise of the old crane at night\n"
    "The new crane is expected in {}\n"
    "Signed by the harbour master, who wishes everybody a calm winter"
)


def test_only_runs_with_the_same_whole_inputs_share_a_row():
    """More than four runs have rows instead of columns."""
    ends = ["March", "March", "March", "April", "March", "May"]
    app = draw_inputs(*[make_run({TEXT: REPORT.format(end)}) for end in ends])
    inputs = tables(app)[0]
    assert list(inputs.index) == ["Runs 1–3, 5", "Run 4", "Run 6"]
